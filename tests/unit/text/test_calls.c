/* Tool-call dialects: the shared transcripts, whole, a byte at a time and in random pieces. */
#include "text/calls_retry.h"
#include "text/calls_stream.h"
#include "text/calls_write.h"
#include "text/jsonl.h"
#include "text_test.h"

#define PIECES 20

static struct tare_calls_opts options(struct tare_json v, struct tare_arena *arena)
{
    struct tare_json o = tare_json_get(v, "options");
    struct tare_calls_opts opts = {
        .dialect = tare_json_str(tare_json_get(v, "dialect")),
        .think_prefilled = tare_json_true(tare_json_get(o, "think_prefilled")),
        .recover_in_think = tare_json_true(tare_json_get(o, "recover_in_think")),
        .coerce_scalars = tare_json_true(tare_json_get(o, "coerce_scalars")),
        .length = tare_json_str_is(tare_json_get(o, "finish_reason"), "length")};
    struct tare_err err = {0};
    if (tare_tools_read(tare_json_get(v, "tools"), arena, &opts.tools, &opts.n_tools, &err))
        fail_msg("%s", err.text);
    return opts;
}

/* Spans stand in order, without gaps, from the first byte to the last. */
static void assert_covered(const struct tare_calls *r, size_t n, struct tare_str id)
{
    size_t at = 0;
    for (uint32_t i = 0; i < r->n_spans; i++) {
        if (r->spans[i].off != at || r->spans[i].end <= at)
            fail_msg("%.*s: span %u is [%zu, %zu), the one before ends at %zu", TARE_FMT(id), i,
                     r->spans[i].off, r->spans[i].end, at);
        at = r->spans[i].end;
    }
    if (at != n)
        fail_msg("%.*s: spans end at %zu of %zu", TARE_FMT(id), at, n);
}

/* The record as JSON, for the text in pieces of at most `most` bytes; 0: whole. */
static struct tare_json record(struct tare_json v, struct tare_str dialect, size_t most,
                               uint64_t seed, struct tare_arena *arena)
{
    struct tare_calls_opts opts = options(v, arena);
    struct tare_str text = tare_json_str(tare_json_get(v, "text"));
    struct tare_json rules = tare_json_get(tare_json_get(v, "policy"), "order"), out;
    struct tare_order *order = NULL;
    struct tare_calls r;
    struct tare_calls_feed f;
    uint64_t x = seed * 2862933555777941757u + 3037000493u;
    if (dialect.p)
        opts.dialect = dialect;
    tare_calls_feed_begin(&f, NULL);
    for (size_t at = 0, n; at < text.n; at += n) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        n = most == 0 ? text.n : 1 + (size_t)(x >> 33) % most;
        n = n > text.n - at ? text.n - at : n;
        tare_calls_feed_put(&f, tare_str_n(text.p + at, n));
    }
    assert_int_equal(tare_calls_feed_end(&f, &opts, arena, &r, NULL), TARE_OK);
    assert_covered(&r, text.n, tare_json_str(tare_json_get(v, "id")));
    if (tare_json_present(rules)) {
        assert_int_equal(tare_order_open(rules, arena, &order, NULL), TARE_OK);
        assert_int_equal(tare_order_message(order, &r, NULL), TARE_OK);
        assert_int_equal(tare_order_end(order, NULL), TARE_OK);
    }
    struct tare_buf b;
    struct tare_json_writer w;
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_json_writer_init(&w, &b);
    tare_json_begin_object(&w);
    tare_calls_write(&r, order, &w);
    tare_json_end_object(&w);
    struct tare_str s = tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    assert_int_equal(tare_json_parse(s, NULL, arena, &out, NULL), TARE_OK);
    return out;
}

static int compare(struct tare_json want, struct tare_json got, struct tare_str id, size_t most)
{
    static const char *const keys[] = {"status",  "content", "reasoning",  "calls",
                                       "repairs", "errors",  "validation", "order"};
    for (int k = 0; k < 8; k++) {
        struct tare_json a = tare_json_get(want, keys[k]), b = tare_json_get(got, keys[k]);
        if (!tare_json_present(a) || tare_json_equal(a, b))
            continue;
        fprintf(stderr, "%.*s (pieces of %zu): %s is %.*s, wanted %.*s\n", TARE_FMT(id), most,
                keys[k], TARE_FMT(tare_json_lexeme(b)), TARE_FMT(tare_json_lexeme(a)));
        return 1;
    }
    return 0;
}

static int one_vector(struct tare_json v, struct tare_arena *arena)
{
    struct tare_json want = tare_json_get(v, "expect");
    struct tare_str id = tare_json_str(tare_json_get(v, "id"));
    int wrong = compare(want, record(v, (struct tare_str){0}, 0, 0, arena), id, 0);
    wrong += compare(want, record(v, (struct tare_str){0}, 1, 0, arena), id, 1);
    for (uint64_t seed = 1; seed <= PIECES; seed++)
        wrong += compare(want, record(v, (struct tare_str){0}, 9, seed, arena), id, 9);
    return wrong > 0;
}

static uint32_t run_file(const char *path, int *wrong)
{
    struct tare_arena files, arena;
    struct tare_str text;
    struct tare_json v;
    struct tare_jsonl lines;
    enum tare_status st;
    uint32_t n = 0;
    tare_arena_init(&files, NULL, TARE_GIB);
    tare_arena_init(&arena, NULL, TARE_GIB);
    assert_int_equal(tare_fs_read(tare_str_of(path), TARE_GIB, &files, &text, NULL), TARE_OK);
    tare_jsonl_begin(&lines, text, NULL);
    while (tare_jsonl_next(&lines, &arena, &v, &st, NULL)) {
        struct tare_json part = tare_json_get(v, "part");
        if (!tare_json_present(part) || tare_json_str_is(part, "calls")) {
            *wrong += one_vector(v, &arena);
            n++;
        }
        tare_arena_reset(&arena);
    }
    assert_int_equal(st, TARE_OK);
    tare_arena_free(&files);
    tare_arena_free(&arena);
    return n;
}

static void test_shared(void **state)
{
    char path[1024];
    int wrong = 0;
    (void)state;
    if (!shared_path("vectors/tool-calls.jsonl", path))
        skip();
    assert_int_equal(run_file(path, &wrong), 150);
    assert_int_equal(wrong, 0);
}

/* Any prefix, in any dialect, strict or not, gives a record that covers it; nothing refused is
 * kept quiet: a block span that is rejected has its code. */
static void parse_prefixes(struct tare_json v, struct tare_str dialect, struct tare_arena *arena)
{
    struct tare_arena scratch;
    struct tare_calls_opts opts = options(v, arena);
    struct tare_str text = tare_json_str(tare_json_get(v, "text"));
    struct tare_str id = tare_json_str(tare_json_get(v, "id"));
    struct tare_calls r;
    tare_arena_init(&scratch, NULL, TARE_GIB);
    opts.dialect = dialect;
    for (size_t n = 0; n <= text.n; n++) {
        struct tare_str cut = tight(text.p, n);
        opts.length = n % 2;
        opts.strict = n / 2 % 2;
        assert_int_equal(tare_calls_parse(cut, &opts, &scratch, &r, NULL), TARE_OK);
        assert_covered(&r, n, id);
        if (opts.strict && r.repairs)
            fail_msg("%.*s: the strict arm mended", TARE_FMT(id));
        uint32_t rejected = 0;
        for (uint32_t i = 0; i < r.n_spans; i++)
            rejected += r.spans[i].kind == TARE_SPAN_REJECTED;
        if (rejected > r.n_errors)
            fail_msg("%.*s in %.*s: cut at %zu: %u rejected, %u errors", TARE_FMT(id),
                     TARE_FMT(dialect), n, rejected, r.n_errors);
        free((void *)cut.p);
        tare_arena_reset(&scratch);
    }
    tare_arena_free(&scratch);
}

static void each_line(const char *path, void (*visit)(struct tare_json v, struct tare_arena *arena))
{
    struct tare_arena files, arena;
    struct tare_str text;
    struct tare_json v;
    struct tare_jsonl lines;
    enum tare_status st;
    tare_arena_init(&files, NULL, TARE_GIB);
    tare_arena_init(&arena, NULL, TARE_GIB);
    assert_int_equal(tare_fs_read(tare_str_of(path), TARE_GIB, &files, &text, NULL), TARE_OK);
    tare_jsonl_begin(&lines, text, NULL);
    while (tare_jsonl_next(&lines, &arena, &v, &st, NULL)) {
        visit(v, &arena);
        tare_arena_reset(&arena);
    }
    tare_arena_free(&files);
    tare_arena_free(&arena);
}

static void visit_prefixes(struct tare_json v, struct tare_arena *arena)
{
    parse_prefixes(v, tare_json_str(tare_json_get(v, "dialect")), arena);
    parse_prefixes(v, TARE_S("auto"), arena);
}

/* The members of a are members of b, or texts that those begin with. */
static bool within(struct tare_json a, struct tare_json b)
{
    bool all = true;
    for (struct tare_json e = tare_json_first(a); e.doc; e = tare_json_next(e)) {
        struct tare_json m = tare_json_get_str(b, tare_json_key(e));
        all &= tare_json_equal(e, m) ||
               (tare_json_kind(m) == TARE_JSON_STRING && tare_json_kind(e) == TARE_JSON_STRING &&
                tare_str_starts(tare_json_str(m), tare_json_str(e)));
    }
    return all;
}

/* A message that the token limit cut anywhere says less than the whole one and nothing else: no tag
 * in its content, no call that is not there, nothing mended but the closing tag. */
static void visit_cuts(struct tare_json v, struct tare_arena *arena)
{
    struct tare_arena scratch;
    struct tare_calls_opts opts = options(v, arena);
    struct tare_str text = tare_json_str(tare_json_get(v, "text"));
    struct tare_str id = tare_json_str(tare_json_get(v, "id"));
    struct tare_calls whole, r;
    assert_int_equal(tare_calls_parse(text, &opts, arena, &whole, NULL), TARE_OK);
    if (whole.status != TARE_CALLS_OK)
        return;
    tare_arena_init(&scratch, NULL, TARE_GIB);
    opts.length = true;
    for (size_t n = 1; n < text.n; n++) {
        if (tare_str_trim(tare_str_n(text.p, n)).n < 2) /* one letter says too little */
            continue;
        assert_int_equal(tare_calls_parse(tare_str_n(text.p, n), &opts, &scratch, &r, NULL),
                         TARE_OK);
        bool same =
            r.n_calls <= whole.n_calls && (r.repairs || tare_str_starts(whole.content, r.content));
        for (uint32_t i = 0; i < r.n_calls && same; i++)
            same = tare_str_eq(r.calls[i].name, whole.calls[i].name) &&
                   within(r.calls[i].arguments, whole.calls[i].arguments);
        /* without its closing tag a block may have ended too early */
        for (uint32_t i = 0; i < r.n_calls && same && !r.repairs; i++)
            same = tare_json_equal(r.calls[i].arguments, whole.calls[i].arguments);
        if (strcmp(r.dialect, whole.dialect) != 0) /* not seen yet */
            continue;
        if (!same || r.status == TARE_CALLS_MALFORMED ||
            (r.repairs & ~(uint32_t)TARE_R_MISSING_CLOSE))
            fail_msg("%.*s: cut at %zu: %s, \"%.*s\"", TARE_FMT(id), n,
                     tare_calls_status_name(r.status), TARE_FMT(r.content));
        tare_arena_reset(&scratch);
    }
    tare_arena_free(&scratch);
}

/* The text of one dialect in all others. */
static void visit_others(struct tare_json v, struct tare_arena *arena)
{
    struct tare_calls_opts opts = options(v, arena);
    struct tare_str text = tare_json_str(tare_json_get(v, "text"));
    struct tare_calls r;
    const char *name;
    for (size_t i = 0; (name = tare_calls_dialect(i)) != NULL; i++) {
        opts.dialect = tare_str_of(name);
        assert_int_equal(tare_calls_parse(text, &opts, arena, &r, NULL), TARE_OK);
        assert_covered(&r, text.n, opts.dialect);
    }
    opts.n_tools = 0; /* no tools: no calls */
    opts.dialect = tare_json_str(tare_json_get(v, "dialect"));
    assert_int_equal(tare_calls_parse(text, &opts, arena, &r, NULL), TARE_OK);
    assert_int_equal(r.n_calls, 0);
}

/* Memory that runs out at any request is reported, and nothing is lost. */
static void visit_memory(struct tare_json v, struct tare_arena *arena)
{
    struct tare_calls_opts opts = options(v, arena);
    struct tare_str text = tare_json_str(tare_json_get(v, "text"));
    for (long at = 0;; at++) {
        struct failing f;
        struct tare_arena a;
        struct tare_calls r;
        failing_init(&f, at);
        tare_arena_init(&a, &f.alc, TARE_GIB);
        enum tare_status st = tare_calls_parse(text, &opts, &a, &r, NULL);
        tare_arena_free(&a);
        assert_int_equal(f.live, 0);
        if (st == TARE_OK)
            break;
        assert_int_equal(st, TARE_E_NOMEM);
    }
}

static void deaf(void *ctx, const struct tare_emit *e)
{
    (void)ctx;
    (void)e;
}

static enum tare_status stream_once(struct tare_str text, const struct tare_calls_opts *opts,
                                    const struct tare_alc *alc, struct tare_arena *a)
{
    struct tare_calls_stream *s = NULL;
    struct tare_calls r;
    enum tare_status st = tare_calls_stream_open(opts, alc, deaf, NULL, &s, NULL);
    for (size_t at = 0; at < text.n && st == TARE_OK; at += 11)
        st = tare_calls_stream_put(s, tare_str_n(text.p + at, text.n - at < 11 ? text.n - at : 11),
                                   NULL);
    if (st == TARE_OK)
        st = tare_calls_stream_end(s, opts->length, a, &r, NULL);
    tare_calls_stream_close(s);
    return st;
}

static enum tare_status retry_once(struct tare_str text, const struct tare_calls_opts *opts,
                                   struct tare_arena *a)
{
    struct tare_calls r;
    struct tare_retry_prompt p;
    enum tare_status st = tare_calls_parse(text, opts, a, &r, NULL);
    return st != TARE_OK ? st : tare_retry_prompt(text, opts, &r, NULL, 0, a, &p, NULL);
}

/* The same for streams and for the turn that asks again. */
static void visit_memory_after(struct tare_json v, struct tare_arena *arena)
{
    struct tare_calls_opts opts = options(v, arena);
    struct tare_str text = tare_json_str(tare_json_get(v, "text"));
    for (int retry = 0; retry < 2; retry++)
        for (long at = 0;; at++) {
            struct failing f;
            struct tare_arena a;
            failing_init(&f, at);
            tare_arena_init(&a, &f.alc, TARE_GIB);
            enum tare_status st =
                retry ? retry_once(text, &opts, &a) : stream_once(text, &opts, &f.alc, &a);
            tare_arena_free(&a);
            assert_int_equal(f.live, 0);
            if (st == TARE_OK)
                break;
            assert_int_equal(st, TARE_E_NOMEM);
        }
}

/* What a stream has told, put together again. */
struct told {
    struct tare_buf content, reasoning, span, name, arguments;
    struct tare_json calls[64];
    struct tare_str names[64];
    uint32_t n_calls, n_errors, voids;
    enum tare_calls_code errors[64];
    struct tare_arena *arena;
    bool open;
};

static void hear(void *ctx, const struct tare_emit *e)
{
    struct told *t = ctx;
    switch (e->kind) {
    case TARE_EMIT_CONTENT:
        tare_buf_put(&t->content, e->text);
        break;
    case TARE_EMIT_REASONING:
        tare_buf_put(&t->span, e->text);
        break;
    case TARE_EMIT_REASONING_END:
        if (t->reasoning.n)
            tare_buf_putc(&t->reasoning, '\n');
        tare_buf_put(&t->reasoning, tare_str_trim(tare_buf_str(&t->span)));
        tare_buf_reset(&t->span);
        break;
    case TARE_EMIT_CALL:
        assert_false(t->open);
        t->open = true;
        tare_buf_reset(&t->name);
        tare_buf_reset(&t->arguments);
        tare_buf_put(&t->name, e->text);
        break;
    case TARE_EMIT_ARGUMENTS:
        assert_true(t->open);
        tare_buf_put(&t->arguments, e->text);
        break;
    case TARE_EMIT_CALL_END: {
        struct tare_str a = tare_arena_copy(t->arena, tare_buf_str(&t->arguments));
        assert_true(t->open && t->n_calls < 64);
        t->names[t->n_calls] = tare_arena_copy(t->arena, tare_buf_str(&t->name));
        assert_int_equal(tare_json_parse(a, NULL, t->arena, &t->calls[t->n_calls++], NULL),
                         TARE_OK);
        t->open = false;
        break;
    }
    case TARE_EMIT_VOID:
        assert_true(t->open);
        t->open = false;
        t->voids++;
        break;
    default:
        assert_true(t->n_errors < 64);
        t->errors[t->n_errors++] = e->code;
    }
}

static void agrees(const struct told *t, const struct tare_calls *r, struct tare_str id,
                   size_t most)
{
    bool same = tare_str_eq(tare_str_trim(tare_buf_str(&t->content)), r->content) &&
                tare_str_eq(tare_str_trim(tare_buf_str(&t->reasoning)),
                            r->reasoning.p ? r->reasoning : TARE_S("")) &&
                t->span.n == 0 && !t->open && t->n_calls == r->n_calls &&
                t->n_errors == r->n_errors;
    for (uint32_t i = 0; same && i < r->n_calls; i++)
        same = tare_str_eq(t->names[i], r->calls[i].name) &&
               tare_json_equal(t->calls[i], r->calls[i].arguments);
    for (uint32_t i = 0; same && i < r->n_errors; i++)
        same = t->errors[i] == r->errors[i].code;
    if (!same)
        fail_msg("%.*s in pieces of %zu: told content [%.*s] reasoning [%.*s] %u calls %u errors; "
                 "the record has [%.*s] [%.*s] %u calls %u errors, status %s",
                 TARE_FMT(id), most, TARE_FMT(tare_buf_str(&t->content)),
                 TARE_FMT(tare_buf_str(&t->reasoning)), t->n_calls, t->n_errors,
                 TARE_FMT(r->content), TARE_FMT(r->reasoning), r->n_calls, r->n_errors,
                 tare_calls_status_name(r->status));
}

static void stream(struct tare_str text, const struct tare_calls_opts *opts, size_t most,
                   uint64_t seed, struct tare_str id)
{
    struct tare_arena arena;
    struct tare_calls_stream *s;
    struct tare_calls r;
    struct told t = {.arena = &arena};
    uint64_t x = seed * 2862933555777941757u + 3037000493u;
    tare_arena_init(&arena, NULL, TARE_GIB);
    struct tare_buf *bufs[] = {&t.content, &t.reasoning, &t.span, &t.name, &t.arguments};
    for (int i = 0; i < 5; i++)
        tare_buf_init(bufs[i], NULL, TARE_GIB);
    assert_int_equal(tare_calls_stream_open(opts, NULL, hear, &t, &s, NULL), TARE_OK);
    for (size_t at = 0, n; at < text.n; at += n) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        n = most == 0 ? text.n : 1 + (size_t)(x >> 33) % most;
        n = n > text.n - at ? text.n - at : n;
        assert_int_equal(tare_calls_stream_put(s, tare_str_n(text.p + at, n), NULL), TARE_OK);
    }
    assert_int_equal(tare_calls_stream_end(s, opts->length, &arena, &r, NULL), TARE_OK);
    agrees(&t, &r, id, most);
    tare_calls_stream_close(s);
    for (int i = 0; i < 5; i++)
        tare_buf_free(bufs[i]);
    tare_arena_free(&arena);
}

/* Whole texts, and texts that end anywhere, told in pieces of any size. */
static void visit_stream(struct tare_json v, struct tare_arena *arena)
{
    struct tare_calls_opts opts = options(v, arena);
    struct tare_str text = tare_json_str(tare_json_get(v, "text"));
    struct tare_str id = tare_json_str(tare_json_get(v, "id")), own = opts.dialect;
    for (int k = 0; k < 4; k++) {
        opts.dialect = k % 2 ? TARE_S("auto") : own;
        opts.strict = k / 2;
        stream(text, &opts, 0, 0, id);
        for (size_t most = 1; most <= 64; most *= 4)
            stream(text, &opts, most, most, id);
    }
    opts.strict = false;
    opts.dialect = own;
    for (size_t n = 0; n < text.n; n += 3) {
        opts.length = n % 2;
        stream(tare_str_n(text.p, n), &opts, 5, n, id);
    }
}

/* Of a plain call the name and most of the arguments are told before its block is closed. */
static void test_early(void **state)
{
    static const char text[] =
        "Well. <tool_call>{\"name\": \"f\", \"arguments\": {\"a\": \"one two";
    struct tare_calls_tool tool = {.name = TARE_S("f")};
    struct tare_calls_opts opts = {.dialect = TARE_S("hermes"), .tools = &tool, .n_tools = 1};
    struct tare_calls_stream *s;
    struct tare_arena arena;
    struct told t = {.arena = &arena};
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    struct tare_buf *bufs[] = {&t.content, &t.reasoning, &t.span, &t.name, &t.arguments};
    for (int i = 0; i < 5; i++)
        tare_buf_init(bufs[i], NULL, TARE_GIB);
    assert_int_equal(tare_calls_stream_open(&opts, NULL, hear, &t, &s, NULL), TARE_OK);
    for (size_t i = 0; i < sizeof text - 1; i++)
        assert_int_equal(tare_calls_stream_put(s, tare_str_n(text + i, 1), NULL), TARE_OK);
    assert_true(tare_str_is(tare_buf_str(&t.content), "Well. "));
    assert_true(t.open && tare_str_is(tare_buf_str(&t.name), "f"));
    assert_true(tare_str_is(tare_buf_str(&t.arguments), "{\"a\":\"one two"));
    tare_calls_stream_close(s);
    for (int i = 0; i < 5; i++)
        tare_buf_free(bufs[i]);
    tare_arena_free(&arena);
}

/* A call whose one argument is long: text of it is told at once, however long it has become, and
 * what is told is what the record has, wherever the pieces end. */
static void test_long_string(void **state)
{
    static const char *const parts[] = {
        "plain text, it's \\\"quoted\\\" ", "\\u00e9\\ud83d\\ude00 ",
        "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 ", "</tool_call> <b> ", "a\\\\b\\n\\t"};
    static const char head[] = "<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": \"";
    static const char *const tails[] = {"\", \"b\": [1, 2]}}</tool_call>done",
                                        "\\q\"}}</tool_call>", "", "\xff\"}}</tool_call>",
                                        "\x01\"}}</tool_call>"};
    struct tare_calls_tool tool = {.name = TARE_S("f")};
    struct tare_calls_opts opts = {.dialect = TARE_S("hermes"), .tools = &tool, .n_tools = 1};
    struct tare_buf b;
    (void)state;
    for (size_t k = 0; k < sizeof tails / sizeof *tails; k++) {
        tare_buf_init(&b, NULL, TARE_GIB);
        tare_buf_puts(&b, head);
        for (unsigned i = 0; i < 300; i++)
            tare_buf_puts(&b, parts[i % 5]);
        tare_buf_puts(&b, tails[k]);
        for (size_t most = 1; most <= 9; most += 2)
            stream(tare_buf_str(&b), &opts, most, most + k, TARE_S("long string"));
        tare_buf_free(&b);
    }
    struct tare_calls_stream *s;
    struct tare_arena arena;
    struct told t = {.arena = &arena};
    tare_arena_init(&arena, NULL, TARE_GIB);
    struct tare_buf *bufs[] = {&t.content, &t.reasoning, &t.span, &t.name, &t.arguments};
    for (int i = 0; i < 5; i++)
        tare_buf_init(bufs[i], NULL, TARE_GIB);
    assert_int_equal(tare_calls_stream_open(&opts, NULL, hear, &t, &s, NULL), TARE_OK);
    assert_int_equal(tare_calls_stream_put(s, TARE_S(head), NULL), TARE_OK);
    for (size_t n = 0, late = 0; n < 60000; n += 4) {
        assert_int_equal(tare_calls_stream_put(s, TARE_S("it's"), NULL), TARE_OK);
        late = n + 4 + strlen("{\"a\":\"") - t.arguments.n;
        if (late)
            fail_msg("%zu bytes behind at %zu", late, n);
    }
    tare_calls_stream_close(s);
    for (int i = 0; i < 5; i++)
        tare_buf_free(bufs[i]);
    tare_arena_free(&arena);
}

static const char *case_path(char path[1024], const char *name)
{
    const char *root = getenv("TARE_ROOT");
    (void)snprintf(path, 1024, "%s/tests/cases/%s.jsonl", root ? root : ".", name);
    return path;
}

static const char *own_path(char path[1024])
{
    return case_path(path, "tool-calls");
}

/* Our own vectors, and the shared ones where they are. */
static void visit_all(void (*visit)(struct tare_json v, struct tare_arena *arena))
{
    char path[1024];
    each_line(own_path(path), visit);
    if (shared_path("vectors/tool-calls.jsonl", path))
        each_line(path, visit);
}

static void test_prefixes(void **state)
{
    (void)state;
    visit_all(visit_prefixes);
}

static void test_cuts(void **state)
{
    (void)state;
    visit_all(visit_cuts);
}

static void test_others(void **state)
{
    (void)state;
    visit_all(visit_others);
}

static void test_memory(void **state)
{
    (void)state;
    visit_all(visit_memory);
    visit_all(visit_memory_after);
}

static void test_stream(void **state)
{
    (void)state;
    visit_all(visit_stream);
}

/* tests/cases/tool-calls.jsonl: calls that were known first, then written in each layout. */
static void test_own(void **state)
{
    char path[1024];
    int wrong = 0;
    (void)state;
    assert_true(run_file(own_path(path), &wrong) >= 700);
    assert_int_equal(wrong, 0);
}

/* tests/cases/peer-defects.jsonl: what other parsers got wrong, each with where it was told. */
static void test_peers(void **state)
{
    char path[1024];
    int wrong = 0;
    (void)state;
    assert_true(run_file(case_path(path, "peer-defects"), &wrong) >= 13);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shared),      cmocka_unit_test(test_own),
        cmocka_unit_test(test_prefixes),    cmocka_unit_test(test_others),
        cmocka_unit_test(test_memory),      cmocka_unit_test(test_stream),
        cmocka_unit_test(test_long_string), cmocka_unit_test(test_early),
        cmocka_unit_test(test_peers),       cmocka_unit_test(test_cuts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
