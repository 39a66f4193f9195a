/* rustle-coordinator-events [EVENTS]
 *
 * Events of 100,000 files from two threads through the coordinator, with work that does nothing but
 * look at a number; ten million, if nothing else is said. Prints the rate, and the memory in use at
 * each tenth: it must not grow. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sched/coordinator.h"
#include "sched/event_loop.h"

enum { MAX_FILES = 100000, NSENDERS = 2, PARTS = 10 };

/* A hundredth of the events, so that each has been there in the first tenth; and at most so many.
 */
static uint32_t nfiles;

static struct rsl_atomic_size in_use;

static void *count_resize(void *state, void *ptr, size_t old_nbytes, size_t new_nbytes)
{
    (void)state;
    void *block = realloc(ptr, new_nbytes);
    if (block != NULL)
        rsl_size_fetch_add_relaxed(&in_use, new_nbytes - old_nbytes);
    return block;
}

static void *count_allocate(void *state, size_t nbytes)
{
    return count_resize(state, NULL, 0, nbytes);
}

static void count_release(void *state, void *ptr, size_t nbytes)
{
    (void)state;
    if (ptr != NULL)
        rsl_size_fetch_add_relaxed(&in_use, 0 - nbytes);
    free(ptr);
}

/* Contents of the files: 0, there is none. */
static struct rsl_atomic_u64 contents[MAX_FILES];

struct sender {
    struct rsl_coordinator *coordinator;
    uint64_t nevents;
    uint64_t draw;
    uint32_t first;
};

static void *send_events(void *arg)
{
    struct sender *sender = arg;
    char path[64];
    for (uint64_t i = 0; i < sender->nevents; i++) {
        sender->draw = sender->draw * 6364136223846793005 + 1442695040888963407;
        const uint32_t n = sender->first + (uint32_t)(sender->draw >> 33) % (nfiles / NSENDERS);
        /* One in eight is gone then. */
        rsl_u64_store_release(&contents[n], sender->draw >> 40 & 7 ? sender->draw : 0);
        const int nbytes = snprintf(path, sizeof path, "src/some/folder%u/file%u.rs", n % 100, n);
        const struct rsl_file_event event = {.path = path, .path_nbytes = (size_t)nbytes};
        if (rsl_coordinator_send(sender->coordinator, &event, RSL_FOREVER) != RSL_OK)
            abort();
    }
    return NULL;
}

static void work(void *context, struct rsl_worker *worker, const char *path,
                 const struct rsl_file_version *known, struct rsl_file_result *result)
{
    (void)context;
    (void)worker;
    const uint32_t n = (uint32_t)strtoul(strrchr(path, 'e') + 1, NULL, 10);
    const uint64_t content = rsl_u64_load_acquire(&contents[n]);
    result->version = (struct rsl_file_version){1, 0, content, content};
    result->outcome = content == 0                                            ? RSL_FILE_MISSING
                      : known != NULL && !rsl_should_parse(known, 1, content) ? RSL_FILE_SAME
                                                                              : RSL_FILE_PARSED;
}

static uint64_t ntaken;

static bool take(void *context, const struct rsl_file_result *result)
{
    (void)context;
    (void)result;
    ntaken++;
    return true;
}

static void must(int status)
{
    if (status != RSL_OK) {
        fputs("rustle-coordinator-events: it failed\n", stderr);
        exit(1);
    }
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double resident_mib(void)
{
    unsigned long total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%lu %lu", &total, &resident) != 2)
        resident = 0;
    if (file != NULL)
        fclose(file);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1048576.0;
}

/* Whether every file is known as it is. */
static int check(const struct rsl_coordinator *coordinator)
{
    char path[64];
    int nwrong = 0;
    for (uint32_t n = 0; n < nfiles; n++) {
        struct rsl_file_version version;
        const uint64_t content = rsl_u64_load_acquire(&contents[n]);
        const int nbytes = snprintf(path, sizeof path, "src/some/folder%u/file%u.rs", n % 100, n);
        const bool is_known = rsl_file_states_find(rsl_coordinator_files(coordinator), path,
                                                   (size_t)nbytes, &version);
        nwrong += is_known != (content != 0) || (is_known && version.content_hash != content);
    }
    return nwrong;
}

int main(int argc, char **argv)
{
    const struct rsl_allocator allocator = {count_allocate, count_resize, count_release, NULL};
    const uint64_t nevents = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000000;
    struct rsl_qsbr *domain;
    struct rsl_qsbr_participant *participant;
    struct rsl_pool *pool;
    struct rsl_coordinator *coordinator;
    struct rsl_event_loop *loop;
    nfiles = nevents / 100 < MAX_FILES ? (uint32_t)(nevents / 100) : MAX_FILES;
    must(nfiles < NSENDERS);
    must(rsl_qsbr_create(&allocator, &domain));
    must(rsl_qsbr_register(domain, &participant));
    must(rsl_pool_create(&(struct rsl_pool_options){.nworkers = 2}, &pool));
    const struct rsl_coordinator_options options = {
        .allocator = &allocator,
        .pool = pool,
        .seed = 1,
        .domain = domain,
        .participant = participant,
        .work = work,
        .take = take,
    };
    must(rsl_coordinator_create(&options, &coordinator));
    must(rsl_event_loop_create(NULL, &loop));
    must(rsl_coordinator_attach(coordinator, loop));
    const double start = seconds();
    size_t after_first = 0, last = 0;
    for (uint64_t part = 0; part < PARTS; part++) {
        struct sender senders[NSENDERS];
        pthread_t threads[NSENDERS];
        for (uint32_t i = 0; i < NSENDERS; i++) {
            senders[i] = (struct sender){.coordinator = coordinator,
                                         .nevents = nevents / PARTS / NSENDERS,
                                         .draw = part * NSENDERS + i + 1,
                                         .first = i * (nfiles / NSENDERS)};
            must(pthread_create(&threads[i], NULL, send_events, &senders[i]));
        }
        struct rsl_coordinator_stats stats;
        do {
            must(rsl_event_loop_turn(loop, 10000000));
            rsl_coordinator_get_stats(coordinator, &stats);
        } while (stats.nevents < (part + 1) * NSENDERS * (nevents / PARTS / NSENDERS) ||
                 !rsl_coordinator_is_idle(coordinator));
        for (uint32_t i = 0; i < NSENDERS; i++)
            pthread_join(threads[i], NULL);
        last = rsl_size_load_acquire(&in_use);
        if (part == 1)
            after_first = last;
        printf("%10llu events  %6.1f MiB given out  %6.1f MiB resident\n",
               (unsigned long long)stats.nevents, (double)last / 1048576.0, resident_mib());
    }
    const double took = seconds() - start;
    const int nwrong = check(coordinator);
    struct rsl_coordinator_stats stats;
    rsl_coordinator_get_stats(coordinator, &stats);
    printf("%.2f M events/s; %llu merged, %llu worked on, %llu again; %d files wrong\n",
           (double)stats.nevents / took / 1e6, (unsigned long long)stats.nmerged,
           (unsigned long long)stats.nresults, (unsigned long long)stats.nagain, nwrong);
    rsl_coordinator_destroy(coordinator);
    rsl_event_loop_destroy(loop);
    rsl_pool_destroy(pool);
    rsl_qsbr_unregister(participant);
    rsl_qsbr_destroy(domain);
    return nwrong != 0 || last > after_first + after_first / 20;
}
