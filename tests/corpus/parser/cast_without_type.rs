enum L { M = w as }
struct S { t: u8 = 1 as, v: u8 = 2 as }
enum N { O = p as