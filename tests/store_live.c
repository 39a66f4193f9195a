/* store_live ROOT DATABASE: keeps a database by what standard input says, a command a line: a path
 * belongs to the next batch, `update` brings what is there now into the database. Answers that with
 * a line: ok or failed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/live_testing.h"
#include "tools/index_tree.h"
#include "tools/path_list.h"

static bool is_source(const char *path)
{
    const size_t n = strlen(path);
    return n > 3 && strcmp(path + n - 3, ".rs") == 0;
}

static int update(struct rsl_live_index *live, struct rsl_file_indexer *indexer, const char *root,
                  const struct rsl_path_list *paths)
{
    struct rsl_live_batch batch = {0};
    struct rsl_live_change **end = &batch.changes;
    bool good = true;
    for (size_t i = 0; i < paths->npaths && good; i++) {
        const char *path = rsl_path_list_get(paths, i);
        if (!is_source(path)) {
            batch.manifests_changed = true; /* and the number 0: not known */
            continue;
        }
        *end = live_look(indexer, path, rsl_index_root_nbytes(root));
        good = *end != NULL;
        if (good)
            end = &(*end)->next;
    }
    const int result = good ? rsl_live_index_write(live, &batch) : -1;
    live_forget_changes(&batch);
    return result;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    const struct rsl_index_options options = {
        .root = argv[1], .db_path = argv[2], .nthreads = 2, .quiet = true};
    struct rsl_index_totals totals;
    struct rsl_file_indexer indexer;
    bool told = false;
    const int lock = rsl_index_try_lock(&options, &told);
    if (lock < 0 || live_indexer_init(&indexer) != RSL_OK)
        return 2;
    struct rsl_live_index *live = rsl_live_index_open(&options, lock, &totals);
    if (live == NULL)
        return 2;
    struct rsl_path_list batch = {0};
    char *line = NULL;
    size_t capacity = 0;
    for (ssize_t n; (n = getline(&line, &capacity, stdin)) > 0;) {
        line[n - 1] = '\0';
        if (strcmp(line, "update") != 0) {
            if (rsl_path_list_add(&batch, line) != 0)
                break;
            continue;
        }
        puts(update(live, &indexer, argv[1], &batch) == 0 ? "ok" : "failed");
        fflush(stdout);
        rsl_path_list_fini(&batch);
    }
    free(line);
    rsl_path_list_fini(&batch);
    rsl_live_index_close(live);
    rsl_file_indexer_fini(&indexer);
    return 0;
}
