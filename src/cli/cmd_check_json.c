#include "base/fs.h"
#include "base/limits.h"
#include "base/map.h"
#include "cli/cmd.h"
#include "text/calls.h"
#include "text/json_extract.h"
#include "text/width.h"

#include "base/banned.h"

extern const struct tare_cmd tare_cmd_check_json;

struct json_opts {
    struct tare_strs files;
    struct tare_str schema;
    bool extract, mend, log, value;
};

/* What was made of one file. */
struct reading {
    struct tare_str file;
    struct tare_json value; /* absent: none */
    struct tare_json_extract extract;
    uint32_t repairs;
    enum tare_status status; /* of the strict reader, or of the mending */
    struct tare_err err;     /* its fault */
};

static struct tare_str name_of(struct tare_str path)
{
    return tare_str_is(path, "-") ? TARE_S("standard input") : path;
}

/* Strictly, then by what was asked for. Fails only when it could not be tried. */
static enum tare_status read_text(struct tare_str text, const struct json_opts *o,
                                  const struct tare_schema *schema, struct tare_arena *arena,
                                  struct reading *r, struct tare_err *err)
{
    r->status = tare_json_parse(text, o->log ? &tare_json_log : NULL, arena, &r->value, &r->err);
    if (r->status != TARE_OK && o->mend)
        r->status = tare_json_mend(text, arena, &r->value, &r->repairs, &r->err);
    if (r->status != TARE_OK && r->status != TARE_E_NOMEM && o->extract) {
        enum tare_status st = tare_json_extract(text, schema, arena, &r->extract, err);
        if (st != TARE_OK)
            return st;
        if (tare_json_present(r->extract.value)) {
            r->value = r->extract.value;
            r->status = TARE_OK;
        }
    }
    return r->status == TARE_E_NOMEM ? tare_fail(err, r->status, "%s", r->err.text) : TARE_OK;
}

static void put_repairs(struct tare_json_writer *w, uint32_t repairs)
{
    tare_json_put_key(w, "repairs");
    tare_json_begin_array(w);
    for (uint32_t bit = 0; bit < TARE_CALLS_REPAIRS; bit++)
        if (repairs >> bit & 1)
            tare_json_put_cstr(w, tare_calls_repair_name(bit));
    tare_json_end_array(w);
}

static void put_fault(struct tare_json_writer *w, const struct tare_err *err)
{
    tare_json_put_key(w, "fault");
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "code", err->fault);
    tare_json_member_cstr(w, "text", err->text);
    tare_json_member_u64(w, "line", err->line);
    tare_json_member_u64(w, "column", err->column);
    tare_json_member_u64(w, "byte", err->offset);
    tare_json_member_cstr(w, "path", err->path);
    tare_json_member_cstr(w, "excerpt", err->excerpt);
    tare_json_member_cstr(w, "remedy", err->hint);
    tare_json_end_object(w);
}

static void put_reading(struct tare_json_writer *w, const struct json_opts *o,
                        const struct reading *r)
{
    tare_json_begin_object(w);
    tare_json_put_key(w, "file");
    tare_json_put_str(w, name_of(r->file));
    tare_json_member_bool(w, "ok", r->status == TARE_OK);
    if (r->err.fault)
        put_fault(w, &r->err);
    if (o->mend)
        put_repairs(w, r->repairs);
    if (o->extract) {
        tare_json_member_cstr(w, "found", tare_json_found_name(r->extract.found));
        if (r->extract.found == TARE_X_EXTRACTED) {
            tare_json_member_u64(w, "from", r->extract.off);
            tare_json_member_u64(w, "to", r->extract.end);
        }
    }
    tare_json_end_object(w);
}

static void print_reading(struct tare_buf *out, const struct reading *r)
{
    tare_text_safe(out, name_of(r->file));
    tare_buf_puts(out, ": ");
    if (r->status == TARE_OK && r->extract.found == TARE_X_EXTRACTED)
        tare_buf_printf(out, "X_EXTRACTED, bytes %zu to %zu\n", r->extract.off, r->extract.end);
    else if (r->status == TARE_OK && r->repairs == 0)
        tare_buf_puts(out, "JSON\n");
    else if (r->status == TARE_OK) {
        tare_buf_puts(out, "mended:");
        for (uint32_t bit = 0; bit < TARE_CALLS_REPAIRS; bit++)
            if (r->repairs >> bit & 1)
                tare_buf_printf(out, " %s", tare_calls_repair_name(bit));
        tare_buf_putc(out, '\n');
    } else {
        tare_buf_puts(out, "no JSON");
        if (r->extract.found != TARE_JSON_WHOLE)
            tare_buf_printf(out, ", %s", tare_json_found_name(r->extract.found));
        tare_buf_putc(out, '\n');
    }
    if (!r->err.fault)
        return;
    tare_buf_printf(out, "  %s at line %u, column %u (byte %zu)%s", r->err.fault, r->err.line,
                    r->err.column, r->err.offset, r->err.path[0] ? ", " : "");
    tare_text_safe(out, tare_str_of(r->err.path));
    tare_buf_puts(out, ": ");
    tare_text_safe(out, tare_str_of(r->err.text));
    tare_buf_putc(out, '\n');
    if (r->err.hint[0])
        tare_buf_printf(out, "    %s\n", r->err.hint);
}

static enum tare_status read_file(struct tare_ctx *ctx, const struct json_opts *o,
                                  const struct tare_schema *schema, struct reading *r,
                                  struct tare_err *err)
{
    struct tare_map map;
    enum tare_status st = tare_map_open(r->file, TARE_MAX_JSON_BYTES, ctx->arena, &map, err);
    if (st != TARE_OK)
        return st;
    struct tare_str text = tare_arena_copy(ctx->arena, map.bytes);
    tare_map_close(&map);
    if (map.bytes.n && !text.p)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a text");
    return read_text(text, o, schema, ctx->arena, r, err);
}

/* The schema that candidates must fit; NULL: none was given. */
static enum tare_status open_schema(struct tare_ctx *ctx, struct tare_str path,
                                    const struct tare_schema **out, struct tare_err *err)
{
    struct tare_str text;
    struct tare_json v;
    if (path.n == 0)
        return TARE_OK;
    enum tare_status st = tare_fs_read(path, TARE_MAX_JSON_BYTES, ctx->arena, &text, err);
    if (st == TARE_OK)
        st = tare_json_parse(text, NULL, ctx->arena, &v, err);
    if (st == TARE_OK)
        st = tare_schema_compile(v, NULL, ctx->arena, out, err);
    if (st != TARE_OK)
        tare_err_file(err, path);
    return st;
}

struct output {
    struct tare_buf text, faults;
    struct tare_json_writer w;
};

static void put_one(struct tare_ctx *ctx, const struct json_opts *o, const struct reading *r,
                    struct output *out)
{
    if (r->status != TARE_OK)
        ctx->exit_code = 1;
    if (o->value && r->status != TARE_OK) {
        print_reading(&out->faults, r);
    } else if (o->value) {
        tare_json_print(r->value, &out->text);
        tare_buf_putc(&out->text, '\n');
    } else if (ctx->json) {
        put_reading(&out->w, o, r);
    } else {
        print_reading(&out->text, r);
    }
}

static enum tare_status read_files(struct tare_ctx *ctx, const struct json_opts *o,
                                   struct output *out, struct tare_err *err)
{
    const struct tare_schema *schema = NULL;
    enum tare_status st = open_schema(ctx, o->schema, &schema, err);
    size_t n = o->files.n ? o->files.n : 1;
    for (size_t i = 0; i < n && st == TARE_OK; i++) {
        struct reading r = {.file = o->files.n ? o->files.v[i] : TARE_S("-")};
        st = read_file(ctx, o, schema, &r, err);
        if (st == TARE_OK)
            put_one(ctx, o, &r, out);
    }
    return st;
}

static enum tare_status json_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    const struct json_opts *o = opts;
    struct output out;
    if (o->value && ctx->json)
        return tare_usage_fail(ctx, err, "--value prints the values, --json what was made of them");
    if (o->schema.n && !o->extract)
        return tare_usage_fail(ctx, err, "--schema chooses among what --extract finds");
    tare_buf_init(&out.text, NULL, TARE_GIB);
    tare_buf_init(&out.faults, NULL, TARE_GIB);
    tare_json_writer_init(&out.w, &out.text);
    if (ctx->json) {
        tare_json_begin_object(&out.w);
        tare_json_member_cstr(&out.w, "schema", "tare.check-json/1");
        tare_json_put_key(&out.w, "files");
        tare_json_begin_array(&out.w);
    }
    enum tare_status st = read_files(ctx, o, &out, err);
    if (ctx->json && st == TARE_OK) {
        tare_json_end_array(&out.w);
        tare_json_end_object(&out.w);
        tare_buf_putc(&out.text, '\n');
    }
    if (st == TARE_OK && (out.text.failed || out.faults.failed))
        st = tare_fail(err, TARE_E_NOMEM, "not enough memory to show it");
    if (st == TARE_OK &&
        ((out.text.n && fwrite(out.text.p, 1, out.text.n, ctx->out) != out.text.n) ||
         (out.faults.n && fwrite(out.faults.p, 1, out.faults.n, ctx->err) != out.faults.n)))
        st = tare_fail(err, TARE_E_IO, "cannot write the output");
    tare_buf_free(&out.text);
    tare_buf_free(&out.faults);
    return st;
}

static const struct tare_arg json_args[] = {
    {"FILE", "texts; - or nothing: standard input", 0, TARE_MANY,
     offsetof(struct json_opts, files)},
    {0},
};
static const struct tare_opt json_options[] = {
    {.name = "mend",
     .type = TARE_OPT_FLAG,
     .help = "mend the faults of the closed list, and say which",
     .at = offsetof(struct json_opts, mend)},
    {.name = "extract",
     .type = TARE_OPT_FLAG,
     .help = "find the one value in prose: X_EXTRACTED, X_NONE or X_AMBIGUOUS",
     .at = offsetof(struct json_opts, extract)},
    {.name = "schema",
     .type = TARE_OPT_STRING,
     .metavar = "FILE",
     .help = "with --extract: only values that fit this JSON Schema count",
     .at = offsetof(struct json_opts, schema)},
    {.name = "log",
     .type = TARE_OPT_FLAG,
     .help = "tolerate what other tools' logs hold: NaN, a key twice, half surrogates, a byte "
             "order mark, 512 levels",
     .at = offsetof(struct json_opts, log)},
    {.name = "value",
     .type = TARE_OPT_FLAG,
     .help = "print the values, one a line; faults go to standard error",
     .at = offsetof(struct json_opts, value)},
    {0},
};
static const struct tare_example json_examples[] = {
    {"tare check json answer.json", "whether it is JSON, else what is wrong and where"},
    {"tare check json --extract --value reply.txt", "the one JSON value in a model's reply"},
    {0}};

const struct tare_cmd tare_cmd_check_json = {
    .name = "json",
    .summary = "read JSON strictly, and say what is wrong with it",
    .usage = "[FILE...] [--mend] [--extract [--schema FILE]] [--log] [--value]",
    .about = "Strict JSON (RFC 8259): a key twice, half a surrogate pair, NaN and text after the "
             "value are faults, each with a code and its place. Exit status 1 when a text is not "
             "JSON. Codes, repairs and limits: docs/concepts/structured-output.md.",
    .examples = json_examples,
    .args = json_args,
    .opts = json_options,
    .opts_size = sizeof(struct json_opts),
    .run = json_run,
};
