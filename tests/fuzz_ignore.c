/* Fuzzes ignore rules with any bytes. Up to the first NUL it is a path, and behind that an ignore
 * file. What must hold: nothing is read outside, rules that would match nothing are not kept, a
 * path is excluded by a list of rules exactly if it is by its last line that says something of it,
 * and the same text as a git configuration or as globs does no harm either. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sched/git_excludes.h"
#include "sched/glob.h"
#include "sched/ignore.h"
#include "sched/overrides.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

static void demand(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

struct input {
    const char *path;
    size_t path_nbytes, name_off;
};

/* In a block of its exact size. */
static char *copy(const char *text, size_t nbytes)
{
    char *to = malloc(nbytes > 0 ? nbytes : 1);
    demand(to != NULL, "out of memory");
    if (nbytes > 0)
        memcpy(to, text, nbytes);
    return to;
}

static enum rsl_ignore_verdict ask(const struct input *in, const char *text, size_t nbytes,
                                   bool is_dir)
{
    struct rsl_ignore_rules rules;
    char *own = copy(text, nbytes);
    demand(rsl_ignore_rules_init(&rules, own, nbytes, &rsl_allocator_default) == RSL_OK, "init");
    free(own);
    demand((rules.nrules > 0) == (rules.rules != NULL), "an empty list holds memory");
    const enum rsl_ignore_verdict verdict =
        rsl_ignore_rules_match(&rules, in->path, in->path_nbytes, in->name_off, is_dir);
    rsl_ignore_rules_fini(&rules, &rsl_allocator_default);
    return verdict;
}

static void check_lines(const struct input *in, const char *text, size_t nbytes, bool is_dir)
{
    enum rsl_ignore_verdict last = RSL_IGNORE_NONE;
    for (size_t begin = 0; begin < nbytes;) {
        const char *newline = memchr(text + begin, '\n', nbytes - begin);
        const size_t end = newline != NULL ? (size_t)(newline - text) : nbytes;
        /* A line begins with no byte order mark but the first. */
        const bool mark =
            begin > 0 && end - begin >= 3 && memcmp(text + begin, "\xEF\xBB\xBF", 3) == 0;
        if (mark)
            return;
        const enum rsl_ignore_verdict verdict = ask(in, text + begin, end - begin, is_dir);
        if (verdict != RSL_IGNORE_NONE)
            last = verdict;
        begin = end + 1;
    }
    demand(ask(in, text, nbytes, is_dir) == last, "the lines say something else than the whole");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    const char *bytes = (const char *)data;
    const char *nul = nbytes > 0 ? memchr(bytes, 0, nbytes) : NULL;
    struct input in = {0};
    in.path_nbytes = nul != NULL ? (size_t)(nul - bytes) : 0;
    const char *text = nul != NULL ? nul + 1 : bytes;
    const size_t text_nbytes = nul != NULL ? nbytes - in.path_nbytes - 1 : nbytes;
    if (text_nbytes > 4096 || in.path_nbytes > 256)
        return 0; /* the lines one by one are quadratic */
    char *path = copy(bytes, in.path_nbytes);
    in.path = path;
    for (size_t i = 0; i < in.path_nbytes; i++)
        in.name_off = path[i] == '/' ? i + 1 : in.name_off;
    check_lines(&in, text, text_nbytes, false);
    check_lines(&in, text, text_nbytes, true);

    char *pattern = copy(text, text_nbytes);
    for (unsigned flags = 0; flags < 4; flags++) {
        const bool matches = rsl_glob_match(pattern, text_nbytes, path, in.path_nbytes, flags);
        demand(!matches || rsl_glob_is_valid(pattern, text_nbytes, flags),
               "a malformed pattern matches");
    }
    free(pattern);
    free(path);

    char *ended = malloc(text_nbytes + 1);
    demand(ended != NULL, "out of memory");
    if (text_nbytes > 0)
        memcpy(ended, text, text_nbytes);
    ended[text_nbytes] = 0;
    struct rsl_overrides overrides;
    const char *const globs[] = {ended};
    if (rsl_overrides_init(&overrides, globs, 1, &rsl_allocator_default) == RSL_OK)
        rsl_overrides_fini(&overrides, &rsl_allocator_default);
    const char *setting = rsl_git_excludes_setting(ended, text_nbytes);
    demand(setting == NULL || strlen(setting) <= text_nbytes, "a setting longer than the file");
    free(ended);
    return 0;
}
