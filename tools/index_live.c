#include "tools/index_live.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/index_pass.h"
#include "tools/report.h"

struct rsl_live_index {
    struct rsl_index_pass pass; /* its store is NULL after a failure that closed it */
    int lock;
};

/* Opens the database, which is there and sound. */
static int open_store(struct rsl_live_index *live)
{
    const struct rsl_index_options *options = live->pass.options;
    enum rsl_store_state state;
    live->pass.store = rsl_store_open(options->db_path, RSL_STORE_WRITE, options->vfs, &state);
    if (live->pass.store == NULL) {
        rsl_index_fail_memory();
        return -1;
    }
    if (state == RSL_STORE_READY)
        return 0;
    rsl_report("%s: %s", options->db_path, rsl_store_message(live->pass.store));
    rsl_store_close(live->pass.store);
    live->pass.store = NULL;
    return -1;
}

struct rsl_live_index *rsl_live_index_open(const struct rsl_index_options *options,
                                           struct rsl_index_totals *totals_out)
{
    *totals_out = (struct rsl_index_totals){0};
    struct rsl_live_index *live = calloc(1, sizeof *live);
    if (live == NULL) {
        rsl_index_fail_memory();
        return NULL;
    }
    live->pass.options = options;
    live->lock = rsl_index_lock(options);
    if (live->lock >= 0 && rsl_index_run_locked(options, totals_out) == 0 &&
        open_store(live) == 0 && rsl_index_pass_start(&live->pass) == 0)
        return live;
    rsl_live_index_close(live);
    return NULL;
}

void rsl_live_index_close(struct rsl_live_index *live)
{
    if (live == NULL)
        return;
    rsl_index_pass_stop(&live->pass);
    rsl_store_close(live->pass.store);
    if (live->lock >= 0)
        close(live->lock);
    free(live);
}

/* The database was taken away, or turned out to be damaged: makes it anew from the whole tree. */
static int make_again(struct rsl_live_index *live, struct rsl_index_totals *totals_out)
{
    rsl_store_close(live->pass.store);
    live->pass.store = NULL;
    rsl_index_graph_fini(&live->pass.graph);
    if (rsl_index_run_locked(live->pass.options, totals_out) != 0)
        return -1;
    return open_store(live);
}

static bool is_lost(const struct rsl_live_index *live)
{
    return live->pass.store == NULL || rsl_store_has_moved(live->pass.store);
}

static int end(struct rsl_live_index *live, enum rsl_status status,
               struct rsl_index_totals *totals_out)
{
    struct rsl_index_pass *pass = &live->pass;
    if (status != RSL_OK && rsl_store_is_corrupt(pass->store))
        return make_again(live, totals_out);
    *totals_out = pass->totals;
    totals_out->nunreadable += rsl_u64_load_relaxed(&pass->nunreadable);
    return status == RSL_OK ? 0 : rsl_index_give_up(pass, status);
}

static void begin(struct rsl_live_index *live)
{
    live->pass.totals = (struct rsl_index_totals){0};
    rsl_u64_store_relaxed(&live->pass.nunreadable, 0);
    rsl_index_plan_fini(&live->pass.plan);
}

int rsl_live_index_update(struct rsl_live_index *live, const char *const *paths, size_t npaths,
                          struct rsl_index_totals *totals_out)
{
    struct rsl_index_pass *pass = &live->pass;
    *totals_out = (struct rsl_index_totals){0};
    if (is_lost(live))
        return make_again(live, totals_out);
    const char **files = malloc((npaths + 1) * sizeof *files);
    if (files == NULL) {
        rsl_index_fail_memory();
        return -1;
    }
    size_t nfiles = 0;
    for (size_t i = 0; i < npaths; i++) {
        const size_t n = strlen(paths[i]);
        if (n > 3 && strcmp(paths[i] + n - 3, ".rs") == 0)
            files[nfiles++] = paths[i];
    }
    begin(live);
    const bool manifests_changed = nfiles < npaths;
    enum rsl_status status =
        rsl_index_plan_paths(&pass->plan, pass->options->root, files, nfiles, pass->store);
    free(files);
    if (status == RSL_ENOMEM)
        rsl_index_fail_memory();
    /* 0: which Cargo.toml files there are is not known without a walk. */
    if (status == RSL_OK && pass->plan.nentries + pass->plan.ngone + manifests_changed > 0)
        status = rsl_index_write_plan(pass, manifests_changed, 0);
    return end(live, status, totals_out);
}

int rsl_live_index_rescan(struct rsl_live_index *live, struct rsl_index_totals *totals_out)
{
    *totals_out = (struct rsl_index_totals){0};
    if (is_lost(live))
        return make_again(live, totals_out);
    begin(live);
    return end(live, rsl_index_change(&live->pass), totals_out);
}
