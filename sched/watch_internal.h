/* watch_internal.h - what the watcher's files share. All of it is used by one thread at a time.
 *
 * The picture is a tree of nodes, folders and files, each found by the folder above, its name, and
 * which of the two it is. A node of a file stands in `dirty` from when something points at it until
 * it has been looked at (check); one of a folder stands in `scans` until it has been read. Both
 * lists hold a node once. A folder that is gone is DEAD: it holds no watch and no rules, and stays
 * only until all of its files have been told to be gone.
 *
 * Watches belong to inodes. When a folder was moved, its new place, which is read because the
 * folder above had an event, gets the watch that the old one still has, and takes it away from
 * there; the old place is looked at anew. So an event always concerns the place last read, and
 * whatever happened before that was seen in reading.
 */
#ifndef RSL_SCHED_WATCH_INTERNAL_H
#define RSL_SCHED_WATCH_INTERNAL_H

#include <sys/types.h>

#include "sched/ignore_level.h"
#include "sched/overrides.h"
#include "sched/watch.h"

/* The system calls, so that tests can have them fail. Each as its manual page says. */
struct rsl_watch_calls {
    int (*init)(void *state, int flags);
    int (*add)(void *state, int fd, const char *path, uint32_t mask);
    int (*remove)(void *state, int fd, int wd);
    ssize_t (*read)(void *state, int fd, void *to, size_t nbytes);
    int (*has_events)(void *state, int fd); /* whether the file system of the folder tells events */
    void *state;
};

enum {
    RSL_WATCH_FOLDER = 1, /* else a file */
    RSL_WATCH_ROOT = 2,
    /* Files. */
    RSL_WATCH_KNOWN = 4,     /* the user was told that it is there */
    RSL_WATCH_WRITTEN = 8,   /* it may have other contents, with whatever size and time */
    RSL_WATCH_EXCLUDED = 16, /* it is there, and does not count */
    RSL_WATCH_RACY = 32,  /* may have been written after we looked without getting another time */
    RSL_WATCH_DIRTY = 64, /* in the list */
    /* Folders. */
    RSL_WATCH_DEAD = 256,
    RSL_WATCH_DEEP = 512,      /* when read, all folders below are to be read too */
    RSL_WATCH_SCANNING = 1024, /* in the list */
    RSL_WATCH_POLLED = 2048,   /* in the list */
    RSL_WATCH_MUTE = 4096,     /* its file system tells nothing */
    RSL_WATCH_ROBBED = 8192,   /* another place has got its watch */
    RSL_WATCH_GIT = 16384,     /* holds .git; in the list of those */
};

/* How often the roots are looked at while one is missing. */
#define RSL_WATCH_MISSING_NS UINT64_C(100000000)

/* Doubly linked, in no allocated memory. */
struct rsl_watch_link {
    struct rsl_watch_link *next, *previous;
};

struct rsl_watch_root {
    char *path;         /* to be opened: as given, or the folder of a root that is a file */
    size_t path_nbytes; /* without NUL */
    char *prefix;       /* before the names in paths */
    size_t prefix_nbytes;
    size_t glob_off; /* where what globs are matched against begins in a path */
    char *real;      /* absolute, ends with a slash */
    size_t real_nbytes;
    bool only; /* a file: the only name that counts is the part of `given` behind the prefix */
    char *given;
    struct rsl_ignore_level *above; /* of the folders above; held */
    uint64_t signature;             /* of the ignore files there */
    struct rsl_watch_node *node;
};

struct rsl_watch_node {
    struct rsl_watch_node *parent; /* NULL: a root */
    struct rsl_watch_node *hash_next;
    struct rsl_watch_node *next, *previous; /* those with the same parent */
    uint32_t hash;
    uint32_t flags;
    uint32_t seen; /* the last scan of the parent that found it */
    uint32_t name_nbytes;
    uint64_t inode;
    union {
        struct {
            struct rsl_watch_link by_last, by_first; /* in the lists of dirty files */
            uint64_t last_ns, first_ns;              /* something pointed at it */
            int64_t nbytes, mtime_ns;                /* as the user was told */
            uint32_t mode;
            char *from; /* where it was moved from; strlen + 1 bytes */
        } file;
        struct {
            struct rsl_watch_node *first_child;
            struct rsl_watch_node *wd_next;
            struct rsl_watch_root *root; /* of a root */
            struct rsl_watch_link scan, poll, git;
            struct rsl_ignore_level *level; /* held */
            uint64_t device;
            uint64_t signature; /* of info/exclude, if GIT */
            int wd;
            char *from; /* as of a file, with when that was */
            uint64_t from_ns;
        } folder;
    } as;
    char name[]; /* with its NUL */
};

struct rsl_watch_buffer {
    char *bytes;
    size_t capacity;
};

enum {
    RSL_WATCH_EVENTS_NBYTES = 1 << 16,
    RSL_WATCH_MAX_NAME = 1024, /* more than a directory entry's name can have */
};

struct rsl_watch {
    struct rsl_watch_options options;
    struct rsl_watch_calls calls;
    const struct rsl_allocator *allocator;
    struct rsl_ignore_context ignore;
    struct rsl_overrides overrides;
    size_t suffix_nbytes;
    int fd;
    struct rsl_watch_root *roots;
    size_t nroots;

    struct rsl_watch_node **by_name, **by_wd; /* hash tables, of nbuckets each, a power of two */
    size_t nbuckets, nnodes;

    struct rsl_watch_link by_last,
        by_first;                 /* dirty files; the one longest quiet, or dirty, first */
    struct rsl_watch_link scans;  /* folders to be read */
    struct rsl_watch_link polled; /* folders to be read from time to time */
    struct rsl_watch_link gits;   /* folders with .git */
    uint32_t scan_number;
    uint64_t now_ns;
    uint64_t next_poll_ns, next_check_ns; /* of what is polled; of the roots */
    uint64_t excludes_signature;
    bool lost;     /* something happened of which we were not told */
    bool started;  /* all that there was has been seen */
    bool no_watch; /* there was none left, in this poll */
    bool told_enospc;
    bool is_polling; /* what is polled is being read */
    uint64_t poll_began_ns;

    /* The last IN_MOVED_FROM. */
    uint32_t cookie;
    struct rsl_watch_buffer moved_from; /* its path, with NUL */
    bool moved_was_known;

    struct rsl_watch_buffer path, real, dents, contents;
    char *from_told; /* of the change that next gave last */
    struct rsl_watch_stats stats;
    _Alignas(8) char events[RSL_WATCH_EVENTS_NBYTES];
};

#define RSL_WATCH_OF(link, member) \
    ((struct rsl_watch_node *)(void *)((char *)(link)-offsetof(struct rsl_watch_node, member)))

static inline void rsl_watch_list_init(struct rsl_watch_link *list)
{
    list->next = list->previous = list;
}

static inline bool rsl_watch_list_is_empty(const struct rsl_watch_link *list)
{
    return list->next == list;
}

static inline void rsl_watch_list_append(struct rsl_watch_link *list, struct rsl_watch_link *link)
{
    link->next = list;
    link->previous = list->previous;
    list->previous->next = link;
    list->previous = link;
}

static inline void rsl_watch_list_remove(struct rsl_watch_link *link)
{
    link->previous->next = link->next;
    link->next->previous = link->previous;
}

/* ---- watch.c */

/* rsl_watch_create with system calls of a test. */
enum rsl_status rsl_watch_create_with(const char *const *roots, size_t nroots,
                                      const struct rsl_watch_options *options,
                                      const struct rsl_watch_calls *calls,
                                      struct rsl_watch **watch_out);

void rsl_watch_report(const struct rsl_watch *watch, const char *path, int error);

/* Marks a file as to be looked at. `why`: RSL_WATCH_WRITTEN or 0. */
void rsl_watch_mark(struct rsl_watch *watch, struct rsl_watch_node *file, uint32_t why);

/* ---- watch_calls.c: the calls as they are */

extern const struct rsl_watch_calls rsl_watch_real_calls;

/* ---- watch_tree.c */

bool rsl_watch_reserve(struct rsl_watch *watch, struct rsl_watch_buffer *buffer, size_t nbytes);

/* A copy with NUL; NULL without memory. To be freed by rsl_watch_free_text. */
char *rsl_watch_copy_text(const struct rsl_watch *watch, const char *text, size_t nbytes);
void rsl_watch_free_text(const struct rsl_watch *watch, char *text);

/* The node of that name and kind, or NULL. `kind`: RSL_WATCH_FOLDER or 0. */
struct rsl_watch_node *rsl_watch_find(const struct rsl_watch *watch,
                                      const struct rsl_watch_node *folder, const char *name,
                                      size_t name_nbytes, uint32_t kind);
/* The same; makes it if there is none. NULL without memory. */
struct rsl_watch_node *rsl_watch_get(struct rsl_watch *watch, struct rsl_watch_node *folder,
                                     const char *name, size_t name_nbytes, uint32_t kind);
/* Takes a node without children out of the tree and all lists. */
void rsl_watch_free_node(struct rsl_watch *watch, struct rsl_watch_node *node);
/* The same of a file, and of the dead folders above that were only there for it. */
void rsl_watch_forget_file(struct rsl_watch *watch, struct rsl_watch_node *file);
/* Frees all nodes. */
void rsl_watch_free_tree(struct rsl_watch *watch);

/* The node behind `node` in its tree below `top`, a folder before what is in it; NULL: the last. */
struct rsl_watch_node *rsl_watch_next_below(const struct rsl_watch_node *top,
                                            struct rsl_watch_node *node);

struct rsl_watch_root *rsl_watch_root_of(const struct rsl_watch_node *node);

/* Puts the node's path into the buffer, and behind a folder's a slash, and leaves room for a name.
 * `real`: the absolute one, instead of as shown. False without memory. */
bool rsl_watch_put_path(struct rsl_watch *watch, const struct rsl_watch_node *node, bool real,
                        struct rsl_watch_buffer *buffer, size_t *nbytes_out);

void rsl_watch_set_wd(struct rsl_watch *watch, struct rsl_watch_node *folder, int wd);
struct rsl_watch_node *rsl_watch_find_wd(const struct rsl_watch *watch, int wd);
void rsl_watch_clear_wd(struct rsl_watch *watch, struct rsl_watch_node *folder);

/* ---- watch_scan.c */

/* Has the folder read soon. `deep`: and all below it. */
void rsl_watch_queue_scan(struct rsl_watch *watch, struct rsl_watch_node *folder, bool deep);
/* Reads the folder that has waited longest. */
void rsl_watch_scan_one(struct rsl_watch *watch);
/* The paths of a folder, in watch->path and watch->real. */
struct rsl_watch_place {
    struct rsl_watch_node *folder;
    size_t path_nbytes, real_nbytes;
};
/* False without memory. */
bool rsl_watch_enter(struct rsl_watch *watch, struct rsl_watch_node *folder,
                     struct rsl_watch_place *place_out);
/* Whether files of that name may count. */
bool rsl_watch_is_wanted(const struct rsl_watch *watch, const char *name, size_t name_nbytes);
/* Whether an entry of the folder counts, after globs, rules and the dot at its beginning. Its name
 * is behind the paths of the folder then. */
bool rsl_watch_accepts(struct rsl_watch *watch, const struct rsl_watch_place *place,
                       const char *name, size_t name_nbytes, bool is_dir);
/* The folder is not there any more, or does not count. */
void rsl_watch_folder_gone(struct rsl_watch *watch, struct rsl_watch_node *folder);
void rsl_watch_set_polled(struct rsl_watch *watch, struct rsl_watch_node *folder, bool polled);

/* ---- watch_events.c */

/* Takes in what the kernel tells, a bounded part. */
void rsl_watch_read_events(struct rsl_watch *watch);

/* ---- watch_roots.c */

enum rsl_status rsl_watch_add_root(struct rsl_watch *watch, struct rsl_watch_root *root,
                                   const char *given);
void rsl_watch_root_fini(struct rsl_watch *watch, struct rsl_watch_root *root);
/* Looks whether the root is what it was, and the ignore files outside of what is watched are. */
void rsl_watch_check_root(struct rsl_watch *watch, struct rsl_watch_root *root);
/* What tells one state of info/exclude from another, in a folder with .git. */
uint64_t rsl_watch_exclude_signature(int fd);
/* The same of what concerns all: the user's excludes, and info/exclude below the roots. */
void rsl_watch_check_excludes(struct rsl_watch *watch);

/* ---- watch_check.c */

/* Looks at a dirty file, which is none any more then. Returns whether there is something to tell.
 */
bool rsl_watch_check_file(struct rsl_watch *watch, struct rsl_watch_node *file,
                          struct rsl_watch_change *change_out);

#endif
