/* growth_keys.c - what keys that were chosen to collide do to the hash tables. rustle-growth-keys
 * prints the nanoseconds a key, to insert it and to find it, for twice as many keys each time.
 *
 * XXH3 takes such keys of 32 bytes to one hash: its first product has the first 8 bytes, less a
 * part of its secret, as a factor, and is 0 if those are that; then nothing comes of the next 8
 * bytes. The secret is public but for the seed. So who knows the seed makes as many colliding keys
 * as he likes; the rows "seed known" are what the seed is for. */
#define XXH_INLINE_ALL
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xxhash.h>

#include "ds/map.h"
#include "index/strings.h"

enum { KEY_NBYTES = 32 };

static void demand(int holds)
{
    if (!holds) {
        fputs("rustle-growth-keys: out of memory\n", stderr);
        exit(2);
    }
}

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* The i-th of keys that collide in a table of that seed. */
static void colliding_key(uint8_t key[KEY_NBYTES], uint64_t seed, uint64_t i)
{
    uint64_t factor;
    memset(key, 'k', KEY_NBYTES);
    memcpy(&factor, XXH3_kSecret, sizeof factor);
    factor += seed;
    memcpy(key, &factor, sizeof factor);
    memcpy(key + sizeof factor, &i, sizeof i);
}

static void plain_key(uint8_t key[KEY_NBYTES], uint64_t seed, uint64_t i)
{
    (void)seed;
    memset(key, 'k', KEY_NBYTES);
    memcpy(key + sizeof i, &i, sizeof i);
}

typedef void make_key(uint8_t key[KEY_NBYTES], uint64_t seed, uint64_t i);

static double of_map(uint64_t seed, make_key *make, uint64_t nkeys)
{
    struct rsl_qsbr *domain;
    struct rsl_qsbr_participant *participant;
    struct rsl_map *map;
    struct rsl_map_writer *writer;
    uint8_t key[KEY_NBYTES];
    demand(rsl_qsbr_create(&rsl_allocator_default, &domain) == RSL_OK &&
           rsl_qsbr_register(domain, &participant) == RSL_OK &&
           rsl_map_create(domain, &rsl_allocator_default, seed, 0, &map) == RSL_OK &&
           rsl_map_writer_create(map, participant, &writer) == RSL_OK);
    const double begin = now_ns();
    for (uint64_t i = 0; i < nkeys; i++) {
        struct rsl_map_entry *entry;
        bool is_new;
        make(key, 0, i);
        demand(rsl_map_get_or_insert(writer, key, sizeof key, i, &entry, &is_new) == RSL_OK);
        rsl_qsbr_quiescent(participant);
    }
    for (uint64_t i = 0; i < nkeys; i++) {
        make(key, 0, i);
        demand(rsl_map_find(map, key, sizeof key) != NULL);
    }
    const double took = now_ns() - begin;
    rsl_map_writer_destroy(writer);
    rsl_map_destroy(map);
    rsl_qsbr_unregister(participant);
    rsl_qsbr_destroy(domain);
    return took;
}

static double of_strings(uint64_t seed, make_key *make, uint64_t nkeys)
{
    struct rsl_strings strings;
    uint8_t key[KEY_NBYTES];
    (void)seed; /* its own, always */
    rsl_strings_init(&strings, NULL);
    const double begin = now_ns();
    for (uint64_t i = 0; i < nkeys; i++) {
        uint32_t id;
        make(key, 0, i);
        demand(rsl_strings_add(&strings, (const char *)key, sizeof key, &id) == RSL_OK);
    }
    for (uint64_t i = 0; i < nkeys; i++) {
        make(key, 0, i);
        demand(rsl_strings_find(&strings, (const char *)key, sizeof key) == i);
    }
    const double took = now_ns() - begin;
    rsl_strings_fini(&strings);
    return took;
}

int main(void)
{
    const struct {
        const char *name;
        double (*measure)(uint64_t seed, make_key *make, uint64_t nkeys);
        make_key *make;
        uint64_t seed, first;
    } rows[] = {
        {"map, plain keys", of_map, plain_key, rsl_unpredictable(), 1 << 16},
        {"map, colliding keys", of_map, colliding_key, rsl_unpredictable(), 1 << 16},
        {"map, colliding keys, seed known", of_map, colliding_key, 0, 1 << 10},
        {"strings, plain keys", of_strings, plain_key, 0, 1 << 16},
        {"strings, colliding keys", of_strings, colliding_key, 0, 1 << 16},
    };
    printf("%-34s %8s %8s %8s %8s %8s %8s\n", "nanoseconds a key", "keys", "x1", "x2", "x4", "x8",
           "x16");
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        printf("%-34s %8llu", rows[row].name, (unsigned long long)rows[row].first);
        for (uint64_t times = 1; times <= 16; times *= 2) {
            const uint64_t nkeys = rows[row].first * times;
            printf(" %8.0f",
                   rows[row].measure(rows[row].seed, rows[row].make, nkeys) / (double)nkeys);
            fflush(stdout);
        }
        putchar('\n');
    }
    return 0;
}
