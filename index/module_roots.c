/* Guessing the roots of crates where no Cargo.toml tells them. */
#include <string.h>

#include "index/arena_list.h"
#include "index/modules_internal.h"
#include "index/path.h"

#define FIRST_BLOCK 65536

/* A set of numbers. */
struct marks {
    uint8_t *list;
    uint32_t n;
};

struct guess {
    struct rsl_modules *modules;
    struct rsl_arena arena;
    struct marks declared; /* files that some other file declares or includes */
    struct marks reached;  /* files that a root leads to, or that are one */
    struct marks seen;     /* units that were looked at for that */
    uint32_t *todo;        /* units to be looked at */
    uint32_t ntodo, todo_capacity;
    uint32_t *roots;
    uint32_t nroots;
    enum rsl_status status;
};

static bool is_marked(const struct marks *marks, uint32_t number)
{
    return number < marks->n && marks->list[number] != 0;
}

static void mark(struct guess *guess, struct marks *marks, uint32_t number)
{
    if (number >= marks->n) {
        const uint32_t n = number * 2 + 64;
        uint8_t *grown = rsl_arena_alloc(&guess->arena, n, 1);
        if (grown == NULL) {
            guess->status = RSL_ENOMEM;
            return;
        }
        memset(grown, 0, n);
        if (marks->n > 0)
            memcpy(grown, marks->list, marks->n);
        *marks = (struct marks){grown, n};
    }
    marks->list[number] = 1;
}

static bool is_named(const struct rsl_modules *modules, uint32_t file, const char *name)
{
    return strcmp(rsl_path_name(rsl_strings_text(&modules->paths, file)), name) == 0;
}

/* Whether the file is a root by its name. */
static bool has_name_of_root(const struct rsl_modules *modules, uint32_t file)
{
    return is_named(modules, file, "lib.rs") || is_named(modules, file, "main.rs");
}

/* Whether a `mod x;` can lead to the file as x.rs: not if x began with a dot. */
static bool can_be_named(const struct rsl_modules *modules, uint32_t file)
{
    return !has_name_of_root(modules, file) && !is_named(modules, file, "mod.rs") &&
           *rsl_path_name(rsl_strings_text(&modules->paths, file)) != '.';
}

/* Marks what the file declares in either role: as a root or mod.rs, and as a module of its name. */
static void mark_declared(struct guess *guess, uint32_t file, bool named)
{
    struct rsl_modules *modules = guess->modules;
    uint32_t number;
    guess->status = rsl_modules_unit(modules, file, named, &number);
    if (guess->status == RSL_OK)
        guess->status = rsl_modules_run(modules);
    if (guess->status != RSL_OK)
        return;
    const struct rsl_module_unit *unit = &modules->units[number];
    for (uint32_t i = 0; i < unit->nedges; i++) {
        if (unit->edges[i].to != RSL_NONE && unit->edges[i].path != file)
            mark(guess, &guess->declared, unit->edges[i].path);
    }
}

/* Queues a unit, unless it was before. */
static void reach(struct guess *guess, uint32_t unit)
{
    if (is_marked(&guess->seen, unit))
        return;
    mark(guess, &guess->seen, unit);
    mark(guess, &guess->reached, guess->modules->units[unit].file);
    uint32_t *grown = arena_list_grow(&guess->arena, guess->todo, guess->ntodo,
                                      &guess->todo_capacity, sizeof *grown);
    if (grown == NULL) {
        guess->status = RSL_ENOMEM;
        return;
    }
    guess->todo = grown;
    grown[guess->ntodo++] = unit;
}

static void add_root(struct guess *guess, uint32_t file)
{
    uint32_t root;
    guess->status = rsl_modules_add(guess->modules, file, &root);
    if (guess->status != RSL_OK)
        return;
    guess->roots[guess->nroots++] = file;
    reach(guess, root);
    while (guess->ntodo > 0 && guess->status == RSL_OK) {
        const struct rsl_module_unit *unit = &guess->modules->units[guess->todo[--guess->ntodo]];
        for (uint32_t i = 0; i < unit->nedges; i++) {
            if (unit->edges[i].to != RSL_NONE)
                reach(guess, unit->edges[i].to);
        }
    }
}

enum rsl_status rsl_modules_guess_roots(struct rsl_modules *modules, const uint32_t *files,
                                        uint32_t nfiles, uint32_t *roots_out, uint32_t *nroots_out)
{
    struct guess guess = {.modules = modules};
    guess.roots = roots_out;
    rsl_arena_init(&guess.arena, modules->allocator, FIRST_BLOCK);
    for (uint32_t i = 0; i < nfiles && guess.status == RSL_OK; i++) {
        mark_declared(&guess, files[i], false);
        if (guess.status == RSL_OK && can_be_named(modules, files[i]))
            mark_declared(&guess, files[i], true);
    }
    for (uint32_t i = 0; i < nfiles && guess.status == RSL_OK; i++) {
        if (has_name_of_root(modules, files[i]) || !is_marked(&guess.declared, files[i]))
            add_root(&guess, files[i]);
    }
    /* What is left is declared, but only by files in a role that they do not have, or in
     * circles.
     */
    for (uint32_t i = 0; i < nfiles && guess.status == RSL_OK; i++) {
        if (!is_marked(&guess.reached, files[i]))
            add_root(&guess, files[i]);
    }
    rsl_arena_fini(&guess.arena);
    *nroots_out = guess.nroots;
    return guess.status;
}
