#include "base/fs.h"
#include "base/limits.h"
#include "base/map.h"
#include "cli/batch.h"
#include "cli/cmd.h"
#include "text/jsonl.h"
#include "text/schema.h"
#include "text/width.h"

#include "base/banned.h"

extern const struct tare_cmd tare_cmd_check_schema;

struct schema_opts {
    struct tare_strs files, with;
    bool batch, formats;
};

/* As deep as a schema or an instance may nest. */
static const struct tare_json_policy deep = {.max_depth = TARE_MAX_JSON_DEPTH_IMPORT};

struct document {
    struct tare_str text;
    struct tare_json value;
};

/* Reads one document; with its file in the error. */
static enum tare_status read_json(struct tare_ctx *ctx, struct tare_str path, struct document *d,
                                  struct tare_err *err)
{
    enum tare_status st = tare_fs_read(path, TARE_MAX_JSON_BYTES, ctx->arena, &d->text, err);
    if (st == TARE_OK)
        st = tare_json_parse(d->text, &deep, ctx->arena, &d->value, err);
    if (st != TARE_OK)
        tare_err_file(err, path);
    return st;
}

/* What a document for "$ref" is called: its "$id", else its file's name beside the schema. */
static struct tare_str uri_of(struct tare_ctx *ctx, struct tare_str path, struct tare_json v)
{
    struct tare_str id = tare_json_str(tare_json_get(v, "$id"));
    size_t from = path.n;
    if (id.n == 0)
        id = tare_json_str(tare_json_get(v, "id"));
    if (id.n && tare_str_find(id, TARE_S(":")) != SIZE_MAX)
        return id.p[id.n - 1] == '#' ? tare_str_n(id.p, id.n - 1) : id;
    while (from > 0 && path.p[from - 1] != '/')
        from--;
    return tare_arena_printf(ctx->arena, TARE_SCHEMA_BASE "%.*s", (int)(path.n - from),
                             path.p + from);
}

/* The documents of --with. */
static enum tare_status read_docs(struct tare_ctx *ctx, const struct schema_opts *o,
                                  struct tare_schema_options *so, struct tare_err *err)
{
    struct tare_schema_doc *docs =
        TARE_NEW_N(ctx->arena, struct tare_schema_doc, o->with.n ? o->with.n : 1);
    enum tare_status st = docs ? TARE_OK : tare_fail(err, TARE_E_NOMEM, "no memory for schemas");
    for (size_t i = 0; i < o->with.n && st == TARE_OK; i++) {
        struct document d;
        st = read_json(ctx, o->with.v[i], &d, err);
        if (st == TARE_OK)
            docs[i] = (struct tare_schema_doc){uri_of(ctx, o->with.v[i], d.value), d.value};
        if (st == TARE_OK && !docs[i].uri.p)
            st = tare_fail(err, TARE_E_NOMEM, "no memory for schemas");
    }
    so->docs = docs;
    so->n_docs = o->with.n;
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
    if (f->resource.n)
        tare_json_member_str(w, "resource", f->resource);
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
        tare_buf_puts(out, "   [");
        tare_text_safe(out, f->resource);
        tare_buf_putc(out, '#');
        tare_text_safe(out, f->schema);
        tare_buf_puts(out, "]\n");
    }
}

/* A file that is no JSON does not match; it is told like a fault, and the others are still read. */
static void put_unread(struct tare_ctx *ctx, struct tare_str path, const struct tare_err *e,
                       struct tare_buf *out, struct tare_json_writer *w)
{
    ctx->exit_code = tare_status_exit(TARE_E_INPUT);
    if (!ctx->json) {
        tare_text_safe(out, path);
        tare_buf_printf(out, ": no JSON\n  %s at line %u, column %u (byte %zu): ", e->fault,
                        e->line, e->column, e->offset);
        tare_text_safe(out, tare_str_of(e->text));
        tare_buf_putc(out, '\n');
        return;
    }
    tare_json_begin_object(w);
    tare_json_member_str(w, "file", path);
    tare_json_member_bool(w, "valid", false);
    tare_json_put_key(w, "faults");
    tare_json_begin_array(w);
    tare_json_begin_object(w);
    tare_json_put_key(w, "at");
    tare_json_put_cstr(w, e->path);
    tare_json_member_cstr(w, "keyword", e->fault);
    tare_json_member_cstr(w, "schema_at", "");
    tare_json_member_cstr(w, "says", e->text);
    tare_json_member_cstr(w, "remedy", e->hint);
    tare_json_end_object(w);
    tare_json_end_array(w);
    tare_json_end_object(w);
}

static void put_result(struct tare_ctx *ctx, struct tare_str path,
                       const struct tare_schema_fault *first, struct tare_buf *out,
                       struct tare_json_writer *w)
{
    if (first && ctx->exit_code == 0)
        ctx->exit_code = 1;
    if (!ctx->json) {
        print_faults(out, path, first);
        return;
    }
    tare_json_begin_object(w);
    tare_json_put_key(w, "file");
    tare_json_put_str(w, path);
    tare_json_member_bool(w, "valid", first == NULL);
    tare_json_put_key(w, "faults");
    tare_json_begin_array(w);
    for (const struct tare_schema_fault *f = first; f; f = f->next)
        put_fault(w, f);
    tare_json_end_array(w);
    tare_json_end_object(w);
}

static enum tare_status check_file(struct tare_ctx *ctx, const struct tare_schema *s,
                                   struct tare_str path, struct tare_buf *out,
                                   struct tare_json_writer *w, struct tare_err *err)
{
    struct document d;
    struct tare_schema_fault *first = NULL;
    struct tare_err own = {0};
    enum tare_status st = read_json(ctx, path, &d, &own);
    if (st != TARE_OK && own.fault) {
        put_unread(ctx, path, &own, out, w);
        return TARE_OK;
    }
    if (st != TARE_OK) {
        *err = own;
        return st;
    }
    st = tare_schema_check(s, d.value, ctx->arena, &first, err);
    if (st == TARE_OK)
        put_result(ctx, path, first, out, w);
    return st;
}

static enum tare_status flush(struct tare_ctx *ctx, struct tare_buf *out, struct tare_err *err)
{
    if (out->failed)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to show it");
    if (out->n && fwrite(out->p, 1, out->n, ctx->out) != out->n)
        return tare_fail(err, TARE_E_IO, "cannot write the output");
    return TARE_OK;
}

/* Compiles the schema of the first file, errors with their line. */
static enum tare_status open_schema(struct tare_ctx *ctx, const struct schema_opts *o,
                                    const struct tare_schema **s, struct tare_err *err)
{
    struct tare_schema_options so = {.formats = o->formats};
    struct document d;
    enum tare_status st = read_docs(ctx, o, &so, err);
    if (st == TARE_OK)
        st = read_json(ctx, o->files.v[0], &d, err);
    if (st != TARE_OK)
        return st;
    st = tare_schema_compile(d.value, &so, ctx->arena, s, err);
    if (st != TARE_OK) {
        tare_err_file(err, o->files.v[0]);
        tare_err_locate(err, d.text);
        return st;
    }
    struct tare_str name = tare_json_str(tare_json_get(d.value, "$schema"));
    if (name.n && !ctx->quiet && !tare_schema_known(name, &so)) {
        struct tare_buf note;
        tare_buf_init(&note, NULL, TARE_MIB);
        tare_buf_puts(&note, "note: \"$schema\" names no draft known here (");
        tare_text_safe(&note, name);
        tare_buf_puts(&note, "): read as 2020-12\n");
        if (note.n)
            (void)fwrite(note.p, 1, note.n, ctx->err);
        tare_buf_free(&note);
    }
    return TARE_OK;
}

static enum tare_status check_files(struct tare_ctx *ctx, const struct schema_opts *o,
                                    struct tare_buf *out, struct tare_err *err)
{
    struct tare_json_writer w;
    const struct tare_schema *s = NULL;
    enum tare_status st = open_schema(ctx, o, &s, err);
    if (st != TARE_OK)
        return st;
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
    if (st == TARE_OK || !ctx->json) { /* what was found before a file that cannot be opened, too */
        enum tare_status shown = flush(ctx, out, st == TARE_OK ? err : NULL);
        st = st == TARE_OK ? shown : st;
    }
    return st;
}

/* A line has a schema, and each of its tests some data. */
static enum tare_status whole_line(struct tare_json line, struct tare_err *why)
{
    struct tare_json tests = tare_json_get(line, "tests");
    bool ok = tare_json_kind(tests) == TARE_JSON_ARRAY || !tare_json_present(tests);
    if (!tare_json_present(tare_json_get(line, "schema")))
        return tare_fail(why, TARE_E_INPUT, "the line is no object with a \"schema\"");
    for (struct tare_json t = tare_json_first(tests); t.doc && ok; t = tare_json_next(t))
        ok = tare_json_present(tare_json_get(t, "data"));
    return ok ? TARE_OK
              : tare_fail(why, TARE_E_INPUT, "\"tests\" is a list of objects with \"data\"");
}

/* One line of a batch: the schema's refusal is an answer, not a failure of the command. */
static enum tare_status batch_line(struct tare_json line, const struct tare_schema_options *so,
                                   struct tare_arena *arena, struct tare_buf *out,
                                   struct tare_err *err)
{
    struct tare_json_writer w;
    struct tare_err why = {0};
    const struct tare_schema *s = NULL;
    size_t begin = out->n;
    enum tare_status st = whole_line(line, &why);
    if (st == TARE_OK)
        st = tare_schema_compile(tare_json_get(line, "schema"), so, arena, &s, &why);
    tare_batch_answer(&w, out, line);
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
        tare_batch_answer(&w, out, line);
        tare_json_member_cstr(&w, "refused", why.text);
    }
    tare_json_end_object(&w);
    tare_buf_putc(out, '\n');
    return TARE_OK;
}

static enum tare_status batch_lines(struct tare_ctx *ctx, const struct tare_schema_options *so,
                                    struct tare_str text, struct tare_buf *out,
                                    struct tare_err *err)
{
    struct tare_jsonl lines;
    struct tare_json line;
    struct tare_arena each;
    enum tare_status st = TARE_OK;
    tare_arena_init(&each, NULL, TARE_ARENA_REPORT_BYTES);
    tare_jsonl_begin(&lines, text, &deep);
    while (st == TARE_OK) {
        struct tare_err why = {0};
        if (tare_jsonl_next(&lines, &each, &line, &st, &why))
            st = batch_line(line, so, &each, out, err);
        else if (st == TARE_OK)
            break;
        else if (why.fault)
            tare_batch_torn(ctx, &why, out);
        else
            *err = why;
        if (why.fault)
            st = TARE_OK;
        if (st == TARE_OK)
            st = flush(ctx, out, err);
        tare_buf_reset(out);
        tare_arena_reset(&each);
    }
    tare_arena_free(&each);
    return st;
}

static enum tare_status check_batch(struct tare_ctx *ctx, const struct schema_opts *o,
                                    struct tare_buf *out, struct tare_err *err)
{
    struct tare_schema_options so = {.formats = o->formats};
    struct tare_str path = o->files.n ? o->files.v[0] : TARE_S("-");
    struct tare_map map;
    enum tare_status st = read_docs(ctx, o, &so, err);
    if (st == TARE_OK)
        st = tare_map_open(path, TARE_MAX_JSON_BYTES, ctx->arena, &map, err);
    if (st != TARE_OK)
        return st;
    st = batch_lines(ctx, &so, map.bytes, out, err);
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
    {.name = "with",
     .type = TARE_OPT_REPEAT,
     .metavar = "FILE",
     .help = "a schema that a \"$ref\" may name: by its \"$id\", else by its file's name",
     .at = offsetof(struct schema_opts, with)},
    {0},
};
static const struct tare_example schema_examples[] = {
    {"tare check schema task.schema.json answer.json", "every fault with its place and a remedy"},
    {"tare check schema --batch lines.jsonl", "many schemas and values, a line each"},
    {0}};

const struct tare_cmd tare_cmd_check_schema = {
    .name = "schema",
    .summary = "validate JSON documents against a JSON Schema",
    .usage = "SCHEMA [INSTANCE...] [--with FILE]... | --batch [FILE]",
    .about =
        "Drafts 4, 6, 7, 2019-09 and 2020-12; offline: nothing is fetched. Exit status 1 when "
        "a document does not match, 4 when the schema itself is wrong or something is no JSON.",
    .examples = schema_examples,
    .args = schema_args,
    .opts = schema_options,
    .opts_size = sizeof(struct schema_opts),
    .run = schema_run,
};
