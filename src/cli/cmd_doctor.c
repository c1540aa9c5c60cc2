#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "cli/cmd.h"
#include "record/upkeep.h"
#include "sandbox/box.h"
#include "text/schema.h"
#include "view/upkeep.h"

#include "base/banned.h"

struct doctor_opts {
    struct tare_str repair;
    bool quick;
};

enum { PARTS = 6 };

/* "found", or NULL when no folder of PATH has that program. */
static const char *find_program(const char *name)
{
    const char *path = getenv("PATH");
    while (path && *path) {
        const char *end = strchr(path, ':');
        int n = end ? (int)(end - path) : (int)strlen(path);
        char file[1024];
        if (snprintf(file, sizeof file, "%.*s/%s", n, path, name) < (int)sizeof file &&
            access(file, X_OK) == 0)
            return "found";
        path = end ? end + 1 : NULL;
    }
    return NULL;
}

/* Builds a box: what is installed says little, what works says it. */
static struct tare_part find_sandbox(struct tare_arena *arena)
{
    struct tare_err err = {0};
    bool works = tare_box_check(arena, &err) == TARE_OK;
    struct tare_str why = works ? TARE_S("") : tare_arena_copy(arena, tare_str_of(err.text));
    return (struct tare_part){"sandbox", "programs of suites in a box", works ? "works" : NULL,
                              why.p ? why.p : "out of memory"};
}

static void find_parts(struct tare_part parts[PARTS], struct tare_arena *arena)
{
    parts[0] = (struct tare_part){"tare", "this program", TARE_VERSION, NULL};
    parts[1] = (struct tare_part){"SQLite", "the store", sqlite3_libversion(), NULL};
    parts[2] = (struct tare_part){"zstd", "steps in the store", ZSTD_versionString(), NULL};
    parts[3] = (struct tare_part){"bubblewrap", "sandboxed tools", find_program("bwrap"),
                                  "apt install bubblewrap; needed only by suites that run code"};
    parts[4] = find_sandbox(arena);
    parts[5] =
        (struct tare_part){"libidn2", "formats idn-hostname and idn-email", tare_schema_idn(),
                           "build with -Didn2=enabled; without it only their shape is checked"};
}

static enum tare_status look(struct tare_ctx *ctx, const struct doctor_opts *o,
                             struct tare_check_report *report, struct tare_err *err)
{
    struct tare_store *s = NULL;
    struct tare_store_options so = {.size = sizeof so, .read_only = true, .clock = ctx->clock};
    enum tare_status st = tare_store_open(ctx->store, &so, &s, err);
    if (st == TARE_OK)
        st = tare_store_check(s, !o->quick, ctx->arena, report, err);
    tare_store_close(s);
    return st;
}

struct found {
    struct tare_part parts[PARTS];
    struct tare_check_report report;
    struct tare_repair_report repair;
    bool checked, repaired;
};

static void show(struct tare_ctx *ctx, const struct doctor_opts *o, const struct found *f,
                 struct tare_buf *buf)
{
    if (ctx->json) {
        struct tare_json_writer w;
        tare_json_writer_init(&w, buf);
        tare_doc_doctor(&w, f->parts, PARTS, ctx->store, f->checked ? &f->report : NULL, o->repair,
                        f->repaired ? &f->repair : NULL);
        tare_buf_putc(buf, '\n');
        return;
    }
    tare_view_parts(buf, f->parts, PARTS);
    tare_buf_putc(buf, '\n');
    if (f->checked)
        tare_view_check(buf, ctx->store, &f->report, !o->quick);
    else if (!f->repaired)
        tare_buf_printf(buf, "%.*s   no store here yet\n", TARE_FMT(ctx->store));
    if (f->repaired)
        tare_view_repair(buf, o->repair, &f->repair);
}

static enum tare_status doctor_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    const struct doctor_opts *o = opts;
    struct found f = {0};
    enum tare_status st = TARE_OK;
    find_parts(f.parts, ctx->arena);
    if (o->repair.n) {
        st = tare_store_repair(ctx->store, o->repair, NULL, ctx->arena, &f.repair, err);
        f.repaired = st == TARE_OK;
    } else if (tare_fs_exists(ctx->store)) {
        st = look(ctx, o, &f.report, err);
        f.checked = st == TARE_OK;
    }
    if (st)
        return st;
    struct tare_buf buf;
    tare_buf_init(&buf, NULL, TARE_MIB);
    show(ctx, o, &f, &buf);
    if (buf.failed || fwrite(buf.p, 1, buf.n, ctx->out) != buf.n)
        st = tare_fail(err, TARE_E_IO, "cannot write the output");
    tare_buf_free(&buf);
    if (f.report.n_all || f.repair.attempts_lost || f.repair.rows_unreadable)
        ctx->exit_code = 1;
    return st;
}

static const struct tare_opt doctor_options[] = {
    {.name = "repair",
     .type = TARE_OPT_STRING,
     .metavar = "NEW",
     .help = "save what can be read to a new store; the old one is kept as it is",
     .at = offsetof(struct doctor_opts, repair)},
    {.name = "quick",
     .type = TARE_OPT_FLAG,
     .help = "do not read every step and digest",
     .at = offsetof(struct doctor_opts, quick)},
    {0},
};
static const struct tare_example doctor_examples[] = {
    {"tare doctor", "what is installed, what is missing, and whether the store is whole"},
    {"tare doctor --repair saved.db", "a new store from what can be read of a damaged one"},
    {0},
};

const struct tare_cmd tare_cmd_doctor = {
    .name = "doctor",
    .summary = "say what is missing and whether the store is whole",
    .usage = "[--quick] [--repair NEW]",
    .about = "Checks invariants I1 to I6 of docs/concepts/reliability.md. Exit status 1 when "
             "something is wrong or was lost.",
    .examples = doctor_examples,
    .opts = doctor_options,
    .opts_size = sizeof(struct doctor_opts),
    .run = doctor_run,
};
