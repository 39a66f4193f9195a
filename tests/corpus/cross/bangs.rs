 // c
 !{ fn a() {} } ; /* d */ !(b) do yeet !{ } crate::e! { } self!{} if/**/!{ fn f(){} } x ! /* } */ ( ) é!{} y
 ! z{} 'a!{} 1!{} ::b!c{} d::/**/e ! f[] }
