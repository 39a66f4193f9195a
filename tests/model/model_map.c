/* The map of ds/map.h under the model checker: groups of two slots, so that the third key makes the
 * table grow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "ds/map_group.h"
#include "ds/map_internal.h"
#include "tests/model/clients.h"
#include "tests/model/graph.h"

enum { NTHREADS = 3 };

static struct rsl_qsbr *domain;
static struct rsl_map *map;
static struct rsl_qsbr_participant *participants[NTHREADS];
static struct rsl_map_writer *writers[NTHREADS];

/* What threads found out, each its own. */
static bool inserted[NTHREADS], removed[NTHREADS];
static uint64_t last[NTHREADS];
static struct rsl_map_entry *entries[NTHREADS];

/* One group, in which all keys meet; full when its two slots are. */
static const struct rsl_map_tuning tiny = {
    .hash_mask = UINT64_MAX,
    .window = 1,
    .first_lg = 0,
    .full_lg = 0,
    .first_block_nbytes = 64,
    .most_block_nbytes = 64,
};

/* Two groups, of which one may be full while the other has room. */
static const struct rsl_map_tuning two_groups = {
    .hash_mask = UINT64_MAX,
    .window = 1,
    .first_lg = 1,
    .full_lg = 1,
    .first_block_nbytes = 64,
    .most_block_nbytes = 64,
};

enum { SEED = 1 };

static void begin_tuned(const struct rsl_map_tuning *tuning)
{
    for (unsigned i = 0; i < NTHREADS; i++) {
        inserted[i] = removed[i] = false;
        last[i] = RSL_MAP_GONE;
        entries[i] = NULL;
    }
    model_assert(rsl_qsbr_create(&model_allocator, &domain) == RSL_OK);
    for (unsigned i = 0; i < NTHREADS; i++)
        model_assert(rsl_qsbr_register(domain, &participants[i]) == RSL_OK);
    model_assert(rsl_map_create_tuned(domain, &model_allocator, SEED, 0, tuning, &map) == RSL_OK);
    for (unsigned i = 0; i < NTHREADS; i++)
        model_assert(rsl_map_writer_create(map, participants[i], &writers[i]) == RSL_OK);
}

static void begin(void)
{
    begin_tuned(&tiny);
}

/* The n-th key of one letter whose place is in that one of two groups. */
static const char *key_of_group(size_t group, unsigned n)
{
    static const char letters[] = "a\0b\0c\0d\0e\0f\0g\0h\0i\0j\0k\0l\0m\0n\0o\0p";
    for (const char *key = letters;; key += 2) {
        model_assert(key < letters + sizeof(letters));
        const uint64_t hash = XXH3_64bits_withSeed(key, 1, SEED);
        if (rsl_map_home_group(hash, 1) == group && n-- == 0)
            return key;
    }
}

static bool insert(unsigned thread, const char *key, uint64_t value)
{
    bool new_entry;
    model_assert(rsl_map_get_or_insert(writers[thread], key, strlen(key), value, &entries[thread],
                                       &new_entry) == RSL_OK);
    size_t nbytes;
    model_assert(memcmp(rsl_map_key(entries[thread], &nbytes), key, strlen(key)) == 0);
    model_assert(nbytes == strlen(key));
    return new_entry;
}

/* RSL_MAP_GONE if it is not there. */
static uint64_t find(const char *key)
{
    const struct rsl_map_entry *entry = rsl_map_find(map, key, strlen(key));
    return entry ? rsl_map_value(entry) : RSL_MAP_GONE;
}

static bool take_out(unsigned thread, const char *key)
{
    return rsl_map_remove(writers[thread], key, strlen(key), &last[thread]);
}

/* Whether a slot below `inner`, which has so many children, holds the entry. */
// NOLINTNEXTLINE(misc-no-recursion): the map is two levels deep here
static bool leads_to(struct rsl_map_inner *inner, size_t nchildren,
                     const struct rsl_map_entry *entry)
{
    for (size_t i = 0; i < nchildren; i++) {
        char *child = rsl_ptr_load_acquire(&rsl_map_children(inner)[i]);
        if (rsl_map_child_is_inner(child)) {
            if (leads_to(rsl_map_child_inner(child), RSL_MAP_INNER_NODES, entry))
                return true;
            continue;
        }
        struct rsl_map_segment *segment = rsl_map_child_segment(child);
        for (size_t k = 0; segment != NULL && k < (size_t)GROUP_SLOTS << segment->groups_lg; k++) {
            const uint64_t word = rsl_u64_load_acquire(&rsl_map_slots(segment)[k]);
            if (slot_has_entry(word) && slot_entry(word) == entry)
                return true;
        }
    }
    return false;
}

static bool map_leads_to(const struct rsl_map_entry *entry)
{
    return leads_to(map->root, (size_t)1 << (64 - map->root_shift), entry);
}

static void join(unsigned nthreads)
{
    for (unsigned i = 1; i <= nthreads; i++)
        model_join(i);
}

static void end(void)
{
    for (unsigned i = 0; i < NTHREADS; i++)
        rsl_map_writer_destroy(writers[i]);
    rsl_map_destroy(map);
    for (unsigned i = 0; i < NTHREADS; i++)
        rsl_qsbr_unregister(participants[i]);
    rsl_qsbr_destroy(domain);
}

/* --- roles; the argument is the number of the thread --- */

static unsigned numbers[NTHREADS] = {0, 1, 2};

static void *as(unsigned number)
{
    return &numbers[number];
}

static unsigned number_of(const void *argument)
{
    return *(const unsigned *)argument;
}

/* Thread i inserts with the value i. */
static void insert_a(void *argument)
{
    const unsigned self = number_of(argument);
    inserted[self] = insert(self, "a", self);
}

static void insert_b(void *argument)
{
    const unsigned self = number_of(argument);
    inserted[self] = insert(self, "b", self);
}

static void insert_c(void *argument)
{
    const unsigned self = number_of(argument);
    inserted[self] = insert(self, "c", self);
}

static void remove_a(void *argument)
{
    const unsigned self = number_of(argument);
    removed[self] = take_out(self, "a");
}

static void find_a(void *argument)
{
    last[number_of(argument)] = find("a");
}

static void pass(unsigned self)
{
    rsl_qsbr_quiescent(participants[self]);
}

static void add_10_to_a(void *argument)
{
    const unsigned self = number_of(argument);
    struct rsl_map_entry *entry = rsl_map_find(map, "a", 1);
    if (!entry)
        return;
    uint64_t value = rsl_map_value(entry);
    while (value != RSL_MAP_GONE) {
        if (rsl_map_update(entry, &value, value + 10)) {
            inserted[self] = true; /* the update is in */
            return;
        }
    }
}

/* --- clients --- */

static void two_insert_one_key(void)
{
    begin();
    (void)model_spawn(insert_a, as(1));
    (void)model_spawn(insert_a, as(2));
    join(2);
    model_assert(inserted[1] != inserted[2]);
    model_assert(entries[1] == entries[2]);
    model_assert(find("a") == (inserted[1] ? 1 : 2));
    model_assert(rsl_map_length(map) == 1);
    end();
}

static void two_insert_two_keys(void)
{
    begin();
    (void)model_spawn(insert_a, as(1));
    (void)model_spawn(insert_b, as(2));
    join(2);
    model_assert(inserted[1] && inserted[2]);
    model_assert(find("a") == 1 && find("b") == 2);
    end();
}

static void find_beside_insert(void)
{
    begin();
    (void)model_spawn(insert_a, as(1));
    (void)model_spawn(find_a, as(2));
    join(2);
    model_assert(last[2] == 1 || last[2] == RSL_MAP_GONE);
    model_assert(find("a") == 1);
    end();
}

static void find_beside_remove(void)
{
    begin();
    (void)insert(0, "a", 7);
    (void)model_spawn(remove_a, as(1));
    (void)model_spawn(find_a, as(2));
    join(2);
    model_assert(removed[1] && last[1] == 7);
    model_assert(last[2] == 7 || last[2] == RSL_MAP_GONE);
    model_assert(find("a") == RSL_MAP_GONE);
    end();
}

static void two_remove(void)
{
    begin();
    (void)insert(0, "a", 7);
    (void)model_spawn(remove_a, as(1));
    (void)model_spawn(remove_a, as(2));
    join(2);
    model_assert(removed[1] != removed[2]);
    model_assert(find("a") == RSL_MAP_GONE && rsl_map_length(map) == 0);
    end();
}

static void insert_beside_remove(void)
{
    begin();
    (void)insert(0, "a", 7);
    (void)model_spawn(remove_a, as(1));
    (void)model_spawn(insert_a, as(2));
    join(2);
    model_assert(removed[1]);
    /* The removal comes first or last, or between: it took one of the two values. */
    model_assert(last[1] == 7);
    model_assert(find("a") == (inserted[2] ? 2 : RSL_MAP_GONE));
    end();
}

static void update_beside_remove(void)
{
    begin();
    (void)insert(0, "a", 7);
    (void)model_spawn(remove_a, as(1));
    (void)model_spawn(add_10_to_a, as(2));
    join(2);
    model_assert(removed[1]);
    model_assert(last[1] == (inserted[2] ? 17 : 7));
    end();
}

static void two_update(void)
{
    begin();
    (void)insert(0, "a", 7);
    (void)model_spawn(add_10_to_a, as(1));
    (void)model_spawn(add_10_to_a, as(2));
    join(2);
    model_assert(find("a") == 27);
    end();
}

/* The third key does not fit. */
static void find_beside_growth(void)
{
    begin();
    (void)insert(0, "a", 7);
    (void)insert(0, "b", 8);
    (void)model_spawn(insert_c, as(1));
    (void)model_spawn(find_a, as(2));
    join(2);
    model_assert(inserted[1] && last[2] == 7);
    model_assert(find("a") == 7 && find("b") == 8 && find("c") == 1);
    end();
}

static void insert_beside_growth(void)
{
    begin();
    (void)insert(0, "d", 7);
    (void)model_spawn(insert_a, as(1));
    (void)model_spawn(insert_b, as(2));
    join(2);
    model_assert(inserted[1] && inserted[2]);
    model_assert(find("a") == 1 && find("b") == 2 && find("d") == 7);
    model_assert(rsl_map_length(map) == 3);
    end();
}

static void two_insert_one_key_that_does_not_fit(void)
{
    begin();
    (void)insert(0, "b", 7);
    (void)insert(0, "d", 7);
    (void)model_spawn(insert_a, as(1));
    (void)model_spawn(insert_a, as(2));
    join(2);
    model_assert(inserted[1] != inserted[2]);
    model_assert(find("a") == (inserted[1] ? 1 : 2));
    end();
}

static void remove_beside_growth(void)
{
    begin();
    (void)insert(0, "b", 8);
    (void)insert(0, "a", 7);
    (void)model_spawn(insert_c, as(1));
    (void)model_spawn(remove_a, as(2));
    join(2);
    model_assert(inserted[1] && removed[2] && last[2] == 7);
    model_assert(find("a") == RSL_MAP_GONE && find("b") == 8 && find("c") == 1);
    model_assert(!map_leads_to(entries[0])); /* it is retired */
    end();
}

static void update_beside_growth(void)
{
    begin();
    (void)insert(0, "a", 7);
    (void)insert(0, "b", 8);
    (void)model_spawn(insert_c, as(1));
    (void)model_spawn(add_10_to_a, as(2));
    join(2);
    model_assert(inserted[2] && find("a") == 17);
    end();
}

static void insert_into_full_group(void *argument)
{
    const unsigned self = number_of(argument);
    inserted[self] = insert(self, key_of_group(0, 2), self);
}

static void insert_into_other_group(void *argument)
{
    const unsigned self = number_of(argument);
    inserted[self] = insert(self, key_of_group(1, 1), self);
}

/* One group is full, while the other still takes keys. */
static void insert_into_what_is_replaced(void)
{
    begin_tuned(&two_groups);
    (void)insert(0, key_of_group(0, 0), 7);
    (void)insert(0, key_of_group(0, 1), 8);
    (void)insert(0, key_of_group(1, 0), 9);
    (void)model_spawn(insert_into_full_group, as(1));
    (void)model_spawn(insert_into_other_group, as(2));
    join(2);
    model_assert(inserted[1] && inserted[2]);
    model_assert(find(key_of_group(0, 0)) == 7 && find(key_of_group(0, 1)) == 8);
    model_assert(find(key_of_group(0, 2)) == 1 && find(key_of_group(1, 1)) == 2);
    model_assert(find(key_of_group(1, 0)) == 9 && rsl_map_length(map) == 5);
    end();
}

/* The old segment is freed while others may still be in it. */
static void insert_c_and_pass(void *argument)
{
    insert_c(argument);
    pass(number_of(argument));
    pass(number_of(argument));
}

static void find_a_and_pass(void *argument)
{
    find_a(argument);
    pass(number_of(argument));
    model_assert(find("a") == 7);
    pass(number_of(argument));
}

static void old_segment_is_freed(void)
{
    begin();
    (void)insert(0, "a", 7);
    (void)insert(0, "b", 8);
    rsl_qsbr_offline(participants[0]);
    (void)model_spawn(insert_c_and_pass, as(1));
    (void)model_spawn(find_a_and_pass, as(2));
    join(2);
    rsl_qsbr_online(participants[0]);
    end();
}

/* Values hand on what their writers did before: data[i] is written before a value of 100 + i. */
static uint32_t data[NTHREADS];

static void expect_data_of(uint64_t value)
{
    if (value < 100 || value == RSL_MAP_GONE)
        return;
    rsl_plain_read(&data[value - 100], sizeof(data[0]));
    model_assert(data[value - 100] == 1);
}

static void write_data(unsigned self)
{
    rsl_plain_write(&data[self], sizeof(data[0]));
    data[self] = 1;
}

static void update_with_data(void *argument)
{
    const unsigned self = number_of(argument);
    write_data(self);
    struct rsl_map_entry *entry = entries[0];
    uint64_t value = rsl_map_value(entry);
    while (value != RSL_MAP_GONE && !rsl_map_update(entry, &value, 100 + self)) {
    }
    expect_data_of(value);
}

static void insert_with_data(void *argument)
{
    const unsigned self = number_of(argument);
    write_data(self);
    if (!insert(self, "a", 100 + self))
        expect_data_of(rsl_map_value(entries[self]));
}

static void find_data(void *argument)
{
    last[number_of(argument)] = find("a");
    expect_data_of(last[number_of(argument)]);
}

static void remove_data(void *argument)
{
    const unsigned self = number_of(argument);
    if (take_out(self, "a"))
        expect_data_of(last[self]);
}

static void write_data_and_remove(void *argument)
{
    write_data(number_of(argument));
    remove_a(argument);
}

/* Has the entry since before it is removed. */
static void see_it_gone(void *argument)
{
    const struct rsl_map_entry *entry = entries[0];
    (void)argument;
    if (rsl_map_value(entry) == RSL_MAP_GONE)
        expect_data_of(101);
}

static void begin_with_data(uint64_t value)
{
    begin();
    for (unsigned i = 0; i < NTHREADS; i++)
        data[i] = 0;
    (void)insert(0, "a", value);
}

static void updates_publish(void)
{
    begin_with_data(7);
    (void)model_spawn(update_with_data, as(1));
    (void)model_spawn(update_with_data, as(2));
    join(2);
    end();
}

static void finds_acquire(void)
{
    begin_with_data(7);
    (void)model_spawn(update_with_data, as(1));
    (void)model_spawn(find_data, as(2));
    join(2);
    end();
}

static void removals_acquire(void)
{
    begin_with_data(7);
    (void)model_spawn(update_with_data, as(1));
    (void)model_spawn(remove_data, as(2));
    join(2);
    end();
}

static void removals_publish(void)
{
    begin_with_data(7);
    (void)model_spawn(write_data_and_remove, as(1));
    (void)model_spawn(see_it_gone, as(2));
    join(2);
    end();
}

static void inserts_publish(void)
{
    begin_with_data(7);
    (void)take_out(0, "a");
    (void)model_spawn(insert_with_data, as(1));
    (void)model_spawn(insert_with_data, as(2));
    join(2);
    end();
}

/* Iterations see an entry whole or not at all. */
static void iterate(void *argument)
{
    struct rsl_map_cursor cursor;
    unsigned n = 0;
    rsl_map_iterate(map, &cursor);
    const struct rsl_map_entry *entry;
    while ((entry = rsl_map_next(&cursor)) != NULL) {
        size_t nbytes;
        const uint8_t *key = rsl_map_key(entry, &nbytes);
        rsl_plain_read(key, nbytes);
        model_assert(nbytes == 1 && strchr("abcx", key[0]));
        n += key[0] == 'b';
    }
    last[number_of(argument)] = n;
}

static void iterate_beside_insert(void)
{
    begin();
    (void)insert(0, "b", 8);
    (void)model_spawn(insert_a, as(1));
    (void)model_spawn(iterate, as(2));
    join(2);
    model_assert(last[2] == 1);
    end();
}

/* A key that was found comes in an iteration, even before its inserter has published it. */
static void find_b_then_iterate(void *argument)
{
    if (find("b") == RSL_MAP_GONE)
        return;
    iterate(argument);
    model_assert(last[number_of(argument)] == 1);
}

static void what_was_found_is_iterated(void)
{
    begin();
    (void)model_spawn(insert_b, as(1));
    (void)model_spawn(find_b_then_iterate, as(2));
    join(2);
    end();
}

/* Who iterates sees the key whole, whoever of the other two has published it. */
static void find_b(void *argument)
{
    last[number_of(argument)] = find("b");
}

static void finders_publish(void)
{
    begin();
    (void)model_spawn(insert_b, as(1));
    (void)model_spawn(find_b, as(2));
    (void)model_spawn(iterate, as(0));
    join(3);
    end();
}

static void iterate_beside_remove(void)
{
    begin();
    (void)insert(0, "a", 7);
    (void)insert(0, "b", 8);
    (void)model_spawn(remove_a, as(1));
    (void)model_spawn(iterate, as(2));
    join(2);
    model_assert(last[2] == 1);
    end();
}

/* The memory of a removed entry, whose grace period is over, is used for another key. */
/* Ends an epoch. */
static void let_all_pass(void)
{
    for (unsigned i = 0; i < NTHREADS; i++)
        rsl_qsbr_quiescent(participants[i]);
    (void)rsl_qsbr_passed(participants[0], rsl_qsbr_stamp(participants[0]));
}

static struct rsl_map_entry *used;

/* A table with room, and blocks of two entries. "b" and "x" are there; the next insert of thread 1
 * finds no room in its block, and the memory of "a" free. */
static void begin_with_used_memory(void)
{
    static const struct rsl_map_tuning roomy = {
        .hash_mask = UINT64_MAX,
        .window = 4,
        .first_lg = 2,
        .full_lg = 2,
        .first_block_nbytes = 64,
        .most_block_nbytes = 64,
    };
    begin_tuned(&roomy);
    (void)insert(1, "a", 7);
    used = entries[1];
    (void)insert(1, "x", 7);
    model_assert(take_out(1, "a"));
    (void)insert(1, "b", 8); /* there is no room: what was removed begins to wait */
    (void)insert(1, "y", 8);
    model_assert(take_out(1, "y"));
    for (unsigned i = 0; i < 4; i++)
        let_all_pass();
}

static void insert_c_into_used_memory(void *argument)
{
    insert_c(argument);
    model_assert(entries[1] == used);
}

static void find_c(void *argument)
{
    last[number_of(argument)] = find("c");
}

static void iterate_beside_reuse(void)
{
    begin_with_used_memory();
    (void)model_spawn(insert_c_into_used_memory, as(1));
    (void)model_spawn(iterate, as(2));
    join(2);
    model_assert(last[2] == 1 && find("c") == 1);
    end();
}

static void find_beside_reuse(void)
{
    begin_with_used_memory();
    (void)model_spawn(insert_c_into_used_memory, as(1));
    (void)model_spawn(find_c, as(2));
    join(2);
    model_assert(last[2] == 1 || last[2] == RSL_MAP_GONE);
    end();
}

#define CLIENT(function) \
    static const struct model_client function##_client = {.name = #function, .body = (function)}
CLIENT(two_insert_one_key);
CLIENT(two_insert_two_keys);
CLIENT(find_beside_insert);
CLIENT(find_beside_remove);
CLIENT(two_remove);
CLIENT(insert_beside_remove);
CLIENT(update_beside_remove);
CLIENT(two_update);
CLIENT(find_beside_growth);
CLIENT(insert_beside_growth);
CLIENT(two_insert_one_key_that_does_not_fit);
CLIENT(remove_beside_growth);
CLIENT(update_beside_growth);
CLIENT(insert_into_what_is_replaced);
CLIENT(updates_publish);
CLIENT(finds_acquire);
CLIENT(removals_acquire);
CLIENT(removals_publish);
CLIENT(inserts_publish);
CLIENT(iterate_beside_reuse);
CLIENT(find_beside_reuse);
CLIENT(old_segment_is_freed);
CLIENT(iterate_beside_insert);
CLIENT(iterate_beside_remove);
CLIENT(what_was_found_is_iterated);
CLIENT(finders_publish);

static const struct model_client *const clients[] = {
    &two_insert_one_key_client,
    &two_insert_two_keys_client,
    &find_beside_insert_client,
    &find_beside_remove_client,
    &two_remove_client,
    &insert_beside_remove_client,
    &update_beside_remove_client,
    &two_update_client,
    &iterate_beside_insert_client,
    &iterate_beside_remove_client,
    &what_was_found_is_iterated_client,
    &finders_publish_client,
    &updates_publish_client,
    &finds_acquire_client,
    &removals_acquire_client,
    &removals_publish_client,
    &inserts_publish_client,
    &iterate_beside_reuse_client,
    &find_beside_reuse_client,
    &find_beside_growth_client,
    &insert_beside_growth_client,
    &remove_beside_growth_client,
    &update_beside_growth_client,
    &old_segment_is_freed_client,
    &insert_into_what_is_replaced_client,
};
#define NCLIENTS (sizeof(clients) / sizeof(clients[0]))

static void the_map_is_a_map(void **state)
{
    (void)state;
    for (size_t i = 0; i < NCLIENTS; i++)
        expect_clean(clients[i]);
    expect_clean_at_length(&two_insert_one_key_that_does_not_fit_client);
}

static void finds_a_relaxed_publication(void **state)
{
    (void)state;
    expect_found(&find_beside_insert_client,
                 (struct weakening){"rsl_map_get_or_insert", OPERATION_RMW, 0, __ATOMIC_RELAXED},
                 MODEL_RACE);
}

/* A removal that looks for a replacement too early, or a replacement for removals: the entry is
 * copied, and retired. */
static void finds_a_resurrection(void **state)
{
    (void)state;
    expect_found(&remove_beside_growth_client,
                 (struct weakening){"take_out", OPERATION_RMW, 0, __ATOMIC_ACQ_REL},
                 MODEL_ASSERTION);
    expect_found(&remove_beside_growth_client,
                 (struct weakening){"empty_slot", OPERATION_LOAD, 0, __ATOMIC_ACQUIRE},
                 MODEL_ASSERTION);
    expect_found(&remove_beside_growth_client,
                 (struct weakening){"freeze", OPERATION_FENCE, 0, ORDER_NONE}, MODEL_ASSERTION);
}

/* A slot that is not frozen takes a key that is not copied. */
static void finds_a_missed_migration(void **state)
{
    (void)state;
    expect_found(&insert_into_what_is_replaced_client,
                 (struct weakening){"freeze", OPERATION_RMW, 0, ORDER_NONE}, MODEL_ASSERTION);
}

static void every_weakening_is_found(void **state)
{
    (void)state;
    static const char *const files[] = {"map.h", "map.c", "map_group.h", "map_entries.c",
                                        "map_segments.c"};
    static const struct survivor survivors[] = {
        {{"search_group", OPERATION_LOAD, 0, __ATOMIC_RELAXED},
         "group_match() has acquired the slot, where it does not read whole vectors"},
        {{"group_match", OPERATION_LOAD, 0, __ATOMIC_RELAXED},
         "the loads in search_group() and glance_at() acquire"},
        {{"search_group", OPERATION_LOAD, 1, __ATOMIC_RELAXED},
         "nothing is reached through an empty slot, and another is looked at again"},
        {{"glance_at", OPERATION_LOAD, 0, __ATOMIC_RELAXED}, "as in search_group()"},
        {{"freeze", OPERATION_LOAD, 0, __ATOMIC_RELAXED},
         "matters to who finds it set by another, beside a removal: three threads, too many"},
        {{"freeze", OPERATION_STORE, 0, __ATOMIC_RELAXED}, "the same"},
        {{"freeze", OPERATION_RMW, 0, __ATOMIC_ACQUIRE},
         "hands on what others released, as every read-modify-write does; its own stores come with "
         "the successor"},
        {{"freeze", OPERATION_RMW, 0, __ATOMIC_RELEASE}, "live_entry() acquires what it looks at"},
        {{"live_entry", OPERATION_LOAD, 0, __ATOMIC_RELAXED}, "freeze() has acquired it"},
        {{"is_live", OPERATION_RMW, 0, __ATOMIC_RELAXED},
         "the acquire of the value is enough in new memory; in memory that is used again, a finder "
         "beside the two of iterate_beside_reuse would tell, which is too large a client"},
        {{"rsl_map_set_next", OPERATION_STORE, 0, __ATOMIC_RELAXED},
         "written when 64 have been removed, which is too many for a client"},
        {{"install", OPERATION_STORE, 0, __ATOMIC_RELAXED},
         "only the next replacement of a new segment looks at it; two are too many for a client"},
        {{"install", OPERATION_STORE, 1, __ATOMIC_RELAXED}, "the same"},
        {{"rsl_map_replace", OPERATION_LOAD, 0, __ATOMIC_RELAXED}, "the same"},
    };
    expect_sweep(clients, NCLIENTS, files, sizeof(files) / sizeof(files[0]), survivors,
                 sizeof(survivors) / sizeof(survivors[0]));
}

int main(void)
{
#ifdef __SANITIZE_THREAD__
    return 77;
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_map_is_a_map),         cmocka_unit_test(finds_a_relaxed_publication),
        cmocka_unit_test(finds_a_resurrection),     cmocka_unit_test(finds_a_missed_migration),
        cmocka_unit_test(every_weakening_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
