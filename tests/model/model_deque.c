/* The deque of ds/deque.h under the model checker: owner against thieves, the last item, growth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ds/deque.h"
#include "tests/model/clients.h"
#include "tests/model/graph.h"

static struct rsl_deque deque;
static struct item {
    uint32_t written; /* by the owner, before it pushes */
    uint32_t ntaken;  /* by whoever gets it: races unless that is one */
} items[4];
static unsigned npushed;
/* Thieves enter and leave, and the owner fences only when one is there. */
static struct rsl_deque_thieves thieves;
static bool thieves_enter;
/* What the deque begins with, so that indices wrap in the middle of a client. */
static size_t first_index;

static void begin(void)
{
    npushed = 0;
    for (unsigned i = 0; i < 4; i++)
        items[i] = (struct item){0, 0};
    model_assert(rsl_deque_init(&deque, &model_allocator, 2) == RSL_OK);
    rsl_deque_thieves_init(&thieves);
    rsl_size_init(&deque.top, first_index);
    rsl_size_init(&deque.bottom, first_index);
    deque.seen_top = first_index;
    model_name(&deque.top, sizeof(deque.top), "top");
    model_name(&deque.bottom, sizeof(deque.bottom), "bottom");
    model_name(&deque.array, sizeof(deque.array), "array");
    model_name(&thieves, sizeof(thieves), "thieves");
    model_name(items, sizeof(items), "items");
}

static void push(void)
{
    struct item *item = &items[npushed++];
    rsl_plain_write(&item->written, sizeof(item->written));
    item->written = 1;
    model_assert(rsl_deque_push(&deque, item) == RSL_OK);
}

static void take(struct item *item)
{
    rsl_plain_read(&item->written, sizeof(item->written));
    model_assert(item->written == 1);
    rsl_plain_write(&item->ntaken, sizeof(item->ntaken));
    item->ntaken++;
    model_assert(item->ntaken == 1);
}

static void pop(void)
{
    struct item *item = rsl_deque_pop_among(&deque, thieves_enter ? &thieves : NULL);
    if (item)
        take(item);
}

static enum rsl_steal steal(void)
{
    void *item;
    const enum rsl_steal answer = rsl_deque_steal(&deque, &item);
    if (answer == RSL_STEAL_ITEM)
        take(item);
    return answer;
}

static void enter(void)
{
    if (thieves_enter)
        rsl_deque_thieves_enter(&thieves);
}

static void leave(void)
{
    if (thieves_enter)
        rsl_deque_thieves_leave(&thieves);
}

static void steal_once(void *unused)
{
    (void)unused;
    enter();
    (void)steal();
    leave();
}

static void steal_twice(void *unused)
{
    (void)unused;
    enter();
    (void)steal();
    (void)steal();
    leave();
}

static void steal_come_and_go(void *unused)
{
    steal_once(unused);
    steal_once(unused);
}

/* Every item is taken once; what nobody took is still there. */
static void finish(unsigned nthieves)
{
    for (unsigned i = 1; i <= nthieves; i++)
        model_join(i);
    for (;;) {
        struct item *item = rsl_deque_pop(&deque);
        if (!item)
            break;
        take(item);
    }
    for (unsigned i = 0; i < npushed; i++)
        model_assert(items[i].ntaken == 1);
    rsl_deque_fini(&deque);
}

static void one_item_one_thief(void)
{
    begin();
    (void)model_spawn(steal_once, NULL);
    push();
    pop();
    finish(1);
}

static void two_items_one_thief(void)
{
    begin();
    (void)model_spawn(steal_twice, NULL);
    push();
    push();
    pop();
    pop();
    finish(1);
}

static void thief_that_comes_and_goes(void)
{
    begin();
    (void)model_spawn(steal_come_and_go, NULL);
    push();
    push();
    pop();
    pop();
    finish(1);
}

static void two_items_two_thieves(void)
{
    begin();
    (void)model_spawn(steal_once, NULL);
    (void)model_spawn(steal_once, NULL);
    push();
    push();
    pop();
    finish(2);
}

/* Pops, and puts another in the same place. */
static void pop_and_push_again(void)
{
    begin();
    (void)model_spawn(steal_twice, NULL);
    push();
    pop();
    push();
    pop();
    finish(1);
}

static void pop_between_pushes_with_two_thieves(void)
{
    begin();
    (void)model_spawn(steal_once, NULL);
    (void)model_spawn(steal_once, NULL);
    push();
    push();
    pop();
    push();
    finish(2);
}

/* The third item does not fit. */
static void growth(void)
{
    begin();
    (void)model_spawn(steal_twice, NULL);
    push();
    push();
    push();
    pop();
    finish(1);
}

static void growth_with_two_thieves(void)
{
    begin();
    (void)model_spawn(steal_once, NULL);
    (void)model_spawn(steal_once, NULL);
    push();
    push();
    push();
    finish(2);
}

/* Fills the slot of an item that a thief has taken. */
static void slot_used_again(void)
{
    begin();
    (void)model_spawn(steal_twice, NULL);
    push();
    push();
    pop();
    push();
    push();
    finish(1);
}

/* Nobody is told that it is empty while an item is there all the time. */
static void steal_one_of_two(void *unused)
{
    (void)unused;
    enter();
    model_assert(steal() == RSL_STEAL_ITEM);
    leave();
}

static void empty_means_empty(void)
{
    begin();
    push();
    push();
    (void)model_spawn(steal_one_of_two, NULL);
    pop();
    finish(1);
}

/* One item has been there all the time. */
static void ask_length(void *unused)
{
    (void)unused;
    const size_t length = rsl_deque_length(&deque);
    model_assert(length == 1 || length == 2);
}

static void length_is_never_what_it_never_was(void)
{
    begin();
    push();
    (void)model_spawn(ask_length, NULL);
    push();
    (void)steal();
    finish(1);
}

static void two_thieves_all_the_way(void)
{
    begin();
    (void)model_spawn(steal_twice, NULL);
    (void)model_spawn(steal_twice, NULL);
    push();
    push();
    pop();
    pop();
    push();
    pop();
    finish(2);
}

static void three_thieves(void)
{
    begin();
    (void)model_spawn(steal_once, NULL);
    (void)model_spawn(steal_once, NULL);
    (void)model_spawn(steal_once, NULL);
    push();
    push();
    pop();
    push();
    push();
    pop();
    finish(3);
}

/* The planted bug: whoever grows frees the old array at once. */
static void free_old_array(void)
{
    struct rsl_deque_array *old = deque.owner_array->previous;
    model_allocator.release(model_allocator.state, old,
                            sizeof(*old) + (old->mask + 1) * sizeof(struct rsl_atomic_ptr));
    deque.owner_array->previous = NULL;
}

static void growth_that_frees_at_once(void)
{
    begin();
    (void)model_spawn(steal_once, NULL);
    push();
    push();
    push();
    free_old_array();
    finish(1);
}

/* Each client twice: with thieves that may come at any time, and with such as enter and leave. */
#define CLIENT(function)                                               \
    static void function##_freely(void)                                \
    {                                                                  \
        thieves_enter = false;                                         \
        function();                                                    \
    }                                                                  \
    static void function##_entering(void)                              \
    {                                                                  \
        thieves_enter = true;                                          \
        function();                                                    \
    }                                                                  \
    static const struct model_client function##_clients[] = {          \
        {.name = #function, .body = function##_freely},                \
        {.name = #function ", entering", .body = function##_entering}, \
    }
CLIENT(one_item_one_thief);
CLIENT(two_items_one_thief);
CLIENT(thief_that_comes_and_goes);
CLIENT(two_items_two_thieves);
CLIENT(pop_and_push_again);
CLIENT(pop_between_pushes_with_two_thieves);
CLIENT(growth);
CLIENT(growth_with_two_thieves);
CLIENT(slot_used_again);
CLIENT(empty_means_empty);
CLIENT(length_is_never_what_it_never_was);
CLIENT(two_thieves_all_the_way);
CLIENT(three_thieves);
CLIENT(growth_that_frees_at_once);

static const struct model_client *const clients[] = {
    &one_item_one_thief_clients[0],
    &one_item_one_thief_clients[1],
    &empty_means_empty_clients[0],
    &empty_means_empty_clients[1],
    &two_items_one_thief_clients[0],
    &two_items_one_thief_clients[1],
    &thief_that_comes_and_goes_clients[0],
    &thief_that_comes_and_goes_clients[1],
    &two_items_two_thieves_clients[0],
    &two_items_two_thieves_clients[1],
    &pop_and_push_again_clients[0],
    &pop_and_push_again_clients[1],
    &growth_clients[0],
    &growth_clients[1],
    &growth_with_two_thieves_clients[0],
    &growth_with_two_thieves_clients[1],
    &slot_used_again_clients[0],
    &slot_used_again_clients[1],
    &pop_between_pushes_with_two_thieves_clients[0],
    &pop_between_pushes_with_two_thieves_clients[1],
    &length_is_never_what_it_never_was_clients[0],
    &length_is_never_what_it_never_was_clients[1],
};
#define NCLIENTS (sizeof(clients) / sizeof(clients[0]))

static void every_item_is_taken_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < NCLIENTS; i++)
        expect_clean(clients[i]);
    for (size_t i = 0; i < 2; i++)
        expect_clean_at_length(&two_thieves_all_the_way_clients[i]);
    expect_clean_at_length(&three_thieves_clients[0]);
}

static void every_item_is_taken_once_where_indices_wrap(void **state)
{
    (void)state;
    for (size_t back = 1; back <= 3; back++) {
        first_index = (size_t)0 - back;
        expect_clean(&growth_clients[0]);
        expect_clean(&slot_used_again_clients[0]);
        expect_clean(&two_items_two_thieves_clients[0]);
    }
    first_index = 0;
}

static void finds_a_missing_fence_in_pop(void **state)
{
    (void)state;
    expect_found(&two_items_one_thief_clients[0],
                 (struct weakening){"rsl_deque_pop_among", OPERATION_FENCE, 0, ORDER_NONE},
                 MODEL_RACE);
}

static void finds_a_missing_fence_beside_thieves_that_enter(void **state)
{
    (void)state;
    const struct model_client *client = &two_items_one_thief_clients[1];
    expect_found(client, (struct weakening){"rsl_deque_fence", OPERATION_FENCE, 0, ORDER_NONE},
                 MODEL_RACE);
    expect_found(client, (struct weakening){"rsl_deque_fence", OPERATION_FENCE, 1, ORDER_NONE},
                 MODEL_RACE);
    expect_found(client,
                 (struct weakening){"rsl_deque_thieves_enter", OPERATION_FENCE, 0, ORDER_NONE},
                 MODEL_RACE);
}

static void finds_a_missing_order_in_steal(void **state)
{
    (void)state;
    expect_found(&two_items_two_thieves_clients[0],
                 (struct weakening){"rsl_deque_steal", OPERATION_LOAD, 0, __ATOMIC_ACQUIRE},
                 MODEL_RACE);
    expect_found(&two_items_one_thief_clients[0],
                 (struct weakening){"rsl_deque_steal", OPERATION_LOAD, 1, __ATOMIC_ACQUIRE},
                 MODEL_RACE);
}

static void finds_a_relaxed_publication(void **state)
{
    (void)state;
    expect_found(&one_item_one_thief_clients[0],
                 (struct weakening){"rsl_deque_push", OPERATION_STORE, 1, __ATOMIC_RELAXED},
                 MODEL_RACE);
    expect_found(&growth_clients[0],
                 (struct weakening){"rsl_deque_reserve", OPERATION_STORE, 1, __ATOMIC_RELAXED},
                 MODEL_RACE);
}

static void finds_a_freed_array_still_being_read(void **state)
{
    (void)state;
    expect_verdict(&growth_that_frees_at_once_clients[0], MODEL_BAD_MEMORY);
}

static void every_weakening_is_found(void **state)
{
    (void)state;
    static const char *const files[] = {"deque.h", "deque.c"};
    static const struct survivor survivors[] = {
        {{"rsl_deque_pop_last", OPERATION_RMW, 0, __ATOMIC_ACQ_REL},
         "the order of the owner's CAS plays no part in the argument at rsl_deque_pop(): it is the "
         "thieves' that the owner's load can miss"},
        {{"rsl_deque_reserve", OPERATION_LOAD, 1, __ATOMIC_RELAXED},
         "keeps a thief from reading a slot that is overwritten after its CAS: load buffering, "
         "which RC11 does not have"},
    };
    expect_sweep(clients, NCLIENTS, files, 2, survivors, 2);
}

int main(void)
{
#ifdef __SANITIZE_THREAD__
    return 77;
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_is_taken_once),
        cmocka_unit_test(every_item_is_taken_once_where_indices_wrap),
        cmocka_unit_test(finds_a_missing_fence_in_pop),
        cmocka_unit_test(finds_a_missing_fence_beside_thieves_that_enter),
        cmocka_unit_test(finds_a_missing_order_in_steal),
        cmocka_unit_test(finds_a_relaxed_publication),
        cmocka_unit_test(finds_a_freed_array_still_being_read),
        cmocka_unit_test(every_weakening_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
