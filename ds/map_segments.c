/* The tree of segments, and how a full segment is replaced. Guarantees by number: map.c. */
#include "ds/map_group.h"
#include "ds/map_internal.h"

static void *allocate(const struct rsl_map *map, size_t nbytes)
{
    return map->allocator->allocate(map->allocator->state, nbytes);
}

static size_t nslots(const struct rsl_map_segment *segment)
{
    return (size_t)GROUP_SLOTS << segment->groups_lg;
}

static void release_segment(struct rsl_map_segment *segment)
{
    const struct rsl_allocator *allocator = segment->allocator;
    allocator->release(allocator->state, segment->memory, segment->memory_nbytes);
}

static void reclaim_segment(struct rsl_qsbr_node *node)
{
    release_segment((struct rsl_map_segment *)(void *)node);
}

/* An empty segment that nobody else knows, to be put where `old` is if that is not NULL. */
static struct rsl_map_segment *new_segment(const struct rsl_map *map, uint32_t groups_lg,
                                           struct rsl_map_segment *old)
{
    const size_t size = ((size_t)GROUP_SLOTS << groups_lg) * sizeof(struct rsl_atomic_u64) +
                        3 * (size_t)RSL_CACHE_LINE;
    char *memory = allocate(map, size);
    if (memory == NULL)
        return NULL;
    const size_t gap = (size_t)(-(uintptr_t)memory & (RSL_CACHE_LINE - 1));
    struct rsl_map_segment *segment = (struct rsl_map_segment *)(void *)(memory + gap);
    *segment = (struct rsl_map_segment){
        .allocator = map->allocator,
        .memory = memory,
        .memory_nbytes = size,
        .sibling = segment,
        .predecessor = old,
        .groups_lg = (uint8_t)groups_lg,
        .window = map->tuning.window,
    };
    if (old != NULL) {
        segment->home = old->home;
        segment->first = old->first;
        segment->span_lg = old->span_lg;
        segment->shift = old->shift;
    }
    rsl_ptr_init(&segment->successor, NULL);
    rsl_u32_init(&segment->installed, old == NULL);
    rsl_u32_init(&segment->frozen, 0);
    rsl_u64_init_zeros(rsl_map_slots(segment), nslots(segment));
    return segment;
}

static struct rsl_map_inner *new_inner(const struct rsl_map *map, size_t nchildren)
{
    struct rsl_map_inner *inner = allocate(map, nchildren * sizeof inner->first_child);
    for (size_t i = 0; inner != NULL && i < nchildren; i++)
        rsl_ptr_init(&rsl_map_children(inner)[i], NULL);
    return inner;
}

static uint32_t lg_at_least(size_t n)
{
    uint32_t lg = 0;
    while (((size_t)1 << lg) < n)
        lg++;
    return lg;
}

/* So many slots that `expected` entries fill at most two thirds. */
static size_t slots_for(size_t expected)
{
    return expected + expected / 2;
}

enum rsl_status rsl_map_plant(struct rsl_map *map, size_t expected)
{
    if (expected > SIZE_MAX / 4096)
        return RSL_ENOMEM;
    const uint32_t slots_lg = lg_at_least(slots_for(expected));
    const uint32_t full_slots_lg = map->tuning.full_lg + lg_at_least(GROUP_SLOTS);
    const bool many = slots_lg > full_slots_lg;
    const uint32_t root_lg = many ? slots_lg - full_slots_lg : RSL_MAP_INNER_BITS;
    map->root = new_inner(map, (size_t)1 << root_lg);
    if (map->root == NULL)
        return RSL_ENOMEM;
    map->root_shift = 64 - root_lg;
    if (many) /* each segment comes with the first insert that wants it: rsl_map_add_segment() */
        return RSL_OK;
    const uint32_t group_lg = lg_at_least(GROUP_SLOTS);
    const uint32_t groups_lg = slots_lg > group_lg ? slots_lg - group_lg : 0;
    struct rsl_map_segment *only =
        new_segment(map, groups_lg < map->tuning.first_lg ? map->tuning.first_lg : groups_lg, NULL);
    if (only == NULL) {
        map->allocator->release(map->allocator->state, map->root,
                                sizeof map->root->first_child << root_lg);
        return RSL_ENOMEM;
    }
    only->home = map->root;
    only->span_lg = (uint8_t)root_lg;
    only->shift = (uint8_t)map->root_shift;
    for (size_t i = 0; i < (size_t)1 << root_lg; i++)
        rsl_ptr_init(&rsl_map_children(map->root)[i], rsl_map_child_of_segment(only));
    return RSL_OK;
}

bool rsl_map_add_segment(struct rsl_map *map, uint64_t hash)
{
    struct rsl_map_segment *segment = new_segment(map, map->tuning.full_lg, NULL);
    if (segment == NULL)
        return false;
    segment->home = map->root;
    segment->first = (size_t)(hash >> map->root_shift);
    segment->shift = (uint8_t)map->root_shift;
    void *seen = NULL;
    RSL_YIELD_POINT();
    /* Release: the empty segment; pairs with the loads of children. If it fails somebody else has
     * made one. */
    if (!rsl_ptr_cas_release(&rsl_map_children(map->root)[segment->first], &seen,
                             rsl_map_child_of_segment(segment)))
        release_segment(segment);
    return true;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as a hash has bits for, a dozen levels
static void uproot(struct rsl_map *map, struct rsl_map_inner *inner, size_t nchildren)
{
    char *before = NULL;
    for (size_t i = 0; i < nchildren; i++) {
        char *child = rsl_ptr_load_relaxed(&rsl_map_children(inner)[i]); /* nobody else is here */
        if (child == NULL || child == before)
            continue;
        before = child;
        if (rsl_map_child_is_inner(child))
            uproot(map, rsl_map_child_inner(child), RSL_MAP_INNER_NODES);
        else
            release_segment(rsl_map_child_segment(child));
    }
    map->allocator->release(map->allocator->state, inner, nchildren * sizeof inner->first_child);
}

void rsl_map_uproot(struct rsl_map *map)
{
    uproot(map, map->root, (size_t)1 << (64 - map->root_shift));
}

/* ---- replacement ---- */

/* From here on no entry comes, and none that was removed is taken out. */
static void freeze(struct rsl_map_segment *segment)
{
    RSL_YIELD_POINT();
    /* Acquire and release: who finds it set has it set before the fence, like who sets it. */
    if (rsl_u32_load_acquire(&segment->frozen) == 0) /* saves a write */
        rsl_u32_store_release(&segment->frozen, 1);
    struct rsl_atomic_u64 *slots = rsl_map_slots(segment);
    for (size_t i = 0; i < nslots(segment); i++) {
        uint64_t word = rsl_u64_load_relaxed(&slots[i]); /* only to save the dearer operation */
        /* Comes before every insertion into the slot, which then fails, or after it, and sees it.
         * Acquire: pairs with insert. Release: hands on what others released. */
        if (word == 0)
            (void)rsl_u64_cas_acq_rel(&slots[i], &word, SLOT_FROZEN);
        RSL_YIELD_POINT();
    }
    /* Forbids that the values of entries are read before `frozen` is set: pairs with the two
     * seq_cst operations of a removal: empty_slot(). */
    rsl_fence_seq_cst();
}

enum { PREFETCH_SLOTS = 16 };

/* What is in a segment that is frozen. */
struct census {
    size_t nlive[2]; /* entries, by the bit of the hash that would split the segment */
    size_t ntombstones;
};

/* The entry in the slot, unless it has been removed; what is known of its hash. */
static inline struct rsl_map_entry *live_entry(const struct rsl_atomic_u64 *slot,
                                               uint64_t *hash_out)
{
    const uint64_t word = rsl_u64_load_acquire(slot); /* pairs with insert: the entry */
    if (!slot_has_entry(word))
        return NULL;
    struct rsl_map_entry *entry = slot_entry(word);
    rsl_plain_read(&entry->hash, sizeof entry->hash);
    *hash_out = (uint64_t)entry->hash << 32 | word >> TAG_SHIFT;
    return rsl_map_value(entry) == RSL_MAP_GONE ? NULL : entry;
}

static struct census count(struct rsl_map_segment *segment, uint32_t split_bit)
{
    struct census census = {{0, 0}, 0};
    const struct rsl_atomic_u64 *slots = rsl_map_slots(segment);
    const size_t n = nslots(segment);
    for (size_t i = 0; i < n; i++) {
        if (i + PREFETCH_SLOTS < n) /* relaxed: nothing is read through it */
            __builtin_prefetch(slot_entry(rsl_u64_load_relaxed(&slots[i + PREFETCH_SLOTS])));
        uint64_t hash;
        if (live_entry(&slots[i], &hash) != NULL)
            census.nlive[hash >> split_bit & 1]++;
        else if (rsl_u64_load_relaxed(&slots[i]) != SLOT_FROZEN) /* removed, taken out or not */
            census.ntombstones++;
    }
    return census;
}

/* Puts an entry into a segment that nobody else knows. */
static void place(struct rsl_map_segment *segment, struct rsl_map_entry *entry, uint64_t hash)
{
    struct rsl_atomic_u64 *slots = rsl_map_slots(segment);
    const size_t ngroups = (size_t)1 << segment->groups_lg;
    const size_t home = rsl_map_home_group(hash, segment->groups_lg);
    for (uint32_t n = 0;; n++) {
        struct rsl_atomic_u64 *group = &slots[((home + n) & (ngroups - 1)) * GROUP_SLOTS];
        for (int i = 0; i < GROUP_SLOTS; i++) {
            if (rsl_u64_load_relaxed(&group[i]) != 0) /* private, here and below */
                continue;
            rsl_u64_init(&group[i], slot_make(entry, hash));
            if (n >= segment->window) /* hashes collide: probes have to go further here */
                segment->window = n + 1;
            return;
        }
    }
}

static void copy_live(struct rsl_map_segment *to, struct rsl_map_segment *from)
{
    const struct rsl_atomic_u64 *slots = rsl_map_slots(from);
    for (size_t i = 0; i < nslots(from); i++) {
        uint64_t hash;
        struct rsl_map_entry *entry = live_entry(&slots[i], &hash);
        if (entry != NULL)
            place(rsl_map_successor_for(to, hash), entry, hash);
    }
}

/* What is to come in the place of a segment. */
struct plan {
    bool split, between; /* in two; with a new inner node, their home */
    uint8_t split_bit;
    uint32_t groups_lg, window;
};

/* How far down the bits go that lead through the tree: below are those that choose the group. */
static uint32_t least_shift(const struct rsl_map_tuning *tuning)
{
    return RSL_MAP_GROUP_SHIFT + tuning->full_lg;
}

static struct plan make_plan(const struct rsl_map *map, struct rsl_map_segment *segment)
{
    const struct rsl_map_tuning *tuning = &map->tuning;
    const bool between = segment->span_lg == 0;
    const bool can_split = segment->groups_lg >= tuning->full_lg &&
                           (!between || segment->shift >= RSL_MAP_INNER_BITS + least_shift(tuning));
    struct plan plan = {.groups_lg = segment->groups_lg, .window = tuning->window};
    /* The uppermost bit that all keys here need not have in common. */
    plan.split_bit = (uint8_t)(can_split ? segment->shift + segment->span_lg - 1 : 0);
    const struct census census = count(segment, plan.split_bit);
    const size_t nlive = census.nlive[0] + census.nlive[1];
    const size_t most = census.nlive[census.nlive[0] < census.nlive[1]];
    const size_t full = (size_t)GROUP_SLOTS << tuning->full_lg;
    if (nlive <= nslots(segment) / 2) {
        /* Tombstones have filled it. If there are few of them, one neighbourhood is full: hashes
         * collide. Then probes must go further, else the same would come again at once. */
        plan.window = segment->window;
        if (census.ntombstones < nslots(segment) / 8 && plan.window >> segment->groups_lg == 0)
            plan.window *= 2;
    } else if (can_split && most <= full - full / 4) {
        plan.split = true;
        plan.between = between;
        plan.groups_lg = tuning->full_lg;
    } else {
        plan.groups_lg = segment->groups_lg + 1;
    }
    return plan;
}

static void release_successors(const struct rsl_map *map, struct rsl_map_segment *successor)
{
    if (successor->between != NULL)
        map->allocator->release(map->allocator->state, successor->between,
                                sizeof *successor->between);
    if (successor->sibling != successor)
        release_segment(successor->sibling);
    release_segment(successor);
}

/* Empty segments according to the plan; NULL for want of memory. */
static struct rsl_map_segment *
new_successors(const struct rsl_map *map, struct rsl_map_segment *segment, const struct plan *plan)
{
    struct rsl_map_segment *low = new_segment(map, plan->groups_lg, segment);
    if (low == NULL)
        return NULL;
    low->window = plan->window;
    if (!plan->split)
        return low;
    struct rsl_map_segment *high = new_segment(map, plan->groups_lg, segment);
    if (high == NULL) {
        release_segment(low);
        return NULL;
    }
    low->sibling = high;
    low->split_bit = plan->split_bit;
    if (plan->between) {
        low->between = new_inner(map, RSL_MAP_INNER_NODES);
        if (low->between == NULL) {
            release_successors(map, low);
            return NULL;
        }
        low->home = high->home = low->between;
        low->first = 0;
        low->shift = high->shift = (uint8_t)(segment->shift - RSL_MAP_INNER_BITS);
        low->span_lg = RSL_MAP_INNER_BITS;
    }
    low->span_lg--;
    high->span_lg = low->span_lg;
    high->first = low->first + ((size_t)1 << low->span_lg);
    for (size_t i = 0; plan->between && i < RSL_MAP_INNER_NODES; i++)
        rsl_ptr_init(&rsl_map_children(low->between)[i],
                     rsl_map_child_of_segment(i < high->first ? low : high));
    return low;
}

/* Makes the tree point to what came in the place of `old`. Any number of threads may do this at the
 * same time, and late. */
static void install(struct rsl_map_segment *old, struct rsl_map_segment *successor)
{
    const size_t span = (size_t)1 << old->span_lg;
    for (size_t i = 0; i < span; i++) {
        struct rsl_map_segment *part = i < span / 2 ? successor : successor->sibling;
        char *child = successor->between != NULL ? (char *)successor->between + RSL_MAP_CHILD_INNER
                                                 : rsl_map_child_of_segment(part);
        void *seen = rsl_map_child_of_segment(old);
        RSL_YIELD_POINT();
        /* Fails if it has been done: nothing puts `old` back. Release: the new segment's contents;
         * pairs with the loads of children. */
        (void)rsl_ptr_cas_release(&rsl_map_children(old->home)[old->first + i], &seen, child);
    }
    /* Release: after all of the above; pairs with the load in rsl_map_replace(). */
    rsl_u32_store_release(&successor->installed, 1);
    rsl_u32_store_release(&successor->sibling->installed, 1);
}

struct rsl_map_segment *rsl_map_replace(struct rsl_map *map,
                                        struct rsl_qsbr_participant *participant,
                                        struct rsl_map_segment *segment, uint64_t hash)
{
    /* Guarantee 6: the tree points to a segment everywhere before it is replaced. Acquire: pairs
     * with install(). The predecessor is retired after that, so it is still there if not. */
    if (rsl_u32_load_acquire(&segment->installed) == 0)
        install(segment->predecessor,
                rsl_ptr_load_acquire(&segment->predecessor->successor)); /* pairs with below */
    struct rsl_map_segment *successor = rsl_ptr_load_acquire(&segment->successor);
    bool ours = false;
    if (successor == NULL) {
        freeze(segment);
        const struct plan plan = make_plan(map, segment);
        struct rsl_map_segment *made = new_successors(map, segment, &plan);
        if (made == NULL)
            return NULL; /* the segment stays readable, and the next one who needs it tries again */
        copy_live(made, segment);
        void *seen = NULL;
        RSL_YIELD_POINT();
        /* From here on the old segment is history. Release: the new ones' contents; pairs with the
         * loads of `successor`. Acquire: another's. */
        ours = rsl_ptr_cas_acq_rel(&segment->successor, &seen, made);
        successor = ours ? made : seen;
        if (!ours)
            release_successors(map, made);
    }
    install(segment, successor);
    if (ours)
        rsl_qsbr_retire(participant, &segment->node, reclaim_segment);
    return rsl_map_successor_for(successor, hash);
}
