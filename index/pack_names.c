#include "index/pack_names.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "ds/arena.h"

/* A distinct name. */
struct name {
    uint64_t hash;
    uint64_t folded; /* its first eight letters, folded, the first one highest */
    const uint8_t *bytes;
    uint32_t nbytes, npostings;
};

/* A posting in a list that is in no order but that of its coming. */
struct entry {
    uint32_t name; /* its number */
    uint32_t file_id, item_id;
    uint8_t kind, vis;
    bool vendored;
};

enum { ENTRIES_A_BLOCK = 8192, ARENA_NBYTES = 1 << 18 };

struct block {
    struct block *next;
    uint32_t nentries;
    struct entry entries[ENTRIES_A_BLOCK];
};

struct rsl_names {
    const struct rsl_allocator *allocator;
    struct rsl_arena arena; /* the bytes of names */
    struct name *names;
    uint32_t nnames, names_capacity;
    uint32_t *table; /* number of a name + 1, by its hash; 0 is free */
    uint32_t mask;
    struct block *first, *last; /* `last` and those behind it may be empty, from before a reset */
    uint32_t *order;            /* sorted: numbers of names */
};

struct rsl_names *rsl_names_create(const struct rsl_allocator *allocator)
{
    if (allocator == NULL)
        allocator = &rsl_allocator_default;
    struct rsl_names *names = allocator->allocate(allocator->state, sizeof *names);
    if (names == NULL)
        return NULL;
    *names = (struct rsl_names){.allocator = allocator};
    rsl_arena_init(&names->arena, allocator, ARENA_NBYTES);
    return names;
}

static void release(const struct rsl_names *names, void *ptr, size_t nbytes)
{
    names->allocator->release(names->allocator->state, ptr, nbytes);
}

static void forget_order(struct rsl_names *names)
{
    release(names, names->order, names->nnames * sizeof *names->order);
    names->order = NULL;
}

void rsl_names_destroy(struct rsl_names *names)
{
    if (names == NULL)
        return;
    forget_order(names);
    for (struct block *block = names->first, *next; block != NULL; block = next) {
        next = block->next;
        release(names, block, sizeof *block);
    }
    release(names, names->names, names->names_capacity * sizeof *names->names);
    release(names, names->table, names->mask > 0 ? (names->mask + 1ul) * sizeof *names->table : 0);
    rsl_arena_fini(&names->arena);
    release(names, names, sizeof *names);
}

void rsl_names_reset(struct rsl_names *names)
{
    forget_order(names);
    for (struct block *block = names->first; block != NULL; block = block->next)
        block->nentries = 0;
    names->last = names->first;
    names->nnames = 0;
    if (names->table != NULL)
        memset(names->table, 0, (names->mask + 1ul) * sizeof *names->table);
    rsl_arena_reset(&names->arena);
}

/* ---- adding */

static void put_in_table(struct rsl_names *names, uint32_t number)
{
    uint32_t at = (uint32_t)names->names[number].hash & names->mask;
    while (names->table[at] != 0)
        at = (at + 1) & names->mask;
    names->table[at] = number + 1;
}

/* Makes room for one more name: the table is at most half full. */
static bool make_room(struct rsl_names *names)
{
    const struct rsl_allocator *allocator = names->allocator;
    if (names->nnames < names->names_capacity)
        return true;
    if (names->names_capacity >= UINT32_MAX / 4)
        return false;
    const uint32_t capacity = names->names_capacity * 2 + (names->names_capacity == 0 ? 512 : 0);
    const size_t table_nbytes = 2ul * capacity * sizeof *names->table;
    uint32_t *table = allocator->allocate(allocator->state, table_nbytes);
    if (table == NULL)
        return false;
    struct name *grown =
        allocator->resize(allocator->state, names->names, names->names_capacity * sizeof *grown,
                          capacity * sizeof *grown);
    if (grown == NULL) {
        release(names, table, table_nbytes);
        return false;
    }
    release(names, names->table, names->mask > 0 ? (names->mask + 1ul) * sizeof *table : 0);
    memset(table, 0, table_nbytes);
    names->table = table;
    names->mask = 2 * capacity - 1;
    names->names = grown;
    names->names_capacity = capacity;
    for (uint32_t i = 0; i < names->nnames; i++)
        put_in_table(names, i);
    return true;
}

static uint64_t folded_start(const uint8_t *bytes, size_t nbytes)
{
    uint64_t folded = 0;
    for (size_t i = 0; i < 8; i++)
        folded = folded << 8 | (i < nbytes ? rsl_names_fold(bytes[i]) : 0);
    return folded;
}

/* The number of a name, RSL_NONE for want of memory. */
static uint32_t number_of(struct rsl_names *names, const uint8_t *bytes, size_t nbytes)
{
    const uint64_t hash = XXH3_64bits(bytes, nbytes);
    if (names->table != NULL) {
        for (uint32_t at = (uint32_t)hash & names->mask, i; (i = names->table[at]) != 0;
             at = (at + 1) & names->mask) {
            const struct name *name = &names->names[i - 1];
            if (name->hash == hash && name->nbytes == nbytes &&
                memcmp(name->bytes, bytes, nbytes) == 0)
                return i - 1;
        }
    }
    uint8_t *copy = make_room(names) ? rsl_arena_alloc(&names->arena, nbytes, 1) : NULL;
    if (copy == NULL)
        return RSL_NONE;
    memcpy(copy, bytes, nbytes);
    const uint32_t number = names->nnames++;
    names->names[number] = (struct name){
        .hash = hash,
        .folded = folded_start(bytes, nbytes),
        .bytes = copy,
        .nbytes = (uint32_t)nbytes,
    };
    put_in_table(names, number);
    return number;
}

static struct entry *next_entry(struct rsl_names *names)
{
    struct block *block = names->last;
    if (block != NULL && block->nentries == ENTRIES_A_BLOCK && block->next != NULL)
        block = names->last = block->next;
    if (block == NULL || block->nentries == ENTRIES_A_BLOCK) {
        struct block *fresh = names->allocator->allocate(names->allocator->state, sizeof *fresh);
        if (fresh == NULL)
            return NULL;
        fresh->next = NULL;
        fresh->nentries = 0;
        if (block == NULL)
            names->first = fresh;
        else
            block->next = fresh;
        block = names->last = fresh;
    }
    return &block->entries[block->nentries];
}

enum rsl_status rsl_names_add(struct rsl_names *names, const uint8_t *name, size_t nbytes,
                              const struct rsl_posting *posting)
{
    const uint32_t number = number_of(names, name, nbytes);
    struct entry *entry = number == RSL_NONE ? NULL : next_entry(names);
    if (entry == NULL)
        return RSL_ENOMEM;
    *entry = (struct entry){
        .name = number,
        .file_id = posting->file_id,
        .item_id = posting->item_id,
        .kind = posting->kind,
        .vis = posting->vis,
        .vendored = posting->vendored,
    };
    names->last->nentries++;
    names->names[number].npostings++;
    return RSL_OK;
}

static bool is_name_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c >= 0x80;
}

/* Whether [p, end) is the word, which a type may begin with. */
static bool is_word(const uint8_t *p, const uint8_t *end, const char *word)
{
    const size_t n = strlen(word);
    return (size_t)(end - p) == n && memcmp(p, word, n) == 0;
}

struct rsl_span rsl_names_of_impl(const uint8_t *src, const struct rsl_item *impl)
{
    const uint8_t *p = src + impl->type.start, *end = src + impl->type.end;
    struct rsl_span found = {0};
    while (p < end) {
        if (*p == '\'') { /* a lifetime, of a reference */
            for (p++; p < end && is_name_byte(*p); p++) {
            }
        } else if (*p == '&' || *p == '*' || *p == ' ' || *p == '\n' || *p == ':') {
            p++;
        } else if (is_name_byte(*p)) {
            const uint8_t *from = p;
            while (p < end && is_name_byte(*p))
                p++;
            if (is_word(from, p, "mut") || is_word(from, p, "const") || is_word(from, p, "dyn"))
                continue;
            found.start = (uint32_t)(from - src);
            found.end = (uint32_t)(p - src);
            if (p + 1 >= end || p[0] != ':' || p[1] != ':') /* else the path goes on */
                break;
        } else {
            break;
        }
    }
    return found;
}

static bool is_one_of(const char *text, size_t nbytes, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (nbytes == strlen(words[i]) && memcmp(text, words[i], nbytes) == 0)
            return true;
    }
    return false;
}

size_t rsl_names_of_path(const char *path, size_t nbytes, size_t *end, size_t *start_out)
{
    static const char *const roots[] = {"lib", "main", "mod"}, *const silent[] = {"src"};
    while (*end > 0) {
        const bool is_file = *end == nbytes;
        size_t start = *end;
        while (start > 0 && path[start - 1] != '/')
            start--;
        size_t n = *end - start;
        *end = start > 0 ? start - 1 : 0;
        if (is_file && n >= 3 && memcmp(path + start + n - 3, ".rs", 3) == 0)
            n -= 3;
        if (n == 0 || is_one_of(path + start, n, is_file ? roots : silent, is_file ? 3 : 1))
            continue;
        *start_out = start;
        return n;
    }
    return 0;
}

enum rsl_status rsl_names_add_file(struct rsl_names *names, const struct rsl_file *file,
                                   const uint8_t *src, const char *path, uint32_t file_id,
                                   bool vendored)
{
    for (uint32_t i = 0; i < file->nitems; i++) {
        const struct rsl_item *item = &file->items[i];
        const struct rsl_span span =
            item->kind == RSL_ITEM_IMPL ? rsl_names_of_impl(src, item) : item->name;
        if (span.end == 0)
            continue;
        const struct rsl_posting posting = {
            .file_id = file_id,
            .item_id = i,
            .kind = item->kind,
            .vis = item->vis,
            .vendored = vendored,
        };
        if (rsl_names_add(names, src + span.start, span.end - span.start, &posting) != RSL_OK)
            return RSL_ENOMEM;
    }
    const size_t path_nbytes = strlen(path);
    size_t end = path_nbytes, start = 0;
    const size_t n = rsl_names_of_path(path, path_nbytes, &end, &start);
    const struct rsl_posting itself = {
        .file_id = file_id,
        .item_id = RSL_NONE,
        .kind = RSL_ITEM_MOD,
        .vendored = vendored,
    };
    return n == 0 ? RSL_OK : rsl_names_add(names, (const uint8_t *)path + start, n, &itself);
}

void rsl_names_renumber(struct rsl_names *names, uint32_t first, const uint32_t *ids)
{
    for (struct block *block = names->first; block != NULL; block = block->next) {
        for (uint32_t i = 0; i < block->nentries; i++) {
            struct entry *entry = &block->entries[i];
            if (entry->file_id >= first)
                entry->file_id = ids[entry->file_id - first];
        }
    }
}

/* ---- order */

int rsl_names_compare(const uint8_t *a, size_t a_nbytes, const uint8_t *b, size_t b_nbytes)
{
    const size_t n = a_nbytes < b_nbytes ? a_nbytes : b_nbytes;
    for (size_t i = 0; i < n; i++) {
        const int difference = rsl_names_fold(a[i]) - rsl_names_fold(b[i]);
        if (difference != 0)
            return difference;
    }
    if (a_nbytes != b_nbytes)
        return a_nbytes < b_nbytes ? -1 : 1;
    return memcmp(a, b, n);
}

static bool is_before(const struct name *a, const struct name *b)
{
    if (a->folded != b->folded)
        return a->folded < b->folded;
    return rsl_names_compare(a->bytes, a->nbytes, b->bytes, b->nbytes) < 0;
}

/* A merge sort, runs of doubling length from `from` to `to` and back. */
static uint32_t *merge_sort(const struct name *names, uint32_t *from, uint32_t *to, uint32_t n)
{
    for (size_t run = 1; run < n; run *= 2) {
        for (size_t start = 0; start < n; start += 2 * run) {
            const size_t middle = start + run < n ? start + run : n;
            const size_t end = start + 2 * run < n ? start + 2 * run : n;
            size_t a = start, b = middle;
            for (size_t at = start; at < end; at++) {
                const bool second =
                    a == middle || (b < end && is_before(&names[from[b]], &names[from[a]]));
                to[at] = from[second ? b++ : a++];
            }
        }
        uint32_t *sorted = to;
        to = from;
        from = sorted;
    }
    return from;
}

enum rsl_status rsl_names_sort(struct rsl_names *names)
{
    const struct rsl_allocator *allocator = names->allocator;
    const size_t nbytes = names->nnames * sizeof *names->order;
    if (nbytes == 0)
        return RSL_OK;
    uint32_t *order = allocator->allocate(allocator->state, nbytes);
    uint32_t *other = allocator->allocate(allocator->state, nbytes);
    if (order == NULL || other == NULL) {
        release(names, order, nbytes);
        release(names, other, nbytes);
        return RSL_ENOMEM;
    }
    for (uint32_t i = 0; i < names->nnames; i++)
        order[i] = i;
    names->order = merge_sort(names->names, order, other, names->nnames);
    release(names, names->order == order ? other : order, nbytes);
    return RSL_OK;
}

/* ---- segments */

/* The postings of one of the collections, by name. */
struct source {
    struct rsl_names *names;
    struct rsl_posting *postings;
    size_t npostings;
    uint32_t *ends; /* by the number of a name: where its postings end */
    uint32_t at;    /* in the order */
};

struct writer {
    struct rsl_pack_buffer names, postings, segment, first, last;
    struct rsl_pack_buffer sorted, other; /* postings of one name */
    uint32_t nnames;
    size_t limit;
    rsl_names_emit *emit;
    void *context;
};

static bool scatter(struct source *source)
{
    const struct rsl_names *names = source->names;
    const struct rsl_allocator *allocator = names->allocator;
    source->npostings = 0;
    for (uint32_t i = 0; i < names->nnames; i++)
        source->npostings += names->names[i].npostings;
    if (source->npostings == 0)
        return true;
    source->ends = allocator->allocate(allocator->state, names->nnames * sizeof *source->ends);
    source->postings =
        allocator->allocate(allocator->state, source->npostings * sizeof *source->postings);
    if (source->ends == NULL || source->postings == NULL)
        return false;
    uint32_t at = 0;
    for (uint32_t i = 0; i < names->nnames; i++) {
        const uint32_t number = names->order[i];
        source->ends[number] = at;
        at += names->names[number].npostings;
    }
    for (const struct block *block = names->first; block != NULL; block = block->next) {
        for (uint32_t i = 0; i < block->nentries; i++) {
            const struct entry *entry = &block->entries[i];
            source->postings[source->ends[entry->name]++] = (struct rsl_posting){
                .file_id = entry->file_id,
                .item_id = entry->item_id,
                .kind = entry->kind,
                .vis = entry->vis,
                .vendored = entry->vendored,
            };
        }
    }
    return true;
}

static bool posting_is_before(const struct rsl_posting *a, const struct rsl_posting *b)
{
    return a->file_id != b->file_id ? a->file_id < b->file_id : a->item_id < b->item_id;
}

static bool put(struct rsl_pack_buffer *buffer, const void *bytes, size_t nbytes)
{
    if (!rsl_pack_buffer_reserve(buffer, nbytes))
        return false;
    memcpy(buffer->bytes + buffer->nbytes, bytes, nbytes);
    buffer->nbytes += nbytes;
    return true;
}

/* The postings of one name, in order. */
static bool put_postings(struct rsl_pack_buffer *out, const struct rsl_posting *postings, size_t n)
{
    if (!rsl_pack_buffer_reserve(out, n * (3ul * RSL_VARINT64_MOST + 1)))
        return false;
    uint8_t *at = out->bytes + out->nbytes;
    uint32_t file_id = 0;
    for (size_t i = 0; i < n;) {
        size_t end = i + 1;
        while (end < n && postings[end].file_id == postings[i].file_id)
            end++;
        at = rsl_varint_put(at, postings[i].file_id - file_id);
        at = rsl_varint_put(at, (end - i) << 1 | postings[i].vendored);
        file_id = postings[i].file_id;
        for (uint32_t item_id = 0; i < end; i++) {
            at = rsl_varint_put(at, postings[i].item_id - item_id);
            item_id = postings[i].item_id;
            *at++ = (uint8_t)(postings[i].kind | postings[i].vis << 5);
        }
    }
    out->nbytes = (size_t)(at - out->bytes);
    return true;
}

static bool put_name(struct writer *writer, const struct name *name, size_t postings_nbytes)
{
    struct rsl_pack_buffer *last = &writer->last;
    uint32_t nshared = 0;
    while (nshared < name->nbytes && nshared < last->nbytes &&
           last->bytes[nshared] == name->bytes[nshared])
        nshared++;
    if (!rsl_pack_buffer_reserve(&writer->names, 3ul * RSL_VARINT64_MOST + name->nbytes))
        return false;
    uint8_t *at = writer->names.bytes + writer->names.nbytes;
    at = rsl_varint_put(at, nshared);
    at = rsl_varint_put(at, name->nbytes - nshared);
    memcpy(at, name->bytes + nshared, name->nbytes - nshared);
    at = rsl_varint_put(at + (name->nbytes - nshared), postings_nbytes);
    writer->names.nbytes = (size_t)(at - writer->names.bytes);
    last->nbytes = 0;
    if (!put(last, name->bytes, name->nbytes))
        return false;
    return writer->nnames++ > 0 || put(&writer->first, name->bytes, name->nbytes);
}

static enum rsl_status close_segment(struct writer *writer)
{
    struct rsl_pack_buffer *segment = &writer->segment;
    if (writer->nnames == 0)
        return RSL_OK;
    segment->nbytes = 0;
    if (!rsl_pack_buffer_reserve(segment, 2ul * RSL_VARINT64_MOST))
        return RSL_ENOMEM;
    uint8_t *at = rsl_varint_put(segment->bytes, writer->nnames);
    at = rsl_varint_put(at, writer->names.nbytes);
    segment->nbytes = (size_t)(at - segment->bytes);
    if (!put(segment, writer->names.bytes, writer->names.nbytes) ||
        !put(segment, writer->postings.bytes, writer->postings.nbytes))
        return RSL_ENOMEM;
    const bool go_on = writer->emit(writer->context, writer->first.bytes, writer->first.nbytes,
                                    segment->bytes, segment->nbytes);
    writer->nnames = 0;
    writer->names.nbytes = writer->postings.nbytes = 0;
    writer->first.nbytes = writer->last.nbytes = 0;
    return go_on ? RSL_OK : RSL_ECANCELED;
}

/* The place behind the postings from `at` on that are in order. */
static size_t end_of_run(const struct rsl_posting *postings, size_t at, size_t n)
{
    while (++at < n && !posting_is_before(&postings[at], &postings[at - 1])) {
    }
    return at < n ? at : n;
}

/* Merges each two neighbouring runs of `from` that are in order into one of `to`. Returns how many
 * runs there are then. */
static size_t merge_runs(const struct rsl_posting *from, struct rsl_posting *to, size_t n)
{
    size_t nruns = 0;
    for (size_t start = 0; start < n; nruns++) {
        const size_t middle = end_of_run(from, start, n);
        const size_t end = middle < n ? end_of_run(from, middle, n) : n;
        size_t a = start, b = middle, at = start;
        while (a < middle && b < end)
            to[at++] = posting_is_before(&from[b], &from[a]) ? from[b++] : from[a++];
        memcpy(&to[at], &from[a], (middle - a) * sizeof *to);
        memcpy(&to[at + (middle - a)], &from[b], (end - b) * sizeof *to);
        start = end;
    }
    return nruns;
}

/* Brings the postings of a name into order. They are some runs that are, one for each collection
 * and lot of files that it got. Returns where they are then, NULL for want of memory. */
static struct rsl_posting *sort_postings(struct writer *writer, size_t n)
{
    struct rsl_posting *from = (struct rsl_posting *)(void *)writer->sorted.bytes;
    if (n < 2 || end_of_run(from, 0, n) == n)
        return from;
    writer->other.nbytes = 0;
    if (!rsl_pack_buffer_reserve(&writer->other, n * sizeof *from))
        return NULL;
    struct rsl_posting *to = (struct rsl_posting *)(void *)writer->other.bytes;
    for (size_t nruns = n; nruns > 1;) {
        nruns = merge_runs(from, to, n);
        struct rsl_posting *sorted = to;
        to = from;
        from = sorted;
    }
    return from;
}

static const struct name *next_name(const struct source *source)
{
    const struct rsl_names *names = source->names;
    if (source->ends == NULL) /* there are no postings, and so no names */
        return NULL;
    return source->at < names->nnames ? &names->names[names->order[source->at]] : NULL;
}

/* Appends the postings of the next name of `source`, and goes behind it. */
static bool take_postings(struct writer *writer, struct source *source)
{
    const uint32_t number = source->names->order[source->at++];
    const uint32_t n = source->names->names[number].npostings;
    return put(&writer->sorted, source->postings + source->ends[number] - n,
               n * sizeof *source->postings);
}

/* The first of the names that come next, NULL at the end. */
static const struct name *first_name(const struct source *sources, size_t nsources)
{
    const struct name *first = NULL;
    for (size_t i = 0; i < nsources; i++) {
        const struct name *name = next_name(&sources[i]);
        if (name != NULL && (first == NULL || is_before(name, first)))
            first = name;
    }
    return first;
}

/* Writes that name with its postings in all sources. */
static enum rsl_status write_name(struct writer *writer, struct source *sources, size_t nsources,
                                  const struct name *first)
{
    writer->sorted.nbytes = 0;
    for (size_t i = 0; i < nsources; i++) {
        const struct name *name = next_name(&sources[i]);
        if (name != NULL && name->hash == first->hash && name->nbytes == first->nbytes &&
            memcmp(name->bytes, first->bytes, first->nbytes) == 0 &&
            !take_postings(writer, &sources[i]))
            return RSL_ENOMEM;
    }
    const size_t n = writer->sorted.nbytes / sizeof(struct rsl_posting);
    const struct rsl_posting *postings = sort_postings(writer, n);
    if (n > 0 && postings == NULL)
        return RSL_ENOMEM;
    const size_t before = writer->postings.nbytes;
    if (!put_postings(&writer->postings, postings, n) ||
        !put_name(writer, first, writer->postings.nbytes - before))
        return RSL_ENOMEM;
    return writer->names.nbytes + writer->postings.nbytes > writer->limit ? close_segment(writer)
                                                                          : RSL_OK;
}

enum rsl_status rsl_names_write(struct rsl_names *const *names, size_t n, size_t limit,
                                rsl_names_emit *emit, void *context)
{
    if (n == 0)
        return RSL_OK;
    const struct rsl_allocator *allocator = names[0]->allocator;
    struct writer writer = {.limit = limit, .emit = emit, .context = context};
    writer.names.allocator = writer.postings.allocator = writer.segment.allocator = allocator;
    writer.first.allocator = writer.last.allocator = allocator;
    writer.sorted.allocator = writer.other.allocator = allocator;
    struct source *sources = allocator->allocate(allocator->state, n * sizeof *sources);
    enum rsl_status status = sources == NULL ? RSL_ENOMEM : RSL_OK;
    for (size_t i = 0; sources != NULL && i < n; i++) {
        sources[i] = (struct source){.names = names[i]};
        if (status == RSL_OK && !scatter(&sources[i]))
            status = RSL_ENOMEM;
    }
    for (const struct name *first; status == RSL_OK && (first = first_name(sources, n)) != NULL;)
        status = write_name(&writer, sources, n, first);
    if (status == RSL_OK)
        status = close_segment(&writer);
    for (size_t i = 0; sources != NULL && i < n; i++) {
        release(names[i], sources[i].ends, names[i]->nnames * sizeof *sources[i].ends);
        release(names[i], sources[i].postings, sources[i].npostings * sizeof *sources[i].postings);
    }
    allocator->release(allocator->state, sources, n * sizeof *sources);
    rsl_pack_buffer_fini(&writer.names);
    rsl_pack_buffer_fini(&writer.postings);
    rsl_pack_buffer_fini(&writer.segment);
    rsl_pack_buffer_fini(&writer.first);
    rsl_pack_buffer_fini(&writer.last);
    rsl_pack_buffer_fini(&writer.sorted);
    rsl_pack_buffer_fini(&writer.other);
    return status;
}
