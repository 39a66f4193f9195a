/* How an archive goes. Its file's size and its last bytes tell how much memory it will need; with
 * that it enters the gate, or is put off, and then the job that makes room spawns it again. Inside,
 * it takes a `store` (the buffers and the decompressor, of which there are as many as archives are
 * in memory at once), reads and inflates. If there is much to parse, it is cut into parts, and jobs
 * are spawned that help with them; the job itself takes one part after the other until none is
 * left, so that archives are finished before others are begun: helpers come when nothing else is to
 * be done. Whoever ends the last part gives the store back and leaves the gate. What turns out to
 * need more memory than foreseen gives everything back first, and enters anew: nobody holds memory
 * and waits for more.
 *
 * The budget of the gate is half of the memory that is allowed. Of the rest, a quarter is for
 * stores that wait for the next archive, a quarter for the cache, and half for what is parsed and
 * printed.
 */
#include "tools/archive_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ds/atomic.h"
#include "index/archive.h"
#include "index/gzip.h"
#include "sched/gate.h"
#include "tools/jsonl.h"
#include "tools/outline.h"
#include "tools/page_allocator.h"
#include "tools/report.h"
#include "tools/result_cache.h"

/* Bytes of sources that make a job, when an archive has at least twice as many. */
enum { PART_NBYTES = 512 * 1024 };

/* What an archive needs besides its bytes, about: roundings, members, results on their way. */
enum { ARCHIVE_OVERHEAD = 512 * 1024 };

/* Reused from archive to archive. */
struct store {
    struct store *next; /* in the list of those that are free */
    struct rsl_archive archive;
    uint8_t *file; /* as it is on disk */
    size_t file_nbytes, file_capacity;
    uint32_t *sources; /* numbers of the members that are parsed */
    size_t nsources, sources_capacity;
};

struct rsl_archive_scan {
    struct rsl_archive_scan_options options;
    uint64_t max_memory;
    struct rsl_gate gate;
    struct rsl_result_cache *cache;
    pthread_mutex_t lock;
    struct store *stores; /* free ones, the last used first: its pages are still in the caches */
    size_t nstores;
    struct rsl_archive_stats stats;
};

/* Some of an archive's sources. */
struct part {
    struct task *task;
    size_t first, end; /* in store->sources */
    struct rsl_text_buffer out, diagnostics;
};

/* An archive under way. */
struct task {
    struct rsl_gate_ticket gate_ticket; /* first: the task is found through it */
    struct rsl_archive_scan *scan;
    void *ticket;
    struct store *store;
    uint64_t file_nbytes, room, weight;
    struct part *parts;
    size_t nparts;
    struct rsl_atomic_size next_part; /* relaxed: the parts were there before the helpers */
    struct rsl_atomic_size nleft;     /* parts; who takes the last one away ends the task */
    struct rsl_atomic_size nholders;  /* of this struct: jobs, and one until the task ends */
    struct rsl_archive_stats stats;
    char path[]; /* then a NUL */
};

static uint64_t now_ns(const struct rsl_archive_scan *scan)
{
    if (!scan->options.timed)
        return 0;
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool stopped(const struct rsl_archive_scan *scan)
{
    return scan->options.stopped(scan->options.context);
}

static void out_of_memory(const struct rsl_archive_scan *scan)
{
    scan->options.fail(scan->options.context);
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

static void count(struct rsl_archive_scan *scan, const struct rsl_archive_stats *stats)
{
    pthread_mutex_lock(&scan->lock);
    stats_add(&scan->stats, stats);
    pthread_mutex_unlock(&scan->lock);
}

/* ---- stores */

static void release_file(struct store *store)
{
    rsl_page_allocator.release(rsl_page_allocator.state, store->file, store->file_capacity);
    store->file = NULL;
    store->file_capacity = 0;
}

static void destroy_store(struct store *store)
{
    if (store == NULL)
        return;
    rsl_archive_fini(&store->archive);
    release_file(store);
    free(store->sources);
    free(store);
}

static struct store *take_store(struct rsl_archive_scan *scan)
{
    pthread_mutex_lock(&scan->lock);
    struct store *store = scan->stores;
    if (store != NULL) {
        scan->stores = store->next;
        scan->nstores--;
    }
    pthread_mutex_unlock(&scan->lock);
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
static void give_store(struct rsl_archive_scan *scan, struct store *store)
{
    if (store == NULL)
        return;
    const size_t keep_nbytes = (size_t)(scan->max_memory / 8 / scan->options.nworkers);
    rsl_archive_shrink(&store->archive, keep_nbytes / 4 * 3);
    if (store->file_capacity + store->sources_capacity * sizeof *store->sources > keep_nbytes / 4) {
        release_file(store);
        free(store->sources);
        store->sources = NULL;
        store->sources_capacity = 0;
    }
    pthread_mutex_lock(&scan->lock);
    const bool kept = scan->nstores < scan->options.nworkers;
    if (kept) {
        store->next = scan->stores;
        scan->stores = store;
        scan->nstores++;
    }
    pthread_mutex_unlock(&scan->lock);
    if (!kept)
        destroy_store(store);
}

/* ---- the end of a task */

static int run_task(struct rsl_worker *worker, void *arg);

static void let_go(struct task *task)
{
    /* Acquire and release: the last one frees what the others have used. */
    if (rsl_size_fetch_add_acq_rel(&task->nholders, SIZE_MAX) == 1)
        free(task);
}

/* Leaves the gate with the task's weight, and gets those going who have come in. */
static void leave(struct rsl_worker *worker, struct task *task)
{
    struct rsl_archive_scan *scan = task->scan;
    struct rsl_gate_ticket *in = rsl_gate_leave(&scan->gate, task->weight);
    task->weight = 0;
    while (in != NULL) {
        struct task *other = (struct task *)in;
        struct rsl_gate_ticket *next = in->next;
        if (rsl_spawn(worker, run_task, other) != RSL_OK) {
            /* Whoever comes in with what it gives back joins the list. */
            struct rsl_gate_ticket **end = &next;
            while (*end != NULL)
                end = &(*end)->next;
            *end = rsl_gate_leave(&scan->gate, other->weight);
            const struct rsl_text_buffer none = {0};
            out_of_memory(scan);
            scan->options.emit(scan->options.context, other->ticket, &none, &none, true);
            let_go(other);
        }
        in = next;
    }
}

/* The task is over; what came of it goes with the last call of emit. */
static void end_task(struct rsl_worker *worker, struct task *task,
                     const struct rsl_text_buffer *out, const struct rsl_text_buffer *diagnostics)
{
    struct rsl_archive_scan *scan = task->scan;
    give_store(scan, task->store);
    if (task->weight > 0)
        leave(worker, task);
    count(scan, &task->stats);
    scan->options.emit(scan->options.context, task->ticket, out, diagnostics, true);
    free(task->parts);
    let_go(task);
}

static void end_without_memory(struct rsl_worker *worker, struct task *task)
{
    const struct rsl_text_buffer none = {0};
    out_of_memory(task->scan);
    end_task(worker, task, &none, &none);
}

/* The archive is bad, or cannot be read: "rustle: path: [member: ]message". */
static void end_with_error(struct rsl_worker *worker, struct task *task, const char *member,
                           const char *message)
{
    struct rsl_archive_scan *scan = task->scan;
    struct rsl_file_scanner *scanner = scan->options.scanner(worker);
    struct rsl_text_buffer out = {0}, diagnostics = {0}, text = {0};
    if (*member != '\0') {
        rsl_text_buffer_put_plain(&text, member, strlen(member));
        rsl_text_buffer_puts(&text, ": ");
    }
    rsl_text_buffer_put(&text, message, strlen(message) + 1);
    rsl_text_buffer_puts(&diagnostics, "rustle: ");
    rsl_report_put_path(&diagnostics, task->path);
    rsl_text_buffer_puts(&diagnostics, ": ");
    rsl_text_buffer_puts(&diagnostics, text.failed ? message : text.bytes);
    rsl_text_buffer_puts(&diagnostics, "\n");
    if (scan->options.format == RSL_SCAN_JSONL) {
        rsl_jsonl_put_file(&out, task->path, 0, "io-error", 0, 1);
        rsl_jsonl_put_io_error(&out, task->path, text.failed ? message : text.bytes);
    }
    rsl_text_buffer_fini(&text);
    scanner->totals.nfiles++;
    scanner->totals.nunreadable++;
    task->stats.narchives++;
    task->stats.nbad++;
    end_task(worker, task, &out, &diagnostics);
}

/* ---- sources */

/* Adds what is known of a source's content, as rsl_file_scanner_scan_bytes() would. */
static void put_known(struct rsl_file_scanner *scanner, const char *shown, size_t nbytes,
                      const struct rsl_content_result *result, const struct rsl_text_buffer *text)
{
    struct rsl_scan_totals *totals = &scanner->totals;
    totals->nfiles++;
    totals->nok++;
    totals->nbytes += nbytes;
    totals->nitems += result->nitems;
    for (unsigned i = 0; i < RSL_ITEM_KIND_COUNT; i++)
        totals->nitems_by_kind[i] += result->nitems_by_kind[i];
    if (scanner->format == RSL_SCAN_JSONL)
        rsl_jsonl_put_file(&scanner->out, shown, nbytes, "ok", result->nitems, 0);
    if (scanner->format == RSL_SCAN_TEXT) {
        rsl_report_put_path(&scanner->out, shown);
        rsl_text_buffer_puts(&scanner->out, "\n");
    }
    if (text->nbytes > 0)
        rsl_text_buffer_put(&scanner->out, text->bytes, text->nbytes);
}

/* Keeps what came of a source that has no errors: errors tell lines, which tell the path. The text
 * is what stands behind the first line, which is the path's. */
static void keep_result(struct rsl_archive_scan *scan, const struct rsl_file_scanner *scanner,
                        const struct rsl_content_key *key, size_t out_nbytes)
{
    const struct rsl_file *file = &scanner->file;
    struct rsl_content_result result = {.nitems = file->nitems};
    for (uint32_t i = 0; i < file->nitems; i++)
        result.nitems_by_kind[file->items[i].kind]++;
    const char *text = NULL;
    size_t nbytes = scanner->out.nbytes - out_nbytes;
    if (nbytes > 0) {
        const char *const all = scanner->out.bytes + out_nbytes;
        text = memchr(all, '\n', nbytes);
        if (text == NULL)
            return;
        text++;
        nbytes -= (size_t)(text - all);
    }
    rsl_result_cache_add(scan->cache, key, &result, text, nbytes);
}

static void scan_source(struct part *part, struct rsl_file_scanner *scanner,
                        struct rsl_text_buffer *known, const char *shown,
                        const struct rsl_archive_member *member, struct rsl_archive_stats *stats)
{
    struct rsl_archive_scan *scan = part->task->scan;
    const uint64_t start = now_ns(scan);
    const struct rsl_content_key key = rsl_content_key(scan->cache, member->bytes, member->nbytes);
    struct rsl_content_result result;
    known->nbytes = 0;
    const bool found = rsl_result_cache_find(scan->cache, &key, &result, known);
    stats->nsources++;
    stats->source_nbytes += member->nbytes;
    const uint64_t middle = now_ns(scan);
    stats->hash_ns += middle - start;
    if (found && !known->failed) {
        stats->nshared++;
        stats->shared_nbytes += member->nbytes;
        put_known(scanner, shown, member->nbytes, &result, known);
        return;
    }
    const uint64_t nok = scanner->totals.nok;
    const size_t out_nbytes = scanner->out.nbytes;
    rsl_file_scanner_scan_bytes(scanner, shown, member->bytes, member->nbytes);
    stats->parse_ns += now_ns(scan) - middle;
    if (scanner->totals.nok > nok && !scanner->out.failed)
        keep_result(scan, scanner, &key, out_nbytes);
}

static void scan_part(struct part *part, struct rsl_file_scanner *scanner)
{
    const struct task *task = part->task;
    const struct store *store = task->store;
    struct rsl_archive_stats stats = {0};
    struct rsl_text_buffer shown = {0}, known = {0};
    const size_t path_nbytes = strlen(task->path);
    for (size_t i = part->first; i < part->end && !stopped(task->scan); i++) {
        const struct rsl_archive_member *member = &store->archive.members[store->sources[i]];
        shown.nbytes = 0;
        rsl_text_buffer_put(&shown, task->path, path_nbytes);
        rsl_text_buffer_put(&shown, "!/", 2);
        rsl_text_buffer_put(&shown, member->path, member->path_nbytes + 1);
        if (shown.failed) {
            out_of_memory(task->scan);
            break;
        }
        scan_source(part, scanner, &known, shown.bytes, member, &stats);
    }
    rsl_text_buffer_fini(&shown);
    rsl_text_buffer_fini(&known);
    if (scanner->out.failed || scanner->diagnostics.failed)
        out_of_memory(task->scan);
    part->out = scanner->out;
    part->diagnostics = scanner->diagnostics;
    scanner->out = scanner->diagnostics = (struct rsl_text_buffer){0};
    count(task->scan, &stats);
}

/* Puts all texts of the parts behind those of the first. */
static void join(struct task *task)
{
    struct part *all = &task->parts[0];
    for (size_t i = 1; i < task->nparts; i++) {
        struct part *part = &task->parts[i];
        if (part->out.nbytes > 0)
            rsl_text_buffer_put(&all->out, part->out.bytes, part->out.nbytes);
        if (part->diagnostics.nbytes > 0)
            rsl_text_buffer_put(&all->diagnostics, part->diagnostics.bytes,
                                part->diagnostics.nbytes);
        rsl_text_buffer_fini(&part->out);
        rsl_text_buffer_fini(&part->diagnostics);
    }
    if (all->out.failed || all->diagnostics.failed)
        out_of_memory(task->scan);
}

static void run_part(struct rsl_worker *worker, struct part *part)
{
    struct task *task = part->task;
    struct rsl_archive_scan *scan = task->scan;
    scan_part(part, scan->options.scanner(worker));
    const struct rsl_text_buffer none = {0};
    if (!scan->options.whole) {
        scan->options.emit(scan->options.context, task->ticket, &part->out, &part->diagnostics,
                           false);
        part->out = part->diagnostics = none;
    }
    /* Acquire and release: who takes away the last one sees what the others have left. */
    if (rsl_size_fetch_add_acq_rel(&task->nleft, SIZE_MAX) == 1) {
        join(task);
        end_task(worker, task, &task->parts[0].out, &task->parts[0].diagnostics);
    }
}

/* A job, or the end of one: takes parts until there is none left, as one of the task's holders. */
static int help(struct rsl_worker *worker, void *arg)
{
    struct task *task = arg;
    const size_t nparts = task->nparts;
    /* Relaxed: gives each part to one job; what is in it was there before the job was spawned. */
    for (size_t i; (i = rsl_size_fetch_add_relaxed(&task->next_part, 1)) < nparts;)
        run_part(worker, &task->parts[i]);
    let_go(task);
    return RSL_OK;
}

/* ---- the beginning of a task */

/* What a walk would pass over: a name that begins with a dot. */
static bool is_hidden(const char *path)
{
    if (*path == '.')
        return true;
    const char *dot = strstr(path, "/.");
    return dot != NULL;
}

static bool is_source(const struct rsl_archive_scan *scan, const struct rsl_archive_member *member)
{
    const size_t n = member->path_nbytes;
    return n >= 3 && memcmp(member->path + n - 3, ".rs", 3) == 0 &&
           (scan->options.hidden || !is_hidden(member->path)) &&
           (!scan->options.limit_nbytes || member->nbytes <= scan->options.max_nbytes);
}

/* Lists the sources. *nbytes_out: of them all. */
static bool choose_sources(struct task *task, uint64_t *nbytes_out)
{
    struct store *store = task->store;
    const struct rsl_archive *archive = &store->archive;
    if (store->sources_capacity < archive->nmembers) {
        uint32_t *grown = realloc(store->sources, archive->nmembers * sizeof *grown);
        if (grown == NULL)
            return false;
        store->sources = grown;
        store->sources_capacity = archive->nmembers;
    }
    store->nsources = 0;
    *nbytes_out = 0;
    for (size_t i = 0; i < archive->nmembers; i++) {
        if (is_source(task->scan, &archive->members[i])) {
            store->sources[store->nsources++] = (uint32_t)i;
            *nbytes_out += archive->members[i].nbytes;
        }
    }
    return true;
}

/* Cuts the sources into parts of about the same number of bytes. */
static bool cut(struct task *task, uint64_t nbytes)
{
    const struct store *store = task->store;
    const uint64_t wanted = task->scan->options.nworkers == 1 ? 1 : nbytes / PART_NBYTES;
    const size_t nparts = wanted < 2                 ? 1
                          : wanted > store->nsources ? store->nsources
                                                     : (size_t)wanted;
    task->parts = calloc(nparts, sizeof *task->parts);
    if (task->parts == NULL)
        return false;
    size_t at = 0;
    uint64_t done = 0;
    while (task->nparts < nparts && (at < store->nsources || task->nparts == 0)) {
        struct part *part = &task->parts[task->nparts++];
        *part = (struct part){.task = task, .first = at};
        const uint64_t until = nbytes / nparts * task->nparts;
        while (at < store->nsources && (done < until || task->nparts == nparts))
            done += store->archive.members[store->sources[at++]].nbytes;
        part->end = at;
    }
    task->parts[task->nparts - 1].end = store->nsources;
    task->stats.nsplit += task->nparts > 1;
    return true;
}

/* Parses what is in the store. */
static void scan_members(struct rsl_worker *worker, struct task *task)
{
    uint64_t nbytes;
    if (!choose_sources(task, &nbytes) || !cut(task, nbytes)) {
        end_without_memory(worker, task);
        return;
    }
    const size_t nworkers = task->scan->options.nworkers;
    const size_t nhelpers = (task->nparts < nworkers ? task->nparts : nworkers) - 1;
    rsl_size_init(&task->next_part, 0);
    rsl_size_init(&task->nleft, task->nparts);
    /* Relaxed, for this job: the task itself is a holder still, so it cannot come to 0 meanwhile,
     * and nobody else counts before the helpers are spawned. */
    rsl_size_fetch_add_relaxed(&task->nholders, 1);
    for (size_t i = 0; i < nhelpers; i++) {
        /* Relaxed: this job holds it all the while. */
        rsl_size_fetch_add_relaxed(&task->nholders, 1);
        if (rsl_spawn(worker, help, task) != RSL_OK) {
            rsl_size_fetch_add_relaxed(&task->nholders, SIZE_MAX);
            break; /* fewer will do */
        }
    }
    (void)help(worker, task);
}

/* Opens the file and learns from it how much it will need. Returns the descriptor or a negative
 * errno. */
static int measure(struct task *task)
{
    const int fd = open(task->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* if it is a pipe */
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
    task->file_nbytes = (uint64_t)st.st_size;
    task->room = hint > task->room ? hint : task->room;
    return fd;
}

/* Reads what was measured. Who has cut the file since gets what is left of it. */
static int read_file(struct task *task, int fd)
{
    struct store *store = task->store;
    const size_t nbytes = (size_t)task->file_nbytes;
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
    return 0;
}

/* Within the gate. False: more memory is needed than was entered with; all has been given back, and
 * task->room says how much. */
static bool run_inside(struct rsl_worker *worker, struct task *task, int fd)
{
    struct rsl_archive_scan *scan = task->scan;
    task->store = take_store(scan);
    if (task->store == NULL) {
        end_without_memory(worker, task);
        return true;
    }
    const uint64_t start = now_ns(scan);
    const int error = read_file(task, fd);
    if (error != 0) {
        if (error == -ENOMEM)
            end_without_memory(worker, task);
        else
            end_with_error(worker, task, "", strerror(-error));
        return true;
    }
    const uint64_t middle = now_ns(scan);
    struct store *store = task->store;
    struct rsl_archive_error bad;
    const enum rsl_status status = rsl_archive_read(&store->archive, task->path, store->file,
                                                    store->file_nbytes, task->room, &bad);
    task->stats.read_ns += middle - start;
    task->stats.inflate_ns += now_ns(scan) - middle;
    if (status == RSL_EAGAIN) {
        const uint64_t limit = rsl_gzip_limit(task->file_nbytes);
        const uint64_t more = task->room * 2 + task->file_nbytes * 4;
        task->room = more < limit ? more : limit;
        give_store(scan, store);
        task->store = NULL;
        leave(worker, task);
        return false;
    }
    if (status != RSL_OK) {
        end_without_memory(worker, task);
        return true;
    }
    task->stats.compressed_nbytes += store->file_nbytes;
    task->stats.inflated_nbytes += store->archive.inflated_nbytes;
    if (bad.code != RSL_ARCHIVE_ERROR_NONE) {
        end_with_error(worker, task, bad.member, rsl_archive_error_message(bad.code));
        return true;
    }
    task->stats.narchives++;
    scan_members(worker, task);
    return true;
}

/* A job. The task is in the gate if it has a weight. */
static int run_task(struct rsl_worker *worker, void *arg)
{
    struct task *task = arg;
    struct rsl_archive_scan *scan = task->scan;
    for (;;) {
        if (stopped(scan)) {
            const struct rsl_text_buffer none = {0};
            end_task(worker, task, &none, &none);
            return RSL_OK;
        }
        const int fd = measure(task);
        if (fd < 0) {
            end_with_error(worker, task, "", strerror(-fd));
            return RSL_OK;
        }
        const uint64_t weight = task->file_nbytes + task->room + ARCHIVE_OVERHEAD;
        if (task->weight > 0 && task->weight != weight)
            leave(worker, task); /* another file has come in its place */
        if (task->weight == 0) {
            task->weight = weight;
            if (!rsl_gate_enter(&scan->gate, &task->gate_ticket, weight)) {
                close(fd); /* files that wait are not open; the task is no longer ours */
                return RSL_OK;
            }
        }
        const bool over = run_inside(worker, task, fd);
        close(fd);
        if (over)
            return RSL_OK;
    }
}

void rsl_archive_scan_begin(struct rsl_archive_scan *scan, struct rsl_worker *worker,
                            const char *path, size_t nbytes, void *ticket)
{
    struct task *task = malloc(sizeof *task + nbytes + 1);
    if (task == NULL) {
        const struct rsl_text_buffer none = {0};
        out_of_memory(scan);
        scan->options.emit(scan->options.context, ticket, &none, &none, true);
        return;
    }
    *task = (struct task){.scan = scan, .ticket = ticket};
    rsl_size_init(&task->nholders, 1);
    memcpy(task->path, path, nbytes);
    task->path[nbytes] = '\0';
    (void)run_task(worker, task);
}

struct rsl_archive_scan *rsl_archive_scan_create(const struct rsl_archive_scan_options *options)
{
    struct rsl_archive_scan *scan = calloc(1, sizeof *scan);
    if (scan == NULL)
        return NULL;
    scan->options = *options;
    scan->max_memory = options->max_memory;
    if (scan->max_memory == 0)
        scan->max_memory = (uint64_t)sysconf(_SC_PHYS_PAGES) / 4 * (uint64_t)sysconf(_SC_PAGESIZE);
    scan->cache = rsl_result_cache_create((size_t)(scan->max_memory / 8),
                                          options->format != RSL_SCAN_SUMMARY);
    if (scan->cache == NULL) {
        free(scan);
        return NULL;
    }
    pthread_mutex_init(&scan->lock, NULL);
    rsl_gate_init(&scan->gate, scan->max_memory / 2);
    return scan;
}

void rsl_archive_scan_destroy(struct rsl_archive_scan *scan)
{
    if (scan == NULL)
        return;
    while (scan->stores != NULL) {
        struct store *store = scan->stores;
        scan->stores = store->next;
        destroy_store(store);
    }
    rsl_result_cache_destroy(scan->cache);
    rsl_gate_fini(&scan->gate);
    pthread_mutex_destroy(&scan->lock);
    free(scan);
}

void rsl_archive_scan_get_stats(struct rsl_archive_scan *scan, struct rsl_archive_stats *stats_out)
{
    *stats_out = scan->stats;
    stats_out->nput_off = scan->gate.nwaited;
    stats_out->most_nbytes = scan->gate.most_used;
}
