#include "sched/event_timers.h"

enum { IDLE, IN_HEAP, DUE };

/* Makes one tree of two, whose roots have no siblings. */
static struct rsl_event_timer *meld(struct rsl_event_timer *a, struct rsl_event_timer *b)
{
    if (a == NULL || b == NULL)
        return a == NULL ? b : a;
    struct rsl_event_timer *first = a->time_ns <= b->time_ns ? a : b;
    struct rsl_event_timer *second = first == a ? b : a;
    second->next = first->child;
    if (second->next != NULL)
        second->next->previous = second;
    second->previous = first;
    first->child = second;
    return first;
}

/* Makes one tree of a list of siblings: two passes, pairs from the left, then all from the right.
 */
static struct rsl_event_timer *meld_siblings(struct rsl_event_timer *first)
{
    struct rsl_event_timer *pairs = NULL; /* the last one first, by `next` */
    while (first != NULL) {
        struct rsl_event_timer *second = first->next;
        struct rsl_event_timer *rest = second == NULL ? NULL : second->next;
        first->next = first->previous = NULL;
        if (second != NULL)
            second->next = second->previous = NULL;
        struct rsl_event_timer *pair = meld(first, second);
        pair->next = pairs;
        pairs = pair;
        first = rest;
    }
    struct rsl_event_timer *root = NULL;
    while (pairs != NULL) {
        struct rsl_event_timer *rest = pairs->next;
        pairs->next = NULL;
        root = meld(root, pairs);
        pairs = rest;
    }
    return root;
}

static void leave_heap(struct rsl_event_timers *timers, struct rsl_event_timer *timer)
{
    struct rsl_event_timer *below = meld_siblings(timer->child);
    if (timer == timers->root) {
        timers->root = below;
    } else {
        if (timer->previous->child == timer)
            timer->previous->child = timer->next;
        else
            timer->previous->next = timer->next;
        if (timer->next != NULL)
            timer->next->previous = timer->previous;
        timers->root = meld(timers->root, below);
    }
    timer->child = timer->next = timer->previous = NULL;
}

void rsl_event_timers_stop(struct rsl_event_timers *timers, struct rsl_event_timer *timer)
{
    if (timer->state == IN_HEAP) {
        leave_heap(timers, timer);
    } else if (timer->state == DUE) {
        if (timer->previous == NULL)
            timers->due = timer->next;
        else
            timer->previous->next = timer->next;
        if (timer->next != NULL)
            timer->next->previous = timer->previous;
        timer->next = timer->previous = NULL;
    }
    timer->state = IDLE;
}

void rsl_event_timers_set(struct rsl_event_timers *timers, struct rsl_event_timer *timer,
                          uint64_t time_ns)
{
    rsl_event_timers_stop(timers, timer);
    timer->time_ns = time_ns;
    timer->child = timer->next = timer->previous = NULL;
    timer->state = IN_HEAP;
    timers->root = meld(timers->root, timer);
}

uint64_t rsl_event_timers_next_ns(const struct rsl_event_timers *timers)
{
    return timers->root == NULL ? RSL_FOREVER : timers->root->time_ns;
}

void rsl_event_timers_take_due(struct rsl_event_timers *timers, uint64_t now_ns)
{
    struct rsl_event_timer *last = NULL;
    while (timers->root != NULL && timers->root->time_ns <= now_ns) {
        struct rsl_event_timer *timer = timers->root;
        leave_heap(timers, timer);
        timer->state = DUE;
        timer->previous = last;
        if (last == NULL)
            timers->due = timer;
        else
            last->next = timer;
        last = timer;
    }
}

struct rsl_event_timer *rsl_event_timers_pop_due(struct rsl_event_timers *timers)
{
    struct rsl_event_timer *timer = timers->due;
    if (timer != NULL)
        rsl_event_timers_stop(timers, timer);
    return timer;
}

bool rsl_event_timer_is_set(const struct rsl_event_timer *timer)
{
    return timer->state != IDLE;
}
