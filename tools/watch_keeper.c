/* Roles: the thread, and its user, one other. What they hand each other goes through the channel of
 * batches, and four words:
 *
 * - `state` is written by the thread, which wakes the user's loop then, and read by the user.
 * - `fresh` holds counts that nobody has taken yet: either side exchanges it, and has what it gets
 *   for itself. Wait-free.
 * - `sends` is written by the thread, which counts when it begins to send a text and when it has
 *   sent it: odd while it may wait for who reads the output. Read by the user; publishes nothing.
 * - `ended` is written by the thread as the last thing that it does, and waited for by its user. */
#include "tools/watch_keeper.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "ds/futex.h"
#include "tools/report.h"

/* How often another writer is asked for, while there is one. */
#define LOCK_NS UINT64_C(50000000)

struct rsl_watch_keeper {
    const struct rsl_index_options *options;
    struct rsl_output *output;
    struct rsl_event_loop *loop;
    struct rsl_spsc *batches; /* of struct rsl_watch_batch * */
    pthread_t thread;
    struct rsl_live_index *live; /* the thread's */
    struct rsl_atomic_u32 state;
    struct rsl_atomic_u32 sends;
    struct rsl_atomic_u32 ended;
    struct rsl_atomic_ptr fresh; /* struct rsl_dependents *, or NULL */
};

/* ---- batches */

struct rsl_watch_batch *rsl_watch_batch_create(void)
{
    struct rsl_watch_batch *batch = calloc(1, sizeof *batch);
    if (batch != NULL)
        batch->end = &batch->live.changes;
    return batch;
}

void rsl_watch_batch_destroy(struct rsl_watch_batch *batch)
{
    if (batch == NULL)
        return;
    while (batch->live.changes != NULL) {
        struct rsl_live_change *change = batch->live.changes;
        batch->live.changes = change->next;
        rsl_live_change_destroy(change);
    }
    rsl_text_buffer_fini(&batch->text.out);
    rsl_text_buffer_fini(&batch->text.diagnostics);
    free(batch);
}

void rsl_watch_batch_add(struct rsl_watch_batch *batch, struct rsl_live_change *change)
{
    *batch->end = change;
    batch->end = &change->next;
    batch->nchanges++;
}

bool rsl_watch_batch_is_empty(const struct rsl_watch_batch *batch)
{
    return batch->nchanges == 0 && !batch->settles && !batch->live.manifests_changed &&
           !batch->live.in_doubt && batch->text.out.nbytes == 0 &&
           batch->text.diagnostics.nbytes == 0;
}

/* ---- the thread */

static void set_state(struct rsl_watch_keeper *keeper, enum rsl_watch_keeper_state state)
{
    /* release: pairs with rsl_watch_keeper_state(): publishes `fresh`, too */
    rsl_u32_store_release(&keeper->state, state);
    rsl_event_loop_wake(keeper->loop);
}

/* Waits for the lock. Returns it; -EWOULDBLOCK: the watch ends before; or another negative errno.
 */
static int await_lock(struct rsl_watch_keeper *keeper)
{
    bool told = false;
    int lock;
    struct rsl_watch_batch *none = NULL;
    while ((lock = rsl_index_try_lock(keeper->options, &told)) == -EWOULDBLOCK) {
        /* Nothing is sent before the state says so. */
        if (rsl_spsc_receive(keeper->batches, &none, LOCK_NS) == RSL_ECLOSED)
            break;
    }
    return lock;
}

/* Lets the user know of dependencies that have changed. What is missed for want of memory, or since
 * the database cannot be read just now, is only what should come first. */
static void count_dependents(struct rsl_watch_keeper *keeper)
{
    if (!rsl_live_index_has_new_graph(keeper->live))
        return;
    struct rsl_dependents *dependents = rsl_dependents_of(rsl_live_index_store(keeper->live));
    if (dependents == NULL)
        return;
    /* acq_rel: pairs with rsl_watch_keeper_take_dependents(): publishes the table */
    rsl_dependents_destroy(rsl_ptr_exchange_acq_rel(&keeper->fresh, dependents));
}

/* Returns the state to be in then. */
static enum rsl_watch_keeper_state open_index(struct rsl_watch_keeper *keeper)
{
    struct rsl_index_totals totals;
    const int lock = await_lock(keeper);
    if (lock < 0)
        return lock == -EWOULDBLOCK ? RSL_KEEPER_OPENING : RSL_KEEPER_FAILED;
    keeper->live = rsl_live_index_open(keeper->options, lock, &totals);
    if (keeper->live == NULL)
        return RSL_KEEPER_FAILED;
    count_dependents(keeper);
    return RSL_KEEPER_READY;
}

static bool keep(struct rsl_watch_keeper *keeper, const struct rsl_watch_batch *batch)
{
    const struct rsl_live_batch *live = &batch->live;
    bool good = true;
    if (live->changes != NULL || live->manifests_changed || live->in_doubt)
        good = rsl_live_index_write(keeper->live, live) == 0;
    if (good && batch->settles)
        good = rsl_live_index_settle(keeper->live, live->manifests) == 0;
    if (good)
        count_dependents(keeper);
    return good;
}

static enum rsl_status tell(struct rsl_watch_keeper *keeper, struct rsl_output_text *text)
{
    /* relaxed: its own counter, and a number is all that it gives */
    const uint32_t sends = rsl_u32_load_relaxed(&keeper->sends);
    rsl_u32_store_relaxed(&keeper->sends, sends + 1);
    const enum rsl_status status = rsl_output_send(keeper->output, text);
    rsl_u32_store_relaxed(&keeper->sends, sends + 2);
    return status;
}

static void *run(void *arg)
{
    struct rsl_watch_keeper *keeper = arg;
    enum rsl_watch_keeper_state state = open_index(keeper);
    set_state(keeper, state);
    for (;;) {
        struct rsl_watch_batch *batch = NULL;
        if (rsl_spsc_receive(keeper->batches, &batch, RSL_FOREVER) != RSL_OK || batch == NULL)
            break;
        const enum rsl_watch_keeper_state before = state;
        if (state != RSL_KEEPER_FAILED && !keep(keeper, batch))
            state = RSL_KEEPER_FAILED;
        if (state == RSL_KEEPER_READY && tell(keeper, &batch->text) != RSL_OK)
            state = RSL_KEEPER_UNHEARD;
        if (state != before)
            set_state(keeper, state);
        rsl_watch_batch_destroy(batch);
    }
    rsl_live_index_close(keeper->live);
    /* release: pairs with rsl_watch_keeper_stop(), which joins the thread before memory goes */
    rsl_u32_store_release(&keeper->ended, 1);
    rsl_futex_wake(&keeper->ended, 1);
    return NULL;
}

/* ---- its user */

static void destroy(struct rsl_watch_keeper *keeper)
{
    rsl_spsc_destroy(keeper->batches);
    rsl_dependents_destroy(rsl_watch_keeper_take_dependents(keeper));
    free(keeper);
}

int rsl_watch_keeper_start(const struct rsl_index_options *options, size_t capacity,
                           struct rsl_output *output, struct rsl_event_loop *loop,
                           struct rsl_watch_keeper **keeper_out)
{
    struct rsl_watch_keeper *keeper = calloc(1, sizeof *keeper);
    *keeper_out = NULL;
    if (keeper == NULL)
        return -ENOMEM;
    keeper->options = options;
    keeper->output = output;
    keeper->loop = loop;
    int error = ENOMEM;
    if (rsl_spsc_create(capacity, sizeof(struct rsl_watch_batch *), NULL, &keeper->batches) ==
        RSL_OK)
        error = pthread_create(&keeper->thread, NULL, run, keeper);
    if (error != 0) {
        destroy(keeper);
        return -error;
    }
    *keeper_out = keeper;
    return 0;
}

bool rsl_watch_keeper_still_waits(const struct rsl_watch_keeper *keeper, uint32_t *seen)
{
    /* relaxed: see the head */
    const uint32_t sends = rsl_u32_load_relaxed(&keeper->sends);
    const bool still = sends == *seen && sends % 2 == 1;
    *seen = sends;
    return still;
}

/* `timeout_ns` is over. Returns how long is to be waited from now on. */
static uint64_t lose_patience(struct rsl_watch_keeper *keeper, uint32_t *seen, uint64_t timeout_ns)
{
    if (!rsl_watch_keeper_still_waits(keeper, seen))
        return timeout_ns;
    rsl_output_give_up(keeper->output);
    return RSL_FOREVER;
}

bool rsl_watch_keeper_stop(struct rsl_watch_keeper *keeper, struct rsl_watch_batch *last,
                           uint64_t timeout_ns)
{
    if (keeper == NULL)
        return true;
    /* Unless it waits for who reads the output it is at work, and comes to its end. */
    uint32_t seen = 0;
    (void)rsl_watch_keeper_still_waits(keeper, &seen);
    while (last != NULL && rsl_spsc_send(keeper->batches, &last, timeout_ns) == RSL_ETIMEDOUT)
        timeout_ns = lose_patience(keeper, &seen, timeout_ns);
    rsl_spsc_close(keeper->batches);
    /* acquire: pairs with run() */
    while (rsl_u32_load_acquire(&keeper->ended) == 0)
        if (!rsl_futex_wait(&keeper->ended, 0, timeout_ns))
            timeout_ns = lose_patience(keeper, &seen, timeout_ns);
    pthread_join(keeper->thread, NULL);
    const bool good = rsl_watch_keeper_state(keeper) != RSL_KEEPER_FAILED;
    destroy(keeper);
    return good;
}

enum rsl_watch_keeper_state rsl_watch_keeper_state(const struct rsl_watch_keeper *keeper)
{
    /* acquire: pairs with set_state() */
    return (enum rsl_watch_keeper_state)rsl_u32_load_acquire(&keeper->state);
}

enum rsl_status rsl_watch_keeper_try_send(struct rsl_watch_keeper *keeper,
                                          struct rsl_watch_batch *batch)
{
    return rsl_spsc_try_send(keeper->batches, &batch);
}

struct rsl_spsc *rsl_watch_keeper_channel(struct rsl_watch_keeper *keeper)
{
    return keeper->batches;
}

struct rsl_dependents *rsl_watch_keeper_take_dependents(struct rsl_watch_keeper *keeper)
{
    /* relaxed: only whether it is worth an exchange; what is missed now is found the next time */
    if (rsl_ptr_load_relaxed(&keeper->fresh) == NULL)
        return NULL;
    /* acq_rel: pairs with count_dependents() */
    return rsl_ptr_exchange_acq_rel(&keeper->fresh, NULL);
}
