#include "sched/gate.h"

#include <stddef.h>

void rsl_gate_init(struct rsl_gate *gate, uint64_t budget)
{
    *gate = (struct rsl_gate){.budget = budget};
    pthread_mutex_init(&gate->lock, NULL); /* on Linux it cannot fail without attributes */
    gate->last = &gate->first;
}

void rsl_gate_fini(struct rsl_gate *gate)
{
    pthread_mutex_destroy(&gate->lock);
}

static bool fits(const struct rsl_gate *gate, uint64_t weight)
{
    return gate->used == 0 || (gate->used <= gate->budget && weight <= gate->budget - gate->used);
}

static void take(struct rsl_gate *gate, uint64_t weight)
{
    gate->used += weight;
    if (gate->used > gate->most_used)
        gate->most_used = gate->used;
}

bool rsl_gate_enter(struct rsl_gate *gate, struct rsl_gate_ticket *ticket, uint64_t weight)
{
    *ticket = (struct rsl_gate_ticket){.weight = weight};
    pthread_mutex_lock(&gate->lock);
    const bool in = gate->first == NULL && fits(gate, weight);
    if (in) {
        take(gate, weight);
    } else {
        *gate->last = ticket;
        gate->last = &ticket->next;
        gate->nwaited++;
    }
    pthread_mutex_unlock(&gate->lock);
    return in;
}

struct rsl_gate_ticket *rsl_gate_leave(struct rsl_gate *gate, uint64_t weight)
{
    struct rsl_gate_ticket *in = NULL, **in_end = &in;
    pthread_mutex_lock(&gate->lock);
    gate->used -= weight;
    while (gate->first != NULL && fits(gate, gate->first->weight)) {
        struct rsl_gate_ticket *ticket = gate->first;
        gate->first = ticket->next;
        if (gate->first == NULL)
            gate->last = &gate->first;
        take(gate, ticket->weight);
        ticket->next = NULL;
        *in_end = ticket;
        in_end = &ticket->next;
    }
    pthread_mutex_unlock(&gate->lock);
    return in;
}
