/* corpus.h - the files that the rows run over, all in memory before anything is timed. */
#ifndef RSL_BENCH_CORPUS_H
#define RSL_BENCH_CORPUS_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/* One file: bytes[0..nbytes), with RSL_PAD zero bytes behind. Borrowed from its corpus. */
struct source {
    const uint8_t *bytes;
    size_t nbytes;
};

struct corpus {
    std::vector<source> sources; /* never empty */
    size_t nbytes;               /* of all sources, padding excluded */
    std::vector<uint8_t> memory;
};

/* Every regular .rs file below `folder`, in the order of the paths' bytes; symbolic links are not
 * followed. Throws std::runtime_error or std::filesystem::filesystem_error, whose what() is fit for
 * a user, if one cannot be read or there is none. */
corpus load_corpus(const std::string &folder);

/* One file that holds `text`. */
corpus corpus_of(const std::string &text);

#endif
