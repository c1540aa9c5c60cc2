#include <inttypes.h>

#include "base/fs.h"
#include "base/limits.h"
#include "cli/cmd.h"
#include "record/upkeep.h"
#include "view/upkeep.h"

#include "base/banned.h"

struct check_opts {
    bool deep;
};
struct export_opts {
    struct tare_str out;
    bool steps;
};

static enum tare_status open_store(struct tare_ctx *ctx, bool read_only, struct tare_store **s,
                                   struct tare_err *err)
{
    struct tare_store_options o = {.size = sizeof o, .read_only = read_only, .clock = ctx->clock};
    return tare_store_open(ctx->store, &o, s, err);
}

/* Writes what is in the buffer to where results go. */
static enum tare_status flush(struct tare_ctx *ctx, struct tare_buf *buf, enum tare_status status,
                              struct tare_err *err)
{
    if (status == TARE_OK && ctx->json)
        tare_buf_putc(buf, '\n');
    if (status == TARE_OK && buf->failed)
        status = tare_fail(err, TARE_E_NOMEM, "not enough memory to show it");
    if (status == TARE_OK && fwrite(buf->p, 1, buf->n, ctx->out) != buf->n)
        status = tare_fail(err, TARE_E_IO, "cannot write the output");
    tare_buf_free(buf);
    return status;
}

static enum tare_status info_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    (void)opts;
    struct tare_store *s = NULL;
    struct tare_store_info info;
    struct tare_buf buf;
    tare_buf_init(&buf, NULL, TARE_MIB);
    enum tare_status st = open_store(ctx, true, &s, err);
    if (st == TARE_OK)
        st = tare_store_info(s, ctx->arena, &info, err);
    if (st == TARE_OK && ctx->json) {
        struct tare_json_writer w;
        tare_json_writer_init(&w, &buf);
        tare_doc_store_info(&w, ctx->store, &info);
    } else if (st == TARE_OK) {
        tare_view_store_info(&buf, ctx->store, &info);
    }
    tare_store_close(s);
    return flush(ctx, &buf, st, err);
}

static enum tare_status check_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    const struct check_opts *o = opts;
    struct tare_store *s = NULL;
    struct tare_check_report report;
    struct tare_buf buf;
    tare_buf_init(&buf, NULL, TARE_MIB);
    enum tare_status st = open_store(ctx, true, &s, err);
    if (st == TARE_OK)
        st = tare_store_check(s, o->deep, ctx->arena, &report, err);
    if (st == TARE_OK && ctx->json) {
        struct tare_json_writer w;
        tare_json_writer_init(&w, &buf);
        tare_doc_check(&w, ctx->store, &report, o->deep);
    } else if (st == TARE_OK) {
        tare_view_check(&buf, ctx->store, &report, o->deep);
    }
    if (st == TARE_OK && report.n_all)
        ctx->exit_code = 1;
    tare_store_close(s);
    return flush(ctx, &buf, st, err);
}

static enum tare_status vacuum_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    (void)opts;
    struct tare_store *s = NULL;
    struct tare_store_info before, after;
    struct tare_buf buf;
    tare_buf_init(&buf, NULL, TARE_MIB);
    enum tare_status st = open_store(ctx, false, &s, err);
    if (st == TARE_OK)
        st = tare_store_info(s, ctx->arena, &before, err);
    if (st == TARE_OK)
        st = tare_store_vacuum(s, err);
    if (st == TARE_OK)
        st = tare_store_info(s, ctx->arena, &after, err);
    if (st == TARE_OK && ctx->json) {
        struct tare_json_writer w;
        tare_json_writer_init(&w, &buf);
        tare_doc_store_info(&w, ctx->store, &after);
    } else if (st == TARE_OK && !ctx->quiet) {
        tare_buf_printf(&buf, "%.*s   %" PRIu64 " KiB, was %" PRIu64 " KiB\n", TARE_FMT(ctx->store),
                        after.file_bytes >> 10, (before.file_bytes + before.wal_bytes) >> 10);
    }
    tare_store_close(s);
    return flush(ctx, &buf, st, err);
}

static enum tare_status export_to(struct tare_ctx *ctx, struct tare_store *s,
                                  const struct export_opts *o, uint64_t *lost, struct tare_err *err)
{
    if (o->out.n == 0 || tare_str_is(o->out, "-"))
        return tare_store_export(s, o->steps, ctx->out, lost, err);
    struct tare_fs_file file;
    enum tare_status st = tare_fs_begin(o->out, true, 0666, &file, err);
    if (st)
        return st;
    st = tare_store_export(s, o->steps, file.stream, lost, err);
    if (st == TARE_OK)
        return tare_fs_commit(&file, err);
    tare_fs_abandon(&file);
    return st;
}

static enum tare_status export_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    struct tare_store *s = NULL;
    uint64_t lost = 0;
    enum tare_status st = open_store(ctx, true, &s, err);
    if (st == TARE_OK)
        st = export_to(ctx, s, opts, &lost, err);
    tare_store_close(s);
    if (st == TARE_OK && lost) {
        (void)fprintf(ctx->err,
                      "%s: %" PRIu64 " attempts or batches could not be read; tare doctor "
                      "says why\n",
                      ctx->who, lost);
        ctx->exit_code = 1;
    }
    return st;
}

static const struct tare_opt check_options[] = {
    {.name = "deep",
     .type = TARE_OPT_FLAG,
     .help = "read every step and recompute every digest",
     .at = offsetof(struct check_opts, deep)},
    {0},
};
static const struct tare_opt export_options[] = {
    {.name = "out",
     .letter = 'o',
     .type = TARE_OPT_STRING,
     .metavar = "FILE",
     .help = "write there instead of standard output; must not exist",
     .at = offsetof(struct export_opts, out)},
    {.name = "steps",
     .type = TARE_OPT_FLAG,
     .help = "with the steps of every attempt",
     .at = offsetof(struct export_opts, steps)},
    {0},
};
static const struct tare_example info_examples[] = {
    {"tare store info", "count what is in .tare/tare.db and say how much room it takes"}, {0}};
static const struct tare_example check_examples[] = {
    {"tare store check --deep", "read all of it; exit 1 when something is wrong"}, {0}};
static const struct tare_example vacuum_examples[] = {
    {"tare store vacuum", "make the file small again"}, {0}};
static const struct tare_example export_examples[] = {
    {"tare store export --out runs.jsonl", "every batch, run and attempt as a line of JSON"},
    {"tare store export --steps | zstd > all.jsonl.zst", "all of it, steps included"},
    {0}};

static const struct tare_cmd store_info = {
    .name = "info",
    .summary = "count what is in the store",
    .usage = "[options]",
    .examples = info_examples,
    .run = info_run,
};
static const struct tare_cmd store_check = {
    .name = "check",
    .summary = "say whether the store is whole",
    .usage = "[--deep]",
    .examples = check_examples,
    .opts = check_options,
    .opts_size = sizeof(struct check_opts),
    .run = check_run,
};
static const struct tare_cmd store_vacuum = {
    .name = "vacuum",
    .summary = "rewrite the store without its unused space",
    .usage = "[options]",
    .about = "Needs about as much free room as the store is large. No other process may use the "
             "store meanwhile.",
    .examples = vacuum_examples,
    .run = vacuum_run,
};
static const struct tare_cmd store_export = {
    .name = "export",
    .summary = "print everything that can be read as JSON lines",
    .usage = "[--steps] [--out FILE]",
    .about = "Also of a damaged store: what cannot be read is left out, counted, and the exit "
             "status is 1.",
    .examples = export_examples,
    .opts = export_options,
    .opts_size = sizeof(struct export_opts),
    .run = export_run,
    .no_json = true,
};
static const struct tare_cmd *const store_subs[] = {&store_info, &store_check, &store_vacuum,
                                                    &store_export, NULL};

const struct tare_cmd tare_cmd_store = {
    .name = "store",
    .summary = "look after the database of runs",
    .usage = "info|check|vacuum|export [options]",
    .about = "The store is the file .tare/tare.db unless --store or TARE_STORE names another. tare "
             "never deletes a store, and never changes a damaged one.",
    .examples = info_examples,
    .subs = store_subs,
};
