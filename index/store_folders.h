/* store_folders.h - whether the files of a folder are as the database has them, told without a look
 * at their rows.
 *
 * The stamp of a folder is the sum, modulo 2^64, of a hash of the name, size and time of each of
 * the files that it holds itself, not those of folders below. So files may come in any order, and
 * whoever walks the tree finds out with one number a folder what has changed. Folders go by a hash
 * of their path.
 *
 *     folder_stamps(id, stamps)   one row: for each folder, in the order of their hashes, the hash
 *                                 and the stamp, 8 bytes each, the lowest first
 *     folder_stale(folder)        hashes of folders of which a row has been written since
 * A folder that holds a file whose time is not to be trusted has the stamp 0, which equals none. */
#ifndef RSL_INDEX_STORE_FOLDERS_H
#define RSL_INDEX_STORE_FOLDERS_H

#include "index/store.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rsl_folder_stamp {
    uint64_t folder; /* 0 in a free slot */
    uint64_t sum;
    bool is_known; /* to the database, and still so */
    bool is_there; /* to be kept by rsl_store_put_folders() */
    bool no_trust; /* never equal to anything */
};

/* A table of them; all zero is empty. One thread at a time, but many may find. */
struct rsl_folder_stamps {
    struct rsl_folder_stamp *slots;
    size_t n, nslots; /* a power of 2, at most half of them used */
};

void rsl_folder_stamps_fini(struct rsl_folder_stamps *stamps);

/* The hash of a folder, whose path from the root is path[0..nbytes), with its slash, or nothing for
 * the root; never 0. */
uint64_t rsl_folder_hash(const char *path, size_t nbytes);

/* The bytes of the path of the folder that a file lies in, with the slash behind it; 0 in the
 * root. */
size_t rsl_folder_nbytes(const char *path, size_t nbytes);

/* What a file adds to the stamp of its folder. */
uint64_t rsl_folder_term(const char *name, size_t name_nbytes, int64_t nbytes, int64_t mtime_ns);

/* NULL if it is not there. */
struct rsl_folder_stamp *rsl_folder_stamps_find(const struct rsl_folder_stamps *stamps,
                                                uint64_t folder);

/* Adds it if need be. NULL if there is no memory. */
struct rsl_folder_stamp *rsl_folder_stamps_at(struct rsl_folder_stamps *stamps, uint64_t folder);

/* Adds the file at `path`, from the root, to its folder, which is there then. False if there is no
 * memory. */
bool rsl_folder_stamps_add(struct rsl_folder_stamps *stamps, const char *path, size_t path_nbytes,
                           int64_t nbytes, int64_t mtime_ns);

/* Reads those of the database, stale ones without trust. RSL_OK, RSL_ENOMEM or RSL_EIO. */
enum rsl_status rsl_store_get_folders(struct rsl_store *store, struct rsl_folder_stamps *stamps);

/* Writes those that are there, in the place of all others, and nothing if they are what the
 * database has. In a transaction. Statuses as above. */
enum rsl_status rsl_store_put_folders(struct rsl_store *store,
                                      const struct rsl_folder_stamps *stamps);

/* Calls `each` for every file that a folder holds itself; false ends it. path[0..path_nbytes): of
 * the folder, from the root, with a slash at its end, but nothing for the root. O(files and folders
 * in it), whatever is below these. Statuses as above. */
enum rsl_status
rsl_store_each_file_in(struct rsl_store *store, const char *path, size_t path_nbytes,
                       bool (*each)(void *context, const struct rsl_store_stamp *file),
                       void *context);

#ifdef __cplusplus
}
#endif

#endif
