/* How an archive goes. Its file's size and its last bytes tell how much memory it will need; with
 * that it enters the gate, or is put off, and then the job that makes room spawns it again. Inside,
 * it takes a `store` (the buffers and the decompressor, of which there are as many as archives are
 * in memory at once), reads and inflates. What turns out to need more memory than foreseen gives
 * everything back first, and enters anew: nobody holds memory and waits for more.
 *
 * The budget of the gate is half of the memory that is allowed. Of the rest, a quarter is for
 * stores that wait for the next archive; the other three are for what becomes of the archives. */
#include "tools/archive_job.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "index/gzip.h"
#include "tools/page_allocator.h"

/* What an archive needs besides its bytes, about: roundings, members, results on their way. */
enum { ARCHIVE_OVERHEAD = 512 * 1024 };

/* Reused from archive to archive. */
struct archive_store {
    struct archive_store *next; /* in the list of those that are free */
    struct rsl_archive archive;
    uint8_t *file; /* as it is on disk */
    size_t file_nbytes, file_capacity;
    uint32_t *sources;
    size_t sources_capacity;
};

struct rsl_archive_jobs {
    struct rsl_archive_jobs_options options;
    uint64_t max_memory;
    struct rsl_gate gate;
    pthread_mutex_t lock;
    struct archive_store *stores; /* free ones, the last used first: its pages are still in the
                                     caches */
    size_t nstores;
    struct rsl_archive_stats stats;
};

static uint64_t now_ns(const struct rsl_archive_jobs *jobs)
{
    if (!jobs->options.timed)
        return 0;
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void stats_add(struct rsl_archive_stats *to, const struct rsl_archive_stats *from)
{
    to->narchives += from->narchives;
    to->nbad += from->nbad;
    to->compressed_nbytes += from->compressed_nbytes;
    to->inflated_nbytes += from->inflated_nbytes;
    to->nsources += from->nsources;
    to->source_nbytes += from->source_nbytes;
    to->nshared += from->nshared;
    to->shared_nbytes += from->shared_nbytes;
    to->nsplit += from->nsplit;
    to->read_ns += from->read_ns;
    to->inflate_ns += from->inflate_ns;
    to->hash_ns += from->hash_ns;
    to->parse_ns += from->parse_ns;
}

void rsl_archive_jobs_count(struct rsl_archive_jobs *jobs, const struct rsl_archive_stats *stats)
{
    pthread_mutex_lock(&jobs->lock);
    stats_add(&jobs->stats, stats);
    pthread_mutex_unlock(&jobs->lock);
}

/* ---- stores */

static void release_file(struct archive_store *store)
{
    rsl_page_allocator.release(rsl_page_allocator.state, store->file, store->file_capacity);
    store->file = NULL;
    store->file_capacity = 0;
}

static void destroy_store(struct archive_store *store)
{
    if (store == NULL)
        return;
    rsl_archive_fini(&store->archive);
    release_file(store);
    free(store->sources);
    free(store);
}

static struct archive_store *take_store(struct rsl_archive_jobs *jobs)
{
    pthread_mutex_lock(&jobs->lock);
    struct archive_store *store = jobs->stores;
    if (store != NULL) {
        jobs->stores = store->next;
        jobs->nstores--;
    }
    pthread_mutex_unlock(&jobs->lock);
    if (store != NULL)
        return store;
    store = calloc(1, sizeof *store);
    if (store != NULL && rsl_archive_init(&store->archive, &rsl_page_allocator) != RSL_OK) {
        destroy_store(store);
        return NULL;
    }
    return store;
}

/* What stores that wait may hold together is an eighth of the memory. */
static void give_store(struct rsl_archive_jobs *jobs, struct archive_store *store)
{
    if (store == NULL)
        return;
    const size_t keep_nbytes = (size_t)(jobs->max_memory / 8 / jobs->options.nworkers);
    rsl_archive_shrink(&store->archive, keep_nbytes / 4 * 3);
    if (store->file_capacity + store->sources_capacity * sizeof *store->sources > keep_nbytes / 4) {
        release_file(store);
        free(store->sources);
        store->sources = NULL;
        store->sources_capacity = 0;
    }
    pthread_mutex_lock(&jobs->lock);
    const bool kept = jobs->nstores < jobs->options.nworkers;
    if (kept) {
        store->next = jobs->stores;
        jobs->stores = store;
        jobs->nstores++;
    }
    pthread_mutex_unlock(&jobs->lock);
    if (!kept)
        destroy_store(store);
}

/* ---- the end of a job */

static int run_job(struct rsl_worker *worker, void *arg);

/* Without a message: nothing is in memory. */
static void refuse(struct rsl_worker *worker, struct rsl_archive_job *job, const char *member,
                   const char *message)
{
    const struct rsl_archive_jobs_options *options = &job->jobs->options;
    options->refused(options->context, worker, job, member, message);
}

/* Leaves the gate with the job's weight, and gets those going who have come in. */
static void leave(struct rsl_worker *worker, struct rsl_archive_job *job)
{
    struct rsl_archive_jobs *jobs = job->jobs;
    struct rsl_gate_ticket *in = rsl_gate_leave(&jobs->gate, job->weight);
    job->weight = 0;
    while (in != NULL) {
        struct rsl_archive_job *other = (struct rsl_archive_job *)in;
        struct rsl_gate_ticket *next = in->next;
        if (rsl_spawn(worker, run_job, other) != RSL_OK) {
            /* Whoever comes in with what it gives back joins the list. */
            struct rsl_gate_ticket **end = &next;
            while (*end != NULL)
                end = &(*end)->next;
            *end = rsl_gate_leave(&jobs->gate, other->weight);
            jobs->options.fail(jobs->options.context);
            refuse(worker, other, "", NULL);
            free(other);
        }
        in = next;
    }
}

void rsl_archive_job_end(struct rsl_archive_job *job, struct rsl_worker *worker)
{
    struct rsl_archive_jobs *jobs = job->jobs;
    give_store(jobs, job->store);
    if (job->weight > 0)
        leave(worker, job);
    rsl_archive_jobs_count(jobs, &job->stats);
    free(job);
}

static void end_refused(struct rsl_worker *worker, struct rsl_archive_job *job, const char *member,
                        const char *message)
{
    if (message != NULL) {
        job->stats.narchives++;
        job->stats.nbad++;
    }
    refuse(worker, job, member, message);
    rsl_archive_job_end(job, worker);
}

static void end_unreadable(struct rsl_worker *worker, struct rsl_archive_job *job, int error)
{
    job->error = error;
    end_refused(worker, job, "", strerror(error));
}

static void end_without_memory(struct rsl_worker *worker, struct rsl_archive_job *job)
{
    job->jobs->options.fail(job->jobs->options.context);
    end_refused(worker, job, "", NULL);
}

/* ---- the beginning of a job */

/* What a walk would pass over: a name that begins with a dot. */
static bool is_hidden(const char *path)
{
    return *path == '.' || strstr(path, "/.") != NULL;
}

static bool is_source(const struct rsl_archive_jobs_options *options,
                      const struct rsl_archive_member *member)
{
    const size_t n = member->path_nbytes;
    return n >= 3 && memcmp(member->path + n - 3, ".rs", 3) == 0 &&
           (options->hidden || !is_hidden(member->path)) &&
           (!options->limit_nbytes || member->nbytes <= options->max_nbytes);
}

/* Lists the sources. */
static bool choose_sources(struct rsl_archive_job *job)
{
    struct archive_store *store = job->store;
    const struct rsl_archive *archive = &store->archive;
    if (store->sources_capacity < archive->nmembers) {
        uint32_t *grown = realloc(store->sources, archive->nmembers * sizeof *grown);
        if (grown == NULL)
            return false;
        store->sources = grown;
        store->sources_capacity = archive->nmembers;
    }
    job->sources = store->sources;
    for (size_t i = 0; i < archive->nmembers; i++) {
        if (is_source(&job->jobs->options, &archive->members[i])) {
            store->sources[job->nsources++] = (uint32_t)i;
            job->sources_nbytes += archive->members[i].nbytes;
        }
    }
    return true;
}

/* Opens the file and learns from it how much it will need. Returns the descriptor or a negative
 * errno. */
static int measure(struct rsl_archive_job *job)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    job->opened_ns = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
    const int fd = open(job->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* if it is a pipe */
    struct stat st;
    uint8_t last[4] = {0};
    if (fd < 0)
        return -errno;
    int error = fstat(fd, &st) != 0 ? errno : 0;
    if (error == 0 && !S_ISREG(st.st_mode))
        error = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
    if (error == 0 && (uint64_t)st.st_size > RSL_MAX_SOURCE)
        error = EFBIG;
    if (error == 0 && st.st_size >= 4 && pread(fd, last, sizeof last, st.st_size - 4) < 0)
        error = errno;
    if (error != 0) {
        close(fd);
        return -error;
    }
    const uint64_t hint = rsl_gzip_hint_of((uint64_t)st.st_size, last);
    job->size = (uint64_t)st.st_size;
    job->mtime_ns = st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec;
    job->room = hint > job->room ? hint : job->room;
    return fd;
}

/* Reads what was measured. Who has cut the file since gets what is left of it. */
static int read_file(struct rsl_archive_job *job, int fd)
{
    struct archive_store *store = job->store;
    const size_t nbytes = (size_t)job->size;
    if (store->file_capacity < nbytes) {
        release_file(store);
        store->file = rsl_page_allocator.allocate(rsl_page_allocator.state, nbytes);
        if (store->file == NULL)
            return -ENOMEM;
        store->file_capacity = nbytes;
    }
    store->file_nbytes = 0;
    while (store->file_nbytes < nbytes) {
        const ssize_t n = read(fd, store->file + store->file_nbytes, nbytes - store->file_nbytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        store->file_nbytes += (size_t)n;
    }
    job->file = store->file != NULL ? store->file : (const uint8_t *)""; /* an empty file */
    job->file_nbytes = store->file_nbytes;
    return 0;
}

/* More memory is needed than was entered with: gives all back, and says how much. */
static void ask_for_more(struct rsl_worker *worker, struct rsl_archive_job *job)
{
    const uint64_t limit = rsl_gzip_limit(job->size);
    const uint64_t more = job->room * 2 + job->size * 4;
    job->room = more < limit ? more : limit;
    give_store(job->jobs, job->store);
    job->store = NULL;
    job->file = NULL;
    leave(worker, job);
}

/* Within the gate. False: the job is to enter anew. */
static bool run_inside(struct rsl_worker *worker, struct rsl_archive_job *job, int fd)
{
    struct rsl_archive_jobs *jobs = job->jobs;
    job->store = take_store(jobs);
    if (job->store == NULL) {
        end_without_memory(worker, job);
        return true;
    }
    const uint64_t start = now_ns(jobs);
    const int error = read_file(job, fd);
    if (error != 0) {
        if (error == -ENOMEM)
            end_without_memory(worker, job);
        else
            end_unreadable(worker, job, -error);
        return true;
    }
    const uint64_t middle = now_ns(jobs);
    struct archive_store *store = job->store;
    struct rsl_archive_error bad;
    const enum rsl_status status = rsl_archive_read(&store->archive, job->path, store->file,
                                                    store->file_nbytes, job->room, &bad);
    job->stats.read_ns += middle - start;
    job->stats.inflate_ns += now_ns(jobs) - middle;
    if (status == RSL_EAGAIN) {
        ask_for_more(worker, job);
        return false;
    }
    if (status != RSL_OK) {
        end_without_memory(worker, job);
        return true;
    }
    job->stats.compressed_nbytes += store->file_nbytes;
    job->stats.inflated_nbytes += store->archive.inflated_nbytes;
    if (bad.code != RSL_ARCHIVE_ERROR_NONE) {
        end_refused(worker, job, bad.member, rsl_archive_error_message(bad.code));
        return true;
    }
    if (!choose_sources(job)) {
        end_without_memory(worker, job);
        return true;
    }
    job->archive = &store->archive;
    job->stats.narchives++;
    jobs->options.opened(jobs->options.context, worker, job);
    return true;
}

/* A job. It is in the gate if it has a weight. */
static int run_job(struct rsl_worker *worker, void *arg)
{
    struct rsl_archive_job *job = arg;
    struct rsl_archive_jobs *jobs = job->jobs;
    for (;;) {
        if (jobs->options.stopped(jobs->options.context)) {
            end_refused(worker, job, "", NULL);
            return RSL_OK;
        }
        const int fd = measure(job);
        if (fd < 0) {
            end_unreadable(worker, job, -fd);
            return RSL_OK;
        }
        const uint64_t weight = job->size + job->room + ARCHIVE_OVERHEAD;
        if (job->weight > 0 && job->weight != weight)
            leave(worker, job); /* another file has come in its place */
        if (job->weight == 0) {
            job->weight = weight;
            if (!rsl_gate_enter(&jobs->gate, &job->gate_ticket, weight)) {
                close(fd); /* files that wait are not open; the job is no longer ours */
                return RSL_OK;
            }
        }
        const bool over = run_inside(worker, job, fd);
        close(fd);
        if (over)
            return RSL_OK;
    }
}

bool rsl_archive_jobs_begin(struct rsl_archive_jobs *jobs, struct rsl_worker *worker,
                            const char *path, size_t nbytes, void *ticket)
{
    struct rsl_archive_job *job = malloc(sizeof *job + nbytes + 1);
    if (job == NULL)
        return false;
    *job = (struct rsl_archive_job){.jobs = jobs, .ticket = ticket};
    memcpy(job->path, path, nbytes);
    job->path[nbytes] = '\0';
    (void)run_job(worker, job);
    return true;
}

struct rsl_archive_jobs *rsl_archive_jobs_create(const struct rsl_archive_jobs_options *options)
{
    struct rsl_archive_jobs *jobs = calloc(1, sizeof *jobs);
    if (jobs == NULL)
        return NULL;
    jobs->options = *options;
    jobs->max_memory = options->max_memory;
    if (jobs->max_memory == 0)
        jobs->max_memory = (uint64_t)sysconf(_SC_PHYS_PAGES) / 4 * (uint64_t)sysconf(_SC_PAGESIZE);
    pthread_mutex_init(&jobs->lock, NULL);
    rsl_gate_init(&jobs->gate, jobs->max_memory / 2);
    return jobs;
}

void rsl_archive_jobs_destroy(struct rsl_archive_jobs *jobs)
{
    if (jobs == NULL)
        return;
    while (jobs->stores != NULL) {
        struct archive_store *store = jobs->stores;
        jobs->stores = store->next;
        destroy_store(store);
    }
    rsl_gate_fini(&jobs->gate);
    pthread_mutex_destroy(&jobs->lock);
    free(jobs);
}

uint64_t rsl_archive_jobs_max_memory(const struct rsl_archive_jobs *jobs)
{
    return jobs->max_memory;
}

void rsl_archive_jobs_get_stats(struct rsl_archive_jobs *jobs, struct rsl_archive_stats *stats_out)
{
    *stats_out = jobs->stats;
    stats_out->nput_off = jobs->gate.nwaited;
    stats_out->most_nbytes = jobs->gate.most_used;
}

/* ---- words */

void rsl_archive_put_shown(struct rsl_text_buffer *out, const char *path,
                           const struct rsl_archive_member *member)
{
    rsl_text_buffer_puts(out, path);
    rsl_text_buffer_put(out, "!/", 2);
    rsl_text_buffer_put(out, member->path, member->path_nbytes + 1);
}

void rsl_archive_put_error(struct rsl_text_buffer *out, const char *member, const char *message)
{
    if (*member != '\0') {
        rsl_text_buffer_put_plain(out, member, strlen(member));
        rsl_text_buffer_puts(out, ": ");
    }
    rsl_text_buffer_put(out, message, strlen(message) + 1);
}
