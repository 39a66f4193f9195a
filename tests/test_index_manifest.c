/* index/manifest.h: what a program sees of packages and workspaces. That the rules are cargo's is
 * shown by diff_manifest.py, on a few thousand of them. */
#include "index/manifest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/counting_allocator.h"
#include "tests/memory_tree.h"

struct fixture {
    struct memory_tree tree;
    struct rsl_cargo cargo;
};

static void begin(struct fixture *f, const struct memory_file *files)
{
    memory_tree_init(&f->tree, files);
    rsl_cargo_init(&f->cargo, &f->tree.tree, NULL);
}

static const struct rsl_manifest *read_manifest(struct fixture *f, const char *path)
{
    const struct rsl_manifest *manifest = NULL;
    assert_int_equal(rsl_cargo_manifest(&f->cargo, path, &manifest), RSL_OK);
    assert_non_null(manifest);
    return manifest;
}

static const struct rsl_workspace *read_workspace(struct fixture *f, const char *path)
{
    const struct rsl_workspace *workspace = NULL;
    assert_int_equal(rsl_cargo_workspace(&f->cargo, path, &workspace), RSL_OK);
    assert_non_null(workspace);
    return workspace;
}

/* `kind:name=path` of all targets, in order, separated by spaces. */
static void check_targets(const struct rsl_manifest *manifest, const char *expected)
{
    char text[1024];
    size_t n = 0;
    text[0] = '\0';
    assert_non_null(manifest->package);
    for (uint32_t i = 0; i < manifest->package->ntargets; i++) {
        const struct rsl_target *target = &manifest->package->targets[i];
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s:%s=%s", i > 0 ? " " : "",
                              rsl_target_kind_name((enum rsl_target_kind)target->kind),
                              target->name, target->path);
        assert_true(n < sizeof text);
    }
    assert_string_equal(text, expected);
}

static void a_package_has_targets_and_dependencies(void **state)
{
    (void)state;
    static const struct memory_file files[] = {
        {"a/Cargo.toml", "[package]\nname = 'x-y'\nversion = '1.2.3'\nedition = '2021'\n"
                         "[lib]\nproc-macro = true\n"
                         "[dependencies]\nold = { package = 'new', path = '../new/' }\n"
                         "[target.'cfg(unix)'.dev-dependencies]\nd = '2'\n"},
        {"a/src/lib.rs", ""},
        {"a/src/bin/tool.rs", ""},
        {"a/tests/t/main.rs", ""},
        {"a/build.rs", ""},
        {NULL, NULL},
    };
    struct fixture f;
    begin(&f, files);
    const struct rsl_manifest *manifest = read_manifest(&f, "a/Cargo.toml");
    const struct rsl_package *package = manifest->package;
    assert_int_equal(manifest->nerrors, 0);
    assert_string_equal(manifest->folder, "a");
    assert_string_equal(package->name, "x-y");
    assert_string_equal(package->version, "1.2.3");
    assert_int_equal(package->edition, 2021);
    check_targets(manifest, "lib:x_y=a/src/lib.rs bin:tool=a/src/bin/tool.rs "
                            "test:t=a/tests/t/main.rs custom-build:build-script-build=a/build.rs");
    assert_true(package->targets[0].proc_macro);
    assert_false(package->targets[1].proc_macro);
    assert_int_equal(package->ndependencies, 2);
    assert_string_equal(package->dependencies[0].name, "old");
    assert_string_equal(package->dependencies[0].package, "new");
    assert_string_equal(package->dependencies[0].path, "new");
    assert_null(package->dependencies[0].version);
    assert_null(package->dependencies[0].platform);
    assert_string_equal(package->dependencies[1].version, "2");
    assert_string_equal(package->dependencies[1].platform, "cfg(unix)");
    assert_int_equal(package->dependencies[1].kind, RSL_DEPENDENCY_DEV);
    assert_ptr_equal(read_manifest(&f, "a/Cargo.toml"), manifest);
    rsl_cargo_fini(&f.cargo);
}

static void a_tree_may_begin_in_its_root(void **state)
{
    (void)state;
    static const struct memory_file files[] = {
        {"Cargo.toml", "[package]\nname = 'x'\n[workspace]\n[dependencies]\ny.path = 'y'\n"},
        {"src/main.rs", ""},
        {"y/Cargo.toml", "[package]\nname = 'y'\n"},
        {"y/src/lib.rs", ""},
        {NULL, NULL},
    };
    struct fixture f;
    begin(&f, files);
    check_targets(read_manifest(&f, "Cargo.toml"), "bin:x=src/main.rs");
    const struct rsl_workspace *workspace = read_workspace(&f, "y/Cargo.toml");
    assert_string_equal(workspace->root->folder, "");
    assert_int_equal(workspace->nmembers, 2);
    assert_string_equal(workspace->members[0]->path, "Cargo.toml");
    assert_string_equal(workspace->members[1]->path, "y/Cargo.toml");
    assert_int_equal(workspace->error.code, RSL_MANIFEST_ERROR_NONE);
    rsl_cargo_fini(&f.cargo);
}

static void a_package_alone_is_its_own_workspace(void **state)
{
    (void)state;
    static const struct memory_file files[] = {
        {"a/Cargo.toml", "[package]\nname = 'a'\n"},
        {"a/src/lib.rs", ""},
        {NULL, NULL},
    };
    struct fixture f;
    begin(&f, files);
    const struct rsl_workspace *workspace = read_workspace(&f, "a/Cargo.toml");
    assert_int_equal(workspace->nmembers, 1);
    assert_ptr_equal(workspace->members[0], workspace->root);
    assert_false(workspace->root->is_workspace);
    rsl_cargo_fini(&f.cargo);
}

static void a_manifest_may_have_a_lower_case_name(void **state)
{
    (void)state;
    static const struct memory_file files[] = {
        {"a/cargo.toml", "[project]\nname = 'a'\n"},
        {"a/src/lib.rs", ""},
        {"b/Cargo.toml", ""},
        {"b/cargo.toml", ""},
        {NULL, NULL},
    };
    struct fixture f;
    begin(&f, files);
    const char *path;
    assert_int_equal(rsl_cargo_find_manifest(&f.cargo, "a", &path), RSL_OK);
    assert_string_equal(path, "a/cargo.toml");
    check_targets(read_manifest(&f, path), "lib:a=a/src/lib.rs");
    assert_int_equal(rsl_cargo_find_manifest(&f.cargo, "b", &path), RSL_OK);
    assert_string_equal(path, "b/Cargo.toml");
    assert_int_equal(rsl_cargo_find_manifest(&f.cargo, "c", &path), RSL_OK);
    assert_null(path);
    rsl_cargo_fini(&f.cargo);
}

static void errors_have_a_place_and_the_rest_is_there(void **state)
{
    (void)state;
    static const struct memory_file files[] = {
        {"Cargo.toml", "[package]\nname = 'a'\nedition = '2020'\n\n[[bin]]\nname = 'nope'\n"
                       "[dependencies]\ngood = '1'\nbad = {}\n"},
        {"src/lib.rs", ""},
        {NULL, NULL},
    };
    static const struct rsl_manifest_error expected[] = {
        {RSL_MANIFEST_ERROR_BAD_EDITION, 0, 3, 1, "2020"},
        {RSL_MANIFEST_ERROR_NO_BIN_FILE, 0, 5, 1, "nope"},
        {RSL_MANIFEST_ERROR_NO_SOURCE, 0, 9, 1, "bad"},
    };
    struct fixture f;
    begin(&f, files);
    const struct rsl_manifest *manifest = read_manifest(&f, "Cargo.toml");
    assert_int_equal(manifest->nerrors, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(manifest->errors[i].code, expected[i].code);
        assert_int_equal(manifest->errors[i].line, expected[i].line);
        assert_int_equal(manifest->errors[i].column, expected[i].column);
        assert_string_equal(manifest->errors[i].what, expected[i].what);
    }
    check_targets(manifest, "lib:a=src/lib.rs");
    assert_int_equal(manifest->package->edition, 2015);
    assert_int_equal(manifest->package->ndependencies, 2);
    rsl_cargo_fini(&f.cargo);
}

static void what_stands_before_a_syntax_error_counts(void **state)
{
    (void)state;
    static const struct memory_file files[] = {
        {"Cargo.toml", "[package]\nname = 'a'\nedition = '2018'\n[dependencies]\nb = \n"},
        {"src/lib.rs", ""},
        {NULL, NULL},
    };
    struct fixture f;
    begin(&f, files);
    const struct rsl_manifest *manifest = read_manifest(&f, "Cargo.toml");
    assert_int_equal(manifest->errors[0].code, RSL_MANIFEST_ERROR_SYNTAX);
    assert_int_equal(manifest->errors[0].line, 5);
    assert_int_equal(manifest->errors[0].column, 5);
    assert_int_equal(manifest->package->edition, 2018);
    check_targets(manifest, "lib:a=src/lib.rs");
    rsl_cargo_fini(&f.cargo);
}

static void a_manifest_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    static const struct memory_file files[] = {
        {"Cargo.toml", "[workspace]\nmembers = ['a', 'gone']\n"},
        {"a/Cargo.toml", "[package]\nname = 'a'\n"},
        {"a/src/lib.rs", ""},
        {"folder/Cargo.toml/file", ""},
        {NULL, NULL},
    };
    struct fixture f;
    begin(&f, files);
    assert_int_equal(read_manifest(&f, "none/Cargo.toml")->errors[0].code,
                     RSL_MANIFEST_ERROR_UNREADABLE);
    assert_int_equal(read_manifest(&f, "folder/Cargo.toml")->errors[0].code,
                     RSL_MANIFEST_ERROR_UNREADABLE);
    const struct rsl_workspace *workspace = read_workspace(&f, "a/Cargo.toml");
    assert_int_equal(workspace->nmembers, 3);
    assert_string_equal(workspace->members[2]->path, "gone/Cargo.toml");
    assert_null(workspace->members[2]->package);
    assert_int_equal(workspace->members[2]->errors[0].code, RSL_MANIFEST_ERROR_UNREADABLE);
    rsl_cargo_fini(&f.cargo);
}

static void a_package_may_believe_to_be_a_member(void **state)
{
    (void)state;
    static const struct memory_file files[] = {
        {"Cargo.toml", "[workspace]\nmembers = []\n"},
        {"a/Cargo.toml", "[package]\nname = 'a'\n"},
        {"a/src/lib.rs", ""},
        {NULL, NULL},
    };
    struct fixture f;
    begin(&f, files);
    const struct rsl_workspace *workspace = read_workspace(&f, "a/Cargo.toml");
    assert_int_equal(workspace->error.code, RSL_MANIFEST_ERROR_NOT_A_MEMBER);
    assert_string_equal(workspace->error.what, "a/Cargo.toml");
    assert_int_equal(read_workspace(&f, "Cargo.toml")->error.code, RSL_MANIFEST_ERROR_NONE);
    rsl_cargo_fini(&f.cargo);
}

static void strings_with_nul_are_no_names(void **state)
{
    (void)state;
    static const struct memory_file files[] = {
        {"Cargo.toml", "[package]\nname = \"a\\u0000b\"\nbuild = \"\\u0000\"\n"
                       "[dependencies]\n\"x\\u0000\" = '1'\n"},
        {"src/lib.rs", ""},
        {NULL, NULL},
    };
    struct fixture f;
    begin(&f, files);
    const struct rsl_manifest *manifest = read_manifest(&f, "Cargo.toml");
    assert_int_equal(manifest->nerrors, 3);
    for (uint32_t i = 0; i < manifest->nerrors; i++)
        assert_int_equal(manifest->errors[i].code, RSL_MANIFEST_ERROR_WRONG_TYPE);
    assert_int_equal(manifest->package->ndependencies, 0);
    rsl_cargo_fini(&f.cargo);
}

static void failed_allocations_are_reported(void **state)
{
    (void)state;
    static const struct memory_file files[] = {
        {"Cargo.toml", "[workspace]\nmembers = ['a', 'g/*', 'n/**']\nexclude = ['e']\n"
                       "[workspace.package]\nedition = '2021'\n"
                       "[workspace.dependencies]\nb = { path = 'b', package = 'c' }\n"},
        {"a/Cargo.toml", "[package]\nname = 'a'\nedition.workspace = true\nlinks = 'l'\n"
                         "[[bin]]\nname = 'm'\n[[test]]\nname = 'gone'\n[lib]\nname = 'q'\n"
                         "crate-type = ['rlib', 'cdylib']\n"
                         "[dependencies]\nb.workspace = true\nd = '1'\n"},
        {"a/src/lib.rs", ""},
        {"a/src/main.rs", ""},
        {"a/src/bin/m.rs", ""},
        {"a/src/bin/n/main.rs", ""},
        {"b/Cargo.toml", "[package]\nname = 'c'\n"},
        {"b/src/lib.rs", ""},
        {"g/h/Cargo.toml", "[package]\nname = 'h'\nbuild = ['one.rs', 'two.rs']\n"},
        {"g/h/src/lib.rs", ""},
        {"n/o/Cargo.toml", "[package]\nname = 'o'\nworkspace = '../..'\n"},
        {NULL, NULL},
    };
    size_t fail_at = 0;
    bool done = false;
    for (; !done; fail_at++) {
        struct counting_allocator counting;
        struct memory_tree tree;
        struct rsl_cargo cargo;
        const struct rsl_workspace *workspace = NULL;
        counting_init(&counting, fail_at);
        memory_tree_init(&tree, files);
        rsl_cargo_init(&cargo, &tree.tree, &counting.allocator);
        const enum rsl_status status = rsl_cargo_workspace(&cargo, "a/Cargo.toml", &workspace);
        done = counting.ncalls <= fail_at;
        assert_int_equal(status, done ? RSL_OK : RSL_ENOMEM);
        assert_int_equal(workspace != NULL, done);
        if (workspace != NULL)
            assert_int_equal(workspace->nmembers, 5);
        rsl_cargo_fini(&cargo);
        assert_int_equal(counting.nbytes, 0);
        assert_false(counting.wrong);
    }
    assert_true(fail_at > 20);
}

static void every_error_has_its_own_sentence(void **state)
{
    (void)state;
    for (int i = 0; i <= RSL_MANIFEST_ERROR_COUNT; i++) {
        for (int k = 0; k < i; k++)
            assert_string_not_equal(rsl_manifest_error_message((uint8_t)i),
                                    rsl_manifest_error_message((uint8_t)k));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_package_has_targets_and_dependencies),
        cmocka_unit_test(a_tree_may_begin_in_its_root),
        cmocka_unit_test(a_package_alone_is_its_own_workspace),
        cmocka_unit_test(a_manifest_may_have_a_lower_case_name),
        cmocka_unit_test(errors_have_a_place_and_the_rest_is_there),
        cmocka_unit_test(what_stands_before_a_syntax_error_counts),
        cmocka_unit_test(a_manifest_that_is_not_there_is_an_error),
        cmocka_unit_test(a_package_may_believe_to_be_a_member),
        cmocka_unit_test(strings_with_nul_are_no_names),
        cmocka_unit_test(failed_allocations_are_reported),
        cmocka_unit_test(every_error_has_its_own_sentence),
    };
    return cmocka_run_group_tests_name("index_manifest", tests, NULL, NULL);
}
