/* Sources that are nested, long or broken without end, each on a thread with a small stack. None
 * may overflow it; the time and the memory for each are bounded by a multiple of its size. */
#include <pthread.h>
#include <time.h>

#include "tests/counting_allocator.h"
#include "tests/parser_testing.h"

/* The sanitizers make stack frames several times as large, and everything several times as slow. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif
#ifdef SANITIZED
enum { MANY = 1 << 16, STACK_NBYTES = 1 << 20 };
#else
enum { MANY = 1000000, STACK_NBYTES = 128 << 10 };
#endif
/* For what does not nest. */
enum { SOME = MANY / 4 };
/* Just behind the doubling of an array, when half of it is unused. */
enum { DOUBLED = MANY > 1 << 18 ? (1 << 18) + 2 : (1 << 15) + 2 };

/* What parser.h promises of rsl_parse, and what the first piece of each array takes. */
enum { MAX_BYTES_PER_BYTE = 200, MAX_BYTES_FOR_NOTHING = 1 << 16 };
/* Many times what the slowest takes, and a small part of what anything takes whose time is not
 * linear. */
enum { MAX_NS_PER_BYTE = 4000, MAX_NS_FOR_NOTHING = 100000000 };

/* A source of pieces that are repeated. */
struct piece {
    const char *text;
    size_t n;
};

static uint8_t *build(const struct piece *pieces, size_t npieces, size_t *nbytes_out)
{
    size_t nbytes = 0;
    for (size_t i = 0; i < npieces; i++) {
        nbytes += pieces[i].text ? strlen(pieces[i].text) * pieces[i].n : 0;
    }
    uint8_t *src = malloc(nbytes + RSL_PAD);
    assert_non_null(src);
    uint8_t *p = src;
    for (size_t i = 0; i < npieces; i++) {
        const size_t length = pieces[i].text ? strlen(pieces[i].text) : 0;
        for (size_t k = 0; k < pieces[i].n; k++) {
            memcpy(p, pieces[i].text, length);
            p += length;
        }
    }
    memset(p, 0, RSL_PAD);
    *nbytes_out = nbytes;
    return src;
}

/* One parse, and what it came to. */
struct run {
    const uint8_t *src;
    size_t nbytes;
    enum rsl_status status;
    uint32_t nitems, nerrors;
    size_t most_nbytes, left_nbytes;
    bool wrong_sizes;
    bool too_deep; /* NESTED_TOO_DEEPLY was reported */
    int64_t ns;    /* of the thread's own time */
    const char *failure;
};

static int64_t thread_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void *parse_run(void *argument)
{
    struct run *run = argument;
    struct counting_allocator counting;
    struct rsl_file file;
    counting_init(&counting, SIZE_MAX);
    rsl_file_init(&file, &counting.allocator);
    const int64_t begin = thread_ns();
    run->status = rsl_parse(&file, run->src, run->nbytes, NULL);
    run->ns = thread_ns() - begin;
    run->failure = check_file(&file, run->src, run->nbytes);
    run->nitems = file.nitems;
    run->nerrors = file.nerrors;
    for (uint32_t i = 0; i < file.nerrors; i++) {
        run->too_deep |= file.errors[i].code == RSL_SOURCE_ERROR_NESTED_TOO_DEEPLY;
    }
    rsl_file_fini(&file);
    run->most_nbytes = counting.most_nbytes;
    run->left_nbytes = counting.nbytes;
    run->wrong_sizes = counting.wrong;
    return NULL;
}

static void run_on_a_small_stack(struct run *run)
{
    pthread_t thread;
    pthread_attr_t attributes;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, STACK_NBYTES), 0);
    assert_int_equal(pthread_create(&thread, &attributes, parse_run, run), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
}

/* What a case is known to come to. */
enum { UNSAID = -1, TOO_DEEP = -2 };

static const struct limit_case {
    const char *name;
    int expected; /* items, or one of the above */
    struct piece pieces[5];
} cases[] = {
    /* What nests, left open and closed. */
    {"braces", 0, {{"{", MANY}}},
    {"braces closed", UNSAID, {{"{", MANY}, {"}", MANY}}},
    {"parentheses", 0, {{"(", MANY}}},
    {"brackets", 0, {{"[", MANY}}},
    {"quote and parenthesis", UNSAID, {{"'(", MANY}}},
    {"braces in a body", UNSAID, {{"fn f(){", 1}, {"{", MANY}}},
    {"braces in a body, closed", 1, {{"fn f(){", 1}, {"{", MANY}, {"}", MANY}, {"}", 1}}},
    {"parentheses in a body", UNSAID, {{"fn f(){", 1}, {"(", MANY}}},
    {"parentheses in a body, closed", 1, {{"fn f(){", 1}, {"(", MANY}, {")", MANY}, {"}", 1}}},
    {"brackets in a body", UNSAID, {{"fn f(){", 1}, {"[", MANY}}},
    {"parentheses closed by brackets",
     UNSAID,
     {{"fn f(){", 1}, {"(", MANY}, {"]", MANY}, {"}", 1}}},
    {"block comments", UNSAID, {{"/*", MANY}}},
    {"block comments closed", 0, {{"/*", MANY}, {"*/", MANY}}},
    {"block comments in a body", 1, {{"fn f(){", 1}, {"/*", MANY}, {"*/", MANY}, {"}", 1}}},
    {"generics", UNSAID, {{"fn f", 1}, {"<", MANY}}},
    {"generic arguments", 1, {{"fn f()->", 1}, {"a<", MANY}, {"b", 1}, {">", MANY}, {"{}", 1}}},
    {"generic arguments left open", UNSAID, {{"fn f()->", 1}, {"a<", MANY}}},
    {"types in parentheses", 1, {{"type A=", 1}, {"(", MANY}, {")", MANY}, {";", 1}}},
    {"array types", 1, {{"type A=", 1}, {"[", MANY}, {"u8", 1}, {";1]", MANY}, {";", 1}}},
    {"use groups", UNSAID, {{"use ", 1}, {"{", MANY}}},
    {"use groups closed", 2, {{"use a::", 1}, {"{", MANY}, {"b", 1}, {"}", MANY}, {";", 1}}},
    {"use groups with paths", 1, {{"use ", 1}, {"a::{", MANY}, {"}", MANY}, {";", 1}}},
    {"modules", MANY, {{"mod a{", MANY}}},
    {"modules closed", MANY, {{"mod a{", MANY}, {"}", MANY}}},
    {"modules by lines", MANY, {{"mod a{\n", MANY}}},
    {"functions", MANY, {{"fn a(){", MANY}}},
    {"functions closed", MANY, {{"fn a(){", MANY}, {"}", MANY}}},
    {"functions by lines", MANY, {{"fn a() {\n", MANY}}},
    {"functions with an open block", MANY / 4, {{"fn a() {\nif x {\n}\n", MANY / 4}}},
    {"impls and functions", MANY / 2 * 2, {{"impl a{fn a(){", MANY / 2}}},
    {"traits", MANY / 2 * 2, {{"trait a{fn a(){", MANY / 2}, {"}}", MANY / 2}}},
    {"constants", MANY, {{"const a:u={", MANY}}},
    {"constants closed", MANY, {{"const a:u={", MANY}, {"};", MANY}}},
    {"constants and where", MANY, {{"const a:u={", MANY}, {"where", 1}, {"};", MANY}}},
    {"macro calls", UNSAID, {{"m!{", MANY}}},
    {"macro calls closed", UNSAID, {{"m!{", MANY}, {"}", MANY}}},
    {"macro calls around modules", UNSAID, {{"m!{mod a{", MANY}, {"}}", MANY}}},
    {"macro calls around functions", UNSAID, {{"m!{fn a(){", MANY}, {"}}", MANY}}},
    {"macro calls in a body", 1, {{"fn f(){", 1}, {"m!{", MANY}, {"}", MANY}, {"}", 1}}},
    {"named macro calls in a body",
     UNSAID,
     {{"fn f(){", 1}, {"m! x {", MANY}, {"}", MANY}, {"}", 1}}},
    {"cfg_if", UNSAID, {{"cfg_if!{if #[a]{", MANY}, {"}}", MANY}}},
    {"blocks in lengths", UNSAID, {{"fn f()->", 1}, {"[u8;{", MANY}}},
    {"blocks in lengths, closed", 1, {{"fn f()->", 1}, {"[u8;{", MANY}, {"}]", MANY}, {"{}", 1}}},
    {"functions in lengths", TOO_DEEP, {{"fn f()->", 1}, {"[u8;{fn g()->", MANY}}},
    {"structs in lengths", TOO_DEEP, {{"struct a{a:[u;{", MANY}}},
    {"constants in lengths",
     TOO_DEEP,
     {{"const a:", 1}, {"[u;{const a:", MANY}, {"u=1;}]=1;", MANY}}},
    {"blocks as arguments", TOO_DEEP, {{"type a=", 1}, {"b<{type a=", MANY}, {"u;}>;", MANY}}},
    {"discriminants", TOO_DEEP, {{"enum a{b={", MANY}}},
    {"discriminants closed", TOO_DEEP, {{"enum a{b={", MANY}, {"}}", MANY}}},
    {"closures in a discriminant", 2, {{"enum a{b=", 1}, {"||", MANY}, {"}", 1}}},
    {"less-than in a discriminant", UNSAID, {{"enum a{b=", 1}, {"<", MANY}, {"}", 1}}},
    {"casts in a discriminant", 2, {{"enum a{b=1", 1}, {" as a", MANY}, {"}", 1}}},
    {"attributes left open", UNSAID, {{"#[", MANY}}},
    {"attributes left open in a body", UNSAID, {{"fn f(){", 1}, {"#[", MANY}}},
    /* What is long. */
    {"attributes", 1, {{"#[a]", SOME}, {"fn f(){}", 1}}},
    {"attributes in a body", 1, {{"fn f(){", 1}, {"#[a]", SOME}, {"1;}", 1}}},
    {"attributes of statements", 1, {{"fn f(){", 1}, {"#[a]x;", SOME}, {"}", 1}}},
    {"attributes in a header", 1, {{"fn f(a:", 1}, {"#[a]", SOME}, {"u8){}", 1}}},
    {"inner attributes", 0, {{"#![a]", SOME}}},
    {"doc comments", 1, {{"///\n", SOME}, {"fn f(){}", 1}}},
    {"doc blocks", UNSAID, {{"/** */", SOME}}},
    {"items in a line", SOME, {{"fn f(){}", SOME}}},
    {"items in lines", SOME, {{"fn f() {}\r\n", SOME}}},
    {"fields", SOME + 1, {{"struct a{", 1}, {"a:b,", SOME}, {"}", 1}}},
    {"tuple fields", 1, {{"struct a(", 1}, {"pub(a),", SOME}, {");", 1}}},
    {"variants", SOME + 1, {{"enum a{", 1}, {"a,", SOME}, {"}", 1}}},
    {"use leaves", SOME + 1, {{"use a::{", 1}, {"a,", SOME}, {"};", 1}}},
    {"use leaves just behind a doubling",
     DOUBLED + 1,
     {{"use a::{", 1}, {"a,", DOUBLED}, {"};", 1}}},
    {"variants and odd brackets", UNSAID, {{"enum a{", 1}, {"a,", DOUBLED}, {"}fn f(){(]}", 1}}},
    {"leaves and closers",
     UNSAID,
     {{"use a::{", 1}, {"a,", DOUBLED}, {"};fn f(){(]}", 1}, {"}", DOUBLED / 4}}},
    {"modules just behind a doubling", DOUBLED, {{"mod a{", DOUBLED}}},
    {"self behind a long path",
     SOME + 1,
     {{"use ", 1}, {"a::", SOME}, {"{", 1}, {"self,", SOME}, {"};", 1}}},
    {"self in deep groups",
     SOME + 1,
     {{"use ", 1}, {"{", SOME}, {"self,", SOME}, {"}", SOME}, {";", 1}}},
    {"self far from its name",
     2 * SOME + 1,
     {{"use aaa", 1}, {"\n", SOME}, {"::{", 1}, {"self,b,", SOME}, {"};", 1}}},
    {"a long path", UNSAID, {{"a::", SOME}}},
    {"a long visibility", 1, {{"pub(in ", 1}, {"a::", SOME}, {"a) fn f(){}", 1}}},
    {"visibilities left open", UNSAID, {{"pub(in ", SOME}}},
    {"generic parameters", 1, {{"struct a<", 1}, {"'a,", SOME}, {">;", 1}}},
    {"bounds", 1, {{"fn f() where ", 1}, {"a:b,", SOME}, {"{}", 1}}},
    {"parameters", 1, {{"fn f(", 1}, {"a:b,", SOME}, {"){}", 1}}},
    {"modifiers default", UNSAID, {{"default ", SOME}}},
    {"modifiers default of a function", UNSAID, {{"default ", SOME}, {"fn f(){}", 1}}},
    {"modifiers default by lines", UNSAID, {{"}", 1}, {"default\n", SOME}}},
    {"modifiers safe", UNSAID, {{"safe ", SOME}, {"fn f(){}", 1}}},
    {"modifiers gen", UNSAID, {{"const async ", 1}, {"gen ", SOME}, {"fn f(){}", 1}}},
    {"modifiers const async", UNSAID, {{"const async ", SOME}}},
    {"modifiers unsafe", UNSAID, {{"unsafe ", SOME}, {"fn f(){}", 1}}},
    {"modifiers in a body", UNSAID, {{"fn f(){", 1}, {"default ", SOME}, {"}", 1}}},
    {"restrictions", UNSAID, {{"impl(crate)", SOME}}},
    {"impl", UNSAID, {{"impl ", SOME}}},
    {"extern", UNSAID, {{"extern ", SOME}}},
    {"extern and a quote", UNSAID, {{"extern \"", SOME}}},
    {"bangs", 1, {{"fn f(){", 1}, {"a!", SOME}, {"}", 1}}},
    {"bangs and comments", 1, {{"fn f(){", 1}, {"a /**/ ! /**/", SOME}, {"}", 1}}},
    {"bangs and paths", UNSAID, {{"fn f(){", 1}, {"a::", SOME}, {"b!c", 1}}},
    {"lifetimes", 1, {{"fn f(){", 1}, {"'a", SOME}, {"}", 1}}},
    {"hashes", 1, {{"fn f(){r", 1}, {"#", SOME}, {"\"", 1}, {"\"#", SOME}}},
    {"raw prefixes", UNSAID, {{"fn f(){", 1}, {"r#", SOME}, {"\"", 1}}},
    {"white space", 1, {{"fn f(){", 1}, {" ", SOME}, {"!", 1}, {" ", SOME}, {"}", 1}}},
    /* What is broken. */
    {"closers", 0, {{"}", SOME}}},
    {"closers of every sort", 0, {{")]}", SOME}}},
    {"unknown characters", 0, {{"`", SOME}}},
    {"unknown characters apart", UNSAID, {{"` ;", SOME}}},
    {"bad bytes", 0, {{"\xFF", SOME}}},
    {"quotes", UNSAID, {{"\"", SOME + 1}}},
    {"quotes by lines", UNSAID, {{"\"\n", SOME + 1}}},
    {"unterminated strings in functions", UNSAID, {{"fn f(){ \" }\n", SOME + 1}}},
    {"unterminated raw strings in functions", UNSAID, {{"fn f(){ r#\" }\n", SOME}}},
    {"unterminated comments in functions", UNSAID, {{"fn f(){ /* }\n", SOME}}},
    {"unterminated characters in functions", UNSAID, {{"fn f(){ '( }\n", SOME}}},
    {"a string left open in deep functions", UNSAID, {{"fn a(){", SOME}, {"\"", 1}}},
    {"a comment left open in deep modules", UNSAID, {{"mod a{", SOME}, {"/*", 1}}},
    {"a string left open at every depth", UNSAID, {{"fn a(){\"\n", SOME + 1}}},
    {"comments left open behind items", UNSAID, {{"}\n", 1}, {"const /*\n", SOME}}},
    {"comments left open in structs", UNSAID, {{"struct a { /*\n", SOME}}},
    {"comments left open in attributes", UNSAID, {{"}\n", 1}, {"#[a( /*\n", SOME}}},
    {"doc comments left open", UNSAID, {{"}\n", 1}, {"/**\nfn a() {\n", SOME}}},
    {"raw strings left open in headers", UNSAID, {{"}\n", 1}, {"extern r#\"\n", SOME}}},
    {"strings left open in macro calls", UNSAID, {{"m!{ \" }\n", SOME + 1}}},
    {"closers by lines", 0, {{")\n", SOME}}},
    {"closers behind an indentation", 0, {{" ", SOME}, {")", SOME}}},
    {"closers before a staircase", 0, {{")\n", SOME}, {" fn\n  fn\n   fn\n    fn\n", SOME}}},
    {"unclosed methods", UNSAID, {{"impl a {\n", 1}, {" fn f() { ( }\n", SOME}}},
    {"names before braces", UNSAID, {{"a{", SOME}}},
    {"names before braces, closed", UNSAID, {{"a{", SOME}, {"}", SOME}}},
    {"functions without names", UNSAID, {{"fn {", SOME}}},
    {"functions without names by lines", UNSAID, {{"fn {\n", SOME}}},
    {"functions without bodies", UNSAID, {{"fn a()", SOME}}},
    {"functions without bodies by lines", UNSAID, {{"fn a()\n", SOME}}},
    {"functions with open parameters by lines", UNSAID, {{"fn a(\n", SOME}}},
    {"structs with open generics by lines", UNSAID, {{"struct a<\n", SOME}}},
    {"structs left open by lines", UNSAID, {{"struct a {\n", SOME}}},
    {"uses without ends by lines", UNSAID, {{"use a\n", SOME}}},
    {"macro calls left open by lines", UNSAID, {{"m!(\n", SOME}}},
    {"attributes left open by lines", UNSAID, {{"#[a(\n", SOME}}},
    {"macro calls that are no items", SOME, {{"m!{!}", SOME}}},
    {"macro calls that end badly", 1, {{"m!{", 1}, {"fn f(){}", SOME}, {"!}", 1}}},
    {"expressions", 0, {{"1+a;", SOME}}},
};

static void check_case(const struct limit_case *c)
{
    struct run run = {.status = RSL_OK};
    uint8_t *src = build(c->pieces, sizeof(c->pieces) / sizeof(c->pieces[0]), &run.nbytes);
    run.src = src;
    /* Said before, not after, so that a crash has its name above it. */
    print_message("%s, %zu bytes\n", c->name, run.nbytes);
    run_on_a_small_stack(&run);
    free(src);
    if (run.failure) {
        fail_msg("%s: %s", c->name, run.failure);
    }
    assert_int_equal(run.status, RSL_OK);
    assert_false(run.wrong_sizes);
    assert_int_equal(run.left_nbytes, 0);
    if (run.most_nbytes > run.nbytes * MAX_BYTES_PER_BYTE + MAX_BYTES_FOR_NOTHING) {
        fail_msg("%s: %zu bytes of memory", c->name, run.most_nbytes);
    }
    if (run.ns > (int64_t)run.nbytes * MAX_NS_PER_BYTE + MAX_NS_FOR_NOTHING) {
        fail_msg("%s: %lld ns", c->name, (long long)run.ns);
    }
    if (run.too_deep != (c->expected == TOO_DEEP)) {
        fail_msg("%s: NESTED_TOO_DEEPLY %s", c->name, run.too_deep ? "reported" : "not reported");
    }
    if (c->expected >= 0 && run.nitems != (uint32_t)c->expected) {
        fail_msg("%s: %u items", c->name, (unsigned)run.nitems);
    }
}

static void each_source_takes_linear_time_and_memory_and_little_stack(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_case(&cases[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_source_takes_linear_time_and_memory_and_little_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
