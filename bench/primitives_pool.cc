#include "bench/primitives_pool.h"
#include "bench/primitives_ours.h"

#include "sched/fork.h"
#include "sched/pool.h"
#include "sched/scope.h"

struct fib_call {
    unsigned n;
    uint64_t result;
};

static int fib_job(rsl_worker *worker, void *arg)
{
    auto *call = static_cast<fib_call *>(arg);
    if (call->n < 2) {
        call->result = call->n;
        return 0;
    }
    fib_call a = {call->n - 1, 0}, b = {call->n - 2, 0};
    rsl_task task;
    rsl_fork(worker, &task, fib_job, &a);
    const int status = fib_job(worker, &b);
    const int status_of_a = rsl_join(worker, &task);
    call->result = a.result + b.result;
    return status != 0 ? status : status_of_a;
}

static int work_job(rsl_worker *, void *arg)
{
    work(*static_cast<slot *>(arg));
    return 0;
}

static int work_on_range(rsl_worker *, size_t begin, size_t end, void *arg)
{
    slot *first = static_cast<slot *>(arg);
    for (size_t i = begin; i < end; i++)
        work(first[i]);
    return 0;
}

class our_pool
{
  public:
    explicit our_pool(unsigned nthreads)
    {
        rsl_pool_options options{};
        options.nworkers = nthreads;
        check(rsl_pool_create(&options, &pool) == RSL_OK, "the pool starts");
    }
    ~our_pool()
    {
        rsl_pool_destroy(pool);
    }
    our_pool(const our_pool &) = delete;
    our_pool &operator=(const our_pool &) = delete;

    template <class Work> void enter(Work work)
    {
        struct entry {
            our_pool &pool;
            Work &work;
        } entry = {*this, work};
        const auto job = [](rsl_worker *worker, void *arg) {
            auto *entered = static_cast<struct entry *>(arg);
            entered->pool.inside = worker;
            entered->work();
            return 0;
        };
        check(rsl_pool_run(pool, job, &entry) == RSL_OK, "the job is run");
    }

    uint64_t fib(unsigned n)
    {
        fib_call call = {n, 0};
        check(fib_job(inside, &call) == 0, "every task succeeds");
        return call.result;
    }

    void for_each(slots slots)
    {
        check(rsl_parallel_for(inside, 0, slots.n, 1, work_on_range, slots.first) == 0,
              "every piece succeeds");
    }

    void spawn_each(slots slots)
    {
        rsl_scope scope;
        rsl_scope_begin(&scope, inside, nullptr);
        for (slot &slot : slots)
            check(rsl_scope_spawn(&scope, inside, work_job, &slot) == RSL_OK, "there is memory");
        check(rsl_scope_wait(&scope) == 0, "every job succeeds");
    }

    void inject_each(slots slots)
    {
        rsl_scope scope;
        check(rsl_scope_begin_outside(&scope, pool) == RSL_OK, "the pool is open");
        for (slot &slot : slots)
            check(rsl_scope_spawn(&scope, nullptr, work_job, &slot) == RSL_OK, "there is memory");
        check(rsl_scope_wait(&scope) == 0, "every job succeeds");
    }

    void submit(std::atomic<uint64_t> &started)
    {
        const auto job = [](rsl_worker *, void *arg) {
            static_cast<std::atomic<uint64_t> *>(arg)->store(static_cast<uint64_t>(now_ns()));
            return 0;
        };
        check(rsl_pool_spawn(pool, RSL_PRIORITY_NORMAL, job, &started) == RSL_OK,
              "there is memory");
    }

  private:
    rsl_pool *pool;
    rsl_worker *inside = nullptr; /* the one that enter() came to */
};

void add_our_pool(contestants &all)
{
    add_pool<our_pool>(all, "rustle");
    add_pool_outside<our_pool>(all, "rustle");
}
