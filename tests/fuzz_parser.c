/* Fuzzes the parser with any bytes. What must hold: the invariants of check_file.h, the same result
 * from every instruction set, and nothing read behind the padding. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/check_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

static void demand(const char *failure)
{
    if (failure != NULL) {
        fprintf(stderr, "%s\n", failure);
        abort();
    }
}

static void parse(struct rsl_file *file, const uint8_t *src, size_t nbytes, enum rsl_isa isa)
{
    const struct rsl_parse_options options = {.isa = isa};
    if (rsl_parse(file, src, nbytes, &options) != RSL_OK)
        demand("rsl_parse failed");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    uint8_t *src = malloc(nbytes + RSL_PAD);
    if (src == NULL)
        return 0;
    if (nbytes > 0)
        memcpy(src, data, nbytes);
    memset(src + nbytes, 0, RSL_PAD);

    struct rsl_file judge, other;
    rsl_file_init(&judge, NULL);
    rsl_file_init(&other, NULL);
    parse(&judge, src, nbytes, RSL_ISA_SCALAR);
    demand(check_file(&judge, src, nbytes));
    for (int isa = RSL_ISA_SCALAR + 1; isa < RSL_ISA_COUNT_; isa++) {
        parse(&other, src, nbytes, (enum rsl_isa)isa);
        demand(compare_files(&judge, &other));
    }
    rsl_file_fini(&judge);
    rsl_file_fini(&other);
    free(src);
    return 0;
}
