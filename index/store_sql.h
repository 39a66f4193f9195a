/* store_sql.h - the packed tables of a database, as tables of SQL.
 *
 * items(file_id, item_id, parent_id, kind, name, vis, ctx, start, head, name_at, body, end, line,
 *       column, attrs, flags, abi, generics, params, shape, members, item_path, cfg, delim,
 *       trait, self_ty)
 *     One row an item; the columns are the keys of item records, NULL where a key is left out;
 *     n is called members here, and path item_path, since files have a path too.
 *     parent_id is NULL at file level. flags and cfg are lists with a comma and a space between.
 *     With file_id = or name = in a query only those items are looked at.
 *
 * The same comes as a loadable extension, rustle.so, for other programs: .load rustle */
#ifndef RSL_INDEX_STORE_SQL_H
#define RSL_INDEX_STORE_SQL_H

#include "ds/ds.h"
#include "index/store.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Gives the store's connection the tables. RSL_OK, RSL_EIO or RSL_ENOMEM. */
enum rsl_status rsl_store_add_tables(struct rsl_store *store);

#ifdef __cplusplus
}
#endif

#endif
