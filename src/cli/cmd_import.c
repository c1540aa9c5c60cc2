/*
 * tare import: other tools' results become runs of the store.
 */
#include "base/limits.h"
#include "cli/files.h"
#include "cli/stored.h"
#include "decide/keep_import.h"
#include "text/width.h"

#include "base/banned.h"

struct import_opts {
    struct tare_strs paths;
    struct tare_str label;
    bool formats, list;
    struct tare_file_opts files;
};

static const struct tare_arg import_args[] = {
    {"FILE", "a file or folder that another tool wrote; each becomes a batch", 0, TARE_MANY,
     offsetof(struct import_opts, paths)},
    {0},
};

static const struct tare_opt import_options[] = {
    {.name = "label",
     .letter = 'l',
     .type = TARE_OPT_STRING,
     .help = "name of the batch (default: the file's name); for one file only",
     .at = offsetof(struct import_opts, label)},
    {.name = "formats",
     .type = TARE_OPT_FLAG,
     .help = "list the formats that can be read, and read nothing",
     .at = offsetof(struct import_opts, formats)},
    {.name = "list",
     .type = TARE_OPT_FLAG,
     .help = "say what the files hold and store nothing; an .eval is listed by its directory",
     .at = offsetof(struct import_opts, list)},
    TARE_FILE_OPTIONS(struct import_opts),
    {0},
};

static const struct tare_example import_examples[] = {
    {"tare import logs/before.eval --label before", "an Inspect log becomes the batch \"before\""},
    {"tare import results.csv --task-column question --score-column correct",
     "rows of a table, with its own column names"},
    {"tare import --list logs/before.eval", "what is inside, without unpacking it"},
    {"tare import --formats", "what can be read"},
    {0},
};

/* "before" of "logs/before.eval"; a folder's own name. */
static struct tare_str stem(struct tare_str path)
{
    struct tare_str name = tare_cli_file_name(path);
    for (size_t i = name.n; i > 1; i--)
        if (name.p[i - 1] == '.')
            return tare_str_n(name.p, i - 1);
    return name;
}

struct kept {
    const struct tare_import_table *table;
    struct tare_str path, label;
    struct tare_batch_info batch;
};

static enum tare_status keep_one(struct tare_ctx *ctx, const struct import_opts *o,
                                 struct tare_store *store, struct tare_str path, struct kept *out,
                                 struct tare_err *err)
{
    struct tare_file f;
    const char **lower = TARE_NEW_N(ctx->arena, const char *, o->files.lower.n + 1);
    struct tare_str line = TARE_S("tare");
    if (!lower)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to import");
    for (size_t i = 0; i < o->files.lower.n; i++)
        lower[i] = tare_arena_copy(ctx->arena, o->files.lower.v[i]).p;
    for (int i = 1; i < ctx->argc && line.p; i++)
        line = tare_arena_printf(ctx->arena, "%.*s %s", TARE_FMT(line), ctx->argv[i]);
    enum tare_status st = tare_cli_file(ctx, path, &o->files, true, NULL, 0, &f, err);
    if (st)
        return st;
    *out = (struct kept){
        .table = f.table, .path = f.path, .label = o->label.n ? o->label : stem(f.path)};
    struct tare_keep_options keep = {
        .size = sizeof keep, .lower = lower, .label = out->label, .arguments = line};
    return tare_keep_import(store, f.table, &keep, ctx->arena, &out->batch, err);
}

static void put_json(struct tare_buf *out, const struct kept *v, size_t n)
{
    struct tare_json_writer w;
    tare_json_writer_init(&w, out);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "schema");
    tare_json_put_cstr(&w, "tare.import/1");
    tare_json_put_key(&w, "batches");
    tare_json_begin_array(&w);
    for (size_t i = 0; i < n; i++) {
        const struct tare_import_table *t = v[i].table;
        const struct {
            const char *key;
            uint64_t value;
        } counts[] = {{"tasks", t->n_tasks},
                      {"done", v[i].batch.n_done},
                      {"failed", v[i].batch.n_failed},
                      {"missing", v[i].batch.n_missing}};
        const struct {
            const char *key;
            const struct tare_str *list;
            uint32_t n;
        } lists[] = {{"runs", t->runs, t->n_runs},
                     {"metrics", t->metrics, t->n_metrics},
                     {"notes", t->notes, t->n_notes}};
        tare_json_begin_object(&w);
        tare_json_put_key(&w, "file");
        tare_json_put_str(&w, v[i].path);
        tare_json_put_key(&w, "format");
        tare_json_put_str(&w, t->format);
        tare_json_put_key(&w, "label");
        tare_json_put_str(&w, v[i].label);
        tare_json_put_key(&w, "batch");
        tare_json_put_cstr(&w, v[i].batch.name);
        for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
            tare_json_put_key(&w, counts[c].key);
            tare_json_put_u64(&w, counts[c].value);
        }
        for (size_t l = 0; l < sizeof lists / sizeof lists[0]; l++) {
            tare_json_put_key(&w, lists[l].key);
            tare_json_begin_array(&w);
            for (uint32_t j = 0; j < lists[l].n; j++)
                tare_json_put_str(&w, lists[l].list[j]);
            tare_json_end_array(&w);
        }
        tare_json_end_object(&w);
    }
    tare_json_end_array(&w);
    tare_json_end_object(&w);
    tare_buf_putc(out, '\n');
}

static void put_text(struct tare_buf *out, const struct kept *k)
{
    const struct tare_import_table *t = k->table;
    tare_text_safe(out, k->label);
    tare_buf_printf(out, "  %.*s, %u tasks, %llu attempts", TARE_FMT(t->format), t->n_tasks,
                    (unsigned long long)(k->batch.n_done + k->batch.n_failed));
    if (k->batch.n_missing)
        tare_buf_printf(out, ", %llu missing", (unsigned long long)k->batch.n_missing);
    tare_buf_putc(out, '\n');
    for (uint32_t i = 0; i < t->n_runs; i++) {
        tare_buf_puts(out, "  ");
        tare_text_safe(out, k->label);
        tare_buf_putc(out, '/');
        tare_text_safe(out, t->runs[i]);
        tare_buf_putc(out, '\n');
    }
    for (uint32_t i = 0; i < t->n_notes; i++) {
        tare_buf_puts(out, "  note: ");
        tare_text_safe(out, t->notes[i]);
        tare_buf_putc(out, '\n');
    }
}

static void put_formats(struct tare_buf *out, bool json)
{
    struct tare_json_writer w;
    tare_json_writer_init(&w, out);
    if (json) {
        tare_json_begin_object(&w);
        tare_json_put_key(&w, "schema");
        tare_json_put_cstr(&w, "tare.formats/1");
    }
    for (const char *const *f = tare_import_formats(); *f; f++) {
        if (!json) {
            tare_buf_printf(out, "%-16s%s\n", *f, tare_import_about(*f));
            continue;
        }
        tare_json_put_key(&w, *f);
        tare_json_put_cstr(&w, tare_import_about(*f));
    }
    if (json) {
        tare_json_end_object(&w);
        tare_buf_putc(out, '\n');
    }
}

static void list_json(struct tare_json_writer *w, struct tare_str path,
                      const struct tare_import_listing *l)
{
    tare_json_begin_object(w);
    tare_json_member_str(w, "file", path);
    tare_json_member_str(w, "format", l->format);
    tare_json_member_str(w, "suite", l->suite);
    tare_json_member_str(w, "status", l->status);
    tare_json_member_str(w, "created", l->created);
    tare_json_put_key(w, "runs");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < l->n_runs; i++)
        tare_json_put_str(w, l->runs[i]);
    tare_json_end_array(w);
    tare_json_member_u64(w, "attempts", l->n_attempts);
    tare_json_put_key(w, "tasks");
    if (l->n_tasks)
        tare_json_put_u64(w, l->n_tasks);
    else
        tare_json_put_null(w);
    tare_json_end_object(w);
}

static void list_text(struct tare_buf *out, struct tare_str path,
                      const struct tare_import_listing *l)
{
    tare_text_safe(out, path);
    tare_buf_printf(out, "  %.*s, %llu attempt%s", TARE_FMT(l->format),
                    (unsigned long long)l->n_attempts, l->n_attempts == 1 ? "" : "s");
    if (l->n_tasks)
        tare_buf_printf(out, " at %u task%s", l->n_tasks, l->n_tasks == 1 ? "" : "s");
    const struct tare_str more[] = {l->suite, l->status, l->created};
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
        if (more[i].n) {
            tare_buf_puts(out, ", ");
            tare_text_safe(out, more[i]);
        }
    for (uint32_t i = 0; i < l->n_runs; i++) {
        tare_buf_puts(out, "\n  ");
        tare_text_safe(out, l->runs[i]);
    }
    tare_buf_putc(out, '\n');
}

static enum tare_status list_files(struct tare_ctx *ctx, const struct import_opts *o,
                                   struct tare_buf *out, struct tare_err *err)
{
    struct tare_import_options options;
    struct tare_json_writer w;
    enum tare_status st = TARE_OK;
    tare_cli_file_options(ctx, &o->files, false, &options);
    tare_json_writer_init(&w, out);
    if (ctx->json) {
        tare_json_begin_object(&w);
        tare_json_member_cstr(&w, "schema", "tare.import-list/1");
        tare_json_put_key(&w, "files");
        tare_json_begin_array(&w);
    }
    for (size_t i = 0; i < o->paths.n && !st; i++) {
        struct tare_import_listing l;
        st = tare_import_list(o->paths.v[i], &options, ctx->arena, &l, err);
        if (!st && ctx->json)
            list_json(&w, o->paths.v[i], &l);
        else if (!st)
            list_text(out, o->paths.v[i], &l);
    }
    if (ctx->json && !st) {
        tare_json_end_array(&w);
        tare_json_end_object(&w);
        tare_buf_putc(out, '\n');
    }
    return st;
}

static enum tare_status import_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    const struct import_opts *o = opts;
    struct tare_store *store;
    struct tare_buf out;
    tare_buf_init(&out, NULL, TARE_MAX_JSON_BYTES);
    if (o->formats) {
        put_formats(&out, ctx->json);
        return tare_cli_print(ctx, &out, err);
    }
    if (o->paths.n == 0)
        return tare_usage_fail(ctx, err, "which file?");
    if (o->label.n && o->paths.n > 1)
        return tare_usage_fail(ctx, err, "--label names one batch, and there are %zu files",
                               o->paths.n);
    if (o->list) {
        enum tare_status listed = list_files(ctx, o, &out, err);
        return listed ? listed : tare_cli_print(ctx, &out, err);
    }
    struct tare_store_options options = {
        .size = sizeof options, .create = true, .clock = ctx->clock};
    struct kept *kept = TARE_NEW_N(ctx->arena, struct kept, o->paths.n);
    if (!kept)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to import");
    enum tare_status st = tare_store_open(ctx->store, &options, &store, err);
    if (st)
        return st;
    *err = (struct tare_err){0}; /* what is said from here on is not about the store */
    for (size_t i = 0; i < o->paths.n && !st; i++)
        st = keep_one(ctx, o, store, o->paths.v[i], &kept[i], err);
    tare_store_close(store);
    if (st)
        return st;
    if (ctx->json)
        put_json(&out, kept, o->paths.n);
    for (size_t i = 0; !ctx->json && i < o->paths.n; i++)
        put_text(&out, &kept[i]);
    return tare_cli_print(ctx, &out, err);
}

const struct tare_cmd tare_cmd_import = {
    .name = "import",
    .summary = "store other tools' results as runs",
    .usage = "FILE... [--label L] [options]",
    .about = "Each file becomes a batch, each model or provider in it a run. The format is seen by "
             "the\ncontent; columns of CSV and JSONL are found by their usual names or named by "
             "options.\n`tare compare` reads files as they are and needs no import.",
    .examples = import_examples,
    .args = import_args,
    .opts = import_options,
    .opts_size = sizeof(struct import_opts),
    .run = import_run,
};
