#include "base/fs.h"
#include "base/limits.h"
#include "base/map.h"
#include "cli/cmd.h"
#include "text/jsonl.h"
#include "text/schema.h"
#include "text/width.h"

#include "base/banned.h"

extern const struct tare_cmd tare_cmd_check_schema;

struct schema_opts {
    struct tare_strs files;
    bool batch, formats;
};

/* Reads one document; with its file in the error. */
static enum tare_status read_json(struct tare_ctx *ctx, struct tare_str path, struct tare_json *v,
                                  struct tare_err *err)
{
    struct tare_str text = {0};
    enum tare_status st = tare_fs_read(path, TARE_MAX_JSON_BYTES, ctx->arena, &text, err);
    if (st != TARE_OK)
        return st;
    st = tare_json_parse(text, NULL, ctx->arena, v, err);
    if (st != TARE_OK)
        tare_err_file(err, path);
    return st;
}

static void put_fault(struct tare_json_writer *w, const struct tare_schema_fault *f)
{
    tare_json_begin_object(w);
    tare_json_put_key(w, "at");
    tare_json_put_str(w, f->at);
    tare_json_put_key(w, "keyword");
    tare_json_put_str(w, f->keyword);
    tare_json_put_key(w, "schema_at");
    tare_json_put_str(w, f->schema);
    tare_json_put_key(w, "says");
    tare_json_put_str(w, f->says);
    tare_json_put_key(w, "remedy");
    tare_json_put_str(w, f->remedy);
    tare_json_end_object(w);
}

static void print_faults(struct tare_buf *out, struct tare_str path,
                         const struct tare_schema_fault *f)
{
    tare_text_safe(out, path);
    tare_buf_puts(out, f ? ": does not match\n" : ": matches\n");
    for (; f; f = f->next) {
        tare_buf_puts(out, "  ");
        if (f->at.n)
            tare_text_safe(out, f->at);
        else
            tare_buf_puts(out, "(the whole)");
        tare_buf_puts(out, ": ");
        tare_text_safe(out, f->says);
        tare_buf_puts(out, "\n    ");
        tare_text_safe(out, f->remedy);
        tare_buf_puts(out, "   [#");
        tare_text_safe(out, f->schema);
        tare_buf_puts(out, "]\n");
    }
}

static enum tare_status check_file(struct tare_ctx *ctx, const struct tare_schema *s,
                                   struct tare_str path, struct tare_buf *out,
                                   struct tare_json_writer *w, struct tare_err *err)
{
    struct tare_json v;
    struct tare_schema_fault *first = NULL;
    enum tare_status st = read_json(ctx, path, &v, err);
    if (st == TARE_OK)
        st = tare_schema_check(s, v, ctx->arena, &first, err);
    if (st != TARE_OK)
        return st;
    if (first)
        ctx->exit_code = 1;
    if (!ctx->json) {
        print_faults(out, path, first);
        return TARE_OK;
    }
    tare_json_begin_object(w);
    tare_json_put_key(w, "file");
    tare_json_put_str(w, path);
    tare_json_put_key(w, "valid");
    tare_json_put_bool(w, first == NULL);
    tare_json_put_key(w, "faults");
    tare_json_begin_array(w);
    for (const struct tare_schema_fault *f = first; f; f = f->next)
        put_fault(w, f);
    tare_json_end_array(w);
    tare_json_end_object(w);
    return TARE_OK;
}

static enum tare_status flush(struct tare_ctx *ctx, struct tare_buf *out, struct tare_err *err)
{
    if (out->failed)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to show it");
    if (out->n && fwrite(out->p, 1, out->n, ctx->out) != out->n)
        return tare_fail(err, TARE_E_IO, "cannot write the output");
    return TARE_OK;
}

static enum tare_status check_files(struct tare_ctx *ctx, const struct schema_opts *o,
                                    struct tare_buf *out, struct tare_err *err)
{
    struct tare_schema_options so = {.formats = o->formats};
    struct tare_json schema;
    struct tare_json_writer w;
    const struct tare_schema *s = NULL;
    enum tare_status st = read_json(ctx, o->files.v[0], &schema, err);
    if (st == TARE_OK) {
        st = tare_schema_compile(schema, &so, ctx->arena, &s, err);
        if (st != TARE_OK)
            tare_err_file(err, o->files.v[0]);
    }
    tare_json_writer_init(&w, out);
    if (ctx->json) {
        tare_json_begin_object(&w);
        tare_json_put_key(&w, "schema");
        tare_json_put_cstr(&w, "tare.check-schema/1");
        tare_json_put_key(&w, "files");
        tare_json_begin_array(&w);
    }
    for (size_t i = 1; i < o->files.n && st == TARE_OK; i++)
        st = check_file(ctx, s, o->files.v[i], out, &w, err);
    if (ctx->json) {
        tare_json_end_array(&w);
        tare_json_end_object(&w);
        tare_buf_putc(out, '\n');
    } else if (st == TARE_OK && o->files.n == 1) {
        tare_text_safe(out, o->files.v[0]);
        tare_buf_puts(out, ": a schema\n");
    }
    return st == TARE_OK ? flush(ctx, out, err) : st;
}

/* One line of a batch: the schema's refusal is an answer, not a failure of the command. */
static enum tare_status batch_line(struct tare_json line, const struct tare_schema_options *so,
                                   struct tare_arena *arena, struct tare_buf *out,
                                   struct tare_err *err)
{
    struct tare_json id = tare_json_get(line, "id");
    struct tare_json_writer w;
    struct tare_err why = {0};
    const struct tare_schema *s = NULL;
    size_t begin = out->n;
    enum tare_status st = tare_schema_compile(tare_json_get(line, "schema"), so, arena, &s, &why);
    tare_json_writer_init(&w, out);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "id");
    if (tare_json_present(id))
        tare_json_put_value(&w, id);
    else
        tare_json_put_null(&w);
    if (st == TARE_OK) {
        tare_json_put_key(&w, "valid");
        tare_json_begin_array(&w);
        struct tare_json t = tare_json_first(tare_json_get(line, "tests"));
        for (; t.doc && st == TARE_OK; t = tare_json_next(t)) {
            bool valid = false;
            st = tare_schema_valid(s, tare_json_get(t, "data"), arena, &valid, &why);
            tare_json_put_bool(&w, valid);
        }
        tare_json_end_array(&w);
    }
    if (st == TARE_E_NOMEM)
        return tare_fail(err, st, "%s", why.text);
    if (st != TARE_OK) {
        out->n = begin;
        tare_json_writer_init(&w, out);
        tare_json_begin_object(&w);
        tare_json_put_key(&w, "id");
        if (tare_json_present(id))
            tare_json_put_value(&w, id);
        else
            tare_json_put_null(&w);
        tare_json_put_key(&w, "refused");
        tare_json_put_cstr(&w, why.text);
    }
    tare_json_end_object(&w);
    tare_buf_putc(out, '\n');
    return TARE_OK;
}

static enum tare_status check_batch(struct tare_ctx *ctx, const struct schema_opts *o,
                                    struct tare_buf *out, struct tare_err *err)
{
    struct tare_schema_options so = {.formats = o->formats};
    struct tare_str path = o->files.n ? o->files.v[0] : TARE_S("-");
    struct tare_map map;
    struct tare_jsonl lines;
    struct tare_json line;
    struct tare_arena each;
    enum tare_status st = tare_map_open(path, TARE_MAX_JSON_BYTES, ctx->arena, &map, err);
    if (st != TARE_OK)
        return st;
    tare_arena_init(&each, NULL, TARE_ARENA_REPORT_BYTES);
    tare_jsonl_begin(&lines, map.bytes, NULL);
    while (tare_jsonl_next(&lines, &each, &line, &st, err)) {
        st = batch_line(line, &so, &each, out, err);
        if (st == TARE_OK)
            st = flush(ctx, out, err);
        tare_buf_reset(out);
        tare_arena_reset(&each);
        if (st != TARE_OK)
            break;
    }
    if (st == TARE_E_INPUT)
        tare_err_file(err, path);
    tare_arena_free(&each);
    tare_map_close(&map);
    return st;
}

static enum tare_status schema_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    const struct schema_opts *o = opts;
    struct tare_buf out;
    if (o->batch && o->files.n > 1)
        return tare_usage_fail(ctx, err, "--batch reads one file of lines, or standard input");
    if (!o->batch && o->files.n == 0)
        return tare_usage_fail(ctx, err, "SCHEMA is missing");
    tare_buf_init(&out, NULL, TARE_GIB);
    enum tare_status st =
        o->batch ? check_batch(ctx, o, &out, err) : check_files(ctx, o, &out, err);
    tare_buf_free(&out);
    return st;
}

static const struct tare_arg schema_args[] = {
    {"FILE", "the schema, then instances; with --batch the file of lines (default: standard input)",
     0, TARE_MANY, offsetof(struct schema_opts, files)},
    {0},
};
static const struct tare_opt schema_options[] = {
    {.name = "batch",
     .type = TARE_OPT_FLAG,
     .help = "read lines {\"id\",\"schema\",\"tests\":[{\"data\"}]}, answer {\"id\",\"valid\":[]}",
     .at = offsetof(struct schema_opts, batch)},
    {.name = "formats",
     .type = TARE_OPT_FLAG,
     .help = "check \"format\" too, not only note it",
     .at = offsetof(struct schema_opts, formats)},
    {0},
};
static const struct tare_example schema_examples[] = {
    {"tare check schema task.schema.json answer.json", "every fault with its place and a remedy"},
    {"tare check schema --batch lines.jsonl", "many schemas and values, a line each"},
    {0}};

const struct tare_cmd tare_cmd_check_schema = {
    .name = "schema",
    .summary = "validate JSON documents against a JSON Schema",
    .usage = "SCHEMA [INSTANCE...] | --batch [FILE]",
    .about = "Drafts 4, 6, 7, 2019-09 and 2020-12; offline: nothing is fetched. Exit status 1 when "
             "a document does not match, 4 when the schema itself is wrong.",
    .examples = schema_examples,
    .args = schema_args,
    .opts = schema_options,
    .opts_size = sizeof(struct schema_opts),
    .run = schema_run,
};
