/* Envelopes of tool calls, a row a dialect: the same tags as in text/calls_table.c. */
#include "text/envelope_int.h"

#include "base/limits.h"
#include "text/calls_int.h"
#include "text/grammar_tools.h"

#include "base/banned.h"

#define MAX_TAG 256u

enum layout {
    OBJECT,   /* {"name": NAME, "arguments": {…}} */
    LIST,     /* [that] */
    NAME_KEY, /* [{NAME: {…}}] */
    HEAD,     /* NAME mid {…} */
    TAGS,     /* NAME mid, then each argument in tags */
    NESTED,   /* the same, values in tags of their own */
    PYTHON,   /* NAME(key=value, …) */
    GEMMA     /* NAME{key:value,…} */
};

struct row {
    struct tare_envelope e;
    enum layout layout;
    const char *mid, *after;
    const char *name_key, *args_key;
    /* TAGS: around key and value; texts and the others, where the tag says which */
    const char *open, *text, *other, *close;
    const char *kinds[3]; /* what stands for %s in `other`: scalars, arrays, objects */
    const char *quote;    /* GEMMA; of texts */
};

#define DS_OPEN "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>"
#define DS_CLOSE "<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
#define M3 "]<]minimax[>["
#define XML(prefix) .open = "<" prefix " name=\"", .text = "\">", .close = "</" prefix ">\n"
#define DSML(block)                                                                                \
    .layout = TAGS, .mid = "\">\n", .after = "</｜DSML｜invoke>\n</｜DSML｜" block ">",            \
    .open = "<｜DSML｜parameter name=\"", .text = "\" string=\"true\">",                           \
    .other = "\" string=\"false\">", .close = "</｜DSML｜parameter>\n"
#define NAMED .name_key = "name", .args_key = "arguments"
#define PARAMETERS .name_key = "name", .args_key = "parameters"
#define COMMAND .name_key = "tool_name", .args_key = "parameters"

/* clang-format off */
static const struct row rows[] = {
    {{"hermes", "<tool_call>", NULL}, OBJECT, .after = "</tool_call>", NAMED},
    {{"exaone4", "<tool_call>", NULL}, OBJECT, .after = "</tool_call>", NAMED},
    {{"qwen3_coder", "<tool_call>\n<function=", NULL}, TAGS, .mid = ">\n", .after = "</function>\n</tool_call>",
     .open = "<parameter=", .text = ">\n", .close = "\n</parameter>\n"},
    {{"seed_oss", "<seed:tool_call>\n<function=", NULL}, TAGS, ">\n",
     "</function>\n</seed:tool_call>", .open = "<parameter=", .text = ">", .close = "</parameter>\n"},
    {{"llama3_json", "", NULL}, OBJECT, .after = "", PARAMETERS},
    {{"llama_builtin", "<|python_tag|>", NULL}, PYTHON, .mid = ".call(", .after = ""},
    {{"llama_function_tag", "<function=", NULL}, HEAD, .mid = ">", .after = "</function>"},
    {{"pythonic", "[", NULL}, PYTHON, .after = "]"},
    {{"olmo3", "<function_calls>\n", NULL}, PYTHON, .after = "\n</function_calls>"},
    {{"lfm2", "<|tool_call_start|>[", NULL}, PYTHON, .after = "]<|tool_call_end|>"},
    {{"mistral_v3", "[TOOL_CALLS]", NULL}, LIST, .after = "", NAMED},
    {{"mistral_v11", "[TOOL_CALLS]", NULL}, HEAD, .mid = "[ARGS]", .after = ""},
    {{"deepseek_v3", DS_OPEN "function<｜tool▁sep｜>", NULL}, HEAD, .mid = "\n```json\n", .after = "\n```" DS_CLOSE},
    {{"deepseek_v31", DS_OPEN, NULL}, HEAD, .mid = "<｜tool▁sep｜>", .after = DS_CLOSE},
    {{"deepseek_v32", "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"", NULL},
     DSML("function_calls")},
    {{"deepseek_v4", "<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"", NULL}, DSML("tool_calls")},
    {{"glm45", "<tool_call>", NULL}, TAGS, "\n", "</tool_call>",
     .open = "<arg_key>", .text = "</arg_key>\n<arg_value>", .close = "</arg_value>\n"},
    {{"glm47", "<tool_call>", NULL}, TAGS, "", "</tool_call>",
     .open = "<arg_key>", .text = "</arg_key><arg_value>", .close = "</arg_value>"},
    {{"kimi_k2", "<|tool_calls_section_begin|><|tool_call_begin|>functions.", NULL}, HEAD,
     .mid = ":0<|tool_call_argument_begin|>", .after = "<|tool_call_end|><|tool_calls_section_end|>"},
    {{"kimi_k3", "<|open|>tools<|sep|><|open|>call tool=\"", NULL}, TAGS, "\" index=\"1\"<|sep|>",
     "<|close|>call<|sep|><|close|>tools<|sep|>",
     .open = "<|open|>argument key=\"", .text = "\" type=\"string\"<|sep|>",
     .other = "\" type=\"%s\"<|sep|>", .close = "<|close|>argument<|sep|>",
     .kinds = {"number", "array", "object"}},
    {{"minimax_m2", "<minimax:tool_call>\n<invoke name=\"", NULL}, TAGS, "\">\n",
     "</invoke>\n</minimax:tool_call>", XML("parameter")},
    {{"minimax_m3", M3 "<tool_call>" M3 "<invoke name=\"", NULL}, NESTED, .mid = "\">",
     .after = M3 "</invoke>" M3 "</tool_call>"},
    {{"minimax_m1", "<tool_calls>", NULL}, OBJECT, .after = "</tool_calls>", NAMED},
    {{"hunyuan_a13b", "<tool_calls>", NULL}, LIST, .after = "</tool_calls>", NAMED},
    {{"nemotron", "<TOOLCALL>", NULL}, LIST, .after = "</TOOLCALL>", NAMED},
    {{"longcat", "<longcat_tool_call>", NULL}, OBJECT, .after = "</longcat_tool_call>", NAMED},
    {{"harmony", "<|channel|>commentary to=functions.", NULL}, HEAD,
     .mid = " <|constrain|>json<|message|>", .after = "<|call|>"},
    {{"granite3", "<|tool_call|>", NULL}, LIST, .after = "", NAMED},
    {{"granite_20b", "<function_call>", NULL}, OBJECT, .after = "", NAMED},
    {{"phi4_mini", "<|tool_call|>", NULL}, LIST, .after = "<|/tool_call|>", NAMED},
    {{"functools", "functools", NULL}, LIST, .after = "", NAMED},
    {{"command_a", "<|START_ACTION|>", NULL}, LIST, .after = "<|END_ACTION|>", COMMAND},
    {{"command_r_plus", "Action: ```json", NULL}, LIST, .after = "\n```", COMMAND},
    {{"cohere_xml", "<cofl:tool_calls><cofl:tool_call id=\"0\" name=\"", NULL}, TAGS, "\">",
     "</cofl:tool_call></cofl:tool_calls>", .open = "<cofl:value name=\"",
     .text = "\" type=\"raw\">", .other = "\" type=\"%s\">", .close = "</cofl:value>",
     .kinds = {"json", "list", "dict"}},
    {{"xlam", "", NULL}, LIST, .after = "", NAMED},
    {{"gemma4", "<|tool_call>call:", NULL}, GEMMA, .after = "<tool_call|>", .quote = "<|\"|>"},
    {{"functiongemma", "<start_function_call>call:", NULL}, GEMMA, .after = "<end_function_call>",
     .quote = "<escape>"},
    {{"apertus", "<|tools_prefix|>", NULL}, NAME_KEY, .after = "<|tools_suffix|>"},
    {{"step3", "<｜tool_calls_begin｜>\n<｜tool_call_begin｜>function<｜tool_sep｜>"
               "<steptml:invoke name=\"", NULL}, TAGS, "\">\n",
     "</steptml:invoke><｜tool_call_end｜>\n<｜tool_calls_end｜>", XML("steptml:parameter")},
    {{"internlm2", "<|action_start|><|plugin|>", NULL}, OBJECT, .after = "<|action_end|>",
     PARAMETERS},
    {{"functionary_v3_2", ">>>", NULL}, HEAD, .mid = "\n", .after = ""},
    {{"react", "Action: ", NULL}, HEAD, .mid = "\nAction Input: ", .after = ""},
    {{"anthropic_xml", "<function_calls>\n<invoke name=\"", NULL}, TAGS, "\">\n",
     "</invoke>\n</function_calls>", XML("parameter")},
};
/* clang-format on */

const struct tare_envelope *tare_envelope(size_t i)
{
    return i < sizeof rows / sizeof *rows ? &rows[i].e : NULL;
}

const struct tare_envelope *tare_envelope_of(struct tare_str dialect)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (tare_str_is(dialect, rows[i].e.dialect))
            return &rows[i].e;
    return NULL;
}

struct tare__envelope {
    const struct row *row;
    const struct tare_vocab *vocab;
    struct tare_str arguments; /* their member in the schema of a tool */
    struct tare_str *specials; /* names of special tokens, and their ids */
    uint32_t *ids, n_specials;
    const struct tare_dfa *words, *mixed;
    struct tare_json parameters; /* of the tool under way */
};

/* ---- tags ---------------------------------------------------------------------------------- */

static void find_specials(struct tare__lower *l, struct tare__envelope *e)
{
    const struct tare_vocab *v = e->vocab;
    uint32_t n = 0;
    for (uint32_t i = 0; v && i < v->n_tokens; i++)
        n += (v->flags[i] & TARE_VOCAB_SPECIAL) != 0;
    e->specials = tare__lower_new(l, (n + 1) * sizeof *e->specials);
    e->ids = tare__lower_new(l, (n + 1) * sizeof *e->ids);
    for (uint32_t i = 0; v && e->specials && e->ids && i < v->n_tokens; i++)
        if (v->flags[i] & TARE_VOCAB_SPECIAL && tare_vocab_text(v, i).n > 1) {
            e->specials[e->n_specials] = tare_vocab_text(v, i);
            e->ids[e->n_specials++] = i;
        }
}

/* The longest special token that stands at the begin of the text, or UINT32_MAX. */
static uint32_t special_at(const struct tare__envelope *e, struct tare_str text)
{
    uint32_t found = UINT32_MAX;
    for (uint32_t i = 0; i < e->n_specials; i++)
        if (tare_str_starts(text, e->specials[i]) &&
            (found == UINT32_MAX || e->specials[i].n > e->specials[found].n))
            found = i;
    return found;
}

/* A text, special tokens as such. */
uint32_t tare__envelope_tag(struct tare__lower *l, const struct tare__envelope *e,
                            struct tare_str text)
{
    uint32_t nodes[MAX_TAG], n = 0;
    size_t from = 0;
    for (size_t at = 0; at <= text.n && n + 2 < MAX_TAG; at++) {
        struct tare_str rest = tare_str_n(text.p + at, text.n - at);
        uint32_t i = at < text.n ? special_at(e, rest) : UINT32_MAX;
        if (i == UINT32_MAX && at < text.n)
            continue;
        if (at > from)
            nodes[n++] = tare_grammar_bytes(l->g, tare_str_n(text.p + from, at - from));
        if (i == UINT32_MAX)
            break;
        nodes[n++] = tare_grammar_token(l->g, e->ids[i]);
        from = at + e->specials[i].n;
        at = from - 1;
    }
    return n == 0 ? TARE_GRAMMAR_EMPTY : tare_grammar_seq(l->g, nodes, n);
}

static uint32_t tag_of(struct tare__lower *l, const struct tare__envelope *e, const char *text)
{
    return tare__envelope_tag(l, e, tare_str_of(text ? text : ""));
}

/* Texts without a part. */
static const struct tare_dfa *texts_without(struct tare__lower *l, const char *part)
{
    struct tare_buf b;
    tare_buf_init(&b, l->arena->alc, TARE_KIB);
    for (const char *p = part; *p; p++)
        tare_buf_printf(&b, strchr("\\^$.|?*+()[]{}/-\"", *p) ? "\\%c" : "%c", *p);
    struct tare_str text =
        tare_arena_printf(l->arena, "[\\s\\S]*%.*s[\\s\\S]*", TARE_FMT(tare_buf_str(&b)));
    tare_buf_free(&b);
    const struct tare_dfa *with = text.p ? tare__lower_expression(l, text.p) : NULL;
    return tare__lower_product(l, tare__lower_utf8(l), with, TARE_DFA_MINUS);
}

/* ---- arguments ----------------------------------------------------------------------------- */

/* The types the parser thinks an argument has (text/calls_types.c). */
static unsigned types_of(const struct tare__envelope *e, struct tare_str name)
{
    struct tare_json s = tare_json_get_str(tare_json_get(e->parameters, "properties"), name);
    return tare_json_present(s) ? tare__calls_types(s, e->parameters, 0) : TARE__T_STR;
}

/* The goals and one more: is (or is not) of that type. */
static uint32_t of_type(struct tare__lower *l, const struct tare__goal *goals, uint32_t n,
                        enum tare_json_kind kind, bool no, bool other)
{
    struct tare__goal *all = tare__lower_new(l, (n + 2) * sizeof *all);
    if (!all)
        return TARE_GRAMMAR_NEVER;
    for (uint32_t i = 0; i < n; i++)
        all[i] = goals[i];
    all[n++] = (struct tare__goal){tare__lower_typed(l, kind), no};
    if (other) /* of scalars neither of both */
        all[n++] = (struct tare__goal){tare__lower_typed(l, TARE_JSON_ARRAY), true};
    return tare__lower_set(l, all, n);
}

static uint32_t not_text(struct tare__lower *l, const struct tare__goal *goals, uint32_t n)
{
    return of_type(l, goals, n, TARE_JSON_STRING, true, false);
}

uint32_t tare__envelope_either(struct tare__lower *l, const uint32_t *nodes, uint32_t n)
{
    uint32_t some[8], k = 0;
    for (uint32_t i = 0; i < n && k < 8; i++)
        if (nodes[i] != TARE_GRAMMAR_NEVER)
            some[k++] = nodes[i];
    return k == 0 ? TARE_GRAMMAR_NEVER : k == 1 ? some[0] : tare_grammar_alt(l->g, some, k);
}

/* node between two others, or NEVER. */
uint32_t tare__envelope_around(struct tare__lower *l, uint32_t before, uint32_t node,
                               uint32_t after)
{
    uint32_t parts[3] = {before, node, after};
    return node == TARE_GRAMMAR_NEVER ? node : tare_grammar_seq(l->g, parts, 3);
}

/* Where the tag says whether a text stands in it. */
static uint32_t typed_value(struct tare__lower *l, const struct tare__envelope *e,
                            const struct tare__goal *goals, uint32_t n)
{
    static const enum tare_json_kind kinds[] = {TARE_JSON_OBJECT, TARE_JSON_ARRAY,
                                                TARE_JSON_OBJECT};
    const struct row *r = e->row;
    uint32_t ways[4] = {tare__envelope_around(
        l, tag_of(l, e, r->text), tare__lower_raw(l, goals, n, NULL), TARE_GRAMMAR_EMPTY)};
    if (!r->kinds[0]) {
        ways[1] = tare__envelope_around(l, tag_of(l, e, r->other), not_text(l, goals, n),
                                        TARE_GRAMMAR_EMPTY);
        return tare__envelope_either(l, ways, 2);
    }
    const char *at = strstr(r->other, "%s");
    for (uint32_t k = 0; k < 3 && at; k++) {
        struct tare_str head = tare_arena_printf(l->arena, "%.*s%s%s", (int)(at - r->other),
                                                 r->other, r->kinds[k], at + 2);
        struct tare__goal *scalar = tare__lower_new(l, (n + 1) * sizeof *scalar);
        if (!scalar || !head.p)
            return TARE_GRAMMAR_NEVER;
        for (uint32_t i = 0; i < n; i++)
            scalar[i] = goals[i];
        scalar[n] = (struct tare__goal){tare__lower_typed(l, TARE_JSON_STRING), true};
        uint32_t node = k ? of_type(l, goals, n, kinds[k], false, false)
                          : of_type(l, scalar, n + 1, TARE_JSON_OBJECT, true, true);
        ways[k + 1] =
            tare__envelope_around(l, tare__envelope_tag(l, e, head), node, TARE_GRAMMAR_EMPTY);
    }
    return tare__envelope_either(l, ways, 4);
}

/* Where it is seen from the schema: a text that could be another value is not written. */
static uint32_t untyped_value(struct tare__lower *l, const struct tare__envelope *e,
                              struct tare_str name, const struct tare__goal *goals, uint32_t n,
                              uint32_t quote)
{
    unsigned types = types_of(e, name);
    const struct tare_dfa *allowed = types == TARE__T_STR ? NULL : e->mixed;
    uint32_t ways[2] = {TARE_GRAMMAR_NEVER, TARE_GRAMMAR_NEVER};
    if (types & TARE__T_STR)
        ways[0] = tare__envelope_around(l, quote, tare__lower_raw(l, goals, n, allowed), quote);
    if (types != TARE__T_STR || e->row->layout == GEMMA)
        ways[1] = not_text(l, goals, n);
    return tare__envelope_either(l, ways, 2);
}

static uint32_t argument(struct tare__lower *l, void *ctx, struct tare_str name,
                         const struct tare__goal *goals, uint32_t n)
{
    const struct tare__envelope *e = ctx;
    const struct row *r = e->row;
    uint32_t key, value;
    if (!tare_dfa_run(e->words, name)) {
        const struct tare__schema_rule at = {.keyword = "properties", .at = e->parameters};
        tare__lower_narrow(l, &at, "a name that this layout cannot hold");
        return TARE_GRAMMAR_NEVER;
    }
    key = tare__envelope_tag(l, e, name);
    if (r->layout == PYTHON)
        return tare__envelope_around(l, key,
                                     tare__envelope_around(l, tag_of(l, e, "="),
                                                           tare__lower_set(l, goals, n),
                                                           TARE_GRAMMAR_EMPTY),
                                     TARE_GRAMMAR_EMPTY);
    if (r->layout == GEMMA)
        return tare__envelope_around(
            l, key,
            tare__envelope_around(l, tag_of(l, e, ":"),
                                  untyped_value(l, e, name, goals, n, l->style.quote),
                                  TARE_GRAMMAR_EMPTY),
            TARE_GRAMMAR_EMPTY);
    if (r->other)
        value = typed_value(l, e, goals, n);
    else
        value = tare__envelope_around(l, tag_of(l, e, r->text),
                                      untyped_value(l, e, name, goals, n, TARE_GRAMMAR_EMPTY),
                                      TARE_GRAMMAR_EMPTY);
    return tare__envelope_around(
        l, tare__envelope_around(l, tag_of(l, e, r->open), key, TARE_GRAMMAR_EMPTY), value,
        tag_of(l, e, r->close));
}

/* All arguments of a call, one after the other. */
static uint32_t fields(struct tare__lower *l, struct tare__envelope *e,
                       const struct tare__goal *goals, uint32_t n)
{
    uint32_t nodes[8], n_nodes = 0;
    const char *between = e->row->layout == PYTHON ? ", " : e->row->layout == GEMMA ? "," : "";
    uint32_t sep = tag_of(l, e, between);
    for (const struct tare__case *c = tare__lower_cases(l, goals, n);
         c && n_nodes < 8 && !l->stopped; c = c->next) {
        const struct tare__schema_rule listed = {.keyword = "enum", .at = e->parameters};
        if (c->in || c->out)
            tare__lower_narrow(l, &listed, "arguments that are listed as a whole");
        else
            nodes[n_nodes++] = tare__lower_fields(l, c, argument, e, sep);
    }
    return tare__envelope_either(l, nodes, n_nodes);
}

/* ---- calls --------------------------------------------------------------------------------- */

/* "text" as JSON. */
static uint32_t json_text(struct tare__lower *l, struct tare_str text, const char *behind)
{
    struct tare_buf b;
    struct tare_json_writer w;
    tare_buf_init(&b, l->arena->alc, TARE_MIB);
    tare_json_writer_init(&w, &b);
    tare_json_put_str(&w, text);
    tare_buf_puts(&b, behind);
    uint32_t node = tare_grammar_bytes(l->g, tare_buf_str(&b));
    tare_buf_free(&b);
    return node;
}

static uint32_t json_call(struct tare__lower *l, const struct tare__envelope *e,
                          struct tare_str name, uint32_t args)
{
    const struct row *r = e->row;
    uint32_t n = 0, nodes[8], comma[2] = {l->comma, l->gap};
    uint32_t key[3] = {json_text(l, r->layout == NAME_KEY ? name : tare_str_of(r->args_key), ":"),
                       l->gap, args};
    nodes[n++] = tag_of(l, e, "{");
    nodes[n++] = l->gap;
    uint32_t value = tare_grammar_seq(l->g, key, 3);
    if (r->name_key) {
        uint32_t named[3] = {json_text(l, tare_str_of(r->name_key), ":"), l->gap,
                             json_text(l, name, "")};
        uint32_t first = tare_grammar_seq(l->g, named, 3), sep = tare_grammar_seq(l->g, comma, 2);
        uint32_t in_order[3] = {first, sep, value}, turned[3] = {value, sep, first};
        uint32_t both[2] = {tare_grammar_seq(l->g, in_order, 3), TARE_GRAMMAR_NEVER};
        if (l->o->any_order)
            both[1] = tare_grammar_seq(l->g, turned, 3);
        value = tare__envelope_either(l, both, 2);
    }
    nodes[n++] = value;
    nodes[n++] = l->gap;
    nodes[n++] = tag_of(l, e, "}");
    return tare_grammar_seq(l->g, nodes, n);
}

/* The call between its tags; lists may have several. */
static uint32_t enclosed(struct tare__lower *l, const struct tare__envelope *e, uint32_t call)
{
    const struct row *r = e->row;
    uint32_t lead = r->e.before[0] ? l->gap : TARE_GRAMMAR_EMPTY;
    uint32_t trail = r->after[0] ? l->gap : TARE_GRAMMAR_EMPTY;
    if (r->layout >= HEAD)
        return call;
    if (r->layout != OBJECT) {
        uint32_t more[4] = {l->gap, l->comma, l->gap, call};
        uint32_t rest =
            tare_grammar_repeat(l->g, tare_grammar_seq(l->g, more, 4), 0, TARE_GRAMMAR_ANY);
        uint32_t list[6] = {l->open, l->gap, call, rest, l->gap, l->close};
        call = tare_grammar_seq(l->g, list, 6);
    }
    return tare__envelope_around(l, lead, call, trail);
}

static uint32_t nested(struct tare__lower *l, const struct tare__envelope *e,
                       const struct tare__goal *goals, uint32_t n)
{
    struct tare__nested place = {.e = e,
                                 .mark = M3,
                                 .words = e->words,
                                 .mixed = e->mixed,
                                 .root = e->parameters,
                                 .at = e->parameters,
                                 .declared = true};
    return tare__nested_members(l, &place, goals, n);
}

/* One call of a tool, without what stands before its name. */
static uint32_t call(struct tare__lower *l, struct tare__envelope *e, struct tare_str name,
                     const struct tare__schema_node *parameters)
{
    const struct row *r = e->row;
    struct tare__goal goals[2] = {{parameters, false},
                                  {tare__lower_typed(l, TARE_JSON_OBJECT), false}};
    uint32_t args, head = tare__envelope_tag(l, e, name);
    e->parameters = parameters->at;
    if (r->layout <= HEAD) {
        args = tare__lower_set(l, goals, 2);
        if (args == TARE_GRAMMAR_NEVER || r->layout < HEAD)
            return args == TARE_GRAMMAR_NEVER ? args : json_call(l, e, name, args);
        return tare__envelope_around(
            l, head, tare__envelope_around(l, tag_of(l, e, r->mid), args, TARE_GRAMMAR_EMPTY),
            TARE_GRAMMAR_EMPTY);
    }
    args = r->layout == NESTED ? nested(l, e, goals, 2) : fields(l, e, goals, 2);
    if (r->layout == PYTHON)
        args =
            tare__envelope_around(l, tag_of(l, e, r->mid ? r->mid : "("), args, tag_of(l, e, ")"));
    else if (r->layout == GEMMA)
        args = tare__envelope_around(l, tag_of(l, e, "{"), args, tag_of(l, e, "}"));
    else
        args = tare__envelope_around(l, tag_of(l, e, r->mid), args, TARE_GRAMMAR_EMPTY);
    return tare__envelope_around(l, head, args, TARE_GRAMMAR_EMPTY);
}

static void set_style(struct tare__lower *l, struct tare__envelope *e)
{
    const struct row *r = e->row;
    const struct tare_dfa *other =
        tare__lower_expression(l, "(true|false|null|True|False|None|NaN|Infinity)\\s*");
    e->words = tare__lower_expression(l, "[A-Za-z_][A-Za-z0-9_.-]*");
    e->mixed = tare__lower_product(l, tare__lower_expression(l, "[A-Za-z_][\\s\\S]*"), other,
                                   TARE_DFA_MINUS);
    if (r->layout == PYTHON)
        l->style.python = true;
    if (r->layout == TAGS)
        l->style.texts = texts_without(l, r->close[0] == '\n' ? r->close + 1 : r->close);
    if (r->layout == NESTED)
        l->style.texts = texts_without(l, M3);
    if (r->layout == GEMMA) {
        l->style.quoted = l->style.bare_keys = true;
        l->style.quote = tag_of(l, e, r->quote);
        l->style.names = tare__lower_expression(l, "[A-Za-z0-9_.+-]+");
        l->style.texts = texts_without(l, r->quote);
    }
    l->style.one_extra = r->layout > HEAD;
}

/* The tool of one branch of the schema that text/grammar_tools.h makes. */
static uint32_t tool_of(struct tare__lower *l, struct tare__envelope *e,
                        const struct tare__schema_node *branch)
{
    struct tare_json name =
        tare_json_get(tare_json_get(tare_json_get(branch->at, "properties"), "name"), "const");
    for (uint32_t i = 0; i < branch->n_rules; i++) {
        if (branch->rules[i].op != SO_OBJECT)
            continue;
        const struct tare__schema_node *p = tare__lower_property(&branch->rules[i], e->arguments);
        bool plain = e->words && tare_dfa_run(e->words, tare_json_str(name));
        if (plain || e->row->layout < HEAD)
            return p ? call(l, e, tare_json_str(name), p) : TARE_GRAMMAR_NEVER;
        struct tare__schema_rule at = {.keyword = "name", .at = name};
        tare__lower_stop(l, &at, "a name that this layout cannot hold",
                         "name the tool with letters, digits and _ . - only");
    }
    return TARE_GRAMMAR_NEVER;
}

static uint32_t root(struct tare__lower *l, void *ctx)
{
    struct tare__envelope *e = ctx;
    const struct tare__schema_node *n = l->schema->root;
    uint32_t count = 0, *nodes = NULL;
    find_specials(l, e);
    set_style(l, e);
    for (uint32_t i = 0; i < n->n_rules && !l->stopped; i++)
        if (n->rules[i].op == SO_ANY_OF) {
            nodes = tare__lower_new(l, ((size_t)n->rules[i].n_list + 1) * sizeof *nodes);
            for (uint32_t k = 0; k < n->rules[i].n_list && nodes && !l->stopped; k++) {
                nodes[count] = tool_of(l, e, n->rules[i].list[k].node);
                count += nodes[count] != TARE_GRAMMAR_NEVER;
            }
        }
    if (l->stopped || count == 0)
        return TARE_GRAMMAR_NEVER;
    tare__lower_restrict(l, "one call (of lists one or more); its tags as the dialect writes them");
    return tare__envelope_around(l, tag_of(l, e, e->row->e.before),
                                 enclosed(l, e, tare_grammar_alt(l->g, nodes, count)),
                                 tag_of(l, e, e->row->after));
}

enum tare_status tare_grammar_from_dialect(struct tare_str dialect, struct tare_json tools,
                                           const struct tare_vocab *vocab,
                                           const struct tare_schema_grammar_options *options,
                                           struct tare_arena *arena,
                                           struct tare_schema_grammar *out, struct tare_err *err)
{
    const struct tare_envelope *of = tare_envelope_of(dialect);
    struct tare_schema_grammar_options o = {0};
    struct tare__envelope *e = TARE_NEW(arena, struct tare__envelope);
    struct tare_json schema;
    if (options)
        o = *options;
    if (!of)
        return tare_fail(err, TARE_E_INPUT, "there is no dialect \"%.*s\"", TARE_FMT(dialect));
    if (of->missing)
        return tare_fail(err, TARE_E_INPUT, "no envelope for %s: %s", of->dialect, of->missing);
    if (!e)
        return tare_fail(err, TARE_E_NOMEM, "no memory for the tools' grammar");
    *e = (struct tare__envelope){
        .row = (const struct row *)of, .vocab = vocab, .arguments = TARE_S("arguments")};
    o.no_escapes = o.no_escapes || e->row->layout == PYTHON;
    enum tare_status st = tare_tools_schema(tools, e->arguments, arena, &schema, err);
    if (st)
        return st;
    struct tare_schema_grammar_options *kept = TARE_NEW(arena, struct tare_schema_grammar_options);
    if (!kept)
        return tare_fail(err, TARE_E_NOMEM, "no memory for the tools' grammar");
    *kept = o;
    return tare__schema_grammar_with(schema, kept, root, e, true, arena, out, err);
}
