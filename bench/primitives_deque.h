/* primitives_deque.h - the loops over work-stealing deques of pointer-sized items.
 *
 * A deque has push(item) and pop(item &) for its owner; a thief of it, made on the thief's thread,
 * has take(sum &), which adds up the items that it took and returns their number.
 */
#ifndef RSL_BENCH_PRIMITIVES_DEQUE_H
#define RSL_BENCH_PRIMITIVES_DEQUE_H

#include <atomic>
#include <memory>

#include "bench/primitives.h"

template <class Deque> uint64_t push_and_pop(Deque &deque, uint64_t n, uint64_t batch)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < n; i += batch) {
        for (uint64_t k = 0; k < batch; k++)
            deque.push(k + 1);
        for (uint64_t k = 0; k < batch; k++) {
            uintptr_t item = 0;
            deque.pop(item);
            sum += item;
        }
    }
    return sum;
}

/* The owner pushes so many and pops them again. */
template <class Deque> void measure_push_pop(const measuring &run, uint64_t batch)
{
    const uint64_t n = run.scaled(50000000) / batch * batch + batch;
    Deque deque;
    uint64_t sum = 0;
    const double ns = run_threads(1, [&](unsigned) { sum = push_and_pop(deque, n, batch); });
    check(sum == n / batch * (batch * (batch + 1) / 2), "every item is popped once");
    run.report_ns_per(ns, n);
}

/* How far the owner is ahead of the thief at most: the row is about handing over, and not about
 * memory that is touched for the first time. */
constexpr uint64_t window = 4096;

template <class Deque> void push_all(Deque &deque, uint64_t n, const std::atomic<uint64_t> &ntaken)
{
    spin spin;
    for (uint64_t i = 0; i < n; i++) {
        if (i % 256 == 0) {
            while (i - ntaken.load(std::memory_order_relaxed) > window)
                spin.wait();
            spin.reset();
        }
        deque.push(i + 1);
    }
}

template <class Thief, class Deque>
uint64_t take_all(Deque &deque, uint64_t n, std::atomic<uint64_t> &ntaken)
{
    Thief thief(deque);
    spin spin;
    uint64_t count = 0, sum = 0, told = 0;
    while (count < n) {
        const uint64_t more = thief.take(sum);
        count += more;
        if (more == 0 || count - told >= 256) {
            ntaken.store(count, std::memory_order_relaxed);
            told = count;
        }
        if (more == 0)
            spin.wait();
        else
            spin.reset();
    }
    return sum;
}

/* The owner pushes, and a thief takes all. */
template <class Deque, class Thief> void measure_steal(const measuring &run)
{
    const uint64_t n = run.scaled(20000000);
    Deque deque;
    alignas(128) std::atomic<uint64_t> ntaken(0);
    alignas(128) uint64_t sum = 0;
    const double ns = run_threads(2, [&](unsigned i) {
        if (i == 0)
            push_all(deque, n, ntaken);
        else
            sum = take_all<Thief>(deque, n, ntaken);
    });
    check(sum == n * (n + 1) / 2, "every item is taken once");
    run.report_rate(ns, n);
}

template <class Deque> void add_deque(contestants &all, const char *peer)
{
    all.push_back(
        {"deque/push_pop", peer, [](const auto &run) { measure_push_pop<Deque>(run, 1); }});
    all.push_back(
        {"deque/push_pop_1024", peer, [](const auto &run) { measure_push_pop<Deque>(run, 1024); }});
}

template <class Deque, class Thief> void add_thief(contestants &all, const char *peer)
{
    all.push_back({"deque/steal", peer, measure_steal<Deque, Thief>});
}

#endif
