/* Needs _GNU_SOURCE for dladdr(3). */
#include "tests/model/sites.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/model/graph.h"

enum { MAX_SITES = 512, TABLE_SIZE = 2048 };

static struct {
    size_t n;
    size_t nnamed;
    struct site sites[MAX_SITES];
    uint16_t table[TABLE_SIZE]; /* number + 1 by hash of the address */
} all;

static size_t slot_of(const void *address)
{
    size_t slot = ((uintptr_t)address * UINT64_C(0x9E3779B97F4A7C15)) >> 53;
    while (all.table[slot] && all.sites[all.table[slot] - 1].address != address)
        slot = (slot + 1) % TABLE_SIZE;
    return slot;
}

static struct site *find(const void *address)
{
    const size_t slot = slot_of(address);
    return all.table[slot] ? &all.sites[all.table[slot] - 1] : NULL;
}

unsigned site_order(const void *address, enum operation operation, unsigned order)
{
    struct site *site = find(address);
    if (!site) {
        if (all.n == MAX_SITES)
            return order;
        site = &all.sites[all.n++];
        *site = (struct site){.address = address,
                              .operation = operation,
                              .order = order,
                              .weakened = order,
                              .function = "?",
                              .file = "?"};
        all.table[slot_of(address)] = (uint16_t)all.n;
    }
    return site->weakened == site->order ? order : site->weakened;
}

/* A failed compare-and-swap loads as a successful one does, as far as it has such a part. */
unsigned site_failure_order(const void *address, unsigned order)
{
    const struct site *site = find(address);
    if (!site || site->weakened == site->order)
        return order;
    switch (site->weakened) {
    case __ATOMIC_ACQ_REL:
    case __ATOMIC_ACQUIRE: return order == __ATOMIC_RELAXED ? order : __ATOMIC_ACQUIRE;
    default: return __ATOMIC_RELAXED;
    }
}

unsigned weaker_orders(enum operation operation, unsigned order, unsigned weaker_out[2])
{
    switch (order) {
    case __ATOMIC_SEQ_CST:
        weaker_out[0] = operation == OPERATION_LOAD    ? __ATOMIC_ACQUIRE
                        : operation == OPERATION_STORE ? __ATOMIC_RELEASE
                        : operation == OPERATION_RMW   ? __ATOMIC_ACQ_REL
                                                       : (unsigned)ORDER_NONE;
        return 1;
    case ORDER_HEAVY: weaker_out[0] = __ATOMIC_SEQ_CST; return 1;
    case ORDER_LIGHT: weaker_out[0] = ORDER_NONE; return 1;
    case __ATOMIC_ACQ_REL:
        weaker_out[0] = __ATOMIC_ACQUIRE;
        weaker_out[1] = __ATOMIC_RELEASE;
        return 2;
    case __ATOMIC_ACQUIRE:
    case __ATOMIC_RELEASE: weaker_out[0] = __ATOMIC_RELAXED; return 1;
    default: return 0;
    }
}

const char *order_name(unsigned order)
{
    switch (order) {
    case __ATOMIC_RELAXED: return "relaxed";
    case __ATOMIC_ACQUIRE: return "acquire";
    case __ATOMIC_RELEASE: return "release";
    case __ATOMIC_ACQ_REL: return "acq_rel";
    case __ATOMIC_SEQ_CST: return "seq_cst";
    case ORDER_LIGHT: return "light";
    case ORDER_HEAVY: return "heavy";
    case ORDER_FUTEX: return "futex";
    default: return "none";
    }
}

const char *operation_name(enum operation operation)
{
    static const char *const names[] = {"load", "store", "rmw", "fence"};
    return names[operation];
}

static int compare_sites(const void *a, const void *b)
{
    const struct site *x = a, *y = b;
    int order = strcmp(x->file, y->file);
    if (order == 0)
        order = strcmp(x->function, y->function);
    if (order == 0)
        order = x->line - y->line;
    if (order == 0)
        order = (x->address > y->address) - (x->address < y->address);
    return order;
}

/* "function\nfile:line\n", as addr2line prints for an address. */
static void read_name(FILE *from, struct site *site)
{
    char line[512];
    if (!fgets(line, sizeof(line), from))
        return;
    line[strcspn(line, "\n")] = '\0';
    snprintf(site->function, sizeof(site->function), "%.63s", line);
    if (!fgets(line, sizeof(line), from))
        return;
    char *colon = strrchr(line, ':');
    if (!colon)
        return;
    *colon = '\0';
    site->line = (int)strtol(colon + 1, NULL, 10);
    const char *file = strrchr(line, '/');
    snprintf(site->file, sizeof(site->file), "%.39s", file ? file + 1 : line);
}

/* Names sites[0..n); returns false if that is not possible. */
static bool name_sites(struct site *sites, size_t n)
{
    char program[4096];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    if (n == 0 || length <= 0)
        return n == 0;
    program[length] = '\0';
    const size_t capacity = 4200 + n * 20;
    char *command = malloc(capacity);
    if (!command)
        return false;
    size_t used = (size_t)snprintf(command, capacity, "addr2line -f -e '%s'", program);
    for (size_t i = 0; i < n; i++) {
        Dl_info info;
        /* The call stands before the address that it returns to. */
        uintptr_t address = (uintptr_t)sites[i].address - 1;
        if (dladdr(sites[i].address, &info) && info.dli_fbase)
            address -= (uintptr_t)info.dli_fbase;
        used += (size_t)snprintf(command + used, capacity - used, " %#zx", (size_t)address);
    }
    FILE *from = popen(command, "r"); /* NOLINT(cert-env33-c): our own program's name */
    free(command);
    if (!from)
        return false;
    for (size_t i = 0; i < n; i++)
        read_name(from, &sites[i]);
    return pclose(from) == 0;
}

bool sites_name(void)
{
    if (all.nnamed == all.n)
        return true;
    if (!name_sites(all.sites, all.n))
        return false;
    qsort(all.sites, all.n, sizeof(all.sites[0]), compare_sites);
    memset(all.table, 0, sizeof(all.table));
    for (size_t i = 0; i < all.n; i++)
        all.table[slot_of(all.sites[i].address)] = (uint16_t)(i + 1);
    all.nnamed = all.n;
    return all.n == 0 || all.sites[0].line > 0 || all.sites[all.n - 1].line > 0;
}

size_t sites_count(void)
{
    return all.n;
}

struct site *site_at(size_t i)
{
    return &all.sites[i];
}

bool sites_same_place(const struct site *a, const struct site *b)
{
    return a->line == b->line && a->operation == b->operation && a->order == b->order &&
           strcmp(a->file, b->file) == 0 && strcmp(a->function, b->function) == 0;
}

const char *site_describe(const void *address)
{
    static char text[128];
    if (!address)
        return "";
    struct site site = {.address = address, .function = "?", .file = "?"};
    const struct site *known = find(address);
    if (known && known->line)
        site = *known;
    else if (!name_sites(&site, 1))
        return "";
    snprintf(text, sizeof(text), "%s:%d %s", site.file, site.line, site.function);
    return text;
}
