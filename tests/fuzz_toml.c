/* Fuzzes the TOML reader with any bytes. What must hold: nothing is read behind the padding; the
 * tree is sound, and each member is found by its key; every document of TOML 1.0 is one of 1.1 with
 * the same values; an error lies in the document. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "index/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

static void demand(int holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "not so: %s\n", what);
        abort();
    }
}

/* The value behind this one: its first member, or what follows it or what it stands in. */
static const struct rsl_toml_value *behind(const struct rsl_toml_value *value)
{
    if (value->kind >= RSL_TOML_ARRAY && value->as.members.first)
        return value->as.members.first;
    while (value && !value->next)
        value = value->parent;
    return value ? value->next : NULL;
}

static void check_tree(const struct rsl_toml *toml, size_t nbytes)
{
    for (const struct rsl_toml_value *value = toml->root; value; value = behind(value)) {
        demand(value->off <= nbytes && value->key_off <= nbytes, "a value lies in the document");
        if (value->parent && value->parent->kind == RSL_TOML_TABLE &&
            memchr(value->key.bytes, 0, value->key.nbytes) == NULL)
            demand(rsl_toml_find(toml, value->parent, value->key.bytes) == value,
                   "a member is found by its key");
        if (value->kind < RSL_TOML_ARRAY)
            continue;
        size_t n = 0;
        for (const struct rsl_toml_value *m = value->as.members.first; m; m = m->next, n++)
            demand(m->parent == value, "a member knows its parent");
        demand(n == value->nmembers, "the members are counted");
    }
}

static void check_same(const struct rsl_toml *one, const struct rsl_toml *other)
{
    const struct rsl_toml_value *a = one->root, *b = other->root;
    for (; a && b; a = behind(a), b = behind(b))
        demand(a->kind == b->kind && a->off == b->off && a->key.nbytes == b->key.nbytes &&
                   memcmp(a->key.bytes, b->key.bytes, a->key.nbytes) == 0,
               "both versions say the same");
    demand(!a && !b, "both versions say as much");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    uint8_t *src = malloc(nbytes + RSL_PAD);
    if (src == NULL)
        return 0;
    if (nbytes > 0)
        memcpy(src, data, nbytes);
    memset(src + nbytes, 0, RSL_PAD);
    struct rsl_toml toml[2];
    for (int version = 0; version < 2; version++) {
        rsl_toml_init(&toml[version], NULL);
        demand(rsl_toml_read(&toml[version], src, nbytes, (enum rsl_toml_version)version) == RSL_OK,
               "any bytes are read");
        demand(toml[version].error.off <= nbytes, "an error lies in the document");
        check_tree(&toml[version], nbytes);
    }
    if (toml[0].error.code == RSL_TOML_ERROR_NONE) {
        demand(toml[1].error.code == RSL_TOML_ERROR_NONE, "TOML 1.1 takes all of 1.0");
        check_same(&toml[0], &toml[1]);
    }
    rsl_toml_fini(&toml[0]);
    rsl_toml_fini(&toml[1]);
    free(src);
    return 0;
}
