/* query_internal.h - what the parts of the query share. */
#ifndef RSL_INDEX_QUERY_INTERNAL_H
#define RSL_INDEX_QUERY_INTERNAL_H

#include "index/query.h"

/* What the items must stand in. */
struct query_container {
    const char *text; /* before the last ::, nbytes of it; 0: anything will do */
    size_t nbytes;
    bool case_sensitive;
    int64_t file_id; /* that is unpacked; 0: none */
    struct rsl_unpacked unpacked;
    struct rsl_pack_buffer path;
};

/* Where the last name begins in the text [0, nbytes) of a path with ::. *rest_out: the bytes of
 * what is before it, and its ::. */
size_t rsl_query_last_name(const char *text, size_t nbytes, size_t *rest_out);

/* Whether the item stands in the container. Ask for the items of a file in a row. */
enum rsl_status rsl_query_stands_in(struct rsl_store *store, struct query_container *container,
                                    int64_t file_id, uint32_t item_id, bool *result_out);

/* Whether the file is of a version that the query wants: by `version`, `newest` and `no_yanked`. */
enum rsl_status rsl_query_is_of_version(struct rsl_store *store, const struct rsl_query *query,
                                        int64_t file_id, bool *result_out);

#endif
