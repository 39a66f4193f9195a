/* pack_names.h - which items have a name: sorted segments of names, each with its items.
 *
 * Names stand in the order of their letters without ASCII case, then in that of their bytes, so
 * that all spellings of a name are neighbours. A segment is some kilobytes of consecutive names:
 *     segment  = names, bytes of the name part, the name part, the posting part
 *     name     = bytes shared with the name before, further bytes, those; bytes of its postings
 *     postings = for each file: file_id - that of the file before, 2 * items + 1 if vendored,
 *                and for each item: item_id - that before (from 0 in each file), a byte: the kind,
 *                in bits 5-7 the visibility
 * Numbers are varints (pack_bytes.h). An impl stands under the name of its self type, and a file
 * under that of the module that its path makes it, as a mod with item_id RSL_NONE. */
#ifndef RSL_INDEX_PACK_NAMES_H
#define RSL_INDEX_PACK_NAMES_H

#include "index/pack_bytes.h"
#include "parser/parser.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One item under its name. */
struct rsl_posting {
    uint32_t file_id, item_id;
    uint8_t kind; /* enum rsl_item_kind */
    uint8_t vis;  /* enum rsl_visibility */
    bool vendored;
};

/* Collects names and items. One thread at a time; several may be merged at the end. */
struct rsl_names;

/* NULL if there is no memory. allocator: borrowed, NULL for the default. */
struct rsl_names *rsl_names_create(const struct rsl_allocator *allocator);
/* NULL is allowed. */
void rsl_names_destroy(struct rsl_names *names);
/* Forgets all and keeps the memory. */
void rsl_names_reset(struct rsl_names *names);

/* Adds one item. RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_names_add(struct rsl_names *names, const uint8_t *name, size_t nbytes,
                              const struct rsl_posting *posting);

/* Adds all named items and the impls of a file, and the file itself. `path` has a NUL. RSL_OK or
 * RSL_ENOMEM. */
enum rsl_status rsl_names_add_file(struct rsl_names *names, const struct rsl_file *file,
                                   const uint8_t *src, const char *path, uint32_t file_id,
                                   bool vendored);

/* Takes the last module off what a path [0, nbytes) says, `end` being nbytes at first and what
 * the last call left of it later: folders but src, and the file's name but lib, main and mod.
 * Returns its bytes, from path + *start_out on; 0 when there are no more. */
size_t rsl_names_of_path(const char *path, size_t nbytes, size_t *end, size_t *start_out);

/* The name that an impl stands under: the last segment of its self type's path, behind all
 * references and the like; nothing for a type that has none, such as a tuple. */
struct rsl_span rsl_names_of_impl(const uint8_t *src, const struct rsl_item *impl);

/* Gives files other numbers: from `first` on, file_id becomes ids[file_id - first]. Before the
 * names are sorted. O(items). */
void rsl_names_renumber(struct rsl_names *names, uint32_t first, const uint32_t *ids);

/* Brings the names into order; nothing more may be added then. RSL_OK or RSL_ENOMEM. */
enum rsl_status rsl_names_sort(struct rsl_names *names);

/* Gets a segment; `first` is its first name. Both are good during the call. Returns false to stop.
 */
typedef bool rsl_names_emit(void *context, const uint8_t *first, size_t first_nbytes,
                            const uint8_t *segment, size_t nbytes);

/* Makes the segments of all that names[0..n) hold, all sorted, and emits them in order; each
 * closes behind the name with which it gets larger than `limit` bytes. The items of a name come by
 * file_id and item_id. RSL_OK, RSL_ECANCELED if emit returned false, or RSL_ENOMEM. */
enum rsl_status rsl_names_write(struct rsl_names *const *names, size_t n, size_t limit,
                                rsl_names_emit *emit, void *context);

/* Folds ASCII letters to lower case. */
static inline uint8_t rsl_names_fold(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* Negative, 0 or positive, as a comes before b in the order of the names. */
int rsl_names_compare(const uint8_t *a, size_t a_nbytes, const uint8_t *b, size_t b_nbytes);

/* Reads a segment, name by name; its bytes are borrowed. */
struct rsl_segment_reader {
    struct rsl_pack_reader names, postings;
    uint32_t nleft;
    struct rsl_pack_buffer name; /* the name read last: bytes[0..nbytes), and room for a NUL */
    const uint8_t *its_postings; /* of the name read last */
    size_t its_postings_nbytes;
    bool failed; /* this is no segment */
};

/* `name` may hold a buffer from the reader's last use, which is then used again. */
void rsl_segment_begin(struct rsl_segment_reader *reader, const void *segment, size_t nbytes);
/* Goes to the next name. False at the end, or if the segment is malformed or memory runs out, and
 * then `failed` is set. */
bool rsl_segment_next(struct rsl_segment_reader *reader);

/* The postings of a name, one by one. */
struct rsl_posting_reader {
    struct rsl_pack_reader in;
    struct rsl_posting posting;
    uint32_t nleft; /* in the file */
};

void rsl_postings_begin(struct rsl_posting_reader *reader, const uint8_t *postings, size_t nbytes);
/* Goes to the next posting. False at the end, or where the bytes are none, and then in.failed. */
bool rsl_postings_next(struct rsl_posting_reader *reader);

#ifdef __cplusplus
}
#endif

#endif
