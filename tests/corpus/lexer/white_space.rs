a	‎‏   b
cd ‍