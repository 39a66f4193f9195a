/* store_sqlite.h - SQLite, called directly or, in the loadable extension, through the table of
 * functions that the program hands it. */
#ifndef RSL_INDEX_STORE_SQLITE_H
#define RSL_INDEX_STORE_SQLITE_H

#ifdef RSL_SQLITE_EXTENSION
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT3
#else
#include <sqlite3.h>
#endif

#endif
