#include "bench/corpus.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include "ds/ds.h"

namespace fs = std::filesystem;

/* Every file starts at a multiple of this, as if it had a buffer of its own. */
static constexpr size_t alignment = 64;

/* Lays out files of these sizes; all bytes are zero. */
static corpus allocate(const std::vector<size_t> &sizes)
{
    corpus result;
    result.nbytes = 0;
    std::vector<size_t> offsets;
    size_t total = 0;
    for (const size_t nbytes : sizes) {
        offsets.push_back(total);
        result.nbytes += nbytes;
        total += (nbytes + RSL_PAD + alignment - 1) / alignment * alignment;
    }
    result.memory.resize(total);
    for (size_t i = 0; i < sizes.size(); i++)
        result.sources.push_back({result.memory.data() + offsets[i], sizes[i]});
    return result;
}

static void read_exactly(const std::string &path, uint8_t *to, size_t nbytes)
{
    const std::unique_ptr<std::FILE, int (*)(std::FILE *)> file(std::fopen(path.c_str(), "rb"),
                                                                std::fclose);
    if (!file)
        throw std::runtime_error(path + ": " + std::strerror(errno));
    if (std::fread(to, 1, nbytes, file.get()) != nbytes || std::fgetc(file.get()) != EOF)
        throw std::runtime_error(path + ": cannot be read, or has changed meanwhile");
}

corpus load_corpus(const std::string &folder)
{
    std::vector<std::string> paths;
    for (const fs::directory_entry &entry : fs::recursive_directory_iterator(folder)) {
        if (entry.path().extension() == ".rs" && fs::is_regular_file(entry.symlink_status()))
            paths.push_back(entry.path().string());
    }
    if (paths.empty())
        throw std::runtime_error(folder + ": no .rs file below it");
    std::sort(paths.begin(), paths.end());

    std::vector<size_t> sizes;
    for (const std::string &path : paths)
        sizes.push_back(fs::file_size(path));
    corpus result = allocate(sizes);
    uint8_t *const base = result.memory.data();
    for (size_t i = 0; i < paths.size(); i++)
        read_exactly(paths[i], base + (result.sources[i].bytes - base), sizes[i]);
    return result;
}

corpus corpus_of(const std::string &text)
{
    corpus result = allocate({text.size()});
    std::memcpy(result.memory.data(), text.data(), text.size());
    return result;
}
