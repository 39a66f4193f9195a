#include "index/strings.h"

#include <stdbool.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define FIRST_CAPACITY 64
#define FIRST_BLOCK    4096

void rsl_strings_init(struct rsl_strings *strings, const struct rsl_allocator *allocator)
{
    *strings = (struct rsl_strings){.allocator = allocator ? allocator : &rsl_allocator_default};
    rsl_arena_init(&strings->arena, strings->allocator, FIRST_BLOCK);
}

void rsl_strings_fini(struct rsl_strings *strings)
{
    const struct rsl_allocator *allocator = strings->allocator;
    allocator->release(allocator->state, strings->texts, strings->capacity * sizeof(char *));
    allocator->release(allocator->state, strings->lengths, strings->capacity * sizeof(uint32_t));
    allocator->release(allocator->state, strings->slots, strings->nslots * sizeof *strings->slots);
    rsl_arena_fini(&strings->arena);
    rsl_strings_init(strings, allocator);
}

static uint32_t hash_of(const struct rsl_strings *strings, const char *text, size_t nbytes)
{
    return (uint32_t)XXH3_64bits_withSeed(text, nbytes, strings->seed);
}

/* The slot of the string, or the free one where it belongs. There must be a free one. Whether
 * hashes differ shows in the slot, so that few other strings are looked at. */
static struct rsl_strings_slot *slot_of(const struct rsl_strings *strings, uint32_t hash,
                                        const char *text, size_t nbytes)
{
    const uint32_t mask = strings->nslots - 1;
    for (uint32_t i = hash & mask;; i = (i + 1) & mask) {
        struct rsl_strings_slot *slot = &strings->slots[i];
        if (slot->id == 0 || (slot->hash == hash && strings->lengths[slot->id - 1] == nbytes &&
                              memcmp(strings->texts[slot->id - 1], text, nbytes) == 0))
            return slot;
    }
}

static bool grow_slots(struct rsl_strings *strings)
{
    const struct rsl_allocator *allocator = strings->allocator;
    const uint32_t nslots = strings->nslots == 0 ? 2 * FIRST_CAPACITY : strings->nslots * 2;
    struct rsl_strings_slot *slots = allocator->allocate(allocator->state, nslots * sizeof *slots);
    if (slots == NULL)
        return false;
    memset(slots, 0, nslots * sizeof *slots);
    if (strings->nslots == 0)
        strings->seed = rsl_unpredictable();
    for (uint32_t i = 0; i < strings->nslots; i++) {
        const struct rsl_strings_slot *old = &strings->slots[i];
        uint32_t to = old->hash & (nslots - 1);
        while (old->id != 0 && slots[to].id != 0)
            to = (to + 1) & (nslots - 1);
        if (old->id != 0)
            slots[to] = *old;
    }
    allocator->release(allocator->state, strings->slots, strings->nslots * sizeof *slots);
    strings->slots = slots;
    strings->nslots = nslots;
    return true;
}

/* Both arrays have one capacity; if the second cannot grow, the first has room to spare, which its
 * owner must know of to release it. So they grow into new blocks. */
static bool grow_lists(struct rsl_strings *strings)
{
    const struct rsl_allocator *allocator = strings->allocator;
    const uint32_t old = strings->capacity;
    const uint32_t capacity = old == 0 ? FIRST_CAPACITY : old * 2;
    const char **texts = allocator->allocate(allocator->state, capacity * sizeof(char *));
    uint32_t *lengths = allocator->allocate(allocator->state, capacity * sizeof *lengths);
    if (texts == NULL || lengths == NULL) {
        allocator->release(allocator->state, texts, capacity * sizeof(char *));
        allocator->release(allocator->state, lengths, capacity * sizeof *lengths);
        return false;
    }
    if (old > 0) {
        memcpy(texts, strings->texts, old * sizeof(char *));
        memcpy(lengths, strings->lengths, old * sizeof *lengths);
    }
    allocator->release(allocator->state, strings->texts, old * sizeof(char *));
    allocator->release(allocator->state, strings->lengths, old * sizeof *lengths);
    strings->texts = texts;
    strings->lengths = lengths;
    strings->capacity = capacity;
    return true;
}

enum rsl_status rsl_strings_add(struct rsl_strings *strings, const char *text, size_t nbytes,
                                uint32_t *id_out)
{
    if (nbytes > RSL_MAX_SOURCE)
        return RSL_ENOMEM;
    if (strings->n >= strings->nslots / 2 && !grow_slots(strings))
        return RSL_ENOMEM;
    const uint32_t hash = hash_of(strings, text, nbytes);
    struct rsl_strings_slot *slot = slot_of(strings, hash, text, nbytes);
    if (slot->id == 0) {
        if (strings->n == strings->capacity && !grow_lists(strings))
            return RSL_ENOMEM;
        char *copy = rsl_arena_alloc(&strings->arena, nbytes + 1, 1);
        if (copy == NULL)
            return RSL_ENOMEM;
        if (nbytes > 0)
            memcpy(copy, text, nbytes);
        copy[nbytes] = '\0';
        strings->texts[strings->n] = copy;
        strings->lengths[strings->n] = (uint32_t)nbytes;
        *slot = (struct rsl_strings_slot){hash, ++strings->n};
    }
    *id_out = slot->id - 1;
    return RSL_OK;
}

uint32_t rsl_strings_find(const struct rsl_strings *strings, const char *text, size_t nbytes)
{
    if (strings->nslots == 0 || nbytes > RSL_MAX_SOURCE)
        return RSL_NO_STRING;
    const struct rsl_strings_slot *slot =
        slot_of(strings, hash_of(strings, text, nbytes), text, nbytes);
    return slot->id - 1; /* free slots hold 0: RSL_NO_STRING */
}
