/* query.h - the items of a database, by name.
 *
 * A name matches in the first of these ways that it does, and those before come first:
 *     exact, prefix, initials (the query is made of beginnings of the name's first words, one after
 *     the other: HaMa, hm and hmap are for HashMap and hash_map; a capital behind a small letter
 *     begins a word), substring.
 * Then public items come before others, the tree's own before vendored ones, names in their order
 * (pack_names.h), and the rest as files and items follow each other in the database.
 *
 * A query with :: asks for what stands in something: all before the last :: must be, in a row, the
 * last of the folders, modules, types and so on that an item stands in, or those in its file and
 * before them the last of the file's path from a crate (store_graph.h). Names before :: must be
 * exact, that behind it exact or a prefix.
 *
 *     enum rsl_store_state state;
 *     struct rsl_store *store = rsl_store_open(".rustle/index.db", RSL_STORE_READ, NULL, &state);
 *     if (store != NULL && state == RSL_STORE_READY) {
 *         const struct rsl_query query = {.text = "HaMa", .limit = 100};
 *         struct rsl_hits *hits;
 *         if (rsl_query_open(store, &query, &hits) == RSL_OK) {
 *             for (size_t i = 0; i < rsl_query_nhits(hits); i++)
 *                 look_at(rsl_query_hit(hits, i));
 *             if (rsl_query_has_more(hits)) // the next page: a cursor of the last hit, as .after
 *                 rsl_query_cursor(rsl_query_hit(hits, rsl_query_nhits(hits) - 1), cursor, n);
 *             rsl_query_close(hits);
 *         }
 *     }
 *     rsl_store_close(store);
 *
 * A store and its hits are for one thread at a time. Any number of stores, in any number of threads
 * and processes, may read a database while one writes it; a query sees one commit. */
#ifndef RSL_INDEX_QUERY_H
#define RSL_INDEX_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ds/ds.h"
#include "index/pack.h"
#include "index/store.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rsl_query_mode {
    RSL_QUERY_RANKED, /* all ways */
    RSL_QUERY_EXACT,
    RSL_QUERY_PREFIX,
    RSL_QUERY_REGEX, /* an extended regular expression of POSIX that matches somewhere */
};

enum rsl_query_match {
    RSL_MATCH_EXACT,
    RSL_MATCH_PREFIX,
    RSL_MATCH_INITIALS,
    RSL_MATCH_SUBSTRING,
    RSL_MATCH_NONE,
};

/* The kinds that are found if none are asked for: all but uses and impls, which only repeat the
 * names of others. */
#define RSL_QUERY_KINDS \
    (((1u << RSL_ITEM_KIND_COUNT) - 1) & ~(1u << RSL_ITEM_USE_LEAF) & ~(1u << RSL_ITEM_IMPL))

/* All is borrowed until the query is closed. All zero finds everything. */
struct rsl_query {
    const char *text; /* NULL or empty: any name */
    enum rsl_query_mode mode;
    bool case_sensitive; /* else ASCII letters match without case */
    bool newest;         /* of archives, only the newest version of each package */
    bool no_yanked;      /* of archives, none that is known to be yanked */
    uint32_t kinds;      /* bits by enum rsl_item_kind; 0: RSL_QUERY_KINDS */
    uint32_t vis;        /* bits by enum rsl_visibility; 0: any */
    const char *in;      /* only files at or below this path, seen from the tree's root */
    const char *crate;   /* only files of crates of that name or of the package of that name, of
                            which store_graph.h tells; - and _ are one */
    const char *version; /* only files of packages of this version; 1 and 1.2 are those of 1.2.3 */
    size_t limit;        /* at most so many hits; 0: all */
    const char *after;   /* a cursor: only hits behind that */
};

/* One item found. */
struct rsl_hit {
    int64_t file_id;
    uint32_t item_id;
    uint8_t kind, vis, match;
    bool vendored;
    const char *name; /* no NUL behind it; good until the query is closed */
    size_t name_nbytes;
};

/* The hits of a query. */
struct rsl_hits;

/* Finds. RSL_OK, and then *hits_out is to be closed; RSL_EINVAL: a bad regular expression or
 * cursor; RSL_EIO: see rsl_store_message; RSL_ENOMEM. Exact, prefix and path queries take the time
 * of what they find, others that of all names. */
enum rsl_status rsl_query_open(struct rsl_store *store, const struct rsl_query *query,
                               struct rsl_hits **hits_out);
/* NULL is allowed. */
void rsl_query_close(struct rsl_hits *hits);

size_t rsl_query_nhits(const struct rsl_hits *hits);
/* The i-th, i < nhits. */
const struct rsl_hit *rsl_query_hit(const struct rsl_hits *hits, size_t i);
/* Whether the limit kept hits back. */
bool rsl_query_has_more(const struct rsl_hits *hits);

/* A cursor that stands for a hit, for `after` of the same query: text without spaces. Returns its
 * bytes without the NUL, and writes at most `capacity` with it. */
size_t rsl_query_cursor(const struct rsl_hit *hit, char *buffer, size_t capacity);

/* ---- looking at what was found */

/* The path of a file, with a NUL, in place of what `out` held. RSL_OK, RSL_EINVAL if there is no
 * such file, or RSL_EIO, RSL_ENOMEM. */
enum rsl_status rsl_store_get_path(struct rsl_store *store, int64_t file_id,
                                   struct rsl_pack_buffer *out);

/* The items of a file. RSL_OK, RSL_EINVAL if there is no such file, or RSL_EIO, RSL_ENOMEM. */
enum rsl_status rsl_store_get_items(struct rsl_store *store, int64_t file_id,
                                    struct rsl_unpacked *out);

/* Appends what item `i` stands in inside its file and its name, a::b::c, an impl being its type.
 * False for want of memory. */
bool rsl_query_put_name(const struct rsl_unpacked *unpacked, uint32_t i,
                        struct rsl_pack_buffer *out);

/* ---- the rules, for whoever must keep to them */

/* How `name` matches the query's text, without regard to ::. Not for RSL_QUERY_REGEX. */
enum rsl_query_match rsl_query_match_name(const struct rsl_query *query, const uint8_t *name,
                                          size_t nbytes);

#ifdef __cplusplus
}
#endif

#endif
