#include "tools/project.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "index/path.h"
#include "sched/git_excludes.h"
#include "sched/sched.h"
#include "sched/walk.h"
#include "tools/archive_job.h"
#include "tools/index_tree.h"
#include "tools/read_file.h"
#include "tools/report.h"

/* Files that a job parses. */
enum { CHUNK_FILES = 32 };

struct parsed_file {
    char *path;
    struct rsl_file_facts *facts;
    struct rsl_file_names *names;
};

/* What one worker has. Handed over when it ends. */
struct parser {
    struct load *load;
    struct rsl_file file;
    struct rsl_source_buffer source;
    struct rsl_facts_builder *facts;
    struct rsl_names_builder *names;
    struct parsed_file *files;
    size_t nfiles, capacity;
    struct parser *next;
};

struct load {
    struct rsl_pool *pool;
    struct rsl_archive_jobs *jobs;
    pthread_mutex_t lock;
    struct parser *parsers;              /* of all workers */
    struct rsl_archive_mounts *archives; /* under the lock */
    struct rsl_atomic_u64 nmissing;      /* relaxed: read when all jobs are done */
    struct rsl_atomic_u32 failed;        /* relaxed: likewise, and asked whether to go on */
};

struct chunk {
    struct load *load;
    size_t nfiles;
    bool is_archive;                /* the only file */
    const char *paths[CHUNK_FILES]; /* behind this struct */
};

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void tell(struct load *load, const char *path, const char *message)
{
    struct rsl_text_buffer text = {0};
    rsl_report_put_about(&text, path, message);
    rsl_text_buffer_write(&text, stderr);
    rsl_text_buffer_fini(&text);
    rsl_u64_fetch_add_relaxed(&load->nmissing, 1);
}

static void tell_missing(struct load *load, const char *path, int error)
{
    tell(load, path, strerror(error));
}

static void fail(struct load *load)
{
    uint32_t none = 0;
    rsl_u32_cas_relaxed(&load->failed, &none, 1);
}

/* ---- on the workers */

static void destroy_parser(struct parser *parser)
{
    for (size_t i = 0; i < parser->nfiles; i++) {
        free(parser->files[i].path);
        rsl_file_facts_destroy(parser->files[i].facts, NULL);
        rsl_file_names_destroy(parser->files[i].names, NULL);
    }
    free(parser->files);
    rsl_file_fini(&parser->file);
    rsl_source_buffer_fini(&parser->source);
    rsl_facts_builder_destroy(parser->facts);
    rsl_names_builder_destroy(parser->names);
    free(parser);
}

/* The worker's parser, made when it is first asked for. */
static struct parser *parser_of(struct load *load, struct rsl_worker *worker)
{
    struct parser *parser = rsl_worker_slot(worker, 0);
    if (parser != NULL)
        return parser;
    parser = calloc(1, sizeof *parser);
    if (parser == NULL)
        return NULL;
    rsl_file_init(&parser->file, NULL);
    parser->load = load;
    parser->facts = rsl_facts_builder_create(NULL);
    parser->names = rsl_names_builder_create(NULL);
    if (parser->facts == NULL || parser->names == NULL) {
        destroy_parser(parser);
        return NULL;
    }
    pthread_mutex_lock(&load->lock);
    parser->next = load->parsers;
    load->parsers = parser;
    pthread_mutex_unlock(&load->lock);
    rsl_worker_set_slot(worker, 0, parser);
    return parser;
}

/* The path as a normal path. */
static char *normal_path(const char *path)
{
    struct rsl_arena arena;
    rsl_arena_init(&arena, &rsl_allocator_default, 512);
    const char *normal = rsl_path_join(&arena, "", path);
    char *copy = normal == NULL ? NULL : strdup(normal);
    rsl_arena_fini(&arena);
    return copy;
}

/* What the source at a path says, which is taken over. */
static bool take_facts(struct parser *parser, char *path, const uint8_t *src, size_t nbytes)
{
    if (path == NULL)
        return false;
    if (parser->nfiles == parser->capacity) {
        const size_t more = parser->capacity * 2 + 256;
        struct parsed_file *grown = realloc(parser->files, more * sizeof *grown);
        if (grown == NULL) {
            free(path);
            return false;
        }
        parser->files = grown;
        parser->capacity = more;
    }
    struct parsed_file *file = &parser->files[parser->nfiles++];
    *file = (struct parsed_file){.path = path};
    return rsl_parse(&parser->file, src, nbytes, NULL) == RSL_OK &&
           rsl_file_facts_create(parser->facts, &parser->file, src, nbytes, &file->facts) ==
               RSL_OK &&
           rsl_file_names_create(parser->names, &parser->file, src, &file->names) == RSL_OK;
}

/* Tells of a file that could not be told from what is in an archive. */
static bool is_refused(struct load *load, const char *path)
{
    const bool refused = rsl_index_is_refused(path);
    if (refused)
        tell(load, path, RSL_INDEX_REFUSED);
    return refused;
}

static bool parse_file(struct parser *parser, const char *path)
{
    if (is_refused(parser->load, path))
        return true;
    const int error = rsl_read_file(&parser->source, path);
    if (error == -ENOMEM)
        return false;
    if (error != 0) {
        tell_missing(parser->load, path, -error);
        return true;
    }
    return take_facts(parser, normal_path(path), parser->source.bytes, parser->source.nbytes);
}

/* ---- archives, on the workers */

static bool stopped(void *context)
{
    const struct load *load = context;
    return rsl_u32_load_relaxed(&load->failed) != 0;
}

static void fail_load(void *context)
{
    fail(context);
}

static bool parse_member(struct parser *parser, const char *archive,
                         const struct rsl_archive_member *member)
{
    char *path = NULL;
    if (asprintf(&path, "%s!/%s", archive, member->path) < 0)
        path = NULL;
    return take_facts(parser, path, member->bytes, member->nbytes);
}

static bool parse_archive(struct load *load, struct rsl_worker *worker,
                          const struct rsl_archive_job *job)
{
    struct parser *parser = parser_of(load, worker);
    char *path = normal_path(job->path);
    bool good = parser != NULL && path != NULL;
    if (good) {
        pthread_mutex_lock(&load->lock);
        good = rsl_archive_mounts_add(load->archives, path, job->archive) == RSL_OK;
        pthread_mutex_unlock(&load->lock);
    }
    for (size_t i = 0; i < job->nsources && good; i++)
        good = parse_member(parser, path, &job->archive->members[job->sources[i]]);
    free(path);
    return good;
}

static void opened(void *context, struct rsl_worker *worker, struct rsl_archive_job *job)
{
    struct load *load = context;
    if (!parse_archive(load, worker, job))
        fail(load);
    free(job->ticket);
    rsl_archive_job_end(job, worker);
}

static void refused(void *context, struct rsl_worker *worker, const struct rsl_archive_job *job,
                    const char *member, const char *message)
{
    (void)worker;
    struct load *load = context;
    struct rsl_text_buffer text = {0};
    free(job->ticket);
    if (message == NULL)
        return;
    rsl_archive_put_error(&text, member, message);
    if (text.failed)
        fail(load);
    else
        tell(load, job->path, text.bytes);
    rsl_text_buffer_fini(&text);
}

static int parse_chunk(struct rsl_worker *worker, void *arg)
{
    struct chunk *chunk = arg;
    struct load *load = chunk->load;
    if (chunk->is_archive) {
        const char *path = chunk->paths[0];
        if (is_refused(load, path)) {
            free(chunk);
            return RSL_OK;
        }
        if (!rsl_archive_jobs_begin(load->jobs, worker, path, strlen(path), chunk)) {
            fail(load);
            free(chunk);
        }
        return RSL_OK;
    }
    struct parser *parser = parser_of(load, worker);
    bool good = parser != NULL;
    for (size_t i = 0; i < chunk->nfiles && good; i++)
        good = parse_file(parser, chunk->paths[i]);
    if (!good)
        fail(load);
    free(chunk);
    return RSL_OK;
}

/* ---- the walk */

static void report(void *context, const char *path, int error)
{
    tell_missing(context, path, error);
}

static bool spawn_found(void *context, unsigned worker, const struct rsl_walk_file *files,
                        size_t nfiles)
{
    (void)worker;
    struct load *load = context;
    while (nfiles > 0) {
        const bool is_archive = rsl_is_archive(files[0].path, files[0].path_nbytes);
        size_t n = 1;
        while (!is_archive && n < CHUNK_FILES && n < nfiles &&
               !rsl_is_archive(files[n].path, files[n].path_nbytes))
            n++;
        size_t nbytes = sizeof(struct chunk);
        for (size_t i = 0; i < n; i++)
            nbytes += files[i].path_nbytes + 1;
        struct chunk *chunk = malloc(nbytes);
        if (chunk == NULL) {
            fail(load);
            return false;
        }
        *chunk = (struct chunk){.load = load, .nfiles = n, .is_archive = is_archive};
        char *text = (char *)(chunk + 1);
        for (size_t i = 0; i < n; i++) {
            chunk->paths[i] = memcpy(text, files[i].path, files[i].path_nbytes + 1);
            text += files[i].path_nbytes + 1;
        }
        if (rsl_pool_spawn(load->pool, RSL_PRIORITY_HIGH, parse_chunk, chunk) != RSL_OK) {
            free(chunk);
            fail(load);
        }
        files += n;
        nfiles -= n;
    }
    return rsl_u32_load_relaxed(&load->failed) == 0;
}

static bool scan(struct load *load, const char *const *roots, size_t nroots)
{
    char *excludes = NULL;
    if (rsl_git_excludes_path(getenv("HOME"), getenv("XDG_CONFIG_HOME"), &rsl_allocator_default,
                              &excludes) != RSL_OK)
        return false;
    static const char *const archives[] = {".crate", ".tar.gz", NULL};
    const struct rsl_walk_options options = {.pool = load->pool,
                                             .suffix = ".rs",
                                             .more_suffixes = archives,
                                             .excludes_path = excludes,
                                             .emit = spawn_found,
                                             .report = report,
                                             .context = load};
    const struct rsl_archive_jobs_options jobs = {
        .nworkers = rsl_pool_nworkers(load->pool),
        .stopped = stopped,
        .opened = opened,
        .refused = refused,
        .fail = fail_load,
        .context = load,
    };
    load->jobs = rsl_archive_jobs_create(&jobs);
    const enum rsl_status status =
        load->jobs == NULL ? RSL_ENOMEM : rsl_walk_run(roots, nroots, &options);
    rsl_pool_wait(load->pool);
    rsl_archive_jobs_destroy(load->jobs);
    free(excludes);
    return status == RSL_OK && rsl_u32_load_relaxed(&load->failed) == 0;
}

/* ---- the project */

static bool hand_over(struct load *load, struct rsl_loaded_project *loaded)
{
    for (struct parser *parser = load->parsers; parser != NULL; parser = parser->next) {
        for (size_t i = 0; i < parser->nfiles; i++) {
            struct parsed_file *file = &parser->files[i];
            if (rsl_project_set(&loaded->project, file->path, file->facts, file->names) != RSL_OK)
                return false;
            file->facts = NULL;
            file->names = NULL;
            loaded->nfiles++;
        }
    }
    return true;
}

static bool stops_cargo(const struct rsl_manifest *manifest)
{
    for (uint32_t i = 0; i < manifest->nerrors; i++) {
        if (manifest->errors[i].code < RSL_MANIFEST_CARGO_GOES_ON)
            return true;
    }
    return false;
}

static void put_manifest_errors(struct rsl_text_buffer *out, const struct rsl_manifest *manifest)
{
    bool readable = true; /* what follows from an error of syntax is not told */
    for (uint32_t i = 0; i < manifest->nerrors && readable; i++) {
        const struct rsl_manifest_error *error = &manifest->errors[i];
        readable = error->code != RSL_MANIFEST_ERROR_SYNTAX;
        if (error->code >= RSL_MANIFEST_CARGO_GOES_ON)
            continue;
        rsl_report_put_path(out, manifest->path);
        if (error->line != 0) {
            rsl_text_buffer_puts(out, ":");
            rsl_text_buffer_put_number(out, error->line);
            rsl_text_buffer_puts(out, ":");
            rsl_text_buffer_put_number(out, error->column);
        }
        rsl_text_buffer_puts(out, ": error: ");
        rsl_text_buffer_puts(out, rsl_manifest_error_message(error->code));
        if (*error->what != '\0') {
            rsl_text_buffer_puts(out, ": ");
            rsl_report_put_path(out, error->what);
        }
        rsl_text_buffer_puts(out, "\n");
    }
}

static int by_manifest_path(const void *a, const void *b, void *project)
{
    return strcmp(rsl_project_manifest(project, *(const uint32_t *)a)->path,
                  rsl_project_manifest(project, *(const uint32_t *)b)->path);
}

/* Tells the errors of the Cargo.toml files, by path. False without memory. */
static bool tell_manifests(struct rsl_loaded_project *loaded)
{
    struct rsl_project *project = &loaded->project;
    const uint32_t nfolders = rsl_project_nfolders(project);
    uint32_t *bad = malloc(((size_t)nfolders + 1) * sizeof *bad);
    struct rsl_text_buffer text = {0};
    if (bad == NULL)
        return false;
    for (uint32_t folder = 0; folder < nfolders; folder++) {
        const struct rsl_manifest *manifest = rsl_project_manifest(project, folder);
        if (manifest != NULL && stops_cargo(manifest))
            bad[loaded->nbad++] = folder;
    }
    qsort_r(bad, loaded->nbad, sizeof *bad, by_manifest_path, project);
    for (uint64_t i = 0; i < loaded->nbad; i++)
        put_manifest_errors(&text, rsl_project_manifest(project, bad[i]));
    rsl_text_buffer_write(&text, stderr);
    const bool good = !text.failed;
    rsl_text_buffer_fini(&text);
    free(bad);
    return good;
}

static bool build(struct load *load, const char *crate_root, struct rsl_loaded_project *loaded)
{
    const uint64_t start = now_ns();
    bool good = hand_over(load, loaded);
    if (good && crate_root != NULL) {
        char *path = normal_path(crate_root);
        good = path != NULL && rsl_project_add_root(&loaded->project, path) == RSL_OK;
        free(path);
    } else if (good) {
        good = rsl_project_find_crates(&loaded->project) == RSL_OK && tell_manifests(loaded);
    }
    const uint64_t middle = now_ns();
    good = good && rsl_project_update(&loaded->project, loaded->pool) == RSL_OK;
    loaded->times.crates_ns = middle - start;
    loaded->times.graph_ns = now_ns() - middle;
    const uint32_t nlimited = good ? rsl_graph_nlimited(&loaded->project.graph) : 0;
    if (nlimited > 0)
        rsl_report("%u uses were given up: they lead through too many others", nlimited);
    return good;
}

int rsl_project_load(const char *const *roots, size_t nroots, const char *crate_root,
                     size_t nthreads, struct rsl_loaded_project *loaded_out)
{
    struct load load = {.lock = PTHREAD_MUTEX_INITIALIZER};
    const struct rsl_pool_options options = {.nworkers = nthreads};
    *loaded_out = (struct rsl_loaded_project){.nfiles = 0};
    rsl_archive_mounts_init(&loaded_out->archives, &rsl_file_tree_disk, NULL);
    loaded_out->tree = rsl_archive_mounts_tree(&loaded_out->archives);
    if (rsl_project_init(&loaded_out->project, &loaded_out->tree, NULL) != RSL_OK) {
        rsl_archive_mounts_fini(&loaded_out->archives);
        return -ENOMEM;
    }
    const int status = rsl_pool_create(&options, &load.pool);
    if (status != RSL_OK) {
        rsl_project_unload(loaded_out);
        return status == RSL_EIO ? -EAGAIN : -ENOMEM;
    }
    loaded_out->pool = load.pool;
    load.archives = &loaded_out->archives;
    const uint64_t start = now_ns();
    bool good = crate_root != NULL || scan(&load, roots, nroots);
    loaded_out->times.scan_ns = now_ns() - start;
    good = good && build(&load, crate_root, loaded_out);
    while (load.parsers != NULL) {
        struct parser *parser = load.parsers;
        load.parsers = parser->next;
        destroy_parser(parser);
    }
    loaded_out->nmissing = rsl_u64_load_relaxed(&load.nmissing);
    if (!good)
        rsl_project_unload(loaded_out);
    return good ? 0 : -ENOMEM;
}

void rsl_project_unload(struct rsl_loaded_project *loaded)
{
    rsl_pool_destroy(loaded->pool);
    rsl_project_fini(&loaded->project);
    rsl_archive_mounts_fini(&loaded->archives);
}

/* The file at a normal path, if the project has it, else RSL_NO_STRING. */
static uint32_t file_at(const struct rsl_project *project, const char *path)
{
    const uint32_t file = path == NULL
                              ? RSL_NO_STRING
                              : rsl_strings_find(&project->graph.modules.paths, path, strlen(path));
    if (file == RSL_NO_STRING ||
        (!rsl_project_holds(project, file) && !rsl_graph_is_reached(&project->graph, file)))
        return RSL_NO_STRING;
    return file;
}

/* The absolute normal path as it is seen from the folder `here`, which is one too. NULL without
 * memory. */
static const char *seen_from(struct rsl_arena *arena, const char *here, const char *path)
{
    size_t n = 0, nups = 0, last = 0; /* behind the components that both have */
    for (; here[n] == path[n] && here[n] != '\0'; n++)
        last = here[n] == '/' ? n : last;
    if ((here[n] == '\0' && path[n] == '/') || (here[n] == '/' && path[n] == '\0'))
        last = n;
    for (const char *p = here + last; *p != '\0'; p++)
        nups += *p == '/' && p[1] != '\0';
    path += last;
    path += *path == '/';
    char *text = rsl_arena_alloc(arena, nups * 3 + strlen(path) + 1, 1);
    if (text == NULL)
        return NULL;
    for (size_t i = 0; i < nups; i++)
        memcpy(text + i * 3, "../", 3);
    strcpy(text + nups * 3, path);
    return text;
}

/* The path may be written in another way than the folders scanned: as an absolute one, or through
 * the folder above. */
bool rsl_project_find(struct rsl_loaded_project *loaded, const char *path, uint32_t *file_out)
{
    const struct rsl_project *project = &loaded->project;
    struct rsl_arena arena;
    char *here = getcwd(NULL, 0);
    rsl_arena_init(&arena, &rsl_allocator_default, 4096);
    *file_out = file_at(project, rsl_path_join(&arena, "", path));
    const char *whole = here == NULL ? NULL : rsl_path_join(&arena, here, path);
    if (*file_out == RSL_NO_STRING)
        *file_out = file_at(project, whole);
    if (*file_out == RSL_NO_STRING && whole != NULL)
        *file_out = file_at(project, seen_from(&arena, here, whole));
    rsl_arena_fini(&arena);
    free(here);
    if (*file_out == RSL_NO_STRING)
        rsl_report("%s: not a file of the project", path);
    return *file_out != RSL_NO_STRING;
}

int rsl_project_compare(const struct rsl_project *project, uint32_t a, uint32_t b)
{
    return strcmp(rsl_graph_path(&project->graph, a), rsl_graph_path(&project->graph, b));
}

struct order {
    const struct rsl_project *project;
};

static int by_path(const void *a, const void *b, void *order)
{
    return rsl_project_compare(((const struct order *)order)->project, *(const uint32_t *)a,
                               *(const uint32_t *)b);
}

uint32_t *rsl_project_files(const struct rsl_project *project, uint32_t *n_out)
{
    const uint32_t nfiles = rsl_graph_nfiles(&project->graph);
    uint32_t *files = malloc(((size_t)nfiles + 1) * sizeof *files);
    *n_out = 0;
    if (files == NULL)
        return NULL;
    for (uint32_t file = 0; file < nfiles; file++) {
        if (rsl_project_holds(project, file) || rsl_graph_is_reached(&project->graph, file))
            files[(*n_out)++] = file;
    }
    if (*n_out > 1)
        qsort_r(files, *n_out, sizeof *files, by_path, &(struct order){project});
    return files;
}
