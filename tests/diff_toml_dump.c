/* diff_toml_dump.c - documents as rustle's TOML reader sees them, for diff_toml.py.
 *
 * Paths come on standard input, one a line; for each, one line of JSON: the tree, in which scalars
 * are {"type":...,"value":...} with their value as text, or {"error":{...}}. */
#include "index/toml.h"
#include "tools/read_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_text(struct rsl_toml_text text)
{
    putchar('"');
    for (size_t i = 0; i < text.nbytes; i++) {
        const unsigned char c = (unsigned char)text.bytes[i];
        if (c == '"' || c == '\\' || c < 0x20)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void print_datetime(const struct rsl_toml_datetime *at)
{
    if (at->has_date)
        printf("%04u-%02u-%02u", at->year, at->month, at->day);
    if (at->has_date && at->has_time)
        putchar('T');
    if (at->has_time)
        printf("%02u:%02u:%02u.%09" PRIu32, at->hour, at->minute, at->second, at->nanosecond);
    if (at->has_offset)
        printf("%+d", at->offset_minutes);
}

static void print_scalar(const struct rsl_toml_value *value)
{
    switch (value->kind) {
    case RSL_TOML_STRING:
        fputs("{\"type\":\"string\",\"value\":", stdout);
        print_text(value->as.string);
        putchar('}');
        return;
    case RSL_TOML_INTEGER:
        printf("{\"type\":\"integer\",\"value\":\"%" PRId64 "\"}", value->as.integer);
        return;
    case RSL_TOML_FLOAT:
        if (isnan(value->as.number))
            fputs("{\"type\":\"float\",\"value\":\"nan\"}", stdout);
        else
            printf("{\"type\":\"float\",\"value\":\"%a\"}", value->as.number);
        return;
    case RSL_TOML_BOOLEAN:
        printf("{\"type\":\"boolean\",\"value\":\"%s\"}", value->as.boolean ? "true" : "false");
        return;
    default:
        fputs("{\"type\":\"datetime\",\"value\":\"", stdout);
        print_datetime(&value->as.datetime);
        fputs("\"}", stdout);
    }
}

/* Without recursion, since nothing bounds the depth of dotted keys. */
static void print_tree(const struct rsl_toml_value *value)
{
    for (;;) {
        if (value->parent && value->parent->kind == RSL_TOML_TABLE) {
            print_text(value->key);
            putchar(':');
        }
        const bool container = value->kind == RSL_TOML_TABLE || value->kind == RSL_TOML_ARRAY;
        if (container) {
            putchar(value->kind == RSL_TOML_TABLE ? '{' : '[');
            if (value->as.members.first) {
                value = value->as.members.first;
                continue;
            }
            putchar(value->kind == RSL_TOML_TABLE ? '}' : ']');
        } else {
            print_scalar(value);
        }
        while (!value->next && value->parent) {
            value = value->parent;
            putchar(value->kind == RSL_TOML_TABLE ? '}' : ']');
        }
        if (!value->next)
            return;
        putchar(',');
        value = value->next;
    }
}

int main(void)
{
    struct rsl_source_buffer source = {0};
    struct rsl_toml toml;
    rsl_toml_init(&toml, NULL);
    char *path = NULL;
    size_t capacity = 0;
    ssize_t length;
    bool good = true;
    while (good && (length = getline(&path, &capacity, stdin)) > 0) {
        if (path[length - 1] == '\n')
            path[length - 1] = '\0';
        if (rsl_read_file(&source, path) != 0 ||
            rsl_toml_read(&toml, source.bytes, source.nbytes, RSL_TOML_1_0) != RSL_OK) {
            fprintf(stderr, "diff_toml_dump: cannot read %s\n", path);
            good = false;
        } else if (toml.error.code != RSL_TOML_ERROR_NONE) {
            printf("{\"error\":{\"line\":%" PRIu32 ",\"column\":%" PRIu32 ",\"message\":\"%s\"}}\n",
                   toml.error.line, toml.error.column, rsl_toml_error_message(toml.error.code));
        } else {
            print_tree(toml.root);
            putchar('\n');
        }
    }
    free(path);
    rsl_toml_fini(&toml);
    rsl_source_buffer_fini(&source);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
