/* store_table.h - the parts of the table items. */
#ifndef RSL_INDEX_STORE_TABLE_H
#define RSL_INDEX_STORE_TABLE_H

#include "index/pack.h"
#include "index/store_sqlite.h"

enum rsl_column {
#define X(suffix, name, type) RSL_COLUMN_##suffix,
#include "index/store_columns.def"
#undef X
};

/* Sets the value of a column of an item. `text` is memory for it, used again. Returns a code of
 * SQLite. */
int rsl_store_give_column(sqlite3_context *context, int column, const struct rsl_unpacked *unpacked,
                          int64_t file_id, uint32_t item_id, struct rsl_pack_buffer *text);

/* Gives a connection the tables. Returns a code of SQLite. */
int rsl_store_add_modules(sqlite3 *db);

#endif
