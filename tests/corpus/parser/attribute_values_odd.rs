{[]("")]#[='n([]){)]#[""]mod i;n;struct U{#[]w:X}#[a = ({)}] mod b;
#[c = { fn d( ] }]
fn e() {}
