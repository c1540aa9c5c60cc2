/* Assertions as checks. */
#include "base/limits.h"
#include "suite/promptfoo_int.h"
#include "text/regex.h"
#include "text/template.h"

#include "base/banned.h"

/* How a type becomes a check. */
enum how {
    VALUE = 1, /* {check: {value, …}} */
    LIST_ANY,  /* {contains: {any: […]}} */
    LIST_ALL,  /* {contains: {all: […]}} */
    JSON,      /* value: a schema */
    SIMILAR,   /* measure, threshold */
    WORDS,     /* word-count */
    COST,      /* threshold */
    REFUSAL,   /* phrases */
    JUDGE,     /* rubric */
    LIKE,      /* value, threshold: near by embeddings */
    PROGRAM,   /* code */
    SET,       /* assert-set */
    NOT_RUN    /* why */
};

struct type {
    const char *name;
    enum how how;
    const char *check; /* or the measure, the rubric's wording, the interpreter, the reason */
    bool flag;         /* ignore case; json: anywhere inside */
    double threshold;
};

#define NO_TRACE "the trace of an agent is not recorded here"
#define NO_TIME "how long an answer took is no property of the answer; compare latency instead"

static const struct type types[] = {
    {"equals", VALUE, "exact", false, 0},
    {"contains", VALUE, "contains", false, 0},
    {"icontains", VALUE, "contains", true, 0},
    {"contains-any", LIST_ANY, "contains", false, 0},
    {"contains-all", LIST_ALL, "contains", false, 0},
    {"icontains-any", LIST_ANY, "contains", true, 0},
    {"icontains-all", LIST_ALL, "contains", true, 0},
    {"starts-with", VALUE, "starts", false, 0},
    {"regex", VALUE, "regex", false, 0},
    {"is-json", JSON, "json", false, 0},
    {"contains-json", JSON, "json", true, 0},
    {"levenshtein", SIMILAR, "levenshtein", false, 5},
    {"rouge-n", SIMILAR, "rouge_n", false, 0.75},
    {"bleu", SIMILAR, "bleu", false, 0.5},
    {"word-count", WORDS, "length", false, 0},
    {"cost", COST, "cost", false, 0},
    {"is-refusal", REFUSAL, "phrases", false, 0},
    {"llm-rubric", JUDGE, "", false, 0},
    {"g-eval", JUDGE, "", false, 0},
    {"model-graded-closedqa", JUDGE, "The answer meets this criterion: ", false, 0},
    {"factuality", JUDGE, "The answer agrees in all facts with this statement: ", false, 0},
    {"javascript", PROGRAM, "node", false, 0},
    {"python", PROGRAM, "python3", false, 0},
    {"assert-set", SET, "all", false, 0},
    {"latency", NOT_RUN, NO_TIME, false, 0},
    {"similar", LIKE, "", false, 0.75},
    {"perplexity", NOT_RUN, "log probabilities do not reach checks", false, 0},
    {"perplexity-score", NOT_RUN, "log probabilities do not reach checks", false, 0},
    {"finish-reason", NOT_RUN, "why a reply ended does not reach checks", false, 0},
    {"is-xml", NOT_RUN, "there is no check of XML", false, 0},
    {"contains-xml", NOT_RUN, "there is no check of XML", false, 0},
    {"is-html", NOT_RUN, "there is no check of HTML", false, 0},
    {"contains-html", NOT_RUN, "there is no check of HTML", false, 0},
    {"is-sql", NOT_RUN, "there is no check of SQL", false, 0},
    {"contains-sql", NOT_RUN, "there is no check of SQL", false, 0},
    {"webhook", NOT_RUN, "nothing is sent anywhere", false, 0},
    {"ruby", NOT_RUN, "no interpreter is started for it", false, 0},
};

/* Our own wrappers: one JSON line in, one out. The code is the person's own. */
static const char python_code[] =
    "import json, sys, importlib.util\n"
    "d = json.loads(sys.stdin.readline())\n"
    "code = d['value']\n"
    "output = d['output']\n"
    "context = {'vars': d['task']['input'], 'test': d['task']}\n"
    "if code.startswith('file://'):\n"
    "    name, _, func = code[7:].partition(':')\n"
    "    spec = importlib.util.spec_from_file_location('check', name)\n"
    "    m = importlib.util.module_from_spec(spec)\n"
    "    spec.loader.exec_module(m)\n"
    "    r = getattr(m, func or 'get_assert')(output, context)\n"
    "elif 'return' in code:\n"
    "    space = {}\n"
    "    exec('def _check(output, context):\\n' + '\\n'.join('    ' + x for x in "
    "code.splitlines()), space)\n"
    "    r = space['_check'](output, context)\n"
    "else:\n"
    "    r = eval(code.strip(), {'output': output, 'context': context, 'json': json})\n"
    "if isinstance(r, dict):\n"
    "    r = {'score': float(r.get('score', r.get('pass', False))), 'pass': bool(r.get('pass', "
    "r.get('pass_', r.get('score', 0) > 0))), 'reason': str(r.get('reason', ''))}\n"
    "print(json.dumps(r if isinstance(r, (bool, dict)) else float(r)))\n";

static const char node_code[] =
    "const d = JSON.parse(require('fs').readFileSync(0, 'utf8').split('\\n')[0]);\n"
    "const output = d.output, context = {vars: d.task.input, test: d.task}, code = d.value;\n"
    "(async () => {\n"
    "  let r;\n"
    "  if (code.startsWith('file://')) {\n"
    "    let m = require(require('path').resolve(code.slice(7)));\n"
    "    r = await (m.default || m)(output, context);\n"
    "  } else if (/\\breturn\\b/.test(code)) {\n"
    "    r = await new Function('output', 'context', code)(output, context);\n"
    "  } else {\n"
    "    r = await new Function('output', 'context', 'return (' + code.trim().replace(/;$/, '') + "
    "')')(output, context);\n"
    "  }\n"
    "  if (r && typeof r === 'object')\n"
    "    r = {score: Number(r.score ?? r.pass), pass: Boolean(r.pass ?? r.score > 0), reason: "
    "String(r.reason || '')};\n"
    "  console.log(JSON.stringify(typeof r === 'number' || typeof r === 'object' ? r : "
    "Boolean(r)));\n"
    "})();\n";

static const struct type *type_of(struct tare_str name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (tare_str_is(name, types[i].name))
            return &types[i];
    return NULL;
}

static void count(struct tare__promptfoo *p, struct tare_str type, const char *why)
{
    struct tare_promptfoo *o = p->out;
    uint32_t i = 0;
    while (i < o->n_counts &&
           !(tare_str_eq(o->counts[i].type, type) && tare_str_is(o->counts[i].why, why ? why : "")))
        i++;
    if (why)
        o->n_not_run++;
    else
        o->n_run++;
    if (i == TARE_PROMPTFOO_KINDS)
        return;
    if (i == o->n_counts)
        o->counts[o->n_counts++] =
            (struct tare_promptfoo_count){.type = type, .why = tare_str_of(why ? why : "")};
    o->counts[i].n++;
}

struct tare_str tare_promptfoo_model(struct tare_str id, struct tare_arena *arena)
{
    static const char *const middles[] = {
        "chat:", "messages:", "completion:", "responses:", "embedding:", "embeddings:"};
    size_t colon = tare_str_find(id, TARE_S(":"));
    if (colon == SIZE_MAX || tare_str_starts(id, TARE_S("http")))
        return id;
    struct tare_str rest = tare_str_n(id.p + colon + 1, id.n - colon - 1);
    for (size_t i = 0; i < sizeof middles / sizeof *middles; i++)
        if (tare_str_starts(rest, tare_str_of(middles[i])))
            rest = tare_str_n(rest.p + strlen(middles[i]), rest.n - strlen(middles[i]));
    return tare_arena_printf(arena, "%.*s/%.*s", (int)colon, id.p, TARE_FMT(rest));
}

/* ---- forms ------------------------------------------------------------------------------- */

static void put_values(struct tare_json v, struct tare_json_writer *w)
{
    struct tare_str s = tare_json_str(v);
    if (tare_json_kind(v) != TARE_JSON_STRING) {
        tare_json_put_value(w, v);
        return;
    }
    tare_json_begin_array(w); /* "a, b, c" */
    while (s.n) {
        size_t comma = tare_str_find(s, TARE_S(","));
        size_t n = comma == SIZE_MAX ? s.n : comma;
        tare_json_put_str(w, tare_str_trim(tare_str_n(s.p, n)));
        s = comma == SIZE_MAX ? (struct tare_str){NULL, 0} : tare_str_n(s.p + n + 1, s.n - n - 1);
    }
    tare_json_end_array(w);
}

static void put_value(const struct type *t, struct tare_json v, struct tare_json_writer *w)
{
    if (tare_json_kind(v) == TARE_JSON_OBJECT || tare_json_kind(v) == TARE_JSON_ARRAY) {
        tare_json_begin_object(w); /* equals, with a JSON value */
        tare_json_put_key(w, "schema");
        tare_json_begin_object(w);
        tare_json_put_key(w, "const");
        tare_json_put_value(w, v);
        tare_json_end_object(w);
        tare_json_end_object(w);
        return;
    }
    tare_json_begin_object(w);
    tare_json_put_key(w, tare_str_is(TARE_S("regex"), t->check) ? "pattern" : "value");
    tare_json_put_value(w, v);
    if (t->flag)
        tare_json_member_bool(w, "ignore_case", true);
    tare_json_end_object(w);
}

static void put_list(const struct type *t, struct tare_json v, struct tare_json_writer *w)
{
    tare_json_begin_object(w);
    tare_json_put_key(w, t->how == LIST_ANY ? "any" : "all");
    put_values(v, w);
    if (t->flag)
        tare_json_member_bool(w, "ignore_case", true);
    tare_json_end_object(w);
}

static void put_json(const struct type *t, struct tare_json v, struct tare_json_writer *w)
{
    tare_json_begin_object(w);
    tare_json_member_bool(w, "inside", t->flag);
    if (tare_json_kind(v) == TARE_JSON_OBJECT) {
        tare_json_put_key(w, "schema");
        tare_json_put_value(w, v);
    }
    tare_json_end_object(w);
}

static void put_similar(const struct type *t, struct tare_json v, struct tare_json threshold,
                        struct tare_json_writer *w)
{
    double x = t->threshold;
    (void)tare_json_f64(threshold, &x);
    tare_json_begin_object(w);
    tare_json_put_key(w, "value");
    tare_json_put_value(w, v);
    tare_json_member_cstr(w, "measure", t->check);
    if (tare_str_is(TARE_S("levenshtein"), t->name))
        tare_json_member_f64(w, "max", x);
    tare_json_end_object(w);
}

static void put_words(struct tare_json v, struct tare_json_writer *w)
{
    struct tare_json min = tare_json_get(v, "min"), max = tare_json_get(v, "max");
    if (tare_json_kind(v) != TARE_JSON_OBJECT)
        min = max = v;
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "unit", "words");
    if (tare_json_present(min)) {
        tare_json_put_key(w, "min");
        tare_json_put_value(w, min);
    }
    if (tare_json_present(max)) {
        tare_json_put_key(w, "max");
        tare_json_put_value(w, max);
    }
    tare_json_end_object(w);
}

static struct tare_json provider_of(const struct tare__promptfoo *p, struct tare_json a,
                                    struct tare_json options)
{
    bool similar = tare_str_ends(tare_json_str(tare_json_get(a, "type")), TARE_S("similar"));
    struct tare_json v = tare_json_get(a, "provider");
    if (!tare_json_present(v))
        v = tare_json_get(options, "provider");
    if (!tare_json_present(v))
        v = tare_json_get(tare_json_get(p->defaults, "options"), "provider");
    if (tare_json_present(tare_json_get(v, similar ? "embedding" : "text")))
        v = tare_json_get(v, similar ? "embedding" : "text");
    return tare_json_kind(v) == TARE_JSON_OBJECT ? tare_json_get(v, "id") : v;
}

static void put_judge(struct tare__promptfoo *p, const struct type *t, struct tare_json a,
                      struct tare_json provider, struct tare_json_writer *w)
{
    struct tare_json v = tare_json_get(a, "value");
    tare_json_begin_object(w);
    tare_json_put_key(w, t->how == LIKE ? "like" : "rubric");
    tare_json_put_str(w,
                      tare_arena_printf(p->arena, "%s%.*s", t->check, TARE_FMT(tare_json_str(v))));
    if (tare_json_present(provider)) {
        tare_json_put_key(w, "model");
        tare_json_put_str(w, tare_promptfoo_model(tare_json_str(provider), p->arena));
    }
    if (t->how == JUDGE && tare_json_present(tare_json_get(a, "threshold")))
        tare_json_member_cstr(w, "scale", "unit");
    tare_json_end_object(w);
}

static void put_program(const struct type *t, struct tare_json v, struct tare_json_writer *w)
{
    bool python = tare_str_is(TARE_S("python3"), t->check);
    tare_json_begin_object(w);
    tare_json_put_key(w, "argv");
    tare_json_begin_array(w);
    tare_json_put_cstr(w, t->check);
    tare_json_put_cstr(w, python ? "-c" : "-e");
    tare_json_put_cstr(w, python ? python_code : node_code);
    tare_json_end_array(w);
    tare_json_put_key(w, "value");
    tare_json_put_value(w, v);
    tare_json_end_object(w);
}

static void put_refusal(struct tare_json_writer *w)
{
    static const char *const phrases[] = {
        "i can't",         "i cannot",    "i can’t",        "i'm sorry, but",  "i’m sorry, but",
        "i am sorry, but", "i'm unable",  "i am unable",    "i won't",         "i will not",
        "as an ai",        "not able to", "i must decline", "i apologize, but"};
    tare_json_begin_object(w);
    tare_json_put_key(w, "any");
    tare_json_begin_array(w);
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        tare_json_put_cstr(w, phrases[i]);
    tare_json_end_array(w);
    tare_json_end_object(w);
}

static void put_set(struct tare__promptfoo *p, struct tare_json a, struct tare_json options,
                    struct tare_json_writer *w)
{
    struct tare_json list = tare_json_get(a, "assert");
    tare_json_begin_array(w);
    for (struct tare_json v = tare_json_first(list); tare_json_present(v); v = tare_json_next(v))
        tare__promptfoo_assert(p, v, options, w);
    tare_json_end_array(w);
}

/* What is wrong with its value; NULL: nothing. */
static const char *value_hindrance(struct tare__promptfoo *p, const struct type *t,
                                   struct tare_json v)
{
    const struct tare_regex *re;
    bool text = tare_json_kind(v) == TARE_JSON_STRING;
    bool pattern = tare_str_is(TARE_S("regex"), t->name);
    bool wants = t->how == VALUE || t->how == LIST_ANY || t->how == LIST_ALL || t->how == SIMILAR ||
                 t->how == WORDS || t->how == LIKE;
    if (t->how == PROGRAM)
        return text ? NULL : "its code is no text";
    if ((t->how == JUDGE || t->how == LIKE) && !text)
        return t->how == JUDGE ? "its rubric is no text" : "its value is no text";
    if (text && tare_str_starts(tare_json_str(v), TARE_S("file://")))
        return "its value is in a file";
    if (wants && !tare_json_present(v))
        return "it has no value";
    if (pattern && (!text || (!tare_template_has_holes(tare_json_str(v)) &&
                              tare_regex_compile(tare_json_str(v), NULL, p->arena, &re, NULL))))
        return "its pattern cannot be matched in linear time";
    return NULL;
}

/* Why it cannot be run; NULL: it can. */
static const char *hindrance(struct tare__promptfoo *p, const struct type *t, struct tare_json a,
                             struct tare_json provider)
{
    if (!t)
        return "tare does not know it";
    if (t->how == NOT_RUN)
        return t->check;
    if (tare_json_present(tare_json_get(a, "transform")))
        return "its output would have to be transformed by code first";
    if (t->how == JUDGE && !tare_json_present(provider) && !p->has_judge)
        return "no model is named for it: give --judge MODEL";
    if (t->how == LIKE && !tare_json_present(provider))
        return "no embedding model is named for it: give it a provider, as openai:embedding:NAME";
    if (t->how == COST && !tare_json_present(tare_json_get(a, "threshold")))
        return "it has no threshold";
    return value_hindrance(p, t, tare_json_get(a, "value"));
}

static void put_body(struct tare__promptfoo *p, const struct type *t, struct tare_json a,
                     struct tare_json options, struct tare_json_writer *w)
{
    struct tare_json v = tare_json_get(a, "value");
    bool whole = t->how == VALUE && tare_json_count(v) > 0;
    tare_json_put_key(w, whole               ? "json"
                         : t->how == SIMILAR ? "similarity"
                         : t->how == JUDGE   ? "judge"
                         : t->how == LIKE    ? "judge"
                         : t->how == PROGRAM ? "command"
                                             : t->check);
    switch (t->how) {
    case VALUE:
        put_value(t, v, w);
        break;
    case LIST_ANY:
    case LIST_ALL:
        put_list(t, v, w);
        break;
    case JSON:
        put_json(t, v, w);
        break;
    case SIMILAR:
        put_similar(t, v, tare_json_get(a, "threshold"), w);
        break;
    case WORDS:
        put_words(v, w);
        break;
    case COST:
        tare_json_put_value(w, tare_json_get(a, "threshold"));
        break;
    case REFUSAL:
        put_refusal(w);
        break;
    case JUDGE:
    case LIKE:
        put_judge(p, t, a, provider_of(p, a, options), w);
        break;
    case PROGRAM:
        put_program(t, v, w);
        break;
    default:
        put_set(p, a, options, w);
        break;
    }
}

static void put_common(struct tare__promptfoo *p, struct tare_json a, struct tare_json_writer *w)
{
    struct tare_json weight = tare_json_get(a, "weight"), metric = tare_json_get(a, "metric");
    struct tare_str name = tare_json_str(metric);
    if (tare_json_kind(weight) == TARE_JSON_NUMBER) {
        tare_json_put_key(w, "weight");
        tare_json_put_value(w, weight);
    }
    if (name.n == 0 || name.n > 64 || tare_str_is(name, "pass") || tare_str_is(name, "score"))
        return;
    tare_json_put_key(w, "name");
    tare_json_put_str(w, name);
    for (uint32_t i = 0; i < p->n_names; i++)
        if (tare_str_eq(p->names[i], name))
            return;
    if (p->n_names < 32)
        p->names[p->n_names++] = name;
}

static void put_threshold(const struct type *t, struct tare_json a, struct tare_json_writer *w)
{
    struct tare_json threshold = tare_json_get(a, "threshold");
    double x = t->threshold;
    bool given = tare_json_f64(threshold, &x);
    bool edits = tare_str_is(TARE_S("levenshtein"), t->name);
    bool takes = t->how == SIMILAR || t->how == JUDGE || t->how == LIKE || t->how == PROGRAM ||
                 t->how == SET;
    if (takes && !edits && (given || t->how == SIMILAR || t->how == LIKE) && x >= 0 && x <= 1) {
        tare_json_put_key(w, "threshold");
        tare_json_put_f64(w, x);
    }
}

void tare__promptfoo_assert(struct tare__promptfoo *p, struct tare_json assertion,
                            struct tare_json options, struct tare_json_writer *w)
{
    struct tare_str name = tare_json_str(tare_json_get(assertion, "type")), whole = name;
    bool negated = tare_str_starts(name, TARE_S("not-"));
    if (negated)
        name = tare_str_n(name.p + 4, name.n - 4);
    const struct type *t = type_of(name);
    const char *why = hindrance(p, t, assertion, provider_of(p, assertion, options));
    tare_json_begin_object(w);
    if (why) {
        tare_json_member_str(
            w, "not_run", tare_arena_printf(p->arena, "%.*s is not run: %s", TARE_FMT(whole), why));
        put_common(p, assertion, w);
        count(p, whole, why);
    } else {
        put_common(p, assertion, w);
        if (negated) {
            tare_json_put_key(w, "not");
            tare_json_begin_object(w);
        }
        put_threshold(t, assertion, w);
        put_body(p, t, assertion, options, w);
        if (negated)
            tare_json_end_object(w);
        if (t->how != SET)
            count(p, whole, NULL);
    }
    tare_json_end_object(w);
}
