#include "index/pack_names.h"

void rsl_segment_begin(struct rsl_segment_reader *reader, const void *segment, size_t nbytes)
{
    const uint8_t *bytes = nbytes > 0 ? segment : (const uint8_t *)""; /* SQLite's is NULL then */
    struct rsl_pack_reader in = {bytes, bytes + nbytes, false};
    reader->nleft = rsl_pack_read_u32(&in);
    const uint64_t names_nbytes = rsl_pack_read(&in);
    const uint8_t *names = rsl_pack_read_bytes(&in, names_nbytes);
    reader->failed = in.failed;
    if (names == NULL) {
        names = in.at;
        reader->nleft = 0;
    }
    reader->names = (struct rsl_pack_reader){names, in.at, in.failed};
    reader->postings = in;
    reader->name.nbytes = 0;
}

bool rsl_segment_next(struct rsl_segment_reader *reader)
{
    if (reader->nleft == 0)
        return false;
    reader->nleft--;
    const uint32_t nshared = rsl_pack_read_u32(&reader->names);
    const uint32_t nmore = rsl_pack_read_u32(&reader->names);
    const uint8_t *more = rsl_pack_read_bytes(&reader->names, nmore);
    const uint64_t postings_nbytes = rsl_pack_read(&reader->names);
    const uint8_t *postings = rsl_pack_read_bytes(&reader->postings, postings_nbytes);
    if (more == NULL || reader->names.failed || postings == NULL || nshared > reader->name.nbytes ||
        !rsl_pack_buffer_reserve(&reader->name, (size_t)nmore + 1)) {
        reader->failed = true;
        reader->nleft = 0;
        return false;
    }
    memcpy(reader->name.bytes + nshared, more, nmore);
    reader->name.nbytes = (size_t)nshared + nmore;
    reader->its_postings = postings;
    reader->its_postings_nbytes = postings_nbytes;
    return true;
}

void rsl_postings_begin(struct rsl_posting_reader *reader, const uint8_t *postings, size_t nbytes)
{
    *reader = (struct rsl_posting_reader){.in = {postings, postings + nbytes, false}};
}

bool rsl_postings_next(struct rsl_posting_reader *reader)
{
    struct rsl_posting *posting = &reader->posting;
    if (reader->nleft == 0) {
        if (reader->in.at == reader->in.end)
            return false;
        posting->file_id += rsl_pack_read_u32(&reader->in);
        const uint64_t count = rsl_pack_read(&reader->in);
        posting->vendored = count & 1;
        posting->item_id = 0;
        if (count >> 1 == 0 || count >> 1 > UINT32_MAX)
            rsl_pack_reader_fail(&reader->in);
        reader->nleft = (uint32_t)(count >> 1);
    }
    posting->item_id += rsl_pack_read_u32(&reader->in);
    const uint8_t byte = rsl_pack_read_byte(&reader->in);
    posting->kind = byte & 31;
    posting->vis = byte >> 5;
    reader->nleft--;
    if (posting->kind >= RSL_ITEM_KIND_COUNT)
        rsl_pack_reader_fail(&reader->in);
    return !reader->in.failed;
}
