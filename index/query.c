/* Three steps: names that match, by way of the segments; of their items those that the query wants;
 * the best of these in order. */
#include "index/query.h"

#include <inttypes.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ds/arena.h"
#include "index/pack_names.h"
#include "index/query_internal.h"
#include "index/store_internal.h"

struct rsl_hits {
    struct rsl_arena names; /* the bytes of the names of hits */
    struct rsl_hit *hits;
    size_t nhits, capacity;
    bool has_more;
};

/* What is known of a file for the query: a byte for each, by file_id. */
enum { FILE_UNKNOWN = 0, FILE_IN, FILE_OUT, FILE_HOLDS /* the name of the container */ };

struct search {
    struct rsl_store *store;
    struct rsl_query query; /* text: behind the last :: */
    struct query_container container;
    regex_t regex;
    bool has_regex;
    struct rsl_pack_buffer stale; /* file_ids whose items in the segments do not count, ascending */
    uint8_t *files;               /* FILE_*, by file_id; NULL until one is asked for */
    uint8_t *members; /* of the crates that the query names: a byte, by file_id; or NULL */
    size_t nfiles;    /* room in these: one past the last file_id */
    uint8_t nowhere;  /* the byte of a file that there is not */
    struct rsl_pack_buffer path;
    struct rsl_pack_buffer candidates; /* hits that may stand in the container */
    bool collects_files;               /* what is searched is the name of the container */
    bool has_after;
    struct rsl_hit after;
    struct rsl_hits *hits;
    enum rsl_status status;
};

/* ---- order */

/* How little a hit is wanted, but for its name. */
static unsigned rank(const struct rsl_hit *hit)
{
    return (unsigned)hit->match << 2 | (hit->vis != RSL_VIS_PUB) << 1 | hit->vendored;
}

static int compare(const struct rsl_hit *a, const struct rsl_hit *b)
{
    const unsigned x = rank(a), y = rank(b);
    if (x != y)
        return x < y ? -1 : 1;
    const int names = rsl_names_compare((const uint8_t *)a->name, a->name_nbytes,
                                        (const uint8_t *)b->name, b->name_nbytes);
    if (names != 0)
        return names;
    if (a->file_id != b->file_id)
        return a->file_id < b->file_id ? -1 : 1;
    return a->item_id < b->item_id ? -1 : a->item_id > b->item_id;
}

static int compare_hits(const void *a, const void *b)
{
    return compare(a, b);
}

/* ---- keeping the best: with a limit, `hits` is a heap with the worst on top */

static void sift_down(struct rsl_hit *hits, size_t n, size_t i)
{
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && compare(&hits[child], &hits[child + 1]) < 0)
            child++;
        if (compare(&hits[i], &hits[child]) >= 0)
            break;
        const struct rsl_hit hit = hits[i];
        hits[i] = hits[child];
        hits[child] = hit;
    }
}

/* Whether a hit is behind the cursor and among the best so far. */
static bool is_wanted(const struct search *search, const struct rsl_hit *hit)
{
    if (search->has_after && compare(hit, &search->after) <= 0)
        return false;
    const struct rsl_hits *hits = search->hits;
    const size_t limit = search->query.limit;
    if (limit == 0 || hits->nhits < limit)
        return true;
    search->hits->has_more = true;
    return compare(hit, &hits->hits[0]) < 0;
}

static bool keep(struct search *search, const struct rsl_hit *hit)
{
    struct rsl_hits *hits = search->hits;
    const size_t limit = search->query.limit;
    if (limit > 0 && hits->nhits == limit) {
        hits->hits[0] = *hit;
        sift_down(hits->hits, limit, 0);
        return true;
    }
    if (hits->nhits == hits->capacity) {
        const size_t capacity = hits->capacity * 2 + 64;
        struct rsl_hit *grown = realloc(hits->hits, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        hits->hits = grown;
        hits->capacity = capacity;
    }
    hits->hits[hits->nhits++] = *hit;
    if (limit > 0 && hits->nhits == limit) {
        for (size_t i = limit / 2; i-- > 0;)
            sift_down(hits->hits, limit, i);
    }
    return true;
}

/* ---- items */

static bool is_stale(const struct search *search, uint32_t file_id)
{
    const uint32_t *ids = (const uint32_t *)(const void *)search->stale.bytes;
    size_t low = 0, high = search->stale.nbytes / sizeof *ids;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (ids[middle] == file_id)
            return true;
        if (ids[middle] < file_id)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static bool is_below(const char *path, const char *folder)
{
    size_t n = strlen(folder);
    while (n > 0 && folder[n - 1] == '/')
        n--;
    return n == 0 || (strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0'));
}

/* The byte of a file, 0 at first; NULL for want of memory. A damaged database may have any numbers:
 * so there is room for the files that there are, and pages of which nothing is known take none. */
static uint8_t *byte_of_file(struct search *search, uint8_t **bytes, uint32_t file_id)
{
    if (file_id >= search->nfiles) {
        search->nowhere = FILE_OUT;
        return &search->nowhere;
    }
    if (*bytes == NULL && (*bytes = calloc(search->nfiles, 1)) == NULL) {
        search->status = RSL_ENOMEM;
        return NULL;
    }
    return &(*bytes)[file_id];
}

/* The FILE_* of a file; NULL for want of memory. */
static uint8_t *state_of_file(struct search *search, uint32_t file_id)
{
    return byte_of_file(search, &search->files, file_id);
}

/* Whether the file is in the places that the query names, and may hold the container. */
static bool is_file_in(struct search *search, uint32_t file_id)
{
    const struct rsl_query *query = &search->query;
    const bool by_version = query->version != NULL || query->newest || query->no_yanked;
    const bool is_limited = query->in != NULL || query->crate != NULL || by_version;
    if (!is_limited && search->container.nbytes == 0)
        return true;
    uint8_t *state = state_of_file(search, file_id);
    if (state == NULL)
        return false;
    if (*state == FILE_UNKNOWN && search->container.nbytes > 0)
        *state = FILE_OUT;
    if ((*state == FILE_UNKNOWN || *state == FILE_HOLDS) && !is_limited)
        *state = FILE_IN;
    if (*state == FILE_UNKNOWN || *state == FILE_HOLDS) {
        bool in =
            query->crate == NULL || (search->members != NULL && search->members[file_id] != 0);
        if (in && query->in != NULL) {
            search->status = rsl_store_get_path(search->store, file_id, &search->path);
            if (search->status != RSL_OK)
                return false;
            in = is_below((const char *)search->path.bytes, query->in);
        }
        if (in && by_version)
            search->status = rsl_query_is_of_version(search->store, query, file_id, &in);
        if (search->status != RSL_OK)
            return false;
        *state = in ? FILE_IN : FILE_OUT;
    }
    return *state == FILE_IN;
}

static bool append(struct search *search, struct rsl_pack_buffer *to, const void *bytes, size_t n)
{
    if (!rsl_pack_buffer_reserve(to, n)) {
        search->status = RSL_ENOMEM;
        return false;
    }
    memcpy(to->bytes + to->nbytes, bytes, n);
    to->nbytes += n;
    return true;
}

/* An item of a name that matches. *copy: the name where it stays, NULL until it is needed. */
static void add_hit(struct search *search, struct rsl_hit *hit, const char **copy)
{
    if (search->container.nbytes == 0 && !is_wanted(search, hit))
        return;
    if (*copy == NULL) {
        char *room = rsl_arena_alloc(&search->hits->names, hit->name_nbytes, 1);
        if (room != NULL)
            memcpy(room, hit->name, hit->name_nbytes);
        *copy = room;
    }
    hit->name = *copy;
    const bool is_kept = search->container.nbytes == 0;
    if (*copy == NULL || (is_kept && !keep(search, hit)))
        search->status = RSL_ENOMEM;
    else if (!is_kept)
        append(search, &search->candidates, hit, sizeof *hit);
}

/* The items of a name that matches. file_id: of all of them, or 0. */
static void add_postings(struct search *search, const struct rsl_segment_reader *reader,
                         uint32_t file_id, enum rsl_query_match match)
{
    const char *copy = NULL;
    struct rsl_posting_reader postings;
    rsl_postings_begin(&postings, reader->its_postings, reader->its_postings_nbytes);
    while (search->status == RSL_OK && rsl_postings_next(&postings)) {
        const struct rsl_posting *posting = &postings.posting;
        const uint32_t id = file_id != 0 ? file_id : posting->file_id;
        if (file_id == 0 && is_stale(search, id))
            continue;
        if (search->collects_files) {
            uint8_t *state = posting->kind == RSL_ITEM_USE_LEAF ? NULL : state_of_file(search, id);
            if (state != NULL)
                *state = FILE_HOLDS;
            continue;
        }
        if (!(search->query.kinds >> posting->kind & 1) ||
            !(search->query.vis >> posting->vis & 1) || posting->item_id == RSL_NONE ||
            !is_file_in(search, id))
            continue;
        struct rsl_hit hit = {
            .file_id = id,
            .item_id = posting->item_id,
            .kind = posting->kind,
            .vis = posting->vis,
            .match = (uint8_t)match,
            .vendored = posting->vendored,
            .name = (const char *)reader->name.bytes,
            .name_nbytes = reader->name.nbytes,
        };
        add_hit(search, &hit, &copy);
    }
    if (postings.in.failed)
        search->status = rsl_store_fail(search->store, SQLITE_CORRUPT);
}

static int compare_places(const void *a, const void *b)
{
    const struct rsl_hit *x = a, *y = b;
    if (x->file_id != y->file_id)
        return x->file_id < y->file_id ? -1 : 1;
    return x->item_id < y->item_id ? -1 : x->item_id > y->item_id;
}

/* Of the candidates those that stand in the container, file by file. */
static void keep_contained(struct search *search)
{
    struct rsl_hit *candidates = (struct rsl_hit *)(void *)search->candidates.bytes;
    const size_t n = search->candidates.nbytes / sizeof *candidates;
    if (n > 0)
        qsort(candidates, n, sizeof *candidates, compare_places);
    for (size_t i = 0; i < n && search->status == RSL_OK; i++) {
        bool stands_in;
        search->status =
            rsl_query_stands_in(search->store, &search->container, candidates[i].file_id,
                                candidates[i].item_id, &stands_in);
        if (search->status == RSL_OK && stands_in && is_wanted(search, &candidates[i]) &&
            !keep(search, &candidates[i]))
            search->status = RSL_ENOMEM;
    }
}

/* ---- names */

static enum rsl_query_match match_name(const struct search *search,
                                       struct rsl_segment_reader *reader)
{
    struct rsl_pack_buffer *name = &reader->name;
    if (!search->has_regex)
        return rsl_query_match_name(&search->query, name->bytes, name->nbytes);
    name->bytes[name->nbytes] = '\0'; /* the reader leaves room for it, and names have none */
    return regexec(&search->regex, (const char *)name->bytes, 0, NULL, 0) == 0 ? RSL_MATCH_EXACT
                                                                               : RSL_MATCH_NONE;
}

/* Whether all that match come before this name and those behind it. */
static bool is_behind(const struct search *search, const struct rsl_pack_buffer *name)
{
    const char *text = search->query.text;
    const size_t n = strlen(text);
    for (size_t i = 0; i < n && i < name->nbytes; i++) {
        const int difference = rsl_names_fold(name->bytes[i]) - rsl_names_fold((uint8_t)text[i]);
        if (difference != 0)
            return difference > 0;
    }
    return search->query.mode == RSL_QUERY_EXACT && n > 0 && name->nbytes > n;
}

/* The names of a segment. file_id: of its items, or 0. is_range: the segments come in order, and
 * only names that begin with the query's text match. Returns false when no more are wanted. */
static bool search_segment(struct search *search, struct rsl_segment_reader *reader,
                           const void *segment, size_t nbytes, uint32_t file_id, bool is_range)
{
    rsl_segment_begin(reader, segment, nbytes);
    while (search->status == RSL_OK && rsl_segment_next(reader)) {
        const enum rsl_query_match match = match_name(search, reader);
        if (match != RSL_MATCH_NONE)
            add_postings(search, reader, file_id, match);
        else if (is_range && is_behind(search, &reader->name))
            return false;
    }
    if (reader->failed && search->status == RSL_OK)
        search->status = rsl_store_fail(search->store, SQLITE_CORRUPT);
    return search->status == RSL_OK;
}

/* Runs a query that gives file_id, segment. */
static void search_rows(struct search *search, const char *sql, const void *key, size_t key_nbytes,
                        bool is_range)
{
    sqlite3_stmt *select;
    struct rsl_segment_reader reader = {0};
    int code = sqlite3_prepare_v2(search->store->db, sql, -1, &select, NULL);
    if (code == SQLITE_OK) {
        if (key != NULL)
            sqlite3_bind_blob64(select, 1, key, key_nbytes, SQLITE_STATIC);
        while (search->status == RSL_OK && (code = sqlite3_step(select)) == SQLITE_ROW) {
            if (!search_segment(search, &reader, sqlite3_column_blob(select, 1),
                                (size_t)sqlite3_column_bytes(select, 1),
                                (uint32_t)sqlite3_column_int64(select, 0), is_range)) {
                code = SQLITE_DONE;
                break;
            }
        }
    }
    if (search->status == RSL_OK && code != SQLITE_DONE)
        search->status = rsl_store_fail(search->store, code);
    sqlite3_finalize(select);
    rsl_pack_buffer_fini(&reader.name);
}

static void read_stale(struct search *search)
{
    sqlite3_stmt *select;
    int code = sqlite3_prepare_v2(search->store->db, "SELECT file_id FROM name_stale ORDER BY 1",
                                  -1, &select, NULL);
    if (code == SQLITE_OK) {
        while (search->status == RSL_OK && (code = sqlite3_step(select)) == SQLITE_ROW) {
            const uint32_t id = (uint32_t)sqlite3_column_int64(select, 0);
            append(search, &search->stale, &id, sizeof id);
        }
    }
    if (search->status == RSL_OK && code != SQLITE_DONE)
        search->status = rsl_store_fail(search->store, code);
    sqlite3_finalize(select);
}

/* The names that match search->query. */
static void search_names(struct search *search)
{
    const struct rsl_query *query = &search->query;
    const size_t n = strlen(query->text);
    const bool is_range =
        n > 0 && (query->mode == RSL_QUERY_EXACT || query->mode == RSL_QUERY_PREFIX);
    if (is_range) {
        uint8_t *key = malloc(n);
        if (key == NULL) {
            search->status = RSL_ENOMEM;
            return;
        }
        for (size_t i = 0; i < n; i++)
            key[i] = rsl_names_fold((uint8_t)query->text[i]);
        search_rows(search,
                    "SELECT 0, segment FROM name_segments WHERE first >= coalesce((SELECT first"
                    " FROM name_segments WHERE first <= ?1 ORDER BY first DESC LIMIT 1), x'')"
                    " ORDER BY first",
                    key, n, true);
        free(key);
    } else {
        search_rows(search, "SELECT 0, segment FROM name_segments ORDER BY first", NULL, 0, false);
    }
    if (search->status == RSL_OK)
        search_rows(search, "SELECT file_id, segment FROM name_changes", NULL, 0, false);
}

/* The root files of crates of that name hold it too. As a pattern its every _ also stands for a -;
 * what else it may stand for is sorted out with the candidates. */
static void find_crates(struct search *search, const char *name)
{
    sqlite3_stmt *select;
    int code = sqlite3_prepare_v2(
        search->store->db, "SELECT root_file FROM crates WHERE name LIKE ?", -1, &select, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_text(select, 1, name, -1, SQLITE_STATIC);
        while (search->status == RSL_OK && (code = sqlite3_step(select)) == SQLITE_ROW) {
            uint8_t *state = state_of_file(search, (uint32_t)sqlite3_column_int64(select, 0));
            if (state != NULL)
                *state = FILE_HOLDS;
        }
    }
    if (search->status == RSL_OK && code != SQLITE_DONE)
        search->status = rsl_store_fail(search->store, code);
    sqlite3_finalize(select);
}

/* Which files hold the innermost name of the container. */
static void find_container(struct search *search)
{
    const struct query_container *container = &search->container;
    size_t rest;
    const size_t at = rsl_query_last_name(container->text, container->nbytes, &rest);
    const struct rsl_query query = search->query;
    char *name = strndup(container->text + at, container->nbytes - at);
    if (name == NULL) {
        search->status = RSL_ENOMEM;
        return;
    }
    search->query.text = name;
    search->query.mode = RSL_QUERY_EXACT;
    search->collects_files = true;
    if (*name != '\0')
        search_names(search);
    if (search->status == RSL_OK)
        find_crates(search, name);
    search->collects_files = false;
    search->query = query;
    free(name);
}

/* Which files are in the crates that the query names. */
static void find_members(struct search *search)
{
    sqlite3_stmt *select;
    int code = sqlite3_prepare_v2(
        search->store->db,
        "SELECT file_id FROM modules WHERE crate_id IN (SELECT crate_id FROM crates"
        " WHERE replace(?1, '-', '_') IN (replace(name, '-', '_'), replace(package, '-', '_')))",
        -1, &select, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_text(select, 1, search->query.crate, -1, SQLITE_STATIC);
        while (search->status == RSL_OK && (code = sqlite3_step(select)) == SQLITE_ROW) {
            uint8_t *member =
                byte_of_file(search, &search->members, (uint32_t)sqlite3_column_int64(select, 0));
            if (member != NULL)
                *member = 1;
        }
    }
    if (search->status == RSL_OK && code != SQLITE_DONE)
        search->status = rsl_store_fail(search->store, code);
    sqlite3_finalize(select);
}

static void count_files(struct search *search)
{
    sqlite3_stmt *select;
    int code =
        sqlite3_prepare_v2(search->store->db, "SELECT max(file_id) FROM files", -1, &select, NULL);
    if (code == SQLITE_OK && (code = sqlite3_step(select)) == SQLITE_ROW) {
        const int64_t last = sqlite3_column_int64(select, 0);
        search->nfiles = last >= 0 && last < UINT32_MAX ? (size_t)last + 1 : 0;
        code = SQLITE_OK;
    }
    if (code != SQLITE_OK)
        search->status = rsl_store_fail(search->store, code);
    sqlite3_finalize(select);
}

static void search_all(struct search *search)
{
    /* What is read must be of one commit. */
    const bool begins = sqlite3_get_autocommit(search->store->db) != 0;
    if (begins && (search->status = rsl_store_run(search->store, "BEGIN")) != RSL_OK)
        return;
    read_stale(search);
    if (search->status == RSL_OK)
        count_files(search);
    if (search->status == RSL_OK && search->query.crate != NULL)
        find_members(search);
    if (search->status == RSL_OK && search->container.nbytes > 0)
        find_container(search);
    if (search->status == RSL_OK)
        search_names(search);
    if (search->status == RSL_OK && search->container.nbytes > 0)
        keep_contained(search);
    if (begins) /* nothing was written */
        (void)sqlite3_exec(search->store->db, "COMMIT", NULL, NULL, NULL);
}

/* ---- cursors: match, public, vendored, file_id, item_id, name */

size_t rsl_query_cursor(const struct rsl_hit *hit, char *buffer, size_t capacity)
{
    return (size_t)snprintf(buffer, capacity, "%u.%d.%d.%" PRId64 ".%" PRIu32 ".%.*s", hit->match,
                            hit->vis == RSL_VIS_PUB, hit->vendored, hit->file_id, hit->item_id,
                            (int)hit->name_nbytes, hit->name);
}

/* The hit is good as long as the text. */
static bool read_cursor(const char *text, struct rsl_hit *hit_out)
{
    unsigned match, is_public, vendored;
    int nbytes = 0;
    int64_t file_id;
    uint32_t item_id;
    if (sscanf(text, "%1u.%1u.%1u.%18" SCNd64 ".%10" SCNu32 ".%n", &match, &is_public, &vendored,
               &file_id, &item_id, &nbytes) != 5 ||
        nbytes == 0 || match >= RSL_MATCH_NONE || is_public > 1 || vendored > 1)
        return false;
    *hit_out = (struct rsl_hit){
        .file_id = file_id,
        .item_id = item_id,
        .match = (uint8_t)match,
        .vis = is_public ? RSL_VIS_PUB : RSL_VIS_INHERITED,
        .vendored = vendored,
        .name = text + nbytes,
        .name_nbytes = strlen(text + nbytes),
    };
    return true;
}

/* ---- the query */

/* Sets the part before the last :: apart. */
static void split_path(struct search *search)
{
    const char *text = search->query.text, *last = NULL;
    if (search->has_regex)
        return;
    for (const char *at = text; (at = strstr(at, "::")) != NULL; at += 2)
        last = at;
    if (last == NULL)
        return;
    while (strncmp(text, "::", 2) == 0 && text < last)
        text += 2;
    search->container.text = text;
    search->container.nbytes = (size_t)(last - text);
    search->container.case_sensitive = search->query.case_sensitive;
    search->query.text = last + 2;
    if (search->query.mode == RSL_QUERY_RANKED)
        search->query.mode = RSL_QUERY_PREFIX;
}

static enum rsl_status prepare(struct search *search)
{
    struct rsl_query *query = &search->query;
    if (query->text == NULL)
        query->text = "";
    if (query->kinds == 0)
        query->kinds = RSL_QUERY_KINDS;
    if (query->vis == 0)
        query->vis = UINT32_MAX;
    if (query->after != NULL) {
        search->has_after = true;
        if (!read_cursor(query->after, &search->after))
            return RSL_EINVAL;
    }
    if (query->mode == RSL_QUERY_REGEX) {
        if (regcomp(&search->regex, query->text,
                    REG_EXTENDED | REG_NOSUB | (query->case_sensitive ? 0 : REG_ICASE)) != 0)
            return RSL_EINVAL;
        search->has_regex = true;
    }
    split_path(search);
    return RSL_OK;
}

enum rsl_status rsl_query_open(struct rsl_store *store, const struct rsl_query *query,
                               struct rsl_hits **hits_out)
{
    struct search search = {.store = store, .query = *query};
    rsl_unpacked_init(&search.container.unpacked, NULL);
    search.hits = calloc(1, sizeof *search.hits);
    if (search.hits == NULL)
        return RSL_ENOMEM;
    rsl_arena_init(&search.hits->names, &rsl_allocator_default, 4096);
    search.status = prepare(&search);
    if (search.status == RSL_OK)
        search_all(&search);
    if (search.status == RSL_OK && search.hits->nhits > 0)
        qsort(search.hits->hits, search.hits->nhits, sizeof *search.hits->hits, compare_hits);
    if (search.has_regex)
        regfree(&search.regex);
    rsl_unpacked_fini(&search.container.unpacked);
    rsl_pack_buffer_fini(&search.container.path);
    rsl_pack_buffer_fini(&search.stale);
    free(search.files);
    free(search.members);
    rsl_pack_buffer_fini(&search.path);
    rsl_pack_buffer_fini(&search.candidates);
    if (search.status == RSL_OK) {
        *hits_out = search.hits;
    } else {
        rsl_query_close(search.hits);
        *hits_out = NULL;
    }
    return search.status;
}

void rsl_query_close(struct rsl_hits *hits)
{
    if (hits == NULL)
        return;
    rsl_arena_fini(&hits->names);
    free(hits->hits);
    free(hits);
}

size_t rsl_query_nhits(const struct rsl_hits *hits)
{
    return hits->nhits;
}

const struct rsl_hit *rsl_query_hit(const struct rsl_hits *hits, size_t i)
{
    return &hits->hits[i];
}

bool rsl_query_has_more(const struct rsl_hits *hits)
{
    return hits->has_more;
}
