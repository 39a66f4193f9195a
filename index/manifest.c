/* The object that holds all manifests; opening one; errors and values. */
#include "index/manifest.h"

#include <string.h>

#include "index/manifest_internal.h"

#define FIRST_BLOCK 65536

static const char *const messages[RSL_MANIFEST_ERROR_COUNT] = {
    "no error",
#define X(suffix, message) message,
#include "index/manifest_errors.def"
#undef X
};

const char *rsl_manifest_error_message(uint8_t code)
{
    return code < RSL_MANIFEST_ERROR_COUNT ? messages[code] : "unknown error";
}

void rsl_cargo_init(struct rsl_cargo *cargo, const struct rsl_file_tree *tree,
                    const struct rsl_allocator *allocator)
{
    *cargo = (struct rsl_cargo){.tree = tree,
                                .allocator = allocator ? allocator : &rsl_allocator_default};
    rsl_arena_init(&cargo->arena, cargo->allocator, FIRST_BLOCK);
    rsl_strings_init(&cargo->paths, cargo->allocator);
}

void rsl_cargo_fini(struct rsl_cargo *cargo)
{
    for (uint32_t i = 0; i < rsl_strings_count(&cargo->paths) && i < cargo->entries_capacity; i++) {
        if (cargo->entries[i] != NULL)
            rsl_toml_fini(&cargo->entries[i]->toml);
    }
    cargo->allocator->release(cargo->allocator->state, cargo->entries,
                              cargo->entries_capacity * sizeof(void *));
    rsl_strings_fini(&cargo->paths);
    rsl_arena_fini(&cargo->arena);
    rsl_cargo_init(cargo, cargo->tree, cargo->allocator);
}

enum rsl_status rsl_cargo_find_manifest(struct rsl_cargo *cargo, const char *folder,
                                        const char **path_out)
{
    static const char *const names[] = {"Cargo.toml", "cargo.toml"};
    *path_out = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && *path_out == NULL; i++) {
        const char *path = rsl_path_join(&cargo->arena, folder, names[i]);
        if (path == NULL)
            return RSL_ENOMEM;
        if (cargo->tree->kind(cargo->tree->state, path) != RSL_FILE_NONE)
            *path_out = path;
    }
    return RSL_OK;
}

/* ---- errors ---- */

static void place(const struct rsl_file_bytes *source, uint32_t off, uint32_t *line_out,
                  uint32_t *column_out)
{
    *line_out = *column_out = 1;
    for (uint32_t i = 0; i < off && i < source->nbytes; i++) {
        if (source->bytes[i] == '\n') {
            ++*line_out;
            *column_out = 1;
        } else if ((source->bytes[i] & 0xC0) != 0x80) {
            ++*column_out;
        }
    }
}

void rsl_manifest_fail(struct manifest_reader *r, const struct rsl_toml_value *at,
                       enum rsl_manifest_error_code code, const char *what)
{
    struct manifest_entry *entry = r->entry;
    struct rsl_manifest *manifest = &entry->manifest;
    struct rsl_manifest_error *errors =
        arena_list_grow(&r->cargo->arena, manifest->errors, manifest->nerrors,
                        &entry->errors_capacity, sizeof *errors);
    if (errors == NULL) {
        r->status = RSL_ENOMEM;
        return;
    }
    manifest->errors = errors;
    struct rsl_manifest_error error = {.code = (uint8_t)code};
    error.what = rsl_manifest_copy(r, what, strlen(what));
    if (at != NULL)
        place(&entry->source, at->key_off, &error.line, &error.column);
    errors[manifest->nerrors++] = error;
}

/* ---- values ---- */

const char *rsl_manifest_copy(struct manifest_reader *r, const char *text, size_t nbytes)
{
    char *copy = rsl_arena_alloc(&r->cargo->arena, nbytes + 1, 1);
    if (copy == NULL) {
        r->status = RSL_ENOMEM;
        return "";
    }
    memcpy(copy, text, nbytes);
    copy[nbytes] = '\0';
    return copy;
}

const char *rsl_manifest_join(struct manifest_reader *r, const char *path)
{
    const char *joined = rsl_path_join(&r->cargo->arena, r->entry->manifest.folder, path);
    if (joined == NULL) {
        r->status = RSL_ENOMEM;
        return "";
    }
    return joined;
}

const char *rsl_manifest_text(struct manifest_reader *r, const struct rsl_toml_value *value)
{
    if (value == NULL)
        return NULL;
    if (value->kind == RSL_TOML_STRING && value->as.string.bytes == NULL)
        return NULL; /* reading ended in it */
    if (value->kind != RSL_TOML_STRING ||
        memchr(value->as.string.bytes, 0, value->as.string.nbytes) != NULL) {
        rsl_manifest_fail(r, value, RSL_MANIFEST_ERROR_WRONG_TYPE, value->key.bytes);
        return NULL;
    }
    return rsl_manifest_copy(r, value->as.string.bytes, value->as.string.nbytes);
}

const char *const *rsl_manifest_texts(struct manifest_reader *r, const struct rsl_toml_value *value,
                                      uint32_t *n_out)
{
    *n_out = 0;
    if (value == NULL)
        return NULL;
    if (value->kind != RSL_TOML_ARRAY) {
        rsl_manifest_fail(r, value, RSL_MANIFEST_ERROR_WRONG_TYPE, value->key.bytes);
        return NULL;
    }
    const char **list =
        rsl_arena_alloc(&r->cargo->arena, value->nmembers * sizeof(char *), _Alignof(const char *));
    if (list == NULL) {
        r->status = RSL_ENOMEM;
        return NULL;
    }
    for (const struct rsl_toml_value *m = value->as.members.first; m != NULL; m = m->next) {
        const char *text = rsl_manifest_text(r, m);
        if (text != NULL)
            list[(*n_out)++] = text;
    }
    return list;
}

int rsl_manifest_boolean(struct manifest_reader *r, const struct rsl_toml_value *value)
{
    if (value == NULL)
        return -1;
    if (value->kind == RSL_TOML_BOOLEAN)
        return value->as.boolean;
    rsl_manifest_fail(r, value, RSL_MANIFEST_ERROR_WRONG_TYPE, value->key.bytes);
    return -1;
}

const struct rsl_toml_value *rsl_manifest_find_old(struct manifest_reader *r,
                                                   const struct rsl_toml_value *table,
                                                   const char *key, const char *old_key,
                                                   uint16_t edition)
{
    const struct rsl_toml_value *value = rsl_toml_find(&r->entry->toml, table, key);
    const struct rsl_toml_value *old = rsl_toml_find(&r->entry->toml, table, old_key);
    if (old != NULL && edition >= 2024)
        rsl_manifest_fail(r, old, RSL_MANIFEST_ERROR_UNDERSCORE_SINCE_2024, old_key);
    return value != NULL ? value : old;
}

uint16_t rsl_manifest_edition(struct manifest_reader *r, const struct rsl_toml_value *value,
                              uint16_t otherwise)
{
    static const struct {
        const char *text;
        uint16_t year;
    } editions[] = {{"2015", 2015}, {"2018", 2018}, {"2021", 2021}, {"2024", 2024}};
    const char *text = rsl_manifest_text(r, value);
    if (text == NULL)
        return otherwise;
    for (size_t i = 0; i < sizeof editions / sizeof *editions; i++) {
        if (strcmp(text, editions[i].text) == 0)
            return editions[i].year;
    }
    rsl_manifest_fail(r, value, RSL_MANIFEST_ERROR_BAD_EDITION, text);
    return otherwise;
}

/* ---- opening ---- */

static void read_workspace_table(struct manifest_reader *r)
{
    struct manifest_entry *entry = r->entry;
    const struct rsl_toml *toml = &entry->toml;
    const struct rsl_toml_value *table = rsl_toml_find(toml, toml->root, "workspace");
    if (entry->package_table != NULL)
        entry->pointer =
            rsl_manifest_text(r, rsl_toml_find(toml, entry->package_table, "workspace"));
    if (table == NULL)
        return;
    if (table->kind != RSL_TOML_TABLE) {
        rsl_manifest_fail(r, table, RSL_MANIFEST_ERROR_WRONG_TYPE, "workspace");
        return;
    }
    if (entry->pointer != NULL)
        rsl_manifest_fail(r, table, RSL_MANIFEST_ERROR_TWO_WORKSPACES, "workspace");
    entry->manifest.is_workspace = true;
    const struct rsl_toml_value *members = rsl_toml_find(toml, table, "members");
    entry->has_members_key = members != NULL;
    entry->members = rsl_manifest_texts(r, members, &entry->nmembers);
    entry->exclude = rsl_manifest_texts(r, rsl_toml_find(toml, table, "exclude"), &entry->nexclude);
}

/* The sections that a manifest without a package may not have. */
static void check_virtual(struct manifest_reader *r)
{
    static const char *const sections[] = {
        "lib",
        "bin",
        "example",
        "test",
        "bench",
        "dependencies",
        "features",
        "target",
        "dev-dependencies",
        "dev_dependencies",
        "build-dependencies",
        "build_dependencies",
        "lints",
        "badges",
    };
    const struct rsl_toml *toml = &r->entry->toml;
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        const struct rsl_toml_value *value = rsl_toml_find(toml, toml->root, sections[i]);
        if (value != NULL)
            rsl_manifest_fail(r, value, RSL_MANIFEST_ERROR_VIRTUAL_SECTION, sections[i]);
    }
}

static void open_entry(struct manifest_reader *r)
{
    struct manifest_entry *entry = r->entry;
    const struct rsl_file_tree *tree = r->cargo->tree;
    enum rsl_status status = RSL_EIO;
    if (tree->kind(tree->state, entry->manifest.path) == RSL_FILE_REGULAR)
        status = tree->read(tree->state, entry->manifest.path, &r->cargo->arena, &entry->source);
    if (status == RSL_OK)
        status =
            rsl_toml_read(&entry->toml, entry->source.bytes, entry->source.nbytes, RSL_TOML_1_1);
    if (status == RSL_ENOMEM) {
        r->status = RSL_ENOMEM;
        return;
    }
    if (status != RSL_OK) {
        rsl_manifest_fail(r, NULL, RSL_MANIFEST_ERROR_UNREADABLE, entry->manifest.path);
        return;
    }
    const struct rsl_toml *toml = &entry->toml;
    if (toml->error.code != RSL_TOML_ERROR_NONE) {
        rsl_manifest_fail(r, NULL, RSL_MANIFEST_ERROR_SYNTAX,
                          rsl_toml_error_message(toml->error.code));
        if (r->status != RSL_OK)
            return;
        struct rsl_manifest_error *error = &entry->manifest.errors[entry->manifest.nerrors - 1];
        error->toml_code = toml->error.code;
        error->line = toml->error.line;
        error->column = toml->error.column;
    }
    const struct rsl_toml_value *package = rsl_toml_find(toml, toml->root, "package");
    if (package == NULL)
        package = rsl_toml_find(toml, toml->root, "project");
    if (package != NULL && package->kind != RSL_TOML_TABLE) {
        rsl_manifest_fail(r, package, RSL_MANIFEST_ERROR_WRONG_TYPE, package->key.bytes);
        package = NULL;
    }
    entry->package_table = package;
    read_workspace_table(r);
    if (package == NULL && entry->manifest.is_workspace)
        check_virtual(r);
    else if (package == NULL && toml->error.code == RSL_TOML_ERROR_NONE)
        rsl_manifest_fail(r, NULL, RSL_MANIFEST_ERROR_NOTHING, "");
}

/* The entry of a path, which is new if it was not there. */
static struct manifest_entry *entry_of(struct rsl_cargo *cargo, const char *path)
{
    const size_t nbytes = strlen(path);
    uint32_t id = rsl_strings_find(&cargo->paths, path, nbytes);
    if (id != RSL_NO_STRING)
        return cargo->entries[id];
    struct manifest_entry *entry =
        rsl_arena_alloc(&cargo->arena, sizeof *entry, _Alignof(struct manifest_entry));
    const char *folder = rsl_path_parent(&cargo->arena, path);
    if (entry == NULL || folder == NULL)
        return NULL;
    const uint32_t n = rsl_strings_count(&cargo->paths);
    if (n == cargo->entries_capacity) {
        const uint32_t more = n == 0 ? 64 : n * 2;
        struct manifest_entry **grown = cargo->allocator->resize(
            cargo->allocator->state, cargo->entries, n * sizeof(void *), more * sizeof(void *));
        if (grown == NULL)
            return NULL;
        cargo->entries = grown;
        cargo->entries_capacity = more;
    }
    if (rsl_strings_add(&cargo->paths, path, nbytes, &id) != RSL_OK)
        return NULL;
    *entry = (struct manifest_entry){
        .manifest = {.path = rsl_strings_text(&cargo->paths, id), .folder = folder}};
    rsl_toml_init(&entry->toml, cargo->allocator);
    cargo->entries[id] = entry;
    return entry;
}

struct manifest_entry *rsl_manifest_open(struct rsl_cargo *cargo, const char *path)
{
    struct manifest_entry *entry = entry_of(cargo, path);
    if (entry == NULL || entry->state != MANIFEST_UNSEEN)
        return entry;
    struct manifest_reader r = {.cargo = cargo, .entry = entry};
    entry->state = MANIFEST_OPEN;
    open_entry(&r);
    return r.status == RSL_OK ? entry : NULL;
}

struct manifest_entry *rsl_manifest_complete(struct rsl_cargo *cargo, const char *path)
{
    struct manifest_entry *entry = rsl_manifest_open(cargo, path);
    if (entry == NULL || entry->state == MANIFEST_COMPLETE)
        return entry;
    struct manifest_reader r = {.cargo = cargo, .entry = entry};
    entry->state = MANIFEST_COMPLETE;
    if (entry->package_table != NULL)
        rsl_manifest_read_package(&r);
    entry->package_table = NULL;
    if (!entry->manifest.is_workspace)
        rsl_toml_fini(&entry->toml);
    return r.status == RSL_OK ? entry : NULL;
}

enum rsl_status rsl_cargo_manifest(struct rsl_cargo *cargo, const char *path,
                                   const struct rsl_manifest **manifest_out)
{
    const struct manifest_entry *entry = rsl_manifest_complete(cargo, path);
    *manifest_out = entry ? &entry->manifest : NULL;
    return entry ? RSL_OK : RSL_ENOMEM;
}
