/* automatically generated from the headers of libexample 2.4 */
#![allow(non_snake_case, non_upper_case_globals)]

pub type size_t = usize;
pub type ex_handle_t = *mut ::core::ffi::c_void;
pub type ex_callback_fn =
    ::core::option::Option<unsafe extern "C" fn(handle: ex_handle_t, event: u32) -> i32>;

pub const EX_VERSION_MAJOR: u32 = 2;
pub const EX_VERSION_MINOR: u32 = 4;
pub const EX_OK: i32 = 0;
pub const EX_ERROR_MEMORY: i32 = -1;
pub const EX_ERROR_TIMEOUT: i32 = -2;
pub const EX_ERROR_CLOSED: i32 = -3;
pub const EX_FLAG_NONBLOCK: u64 = 0x0000_0001;
pub const EX_FLAG_CLOEXEC: u64 = 0x0000_0002;
pub const EX_FLAG_DIRECT: u64 = 0x0000_4000;
pub const EX_EVENT_READABLE: u32 = 1;
pub const EX_EVENT_WRITABLE: u32 = 2;
pub const EX_EVENT_HANGUP: u32 = 16;
pub const EX_NAME_MAX: usize = 255;
pub const EX_DEFAULT_PATH: &[u8; 13] = b"/dev/example\0";
pub const IN_ACCESS: u32 = 0x00000001;
pub const IN_MODIFY: u32 = 0x00000002;
pub const IN_ATTRIB: u32 = 0x00000004;
pub const IN_CLOSE_WRITE: u32 = 0x00000008;
pub const IN_CLOSE_NOWRITE: u32 = 0x00000010;
pub const IN_OPEN: u32 = 0x00000020;

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct ex_buffer {
    pub data: *mut u8,
    pub length: size_t,
    pub capacity: size_t,
}

#[repr(C, align(8))]
#[derive(Copy, Clone)]
pub struct ex_options {
    pub flags: u64,
    pub timeout_ms: i32,
    pub retries: ::core::ffi::c_uint,
    pub name: [::core::ffi::c_char; 256usize],
    pub callback: ex_callback_fn,
    pub reserved: [u64; 4],
}

#[repr(C)]
pub union ex_value {
    pub as_i64: i64,
    pub as_f64: f64,
    pub as_pointer: *const ::core::ffi::c_void,
    _align: [u64; 1],
}

impl Default for ex_options {
    fn default() -> Self {
        unsafe { ::core::mem::zeroed() }
    }
}

#[link(name = "example")]
extern "C" {
    pub fn ex_open(path: *const ::core::ffi::c_char, options: *const ex_options) -> ex_handle_t;
    pub fn ex_close(handle: ex_handle_t) -> ::core::ffi::c_int;
    pub fn ex_read(handle: ex_handle_t, buffer: *mut ex_buffer, limit: size_t) -> isize;
    pub fn ex_write(handle: ex_handle_t, buffer: *const ex_buffer) -> isize;
    pub fn ex_seek(handle: ex_handle_t, offset: i64, whence: ::core::ffi::c_int) -> i64;
    pub fn ex_poll(handles: *mut ex_handle_t, count: size_t, timeout_ms: i32) -> i32;
    pub fn ex_log(level: ::core::ffi::c_int, format: *const ::core::ffi::c_char, ...);
    #[link_name = "ex_strerror_r"]
    pub fn ex_strerror(code: i32, text: *mut ::core::ffi::c_char, length: size_t) -> i32;
    pub static ex_version: [::core::ffi::c_char; 8usize];
    pub static mut ex_debug_level: ::core::ffi::c_int;
    pub type ex_opaque;
}

#[test]
fn layout_of_ex_buffer() {
    assert_eq!(::core::mem::size_of::<ex_buffer>(), 24usize, concat!("Size of: ", "ex_buffer"));
    assert_eq!(::core::mem::align_of::<ex_buffer>(), 8usize, concat!("Alignment of ", "ex_buffer"));
    assert_eq!(
        unsafe { &(*(::core::ptr::null::<ex_buffer>())).length as *const _ as usize },
        8usize,
        concat!("Offset of field: ", "ex_buffer", "::", "length")
    );
}

#[cfg_attr(test, assert_instr(vaddps))]
#[target_feature(enable = "avx")]
#[stable(feature = "simd_x86", since = "1.27.0")]
#[inline]
pub unsafe fn add_ps(a: m256, b: m256) -> m256 {
    simd_add(a, b)
}

#[cfg_attr(test, assert_instr(vaddpd))]
#[target_feature(enable = "avx")]
#[stable(feature = "simd_x86", since = "1.27.0")]
#[inline]
pub unsafe fn add_pd(a: m256d, b: m256d) -> m256d {
    simd_add(a, b)
}

#[cfg_attr(test, assert_instr(vshufps, MASK = 3))]
#[rustc_legacy_const_generics(2)]
#[target_feature(enable = "avx")]
#[inline]
pub unsafe fn shuffle_ps<const MASK: i32>(a: m256, b: m256) -> m256 {
    static_assert_uimm_bits!(MASK, 8);
    simd_shuffle!(a, b, [MASK as u32 & 0b11, (MASK as u32 >> 2) & 0b11, 8, 9, 4, 5, 12, 13])
}
