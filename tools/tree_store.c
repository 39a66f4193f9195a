#include "tools/tree_store.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sched/git_excludes.h"
#include "tools/db_path.h"
#include "tools/index_run.h"
#include "tools/report.h"
#include "tools/threads.h"

static struct rsl_store *make_in_memory(bool with_graph)
{
    char *excludes_path = NULL;
    if (rsl_git_excludes_path(getenv("HOME"), getenv("XDG_CONFIG_HOME"), &rsl_allocator_default,
                              &excludes_path) != RSL_OK) {
        rsl_report("%s", strerror(ENOMEM));
        return NULL;
    }
    const struct rsl_index_options options = {
        .root = ".",
        .excludes_path = excludes_path,
        .nthreads = rsl_default_threads(),
    };
    struct rsl_store *store = rsl_index_in_memory(&options, with_graph);
    free(excludes_path);
    return store;
}

static const char *describe(enum rsl_store_state state, const struct rsl_store *store)
{
    switch (state) {
    case RSL_STORE_MISSING: return "no such database";
    case RSL_STORE_FOREIGN: return "no database of rustle";
    case RSL_STORE_OTHER_VERSION: return "of another version of rustle; rustle index makes it anew";
    case RSL_STORE_CORRUPT: return "damaged; rustle index makes it anew";
    default: return rsl_store_message(store);
    }
}

/* The working folder, seen from the root, which is it or above it. */
static char *seen_from_root(const char *root)
{
    char *top = realpath(root, NULL), *here = realpath(".", NULL), *inside = NULL;
    if (top != NULL && here != NULL) {
        const size_t n = strcmp(top, "/") == 0 ? 0 : strlen(top);
        if (strncmp(here, top, n) != 0 || here[n] != '/' || here[n + 1] == '\0')
            inside = strdup("");
        else if (asprintf(&inside, "%s/", here + n + 1) < 0)
            inside = NULL;
    }
    free(top);
    free(here);
    return inside;
}

int rsl_tree_store_open(struct rsl_tree_store *tree, const char *db_path, bool with_graph)
{
    *tree = (struct rsl_tree_store){0};
    char *nearest = NULL;
    if (db_path == NULL)
        db_path = nearest = rsl_db_path_nearest(&tree->root);
    if (db_path != NULL) {
        enum rsl_store_state state;
        tree->store = rsl_store_open(db_path, RSL_STORE_READ, NULL, &state);
        if (tree->store == NULL) {
            rsl_report("%s", strerror(ENOMEM));
        } else if (state != RSL_STORE_READY) {
            rsl_report("%s: %s", db_path, describe(state, tree->store));
            rsl_store_close(tree->store);
            tree->store = NULL;
        }
    } else {
        tree->root = strdup(".");
        tree->store = make_in_memory(with_graph);
    }
    free(nearest);
    if (tree->store != NULL && tree->root != NULL)
        tree->inside = seen_from_root(tree->root);
    if (tree->store != NULL && (tree->root == NULL || tree->inside != NULL))
        return 0;
    if (tree->store != NULL)
        rsl_report("%s", strerror(ENOMEM));
    rsl_tree_store_close(tree);
    return -1;
}

void rsl_tree_store_close(struct rsl_tree_store *tree)
{
    rsl_store_close(tree->store);
    free(tree->root);
    free(tree->inside);
    *tree = (struct rsl_tree_store){0};
}

const char *rsl_tree_store_reason(const struct rsl_tree_store *tree, enum rsl_status status)
{
    const char *message = rsl_store_message(tree->store);
    return status == RSL_ENOMEM ? strerror(ENOMEM)
           : *message != '\0'   ? message
                                : describe(RSL_STORE_CORRUPT, tree->store);
}

char *rsl_tree_store_show(const struct rsl_tree_store *tree, const char *path)
{
    char *shown = NULL;
    if (tree->root == NULL || strcmp(tree->root, ".") == 0)
        return strdup(path);
    const size_t n = strlen(tree->inside);
    if (strncmp(path, tree->inside, n) == 0)
        return strdup(path + n);
    return asprintf(&shown, "%s/%s", tree->root, path) < 0 ? NULL : shown;
}

/* Takes out of a path what is `.`, `..` and a slash too many. False if it leads out. */
static bool simplify(char *path)
{
    size_t nbytes = 0;
    for (char *at = path; *at != '\0';) {
        const size_t n = strcspn(at, "/");
        if (n == 2 && at[0] == '.' && at[1] == '.') {
            if (nbytes == 0)
                return false;
            while (nbytes > 0 && path[nbytes - 1] != '/')
                nbytes--;
            nbytes -= nbytes > 0;
        } else if (n > 0 && !(n == 1 && at[0] == '.')) {
            if (nbytes > 0)
                path[nbytes++] = '/';
            memmove(path + nbytes, at, n);
            nbytes += n;
        }
        at += n;
        at += *at == '/';
    }
    path[nbytes] = '\0';
    return true;
}

char *rsl_tree_store_find(const struct rsl_tree_store *tree, const char *path)
{
    char *found = NULL;
    if (tree->root == NULL) {
        found = strdup(path);
    } else if (path[0] == '/') {
        char *top = realpath(tree->root, NULL);
        const size_t n = top == NULL || strcmp(top, "/") == 0 ? 0 : strlen(top);
        if (top != NULL && strncmp(path, top, n) == 0 && (path[n] == '/' || path[n] == '\0'))
            found = strdup(path + n);
        free(top);
    } else if (asprintf(&found, "%s%s", tree->inside, path) < 0) {
        found = NULL;
    }
    if (found != NULL && simplify(found))
        return found;
    free(found);
    return NULL;
}
