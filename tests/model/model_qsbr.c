/* Reclamation of ds/qsbr.h under the model checker: nothing is freed that somebody may still read,
 * and everything is in the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ds/qsbr.h"
#include "tests/model/clients.h"
#include "tests/model/graph.h"

struct thing {
    struct rsl_qsbr_node node;
    uint32_t value;
};

static struct rsl_qsbr *domain;
static struct rsl_qsbr_participant *participants[3];
static struct rsl_atomic_ptr places[2]; /* where readers find things */

static struct thing *new_thing(void)
{
    struct thing *thing = model_allocator.allocate(model_allocator.state, sizeof(*thing));
    thing->value = 7;
    return thing;
}

static void reclaim(struct rsl_qsbr_node *node)
{
    model_allocator.release(model_allocator.state, node, sizeof(struct thing));
}

static void begin(unsigned nparticipants)
{
    model_assert(rsl_qsbr_create(&model_allocator, &domain) == RSL_OK);
    for (unsigned i = 0; i < 3; i++)
        participants[i] = NULL;
    for (unsigned i = 0; i < nparticipants; i++)
        model_assert(rsl_qsbr_register(domain, &participants[i]) == RSL_OK);
    for (unsigned i = 0; i < 2; i++)
        rsl_ptr_init(&places[i], new_thing());
    model_name(&domain->epoch, sizeof(domain->epoch), "epoch");
    model_name(&domain->orphans, sizeof(domain->orphans), "orphans");
    model_name(&domain->participants, sizeof(domain->participants), "participants");
    model_name(places, sizeof(places), "places");
    for (unsigned i = 0; i < nparticipants; i++)
        model_name(&participants[i]->seen, sizeof(participants[i]->seen), "seen");
}

static void finish(unsigned nthreads)
{
    for (unsigned i = 1; i <= nthreads; i++)
        model_join(i);
    for (unsigned i = 0; i < 2; i++) {
        struct thing *thing = rsl_ptr_load_relaxed(&places[i]);
        if (thing)
            reclaim(&thing->node);
    }
    for (unsigned i = 0; i < 3; i++)
        rsl_qsbr_unregister(participants[i]);
    rsl_qsbr_destroy(domain);
}

static void read_place(unsigned i)
{
    const struct thing *thing = rsl_ptr_load_acquire(&places[i]);
    if (!thing)
        return;
    rsl_plain_read(thing, sizeof(*thing));
    model_assert(thing->value == 7);
}

static void unlink_and_retire(struct rsl_qsbr_participant *self, unsigned i)
{
    struct thing *thing = rsl_ptr_exchange_acq_rel(&places[i], NULL);
    if (thing)
        rsl_qsbr_retire(self, &thing->node, reclaim);
}

/* What only the owner of a participant touches. Code of ds/ does so without a note to the checker,
 * so its clients say it in the place of that. */
static void own(struct rsl_qsbr_participant *self)
{
    rsl_plain_write(&self->open, offsetof(struct rsl_qsbr_participant, in_use) -
                                     offsetof(struct rsl_qsbr_participant, open));
}

/* --- roles; the argument says which participant --- */

static void reader(void *argument)
{
    struct rsl_qsbr_participant *self = argument;
    read_place(0);
    rsl_qsbr_quiescent(self);
    read_place(0);
    rsl_qsbr_quiescent(self);
    read_place(0);
}

static void reader_once(void *argument)
{
    struct rsl_qsbr_participant *self = argument;
    read_place(0);
    rsl_qsbr_quiescent(self);
}

static void retirer(void *argument)
{
    struct rsl_qsbr_participant *self = argument;
    unlink_and_retire(self, 0);
    rsl_qsbr_quiescent(self);
    rsl_qsbr_quiescent(self);
    rsl_qsbr_quiescent(self);
}

static void retirer_that_leaves(void *argument)
{
    struct rsl_qsbr_participant *self = argument;
    unlink_and_retire(self, 0);
    rsl_qsbr_offline(self);
    rsl_qsbr_online(self);
}

static void sleeper(void *argument)
{
    struct rsl_qsbr_participant *self = argument;
    read_place(0);
    rsl_qsbr_offline(self);
    rsl_qsbr_online(self);
    read_place(0);
    rsl_qsbr_quiescent(self);
}

static void newcomer(void *unused)
{
    (void)unused;
    struct rsl_qsbr_participant *self;
    model_assert(rsl_qsbr_register(domain, &self) == RSL_OK);
    own(self);
    read_place(0);
    rsl_qsbr_quiescent(self);
    own(self);
    rsl_qsbr_unregister(self);
}

static void come_and_go(void *unused)
{
    (void)unused;
    struct rsl_qsbr_participant *self;
    model_assert(rsl_qsbr_register(domain, &self) == RSL_OK);
    own(self);
    rsl_qsbr_unregister(self);
}

/* Leaves its node, which is its own thing that it has read, to others. */
static void leaver(void *argument)
{
    struct rsl_qsbr_participant *self = argument;
    struct thing *thing = new_thing();
    rsl_plain_write(thing, sizeof(*thing));
    rsl_qsbr_retire(self, &thing->node, reclaim);
    rsl_qsbr_offline(self);
}

static void adopter(void *argument)
{
    struct rsl_qsbr_participant *self = argument;
    rsl_qsbr_quiescent(self);
    rsl_qsbr_quiescent(self);
    rsl_qsbr_quiescent(self);
    rsl_qsbr_quiescent(self);
}

/* Keeps a list of its own. */
static void stamper(void *argument)
{
    struct rsl_qsbr_participant *self = argument;
    struct thing *thing = rsl_ptr_exchange_acq_rel(&places[0], NULL);
    const uint64_t stamp = rsl_qsbr_stamp(self);
    bool passed = false;
    for (unsigned i = 0; i < 3 && !passed; i++) {
        rsl_qsbr_quiescent(self);
        passed = rsl_qsbr_passed(self, stamp);
    }
    if (passed)
        reclaim(&thing->node);
    else
        rsl_ptr_store_relaxed(&places[1], thing); /* for finish(); the other thing has gone there */
}

/* Passes once, and looks whether that was enough. */
static void patient(void *argument)
{
    struct rsl_qsbr_participant *self = argument;
    struct thing *thing = rsl_ptr_exchange_acq_rel(&places[0], NULL);
    const uint64_t stamp = rsl_qsbr_stamp(self);
    rsl_qsbr_quiescent(self);
    if (rsl_qsbr_passed(self, stamp))
        reclaim(&thing->node);
    else
        rsl_ptr_store_relaxed(&places[1], thing);
}

/* Ends epochs, if it can. */
static void advancer(void *argument)
{
    struct rsl_qsbr_participant *self = argument;
    (void)rsl_qsbr_passed(self, 1);
    rsl_qsbr_quiescent(self);
    (void)rsl_qsbr_passed(self, 1);
}

static void late_reader(void *argument)
{
    struct rsl_qsbr_participant *self = argument;
    rsl_qsbr_quiescent(self);
    read_place(0);
}

static void retire_second(void *argument)
{
    struct rsl_qsbr_participant *self = argument;
    read_place(0);
    unlink_and_retire(self, 1);
    rsl_qsbr_quiescent(self);
    rsl_qsbr_quiescent(self);
}

static void retire_first(void *argument)
{
    struct rsl_qsbr_participant *self = argument;
    read_place(1);
    unlink_and_retire(self, 0);
    rsl_qsbr_quiescent(self);
    rsl_qsbr_quiescent(self);
}

/* --- clients --- */

static void retire_beside_reader(void)
{
    begin(2);
    (void)model_spawn(reader, participants[0]);
    (void)model_spawn(retirer, participants[1]);
    finish(2);
}

static void retire_beside_sleeper(void)
{
    begin(2);
    (void)model_spawn(sleeper, participants[0]);
    (void)model_spawn(retirer, participants[1]);
    finish(2);
}

static void retire_and_leave(void)
{
    begin(2);
    (void)model_spawn(reader, participants[0]);
    (void)model_spawn(retirer_that_leaves, participants[1]);
    finish(2);
}

static void retire_beside_newcomer(void)
{
    begin(1);
    (void)model_spawn(newcomer, NULL);
    (void)model_spawn(retirer, participants[0]);
    finish(2);
}

static void two_retire(void)
{
    begin(2);
    (void)model_spawn(retire_first, participants[0]);
    (void)model_spawn(retire_second, participants[1]);
    finish(2);
}

static void stamp_beside_reader(void)
{
    begin(2);
    reclaim(rsl_ptr_exchange_acq_rel(&places[1], NULL));
    (void)model_spawn(reader, participants[0]);
    (void)model_spawn(stamper, participants[1]);
    finish(2);
}

/* A participant that was given back is claimed again. */
static void newcomer_takes_a_used_record(void)
{
    begin(2);
    rsl_qsbr_unregister(participants[0]);
    participants[0] = NULL;
    (void)model_spawn(newcomer, NULL);
    (void)model_spawn(retirer, participants[1]);
    finish(2);
}

static void leave_to_adopter(void)
{
    begin(2);
    (void)model_spawn(adopter, participants[0]);
    (void)model_spawn(leaver, participants[1]);
    finish(2);
}

static void two_leave_to_adopter(void)
{
    begin(3);
    rsl_qsbr_offline(participants[0]);
    (void)model_spawn(leaver, participants[1]);
    (void)model_spawn(leaver, participants[2]);
    finish(2);
}

static void two_come_and_go(void)
{
    begin(0);
    (void)model_spawn(come_and_go, NULL);
    (void)model_spawn(come_and_go, NULL);
    finish(2);
}

static void another_ends_the_epochs(void)
{
    begin(3);
    reclaim(rsl_ptr_exchange_acq_rel(&places[1], NULL));
    (void)model_spawn(patient, participants[0]);
    (void)model_spawn(advancer, participants[1]);
    (void)model_spawn(reader_once, participants[2]);
    finish(3);
}

static void another_ends_the_epoch_before_a_reader(void)
{
    begin(3);
    reclaim(rsl_ptr_exchange_acq_rel(&places[1], NULL));
    (void)model_spawn(patient, participants[0]);
    (void)model_spawn(advancer, participants[1]);
    (void)model_spawn(late_reader, participants[2]);
    finish(3);
}

/* The planted bug: frees without a grace period. */
static void impatient(void *unused)
{
    (void)unused;
    struct thing *thing = rsl_ptr_exchange_acq_rel(&places[0], NULL);
    reclaim(&thing->node);
}

static void free_beside_reader(void)
{
    begin(2);
    (void)model_spawn(reader, participants[0]);
    (void)model_spawn(impatient, NULL);
    finish(2);
}

#define CLIENT(function) \
    static const struct model_client function##_client = {.name = #function, .body = (function)}
CLIENT(retire_beside_reader);
CLIENT(retire_beside_sleeper);
CLIENT(retire_and_leave);
CLIENT(retire_beside_newcomer);
CLIENT(two_retire);
CLIENT(stamp_beside_reader);
CLIENT(newcomer_takes_a_used_record);
CLIENT(leave_to_adopter);
CLIENT(two_leave_to_adopter);
CLIENT(two_come_and_go);
CLIENT(another_ends_the_epochs);
CLIENT(another_ends_the_epoch_before_a_reader);
CLIENT(free_beside_reader);

static const struct model_client *const clients[] = {
    &retire_beside_reader_client,
    &retire_beside_sleeper_client,
    &retire_and_leave_client,
    &retire_beside_newcomer_client,
    &two_retire_client,
    &stamp_beside_reader_client,
    &newcomer_takes_a_used_record_client,
    &leave_to_adopter_client,
    &two_leave_to_adopter_client,
    &two_come_and_go_client,
    &another_ends_the_epochs_client,
    &another_ends_the_epoch_before_a_reader_client,
};
#define NCLIENTS (sizeof(clients) / sizeof(clients[0]))

static void nothing_is_freed_that_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < NCLIENTS; i++)
        expect_clean(clients[i]);
}

static void finds_memory_freed_without_a_grace_period(void **state)
{
    (void)state;
    expect_verdict(&free_beside_reader_client, MODEL_BAD_MEMORY);
}

static void every_weakening_is_found(void **state)
{
    (void)state;
    static const char *const files[] = {"qsbr.h", "qsbr.c"};
    static const struct survivor survivors[] = {
        {{"adopt_orphans", OPERATION_RMW, 0, __ATOMIC_ACQUIRE},
         "it stores NULL, through which nobody reads anything"},
        {{"adopt_orphans", OPERATION_RMW, 0, __ATOMIC_RELEASE},
         "orders the links of the list, which are not annotated; the nodes come with `seen`"},
        {{"orphan", OPERATION_RMW, 0, __ATOMIC_RELAXED}, "the same"},
        {{"rsl_qsbr_online", OPERATION_STORE, 1, __ATOMIC_RELAXED},
         "the read-modify-write before it has released all that there is"},
        {{"rsl_qsbr_stamp", OPERATION_RMW, 0, __ATOMIC_RELEASE},
         "nothing is read on the strength of a stamp"},
        {{"try_advance", OPERATION_RMW, 0, __ATOMIC_RELEASE},
         "what the stampers released goes on through it, as through every read-modify-write"},
    };
    expect_sweep(clients, NCLIENTS, files, 2, survivors, sizeof(survivors) / sizeof(survivors[0]));
}

int main(void)
{
#ifdef __SANITIZE_THREAD__
    return 77;
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_freed_that_is_read),
        cmocka_unit_test(finds_memory_freed_without_a_grace_period),
        cmocka_unit_test(every_weakening_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
