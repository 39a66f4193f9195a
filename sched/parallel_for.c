/* parallel_for.c - loops that split only when there is somebody to split for.
 *
 * Lazy binary splitting: a worker runs its part of the loop piece by piece, and before each piece
 * looks whether its deque is empty. If so, what others could have stolen is stolen, or nothing has
 * been offered yet, and it offers the second half of what is left. A thief does the same with what
 * it got. Halves are tasks on the stack, at most log2(iterations) deep.
 *
 * Tzannes, Caragea, Barua and Vishkin, "Lazy Binary-Splitting", PPoPP 2010.
 */
#include "sched/worker.h"

struct loop {
    rsl_range_fn *body;
    void *arg;
    size_t grain;
    struct rsl_atomic_u32 status; /* the first that was not 0; written once */
};

struct part {
    struct loop *loop;
    size_t begin;
    size_t end;
};

static int run_part(struct rsl_worker *worker, void *arg);

/* Runs the part as two. */
// NOLINTNEXTLINE(misc-no-recursion): each time on half of the iterations
static void split(struct rsl_worker *worker, const struct part *part)
{
    const size_t middle = part->begin + (part->end - part->begin) / 2;
    struct part left = {part->loop, part->begin, middle};
    struct part right = {part->loop, middle, part->end};
    struct rsl_task task;
    rsl_fork(worker, &task, run_part, &right);
    (void)run_part(worker, &left);
    (void)rsl_join(worker, &task);
}

// NOLINTNEXTLINE(misc-no-recursion): as above
static int run_part(struct rsl_worker *worker, void *arg)
{
    struct part *part = arg;
    struct loop *loop = part->loop;
    while (part->begin != part->end) {
        const size_t nleft = part->end - part->begin;
        if (nleft / 2 >= loop->grain && rsl_deque_length(&worker->deque) == 0) {
            split(worker, part);
            return 0;
        }
        const size_t n = nleft < loop->grain ? nleft : loop->grain;
        if (rsl_u32_load_relaxed(&loop->status) != 0) /* relaxed: a wish to stop */
            return 0;
        const size_t begin = part->begin;
        part->begin += n;
        const int status = loop->body(worker, begin, begin + n, loop->arg);
        if (__builtin_expect(status != 0, 0)) {
            uint32_t none = 0;
            /* relaxed: read when all parts are joined */
            (void)rsl_u32_cas_relaxed(&loop->status, &none, (uint32_t)status);
            return 0;
        }
    }
    return 0;
}

int rsl_parallel_for(struct rsl_worker *worker, size_t begin, size_t end, size_t grain,
                     rsl_range_fn *body, void *arg)
{
    if (begin >= end)
        return 0;
    struct loop loop = {.body = body, .arg = arg, .grain = grain > 0 ? grain : 1};
    rsl_u32_init(&loop.status, 0);
    struct part all = {&loop, begin, end};
    (void)run_part(worker, &all);
    return (int)rsl_u32_load_relaxed(&loop.status); /* relaxed: the joins acquired */
}
