#include "lexer/frontmatter.h"

#include "lexer/scan.h"
#include "lexer/source_error.h"

static bool starts_with(const uint8_t *p, const char *text)
{
    return strncmp((const char *)p, text, strlen(text)) == 0;
}

static const uint8_t *skip_dashes(const uint8_t *p)
{
    while (*p == '-') {
        p++;
    }
    return p;
}

static const uint8_t *skip_horizontal(const uint8_t *p)
{
    while (*p == ' ' || *p == '\t') {
        p++;
    }
    return p;
}

/* Behind the CR of a CRLF, if one is at p, else p: rustc never sees it. */
static const uint8_t *skip_cr_of_crlf(const uint8_t *p)
{
    return p[0] == '\r' && p[1] == '\n' ? p + 1 : p;
}

/* Behind an infostring and the blanks around it; it is valid if a newline follows. */
static const uint8_t *skip_infostring(const uint8_t *p, const uint8_t *end)
{
    p = skip_horizontal(p);
    const uint8_t *rest = rsl_scan_ident(p, end);
    if (rest > p) {
        while (*rest == '-' || *rest == '.' || rsl_ident_continue(rest)) {
            rest += *rest == '-' || *rest == '.' ? 1 : rsl_ident_continue(rest);
        }
    }
    return skip_cr_of_crlf(skip_horizontal(rest));
}

/* Whether a fence stands in the line [p, line_end) that only blanks, or other fences, precede. */
static bool has_stray_fence(const uint8_t *p, const uint8_t *line_end)
{
    while (line_end - p >= 3) {
        const uint8_t *blank_end = skip_horizontal(p);
        if (starts_with(blank_end, "---")) {
            return true;
        }
        do {
            p++;
        } while (line_end - p >= 3 && !starts_with(p, "---"));
        p += 3;
    }
    return false;
}

/* Keeps the first place for which `applies`. */
static void note_stop(const uint8_t **stop, bool applies, const uint8_t *at)
{
    if (applies && !*stop) {
        *stop = at;
    }
}

const uint8_t *rsl_scan_frontmatter(const uint8_t *p, const uint8_t *end, const uint8_t **from_out)
{
    const uint8_t *from = rsl_scan_whitespace(p, end);
    if (!starts_with(from, "---")) {
        return NULL;
    }
    *from_out = from;
    const uint8_t *open_end = skip_dashes(from);
    ptrdiff_t ndashes = open_end - from;
    const uint8_t *rest = skip_infostring(open_end, end);

    /* Where to stop if no line begins with as many dashes, best guess first. */
    enum { SHORT_FENCE, BEFORE_USE, BEFORE_DOC, BEFORE_ATTRIBUTE, STRAY_FENCE, NSTOPS };
    const uint8_t *stops[NSTOPS] = {NULL};
    const uint8_t *line_end = rsl_scan_line_comment(rest, end);
    note_stop(&stops[STRAY_FENCE], has_stray_fence(rest, line_end), line_end);
    while (line_end < end) {
        const uint8_t *before = line_end;
        const uint8_t *line = line_end + 1;
        line_end = rsl_scan_line_comment(line, end);
        if (skip_dashes(line) - line >= ndashes) {
            return line_end;
        }
        note_stop(&stops[SHORT_FENCE], starts_with(line, "---"), line_end);
        note_stop(&stops[BEFORE_USE], starts_with(line, "use "), before);
        note_stop(&stops[BEFORE_DOC], starts_with(line, "//!"), before);
        note_stop(&stops[BEFORE_ATTRIBUTE], starts_with(line, "#!["), before);
        note_stop(&stops[STRAY_FENCE], has_stray_fence(line, line_end), line_end);
    }
    for (unsigned i = 0; i < NSTOPS; i++) {
        if (stops[i]) {
            return stops[i];
        }
    }
    return end;
}

bool rsl_check_frontmatter(const uint8_t *p, const uint8_t *from, const uint8_t *to,
                           bool (*report)(void *state, const uint8_t *from, const uint8_t *to,
                                          uint16_t code),
                           void *state)
{
    bool on = true;
    if (from > p && from[-1] != '\n') {
        const uint8_t *line = from;
        while (line > p && line[-1] != '\n') {
            line--;
        }
        on = on &&
             report(state, line, skip_dashes(from), RSL_SOURCE_ERROR_FRONTMATTER_LEADING_SPACE);
    }
    const uint8_t *open_end = skip_dashes(from);
    const uint8_t *open_line_end = rsl_scan_line_comment(open_end, to);
    if (*skip_infostring(open_end, to) != '\n') {
        on = on && report(state, open_end, open_line_end, RSL_SOURCE_ERROR_FRONTMATTER_INFOSTRING);
    }

    const uint8_t *line = to;
    while (line > open_end && line[-1] != '\n') {
        line--;
    }
    const uint8_t *fence = skip_horizontal(line);
    const uint8_t *fence_end = skip_dashes(fence);
    if (fence_end - fence < 3) {
        on = on && report(state, from, to, RSL_SOURCE_ERROR_FRONTMATTER_UNCLOSED);
    } else {
        if (fence_end - fence != open_end - from) {
            on = on && report(state, from, to, RSL_SOURCE_ERROR_FRONTMATTER_MISMATCH);
        }
        if (fence > line) {
            on = on && report(state, line, to, RSL_SOURCE_ERROR_FRONTMATTER_CLOSE_SPACE);
        }
        if (skip_cr_of_crlf(skip_horizontal(fence_end)) < to) {
            on = on && report(state, line, to, RSL_SOURCE_ERROR_FRONTMATTER_CLOSE_EXTRA);
        }
    }
    return on;
}
