/* The tests of scan.h for its byte loops. */
#define RSL_SCAN_SCALAR
#include "tests/test_lexer_scan.c" // NOLINT(bugprone-suspicious-include)
