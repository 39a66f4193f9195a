 let a = 1; fn b() { c(d, [e; 2]); } if !f { g!{ } } else { h!(i); j! k { } }
    // comment } { " '
    /* /* nested } */ */ /// doc
    #[attr("]")] struct K { l: u8 }
    'label: loop { break 'label; } '{'; '\''; b'}'; "\"}"; r#""}"#; br"\"; c"}";
    return !(m); n != o; ::p::q! r { s } #![inner] r#fn!{ } const { 1 }; const T: u8 = 2;
    unsafe { } union U { v: w } union = x; macro_rules! y { () => { } } //! inner
}
