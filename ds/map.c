/* The map: essay, and the operations on keys.
 *
 * Shape. The uppermost bits of a key's hash lead through a tree (a root, and inner nodes of 64
 * children where one level does not do) to a segment, those in the middle to a group of 8 slots in
 * it, a cache line; from there a probe goes from group to group until it meets the key or an empty
 * slot, or has seen `window` groups. A slot is one word, a tag and the address of an entry
 * (map_group.h). A full segment is replaced by two halves, to which its neighbours in the tree
 * point; that is extendible hashing, with a tree in place of a directory that would have to be
 * doubled at once.
 *
 * Roles. Readers find, update and iterate. Writers, each used by one thread, insert and remove.
 * Whoever finds a segment in his way that is full, or being replaced, replaces it. All of them may
 * run at the same time.
 *
 * Guarantees.
 * 1. A slot goes from empty to an entry to a tombstone, or from empty to frozen, and never back. So
 *    a probe that finds only other keys' entries and tombstones before an empty slot has seen all
 *    the slots where its key can have been at that time, and two inserts of a key meet at the same
 *    empty slot, where one compare-and-swap wins.
 * 2. A key is in the map from that compare-and-swap until its entry's value becomes RSL_MAP_GONE,
 *    by compare-and-swap in rsl_map_remove(). All that is asked and changed between is that one
 *    word, wherever the entry is reached from: its copies in old and new segments are the same
 *    entry. Hence find (a hit), update and remove are linearizable at the value, insert at the
 *    slot.
 * 3. A segment is the authority for its hashes until it has a successor. All its empty slots are
 *    frozen before; so the successor, made from what was there then, lacks no entry, and a thread
 *    that means to insert fails and goes on to the successor. A miss is believed if there was an
 *    empty slot, or if the segment had no successor after the slots were read: then the key was
 *    absent at that moment, for into a full window nothing can be inserted, nor into frozen slots.
 * 4. The remover alone takes the entry out of its slot, and retires it. It makes the value
 *    RSL_MAP_GONE and then looks whether the segment is `frozen`; whoever copies the segment sets
 *    that and then looks at values. One of the two comes first: if the segment is not frozen, all
 *    who copy it will pass the entry by, and a plain store empties the slot. Otherwise the remover
 *    replaces the segment too, and looks for the entry in the successor. So when it is retired
 *    nothing that is not itself retired leads to an entry. For want of memory the entry stays where
 *    it is, removed, and the writer tries again later.
 * 5. An entry is shown to iterations by RSL_MAP_PUBLISHED, which its inserter sets after it has got
 *    into its slot, or whoever finds the key before that; when its memory is used again the mark is
 *    cleared before the value is set. Iterations walk the memory of entries, not the table, and
 *    never meet its growth.
 * 6. A retired segment cannot be reached anew. Before a segment is replaced, the tree points to it
 *    at all its places (`installed`), and its retirer has put the successor there before retiring
 *    it. Installing is by compare-and-swap from the old segment, so a late installer does nothing:
 *    the old segment is never put back, and its memory does not become another segment while
 *    somebody still installs, for that somebody has not passed a quiescent state.
 *
 * Progress. find: bounded by the window, and by the successors that others make meanwhile.
 * insert, remove: lock-free: a failed compare-and-swap means that another insert, update, removal
 * or freezing has succeeded, a frozen segment is replaced by whoever meets it, with its own copy,
 * without waiting, and each segment is replaced once. update: one compare-and-swap.
 *
 * Reclamation. Segments: retired by who replaced them, through the qsbr domain, released to the
 * allocator. Entries: retired by the remover into lists of its writer, which wait for grace periods
 * by stamps of the domain; then used again. Inner nodes, blocks of entries, writers: released with
 * the map.
 *
 * References: Fagin, Nievergelt, Pippenger and Strong, "Extendible hashing" (1979); Click, "A
 * lock-free hash table" (2007), for slots that only go forward; Shalev and Shavit, "Split-ordered
 * lists" (2006), and Maier, Sanders and Dementiev, "Concurrent hash tables: fast and general(?)!"
 * (2016), for growth by those who need it; Kulukundis, "Designing a fast, efficient, cache-friendly
 * hash table" (2017), for tags. XXH3: Collet, xxhash. */
#include "ds/map.h"

#include "ds/map_group.h"
#include "ds/map_internal.h"
#include "ds/map_key.h"

const struct rsl_map_tuning rsl_map_tuning_default = {
    .hash_mask = UINT64_MAX,
    .first_lg = 0,
    .full_lg = RSL_MAP_USUAL_LG,
    .window = 4,
    .first_block_nbytes = 4096,
    .most_block_nbytes = (size_t)1 << 23,
};

enum rsl_status rsl_map_create_tuned(struct rsl_qsbr *domain, const struct rsl_allocator *allocator,
                                     uint64_t seed, size_t expected,
                                     const struct rsl_map_tuning *tuning, struct rsl_map **map_out)
{
    struct rsl_map *map = allocator->allocate(allocator->state, sizeof *map);
    if (map == NULL)
        return RSL_ENOMEM;
    *map = (struct rsl_map){
        .seed = seed,
        .domain = domain,
        .allocator = allocator,
        .tuning = *tuning,
    };
    XXH3_generateSecret_fromSeed(map->secret, seed);
    rsl_ptr_init(&map->blocks, NULL);
    rsl_ptr_init(&map->writers, NULL);
    for (size_t i = 0; i < RSL_MAP_NCLASSES; i++)
        rsl_ptr_init(&map->shared[i], NULL);
    if (rsl_map_plant(map, expected) != RSL_OK) {
        allocator->release(allocator->state, map, sizeof *map);
        return RSL_ENOMEM;
    }
    *map_out = map;
    return RSL_OK;
}

enum rsl_status rsl_map_create(struct rsl_qsbr *domain, const struct rsl_allocator *allocator,
                               uint64_t seed, size_t expected, struct rsl_map **map_out)
{
    return rsl_map_create_tuned(domain, allocator, seed, expected, &rsl_map_tuning_default,
                                map_out);
}

void rsl_map_destroy(struct rsl_map *map)
{
    if (map == NULL)
        return;
    const struct rsl_allocator *allocator = map->allocator;
    rsl_map_uproot(map);
    rsl_map_release_entries(map);
    allocator->release(allocator->state, map, sizeof *map);
}

/* What the tree gives for a hash: a segment; NULL if none has been made yet. */
static inline char *child_for(const struct rsl_map *map, uint64_t hash)
{
    uint32_t shift = map->root_shift;
    /* Acquire, here and below: pairs with rsl_map_add_segment() and install(): what it points to.*/
    char *child = rsl_ptr_load_acquire(&rsl_map_children(map->root)[hash >> shift]);
    while (rsl_map_child_is_inner(child)) {
        shift -= RSL_MAP_INNER_BITS;
        child = rsl_ptr_load_acquire(&rsl_map_children(
            rsl_map_child_inner(child))[hash >> shift & (RSL_MAP_INNER_NODES - 1)]);
    }
    return child;
}

static struct rsl_map_segment *segment_for(const struct rsl_map *map, uint64_t hash)
{
    return rsl_map_child_segment(child_for(map, hash));
}

/* What a probe looks for: a key, or, with `entry`, that very entry, live or not. */
struct wanted {
    uint64_t hash;
    const void *key;
    size_t nbytes;
    const struct rsl_map_entry *entry;
};

/* For an entry that has been found by its key: whether it is still in the map. */
static inline bool is_live(struct rsl_map_entry *entry)
{
    if (rsl_map_value(entry) == RSL_MAP_GONE)
        return false;
    /* Whoever has seen a key must find it in an iteration, even if the inserter has been stopped
     * before it could publish it. Relaxed load: a guess that saves a write; release: guarantee 5,
     * as in rsl_map_get_or_insert(). */
    if (__builtin_expect((rsl_u32_load_relaxed(&entry->key_nbytes) & RSL_MAP_PUBLISHED) == 0, 0))
        rsl_u32_fetch_or_release(&entry->key_nbytes, RSL_MAP_PUBLISHED);
    return true;
}

static bool has_key(struct rsl_map_entry *entry, const void *wanted, size_t wanted_nbytes)
{
    size_t nbytes;
    const uint8_t *key = rsl_map_key(entry, &nbytes);
    if (nbytes != wanted_nbytes)
        return false;
    rsl_plain_read(key, nbytes);
    return (nbytes == 0 || memcmp(key, wanted, nbytes) == 0) && is_live(entry);
}

/* Where a probe has ended: at an entry, at a slot that was empty, or, with both NULL, at the end of
 * the window, of which frozen slots are a part. */
struct place {
    struct rsl_map_entry *entry;
    struct rsl_atomic_u64 *slot;
    uint64_t word; /* of the slot */
};

/* Looks at one group; false if the probe has to go on behind it. */
static bool search_group(struct rsl_atomic_u64 *group, const struct wanted *wanted,
                         struct place *place_out)
{
    const uint64_t tag = tag_of_hash(wanted->hash);
    for (;;) {
        const uint32_t match = group_match(group, tag);
        for (uint32_t hits = match & 0xFF; hits != 0; hits &= hits - 1) {
            struct rsl_atomic_u64 *slot = &group[__builtin_ctz(hits)];
            const uint64_t word = rsl_u64_load_acquire(slot); /* pairs with insert: the entry */
            struct rsl_map_entry *entry = slot_entry(word);
            if (word >> TAG_SHIFT == tag &&
                (wanted->entry != NULL ? entry == wanted->entry
                                       : has_key(entry, wanted->key, wanted->nbytes))) {
                *place_out = (struct place){entry, slot, word};
                return true;
            }
        }
        if (match >> 8 == 0)
            return false;
        struct rsl_atomic_u64 *slot = &group[__builtin_ctz(match >> 8)];
        if (rsl_u64_load_acquire(slot) == 0) { /* as above */
            *place_out = (struct place){NULL, slot, 0};
            return true;
        }
        /* Taken or frozen meanwhile: look at the group again. */
    }
}

__attribute__((noinline)) static struct place probe(struct rsl_map_segment *segment,
                                                    const struct wanted *wanted, uint32_t window)
{
    const size_t ngroups = (size_t)1 << segment->groups_lg;
    size_t at = rsl_map_home_group(wanted->hash, segment->groups_lg);
    struct place place;
    for (uint32_t n = 0;
         !search_group(rsl_map_slots(segment) + at * GROUP_SLOTS, wanted, &place);) {
        if (++n == ngroups || (n >= window && n >= segment->window))
            return (struct place){NULL, NULL, SLOT_FROZEN};
        at = (at + 1) & (ngroups - 1);
    }
    return place;
}

/* Where the key is, starting from *segment, which moves on with the key to newer ones; or nowhere.
 * Changes nothing. */
static struct place locate(const struct rsl_map *map, struct rsl_map_segment **segment,
                           const struct wanted *wanted)
{
    while (*segment != NULL) {
        const struct place place = probe(*segment, wanted, map->tuning.window);
        if (place.entry != NULL || place.word == 0)
            return place;
        /* Guarantee 3. Acquire: pairs with rsl_map_replace(): the new segment's contents. */
        struct rsl_map_segment *successor = rsl_ptr_load_acquire(&(*segment)->successor);
        if (successor == NULL)
            break;
        *segment = rsl_map_successor_for(successor, wanted->hash);
    }
    return (struct place){NULL, NULL, 0};
}

/* What nearly always tells: the first slot of the key's tag in its first group, or, if there is
 * none, an empty slot there. False if they do not, for whatever reason; then nothing is known. */
INLINED static inline bool glance_at(struct rsl_map_segment *segment, uint32_t groups_lg,
                                     uint64_t hash, const void *key, size_t nbytes,
                                     struct place *place_out)
{
    struct rsl_atomic_u64 *group =
        rsl_map_slots(segment) + rsl_map_home_group(hash, groups_lg) * GROUP_SLOTS;
    const uint64_t tag = tag_of_hash(hash);
    const uint32_t match = group_match(group, tag);
    if ((match & 0xFF) != 0) {
        struct rsl_atomic_u64 *slot = &group[__builtin_ctz(match)];
        const uint64_t word = rsl_u64_load_acquire(slot); /* as in search_group() */
        struct rsl_map_entry *entry = slot_entry(word);
        if (word >> TAG_SHIFT != tag)
            return false;
        size_t its_nbytes;
        const uint8_t *its_key = rsl_map_key(entry, &its_nbytes);
        if (its_nbytes != nbytes)
            return false;
        rsl_plain_read(its_key, nbytes);
        *place_out = (struct place){entry, slot, word};
        return same_medium(its_key, key, nbytes) && is_live(entry);
    }
    if (match == 0)
        return false;
    *place_out = (struct place){NULL, &group[__builtin_ctz(match >> 8)], 0};
    return true;
}

/* A lookup that misses is done before its slots have come from memory; as many are under way as the
 * processor can look ahead, so every instruction counts, and those that work out what is nearly
 * always the same are not few. */
INLINED static inline bool glance(char *child, uint64_t hash, const void *key, size_t nbytes,
                                  struct place *place_out)
{
    if (__builtin_expect(rsl_map_child_is_usual(child), 1)) {
        char *segment = child - (ptrdiff_t)2 * RSL_MAP_USUAL_LG;
        return glance_at((struct rsl_map_segment *)(void *)segment, RSL_MAP_USUAL_LG, hash, key,
                         nbytes, place_out);
    }
    if (child == NULL)
        return false;
    return glance_at(rsl_map_child_segment(child), rsl_map_child_groups_lg(child), hash, key,
                     nbytes, place_out);
}

__attribute__((noinline)) static struct rsl_map_entry *
find_at_length(const struct rsl_map *map, const void *key, size_t nbytes, uint64_t hash)
{
    const struct wanted wanted = {hash, key, nbytes, NULL};
    struct rsl_map_segment *segment = segment_for(map, hash);
    return locate(map, &segment, &wanted).entry;
}

__attribute__((noinline)) static struct rsl_map_entry *find_unusual(const struct rsl_map *map,
                                                                    const void *key, size_t nbytes)
{
    return find_at_length(map, key, nbytes, hash_any(map, key, nbytes));
}

FLAT struct rsl_map_entry *rsl_map_find(const struct rsl_map *map, const void *key, size_t nbytes)
{
    if (!is_medium(nbytes))
        return find_unusual(map, key, nbytes);
    const uint64_t hash = hash_medium(map, key, nbytes);
    struct place place;
    if (__builtin_expect(glance(child_for(map, hash), hash, key, nbytes, &place), 1))
        return place.entry;
    return find_at_length(map, key, nbytes, hash);
}

/* Counts a key in or out. */
static void count(struct rsl_map_writer *writer, uint64_t difference)
{
    /* Relaxed: written by this thread only, and a sum of moving numbers for all others. */
    rsl_u64_store_relaxed(&writer->nkeys, rsl_u64_load_relaxed(&writer->nkeys) + difference);
}

/* Takes a removed entry, which is in the slot, out of that. False if the segment is being replaced,
 * and the entry may have been copied already: guarantee 4. */
static inline bool empty_slot(struct rsl_map_segment *segment, struct rsl_atomic_u64 *slot)
{
    RSL_YIELD_POINT();
    /* Not before the value was seen to be RSL_MAP_GONE by all: both are seq_cst, and pair with
     * freeze(). */
    if (rsl_u32_load_seq_cst(&segment->frozen) != 0)
        return false;
    RSL_YIELD_POINT();
    /* Relaxed: nobody else changes the slot of an entry, and what reuses that waits for a grace
     * period, whose stamp comes after this. */
    rsl_u64_store_relaxed(slot, SLOT_TOMBSTONE);
    return true;
}

/* Takes a removed entry out of the table. False for want of memory: it is still there. */
__attribute__((noinline)) static bool
unlink_entry(struct rsl_map_writer *writer, struct rsl_map_segment *segment, struct wanted wanted)
{
    struct rsl_map *map = writer->map;
    while (segment != NULL) {
        const struct place place = probe(segment, &wanted, map->tuning.window);
        if (place.entry == NULL)
            return true; /* it was skipped when this segment was made */
        if (empty_slot(segment, place.slot))
            return true;
        segment = rsl_map_replace(map, writer->participant, segment, wanted.hash);
    }
    return false;
}

/* Tries again to unlink what could not be for want of memory. */
__attribute__((noinline)) static void unlink_stuck(struct rsl_map_writer *writer)
{
    struct rsl_map_entry *entry;
    while ((entry = writer->stuck) != NULL) {
        size_t nbytes;
        const uint8_t *key = rsl_map_key(entry, &nbytes);
        const struct wanted wanted = {hash_of(writer->map, key, nbytes), NULL, 0, entry};
        if (!unlink_entry(writer, segment_for(writer->map, wanted.hash), wanted))
            return;
        writer->stuck = rsl_map_next_of(entry);
        rsl_map_retire_entry(writer, entry, nbytes);
    }
}

FLAT enum rsl_status rsl_map_get_or_insert(struct rsl_map_writer *writer, const void *key,
                                           size_t nbytes, uint64_t value,
                                           struct rsl_map_entry **entry_out, bool *inserted_out)
{
    if (value > RSL_MAP_MAX_VALUE || nbytes > RSL_MAP_MAX_KEY)
        return RSL_EINVAL;
    if (writer->stuck != NULL)
        unlink_stuck(writer);
    struct rsl_map *map = writer->map;
    const struct wanted wanted = {hash_of(map, key, nbytes), key, nbytes, NULL};
    char *child;
    while ((child = child_for(map, wanted.hash)) == NULL)
        if (!rsl_map_add_segment(map, wanted.hash))
            return RSL_ENOMEM;
    struct rsl_map_entry *entry = NULL; /* ours, in waiting */
    struct rsl_map_segment *segment = rsl_map_child_segment(child);
    struct place place;
    if (!is_medium(nbytes) || !glance(child, wanted.hash, key, nbytes, &place))
        place = probe(segment, &wanted, map->tuning.window);
    for (;; place = probe(segment, &wanted, map->tuning.window)) {
        if (place.entry != NULL) {
            if (entry != NULL)
                rsl_map_drop_entry(writer, entry);
            if (entry_out != NULL)
                *entry_out = place.entry;
            if (inserted_out != NULL)
                *inserted_out = false;
            return RSL_OK;
        }
        if (place.word != 0) { /* full, or on the way to be replaced */
            segment = rsl_map_replace(map, writer->participant, segment, wanted.hash);
            if (segment == NULL) {
                if (entry != NULL)
                    rsl_map_drop_entry(writer, entry);
                return RSL_ENOMEM;
            }
            continue;
        }
        if (entry == NULL) {
            entry = rsl_map_new_entry(writer, key, nbytes, wanted.hash, value);
            if (entry == NULL)
                return RSL_ENOMEM;
        }
        RSL_YIELD_POINT();
        /* Release: the entry; pairs with search_group() and live_entry(). A failure is looked into
         * by the next probe. */
        if (rsl_u64_cas_release(place.slot, &place.word, slot_make(entry, wanted.hash)))
            break;
    }
    RSL_YIELD_POINT();
    /* Release: guarantee 5; pairs with rsl_map_next(). The entry may be removed by now, but its
     * memory is not used again before this thread's next quiescent state. */
    rsl_u32_store_release(&entry->key_nbytes, (uint32_t)nbytes | RSL_MAP_PUBLISHED);
    count(writer, 1);
    if (entry_out != NULL)
        *entry_out = entry;
    if (inserted_out != NULL)
        *inserted_out = true;
    return RSL_OK;
}

/* Removes the entry at the place. */
static inline bool take_out(struct rsl_map_writer *writer, struct rsl_map_segment *segment,
                            const struct place *place, uint64_t hash, size_t nbytes,
                            uint64_t *last_out)
{
    struct rsl_map_entry *entry = place->entry;
    uint64_t last = rsl_map_value(entry);
    do {
        if (last > RSL_MAP_MAX_VALUE) /* somebody else has removed it since we found it */
            return false;
        RSL_YIELD_POINT();
        /* Acquire: what the last update did. Release: pairs with whoever sees it gone. Seq_cst: see
         * empty_slot(). */
    } while (!rsl_u64_cas_seq_cst(&entry->value, &last, RSL_MAP_GONE));
    count(writer, UINT64_MAX);
    if (last_out != NULL)
        *last_out = last;
    if (__builtin_expect(empty_slot(segment, place->slot), 1) ||
        unlink_entry(writer, segment, (struct wanted){hash, NULL, 0, entry})) {
        rsl_map_retire_entry(writer, entry, nbytes);
    } else {
        rsl_map_set_next(entry, writer->stuck);
        writer->stuck = entry;
    }
    return true;
}

__attribute__((noinline)) static bool remove_at_length(struct rsl_map_writer *writer,
                                                       const void *key, size_t nbytes,
                                                       uint64_t hash, uint64_t *last_out)
{
    const struct wanted wanted = {hash, key, nbytes, NULL};
    struct rsl_map_segment *segment = segment_for(writer->map, hash);
    const struct place place = locate(writer->map, &segment, &wanted);
    return place.entry != NULL && take_out(writer, segment, &place, hash, nbytes, last_out);
}

FLAT bool rsl_map_remove(struct rsl_map_writer *writer, const void *key, size_t nbytes,
                         uint64_t *last_out)
{
    if (__builtin_expect(writer->stuck != NULL, 0))
        unlink_stuck(writer);
    const struct rsl_map *map = writer->map;
    if (!is_medium(nbytes))
        return remove_at_length(writer, key, nbytes, hash_any(map, key, nbytes), last_out);
    const uint64_t hash = hash_medium(map, key, nbytes);
    char *child = child_for(map, hash);
    struct place place;
    if (__builtin_expect(!glance(child, hash, key, nbytes, &place), 0))
        return remove_at_length(writer, key, nbytes, hash, last_out);
    return place.entry != NULL &&
           take_out(writer, rsl_map_child_segment(child), &place, hash, nbytes, last_out);
}
