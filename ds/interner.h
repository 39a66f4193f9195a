/* interner.h - strings to dense 32-bit ids and back, shared by any number of threads.
 *
 * Equal strings get equal ids; n strings have exactly the ids 0..n-1, whatever raced with what.
 * Strings and ids are never forgotten.
 *
 * Who may call: as with the map (map.h): every thread is an online participant of the domain;
 * adding strings needs a writer, which one thread at a time uses. */
#ifndef RSL_DS_INTERNER_H
#define RSL_DS_INTERNER_H

#include "ds/map.h"

#ifdef __cplusplus
extern "C" {
#endif

/* So many strings at most: no string has the id RSL_NO_STRING. */
#define RSL_MAX_STRINGS UINT32_MAX
#define RSL_NO_STRING   UINT32_MAX

struct rsl_interner;
struct rsl_interner_writer;

/* Makes an interner for about `expected` strings; more will do. The arguments, and how long they
 * must live, are those of rsl_map_create(). RSL_OK or RSL_ENOMEM. Any thread. */
enum rsl_status rsl_interner_create(struct rsl_qsbr *domain, const struct rsl_allocator *allocator,
                                    uint64_t seed, size_t expected,
                                    struct rsl_interner **interner_out);

/* Releases the interner, its strings and its writers. Nobody may be using any of them. NULL is
 * accepted. */
void rsl_interner_destroy(struct rsl_interner *interner);

/* As rsl_map_writer_create() and rsl_map_writer_destroy(). */
enum rsl_status rsl_interner_writer_create(struct rsl_interner *interner,
                                           struct rsl_qsbr_participant *participant,
                                           struct rsl_interner_writer **writer_out);
void rsl_interner_writer_destroy(struct rsl_interner_writer *writer);

/* The id of the string bytes[0..nbytes), which is copied if it is new.
 * RSL_OK; RSL_ETOOBIG: there are RSL_MAX_STRINGS already; RSL_EINVAL: longer than RSL_MAP_MAX_KEY;
 * RSL_ENOMEM. After an error *id_out is RSL_NO_STRING and the ids are as they were. Lock-free, the
 * allocator aside. One lookup; a new string two or three allocated words more. */
enum rsl_status rsl_intern(struct rsl_interner_writer *writer, const void *bytes, size_t nbytes,
                           uint32_t *id_out);

/* The id of a string if it has one, else RSL_NO_STRING. Wait-free but for the map's growth. */
uint32_t rsl_interner_find(struct rsl_interner *interner, const void *bytes, size_t nbytes);

/* The string with an id that the caller has got; valid until the interner is destroyed. NULL, and
 * *nbytes_out is 0, for an id that nobody has got. Wait-free, three loads. Any thread. */
const uint8_t *rsl_interner_string(const struct rsl_interner *interner, uint32_t id,
                                   size_t *nbytes_out);

/* How many strings there are: all smaller ids are good. Any thread. */
uint32_t rsl_interner_count(const struct rsl_interner *interner);

#ifdef __cplusplus
}
#endif

#endif
