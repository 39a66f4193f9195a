/* rustle show: the source of an item. */
#include "tools/commands.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "index/query.h"
#include "tools/plain_text.h"
#include "tools/read_source.h"
#include "tools/report.h"
#include "tools/tree_store.h"

static void print_help(void)
{
    fputs("usage: rustle show [OPTION...] PATH::TO::ITEM\n"
          "\n"
          "Prints the source of the item, with its docs and attributes, as it is in the file now.\n"
          "Of several items with this name the first that rustle find --exact --case prints.\n"
          "\n"
          "options:\n"
          "      --db FILE  ask this database (default: the nearest, as in rustle find), of the\n"
          "                 tree in the current folder\n"
          "  -h, --help     print this help\n"
          "\n"
          "Exit status: 0 found, 1 there is no such item, 2 an error.\n",
          stdout);
}

/* Returns -1 to go on, or an exit status. */
static int parse_options(int argc, char **argv, const char **db_path, const char **name)
{
    enum { DB = 256 };
    static const struct option long_options[] = {
        {"db", required_argument, NULL, DB},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1;) {
        switch (option) {
        case DB: *db_path = optarg; break;
        case 'h': print_help(); return RSL_EXIT_FOUND;
        default: rsl_report_option("show", option, argv); return RSL_EXIT_ERROR;
        }
    }
    if (argc - optind != 1 || *argv[optind] == '\0') {
        rsl_report("one item, please; see rustle show --help");
        return RSL_EXIT_ERROR;
    }
    *name = argv[optind];
    return -1;
}

/* A file of the database as it is on the disk now. */
struct current {
    struct rsl_source_buffer source;
    struct rsl_file file;
    struct rsl_unpacked now, then; /* now: borrows from the former */
    struct rsl_pack_buffer path, name, other;
    char *shown;
};

static bool is_same_item(struct current *current, const struct rsl_item *item, uint32_t i)
{
    current->other.nbytes = 0;
    return current->file.items[i].kind == item->kind &&
           rsl_query_put_name(&current->now, i, &current->other) &&
           current->other.nbytes == current->name.nbytes &&
           memcmp(current->other.bytes, current->name.bytes, current->name.nbytes) == 0;
}

/* The item in the file of now that the database has as `item_id`; RSL_NONE if it is gone. */
static uint32_t find_now(struct current *current, uint32_t item_id)
{
    const struct rsl_item *item = &current->then.file.items[item_id];
    current->name.nbytes = 0;
    if (!rsl_query_put_name(&current->then, item_id, &current->name))
        return RSL_NONE;
    if (item_id < current->file.nitems && is_same_item(current, item, item_id))
        return item_id;
    for (uint32_t i = 0; i < current->file.nitems; i++) {
        if (is_same_item(current, item, i))
            return i;
    }
    return RSL_NONE;
}

/* Takes the carriage returns from before the newlines of the text. Returns its new length. */
static size_t without_returns(char *text, size_t nbytes)
{
    size_t n = 0;
    for (size_t i = 0; i < nbytes; i++) {
        if (text[i] != '\r' || i + 1 == nbytes || text[i + 1] != '\n')
            text[n++] = text[i];
    }
    return n;
}

/* The item's text, its first line with what is before it there. */
static void print_item(const struct current *current, const struct rsl_item *item)
{
    const uint8_t *src = current->source.bytes;
    uint32_t from = item->start;
    while (from > 0 && (src[from - 1] == ' ' || src[from - 1] == '\t'))
        from--;
    if (from > 0 && src[from - 1] != '\n')
        from = item->start;
    struct rsl_text_buffer text = {0};
    rsl_text_buffer_puts(&text, "// ");
    rsl_report_put_path(&text, current->shown);
    rsl_text_buffer_puts(&text, ":");
    rsl_text_buffer_put_number(&text, item->line);
    rsl_text_buffer_puts(&text, "\n");
    rsl_text_buffer_put(&text, src + from, item->end - from);
    if (isatty(STDOUT_FILENO) && !text.failed) {
        text.nbytes = without_returns(text.bytes, text.nbytes);
        text.nbytes = rsl_plain_text(text.bytes, text.bytes, text.nbytes, "\t\n");
    }
    rsl_text_buffer_puts(&text, "\n");
    rsl_text_buffer_write(&text, stdout);
    rsl_text_buffer_fini(&text);
}

static int show_hit(struct current *current, const struct rsl_tree_store *tree,
                    const struct rsl_hit *hit)
{
    enum rsl_status status = rsl_store_get_path(tree->store, hit->file_id, &current->path);
    if (status == RSL_OK)
        status = rsl_store_get_items(tree->store, hit->file_id, &current->then);
    if (status == RSL_OK && hit->item_id >= current->then.file.nitems)
        status = RSL_EINVAL;
    if (status != RSL_OK) {
        rsl_report("%s", rsl_tree_store_reason(tree, status));
        return RSL_EXIT_ERROR;
    }
    current->shown = rsl_tree_store_show(tree, (const char *)current->path.bytes);
    const int error =
        current->shown == NULL ? -ENOMEM : rsl_read_source(&current->source, current->shown);
    if (error != 0) {
        rsl_report("%s: %s", (const char *)current->path.bytes, strerror(-error));
        return RSL_EXIT_ERROR;
    }
    if (rsl_parse(&current->file, current->source.bytes, current->source.nbytes, NULL) != RSL_OK) {
        rsl_report("%s", strerror(ENOMEM));
        return RSL_EXIT_ERROR;
    }
    current->now.file = current->file;
    current->now.src = current->source.bytes;
    const uint32_t i = find_now(current, hit->item_id);
    if (i == RSL_NONE) {
        rsl_report("%s has changed, and the item is gone from it; try rustle index",
                   current->shown);
        return RSL_EXIT_ERROR;
    }
    print_item(current, &current->file.items[i]);
    return RSL_EXIT_FOUND;
}

/* What is known of the item is of the commit that it was found in. */
static int find_and_show(const struct rsl_tree_store *tree, const char *name)
{
    const struct rsl_query query = {
        .text = name,
        .mode = RSL_QUERY_EXACT,
        .case_sensitive = true,
        .limit = 1,
    };
    struct rsl_hits *hits;
    const enum rsl_status status = rsl_query_open(tree->store, &query, &hits);
    if (status != RSL_OK) {
        rsl_report("%s", rsl_tree_store_reason(tree, status));
        return RSL_EXIT_ERROR;
    }
    int result = RSL_EXIT_NOTHING;
    if (rsl_query_nhits(hits) > 0) {
        struct current current = {0};
        rsl_file_init(&current.file, NULL);
        rsl_unpacked_init(&current.then, NULL);
        result = show_hit(&current, tree, rsl_query_hit(hits, 0));
        if (rsl_query_has_more(hits))
            rsl_report("there are more of this name; see rustle find --exact --case %s", name);
        rsl_unpacked_fini(&current.then);
        rsl_file_fini(&current.file);
        rsl_source_buffer_fini(&current.source);
        rsl_pack_buffer_fini(&current.path);
        rsl_pack_buffer_fini(&current.name);
        rsl_pack_buffer_fini(&current.other);
        free(current.shown);
    } else {
        rsl_report("no item %s", name);
    }
    rsl_query_close(hits);
    return result;
}

static int run(const struct rsl_tree_store *tree, const char *name)
{
    const enum rsl_status status = rsl_store_begin_reading(tree->store);
    int result = RSL_EXIT_ERROR;
    if (status == RSL_OK)
        result = find_and_show(tree, name);
    else
        rsl_report("%s", rsl_tree_store_reason(tree, status));
    rsl_store_roll_back(tree->store);
    return result;
}

int rsl_cmd_show(int argc, char **argv)
{
    const char *db_path = NULL, *name = NULL;
    const int status = parse_options(argc, argv, &db_path, &name);
    if (status >= 0)
        return status;
    struct rsl_tree_store tree;
    if (rsl_tree_store_open(&tree, db_path, strstr(name, "::") != NULL) != 0)
        return RSL_EXIT_ERROR;
    const int result = run(&tree, name);
    rsl_tree_store_close(&tree);
    return result;
}
