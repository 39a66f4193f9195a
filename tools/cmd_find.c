/* rustle find: items by name. */
#include "tools/commands.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "index/query.h"
#include "tools/color.h"
#include "tools/jsonl.h"
#include "tools/report.h"
#include "tools/tree_store.h"

struct options {
    struct rsl_query query;
    const char *db_path, *in;
    char *crate; /* a copy of the name before the @, or NULL */
    bool json, color;
};

enum { DEFAULT_LIMIT = 100 };

static void print_help(void)
{
    fputs(
        "usage: rustle find [OPTION...] [QUERY]\n"
        "\n"
        "Prints the items that QUERY names: exactly, by a prefix, by the initials of its words\n"
        "(HM, hmap), or by a part of it, in this order. a::b::C is a C in b in a. Without QUERY\n"
        "all items match. Asks the nearest database (see rustle index --help), or else reads the\n"
        "sources below the current folder.\n"
        "\n"
        "options:\n"
        "      --kind KIND[,...]  only these kinds: fn, struct, field, use_leaf, ... (default: "
        "all\n"
        "                         but use_leaf and impl)\n"
        "      --vis VIS[,...]    only inherited, pub, crate, self, super, in\n"
        "      --crate NAME[@VERSION]\n"
        "                         only in the crate, or in the crates of the package, of this "
        "name;\n"
        "                         of that version, as 1, 1.2 or 1.2.3\n"
        "      --newest           of archives, only the newest version of each package\n"
        "      --no-yanked        of archives, none that is known to be yanked\n"
        "      --in PATH          only in files at or below PATH\n"
        "      --exact, --prefix  only names that are, or begin with, QUERY\n"
        "      --regex            names that match an extended regular expression\n"
        "      --case             letters match in their own case only\n"
        "      --limit N          at most N items (default: 100; 0: all)\n"
        "      --after CURSOR     go on where a limit ended\n"
        "      --json             item records, one a line\n"
        "      --color WHEN       auto (default), always or never\n"
        "      --db FILE          ask this database\n"
        "  -h, --help             print this help\n"
        "\n"
        "Exit status: 0 something found, 1 nothing found, 2 an error.\n",
        stdout);
}

/* Sets the bit of each of the names in a list. name_of(i) is NULL behind the last. */
static bool parse_names(const char *what, const char *list, const char *(*name_of)(unsigned i),
                        uint32_t *bits)
{
    for (const char *at = list;; at++) {
        const size_t n = strcspn(at, ",");
        unsigned i = 0;
        while (name_of(i) != NULL && !(strlen(name_of(i)) == n && memcmp(name_of(i), at, n) == 0))
            i++;
        if (name_of(i) == NULL) {
            rsl_report("unknown %s '%.*s'; see rustle find --help", what, (int)n, at);
            return false;
        }
        *bits |= 1u << i;
        at += n;
        if (*at == '\0')
            return true;
    }
}

static const char *kind_name(unsigned i)
{
    return i < RSL_ITEM_KIND_COUNT ? rsl_item_kind_name((enum rsl_item_kind)i) : NULL;
}

static const char *vis_name(unsigned i)
{
    static const char *const names[] = {"none", "inherited", "pub", "crate",
                                        "self", "super",     "in",  NULL};
    return names[i];
}

/* NAME or NAME@VERSION. */
static bool parse_crate(const char *text, struct options *options)
{
    const char *const at = strchr(text, '@');
    free(options->crate);
    options->crate = at == NULL ? strdup(text) : strndup(text, (size_t)(at - text));
    if (options->crate == NULL || (at != NULL && at[1] == '\0')) {
        rsl_report("bad package '%s'", text);
        return false;
    }
    options->query.crate = options->crate;
    options->query.version = at == NULL ? NULL : at + 1;
    return true;
}

/* Returns -1 to go on, or an exit status. */
static int parse_options(int argc, char **argv, struct options *options)
{
    enum {
        KIND = 256,
        VIS,
        CRATE,
        NEWEST,
        NO_YANKED,
        IN,
        EXACT,
        PREFIX,
        REGEX,
        CASE,
        LIMIT,
        AFTER,
        JSON,
        COLOR,
        DB
    };
    static const struct option long_options[] = {
        {"kind", required_argument, NULL, KIND},
        {"vis", required_argument, NULL, VIS},
        {"crate", required_argument, NULL, CRATE},
        {"newest", no_argument, NULL, NEWEST},
        {"no-yanked", no_argument, NULL, NO_YANKED},
        {"in", required_argument, NULL, IN},
        {"exact", no_argument, NULL, EXACT},
        {"prefix", no_argument, NULL, PREFIX},
        {"regex", no_argument, NULL, REGEX},
        {"case", no_argument, NULL, CASE},
        {"limit", required_argument, NULL, LIMIT},
        {"after", required_argument, NULL, AFTER},
        {"json", no_argument, NULL, JSON},
        {"db", required_argument, NULL, DB},
        {"color", required_argument, NULL, COLOR},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct rsl_query *query = &options->query;
    rsl_color_parse(NULL, &options->color);
    for (int option; (option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1;) {
        switch (option) {
        case KIND:
            if (!parse_names("kind", optarg, kind_name, &query->kinds))
                return RSL_EXIT_ERROR;
            break;
        case VIS:
            if (!parse_names("visibility", optarg, vis_name, &query->vis))
                return RSL_EXIT_ERROR;
            break;
        case CRATE:
            if (!parse_crate(optarg, options))
                return RSL_EXIT_ERROR;
            break;
        case NEWEST: query->newest = true; break;
        case NO_YANKED: query->no_yanked = true; break;
        case IN: options->in = optarg; break;
        case EXACT: query->mode = RSL_QUERY_EXACT; break;
        case PREFIX: query->mode = RSL_QUERY_PREFIX; break;
        case REGEX: query->mode = RSL_QUERY_REGEX; break;
        case CASE: query->case_sensitive = true; break;
        case LIMIT: {
            char *end;
            errno = 0;
            query->limit = strtoul(optarg, &end, 10);
            if (*optarg < '0' || *optarg > '9' || *end != '\0' || errno != 0) {
                rsl_report("bad limit '%s'", optarg);
                return RSL_EXIT_ERROR;
            }
            break;
        }
        case AFTER: query->after = optarg; break;
        case JSON: options->json = true; break;
        case COLOR:
            if (!rsl_color_parse(optarg, &options->color)) {
                rsl_report("--color is auto, always or never, not '%s'", optarg);
                return RSL_EXIT_ERROR;
            }
            break;
        case DB: options->db_path = optarg; break;
        case 'h': print_help(); return RSL_EXIT_FOUND;
        default: rsl_report_option("find", option, argv); return RSL_EXIT_ERROR;
        }
    }
    if (argc - optind > 1) {
        rsl_report("one query at a time; see rustle find --help");
        return RSL_EXIT_ERROR;
    }
    query->text = optind < argc ? argv[optind] : "";
    return -1;
}

/* The file whose items were looked at last: hits come in rows of the same file. */
struct shown_file {
    int64_t file_id; /* 0: none */
    char *path;
    struct rsl_unpacked unpacked;
};

static enum rsl_status look_at(struct shown_file *shown, const struct rsl_tree_store *tree,
                               int64_t file_id)
{
    struct rsl_pack_buffer path = {0};
    if (shown->file_id == file_id)
        return RSL_OK;
    shown->file_id = 0;
    free(shown->path);
    shown->path = NULL;
    enum rsl_status status = rsl_store_get_path(tree->store, file_id, &path);
    if (status == RSL_OK)
        status = rsl_store_get_items(tree->store, file_id, &shown->unpacked);
    if (status == RSL_OK) {
        shown->path = rsl_tree_store_show(tree, (const char *)path.bytes);
        status = shown->path == NULL ? RSL_ENOMEM : RSL_OK;
    }
    rsl_pack_buffer_fini(&path);
    if (status == RSL_OK)
        shown->file_id = file_id;
    return status;
}

static void put_visibility(struct rsl_text_buffer *out, const struct rsl_item *item)
{
    if (item->vis == RSL_VIS_PUB) {
        rsl_text_buffer_puts(out, "pub ");
    } else if (item->vis > RSL_VIS_PUB) {
        rsl_text_buffer_puts(out, "pub(");
        rsl_text_buffer_puts(out, vis_name(item->vis));
        rsl_text_buffer_puts(out, ") ");
    }
}

/* Of grep and ripgrep. */
static const char path_color[] = "\033[35m", line_color[] = "\033[32m", name_color[] = "\033[1;31m";

static void start_color(struct rsl_text_buffer *out, bool color, const char *code)
{
    if (color)
        rsl_text_buffer_puts(out, code);
}

static void end_color(struct rsl_text_buffer *out, bool color)
{
    if (color)
        rsl_text_buffer_puts(out, "\033[0m");
}

/* path:line:column: visibility kind a::b::c */
static enum rsl_status put_line(struct rsl_text_buffer *out, const struct shown_file *shown,
                                const struct rsl_hit *hit, bool color)
{
    const uint32_t item_id = hit->item_id;
    const struct rsl_item *item = &shown->unpacked.file.items[item_id];
    struct rsl_pack_buffer name = {0};
    if (!rsl_query_put_name(&shown->unpacked, item_id, &name))
        return RSL_ENOMEM;
    start_color(out, color, path_color);
    rsl_report_put_path(out, shown->path);
    end_color(out, color);
    rsl_text_buffer_put(out, ":", 1);
    start_color(out, color, line_color);
    rsl_text_buffer_put_number(out, item->line);
    end_color(out, color);
    rsl_text_buffer_put(out, ":", 1);
    rsl_text_buffer_put_number(out, item->column);
    rsl_text_buffer_puts(out, ": ");
    put_visibility(out, item);
    rsl_text_buffer_puts(out, rsl_item_kind_name(item->kind));
    rsl_text_buffer_put(out, " ", 1);
    /* The item's own name comes last. */
    const size_t around = hit->name_nbytes < name.nbytes ? name.nbytes - hit->name_nbytes : 0;
    rsl_text_buffer_put_plain(out, (const char *)name.bytes, around);
    start_color(out, color, name_color);
    rsl_text_buffer_put_plain(out, (const char *)name.bytes + around, name.nbytes - around);
    end_color(out, color);
    rsl_text_buffer_put(out, "\n", 1);
    rsl_pack_buffer_fini(&name);
    return RSL_OK;
}

/* A hit whose line stands somewhere in a text. */
struct line {
    const struct rsl_hit *hit;
    size_t off, nbytes;
};

static int by_file(const void *a, const void *b)
{
    const struct rsl_hit *x = ((const struct line *)a)->hit, *y = ((const struct line *)b)->hit;
    return x->file_id != y->file_id ? (x->file_id < y->file_id ? -1 : 1) : (x > y) - (x < y);
}

static int by_hit(const void *a, const void *b)
{
    const struct rsl_hit *x = ((const struct line *)a)->hit, *y = ((const struct line *)b)->hit;
    return (x > y) - (x < y);
}

/* Appends the line of a hit, and notes where it is. */
static enum rsl_status make_line(struct rsl_text_buffer *out, struct shown_file *shown,
                                 const struct rsl_tree_store *tree, struct line *line,
                                 const struct options *options)
{
    const uint32_t item_id = line->hit->item_id;
    enum rsl_status status = look_at(shown, tree, line->hit->file_id);
    if (status == RSL_OK && item_id >= shown->unpacked.file.nitems)
        status = RSL_EINVAL;
    if (status != RSL_OK)
        return status;
    line->off = out->nbytes;
    if (options->json)
        rsl_jsonl_put_item_of(out, shown->path, &shown->unpacked.file, shown->unpacked.src,
                              item_id);
    else
        status = put_line(out, shown, line->hit, options->color);
    line->nbytes = out->nbytes - line->off;
    return out->failed ? RSL_ENOMEM : status;
}

/* Some hits at a time: their files are unpacked once each, and the lines put back in order. */
enum { LINES_AT_A_TIME = 1 << 18 };

static enum rsl_status print_hits(const struct rsl_tree_store *tree, const struct rsl_hits *hits,
                                  const struct options *options)
{
    const size_t nhits = rsl_query_nhits(hits);
    const size_t most = nhits < LINES_AT_A_TIME ? nhits : LINES_AT_A_TIME;
    struct rsl_text_buffer out = {0};
    struct shown_file shown = {0};
    struct line *lines = malloc((most + 1) * sizeof *lines);
    rsl_unpacked_init(&shown.unpacked, NULL);
    enum rsl_status status = lines == NULL ? RSL_ENOMEM : RSL_OK;
    for (size_t from = 0; from < nhits && status == RSL_OK && !ferror(stdout); from += most) {
        const size_t n = nhits - from < most ? nhits - from : most;
        for (size_t i = 0; i < n; i++)
            lines[i] = (struct line){.hit = rsl_query_hit(hits, from + i)};
        qsort(lines, n, sizeof *lines, by_file);
        out.nbytes = 0;
        for (size_t i = 0; i < n && status == RSL_OK; i++)
            status = make_line(&out, &shown, tree, &lines[i], options);
        if (status != RSL_OK)
            break;
        qsort(lines, n, sizeof *lines, by_hit);
        for (size_t i = 0; i < n; i++)
            fwrite(out.bytes + lines[i].off, 1, lines[i].nbytes, stdout);
    }
    free(lines);
    rsl_text_buffer_fini(&out);
    rsl_unpacked_fini(&shown.unpacked);
    free(shown.path);
    return status;
}

static void tell_cursor(const struct rsl_hits *hits)
{
    const struct rsl_hit *last = rsl_query_hit(hits, rsl_query_nhits(hits) - 1);
    const size_t n = rsl_query_cursor(last, NULL, 0);
    char *cursor = malloc(n + 1);
    if (cursor == NULL)
        return;
    rsl_query_cursor(last, cursor, n + 1);
    rsl_report("there is more: --after %s", cursor);
    free(cursor);
}

/* The query itself failed. */
static void tell_failure(const struct rsl_tree_store *tree, const struct rsl_query *query,
                         enum rsl_status status)
{
    if (status == RSL_EINVAL && query->mode == RSL_QUERY_REGEX)
        rsl_report("bad regular expression '%s'", query->text);
    else if (status == RSL_EINVAL && query->after != NULL)
        rsl_report("bad cursor '%s'", query->after);
    else
        rsl_report("%s", rsl_tree_store_reason(tree, status));
}

/* The hits are printed from the commit that they were found in. */
static int ask(const struct rsl_tree_store *tree, const struct options *options)
{
    struct rsl_hits *hits;
    enum rsl_status status = rsl_query_open(tree->store, &options->query, &hits);
    if (status != RSL_OK) {
        tell_failure(tree, &options->query, status);
        return RSL_EXIT_ERROR;
    }
    int result = rsl_query_nhits(hits) > 0 ? RSL_EXIT_FOUND : RSL_EXIT_NOTHING;
    status = print_hits(tree, hits, options);
    if (status != RSL_OK) {
        rsl_report("%s", rsl_tree_store_reason(tree, status));
        result = RSL_EXIT_ERROR;
    } else if (rsl_query_has_more(hits)) {
        tell_cursor(hits);
    }
    rsl_query_close(hits);
    return result;
}

static int run(const struct rsl_tree_store *tree, struct options *options)
{
    char *in = NULL;
    if (options->in != NULL) {
        options->query.in = in = rsl_tree_store_find(tree, options->in);
        if (in == NULL) {
            rsl_report("%s is outside of the tree", options->in);
            return RSL_EXIT_ERROR;
        }
    }
    const enum rsl_status status = rsl_store_begin_reading(tree->store);
    int result = RSL_EXIT_ERROR;
    if (status == RSL_OK)
        result = ask(tree, options);
    else
        rsl_report("%s", rsl_tree_store_reason(tree, status));
    rsl_store_roll_back(tree->store);
    free(in);
    return result;
}

int rsl_cmd_find(int argc, char **argv)
{
    struct options options = {.query = {.limit = DEFAULT_LIMIT}};
    int result = parse_options(argc, argv, &options);
    struct rsl_tree_store tree;
    if (result < 0) {
        const bool with_graph =
            strstr(options.query.text, "::") != NULL || options.query.crate != NULL;
        result = RSL_EXIT_ERROR;
        if (rsl_tree_store_open(&tree, options.db_path, with_graph) == 0) {
            result = run(&tree, &options);
            rsl_tree_store_close(&tree);
        }
    }
    free(options.crate);
    return result;
}
