/* fork.c - tasks, which live on their owners' stacks.
 *
 * A task that nobody steals costs a push, a pop and a call: no atomic operation but the pop's
 * fence. Items above it in the deque were pushed later, so the owner that joins runs those first;
 * if the deque is empty before the task turns up, it has been stolen.
 */
#include "sched/worker.h"

static bool task_is_done(const void *target)
{
    const struct rsl_task *task = target;
    /* acquire: pairs with run_task() in worker.c */
    return rsl_u32_load_acquire(&task->done) != 0;
}

void rsl_fork(struct rsl_worker *worker, struct rsl_task *task, rsl_job_fn *fn, void *arg)
{
    task->fn = fn;
    task->arg = arg;
    task->owner = worker;
    rsl_u32_init(&task->done, 0);
    if (__builtin_expect(rsl_deque_push(&worker->deque, tagged(task, TAG_TASK)) == RSL_OK, 1)) {
        rsl_pool_job_added(worker->pool);
        return;
    }
    /* No memory to offer it to others. */
    task->status = fn(worker, arg);
    rsl_u32_init(&task->done, 1);
}

int rsl_join(struct rsl_worker *worker, struct rsl_task *task)
{
    void *item = rsl_worker_pop(worker);
    if (__builtin_expect(item == tagged(task, TAG_TASK), 1)) {
        count(&worker->counters.njobs, 1);
        return task->fn(worker, task->arg);
    }
    if (item != NULL)
        rsl_worker_run_item(worker, item);
    const struct rsl_goal goal = {task_is_done, task, NULL};
    rsl_worker_run_until(worker, &goal);
    return task->status;
}
