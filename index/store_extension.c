/* The entry of the loadable extension, whose name SQLite makes of the file's: rustle.so. */
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1

#include "index/store_table.h"

__attribute__((visibility("default"))) int sqlite3_rustle_init(sqlite3 *db, char **error_out,
                                                               const sqlite3_api_routines *api);

int sqlite3_rustle_init(sqlite3 *db, char **error_out, const sqlite3_api_routines *api)
{
    (void)error_out;
    SQLITE_EXTENSION_INIT2(api);
    return rsl_store_add_modules(db);
}
