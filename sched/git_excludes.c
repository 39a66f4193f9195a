#include "sched/git_excludes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "sched/text_file.h"

#define MAX_CONFIG (16U << 20)

/* Reading never goes past the NUL at text[nbytes]; a NUL before that ends a line as LF does. */
struct reader {
    char *at, *end;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool ends_line(const struct reader *in)
{
    return in->at == in->end || *in->at == '\n';
}

static void skip_blanks(struct reader *in)
{
    while (!ends_line(in) && is_blank(*in->at))
        in->at++;
}

static void skip_line(struct reader *in)
{
    while (!ends_line(in))
        in->at++;
}

/* Behind '[': whether it is [core]; the reader is then behind ']'. */
static bool read_section(struct reader *in)
{
    const char *const name = in->at;
    while (!ends_line(in) && *in->at != ']')
        in->at++;
    if (ends_line(in))
        return false;
    in->at++;
    return in->at - name == 5 && strncasecmp(name, "core", 4) == 0;
}

/* Behind '=': the value, unquoted in place. A backslash at the end of the line joins the next one;
 * blanks at the ends, and comments, count only in quotes. NULL if it is no value. */
static char *read_value(struct reader *in)
{
    skip_blanks(in);
    char *const value = in->at;
    char *to = value;
    char *end = value; /* behind the last byte that is not a blank outside quotes */
    bool quoted = false;
    for (; !ends_line(in); in->at++) {
        char c = *in->at;
        if (!quoted && (c == '#' || c == ';')) {
            skip_line(in);
            break;
        }
        if (c == '"') {
            quoted = !quoted;
            continue;
        }
        if (c == '\\') {
            in->at += in->end - in->at > 2 && in->at[1] == '\r' && in->at[2] == '\n';
            if (++in->at == in->end)
                break;
            c = *in->at;
            if (c == '\n')
                continue;
            if (c == 'n' || c == 't' || c == 'b')
                c = c == 'n' ? '\n' : c == 't' ? '\t' : '\b';
            else if (c != '\\' && c != '"')
                return NULL;
            *to++ = c;
            end = to;
            continue;
        }
        *to++ = c;
        if (quoted || !is_blank(c))
            end = to;
    }
    if (quoted)
        return NULL;
    /* The NUL may fall on the end of the line. */
    if (in->at < in->end)
        in->at++;
    *end = 0;
    return value;
}

const char *rsl_git_excludes_setting(char *text, size_t nbytes)
{
    static const char key[] = "excludesfile";
    struct reader in = {text, text + nbytes};
    const char *setting = NULL;
    bool in_core = false;
    text[nbytes] = 0;
    if (nbytes >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        in.at += 3;
    while (in.at < in.end) {
        skip_blanks(&in);
        if (ends_line(&in)) {
            in.at += in.at < in.end;
        } else if (*in.at == '[') {
            in.at++;
            in_core = read_section(&in);
        } else if (*in.at == '#' || *in.at == ';') {
            skip_line(&in);
        } else {
            const char *const name = in.at;
            while (!ends_line(&in) && !is_blank(*in.at) && *in.at != '=')
                in.at++;
            const bool is_key = (size_t)(in.at - name) == sizeof key - 1 &&
                                strncasecmp(name, key, sizeof key - 1) == 0;
            skip_blanks(&in);
            if (ends_line(&in) || *in.at != '=') {
                skip_line(&in);
                continue;
            }
            in.at++;
            const char *const value = read_value(&in);
            if (value == NULL)
                skip_line(&in);
            else if (in_core && is_key)
                setting = value;
        }
    }
    return setting;
}

/* Replaces *path by first + second. */
static enum rsl_status set_path(char **path, const char *first, const char *second,
                                const struct rsl_allocator *allocator)
{
    const size_t nfirst = strlen(first);
    const size_t nsecond = strlen(second) + 1;
    char *joined = allocator->allocate(allocator->state, nfirst + nsecond);
    if (joined == NULL)
        return RSL_ENOMEM;
    memcpy(joined, first, nfirst);
    memcpy(joined + nfirst, second, nsecond);
    if (*path != NULL)
        allocator->release(allocator->state, *path, strlen(*path) + 1);
    *path = joined;
    return RSL_OK;
}

/* Sets *path to what the configuration file says, if it says something. */
static enum rsl_status take_setting(const char *config, const char *home,
                                    const struct rsl_allocator *allocator, char **path)
{
    struct rsl_text_file file;
    const int error = rsl_text_file_read(&file, AT_FDCWD, config, 0, MAX_CONFIG, allocator);
    if (error != 0)
        return error == -ENOMEM ? RSL_ENOMEM : RSL_OK;
    enum rsl_status status = RSL_OK;
    const char *setting = rsl_git_excludes_setting(file.text, file.nbytes);
    if (setting != NULL) {
        const bool at_home = home != NULL && setting[0] == '~' && setting[1] == '/';
        status = set_path(path, at_home ? home : "", setting + at_home, allocator);
    }
    rsl_text_file_fini(&file, allocator);
    return status;
}

enum rsl_status rsl_git_excludes_path(const char *home, const char *config_home,
                                      const struct rsl_allocator *allocator, char **path_out)
{
    enum rsl_status status = RSL_OK;
    char *path = NULL;
    char *folder = NULL; /* of the user's configuration */
    char *config = NULL;
    if (home != NULL && home[0] == 0)
        home = NULL;
    if (config_home != NULL && config_home[0] != 0)
        status = set_path(&folder, config_home, "", allocator);
    else if (home != NULL)
        status = set_path(&folder, home, "/.config", allocator);
    if (status == RSL_OK && folder != NULL) {
        status = set_path(&path, folder, "/git/ignore", allocator);
        if (status == RSL_OK)
            status = set_path(&config, folder, "/git/config", allocator);
        if (status == RSL_OK)
            status = take_setting(config, home, allocator, &path);
    }
    if (status == RSL_OK && home != NULL) {
        status = set_path(&config, home, "/.gitconfig", allocator);
        if (status == RSL_OK)
            status = take_setting(config, home, allocator, &path);
    }
    if (config != NULL)
        allocator->release(allocator->state, config, strlen(config) + 1);
    if (folder != NULL)
        allocator->release(allocator->state, folder, strlen(folder) + 1);
    if (path != NULL && (status != RSL_OK || path[0] == 0)) {
        allocator->release(allocator->state, path, strlen(path) + 1);
        path = NULL;
    }
    *path_out = path;
    return status;
}
