/* atomic.h - every atomic operation of the project, with its memory order in its name.
 *
 * An atomic variable is a struct around a plain integer or pointer, so that it cannot be read or
 * written by accident, and so that the same headers serve C and C++. The operations are the
 * compiler's __atomic builtins (C11 semantics). Three builds differ from the plain one:
 *
 *   RSL_MODEL   every operation is a call of the model checker in tests/model/, which decides which
 *               thread goes on and which of the stores that C11 allows a load sees.
 *   RSL_STRESS  RSL_YIELD_POINT() calls rsl_yield_point(), with which a test widens the windows of
 *               races; otherwise it is nothing.
 *   TSan        does not know fences. rsl_fence_seq_cst() is then an instruction that it does not
 *               see, so a fence may order a store before a load (what only a fence can do), but
 *               must never be what publishes data: that is a release store's or an RMW's work.
 *
 * Reference: ISO C17 7.17; Boehm and Adve, "Foundations of the C++ Concurrency Memory Model".
 */
#ifndef RSL_DS_ATOMIC_H
#define RSL_DS_ATOMIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Two lines: the adjacent-line prefetcher of x86 moves lines in pairs, so that variables of
 * different writers are kept this many bytes apart. */
#define RSL_CACHE_LINE          64
#define RSL_FALSE_SHARING_RANGE 128

#if defined(__SANITIZE_THREAD__)
#define RSL_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RSL_TSAN 1
#endif
#endif

struct rsl_atomic_u8 {
    uint8_t value;
};
struct rsl_atomic_u32 {
    uint32_t value;
};
struct rsl_atomic_u64 {
    uint64_t value;
};
struct rsl_atomic_size {
    size_t value;
};
struct rsl_atomic_ptr {
    void *value;
};

// NOLINTBEGIN(bugprone-macro-parentheses,readability-non-const-parameter,performance-no-int-to-ptr):
// a type cannot stand in parentheses; a compare-and-swap writes *expected; the model's words are 64
// bits wide, whatever they hold.
#ifdef RSL_MODEL

#ifdef __cplusplus
extern "C" {
#endif
/* The model checker's side: `nbytes` is 1, 4 or 8, `order` an __ATOMIC_* constant. */
uint64_t rsl_model_load(const void *at, size_t nbytes, int order);
void rsl_model_store(void *at, size_t nbytes, uint64_t value, int order);
enum rsl_model_op { RSL_MODEL_EXCHANGE, RSL_MODEL_ADD, RSL_MODEL_AND, RSL_MODEL_OR };
uint64_t rsl_model_rmw(void *at, size_t nbytes, enum rsl_model_op op, uint64_t value, int order);
bool rsl_model_cas(void *at, size_t nbytes, uint64_t *expected, uint64_t desired, int success,
                   int failure);
void rsl_model_fence(int order);
/* Further orders for it: the two sides of asymmetric_fence.h. */
enum { RSL_MODEL_LIGHT_FENCE = 100, RSL_MODEL_HEAVY_FENCE };
void rsl_model_plain(const void *at, size_t nbytes, bool is_write);
/* Called in a loop that waits for another thread: lets the checker run somebody else. */
void rsl_model_pause(void);
#ifdef __cplusplus
}
#endif

#define RSL_ATOMIC_LOAD(type, a, order) \
    ((type)(uintptr_t)rsl_model_load(&(a)->value, sizeof(a)->value, order))
#define RSL_ATOMIC_STORE(type, a, v, order) \
    rsl_model_store(&(a)->value, sizeof(a)->value, (uint64_t)(uintptr_t)(v), order)
#define RSL_ATOMIC_EXCHANGE(type, a, v, order)                                         \
    ((type)(uintptr_t)rsl_model_rmw(&(a)->value, sizeof(a)->value, RSL_MODEL_EXCHANGE, \
                                    (uint64_t)(uintptr_t)(v), order))
#define RSL_ATOMIC_FETCH(type, op, OP, a, v, order) \
    ((type)rsl_model_rmw(&(a)->value, sizeof(a)->value, RSL_MODEL_##OP, (uint64_t)(v), order))
#define RSL_ATOMIC_CAS(type, a, expected, desired, weak, success, failure)               \
    __extension__({                                                                      \
        uint64_t rsl_seen = (uint64_t)(uintptr_t) * (expected);                          \
        bool rsl_done = rsl_model_cas(&(a)->value, sizeof(a)->value, &rsl_seen,          \
                                      (uint64_t)(uintptr_t)(desired), success, failure); \
        *(expected) = (type)(uintptr_t)rsl_seen;                                         \
        rsl_done;                                                                        \
    })

#else

#define RSL_ATOMIC_LOAD(type, a, order)             __atomic_load_n(&(a)->value, order)
#define RSL_ATOMIC_STORE(type, a, v, order)         __atomic_store_n(&(a)->value, v, order)
#define RSL_ATOMIC_EXCHANGE(type, a, v, order)      __atomic_exchange_n(&(a)->value, v, order)
#define RSL_ATOMIC_FETCH(type, op, OP, a, v, order) __atomic_fetch_##op(&(a)->value, v, order)
#define RSL_ATOMIC_CAS(type, a, expected, desired, weak, success, failure) \
    __atomic_compare_exchange_n(&(a)->value, expected, desired, weak, success, failure)

#endif

/* rsl_<type>_<operation>_<order>. `init` is for memory that no other thread sees yet. A failed
 * compare-and-swap has stored what it saw in *expected; the weak form may fail for no reason. The
 * orders of a compare-and-swap are those of success; failure orders as the load part of it does. */
#define RSL_ATOMIC_COMMON(name, type)                                                             \
    static inline void rsl_##name##_init(struct rsl_atomic_##name *a, type v)                     \
    {                                                                                             \
        RSL_ATOMIC_STORE(type, a, v, __ATOMIC_RELAXED);                                           \
    }                                                                                             \
    static inline type rsl_##name##_load_relaxed(const struct rsl_atomic_##name *a)               \
    {                                                                                             \
        return RSL_ATOMIC_LOAD(type, a, __ATOMIC_RELAXED);                                        \
    }                                                                                             \
    static inline type rsl_##name##_load_acquire(const struct rsl_atomic_##name *a)               \
    {                                                                                             \
        return RSL_ATOMIC_LOAD(type, a, __ATOMIC_ACQUIRE);                                        \
    }                                                                                             \
    static inline type rsl_##name##_load_seq_cst(const struct rsl_atomic_##name *a)               \
    {                                                                                             \
        return RSL_ATOMIC_LOAD(type, a, __ATOMIC_SEQ_CST);                                        \
    }                                                                                             \
    static inline void rsl_##name##_store_relaxed(struct rsl_atomic_##name *a, type v)            \
    {                                                                                             \
        RSL_ATOMIC_STORE(type, a, v, __ATOMIC_RELAXED);                                           \
    }                                                                                             \
    static inline void rsl_##name##_store_release(struct rsl_atomic_##name *a, type v)            \
    {                                                                                             \
        RSL_ATOMIC_STORE(type, a, v, __ATOMIC_RELEASE);                                           \
    }                                                                                             \
    static inline void rsl_##name##_store_seq_cst(struct rsl_atomic_##name *a, type v)            \
    {                                                                                             \
        RSL_ATOMIC_STORE(type, a, v, __ATOMIC_SEQ_CST);                                           \
    }                                                                                             \
    static inline type rsl_##name##_exchange_acq_rel(struct rsl_atomic_##name *a, type v)         \
    {                                                                                             \
        return RSL_ATOMIC_EXCHANGE(type, a, v, __ATOMIC_ACQ_REL);                                 \
    }                                                                                             \
    static inline type rsl_##name##_exchange_seq_cst(struct rsl_atomic_##name *a, type v)         \
    {                                                                                             \
        return RSL_ATOMIC_EXCHANGE(type, a, v, __ATOMIC_SEQ_CST);                                 \
    }                                                                                             \
    static inline bool rsl_##name##_cas_relaxed(struct rsl_atomic_##name *a, type *expected,      \
                                                type desired)                                     \
    {                                                                                             \
        return RSL_ATOMIC_CAS(type, a, expected, desired, false, __ATOMIC_RELAXED,                \
                              __ATOMIC_RELAXED);                                                  \
    }                                                                                             \
    static inline bool rsl_##name##_cas_acquire(struct rsl_atomic_##name *a, type *expected,      \
                                                type desired)                                     \
    {                                                                                             \
        return RSL_ATOMIC_CAS(type, a, expected, desired, false, __ATOMIC_ACQUIRE,                \
                              __ATOMIC_ACQUIRE);                                                  \
    }                                                                                             \
    static inline bool rsl_##name##_cas_release(struct rsl_atomic_##name *a, type *expected,      \
                                                type desired)                                     \
    {                                                                                             \
        return RSL_ATOMIC_CAS(type, a, expected, desired, false, __ATOMIC_RELEASE,                \
                              __ATOMIC_RELAXED);                                                  \
    }                                                                                             \
    static inline bool rsl_##name##_cas_acq_rel(struct rsl_atomic_##name *a, type *expected,      \
                                                type desired)                                     \
    {                                                                                             \
        return RSL_ATOMIC_CAS(type, a, expected, desired, false, __ATOMIC_ACQ_REL,                \
                              __ATOMIC_ACQUIRE);                                                  \
    }                                                                                             \
    static inline bool rsl_##name##_cas_seq_cst(struct rsl_atomic_##name *a, type *expected,      \
                                                type desired)                                     \
    {                                                                                             \
        return RSL_ATOMIC_CAS(type, a, expected, desired, false, __ATOMIC_SEQ_CST,                \
                              __ATOMIC_SEQ_CST);                                                  \
    }                                                                                             \
    static inline bool rsl_##name##_cas_weak_relaxed(struct rsl_atomic_##name *a, type *expected, \
                                                     type desired)                                \
    {                                                                                             \
        return RSL_ATOMIC_CAS(type, a, expected, desired, true, __ATOMIC_RELAXED,                 \
                              __ATOMIC_RELAXED);                                                  \
    }                                                                                             \
    static inline bool rsl_##name##_cas_weak_acq_rel(struct rsl_atomic_##name *a, type *expected, \
                                                     type desired)                                \
    {                                                                                             \
        return RSL_ATOMIC_CAS(type, a, expected, desired, true, __ATOMIC_ACQ_REL,                 \
                              __ATOMIC_ACQUIRE);                                                  \
    }

/* One read-modify-write in its orders; each returns the value before it. */
#define RSL_ATOMIC_RMW(name, type, op, OP)                                                    \
    static inline type rsl_##name##_fetch_##op##_relaxed(struct rsl_atomic_##name *a, type v) \
    {                                                                                         \
        return RSL_ATOMIC_FETCH(type, op, OP, a, v, __ATOMIC_RELAXED);                        \
    }                                                                                         \
    static inline type rsl_##name##_fetch_##op##_acquire(struct rsl_atomic_##name *a, type v) \
    {                                                                                         \
        return RSL_ATOMIC_FETCH(type, op, OP, a, v, __ATOMIC_ACQUIRE);                        \
    }                                                                                         \
    static inline type rsl_##name##_fetch_##op##_release(struct rsl_atomic_##name *a, type v) \
    {                                                                                         \
        return RSL_ATOMIC_FETCH(type, op, OP, a, v, __ATOMIC_RELEASE);                        \
    }                                                                                         \
    static inline type rsl_##name##_fetch_##op##_acq_rel(struct rsl_atomic_##name *a, type v) \
    {                                                                                         \
        return RSL_ATOMIC_FETCH(type, op, OP, a, v, __ATOMIC_ACQ_REL);                        \
    }                                                                                         \
    static inline type rsl_##name##_fetch_##op##_seq_cst(struct rsl_atomic_##name *a, type v) \
    {                                                                                         \
        return RSL_ATOMIC_FETCH(type, op, OP, a, v, __ATOMIC_SEQ_CST);                        \
    }

/* To subtract, add the negative value: unsigned arithmetic wraps. */
#define RSL_ATOMIC_INTEGER(name, type)   \
    RSL_ATOMIC_COMMON(name, type)        \
    RSL_ATOMIC_RMW(name, type, add, ADD) \
    RSL_ATOMIC_RMW(name, type, and, AND) \
    RSL_ATOMIC_RMW(name, type, or, OR)

RSL_ATOMIC_INTEGER(u8, uint8_t)
RSL_ATOMIC_INTEGER(u32, uint32_t)
RSL_ATOMIC_INTEGER(u64, uint64_t)
RSL_ATOMIC_INTEGER(size, size_t)
RSL_ATOMIC_COMMON(ptr, void *)
// NOLINTEND(bugprone-macro-parentheses,readability-non-const-parameter,performance-no-int-to-ptr)

/* A condition that holds so seldom that what is done then must cost the other way nothing, no
 * register either. */
#define RSL_NEVER(condition) __builtin_expect_with_probability((condition), 0, 1.0)

/* gcc loads what it compares with and copies what it stores, where x86 needs neither. Where the
 * rest of an operation is a dozen instructions that is worth avoiding by hand. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(RSL_MODEL) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define RSL_X86_OPERANDS 1
#endif

/* Many at once, before any other thread sees them. */
static inline void rsl_u64_init_zeros(struct rsl_atomic_u64 *a, size_t n)
{
#ifdef RSL_MODEL
    for (size_t i = 0; i < n; i++)
        rsl_u64_init(&a[i], 0);
#else
    memset(a, 0, n * sizeof *a);
#endif
}

/* Orders the caller's earlier stores before its later loads: what neither release nor acquire can
 * do. A locked instruction on x86, where mfence is eight times as dear. */
static inline void rsl_fence_seq_cst(void)
{
#if defined(RSL_MODEL)
    rsl_model_fence(__ATOMIC_SEQ_CST);
#elif defined(__x86_64__)
    __asm__ __volatile__("lock; orl $0, -4(%%rsp)" ::: "memory", "cc");
#elif defined(RSL_TSAN) && defined(__aarch64__)
    __asm__ __volatile__("dmb ish" ::: "memory");
#else
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

/* Keeps the compiler from moving memory accesses across; no instruction. */
static inline void rsl_fence_compiler(void)
{
    __asm__ __volatile__("" ::: "memory");
}

/* Asks for the cache line at `at` as a store will need it. x86 processors that do not know
 * prefetchw take it for a nop. */
static inline void rsl_prefetch_write(const void *at)
{
#if defined(__x86_64__)
    __asm__ __volatile__("prefetchw %0" : : "m"(*(const uint8_t *)at));
#else
    __builtin_prefetch(at, 1);
#endif
}

/* Tells the processor that this is a spin loop. */
static inline void rsl_pause(void)
{
#if defined(RSL_MODEL)
    rsl_model_pause();
#elif defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

/* To stand before plain accesses to memory that another thread accesses at another time: the model
 * checker then sees whether the two are ordered, and whether the memory is still allocated. */
static inline void rsl_plain_read(const void *at, size_t nbytes)
{
#ifdef RSL_MODEL
    rsl_model_plain(at, nbytes, false);
#else
    (void)at;
    (void)nbytes;
#endif
}

static inline void rsl_plain_write(void *at, size_t nbytes)
{
#ifdef RSL_MODEL
    rsl_model_plain(at, nbytes, true);
#else
    (void)at;
    (void)nbytes;
#endif
}

/* Stands in retry windows. */
#ifdef RSL_STRESS
#ifdef __cplusplus
extern "C"
#endif
    void
    rsl_yield_point(void);
#define RSL_YIELD_POINT() rsl_yield_point()
#else
#define RSL_YIELD_POINT() ((void)0)
#endif

#endif
