/* storm.h - a tree of files, and somebody who changes it as fast as he can. */
#ifndef RSL_TESTS_STORM_H
#define RSL_TESTS_STORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct storm_options {
    const char *root;    /* the tree; made by storm_make_tree */
    const char *outside; /* a folder beside it, on the same file system */
    uint64_t seed;
    unsigned nfiles;
    unsigned duration_ms;
};

/* Makes the tree in a folder that exists: a git repository to the eye, with rules that exclude some
 * of it. Returns whether all went well. */
bool storm_make_tree(const struct storm_options *options);

/* Changes it until the time is over: creates, edits, appends, replaces, renames and removes files;
 * makes, renames, removes folders, and moves them out of the tree and back in; changes .gitignore
 * files. What it does follows from the seed, but for when it ends. Returns how many changes. */
uint64_t storm_run(const struct storm_options *options);

/* Removes a folder and all in it. */
void storm_remove(const char *path);

#endif
