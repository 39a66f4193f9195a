#include "sched/overrides.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "sched/glob.h"
#include "sched/ignore_rule.h"

/* Braces multiply; these stop a glob that would fill the memory. */
#define MAX_EXPANDED 2000
#define MAX_GLOB     65536

struct rsl_override {
    struct rsl_ignore_rule rule;
    struct rsl_ignore_form form;
    char *text; /* its own block, of nbytes + 1; NULL once it has been expanded */
    size_t nbytes;
    bool can_match;
};

/* Three parts joined are a new glob at the end of the list. */
struct part {
    const char *text;
    size_t nbytes;
};

static enum rsl_status add(struct rsl_overrides *to, const struct part parts[3],
                           struct rsl_ignore_form form, const struct rsl_allocator *allocator)
{
    if (to->nlist == to->capacity) {
        const size_t capacity = to->capacity * 2 + 8;
        struct rsl_override *grown = allocator->resize(
            allocator->state, to->list, to->capacity * sizeof *grown, capacity * sizeof *grown);
        if (grown == NULL)
            return RSL_ENOMEM;
        to->list = grown;
        to->capacity = capacity;
    }
    const size_t nbytes = parts[0].nbytes + parts[1].nbytes + parts[2].nbytes;
    char *text = allocator->allocate(allocator->state, nbytes + 1);
    if (text == NULL)
        return RSL_ENOMEM;
    to->list[to->nlist++] = (struct rsl_override){.form = form, .text = text, .nbytes = nbytes};
    for (unsigned i = 0; i < 3; i++) {
        memcpy(text, parts[i].text, parts[i].nbytes);
        text += parts[i].nbytes;
    }
    return RSL_OK;
}

/* The first of { , } in text[at..nbytes) that is neither escaped nor in a class; nbytes if there
 * is none. The text is a valid glob. */
static size_t next_brace(const char *text, size_t at, size_t nbytes)
{
    while (at < nbytes) {
        switch (text[at]) {
        case '{':
        case '}':
        case ',': return at;
        case '\\': at += 2; break;
        case '[': at += rsl_glob_class_length(text + at, nbytes - at, RSL_GLOB_UTF8); break;
        default: at++;
        }
    }
    return nbytes;
}

/* If the glob at `index` has braces, puts one for each alternative of the outermost first pair at
 * the end of the list, in place of it. */
static enum rsl_status expand(struct rsl_overrides *overrides, size_t index,
                              const struct rsl_allocator *allocator)
{
    const char *const text = overrides->list[index].text;
    const size_t nbytes = overrides->list[index].nbytes;
    const struct rsl_ignore_form form = overrides->list[index].form;
    size_t open = next_brace(text, 0, nbytes);
    while (open < nbytes && text[open] == ',')
        open = next_brace(text, open + 1, nbytes);
    if (open == nbytes)
        return RSL_OK;
    if (text[open] == '}')
        return RSL_EINVAL;
    size_t close = open;
    for (size_t depth = 1; depth > 0;) {
        close = next_brace(text, close + 1, nbytes);
        if (close == nbytes)
            return RSL_EINVAL;
        depth += text[close] == '{';
        depth -= text[close] == '}';
    }
    enum rsl_status status = RSL_OK;
    size_t first = open + 1;
    size_t depth = 0;
    for (size_t at = open; at < close && status == RSL_OK;) {
        at = next_brace(text, at + 1, nbytes);
        depth += text[at] == '{';
        if (at == close || (text[at] == ',' && depth == 0)) {
            const struct part parts[3] = {
                {text, open}, {text + first, at - first}, {text + close + 1, nbytes - close - 1}};
            status = overrides->nlist < MAX_EXPANDED ? add(overrides, parts, form, allocator)
                                                     : RSL_EINVAL;
            first = at + 1;
        }
        depth -= text[at] == '}' && depth > 0;
    }
    allocator->release(allocator->state, overrides->list[index].text, nbytes + 1);
    overrides->list[index].text = NULL;
    return status;
}

static enum rsl_status add_glob(struct rsl_overrides *overrides, const char *glob,
                                const struct rsl_allocator *allocator)
{
    const struct rsl_ignore_form form = rsl_ignore_form_of(glob, strlen(glob));
    const size_t nbytes = form.end - form.begin;
    glob += form.begin;
    if (nbytes == 0 || nbytes > MAX_GLOB || !rsl_glob_is_valid(glob, nbytes, RSL_GLOB_UTF8))
        return RSL_EINVAL;
    const size_t first = overrides->nlist;
    const struct part parts[3] = {{glob, nbytes}, {glob, 0}, {glob, 0}};
    enum rsl_status status = add(overrides, parts, form, allocator);
    for (size_t i = first; i < overrides->nlist && status == RSL_OK; i++) {
        status = expand(overrides, i, allocator);
        struct rsl_override *expanded = &overrides->list[i];
        if (status == RSL_OK && expanded->text != NULL)
            expanded->can_match = rsl_ignore_rule_compile(&expanded->rule, expanded->text,
                                                          expanded->nbytes, form, RSL_GLOB_UTF8);
    }
    overrides->has_includes |= !form.negated;
    return status;
}

enum rsl_status rsl_overrides_init(struct rsl_overrides *overrides_out, const char *const *globs,
                                   size_t nglobs, const struct rsl_allocator *allocator)
{
    enum rsl_status status = RSL_OK;
    *overrides_out = (struct rsl_overrides){0};
    for (size_t i = 0; i < nglobs && status == RSL_OK; i++)
        status = add_glob(overrides_out, globs[i], allocator);
    if (status != RSL_OK)
        rsl_overrides_fini(overrides_out, allocator);
    return status;
}

void rsl_overrides_fini(struct rsl_overrides *overrides, const struct rsl_allocator *allocator)
{
    for (size_t i = 0; i < overrides->nlist; i++) {
        if (overrides->list[i].text != NULL)
            allocator->release(allocator->state, overrides->list[i].text,
                               overrides->list[i].nbytes + 1);
    }
    if (overrides->list != NULL)
        allocator->release(allocator->state, overrides->list,
                           overrides->capacity * sizeof *overrides->list);
    *overrides = (struct rsl_overrides){0};
}

enum rsl_ignore_verdict rsl_overrides_match(const struct rsl_overrides *overrides, const char *path,
                                            size_t nbytes, size_t name_off, bool is_dir)
{
    for (size_t i = overrides->nlist; i-- > 0;) {
        const struct rsl_override *override = &overrides->list[i];
        if (override->can_match &&
            rsl_ignore_rule_match(&override->rule, path, nbytes, name_off, is_dir, RSL_GLOB_UTF8))
            return override->rule.negated ? RSL_IGNORE_EXCLUDED : RSL_IGNORE_INCLUDED;
    }
    return overrides->has_includes && !is_dir ? RSL_IGNORE_EXCLUDED : RSL_IGNORE_NONE;
}

size_t rsl_overrides_relative_part(const char *path, size_t nbytes)
{
    char cwd[PATH_MAX];
    size_t off = 0;
    if (path[0] == '/') {
        if (getcwd(cwd, sizeof cwd) == NULL)
            return 0;
        size_t n = strlen(cwd);
        n -= cwd[n - 1] == '/';
        return nbytes > n && memcmp(path, cwd, n) == 0 && path[n] == '/' ? n + 1 : 0;
    }
    /* The slash at the end may be one that is yet to come. */
    while (off + 1 < nbytes && path[off] == '.' && (path[off + 1] == '/' || path[off + 1] == 0)) {
        off += 2;
        while (off < nbytes && path[off] == '/')
            off++;
    }
    return off;
}
