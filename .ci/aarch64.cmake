# Cross compiling for aarch64 with Debian's compiler, running under qemu-user. RUSTLE_SYSROOT in the
# environment is what tools/fetch-sysroot prints; the compiler brings its own libc.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

set(rustle_sysroot $ENV{RUSTLE_SYSROOT})
set(rustle_libc /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH ${rustle_sysroot} ${rustle_libc})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${rustle_sysroot})
set(ENV{PKG_CONFIG_LIBDIR} ${rustle_sysroot}/usr/lib/aarch64-linux-gnu/pkgconfig)

set(CMAKE_C_FLAGS_INIT "-isystem ${rustle_sysroot}/usr/include")
set(rustle_libraries ${rustle_sysroot}/usr/lib/aarch64-linux-gnu)
set(CMAKE_EXE_LINKER_FLAGS_INIT "-L${rustle_libraries}")
set(CMAKE_MODULE_LINKER_FLAGS_INIT "-L${rustle_libraries}")
set(CMAKE_CROSSCOMPILING_EMULATOR
    qemu-aarch64 -L ${rustle_libc} -E LD_LIBRARY_PATH=${rustle_libraries})
