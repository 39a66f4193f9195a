/* diff_modules_list.c - the files that belong to crates, for diff_modules.py.
 *
 * Paths of root files come on standard input, one a line; for each, one line: how many files, and
 * their paths in byte order, separated by tabs. With --errors, what is wrong follows, a line each:
 * a tab, rustc's code, the message, `certain` or `conditional`, the file and line of the
 * declaration, and the path that was looked for. */
#include "index/modules.h"
#include "index/path.h"
#include "index/tree_facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct crate {
    struct rsl_modules modules;
    struct rsl_tree_facts facts;
    const char **paths; /* of files, each role of a file anew */
    size_t npaths, capacity;
    bool errors;
};

static void add_path(struct crate *crate, const char *path)
{
    if (crate->npaths == crate->capacity) {
        crate->capacity = crate->capacity * 2 + 64;
        crate->paths = realloc(crate->paths, crate->capacity * sizeof(char *));
        if (!crate->paths)
            exit(EXIT_FAILURE);
    }
    crate->paths[crate->npaths++] = path;
}

static void collect(void *state, const struct rsl_module_visit *visit)
{
    struct crate *crate = state;
    const struct rsl_module_unit *units = crate->modules.units;
    if (visit->first && units[visit->edge->to].readable)
        add_path(crate, rsl_strings_text(&crate->modules.paths, units[visit->edge->to].file));
}

static void print_error(void *state, const struct rsl_module_visit *visit)
{
    struct crate *crate = state;
    if (visit->error == RSL_MODULE_ERROR_NONE)
        return;
    const uint32_t file = crate->modules.units[visit->from].file;
    const char *path = rsl_strings_text(&crate->modules.paths, file);
    const struct rsl_file_facts *facts =
        crate->facts.files.facts(crate->facts.files.state, file, path);
    const uint32_t declaration = visit->edge->declaration;
    const uint32_t line =
        visit->edge->is_include ? facts->includes[declaration].line : facts->mods[declaration].line;
    printf("\t%s\t%s\t%s\t%s:%" PRIu32 "\t%s\n", rsl_module_error_rustc_code(visit->error),
           rsl_module_error_message(visit->error),
           visit->edge->conditional ? "conditional" : "certain", path, line,
           visit->edge->path == RSL_NONE
               ? ""
               : rsl_strings_text(&crate->modules.paths, visit->edge->path));
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void print_files(struct crate *crate)
{
    qsort(crate->paths, crate->npaths, sizeof(char *), by_text);
    size_t n = 0;
    for (size_t i = 0; i < crate->npaths; i++) {
        if (n == 0 || strcmp(crate->paths[n - 1], crate->paths[i]) != 0)
            crate->paths[n++] = crate->paths[i];
    }
    printf("%zu", n);
    for (size_t i = 0; i < n; i++)
        printf("\t%s", crate->paths[i]);
    putchar('\n');
}

static bool print_crate(struct crate *crate, const char *path)
{
    uint32_t file, root;
    crate->npaths = 0;
    if (rsl_modules_file(&crate->modules, path, &file) != RSL_OK ||
        rsl_modules_add(&crate->modules, file, &root) != RSL_OK)
        return false;
    if (crate->modules.units[root].readable)
        add_path(crate, rsl_strings_text(&crate->modules.paths, file));
    if (rsl_modules_walk(&crate->modules, root, collect, crate) != RSL_OK)
        return false;
    print_files(crate);
    return !crate->errors || rsl_modules_walk(&crate->modules, root, print_error, crate) == RSL_OK;
}

int main(int argc, char **argv)
{
    struct crate crate = {.errors = argc > 1 && strcmp(argv[1], "--errors") == 0};
    if (rsl_tree_facts_init(&crate.facts, &rsl_file_tree_disk, NULL) != RSL_OK)
        return EXIT_FAILURE;
    rsl_modules_init(&crate.modules, &crate.facts.files, NULL);
    char *path = NULL;
    size_t capacity = 0;
    ssize_t length;
    bool good = true;
    while (good && (length = getline(&path, &capacity, stdin)) > 0) {
        if (path[length - 1] == '\n')
            path[length - 1] = '\0';
        good = print_crate(&crate, path);
    }
    free(path);
    free(crate.paths);
    rsl_modules_fini(&crate.modules);
    rsl_tree_facts_fini(&crate.facts);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
