/* The targets of a package: those that the manifest lists, and those that files say there are. */
#include <stdlib.h>
#include <string.h>

#include "index/manifest_internal.h"
#include "lexer/utf8.h"

/* A target on its way. */
struct draft {
    const char *name;                   /* NULL if the manifest gives none */
    const char *path;                   /* as written, seen from the package's folder; or NULL */
    const struct rsl_toml_value *table; /* NULL if it was inferred */
};

struct draft_list {
    struct draft *list;
    uint32_t n, capacity;
};

/* What is alike and what is not among bins, examples, tests and benches. */
struct section {
    enum rsl_target_kind kind;
    const char *key, *auto_key, *folder;
};

static const struct section sections[] = {
    {RSL_TARGET_BIN, "bin", "autobins", "src/bin"},
    {RSL_TARGET_EXAMPLE, "example", "autoexamples", "examples"},
    {RSL_TARGET_TEST, "test", "autotests", "tests"},
    {RSL_TARGET_BENCH, "bench", "autobenches", "benches"},
};

struct target_reader {
    struct manifest_reader *r;
    struct rsl_package *package;
    uint32_t targets_capacity;
    bool has_lib;
};

const char *rsl_target_kind_name(enum rsl_target_kind kind)
{
    static const char *const names[] = {
        [RSL_TARGET_LIB] = "lib",         [RSL_TARGET_BIN] = "bin",
        [RSL_TARGET_EXAMPLE] = "example", [RSL_TARGET_TEST] = "test",
        [RSL_TARGET_BENCH] = "bench",     [RSL_TARGET_BUILD] = "custom-build",
    };
    return (size_t)kind < sizeof names / sizeof *names ? names[kind] : "";
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n\v\f")] == '\0';
}

static enum rsl_file_kind kind_of(struct target_reader *t, const char *path)
{
    const struct rsl_file_tree *tree = t->r->cargo->tree;
    return tree->kind(tree->state, rsl_manifest_join(t->r, path));
}

static bool exists(struct target_reader *t, const char *path)
{
    return kind_of(t, path) != RSL_FILE_NONE;
}

/* The texts one behind the other; in the arena. */
static const char *concat(struct target_reader *t, const char *a, const char *b, const char *c)
{
    const size_t na = strlen(a), nb = strlen(b), nc = strlen(c);
    char *text = rsl_arena_alloc(&t->r->cargo->arena, na + nb + nc + 1, 1);
    if (text == NULL) {
        t->r->status = RSL_ENOMEM;
        return "";
    }
    memcpy(text, a, na);
    memcpy(text + na, b, nb);
    memcpy(text + na + nb, c, nc + 1);
    return text;
}

static const char *with_underscores(struct target_reader *t, const char *name)
{
    char *copy = rsl_arena_alloc(&t->r->cargo->arena, strlen(name) + 1, 1);
    if (copy == NULL) {
        t->r->status = RSL_ENOMEM;
        return "";
    }
    strcpy(copy, name);
    for (char *p = copy; *p != '\0'; p++)
        *p = *p == '-' ? '_' : *p;
    return copy;
}

static void add_draft(struct target_reader *t, struct draft_list *drafts, struct draft draft)
{
    struct draft *grown = arena_list_grow(&t->r->cargo->arena, drafts->list, drafts->n,
                                          &drafts->capacity, sizeof *grown);
    if (grown == NULL) {
        t->r->status = RSL_ENOMEM;
        return;
    }
    drafts->list = grown;
    grown[drafts->n++] = draft;
}

/* ---- what the manifest says ---- */

static struct draft read_draft(struct target_reader *t, const struct rsl_toml_value *table)
{
    const struct rsl_toml *toml = &t->r->entry->toml;
    return (struct draft){
        .name = rsl_manifest_text(t->r, rsl_toml_find(toml, table, "name")),
        .path = rsl_manifest_text(t->r, rsl_toml_find(toml, table, "path")),
        .table = table,
    };
}

/* Fills in what the target's table says of crate types and edition. */
static void configure(struct target_reader *t, const struct rsl_toml_value *table,
                      struct rsl_target *target)
{
    struct manifest_reader *r = t->r;
    const uint16_t edition = t->package->edition;
    const int proc_macro = rsl_manifest_boolean(
        r, rsl_manifest_find_old(r, table, "proc-macro", "proc_macro", edition));
    const struct rsl_toml_value *types =
        rsl_manifest_find_old(r, table, "crate-type", "crate_type", edition);
    target->crate_types = rsl_manifest_texts(r, types, &target->ncrate_types);
    bool dylib = false, cdylib = false, names_proc_macro = false;
    for (uint32_t i = 0; i < target->ncrate_types; i++) {
        dylib |= strcmp(target->crate_types[i], "dylib") == 0;
        cdylib |= strcmp(target->crate_types[i], "cdylib") == 0;
        names_proc_macro |= strcmp(target->crate_types[i], "proc-macro") == 0;
    }
    if (target->kind == RSL_TARGET_LIB &&
        ((dylib && cdylib) || (names_proc_macro && target->ncrate_types > 1)))
        rsl_manifest_fail(r, types, RSL_MANIFEST_ERROR_BAD_CRATE_TYPES, target->name);
    if (target->kind == RSL_TARGET_BIN && (target->ncrate_types > 0 || proc_macro == 1))
        rsl_manifest_fail(r, table, RSL_MANIFEST_ERROR_BIN_CRATE_TYPES, target->name);
    target->proc_macro = proc_macro >= 0 ? proc_macro == 1 : names_proc_macro;
    target->edition =
        rsl_manifest_edition(r, rsl_toml_find(&r->entry->toml, table, "edition"), edition);
}

static void add_target(struct target_reader *t, enum rsl_target_kind kind, struct draft draft)
{
    struct rsl_package *package = t->package;
    struct rsl_target *grown =
        arena_list_grow(&t->r->cargo->arena, package->targets, package->ntargets,
                        &t->targets_capacity, sizeof *grown);
    if (grown == NULL) {
        t->r->status = RSL_ENOMEM;
        return;
    }
    package->targets = grown;
    struct rsl_target *target = &grown[package->ntargets++];
    *target = (struct rsl_target){.name = draft.name,
                                  .path = rsl_manifest_join(t->r, draft.path),
                                  .kind = (uint8_t)kind,
                                  .edition = package->edition};
    if (draft.table != NULL)
        configure(t, draft.table, target);
}

/* ---- what files say ---- */

static bool is_utf8(const char *name)
{
    uint32_t code_point;
    while (*name != '\0') {
        name += rsl_utf8_decode((const uint8_t *)name, &code_point);
        if (code_point == RSL_UTF8_BAD)
            return false;
    }
    return true;
}

/* `*.rs` and `*_/main.rs` of a folder of the package; nothing deeper, nothing hidden. */
static void infer_from_folder(struct target_reader *t, const char *folder,
                              struct draft_list *drafts)
{
    struct manifest_reader *r = t->r;
    const struct rsl_file_tree *tree = r->cargo->tree;
    const struct rsl_file_entry *entries;
    size_t n;
    const enum rsl_status status =
        tree->list(tree->state, rsl_manifest_join(r, folder), &r->cargo->arena, &entries, &n);
    if (status == RSL_ENOMEM)
        r->status = status;
    for (size_t i = 0; status == RSL_OK && i < n; i++) {
        const char *name = entries[i].name;
        if (name[0] == '.' || !is_utf8(name))
            continue;
        struct draft draft = {.name = name, .path = concat(t, folder, "/", name)};
        if (entries[i].is_folder) {
            draft.path = concat(t, draft.path, "/main.rs", "");
            if (exists(t, draft.path))
                add_draft(t, drafts, draft);
        } else if (strcmp(name + rsl_path_stem(name), ".rs") == 0) {
            draft.name = rsl_manifest_copy(r, name, rsl_path_stem(name));
            add_draft(t, drafts, draft);
        }
    }
}

/* ---- the library ---- */

static void read_lib(struct target_reader *t)
{
    struct manifest_reader *r = t->r;
    const struct rsl_toml *toml = &r->entry->toml;
    const struct rsl_toml_value *table = rsl_toml_find(toml, toml->root, "lib");
    const int autolib =
        rsl_manifest_boolean(r, rsl_toml_find(toml, r->entry->package_table, "autolib"));
    if (table != NULL && table->kind != RSL_TOML_TABLE) {
        rsl_manifest_fail(r, table, RSL_MANIFEST_ERROR_WRONG_TYPE, "lib");
        table = NULL;
    }
    struct draft draft = {.name = NULL};
    if (table != NULL)
        draft = read_draft(t, table);
    const bool inferred = exists(t, "src/lib.rs");
    if (table == NULL && (autolib == 0 || !inferred))
        return;
    if (draft.name == NULL)
        draft.name = with_underscores(t, t->package->name);
    else if (is_blank(draft.name) || strchr(draft.name, '-') != NULL)
        rsl_manifest_fail(r, table, RSL_MANIFEST_ERROR_BAD_NAME, draft.name);
    t->has_lib = true;
    if (draft.path == NULL && inferred) {
        draft.path = "src/lib.rs";
    } else if (draft.path == NULL) {
        draft.path = concat(t, "src/", draft.name, ".rs");
        if (t->package->edition != 2015 || !exists(t, draft.path)) {
            rsl_manifest_fail(r, table, RSL_MANIFEST_ERROR_NO_LIB_FILE, draft.name);
            return;
        }
    }
    add_target(t, RSL_TARGET_LIB, draft);
}

/* ---- bins, examples, tests, benches ---- */

static int by_name(const void *a, const void *b)
{
    const struct draft *one = a, *other = b;
    const int order = strcmp(one->name, other->name);
    return order != 0 || one->path == NULL || other->path == NULL ? order
                                                                  : strcmp(one->path, other->path);
}

static int has_name(const void *name, const void *draft)
{
    return strcmp(name, ((const struct draft *)draft)->name);
}

static void sort(struct draft_list *drafts)
{
    if (drafts->n > 1)
        qsort(drafts->list, drafts->n, sizeof *drafts->list, by_name);
}

/* Adds those inferred targets whose name and file no listed one has. */
static void add_inferred(struct target_reader *t, struct draft_list *drafts,
                         const struct draft_list *inferred)
{
    struct rsl_strings taken; /* names, and paths, which hold a slash */
    rsl_strings_init(&taken, t->r->cargo->allocator);
    uint32_t id;
    for (uint32_t i = 0; i < drafts->n; i++) {
        const struct draft *draft = &drafts->list[i];
        const char *path = draft->path ? rsl_path_join(&t->r->cargo->arena, "/", draft->path) : "/";
        if (path == NULL ||
            rsl_strings_add(&taken, draft->name, strlen(draft->name), &id) != RSL_OK ||
            rsl_strings_add(&taken, path, strlen(path), &id) != RSL_OK)
            t->r->status = RSL_ENOMEM;
    }
    for (uint32_t i = 0; i < inferred->n && t->r->status == RSL_OK; i++) {
        const struct draft *draft = &inferred->list[i];
        const char *path = concat(t, "/", draft->path, "");
        if (rsl_strings_find(&taken, draft->name, strlen(draft->name)) == RSL_NO_STRING &&
            rsl_strings_find(&taken, path, strlen(path)) == RSL_NO_STRING)
            add_draft(t, drafts, *draft);
    }
    rsl_strings_fini(&taken);
}

/* The file that edition 2015 took for a target that has none where it belongs, or NULL. */
static const char *legacy_path(struct target_reader *t, enum rsl_target_kind kind, const char *name)
{
    if (kind == RSL_TARGET_BENCH)
        return strcmp(name, "bench") == 0 && exists(t, "src/bench.rs") ? "src/bench.rs" : NULL;
    if (kind != RSL_TARGET_BIN)
        return NULL;
    const char *own = concat(t, "src/", name, ".rs");
    if (!t->has_lib && exists(t, own))
        return own;
    if (exists(t, "src/main.rs"))
        return "src/main.rs";
    return exists(t, "src/bin/main.rs") ? "src/bin/main.rs" : NULL;
}

/* The file of a listed target without path: the only one that was inferred under its name.
 * `inferred` is sorted. */
static const char *find_path(struct target_reader *t, enum rsl_target_kind kind, const char *name,
                             const struct draft_list *inferred)
{
    const struct draft *first = inferred->list;
    const struct draft *found =
        inferred->n > 0 ? bsearch(name, first, inferred->n, sizeof *first, has_name) : NULL;
    if (found != NULL && (found == first || strcmp(found[-1].name, name) != 0) &&
        (found + 1 == first + inferred->n || strcmp(found[1].name, name) != 0))
        return found->path;
    return t->package->edition == 2015 ? legacy_path(t, kind, name) : NULL;
}

static bool is_forbidden_bin(const char *name)
{
    static const char *const names[] = {"deps", "examples", "build", "incremental"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

/* Adds the drafts of a section, which are sorted, as targets. */
static void add_targets(struct target_reader *t, const struct section *section,
                        const struct draft_list *drafts, const struct draft_list *inferred)
{
    struct manifest_reader *r = t->r;
    const bool is_bin = section->kind == RSL_TARGET_BIN;
    for (uint32_t i = 0; i < drafts->n; i++) {
        struct draft draft = drafts->list[i];
        if ((draft.table != NULL && is_blank(draft.name)) ||
            (is_bin && is_forbidden_bin(draft.name)))
            rsl_manifest_fail(r, draft.table, RSL_MANIFEST_ERROR_BAD_NAME, draft.name);
        if (i > 0 && strcmp(drafts->list[i - 1].name, draft.name) == 0)
            rsl_manifest_fail(r, draft.table, RSL_MANIFEST_ERROR_DUPLICATE_TARGET, draft.name);
        if (draft.path == NULL)
            draft.path = find_path(t, section->kind, draft.name, inferred);
        if (draft.path != NULL)
            add_target(t, section->kind, draft);
        else
            rsl_manifest_fail(r, draft.table,
                              is_bin ? RSL_MANIFEST_ERROR_NO_BIN_FILE
                                     : RSL_MANIFEST_ERROR_NO_TARGET_FILE,
                              draft.name);
    }
}

/* The targets that the manifest lists in [[section]]; false if it does not have that key. */
static bool read_listed(struct target_reader *t, const struct section *section,
                        struct draft_list *listed)
{
    struct manifest_reader *r = t->r;
    const struct rsl_toml *toml = &r->entry->toml;
    const struct rsl_toml_value *array = rsl_toml_find(toml, toml->root, section->key);
    if (array == NULL)
        return false;
    if (array->kind != RSL_TOML_ARRAY) {
        rsl_manifest_fail(r, array, RSL_MANIFEST_ERROR_WRONG_TYPE, section->key);
        return false;
    }
    for (const struct rsl_toml_value *m = array->as.members.first; m != NULL; m = m->next) {
        if (m->kind != RSL_TOML_TABLE) {
            rsl_manifest_fail(r, m, RSL_MANIFEST_ERROR_WRONG_TYPE, section->key);
            continue;
        }
        const struct draft draft = read_draft(t, m);
        if (draft.name == NULL)
            rsl_manifest_fail(r, m, RSL_MANIFEST_ERROR_NO_TARGET_NAME, section->key);
        else
            add_draft(t, listed, draft);
    }
    return true;
}

static void read_section(struct target_reader *t, const struct section *section)
{
    struct manifest_reader *r = t->r;
    struct draft_list drafts = {.n = 0}, inferred = {.n = 0};
    const bool has_list = read_listed(t, section, &drafts);
    const int autodiscover = rsl_manifest_boolean(
        r, rsl_toml_find(&r->entry->toml, r->entry->package_table, section->auto_key));
    if (section->kind == RSL_TARGET_BIN && exists(t, "src/main.rs"))
        add_draft(t, &inferred, (struct draft){.name = t->package->name, .path = "src/main.rs"});
    infer_from_folder(t, section->folder, &inferred);
    const bool takes_inferred =
        autodiscover == 1 || (autodiscover < 0 && !(has_list && t->package->edition == 2015));
    if (takes_inferred)
        add_inferred(t, &drafts, &inferred);
    sort(&drafts);
    sort(&inferred);
    add_targets(t, section, &drafts, &inferred);
}

/* ---- the build script ---- */

static void add_build_script(struct target_reader *t, const char *path)
{
    const char *normal = rsl_manifest_join(t->r, path);
    const char *file = rsl_path_name(normal);
    const char *stem = rsl_manifest_copy(t->r, file, rsl_path_stem(file));
    add_target(t, RSL_TARGET_BUILD,
               (struct draft){.name = concat(t, "build-script-", stem, ""), .path = path});
}

static void read_build_scripts(struct target_reader *t)
{
    struct manifest_reader *r = t->r;
    const struct rsl_toml *toml = &r->entry->toml;
    const struct rsl_toml_value *build = rsl_toml_find(toml, r->entry->package_table, "build");
    if (build == NULL) {
        if (kind_of(t, "build.rs") == RSL_FILE_REGULAR)
            add_build_script(t, "build.rs");
    } else if (build->kind == RSL_TOML_ARRAY) {
        uint32_t n;
        const char *const *paths = rsl_manifest_texts(r, build, &n);
        for (uint32_t i = 0; i < n; i++)
            add_build_script(t, paths[i]);
    } else if (build->kind == RSL_TOML_STRING) {
        const char *path = rsl_manifest_text(r, build);
        if (path != NULL)
            add_build_script(t, path);
    } else if (rsl_manifest_boolean(r, build) == 1) {
        add_build_script(t, "build.rs");
    }
}

void rsl_manifest_read_targets(struct manifest_reader *r, struct rsl_package *package)
{
    struct target_reader t = {.r = r, .package = package};
    read_lib(&t);
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        read_section(&t, &sections[i]);
    const uint32_t nbefore = package->ntargets;
    if (nbefore == 0)
        rsl_manifest_fail(r, NULL, RSL_MANIFEST_ERROR_NO_TARGETS, package->name);
    read_build_scripts(&t);
    const struct rsl_toml_value *links =
        rsl_toml_find(&r->entry->toml, r->entry->package_table, "links");
    if (rsl_manifest_text(r, links) != NULL && package->ntargets == nbefore)
        rsl_manifest_fail(r, links, RSL_MANIFEST_ERROR_NO_BUILD_SCRIPT, "links");
}
