 ---- a b
cd
use e;
 --- f
