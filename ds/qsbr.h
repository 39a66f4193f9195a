/* qsbr.h - quiescent-state-based reclamation: when may memory that other threads could still be
 * reading be freed?
 *
 * A *domain* covers any number of lock-free structures. A thread that uses one of them is a
 * *participant* of its domain. It says now and then that it holds no pointer into any of them:
 * that is a *quiescent state*, typically once a job or once a turn of an event loop. What was
 * unlinked from a structure is *retired*, and reclaimed when every participant has passed a
 * quiescent state since: the *grace period*. Reading costs nothing at all.
 *
 * Reference: McKenney and Slingwine, "Read-Copy Update" (1998); Hart, McKenney, Brown and Walpole,
 * "Performance of memory reclamation for lockless synchronization" (2007).
 *
 * Bounded garbage: a participant's retired nodes are reclaimed by its own calls of
 * rsl_qsbr_quiescent(), at most four rounds of everybody's calls later. One that is online and
 * stops calling holds back everybody's memory (nothing else): go offline before sleeping. */
#ifndef RSL_DS_QSBR_H
#define RSL_DS_QSBR_H

#include "ds/atomic.h"
#include "ds/ds.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Stands in whatever is to be retired. While it is in use the fields are its owner's. */
struct rsl_qsbr_node {
    struct rsl_qsbr_node *next;
    void (*reclaim)(struct rsl_qsbr_node *node);
};

struct rsl_qsbr_list {
    struct rsl_qsbr_node *head, *tail;
};

/* Epochs are odd and free-running; differences are counted in steps of this. */
#define RSL_QSBR_EPOCH_STEP UINT64_C(2)

struct rsl_qsbr {
    const struct rsl_allocator *allocator;
    struct rsl_atomic_ptr participants; /* all records, in use or not; only ever grows */
    char pad[RSL_FALSE_SHARING_RANGE];
    /* One line that everybody reads and that is written when an epoch ends. Tests may set `epoch`,
     * to an odd number, while there are no participants. */
    struct rsl_atomic_u64 epoch;
    struct rsl_atomic_ptr orphans; /* nodes whose participant went offline; whoever passes adopts */
    char pad_behind[RSL_FALSE_SHARING_RANGE];
};

struct rsl_qsbr_participant {
    char pad[RSL_FALSE_SHARING_RANGE];
    struct rsl_atomic_u64 seen; /* the epoch of the last quiescent state, or RSL_QSBR_OFFLINE;
                                   written by the owner, read by all who try to end an epoch */
    struct rsl_qsbr *domain;
    /* The owner's. Nodes are retired into `open`; `closed` were all retired before `stamp`. */
    struct rsl_qsbr_list open, closed;
    uint64_t stamp;
    struct rsl_atomic_u32 in_use;      /* claimed by registration, given back by unregistration */
    struct rsl_qsbr_participant *next; /* in the list of the domain; set once */
    char pad_behind[RSL_FALSE_SHARING_RANGE];
};

#define RSL_QSBR_OFFLINE UINT64_C(0)

/* The domain borrows `allocator`, which must outlive it. RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_qsbr_create(const struct rsl_allocator *allocator,
                                struct rsl_qsbr **domain_out);

/* Reclaims all that is still retired. No participant may be registered. NULL is accepted. */
void rsl_qsbr_destroy(struct rsl_qsbr *domain);

/* Makes the calling thread a participant, online. Any thread, at any time; a thread may have
 * several. RSL_OK or RSL_ENOMEM. O(participants). */
enum rsl_status rsl_qsbr_register(struct rsl_qsbr *domain,
                                  struct rsl_qsbr_participant **participant_out);

/* Ends the participation; an offline participant is fine too. What it retired is left to the
 * others. NULL is accepted. */
void rsl_qsbr_unregister(struct rsl_qsbr_participant *participant);

/* From offline() to online() the thread holds no pointer into any structure of the domain, uses
 * none, and holds nobody back: for sleeping. offline() leaves what it cannot reclaim at once to
 * whoever passes next. Each is a few atomic operations, offline() with garbage O(participants +
 * nodes retired by it). By the participant's thread. */
void rsl_qsbr_offline(struct rsl_qsbr_participant *participant);
void rsl_qsbr_online(struct rsl_qsbr_participant *participant);

/* Hands over a node that is unlinked: nobody can reach it any more who cannot reach it already.
 * After the grace period `reclaim` is called with it, by the thread of some participant, or by that
 * of rsl_qsbr_destroy(); it may retire further nodes only if it knows a participant of its own
 * thread. Never allocates, never fails, O(1). By the participant's thread, while online. */
static inline void rsl_qsbr_retire(struct rsl_qsbr_participant *participant,
                                   struct rsl_qsbr_node *node,
                                   void (*reclaim)(struct rsl_qsbr_node *node))
{
    node->next = NULL;
    node->reclaim = reclaim;
    if (participant->open.head == NULL)
        participant->open.head = node;
    else
        participant->open.tail->next = node;
    participant->open.tail = node;
}

/* The slow part of rsl_qsbr_quiescent(). */
void rsl_qsbr_pass(struct rsl_qsbr_participant *participant, uint64_t epoch);

/* Says that the thread holds no pointer into any structure of the domain. Reclaims what has become
 * free. Two loads of a shared line if no epoch ended and nothing is retired; O(participants) and
 * the reclaim functions otherwise. By the participant's thread, while online. */
static inline void rsl_qsbr_quiescent(struct rsl_qsbr_participant *participant)
{
    /* Acquire: pairs with the end of the epoch before, in try_advance(): whatever was retired
     * before that end, this thread will not find again. */
    const uint64_t epoch = rsl_u64_load_acquire(&participant->domain->epoch);
    /* Relaxed: the first is our own, the second only a hint. */
    if (rsl_u64_load_relaxed(&participant->seen) != epoch || participant->open.head != NULL ||
        participant->closed.head != NULL ||
        rsl_ptr_load_relaxed(&participant->domain->orphans) != NULL)
        rsl_qsbr_pass(participant, epoch);
}

/* For structures that keep lists of their own: what was unlinked by this thread before stamp()
 * nobody holds any more once passed() is true. The first is one read-modify-write of a shared line:
 * stamp batches. The second, O(participants), also tries to end the epoch; it can only come true
 * after further quiescent states, those of the caller's participant too. By the participant's
 * thread. */
uint64_t rsl_qsbr_stamp(struct rsl_qsbr_participant *participant);
bool rsl_qsbr_passed(struct rsl_qsbr_participant *participant, uint64_t stamp);

#ifdef __cplusplus
}
#endif

#endif
