#include "lexer/source_error.h"

struct description {
    const char *name;
    const char *rustc_code;
    const char *message;
};

static const struct description descriptions[RSL_SOURCE_ERROR_COUNT] = {
    [RSL_SOURCE_ERROR_NONE] = {"NONE", "", "unknown error"},
#define X(suffix, rustc_code, message) [RSL_SOURCE_ERROR_##suffix] = {#suffix, rustc_code, message},
#include "lexer/error_codes.def"
#undef X
};

static const struct description *describe(uint16_t code)
{
    return &descriptions[code < RSL_SOURCE_ERROR_COUNT ? code : RSL_SOURCE_ERROR_NONE];
}

const char *rsl_source_error_message(uint16_t code)
{
    return describe(code)->message;
}

const char *rsl_source_error_rustc_code(uint16_t code)
{
    return describe(code)->rustc_code;
}

const char *rsl_source_error_name(uint16_t code)
{
    return describe(code)->name;
}
