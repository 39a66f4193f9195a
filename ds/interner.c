/* The interner: a map from strings to ids, a table from ids to the map's entries, and a way to give
 * ids without holes.
 *
 * Roles. Any thread with a writer interns; any thread looks up. All may run at the same time.
 *
 * How an id is given. A new string gets into the map with the value PENDING. It is given the id n,
 * n being `count`, in three steps, each a compare-and-swap that anybody can do:
 *     a. table[n]: NULL -> entry        b. entry's value: PENDING -> n        c. count: n -> n+1
 * Whoever wants an id for his string, and finds that another string is in table[n], does b and c
 * for that one first. It is the tail of Michael and Scott's queue (PODC 1996).
 *
 * Guarantees.
 * 1. Ids are dense: count goes to n+1 only after table[n] holds an entry whose value is n.
 * 2. A string gets one id: only b sets its value, once, from PENDING.
 * 3. Two threads may both find an entry PENDING and do step a, one with n, one, later and late,
 * with n+1. Then step b fails for the second, for the value is n; whoever notices this (the value
 * is neither PENDING nor the place) takes the entry out of table[n+1] again, by compare-and-swap.
 *    That cannot hit an entry that is there by right: the values of those are their places.
 * 4. Whoever has got an id finds its string: the id comes from the value, which was set after a,
 *    and he has made sure of c.
 *
 * Progress. rsl_intern() is lock-free: a failed compare-and-swap means that an id was given, or
 * that one wrong placing was undone, of which each attempt of a thread makes at most one.
 *
 * Memory. Pages and entries live as long as the interner. */
#include "ds/interner_internal.h"

#include <string.h>

#define PENDING RSL_MAP_MAX_VALUE

enum rsl_status rsl_interner_create_tuned(struct rsl_qsbr *domain,
                                          const struct rsl_allocator *allocator, uint64_t seed,
                                          size_t expected, const struct rsl_map_tuning *tuning,
                                          struct rsl_interner **interner_out)
{
    struct rsl_interner *interner = allocator->allocate(allocator->state, sizeof *interner);
    if (interner == NULL)
        return RSL_ENOMEM;
    interner->allocator = allocator;
    interner->max_count = RSL_MAX_STRINGS;
    rsl_u64_init(&interner->count, 0);
    for (size_t i = 0; i < (size_t)1 << RSL_INTERNER_ROOT_LG; i++)
        rsl_ptr_init(&interner->root[i], NULL);
    const enum rsl_status status =
        rsl_map_create_tuned(domain, allocator, seed, expected, tuning, &interner->map);
    if (status != RSL_OK) {
        allocator->release(allocator->state, interner, sizeof *interner);
        return status;
    }
    *interner_out = interner;
    return RSL_OK;
}

enum rsl_status rsl_interner_create(struct rsl_qsbr *domain, const struct rsl_allocator *allocator,
                                    uint64_t seed, size_t expected,
                                    struct rsl_interner **interner_out)
{
    return rsl_interner_create_tuned(domain, allocator, seed, expected, &rsl_map_tuning_default,
                                     interner_out);
}

void rsl_interner_destroy(struct rsl_interner *interner)
{
    if (interner == NULL)
        return;
    const struct rsl_allocator *allocator = interner->allocator;
    for (size_t i = 0; i < (size_t)1 << RSL_INTERNER_ROOT_LG; i++) {
        /* Relaxed, here and below: nobody else is here. */
        struct rsl_interner_page *pages = rsl_ptr_load_relaxed(&interner->root[i]);
        for (size_t k = 0; pages != NULL && k < RSL_INTERNER_PAGE; k++) {
            void *page = rsl_ptr_load_relaxed(&pages->at[k]);
            allocator->release(allocator->state, page, sizeof(struct rsl_interner_page));
        }
        allocator->release(allocator->state, pages, sizeof *pages);
    }
    rsl_map_destroy(interner->map);
    allocator->release(allocator->state, interner, sizeof *interner);
}

/* A writer of the interner is one of its map; what else it needs hangs on that. */
struct rsl_interner_writer {
    struct rsl_interner *interner;
    struct rsl_map_writer *of_map;
};

enum rsl_status rsl_interner_writer_create(struct rsl_interner *interner,
                                           struct rsl_qsbr_participant *participant,
                                           struct rsl_interner_writer **writer_out)
{
    const struct rsl_allocator *allocator = interner->allocator;
    struct rsl_interner_writer *writer = allocator->allocate(allocator->state, sizeof *writer);
    if (writer == NULL)
        return RSL_ENOMEM;
    writer->interner = interner;
    const enum rsl_status status =
        rsl_map_writer_create(interner->map, participant, &writer->of_map);
    if (status != RSL_OK) {
        allocator->release(allocator->state, writer, sizeof *writer);
        return status;
    }
    *writer_out = writer;
    return RSL_OK;
}

void rsl_interner_writer_destroy(struct rsl_interner_writer *writer)
{
    if (writer == NULL)
        return;
    rsl_map_writer_destroy(writer->of_map);
    writer->interner->allocator->release(writer->interner->allocator->state, writer,
                                         sizeof *writer);
}

/* ---- the table ---- */

static size_t in_root(uint64_t id)
{
    return (size_t)(id >> 2 * RSL_INTERNER_PAGE_LG);
}

static struct rsl_atomic_ptr *in_pages(struct rsl_interner_page *pages, uint64_t id)
{
    return &pages->at[id >> RSL_INTERNER_PAGE_LG & (RSL_INTERNER_PAGE - 1)];
}

static struct rsl_atomic_ptr *in_page(struct rsl_interner_page *page, uint64_t id)
{
    return &page->at[id & (RSL_INTERNER_PAGE - 1)];
}

/* The page there, made if it is missing; NULL for want of memory. */
static struct rsl_interner_page *page_at(const struct rsl_interner *interner,
                                         struct rsl_atomic_ptr *at)
{
    void *page = rsl_ptr_load_acquire(at); /* pairs with below: the page is clean */
    if (page != NULL)
        return page;
    const struct rsl_allocator *allocator = interner->allocator;
    struct rsl_interner_page *made = allocator->allocate(allocator->state, sizeof *made);
    if (made == NULL)
        return NULL;
    for (size_t i = 0; i < RSL_INTERNER_PAGE; i++)
        rsl_ptr_init(&made->at[i], NULL);
    RSL_YIELD_POINT();
    /* Release: the page. Acquire: another's. */
    if (rsl_ptr_cas_acq_rel(at, &page, made))
        return made;
    allocator->release(allocator->state, made, sizeof *made);
    return page;
}

/* Gives the entry an id, if it has none. */
static enum rsl_status assign_id(struct rsl_interner *interner, struct rsl_map_entry *entry)
{
    while (rsl_map_value(entry) == PENDING) {
        RSL_YIELD_POINT();
        uint64_t n = rsl_u64_load_acquire(&interner->count); /* pairs with step c */
        if (n >= interner->max_count)
            return RSL_ETOOBIG;
        struct rsl_interner_page *page = page_at(interner, &interner->root[in_root(n)]);
        if (page != NULL)
            page = page_at(interner, in_pages(page, n));
        if (page == NULL)
            return RSL_ENOMEM;
        struct rsl_atomic_ptr *place = in_page(page, n);
        void *there = NULL;
        RSL_YIELD_POINT();
        /* Step a. Release: the entry; pairs with rsl_interner_string(). Acquire: another's. */
        if (rsl_ptr_cas_acq_rel(place, &there, entry))
            there = entry;
        RSL_YIELD_POINT();
        uint64_t value = PENDING;
        /* Step b. Release: step a; pairs with rsl_map_value(): guarantee 4. */
        if (rsl_map_update(there, &value, n) || value == n) {
            RSL_YIELD_POINT();
            /* Step c. Release: the two others; pairs with the loads of count. */
            (void)rsl_u64_cas_acq_rel(&interner->count, &n, n + 1);
        } else {
            (void)rsl_ptr_cas_relaxed(place, &there, NULL); /* guarantee 3; publishes nothing */
        }
    }
    return RSL_OK;
}

/* The id in an entry's value; whoever gets to see one does step c if need be, so that no id is ever
 * known to anybody that count does not cover. */
static uint32_t id_of_value(struct rsl_interner *interner, uint64_t value)
{
    uint64_t n = value;
    /* Acquire: pairs with step c. */
    if (rsl_u64_load_acquire(&interner->count) <= n)
        (void)rsl_u64_cas_acq_rel(&interner->count, &n, n + 1);
    return (uint32_t)value;
}

enum rsl_status rsl_intern(struct rsl_interner_writer *writer, const void *bytes, size_t nbytes,
                           uint32_t *id_out)
{
    struct rsl_interner *interner = writer->interner;
    *id_out = RSL_NO_STRING;
    if (nbytes > RSL_MAP_MAX_KEY)
        return RSL_EINVAL;
    struct rsl_map_entry *entry = rsl_map_find(interner->map, bytes, nbytes);
    enum rsl_status status = RSL_OK;
    if (entry == NULL) {
        /* So that strings beyond the last id do not fill the memory; those that race with the last
         * id do, and stay without one. */
        if (rsl_u64_load_relaxed(&interner->count) >= interner->max_count)
            return RSL_ETOOBIG;
        status = rsl_map_get_or_insert(writer->of_map, bytes, nbytes, PENDING, &entry, NULL);
    }
    if (status == RSL_OK)
        status = assign_id(interner, entry);
    if (status == RSL_OK)
        *id_out = id_of_value(interner, rsl_map_value(entry));
    return status;
}

uint32_t rsl_interner_find(struct rsl_interner *interner, const void *bytes, size_t nbytes)
{
    const struct rsl_map_entry *entry = rsl_map_find(interner->map, bytes, nbytes);
    const uint64_t value = entry == NULL ? PENDING : rsl_map_value(entry);
    return value == PENDING ? RSL_NO_STRING : id_of_value(interner, value);
}

const uint8_t *rsl_interner_string(const struct rsl_interner *interner, uint32_t id,
                                   size_t *nbytes_out)
{
    *nbytes_out = 0;
    /* Acquire: pairs with step c: everything below count is there. */
    if (id >= rsl_u64_load_acquire(&interner->count))
        return NULL;
    struct rsl_interner_page *page = rsl_ptr_load_acquire(&interner->root[in_root(id)]);
    page = rsl_ptr_load_acquire(in_pages(page, id));
    return rsl_map_key(rsl_ptr_load_acquire(in_page(page, id)), nbytes_out);
}

uint32_t rsl_interner_count(const struct rsl_interner *interner)
{
    return (uint32_t)rsl_u64_load_acquire(&interner->count); /* as above */
}
