/* store_live ROOT DATABASE: keeps a database by what standard input says, a command a line: a path
 * belongs to the next batch, `update` brings that into the database, `rescan` walks the tree.
 * Answers each with a line: ok or failed, and how many files were written and removed. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/index_live.h"
#include "tools/path_list.h"

static int update(struct rsl_live_index *live, const struct rsl_path_list *batch,
                  struct rsl_index_totals *totals)
{
    const char **paths = malloc((batch->npaths + 1) * sizeof *paths);
    if (paths == NULL)
        return -1;
    for (size_t i = 0; i < batch->npaths; i++)
        paths[i] = rsl_path_list_get(batch, i);
    const int result = rsl_live_index_update(live, paths, batch->npaths, totals);
    free(paths);
    return result;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    const struct rsl_index_options options = {
        .root = argv[1], .db_path = argv[2], .nthreads = 2, .quiet = true};
    struct rsl_index_totals totals;
    struct rsl_live_index *live = rsl_live_index_open(&options, &totals);
    if (live == NULL)
        return 2;
    struct rsl_path_list batch = {0};
    char *line = NULL;
    size_t capacity = 0;
    for (ssize_t n; (n = getline(&line, &capacity, stdin)) > 0;) {
        line[n - 1] = '\0';
        int result;
        if (strcmp(line, "update") == 0) {
            result = update(live, &batch, &totals);
        } else if (strcmp(line, "rescan") == 0) {
            result = rsl_live_index_rescan(live, &totals);
        } else {
            if (rsl_path_list_add(&batch, line) != 0)
                break;
            continue;
        }
        printf("%s %" PRIu64 " %" PRIu64 "\n", result == 0 ? "ok" : "failed", totals.nwritten,
               totals.nremoved);
        fflush(stdout);
        rsl_path_list_fini(&batch);
    }
    free(line);
    rsl_path_list_fini(&batch);
    rsl_live_index_close(live);
    return 0;
}
