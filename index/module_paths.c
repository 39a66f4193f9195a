/* Where a declaration leads: the folder in which its file is looked for, and the file.
 *
 * rustc goes down from the root of the crate with a folder and one of three states:
 *   PLAIN  modules lie in the folder: in a root, a mod.rs, a file named by #[path] or include!, and
 *          behind the first inline module;
 *   NAMED  they lie in the folder's folder x, because the file is the module x.rs;
 *   BLOCK  inside a function or the like only #[path] leads to a file.
 * An inline module adds its name to the folder, or replaces that by its #[path]; a #[path] is seen
 * from the folder without x. All of this is in one file, so that it can begin with the unit. */
#include <string.h>

#include "index/arena_list.h"
#include "index/modules_internal.h"
#include "index/path.h"

/* No system opens a longer path. */
#define MAX_PATH_NBYTES 4096
#define MAX_INLINE      1024 /* inline modules within each other around a declaration */
#define MAX_PLACES      64   /* that they come to if their #[path] depend on conditions */

enum place_state { PLAIN, NAMED, BLOCK };

/* A folder in which files are looked for. */
struct place {
    const char *folder;
    uint32_t predicate; /* of the last #[path] on the way, RSL_NONE if none is conditional */
    enum place_state state;
};

struct finder {
    struct rsl_modules *modules;
    struct rsl_arena *arena;
    const struct rsl_file_facts *facts;
    struct edge_list *edges;
    const char *folder; /* of the file */
    const char *stem;   /* x of x.rs; used by NAMED */
    bool named;
    enum rsl_status status;
    /* The places for the last scope that was asked for, many declarations standing in one. */
    uint32_t scope;
    struct place places[MAX_PLACES];
    uint32_t nplaces; /* 0: nested too deep */
};

static const char *join(struct finder *f, const char *folder, const char *path)
{
    const char *joined = rsl_path_join(f->arena, folder, path);
    if (joined == NULL) {
        f->status = RSL_ENOMEM;
        return "";
    }
    return joined;
}

static const char *join_text(struct finder *f, const char *folder, uint32_t text)
{
    return join(f, folder, rsl_facts_text(f->facts, text));
}

/* `folder`/`name``suffix`, where name and suffix are no paths but components. */
static const char *beside(struct finder *f, const char *folder, const char *name,
                          const char *suffix)
{
    const size_t nfolder = strlen(folder), nname = strlen(name), nsuffix = strlen(suffix);
    char *path = rsl_arena_alloc(f->arena, nfolder + nname + nsuffix + 2, 1);
    if (path == NULL) {
        f->status = RSL_ENOMEM;
        return "";
    }
    char *to = path;
    memcpy(to, folder, nfolder);
    to += nfolder;
    if (nfolder > 0 && to[-1] != '/')
        *to++ = '/';
    memcpy(to, name, nname);
    memcpy(to + nname, suffix, nsuffix + 1);
    return path;
}

/* The folder in which a place's modules lie. */
static const char *folder_of(struct finder *f, const struct place *place)
{
    return place->state == NAMED ? beside(f, place->folder, f->stem, "") : place->folder;
}

/* ---- inline modules ---- */

/* Goes into an inline module: each place becomes those that its paths and its name lead to. */
static void enter(struct finder *f, const struct rsl_facts_mod *mod)
{
    struct place entered[MAX_PLACES];
    uint32_t n = 0;
    for (uint32_t i = 0; i < f->nplaces; i++) {
        struct place place = f->places[i];
        bool always = false;
        if (f->facts->scopes[mod->scope].block)
            place.state = BLOCK;
        for (uint32_t k = 0; k < mod->npaths && !always; k++) {
            const struct rsl_facts_path *path = &f->facts->paths[mod->first_path + k];
            always = path->predicate == RSL_NONE;
            if (n < MAX_PLACES)
                entered[n] = (struct place){join_text(f, place.folder, path->path),
                                            always ? place.predicate : path->predicate, PLAIN};
            n++;
        }
        if (always)
            continue;
        if (n < MAX_PLACES) {
            const char *name = rsl_facts_text(f->facts, mod->name);
            entered[n] = (struct place){beside(f, folder_of(f, &place), name, ""), place.predicate,
                                        place.state == BLOCK ? BLOCK : PLAIN};
        }
        n++;
    }
    f->nplaces = n > MAX_PLACES ? 0 : n;
    for (uint32_t i = 0; i < f->nplaces; i++) {
        if (strlen(entered[i].folder) > MAX_PATH_NBYTES) {
            f->nplaces = 0;
            return;
        }
        f->places[i] = entered[i];
    }
}

/* The places of what is declared in a scope. */
static void find_places(struct finder *f, uint32_t scope)
{
    const struct rsl_facts_scope *scopes = f->facts->scopes;
    const uint32_t innermost = scopes[scope].around;
    if (f->scope == innermost)
        return;
    uint32_t chain[MAX_INLINE];
    uint32_t n = 0;
    f->scope = innermost;
    f->nplaces = 0;
    for (uint32_t s = innermost; scopes[s].kind != RSL_SCOPE_FILE;
         s = scopes[scopes[s].parent].around) {
        if (n == MAX_INLINE)
            return;
        chain[n++] = scopes[s].mod;
    }
    f->places[0] = (struct place){f->folder, RSL_NONE, f->named ? NAMED : PLAIN};
    f->nplaces = 1;
    while (n > 0 && f->nplaces > 0)
        enter(f, &f->facts->mods[chain[--n]]);
}

/* ---- edges ---- */

static void add_edge(struct finder *f, struct rsl_module_edge edge)
{
    struct rsl_module_edge *grown =
        arena_list_grow(f->arena, f->edges->list, f->edges->n, &f->edges->capacity, sizeof *grown);
    if (grown == NULL) {
        f->status = RSL_ENOMEM;
        return;
    }
    f->edges->list = grown;
    grown[f->edges->n++] = edge;
}

static enum rsl_file_kind look(struct finder *f, const char *path, uint32_t *file_out)
{
    const struct rsl_module_files *files = f->modules->files;
    if (rsl_modules_file(f->modules, path, file_out) != RSL_OK) {
        f->status = RSL_ENOMEM;
        return RSL_FILE_NONE;
    }
    return files->kind(files->state, *file_out, path);
}

/* #[path = "..."] mod x; */
static void follow_path(struct finder *f, struct rsl_module_edge edge, const char *path)
{
    if (strlen(path) <= MAX_PATH_NBYTES && look(f, path, &edge.path) != RSL_FILE_NONE)
        edge.to = 0;
    else
        edge.error = RSL_MODULE_ERROR_PATH_NOT_FOUND;
    add_edge(f, edge);
}

/* mod x; as x.rs or x/mod.rs */
static void follow_name(struct finder *f, struct rsl_module_edge edge, const char *folder,
                        const char *name)
{
    if (strlen(folder) + strlen(name) > MAX_PATH_NBYTES) {
        edge.error = RSL_MODULE_ERROR_NOT_FOUND;
        add_edge(f, edge);
        return;
    }
    const char *file = beside(f, folder, name, ".rs");
    const char *mod_rs = beside(f, folder, name, "/mod.rs");
    const bool has_file = look(f, file, &edge.path) != RSL_FILE_NONE;
    const bool has_mod_rs = look(f, mod_rs, &edge.other) != RSL_FILE_NONE;
    if (has_file && has_mod_rs)
        edge.error = RSL_MODULE_ERROR_AMBIGUOUS;
    else if (!has_file && !has_mod_rs)
        edge.error = RSL_MODULE_ERROR_NOT_FOUND;
    if (has_file) {
        edge.to = 1;
    } else if (has_mod_rs) {
        const uint32_t found = edge.other;
        edge.other = edge.path;
        edge.path = found;
        edge.to = 0;
    }
    add_edge(f, edge);
}

static void follow_mod(struct finder *f, uint32_t declaration)
{
    const struct rsl_facts_mod *mod = &f->facts->mods[declaration];
    const struct rsl_facts_scope *scope = &f->facts->scopes[mod->scope];
    struct rsl_module_edge edge = {.declaration = declaration,
                                   .to = RSL_NONE,
                                   .path = RSL_NONE,
                                   .other = RSL_NONE,
                                   .predicate = RSL_NONE,
                                   .conditional = scope->conditional || mod->ncfgs > 0 ||
                                                  (mod->flags & RSL_FACTS_MOD_ATTRIBUTE) != 0};
    find_places(f, mod->scope);
    if (f->nplaces == 0 || (mod->flags & RSL_FACTS_MOD_TOO_DEEP) != 0) {
        struct rsl_module_edge beyond = edge; /* our limit, not rustc's */
        beyond.error = RSL_MODULE_ERROR_TOO_DEEP;
        beyond.conditional = true;
        add_edge(f, beyond);
    }
    if ((mod->flags & RSL_FACTS_MOD_BAD_PATH) != 0) {
        edge.error = RSL_MODULE_ERROR_BAD_PATH;
        add_edge(f, edge);
        return;
    }
    for (uint32_t i = 0; i < f->nplaces; i++) {
        const struct place *place = &f->places[i];
        edge.predicate = place->predicate;
        edge.conditional |= place->predicate != RSL_NONE;
        bool always = false;
        for (uint32_t k = 0; k < mod->npaths && !always; k++) {
            const struct rsl_facts_path *path = &f->facts->paths[mod->first_path + k];
            struct rsl_module_edge by_path = edge;
            always = path->predicate == RSL_NONE;
            edge.conditional |= !always;
            by_path.predicate = always ? edge.predicate : path->predicate;
            by_path.conditional = edge.conditional;
            follow_path(f, by_path, join_text(f, place->folder, path->path));
        }
        if (always)
            continue;
        if (scope->block || place->state == BLOCK) {
            edge.error = RSL_MODULE_ERROR_IN_BLOCK;
            add_edge(f, edge);
            edge.error = RSL_MODULE_ERROR_NONE;
        } else {
            follow_name(f, edge, folder_of(f, place), rsl_facts_text(f->facts, mod->name));
        }
    }
}

/* The folder of the package that the file belongs to: the next one up that holds a manifest. */
static const char *manifest_folder(struct finder *f)
{
    const char *folder = f->folder;
    for (;;) {
        uint32_t file;
        if (look(f, beside(f, folder, "Cargo.toml", ""), &file) == RSL_FILE_REGULAR)
            return folder;
        if (f->status != RSL_OK || rsl_path_is_top(folder))
            return NULL;
        folder = rsl_path_parent(f->arena, folder);
        if (folder == NULL) {
            f->status = RSL_ENOMEM;
            return NULL;
        }
    }
}

static void follow_include(struct finder *f, uint32_t declaration)
{
    const struct rsl_facts_include *include = &f->facts->includes[declaration];
    const char *written = rsl_facts_text(f->facts, include->path);
    const char *folder = f->folder;
    struct rsl_module_edge edge = {.declaration = declaration,
                                   .to = RSL_NONE,
                                   .path = RSL_NONE,
                                   .other = RSL_NONE,
                                   .predicate = RSL_NONE,
                                   .is_include = true,
                                   .conditional = f->facts->scopes[include->scope].conditional ||
                                                  include->ncfgs > 0};
    if (include->base == RSL_INCLUDE_MANIFEST) {
        folder = *written == '/' ? manifest_folder(f) : NULL;
        written++;
    }
    if (include->base == RSL_INCLUDE_UNKNOWN || folder == NULL) {
        edge.error = RSL_MODULE_ERROR_INCLUDE_UNKNOWN;
    } else {
        const char *path = join(f, folder, written);
        if (strlen(path) <= MAX_PATH_NBYTES && look(f, path, &edge.path) != RSL_FILE_NONE)
            edge.to = 0;
        else
            edge.error = RSL_MODULE_ERROR_INCLUDE_NOT_FOUND;
    }
    add_edge(f, edge);
}

enum rsl_status rsl_module_edges(struct rsl_modules *modules, uint32_t unit,
                                 const struct rsl_file_facts *facts, struct edge_list *edges)
{
    const uint32_t file = modules->units[unit].file;
    const char *path = rsl_strings_text(&modules->paths, file);
    struct finder f = {.modules = modules,
                       .arena = &modules->scratch,
                       .facts = facts,
                       .edges = edges,
                       .named = modules->units[unit].named,
                       .scope = RSL_NONE};
    const char *name = rsl_path_name(path);
    const size_t nstem = rsl_path_stem(name);
    char *stem = rsl_arena_alloc(f.arena, nstem + 1, 1);
    f.folder = rsl_path_parent(f.arena, path);
    if (stem == NULL || f.folder == NULL)
        return RSL_ENOMEM;
    memcpy(stem, name, nstem);
    stem[nstem] = '\0';
    f.stem = stem;
    for (uint32_t i = 0; i < facts->nmods && f.status == RSL_OK; i++) {
        if (facts->mods[i].inside == RSL_NONE)
            follow_mod(&f, i);
    }
    for (uint32_t i = 0; i < facts->nincludes && f.status == RSL_OK; i++)
        follow_include(&f, i);
    return f.status;
}
