/* map_internal.h - the parts of the map, for its own files and its tests. map.c has the essay. */
#ifndef RSL_DS_MAP_INTERNAL_H
#define RSL_DS_MAP_INTERNAL_H

#include "ds/map.h"

/* The sizes of things, which tests make tiny. */
struct rsl_map_tuning {
    uint64_t hash_mask;        /* hashes are cut down to these bits: 0 makes all keys collide */
    uint32_t window;           /* groups that a probe looks at before the segment counts as full */
    uint32_t first_lg;         /* log2 of the groups in the first segment of a map for 0 entries */
    uint32_t full_lg;          /* a segment of this size is split when it is full */
    size_t first_block_nbytes; /* of the blocks of entries; grows to most_block_nbytes */
    size_t most_block_nbytes;
};

extern const struct rsl_map_tuning rsl_map_tuning_default;

enum rsl_status rsl_map_create_tuned(struct rsl_qsbr *domain, const struct rsl_allocator *allocator,
                                     uint64_t seed, size_t expected,
                                     const struct rsl_map_tuning *tuning, struct rsl_map **map_out);

/* Inner nodes of the tree of segments have 2^RSL_MAP_INNER_BITS children; the model checker wants
 * few. */
#ifdef RSL_MODEL
enum { RSL_MAP_INNER_BITS = 1 };
#else
enum { RSL_MAP_INNER_BITS = 6 };
#endif
enum { RSL_MAP_INNER_NODES = 1 << RSL_MAP_INNER_BITS };

enum {
    RSL_MAP_GRAIN = 8,
    RSL_MAP_NSMALL = 128, /* classes of up to 1 KiB, in steps of the grain; then powers of two */
    RSL_MAP_NCLASSES = RSL_MAP_NSMALL + 1 + 21,
};

/* A child is NULL (of the root only), an inner node, or a segment; see rsl_map_child_*(). */
struct rsl_map_inner {
    struct rsl_atomic_ptr first_child; /* of RSL_MAP_INNER_NODES; the root has more */
};

static inline struct rsl_atomic_ptr *rsl_map_children(struct rsl_map_inner *inner)
{
    return (struct rsl_atomic_ptr *)(void *)inner;
}

/* A power of two of groups of slots, after this head, all aligned to cache lines. */
struct rsl_map_segment {
    struct rsl_qsbr_node node; /* first: a retired segment is this */
    const struct rsl_allocator *allocator;
    void *memory; /* what the allocator gave, and how much */
    size_t memory_nbytes;
    /* What this segment was made in place of: the other half or itself, the node to put between or
     * NULL, and the bit of the hash that tells the halves apart. Read on the way from the old one.
     */
    struct rsl_map_segment *sibling;
    struct rsl_map_inner *between;
    struct rsl_map_segment *predecessor; /* good while `installed` is 0 */
    /* Where the tree points to this: 2^span_lg children of `home` from the `first` on. `shift` is
     * where in a hash the bits lie that choose among all children of `home`. */
    struct rsl_map_inner *home;
    size_t first;
    uint8_t span_lg, shift, split_bit;
    uint8_t groups_lg;
    uint32_t window;
    /* Written once each, by whoever replaces the segment and by whoever installs it. */
    struct rsl_atomic_ptr successor;
    struct rsl_atomic_u32 installed;
    struct rsl_atomic_u32 frozen; /* before the entries are looked at to be copied */
};

struct rsl_map {
    /* Written at creation only. */
    struct rsl_map_inner *root;
    uint64_t seed;
    uint32_t root_shift; /* 64 - log2 of the root's children */
    struct rsl_map_tuning tuning;
    struct rsl_qsbr *domain;
    const struct rsl_allocator *allocator;
    uint8_t secret[192]; /* what XXH3 derives from the seed */
    char pad[RSL_FALSE_SHARING_RANGE];
    struct rsl_atomic_ptr blocks;                   /* the newest first; only ever grows */
    struct rsl_atomic_ptr writers;                  /* the same */
    struct rsl_atomic_ptr shared[RSL_MAP_NCLASSES]; /* free entries of a size, for any writer */
};

/* ---- segments: map_segments.c ---- */

#define RSL_MAP_HEAD_NBYTES ((size_t)2 * RSL_CACHE_LINE)

static inline struct rsl_atomic_u64 *rsl_map_slots(struct rsl_map_segment *segment)
{
    return (struct rsl_atomic_u64 *)(void *)((char *)segment + RSL_MAP_HEAD_NBYTES);
}

/* Where a probe begins. The lowest 16 bits are the tag, which stands in the slot; the uppermost
 * lead through the tree, those between are not looked at: the entry keeps the upper half. */
enum { RSL_MAP_GROUP_SHIFT = 32 };

static inline size_t rsl_map_home_group(uint64_t hash, uint32_t groups_lg)
{
    return (size_t)(hash >> RSL_MAP_GROUP_SHIFT) & (((size_t)1 << groups_lg) - 1);
}

_Static_assert(sizeof(struct rsl_map_segment) <= RSL_MAP_HEAD_NBYTES, "the slots come behind it");

/* A child carries in its low bits what it is, and the size of a segment, so that a lookup need not
 * read the segment's head. */
enum { RSL_MAP_CHILD_INNER = 1, RSL_MAP_CHILD_BITS = 63 };

static inline char *rsl_map_child_of_segment(struct rsl_map_segment *segment)
{
    return (char *)segment + (size_t)2 * segment->groups_lg;
}

static inline bool rsl_map_child_is_inner(const char *child)
{
    return ((uintptr_t)child & RSL_MAP_CHILD_INNER) != 0;
}

static inline struct rsl_map_inner *rsl_map_child_inner(char *child)
{
    return (struct rsl_map_inner *)(void *)(child - RSL_MAP_CHILD_INNER);
}

static inline struct rsl_map_segment *rsl_map_child_segment(char *child)
{
    const uintptr_t bits = (uintptr_t)child & RSL_MAP_CHILD_BITS;
    return (struct rsl_map_segment *)(void *)(bits == 0 ? child : child - bits); /* NULL is none */
}

static inline uint32_t rsl_map_child_groups_lg(const char *child)
{
    return (uint32_t)((uintptr_t)child & RSL_MAP_CHILD_BITS) / 2;
}

/* The size that segments of a large map have: where this is true that need not be worked out. */
enum { RSL_MAP_USUAL_LG = 6 };

static inline bool rsl_map_child_is_usual(const char *child)
{
    return ((uintptr_t)child & RSL_MAP_CHILD_BITS) == (uintptr_t)2 * RSL_MAP_USUAL_LG;
}

/* Sets up the root, and the first segment if it is the only one. */
enum rsl_status rsl_map_plant(struct rsl_map *map, size_t expected);

/* Releases the root and all under it. */
void rsl_map_uproot(struct rsl_map *map);

/* Makes the segment that is missing at the root for `hash`, unless another does; false for want of
 * memory. */
bool rsl_map_add_segment(struct rsl_map *map, uint64_t hash);

/* Which of a segment's successors holds `hash`. */
static inline struct rsl_map_segment *rsl_map_successor_for(struct rsl_map_segment *successor,
                                                            uint64_t hash)
{
    return (hash >> successor->split_bit & 1) != 0 ? successor->sibling : successor;
}

/* Replaces the segment, helping whoever does, and returns the one for `hash` in its place; NULL for
 * want of memory. */
struct rsl_map_segment *rsl_map_replace(struct rsl_map *map,
                                        struct rsl_qsbr_participant *participant,
                                        struct rsl_map_segment *segment, uint64_t hash);

/* ---- entries: map_entries.c ---- */

struct rsl_map_chain {
    struct rsl_map_entry *head, *tail;
};

/* Entries of one size that are not in the map: free ones, ones that wait for their grace period,
 * and ones that were removed since the last stamp. */
struct rsl_map_class {
    struct rsl_map_entry *free;
    struct rsl_map_chain waiting, open;
    uint32_t nfree, nwaiting, nopen;
    bool is_listed;
    struct rsl_map_class *next_listed;
};

/* How many removed entries share a stamp, at least: that is a write to a line that all read. */
enum { RSL_MAP_NBATCH = 64 };

/* All the owner's, but for what is atomic. */
struct rsl_map_writer {
    struct rsl_map *map;
    struct rsl_qsbr_participant *participant;
    struct rsl_map_writer *next;  /* in the map's list; set once */
    struct rsl_atomic_u32 in_use; /* claimed and given back as in qsbr.c */
    struct rsl_atomic_u64 nkeys;  /* inserted less removed by it, mod 2^64; read by length() */
    struct rsl_map_block *block;  /* where new entries go: */
    size_t block_at;              /* before this offset in it */
    size_t next_block_nbytes;
    struct rsl_map_entry *stuck; /* removed, but not unlinked yet for want of memory */
    bool waits;                  /* for `stamp` to pass */
    uint64_t stamp;
    struct rsl_map_class *listed; /* those with any waiting or open, and perhaps others */
    /* Entries that were removed last, of all sizes, and their classes. */
    uint32_t nbatch;
    struct rsl_map_entry *batch[RSL_MAP_NBATCH];
    uint8_t batch_classes[RSL_MAP_NBATCH];
    struct rsl_map_class classes[RSL_MAP_NCLASSES];
};

/* Removed entries in lists; by the writer that has the list. */
void rsl_map_set_next(struct rsl_map_entry *entry, struct rsl_map_entry *next);
struct rsl_map_entry *rsl_map_next_of(const struct rsl_map_entry *entry);

/* An entry for the key, not in the map, or NULL for want of memory. */
struct rsl_map_entry *rsl_map_new_entry(struct rsl_map_writer *writer, const void *key,
                                        size_t nbytes, uint64_t hash, uint64_t value);

/* Takes back an entry that no other thread has found. */
void rsl_map_drop_entry(struct rsl_map_writer *writer, struct rsl_map_entry *entry);

/* Takes an entry that is removed and unlinked, and has a key of `key_nbytes`. */
void rsl_map_retire_entry(struct rsl_map_writer *writer, struct rsl_map_entry *entry,
                          size_t key_nbytes);

/* Releases all blocks and writers. */
void rsl_map_release_entries(struct rsl_map *map);

#endif
