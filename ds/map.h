/* map.h - a lock-free hash map from byte strings to 64-bit words, for any number of threads.
 *
 * Keys are copied in; values are changed in place by compare-and-swap. Keys are compared in full,
 * so a collision of hashes costs time and nothing else; the hash is XXH3-64 with the map's own
 * seed, so that nobody can choose colliding keys without knowing it.
 *
 * Who may call. Every thread that touches the map is an online participant of the map's qsbr domain
 * (qsbr.h). Reading and updating need nothing more; inserting and removing need a *writer*, which
 * one thread at a time uses. All operations on the map may run together, but for destroy.
 *
 * How long an entry lives. A pointer to an entry stays good until the calling thread's next
 * quiescent state, even if the key is removed meanwhile; the value then reads as RSL_MAP_GONE, and
 * cannot be updated. Key bytes never change.
 *
 * What an insert pays for growth. The table is made of segments of at most 512 slots (more only
 * if hashes collide in masses). The insert that finds its segment full replaces that one by two, or
 * by one of twice the size while it is smaller: it copies at most 512 words, reading as many
 * entries, some microseconds. There is no other growth work, and never a pause for the whole table.
 *
 * Progress. Lookup, update and iteration never wait, insert and remove are lock-free, the allocator
 * aside: a thread that stops in the middle of anything, growth included, stops nobody else. It
 * does hold back the reclamation of memory, as qsbr.h says.
 *
 * Memory. 16 bytes and the key for an entry, rounded up to 8, and 10 to 20 bytes of slots. Memory
 * of removed entries serves new keys of about the same length after the grace period; the allocator
 * gets it back when the map is destroyed. */
#ifndef RSL_DS_MAP_H
#define RSL_DS_MAP_H

#include "ds/atomic.h"
#include "ds/ds.h"
#include "ds/qsbr.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rsl_map;
struct rsl_map_writer;

/* The largest value that an entry may have, and what a removed one is said to have. */
#define RSL_MAP_MAX_VALUE (UINT64_MAX >> 1)
#define RSL_MAP_GONE      UINT64_MAX

/* The longest key, in bytes. The shortest has none. */
#define RSL_MAP_MAX_KEY (UINT32_C(1) << 30)

/* Fields are the map's; use the functions. */
struct rsl_map_entry {
    struct rsl_atomic_u64 value; /* above RSL_MAP_MAX_VALUE once it is removed: RSL_MAP_GONE, and
                                    then, less the top bit, the next in a list of such entries */
    uint32_t hash;               /* the upper half; while others may have the entry it stays */
    struct rsl_atomic_u32 key_nbytes; /* and RSL_MAP_PUBLISHED */
    uint8_t key[8];                   /* the first bytes; the others follow */
};

#define RSL_MAP_KEY_OFF   16
#define RSL_MAP_PUBLISHED (UINT32_C(1) << 31)

/* Makes a map for about `expected` entries, which may be 0: more will do, at the price of growth.
 * `seed`: any number, best an unpredictable one. The domain and the allocator are borrowed; the
 * allocator must outlive the domain, which releases replaced parts of the map, some of them
 * perhaps after the map. RSL_OK or RSL_ENOMEM. O(expected / 256). Any thread. */
enum rsl_status rsl_map_create(struct rsl_qsbr *domain, const struct rsl_allocator *allocator,
                               uint64_t seed, size_t expected, struct rsl_map **map_out);

/* Releases the map, its entries and its writers. Nobody may be using any of them. NULL is
 * accepted. */
void rsl_map_destroy(struct rsl_map *map);

/* A writer for the thread of `participant`, which must be of the map's domain. RSL_OK or
 * RSL_ENOMEM. A few kB; those of destroyed writers are used again. Any thread. */
enum rsl_status rsl_map_writer_create(struct rsl_map *map, struct rsl_qsbr_participant *participant,
                                      struct rsl_map_writer **writer_out);

/* Gives the writer back to its map. Its participant must still be registered. NULL is accepted. */
void rsl_map_writer_destroy(struct rsl_map_writer *writer);

/* The entry of the key, or NULL. O(1). */
struct rsl_map_entry *rsl_map_find(const struct rsl_map *map, const void *key, size_t nbytes);

/* Finds the entry of the key, or makes it, with `value`, if there is none. *entry_out is the entry,
 * *inserted_out whether it is new; either may be NULL.
 * RSL_OK, RSL_EINVAL (the value is above RSL_MAP_MAX_VALUE, or the key is longer than
 * RSL_MAP_MAX_KEY) or RSL_ENOMEM; after an error the map is as it was. O(1), amortised; see above
 * for growth. */
enum rsl_status rsl_map_get_or_insert(struct rsl_map_writer *writer, const void *key, size_t nbytes,
                                      uint64_t value, struct rsl_map_entry **entry_out,
                                      bool *inserted_out);

/* Removes the key; returns whether it was there, and in *last_out, which may be NULL, the last
 * value it had: an update that was not in it has failed. Never fails for want of memory. O(1). */
bool rsl_map_remove(struct rsl_map_writer *writer, const void *key, size_t nbytes,
                    uint64_t *last_out);

/* How many keys there are; while others insert and remove, a number near it. O(writers). */
size_t rsl_map_length(const struct rsl_map *map);

/* The value, or RSL_MAP_GONE. What its writer did before is visible. */
static inline uint64_t rsl_map_value(const struct rsl_map_entry *entry)
{
    /* Acquire: pairs with insert, update and remove. */
    const uint64_t value = rsl_u64_load_acquire(&entry->value);
    return value > RSL_MAP_MAX_VALUE ? RSL_MAP_GONE : value;
}

static inline const uint8_t *rsl_map_key(const struct rsl_map_entry *entry, size_t *nbytes_out)
{
    /* Relaxed: whoever handed us the entry has published its length, which stays. */
    *nbytes_out = rsl_u32_load_relaxed(&entry->key_nbytes) & ~RSL_MAP_PUBLISHED;
    return (const uint8_t *)entry + RSL_MAP_KEY_OFF;
}

/* Replaces the value *expected by `desired`, both at most RSL_MAP_MAX_VALUE. False if the value was
 * another one, which is then in *expected; RSL_MAP_GONE: the key was removed. */
static inline bool rsl_map_update(struct rsl_map_entry *entry, uint64_t *expected, uint64_t desired)
{
    /* Acquire and release: values hand on what their writers did; pairs with itself and with
     * rsl_map_value(). */
    const bool done = rsl_u64_cas_acq_rel(&entry->value, expected, desired);
    if (*expected > RSL_MAP_MAX_VALUE)
        *expected = RSL_MAP_GONE;
    return done;
}

/* Entries lie in blocks, one before the other from the end on; how large each is, in steps of 8
 * bytes, stands in bytes that follow the block's head. So an iteration knows where entries are long
 * before it has read those between, and memory is read as fast as it can be. */
struct rsl_map_block {
    struct rsl_map_block *next;   /* the one made before; set once */
    size_t nbytes, end;           /* of the block; where the first entry ends */
    struct rsl_atomic_size count; /* of entries; written by the block's writer */
};

/* A place in an iteration. */
struct rsl_map_cursor {
    struct rsl_map_block *block;
    const uint8_t *size, *end; /* of the next entry; of the sizes */
    char *at, *ahead;          /* the entry before, and one that will come */
};

/* How many entries ahead of itself an iteration fetches: the processor alone stops at pages. */
#define RSL_MAP_AHEAD 128

/* Turns the cursor to a block, which may be NULL. */
static inline void rsl_map_cursor_enter(struct rsl_map_cursor *cursor, struct rsl_map_block *block)
{
    cursor->block = block;
    cursor->size = cursor->end = NULL;
    cursor->at = cursor->ahead = NULL;
    if (block != NULL) {
        const size_t count = rsl_size_load_acquire(&block->count); /* pairs with show_entry() */
        cursor->size = (const uint8_t *)(block + 1);
        cursor->end = cursor->size + count;
        cursor->at = cursor->ahead = (char *)block + block->end;
        rsl_plain_read(cursor->size, count);
        for (size_t i = 0; i < RSL_MAP_AHEAD && i < count; i++)
            cursor->ahead -= (size_t)cursor->size[i] * 8;
    }
}

/* Not for users: the block that was made last, or NULL. */
struct rsl_map_block *rsl_map_newest_block(const struct rsl_map *map);

/* Puts the cursor before the first entry. Holds nothing, needs no end. O(1). Inline like all that
 * gets the cursor, so that a loop has it in registers. */
static inline void rsl_map_iterate(const struct rsl_map *map, struct rsl_map_cursor *cursor_out)
{
    rsl_map_cursor_enter(cursor_out, rsl_map_newest_block(map));
}

/* The next entry, or NULL behind the last. A key that is there from rsl_map_iterate() to the end
 * comes exactly once, whatever others do, growth included; one that is inserted or removed
 * meanwhile may come or not; one that is removed and inserted again may come twice. The cursor is
 * good until the thread's next quiescent state. In all O(the most entries that the map has had). */
static inline struct rsl_map_entry *rsl_map_next(struct rsl_map_cursor *cursor)
{
    for (; cursor->block != NULL; rsl_map_cursor_enter(cursor, cursor->block->next)) {
        while (cursor->size != cursor->end) {
            if (cursor->end - cursor->size > RSL_MAP_AHEAD) {
                cursor->ahead -= (size_t)cursor->size[RSL_MAP_AHEAD] * 8;
                __builtin_prefetch(cursor->ahead, 0,
                                   2); /* no nearer: the nearest cache has few lines */
            }
            cursor->at -= (size_t)*cursor->size++ * 8;
            struct rsl_map_entry *entry = (struct rsl_map_entry *)(void *)cursor->at;
            /* In this order: memory that is used again becomes unpublished before it gets a value,
             * so a value of the new entry comes with its own publication. Acquire: pairs with
             * rsl_map_get_or_insert(): the key. */
            const uint64_t value = rsl_u64_load_acquire(&entry->value);
            const uint32_t nbytes = rsl_u32_load_acquire(&entry->key_nbytes);
            if (value <= RSL_MAP_MAX_VALUE && (nbytes & RSL_MAP_PUBLISHED) != 0)
                return entry;
        }
    }
    return NULL;
}

#ifdef __cplusplus
}
#endif

#endif
