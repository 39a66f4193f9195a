/* output.h - a thread that writes, so that whoever produces the text never waits for who reads it.
 */
#ifndef RSL_TOOLS_OUTPUT_H
#define RSL_TOOLS_OUTPUT_H

#include "ds/spsc.h"
#include "tools/text_buffer.h"

/* What goes to standard output, and to standard error. */
struct rsl_output_text {
    struct rsl_text_buffer out, diagnostics;
};

struct rsl_output;

/* Starts the thread, with room for `capacity` texts. Returns 0 or a negative errno. */
int rsl_output_start(size_t capacity, struct rsl_output **output_out);

/* Hands the texts over; *text is empty then. What can be written at once is, if nothing waits. By
 * one thread. Returns RSL_OK; RSL_EAGAIN: there is no room; or RSL_ECLOSED: standard output cannot
 * be written. */
enum rsl_status rsl_output_try_send(struct rsl_output *output, struct rsl_output_text *text);

/* The same, waiting for room. */
enum rsl_status rsl_output_send(struct rsl_output *output, struct rsl_output_text *text);

/* For an event loop that waits for room: the channel, in which nothing is to be sent directly. */
struct rsl_spsc *rsl_output_channel(struct rsl_output *output);

/* From now on nothing is written. Any thread. */
void rsl_output_give_up(struct rsl_output *output);

/* Waits until all is written, for at most `timeout_ns`, after which it gives up, and ends the
 * thread. Returns 0, or the errno of a write to standard output that failed. */
int rsl_output_stop(struct rsl_output *output, uint64_t timeout_ns);

#endif
