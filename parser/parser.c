#include "parser/parser.h"

#include "lexer/count.h"
#include "lexer/lexer.h"
#include "parser/internal.h"

#include <stdlib.h>
#include <string.h>

const char *rsl_item_kind_name(enum rsl_item_kind kind)
{
    static const char *const names[] = {
#define X(suffix, name) [RSL_ITEM_##suffix] = (name),
#include "parser/item_kinds.def"
#undef X
    };
    return (unsigned)kind < RSL_ITEM_KIND_COUNT ? names[kind] : "";
}

const char *rsl_item_flag_name(enum rsl_item_flag_bit bit)
{
    static const char *const names[] = {
#define X(suffix, name) [RSL_FLAG_BIT_##suffix] = (name),
#include "parser/item_flags.def"
#undef X
    };
    return (unsigned)bit < RSL_FLAG_COUNT ? names[bit] : "";
}

const char *rsl_context_name(enum rsl_context context)
{
    switch (context) {
    case RSL_CTX_NONE: break;
    case RSL_CTX_FILE: return "file";
    case RSL_CTX_MOD: return "mod";
    case RSL_CTX_IMPL: return "impl";
    case RSL_CTX_TRAIT: return "trait";
    case RSL_CTX_FOREIGN: return "foreign";
    case RSL_CTX_BODY: return "body";
    case RSL_CTX_MACRO: return "macro";
    }
    return "";
}

bool rsl_item_has_members(const struct rsl_item *item)
{
    switch (item->kind) {
    case RSL_ITEM_STRUCT:
    case RSL_ITEM_ENUM:
    case RSL_ITEM_UNION:
    case RSL_ITEM_TRAIT:
    case RSL_ITEM_IMPL:
    case RSL_ITEM_USE:
    case RSL_ITEM_FOREIGN_MOD:
    case RSL_ITEM_VARIANT: return true;
    case RSL_ITEM_MOD: return item->flags & RSL_FLAG_INLINE;
    default: return false;
    }
}

void rsl_file_init(struct rsl_file *file, const struct rsl_allocator *allocator)
{
    *file = (struct rsl_file){.allocator = allocator ? *allocator : rsl_allocator_default};
}

void rsl_file_fini(struct rsl_file *file)
{
    const struct rsl_allocator *allocator = &file->allocator;
    void *state = allocator->state;
    allocator->release(state, file->items, file->items_capacity * sizeof *file->items);
    allocator->release(state, file->attrs, file->attrs_capacity * sizeof *file->attrs);
    allocator->release(state, file->use_prefixes,
                       file->use_prefixes_capacity * sizeof *file->use_prefixes);
    allocator->release(state, file->errors, file->errors_capacity * sizeof *file->errors);
    struct rsl_scratch *scratch = file->scratch;
    if (scratch != NULL) {
        allocator->release(state, scratch->frames,
                           scratch->frames_capacity * sizeof *scratch->frames);
        allocator->release(state, scratch->nest, scratch->nest_capacity);
        allocator->release(state, scratch->item_lines,
                           scratch->item_lines_capacity * sizeof *scratch->item_lines);
        allocator->release(state, scratch->open, scratch->open_capacity * sizeof *scratch->open);
        allocator->release(state, scratch->lines, scratch->lines_capacity * sizeof *scratch->lines);
        allocator->release(state, scratch, sizeof *scratch);
    }
    const struct rsl_allocator kept = file->allocator;
    *file = (struct rsl_file){.allocator = kept};
}

static void reset(struct rsl_file *file)
{
    file->nitems = file->nattrs = file->nuse_prefixes = file->nerrors = 0;
    file->scratch->nframes = file->scratch->nnest = 0;
}

/* Line and column of the byte at `off`. */
static void locate(const struct parser *ps, uint32_t off, uint32_t *line_out, uint32_t *column_out)
{
    const struct rsl_line_block *block = &ps->scratch->lines[off / 64];
    const uint64_t before = block->newlines & ((UINT64_C(1) << off % 64) - 1);
    const uint32_t last = off / 64 * 64 + 64 - (uint32_t)__builtin_clzll(before | 1);
    const uint32_t line_start = rsl_choose(before != 0, last, block->line_start);
    *line_out = block->line + rsl_count_bits(before);
    *column_out = off - line_start + 1;
}

/* Gives each use prefix and each item its line and column. */
static void number_lines(struct parser *ps)
{
    struct rsl_file *file = ps->file;
    for (uint32_t i = 0; i < file->nuse_prefixes; i++) {
        struct rsl_use_prefix *prefix = &file->use_prefixes[i];
        if (prefix->segments.end > prefix->segments.start) {
            locate(ps, prefix->last.start, &prefix->line, &prefix->column);
        } else if (prefix->parent != RSL_NONE) {
            prefix->line = file->use_prefixes[prefix->parent].line;
            prefix->column = file->use_prefixes[prefix->parent].column;
        }
    }
    for (uint32_t i = 0; i < file->nitems; i++) {
        struct rsl_item *item = &file->items[i];
        const uint32_t place = rsl_choose(item->name.end != 0, item->name.start, item->head);
        if (place < item->head) { /* a leaf `self`, named by what stands before it */
            item->line = file->use_prefixes[item->use_prefix].line;
            item->column = file->use_prefixes[item->use_prefix].column;
        } else {
            locate(ps, place, &item->line, &item->column);
        }
    }
}

/* Makes room for the map of the file's lines. */
static bool reserve_lines(struct parser *ps, size_t nbytes)
{
    struct rsl_scratch *scratch = ps->scratch;
    const struct rsl_allocator *allocator = &ps->file->allocator;
    const size_t element = sizeof *scratch->lines;
    size_t capacity = rsl_line_map_nblocks(nbytes);
    if (capacity <= scratch->lines_capacity)
        return true;
    if (capacity < scratch->lines_capacity * 2)
        capacity = scratch->lines_capacity * 2;
    void *grown = allocator->resize(allocator->state, scratch->lines,
                                    scratch->lines_capacity * element, capacity * element);
    if (grown == NULL)
        return false;
    scratch->lines = grown;
    scratch->lines_capacity = capacity;
    return true;
}

static int compare_errors(const void *a, const void *b)
{
    const struct rsl_source_error *left = a, *right = b;
    if (left->off != right->off)
        return left->off < right->off ? -1 : 1;
    if (left->code != right->code)
        return left->code < right->code ? -1 : 1;
    return left->nbytes > right->nbytes ? -1 : left->nbytes < right->nbytes;
}

/* Sorts the errors and keeps one of each place. */
static void tidy_errors(struct rsl_file *file)
{
    if (file->nerrors < 2)
        return;
    qsort(file->errors, file->nerrors, sizeof *file->errors, compare_errors);
    uint32_t n = 1;
    for (uint32_t i = 1; i < file->nerrors; i++) {
        if (file->errors[i].off != file->errors[n - 1].off)
            file->errors[n++] = file->errors[i];
    }
    file->nerrors = n;
}

static void parse_file(struct parser *ps)
{
    ps->p = ps->last = ps->src + ps->file->prefix_nbytes;
    ps->suspect = ps->unbalanced = ps->failed = false;
    ps->nruns = ps->nunclosed = 0;
    ps->bound = ps->end;
    if (rsl_push_frame(ps, FRAME_FILE, RSL_NONE, ps->p, ps->p) != NULL)
        rsl_run_frames(ps);
}

enum rsl_status rsl_parse(struct rsl_file *file, const uint8_t *src, size_t nbytes,
                          const struct rsl_parse_options *options)
{
    const struct rsl_allocator *allocator = &file->allocator;
    struct parser ps = {
        .file = file,
        .src = src,
        .end = src, /* until nbytes is known to be a size */
        .cross = rsl_cross_ops_for(options ? options->isa : RSL_ISA_AUTO),
    };
    file->nitems = file->nattrs = file->nuse_prefixes = file->nerrors = 0;
    file->prefix_nbytes = 0;
    if (file->scratch == NULL) {
        file->scratch = allocator->allocate(allocator->state, sizeof *file->scratch);
        if (file->scratch == NULL)
            return RSL_ENOMEM;
        *file->scratch = (struct rsl_scratch){0};
    }
    ps.scratch = file->scratch;
    reset(file);

    struct rsl_lexer lexer;
    ps.status = rsl_lexer_init(&lexer, src, nbytes, &(struct rsl_lex_options){.frontmatter = true});
    if (ps.status != RSL_OK)
        return ps.status;
    ps.end = src + nbytes;
    file->prefix_nbytes = lexer.prefix.nbytes;

    parse_file(&ps);
    if (ps.unbalanced && ps.status == RSL_OK) {
        reset(file);
        ps.recovering = true;
        rsl_find_item_lines(&ps);
        if (ps.status == RSL_OK)
            parse_file(&ps);
        ps.suspect = true;
    }
    if (ps.status != RSL_OK || !reserve_lines(&ps, nbytes)) {
        reset(file);
        return RSL_ENOMEM;
    }
    /* Last of all: what has been looked at before is near. */
    const bool any_high = ps.cross->map_lines(ps.scratch->lines, src, nbytes);
    const size_t valid = any_high ? rsl_utf8_validate(src, nbytes) : nbytes;
    if (valid < nbytes)
        rsl_add_error(&ps, src + valid, 1, RSL_SOURCE_ERROR_NOT_UTF8);
    if (ps.suspect && ps.status == RSL_OK)
        rsl_check_delimiters(&ps);
    if (ps.status != RSL_OK) {
        reset(file);
        return ps.status;
    }
    tidy_errors(file);
    number_lines(&ps);
    return RSL_OK;
}

void rsl_locator_init(struct rsl_locator *locator, const uint8_t *src)
{
    *locator = (struct rsl_locator){.src = src, .at = src, .line = 1, .column = 1};
}

void rsl_locator_find(struct rsl_locator *locator, uint32_t off, uint32_t *line_out,
                      uint32_t *column_out)
{
    const uint8_t *place = locator->src + off;
    if (place < locator->at)
        rsl_locator_init(locator, locator->src);
    const uint8_t *p = locator->at;
    const size_t n = rsl_count_newlines(p, place);
    if (n > 0) {
        p = rsl_line_start(locator->src, place);
        locator->line += (uint32_t)n;
        locator->column = 1;
    }
    for (; p < place; p++)
        locator->column += (*p & 0xC0) != 0x80;
    locator->at = place;
    *line_out = locator->line;
    *column_out = locator->column;
}
