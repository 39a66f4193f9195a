/* ck_calls.h - Concurrency Kit's ring, whose header C++ does not take. Link-time optimisation puts
 * the calls inline again.
 */
#ifndef RSL_BENCH_CK_CALLS_H
#define RSL_BENCH_CK_CALLS_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct message;

struct ck_calls_ring;

/* A ring of `size` slots, a power of two, of which one stays free. NULL without memory. */
struct ck_calls_ring *ck_calls_create(unsigned size);
void ck_calls_destroy(struct ck_calls_ring *ring);

bool ck_calls_enqueue_spsc(struct ck_calls_ring *ring, struct message *message);
bool ck_calls_enqueue_mpsc(struct ck_calls_ring *ring, struct message *message);
bool ck_calls_dequeue(struct ck_calls_ring *ring, struct message *message);

/* Concurrency Kit has no calls for batches. These are what they would be, on the fields that its
 * header shows. */
size_t ck_calls_enqueue_many_spsc(struct ck_calls_ring *ring, const struct message *messages,
                                  size_t n);
size_t ck_calls_dequeue_many(struct ck_calls_ring *ring, struct message *messages, size_t n);

#ifdef __cplusplus
}
#endif

#endif
