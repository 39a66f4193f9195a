/* primitives.h - what the programs of the primitives' table share (README.md, "primitives"). Such a
 * program lists its rows, or measures one row with one contestant:
 *
 *     PROGRAM                           lines of ROW PEER
 *     PROGRAM ROW PEER [SIZE]           lines of ROW VALUE UNIT
 *
 * SIZE divides the number of operations, for trials; rows over a map take a file of keys instead.
 * Ours and those in C and C++ run the same loops, which are in the headers beside this one; the
 * Rust program follows them line by line. Each checks that every item arrived, and fails otherwise.
 */
#ifndef RSL_BENCH_PRIMITIVES_H
#define RSL_BENCH_PRIMITIVES_H

#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

inline double clock_ns(clockid_t clock)
{
    timespec time;
    clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

inline double now_ns()
{
    return clock_ns(CLOCK_MONOTONIC);
}

/* What `nthreads` threads are timed by: one that waits for nobody by its processor time, because
 * the wall clock tells about the neighbours on a shared machine. */
inline double now_ns_for(unsigned nthreads)
{
    return clock_ns(nthreads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC);
}

/* Ends the program: a figure of something that went wrong is none. */
inline void check(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "failed: %s\n", what);
    exit(1);
}

inline void pause_cpu()
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

/* How everyone who spins waits: on the processor for some microseconds, then for the others. */
class spin
{
  public:
    void wait()
    {
        if (++nspins < 256)
            pause_cpu();
        else
            sched_yield();
    }
    void reset()
    {
        nspins = 0;
    }

  private:
    unsigned nspins = 0;
};

/* Keeps a result that nobody uses from being optimised away. */
template <class T> inline void keep(const T &value)
{
    __asm__ __volatile__("" : : "r,m"(value) : "memory");
}

/* A 64-bit xorshift*: the same numbers everywhere. */
class random_numbers
{
  public:
    explicit random_numbers(uint64_t seed) : state(seed * 2 + 1)
    {
    }
    uint64_t below(uint64_t limit)
    {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        return (state * UINT64_C(0x2545F4914F6CDD1D) >> 32) * limit >> 32;
    }

  private:
    uint64_t state;
};

inline double median_of(std::vector<double> values)
{
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/* Thread `i` of few stays on the i-th processor that the program may use, so that two threads are
 * on two processors; of more threads than processors none is bound. */
inline void bind_thread(unsigned i, unsigned nthreads)
{
    static const cpu_set_t allowed = [] {
        cpu_set_t set;
        CPU_ZERO(&set);
        sched_getaffinity(0, sizeof set, &set);
        return set;
    }();
    if (nthreads > static_cast<unsigned>(CPU_COUNT(&allowed)))
        return;
    for (int cpu = 0, found = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &allowed) || static_cast<unsigned>(found++) != i)
            continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        pthread_setaffinity_np(pthread_self(), sizeof one, &one);
    }
}

/* Runs work(i) on `nthreads` threads, all of which start together, and returns the nanoseconds from
 * the first start to the last end. `prepare(i)` comes before, untimed; what it returns is handed to
 * work, and destroyed, untimed, on the same thread. */
template <class Prepare, class Work>
double run_threads(unsigned nthreads, Prepare prepare, Work work)
{
    std::vector<double> starts(nthreads), ends(nthreads);
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, nullptr, nthreads);
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < nthreads; i++) {
        threads.emplace_back([&, i] {
            bind_thread(i, nthreads);
            auto prepared = prepare(i);
            pthread_barrier_wait(&barrier);
            starts[i] = now_ns_for(nthreads);
            work(i, prepared);
            ends[i] = now_ns_for(nthreads);
        });
    }
    for (auto &thread : threads)
        thread.join();
    pthread_barrier_destroy(&barrier);
    return *std::max_element(ends.begin(), ends.end()) -
           *std::min_element(starts.begin(), starts.end());
}

template <class Work> double run_threads(unsigned nthreads, Work work)
{
    return run_threads(
        nthreads, [](unsigned) { return 0; }, [&](unsigned i, int) { work(i); });
}

/* One measurement that was asked for. */
struct measuring {
    std::string row;
    std::string size;

    uint64_t scaled(uint64_t n) const
    {
        const uint64_t divisor = size.empty() ? 1 : strtoull(size.c_str(), nullptr, 10);
        check(divisor > 0, "the size is a number above 0");
        return std::max<uint64_t>(n / divisor, 1);
    }
    void report(double value, const char *unit, const char *part = "") const
    {
        printf("%s%s %.6g %s\n", row.c_str(), part, value, unit);
    }
    void report_ns_per(double ns, uint64_t n) const
    {
        report(ns / static_cast<double>(n), "ns");
    }
    void report_rate(double ns, uint64_t n, const char *part = "") const
    {
        report(static_cast<double>(n) * 1e3 / ns, "M/s", part);
    }
};

struct contestant {
    std::string row;
    std::string peer;
    std::function<void(const measuring &)> measure;
};

using contestants = std::vector<contestant>;

inline int primitives_main(int argc, char **argv, const contestants &all)
{
    if (argc == 1) {
        for (const auto &one : all)
            printf("%s %s\n", one.row.c_str(), one.peer.c_str());
        return 0;
    }
    for (const auto &one : all) {
        if (argc >= 3 && argc <= 4 && one.row == argv[1] && one.peer == argv[2]) {
            one.measure({one.row, argc == 4 ? argv[3] : ""});
            return 0;
        }
    }
    fprintf(stderr, "usage: %s [ROW PEER [SIZE]]; without arguments, the rows are listed\n",
            argv[0]);
    return 2;
}

#endif
