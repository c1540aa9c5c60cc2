/* A message in any dialect: spans cover it, the strict arm mends nothing, and what both arms take
 * is the same. The first byte picks the dialect, the second the options. With FUZZ_DIALECTS, names
 * divided by blanks, only those: a target for each family of layouts (fuzz/meson.build). */
#include "fuzz.h"
#include "text/calls_stream.h"

static const char tools_text[] =
    "[{\"name\":\"f\",\"parameters\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":"
    "\"string\"},\"n\":{\"type\":[\"integer\",\"null\"]},\"o\":{\"anyOf\":[{\"type\":\"object\"},"
    "{\"type\":\"array\",\"items\":{\"type\":\"boolean\"}}]}},\"required\":[\"a\"]}},"
    "{\"name\":\"g\",\"parameters\":{}}]";

static void check(const struct tare_calls *r, size_t size, bool strict)
{
    size_t at = 0;
    for (uint32_t i = 0; i < r->n_spans; i++) {
        fuzz_must(r->spans[i].off == at && r->spans[i].end > at);
        at = r->spans[i].end;
    }
    fuzz_must(at == size);
    fuzz_must(!strict || r->repairs == 0);
    for (uint32_t i = 0; i < r->n_calls; i++) {
        fuzz_must(tare_json_kind(r->calls[i].arguments) == TARE_JSON_OBJECT);
        fuzz_must(r->calls[i].off <= r->calls[i].end && r->calls[i].end <= size);
    }
    for (uint32_t i = 0; i < r->n_errors; i++)
        fuzz_must(r->errors[i].off <= r->errors[i].end && r->errors[i].end <= size);
    fuzz_must(r->status != TARE_CALLS_OK || (r->n_calls > 0 && r->n_errors == 0));
}

struct told {
    size_t content;
    uint32_t calls, errors;
    bool open;
};

static void hear(void *ctx, const struct tare_emit *e)
{
    struct told *t = ctx;
    t->content += e->kind == TARE_EMIT_CONTENT ? e->text.n : 0;
    t->calls += e->kind == TARE_EMIT_CALL_END;
    t->errors += e->kind == TARE_EMIT_ERROR;
    if (e->kind == TARE_EMIT_CALL || e->kind == TARE_EMIT_CALL_END || e->kind == TARE_EMIT_VOID) {
        fuzz_must(t->open == (e->kind != TARE_EMIT_CALL));
        t->open = e->kind == TARE_EMIT_CALL;
    }
}

/* What is told of a text in pieces adds up to its record. */
static void stream(struct tare_str text, const struct tare_calls_opts *o, size_t piece,
                   const struct tare_calls *want)
{
    struct tare_arena arena;
    struct tare_calls_stream *s;
    struct tare_calls r;
    struct told t = {0};
    size_t content = 0;
    tare_arena_init(&arena, NULL, TARE_GIB);
    fuzz_must(tare_calls_stream_open(o, NULL, hear, &t, &s, NULL) == TARE_OK);
    for (size_t at = 0, n; at < text.n; at += n) {
        n = piece < text.n - at ? piece : text.n - at;
        fuzz_must(tare_calls_stream_put(s, tare_str_n(text.p + at, n), NULL) == TARE_OK);
    }
    fuzz_must(tare_calls_stream_end(s, o->length, &arena, &r, NULL) == TARE_OK);
    for (uint32_t i = 0; i < r.n_spans; i++)
        content += r.spans[i].kind == TARE_SPAN_CONTENT ? r.spans[i].end - r.spans[i].off : 0;
    fuzz_must(r.status == want->status && r.n_calls == want->n_calls);
    fuzz_must(t.content == content && t.calls == r.n_calls && t.errors == r.n_errors && !t.open);
    tare_calls_stream_close(s);
    tare_arena_free(&arena);
}

#ifdef FUZZ_DIALECTS
static struct tare_str dialect(uint8_t pick)
{
    struct tare_str list = TARE_S(FUZZ_DIALECTS), names[64];
    size_t n = 0;
    while (list.n) {
        size_t blank = tare_str_find(list, TARE_S(" "));
        size_t used = blank == SIZE_MAX ? list.n : blank;
        names[n++] = tare_str_n(list.p, used);
        used += used < list.n;
        list = tare_str_n(list.p + used, list.n - used);
    }
    return names[pick % n];
}
#else
static struct tare_str dialect(uint8_t pick)
{
    size_t dialects = 0;
    while (tare_calls_dialect(dialects))
        dialects++;
    size_t i = pick % (dialects + 1);
    return i < dialects ? tare_str_of(tare_calls_dialect(i)) : TARE_S("auto");
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_arena arena;
    struct tare_json v;
    struct tare_calls loose, strict;
    if (size < 2)
        return 0;
    struct tare_calls_opts o = {
        .dialect = dialect(data[0]), .length = data[1] & 1, .think_prefilled = data[1] & 2};
    struct tare_str text = fuzz_text(data + 2, size - 2);
    tare_arena_init(&arena, NULL, TARE_GIB);
    fuzz_must(tare_json_parse(TARE_S(tools_text), NULL, &arena, &v, NULL) == TARE_OK);
    fuzz_must(tare_tools_read(v, &arena, &o.tools, &o.n_tools, NULL) == TARE_OK);
    fuzz_must(tare_calls_parse(text, &o, &arena, &loose, NULL) == TARE_OK);
    check(&loose, text.n, false);
    stream(text, &o, 1 + (data[1] >> 2), &loose);
    o.strict = true;
    fuzz_must(tare_calls_parse(text, &o, &arena, &strict, NULL) == TARE_OK);
    check(&strict, text.n, true);
    stream(text, &o, 1 + (data[1] >> 2), &strict);
    fuzz_must(loose.repairs || loose.n_errors || loose.n_calls == strict.n_calls);
    tare_arena_free(&arena);
    return 0;
}
