/* The JSON is read by SQLite, which the program is linked with anyway. */
#include "tools/registry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "tools/read_file.h"
#include "tools/report.h"

/* Longer names are no packages' (crates.io allows 64). */
enum { MAX_NAME = 255 };

struct rsl_registry {
    char *folder;
    sqlite3 *db; /* in memory, and empty: only its functions are wanted */
    sqlite3_stmt *read;
    struct rsl_source_buffer file; /* of the package that was asked for last */
    char name[MAX_NAME + 1];       /* that, or "" */
    bool is_there;                 /* it has a file */
};

static int prepare(struct rsl_registry *registry)
{
    const int code = sqlite3_open_v2(":memory:", &registry->db,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    /* What is no JSON is no error, but a row of nothing. */
    return code != SQLITE_OK
               ? code
               : sqlite3_prepare_v2(registry->db,
                                    "SELECT json_extract(line, '$.vers'),"
                                    " json_extract(line, '$.yanked'),"
                                    " json_extract(line, '$.cksum')"
                                    " FROM (SELECT iif(json_valid(?1), ?1, '{}') AS line)",
                                    -1, &registry->read, NULL);
}

struct rsl_registry *rsl_registry_open(const char *folder)
{
    struct rsl_registry *registry = calloc(1, sizeof *registry);
    char *config = NULL;
    if (registry == NULL || (registry->folder = strdup(folder)) == NULL ||
        asprintf(&config, "%s/config.json", folder) < 0 || prepare(registry) != SQLITE_OK) {
        rsl_report("%s", strerror(ENOMEM));
    } else if (access(config, R_OK) != 0) {
        rsl_report("%s: %s; is that a registry's index?", config, strerror(errno));
    } else {
        free(config);
        return registry;
    }
    free(config);
    rsl_registry_close(registry);
    return NULL;
}

void rsl_registry_close(struct rsl_registry *registry)
{
    if (registry == NULL)
        return;
    sqlite3_finalize(registry->read);
    sqlite3_close(registry->db);
    rsl_source_buffer_fini(&registry->file);
    free(registry->folder);
    free(registry);
}

/* Where the file of a package is: 1/a, 2/ab, 3/a/abc, ab/cd/abcd. The name is in small letters.
 * Returns what asprintf does. */
static int make_path(const struct rsl_registry *registry, const char *name, char **path_out)
{
    const size_t n = strlen(name);
    if (n < 3)
        return asprintf(path_out, "%s/%zu/%s", registry->folder, n, name);
    if (n == 3)
        return asprintf(path_out, "%s/3/%c/%s", registry->folder, name[0], name);
    return asprintf(path_out, "%s/%.2s/%.2s/%s", registry->folder, name, name + 2, name);
}

/* Reads the file of the package. */
static bool read_package(struct rsl_registry *registry, const char *name, size_t nbytes)
{
    char small[MAX_NAME + 1], *path = NULL;
    for (size_t i = 0; i < nbytes; i++)
        small[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] | 0x20 : name[i]);
    small[nbytes] = '\0';
    if (strcmp(small, registry->name) == 0)
        return true;
    registry->name[0] = '\0';
    if (make_path(registry, small, &path) < 0) {
        rsl_report("%s", strerror(ENOMEM));
        return false;
    }
    const int error = rsl_read_file(&registry->file, path);
    registry->is_there = error == 0;
    const bool good = error == 0 || error == -ENOENT || error == -ENOTDIR;
    if (good)
        memcpy(registry->name, small, nbytes + 1);
    else
        rsl_report("%s: %s", path, strerror(-error));
    free(path);
    return good;
}

static size_t without_build(const char *version, size_t nbytes)
{
    const char *const plus = memchr(version, '+', nbytes);
    return plus == NULL ? nbytes : (size_t)(plus - version);
}

/* Whether a line is that of the version; then what it says. */
static bool read_line(struct rsl_registry *registry, const char *line, size_t nbytes,
                      const char *version, size_t version_nbytes, struct rsl_registry_version *out)
{
    sqlite3_stmt *read = registry->read;
    bool found = false;
    sqlite3_bind_text64(read, 1, line, nbytes, SQLITE_STATIC, SQLITE_UTF8);
    if (sqlite3_step(read) == SQLITE_ROW) {
        const char *vers = (const char *)sqlite3_column_text(read, 0);
        const size_t n = vers == NULL ? 0 : without_build(vers, strlen(vers));
        found = vers != NULL && n == version_nbytes && memcmp(vers, version, n) == 0;
        const char *checksum = (const char *)sqlite3_column_text(read, 2);
        out->yanked = sqlite3_column_int(read, 1) != 0;
        snprintf(out->checksum, sizeof out->checksum, "%s", checksum == NULL ? "" : checksum);
    }
    sqlite3_reset(read);
    sqlite3_clear_bindings(read);
    return found;
}

enum rsl_registry_answer rsl_registry_find(struct rsl_registry *registry, const char *name,
                                           size_t name_nbytes, const char *version,
                                           size_t version_nbytes,
                                           struct rsl_registry_version *version_out)
{
    if (name_nbytes == 0 || name_nbytes > MAX_NAME || memchr(name, '/', name_nbytes) != NULL)
        return RSL_REGISTRY_UNKNOWN;
    if (!read_package(registry, name, name_nbytes))
        return RSL_REGISTRY_FAILED;
    if (!registry->is_there)
        return RSL_REGISTRY_UNKNOWN;
    const char *at = (const char *)registry->file.bytes, *const end = at + registry->file.nbytes;
    version_nbytes = without_build(version, version_nbytes);
    while (at < end) {
        const char *const newline = memchr(at, '\n', (size_t)(end - at));
        const char *const line_end = newline != NULL ? newline : end;
        if (read_line(registry, at, (size_t)(line_end - at), version, version_nbytes, version_out))
            return RSL_REGISTRY_FOUND;
        at = line_end + 1;
    }
    return RSL_REGISTRY_UNKNOWN;
}
