/* primitives_pool.h - the loops over pools of threads.
 *
 * A pool is made with a number of threads. enter(f) calls f in it, as a job or on a thread that
 * counts as one of them. Within that:
 *
 *     fib(n)                  forks and joins at every step
 *     for_each(slots)         work(slot) on every slot in a loop with grain 1: each a piece of its
 * own spawn_each(slots)       spawns a job for each slot from this thread, and waits for all
 *
 * and outside of it:
 *
 *     inject_each(slots)      hands in a job for each slot from a thread that is none of the
 * pool's, and waits for all submit(f, argument)     hands in one job
 */
#ifndef RSL_BENCH_PRIMITIVES_POOL_H
#define RSL_BENCH_PRIMITIVES_POOL_H

#include <atomic>
#include <chrono>

#include "bench/primitives.h"

/* What a job does: it counts how often its slot was worked on. */
struct slot {
    std::atomic<uint8_t> count{0};
};

inline void work(slot &slot)
{
    slot.count.store(static_cast<uint8_t>(slot.count.load(std::memory_order_relaxed) + 1),
                     std::memory_order_relaxed);
}

struct slots {
    slot *first;
    size_t n;
    slot *begin() const
    {
        return first;
    }
    slot *end() const
    {
        return first + n;
    }
};

inline uint64_t plain_fib(unsigned n)
{
    return n < 2 ? n : plain_fib(n - 1) + plain_fib(n - 2);
}

/* A spawn: each call forks one of its two calls. The first round warms up. */
template <class Pool> void measure_fib(const measuring &run, unsigned nthreads)
{
    constexpr unsigned nrounds = 5;
    const uint64_t scale = run.scaled(1000);
    const unsigned n = scale == 1000 ? 30 : scale >= 100 ? 25 : 15;
    const uint64_t expected = plain_fib(n), nspawns = plain_fib(n + 1) - 1;
    Pool pool(nthreads);
    std::vector<double> times;
    pool.enter([&] {
        for (unsigned round = 0; round <= nrounds; round++) {
            const double start = now_ns();
            const uint64_t result = pool.fib(n);
            times.push_back((now_ns() - start) / static_cast<double>(nspawns));
            check(result == expected, "the sum is right");
        }
    });
    times.erase(times.begin());
    run.report(median_of(times), "ns");
}

/* The first round warms up. */
template <class Round> void measure_jobs(const measuring &run, Round round)
{
    constexpr unsigned nrounds = 2;
    const uint64_t n = run.scaled(1000000);
    std::vector<slot> memory(n);
    double ns = 0;
    for (unsigned i = 0; i <= nrounds; i++) {
        const double start = now_ns();
        round(slots{memory.data(), memory.size()});
        if (i > 0)
            ns += now_ns() - start;
    }
    for (const slot &slot : memory)
        check(slot.count.load() == nrounds + 1, "every job runs once in a round");
    run.report_ns_per(ns, n * nrounds);
}

/* From the call that submits a job to the job's first instruction, while nobody has anything to do:
 * who submits sleeps too, which also gives the worker the time to fall asleep again. */
template <class Pool> void measure_idle(const measuring &run, unsigned nthreads)
{
    const uint64_t n = run.scaled(400);
    std::vector<double> starts, calls;
    std::atomic<uint64_t> started(0);
    Pool pool(nthreads);
    for (uint64_t i = 0; i < n; i++) {
        started.store(0);
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        const double before = now_ns();
        pool.submit(started);
        calls.push_back(now_ns() - before);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        spin spin;
        while (started.load() == 0)
            spin.wait();
        starts.push_back(static_cast<double>(started.load()) - before);
    }
    run.report(median_of(starts) / 1e3, "us", "/start");
    run.report(median_of(calls) / 1e3, "us", "/submit");
}

inline std::string pool_row(unsigned nthreads, const char *what)
{
    return "pool_" + std::to_string(nthreads) + "/" + what;
}

/* What is done from within. */
template <class Pool> void add_pool(contestants &all, const char *peer)
{
    for (const unsigned n : {1u, 2u}) {
        const auto add_jobs = [&](const char *what, void (Pool::*round)(slots)) {
            all.push_back({pool_row(n, what), peer, [n, round](const auto &run) {
                               Pool pool(n);
                               pool.enter([&] {
                                   measure_jobs(run, [&](slots slots) { (pool.*round)(slots); });
                               });
                           }});
        };
        all.push_back(
            {pool_row(n, "fib_spawn"), peer, [n](const auto &run) { measure_fib<Pool>(run, n); }});
        add_jobs("for_each", &Pool::for_each);
        add_jobs("scope_spawn", &Pool::spawn_each);
    }
}

/* What is done from outside. */
template <class Pool> void add_pool_outside(contestants &all, const char *peer)
{
    for (const unsigned n : {1u, 2u}) {
        all.push_back({pool_row(n, "inject"), peer, [n](const auto &run) {
                           Pool pool(n);
                           measure_jobs(run, [&](slots slots) { pool.inject_each(slots); });
                       }});
        all.push_back(
            {pool_row(n, "idle"), peer, [n](const auto &run) { measure_idle<Pool>(run, n); }});
    }
}

#endif
