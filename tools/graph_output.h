/* graph_output.h - a graph of named nodes in the formats that rustle graph knows. */
#ifndef RSL_TOOLS_GRAPH_OUTPUT_H
#define RSL_TOOLS_GRAPH_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "index/graph.h"
#include "tools/text_buffer.h"

enum rsl_graph_format { RSL_GRAPH_TEXT, RSL_GRAPH_DOT, RSL_GRAPH_JSON, RSL_GRAPH_GRAPHML };

struct rsl_output_node {
    const char *name;
    uint32_t dependents; /* how many nodes have an edge to it */
};

/* from, to: places in the list of nodes. */
struct rsl_output_edge {
    uint32_t from, to, kind, count;
};

struct rsl_output_graph {
    const struct rsl_output_node *nodes;
    const struct rsl_output_edge *edges;
    uint32_t nnodes, nedges;
};

/* Writes the graph. Text: `FROM -> TO KIND COUNT`, an edge a line. */
void rsl_graph_output_put(struct rsl_text_buffer *out, enum rsl_graph_format format,
                          const struct rsl_output_graph *graph);

/* A string of JSON, quotes included; bytes that are not UTF-8 become U+FFFD. */
void rsl_graph_output_put_json(struct rsl_text_buffer *out, const char *text);

#endif
