#include "tools/scan_file.h"

#include <errno.h>
#include <string.h>

#include "tools/jsonl.h"
#include "tools/outline.h"
#include "tools/report.h"

void rsl_file_scanner_init(struct rsl_file_scanner *scanner, enum rsl_scan_format format,
                           const char *stdin_path)
{
    *scanner = (struct rsl_file_scanner){.format = format, .stdin_path = stdin_path};
    rsl_file_init(&scanner->file, NULL);
}

void rsl_file_scanner_fini(struct rsl_file_scanner *scanner)
{
    rsl_text_buffer_fini(&scanner->out);
    rsl_text_buffer_fini(&scanner->diagnostics);
    rsl_source_buffer_fini(&scanner->stream);
    rsl_file_reader_destroy(scanner->reader);
    rsl_file_fini(&scanner->file);
}

void rsl_scan_totals_add(struct rsl_scan_totals *to, const struct rsl_scan_totals *from)
{
    to->nfiles += from->nfiles;
    to->nok += from->nok;
    to->nwith_errors += from->nwith_errors;
    to->nnot_utf8 += from->nnot_utf8;
    to->nunreadable += from->nunreadable;
    to->nbytes += from->nbytes;
    to->nitems += from->nitems;
    to->nsource_errors += from->nsource_errors;
    to->ninternal_errors += from->ninternal_errors;
    for (unsigned i = 0; i < RSL_ITEM_KIND_COUNT; i++)
        to->nitems_by_kind[i] += from->nitems_by_kind[i];
}

static bool is_utf8(const struct rsl_file *file)
{
    for (uint32_t i = 0; i < file->nerrors; i++) {
        if (file->errors[i].code == RSL_SOURCE_ERROR_NOT_UTF8)
            return false;
    }
    return true;
}

static void count_file(struct rsl_scan_totals *totals, const struct rsl_file *file, bool utf8)
{
    totals->nsource_errors += file->nerrors;
    if (!utf8)
        totals->nnot_utf8++;
    else if (file->nerrors > 0)
        totals->nwith_errors++;
    else
        totals->nok++;
    totals->nitems += file->nitems;
    for (uint32_t i = 0; i < file->nitems; i++)
        totals->nitems_by_kind[file->items[i].kind]++;
}

static void put_results(struct rsl_file_scanner *scanner, const char *shown, const uint8_t *src,
                        size_t nbytes, const char *status)
{
    struct rsl_file *file = &scanner->file;
    struct rsl_text_buffer *out = &scanner->out;
    switch (scanner->format) {
    case RSL_SCAN_SUMMARY: break;
    case RSL_SCAN_JSONL:
        rsl_jsonl_put_file(out, shown, nbytes, status, file->nitems, file->nerrors);
        rsl_jsonl_put_items(out, file, src);
        rsl_jsonl_put_errors(out, shown, file, src);
        break;
    case RSL_SCAN_TEXT:
        rsl_report_put_path(out, shown);
        rsl_text_buffer_puts(out, "\n");
        rsl_outline_put(out, file, src);
        break;
    }
}

void rsl_file_scanner_scan_bytes(struct rsl_file_scanner *scanner, const char *shown,
                                 const uint8_t *src, size_t nbytes)
{
    struct rsl_scan_totals *totals = &scanner->totals;
    totals->nfiles++;
    totals->nbytes += nbytes;
    const enum rsl_status parsed = rsl_parse(&scanner->file, src, nbytes, NULL);
    if (parsed != RSL_OK) {
        totals->ninternal_errors++;
        rsl_text_buffer_puts(&scanner->diagnostics, "rustle: ");
        rsl_report_put_path(&scanner->diagnostics, shown);
        rsl_text_buffer_puts(&scanner->diagnostics, ": ");
        rsl_text_buffer_puts(&scanner->diagnostics, rsl_status_message(parsed));
        rsl_text_buffer_puts(&scanner->diagnostics, "\n");
        return;
    }
    const bool utf8 = is_utf8(&scanner->file);
    if (!utf8)
        scanner->file.nitems = 0; /* names and texts of such a file are no text */
    count_file(totals, &scanner->file, utf8);
    put_results(scanner, shown, src, nbytes,
                !utf8                       ? "not-utf8"
                : scanner->file.nerrors > 0 ? "error"
                                            : "ok");
    rsl_report_put_errors(&scanner->diagnostics, shown, &scanner->file, src);
}

static void put_io_error(struct rsl_file_scanner *scanner, const char *shown, int error)
{
    scanner->totals.nfiles++;
    scanner->totals.nunreadable++;
    rsl_report_put_io_error(&scanner->diagnostics, shown, error);
    if (scanner->format == RSL_SCAN_JSONL) {
        rsl_jsonl_put_file(&scanner->out, shown, 0, "io-error", 0, 1);
        rsl_jsonl_put_io_error(&scanner->out, shown, strerror(error));
    }
}

void rsl_file_scanner_scan(struct rsl_file_scanner *scanner, const char *path,
                           const struct rsl_file_contents *contents)
{
    if (contents->error != 0)
        put_io_error(scanner, path, contents->error);
    else
        rsl_file_scanner_scan_bytes(scanner, path, contents->bytes, contents->nbytes);
}

void rsl_file_scanner_scan_stream(struct rsl_file_scanner *scanner, const char *path)
{
    const char *shown = strcmp(path, "-") == 0 ? scanner->stdin_path : path;
    const int error = rsl_read_file(&scanner->stream, path);
    if (error == -EINTR)
        return; /* nobody wants it any more */
    if (error != 0)
        put_io_error(scanner, shown, -error);
    else
        rsl_file_scanner_scan_bytes(scanner, shown, scanner->stream.bytes, scanner->stream.nbytes);
}
