/* index_file.h - one source file after the other to rows of the database; what a thread of
 * `rustle index` does. */
#ifndef RSL_TOOLS_INDEX_FILE_H
#define RSL_TOOLS_INDEX_FILE_H

#include "index/facts.h"
#include "index/names.h"
#include "index/pack_names.h"
#include "index/store.h"
#include "tools/read_file.h"

/* A file to be looked at. */
struct rsl_index_entry {
    const char *path;  /* to open */
    const char *shown; /* in the database: a part of `path` */
    int64_t file_id;   /* in the database, 0 if it is not there yet */
    int64_t old_nbytes, old_links;
    uint8_t old_hash[16];
};

/* What became of it. Offsets are into the bytes of the batch. */
struct rsl_index_row {
    struct rsl_store_file file;
    size_t block_off, block_nbytes;
    size_t errors_off; /* file.nerrors of struct rsl_store_error */
    size_t names_off, names_nbytes;
    struct rsl_file_facts *facts; /* if they are kept, the receiver's to destroy; or NULL */
    struct rsl_file_names *names;
    int64_t old_links;
    bool is_gone;      /* there is no such file any more */
    bool is_unchanged; /* its content is the old one; only file.mtime_ns is new */
};

enum rsl_index_work {
    RSL_INDEX_ALL,     /* into a new database: file_ids are known, names go into segments later */
    RSL_INDEX_CHANGED, /* names as a segment of the file's own; nothing of a file that is the same
                        */
    RSL_INDEX_LINKS,   /* nothing but facts and names */
};

/* Reused from file to file. One thread at a time. */
struct rsl_file_indexer {
    enum rsl_index_work work;
    bool keeps_facts; /* in the rows */
    struct rsl_file file;
    struct rsl_source_buffer source;
    const uint8_t *src; /* what is being indexed: `source`, or the member of an archive */
    size_t src_nbytes;
    struct rsl_names *names; /* of all files for RSL_INDEX_ALL, else of the last */
    struct rsl_facts_builder *facts_builder;
    struct rsl_names_builder *names_builder;
    struct rsl_pack_buffer bytes; /* what the files have given; to be taken over by the user */
};

/* Returns RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_file_indexer_init(struct rsl_file_indexer *indexer);
void rsl_file_indexer_fini(struct rsl_file_indexer *indexer);

/* Reads and parses the file, and writes its row. A file that cannot be read has one too. RSL_OK or
 * RSL_ENOMEM. */
enum rsl_status rsl_file_indexer_index(struct rsl_file_indexer *indexer,
                                       const struct rsl_index_entry *entry,
                                       struct rsl_index_row *row_out);

/* The same by somebody who reads files himself: begins a row for the file that is shown as `shown`,
 * which is borrowed; */
void rsl_index_row_init(struct rsl_index_row *row, const char *shown);
/* it cannot be read, with that errno; */
void rsl_index_row_set_unreadable(struct rsl_index_row *row, int error);
/* or has been read into indexer->source, which was begun at read_ns since 1970, and parsed into
 * indexer->file, of which the items are dropped if it is not UTF-8. RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_file_indexer_finish(struct rsl_file_indexer *indexer, int64_t read_ns,
                                        struct rsl_index_row *row);
/* Likewise the member src[0..nbytes) of an archive, RSL_PAD zero bytes behind it. `row`: all zero
 * but the file's number and path, which go with it. RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_file_indexer_index_member(struct rsl_file_indexer *indexer, const uint8_t *src,
                                              size_t nbytes, struct rsl_index_row *row);

/* The hash of a content as it is in the database. */
void rsl_index_hash(const uint8_t *bytes, size_t nbytes, uint8_t hash_out[16]);

/* The time of modification to write down, of something read at a time: negative if it may change
 * without another. */
int64_t rsl_index_trusted_time(int64_t mtime_ns, int64_t read_ns);

/* Releases what the row owns. */
void rsl_index_row_fini(struct rsl_index_row *row);

/* Whether something with this time may change again without another. */
bool rsl_index_is_fresh(int64_t mtime_ns);

/* Whether the path, from the root of the tree, is that of somebody else's code in this tree. */
bool rsl_index_is_vendored(const char *path);

#endif
