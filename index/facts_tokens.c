/* What stands in cfg_attr, in cfg_if!, cfg_match! and cfg_select!, and in include!, token by token.
 */
#include <string.h>

#include "index/facts_internal.h"
#include "lexer/lexer.h"
#include "parser/text.h"

/* cfg_attr within cfg_attr: each level repeats the predicates around it. */
#define MAX_NESTING 8

/* The tokens of [off, end) but white space and comments. */
struct cursor {
    struct rsl_lexer lexer;
    const uint8_t *src;
    uint32_t base, end;
    struct rsl_span span; /* of the token in hand */
    uint32_t behind;      /* the end of the one before */
    uint8_t kind;         /* 0 at the end */
};

static void next(struct cursor *c)
{
    struct rsl_token token;
    c->behind = c->span.end;
    while (rsl_lexer_next(&c->lexer, &token)) {
        if (token.kind <= RSL_TOKEN_WHITESPACE)
            continue;
        c->span.start = c->base + token.start;
        c->span.end = c->span.start + token.nbytes;
        c->kind = token.kind;
        if (c->span.end <= c->end)
            return;
        break;
    }
    c->kind = 0;
    c->span = (struct rsl_span){c->end, c->end};
}

static void begin(struct cursor *c, const struct rsl_facts_builder *b, uint32_t off, uint32_t end)
{
    *c = (struct cursor){.src = b->src, .base = off, .end = end};
    rsl_lexer_init(&c->lexer, b->src + off, b->nbytes - off, NULL);
    next(c);
}

static bool at_word(const struct cursor *c, const char *word)
{
    const size_t n = strlen(word);
    return c->kind == RSL_TOKEN_IDENT && c->span.end - c->span.start == n &&
           memcmp(c->src + c->span.start, word, n) == 0;
}

/* Crosses the token in hand, with all up to its partner if it opens a group. */
static void cross_tree(struct cursor *c)
{
    size_t depth = 0;
    do {
        switch (c->kind) {
        case '(':
        case '[':
        case '{': depth++; break;
        case ')':
        case ']':
        case '}': depth -= depth > 0; break;
        default: break;
        }
        next(c);
    } while (depth > 0 && c->kind != 0);
}

/* Takes the token if it is of that kind. */
static bool take(struct cursor *c, uint8_t kind)
{
    if (c->kind != kind)
        return false;
    next(c);
    return true;
}

/* Takes a plain or raw string literal without suffix: what is between its quotes. */
static bool take_string(struct cursor *c, struct rsl_span *inside_out, bool *raw_out)
{
    if (c->kind != RSL_TOKEN_STR && c->kind != RSL_TOKEN_RAW_STR)
        return false;
    uint32_t hashes = 0;
    *raw_out = c->kind == RSL_TOKEN_RAW_STR;
    if (*raw_out) {
        while (c->src[c->span.start + 1 + hashes] == '#')
            hashes++;
    }
    const uint32_t open = (*raw_out ? 2 : 1) + hashes, close = 1 + hashes;
    if (c->span.end - c->span.start < open + close || c->src[c->span.end - close] != '"')
        return false;
    *inside_out = (struct rsl_span){c->span.start + open, c->span.end - close};
    next(c);
    return true;
}

/* ---- cfg_attr ---- */

/* `format` with each `%` replaced by the next of the texts. */
static uint32_t compose(struct rsl_facts_builder *b, const char *format, uint32_t first,
                        uint32_t second)
{
    const size_t n = strlen(format) + strlen(b->text + first) + strlen(b->text + second);
    char *to = rsl_facts_room(b, n);
    if (to == NULL)
        return 0;
    const uint32_t text = b->ntext;
    for (; *format != '\0'; format++) {
        if (*format != '%') {
            b->text[b->ntext++] = *format;
            continue;
        }
        const char *from = b->text + first;
        const size_t nbytes = strlen(from);
        memcpy(b->text + b->ntext, from, nbytes);
        b->ntext += (uint32_t)nbytes;
        first = second;
    }
    b->text[b->ntext++] = '\0';
    return text;
}

/* The predicate at the cursor and the comma behind it. */
static uint32_t read_predicate(struct rsl_facts_builder *b, struct cursor *c)
{
    struct rsl_span span = {c->span.start, c->span.start};
    while (c->kind != 0 && c->kind != ',') {
        cross_tree(c);
        span.end = c->behind;
    }
    take(c, ',');
    return rsl_facts_add_text(b, span);
}

/* `path = "..."` behind the word. */
static void read_path(struct rsl_facts_builder *b, struct cursor *c, uint32_t predicate,
                      uint8_t *flags)
{
    struct rsl_span inside;
    bool raw;
    if (take(c, '=') && take_string(c, &inside, &raw))
        rsl_facts_add_path(b, predicate, rsl_facts_add_string(b, inside, raw));
    else
        *flags |= RSL_FACTS_MOD_BAD_PATH;
}

/* The group in hand without its brackets. */
static struct rsl_span group_inside(const struct cursor *c)
{
    struct cursor ahead = *c;
    cross_tree(&ahead);
    return (struct rsl_span){c->span.end, ahead.behind > c->span.end ? ahead.behind - 1 : c->end};
}

void rsl_facts_read_cfg_attr(struct rsl_facts_builder *b, struct rsl_span value, uint8_t *flags)
{
    /* The ends of the cfg_attr that are open, and what holds in each. */
    struct {
        uint32_t predicate, end;
    } levels[MAX_NESTING];
    unsigned n = 0;
    struct cursor c;
    begin(&c, b, value.start, value.end);
    levels[n++].end = value.end;
    levels[0].predicate = read_predicate(b, &c);
    while (c.kind != 0 && b->status == RSL_OK) {
        while (n > 1 && c.span.start >= levels[n - 1].end)
            n--;
        const uint32_t predicate = levels[n - 1].predicate;
        if (at_word(&c, "path")) {
            next(&c);
            read_path(b, &c, predicate, flags);
        } else if (at_word(&c, "cfg")) {
            next(&c);
            if (c.kind == '(') {
                const uint32_t condition = rsl_facts_add_text(b, group_inside(&c));
                if (b->status == RSL_OK)
                    rsl_facts_add_cfg(b, compose(b, "any(not(%), %)", predicate, condition), false);
            }
        } else if (at_word(&c, "cfg_attr")) {
            next(&c);
            if (c.kind == '(' && n < MAX_NESTING) {
                levels[n].end = group_inside(&c).end;
                next(&c);
                const uint32_t inner = read_predicate(b, &c);
                if (b->status == RSL_OK)
                    levels[n++].predicate = compose(b, "all(%, %)", predicate, inner);
                continue;
            }
            *flags |= c.kind == '(' ? RSL_FACTS_MOD_TOO_DEEP : 0;
        }
        while (c.kind != 0 && c.kind != ',' && c.span.start < levels[n - 1].end)
            cross_tree(&c);
        while (take(&c, ',') || take(&c, ')'))
            ;
    }
}

/* ---- inner attributes ---- */

/* The attribute at the cursor, between the brackets. */
static void read_inner(struct rsl_facts_builder *b, struct cursor *c, uint8_t *flags)
{
    if (at_word(c, "path")) {
        next(c);
        read_path(b, c, RSL_NONE, flags);
    } else if (at_word(c, "cfg")) {
        next(c);
        if (c->kind == '(')
            rsl_facts_add_cfg(b, rsl_facts_add_text(b, group_inside(c)), false);
    } else if (at_word(c, "cfg_attr")) {
        next(c);
        if (c->kind == '(')
            rsl_facts_read_cfg_attr(b, group_inside(c), flags);
    }
}

void rsl_facts_read_inner(struct rsl_facts_builder *b, uint32_t off, uint32_t end, uint8_t *flags)
{
    struct cursor c;
    begin(&c, b, off, end);
    while (take(&c, '#') && take(&c, '!') && c.kind == '[' && b->status == RSL_OK) {
        const uint32_t close = group_inside(&c).end;
        next(&c);
        read_inner(b, &c, flags);
        while (c.kind != 0 && c.span.start < close)
            cross_tree(&c);
        take(&c, ']');
    }
}

/* ---- cfg_if!, cfg_match! and cfg_select! ---- */

/* Whether the last segment of the call's path is `name`. */
static bool is_call_of(const struct rsl_facts_builder *b, const struct rsl_item *call,
                       const char *name)
{
    const size_t n = strlen(name);
    const struct rsl_span path = call->path;
    return path.end - path.start >= n && memcmp(b->src + path.end - n, name, n) == 0 &&
           (path.end - path.start == n || b->src[path.end - n - 1] == ':' ||
            b->src[path.end - n - 1] <= ' ');
}

/* `#[cfg(...)]` at the cursor: its predicate. */
static bool take_cfg(struct rsl_facts_builder *b, struct cursor *c, uint32_t *predicate_out)
{
    if (!take(c, '#') || !take(c, '[') || !at_word(c, "cfg"))
        return false;
    next(c);
    if (c->kind != '(')
        return false;
    *predicate_out = rsl_facts_add_text(b, group_inside(c));
    cross_tree(c);
    return take(c, ']');
}

/* A scope that holds under one condition. */
static uint32_t add_cfg_scope(struct rsl_facts_builder *b, uint32_t parent, uint32_t predicate,
                              bool negated)
{
    const uint32_t scope = rsl_facts_add_scope(b, RSL_SCOPE_CFG, parent);
    rsl_facts_add_cfg(b, predicate, negated);
    if (b->status != RSL_OK)
        return 0;
    rsl_facts_set_cfgs(b, scope, b->ncfgs - 1, 1);
    return scope;
}

/* The braces at the cursor as a branch. */
static bool add_branch(struct rsl_facts_builder *b, struct cursor *c, uint32_t call, uint32_t scope)
{
    if (c->kind != '{')
        return false;
    const struct rsl_span inside = group_inside(c);
    struct facts_branch *grown =
        rsl_facts_grow(b, b->branches, b->nbranches, &b->branches_capacity, sizeof *grown);
    if (grown == NULL)
        return false;
    b->branches = grown;
    grown[b->nbranches++] = (struct facts_branch){inside.start - 1, inside.end, scope, call};
    cross_tree(c);
    return true;
}

static void read_cfg_if(struct rsl_facts_builder *b, uint32_t call, uint32_t scope)
{
    const struct rsl_item *item = &b->file->items[call];
    struct cursor c;
    uint32_t otherwise = scope; /* where all conditions so far do not hold */
    uint32_t predicate;
    begin(&c, b, item->body + 1, item->end);
    while (c.kind != 0 && b->status == RSL_OK) {
        if (at_word(&c, "if")) {
            next(&c);
            if (!take_cfg(b, &c, &predicate))
                return;
            if (!add_branch(b, &c, call, add_cfg_scope(b, otherwise, predicate, false)))
                return;
            if (!at_word(&c, "else")) {
                otherwise = scope; /* the next chain */
                continue;
            }
            otherwise = add_cfg_scope(b, otherwise, predicate, true);
            next(&c);
        } else {
            if (!add_branch(b, &c, call, otherwise))
                return;
            otherwise = scope;
        }
    }
}

/* The predicate of an arm at the cursor, without cfg() around it, and the arrow behind it. */
static bool take_arm(struct rsl_facts_builder *b, struct cursor *c, uint32_t *predicate_out)
{
    struct rsl_span span = c->span;
    const bool cfg = at_word(c, "cfg");
    if (cfg)
        next(c);
    if (cfg && c->kind == '(') {
        span = group_inside(c);
        cross_tree(c);
    } else {
        while (c->kind != 0 && !(c->kind == '=' && c->src[c->span.end] == '>')) {
            cross_tree(c);
            span.end = c->behind;
        }
    }
    *predicate_out = rsl_facts_add_text(b, span);
    return take(c, '=') && take(c, '>');
}

static void read_cfg_match(struct rsl_facts_builder *b, uint32_t call, uint32_t scope)
{
    const struct rsl_item *item = &b->file->items[call];
    struct cursor c;
    uint32_t otherwise = scope;
    uint32_t predicate;
    begin(&c, b, item->body + 1, item->end);
    while (c.kind != 0 && c.span.end < item->end && b->status == RSL_OK) {
        const bool last = at_word(&c, "_");
        if (!take_arm(b, &c, &predicate))
            return;
        const uint32_t branch = last ? otherwise : add_cfg_scope(b, otherwise, predicate, false);
        if (!add_branch(b, &c, call, branch))
            return;
        if (!last)
            otherwise = add_cfg_scope(b, otherwise, predicate, true);
        take(&c, ',');
    }
}

void rsl_facts_read_branches(struct rsl_facts_builder *b, uint32_t call, uint32_t scope)
{
    const struct rsl_item *item = &b->file->items[call];
    if (is_call_of(b, item, "cfg_if"))
        read_cfg_if(b, call, scope);
    else if (is_call_of(b, item, "cfg_match") || is_call_of(b, item, "cfg_select"))
        read_cfg_match(b, call, scope);
}

/* ---- include! ---- */

/* What the arguments come to, as far as they are literals: "a", concat!("a", "b"), and
 * concat!(env!("CARGO_MANIFEST_DIR"), "/a"). Appended to the text without its NUL. */
static enum rsl_include_base read_arguments(struct rsl_facts_builder *b, struct cursor *c)
{
    struct rsl_span inside;
    bool raw;
    enum rsl_include_base base = RSL_INCLUDE_BESIDE;
    const bool concat = at_word(c, "concat");
    if (concat) {
        next(c);
        if (!take(c, '!') || (!take(c, '(') && !take(c, '[') && !take(c, '{')))
            return RSL_INCLUDE_UNKNOWN;
    }
    for (bool first = true;; first = false) {
        if (first && at_word(c, "env")) {
            static const char name[] = "CARGO_MANIFEST_DIR";
            next(c);
            if (!take(c, '!') || !take(c, '(') || !take_string(c, &inside, &raw) ||
                inside.end - inside.start != sizeof name - 1 ||
                memcmp(c->src + inside.start, name, sizeof name - 1) != 0 || !take(c, ')'))
                return RSL_INCLUDE_UNKNOWN;
            base = RSL_INCLUDE_MANIFEST;
        } else if (take_string(c, &inside, &raw)) {
            rsl_facts_add_string(b, inside, raw);
            if (b->status != RSL_OK)
                return RSL_INCLUDE_UNKNOWN;
            b->ntext--; /* what follows is appended */
        } else {
            return RSL_INCLUDE_UNKNOWN;
        }
        take(c, ',');
        if (c->kind == ')' || c->kind == ']' || c->kind == '}') {
            if (concat)
                next(c);
            break;
        }
        if (!concat)
            return RSL_INCLUDE_UNKNOWN;
    }
    return base;
}

void rsl_facts_read_include(struct rsl_facts_builder *b, const struct rsl_item *call,
                            struct rsl_facts_include *include)
{
    struct cursor c;
    begin(&c, b, call->body, call->end);
    const struct rsl_span arguments = group_inside(&c);
    next(&c);
    const uint32_t text = b->ntext;
    const enum rsl_include_base base = read_arguments(b, &c);
    take(&c, ',');
    include->base = (uint8_t)base;
    if (base == RSL_INCLUDE_UNKNOWN || c.span.start != arguments.end) {
        include->base = RSL_INCLUDE_UNKNOWN;
        b->ntext = text;
        include->path = rsl_facts_add_text(b, arguments);
        return;
    }
    include->path = text;
    if (rsl_facts_room(b, 0) != NULL)
        b->text[b->ntext++] = '\0';
}

/* ---- other attributes ---- */

size_t rsl_facts_attr_name(const struct rsl_facts_builder *b, const struct rsl_attr *attr,
                           const char **name_out)
{
    struct cursor c;
    begin(&c, b, attr->span.start + 1, attr->span.end);
    *name_out = "";
    if (!take(&c, '['))
        return 0;
    if (at_word(&c, "unsafe")) { /* #[unsafe(name)] */
        next(&c);
        take(&c, '(');
    }
    const uint32_t start = c.span.start;
    while (c.kind == RSL_TOKEN_IDENT || c.kind == RSL_TOKEN_RAW_IDENT || c.kind == ':')
        next(&c);
    *name_out = (const char *)b->src + start;
    return c.behind > start ? c.behind - start : 0;
}
