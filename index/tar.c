#include "index/tar.h"

#include <string.h>

/* Where the fields of a header are (POSIX.1-1988, 10.1.1). */
enum {
    NAME = 0,
    NAME_NBYTES = 100,
    SIZE = 124,
    SIZE_NBYTES = 12,
    CHECKSUM = 148,
    CHECKSUM_NBYTES = 8,
    KIND = 156,
    MAGIC = 257,
    PREFIX = 345,
    PREFIX_NBYTES = 155,
};

static const char *const messages[RSL_ARCHIVE_ERROR_COUNT] = {
    "no error",
#define X(suffix, message) message,
#include "index/archive_errors.def"
#undef X
};

const char *rsl_archive_error_message(uint8_t code)
{
    return code < RSL_ARCHIVE_ERROR_COUNT ? messages[code] : "unknown error";
}

void rsl_tar_init(struct rsl_tar *tar, const uint8_t *bytes, size_t nbytes)
{
    *tar = (struct rsl_tar){.bytes = bytes, .nbytes = nbytes};
}

static bool fail(struct rsl_tar *tar, enum rsl_archive_error_code error)
{
    tar->error = (uint8_t)error;
    return false;
}

/* ---- numbers */

/* Octal digits, perhaps behind spaces, up to a space, a NUL or the end. */
static bool parse_octal(const uint8_t *field, size_t nbytes, uint64_t *number_out)
{
    size_t i = 0;
    while (i < nbytes && field[i] == ' ')
        i++;
    const size_t first = i;
    uint64_t number = 0;
    for (; i < nbytes && field[i] >= '0' && field[i] <= '7'; i++)
        number = number << 3 | (uint64_t)(field[i] - '0'); /* 12 digits at most: 36 bits */
    *number_out = number;
    return i > first && (i == nbytes || field[i] == ' ' || field[i] == '\0');
}

/* A size in octal, or, as GNU tar has it above 8 GiB, in base 256 behind a byte 0x80. */
static bool parse_size(const uint8_t *field, uint64_t *size_out)
{
    if ((field[0] & 0x80) == 0)
        return parse_octal(field, SIZE_NBYTES, size_out);
    uint64_t size = 0;
    for (size_t i = 0; i < SIZE_NBYTES; i++) {
        const uint64_t digit = i == 0 ? field[i] & 0x7Fu : field[i];
        if (size >> 55 != 0)
            return false; /* also what is negative: it begins with ones */
        size = size << 8 | digit;
    }
    *size_out = size;
    return true;
}

/* The sum over the header with its own field as spaces; historic programs added signed bytes. */
static bool checksum_is_right(const uint8_t *header)
{
    uint64_t wanted;
    if (!parse_octal(header + CHECKSUM, CHECKSUM_NBYTES, &wanted))
        return false;
    uint32_t sum = 0, nhigh = 0;
    for (size_t i = 0; i < RSL_TAR_BLOCK; i++)
        sum += header[i];
    for (size_t i = 0; i < CHECKSUM_NBYTES; i++)
        sum += (uint32_t)' ' - header[CHECKSUM + i];
    if (sum == wanted)
        return true;
    for (size_t i = 0; i < RSL_TAR_BLOCK; i++)
        nhigh += header[i] >> 7;
    for (size_t i = 0; i < CHECKSUM_NBYTES; i++)
        nhigh -= header[CHECKSUM + i] >> 7;
    return (uint64_t)sum - 256 * (uint64_t)nhigh == wanted;
}

/* ---- extended headers */

/* One record, "27 path=a/b\n", at the start of text[0..nbytes): its length, or 0. */
static size_t parse_record(const char *text, size_t nbytes, struct rsl_tar_text *key_out,
                           struct rsl_tar_text *value_out)
{
    size_t length = 0, i = 0;
    for (; i < nbytes && text[i] >= '0' && text[i] <= '9' && length <= RSL_TAR_MAX_EXTENDED; i++)
        length = length * 10 + (size_t)(text[i] - '0');
    if (i == 0 || i >= nbytes || text[i] != ' ' || length > nbytes || length < i + 3 ||
        text[length - 1] != '\n')
        return 0;
    const char *const key = text + i + 1, *const end = text + length - 1;
    const char *const equals = memchr(key, '=', (size_t)(end - key));
    if (equals == NULL || equals == key)
        return 0;
    *key_out = (struct rsl_tar_text){key, (size_t)(equals - key)};
    *value_out = (struct rsl_tar_text){equals + 1, (size_t)(end - equals - 1)};
    return length;
}

static bool is(struct rsl_tar_text text, const char *word)
{
    return text.nbytes == strlen(word) && memcmp(text.bytes, word, text.nbytes) == 0;
}

static bool begins(struct rsl_tar_text text, const char *word)
{
    const size_t n = strlen(word);
    return text.nbytes >= n && memcmp(text.bytes, word, n) == 0;
}

static bool parse_decimal(struct rsl_tar_text text, uint64_t *number_out)
{
    uint64_t number = 0;
    for (size_t i = 0; i < text.nbytes; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9' || number > UINT64_MAX / 16)
            return false;
        number = number * 10 + (uint64_t)(text.bytes[i] - '0');
    }
    *number_out = number;
    return true;
}

/* Takes what a header of the kind x or g says. An empty value takes back what was said before. */
static bool take_extended(struct rsl_tar *tar, const char *text, size_t nbytes,
                          struct rsl_tar_extension *to)
{
    while (nbytes > 0) {
        struct rsl_tar_text key, value;
        const size_t length = parse_record(text, nbytes, &key, &value);
        if (length == 0)
            return fail(tar, RSL_ARCHIVE_ERROR_TAR_EXTENSION);
        if (is(key, "path")) {
            if (value.nbytes > 0 && memchr(value.bytes, '\0', value.nbytes) != NULL)
                return fail(tar, RSL_ARCHIVE_ERROR_TAR_EXTENSION);
            to->path = value.nbytes > 0 ? value : (struct rsl_tar_text){NULL, 0};
        } else if (is(key, "size")) {
            to->has_size = value.nbytes > 0;
            if (!parse_decimal(value, &to->size))
                return fail(tar, RSL_ARCHIVE_ERROR_TAR_NUMBER);
        } else if (begins(key, "GNU.sparse.")) {
            /* The data are not the file: a map of its holes, and what lies between them. */
            return fail(tar, RSL_ARCHIVE_ERROR_TAR_EXTENSION);
        }
        text += length;
        nbytes -= length;
    }
    return true;
}

/* A long name: GNU tar counts its NUL as data. */
static bool take_long_name(struct rsl_tar *tar, const char *text, size_t nbytes)
{
    const char *const nul = memchr(text, '\0', nbytes);
    const size_t length = nul != NULL ? (size_t)(nul - text) : nbytes;
    if (length == 0)
        return fail(tar, RSL_ARCHIVE_ERROR_TAR_EXTENSION);
    if (tar->next.path.bytes == NULL) /* what pax says comes first */
        tar->next.path = (struct rsl_tar_text){text, length};
    return true;
}

/* ---- members */

static size_t field_nbytes(const uint8_t *field, size_t nbytes)
{
    const uint8_t *const nul = memchr(field, '\0', nbytes);
    return nul != NULL ? (size_t)(nul - field) : nbytes;
}

/* The path that stands in the header itself. */
static struct rsl_tar_text header_path(struct rsl_tar *tar, const uint8_t *header)
{
    const size_t name_nbytes = field_nbytes(header + NAME, NAME_NBYTES);
    const size_t prefix_nbytes = memcmp(header + MAGIC, "ustar", 6) == 0 /* GNU's has a space */
                                     ? field_nbytes(header + PREFIX, PREFIX_NBYTES)
                                     : 0;
    if (prefix_nbytes == 0)
        return (struct rsl_tar_text){(const char *)header + NAME, name_nbytes};
    memcpy(tar->joined, header + PREFIX, prefix_nbytes);
    tar->joined[prefix_nbytes] = '/';
    memcpy(tar->joined + prefix_nbytes + 1, header + NAME, name_nbytes);
    return (struct rsl_tar_text){tar->joined, prefix_nbytes + 1 + name_nbytes};
}

static enum rsl_tar_kind kind_of(uint8_t flag, struct rsl_tar_text path)
{
    switch (flag) {
    case '0':
    case '\0': /* before there were folders, a slash told them */
        return path.nbytes > 0 && path.bytes[path.nbytes - 1] == '/' ? RSL_TAR_FOLDER
                                                                     : RSL_TAR_FILE;
    case '5': return RSL_TAR_FOLDER;
    case '1':
    case '2': return RSL_TAR_LINK;
    default: return RSL_TAR_SPECIAL;
    }
}

static bool is_extension(uint8_t flag)
{
    return flag == 'x' || flag == 'g' || flag == 'L' || flag == 'K';
}

/* Takes a header that is about the members that follow it. */
static bool take_extension(struct rsl_tar *tar, uint8_t flag, const uint8_t *data, size_t nbytes)
{
    if (nbytes > RSL_TAR_MAX_EXTENDED)
        return fail(tar, RSL_ARCHIVE_ERROR_TAR_EXTENSION);
    bool *const seen = flag == 'x'   ? &tar->has_extended
                       : flag == 'L' ? &tar->has_long_name
                       : flag == 'K' ? &tar->has_long_link
                                     : NULL;
    if (seen != NULL && *seen)
        return fail(tar, RSL_ARCHIVE_ERROR_TAR_EXTENSION); /* which one would count? */
    if (seen != NULL)
        *seen = true;
    if (flag == 'K')
        return true;
    if (flag == 'L')
        return take_long_name(tar, (const char *)data, nbytes);
    if (flag == 'g')
        return take_extended(tar, (const char *)data, nbytes, &tar->all);
    struct rsl_tar_extension own = {.size = 0};
    if (!take_extended(tar, (const char *)data, nbytes, &own))
        return false;
    if (own.path.bytes != NULL)
        tar->next.path = own.path;
    tar->next.size = own.size;
    tar->next.has_size = own.has_size;
    return true;
}

static bool is_zero(const uint8_t *block)
{
    return block[0] == 0 && memcmp(block, block + 1, RSL_TAR_BLOCK - 1) == 0;
}

/* The data of the header at tar->off, which are all there; tar->off goes behind them. */
static bool take_data(struct rsl_tar *tar, uint64_t size, const uint8_t **bytes_out)
{
    const size_t off = tar->off + RSL_TAR_BLOCK;
    if (size > tar->nbytes - off)
        return fail(tar, RSL_ARCHIVE_ERROR_TAR_CUT_OFF);
    const size_t room = (size_t)(size + RSL_TAR_BLOCK - 1) / RSL_TAR_BLOCK * RSL_TAR_BLOCK;
    if (room > tar->nbytes - off)
        return fail(tar, RSL_ARCHIVE_ERROR_TAR_CUT_OFF);
    *bytes_out = tar->bytes + off;
    tar->off = off + room;
    return true;
}

static bool take_member(struct rsl_tar *tar, const uint8_t *header, uint64_t size,
                        struct rsl_tar_member *member)
{
    const struct rsl_tar_extension *const next = &tar->next, *const all = &tar->all;
    const struct rsl_tar_text path = next->path.bytes != NULL  ? next->path
                                     : all->path.bytes != NULL ? all->path
                                                               : header_path(tar, header);
    if (next->has_size || all->has_size)
        size = next->has_size ? next->size : all->size;
    if (path.nbytes > RSL_TAR_MAX_PATH)
        return fail(tar, RSL_ARCHIVE_ERROR_TAR_EXTENSION);
    const uint8_t *bytes;
    if (!take_data(tar, size, &bytes))
        return false;
    *member = (struct rsl_tar_member){
        .path = path.bytes,
        .path_nbytes = path.nbytes,
        .bytes = bytes,
        .nbytes = (size_t)size,
        .kind = (uint8_t)kind_of(header[KIND], path),
    };
    tar->next = (struct rsl_tar_extension){.size = 0};
    tar->has_extended = tar->has_long_name = tar->has_long_link = false;
    return true;
}

bool rsl_tar_next(struct rsl_tar *tar, struct rsl_tar_member *member_out)
{
    while (tar->error == RSL_ARCHIVE_ERROR_NONE) {
        const bool announced = tar->has_extended || tar->has_long_name || tar->has_long_link;
        const size_t nleft = tar->nbytes - tar->off;
        if (nleft == 0)
            return announced ? fail(tar, RSL_ARCHIVE_ERROR_TAR_CUT_OFF) : false;
        if (nleft < RSL_TAR_BLOCK)
            return fail(tar, RSL_ARCHIVE_ERROR_TAR_CUT_OFF);
        const uint8_t *const header = tar->bytes + tar->off;
        if (is_zero(header))
            return announced ? fail(tar, RSL_ARCHIVE_ERROR_TAR_CUT_OFF) : false;
        uint64_t size;
        if (!checksum_is_right(header))
            return fail(tar, RSL_ARCHIVE_ERROR_TAR_HEADER);
        if (!parse_size(header + SIZE, &size))
            return fail(tar, RSL_ARCHIVE_ERROR_TAR_NUMBER);
        const uint8_t flag = header[KIND];
        if (!is_extension(flag))
            return take_member(tar, header, size, member_out);
        const uint8_t *data;
        if (!take_data(tar, size, &data) || !take_extension(tar, flag, data, (size_t)size))
            return false;
    }
    return false;
}
