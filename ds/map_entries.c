/* Memory of entries: blocks that one writer fills from front to back, and lists by size class of
 * entries to use again. Guarantees by number: map.c. */
#include "ds/map_internal.h"
#include "ds/poison.h"

#include <string.h>

/* While an entry is free its value, which is its link, and the word that holds its length stay
 * readable: by iterations, by the lists. The rest is poisoned. */
enum { READABLE_NBYTES = RSL_MAP_KEY_OFF };

static size_t entry_nbytes(size_t key_nbytes)
{
    return (RSL_MAP_KEY_OFF + key_nbytes + RSL_MAP_GRAIN - 1) & ~(size_t)(RSL_MAP_GRAIN - 1);
}

/* Class c holds entries of 8 c bytes, up to 1 KiB; then come powers of two. A larger entry has a
 * block to itself. */
static uint32_t class_of(size_t nbytes)
{
    if (nbytes <= (size_t)RSL_MAP_NSMALL * RSL_MAP_GRAIN)
        return (uint32_t)(nbytes / RSL_MAP_GRAIN);
    uint32_t class = RSL_MAP_NSMALL + 1;
    while (((size_t)2 * RSL_MAP_NSMALL * RSL_MAP_GRAIN << (class - RSL_MAP_NSMALL - 1)) < nbytes)
        class ++;
    return class;
}

static size_t class_nbytes(uint32_t class)
{
    return class <= RSL_MAP_NSMALL
               ? (size_t) class * RSL_MAP_GRAIN
               : (size_t)2 * RSL_MAP_NSMALL * RSL_MAP_GRAIN << (class - RSL_MAP_NSMALL - 1);
}

static uint32_t class_of_entry(const struct rsl_map_entry *entry)
{
    size_t nbytes;
    (void)rsl_map_key(entry, &nbytes);
    return class_of(entry_nbytes(nbytes));
}

/* A block for `nbytes` of entries and their sizes. No huge pages are asked for: lookups and
 * removals would gain some hundredths, but the first touch of each page is a pause of up to
 * milliseconds. */
static struct rsl_map_block *new_block(struct rsl_map *map, size_t nbytes)
{
    nbytes += sizeof(struct rsl_map_block);
    struct rsl_map_block *block = map->allocator->allocate(map->allocator->state, nbytes);
    if (block == NULL)
        return NULL;
    if (((uint64_t)(uintptr_t)block + nbytes) >> 48 != 0) { /* does not fit into a slot */
        map->allocator->release(map->allocator->state, block, nbytes);
        return NULL;
    }
    block->nbytes = block->end = nbytes;
    rsl_size_init(&block->count, 0);
    return block;
}

/* Lets iterations see it. */
static void link_block(struct rsl_map *map, struct rsl_map_block *block)
{
    void *head = rsl_ptr_load_relaxed(&map->blocks); /* not looked into */
    do {
        RSL_YIELD_POINT();
        block->next = head;
        /* Release: the block's head; pairs with rsl_map_newest_block(). */
    } while (!rsl_ptr_cas_release(&map->blocks, &head, block));
}

/* Adds to what iterations see of the block the entry that was laid out last. */
static void show_entry(struct rsl_map_block *block, size_t nbytes)
{
    const size_t n = rsl_size_load_relaxed(&block->count); /* our own */
    uint8_t *size = (uint8_t *)(block + 1) + n;
    rsl_unpoison(block + 1, n + 1);
    rsl_plain_write(size, 1);
    *size = (uint8_t)(nbytes / RSL_MAP_GRAIN);
    rsl_size_store_release(&block->count, n + 1); /* pairs with rsl_map_cursor_enter() */
}

static bool has_room(const struct rsl_map_writer *writer, size_t nbytes)
{
    const struct rsl_map_block *block = writer->block;
    return block != NULL &&
           writer->block_at >= sizeof *block + rsl_size_load_relaxed(&block->count) + 1 + nbytes;
}

/* Memory for an entry that no list holds, in *block_out: the writer's block, or a new one. */
static struct rsl_map_entry *fresh_entry(struct rsl_map_writer *writer, uint32_t class,
                                         struct rsl_map_block **block_out)
{
    struct rsl_map *map = writer->map;
    const size_t nbytes = class_nbytes(class);
    if (class > RSL_MAP_NSMALL) { /* a block of its own, whose only size leads to its beginning */
        struct rsl_map_block *block = new_block(map, RSL_MAP_GRAIN + nbytes);
        if (block == NULL)
            return NULL;
        block->end = sizeof *block + (size_t)2 * RSL_MAP_GRAIN;
        link_block(map, block);
        *block_out = block;
        return (struct rsl_map_entry *)(void *)((char *)(block + 1) + RSL_MAP_GRAIN);
    }
    if (!has_room(writer, nbytes)) {
        const size_t least = nbytes + RSL_MAP_GRAIN;
        struct rsl_map_block *block =
            new_block(map, writer->next_block_nbytes < least ? least : writer->next_block_nbytes);
        if (block == NULL)
            return NULL;
        rsl_poison(block + 1, block->nbytes - sizeof *block);
        link_block(map, block);
        writer->block = block;
        writer->block_at = block->end;
        if (writer->next_block_nbytes < map->tuning.most_block_nbytes)
            writer->next_block_nbytes *= 2;
    }
    writer->block_at -= nbytes;
    *block_out = writer->block;
    return (struct rsl_map_entry *)(void *)((char *)writer->block + writer->block_at);
}

/* ---- lists, which go through the values of removed entries ---- */

#define REMOVED (RSL_MAP_MAX_VALUE + 1)

void rsl_map_set_next(struct rsl_map_entry *entry, struct rsl_map_entry *next)
{
    /* Release: what the last value published stays published, for whoever only sees that the key is
     * gone. The entry is ours, but others may look whether it has been removed. */
    rsl_u64_store_release(&entry->value, REMOVED | (uint64_t)(uintptr_t)next);
}

struct rsl_map_entry *rsl_map_next_of(const struct rsl_map_entry *entry)
{
    /* Relaxed: the list is ours. */
    const uint64_t link = rsl_u64_load_relaxed(&entry->value) & ~REMOVED;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): here the word becomes a pointer again
    return (struct rsl_map_entry *)(uintptr_t)link;
}

/* From so many free entries of a class on, a writer gives further ones to all writers. */
enum { NFREE_ENOUGH = 64 };

/* What has waited in the class is free. */
static void free_waiting(struct rsl_map_writer *writer, struct rsl_map_class *ours)
{
    const struct rsl_map_chain chain = ours->waiting;
    if (ours->nfree < NFREE_ENOUGH) {
        rsl_map_set_next(chain.tail, ours->free);
        ours->free = chain.head;
        ours->nfree += ours->nwaiting;
        return;
    }
    struct rsl_atomic_ptr *shared = &writer->map->shared[ours - writer->classes];
    void *head = rsl_ptr_load_relaxed(shared); /* not looked into */
    do {
        RSL_YIELD_POINT();
        rsl_map_set_next(chain.tail, head);
        /* Release: the links; pairs with take_shared(). */
    } while (!rsl_ptr_cas_release(shared, &head, chain.head));
}

/* All that is there: a list of which no element is taken alone has no ABA problem. */
static void take_shared(struct rsl_map_writer *writer, uint32_t class)
{
    struct rsl_atomic_ptr *shared = &writer->map->shared[class];
    if (rsl_ptr_load_relaxed(shared) == NULL) /* a hint */
        return;
    struct rsl_map_class *ours = &writer->classes[class];
    ours->free = rsl_ptr_exchange_acq_rel(shared, NULL); /* acquire: pairs with free_waiting() */
    ours->nfree = ours->free == NULL ? 0 : NFREE_ENOUGH; /* or more, which would not matter */
}

static void poison_waiting(const struct rsl_map_writer *writer, const struct rsl_map_class *class)
{
#ifdef RSL_ASAN
    const size_t nbytes = class_nbytes((uint32_t)(class - writer->classes));
    for (struct rsl_map_entry *entry = class->waiting.head; entry != NULL;
         entry = rsl_map_next_of(entry))
        rsl_poison((char *)entry + READABLE_NBYTES, nbytes - READABLE_NBYTES);
#else
    (void)writer;
    (void)class;
#endif
}

/* Puts what was removed last into lists by size. */
static void empty_batch(struct rsl_map_writer *writer)
{
    for (uint32_t i = 0; i < writer->nbatch; i++) {
        struct rsl_map_class *class = &writer->classes[writer->batch_classes[i]];
        rsl_map_set_next(writer->batch[i], class->open.head);
        if (class->open.head == NULL)
            class->open.tail = writer->batch[i];
        class->open.head = writer->batch[i];
        class->nopen++;
        if (!class->is_listed) {
            class->is_listed = true;
            class->next_listed = writer->listed;
            writer->listed = class;
        }
    }
    writer->nbatch = 0;
}

/* Moves what has waited for its grace period to the free entries, and lets what was removed since
 * wait for the next. */
static void turn_limbo(struct rsl_map_writer *writer)
{
    empty_batch(writer);
    if (writer->waits && !rsl_qsbr_passed(writer->participant, writer->stamp))
        return;
    writer->waits = false;
    struct rsl_map_class **at = &writer->listed;
    struct rsl_map_class *class;
    while ((class = *at) != NULL) {
        if (class->nwaiting != 0) {
            poison_waiting(writer, class);
            free_waiting(writer, class);
        }
        class->waiting = class->open;
        class->nwaiting = class->nopen;
        class->open.head = NULL;
        class->nopen = 0;
        class->is_listed = class->nwaiting != 0;
        writer->waits |= class->is_listed;
        if (class->is_listed)
            at = &class->next_listed;
        else
            *at = class->next_listed;
    }
    if (writer->waits)
        writer->stamp = rsl_qsbr_stamp(writer->participant);
}

/* Nothing is read from the entry, which may be in no cache, and nothing is written to a place that
 * depends on it: the processor looks ahead to the next removal. Lists by size, kept at once, made
 * removals take a third longer. */
void rsl_map_retire_entry(struct rsl_map_writer *writer, struct rsl_map_entry *entry,
                          size_t key_nbytes)
{
    writer->batch[writer->nbatch] = entry;
    writer->batch_classes[writer->nbatch] = (uint8_t)class_of(entry_nbytes(key_nbytes));
    if (++writer->nbatch == RSL_MAP_NBATCH)
        turn_limbo(writer);
}

/* ---- one entry ---- */

struct rsl_map_entry *rsl_map_new_entry(struct rsl_map_writer *writer, const void *key,
                                        size_t nbytes, uint64_t hash, uint64_t value)
{
    const uint32_t class = class_of(entry_nbytes(nbytes));
    struct rsl_map_class *ours = &writer->classes[class];
    if (ours->free == NULL)
        take_shared(writer, class);
    if (ours->free == NULL && !has_room(writer, class_nbytes(class)))
        turn_limbo(writer); /* before more memory is taken */
    struct rsl_map_block *block = NULL;
    struct rsl_map_entry *entry = ours->free;
    if (entry != NULL) {
        ours->free = rsl_map_next_of(entry);
        ours->nfree--;
    } else {
        entry = fresh_entry(writer, class, &block);
        if (entry == NULL)
            return NULL;
    }
    const size_t used_nbytes = class_nbytes(class);
    rsl_unpoison(entry, used_nbytes);
    /* Guarantee 5: unpublished first, then a value. Relaxed: the next one releases it. */
    rsl_u32_store_relaxed(&entry->key_nbytes, (uint32_t)nbytes);
    rsl_u64_store_release(&entry->value, value); /* pairs with rsl_map_next() */
    rsl_plain_write(&entry->hash, sizeof entry->hash);
    entry->hash = (uint32_t)(hash >> 32);
    rsl_plain_write((char *)entry + RSL_MAP_KEY_OFF, nbytes);
    if (nbytes != 0)
        memcpy((char *)entry + RSL_MAP_KEY_OFF, key, nbytes);
    if (block != NULL)
        show_entry(block, class > RSL_MAP_NSMALL ? RSL_MAP_GRAIN : used_nbytes);
    return entry;
}

void rsl_map_drop_entry(struct rsl_map_writer *writer, struct rsl_map_entry *entry)
{
    const uint32_t class = class_of_entry(entry);
    struct rsl_map_class *ours = &writer->classes[class];
    rsl_map_set_next(entry, ours->free); /* it has no value any more: iterations pass it by */
    ours->free = entry;
    ours->nfree++;
    rsl_poison((char *)entry + READABLE_NBYTES, class_nbytes(class) - READABLE_NBYTES);
}

struct rsl_map_block *rsl_map_newest_block(const struct rsl_map *map)
{
    return rsl_ptr_load_acquire(&map->blocks); /* pairs with link_block() */
}

/* ---- writers ---- */

static struct rsl_map_writer *claim_writer(struct rsl_map *map)
{
    /* Acquire: pairs with the push below. */
    struct rsl_map_writer *writer = rsl_ptr_load_acquire(&map->writers);
    for (; writer != NULL; writer = writer->next) {
        uint32_t in_use = rsl_u32_load_relaxed(&writer->in_use); /* a hint */
        /* Acquire: pairs with rsl_map_writer_destroy(): the lists. */
        if (in_use == 0 && rsl_u32_cas_acquire(&writer->in_use, &in_use, 1))
            return writer;
    }
    return NULL;
}

enum rsl_status rsl_map_writer_create(struct rsl_map *map, struct rsl_qsbr_participant *participant,
                                      struct rsl_map_writer **writer_out)
{
    struct rsl_map_writer *writer = claim_writer(map);
    if (writer == NULL) {
        writer = map->allocator->allocate(map->allocator->state, sizeof *writer);
        if (writer == NULL)
            return RSL_ENOMEM;
        memset(writer, 0, sizeof *writer);
        writer->map = map;
        rsl_u32_init(&writer->in_use, 1);
        rsl_u64_init(&writer->nkeys, 0);
        writer->next_block_nbytes = map->tuning.first_block_nbytes;
        void *head = rsl_ptr_load_relaxed(&map->writers); /* not looked into */
        do {
            RSL_YIELD_POINT();
            writer->next = head;
            /* Release: the writer's contents; pairs with the loads of `writers`. */
        } while (!rsl_ptr_cas_release(&map->writers, &head, writer));
    }
    writer->participant = participant;
    *writer_out = writer;
    return RSL_OK;
}

void rsl_map_writer_destroy(struct rsl_map_writer *writer)
{
    if (writer == NULL)
        return;
    writer->participant = NULL;
    rsl_u32_store_release(&writer->in_use, 0); /* pairs with claim_writer() */
}

size_t rsl_map_length(const struct rsl_map *map)
{
    uint64_t n = 0;
    /* Acquire: pairs with the push. */
    const struct rsl_map_writer *writer = rsl_ptr_load_acquire(&map->writers);
    for (; writer != NULL; writer = writer->next)
        n += rsl_u64_load_relaxed(&writer->nkeys); /* a sum that moves anyway */
    return n > SIZE_MAX / 2 ? 0 : (size_t)n; /* a removal may be counted before its insertion */
}

void rsl_map_release_entries(struct rsl_map *map)
{
    const struct rsl_allocator *allocator = map->allocator;
    struct rsl_map_block *block = rsl_ptr_load_relaxed(&map->blocks); /* nobody else is here */
    while (block != NULL) {
        struct rsl_map_block *next = block->next;
        rsl_unpoison(block, block->nbytes);
        allocator->release(allocator->state, block, block->nbytes);
        block = next;
    }
    struct rsl_map_writer *writer = rsl_ptr_load_relaxed(&map->writers);
    while (writer != NULL) {
        struct rsl_map_writer *next = writer->next;
        allocator->release(allocator->state, writer, sizeof *writer);
        writer = next;
    }
}
