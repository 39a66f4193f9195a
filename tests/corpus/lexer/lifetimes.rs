'a 'static '_ 'r#b 'c# '0 '1a 'de' 'f'g 'r#1 '(h
'i'
 '\