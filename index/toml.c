/* The structure of a document: tables, headers, dotted keys, arrays. Scalars are in toml_scalar.c.
 *
 * What may be added to a table depends on how it came to be:
 *   IMPLICIT  as a part of a header's path: a header of its own may follow once, dotted keys may
 * add to it (which makes it DOTTED), further headers may pass through it; HEADER    by its
 * [header]: no second one; headers may pass through it; DOTTED    by a dotted key: only keys of the
 * same section (header or inline table) add to it, no header names it; headers may pass through it;
 *   ELEMENT   by [[header]], of which the last one is what a header's path means;
 *   INLINE    in braces: closed for good, as is an array in brackets. */
#include "index/toml.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "index/toml_internal.h"
#include "lexer/utf8.h"

/* A usual Cargo.toml fits in one block of the arena. */
#define FIRST_BLOCK 16384

/* A larger table of keys is not kept for the next document, which would have to clear it. */
#define KEPT_KEYS 4096

enum origin { IMPLICIT, HEADER, DOTTED, ELEMENT, INLINE };

static const char *const messages[RSL_TOML_ERROR_COUNT] = {
    "no error",
#define X(suffix, message) message,
#include "index/toml_errors.def"
#undef X
};

const char *rsl_toml_error_message(uint8_t code)
{
    return code < RSL_TOML_ERROR_COUNT ? messages[code] : "unknown error";
}

bool rsl_toml_fail(struct toml_reader *r, const uint8_t *at, enum rsl_toml_error_code code)
{
    r->toml->error.code = (uint8_t)code;
    r->toml->error.off = (uint32_t)(at - r->src);
    return false;
}

/* ---- the table of keys ---- */

static uint32_t hash_of(const struct rsl_toml_value *table, const char *key, size_t nbytes)
{
    return (uint32_t)XXH3_64bits_withSeed(key, nbytes, table->as.members.id);
}

/* Where the key is, or the free place where it belongs. */
static struct rsl_toml_value **place_of(const struct rsl_toml *toml,
                                        const struct rsl_toml_value *table, const char *key,
                                        size_t nbytes, uint32_t hash)
{
    const uint32_t mask = toml->keys_capacity - 1;
    for (uint32_t i = hash & mask;; i = (i + 1) & mask) {
        struct rsl_toml_value *value = toml->keys[i];
        if (value == NULL ||
            (value->hash == hash && value->parent == table && value->key.nbytes == nbytes &&
             memcmp(value->key.bytes, key, nbytes) == 0))
            return &toml->keys[i];
    }
}

static void release_keys(struct rsl_toml *toml)
{
    toml->allocator->release(toml->allocator->state, toml->keys,
                             (size_t)toml->keys_capacity * sizeof(void *));
    toml->keys = NULL;
    toml->keys_capacity = 0;
}

static bool grow_keys(struct toml_reader *r)
{
    struct rsl_toml *toml = r->toml;
    const uint32_t old_capacity = toml->keys_capacity;
    const uint32_t capacity = old_capacity == 0 ? 64 : old_capacity * 2;
    struct rsl_toml_value **old = toml->keys;
    const struct rsl_allocator *allocator = toml->allocator;
    struct rsl_toml_value **keys =
        allocator->allocate(allocator->state, (size_t)capacity * sizeof(void *));
    if (keys == NULL) {
        r->status = RSL_ENOMEM;
        return false;
    }
    memset(keys, 0, (size_t)capacity * sizeof(void *));
    toml->keys = keys;
    toml->keys_capacity = capacity;
    for (uint32_t i = 0; i < old_capacity; i++) {
        uint32_t to;
        if (old[i] == NULL)
            continue;
        for (to = old[i]->hash & (capacity - 1); keys[to] != NULL; to = (to + 1) & (capacity - 1))
            ;
        keys[to] = old[i];
    }
    allocator->release(allocator->state, old, (size_t)old_capacity * sizeof(void *));
    return true;
}

/* ---- the tree ---- */

void *rsl_toml_allocate(struct toml_reader *r, size_t nbytes, size_t alignment)
{
    void *memory = rsl_arena_alloc(&r->toml->arena, nbytes, alignment);
    if (memory == NULL)
        r->status = RSL_ENOMEM;
    return memory;
}

/* A new value behind the last member of `parent`, which may be NULL. */
static struct rsl_toml_value *add_value(struct toml_reader *r, struct rsl_toml_value *parent,
                                        const uint8_t *at)
{
    struct rsl_toml_value *value =
        rsl_toml_allocate(r, sizeof *value, _Alignof(struct rsl_toml_value));
    if (value == NULL)
        return NULL;
    *value = (struct rsl_toml_value){.kind = RSL_TOML_BOOLEAN,
                                     .off = (uint32_t)(at - r->src),
                                     .key_off = (uint32_t)(at - r->src),
                                     .key = {.bytes = "", .nbytes = 0},
                                     .parent = parent};
    if (parent == NULL)
        return value;
    if (parent->as.members.last == NULL)
        parent->as.members.first = value;
    else
        parent->as.members.last->next = value;
    parent->as.members.last = value;
    parent->nmembers++;
    return value;
}

static void make_container(struct toml_reader *r, struct rsl_toml_value *value,
                           enum rsl_toml_kind kind, enum origin origin)
{
    value->kind = (uint8_t)kind;
    value->origin = (uint8_t)origin;
    value->section = r->section;
    value->as.members.first = value->as.members.last = NULL;
    value->as.members.id = r->toml->ntables++;
}

/* One part of a key: where it stands, and what it is. */
struct key_part {
    const uint8_t *at;
    struct rsl_toml_text text;
};

/* The member of `table` with that key; if there is none, a new one, and *new_out is true. NULL if
 * there is no memory. */
static struct rsl_toml_value *member(struct toml_reader *r, struct rsl_toml_value *table,
                                     const struct key_part *key, bool *new_out)
{
    struct rsl_toml *toml = r->toml;
    if (toml->nkeys >= toml->keys_capacity / 2 && !grow_keys(r))
        return NULL;
    const uint32_t hash = hash_of(table, key->text.bytes, key->text.nbytes);
    struct rsl_toml_value **place = place_of(toml, table, key->text.bytes, key->text.nbytes, hash);
    *new_out = *place == NULL;
    if (*place != NULL)
        return *place;
    struct rsl_toml_value *value = add_value(r, table, key->at);
    if (value == NULL)
        return NULL;
    value->key = key->text;
    value->hash = hash;
    *place = value;
    toml->nkeys++;
    return value;
}

/* ---- keys ---- */

static bool is_bare(uint8_t c)
{
    return (uint8_t)((c | 0x20) - 'a') < 26 || (uint8_t)(c - '0') < 10 || c == '_' || c == '-';
}

/* One part of a key, and the blanks behind it. */
static bool read_key_part(struct toml_reader *r, struct key_part *part)
{
    part->at = r->p;
    if (*r->p == '"' || *r->p == '\'') {
        if (!rsl_toml_read_string(r, false, &part->text))
            return false;
    } else {
        while (is_bare(*r->p))
            r->p++;
        if (r->p == part->at)
            return rsl_toml_fail(r, r->p, RSL_TOML_ERROR_EXPECTED_KEY);
        if (!rsl_toml_copy(r, part->at, r->p, &part->text))
            return false;
    }
    toml_skip_blanks(r);
    return true;
}

/* Behind a part of a key: whether a dot and another part follow, of which p is then at the first
 * character. */
static bool cross_dot(struct toml_reader *r)
{
    if (*r->p != '.')
        return false;
    r->p++;
    toml_skip_blanks(r);
    return true;
}

/* `a.b.c =` for a value in `table`. The place of the value, or NULL. */
static struct rsl_toml_value *read_dotted_key(struct toml_reader *r, struct rsl_toml_value *table)
{
    struct key_part part;
    if (!read_key_part(r, &part))
        return NULL;
    bool is_new;
    struct rsl_toml_value *value;
    while (cross_dot(r)) {
        value = member(r, table, &part, &is_new);
        if (value == NULL)
            return NULL;
        if (is_new) {
            make_container(r, value, RSL_TOML_TABLE, DOTTED);
        } else if (value->kind != RSL_TOML_TABLE) {
            rsl_toml_fail(r, part.at, RSL_TOML_ERROR_NOT_A_TABLE);
            return NULL;
        } else if (value->origin == IMPLICIT) {
            value->origin = DOTTED;
            value->section = r->section;
        } else if (value->origin != DOTTED || value->section != r->section) {
            rsl_toml_fail(r, part.at,
                          value->origin == INLINE ? RSL_TOML_ERROR_CLOSED_TABLE
                                                  : RSL_TOML_ERROR_TABLE_DEFINED_TWICE);
            return NULL;
        }
        table = value;
        if (!read_key_part(r, &part))
            return NULL;
    }
    value = member(r, table, &part, &is_new);
    if (value != NULL && !is_new) {
        rsl_toml_fail(r, part.at, RSL_TOML_ERROR_DUPLICATE_KEY);
        return NULL;
    }
    if (value == NULL)
        return NULL;
    if (*r->p != '=') {
        rsl_toml_fail(r, r->p, RSL_TOML_ERROR_EXPECTED_EQUALS);
        return NULL;
    }
    r->p++;
    toml_skip_blanks(r);
    value->off = (uint32_t)(r->p - r->src);
    return value;
}

/* ---- values ---- */

/* Crosses blanks and a comment up to the end of the line or of the document. */
static bool cross_rest_of_line(struct toml_reader *r)
{
    toml_skip_blanks(r);
    if (*r->p != '#')
        return true;
    while ((*r->p >= 0x20 && *r->p != 0x7F) || *r->p == '\t')
        r->p++;
    if (r->p < r->end && toml_newline(r->p) == 0)
        return rsl_toml_fail(r, r->p, RSL_TOML_ERROR_CONTROL_CHARACTER);
    return true;
}

/* Crosses blanks, comments and line ends. */
static bool cross_lines(struct toml_reader *r)
{
    do {
        r->p += toml_newline(r->p);
        if (!cross_rest_of_line(r))
            return false;
    } while (toml_newline(r->p) > 0);
    return true;
}

/* Crosses what may stand between the members of an array or an inline table. */
static bool cross_space(struct toml_reader *r, bool in_one_line)
{
    if (!in_one_line)
        return cross_lines(r);
    toml_skip_blanks(r);
    return true;
}

/* The arrays and inline tables that are open, innermost last, each with the section outside it. */
struct open_containers {
    struct rsl_toml_value *list[RSL_TOML_MAX_NESTING];
    uint32_t sections[RSL_TOML_MAX_NESTING];
    unsigned n;
};

/* Opens the array or inline table at p. */
static bool open_container(struct toml_reader *r, struct open_containers *open,
                           struct rsl_toml_value *value)
{
    if (open->n == RSL_TOML_MAX_NESTING)
        return rsl_toml_fail(r, r->p, RSL_TOML_ERROR_TOO_DEEP);
    open->list[open->n] = value;
    open->sections[open->n++] = r->section;
    r->section = r->nsections++;
    make_container(r, value, *r->p++ == '[' ? RSL_TOML_ARRAY : RSL_TOML_TABLE, INLINE);
    return true;
}

/* Stands in the innermost container, behind its opening or behind a member: finds the next member,
 * if need be behind a comma, or closes the container. *value_out is the member, or NULL. */
static bool next_member(struct toml_reader *r, struct open_containers *open,
                        struct rsl_toml_value **value_out)
{
    struct rsl_toml_value *container = open->list[open->n - 1];
    const bool is_array = container->kind == RSL_TOML_ARRAY;
    /* An inline table of TOML 1.0 is one line, and its last comma stands between two members. */
    const bool strict = !is_array && !r->version_1_1;
    const uint8_t close = is_array ? ']' : '}';
    const bool first = container->nmembers == 0;
    *value_out = NULL;
    if (!cross_space(r, strict))
        return false;
    bool comma = first;
    if (!first && *r->p == ',') {
        r->p++;
        comma = true;
        if (!cross_space(r, strict))
            return false;
    }
    if (*r->p == close && (first || !comma || !strict)) {
        r->p++;
        r->section = open->sections[--open->n];
        return true;
    }
    if (!comma)
        return rsl_toml_fail(r, r->p,
                             is_array ? RSL_TOML_ERROR_EXPECTED_COMMA_OR_BRACKET
                                      : RSL_TOML_ERROR_EXPECTED_COMMA_OR_BRACE);
    *value_out = is_array ? add_value(r, container, r->p) : read_dotted_key(r, container);
    return *value_out != NULL;
}

/* The value at p, with all that it holds. */
static bool read_value(struct toml_reader *r, struct rsl_toml_value *value)
{
    struct open_containers open = {.n = 0};
    for (;;) {
        if (*r->p == '[' || *r->p == '{') {
            if (!open_container(r, &open, value))
                return false;
        } else if (!rsl_toml_read_scalar(r, value)) {
            return false;
        }
        do {
            if (open.n == 0)
                return true;
            if (!next_member(r, &open, &value))
                return false;
        } while (value == NULL);
    }
}

/* ---- headers ---- */

/* What a header's path leads through at `value`: the table, or the last element of an array of
 * tables. */
static struct rsl_toml_value *pass_through(struct toml_reader *r, struct rsl_toml_value *value,
                                           const uint8_t *at)
{
    if (value->kind == RSL_TOML_ARRAY && value->origin == ELEMENT)
        return value->as.members.last;
    if (value->kind == RSL_TOML_TABLE && value->origin != INLINE)
        return value;
    rsl_toml_fail(r, at,
                  value->kind == RSL_TOML_ARRAY || value->kind == RSL_TOML_TABLE
                      ? RSL_TOML_ERROR_CLOSED_TABLE
                      : RSL_TOML_ERROR_NOT_A_TABLE);
    return NULL;
}

/* What [path] defines, `value` being what is there. */
static struct rsl_toml_value *define_table(struct toml_reader *r, struct rsl_toml_value *value,
                                           bool is_new, const uint8_t *at)
{
    if (is_new) {
        make_container(r, value, RSL_TOML_TABLE, HEADER);
        return value;
    }
    if (value->kind == RSL_TOML_TABLE && value->origin == IMPLICIT) {
        value->origin = HEADER;
        return value;
    }
    rsl_toml_fail(r, at,
                  value->kind == RSL_TOML_TABLE && value->origin != INLINE
                      ? RSL_TOML_ERROR_TABLE_DEFINED_TWICE
                      : RSL_TOML_ERROR_DUPLICATE_KEY);
    return NULL;
}

/* What [[path]] defines. */
static struct rsl_toml_value *define_element(struct toml_reader *r, struct rsl_toml_value *value,
                                             bool is_new, const uint8_t *at)
{
    if (is_new) {
        make_container(r, value, RSL_TOML_ARRAY, ELEMENT);
    } else if (value->kind != RSL_TOML_ARRAY || value->origin != ELEMENT) {
        rsl_toml_fail(r, at, RSL_TOML_ERROR_NOT_AN_ARRAY);
        return NULL;
    }
    struct rsl_toml_value *element = add_value(r, value, at);
    if (element != NULL)
        make_container(r, element, RSL_TOML_TABLE, ELEMENT);
    return element;
}

/* `[a.b]` or `[[a.b]]` at p. The table that it begins, or NULL. */
static struct rsl_toml_value *read_header(struct toml_reader *r)
{
    const uint8_t *open = r->p;
    const bool is_element = open[1] == '[';
    r->p += is_element ? 2 : 1;
    r->section = r->nsections++;
    toml_skip_blanks(r);
    struct rsl_toml_value *table = r->toml->root;
    struct key_part part;
    bool is_new;
    if (!read_key_part(r, &part))
        return NULL;
    while (cross_dot(r)) {
        struct rsl_toml_value *value = member(r, table, &part, &is_new);
        if (value == NULL)
            return NULL;
        if (is_new)
            make_container(r, value, RSL_TOML_TABLE, IMPLICIT);
        table = pass_through(r, value, part.at);
        if (table == NULL || !read_key_part(r, &part))
            return NULL;
    }
    struct rsl_toml_value *value = member(r, table, &part, &is_new);
    if (value == NULL)
        return NULL;
    table =
        is_element ? define_element(r, value, is_new, open) : define_table(r, value, is_new, open);
    if (table == NULL)
        return NULL;
    table->off = (uint32_t)(open - r->src);
    if (*r->p != ']' || (is_element && r->p[1] != ']')) {
        rsl_toml_fail(r, r->p, RSL_TOML_ERROR_EXPECTED_BRACKET);
        return NULL;
    }
    r->p += is_element ? 2 : 1;
    return table;
}

/* ---- the document ---- */

static void read_document(struct toml_reader *r)
{
    struct rsl_toml_value *table = r->toml->root;
    for (;;) {
        if (!cross_lines(r) || r->p == r->end)
            return;
        if (*r->p == '[') {
            table = read_header(r);
            if (table == NULL)
                return;
        } else {
            struct rsl_toml_value *value = read_dotted_key(r, table);
            if (value == NULL || !read_value(r, value))
                return;
        }
        if (!cross_rest_of_line(r))
            return;
        if (r->p < r->end && toml_newline(r->p) == 0) {
            rsl_toml_fail(r, r->p, RSL_TOML_ERROR_EXPECTED_NEWLINE);
            return;
        }
    }
}

/* Line and column of the error. A sequence that is no UTF-8 counts as the code point that its first
 * byte begins. */
static void place_error(struct rsl_toml_error *error, const uint8_t *src)
{
    error->line = error->column = 1;
    for (uint32_t i = 0; i < error->off; i++) {
        if (src[i] == '\n') {
            error->line++;
            error->column = 1;
        } else if ((src[i] & 0xC0) != 0x80) {
            error->column++;
        }
    }
}

void rsl_toml_init(struct rsl_toml *toml, const struct rsl_allocator *allocator)
{
    *toml = (struct rsl_toml){.allocator = allocator ? allocator : &rsl_allocator_default};
    rsl_arena_init(&toml->arena, toml->allocator, FIRST_BLOCK);
}

void rsl_toml_fini(struct rsl_toml *toml)
{
    rsl_arena_fini(&toml->arena);
    release_keys(toml);
    rsl_toml_init(toml, toml->allocator);
}

static void reset(struct rsl_toml *toml)
{
    rsl_arena_reset(&toml->arena);
    toml->root = NULL;
    toml->error = (struct rsl_toml_error){.code = RSL_TOML_ERROR_NONE};
    if (toml->keys_capacity > KEPT_KEYS) {
        release_keys(toml);
    } else if (toml->nkeys > 0) {
        memset(toml->keys, 0, (size_t)toml->keys_capacity * sizeof(void *));
    }
    toml->nkeys = toml->ntables = 0;
}

enum rsl_status rsl_toml_read(struct rsl_toml *toml, const uint8_t *src, size_t nbytes,
                              enum rsl_toml_version version)
{
    reset(toml);
    if (nbytes > RSL_MAX_SOURCE)
        return RSL_ETOOBIG;
    struct toml_reader r = {.toml = toml, .src = src, .p = src, .end = src + nbytes};
    r.nsections = 1;
    r.version_1_1 = version == RSL_TOML_1_1;
    toml->root = add_value(&r, NULL, src);
    if (toml->root == NULL)
        return RSL_ENOMEM;
    make_container(&r, toml->root, RSL_TOML_TABLE, HEADER);
    const size_t bad = rsl_utf8_validate(src, nbytes);
    if (bad < nbytes) {
        rsl_toml_fail(&r, src + bad, RSL_TOML_ERROR_NOT_UTF8);
    } else {
        if (nbytes >= 3 && memcmp(src, "\xEF\xBB\xBF", 3) == 0)
            r.p += 3;
        read_document(&r);
    }
    if (r.status != RSL_OK) {
        reset(toml);
        return r.status;
    }
    if (toml->error.code != RSL_TOML_ERROR_NONE)
        place_error(&toml->error, src);
    return RSL_OK;
}

/* ---- finding ---- */

const struct rsl_toml_value *rsl_toml_find(const struct rsl_toml *toml,
                                           const struct rsl_toml_value *table, const char *key)
{
    if (table == NULL || table->kind != RSL_TOML_TABLE || toml->nkeys == 0)
        return NULL;
    const size_t nbytes = strlen(key);
    return *place_of(toml, table, key, nbytes, hash_of(table, key, nbytes));
}

const struct rsl_toml_value *rsl_toml_find_kind(const struct rsl_toml *toml,
                                                const struct rsl_toml_value *table, const char *key,
                                                enum rsl_toml_kind kind)
{
    const struct rsl_toml_value *value = rsl_toml_find(toml, table, key);
    return value != NULL && value->kind == kind ? value : NULL;
}
