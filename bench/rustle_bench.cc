/* rustle-bench: how fast the lexer and the parser read a corpus that is in memory, on one core,
 * beside what merely looking at its bytes costs. README.md tells what the rows mean. */
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/corpus.h"
#include "bench/hard_inputs.h"
#include "ds/ds.h"
#include "lexer/lexer.h"
#include "lexer/utf8.h"
#include "parser/parser.h"

/* What one pass over the corpus gave, in total and by the second of processor time. */
static void report(benchmark::State &state, const corpus &corpus, const char *what, uint64_t n)
{
    state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * corpus.nbytes));
    if (n > 0) {
        state.counters[what] = static_cast<double>(n);
        state.counters[std::string(what) + "/s"] = benchmark::Counter(
            static_cast<double>(n), benchmark::Counter::kIsIterationInvariantRate);
    }
}

static const source &largest(const corpus &corpus)
{
    return *std::max_element(corpus.sources.begin(), corpus.sources.end(),
                             [](const source &a, const source &b) { return a.nbytes < b.nbytes; });
}

struct lexing {
    static constexpr const char *what = "tokens";
    rsl_tokens tokens;
    rsl_lex_options options{};

    explicit lexing(rsl_isa isa)
    {
        rsl_tokens_init(&tokens, nullptr);
        options.isa = isa;
    }
    ~lexing()
    {
        rsl_tokens_fini(&tokens);
    }
    lexing(const lexing &) = delete;
    lexing &operator=(const lexing &) = delete;

    rsl_status read(const source &source, uint64_t *n)
    {
        const rsl_status status = rsl_lex(&tokens, source.bytes, source.nbytes, &options);
        *n += tokens.ntokens;
        return status;
    }
};

struct parsing {
    static constexpr const char *what = "items";
    rsl_file file;
    rsl_parse_options options{};

    explicit parsing(rsl_isa isa)
    {
        rsl_file_init(&file, nullptr);
        options.isa = isa;
    }
    ~parsing()
    {
        rsl_file_fini(&file);
    }
    parsing(const parsing &) = delete;
    parsing &operator=(const parsing &) = delete;

    rsl_status read(const source &source, uint64_t *n)
    {
        const rsl_status status = rsl_parse(&file, source.bytes, source.nbytes, &options);
        *n += file.nitems;
        return status;
    }
};

/* The floor below everything: each byte is looked at once. Written so that the compilers keep the
 * lanes in vector registers; std::count is a tenth as fast. */
#if defined(__x86_64__)
#define WITH_AVX2 __attribute__((target_clones("avx2", "default")))
#else
#define WITH_AVX2
#endif

static WITH_AVX2 size_t count_newlines(const uint8_t *src, size_t nbytes)
{
    constexpr size_t nlanes = 64;
    static_assert(RSL_PAD >= nlanes, "the last block ends in the padding");
    size_t n = 0;
    for (size_t off = 0; off < nbytes;) {
        uint8_t counts[nlanes] = {};
        const size_t stop = std::min(nbytes, off + nlanes * UINT8_MAX); /* what a lane can count */
        for (; off < stop; off += nlanes) {
            for (size_t lane = 0; lane < nlanes; lane++)
                counts[lane] += src[off + lane] == '\n';
        }
        for (const uint8_t count : counts)
            n += count;
    }
    return n;
}

struct newline_counting {
    static constexpr const char *what = "lines";
    explicit newline_counting(rsl_isa)
    {
    }
    static rsl_status read(const source &source, uint64_t *n)
    {
        *n += count_newlines(source.bytes, source.nbytes);
        return RSL_OK;
    }
};

struct utf8_validation {
    static constexpr const char *what = "valid";
    explicit utf8_validation(rsl_isa)
    {
    }
    static rsl_status read(const source &source, uint64_t *n)
    {
        *n += rsl_utf8_validate(source.bytes, source.nbytes) == source.nbytes;
        return RSL_OK;
    }
};

/* An iteration is one pass over the whole corpus with one object, as a program that reads a tree
 * would have it. The largest file goes first, untimed, so that the memory is there. */
template <class reading> static void row(benchmark::State &state, const corpus &corpus, rsl_isa isa)
{
    reading reader(isa);
    uint64_t n = 0;
    rsl_status status = reader.read(largest(corpus), &n);
    for (auto _ : state) {
        n = 0;
        for (const source &source : corpus.sources) {
            const rsl_status of_file = reader.read(source, &n);
            status = of_file != RSL_OK ? of_file : status;
        }
        benchmark::DoNotOptimize(n);
    }
    if (status != RSL_OK)
        state.SkipWithError(rsl_status_message(status));
    report(state, corpus, reader.what, n);
}

template <class reading>
static void add_row(const std::string &name, const corpus &corpus, rsl_isa isa)
{
    benchmark::RegisterBenchmark(name.c_str(), [&corpus, isa](benchmark::State &state) {
        row<reading>(state, corpus, isa);
    })->Unit(benchmark::kMillisecond);
}

static void add_hard_rows(std::vector<corpus> *texts)
{
    const std::vector<hard_input> inputs = hard_inputs();
    texts->reserve(inputs.size()); /* the rows keep references */
    for (const hard_input &input : inputs) {
        texts->push_back(corpus_of(input.text));
        const corpus &text = texts->back();
        add_row<lexing>("lex/hard/" + input.name, text, RSL_ISA_AUTO);
        add_row<parsing>("parse/hard/" + input.name, text, RSL_ISA_AUTO);
    }
}

static int run(int argc, char **argv)
{
    /* The defaults come first, so that what the user says wins. A pass over the corpus takes longer
     * than the least time for a repetition, which is there for the small texts. */
    std::vector<std::string> defaults = {"--benchmark_repetitions=5",
                                         "--benchmark_report_aggregates_only=true",
                                         "--benchmark_min_time=0.05"};
    std::vector<char *> arguments = {argv[0]};
    for (std::string &argument : defaults)
        arguments.push_back(argument.data());
    arguments.insert(arguments.end(), argv + 1, argv + argc);
    int narguments = static_cast<int>(arguments.size());
    arguments.push_back(nullptr);
    benchmark::Initialize(&narguments, arguments.data());
    if (benchmark::ReportUnrecognizedArguments(narguments, arguments.data()))
        return EXIT_FAILURE;

    const char *folder = std::getenv("RUSTLE_CORPUS");
    if (folder == nullptr || *folder == '\0') {
        std::cerr << "rustle-bench: RUSTLE_CORPUS must name a folder of .rs files;"
                     " tools/fetch-corpus prints one\n";
        return EXIT_FAILURE;
    }
    const corpus files = load_corpus(folder);
    benchmark::AddCustomContext("corpus_files", std::to_string(files.sources.size()));
    benchmark::AddCustomContext("corpus_bytes", std::to_string(files.nbytes));

    add_row<newline_counting>("floor/count_newlines", files, RSL_ISA_AUTO);
    add_row<utf8_validation>("floor/utf8_validate", files, RSL_ISA_AUTO);
    add_row<lexing>("lex/tokens", files, RSL_ISA_AUTO);
    add_row<lexing>("lex/tokens_scalar", files, RSL_ISA_SCALAR);
    add_row<parsing>("parse/items", files, RSL_ISA_AUTO);
    add_row<parsing>("parse/items_scalar", files, RSL_ISA_SCALAR);
    std::vector<corpus> texts;
    add_hard_rows(&texts);

    const size_t nrun = benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return nrun > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    try {
        return run(argc, argv);
    } catch (const std::exception &error) {
        std::cerr << "rustle-bench: " << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
