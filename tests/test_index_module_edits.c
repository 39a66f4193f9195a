/* index/modules.h, kept while files change: after each of thousands of random edits the graph says
 * what one made from nothing says. */
#include "tests/module_graph.h"

#include <stdint.h>

/* Every path that a declaration below can lead to, and some more. */
static const char *const paths[] = {
    "lib.rs",     "main.rs",    "a.rs",   "b.rs",       "c.rs",         "a/mod.rs",
    "b/mod.rs",   "c/mod.rs",   "a/a.rs", "a/b.rs",     "a/c.rs",       "b/a.rs",
    "b/b.rs",     "b/c.rs",     "c/a.rs", "a/b/mod.rs", "a/b/c.rs",     "b/a/mod.rs",
    "a/a/mod.rs", "inner/a.rs", "x/a.rs", "x/b.rs",     "x/inner/a.rs", "a/inner/a.rs",
};
enum { NPATHS = sizeof paths / sizeof *paths };

static const char *const pieces[] = {
    "mod a;",
    "mod b;",
    "pub mod c;",
    "mod inner { mod a; }",
    "#[path = \"x\"] mod inner { mod a; mod inner { mod a; } }",
    "#[path = \"b.rs\"] mod z;",
    "#[path = \"../a.rs\"] mod y;",
    "#[cfg_attr(unix, path = \"x/a.rs\")] mod b;",
    "include!(\"x/b.rs\");",
    "fn f() { mod a; #[path = \"c.rs\"] mod c; }",
    "cfg_if! { if #[cfg(q)] { mod a; } else { mod b; } }",
    "struct S;",
};
enum { NPIECES = sizeof pieces / sizeof *pieces };

static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((random_state >> 33) % n);
}

static void write_at_random(char content[512])
{
    content[0] = '\0';
    for (uint32_t n = random_below(4); n > 0; n--)
        strcat(content, pieces[random_below(NPIECES)]);
}

struct edited {
    struct memory_file files[NPATHS + 1];
    char contents[NPATHS][512];
    bool exists[NPATHS];
};

/* The list of those files that exist. */
static void list_files(struct edited *edited)
{
    size_t n = 0;
    for (size_t i = 0; i < NPATHS; i++) {
        if (edited->exists[i])
            edited->files[n++] = (struct memory_file){paths[i], edited->contents[i]};
    }
    edited->files[n] = (struct memory_file){NULL, NULL};
}

static void tell(struct module_graph *graph, const char *path, bool appeared_or_vanished)
{
    uint32_t file;
    assert_int_equal(rsl_modules_file(&graph->modules, path, &file), RSL_OK);
    rsl_tree_facts_forget(&graph->facts, file);
    assert_int_equal(appeared_or_vanished ? rsl_modules_kind_changed(&graph->modules, file)
                                          : rsl_modules_facts_changed(&graph->modules, file),
                     RSL_OK);
}

/* Returns how many declarations the crates have. */
static size_t compare_with_fresh(struct module_graph *kept, struct edited *edited, int step)
{
    static struct module_graph fresh;
    static const char *const roots[] = {"lib.rs", "main.rs"};
    size_t nlines = 0;
    module_graph_init(&fresh, edited->files);
    for (size_t i = 0; i < 2; i++) {
        const char *expected = module_graph_text(&fresh, roots[i]);
        const char *text = module_graph_text(kept, roots[i]);
        if (strcmp(text, expected) != 0)
            fail_msg("after step %d, %s:\n%s\nfrom nothing:\n%s", step, roots[i], text, expected);
        for (const char *p = text; *p; p++)
            nlines += *p == '\n';
    }
    module_graph_fini(&fresh);
    return nlines;
}

static void edit_at_random(uint64_t seed, int nsteps)
{
    static struct edited edited;
    static struct module_graph kept;
    random_state = seed;
    for (size_t i = 0; i < NPATHS; i++) {
        edited.exists[i] = random_below(2) == 0;
        write_at_random(edited.contents[i]);
    }
    edited.exists[0] = true;
    list_files(&edited);
    module_graph_init(&kept, edited.files);
    size_t nlines = 0;
    for (int step = 0; step < nsteps; step++) {
        const uint32_t i = random_below(NPATHS);
        const bool toggles = i > 0 && random_below(2) == 0;
        if (toggles)
            edited.exists[i] = !edited.exists[i];
        else
            write_at_random(edited.contents[i]);
        list_files(&edited);
        tell(&kept, paths[i], toggles);
        nlines += compare_with_fresh(&kept, &edited, step);
    }
    assert_true(nlines > (size_t)nsteps); /* else the edits lead nowhere */
    module_graph_fini(&kept);
}

static void random_edits_leave_what_a_fresh_start_finds(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++)
        edit_at_random(seed, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_edits_leave_what_a_fresh_start_finds),
    };
    return cmocka_run_group_tests_name("index_module_edits", tests, NULL, NULL);
}
