#include "tools/graph_output.h"

#include <string.h>

/* The length of the UTF-8 character at p, which ends with a NUL; 0 if there is none. */
static size_t utf8_length(const unsigned char *p)
{
    const size_t n = p[0] < 0x80                    ? 1
                     : p[0] >= 0xC2 && p[0] <= 0xDF ? 2
                     : (p[0] & 0xF0) == 0xE0        ? 3
                     : p[0] >= 0xF0 && p[0] <= 0xF4 ? 4
                                                    : 0;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    }
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
        (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return n;
}

/* Writes text character by character; those that `escape` knows as it says, others that no format
 * can hold as U+FFFD. */
static void put_escaped(struct rsl_text_buffer *out, const char *text,
                        bool (*escape)(struct rsl_text_buffer *out, char c))
{
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0';) {
        const size_t n = utf8_length(p);
        if (n == 0)
            rsl_text_buffer_puts(out, "\xEF\xBF\xBD");
        else if (n > 1 || !escape(out, (char)*p))
            rsl_text_buffer_put(out, p, n);
        p += n == 0 ? 1 : n;
    }
}

static bool escape_json(struct rsl_text_buffer *out, char c)
{
    char code[8];
    if (c == '"' || c == '\\') {
        rsl_text_buffer_puts(out, c == '"' ? "\\\"" : "\\\\");
        return true;
    }
    if ((unsigned char)c >= 0x20 && c != 0x7F)
        return false;
    snprintf(code, sizeof code, "\\u%04x", (unsigned)c);
    rsl_text_buffer_puts(out, code);
    return true;
}

void rsl_graph_output_put_json(struct rsl_text_buffer *out, const char *text)
{
    rsl_text_buffer_puts(out, "\"");
    put_escaped(out, text, escape_json);
    rsl_text_buffer_puts(out, "\"");
}

static bool escape_dot(struct rsl_text_buffer *out, char c)
{
    if (c == '"' || c == '\\') {
        rsl_text_buffer_puts(out, c == '"' ? "\\\"" : "\\\\");
        return true;
    }
    if ((unsigned char)c >= 0x20 && c != 0x7F)
        return false;
    rsl_text_buffer_puts(out, "?");
    return true;
}

static bool escape_xml(struct rsl_text_buffer *out, char c)
{
    const char *as = c == '<'                  ? "&lt;"
                     : c == '>'                ? "&gt;"
                     : c == '&'                ? "&amp;"
                     : c == '"'                ? "&quot;"
                     : (unsigned char)c < 0x20 ? "?" /* XML has no such characters */
                                               : NULL;
    if (as != NULL)
        rsl_text_buffer_puts(out, as);
    return as != NULL;
}

static void put_text(struct rsl_text_buffer *out, const struct rsl_output_graph *graph)
{
    for (uint32_t i = 0; i < graph->nedges; i++) {
        const struct rsl_output_edge *edge = &graph->edges[i];
        const char *from = graph->nodes[edge->from].name, *to = graph->nodes[edge->to].name;
        rsl_text_buffer_put_plain(out, from, strlen(from));
        rsl_text_buffer_puts(out, " -> ");
        rsl_text_buffer_put_plain(out, to, strlen(to));
        rsl_text_buffer_puts(out, " ");
        rsl_text_buffer_puts(out, rsl_edge_kind_name(edge->kind));
        rsl_text_buffer_puts(out, " ");
        rsl_text_buffer_put_number(out, edge->count);
        rsl_text_buffer_puts(out, "\n");
    }
}

static void put_dot(struct rsl_text_buffer *out, const struct rsl_output_graph *graph)
{
    rsl_text_buffer_puts(out, "digraph rustle {\n");
    for (uint32_t i = 0; i < graph->nnodes; i++) {
        rsl_text_buffer_puts(out, "  n");
        rsl_text_buffer_put_number(out, i);
        rsl_text_buffer_puts(out, " [label=\"");
        put_escaped(out, graph->nodes[i].name, escape_dot);
        rsl_text_buffer_puts(out, "\"];\n");
    }
    for (uint32_t i = 0; i < graph->nedges; i++) {
        const struct rsl_output_edge *edge = &graph->edges[i];
        rsl_text_buffer_puts(out, "  n");
        rsl_text_buffer_put_number(out, edge->from);
        rsl_text_buffer_puts(out, " -> n");
        rsl_text_buffer_put_number(out, edge->to);
        rsl_text_buffer_puts(out, " [label=\"");
        rsl_text_buffer_puts(out, rsl_edge_kind_name(edge->kind));
        rsl_text_buffer_puts(out, " ");
        rsl_text_buffer_put_number(out, edge->count);
        rsl_text_buffer_puts(out, "\"];\n");
    }
    rsl_text_buffer_puts(out, "}\n");
}

static void put_json(struct rsl_text_buffer *out, const struct rsl_output_graph *graph)
{
    rsl_text_buffer_puts(out, "{\"nodes\":[");
    for (uint32_t i = 0; i < graph->nnodes; i++) {
        rsl_text_buffer_puts(out, i == 0 ? "\n{\"name\":" : ",\n{\"name\":");
        rsl_graph_output_put_json(out, graph->nodes[i].name);
        rsl_text_buffer_puts(out, ",\"dependents\":");
        rsl_text_buffer_put_number(out, graph->nodes[i].dependents);
        rsl_text_buffer_puts(out, "}");
    }
    rsl_text_buffer_puts(out, "],\n\"edges\":[");
    for (uint32_t i = 0; i < graph->nedges; i++) {
        const struct rsl_output_edge *edge = &graph->edges[i];
        rsl_text_buffer_puts(out, i == 0 ? "\n{\"from\":" : ",\n{\"from\":");
        rsl_graph_output_put_json(out, graph->nodes[edge->from].name);
        rsl_text_buffer_puts(out, ",\"to\":");
        rsl_graph_output_put_json(out, graph->nodes[edge->to].name);
        rsl_text_buffer_puts(out, ",\"kind\":\"");
        rsl_text_buffer_puts(out, rsl_edge_kind_name(edge->kind));
        rsl_text_buffer_puts(out, "\",\"count\":");
        rsl_text_buffer_put_number(out, edge->count);
        rsl_text_buffer_puts(out, "}");
    }
    rsl_text_buffer_puts(out, "]}\n");
}

static void put_graphml(struct rsl_text_buffer *out, const struct rsl_output_graph *graph)
{
    rsl_text_buffer_puts(
        out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
             "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n"
             "<key id=\"name\" for=\"node\" attr.name=\"name\" attr.type=\"string\"/>\n"
             "<key id=\"dependents\" for=\"node\" attr.name=\"dependents\" attr.type=\"int\"/>\n"
             "<key id=\"kind\" for=\"edge\" attr.name=\"kind\" attr.type=\"string\"/>\n"
             "<key id=\"count\" for=\"edge\" attr.name=\"count\" attr.type=\"int\"/>\n"
             "<graph edgedefault=\"directed\">\n");
    for (uint32_t i = 0; i < graph->nnodes; i++) {
        rsl_text_buffer_puts(out, "<node id=\"n");
        rsl_text_buffer_put_number(out, i);
        rsl_text_buffer_puts(out, "\"><data key=\"name\">");
        put_escaped(out, graph->nodes[i].name, escape_xml);
        rsl_text_buffer_puts(out, "</data><data key=\"dependents\">");
        rsl_text_buffer_put_number(out, graph->nodes[i].dependents);
        rsl_text_buffer_puts(out, "</data></node>\n");
    }
    for (uint32_t i = 0; i < graph->nedges; i++) {
        const struct rsl_output_edge *edge = &graph->edges[i];
        rsl_text_buffer_puts(out, "<edge source=\"n");
        rsl_text_buffer_put_number(out, edge->from);
        rsl_text_buffer_puts(out, "\" target=\"n");
        rsl_text_buffer_put_number(out, edge->to);
        rsl_text_buffer_puts(out, "\"><data key=\"kind\">");
        rsl_text_buffer_puts(out, rsl_edge_kind_name(edge->kind));
        rsl_text_buffer_puts(out, "</data><data key=\"count\">");
        rsl_text_buffer_put_number(out, edge->count);
        rsl_text_buffer_puts(out, "</data></edge>\n");
    }
    rsl_text_buffer_puts(out, "</graph>\n</graphml>\n");
}

void rsl_graph_output_put(struct rsl_text_buffer *out, enum rsl_graph_format format,
                          const struct rsl_output_graph *graph)
{
    switch (format) {
    case RSL_GRAPH_TEXT: put_text(out, graph); break;
    case RSL_GRAPH_DOT: put_dot(out, graph); break;
    case RSL_GRAPH_JSON: put_json(out, graph); break;
    case RSL_GRAPH_GRAPHML: put_graphml(out, graph); break;
    }
}
