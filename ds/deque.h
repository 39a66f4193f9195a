/* deque.h - the Chase-Lev work-stealing deque: one owner pushes and pops at the bottom, any number
 * of thieves take from the top.
 *
 * Roles. The owner is one thread at a time: push, reserve, pop. Thieves are any threads, the owner
 * among them: steal, length. All of these may run together. init and fini run alone.
 *
 * Items are pointers that are not NULL. `top` and `bottom` are free-running indices, compared by
 * difference; the items are those at [top, bottom), item i in slot i mod capacity.
 *
 * 1. Every item pushed is returned exactly once, by pop or by a steal that says ITEM.
 * 2. What the owner wrote before it pushed an item is visible to whoever gets it.
 * 3. Pops return the newest item, steals the oldest.
 * 4. A steal says ABORT only if another thief or the owner took an item meanwhile; it says EMPTY
 *    only if the deque was empty at some moment of the call.
 *    There is no steal of several at once: a thief would have to claim all of them against an owner
 *    that pops without a compare-and-swap. Who wants more steals again.
 * 5. If push or reserve returns RSL_ENOMEM, nothing has changed.
 *
 * push, pop and length are wait-free but for the allocation when the array grows, steal is
 * lock-free as a whole (an ABORT means that somebody else got on).
 *
 * Memory. A full array is replaced by one of twice its size. A thief may still be reading the old
 * one, so old arrays are kept until fini, in a chain: each is half of the next, so that they take
 * no more than the current one does, thieves announce nothing, and a deque that has grown never
 * allocates again. Arrays do not shrink.
 *
 * Orders. Chase and Lev, "Dynamic Circular Work-Stealing Deque", SPAA 2005; Le, Pop, Cohen and
 * Zappa Nardelli, "Correct and Efficient Work-Stealing for Weak Memory Models", PPoPP 2013. The
 * owner fences in pop, as there. The thief's fence, between its loads of top and of bottom, is
 * spared by making the two loads seq_cst: plain loads on x86, load-acquires on AArch64. Why that is
 * enough is said at rsl_deque_pop(). An exchange in place of the owner's store and fence was
 * measured, and is slower: the next load of bottom then waits for it.
 */
#ifndef RSL_DS_DEQUE_H
#define RSL_DS_DEQUE_H

#include "ds/asymmetric_fence.h"
#include "ds/atomic.h"
#include "ds/ds.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The slots stand behind it. */
struct rsl_deque_array {
    size_t mask;                      /* capacity - 1 */
    struct rsl_deque_array *previous; /* the array that this one replaced, or NULL */
};

/* The slot of item `index`: written by the owner, read by all. */
static inline struct rsl_atomic_ptr *rsl_deque_slot(struct rsl_deque_array *array, size_t index)
{
    return (struct rsl_atomic_ptr *)(array + 1) + (index & array->mask);
}

/* In the caller's memory. The owner's fields and the thieves' are RSL_FALSE_SHARING_RANGE apart;
 * the fields of one group share a line if the struct is aligned to one. */
struct rsl_deque {
    /* Written by the owner, read by thieves. */
    struct rsl_atomic_size bottom;
    /* The owner's alone: its copy of `array`, and what it last saw of `top`, which only grows, so
     * that push need not read the thieves' line until the array looks full. */
    struct rsl_deque_array *owner_array;
    size_t seen_top;
    const struct rsl_allocator *allocator;

    char pad[RSL_FALSE_SHARING_RANGE - 4 * sizeof(size_t)];

    /* Written by whoever takes an item from the top. */
    struct rsl_atomic_size top;
    /* Written by the owner when the array grows, read by thieves. */
    struct rsl_atomic_ptr array;

    char pad_behind[RSL_FALSE_SHARING_RANGE - 2 * sizeof(size_t)];
};

/* Those who steal from a set of deques. Most of the time nobody does, and the owners' fences are in
 * vain: pop costs half without. So thieves may say when they begin and end, which costs them a
 * heavy fence (ds/asymmetric_fence.h) each time, and owners look at that in place of the fence. */
struct rsl_deque_thieves {
    /* How many have entered. Written by them, read by owners in each pop; on a line that is seldom
     * written otherwise. */
    struct rsl_atomic_u32 count;
    struct rsl_atomic_u32 refused; /* RSL_FENCES_*; written and read by thieves */
};

/* Alone. Where heavy fences cannot be had, or no longer, one thief stays entered for ever. */
void rsl_deque_thieves_init(struct rsl_deque_thieves *thieves);
/* Before the caller's first steal from any of the deques, and after its last. */
void rsl_deque_thieves_enter(struct rsl_deque_thieves *thieves);
void rsl_deque_thieves_leave(struct rsl_deque_thieves *thieves);

enum rsl_steal { RSL_STEAL_EMPTY, RSL_STEAL_ABORT, RSL_STEAL_ITEM };

/* Makes *deque an empty deque with room for `capacity` items, a power of two and at least 2.
 * `allocator` is borrowed until fini; NULL means rsl_allocator_default. Returns RSL_OK, RSL_EINVAL
 * or RSL_ENOMEM; *deque may be given to fini in any case. */
enum rsl_status rsl_deque_init(struct rsl_deque *deque, const struct rsl_allocator *allocator,
                               size_t capacity);

/* Frees the arrays; the items left are forgotten. Nobody uses the deque any more. */
void rsl_deque_fini(struct rsl_deque *deque);

/* Makes the next `nitems` pushes succeed. Returns RSL_OK or RSL_ENOMEM. The owner. */
enum rsl_status rsl_deque_reserve(struct rsl_deque *deque, size_t nitems);

/* Puts an item at the bottom. Returns RSL_OK or RSL_ENOMEM. The owner. O(1) amortised. */
static inline enum rsl_status rsl_deque_push(struct rsl_deque *deque, void *item)
{
    /* relaxed: only the owner writes it */
    const size_t bottom = rsl_size_load_relaxed(&deque->bottom);
    if (bottom - deque->seen_top > deque->owner_array->mask) {
        const enum rsl_status status = rsl_deque_reserve(deque, 1);
        if (status != RSL_OK)
            return status;
    }
    struct rsl_deque_array *array = deque->owner_array;
    /* relaxed: a thief that reads the slot while it is overwritten fails to take it */
    rsl_ptr_store_relaxed(rsl_deque_slot(array, bottom), item);
    RSL_YIELD_POINT();
    /* release: pairs with the load of bottom in steal(): publishes the slot, what the item points
     * to, and the array. */
    rsl_size_store_release(&deque->bottom, bottom + 1);
    return RSL_OK;
}

/* The part of pop for when there may be no more than one item, whose index is `bottom`. `fenced`:
 * the owner has made bottom equal to that already, and `top` was loaded after that. */
void *rsl_deque_pop_last(struct rsl_deque *deque, size_t bottom, size_t top, bool fenced);

/* The owner's fence in pop, made only if somebody steals.
 *
 * Why that is enough: of this light fence and the heavy one of a thief that entered, one comes
 * first. If ours, the thief sees our bottom in all its steals. If the thief's, we see its entry in
 * the count, and fence, unless it has left again; then all its steals come before our load of top,
 * since it left with a release and the load here acquires. */
static inline void rsl_deque_fence(const struct rsl_deque_thieves *thieves)
{
    rsl_fence_light();
    if (rsl_u32_load_acquire(&thieves->count) != 0)
        rsl_fence_seq_cst();
}

/* Takes the newest item; NULL if there is none. `thieves`: those who may steal from the deque, all
 * of whom enter and leave; NULL: anybody may at any time. The owner. O(1).
 *
 * Suppose the owner takes item i without a CAS, having seen top < i behind the fence, and a thief
 * takes it too. That thief read top == i, and then bottom > i. The owner's load of top missed the
 * CAS that made it i, and the thief's load of top did not; so in the total order of fences and
 * seq_cst accesses: the owner's fence, that CAS, the thief's load of top, its load of bottom. The
 * last must see what the owner stored before the fence, or something later, and bottom > i again
 * only after i has been pushed anew. */
static inline void *rsl_deque_pop_among(struct rsl_deque *deque,
                                        const struct rsl_deque_thieves *thieves)
{
    /* relaxed: only the owner writes it */
    const size_t bottom = rsl_size_load_relaxed(&deque->bottom) - 1;
    /* relaxed: top only grows, so there are at most as many items as it says */
    size_t top = rsl_size_load_relaxed(&deque->top);
    if ((ptrdiff_t)(bottom - top) <= 0)
        return rsl_deque_pop_last(deque, bottom, top, false);
    /* release: as after push, who acquires this bottom sees the slots below it. */
    rsl_size_store_release(&deque->bottom, bottom);
    /* Forbids that the load of top moves before the store of bottom; see above. */
    if (thieves == NULL)
        rsl_fence_seq_cst();
    else
        rsl_deque_fence(thieves);
    RSL_YIELD_POINT();
    /* relaxed: the fence orders it, and nothing is read through it */
    top = rsl_size_load_relaxed(&deque->top);
    if ((ptrdiff_t)(bottom - top) <= 0)
        return rsl_deque_pop_last(deque, bottom, top, true);
    struct rsl_deque_array *array = deque->owner_array;
    /* relaxed: the owner wrote it */
    return rsl_ptr_load_relaxed(rsl_deque_slot(array, bottom));
}

static inline void *rsl_deque_pop(struct rsl_deque *deque)
{
    return rsl_deque_pop_among(deque, NULL);
}

/* Takes the oldest item into *item_out, which is written only if the answer is RSL_STEAL_ITEM. Any
 * thread. O(1). */
enum rsl_steal rsl_deque_steal(struct rsl_deque *deque, void **item_out);

/* How many items there are, or were a moment ago. Any thread; exact for the owner while nobody
 * steals. */
static inline size_t rsl_deque_length(const struct rsl_deque *deque)
{
    /* top first, acquire: top never passes a later bottom, but for the one item that pop is about
     * to give back. */
    const size_t top = rsl_size_load_acquire(&deque->top);
    const size_t bottom = rsl_size_load_relaxed(&deque->bottom);
    return (ptrdiff_t)(bottom - top) > 0 ? bottom - top : 0;
}

#ifdef __cplusplus
}
#endif

#endif
