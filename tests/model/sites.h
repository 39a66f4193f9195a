/* sites.h - where in the code the operations stand, and what becomes of the program if one
 * of them is weaker than written.
 *
 * A site is a call of an operation of ds/atomic.h, known by the return address of the operation's
 * wrapper, which is why all that runs under the checker is compiled without inlining and with frame
 * pointers. Names come from addr2line.
 */
#ifndef RSL_TESTS_MODEL_SITES_H
#define RSL_TESTS_MODEL_SITES_H

#include <stdbool.h>
#include <stddef.h>

enum operation { OPERATION_LOAD, OPERATION_STORE, OPERATION_RMW, OPERATION_FENCE };

struct site {
    const void *address;
    enum operation operation;
    unsigned order;    /* as written; of a compare-and-swap, that of success */
    unsigned weakened; /* what is done instead; the same as `order` if nothing else */
    char function[64]; /* "?" before sites_name() */
    char file[40];
    int line;
};

/* In an operation: the place in the program that called its wrapper. */
#define MODEL_SITE() \
    ((const void *)((void *const *)((void *const *)__builtin_frame_address(0))[0])[1])

/* The order that the operation is to have, and of the load of a compare-and-swap that fails. */
unsigned site_order(const void *address, enum operation operation, unsigned order);
unsigned site_failure_order(const void *address, unsigned order);

/* The sites seen so far, by file and line; copies of one line, as in an inline function of two
 * objects, stand one after the other. Returns false if names cannot be had. */
bool sites_name(void);
size_t sites_count(void);
struct site *site_at(size_t i);
bool sites_same_place(const struct site *a, const struct site *b);

/* The next weaker orders of an operation; returns how many there are (at most 2). */
unsigned weaker_orders(enum operation operation, unsigned order, unsigned weaker_out[2]);
const char *order_name(unsigned order);
const char *operation_name(enum operation operation);

/* The name of one site for a trace, static. */
const char *site_describe(const void *address);

#endif
