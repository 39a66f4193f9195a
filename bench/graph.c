/* rustle-graph: what the graph of a tree costs beside the scan that it follows, and what a change
 * costs. Run by bench/graph.
 *
 *   rustle-graph build TREE...      one load, on all cores: files, edges, and the milliseconds of
 *                                   the scan, of finding the crates, and of the graph
 *   rustle-graph edit N TREE...     after a load, N times: a file is drawn, gets a comment, then a
 *                                   `pub fn`, then is what it was; for each of the three, the
 *                                   microseconds of the update on one thread and how many files it
 *                                   resolved */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/project.h"
#include "tools/read_file.h"

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

_Noreturn static void die(const char *why)
{
    fprintf(stderr, "rustle-graph: %s\n", why);
    exit(2);
}

static void print_build(const struct rsl_loaded_project *loaded)
{
    const struct rsl_graph *graph = &loaded->project.graph;
    uint64_t nedges = 0;
    for (uint32_t file = 0; file < rsl_graph_nfiles(graph); file++) {
        const struct rsl_graph_edge *edges;
        nedges += rsl_graph_edges(graph, file, &edges);
    }
    printf("files %llu\nedges %llu\nlimited %u\nscan_ms %.3f\ncrates_ms %.3f\ngraph_ms %.3f\n",
           (unsigned long long)loaded->nfiles, (unsigned long long)nedges,
           rsl_graph_nlimited(graph), (double)loaded->times.scan_ns / 1e6,
           (double)loaded->times.crates_ns / 1e6, (double)loaded->times.graph_ns / 1e6);
}

/* ---- edits ---- */

struct editor {
    struct rsl_loaded_project loaded;
    struct rsl_source_buffer source;
    struct rsl_file file;
    struct rsl_facts_builder *facts;
    struct rsl_names_builder *names;
    uint8_t *text; /* of the source and what is added */
};

enum { NKINDS = 3, MAX_ADDED = 64 };
static const char *const kinds[NKINDS] = {"comment", "pub_fn", "back"};
static const char *const added[NKINDS] = {"\n// a comment\n",
                                          "\n// a comment\npub fn rustle_bench_added() {}\n", ""};

/* The microseconds of telling the project that the file has that added, and of the update. */
static double edit(struct editor *e, const char *path, const char *tail)
{
    const size_t ntail = strlen(tail), nbytes = e->source.nbytes + ntail;
    struct rsl_file_facts *facts;
    struct rsl_file_names *names;
    memcpy(e->text, e->source.bytes, e->source.nbytes);
    memcpy(e->text + e->source.nbytes, tail, ntail);
    memset(e->text + nbytes, 0, RSL_PAD);
    if (rsl_parse(&e->file, e->text, nbytes, NULL) != RSL_OK ||
        rsl_file_facts_create(e->facts, &e->file, e->text, nbytes, &facts) != RSL_OK ||
        rsl_file_names_create(e->names, &e->file, e->text, &names) != RSL_OK)
        die("no memory");
    const uint64_t start = now_ns();
    if (rsl_project_set(&e->loaded.project, path, facts, names) != RSL_OK ||
        rsl_project_update(&e->loaded.project, NULL) != RSL_OK)
        die("no memory");
    return (double)(now_ns() - start) / 1e3;
}

static void print_edits(struct editor *e, unsigned long n)
{
    const struct rsl_graph *graph = &e->loaded.project.graph;
    uint64_t draw = 1;
    uint32_t nfiles;
    uint32_t *files = rsl_project_files(&e->loaded.project, &nfiles);
    if (files == NULL || nfiles == 0)
        die("no files");
    for (unsigned long i = 0; i < n; i++) {
        draw = draw * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        const uint32_t file = files[(draw >> 33) % nfiles];
        char *path = strdup(rsl_graph_path(graph, file));
        if (path == NULL || rsl_read_file(&e->source, path) != 0 || e->source.nbytes > 16000000) {
            free(path);
            continue;
        }
        for (int kind = 0; kind < NKINDS; kind++) {
            const uint64_t before = graph->stats.nresolved;
            const double us = edit(e, path, added[kind]);
            printf("%s %.3f %llu\n", kinds[kind], us,
                   (unsigned long long)(graph->stats.nresolved - before));
        }
        free(path);
    }
    free(files);
}

int main(int argc, char **argv)
{
    const bool edits = argc > 3 && strcmp(argv[1], "edit") == 0;
    const int first = edits ? 3 : 2;
    if (argc <= first || (!edits && strcmp(argv[1], "build") != 0))
        die("usage: rustle-graph build TREE... | edit N TREE...");
    struct editor e = {.facts = rsl_facts_builder_create(NULL),
                       .names = rsl_names_builder_create(NULL),
                       .text = malloc(16000000 + MAX_ADDED + RSL_PAD)};
    rsl_file_init(&e.file, NULL);
    if (e.facts == NULL || e.names == NULL || e.text == NULL ||
        rsl_project_load((const char *const *)&argv[first], (size_t)(argc - first), NULL, 0,
                         &e.loaded) != 0)
        die("cannot load");
    print_build(&e.loaded);
    if (edits)
        print_edits(&e, strtoul(argv[2], NULL, 10));
    rsl_project_unload(&e.loaded);
    rsl_source_buffer_fini(&e.source);
    rsl_file_fini(&e.file);
    rsl_facts_builder_destroy(e.facts);
    rsl_names_builder_destroy(e.names);
    free(e.text);
    return 0;
}
