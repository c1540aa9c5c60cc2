/*
 * tare lint: what statistics cannot repair.
 */
#include "base/limits.h"
#include "cli/files.h"
#include "cli/stored.h"
#include "lint/lint.h"
#include "text/width.h"

#include "base/banned.h"

struct lint_opts {
    struct tare_strs paths;
    struct tare_file_opts files;
};

static const struct tare_arg lint_args[] = {
    {"LOG", "a file of results; several are also looked at together, joined by task id", 1,
     TARE_MANY, offsetof(struct lint_opts, paths)},
    {0},
};

static const struct tare_opt lint_options[] = {
    TARE_FILE_OPTIONS(struct lint_opts),
    {0},
};

static const struct tare_example lint_examples[] = {
    {"tare lint before.jsonl after.jsonl", "ties counted as losses, identical outputs, trivial "
                                           "rules that do as well"},
    {"tare lint margins.jsonl tasks.jsonl", "verdicts in one file, the texts they are about in "
                                            "another"},
    {0},
};

/* Whether its rows alone have shown something. */
static bool has_finding(const struct tare_lint *l, struct tare_str path)
{
    for (uint32_t i = 0; i < l->n; i++)
        if (tare_str_eq(l->v[i].file, path))
            return true;
    return false;
}

/* What reading had to leave out or to guess. */
static void tell_notes(struct tare_ctx *ctx, const struct tare_import_table *t)
{
    struct tare_buf text;
    tare_buf_init(&text, NULL, TARE_MIB);
    for (uint32_t i = 0; i < t->n_notes && !ctx->quiet; i++) {
        tare_buf_puts(&text, "note: ");
        tare_text_safe(&text, tare_cli_file_name(t->path));
        tare_buf_puts(&text, ": ");
        tare_text_safe(&text, t->notes[i]);
        tare_buf_putc(&text, '\n');
    }
    if (text.n)
        (void)fwrite(text.p, 1, text.n, ctx->err);
    tare_buf_free(&text);
}

/* Tables where the files are results; rows of tasks without a score are looked at as rows only. */
static enum tare_status look(struct tare_ctx *ctx, const struct lint_opts *o, struct tare_lint *out,
                             struct tare_err *err)
{
    struct tare_file *files = TARE_NEW_N(ctx->arena, struct tare_file, o->paths.n);
    bool *has_rows = TARE_NEW_N(ctx->arena, bool, o->paths.n);
    enum tare_status st = TARE_OK;
    if (files && has_rows)
        st = tare_lint_rows(o->paths.v, (uint32_t)o->paths.n, out, has_rows, err);
    else
        st = tare_fail(err, TARE_E_NOMEM, "not enough memory to look at logs");
    for (size_t i = 0; i < o->paths.n && !st; i++) {
        struct tare_str path = o->paths.v[i];
        bool rows =
            (has_rows[i] && tare_str_ends(path, TARE_S(".jsonl"))) || has_finding(out, path);
        enum tare_status read =
            tare_cli_file(ctx, path, &o->files, false, files, (uint32_t)i, &files[i], err);
        if (read && !(rows && read == TARE_E_INPUT))
            return read;
        *err = (struct tare_err){0};
        if (!read) {
            tell_notes(ctx, files[i].table);
            tare_lint_table(files[i].table, out);
        }
        for (size_t j = 0; j < i && !read; j++)
            if (files[j].table)
                tare_lint_two(files[j].table, 0, files[i].table, 0, out);
    }
    return st;
}

static void put_json(struct tare_buf *out, const struct tare_lint *l)
{
    struct tare_json_writer w;
    tare_json_writer_init(&w, out);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "schema");
    tare_json_put_cstr(&w, "tare.lint/1");
    tare_json_put_key(&w, "findings");
    tare_json_begin_array(&w);
    for (uint32_t i = 0; i < l->n; i++) {
        tare_json_begin_object(&w);
        tare_json_put_key(&w, "check");
        tare_json_put_cstr(&w, l->v[i].check);
        tare_json_put_key(&w, "file");
        tare_json_put_str(&w, l->v[i].file);
        tare_json_put_key(&w, "text");
        tare_json_put_str(&w, l->v[i].text);
        tare_json_end_object(&w);
    }
    tare_json_end_array(&w);
    tare_json_end_object(&w);
    tare_buf_putc(out, '\n');
}

static enum tare_status lint_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    const struct lint_opts *o = opts;
    struct tare_lint *l = TARE_NEW(ctx->arena, struct tare_lint);
    struct tare_buf out;
    if (!l)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to look at logs");
    l->arena = ctx->arena;
    enum tare_status st = look(ctx, o, l, err);
    if (st)
        return st;
    tare_buf_init(&out, NULL, TARE_MAX_JSON_BYTES);
    if (ctx->json)
        put_json(&out, l);
    for (uint32_t i = 0; !ctx->json && i < l->n; i++) {
        tare_text_safe(&out, tare_cli_file_name(l->v[i].file));
        tare_buf_printf(&out, ": %s: ", l->v[i].check);
        tare_text_safe(&out, l->v[i].text);
        tare_buf_putc(&out, '\n');
    }
    if (!ctx->json && l->n == 0)
        tare_buf_puts(&out, "nothing found\n");
    ctx->exit_code = l->n ? 1 : 0;
    return tare_cli_print(ctx, &out, err);
}

const struct tare_cmd tare_cmd_lint = {
    .name = "lint",
    .summary = "look in logs for what statistics cannot repair",
    .usage = "LOG... [options]",
    .about = "Ties counted as losses, identical outputs, a trivial rule that does as well, few "
             "distinct\ntexts or seeds, repeated tasks, placeholder columns, a metric at its "
             "ceiling. Exit\nstatus 1 when something was found.",
    .examples = lint_examples,
    .args = lint_args,
    .opts = lint_options,
    .opts_size = sizeof(struct lint_opts),
    .run = lint_run,
};
