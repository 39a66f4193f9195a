/* hard_inputs.h - texts that are nothing but what a lexer or a parser finds hard: what opens and
 * never closes, nests without end, or is almost something else. A row over one of them shows by its
 * bytes per second whether time is still linear there. */
#ifndef RSL_BENCH_HARD_INPUTS_H
#define RSL_BENCH_HARD_INPUTS_H

#include <string>
#include <vector>

struct hard_input {
    std::string name;
    std::string text; /* 256 KiB */
};

std::vector<hard_input> hard_inputs();

#endif
