#!x
---cargo
a = 1
---
fn f() {}