/* Fuzzes the database file. A sound one, of three files that hold every kind of item, is changed as
 * the input says: bytes of the file in any place, or one value, by SQL, so that what is wrong is
 * deep inside. Then it is opened and asked for all that it can be asked for. What must hold:
 * nothing is read outside, each call gives an answer or one of the errors that it may give, and
 * what was unpacked can be shown.
 *
 * Input: a byte, what to change (enum change); for bytes in any place, four bytes each: the place,
 * the value; else a byte, which row, and then the value.
 */
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "index/query.h"
#include "index/store_sql.h"
#include "tools/index_run.h"
#include "tools/jsonl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

enum change { BYTES, BLOCK, SEGMENT, NAMES_OF_FILE, PATH, NCHANGES };

static const char *const statements[] = {
    [BLOCK] = "UPDATE packed_items SET block = ?1 WHERE file_id = 1 + ?2 % 3",
    [SEGMENT] = "UPDATE name_segments SET segment = ?1",
    [NAMES_OF_FILE] = "INSERT OR REPLACE INTO name_changes VALUES(1 + ?2 % 3, ?1)",
    [PATH] = "UPDATE files SET path = ?1 WHERE file_id = 1 + ?2 % 3",
};

static const char *const sources[][2] = {
    {"a.rs",
     "mod b;\npub(in crate::b) struct S<'a, T: Clone> where T: Copy { #[cfg(unix)] pub x: u8 }\n"
     "pub use crate::b::{self, c as d, e::*};\nimpl<T> Tr for S<'_, T> { fn f(&self) {} }\n"
     "pub enum E { A(u8), B { b: u16 }, C = 3 }\nextern \"C\" { static X: u8; fn g(); }\n"},
    {"b.rs",
     "pub trait Tr { type T; const C: u8 = 1; fn f(&self); }\nunion U { a: u8 }\n"
     "macro_rules! m { () => {} }\nm!{}\nstatic Y: u8 = 0;\ntype A = u8;\nextern crate core;\n"},
    {"c.rs", "fn broken( {\nfn f() { struct Inner; impl Inner { fn g() {} } }\n"},
};

static char folder[] = "/tmp/rustle-fuzz-store-XXXXXX";
static char db_path[64];
static unsigned char *sound;
static sqlite3_int64 sound_nbytes;

static void demand(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static void remove_folder(void)
{
    char path[64];
    unlink(db_path);
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, sources[i][0]);
        unlink(path);
    }
    rmdir(folder);
}

static void write_file(const char *path, const void *bytes, size_t nbytes)
{
    FILE *file = fopen(path, "wb");
    demand(file != NULL && fwrite(bytes, 1, nbytes, file) == nbytes && fclose(file) == 0,
           "no room for files");
}

static void make_sound(void)
{
    demand(mkdtemp(folder) != NULL && atexit(remove_folder) == 0, "no room for files");
    snprintf(db_path, sizeof db_path, "%s/db", folder);
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%s", folder, sources[i][0]);
        write_file(path, sources[i][1], strlen(sources[i][1]));
    }
    const struct rsl_index_options options = {.root = folder, .nthreads = 1, .quiet = true};
    struct rsl_store *store = rsl_index_in_memory(&options, true);
    demand(store != NULL, "no database");
    sound = sqlite3_serialize(rsl_store_connection(store), "main", &sound_nbytes, 0);
    demand(sound != NULL, "no database");
    rsl_store_close(store);
}

/* Writes the database as it is to be. */
static void make_changed(const uint8_t *data, size_t nbytes)
{
    const enum change change = nbytes > 0 ? data[0] % NCHANGES : BYTES;
    unsigned char *bytes = malloc((size_t)sound_nbytes);
    demand(bytes != NULL, "no memory");
    memcpy(bytes, sound, (size_t)sound_nbytes);
    for (size_t i = 1; change == BYTES && i + 4 <= nbytes; i += 4) {
        const size_t place = (size_t)data[i] << 16 | (size_t)data[i + 1] << 8 | data[i + 2];
        bytes[place % (size_t)sound_nbytes] = data[i + 3];
    }
    write_file(db_path, bytes, (size_t)sound_nbytes);
    free(bytes);
    if (change == BYTES)
        return;
    sqlite3 *db;
    sqlite3_stmt *statement;
    demand(sqlite3_open(db_path, &db) == SQLITE_OK, "cannot be opened");
    sqlite3_exec(db, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", NULL, NULL, NULL);
    demand(sqlite3_prepare_v2(db, statements[change], -1, &statement, NULL) == SQLITE_OK,
           "a table has another name now");
    sqlite3_bind_blob(statement, 1, nbytes > 2 ? data + 2 : data, nbytes > 2 ? (int)nbytes - 2 : 0,
                      SQLITE_STATIC);
    if (change != SEGMENT)
        sqlite3_bind_int(statement, 2, nbytes > 1 ? data[1] : 0);
    demand(sqlite3_step(statement) == SQLITE_DONE, "cannot be changed");
    sqlite3_finalize(statement);
    demand(sqlite3_close(db) == SQLITE_OK, "cannot be closed");
}

static void show_items(struct rsl_store *store, int64_t file_id, struct rsl_unpacked *unpacked)
{
    const enum rsl_status status = rsl_store_get_items(store, file_id, unpacked);
    demand(status == RSL_OK || status == RSL_EINVAL || status == RSL_EIO, "an odd status");
    struct rsl_text_buffer text = {0};
    struct rsl_pack_buffer name = {0};
    for (uint32_t i = 0; status == RSL_OK && i < unpacked->file.nitems; i++) {
        const struct rsl_item *item = &unpacked->file.items[i];
        demand(item->end <= unpacked->src_nbytes && item->start <= item->end,
               "an item outside of its source");
        demand(item->parent == RSL_NONE || item->parent < i, "an item before what it stands in");
        rsl_jsonl_put_item_of(&text, "a.rs", &unpacked->file, unpacked->src, i);
        name.nbytes = 0;
        demand(rsl_query_put_name(unpacked, i, &name), "no memory");
        text.nbytes = 0;
    }
    rsl_pack_buffer_fini(&name);
    rsl_text_buffer_fini(&text);
}

static void ask(struct rsl_store *store, const struct rsl_query *query,
                struct rsl_unpacked *unpacked)
{
    struct rsl_hits *hits;
    const enum rsl_status status = rsl_query_open(store, query, &hits);
    demand(status == RSL_OK || status == RSL_EIO || status == RSL_EINVAL, "an odd status");
    if (status != RSL_OK)
        return;
    struct rsl_pack_buffer path = {0};
    for (size_t i = 0; i < rsl_query_nhits(hits) && i < 20; i++) {
        const struct rsl_hit *hit = rsl_query_hit(hits, i);
        char cursor[4096];
        size_t sum = 0; /* every byte of the name can be read */
        for (size_t k = 0; k < hit->name_nbytes; k++)
            sum += (unsigned char)hit->name[k];
        demand(sum <= 255 * hit->name_nbytes, "cannot be");
        rsl_query_cursor(hit, cursor, sizeof cursor);
        const enum rsl_status found = rsl_store_get_path(store, hit->file_id, &path);
        demand(found == RSL_OK || found == RSL_EINVAL || found == RSL_EIO, "an odd status");
        if (i < 3)
            show_items(store, hit->file_id, unpacked);
    }
    rsl_pack_buffer_fini(&path);
    rsl_query_close(hits);
}

static void ask_sql(struct rsl_store *store, const char *sql)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(rsl_store_connection(store), sql, -1, &statement, NULL) != SQLITE_OK)
        return;
    for (int i = 0; i < 1000 && sqlite3_step(statement) == SQLITE_ROW; i++) {
        for (int column = 0; column < sqlite3_column_count(statement); column++)
            (void)sqlite3_column_text(statement, column);
    }
    sqlite3_finalize(statement);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    static const struct rsl_query queries[] = {
        {.text = "s"},
        {.text = "Inner", .mode = RSL_QUERY_EXACT},
        {.text = "", .mode = RSL_QUERY_PREFIX, .limit = 5},
        {.text = "^[a-f]", .mode = RSL_QUERY_REGEX},
        {.text = "Inner::g"},
        {.text = "a::S", .in = "a.rs"},
        {.text = "f", .crate = "b", .kinds = 1u << RSL_ITEM_FN},
    };
    if (sound == NULL)
        make_sound();
    make_changed(data, nbytes);
    enum rsl_store_state state;
    struct rsl_store *store = rsl_store_open(db_path, RSL_STORE_READ, NULL, &state);
    demand(store != NULL, "no memory");
    if (state == RSL_STORE_READY) {
        struct rsl_unpacked unpacked;
        rsl_unpacked_init(&unpacked, NULL);
        sqlite3_limit(rsl_store_connection(store), SQLITE_LIMIT_LENGTH, 1 << 20);
        for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
            ask(store, &queries[i], &unpacked);
        for (int64_t file_id = 0; file_id < 4; file_id++)
            show_items(store, file_id, &unpacked);
        rsl_unpacked_fini(&unpacked);
        if (rsl_store_add_tables(store) == RSL_OK) {
            ask_sql(store, "SELECT * FROM items");
            ask_sql(store, "SELECT * FROM items WHERE name = 'S'");
            ask_sql(store, "SELECT * FROM files JOIN deps ON file_id = from_file");
        }
    }
    rsl_store_close(store);
    return 0;
}
