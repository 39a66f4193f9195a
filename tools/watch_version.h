/* watch_version.h - what a file holds, as a watch keeps it, and what became of one. */
#ifndef RSL_TOOLS_WATCH_VERSION_H
#define RSL_TOOLS_WATCH_VERSION_H

#include "ds/arena.h"
#include "index/item_digest.h"
#include "sched/coordinator.h"
#include "tools/index_live.h"
#include "tools/text_buffer.h"

/* One version of a file. */
struct rsl_watch_version {
    const char *status; /* as in records: "ok", "error", "not-utf8", "io-error" */
    int error;          /* with "io-error": an errno */
    size_t nbytes;
    uint32_t nitems, nerrors;
    struct rsl_item_digest *digest;     /* NULL with "io-error", for SAME, and of a Cargo.toml */
    struct rsl_text_buffer diagnostics; /* what is wrong, for people */
    struct rsl_live_change *change; /* for the database, if there is one; NULL of a Cargo.toml */
    int64_t mtime_ns;               /* of a Cargo.toml */
};

void rsl_watch_version_destroy(struct rsl_watch_version *version);

/* What a worker reads and parses with, again for each file. */
struct rsl_version_reader {
    struct rsl_file_indexer indexer; /* with the file and its source */
    bool has_database;
    size_t root_nbytes; /* of a path, before its part below the root */
    struct rsl_digest_builder *builder;
    struct rsl_arena scratch;
};

/* `root`: of the tree that there is a database of; NULL: there is none. False without memory. */
bool rsl_version_reader_init(struct rsl_version_reader *reader, const char *root);
void rsl_version_reader_fini(struct rsl_version_reader *reader);

/* Whether the path is that of a Cargo.toml. */
bool rsl_version_is_manifest(const char *path);

/* Sets what the worker is to set of a result (coordinator.h); the payload is a version, or NULL for
 * MISSING, for SAME without a database, and where memory ran out, which is BROKEN. The fingerprint
 * is that of index/fingerprint.h, with a database the finer number for the links. */
void rsl_version_read(struct rsl_version_reader *reader, const char *path,
                      const struct rsl_file_version *known, struct rsl_file_result *result);

/* A change of a file, as one JSON object a line, or as lines for people. `event`: "created",
 * "modified", "removed". `from`: where it was moved from, or NULL. The version before, and after,
 * may be NULL: there was, or is, none. */
void rsl_watch_put_change(struct rsl_text_buffer *out, bool json, const char *event,
                          const char *path, const char *from,
                          const struct rsl_watch_version *before,
                          const struct rsl_watch_version *after);

#endif
