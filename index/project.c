#include "index/project.h"

#include <stdlib.h>
#include <string.h>

#include "index/arena_list.h"
#include "index/path.h"

#define FIRST_BLOCK 65536

struct project_file {
    struct rsl_file_facts *facts;
    struct rsl_file_names *names;
    bool held;  /* it was handed over */
    bool asked; /* it was looked for in the tree, with this result */
    uint8_t kind;
};

/* A folder with files below it. */
struct project_folder {
    const struct rsl_manifest *manifest; /* its own, or NULL */
    uint32_t parent;                     /* RSL_NONE at the top */
    uint32_t library;                    /* crate of its package, RSL_NONE */
    bool is_package;                     /* it, or the next folder up with a manifest, is one */
    bool owns;                           /* it is the next folder up with a manifest of some file */
};

/* Bytes of the list of loose files, each with room for a root. */
static size_t loose_nbytes(uint32_t nloose)
{
    return (size_t)nloose * 2 * sizeof(uint32_t);
}

static void *grow(const struct rsl_project *project, void *list, uint32_t had, uint32_t n,
                  size_t element_nbytes)
{
    uint8_t *grown = project->allocator->resize(project->allocator->state, list,
                                                had * element_nbytes, n * element_nbytes);
    if (grown != NULL)
        memset(grown + had * element_nbytes, 0, (n - had) * element_nbytes);
    return grown;
}

/* What is known of a file; NULL without memory. */
static struct project_file *place_of(struct rsl_project *project, uint32_t file)
{
    if (file >= project->nfiles) {
        const uint32_t more = file + file / 2 + 256;
        struct project_file *grown =
            grow(project, project->by_file, project->nfiles, more, sizeof *grown);
        if (grown == NULL) {
            project->out_of_memory = true;
            return NULL;
        }
        project->by_file = grown;
        project->nfiles = more;
    }
    return &project->by_file[file];
}

static enum rsl_file_kind kind_of(void *state, uint32_t file, const char *path)
{
    struct rsl_project *project = state;
    struct project_file *place = place_of(project, file);
    if (place == NULL)
        return RSL_FILE_NONE;
    if (place->held)
        return RSL_FILE_REGULAR;
    if (!place->asked) {
        place->kind = (uint8_t)project->tree->kind(project->tree->state, path);
        place->asked = true;
    }
    return place->kind;
}

static void read_file(struct rsl_project *project, struct project_file *place, const char *path)
{
    struct rsl_file_bytes source;
    rsl_arena_reset(&project->source);
    enum rsl_status status =
        project->tree->read(project->tree->state, path, &project->source, &source);
    if (status == RSL_OK)
        status = rsl_parse(&project->file, source.bytes, source.nbytes, NULL);
    if (status == RSL_OK)
        status = rsl_file_facts_create(project->facts_builder, &project->file, source.bytes,
                                       source.nbytes, &place->facts);
    if (status == RSL_OK)
        status = rsl_file_names_create(project->names_builder, &project->file, source.bytes,
                                       &place->names);
    project->out_of_memory |= status == RSL_ENOMEM;
}

static struct project_file *learn(struct rsl_project *project, uint32_t file, const char *path)
{
    struct project_file *place = place_of(project, file);
    if (place != NULL && place->facts == NULL && !place->held &&
        kind_of(project, file, path) == RSL_FILE_REGULAR)
        read_file(project, place, path);
    return place;
}

static const struct rsl_file_facts *facts_of(void *state, uint32_t file, const char *path)
{
    const struct project_file *place = learn(state, file, path);
    return place == NULL ? NULL : place->facts;
}

static const struct rsl_file_names *names_of(void *state, uint32_t file, const char *path)
{
    const struct project_file *place = learn(state, file, path);
    return place == NULL ? NULL : place->names;
}

enum rsl_status rsl_project_init(struct rsl_project *project, const struct rsl_file_tree *tree,
                                 const struct rsl_allocator *allocator)
{
    *project = (struct rsl_project){.tree = tree,
                                    .allocator = allocator ? allocator : &rsl_allocator_default};
    project->files = (struct rsl_graph_files){{kind_of, facts_of, project}, names_of};
    rsl_graph_init(&project->graph, &project->files, project->allocator);
    rsl_cargo_init(&project->cargo, tree, project->allocator);
    rsl_strings_init(&project->folders, project->allocator);
    rsl_file_init(&project->file, project->allocator);
    rsl_arena_init(&project->source, project->allocator, FIRST_BLOCK);
    rsl_arena_init(&project->scratch, project->allocator, FIRST_BLOCK);
    project->facts_builder = rsl_facts_builder_create(project->allocator);
    project->names_builder = rsl_names_builder_create(project->allocator);
    if (project->facts_builder != NULL && project->names_builder != NULL)
        return RSL_OK;
    rsl_project_fini(project);
    return RSL_ENOMEM;
}

void rsl_project_fini(struct rsl_project *project)
{
    const struct rsl_allocator *allocator = project->allocator;
    rsl_graph_fini(&project->graph);
    rsl_cargo_fini(&project->cargo);
    rsl_strings_fini(&project->folders);
    for (uint32_t i = 0; i < project->nfiles; i++) {
        rsl_file_facts_destroy(project->by_file[i].facts, allocator);
        rsl_file_names_destroy(project->by_file[i].names, allocator);
    }
    allocator->release(allocator->state, project->by_file,
                       project->nfiles * sizeof *project->by_file);
    allocator->release(allocator->state, project->by_folder,
                       project->nfolders * sizeof *project->by_folder);
    allocator->release(allocator->state, project->packages, project->npackages * sizeof(void *));
    if (project->loose != NULL)
        allocator->release(allocator->state, project->loose, loose_nbytes(project->nloose));
    rsl_file_fini(&project->file);
    rsl_arena_fini(&project->source);
    rsl_arena_fini(&project->scratch);
    rsl_facts_builder_destroy(project->facts_builder);
    rsl_names_builder_destroy(project->names_builder);
    *project = (struct rsl_project){.allocator = allocator};
}

/* ---- files ---- */

static enum rsl_status replace(struct rsl_project *project, const char *path, bool held,
                               struct rsl_file_facts *facts, struct rsl_file_names *names)
{
    uint32_t file;
    enum rsl_status status = rsl_graph_file(&project->graph, path, &file);
    struct project_file *place = status == RSL_OK ? place_of(project, file) : NULL;
    if (place == NULL)
        return RSL_ENOMEM;
    const struct project_file before = *place;
    const bool is_new = !before.held && !before.asked && before.facts == NULL;
    *place = (struct project_file){facts, names, held, !held, RSL_FILE_NONE};
    if (held != (before.held || before.kind == RSL_FILE_REGULAR) || is_new)
        status = rsl_graph_kind_changed(&project->graph, file);
    else
        status = rsl_graph_file_changed(&project->graph, file);
    if (status != RSL_OK) {
        project->by_file[file] = before;
        return status;
    }
    rsl_file_facts_destroy(before.facts, project->allocator);
    rsl_file_names_destroy(before.names, project->allocator);
    return RSL_OK;
}

enum rsl_status rsl_project_set(struct rsl_project *project, const char *path,
                                struct rsl_file_facts *facts, struct rsl_file_names *names)
{
    return replace(project, path, true, facts, names);
}

enum rsl_status rsl_project_remove(struct rsl_project *project, const char *path)
{
    return replace(project, path, false, NULL, NULL);
}

bool rsl_project_holds(const struct rsl_project *project, uint32_t file)
{
    return file < project->nfiles && project->by_file[file].held;
}

/* ---- crates ---- */

/* Looks at a folder, all above it being known. RSL_NONE without memory. */
static uint32_t add_folder(struct rsl_project *project, const char *path, uint32_t parent)
{
    const uint32_t n = rsl_strings_count(&project->folders);
    if (n >= project->nfolders) {
        struct project_folder *grown =
            grow(project, project->by_folder, project->nfolders, n + n / 2 + 64, sizeof *grown);
        if (grown == NULL)
            return RSL_NONE;
        project->by_folder = grown;
        project->nfolders = n + n / 2 + 64;
    }
    struct project_folder folder = {.parent = parent, .library = RSL_NONE};
    const char *manifest;
    if (rsl_cargo_find_manifest(&project->cargo, path, &manifest) != RSL_OK)
        return RSL_NONE;
    if (manifest != NULL &&
        rsl_cargo_manifest(&project->cargo, manifest, &folder.manifest) != RSL_OK)
        return RSL_NONE;
    folder.is_package = folder.manifest != NULL ? folder.manifest->package != NULL
                        : parent != RSL_NONE    ? project->by_folder[parent].is_package
                                                : false;
    uint32_t number;
    if (rsl_strings_add(&project->folders, path, strlen(path), &number) != RSL_OK)
        return RSL_NONE;
    project->by_folder[number] = folder;
    return number;
}

uint32_t rsl_project_nfolders(const struct rsl_project *project)
{
    return rsl_strings_count(&project->folders);
}

const struct rsl_manifest *rsl_project_manifest(const struct rsl_project *project, uint32_t folder)
{
    return project->by_folder[folder].manifest;
}

/* The number of the folder, which is looked at with all above it if it is new. RSL_NONE without
 * memory. */
static uint32_t find_folder(struct rsl_project *project, const char *path)
{
    const char **unknown = NULL;
    uint32_t n = 0, capacity = 0, folder = RSL_NONE;
    for (bool more = true; more;) {
        folder = rsl_strings_find(&project->folders, path, strlen(path));
        if (folder != RSL_NO_STRING)
            break;
        const char **grown =
            arena_list_grow(&project->scratch, unknown, n, &capacity, sizeof *unknown);
        if (grown == NULL)
            return RSL_NONE;
        unknown = grown;
        unknown[n++] = path;
        more = !rsl_path_is_top(path);
        path = more ? rsl_path_parent(&project->scratch, path) : path;
        if (path == NULL)
            return RSL_NONE;
    }
    while (n > 0) {
        folder = add_folder(project, unknown[--n], folder);
        if (folder == RSL_NONE)
            return RSL_NONE;
    }
    return folder;
}

enum rsl_status rsl_project_look_at_folder(struct rsl_project *project, const char *path)
{
    const uint32_t folder = find_folder(project, path);
    rsl_arena_reset(&project->scratch);
    return folder == RSL_NONE ? RSL_ENOMEM : RSL_OK;
}

/* The package of a folder to which files belong that are there, or NULL. */
static const struct rsl_package *package_of(const struct project_folder *folder)
{
    return folder->owns && folder->manifest != NULL ? folder->manifest->package : NULL;
}

static void mark_owner(struct rsl_project *project, uint32_t folder)
{
    while (folder != RSL_NONE && project->by_folder[folder].manifest == NULL)
        folder = project->by_folder[folder].parent;
    if (folder != RSL_NONE)
        project->by_folder[folder].owns = true;
}

static const struct rsl_target *library_of(const struct rsl_package *package)
{
    return package->ntargets > 0 && package->targets[0].kind == RSL_TARGET_LIB
               ? &package->targets[0]
               : NULL;
}

static enum rsl_status add_crate(struct rsl_project *project, const struct rsl_package *package,
                                 const struct rsl_target *target, uint32_t *crate_out)
{
    uint32_t root;
    enum rsl_status status = rsl_graph_file(&project->graph, target->path, &root);
    const struct rsl_graph_crate crate = {target->name, root, target->edition, false};
    if (status == RSL_OK)
        status = rsl_graph_add_crate(&project->graph, &crate, crate_out);
    if (status != RSL_OK)
        return status;
    if (*crate_out >= project->npackages) {
        const uint32_t n = *crate_out + *crate_out / 2 + 64;
        const struct rsl_package **grown =
            grow(project, project->packages, project->npackages, n, sizeof(void *));
        if (grown == NULL)
            return RSL_ENOMEM;
        project->packages = grown;
        project->npackages = n;
    }
    project->packages[*crate_out] = package;
    return RSL_OK;
}

const struct rsl_package *rsl_project_package(const struct rsl_project *project, uint32_t crate)
{
    return crate < project->npackages ? project->packages[crate] : NULL;
}

/* What a crate of the package calls others. */
static enum rsl_status add_dependencies(struct rsl_project *project,
                                        const struct project_folder *folder, uint32_t crate)
{
    const struct rsl_package *package = folder->manifest->package;
    enum rsl_status status = RSL_OK;
    const struct rsl_target *own = library_of(package);
    if (own != NULL && folder->library != RSL_NONE && folder->library != crate)
        status = rsl_graph_add_dependency(&project->graph, crate, own->name, folder->library);
    for (uint32_t i = 0; i < package->ndependencies && status == RSL_OK; i++) {
        const struct rsl_dependency *dependency = &package->dependencies[i];
        uint32_t on = RSL_NONE;
        const char *name = dependency->name;
        if (dependency->path != NULL) {
            const uint32_t there =
                rsl_strings_find(&project->folders, dependency->path, strlen(dependency->path));
            const struct rsl_package *other =
                there == RSL_NO_STRING ? NULL : package_of(&project->by_folder[there]);
            if (other != NULL) {
                on = project->by_folder[there].library;
                const struct rsl_target *library = library_of(other);
                if (library != NULL && strcmp(dependency->name, dependency->package) == 0)
                    name = library->name;
            }
        }
        char *copy = rsl_arena_alloc(&project->scratch, strlen(name) + 1, 1);
        if (copy == NULL)
            return RSL_ENOMEM;
        strcpy(copy, name);
        for (char *p = copy; *p != '\0'; p++) {
            if (*p == '-')
                *p = '_';
        }
        status = rsl_graph_add_dependency(&project->graph, crate, copy, on);
    }
    return status;
}

static enum rsl_status add_packages(struct rsl_project *project)
{
    const uint32_t nfolders = rsl_strings_count(&project->folders);
    enum rsl_status status = RSL_OK;
    /* All libraries first: packages may depend on those of any other. */
    for (uint32_t i = 0; i < nfolders && status == RSL_OK; i++) {
        struct project_folder *folder = &project->by_folder[i];
        const struct rsl_package *package = package_of(folder);
        const struct rsl_target *library = package == NULL ? NULL : library_of(package);
        if (library != NULL)
            status = add_crate(project, package, library, &folder->library);
    }
    for (uint32_t i = 0; i < nfolders && status == RSL_OK; i++) {
        const struct project_folder *folder = &project->by_folder[i];
        const struct rsl_package *package = package_of(folder);
        for (uint32_t k = 0; package != NULL && k < package->ntargets && status == RSL_OK; k++) {
            uint32_t crate = folder->library;
            if (&package->targets[k] != library_of(package))
                status = add_crate(project, package, &package->targets[k], &crate);
            if (status == RSL_OK)
                status = add_dependencies(project, folder, crate);
            rsl_arena_reset(&project->scratch);
        }
    }
    return status;
}

enum rsl_status rsl_project_add_root(struct rsl_project *project, const char *path)
{
    uint32_t root, crate;
    const char *name = rsl_path_name(path);
    size_t nstem = rsl_path_stem(name);
    char text[256];
    nstem = nstem < sizeof text ? nstem : sizeof text - 1;
    memcpy(text, name, nstem);
    text[nstem] = '\0';
    const enum rsl_status status = rsl_graph_file(&project->graph, path, &root);
    const struct rsl_graph_crate what = {text, root, 2021, true};
    return status == RSL_OK ? rsl_graph_add_crate(&project->graph, &what, &crate) : status;
}

/* Guesses the roots of the loose files. */
static enum rsl_status add_guessed(struct rsl_project *project)
{
    uint32_t *roots = project->loose + project->nloose;
    enum rsl_status status = rsl_modules_guess_roots(&project->graph.modules, project->loose,
                                                     project->nloose, roots, &project->nguessed);
    for (uint32_t i = 0; i < project->nguessed && status == RSL_OK; i++)
        status = rsl_project_add_root(project, rsl_graph_path(&project->graph, roots[i]));
    return status;
}

enum rsl_status rsl_project_guess_again(struct rsl_project *project, bool *differs_out)
{
    const struct rsl_allocator *allocator = project->allocator;
    const size_t nbytes = project->nloose * sizeof(uint32_t);
    uint32_t nroots = 0;
    *differs_out = false;
    if (nbytes == 0)
        return RSL_OK;
    uint32_t *roots = allocator->allocate(allocator->state, nbytes);
    if (roots == NULL)
        return RSL_ENOMEM;
    const enum rsl_status status = rsl_modules_guess_roots(&project->graph.modules, project->loose,
                                                           project->nloose, roots, &nroots);
    *differs_out = status == RSL_OK &&
                   (nroots != project->nguessed ||
                    memcmp(roots, project->loose + project->nloose, nroots * sizeof *roots) != 0);
    allocator->release(allocator->state, roots, nbytes);
    return status == RSL_OK && project->out_of_memory ? RSL_ENOMEM : status;
}

enum rsl_status rsl_project_find_crates(struct rsl_project *project)
{
    const struct rsl_allocator *allocator = project->allocator;
    const uint32_t nfiles = rsl_graph_nfiles(&project->graph);
    const size_t nbytes = (size_t)nfiles * sizeof(uint32_t) + 4;
    uint32_t *loose = allocator->allocate(allocator->state, nbytes);
    uint32_t nloose = 0;
    enum rsl_status status = loose == NULL ? RSL_ENOMEM : RSL_OK;
    for (uint32_t file = 0; file < nfiles && status == RSL_OK; file++) {
        if (!rsl_project_holds(project, file))
            continue;
        const char *folder =
            rsl_path_parent(&project->scratch, rsl_graph_path(&project->graph, file));
        const uint32_t number = folder == NULL ? RSL_NONE : find_folder(project, folder);
        rsl_arena_reset(&project->scratch);
        if (number == RSL_NONE)
            status = RSL_ENOMEM;
        else if (project->by_folder[number].is_package)
            mark_owner(project, number);
        else
            loose[nloose++] = file;
    }
    if (status == RSL_OK)
        status = add_packages(project);
    if (status == RSL_OK && nloose > 0) {
        project->loose = allocator->allocate(allocator->state, loose_nbytes(nloose));
        if (project->loose != NULL) {
            memcpy(project->loose, loose, nloose * sizeof *loose);
            project->nloose = nloose;
        }
        status = project->loose == NULL ? RSL_ENOMEM : add_guessed(project);
    }
    if (loose != NULL)
        allocator->release(allocator->state, loose, nbytes);
    return status == RSL_OK && project->out_of_memory ? RSL_ENOMEM : status;
}

enum rsl_status rsl_project_update(struct rsl_project *project, struct rsl_pool *pool)
{
    const enum rsl_status status = rsl_graph_update(&project->graph, pool);
    return status == RSL_OK && project->out_of_memory ? RSL_ENOMEM : status;
}

enum rsl_status rsl_project_follow_modules(struct rsl_project *project)
{
    const enum rsl_status status = rsl_graph_follow_modules(&project->graph);
    return status == RSL_OK && project->out_of_memory ? RSL_ENOMEM : status;
}
