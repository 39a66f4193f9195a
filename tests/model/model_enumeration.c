/* The checker against plain enumeration: for random programs of two or three threads, the
 * executions that it visits must be exactly the consistent ones, each once.
 *
 * The enumeration shares nothing with the checker. It takes every assignment of stores to loads and
 * every order of the stores of a location, and tests the axioms of RC11 as they are written, with
 * relations as matrices (Lahav et al., PLDI 2017, figure 3; release sequences as in C++20).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ds/atomic.h"
#include "tests/model/model.h"
#include "tests/model/run.h"

enum { NLOCATIONS = 2, MAX_STEPS = 4, MAX_RANDOM_THREADS = 3, MAX_NODES = 24 };

enum step_kind { STEP_LOAD, STEP_STORE, STEP_ADD, STEP_CAS, STEP_FENCE };

struct step {
    enum step_kind kind;
    unsigned location;
    int order;
    uint32_t operand, expected;
};

struct program {
    unsigned nthreads;
    unsigned nsteps[MAX_RANDOM_THREADS];
    struct step steps[MAX_RANDOM_THREADS][MAX_STEPS];
};

static struct program program;

/* --- random programs --- */

static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)((random_state >> 33) % n);
}

static const int load_orders[] = {__ATOMIC_RELAXED, __ATOMIC_ACQUIRE, __ATOMIC_SEQ_CST};
static const int store_orders[] = {__ATOMIC_RELAXED, __ATOMIC_RELEASE, __ATOMIC_SEQ_CST};
static const int rmw_orders[] = {__ATOMIC_RELAXED, __ATOMIC_ACQUIRE, __ATOMIC_RELEASE,
                                 __ATOMIC_ACQ_REL, __ATOMIC_SEQ_CST};
static const int fence_orders[] = {__ATOMIC_ACQUIRE, __ATOMIC_RELEASE, __ATOMIC_ACQ_REL,
                                   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST};

static struct step random_step(uint32_t number)
{
    struct step step = {.location = random_below(NLOCATIONS), .operand = UINT32_C(1) << number};
    const uint32_t dice = random_below(16);
    if (dice < 5) {
        step.kind = STEP_LOAD;
        step.order = load_orders[random_below(3)];
    } else if (dice < 10) {
        step.kind = STEP_STORE;
        step.order = store_orders[random_below(3)];
    } else if (dice < 12) {
        step.kind = STEP_ADD;
        step.order = rmw_orders[random_below(5)];
    } else if (dice < 13) {
        step.kind = STEP_CAS;
        step.order = rmw_orders[random_below(5)];
        step.expected = random_below(2) ? 0 : UINT32_C(1) << random_below(number + 1);
    } else {
        step.kind = STEP_FENCE;
        step.order = fence_orders[random_below(6)];
    }
    return step;
}

static void random_program(uint64_t seed)
{
    random_state = seed;
    program.nthreads = 2 + random_below(2);
    uint32_t number = 0;
    for (unsigned t = 0; t < program.nthreads; t++) {
        program.nsteps[t] = program.nthreads == 2 ? 3 + random_below(2) : 2 + random_below(2);
        for (unsigned i = 0; i < program.nsteps[t]; i++)
            program.steps[t][i] = random_step(number++);
    }
}

static int failure_order(int order)
{
    switch (order) {
    case __ATOMIC_ACQ_REL: return __ATOMIC_ACQUIRE;
    case __ATOMIC_RELEASE: return __ATOMIC_RELAXED;
    default: return order;
    }
}

/* --- executions, by name: for each load the store it reads, for each location its stores --- */

struct execution {
    /* By thread and number of the event in the thread: 1 + 16 * thread + number of the store that a
     * load reads, 0 for the initial value, 255 for what is not a load. */
    uint8_t sources[MAX_RANDOM_THREADS][2 * MAX_STEPS];
    uint8_t stores[NLOCATIONS][MAX_NODES]; /* in modification order, in the same way; 0 ends */
};

struct executions {
    size_t n, capacity;
    struct execution *all;
};

static struct executions expected, explored;

static void keep_execution(struct executions *to, const struct execution *execution)
{
    if (to->n == to->capacity) {
        to->capacity = to->capacity ? 2 * to->capacity : 64;
        to->all = realloc(to->all, to->capacity * sizeof(*to->all));
        assert_non_null(to->all);
    }
    to->all[to->n++] = *execution;
}

static int compare_executions(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct execution));
}

/* --- what the checker visits --- */

static struct rsl_atomic_u32 locations[NLOCATIONS];

static void run_steps(void *argument)
{
    const unsigned thread = *(const unsigned *)argument;
    for (unsigned i = 0; i < program.nsteps[thread]; i++) {
        const struct step *step = &program.steps[thread][i];
        uint32_t *at = &locations[step->location].value;
        uint64_t seen = step->expected;
        switch (step->kind) {
        case STEP_LOAD: (void)rsl_model_load(at, sizeof(*at), step->order); break;
        case STEP_STORE: rsl_model_store(at, sizeof(*at), step->operand, step->order); break;
        case STEP_ADD:
            (void)rsl_model_rmw(at, sizeof(*at), RSL_MODEL_ADD, step->operand, step->order);
            break;
        case STEP_CAS:
            (void)rsl_model_cas(at, sizeof(*at), &seen, step->operand, step->order,
                                failure_order(step->order));
            break;
        case STEP_FENCE: rsl_model_fence(step->order); break;
        }
    }
}

static void run_program(void)
{
    static unsigned numbers[MAX_RANDOM_THREADS] = {0, 1, 2};
    unsigned started[MAX_RANDOM_THREADS] = {0};
    for (unsigned t = 0; t < program.nthreads; t++)
        started[t] = model_spawn(run_steps, &numbers[t]);
    for (unsigned t = 0; t < program.nthreads; t++)
        model_join(started[t]);
}

static unsigned location_of(const struct event *event)
{
    return event->at == (uintptr_t)&locations[1];
}

/* Thread 0 is the main thread, and the first event of each is its start. */
static uint8_t name_of(const struct event *event)
{
    return (uint8_t)(1 + 16 * (event->thread - 1) + event->index - 1);
}

static void note_execution(void)
{
    const struct graph *graph = model_graph();
    struct execution execution;
    memset(&execution, 0, sizeof(execution));
    memset(execution.sources, 255, sizeof(execution.sources));
    for (int i = 0; i < graph->nevents; i++) {
        const struct event *event = &graph->events[i];
        if (event->kind == EVENT_LOAD)
            execution.sources[event->thread - 1][event->index - 1] =
                event->source == NOTHING ? 0 : name_of(&graph->events[event->source]);
        if (event->kind == EVENT_STORE)
            execution.stores[location_of(event)][event->rank - 1] = name_of(event);
    }
    keep_execution(&explored, &execution);
}

/* --- what there is --- */

/* Bit b of row a: a is before b. */
struct relation {
    uint32_t rows[MAX_NODES];
};

struct node {
    unsigned thread, number; /* the initial stores have thread 99 */
    bool is_load, is_store, is_fence;
    unsigned location;
    int order;
    uint32_t value;
    const struct step *step;
    int source; /* of a load */
};

static struct node nodes[MAX_NODES];
static unsigned nnodes;
static struct relation po, rmw;

static bool has(const struct relation *relation, unsigned a, unsigned b)
{
    return relation->rows[a] >> b & 1;
}

static void relate(struct relation *relation, unsigned a, unsigned b)
{
    relation->rows[a] |= UINT32_C(1) << b;
}

static struct relation join(const struct relation *a, const struct relation *b)
{
    struct relation both = {{0}};
    for (unsigned i = 0; i < nnodes; i++)
        both.rows[i] = a->rows[i] | b->rows[i];
    return both;
}

static struct relation compose(const struct relation *a, const struct relation *b)
{
    struct relation result = {{0}};
    for (unsigned i = 0; i < nnodes; i++) {
        for (unsigned j = 0; j < nnodes; j++) {
            if (has(a, i, j))
                result.rows[i] |= b->rows[j];
        }
    }
    return result;
}

static struct relation closure(struct relation relation)
{
    for (unsigned k = 0; k < nnodes; k++) {
        for (unsigned i = 0; i < nnodes; i++) {
            if (has(&relation, i, k))
                relation.rows[i] |= relation.rows[k];
        }
    }
    return relation;
}

static struct relation reflexive(struct relation relation)
{
    for (unsigned i = 0; i < nnodes; i++)
        relate(&relation, i, i);
    return relation;
}

static bool is_irreflexive(const struct relation *relation)
{
    for (unsigned i = 0; i < nnodes; i++) {
        if (has(relation, i, i))
            return false;
    }
    return true;
}

static bool is_acyclic(const struct relation *relation)
{
    const struct relation all = closure(*relation);
    return is_irreflexive(&all);
}

typedef bool node_filter(const struct node *node);

static bool releases(const struct node *node)
{
    return (node->is_store || node->is_fence) &&
           (node->order == __ATOMIC_RELEASE || node->order == __ATOMIC_ACQ_REL ||
            node->order == __ATOMIC_SEQ_CST);
}

static bool acquires(const struct node *node)
{
    return (node->is_load || node->is_fence) &&
           (node->order == __ATOMIC_ACQUIRE || node->order == __ATOMIC_ACQ_REL ||
            node->order == __ATOMIC_SEQ_CST);
}

static bool is_fence(const struct node *node)
{
    return node->is_fence;
}

static bool is_store(const struct node *node)
{
    return node->is_store;
}

static bool is_seq_cst(const struct node *node)
{
    return node->order == __ATOMIC_SEQ_CST;
}

static bool is_seq_cst_fence(const struct node *node)
{
    return node->is_fence && is_seq_cst(node);
}

static struct relation identity(node_filter *filter)
{
    struct relation result = {{0}};
    for (unsigned i = 0; i < nnodes; i++) {
        if (filter(&nodes[i]))
            relate(&result, i, i);
    }
    return result;
}

static struct relation compose3(const struct relation *a, const struct relation *b,
                                const struct relation *c)
{
    const struct relation ab = compose(a, b);
    return compose(&ab, c);
}

static struct relation happens_before(const struct relation *rf)
{
    /* sw = [rel] ; ([F] ; po)? ; [W] ; (rf ; rmw)* ; rf ; (po ; [F])? ; [acq] */
    const struct relation fences = identity(is_fence), stores = identity(is_store);
    const struct relation from = identity(releases), to = identity(acquires);
    const struct relation before = compose(&fences, &po), after = compose(&po, &fences);
    const struct relation before_or_here = reflexive(before), after_or_here = reflexive(after);
    const struct relation link = compose(rf, &rmw);
    const struct relation sequence = reflexive(closure(link));
    const struct relation head = compose3(&from, &before_or_here, &stores);
    const struct relation middle = compose3(&head, &sequence, rf);
    const struct relation sw = compose3(&middle, &after_or_here, &to);
    return closure(join(&po, &sw));
}

static bool same_location(unsigned a, unsigned b)
{
    return !nodes[a].is_fence && !nodes[b].is_fence && nodes[a].location == nodes[b].location;
}

static bool has_sc_order(const struct relation *hb, const struct relation *mo,
                         const struct relation *fr, const struct relation *eco)
{
    struct relation po_elsewhere = {{0}}, hb_here = {{0}};
    for (unsigned a = 0; a < nnodes; a++) {
        for (unsigned b = 0; b < nnodes; b++) {
            if (has(&po, a, b) && !same_location(a, b))
                relate(&po_elsewhere, a, b);
            if (has(hb, a, b) && same_location(a, b))
                relate(&hb_here, a, b);
        }
    }
    struct relation scb = compose3(&po_elsewhere, hb, &po_elsewhere);
    scb = join(&scb, &po);
    scb = join(&scb, &hb_here);
    scb = join(&scb, mo);
    scb = join(&scb, fr);
    const struct relation sc = identity(is_seq_cst), sc_fence = identity(is_seq_cst_fence);
    const struct relation hb_or_here = reflexive(*hb);
    const struct relation from_fence = compose(&sc_fence, &hb_or_here);
    const struct relation to_fence = compose(&hb_or_here, &sc_fence);
    const struct relation from = join(&sc, &from_fence), to = join(&sc, &to_fence);
    const struct relation base = compose3(&from, &scb, &to);
    const struct relation around = compose3(hb, eco, hb);
    const struct relation either = join(hb, &around);
    const struct relation fences = compose3(&sc_fence, &either, &sc_fence);
    const struct relation psc = join(&base, &fences);
    return is_acyclic(&psc);
}

static uint8_t node_name(unsigned i)
{
    return (uint8_t)(nodes[i].thread == 99 ? 0 : 1 + 16 * nodes[i].thread + nodes[i].number);
}

static void judge(const struct relation *rf, const struct relation *hb, const struct relation *mo)
{
    struct relation fr = {{0}};
    for (unsigned i = 0; i < nnodes; i++) {
        if (nodes[i].is_load)
            fr.rows[i] = mo->rows[nodes[i].source];
    }
    struct relation eco = join(rf, mo);
    eco = closure(join(&eco, &fr));
    const struct relation eco_or_here = reflexive(eco);
    const struct relation coherence = compose(hb, &eco_or_here);
    if (!is_irreflexive(&coherence))
        return;
    const struct relation between = compose(&fr, mo);
    for (unsigned i = 0; i < nnodes; i++) {
        if (rmw.rows[i] & between.rows[i])
            return;
    }
    if (!has_sc_order(hb, mo, &fr, &eco))
        return;
    struct execution execution;
    memset(&execution, 0, sizeof(execution));
    memset(execution.sources, 255, sizeof(execution.sources));
    for (unsigned i = 0; i < nnodes; i++) {
        if (nodes[i].is_load)
            execution.sources[nodes[i].thread][nodes[i].number] =
                node_name((unsigned)nodes[i].source);
        if (nodes[i].is_store && nodes[i].thread != 99) {
            unsigned rank = 0;
            for (unsigned j = 0; j < nnodes; j++)
                rank += has(mo, j, i);
            execution.stores[nodes[i].location][rank - 1] = node_name(i);
        }
    }
    keep_execution(&expected, &execution);
}

/* Adds stores to modification orders, in every order, from node `i` on. As deep as there are
 * stores: NOLINTNEXTLINE(misc-no-recursion) */
static void order_stores(const struct relation *rf, const struct relation *hb,
                         const struct relation *mo, unsigned i)
{
    while (i < nnodes && !nodes[i].is_store)
        i++;
    if (i == nnodes) {
        judge(rf, hb, mo);
        return;
    }
    /* Insert behind each of the stores already in order, or in front of all. */
    for (unsigned behind = 0; behind < i; behind++) {
        if (!nodes[behind].is_store || nodes[behind].location != nodes[i].location)
            continue;
        struct relation more = *mo;
        more.rows[i] = mo->rows[behind];
        relate(&more, behind, i);
        for (unsigned j = 0; j < i; j++) {
            if (has(mo, j, behind))
                relate(&more, j, i);
        }
        order_stores(rf, hb, &more, i + 1);
    }
}

/* Works out values; false if a compare-and-swap does not end as assumed. */
static bool values_fit(void)
{
    /* po and rf have no cycle, so as many rounds as there are nodes settle all. */
    for (unsigned round = 0; round < nnodes; round++) {
        for (unsigned i = NLOCATIONS; i < nnodes; i++) {
            struct node *node = &nodes[i];
            if (node->is_load)
                node->value = nodes[node->source].value;
            if (node->is_store)
                node->value =
                    node->step->operand + (node->step->kind == STEP_ADD ? nodes[i - 1].value : 0);
        }
    }
    for (unsigned i = 0; i < nnodes; i++) {
        if (nodes[i].is_load && nodes[i].step->kind == STEP_CAS) {
            const bool succeeds = i + 1 < nnodes && has(&rmw, i, i + 1);
            if (succeeds != (nodes[i].value == nodes[i].step->expected))
                return false;
        }
    }
    return true;
}

/* Gives every load from node `i` on every source. As deep as there are loads:
 * NOLINTNEXTLINE(misc-no-recursion) */
static void choose_sources(struct relation *rf, unsigned i)
{
    while (i < nnodes && !nodes[i].is_load)
        i++;
    if (i == nnodes) {
        const struct relation both = join(&po, rf);
        if (!is_acyclic(&both) || !values_fit())
            return;
        const struct relation hb = happens_before(rf), none = {{0}};
        order_stores(rf, &hb, &none, NLOCATIONS);
        return;
    }
    for (unsigned source = 0; source < nnodes; source++) {
        if (!nodes[source].is_store || nodes[source].location != nodes[i].location ||
            has(&rmw, i, source))
            continue;
        struct relation more = *rf;
        relate(&more, source, i);
        nodes[i].source = (int)source;
        choose_sources(&more, i + 1);
    }
}

static void add_node(unsigned thread, unsigned number, const struct step *step, int order,
                     enum step_kind as)
{
    assert_true(nnodes < MAX_NODES);
    nodes[nnodes++] = (struct node){
        .thread = thread,
        .number = number,
        .is_load = as == STEP_LOAD,
        .is_store = as == STEP_STORE,
        .is_fence = as == STEP_FENCE,
        .location = step ? step->location : number,
        .order = order,
        .step = step,
    };
}

/* All executions in which exactly those compare-and-swaps succeed that have their bit set. */
static void enumerate(unsigned successes)
{
    nnodes = 0;
    memset(&po, 0, sizeof(po));
    memset(&rmw, 0, sizeof(rmw));
    for (unsigned i = 0; i < NLOCATIONS; i++)
        add_node(99, i, NULL, __ATOMIC_RELAXED, STEP_STORE);
    unsigned ncas = 0;
    for (unsigned t = 0; t < program.nthreads; t++) {
        unsigned number = 0;
        for (unsigned i = 0; i < program.nsteps[t]; i++) {
            const struct step *step = &program.steps[t][i];
            const bool succeeds =
                step->kind == STEP_ADD || (step->kind == STEP_CAS && successes >> ncas++ & 1);
            switch (step->kind) {
            case STEP_ADD:
            case STEP_CAS:
                add_node(t, number++, step, succeeds ? step->order : failure_order(step->order),
                         STEP_LOAD);
                if (succeeds) {
                    relate(&rmw, nnodes - 1, nnodes);
                    add_node(t, number++, step, step->order, STEP_STORE);
                }
                break;
            default: add_node(t, number++, step, step->order, step->kind); break;
            }
        }
    }
    for (unsigned a = 0; a < nnodes; a++) {
        for (unsigned b = 0; b < nnodes; b++) {
            if (a != b && (nodes[a].thread == 99 ? nodes[b].thread != 99
                                                 : a < b && nodes[a].thread == nodes[b].thread))
                relate(&po, a, b);
        }
    }
    struct relation rf = {{0}};
    choose_sources(&rf, NLOCATIONS);
}

static void enumerate_all(void)
{
    unsigned ncas = 0;
    for (unsigned t = 0; t < program.nthreads; t++) {
        for (unsigned i = 0; i < program.nsteps[t]; i++)
            ncas += program.steps[t][i].kind == STEP_CAS;
    }
    for (unsigned successes = 0; successes < 1U << ncas; successes++)
        enumerate(successes);
}

static void print_program(uint64_t seed)
{
    static const char *const kinds[] = {"load", "store", "add", "cas", "fence"};
    print_error("seed %llu: %zu executions expected, %zu explored\n", (unsigned long long)seed,
                expected.n, explored.n);
    for (unsigned t = 0; t < program.nthreads; t++) {
        for (unsigned i = 0; i < program.nsteps[t]; i++) {
            const struct step *step = &program.steps[t][i];
            print_error("  %u: %s %c order %d, %u, if %u\n", t, kinds[step->kind],
                        "xy"[step->location], step -> order, step -> operand, step -> expected);
        }
    }
}

static void explores_each_consistent_execution_once(void **state)
{
    (void)state;
    const struct model_client client = {
        .name = "random", .body = run_program, .on_execution = note_execution};
    size_t nexecutions = 0;
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        random_program(seed);
        expected.n = explored.n = 0;
        enumerate_all();
        struct model_result result;
        model_check(&client, &result);
        qsort(expected.all, expected.n, sizeof(*expected.all), compare_executions);
        qsort(explored.all, explored.n, sizeof(*explored.all), compare_executions);
        if (result.verdict != MODEL_CLEAN || expected.n != explored.n ||
            memcmp(expected.all, explored.all, expected.n * sizeof(*expected.all)) != 0) {
            print_program(seed);
            fail();
        }
        nexecutions += expected.n;
    }
    print_message("%zu executions of 2000 programs\n", nexecutions);
    assert_true(nexecutions > 30000);
    free(expected.all);
    free(explored.all);
}

int main(void)
{
#ifdef __SANITIZE_THREAD__
    return 77;
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(explores_each_consistent_execution_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
