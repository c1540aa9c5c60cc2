/* Any tools in any dialect, then any bytes as picks among the tokens that the mask allows: what is
 * written to its end is read by the dialect's strict parser as calls without a fault. The first
 * byte picks the dialect, the second the options; the tools end at a NUL or are picked, too. */
#include "fuzz.h"
#include "text/calls.h"
#include "text/envelope.h"
#include "text/guide.h"

#define PICKS 150u /* by the input; then what closes something is taken first */
#define STEPS 700u

static const char usual_tools[] =
    "[{\"name\":\"f\",\"parameters\":{\"type\":\"object\",\"properties\":{\"s\":{\"type\":"
    "\"string\"},\"n\":{\"type\":\"number\"},\"o\":{\"type\":[\"object\",\"array\",\"null\"]},"
    "\"e\":{\"enum\":[\"x\",\"<y>\",1,null]},\"u\":{}},\"required\":[\"s\"]}},{\"name\":\"g.h-1\"}"
    "]";

static const char *const tags[] = {"<tool_call>",
                                   "</tool_call>",
                                   "<arg_key>",
                                   "</arg_key>",
                                   "<arg_value>",
                                   "</arg_value>",
                                   "[TOOL_CALLS]",
                                   "[ARGS]",
                                   "<|python_tag|>",
                                   "<|channel|>",
                                   "<|message|>",
                                   "<|call|>",
                                   "<|\"|>",
                                   "<|tool_call>",
                                   "<tool_call|>",
                                   "<escape>",
                                   "<\xef\xbd\x9ctool\xe2\x96\x81sep\xef\xbd\x9c>"};

struct fuzz {
    struct tare_arena arena;
    const struct tare_vocab *v;
    const struct tare_calls_tool *tools;
    uint32_t n_tools;
    struct tare_str dialect;
};

static const struct tare_guide_vocab *vocabulary(struct fuzz *f, bool special)
{
    static const char merged[] = "{\"name\": \"f\", \"arguments\": {\"s\": \"a\"}}</parameter>\n";
    struct tare_vocab_token t[400];
    static char bytes[256];
    const struct tare_guide_vocab *gv = NULL;
    uint32_t n = 0;
    for (unsigned b = 0; b < 256; b++) {
        bytes[b] = (char)b;
        t[n++] = (struct tare_vocab_token){tare_str_n(bytes + b, 1), 0};
    }
    for (uint32_t i = 0; i + 5 < sizeof merged; i += 2)
        t[n++] = (struct tare_vocab_token){tare_str_n(merged + i, 2 + i % 4), 0};
    for (size_t i = 0; i < sizeof tags / sizeof *tags && special; i++)
        t[n++] = (struct tare_vocab_token){tare_str_of(tags[i]), TARE_VOCAB_SPECIAL};
    t[n++] = (struct tare_vocab_token){TARE_S("<end>"), TARE_VOCAB_SPECIAL | TARE_VOCAB_END};
    fuzz_must(tare_vocab_make(t, n, 0, &f->arena, &f->v, NULL) == TARE_OK);
    fuzz_must(tare_guide_vocab_open(f->v, &f->arena, &gv, NULL) == TARE_OK);
    return gv;
}

static uint32_t take(struct tare_str *in, uint32_t below)
{
    if (in->n == 0)
        return 0;
    uint32_t k = (unsigned char)in->p[0] % below;
    *in = tare_str_n(in->p + 1, in->n - 1);
    return k;
}

/* A schema by picks. */
static void make_schema(struct tare_str *in, struct tare_buf *b, uint32_t depth)
{
    static const char *const plain[] = {
        "{\"type\":\"string\"}",
        "{\"type\":\"integer\",\"minimum\":-5,\"maximum\":40}",
        "{\"type\":[\"string\",\"integer\",\"null\"]}",
        "{\"type\":\"boolean\"}",
        "{\"enum\":[\"a\",\"<b>\",7,null,\"true\",[1],\"</x>\"]}",
        "{\"const\":\" c\\n\"}",
        "{}",
        "{\"type\":\"number\"}",
        "{\"type\":\"string\",\"pattern\":\"^[a-c<>/|\\\\]{0,4}$\"}",
        "{\"type\":\"string\",\"maxLength\":3}",
        "{\"type\":\"string\",\"format\":\"date\"}",
        "{\"anyOf\":[{\"type\":\"string\",\"minLength\":2},{\"type\":\"array\",\"maxItems\":2}]}"};
    static const char *const names[] = {"a", "b c", "d.e", "\\u00e9", "<f>", "arg"};
    uint32_t kind = depth < 3 ? take(in, 16) : 0, n = take(in, 4);
    if (kind < 12 && depth) {
        tare_buf_puts(b, plain[kind]);
    } else if (kind < 14 && depth) {
        tare_buf_printf(b, "{\"type\":\"array\",\"minItems\":%u,\"items\":", n);
        make_schema(in, b, depth + 1);
        tare_buf_putc(b, '}');
    } else {
        tare_buf_puts(b, "{\"type\":\"object\",\"properties\":{");
        for (uint32_t i = 0; i < n; i++) {
            tare_buf_printf(b, "%s\"%s\":", i ? "," : "", names[(kind + i) % 6]);
            make_schema(in, b, depth + 1);
        }
        tare_buf_puts(b, take(in, 2) ? "},\"additionalProperties\":false" : "}");
        if (n)
            tare_buf_printf(b, ",\"required\":[\"%s\"]", names[(kind + take(in, n)) % 6]);
        tare_buf_putc(b, '}');
    }
}

/* Two tools whose arguments are picked; `in` is moved behind the picks. */
static struct tare_str make_tools(struct fuzz *f, struct tare_str *in)
{
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_buf_puts(&b, "[{\"name\":\"f\",\"parameters\":");
    make_schema(in, &b, 0);
    tare_buf_puts(&b, "},{\"name\":\"two\",\"parameters\":");
    make_schema(in, &b, 0);
    tare_buf_puts(&b, "}]");
    struct tare_str tools = tare_arena_copy(&f->arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return tools;
}

/* The allowed token number k, from the lowest. */
static uint32_t allowed(const struct fuzz *f, const struct tare_mask_view *m, uint32_t k)
{
    if (m->ids)
        return m->ids[k];
    for (uint32_t t = 0; t < f->v->size; t++)
        if (tare_mask_has(m, t) && k-- == 0)
            return t;
    return TARE_VOCAB_NONE;
}

/* The end, else what closes, else the first that the mask allows from a place that moves on. */
static uint32_t closing(const struct fuzz *f, const struct tare_mask_view *m, uint32_t step)
{
    static const char order[] = "\"}])>/<\n,:";
    if (tare_mask_has(m, f->v->end[0]))
        return f->v->end[0];
    for (const char *c = order; *c && step % 5; c++)
        if (tare_mask_has(m, (unsigned char)*c))
            return (unsigned char)*c;
    return allowed(f, m, step * 7 % m->n_allowed);
}

/* True when it came to its end. */
static bool write_call(const struct fuzz *f, struct tare_guide *g, struct tare_str picks,
                       struct tare_buf *text)
{
    struct tare_walk *w = NULL;
    enum tare_walk_answer a = TARE_WALK_OK;
    fuzz_must(tare_walk_open(g, &w, NULL) == TARE_OK);
    for (uint32_t i = 0; i < STEPS && a == TARE_WALK_OK; i++) {
        struct tare_mask_view m;
        enum tare_status st = tare_walk_mask(w, &m, NULL);
        fuzz_must(st == TARE_OK || st == TARE_E_LIMIT || st == TARE_E_NOMEM);
        if (st)
            break;
        fuzz_must(m.n_allowed > 0);
        uint32_t t = i < picks.n && i < PICKS
                         ? allowed(f, &m, (uint32_t)(unsigned char)picks.p[i] % m.n_allowed)
                         : closing(f, &m, i);
        fuzz_must(tare_walk_accept(w, t, &a, NULL) == TARE_OK && a != TARE_WALK_REJECT);
        if (a == TARE_WALK_OK)
            tare_buf_put(text, tare_vocab_text(f->v, t));
    }
    tare_walk_close(w);
    return a == TARE_WALK_DONE;
}

static void read_call(struct fuzz *f, struct tare_str text)
{
    struct tare_calls r;
    struct tare_calls_opts o = {
        .dialect = f->dialect, .tools = f->tools, .n_tools = f->n_tools, .strict = true};
    fuzz_must(tare_calls_parse(text, &o, &f->arena, &r, NULL) == TARE_OK);
    fuzz_must(r.status == TARE_CALLS_OK && r.n_calls >= 1 && r.repairs == 0);
    fuzz_must(r.n_findings == 0 && r.content.n == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f = {.n_tools = 0};
    struct tare_schema_grammar sg = {0};
    struct tare_json json;
    struct tare_guide *g = NULL;
    struct tare_buf text;
    size_t n = 0;
    if (size < 2)
        return 0;
    struct tare_str all = fuzz_text(data + 2, (size < 2000 ? size : 2000) - 2), tools = all, picks;
    const char *cut = all.n ? memchr(all.p, '\0', all.n) : NULL;
    while (tare_envelope(n))
        n++;
    f.dialect = tare_str_of(tare_envelope(data[0] % n)->dialect);
    if (cut)
        tools.n = (size_t)(cut - all.p);
    picks = cut ? tare_str_n(cut + 1, all.n - tools.n - 1) : all;
    struct tare_schema_grammar_options o = {.schema = {.formats = true},
                                            .space = data[1] & 1 ? TARE_SCHEMA_SPACE_NONE
                                                                 : TARE_SCHEMA_SPACE_FEW,
                                            .any_order = data[1] & 2};
    tare_arena_init(&f.arena, NULL, TARE_GIB);
    tare_buf_init(&text, NULL, TARE_MIB);
    const struct tare_guide_vocab *gv = vocabulary(&f, data[1] & 4);
    if (data[1] & 8)
        tools = make_tools(&f, &picks);
    else if (!cut || tools.n == 0)
        tools = TARE_S(usual_tools);
    if (tare_json_parse(tools, NULL, &f.arena, &json, NULL) == TARE_OK &&
        tare_tools_read(json, &f.arena, &f.tools, &f.n_tools, NULL) == TARE_OK &&
        tare_grammar_from_dialect(f.dialect, json, f.v, &o, &f.arena, &sg, NULL) == TARE_OK &&
        sg.grammar && tare_guide_open(sg.grammar, gv, NULL, &g, NULL) == TARE_OK &&
        write_call(&f, g, picks, &text))
        read_call(&f, tare_buf_str(&text));
    tare_guide_close(g);
    tare_buf_free(&text);
    tare_arena_free(&f.arena);
    return 0;
}
