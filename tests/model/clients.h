/* clients.h - what the clients of the units of ds/ share: a line of figures for each, and the
 * check of the checks: each operation weakened in turn.
 */
#ifndef RSL_TESTS_MODEL_CLIENTS_H
#define RSL_TESTS_MODEL_CLIENTS_H

#include "tests/model/model.h"
#include "tests/model/sites.h"

/* An operation in the code of ds/, made weaker: the `nth` (from 0) by line of its kind in a
 * function. ORDER_NONE leaves a fence out, and makes a load of a read-modify-write. */
struct weakening {
    const char *function;
    enum operation operation;
    unsigned nth;
    unsigned order;
};

/* A weakening that no client shows to be wrong, and why that is. */
struct survivor {
    struct weakening weakening;
    const char *why;
};

/* Asserts, by cmocka, that every execution is as it should be. */
void expect_clean(const struct model_client *client);

/* The same for one that takes seconds; not under AddressSanitizer, where it would be a minute. */
void expect_clean_at_length(const struct model_client *client);

/* Asserts that the client goes wrong in this way with that operation weakened. */
void expect_found(const struct model_client *client, struct weakening weakening,
                  enum model_verdict verdict);
/* Asserts that it goes wrong in this way as it is. */
void expect_verdict(const struct model_client *client, enum model_verdict verdict);

/* Weakens every operation of the files given, one at a time to each next weaker order, and runs the
 * clients. Asserts that each weakening is found but for the survivors, and that these are not. */
void expect_sweep(const struct model_client *const *clients, size_t nclients,
                  const char *const *files, size_t nfiles, const struct survivor *survivors,
                  size_t nsurvivors);

#endif
