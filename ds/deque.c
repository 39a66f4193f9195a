/* deque.c - what is not on the owner's fast path: growth, the last item, thieves. The essay is in
 * deque.h.
 */
#include "ds/deque.h"

static size_t array_nbytes(size_t capacity)
{
    return sizeof(struct rsl_deque_array) + capacity * sizeof(struct rsl_atomic_ptr);
}

static struct rsl_deque_array *array_create(const struct rsl_allocator *allocator, size_t capacity,
                                            struct rsl_deque_array *previous)
{
    if (capacity > (SIZE_MAX - sizeof(struct rsl_deque_array)) / sizeof(struct rsl_atomic_ptr))
        return NULL;
    struct rsl_deque_array *array = allocator->allocate(allocator->state, array_nbytes(capacity));
    if (array == NULL)
        return NULL;
    array->mask = capacity - 1;
    array->previous = previous;
    return array;
}

enum rsl_status rsl_deque_init(struct rsl_deque *deque, const struct rsl_allocator *allocator,
                               size_t capacity)
{
    deque->allocator = allocator != NULL ? allocator : &rsl_allocator_default;
    deque->owner_array = NULL;
    deque->seen_top = 0;
    rsl_size_init(&deque->top, 0);
    rsl_size_init(&deque->bottom, 0);
    rsl_ptr_init(&deque->array, NULL);
    if (capacity < 2 || (capacity & (capacity - 1)) != 0)
        return RSL_EINVAL;
    deque->owner_array = array_create(deque->allocator, capacity, NULL);
    if (deque->owner_array == NULL)
        return RSL_ENOMEM;
    rsl_ptr_init(&deque->array, deque->owner_array);
    return RSL_OK;
}

void rsl_deque_fini(struct rsl_deque *deque)
{
    const struct rsl_allocator *allocator = deque->allocator;
    struct rsl_deque_array *array = deque->owner_array;
    while (array != NULL) {
        struct rsl_deque_array *previous = array->previous;
        allocator->release(allocator->state, array, array_nbytes(array->mask + 1));
        array = previous;
    }
    deque->owner_array = NULL;
    rsl_ptr_init(&deque->array, NULL);
}

enum rsl_status rsl_deque_reserve(struct rsl_deque *deque, size_t nitems)
{
    struct rsl_deque_array *old = deque->owner_array;
    const size_t bottom = rsl_size_load_relaxed(&deque->bottom); /* relaxed: the owner's own */
    /* acquire: pairs with the CAS in steal(): the thief has read the slots below top, so that they
     * may be overwritten. */
    const size_t top = rsl_size_load_acquire(&deque->top);
    deque->seen_top = top;
    const size_t nheld = bottom - top;
    if (nitems > SIZE_MAX / 4 - nheld)
        return RSL_ENOMEM;
    size_t capacity = old->mask + 1;
    if (nheld + nitems <= capacity)
        return RSL_OK;
    while (capacity < nheld + nitems)
        capacity *= 2;

    struct rsl_deque_array *array = array_create(deque->allocator, capacity, old);
    if (array == NULL)
        return RSL_ENOMEM;
    /* relaxed, all of them: the release below publishes. Items stolen meanwhile are copied in vain:
     * no thief will succeed on an index below top. */
    for (size_t i = top; i != bottom; i++)
        rsl_ptr_store_relaxed(rsl_deque_slot(array, i),
                              rsl_ptr_load_relaxed(rsl_deque_slot(old, i)));
    RSL_YIELD_POINT();
    deque->owner_array = array;
    /* release: pairs with the load of array in steal(): publishes mask and slots. */
    rsl_ptr_store_release(&deque->array, array);
    return RSL_OK;
}

void rsl_deque_thieves_init(struct rsl_deque_thieves *thieves)
{
    const bool granted = rsl_fence_asymmetric_prepare();
    rsl_u32_init(&thieves->count, granted ? 0 : 1);
    rsl_u32_init(&thieves->refused, granted ? RSL_FENCES_GRANTED : RSL_FENCES_REFUSED);
}

void rsl_deque_thieves_enter(struct rsl_deque_thieves *thieves)
{
    /* relaxed: the fence orders it. Pairs with rsl_deque_fence(). */
    rsl_u32_fetch_add_relaxed(&thieves->count, 1);
    if (rsl_fence_heavy())
        return;
    /* acquire: pairs with the store below: whoever set it has waited */
    uint32_t refused = rsl_u32_load_acquire(&thieves->refused);
    if (refused == RSL_FENCES_REFUSED)
        return; /* owners always fence */
    RSL_YIELD_POINT();
    if (refused == RSL_FENCES_GRANTED &&
        rsl_u32_cas_relaxed(&thieves->refused, &refused, RSL_FENCES_REFUSED_NOW))
        rsl_u32_fetch_add_relaxed(&thieves->count, 1); /* the one who stays; as above */
    rsl_fence_wait_out();
    rsl_u32_store_release(&thieves->refused, RSL_FENCES_REFUSED);
}

void rsl_deque_thieves_leave(struct rsl_deque_thieves *thieves)
{
    /* release: pairs with the load in rsl_deque_fence(): our changes of top come before it. */
    rsl_u32_fetch_add_release(&thieves->count, UINT32_MAX);
}

void *rsl_deque_pop_last(struct rsl_deque *deque, size_t bottom, size_t top, bool fenced)
{
    void *item = NULL;
    if (top == bottom) {
        struct rsl_deque_array *array = deque->owner_array;
        item = rsl_ptr_load_relaxed(rsl_deque_slot(array, bottom)); /* the owner's own */
        RSL_YIELD_POINT();
        /* The owner takes the only item as a thief would, from the top, and needs neither fence nor
         * store for that if it has not done them yet. seq_cst: one total order of all that is done
         * to top decides who gets the item. */
        if (!rsl_size_cas_seq_cst(&deque->top, &top, top + 1))
            item = NULL;
    }
    /* The deque is empty: top is bottom + 1. relaxed: publishes no slot. */
    if (fenced)
        rsl_size_store_relaxed(&deque->bottom, bottom + 1);
    return item;
}

enum rsl_steal rsl_deque_steal(struct rsl_deque *deque, void **item_out)
{
    /* seq_cst, both: in this order, and in the total order with the fence that pop() relies on. As
     * an acquire, the load of bottom pairs with the release in push(): the slot at top, what it
     * points to, and the array that it is in are visible if bottom has passed it. */
    size_t top = rsl_size_load_seq_cst(&deque->top);
    RSL_YIELD_POINT();
    const size_t bottom = rsl_size_load_seq_cst(&deque->bottom);
    if ((ptrdiff_t)(bottom - top) <= 0)
        return RSL_STEAL_EMPTY;
    /* acquire: pairs with the release in rsl_deque_reserve(). Any array since the one that the item
     * was pushed into has it in its slot, as long as top has not passed it. */
    struct rsl_deque_array *array = rsl_ptr_load_acquire(&deque->array);
    /* relaxed: acquired through bottom */
    void *item = rsl_ptr_load_relaxed(rsl_deque_slot(array, top));
    RSL_YIELD_POINT();
    /* seq_cst: see pop(). As a release it keeps the read of the slot before it; pairs with the
     * acquire in rsl_deque_reserve(). */
    if (!rsl_size_cas_seq_cst(&deque->top, &top, top + 1))
        return RSL_STEAL_ABORT;
    *item_out = item;
    return RSL_STEAL_ITEM;
}
