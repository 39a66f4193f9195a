#include "sched/ignore.h"

#include <string.h>

#include "sched/glob.h"
#include "sched/ignore_rule.h"

struct rsl_ignore_form rsl_ignore_form_of(const char *pattern, size_t nbytes)
{
    struct rsl_ignore_form form = {.end = nbytes};
    form.negated = nbytes > 0 && pattern[0] == '!';
    form.begin = form.negated;
    form.dir_only = form.end > form.begin && pattern[nbytes - 1] == '/';
    form.end -= form.dir_only;
    form.whole_path =
        form.end > form.begin && memchr(pattern + form.begin, '/', form.end - form.begin) != NULL;
    return form;
}

/* Takes the backslashes out of a pattern that has no other special character and no backslash at
 * its end. Returns the new length. */
static size_t unescape(char *pattern, size_t nbytes)
{
    size_t to = 0;
    for (size_t from = 0; from < nbytes; from++) {
        if (pattern[from] == '\\')
            from++;
        pattern[to++] = pattern[from];
    }
    return to;
}

static bool is_escaped_literal(const char *pattern, size_t nbytes)
{
    for (size_t i = 0; i < nbytes; i++) {
        if (pattern[i] == '*' || pattern[i] == '?' || pattern[i] == '[')
            return false;
        i += pattern[i] == '\\';
    }
    return true;
}

bool rsl_ignore_rule_compile(struct rsl_ignore_rule *rule_out, char *pattern, size_t nbytes,
                             struct rsl_ignore_form form, unsigned glob_flags)
{
    if (form.whole_path && pattern[0] == '/') {
        pattern++;
        nbytes--;
    }
    if (nbytes == 0 || !rsl_glob_is_valid(pattern, nbytes, glob_flags))
        return false;
    if (form.whole_path && nbytes > 3 && memcmp(pattern, "**/", 3) == 0 &&
        memchr(pattern + 3, '/', nbytes - 3) == NULL) {
        /* In any folder: the same as a pattern of names. */
        form.whole_path = false;
        pattern += 3;
        nbytes -= 3;
    }
    struct rsl_ignore_rule rule = {
        .literal = pattern,
        .negated = form.negated,
        .dir_only = form.dir_only,
        .whole_path = form.whole_path,
    };
    size_t nliteral = rsl_glob_literal_prefix(pattern, nbytes);
    if (nliteral < nbytes && is_escaped_literal(pattern, nbytes)) {
        nbytes = unescape(pattern, nbytes);
        nliteral = nbytes;
    } else if (!form.whole_path && pattern[0] == '*' &&
               rsl_glob_literal_prefix(pattern + 1, nbytes - 1) == nbytes - 1) {
        rule.at_end = true;
        rule.literal = pattern + 1;
        nliteral = nbytes - 1;
    }
    rule.nliteral = (uint32_t)nliteral;
    rule.glob = rule.literal + nliteral;
    rule.nglob = (uint32_t)(pattern + nbytes - rule.glob);
    const char last = pattern[nbytes - 1];
    rule.last = last == '*' || last == '?' || last == ']' ? 0 : last;
    *rule_out = rule;
    return true;
}

bool rsl_ignore_rule_match(const struct rsl_ignore_rule *rule, const char *path, size_t nbytes,
                           size_t name_off, bool is_dir, unsigned glob_flags)
{
    if (rule->dir_only && !is_dir)
        return false;
    const char *text = path;
    if (!rule->whole_path) {
        text += name_off;
        nbytes -= name_off;
    }
    if (nbytes == 0 || nbytes < rule->nliteral ||
        (rule->last != 0 && text[nbytes - 1] != rule->last))
        return false;
    const size_t nrest = nbytes - rule->nliteral;
    if (rule->at_end)
        return memcmp(text + nrest, rule->literal, rule->nliteral) == 0;
    if (memcmp(text, rule->literal, rule->nliteral) != 0)
        return false;
    if (rule->nglob == 0)
        return nrest == 0;
    return rsl_glob_match(rule->glob, rule->nglob, text + rule->nliteral, nrest,
                          glob_flags | (rule->whole_path ? RSL_GLOB_PATH : 0U));
}

/* The length of the line without the blanks at its end; a blank behind a backslash stays. */
static size_t trim(const char *line, size_t nbytes)
{
    size_t end = 0;
    for (size_t i = 0; i < nbytes; i++) {
        if (line[i] == '\\' && i + 1 < nbytes)
            i++;
        else if (line[i] == ' ')
            continue;
        end = i + 1;
    }
    return end;
}

/* There is room for as many rules as there are lines that are neither empty nor comments. */
static void add_line(struct rsl_ignore_rules *rules, char *line, size_t nbytes)
{
    if (nbytes == 0 || line[0] == '#')
        return;
    nbytes -= line[nbytes - 1] == '\r';
    nbytes = trim(line, strnlen(line, nbytes));
    const struct rsl_ignore_form form = rsl_ignore_form_of(line, nbytes);
    rules->nrules += rsl_ignore_rule_compile(&rules->rules[rules->nrules], line + form.begin,
                                             form.end - form.begin, form, 0);
}

enum rsl_status rsl_ignore_rules_init(struct rsl_ignore_rules *rules_out, const char *text,
                                      size_t nbytes, const struct rsl_allocator *allocator)
{
    *rules_out = (struct rsl_ignore_rules){0};
    if (nbytes > RSL_IGNORE_MAX_TEXT)
        return RSL_ETOOBIG;
    if (nbytes >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        nbytes -= 3;
    }
    size_t nlines = 0;
    for (size_t i = 0; i < nbytes; i++)
        nlines += (i == 0 || text[i - 1] == '\n') && text[i] != '\n' && text[i] != '#';
    if (nlines == 0)
        return RSL_OK;
    struct rsl_ignore_rules rules = {
        .rules = allocator->allocate(allocator->state, nlines * sizeof *rules.rules),
        .text = allocator->allocate(allocator->state, nbytes),
        .nbytes = nbytes,
        .capacity = nlines,
    };
    if (rules.rules == NULL || rules.text == NULL) {
        rsl_ignore_rules_fini(&rules, allocator);
        return RSL_ENOMEM;
    }
    memcpy(rules.text, text, nbytes);
    char *const end = rules.text + nbytes;
    for (char *line = rules.text; line < end;) {
        char *newline = memchr(line, '\n', (size_t)(end - line));
        char *const stop = newline != NULL ? newline : end;
        add_line(&rules, line, (size_t)(stop - line));
        line = stop + 1;
    }
    if (rules.nrules == 0)
        rsl_ignore_rules_fini(&rules, allocator);
    *rules_out = rules;
    return RSL_OK;
}

void rsl_ignore_rules_fini(struct rsl_ignore_rules *rules, const struct rsl_allocator *allocator)
{
    if (rules->rules != NULL)
        allocator->release(allocator->state, rules->rules, rules->capacity * sizeof *rules->rules);
    if (rules->text != NULL)
        allocator->release(allocator->state, rules->text, rules->nbytes);
    *rules = (struct rsl_ignore_rules){0};
}

enum rsl_ignore_verdict rsl_ignore_rules_match(const struct rsl_ignore_rules *rules,
                                               const char *path, size_t nbytes, size_t name_off,
                                               bool is_dir)
{
    for (size_t i = rules->nrules; i-- > 0;) {
        const struct rsl_ignore_rule *rule = &rules->rules[i];
        if (rsl_ignore_rule_match(rule, path, nbytes, name_off, is_dir, 0))
            return rule->negated ? RSL_IGNORE_INCLUDED : RSL_IGNORE_EXCLUDED;
    }
    return RSL_IGNORE_NONE;
}
