#include "tools/graph_output.h"

#include <string.h>

#include "lexer/utf8.h"
#include "tools/plain_text.h"

/* Writes code_point as the format has it, if not as it is; says whether it did. */
typedef bool escape_function(struct rsl_text_buffer *out, uint32_t code_point, bool obeyed);

/* Writes text character by character; those that `escape` knows as it says, those that a terminal
 * would obey as `?` if it does not, and bytes that are not UTF-8 as U+FFFD. */
static void put_escaped(struct rsl_text_buffer *out, const char *text, escape_function *escape)
{
    uint32_t code_point;
    bool obeyed;
    for (size_t left = strlen(text), n; left > 0; text += n, left -= n) {
        n = rsl_plain_text_character(text, left, &obeyed);
        rsl_utf8_decode((const uint8_t *)text, &code_point);
        if (code_point == RSL_UTF8_BAD)
            rsl_text_buffer_puts(out, "\xEF\xBF\xBD");
        else if (!escape(out, code_point, obeyed))
            rsl_text_buffer_put(out, obeyed ? "?" : text, obeyed ? 1 : n);
    }
}

static bool escape_dot(struct rsl_text_buffer *out, uint32_t c, bool obeyed)
{
    (void)obeyed;
    if (c == '"' || c == '\\')
        rsl_text_buffer_puts(out, c == '"' ? "\\\"" : "\\\\");
    return c == '"' || c == '\\';
}

static bool escape_json(struct rsl_text_buffer *out, uint32_t c, bool obeyed)
{
    char code[8];
    if (!obeyed)
        return escape_dot(out, c, obeyed);
    snprintf(code, sizeof code, "\\u%04x", c & 0xFFFF); /* none is above */
    rsl_text_buffer_puts(out, code);
    return true;
}

static bool escape_xml(struct rsl_text_buffer *out, uint32_t c, bool obeyed)
{
    (void)obeyed;
    const char *as = c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : "&quot;";
    const bool escaped = c == '<' || c == '>' || c == '&' || c == '"';
    if (escaped)
        rsl_text_buffer_puts(out, as);
    return escaped;
}

void rsl_graph_output_put_json(struct rsl_text_buffer *out, const char *text)
{
    rsl_text_buffer_puts(out, "\"");
    put_escaped(out, text, escape_json);
    rsl_text_buffer_puts(out, "\"");
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
