#include "cli/cmd.h"

#include "base/fs.h"
#include "base/limits.h"
#include "base/thread.h"
#include "decide/stat.h"

#include "base/banned.h"

struct stat_opts {
    struct tare_strs words;
    bool batch, list;
    int64_t threads;
};

static const struct tare_arg stat_args[] = {
    {"NAME [INPUT]",
     "the procedure; then one JSON object, key=value words, or - for standard input", 0, TARE_MANY,
     offsetof(struct stat_opts, words)},
    {0},
};

static const struct tare_opt stat_options[] = {
    {.name = "list",
     .letter = 'l',
     .type = TARE_OPT_FLAG,
     .help = "all procedures with the source of their formulas; with a NAME only that one",
     .at = offsetof(struct stat_opts, list)},
    {.name = "batch",
     .letter = 'b',
     .type = TARE_OPT_FLAG,
     .help = "lines {\"id\", \"procedure\", \"input\"} from a file or standard input; one line "
             "{\"id\", \"output\"} each",
     .at = offsetof(struct stat_opts, batch)},
    {.name = "threads",
     .letter = 'j',
     .type = TARE_OPT_INT,
     .min = 0,
     .max = 256,
     .def = "0",
     .help = "for Monte Carlo; 0: all CPUs. The result does not depend on it",
     .at = offsetof(struct stat_opts, threads)},
    {0},
};

static const struct tare_example stat_examples[] = {
    {"tare stat mcnemar both_pass=15 baseline_only=1 candidate_only=26 both_fail=6",
     "was the candidate better on the same tasks?"},
    {"tare stat proportion_ci successes=7 n=47", "an interval for one rate"},
    {"tare stat signed_rank '{\"differences\":[1.1,2.3,-0.4,0.9]}' --json", "JSON in, JSON out"},
    {"tare stat --list", "every procedure and where its formula is from"},
    {"tare stat --batch < lines.jsonl", "many calculations at once"},
    {0},
};

static void list_text(struct tare_ctx *ctx)
{
    int group = -1;
    const struct tare_stat_proc *p;
    for (size_t i = 0; (p = tare_stat_at(i)) != NULL; i++) {
        if ((int)p->group != group)
            fprintf(ctx->out, "%s%s\n", i ? "\n" : "", tare_stat_group_name(p->group));
        group = (int)p->group;
        fprintf(ctx->out, "  %-36s %s\n  %-36s source: %s\n", p->name, p->summary, "", p->source);
    }
}

static void one_text(struct tare_ctx *ctx, const struct tare_stat_proc *p)
{
    fprintf(ctx->out, "%s: %s\nsource: %s\nexample:\n  tare stat %s '%s'\n", p->name, p->summary,
            p->source, p->name, p->example);
}

static void put_proc(struct tare_json_writer *w, const struct tare_stat_proc *p)
{
    tare_json_begin_object(w);
    tare_json_put_key(w, "name");
    tare_json_put_cstr(w, p->name);
    tare_json_put_key(w, "group");
    tare_json_put_cstr(w, tare_stat_group_name(p->group));
    tare_json_put_key(w, "summary");
    tare_json_put_cstr(w, p->summary);
    tare_json_put_key(w, "source");
    tare_json_put_cstr(w, p->source);
    tare_json_put_key(w, "example");
    tare_json_put_raw(w, tare_str_of(p->example));
    tare_json_end_object(w);
}

static enum tare_status flush(FILE *to, struct tare_buf *b, struct tare_err *err)
{
    bool ok = !b->failed && fwrite(b->p, 1, b->n, to) == b->n;
    tare_buf_free(b);
    return ok ? TARE_OK : tare_fail(err, TARE_E_IO, "could not write the result");
}

static enum tare_status find(struct tare_ctx *ctx, struct tare_str name,
                             const struct tare_stat_proc **out, struct tare_err *err)
{
    const char *nearest = NULL;
    *out = tare_stat_find(name, &nearest);
    if (*out)
        return TARE_OK;
    tare_usage_fail(ctx, err, "no procedure is called \"%.*s\"", TARE_FMT(name));
    if (nearest)
        tare_err_hint(err, "did you mean \"%s\"? `tare stat --list` shows all of them", nearest);
    else
        tare_err_hint(err, "`tare stat --list` shows all of them");
    return TARE_E_USAGE;
}

static enum tare_status run_list(struct tare_ctx *ctx, const struct stat_opts *o,
                                 struct tare_err *err)
{
    const struct tare_stat_proc *only = NULL, *p;
    if (o->words.n > 0) {
        enum tare_status st = find(ctx, o->words.v[0], &only, err);
        if (st != TARE_OK)
            return st;
    }
    if (!ctx->json) {
        if (only)
            one_text(ctx, only);
        else
            list_text(ctx);
        return TARE_OK;
    }
    struct tare_buf b;
    struct tare_json_writer w;
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_json_writer_init(&w, &b);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "schema");
    tare_json_put_cstr(&w, "tare.stat-list/1");
    tare_json_put_key(&w, "procedures");
    tare_json_begin_array(&w);
    for (size_t i = 0; (p = tare_stat_at(i)) != NULL; i++)
        if (!only || only == p)
            put_proc(&w, p);
    tare_json_end_array(&w);
    tare_json_end_object(&w);
    tare_buf_putc(&b, '\n');
    return flush(ctx->out, &b, err);
}

static enum tare_status run_batch(struct tare_ctx *ctx, const struct stat_opts *o,
                                  const struct tare_stat_opts *opts, struct tare_err *err)
{
    struct tare_str path = o->words.n ? o->words.v[0] : TARE_S("-"), line;
    struct tare_lines *lines;
    struct tare_arena arena;
    struct tare_buf out;
    uint64_t line_no, wrong = 0;
    bool torn, failed;
    if (o->words.n > 1)
        return tare_usage_fail(ctx, err, "--batch takes one file");
    enum tare_status st = tare_lines_open(path, TARE_MAX_JSONL_LINE_BYTES, ctx->arena, &lines, err);
    if (st != TARE_OK)
        return st;
    tare_arena_init(&arena, NULL, TARE_ARENA_REPORT_BYTES);
    tare_buf_init(&out, NULL, TARE_MAX_JSON_BYTES);
    while (st == TARE_OK && tare_lines_next(lines, &line, &line_no, &torn, err)) {
        if (tare_str_trim(line).n == 0)
            continue;
        st = tare_stat_batch_line(line, line_no, opts, &arena, &out, &failed, err);
        wrong += failed;
        if (fwrite(out.p, 1, out.n, ctx->out) != out.n && st == TARE_OK)
            st = tare_fail(err, TARE_E_IO, "could not write the result");
        tare_buf_reset(&out);
        tare_arena_reset(&arena);
    }
    if (st == TARE_OK)
        st = err->code;
    tare_lines_close(lines);
    tare_buf_free(&out);
    tare_arena_free(&arena);
    if (st == TARE_OK && wrong > 0) {
        fprintf(ctx->err, "tare stat: %llu lines are at fault; their \"error\" says why\n",
                (unsigned long long)wrong);
        ctx->exit_code = tare_status_exit(TARE_E_INPUT);
    }
    return st;
}

/* The input object: absent, "-", one JSON object, or words. */
static enum tare_status read_input(struct tare_ctx *ctx, const struct stat_opts *o,
                                   struct tare_str *text, struct tare_json *root,
                                   struct tare_err *err)
{
    const struct tare_str *w = o->words.v + 1;
    size_t n = o->words.n - 1;
    enum tare_status st = TARE_OK;
    if (n == 1 && tare_str_is(w[0], "-"))
        st = tare_fs_read(w[0], TARE_MAX_JSON_BYTES, ctx->arena, text, err);
    else if (n == 1 && tare_str_starts(tare_str_trim(w[0]), TARE_S("{")))
        *text = w[0];
    else
        st = tare_stat_words(w, n, ctx->arena, text, err);
    if (st == TARE_OK)
        st = tare_json_parse(*text, &tare_json_strict, ctx->arena, root, err);
    return st;
}

/* One "name  value" line a result; what does not exist says why. */
static void print_text(struct tare_ctx *ctx, struct tare_json result)
{
    struct tare_json why = tare_json_get(result, "unavailable");
    for (struct tare_json v = tare_json_first(result); tare_json_present(v);
         v = tare_json_next(v)) {
        struct tare_str key = tare_json_key(v);
        struct tare_json reason = tare_json_get_str(why, key);
        struct tare_buf b;
        if (tare_str_is(key, "unavailable"))
            continue;
        tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
        if (tare_json_kind(v) == TARE_JSON_STRING)
            tare_buf_put(&b, tare_json_str(v));
        else
            tare_json_print(v, &b);
        if (tare_json_kind(v) != TARE_JSON_NULL)
            fprintf(ctx->out, "%-36.*s %.*s\n", TARE_FMT(key), TARE_FMT(tare_buf_str(&b)));
        else if (tare_json_present(reason))
            fprintf(ctx->out, "%-36.*s unavailable: %.*s\n", TARE_FMT(key),
                    TARE_FMT(tare_json_str(reason)));
        tare_buf_free(&b);
    }
}

static enum tare_status print_result(struct tare_ctx *ctx, const struct tare_stat_proc *p,
                                     struct tare_str result, struct tare_err *err)
{
    struct tare_json root;
    if (!ctx->json) {
        enum tare_status st = tare_json_parse(result, &tare_json_strict, ctx->arena, &root, err);
        if (st == TARE_OK)
            print_text(ctx, root);
        return st;
    }
    struct tare_buf b;
    struct tare_json_writer w;
    tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
    tare_json_writer_init(&w, &b);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "schema");
    tare_json_put_cstr(&w, "tare.stat/1");
    tare_json_put_key(&w, "procedure");
    tare_json_put_cstr(&w, p->name);
    tare_json_put_key(&w, "source");
    tare_json_put_cstr(&w, p->source);
    tare_json_put_key(&w, "output");
    tare_json_put_raw(&w, result);
    tare_json_end_object(&w);
    tare_buf_putc(&b, '\n');
    return flush(ctx->out, &b, err);
}

static enum tare_status run_one(struct tare_ctx *ctx, const struct stat_opts *o,
                                const struct tare_stat_opts *opts, struct tare_err *err)
{
    const struct tare_stat_proc *p;
    struct tare_str text = {NULL, 0};
    struct tare_json root = {NULL, 0};
    if (o->words.n == 0) {
        tare_usage_fail(ctx, err, "which procedure?");
        tare_err_hint(err, "`tare stat --list` shows all of them");
        return TARE_E_USAGE;
    }
    enum tare_status st = find(ctx, o->words.v[0], &p, err);
    if (st == TARE_OK && o->words.n == 1) {
        tare_usage_fail(ctx, err, "%s needs an input", p->name);
        tare_err_hint(err, "for example: tare stat %s '%s'", p->name, p->example);
        return TARE_E_USAGE;
    }
    if (st == TARE_OK)
        st = read_input(ctx, o, &text, &root, err);
    if (st != TARE_OK)
        return st;
    struct tare_buf out;
    tare_buf_init(&out, NULL, TARE_MAX_JSON_BYTES);
    st = tare_stat_run(p, root, text, opts, ctx->arena, &out, err);
    if (st == TARE_OK)
        st = print_result(ctx, p, tare_buf_str(&out), err);
    else if (err->hint[0] == '\0')
        tare_err_hint(err, "for example: tare stat %s '%s'", p->name, p->example);
    tare_buf_free(&out);
    return st;
}

static enum tare_status stat_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    const struct stat_opts *o = opts;
    struct tare_stat_opts so = {
        .allow_unknown = o->batch,
        .threads = o->threads > 0 ? (unsigned)o->threads : tare_cpu_count(),
    };
    if (o->list && o->batch)
        return tare_usage_fail(ctx, err, "--list and --batch do not go together");
    if (o->list)
        return run_list(ctx, o, err);
    if (o->batch)
        return run_batch(ctx, o, &so, err);
    return run_one(ctx, o, &so, err);
}

const struct tare_cmd tare_cmd_stat = {
    .name = "stat",
    .summary = "every statistical procedure as a calculator",
    .usage = "NAME [JSON | key=value... | -] | --batch [FILE] | --list [NAME]",
    .about = "A result that does not exist (0/0, too few data) is null, with the reason under "
             "\"unavailable\"; it is never 0. Differences are candidate minus baseline. Monte "
             "Carlo takes a seed and gives the same bits for any number of threads.",
    .examples = stat_examples,
    .args = stat_args,
    .opts = stat_options,
    .opts_size = sizeof(struct stat_opts),
    .run = stat_run,
};
