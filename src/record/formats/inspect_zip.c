/*
 * Inspect AI `.eval`: a zip whose entries are stored, deflated or zstd frames, read through
 * libarchive from the mapped file. Samples come in the order of the archive; the entry's name is
 * only a hint, id and epoch are taken from inside.
 */
#include "record/formats/inspect_int.h"
#include "record/formats/zip_dir.h"

#include "base/limits.h"

#ifdef TARE_WITH_ARCHIVE
#include <archive.h>
#include <archive_entry.h>
#endif

#include "base/banned.h"

#ifndef TARE_WITH_ARCHIVE

enum tare_status tare__import_inspect_zip(struct tare__import *im)
{
    enum tare_status st = tare_fail(im->err, TARE_E_USAGE,
                                    "this tare was built without libarchive and cannot read .eval");
    tare_err_hint(im->err, "install libarchive-dev and build again, or convert the log: inspect "
                           "log convert --to json FILE");
    return st;
}

#else

#define MAX_ENTRIES 1000000u
#define MAX_TOTAL_BYTES (64 * TARE_GIB)
#define MAX_RATIO 200u /* unpacked over packed, for the archive as a whole */

struct zip {
    struct tare__import *im;
    struct archive *archive;
    struct tare_buf entry;
    uint64_t total_bytes;
    uint32_t n_entries;
    bool header, samples;
};

static enum tare_status broken(struct zip *z, const char *name)
{
    const char *why = archive_error_string(z->archive);
    enum tare_status st = tare_fail(z->im->err, TARE_E_INPUT, "entry '%s' cannot be read: %s", name,
                                    why ? why : "damaged");
    tare_err_hint(z->im->err, "the file was cut or damaged on its way; fetch it again");
    return st;
}

static enum tare_status unpack(struct zip *z, const char *name)
{
    tare_buf_reset(&z->entry);
    for (;;) {
        char *room = tare_buf_room(&z->entry, 64 * TARE_KIB);
        if (!room)
            return tare_fail(z->im->err, TARE_E_LIMIT, "entry '%s' unpacks to more than %zu bytes",
                             name, z->entry.max);
        la_ssize_t n = archive_read_data(z->archive, room, 64 * TARE_KIB);
        if (n == ARCHIVE_RETRY)
            continue;
        if (n < 0)
            return broken(z, name);
        if (n == 0)
            break;
        z->entry.n += (size_t)n;
        z->total_bytes += (uint64_t)n;
        if (z->total_bytes > MAX_TOTAL_BYTES ||
            z->total_bytes > (uint64_t)z->im->text.n * MAX_RATIO + TARE_MIB)
            return tare_fail(z->im->err, TARE_E_LIMIT,
                             "the archive unpacks to more than %u times its size: refused",
                             MAX_RATIO);
    }
    return TARE_OK;
}

static bool is_sample(struct tare_str s)
{
    if (!tare_str_starts(s, TARE_S("samples/")) || !tare_str_ends(s, TARE_S(".json")))
        return false;
    /* The chunked layout puts parts of a sample below a folder; only its shell counts. */
    struct tare_str rest = tare_str_n(s.p + 8, s.n - 8);
    return tare_str_ends(rest, TARE_S("/sample.json")) ||
           tare_str_find(rest, TARE_S("/messages/")) == SIZE_MAX;
}

static bool is_chunk(struct tare_str s)
{
    static const char *const parts[] = {"/messages/", "/events/", "/calls/", "/attachments/", NULL};
    for (const char *const *p = parts; *p; p++)
        if (tare_str_find(s, tare_str_of(*p)) != SIZE_MAX)
            return true;
    return tare_str_ends(s, TARE_S("/metadata.json")) || tare_str_ends(s, TARE_S("/skeleton.json"));
}

/* Parses what was unpacked; places in messages count within the entry. */
static enum tare_status parse_entry(struct zip *z, const char *name, struct tare_json *out)
{
    struct tare__import *im = z->im;
    struct tare_str file = im->text;
    tare_arena_reset(&im->scratch);
    im->text = tare_buf_str(&z->entry);
    enum tare_status st = tare__import_parse(im, im->text, out);
    im->text = file;
    if (st != TARE_OK && im->err) {
        char text[sizeof im->err->text];
        memcpy(text, im->err->text, sizeof text);
        return tare_fail(im->err, im->err->code, "entry '%s': %.400s", name, text);
    }
    return st;
}

static enum tare_status take_header(struct zip *z, const char *name)
{
    struct tare_json root = {0};
    enum tare_status st = unpack(z, name);
    if (st == TARE_OK)
        st = parse_entry(z, name, &root);
    if (st == TARE_OK && !z->header)
        st = tare__import_inspect_header(z->im, tare_json_get(root, "eval"),
                                         tare_json_get(root, "results"));
    z->header = true;
    return st;
}

static enum tare_status take_sample(struct zip *z, const char *name)
{
    struct tare_json root = {0};
    enum tare_status st = unpack(z, name);
    if (st == TARE_OK)
        st = parse_entry(z, name, &root);
    if (st != TARE_OK)
        return st;
    z->samples = true;
    tare__import_row(z->im)->offset = 0;
    return tare__import_inspect_sample(z->im, root);
}

static enum tare_status take_summaries(struct zip *z, const char *name)
{
    struct tare_json root = {0};
    enum tare_status st = unpack(z, name);
    if (st == TARE_OK)
        st = parse_entry(z, name, &root);
    for (struct tare_json s = tare_json_first(root); st == TARE_OK && tare_json_present(s);
         s = tare_json_next(s)) {
        tare__import_row(z->im);
        st = tare__import_inspect_sample(z->im, s);
    }
    return st;
}

/* The status and the time of the run, from header.json or, when it is not there, start.json. */
static enum tare_status list_header(struct zip *z, const char *name)
{
    struct tare_import_listing *l = z->im->listing;
    struct tare_json root = {0};
    enum tare_status st = unpack(z, name);
    if (st == TARE_OK)
        st = parse_entry(z, name, &root);
    if (st != TARE_OK)
        return st;
    struct tare_json eval = tare_json_get(root, "eval"), status = tare_json_get(root, "status");
    z->header = true;
    st = tare__import_inspect_header(z->im, eval, tare_json_get(root, "results"));
    l->suite = z->im->table->suite;
    l->runs = z->im->table->runs;
    l->n_runs = z->im->table->n_runs;
    l->status = tare_json_present(status) ? tare_arena_copy(z->im->arena, tare_json_str(status))
                                          : TARE_S("started");
    l->created = tare_arena_copy(z->im->arena, tare_json_str(tare_json_get(eval, "created")));
    return st;
}

/* The entry whose local header stands at `offset`, read as an archive that begins there. */
static enum tare_status list_entry(struct zip *z, size_t offset)
{
    struct tare_str file = z->im->text;
    struct archive_entry *entry;
    z->archive = archive_read_new();
    if (!z->archive)
        return tare_fail(z->im->err, TARE_E_NOMEM, "out of memory while opening an archive");
    archive_read_support_format_zip_streamable(z->archive);
    enum tare_status st;
    if (archive_read_open_memory(z->archive, file.p + offset, file.n - offset) != ARCHIVE_OK ||
        archive_read_next_header(z->archive, &entry) != ARCHIVE_OK)
        st = broken(z, "header.json");
    else
        st = list_header(z, "header.json");
    archive_read_free(z->archive);
    return st;
}

/* From the directory: what is inside a sample stays packed. */
static enum tare_status list(struct zip *z)
{
    struct tare_import_listing *l = z->im->listing;
    struct tare__zip_dir d;
    struct tare__zip_entry e;
    size_t header = SIZE_MAX, start = SIZE_MAX;
    if (!tare__zip_dir_open(z->im->text, &d))
        return tare_fail(z->im->err, TARE_E_INPUT, "the archive has no directory: it was cut");
    while (tare__zip_dir_next(&d, &e)) {
        l->n_attempts += is_sample(e.name) && !is_chunk(e.name);
        if (tare_str_is(e.name, "header.json"))
            header = e.offset;
        else if (tare_str_is(e.name, "_journal/start.json"))
            start = e.offset;
    }
    if (d.n_left)
        return tare_fail(z->im->err, TARE_E_INPUT, "the archive's directory is damaged");
    if (start == SIZE_MAX && header == SIZE_MAX)
        return tare_fail(z->im->err, TARE_E_INPUT,
                         "a zip without _journal/start.json is no Inspect log");
    l->format = TARE_S("inspect-eval");
    return list_entry(z, header != SIZE_MAX ? header : start);
}

/* One pass over the archive. pass 0: header and samples; pass 1, when there were no samples: the
 * summaries. */
static enum tare_status walk(struct zip *z, int pass)
{
    struct archive_entry *entry;
    int got;
    enum tare_status st = TARE_OK;
    bool final = false;
    while (st == TARE_OK && (got = archive_read_next_header(z->archive, &entry)) == ARCHIVE_OK) {
        const char *name = archive_entry_pathname(entry);
        if (!name)
            name = "(no name)";
        if (++z->n_entries > MAX_ENTRIES)
            return tare_fail(z->im->err, TARE_E_LIMIT, "more than %u entries", MAX_ENTRIES);
        if (pass == 0 && strcmp(name, "_journal/start.json") == 0)
            st = take_header(z, name);
        else if (pass == 0 && is_sample(tare_str_of(name)) && !is_chunk(tare_str_of(name)))
            st = take_sample(z, name);
        else if (pass == 1 && strcmp(name, "summaries.json") == 0)
            st = take_summaries(z, name);
        final = final || strcmp(name, "header.json") == 0;
    }
    if (st == TARE_OK && got != ARCHIVE_EOF && got != ARCHIVE_OK)
        st = broken(z, "(directory)");
    if (st == TARE_OK && pass == 0 && !final)
        tare__import_note(z->im, "the log has no header.json: the run was interrupted and the rest "
                                 "of its samples is missing");
    return st;
}

/* A file is read block by block, so that what is resident does not grow with it. */
static int open_archive(struct zip *z)
{
    struct tare__import *im = z->im;
    struct tare_str path = tare_arena_copy(im->arena, im->table->path);
    if (path.p && im->mapped)
        return archive_read_open_filename(z->archive, path.p, 256 * TARE_KIB);
    return archive_read_open_memory(z->archive, im->text.p, im->text.n);
}

static enum tare_status one_pass(struct zip *z, int pass)
{
    z->archive = archive_read_new();
    if (!z->archive)
        return tare_fail(z->im->err, TARE_E_NOMEM, "out of memory while opening an archive");
    archive_read_support_format_zip_seekable(z->archive);
    enum tare_status st = TARE_OK;
    if (open_archive(z) != ARCHIVE_OK)
        st = broken(z, "(directory)");
    if (st == TARE_OK)
        st = walk(z, pass);
    archive_read_free(z->archive);
    return st;
}

enum tare_status tare__import_inspect_zip(struct tare__import *im)
{
    struct zip z = {.im = im};
    tare_buf_init(&z.entry, NULL, TARE_GIB);
    enum tare_status st = im->listing ? list(&z) : one_pass(&z, 0);
    if (im->listing) {
        tare_buf_free(&z.entry);
        return st;
    }
    if (st == TARE_OK && !z.header)
        st =
            tare_fail(im->err, TARE_E_INPUT, "a zip without _journal/start.json is no Inspect log");
    if (st == TARE_OK && !z.samples)
        st = one_pass(&z, 1);
    tare_buf_free(&z.entry);
    return st;
}

#endif
