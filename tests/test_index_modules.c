/* index/modules.h: which file is which module, rule by rule. Whole crates are compared with others'
 * answers by diff_modules.py. */
#include "tests/module_graph.h"

#include "tests/counting_allocator.h"

static void a_module_is_a_file_beside_a_root_or_mod_rs(void **state)
{
    (void)state;
    check_modules(FILES({"src/lib.rs", "mod a; pub mod b;"}, {"src/a.rs", ""},
                        {"src/b/mod.rs", "mod c;"}, {"src/b/c.rs", ""}),
                  "a=src/a.rs\n"
                  "b=src/b/mod.rs\n"
                  "  c=src/b/c.rs\n");
    check_modules(FILES({"odd.name", "mod a;"}, {"a.rs", ""}), "a=a.rs\n");
}

static void modules_of_a_named_file_lie_in_its_folder(void **state)
{
    (void)state;
    check_modules(FILES({"a.rs", "mod b;"}, {"b.rs", "mod c;"}, {"b/c.rs", "mod d;"},
                        {"b/c/d/mod.rs", ""}, {"c.rs", ""}, {"b/d.rs", ""}),
                  "b=b.rs\n"
                  "  c=b/c.rs\n"
                  "    d=b/c/d/mod.rs\n");
}

static void a_raw_name_is_a_name(void **state)
{
    (void)state;
    check_modules(FILES({"lib.rs", "mod r#fn;"}, {"fn.rs", "mod r#x;"}, {"fn/x.rs", ""}),
                  "fn=fn.rs\n"
                  "  x=fn/x.rs\n");
}

static void missing_and_ambiguous_files_are_errors(void **state)
{
    (void)state;
    check_modules(FILES({"lib.rs", "mod a; mod b;"}, {"b.rs", "mod c;"}, {"b/mod.rs", ""}),
                  "a=a.rs !E0583: file not found for module\n"
                  "b=b.rs !E0761: file for module found at both places\n"
                  "  c=b/c.rs !E0583: file not found for module\n");
}

static void a_path_is_seen_from_the_folder_of_the_file(void **state)
{
    (void)state;
    check_modules(FILES({"s/lib.rs", "#[path = \"x/y.rs\"] mod a; mod n;"}, {"s/x/y.rs", "mod c;"},
                        {"s/x/c.rs", ""},
                        {"s/n.rs", "#[path = r\"z.rs\"] mod d; #[path = \"../\\x75.rs\"] mod e;"},
                        {"s/z.rs", ""}, {"u.rs", ""}),
                  "a=s/x/y.rs\n"
                  "  c=s/x/c.rs\n"
                  "n=s/n.rs\n"
                  "  d=s/z.rs\n"
                  "  e=u.rs\n");
    check_modules(FILES({"lib.rs", "#[path = \"a.rs\"] #[path = \"b.rs\"] mod m;"}, {"b.rs", ""}),
                  "m=a.rs !: the file that the `path` attribute names was not found\n");
    check_modules(FILES({"lib.rs", "#[path = concat!(\"a\")] mod m; #[path] mod n;"}, {"m.rs", ""},
                        {"n.rs", ""}),
                  "m= !: malformed `path` attribute\n"
                  "n= !: malformed `path` attribute\n");
}

static void inline_modules_are_folders(void **state)
{
    (void)state;
    check_modules(FILES({"lib.rs", "mod a { mod b { mod c; } mod d; } mod n;"}, {"a/b/c.rs", ""},
                        {"a/d.rs", ""}, {"n.rs", "mod e { mod f; }"}, {"n/e/f.rs", ""}),
                  "c=a/b/c.rs\n"
                  "d=a/d.rs\n"
                  "n=n.rs\n"
                  "  f=n/e/f.rs\n");
    check_modules(FILES({"lib.rs", "mod n;"},
                        {"n.rs", "mod a { #[path = \"o.rs\"] mod b; }"
                                 "#[path = \"p\"] mod c { mod d; mod e { mod f; } }"},
                        {"n/a/o.rs", ""}, {"p/d.rs", ""}, {"p/e/f.rs", ""}),
                  "n=n.rs\n"
                  "  b=n/a/o.rs\n"
                  "  d=p/d.rs\n"
                  "  f=p/e/f.rs\n");
}

static void an_inner_path_of_an_inline_module_counts_last(void **state)
{
    (void)state;
    check_modules(FILES({"lib.rs", "#![path = \"no\"] mod a { #![path = \"p\"] mod b; }"
                                   "#[path = \"q\"] mod c { #![path = \"p\"] mod d; }"},
                        {"p/b.rs", ""}, {"q/d.rs", ""}),
                  "b=p/b.rs\n"
                  "d=q/d.rs\n");
}

static void in_a_block_only_a_path_leads_to_a_file(void **state)
{
    (void)state;
    check_modules(FILES({"lib.rs", "mod n;"},
                        {"n.rs", "fn f() { mod a; #[path = \"b.rs\"] mod b;"
                                 "  mod c { mod d; #[path = \"e.rs\"] mod e; }"
                                 "  #[path = \"p\"] mod g { mod h; } }"},
                        {"b.rs", ""}, {"c/e.rs", ""}, {"p/h.rs", ""}, {"n/a.rs", ""}),
                  "n=n.rs\n"
                  "  a= !: cannot declare a file module inside a block unless it has a path "
                  "attribute\n"
                  "  b=b.rs\n"
                  "  d= !: cannot declare a file module inside a block unless it has a path "
                  "attribute\n"
                  "  e=c/e.rs\n"
                  "  h=p/h.rs\n");
}

static void every_alternative_is_followed_with_its_predicate(void **state)
{
    (void)state;
    check_modules(
        FILES({"lib.rs", "#[cfg_attr(unix, path = \"u.rs\")]"
                         "#[cfg_attr(all( windows,x ), allow(a), path = \"w.rs\")] mod m;"
                         "#[cfg_attr(a, path = \"u.rs\")] #[path = \"w.rs\"]"
                         "#[cfg_attr(b, path = \"no.rs\")] mod n;"
                         "#[cfg_attr(a, cfg_attr(b, path = \"u.rs\"), path = \"w.rs\")] mod o;"},
              {"u.rs", ""}, {"w.rs", ""}, {"m.rs", "mod k;"}, {"m/k.rs", ""}, {"o.rs", ""}),
        "m=u.rs ? if unix\n"
        "m=w.rs ? if all( windows,x )\n"
        "m=m.rs ?\n"
        "  k=m/k.rs\n"
        "n=u.rs (again) ? if a\n"
        "n=w.rs (again) ?\n"
        "o=u.rs (again) ? if all(a, b)\n"
        "o=w.rs (again) ? if a\n"
        "o=o.rs ?\n");
    check_modules(FILES({"lib.rs", "#[cfg_attr(unix, path = \"u\")] mod m { mod a; }"},
                        {"u/a.rs", ""}, {"m/a.rs", ""}),
                  "a=u/a.rs ? if unix\n"
                  "a=m/a.rs ?\n");
}

static void conditions_and_macros_make_a_module_conditional(void **state)
{
    (void)state;
    check_modules(FILES({"lib.rs", "#[cfg(unix)] mod a; #[allow(x)] /** doc */ #[macro_use] mod b;"
                                   "#[cfg(x)] mod c { mod d; } #[derive_mod] mod e; any! { mod f; }"
                                   "#[cfg(y)] fn g() { #[path = \"h.rs\"] mod h; }"},
                        {"a.rs", "mod i;"}, {"b.rs", ""}, {"c/d.rs", ""}, {"a/i.rs", ""},
                        {"f.rs", ""}, {"h.rs", ""}),
                  "a=a.rs ?\n"
                  "  i=a/i.rs\n"
                  "b=b.rs\n"
                  "d=c/d.rs ?\n"
                  "e=e.rs ? !E0583: file not found for module\n"
                  "f=f.rs ?\n"
                  "h=h.rs ?\n");
}

/* The conditions of the scopes around a declaration, innermost first, `!` before a negated one. */
static void check_scopes(const char *source, const char *name, const char *expected)
{
    struct module_graph graph;
    module_graph_init(&graph, FILES({"lib.rs", source}));
    const struct rsl_file_facts *facts = graph_facts(&graph, module_graph_add(&graph, "lib.rs"));
    uint32_t found = 0;
    while (found < facts->nmods &&
           strcmp(rsl_facts_text(facts, facts->mods[found].name), name) != 0)
        found++;
    assert_true(found < facts->nmods);
    const struct rsl_facts_mod *mod = &facts->mods[found];
    graph.nbytes = 0;
    graph.text[0] = '\0';
    for (uint32_t i = 0; i < mod->ncfgs; i++)
        graph_put(&graph, "%s;", rsl_facts_text(facts, facts->cfgs[mod->first_cfg + i].predicate));
    for (uint32_t s = mod->scope; s != RSL_NONE; s = facts->scopes[s].parent) {
        const struct rsl_facts_scope *scope = &facts->scopes[s];
        graph_put(&graph, "%c", "fmbac"[scope->kind]);
        for (uint32_t i = 0; i < scope->ncfgs; i++) {
            const struct rsl_facts_cfg *cfg = &facts->cfgs[scope->first_cfg + i];
            graph_put(&graph, "(%s%s)", cfg->negated ? "!" : "",
                      rsl_facts_text(facts, cfg->predicate));
        }
    }
    assert_string_equal(graph.text, expected);
    module_graph_fini(&graph);
}

static void cfg_if_gives_its_branches_their_conditions(void **state)
{
    (void)state;
    static const char source[] =
        "#[cfg(z)] cfg_if::cfg_if! { if #[cfg(unix)] { mod a; mod b { mod c; } }"
        " else if #[cfg(any(x, y))] { mod d; fn f() { mod g; } } else { mod h; }"
        " if #[cfg(w)] { mod i; } }"
        " cfg_if! { if #[cfg(p)] { cfg_if! { if #[cfg(q)] { mod j; } else { mod k; } } } }";
    check_scopes(source, "a", "c(unix)a(z)f");
    check_scopes(source, "c", "mc(unix)a(z)f");
    check_scopes(source, "d", "c(any(x, y))c(!unix)a(z)f");
    check_scopes(source, "g", "bc(any(x, y))c(!unix)a(z)f");
    check_scopes(source, "h", "c(!any(x, y))c(!unix)a(z)f");
    check_scopes(source, "i", "c(w)a(z)f");
    check_scopes(source, "j", "c(q)ac(p)af");
    check_scopes(source, "k", "c(!q)ac(p)af");
}

static void cfg_match_gives_its_arms_their_conditions(void **state)
{
    (void)state;
    static const char source[] =
        "cfg_match! { cfg(unix) => { mod a; mod b { mod c; } }"
        " cfg( any(x, y = \"=>\") ) => { mod d; } _ => { mod e; } }"
        " #[cfg(z)] std::cfg_select! { p => { mod g; }, q = \"1\" => { mod h; } _ => { mod i; } }"
        " cfg_select! { cfg => { mod j; } not(cfg) => { mod k; } }";
    check_scopes(source, "a", "c(unix)af");
    check_scopes(source, "c", "mc(unix)af");
    check_scopes(source, "d", "c(any(x, y = \"=>\"))c(!unix)af");
    check_scopes(source, "e", "c(!any(x, y = \"=>\"))c(!unix)af");
    check_scopes(source, "g", "c(p)a(z)f");
    check_scopes(source, "h", "c(q = \"1\")c(!p)a(z)f");
    check_scopes(source, "i", "c(!q = \"1\")c(!p)a(z)f");
    check_scopes(source, "j", "c(cfg)af");
    check_scopes(source, "k", "c(not(cfg))c(!cfg)af");
}

static void conditions_are_kept_as_text(void **state)
{
    (void)state;
    check_scopes("#[cfg( any(a,\n b) )] #[cfg(c)] mod m;", "m", "any(a, b);c;f");
    check_scopes("#[cfg_attr(a, cfg(b), allow(c), cfg(d))] mod m;", "m",
                 "any(not(a), b);any(not(a), d);f");
    check_scopes("#[cfg_attr(a, cfg_attr(b, cfg(c)), cfg(d))] mod m;", "m",
                 "any(not(all(a, b)), c);any(not(a), d);f");
    check_scopes("/* */ #![cfg(a)] //! doc\n#![cfg_attr(b, cfg(c))] mod o { #![cfg(d)] mod m; }",
                 "m", "m(d)f(a)(any(not(b), c))");
    check_scopes("#[cfg(a)] mod o { #[cfg(b)] impl X { fn f() { mod m; } } }", "m", "bb(b)m(a)f");
}

static void an_included_file_joins_the_module(void **state)
{
    (void)state;
    check_modules(FILES({"s/lib.rs", "mod n { include!(\"../t/i.rs\"); } mod m;"},
                        {"t/i.rs", "mod a; include! { \"j.rs\" }"}, {"t/a.rs", ""},
                        {"t/j.rs", "mod b;"}, {"t/b.rs", ""},
                        {"s/m.rs", "std::include![\"k.rs\"];"}, {"s/k.rs", "mod c;"},
                        {"s/c.rs", ""}),
                  "m=s/m.rs\n"
                  "  include!=s/k.rs\n"
                  "    c=s/c.rs\n"
                  "include!=t/i.rs\n"
                  "  a=t/a.rs\n"
                  "  include!=t/j.rs\n"
                  "    b=t/b.rs\n");
    check_modules(
        FILES({"p/s/lib.rs", "include!(concat!(\"a\", \".rs\"));"
                             "include!(concat!(env!(\"OUT_DIR\"), \"/b.rs\"));"
                             "include!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/c/../d.rs\"));"
                             "include!(\"e.rs\"); other::include!(\"a.rs\"); include!(x!());"},
              {"p/s/a.rs", ""}, {"p/d.rs", ""}, {"p/Cargo.toml", ""}),
        "include!=p/s/a.rs\n"
        "include!= !: the included path is known only to the compiler\n"
        "include!=p/d.rs\n"
        "include!=p/s/e.rs !: the included file was not found\n"
        "include!= !: the included path is known only to the compiler\n");
}

static void circles_are_cut(void **state)
{
    (void)state;
    check_modules(FILES({"lib.rs", "#[path = \"a.rs\"] mod a;"},
                        {"a.rs", "#[path = \"b.rs\"] mod b;"},
                        {"b.rs", "#[path = \"./a.rs\"] mod a; #[path = \"lib.rs\"] mod l;"}),
                  "a=a.rs\n"
                  "  b=b.rs\n"
                  "    a=a.rs !: circular modules\n"
                  "    l=lib.rs !: circular modules\n");
    check_modules(FILES({"lib.rs", "include!(\"lib.rs\");"}),
                  "include!=lib.rs !: circular modules\n");
}

static void a_file_may_be_several_modules(void **state)
{
    (void)state;
    static const struct memory_file files[] = {
        {"lib.rs", "mod a; #[path = \"a.rs\"] mod b; #[path = \"a.rs\"] mod c;"},
        {"a.rs", "mod x;"},
        {"a/x.rs", ""},
        {"x.rs", ""},
        {"main.rs", "mod a;"},
        {NULL, NULL},
    };
    struct module_graph graph;
    module_graph_init(&graph, files);
    assert_string_equal(module_graph_text(&graph, "lib.rs"), "a=a.rs\n"
                                                             "  x=a/x.rs\n"
                                                             "b=a.rs\n"
                                                             "  x=x.rs\n"
                                                             "c=a.rs (again)\n");
    assert_string_equal(module_graph_text(&graph, "main.rs"), "a=a.rs\n"
                                                              "  x=a/x.rs\n");
    assert_int_equal(graph.modules.nunits, 6);
    module_graph_fini(&graph);
}

static void what_cannot_be_read_is_an_error(void **state)
{
    (void)state;
    check_modules(FILES({"lib.rs", "mod a;"}, {"a.rs/x", ""}),
                  "a=a.rs !: the file cannot be read\n");
    struct module_graph graph;
    module_graph_init(&graph, FILES({"lib.rs", ""}));
    assert_false(graph.modules.units == NULL && module_graph_add(&graph, "no.rs") != 0);
    assert_false(graph.modules.units[0].readable);
    module_graph_fini(&graph);
}

static void an_edit_and_a_new_file_change_only_what_they_must(void **state)
{
    (void)state;
    struct memory_file files[] = {
        {"lib.rs", "mod a; mod b;"}, {"a.rs", ""}, {"a/c.rs", ""}, {NULL, NULL}, {NULL, NULL},
    };
    struct module_graph graph;
    uint32_t file;
    module_graph_init(&graph, files);
    assert_string_equal(module_graph_text(&graph, "lib.rs"),
                        "a=a.rs\n"
                        "b=b.rs !E0583: file not found for module\n");

    files[1].content = "mod c;";
    assert_int_equal(rsl_modules_file(&graph.modules, "a.rs", &file), RSL_OK);
    rsl_tree_facts_forget(&graph.facts, file);
    assert_int_equal(rsl_modules_facts_changed(&graph.modules, file), RSL_OK);
    assert_string_equal(module_graph_text(&graph, "lib.rs"),
                        "a=a.rs\n"
                        "  c=a/c.rs\n"
                        "b=b.rs !E0583: file not found for module\n");

    files[3] = (struct memory_file){"b/mod.rs", "mod d;"};
    assert_int_equal(rsl_modules_file(&graph.modules, "b/mod.rs", &file), RSL_OK);
    assert_int_equal(rsl_modules_kind_changed(&graph.modules, file), RSL_OK);
    assert_string_equal(module_graph_text(&graph, "lib.rs"),
                        "a=a.rs\n"
                        "  c=a/c.rs\n"
                        "b=b/mod.rs\n"
                        "  d=b/d.rs !E0583: file not found for module\n");

    files[3] = (struct memory_file){NULL, NULL};
    rsl_tree_facts_forget(&graph.facts, file);
    assert_int_equal(rsl_modules_kind_changed(&graph.modules, file), RSL_OK);
    assert_string_equal(module_graph_text(&graph, "lib.rs"),
                        "a=a.rs\n"
                        "  c=a/c.rs\n"
                        "b=b.rs !E0583: file not found for module\n");
    module_graph_fini(&graph);
}

static void roots_are_guessed(void **state)
{
    (void)state;
    static const struct memory_file files[] = {
        {"k/lib.rs", "mod a;"},
        {"k/a.rs", "mod b;"},
        {"k/a/b.rs", ""},
        {"tool.rs", "mod helper;"},
        {"helper.rs", ""},
        {"x/main.rs", ""},
        {"c/d.rs", "#[path = \"e.rs\"] mod e;"},
        {"c/e.rs", "#[path = \"d.rs\"] mod d;"},
        {NULL, NULL},
    };
    struct module_graph graph;
    uint32_t numbers[8], roots[8], nroots;
    module_graph_init(&graph, files);
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(rsl_modules_file(&graph.modules, files[i].path, &numbers[i]), RSL_OK);
    assert_int_equal(rsl_modules_guess_roots(&graph.modules, numbers, 8, roots, &nroots), RSL_OK);
    static const char *const expected[] = {"k/lib.rs", "tool.rs", "x/main.rs", "c/d.rs"};
    assert_int_equal(nroots, 4);
    for (uint32_t i = 0; i < nroots; i++)
        assert_string_equal(rsl_strings_text(&graph.modules.paths, roots[i]), expected[i]);
    module_graph_fini(&graph);
}

/* ---- extremes ---- */

static void a_chain_of_ten_thousand_files(void **state)
{
    (void)state;
    enum { DEPTH = 10000 };
    struct memory_file *files = calloc(DEPTH + 1, sizeof *files);
    char(*text)[2][40] = calloc(DEPTH, sizeof *text);
    for (int i = 0; i < DEPTH; i++) {
        snprintf(text[i][0], sizeof text[i][0], "f%d", i);
        snprintf(text[i][1], sizeof text[i][1], "#[path = \"f%d\"] mod m;", i + 1);
        files[i] = (struct memory_file){text[i][0], text[i][1]};
    }
    struct module_graph graph;
    module_graph_init(&graph, files);
    const uint32_t root = module_graph_add(&graph, "f0");
    assert_int_equal(graph.modules.nunits, DEPTH);
    const struct rsl_module_unit *unit = &graph.modules.units[root];
    for (int i = 1; i < DEPTH; i++)
        unit = &graph.modules.units[unit->edges[0].to];
    assert_int_equal(unit->edges[0].error, RSL_MODULE_ERROR_PATH_NOT_FOUND);
    module_graph_fini(&graph);
    free(files);
    free(text);
}

static void count_deepest(void *state, const struct rsl_module_visit *visit)
{
    uint32_t *deepest = state;
    if (visit->depth > *deepest)
        *deepest = visit->depth;
}

static void files_that_double_at_each_level_are_walked_once(void **state)
{
    (void)state;
    enum { DEPTH = 60 };
    struct memory_file files[DEPTH + 1];
    char text[DEPTH][2][64];
    for (int i = 0; i < DEPTH; i++) {
        snprintf(text[i][0], sizeof text[i][0], "f%d", i);
        snprintf(text[i][1], sizeof text[i][1], "#[path = \"f%d\"] mod a; #[path = \"f%d\"] mod b;",
                 i + 1, i + 1);
        files[i] = (struct memory_file){text[i][0], text[i][1]};
    }
    files[DEPTH] = (struct memory_file){NULL, NULL};
    struct module_graph graph;
    uint32_t deepest = 0;
    module_graph_init(&graph, files);
    const uint32_t root = module_graph_add(&graph, "f0");
    assert_int_equal(rsl_modules_walk(&graph.modules, root, count_deepest, &deepest), RSL_OK);
    assert_int_equal(deepest, DEPTH - 1);
    module_graph_fini(&graph);
}

static void deep_and_many_inline_modules(void **state)
{
    (void)state;
    enum { DEPTH = 10000 };
    static char source[DEPTH * 32];
    size_t n = 0;
    for (int i = 0; i < DEPTH; i++)
        n += (size_t)sprintf(source + n, "mod a { mod b;");
    memset(source + n, '}', DEPTH);
    source[n + DEPTH] = '\0';
    struct module_graph graph;
    module_graph_init(&graph, FILES({"lib.rs", source}));
    const uint32_t root = module_graph_add(&graph, "lib.rs");
    const struct rsl_module_unit *unit = &graph.modules.units[root];
    assert_int_equal(unit->nedges, DEPTH);
    assert_int_equal(unit->edges[0].error, RSL_MODULE_ERROR_NOT_FOUND);
    assert_int_equal(unit->edges[1000].error, RSL_MODULE_ERROR_NOT_FOUND);
    assert_int_equal(unit->edges[DEPTH - 1].error, RSL_MODULE_ERROR_TOO_DEEP);
    module_graph_fini(&graph);
}

static void too_many_alternatives_are_an_error(void **state)
{
    (void)state;
    char source[1024] = "";
    for (int i = 0; i < 7; i++)
        strcat(source, "#[cfg_attr(a, path = \"p\")] mod m {");
    strcat(source, "mod x; }}}}}}}");
    check_modules(FILES({"lib.rs", source}), "x= ? !: modules are nested too deep, or have too "
                                             "many paths\n");
}

static void failed_allocations_can_be_made_up_for(void **state)
{
    (void)state;
    static const struct memory_file files[] = {
        {"lib.rs", "mod a { mod b; } cfg_if! { if #[cfg(x)] { mod c; } }"
                   "#[cfg_attr(y, path = \"a/b.rs\")] mod d; include!(\"e.rs\");"},
        {"a/b.rs", "mod f;"},
        {"c.rs", ""},
        {"d.rs", ""},
        {"e.rs", "mod c;"},
        {NULL, NULL},
    };
    bool done = false;
    for (size_t fail_at = 0; !done; fail_at++) {
        struct counting_allocator counting;
        struct memory_tree tree;
        struct rsl_tree_facts facts;
        struct rsl_modules modules;
        uint32_t file, unit;
        memory_tree_init(&tree, files);
        assert_int_equal(rsl_tree_facts_init(&facts, &tree.tree, NULL), RSL_OK);
        counting_init(&counting, fail_at);
        rsl_modules_init(&modules, &facts.files, &counting.allocator);
        enum rsl_status status = rsl_modules_file(&modules, "lib.rs", &file);
        if (status == RSL_OK)
            status = rsl_modules_add(&modules, file, &unit);
        done = counting.ncalls <= fail_at;
        assert_int_equal(status, done ? RSL_OK : RSL_ENOMEM);
        assert_int_equal(rsl_modules_file(&modules, "lib.rs", &file), RSL_OK);
        assert_int_equal(rsl_modules_add(&modules, file, &unit), RSL_OK);
        assert_int_equal(modules.units[unit].nedges, 5);
        assert_int_equal(modules.nunits, 6);
        rsl_modules_fini(&modules);
        assert_int_equal(counting.nbytes, 0);
        assert_false(counting.wrong);
        rsl_tree_facts_fini(&facts);
    }
}

static void facts_fail_whole(void **state)
{
    (void)state;
    static const char text[] = "#[cfg(a)] fn f() { cfg_if! { if #[cfg(x)] { mod c; } } }"
                               "#[cfg_attr(y, path = \"a/b.rs\", cfg(z))] mod d { mod e; }"
                               "include!(concat!(\"e\", \".rs\"));";
    uint8_t src[sizeof text + RSL_PAD] = {0};
    memcpy(src, text, sizeof text);
    struct rsl_file file;
    rsl_file_init(&file, NULL);
    assert_int_equal(rsl_parse(&file, src, sizeof text - 1, NULL), RSL_OK);
    bool done = false;
    for (size_t fail_at = 0; !done; fail_at++) {
        struct counting_allocator counting;
        counting_init(&counting, fail_at);
        struct rsl_facts_builder *builder = rsl_facts_builder_create(&counting.allocator);
        struct rsl_file_facts *facts = NULL;
        if (builder != NULL) {
            const enum rsl_status status =
                rsl_file_facts_create(builder, &file, src, sizeof text - 1, &facts);
            done = counting.ncalls <= fail_at;
            assert_int_equal(status, done ? RSL_OK : RSL_ENOMEM);
            assert_int_equal(facts != NULL, done);
        }
        rsl_facts_builder_destroy(builder);
        rsl_file_facts_destroy(facts, &counting.allocator);
        assert_int_equal(counting.nbytes, 0);
        assert_false(counting.wrong);
    }
    rsl_file_fini(&file);
}

static void every_error_has_its_own_sentence(void **state)
{
    (void)state;
    for (int i = 0; i <= RSL_MODULE_ERROR_COUNT; i++) {
        assert_non_null(rsl_module_error_rustc_code((uint8_t)i));
        for (int k = 0; k < i; k++)
            assert_string_not_equal(rsl_module_error_message((uint8_t)i),
                                    rsl_module_error_message((uint8_t)k));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_module_is_a_file_beside_a_root_or_mod_rs),
        cmocka_unit_test(modules_of_a_named_file_lie_in_its_folder),
        cmocka_unit_test(a_raw_name_is_a_name),
        cmocka_unit_test(missing_and_ambiguous_files_are_errors),
        cmocka_unit_test(a_path_is_seen_from_the_folder_of_the_file),
        cmocka_unit_test(inline_modules_are_folders),
        cmocka_unit_test(an_inner_path_of_an_inline_module_counts_last),
        cmocka_unit_test(in_a_block_only_a_path_leads_to_a_file),
        cmocka_unit_test(every_alternative_is_followed_with_its_predicate),
        cmocka_unit_test(conditions_and_macros_make_a_module_conditional),
        cmocka_unit_test(cfg_if_gives_its_branches_their_conditions),
        cmocka_unit_test(cfg_match_gives_its_arms_their_conditions),
        cmocka_unit_test(conditions_are_kept_as_text),
        cmocka_unit_test(an_included_file_joins_the_module),
        cmocka_unit_test(circles_are_cut),
        cmocka_unit_test(a_file_may_be_several_modules),
        cmocka_unit_test(what_cannot_be_read_is_an_error),
        cmocka_unit_test(an_edit_and_a_new_file_change_only_what_they_must),
        cmocka_unit_test(roots_are_guessed),
        cmocka_unit_test(a_chain_of_ten_thousand_files),
        cmocka_unit_test(files_that_double_at_each_level_are_walked_once),
        cmocka_unit_test(deep_and_many_inline_modules),
        cmocka_unit_test(too_many_alternatives_are_an_error),
        cmocka_unit_test(failed_allocations_can_be_made_up_for),
        cmocka_unit_test(facts_fail_whole),
        cmocka_unit_test(every_error_has_its_own_sentence),
    };
    return cmocka_run_group_tests_name("index_modules", tests, NULL, NULL);
}
