/* The graph of units: resolving them, keeping them true, walking them. */
#include "index/modules.h"

#include <string.h>

#include "index/arena_list.h"
#include "index/modules_internal.h"

#define FIRST_BLOCK 16384

static const struct {
    const char *rustc_code, *message;
} errors[RSL_MODULE_ERROR_COUNT] = {
    {"", "no error"},
#define X(suffix, rustc_code, message) {rustc_code, message},
#include "index/module_errors.def"
#undef X
};

const char *rsl_module_error_message(uint8_t error)
{
    return error < RSL_MODULE_ERROR_COUNT ? errors[error].message : "unknown error";
}

const char *rsl_module_error_rustc_code(uint8_t error)
{
    return error < RSL_MODULE_ERROR_COUNT ? errors[error].rustc_code : "";
}

void rsl_modules_init(struct rsl_modules *modules, const struct rsl_module_files *files,
                      const struct rsl_allocator *allocator)
{
    *modules = (struct rsl_modules){.files = files,
                                    .allocator = allocator ? allocator : &rsl_allocator_default};
    rsl_strings_init(&modules->paths, modules->allocator);
    rsl_arena_init(&modules->scratch, modules->allocator, FIRST_BLOCK);
}

/* Two questions for each edge: `path` and `other`. */
static size_t questions_nbytes(uint32_t nedges)
{
    return (size_t)nedges * 2 * sizeof(struct module_question);
}

static void release_edges(struct rsl_modules *modules, struct rsl_module_edge *edges,
                          struct module_question *questions, uint32_t nedges)
{
    const struct rsl_allocator *allocator = modules->allocator;
    allocator->release(allocator->state, edges, nedges * sizeof *edges);
    allocator->release(allocator->state, questions, questions_nbytes(nedges));
}

void rsl_modules_fini(struct rsl_modules *modules)
{
    const struct rsl_allocator *allocator = modules->allocator;
    for (uint32_t i = 0; i < modules->nunits; i++)
        release_edges(modules, modules->units[i].edges, modules->units[i].questions,
                      modules->units[i].nedges);
    allocator->release(allocator->state, modules->units,
                       modules->units_capacity * sizeof *modules->units);
    allocator->release(allocator->state, modules->by_file,
                       modules->by_file_capacity * sizeof *modules->by_file);
    allocator->release(allocator->state, modules->todo,
                       modules->todo_capacity * sizeof *modules->todo);
    rsl_strings_fini(&modules->paths);
    rsl_arena_fini(&modules->scratch);
    rsl_modules_init(modules, modules->files, allocator);
}

/* The list with room for n + 1 elements, or NULL, and it is as it was. */
static void *grow(struct rsl_modules *modules, void *list, uint32_t n, uint32_t *capacity,
                  size_t element_nbytes)
{
    const uint32_t more = *capacity == 0 ? 64 : *capacity * 2;
    if (n < *capacity)
        return list;
    void *grown = modules->allocator->resize(modules->allocator->state, list,
                                             *capacity * element_nbytes, more * element_nbytes);
    if (grown != NULL)
        *capacity = more;
    return grown;
}

/* ---- files and units ---- */

enum rsl_status rsl_modules_file(struct rsl_modules *modules, const char *path, uint32_t *file_out)
{
    const uint32_t n = rsl_strings_count(&modules->paths);
    struct module_file *by_file =
        grow(modules, modules->by_file, n, &modules->by_file_capacity, sizeof *by_file);
    if (by_file == NULL)
        return RSL_ENOMEM;
    modules->by_file = by_file;
    const enum rsl_status status = rsl_strings_add(&modules->paths, path, strlen(path), file_out);
    if (status == RSL_OK && *file_out == n)
        by_file[n] = (struct module_file){{RSL_NONE, RSL_NONE}, NULL};
    return status;
}

static enum rsl_status queue(struct rsl_modules *modules, uint32_t unit)
{
    uint32_t *todo =
        grow(modules, modules->todo, modules->ntodo, &modules->todo_capacity, sizeof *todo);
    if (todo == NULL)
        return RSL_ENOMEM;
    modules->todo = todo;
    todo[modules->ntodo++] = unit;
    modules->units[unit].resolved = false;
    return RSL_OK;
}

enum rsl_status rsl_modules_unit(struct rsl_modules *modules, uint32_t file, bool named,
                                 uint32_t *unit_out)
{
    uint32_t *known = &modules->by_file[file].units[named];
    if (*known == RSL_NONE) {
        struct rsl_module_unit *units =
            grow(modules, modules->units, modules->nunits, &modules->units_capacity, sizeof *units);
        if (units == NULL)
            return RSL_ENOMEM;
        modules->units = units;
        const uint32_t unit = modules->nunits;
        units[unit] = (struct rsl_module_unit){.file = file, .named = named};
        if (queue(modules, unit) != RSL_OK)
            return RSL_ENOMEM;
        modules->nunits++;
        *known = unit;
    }
    *unit_out = *known;
    return RSL_OK;
}

/* ---- questions ---- */

static void ask(struct rsl_modules *modules, struct module_question *question, uint32_t unit,
                uint32_t path)
{
    *question = (struct module_question){.unit = unit, .path = path};
    if (path == RSL_NONE)
        return;
    struct module_question **first = &modules->by_file[path].questions;
    question->next = *first;
    if (*first != NULL)
        (*first)->prev = question;
    *first = question;
}

static void withdraw(struct rsl_modules *modules, struct module_question *question)
{
    if (question->path == RSL_NONE)
        return;
    if (question->next != NULL)
        question->next->prev = question->prev;
    if (question->prev != NULL)
        question->prev->next = question->next;
    else
        modules->by_file[question->path].questions = question->next;
}

/* ---- resolving ---- */

/* Puts the edges in the place of those that the unit had. */
static enum rsl_status replace_edges(struct rsl_modules *modules, uint32_t unit,
                                     const struct edge_list *edges)
{
    const struct rsl_allocator *allocator = modules->allocator;
    struct rsl_module_edge *list = NULL;
    struct module_question *questions = NULL;
    if (edges->n > 0) {
        list = allocator->allocate(allocator->state, edges->n * sizeof *list);
        questions = allocator->allocate(allocator->state, questions_nbytes(edges->n));
        if (list == NULL || questions == NULL) {
            release_edges(modules, list, questions, edges->n);
            return RSL_ENOMEM;
        }
        memcpy(list, edges->list, edges->n * sizeof *list);
    }
    struct rsl_module_unit *changed = &modules->units[unit];
    for (uint32_t i = 0; i < 2 * changed->nedges; i++)
        withdraw(modules, &changed->questions[i]);
    release_edges(modules, changed->edges, changed->questions, changed->nedges);
    for (uint32_t i = 0; i < edges->n; i++) {
        ask(modules, &questions[(size_t)2 * i], unit, list[i].path);
        ask(modules, &questions[(size_t)2 * i + 1], unit, list[i].other);
    }
    changed->edges = list;
    changed->questions = questions;
    changed->nedges = edges->n;
    changed->resolved = true;
    return RSL_OK;
}

static enum rsl_status resolve(struct rsl_modules *modules, uint32_t unit)
{
    const uint32_t file = modules->units[unit].file;
    const char *path = rsl_strings_text(&modules->paths, file);
    const struct rsl_file_facts *facts = modules->files->facts(modules->files->state, file, path);
    struct edge_list edges = {.n = 0};
    enum rsl_status status = RSL_OK;
    rsl_arena_reset(&modules->scratch);
    modules->units[unit].readable = facts != NULL;
    if (facts != NULL)
        status = rsl_module_edges(modules, unit, facts, &edges);
    for (uint32_t i = 0; i < edges.n && status == RSL_OK; i++) {
        struct rsl_module_edge *edge = &edges.list[i];
        if (edge->to != RSL_NONE)
            status = rsl_modules_unit(modules, edge->path, edge->to == 1, &edge->to);
    }
    return status == RSL_OK ? replace_edges(modules, unit, &edges) : status;
}

enum rsl_status rsl_modules_run(struct rsl_modules *modules)
{
    /* Resolving queues more behind; what fails stays in the queue. */
    while (modules->ntodo > 0) {
        const uint32_t at = modules->ntodo - 1;
        const uint32_t unit = modules->todo[at];
        if (!modules->units[unit].resolved) {
            const enum rsl_status status = resolve(modules, unit);
            if (status != RSL_OK)
                return status;
        }
        modules->ntodo--;
        modules->todo[at] = modules->todo[modules->ntodo];
    }
    return RSL_OK;
}

enum rsl_status rsl_modules_add(struct rsl_modules *modules, uint32_t file, uint32_t *unit_out)
{
    const enum rsl_status status = rsl_modules_unit(modules, file, false, unit_out);
    return status == RSL_OK ? rsl_modules_run(modules) : status;
}

static enum rsl_status queue_units_of(struct rsl_modules *modules, uint32_t file)
{
    for (int named = 0; named < 2; named++) {
        const uint32_t unit = modules->by_file[file].units[named];
        if (unit != RSL_NONE && queue(modules, unit) != RSL_OK)
            return RSL_ENOMEM;
    }
    return RSL_OK;
}

enum rsl_status rsl_modules_facts_changed(struct rsl_modules *modules, uint32_t file)
{
    const enum rsl_status status = queue_units_of(modules, file);
    return status == RSL_OK ? rsl_modules_run(modules) : status;
}

enum rsl_status rsl_modules_kind_changed(struct rsl_modules *modules, uint32_t file)
{
    enum rsl_status status = queue_units_of(modules, file);
    for (const struct module_question *question = modules->by_file[file].questions;
         question != NULL && status == RSL_OK; question = question->next)
        status = queue(modules, question->unit);
    return status == RSL_OK ? rsl_modules_run(modules) : status;
}

/* ---- walking ---- */

/* A unit that the walk is within, and the next of its edges. */
struct step {
    uint32_t unit, edge;
};

struct walk {
    const struct rsl_modules *modules;
    struct rsl_arena arena;
    struct step *steps;
    uint32_t nsteps, capacity;
    uint8_t *seen;   /* by unit */
    uint8_t *within; /* by file: how many units of it the walk is within */
};

static bool step_into(struct walk *walk, uint32_t unit)
{
    struct step *grown =
        arena_list_grow(&walk->arena, walk->steps, walk->nsteps, &walk->capacity, sizeof *grown);
    if (grown == NULL)
        return false;
    walk->steps = grown;
    grown[walk->nsteps++] = (struct step){unit, 0};
    walk->seen[unit] = 1;
    walk->within[walk->modules->units[unit].file]++;
    return true;
}

/* Looks at the next edge of the innermost unit, or leaves that. */
static bool go_on(struct walk *walk,
                  void (*visit)(void *state, const struct rsl_module_visit *visit), void *state)
{
    struct step *step = &walk->steps[walk->nsteps - 1];
    const struct rsl_module_unit *units = walk->modules->units;
    const struct rsl_module_unit *unit = &units[step->unit];
    if (step->edge == unit->nedges) {
        walk->within[unit->file]--;
        walk->nsteps--;
        return true;
    }
    const struct rsl_module_edge *edge = &unit->edges[step->edge++];
    struct rsl_module_visit found = {
        .from = step->unit, .edge = edge, .depth = walk->nsteps - 1, .error = edge->error};
    if (edge->to == RSL_NONE) {
        visit(state, &found);
        return true;
    }
    const bool circular = walk->within[units[edge->to].file] > 0;
    found.first = !circular && !walk->seen[edge->to];
    if (circular)
        found.error = RSL_MODULE_ERROR_CIRCULAR;
    else if (!units[edge->to].readable && found.error == RSL_MODULE_ERROR_NONE)
        found.error = RSL_MODULE_ERROR_UNREADABLE;
    visit(state, &found);
    return !found.first || step_into(walk, edge->to);
}

enum rsl_status rsl_modules_walk(const struct rsl_modules *modules, uint32_t root,
                                 void (*visit)(void *state, const struct rsl_module_visit *visit),
                                 void *state)
{
    struct walk walk = {.modules = modules};
    rsl_arena_init(&walk.arena, modules->allocator, FIRST_BLOCK);
    const size_t nfiles = rsl_strings_count(&modules->paths);
    walk.seen = rsl_arena_alloc(&walk.arena, modules->nunits, 1);
    walk.within = rsl_arena_alloc(&walk.arena, nfiles, 1);
    bool good = walk.seen != NULL && walk.within != NULL;
    if (good) {
        memset(walk.seen, 0, modules->nunits);
        memset(walk.within, 0, nfiles);
        good = step_into(&walk, root);
    }
    while (good && walk.nsteps > 0)
        good = go_on(&walk, visit, state);
    rsl_arena_fini(&walk.arena);
    return good ? RSL_OK : RSL_ENOMEM;
}
