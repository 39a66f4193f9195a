#include "tests/model/clients.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/model/coroutine.h"

static void print_result(const struct model_client *client, const struct model_result *result)
{
    print_message("%-40s %8llu executions %8llu blocked %8llu replays %4zu events  %s%s%s\n",
                  client->name, (unsigned long long)result->nexecutions,
                  (unsigned long long)result->nblocked, (unsigned long long)result->nreplays,
                  result->most_events, model_verdict_name(result->verdict),
                  result->message[0] ? ": " : "", result->message);
}

void expect_verdict(const struct model_client *client, enum model_verdict verdict)
{
    struct model_client quiet = *client;
    quiet.quiet = verdict != MODEL_CLEAN;
    struct model_result result;
    model_check(&quiet, &result);
    print_result(client, &result);
    if (result.verdict != verdict)
        fail_msg("%s: %s, not %s", client->name, model_verdict_name(result.verdict),
                 model_verdict_name(verdict));
}

void expect_clean(const struct model_client *client)
{
    expect_verdict(client, MODEL_CLEAN);
}

void expect_clean_at_length(const struct model_client *client)
{
#ifdef MODEL_ASAN
    (void)client;
#else
    expect_clean(client);
#endif
}

/* The first site of the group that `weakening` names, or the number of all sites. The sites of one
 * line stand together. */
static size_t group_of(const struct weakening *weakening)
{
    unsigned nth = 0;
    for (size_t i = 0; i < sites_count(); i++) {
        const struct site *site = site_at(i);
        if (strcmp(site->function, weakening->function) != 0 ||
            site->operation != weakening->operation ||
            (i > 0 && sites_same_place(site, site_at(i - 1))))
            continue;
        if (nth++ == weakening->nth)
            return i;
    }
    return sites_count();
}

static void weaken_group(size_t first, unsigned order)
{
    for (size_t i = first; i < sites_count() && sites_same_place(site_at(i), site_at(first)); i++)
        site_at(i)->weakened = order;
}

static void restore_group(size_t first)
{
    weaken_group(first, site_at(first)->order);
}

void expect_found(const struct model_client *client, struct weakening weakening,
                  enum model_verdict verdict)
{
    /* Once as it is, to know the sites. */
    struct model_result result;
    model_check(client, &result);
    assert_int_equal(result.verdict, MODEL_CLEAN);
    assert_true(sites_name());
    const size_t group = group_of(&weakening);
    if (group == sites_count())
        fail_msg("no %s %u in %s", operation_name(weakening.operation), weakening.nth,
                 weakening.function);
    struct model_client quiet = *client;
    quiet.quiet = true;
    weaken_group(group, weakening.order);
    model_check(&quiet, &result);
    const struct site *site = site_at(group);
    print_message("%s:%d %s, %s %s made %s: ", site->file, site->line, site->function,
                  operation_name(site->operation), order_name(site->order),
                  order_name(weakening.order));
    print_result(client, &result);
    restore_group(group);
    if (result.verdict != verdict)
        fail_msg("%s, not %s", model_verdict_name(result.verdict), model_verdict_name(verdict));
}

static bool is_in(const struct site *site, const char *const *files, size_t nfiles)
{
    for (size_t i = 0; i < nfiles; i++) {
        if (strcmp(site->file, files[i]) == 0)
            return true;
    }
    return false;
}

static const struct survivor *find_survivor(size_t group, unsigned order,
                                            const struct survivor *survivors, size_t nsurvivors)
{
    for (size_t i = 0; i < nsurvivors; i++) {
        if (survivors[i].weakening.order == order && group_of(&survivors[i].weakening) == group)
            return &survivors[i];
    }
    return NULL;
}

/* Runs the clients with the group weakened; returns whether one goes wrong, and prints what. */
static bool is_found(size_t group, unsigned order, const struct model_client *const *clients,
                     size_t nclients)
{
    const struct site *site = site_at(group);
    struct model_result result = {.verdict = MODEL_CLEAN};
    uint64_t nexecutions = 0;
    size_t i = 0;
    weaken_group(group, order);
    for (; i < nclients && result.verdict == MODEL_CLEAN; i++) {
        struct model_client quiet = *clients[i];
        quiet.quiet = true;
        model_check(&quiet, &result);
        nexecutions += result.nexecutions;
    }
    restore_group(group);
    print_message("  %s:%d %s, %s %s -> %s: ", site->file, site->line, site->function,
                  operation_name(site->operation), order_name(site->order), order_name(order));
    if (result.verdict != MODEL_CLEAN)
        print_message("%s in %s\n", model_verdict_name(result.verdict), clients[i - 1]->name);
    else
        print_message("SURVIVES %llu executions\n", (unsigned long long)nexecutions);
    return result.verdict != MODEL_CLEAN;
}

void expect_sweep(const struct model_client *const *clients, size_t nclients,
                  const char *const *files, size_t nfiles, const struct survivor *survivors,
                  size_t nsurvivors)
{
    for (size_t i = 0; i < nclients; i++)
        expect_clean(clients[i]);
    assert_true(sites_name());
    size_t nweakenings = 0, nsurviving = 0, nwrong = 0;
    for (size_t i = 0; i < sites_count(); i++) {
        const struct site *site = site_at(i);
        if (!is_in(site, files, nfiles) || (i > 0 && sites_same_place(site, site_at(i - 1))))
            continue;
        unsigned orders[2];
        const unsigned norders = weaker_orders(site->operation, site->order, orders);
        for (unsigned j = 0; j < norders; j++) {
            const bool found = is_found(i, orders[j], clients, nclients);
            const struct survivor *known = find_survivor(i, orders[j], survivors, nsurvivors);
            nweakenings++;
            nsurviving += !found;
            if (found == (known != NULL)) {
                print_message("    ^ expected the opposite\n");
                nwrong++;
            }
        }
    }
    print_message("%zu weakenings, %zu found, %zu survive\n", nweakenings, nweakenings - nsurviving,
                  nsurviving);
    assert_true(nweakenings > 0);
    assert_int_equal(nwrong, 0);
    assert_int_equal(nsurviving, nsurvivors); /* no name of a survivor is out of date */
}
