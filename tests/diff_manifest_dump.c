/* diff_manifest_dump.c - workspaces and packages as rustle reads them, for diff_manifest.py.
 *
 * Paths of manifests come on standard input, one a line; for each, one line of JSON: the workspace,
 * and in `packages` its members and the manifest's own, as far as no line before has shown them. */
#include "index/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_text(const char *key, const char *text)
{
    printf("\"%s\":", key);
    if (!text) {
        fputs("null", stdout);
        return;
    }
    putchar('"');
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\' || c < 0x20)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void put_target(const struct rsl_target *target)
{
    putchar('{');
    put_text("name", target->name);
    putchar(',');
    put_text("kind", rsl_target_kind_name((enum rsl_target_kind)target->kind));
    putchar(',');
    put_text("path", target->path);
    printf(",\"edition\":\"%u\",\"proc_macro\":%s,\"crate_types\":[", target->edition,
           target->proc_macro ? "true" : "false");
    for (uint32_t i = 0; i < target->ncrate_types; i++)
        printf("%s\"%s\"", i > 0 ? "," : "", target->crate_types[i]);
    fputs("]}", stdout);
}

static void put_dependency(const struct rsl_dependency *dependency)
{
    static const char *const kinds[] = {NULL, "dev", "build"};
    putchar('{');
    put_text("name", dependency->name);
    putchar(',');
    put_text("package", dependency->package);
    putchar(',');
    put_text("path", dependency->path);
    putchar(',');
    put_text("platform", dependency->platform);
    putchar(',');
    put_text("kind", kinds[dependency->kind]);
    printf(",\"optional\":%s,\"git\":%s}", dependency->optional ? "true" : "false",
           dependency->git ? "true" : "false");
}

static void put_package(const struct rsl_manifest *manifest)
{
    const struct rsl_package *package = manifest->package;
    putchar('{');
    put_text("manifest", manifest->path);
    putchar(',');
    put_text("name", package->name);
    putchar(',');
    put_text("version", package->version);
    printf(",\"edition\":\"%u\",\"targets\":[", package->edition);
    for (uint32_t i = 0; i < package->ntargets; i++) {
        if (i > 0)
            putchar(',');
        put_target(&package->targets[i]);
    }
    fputs("],\"dependencies\":[", stdout);
    for (uint32_t i = 0; i < package->ndependencies; i++) {
        if (i > 0)
            putchar(',');
        put_dependency(&package->dependencies[i]);
    }
    fputs("]}", stdout);
}

/* The first error that would stop cargo. */
static const struct rsl_manifest_error *stops(const struct rsl_manifest *manifest)
{
    for (uint32_t i = 0; i < manifest->nerrors; i++) {
        if (manifest->errors[i].code < RSL_MANIFEST_CARGO_GOES_ON)
            return &manifest->errors[i];
    }
    return NULL;
}

static const struct rsl_manifest_error *first_error(const struct rsl_manifest *current,
                                                    const struct rsl_workspace *workspace)
{
    const struct rsl_manifest_error *error = stops(current);
    if (!error)
        error = stops(workspace->root);
    for (uint32_t i = 0; !error && i < workspace->nmembers; i++)
        error = stops(workspace->members[i]);
    if (!error && workspace->error.code != RSL_MANIFEST_ERROR_NONE)
        error = &workspace->error;
    return error;
}

static bool is_new(struct rsl_strings *shown, const char *path)
{
    const uint32_t before = rsl_strings_count(shown);
    uint32_t id = 0;
    return rsl_strings_add(shown, path, strlen(path), &id) == RSL_OK && id == before;
}

static void put_workspace(const struct rsl_manifest *current, const struct rsl_workspace *workspace,
                          struct rsl_strings *shown)
{
    const struct rsl_manifest_error *error = first_error(current, workspace);
    putchar('{');
    put_text("root", workspace->root->folder);
    putchar(',');
    put_text("error", error ? rsl_manifest_error_message(error->code) : NULL);
    putchar(',');
    put_text("what", error ? error->what : NULL);
    fputs(",\"members\":[", stdout);
    const char *comma = "";
    for (uint32_t i = 0; i < workspace->nmembers; i++) {
        if (!workspace->members[i]->package)
            continue;
        printf("%s{", comma);
        put_text("manifest", workspace->members[i]->path);
        putchar('}');
        comma = ",";
    }
    fputs("],\"packages\":[", stdout);
    comma = "";
    for (uint32_t i = 0; i <= workspace->nmembers; i++) {
        const struct rsl_manifest *shows =
            i < workspace->nmembers ? workspace->members[i] : current;
        if (shows->package && is_new(shown, shows->path)) {
            fputs(comma, stdout);
            put_package(shows);
            comma = ",";
        }
    }
    fputs("]}\n", stdout);
}

int main(void)
{
    struct rsl_cargo cargo;
    struct rsl_strings shown;
    rsl_cargo_init(&cargo, &rsl_file_tree_disk, NULL);
    rsl_strings_init(&shown, NULL);
    char *path = NULL;
    size_t capacity = 0;
    ssize_t length;
    bool good = true;
    while (good && (length = getline(&path, &capacity, stdin)) > 0) {
        if (path[length - 1] == '\n')
            path[length - 1] = '\0';
        const struct rsl_manifest *manifest;
        const struct rsl_workspace *workspace;
        good = rsl_cargo_manifest(&cargo, path, &manifest) == RSL_OK &&
               rsl_cargo_workspace(&cargo, path, &workspace) == RSL_OK;
        if (good)
            put_workspace(manifest, workspace, &shown);
    }
    free(path);
    rsl_strings_fini(&shown);
    rsl_cargo_fini(&cargo);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
