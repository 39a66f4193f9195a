 a; fn b() { "c } d
