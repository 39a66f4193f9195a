/* rustle-store-load DATABASE NEW: what the loading of a database takes by itself. The items of
 * DATABASE, which `rustle index` has made, are unpacked into memory, and all other rows read; then
 * one thread packs them, sorts their names and inserts all into NEW, in one transaction, as `rustle
 * index` does, and syncs it. Every row of DATABASE is in NEW then. Prints seconds: of packing, of
 * inserting, of names, of the graph's rows, and in all. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "index/pack.h"
#include "index/pack_names.h"
#include "index/store.h"
#include "index/store_folders.h"
#include "index/store_graph.h"
#include "lexer/source_error.h"

/* A file as a parser leaves it. */
struct parsed {
    struct rsl_store_file row;
    struct rsl_file file;
    const uint8_t *src;
    size_t src_nbytes;
    const struct rsl_store_error *errors;
};

/* What is in the database beside files. */
struct rest {
    struct rsl_store_graph graph;
    int64_t manifests;
    struct rsl_folder_stamps folders;
};

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "rustle-store-load: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static void *copy(const void *bytes, size_t nbytes)
{
    void *block = malloc(nbytes + 1);
    if (block == NULL)
        fail("memory", "none");
    if (nbytes > 0)
        memcpy(block, bytes, nbytes);
    return block;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

struct list {
    struct parsed *files;
    size_t nfiles, capacity;
};

static char *text_of(sqlite3_stmt *select, int column)
{
    const size_t nbytes = (size_t)sqlite3_column_bytes(select, column);
    char *text = copy(sqlite3_column_blob(select, column), nbytes);
    text[nbytes] = '\0';
    return text;
}

static char *optional_text_of(sqlite3_stmt *select, int column)
{
    return sqlite3_column_type(select, column) == SQLITE_NULL ? NULL : text_of(select, column);
}

static sqlite3_stmt *prepare(struct rsl_store *store, const char *sql)
{
    sqlite3_stmt *select;
    if (sqlite3_prepare_v2(rsl_store_connection(store), sql, -1, &select, NULL) != SQLITE_OK)
        fail(sql, sqlite3_errmsg(rsl_store_connection(store)));
    return select;
}

static struct parsed *next_file(struct list *list)
{
    if (list->nfiles == list->capacity) {
        list->capacity = list->capacity * 2 + 1024;
        list->files = realloc(list->files, list->capacity * sizeof *list->files);
        if (list->files == NULL)
            fail("memory", "none");
    }
    return &list->files[list->nfiles++];
}

static uint16_t code_of_error(const char *name)
{
    for (unsigned code = 0; code < RSL_SOURCE_ERROR_COUNT; code++) {
        const char *its_name = rsl_source_error_rustc_code(code);
        if (*its_name == '\0')
            its_name = rsl_source_error_name(code);
        if (strcmp(its_name, name) == 0)
            return (uint16_t)code;
    }
    fail(name, "unknown error");
    return 0;
}

/* Those of one file. */
static const struct rsl_store_error *read_errors(sqlite3_stmt *select,
                                                 const struct rsl_store_file *row)
{
    struct rsl_store_error *errors = calloc(row->nerrors, sizeof *errors);
    if (errors == NULL)
        fail("memory", "none");
    sqlite3_bind_int64(select, 1, row->file_id);
    for (uint32_t i = 0; i < row->nerrors && sqlite3_step(select) == SQLITE_ROW; i++)
        errors[i] = (struct rsl_store_error){
            .code = code_of_error((const char *)sqlite3_column_text(select, 0)),
            .off = (uint32_t)sqlite3_column_int64(select, 1),
            .nbytes = (uint32_t)sqlite3_column_int64(select, 2),
            .line = (uint32_t)sqlite3_column_int64(select, 3),
            .column = (uint32_t)sqlite3_column_int64(select, 4),
        };
    sqlite3_reset(select);
    return errors;
}

/* The files, with their items as they are before packing. */
static void read_files(struct rsl_store *store, struct list *list)
{
    struct rsl_unpacked unpacked;
    rsl_unpacked_init(&unpacked, NULL);
    sqlite3_stmt *select = prepare(
        store, "SELECT file_id, path, size, mtime, hash, status, items, vendored, links, block,"
               " errors, message FROM files JOIN packed_items USING(file_id) ORDER BY file_id");
    sqlite3_stmt *select_errors =
        prepare(store, "SELECT code, start, length, line, \"column\" FROM errors"
                       " WHERE file_id=? ORDER BY error_id");
    while (sqlite3_step(select) == SQLITE_ROW) {
        struct parsed *parsed = next_file(list);
        *parsed = (struct parsed){.row = {
                                      .file_id = sqlite3_column_int64(select, 0),
                                      .path = text_of(select, 1),
                                      .path_nbytes = (size_t)sqlite3_column_bytes(select, 1),
                                      .nbytes = sqlite3_column_int64(select, 2),
                                      .mtime_ns = sqlite3_column_int64(select, 3),
                                      .status = text_of(select, 5),
                                      .nitems = (uint32_t)sqlite3_column_int64(select, 6),
                                      .vendored = sqlite3_column_int(select, 7) != 0,
                                      .links = sqlite3_column_int64(select, 8),
                                      .nerrors = (uint32_t)sqlite3_column_int64(select, 10),
                                  }};
        if (sqlite3_column_type(select, 11) != SQLITE_NULL)
            parsed->row.message = text_of(select, 11);
        else if (parsed->row.nerrors > 0)
            parsed->errors = read_errors(select_errors, &parsed->row);
        memcpy(parsed->row.hash, sqlite3_column_blob(select, 4), sizeof parsed->row.hash);
        const size_t nbytes = (size_t)sqlite3_column_bytes(select, 9);
        if (nbytes == 0)
            continue;
        if (rsl_unpack_file(&unpacked, sqlite3_column_blob(select, 9), nbytes) != RSL_OK)
            fail(parsed->row.path, "bad block");
        parsed->file = unpacked.file;
        parsed->file.items =
            copy(unpacked.file.items, unpacked.file.nitems * sizeof *unpacked.file.items);
        parsed->file.attrs =
            copy(unpacked.file.attrs, unpacked.file.nattrs * sizeof *unpacked.file.attrs);
        parsed->file.use_prefixes =
            copy(unpacked.file.use_prefixes,
                 unpacked.file.nuse_prefixes * sizeof *unpacked.file.use_prefixes);
        parsed->src = copy(unpacked.src, unpacked.src_nbytes + RSL_PAD);
        parsed->src_nbytes = unpacked.src_nbytes;
    }
    sqlite3_finalize(select);
    sqlite3_finalize(select_errors);
    rsl_unpacked_fini(&unpacked);
}

static size_t count(struct rsl_store *store, const char *sql)
{
    sqlite3_stmt *select = prepare(store, sql);
    const size_t n =
        sqlite3_step(select) == SQLITE_ROW ? (size_t)sqlite3_column_int64(select, 0) : 0;
    sqlite3_finalize(select);
    return n;
}

static void read_graph(struct rsl_store *store, struct rsl_store_graph *graph)
{
    const size_t ncrates = count(store, "SELECT count(*) FROM crates");
    const size_t nmodules = count(store, "SELECT count(*) FROM modules");
    const size_t ndeps = count(store, "SELECT count(*) FROM deps");
    struct rsl_store_crate *crates = calloc(ncrates + 1, sizeof *crates);
    struct rsl_store_module *modules = calloc(nmodules + 1, sizeof *modules);
    struct rsl_store_dep *deps = calloc(ndeps + 1, sizeof *deps);
    if (crates == NULL || modules == NULL || deps == NULL)
        fail("memory", "none");
    *graph = (struct rsl_store_graph){.crates = crates, .modules = modules, .deps = deps};
    sqlite3_stmt *select = prepare(store, "SELECT * FROM crates ORDER BY 1");
    while (sqlite3_step(select) == SQLITE_ROW && graph->ncrates < ncrates)
        crates[graph->ncrates++] = (struct rsl_store_crate){
            sqlite3_column_int64(select, 0), text_of(select, 1), sqlite3_column_int64(select, 2),
            optional_text_of(select, 3), optional_text_of(select, 4)};
    sqlite3_finalize(select);
    select = prepare(store, "SELECT * FROM modules ORDER BY 1, 2, 3, 4");
    while (sqlite3_step(select) == SQLITE_ROW && graph->nmodules < nmodules)
        modules[graph->nmodules++] = (struct rsl_store_module){
            sqlite3_column_int64(select, 0), sqlite3_column_int64(select, 1), text_of(select, 2),
            text_of(select, 3), sqlite3_column_int64(select, 4)};
    sqlite3_finalize(select);
    select = prepare(store, "SELECT * FROM deps ORDER BY 1, 2, 3");
    while (sqlite3_step(select) == SQLITE_ROW && graph->ndeps < ndeps)
        deps[graph->ndeps++] =
            (struct rsl_store_dep){sqlite3_column_int64(select, 0), sqlite3_column_int64(select, 1),
                                   text_of(select, 2), sqlite3_column_int64(select, 3)};
    sqlite3_finalize(select);
}

static void read_rest(struct rsl_store *store, struct rest *rest)
{
    read_graph(store, &rest->graph);
    if (rsl_store_get_manifests(store, &rest->manifests) != RSL_OK ||
        rsl_store_get_folders(store, &rest->folders) != RSL_OK)
        fail("reading", rsl_store_message(store));
    for (size_t i = 0; i < rest->folders.nslots; i++)
        rest->folders.slots[i].is_there = rest->folders.slots[i].folder != 0;
}

static bool put_segment(void *context, const uint8_t *first, size_t first_nbytes,
                        const uint8_t *segment, size_t nbytes)
{
    return rsl_store_put_segment(context, first, first_nbytes, segment, nbytes) == RSL_OK;
}

static void load(struct rsl_store *store, struct list *list, const struct rest *rest)
{
    struct rsl_pack_buffer block = {0};
    struct rsl_names *names = rsl_names_create(NULL);
    double packing = 0, inserting = 0;
    const double start = now();
    enum rsl_status status = rsl_store_begin(store);
    for (size_t i = 0; i < list->nfiles && status == RSL_OK; i++) {
        struct parsed *parsed = &list->files[i];
        const double before = now();
        block.nbytes = 0;
        status = rsl_pack_file(&parsed->file, parsed->src, parsed->src_nbytes, &block);
        if (status == RSL_OK)
            status = rsl_names_add_file(names, &parsed->file, parsed->src, parsed->row.path,
                                        (uint32_t)parsed->row.file_id, parsed->row.vendored);
        const double packed = now();
        if (status == RSL_OK)
            status =
                rsl_store_put_file(store, &parsed->row, block.bytes, block.nbytes, parsed->errors);
        packing += packed - before;
        inserting += now() - packed;
    }
    const double before_names = now();
    if (status == RSL_OK)
        status = rsl_names_sort(names);
    if (status == RSL_OK)
        status = rsl_names_write(&names, 1, RSL_STORE_SEGMENT_NBYTES, put_segment, store);
    const double after_names = now();
    if (status == RSL_OK)
        status = rsl_store_put_graph(store, &rest->graph);
    if (status == RSL_OK)
        status = rsl_store_put_manifests(store, rest->manifests);
    if (status == RSL_OK)
        status = rsl_store_put_folders(store, &rest->folders);
    const double after_graph = now();
    if (status == RSL_OK)
        status = rsl_store_finish(store);
    if (status != RSL_OK)
        fail("loading", rsl_store_message(store));
    printf("packing %.3f s, inserting %.3f s, names %.3f s, graph %.3f s, ", packing, inserting,
           after_names - before_names, after_graph - after_names);
    rsl_names_destroy(names);
    rsl_pack_buffer_fini(&block);
    rsl_store_close(store);
    printf("closing %.3f s, ", now() - after_graph);
    printf("before syncing %.3f s, ", now() - start);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: rustle-store-load DATABASE NEW\n", stderr);
        return EXIT_FAILURE;
    }
    enum rsl_store_state state;
    struct rsl_store *store = rsl_store_open(argv[1], RSL_STORE_READ, NULL, &state);
    if (store == NULL || state != RSL_STORE_READY)
        fail(argv[1], "cannot be read");
    struct list list = {0};
    struct rest rest = {0};
    read_files(store, &list);
    read_rest(store, &rest);
    rsl_store_close(store);
    unlink(argv[2]);
    const double start = now();
    store = rsl_store_open(argv[2], RSL_STORE_CREATE, NULL, &state);
    if (store == NULL || state != RSL_STORE_READY)
        fail(argv[2], "cannot be made");
    load(store, &list, &rest);
    const int fd = open(argv[2], O_RDWR);
    if (fd < 0 || fsync(fd) != 0)
        fail(argv[2], "cannot be synced");
    close(fd);
    printf("all %.3f s\n", now() - start);
    return EXIT_SUCCESS; /* the items go with the process */
}
