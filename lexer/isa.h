/* isa.h - which instruction set a buffer is read with.
 *
 * RSL_ISA_AUTO picks the best one that this machine has; the others force one, for tests and
 * benchmarks. One that the machine or the build lacks falls back to the next weaker. All give the
 * same results.
 */
#ifndef RSL_LEXER_ISA_H
#define RSL_LEXER_ISA_H

#ifdef __cplusplus
extern "C" {
#endif

enum rsl_isa {
    RSL_ISA_AUTO,
    RSL_ISA_SCALAR,
    RSL_ISA_SSE2,
    RSL_ISA_NEON = RSL_ISA_SSE2, /* of aarch64: what all its machines have */
    RSL_ISA_AVX2,
    RSL_ISA_AVX512, /* with BW and VBMI */
    RSL_ISA_COUNT_
};

#ifdef __cplusplus
}
#endif

#endif
