/* sched/coordinator.h: with files that are numbers in memory, on both event loops where there is
 * one.
 */
#include "sched/coordinator.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ds/mpsc.h"
#include "sched/event_loop.h"
#include "tests/pool_testing.h"

enum { NFILES = 200 };

/* An allocator for several threads that counts what it gave out. */
struct shared_count {
    struct rsl_allocator allocator;
    struct rsl_atomic_size nbytes;
};

static void *shared_resize(void *state, void *ptr, size_t old_nbytes, size_t new_nbytes)
{
    void *block = realloc(ptr, new_nbytes);
    if (block != NULL)
        rsl_size_fetch_add_relaxed(&((struct shared_count *)state)->nbytes,
                                   new_nbytes - old_nbytes);
    return block;
}

static void *shared_allocate(void *state, size_t nbytes)
{
    return shared_resize(state, NULL, 0, nbytes);
}

static void shared_release(void *state, void *ptr, size_t nbytes)
{
    if (ptr != NULL)
        rsl_size_fetch_add_relaxed(&((struct shared_count *)state)->nbytes, 0 - nbytes);
    free(ptr);
}

/* The files: contents are numbers, 0: there is none. The outcome of a number that 13 divides is
 * that it is broken. */
struct world {
    struct shared_count memory;
    struct rsl_qsbr *domain;
    struct rsl_qsbr_participant *participant;
    struct rsl_pool *pool;
    struct rsl_coordinator *coordinator;
    struct rsl_event_loop *loop; /* or NULL */
    struct rsl_atomic_u64 contents[NFILES];
    struct rsl_atomic_u32 nrunning[NFILES];
    struct rsl_atomic_u32 noverlaps;
    struct gate *gate; /* where work stops, */
    unsigned gated;    /* that of this file alone, if it is not 0 */
    /* The coordinator's. */
    uint64_t known[NFILES];
    unsigned noutcomes[4];
    unsigned ndependencies_changed, nmarkers, nerrors, ndropped;
    unsigned order[NFILES], norder;
    unsigned nhere; /* works on its thread */
    bool is_full;   /* take takes nothing */
};

static unsigned number_of(const char *path)
{
    return (unsigned)strtoul(path + 1, NULL, 10);
}

static void work(void *context, struct rsl_worker *worker, const char *path,
                 const struct rsl_file_version *known, struct rsl_file_result *result)
{
    struct world *world = context;
    const unsigned i = number_of(path);
    if (worker == NULL)
        world->nhere++;
    if (rsl_u32_fetch_add_acq_rel(&world->nrunning[i], 1) != 0)
        rsl_u32_fetch_add_relaxed(&world->noverlaps, 1);
    if (world->gate != NULL && (world->gated == 0 || world->gated == i)) {
        arrive(world->gate);
        await_open(world->gate);
    }
    const uint64_t content = rsl_u64_load_acquire(&world->contents[i]);
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the number is all there is to hand over
    result->payload = (void *)(uintptr_t)content;
    result->version = (struct rsl_file_version){
        .nbytes = 1, .mtime_ns = 0, .content_hash = content, .fingerprint = content / 10};
    if (content == 0)
        result->outcome = RSL_FILE_MISSING;
    else if (content % 13 == 0)
        result->outcome = RSL_FILE_BROKEN;
    else if (known != NULL && !rsl_should_parse(known, 1, content))
        result->outcome = RSL_FILE_SAME;
    else
        result->outcome = RSL_FILE_PARSED;
    rsl_u32_fetch_add_acq_rel(&world->nrunning[i], UINT32_MAX);
}

static bool take(void *context, const struct rsl_file_result *result)
{
    struct world *world = context;
    size_t nbytes;
    if (world->is_full)
        return false;
    const unsigned i = number_of(rsl_file_path(result->file, &nbytes));
    world->known[i] = (uint64_t)(uintptr_t)result->payload;
    world->noutcomes[result->outcome]++;
    if (world->norder < NFILES)
        world->order[world->norder++] = i;
    return true;
}

static void drop(void *context, const struct rsl_file_result *result)
{
    (void)result;
    ((struct world *)context)->ndropped++;
}

static uint32_t count_dependents(void *context, const struct rsl_file_state *file)
{
    (void)context;
    size_t nbytes;
    return number_of(rsl_file_path(file, &nbytes));
}

static void dependencies_changed(void *context, struct rsl_file_state *file)
{
    (void)file;
    ((struct world *)context)->ndependencies_changed++;
}

static void on_marker(void *context)
{
    ((struct world *)context)->nmarkers++;
}

static void on_error(void *context, enum rsl_status status)
{
    (void)status;
    ((struct world *)context)->nerrors++;
}

static struct world *begin_with(size_t nworkers, size_t capacity, size_t job_files,
                                uint64_t small_nbytes)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->memory.allocator =
        (struct rsl_allocator){shared_allocate, shared_resize, shared_release, &world->memory};
    assert_int_equal(rsl_qsbr_create(&world->memory.allocator, &world->domain), RSL_OK);
    assert_int_equal(rsl_qsbr_register(world->domain, &world->participant), RSL_OK);
    world->pool = start_pool(nworkers);
    const struct rsl_coordinator_options options = {
        .allocator = &world->memory.allocator,
        .pool = world->pool,
        .event_capacity = capacity,
        .queue_capacity = capacity,
        .job_files = job_files,
        .njobs = job_files == 1 ? 1 : 0,
        .small_nbytes = small_nbytes,
        .domain = world->domain,
        .participant = world->participant,
        .work = work,
        .take = take,
        .drop = drop,
        .count_dependents = count_dependents,
        .dependencies_changed = dependencies_changed,
        .on_marker = on_marker,
        .on_error = on_error,
        .context = world,
    };
    assert_int_equal(rsl_coordinator_create(&options, &world->coordinator), RSL_OK);
    return world;
}

static struct world *begin(size_t nworkers, size_t capacity, size_t job_files)
{
    return begin_with(nworkers, capacity, job_files, 0);
}

static void end(struct world *world)
{
    rsl_coordinator_destroy(world->coordinator);
    rsl_event_loop_destroy(world->loop);
    rsl_pool_destroy(world->pool);
    rsl_qsbr_unregister(world->participant);
    rsl_qsbr_destroy(world->domain);
    assert_int_equal(rsl_size_load_acquire(&world->memory.nbytes), 0);
    assert_int_equal(rsl_u32_load_acquire(&world->noverlaps), 0);
    assert_int_equal(world->nerrors, 0);
    free(world);
}

static enum rsl_status send_file(struct world *world, unsigned i, uint64_t timeout_ns)
{
    char path[16];
    const int n = snprintf(path, sizeof path, "f%u", i);
    const struct rsl_file_event event = {.path = path, .path_nbytes = (size_t)n};
    return rsl_coordinator_send(world->coordinator, &event, timeout_ns);
}

static void send_gone(struct world *world, unsigned i)
{
    char path[16];
    const int n = snprintf(path, sizeof path, "f%u", i);
    const struct rsl_file_event event = {.path = path, .path_nbytes = (size_t)n, .is_gone = true};
    assert_int_equal(rsl_coordinator_send(world->coordinator, &event, 0), RSL_OK);
}

static void set(struct world *world, unsigned i, uint64_t content)
{
    rsl_u64_store_release(&world->contents[i], content);
}

/* Some steps, until nothing is left to do. */
static void settle(struct world *world)
{
    do {
        while (rsl_coordinator_step(world->coordinator))
            continue;
    } while (!rsl_coordinator_is_idle(world->coordinator));
}

static void write_and_settle(struct world *world, unsigned i, uint64_t content)
{
    set(world, i, content);
    assert_int_equal(send_file(world, i, 0), RSL_OK);
    settle(world);
    assert_int_equal(world->known[i], content);
}

static void test_process_results_takes_each_outcome(void **state)
{
    (void)state;
    struct world *world = begin(2, 64, 0);
    write_and_settle(world, 3, 21);
    assert_int_equal(world->noutcomes[RSL_FILE_PARSED], 1);
    write_and_settle(world, 3, 21); /* touched */
    assert_int_equal(world->noutcomes[RSL_FILE_SAME], 1);
    write_and_settle(world, 3, 26); /* broken */
    assert_int_equal(world->noutcomes[RSL_FILE_BROKEN], 1);
    write_and_settle(world, 3, 26); /* a file that failed is tried again, */
    assert_int_equal(world->noutcomes[RSL_FILE_BROKEN], 2);
    write_and_settle(world, 3, 27); /* and mended */
    assert_int_equal(world->noutcomes[RSL_FILE_PARSED], 2);
    assert_int_equal(rsl_file_states_length(rsl_coordinator_files(world->coordinator)), 1);
    write_and_settle(world, 3, 0);
    assert_int_equal(world->noutcomes[RSL_FILE_MISSING], 1);
    assert_int_equal(rsl_file_states_length(rsl_coordinator_files(world->coordinator)), 0);
    end(world);
}

static void test_dependencies_changed_only_when_the_interface_did(void **state)
{
    (void)state;
    struct world *world = begin(2, 64, 0);
    write_and_settle(world, 3, 21);
    assert_int_equal(world->ndependencies_changed, 1);
    write_and_settle(world, 3, 22); /* another body */
    write_and_settle(world, 3, 22);
    assert_int_equal(world->ndependencies_changed, 1);
    write_and_settle(world, 3, 31);
    assert_int_equal(world->ndependencies_changed, 2);
    write_and_settle(world, 3, 0);
    assert_int_equal(world->ndependencies_changed, 3);
    end(world);
}

/* A job of two files, of which the second stands still, so that the result of the first waits while
 * the file is parsed again: that the interface changed was once forgotten with it. */
static void test_an_overtaken_result_still_tells_that_the_interface_changed(void **state)
{
    (void)state;
    struct world *world = begin(2, 64, 0);
    struct gate gate = {0};
    write_and_settle(world, 99, 21);
    assert_int_equal(world->ndependencies_changed, 1);
    world->gate = &gate;
    world->gated = 98;
    set(world, 99, 31); /* the only one that changed: it comes first, and 98 next */
    for (unsigned i = 92; i <= 99; i++) {
        if (i != 99)
            set(world, i, 1);
        assert_int_equal(send_file(world, i, 0), RSL_OK);
    }
    rsl_coordinator_step(world->coordinator);
    await_arrivals(&gate, 1); /* 99 has been parsed */
    set(world, 99, 32);       /* another body */
    assert_int_equal(send_file(world, 99, 0), RSL_OK);
    while (world->known[99] != 32)
        rsl_coordinator_step(world->coordinator);
    open_gate(&gate);
    settle(world);
    struct rsl_coordinator_stats stats;
    rsl_coordinator_get_stats(world->coordinator, &stats);
    assert_int_equal(stats.ndropped, 1);
    assert_int_equal(world->known[99], 32);
    /* Of 99 two, and of 92 to 98 the first. */
    assert_int_equal(world->ndependencies_changed, 2 + 7);
    end(world);
}

static void test_a_small_file_that_changed_alone_is_worked_on_at_once(void **state)
{
    (void)state;
    struct world *world = begin_with(2, 64, 0, 1);
    write_and_settle(world, 3, 21);
    assert_int_equal(world->nhere, 0); /* nobody knew how large it is */
    set(world, 3, 22);
    assert_int_equal(send_file(world, 3, 0), RSL_OK);
    rsl_coordinator_step(world->coordinator);
    assert_int_equal(world->known[3], 22);
    assert_int_equal(world->nhere, 1);
    assert_true(rsl_coordinator_is_idle(world->coordinator));
    world->is_full = true; /* what comes of it may have to wait */
    set(world, 3, 23);
    assert_int_equal(send_file(world, 3, 0), RSL_OK);
    rsl_coordinator_step(world->coordinator);
    assert_int_equal(world->nhere, 2);
    assert_int_equal(world->known[3], 22);
    world->is_full = false;
    rsl_coordinator_resume(world->coordinator);
    assert_int_equal(world->known[3], 23);
    write_and_settle(world, 4, 1);
    set(world, 3, 24); /* two are not alone */
    set(world, 4, 2);
    assert_int_equal(send_file(world, 3, 0), RSL_OK);
    assert_int_equal(send_file(world, 4, 0), RSL_OK);
    settle(world);
    assert_int_equal(world->nhere, 2);
    write_and_settle(world, 3, 0); /* and one may be gone */
    assert_int_equal(world->nhere, 3);
    assert_int_equal(rsl_file_states_length(rsl_coordinator_files(world->coordinator)), 1);
    end(world);
    world = begin_with(2, 64, 0, 0);
    write_and_settle(world, 3, 21);
    write_and_settle(world, 3, 22);
    assert_int_equal(world->nhere, 0);
    end(world);
}

static void put_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* It went by the size that was known. */
static void test_a_small_file_that_grew_was_worked_on_at_once(void **state)
{
    (void)state;
    char folder[] = "/tmp/rustle-coordinator-XXXXXX";
    const int before = open(".", O_RDONLY | O_DIRECTORY);
    assert_true(before >= 0);
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    struct world *world = begin_with(2, 64, 0, 1);
    write_and_settle(world, 3, 21);
    put_file("f3", "1");
    write_and_settle(world, 3, 22);
    assert_int_equal(world->nhere, 1);
    put_file("f3", "12");
    write_and_settle(world, 3, 23);
    assert_int_equal(world->nhere, 1);
    assert_int_equal(unlink("f3"), 0);
    assert_int_equal(mkfifo("f3", 0600), 0); /* of which somebody may have to be waited for */
    write_and_settle(world, 3, 24);
    assert_int_equal(world->nhere, 1);
    assert_int_equal(unlink("f3"), 0);
    write_and_settle(world, 3, 25);
    assert_int_equal(world->nhere, 2);
    end(world);
    assert_int_equal(fchdir(before), 0);
    assert_int_equal(close(before), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void test_files_with_more_dependents_are_handed_out_first(void **state)
{
    (void)state;
    struct world *world = begin(1, NFILES, 1); /* one job at a time, of one file */
    struct gate gate = {0};
    world->gate = &gate;
    set(world, 0, 1);
    assert_int_equal(send_file(world, 0, 0), RSL_OK);
    rsl_coordinator_step(world->coordinator);
    await_arrivals(&gate, 1);
    for (unsigned i = 1; i < NFILES; i++) {
        set(world, i * 37 % NFILES, 1);
        assert_int_equal(send_file(world, i * 37 % NFILES, 0), RSL_OK);
    }
    rsl_coordinator_step(world->coordinator);
    open_gate(&gate);
    settle(world);
    assert_int_equal(world->norder, NFILES);
    for (unsigned i = 1; i < NFILES; i++)
        assert_int_equal(world->order[i], NFILES - i);
    end(world);
}

static void test_a_marker_comes_when_all_before_it_is_done(void **state)
{
    (void)state;
    struct world *world = begin(2, NFILES + 1, 0);
    for (unsigned i = 0; i < NFILES; i++) {
        set(world, i, 1);
        assert_int_equal(send_file(world, i, 0), RSL_OK);
    }
    assert_int_equal(rsl_coordinator_send(world->coordinator, &(struct rsl_file_event){0}, 0),
                     RSL_OK);
    while (world->nmarkers == 0)
        rsl_coordinator_step(world->coordinator);
    assert_int_equal(world->noutcomes[RSL_FILE_PARSED], NFILES);
    end(world);
}

static void test_a_file_that_is_said_to_be_gone_is_not_read(void **state)
{
    (void)state;
    struct world *world = begin(2, 64, 0);
    write_and_settle(world, 3, 21);
    send_gone(world, 3); /* excluded, say */
    settle(world);
    assert_int_equal(world->noutcomes[RSL_FILE_MISSING], 1);
    assert_int_equal(rsl_file_states_length(rsl_coordinator_files(world->coordinator)), 0);
    write_and_settle(world, 3, 21);
    assert_int_equal(world->noutcomes[RSL_FILE_PARSED], 2);
    end(world);
}

/* Once the worker was told what the last event before its job was handed out had said. */
static void test_what_the_last_event_says_counts_until_the_work_begins(void **state)
{
    (void)state;
    struct world *world = begin(1, 64, 0);
    struct gate gate = {0};
    write_and_settle(world, 2, 22);
    write_and_settle(world, 3, 21);
    world->gate = &gate;
    assert_int_equal(send_file(world, 0, 0), RSL_OK);
    rsl_coordinator_step(world->coordinator);
    await_arrivals(&gate, 1);
    /* Both are handed out, and wait for the only worker. */
    assert_int_equal(send_file(world, 2, 0), RSL_OK);
    send_gone(world, 3);
    rsl_coordinator_step(world->coordinator);
    struct rsl_coordinator_stats stats;
    rsl_coordinator_get_stats(world->coordinator, &stats);
    assert_int_equal(stats.nunder_way, 3);
    send_gone(world, 2);
    assert_int_equal(send_file(world, 3, 0), RSL_OK);
    rsl_coordinator_step(world->coordinator);
    open_gate(&gate);
    settle(world);
    assert_int_equal(world->noutcomes[RSL_FILE_MISSING], 2); /* 0, which has no contents, and 2 */
    assert_int_equal(world->noutcomes[RSL_FILE_SAME], 1);
    assert_int_equal(world->known[3], 21);
    assert_int_equal(rsl_file_states_length(rsl_coordinator_files(world->coordinator)), 1);
    end(world);
}

/* ---- parts that stand still */

/* Sends until nobody takes any more. Returns how many were taken: all that has room somewhere. */
static unsigned fill(struct world *world)
{
    unsigned n = 0;
    for (unsigned nrefused = 0; nrefused < 100; n++) {
        set(world, n % NFILES, 1 + n);
        while (send_file(world, n % NFILES, 0) != RSL_OK && nrefused < 100) {
            while (rsl_coordinator_step(world->coordinator))
                continue;
            nrefused++;
        }
        assert_true(n < 100000);
    }
    return n;
}

static void assert_all_known(struct world *world)
{
    settle(world);
    for (unsigned i = 0; i < NFILES; i++) {
        if (rsl_u64_load_acquire(&world->contents[i]) % 13 != 0)
            assert_int_equal(send_file(world, i, 0), RSL_OK);
        settle(world);
        assert_int_equal(world->known[i], rsl_u64_load_acquire(&world->contents[i]));
    }
}

static void test_workers_that_stand_still_hold_up_the_sender_and_then_all_goes_on(void **state)
{
    (void)state;
    struct world *world = begin(2, 16, 0);
    struct gate gate = {0};
    world->gate = &gate;
    const unsigned n = fill(world);
    assert_true(n < NFILES); /* that is: it was not swallowed */
    struct rsl_coordinator_stats stats;
    rsl_coordinator_get_stats(world->coordinator, &stats);
    assert_true(stats.nqueued <= 16 && stats.nunder_way <= (size_t)(2 * 2 + 2) * 16);
    open_gate(&gate);
    assert_all_known(world);
    end(world);
}

static void test_a_user_without_room_holds_up_the_sender_and_then_all_goes_on(void **state)
{
    (void)state;
    struct world *world = begin(2, 16, 0);
    world->is_full = true;
    const unsigned n = fill(world);
    assert_true(n < NFILES);
    world->is_full = false;
    rsl_coordinator_resume(world->coordinator);
    assert_all_known(world);
    end(world);
}

static void test_a_coordinator_that_stands_still_holds_up_the_sender(void **state)
{
    (void)state;
    struct world *world = begin(2, 16, 0);
    unsigned n = 0;
    set(world, 0, 1);
    while (send_file(world, n % NFILES, 0) == RSL_OK)
        set(world, ++n % NFILES, 1);
    assert_int_equal(n, 16);
    assert_int_equal(send_file(world, 0, 1000), RSL_ETIMEDOUT);
    settle(world);
    assert_int_equal(world->noutcomes[RSL_FILE_PARSED], 16);
    end(world);
}

static void test_close_finishes_what_is_under_way_and_drops_the_rest(void **state)
{
    (void)state;
    struct world *world = begin(1, 64, 1);
    struct gate gate = {0};
    world->gate = &gate;
    for (unsigned i = 0; i < 32; i++) {
        set(world, i, 1);
        assert_int_equal(send_file(world, i, 0), RSL_OK);
    }
    rsl_coordinator_step(world->coordinator);
    await_arrivals(&gate, 1);
    rsl_coordinator_close(world->coordinator);
    assert_int_equal(send_file(world, 0, 0), RSL_ECLOSED);
    assert_false(rsl_coordinator_is_idle(world->coordinator));
    open_gate(&gate);
    settle(world);
    assert_int_equal(world->noutcomes[RSL_FILE_PARSED], 1);
    end(world);
}

static void test_a_sender_may_close_the_channel_of_events(void **state)
{
    (void)state;
    struct world *world = begin(2, 64, 0);
    set(world, 3, 5);
    assert_int_equal(send_file(world, 3, 0), RSL_OK);
    rsl_mpsc_close(rsl_coordinator_events(world->coordinator));
    settle(world);
    assert_int_equal(world->nerrors, 1);
    assert_int_equal(world->nmarkers, 1);
    world->nerrors = 0;
    end(world);
}

static void test_destroy_waits_for_what_is_under_way(void **state)
{
    (void)state;
    struct world *world = begin(2, 64, 0);
    for (unsigned i = 0; i < 64; i++) {
        set(world, i, 1);
        assert_int_equal(send_file(world, i, 0), RSL_OK);
    }
    rsl_coordinator_step(world->coordinator);
    struct rsl_coordinator_stats stats;
    rsl_coordinator_get_stats(world->coordinator, &stats);
    assert_true(stats.nunder_way > 0);
    rsl_coordinator_destroy(world->coordinator);
    world->coordinator = NULL;
    assert_int_equal(world->ndropped, stats.nunder_way);
    end(world);
}

/* ---- in a loop, with senders */

struct sender {
    struct world *world;
    uint32_t seed;
    unsigned nevents, nfailed;
    unsigned first, n; /* the files that it writes */
};

static void *send_many(void *arg)
{
    struct sender *sender = arg;
    uint32_t draw = sender->seed;
    for (unsigned n = 1; n <= sender->nevents; n++) {
        draw = draw * 1664525 + 1013904223;
        const unsigned i = sender->first + (draw >> 16) % sender->n;
        /* Now and then there is none. */
        set(sender->world, i, draw % 16 == 0 ? 0 : n);
        sender->nfailed += send_file(sender->world, i, RSL_FOREVER) != RSL_OK;
    }
    return NULL;
}

static void run_senders(enum rsl_io io, unsigned nevents, size_t *early_out, size_t *late_out)
{
    struct world *world = begin(3, 128, 0);
    const struct rsl_event_loop_options options = {.io = io};
    const enum rsl_status status = rsl_event_loop_create(&options, &world->loop);
    if (status == RSL_EIO && io == RSL_IO_URING && (errno == EPERM || errno == ENOSYS)) {
        end(world);
        skip();
        return;
    }
    assert_int_equal(status, RSL_OK);
    assert_int_equal(rsl_coordinator_attach(world->coordinator, world->loop), RSL_OK);
    *early_out = 0;
    for (unsigned part = 0; part < 10; part++) {
        struct sender senders[2];
        pthread_t threads[2];
        for (unsigned i = 0; i < 2; i++) {
            senders[i] = (struct sender){.world = world,
                                         .seed = part * 2 + i + 1,
                                         .nevents = nevents / 20,
                                         .first = i * NFILES / 2,
                                         .n = NFILES / 2};
            assert_int_equal(pthread_create(&threads[i], NULL, send_many, &senders[i]), 0);
        }
        struct rsl_coordinator_stats stats;
        do {
            assert_int_equal(rsl_event_loop_turn(world->loop, 10000000), RSL_OK);
            rsl_coordinator_get_stats(world->coordinator, &stats);
        } while (stats.nevents < (uint64_t)(part + 1) * 2 * (nevents / 20) ||
                 !rsl_coordinator_is_idle(world->coordinator));
        for (unsigned i = 0; i < 2; i++) {
            pthread_join(threads[i], NULL);
            assert_int_equal(senders[i].nfailed, 0);
        }
        *late_out = rsl_size_load_acquire(&world->memory.nbytes);
        if (part == 1)
            *early_out = *late_out;
    }
    /* Every file is known as it is. */
    for (unsigned i = 0; i < NFILES; i++)
        assert_int_equal(world->known[i], rsl_u64_load_acquire(&world->contents[i]));
    assert_true(world->noutcomes[RSL_FILE_MISSING] > 0 && world->noutcomes[RSL_FILE_PARSED] > 0);
    end(world);
}

/* bench/coordinator_events does ten million. */
enum { NEVENTS = 200000 };

static void test_every_file_is_known_after_many_events(void **state)
{
    size_t early = 0, late = 0;
    run_senders(*(const enum rsl_io *)*state, NEVENTS, &early, &late);
    /* Blocks of memory are large, so that this is not a matter of a few bytes. */
    assert_true(late <= early + early / 4);
}

static struct CMUnitTest on(const char *name, CMUnitTestFunction function, const enum rsl_io *io)
{
    // NOLINTNEXTLINE(performance-no-int-to-ptr): only to lose the const, which cmocka has not
    return (struct CMUnitTest){name, function, NULL, NULL, (void *)(uintptr_t)io};
}

int main(void)
{
    static const enum rsl_io uring = RSL_IO_URING, epoll = RSL_IO_EPOLL;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_process_results_takes_each_outcome),
        cmocka_unit_test(test_dependencies_changed_only_when_the_interface_did),
        cmocka_unit_test(test_an_overtaken_result_still_tells_that_the_interface_changed),
        cmocka_unit_test(test_a_small_file_that_changed_alone_is_worked_on_at_once),
        cmocka_unit_test(test_a_small_file_that_grew_was_worked_on_at_once),
        cmocka_unit_test(test_files_with_more_dependents_are_handed_out_first),
        cmocka_unit_test(test_a_marker_comes_when_all_before_it_is_done),
        cmocka_unit_test(test_a_file_that_is_said_to_be_gone_is_not_read),
        cmocka_unit_test(test_what_the_last_event_says_counts_until_the_work_begins),
        cmocka_unit_test(test_workers_that_stand_still_hold_up_the_sender_and_then_all_goes_on),
        cmocka_unit_test(test_a_user_without_room_holds_up_the_sender_and_then_all_goes_on),
        cmocka_unit_test(test_a_coordinator_that_stands_still_holds_up_the_sender),
        cmocka_unit_test(test_close_finishes_what_is_under_way_and_drops_the_rest),
        cmocka_unit_test(test_a_sender_may_close_the_channel_of_events),
        cmocka_unit_test(test_destroy_waits_for_what_is_under_way),
        on("test_every_file_is_known_after_many_events, io_uring",
           test_every_file_is_known_after_many_events, &uring),
        on("test_every_file_is_known_after_many_events, epoll",
           test_every_file_is_known_after_many_events, &epoll),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
