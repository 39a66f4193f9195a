#include "lexer/lex_run.h"

const struct rsl_lex_ops *rsl_lex_ops_for(enum rsl_isa isa)
{
    if (isa == RSL_ISA_SCALAR) {
        return &rsl_lex_scalar;
    }
#if defined(__x86_64__)
    if (isa != RSL_ISA_SSE2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
        __builtin_cpu_supports("popcnt")) {
        return &rsl_lex_avx2;
    }
#endif
#if defined(__SSE2__) || (defined(__aarch64__) && defined(__ARM_NEON))
    return &rsl_lex_baseline;
#else
    return &rsl_lex_scalar;
#endif
}
