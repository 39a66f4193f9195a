/* pool_peers: TBB, and the tasks of OpenMP as gcc has them (../primitives_pool.h). */
#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include "bench/primitives_pool.h"

/* The thread that enters counts as one of the arena's; for jobs from outside, all are TBB's own. */
class tbb_pool
{
  public:
    explicit tbb_pool(unsigned nthreads)
        : control(tbb::global_control::max_allowed_parallelism, nthreads + 1),
          inside(static_cast<int>(nthreads), 1), outside(static_cast<int>(nthreads), 0)
    {
    }

    template <class Work> void enter(Work work)
    {
        inside.execute(work);
    }

    static uint64_t fib(unsigned n)
    {
        if (n < 2)
            return n;
        uint64_t a, b;
        tbb::task_group group;
        group.run([&a, n] { a = fib(n - 1); });
        b = fib(n - 2);
        group.wait();
        return a + b;
    }

    void for_each(slots slots)
    {
        tbb::parallel_for(
            tbb::blocked_range<slot *>(slots.begin(), slots.end(), 1),
            [](const tbb::blocked_range<slot *> &range) {
                for (slot &slot : range)
                    work(slot);
            },
            tbb::simple_partitioner());
    }

    void spawn_each(slots slots)
    {
        tbb::task_group group;
        for (slot &slot : slots)
            group.run([&slot] { work(slot); });
        group.wait();
    }

    void inject_each(slots slots)
    {
        std::atomic<size_t> nleft(slots.n);
        for (slot &slot : slots)
            outside.enqueue([&slot, &nleft] {
                work(slot);
                nleft.fetch_sub(1, std::memory_order_release);
            });
        spin spin;
        while (nleft.load(std::memory_order_acquire) > 0)
            spin.wait();
    }

    void submit(std::atomic<uint64_t> &started)
    {
        outside.enqueue([&started] { started.store(static_cast<uint64_t>(now_ns())); });
    }

  private:
    tbb::global_control control;
    tbb::task_arena inside, outside;
};

class openmp_pool
{
  public:
    explicit openmp_pool(unsigned nthreads) : nthreads(nthreads)
    {
    }

    template <class Work> void enter(Work work)
    {
#pragma omp parallel num_threads(nthreads)
#pragma omp single
        work();
    }

    static uint64_t fib(unsigned n)
    {
        if (n < 2)
            return n;
        uint64_t a, b;
#pragma omp task shared(a) firstprivate(n)
        a = fib(n - 1);
        b = fib(n - 2);
#pragma omp taskwait
        return a + b;
    }

    /* A taskloop with grainsize(1) does the same with a million tasks in one array on the stack: if
     * that is large enough, it takes several times as long. */
    void for_each(slots slots)
    {
        spawn_each(slots);
    }

    void spawn_each(slots slots)
    {
        for (slot *at = slots.begin(); at < slots.end(); at++) {
#pragma omp task firstprivate(at)
            work(*at);
        }
#pragma omp taskwait
    }

  private:
    unsigned nthreads;
};

int main(int argc, char **argv)
{
    contestants all;
    add_pool<tbb_pool>(all, "tbb");
    add_pool_outside<tbb_pool>(all, "tbb");
    add_pool<openmp_pool>(all, "openmp");
    return primitives_main(argc, argv, all);
}
