#include "view/upkeep.h"

#include <inttypes.h>
#include <stdio.h>

#include "text/width.h"

#include "base/banned.h"

/* "1,234,567" */
static void grouped(struct tare_buf *out, uint64_t n)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, n);
    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            tare_buf_putc(out, ',');
        tare_buf_putc(out, digits[i]);
    }
}

static void size_text(char *out, size_t room, uint64_t bytes)
{
    if (bytes < 10000)
        (void)snprintf(out, room, "%" PRIu64 " B", bytes);
    else if (bytes < (uint64_t)10000 * 1024)
        (void)snprintf(out, room, "%" PRIu64 " KiB", bytes >> 10);
    else
        (void)snprintf(out, room, "%" PRIu64 " MiB", bytes >> 20);
}

static void counted(struct tare_buf *out, const char *name, uint64_t n)
{
    tare_buf_printf(out, "  %-10s", name);
    grouped(out, n);
    tare_buf_putc(out, '\n');
}

void tare_view_store_info(struct tare_buf *out, struct tare_str path,
                          const struct tare_store_info *info)
{
    char file[32], wal[32], spare[32], packed[32], raw[32];
    size_text(file, sizeof file, info->file_bytes);
    size_text(wal, sizeof wal, info->wal_bytes);
    size_text(spare, sizeof spare, info->free_bytes);
    size_text(packed, sizeof packed, info->pack_bytes);
    size_text(raw, sizeof raw, info->pack_raw_bytes);
    tare_text_safe(out, path);
    tare_buf_printf(out, "   %s, log %s, unused %s   tables v%" PRIu32 ", tare ", file, wal, spare,
                    info->schema);
    tare_text_safe(out, info->written_by);
    tare_buf_puts(out, "\n\n");
    counted(out, "suites", info->n_suites);
    counted(out, "tasks", info->n_tasks);
    counted(out, "solvers", info->n_solvers);
    counted(out, "batches", info->n_batches);
    counted(out, "runs", info->n_runs);
    counted(out, "attempts", info->n_attempts);
    tare_buf_printf(out, "  %-10s%s in ", "steps", raw);
    grouped(out, info->n_packs);
    tare_buf_printf(out, " packs of together %s\n", packed);
    if (info->n_leased) {
        tare_buf_puts(out, "\n");
        grouped(out, info->n_leased);
        tare_buf_puts(out, " slices of work are leased: a run is going on, or was cut off\n");
    }
}

static void put_u64(struct tare_json_writer *w, const char *key, uint64_t v)
{
    tare_json_put_key(w, key);
    tare_json_put_u64(w, v);
}

void tare_doc_store_info(struct tare_json_writer *w, struct tare_str path,
                         const struct tare_store_info *info)
{
    tare_json_begin_object(w);
    tare_json_put_key(w, "schema");
    tare_json_put_cstr(w, "tare.store-info/1");
    tare_json_put_key(w, "path");
    tare_json_put_str(w, path);
    tare_json_put_key(w, "written_by");
    tare_json_put_str(w, info->written_by);
    put_u64(w, "tables_version", info->schema);
    put_u64(w, "change", info->change);
    put_u64(w, "file_bytes", info->file_bytes);
    put_u64(w, "wal_bytes", info->wal_bytes);
    put_u64(w, "free_bytes", info->free_bytes);
    put_u64(w, "suites", info->n_suites);
    put_u64(w, "tasks", info->n_tasks);
    put_u64(w, "solvers", info->n_solvers);
    put_u64(w, "batches", info->n_batches);
    put_u64(w, "runs", info->n_runs);
    put_u64(w, "attempts", info->n_attempts);
    put_u64(w, "packs", info->n_packs);
    put_u64(w, "blobs", info->n_blobs);
    put_u64(w, "pack_bytes", info->pack_bytes);
    put_u64(w, "pack_raw_bytes", info->pack_raw_bytes);
    put_u64(w, "leased", info->n_leased);
    tare_json_end_object(w);
}

/* ---- parts --------------------------------------------------------------------------------- */

void tare_view_parts(struct tare_buf *out, const struct tare_part *parts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct tare_part *p = &parts[i];
        tare_buf_printf(out, "  %-14s%-12s%s\n", p->name, p->version ? p->version : "missing",
                        p->purpose);
        if (!p->version && p->remedy)
            tare_buf_printf(out, "  %-14s%-12s%s\n", "", "", p->remedy);
    }
}

static void parts_json(struct tare_json_writer *w, const struct tare_part *parts, size_t n)
{
    tare_json_begin_array(w);
    for (size_t i = 0; i < n; i++) {
        tare_json_begin_object(w);
        tare_json_put_key(w, "name");
        tare_json_put_cstr(w, parts[i].name);
        tare_json_put_key(w, "purpose");
        tare_json_put_cstr(w, parts[i].purpose);
        tare_json_put_key(w, "version");
        tare_json_put_cstr(w, parts[i].version);
        tare_json_put_key(w, "remedy");
        tare_json_put_cstr(w, parts[i].version ? NULL : parts[i].remedy);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

/* ---- checks -------------------------------------------------------------------------------- */

void tare_view_check(struct tare_buf *out, struct tare_str path,
                     const struct tare_check_report *report, bool deep)
{
    tare_text_safe(out, path);
    if (report->n_all == 0) {
        tare_buf_puts(out, "   whole");
        if (deep) {
            tare_buf_puts(out, ": every step and digest of ");
            grouped(out, report->attempts);
            tare_buf_puts(out, " attempts was looked at");
        }
        tare_buf_putc(out, '\n');
    } else {
        tare_buf_puts(out, "   damaged: ");
        grouped(out, report->n_all);
        tare_buf_puts(out, report->n_all == 1 ? " fault\n" : " faults\n");
    }
    for (uint32_t i = 0; i < report->n; i++) {
        const struct tare_fault_found *f = &report->v[i];
        tare_buf_printf(out, "  %s %s", f->invariant, f->warning ? "note: " : "");
        tare_text_safe(out, f->where);
        tare_buf_puts(out, ": ");
        tare_text_safe(out, f->what);
        tare_buf_putc(out, '\n');
    }
    uint64_t all = report->n_all + report->n_warnings;
    if (all > report->n) {
        tare_buf_puts(out, "  and ");
        grouped(out, all - report->n);
        tare_buf_puts(out, " more\n");
    }
    if (report->n_all)
        tare_buf_puts(out, "\n  tare doctor --repair NEW.db saves what can be read; this file is "
                           "kept\n");
}

void tare_view_repair(struct tare_buf *out, struct tare_str new_path,
                      const struct tare_repair_report *r)
{
    tare_text_safe(out, new_path);
    tare_buf_puts(out, "   saved ");
    grouped(out, r->attempts);
    tare_buf_puts(out, " attempts of ");
    grouped(out, r->runs);
    tare_buf_puts(out, r->runs == 1 ? " run\n" : " runs\n");
    if (r->attempts_lost) {
        tare_buf_puts(out, "  lost ");
        grouped(out, r->attempts_lost);
        tare_buf_puts(out, " attempts; tare run --resume with the same arguments plays them "
                           "again\n");
    }
    if (r->rows_unreadable) {
        tare_buf_puts(out, "  at least ");
        grouped(out, r->rows_unreadable);
        tare_buf_puts(out, " rows of other tables could not be read\n");
    }
}

static void check_members(struct tare_json_writer *w, struct tare_str path,
                          const struct tare_check_report *report)
{
    tare_json_put_key(w, "path");
    tare_json_put_str(w, path);
    tare_json_put_key(w, "whole");
    tare_json_put_bool(w, report->n_all == 0);
    put_u64(w, "faults", report->n_all);
    put_u64(w, "notes", report->n_warnings);
    put_u64(w, "attempts", report->attempts);
    tare_json_put_key(w, "found");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < report->n; i++) {
        tare_json_begin_object(w);
        tare_json_put_key(w, "invariant");
        tare_json_put_cstr(w, report->v[i].invariant);
        tare_json_put_key(w, "note");
        tare_json_put_bool(w, report->v[i].warning);
        tare_json_put_key(w, "where");
        tare_json_put_str(w, report->v[i].where);
        tare_json_put_key(w, "what");
        tare_json_put_str(w, report->v[i].what);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

void tare_doc_check(struct tare_json_writer *w, struct tare_str path,
                    const struct tare_check_report *report, bool deep)
{
    tare_json_begin_object(w);
    tare_json_put_key(w, "schema");
    tare_json_put_cstr(w, "tare.store-check/1");
    tare_json_put_key(w, "deep");
    tare_json_put_bool(w, deep);
    check_members(w, path, report);
    tare_json_end_object(w);
}

void tare_doc_doctor(struct tare_json_writer *w, const struct tare_part *parts, size_t n,
                     struct tare_str path, const struct tare_check_report *report,
                     struct tare_str new_path, const struct tare_repair_report *repair)
{
    tare_json_begin_object(w);
    tare_json_put_key(w, "schema");
    tare_json_put_cstr(w, "tare.doctor/1");
    tare_json_put_key(w, "parts");
    parts_json(w, parts, n);
    tare_json_put_key(w, "store");
    if (report) {
        tare_json_begin_object(w);
        check_members(w, path, report);
        tare_json_end_object(w);
    } else {
        tare_json_put_null(w);
    }
    tare_json_put_key(w, "repair");
    if (repair) {
        tare_json_begin_object(w);
        tare_json_put_key(w, "path");
        tare_json_put_str(w, new_path);
        put_u64(w, "batches", repair->batches);
        put_u64(w, "runs", repair->runs);
        put_u64(w, "attempts", repair->attempts);
        put_u64(w, "attempts_lost", repair->attempts_lost);
        put_u64(w, "rows_unreadable", repair->rows_unreadable);
        tare_json_end_object(w);
    } else {
        tare_json_put_null(w);
    }
    tare_json_end_object(w);
}
