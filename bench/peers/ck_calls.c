#include "bench/peers/ck_calls.h"

#include <stdint.h>
#include <stdlib.h>

#include <ck_ring.h>

struct message {
    uint64_t sender;
    uint64_t number;
};

CK_RING_PROTOTYPE(message, message)

struct ck_calls_ring {
    ck_ring_t ring;
    struct message *buffer;
};

struct ck_calls_ring *ck_calls_create(unsigned size)
{
    struct ck_calls_ring *ring = aligned_alloc(128, (sizeof *ring + 127) / 128 * 128);
    if (ring == NULL)
        return NULL;
    ring->buffer = calloc(size, sizeof *ring->buffer);
    if (ring->buffer == NULL) {
        free(ring);
        return NULL;
    }
    ck_ring_init(&ring->ring, size);
    return ring;
}

void ck_calls_destroy(struct ck_calls_ring *ring)
{
    free(ring->buffer);
    free(ring);
}

bool ck_calls_enqueue_spsc(struct ck_calls_ring *ring, struct message *message)
{
    return ck_ring_enqueue_spsc_message(&ring->ring, ring->buffer, message);
}

bool ck_calls_enqueue_mpsc(struct ck_calls_ring *ring, struct message *message)
{
    return ck_ring_enqueue_mpsc_message(&ring->ring, ring->buffer, message);
}

bool ck_calls_dequeue(struct ck_calls_ring *ring, struct message *message)
{
    return ck_ring_dequeue_spsc_message(&ring->ring, ring->buffer, message);
}

static unsigned smaller(unsigned a, size_t b)
{
    return a < b ? a : (unsigned)b;
}

size_t ck_calls_enqueue_many_spsc(struct ck_calls_ring *calls, const struct message *messages,
                                  size_t n)
{
    ck_ring_t *ring = &calls->ring;
    const unsigned mask = ring->mask;
    const unsigned producer = ring->p_tail;
    const unsigned nfree = mask - (producer - ck_pr_load_uint(&ring->c_head));
    const unsigned nsent = smaller(nfree, n);
    for (unsigned i = 0; i < nsent; i++)
        calls->buffer[(producer + i) & mask] = messages[i];
    ck_pr_fence_store();
    ck_pr_store_uint(&ring->p_tail, producer + nsent);
    return nsent;
}

size_t ck_calls_dequeue_many(struct ck_calls_ring *calls, struct message *messages, size_t n)
{
    ck_ring_t *ring = &calls->ring;
    const unsigned mask = ring->mask;
    const unsigned consumer = ring->c_head;
    const unsigned nreceived = smaller(ck_pr_load_uint(&ring->p_tail) - consumer, n);
    ck_pr_fence_load();
    for (unsigned i = 0; i < nreceived; i++)
        messages[i] = calls->buffer[(consumer + i) & mask];
    ck_pr_fence_store();
    ck_pr_store_uint(&ring->c_head, consumer + nreceived);
    return nreceived;
}
