#include "experiment/drift_turns.h"

#include "base/limits.h"
#include "base/rng.h"
#include "experiment/drift.h"
#include "experiment/lines.h"
#include "text/jsonl.h"

#include "base/banned.h"

#define TURNS 24 /* where the script does not say */
#define RATE 0.5
#define OF_KIND 4

static const struct {
    const char *kind, *says[OF_KIND];
} distractors[] = {
    {"urgency",
     {"Quick, there is no time to go into it.", "I need this right now, leave the rest out.",
      "This is urgent: answer at once.", "My train leaves in two minutes, just tell me."}},
    {"tone",
     {"You are rather stiff today, loosen up a little.", "Honestly, this is getting on my nerves.",
      "Ha, you are funny. Anyway.", "Just between us, nobody reads this."}},
    {"noise",
     {"[tool] status=200 retries=3 cache=miss shard=7 lag_ms=412",
      "[tool] rows=0 warnings=2 trace=9f3c1d",
      "[tool] {\"queue\": 18, \"eta\": null, \"node\": \"b-4\"}",
      "[tool] deprecated field 'mode' ignored; see the log"}},
};
#define KINDS (sizeof distractors / sizeof *distractors)

struct script {
    struct tare_json say, slots, distract;
    double rate;
    uint32_t count;
};

static size_t kind_of(struct tare_json name)
{
    size_t k = 0;
    while (k < KINDS && !tare_json_str_is(name, distractors[k].kind))
        k++;
    return k;
}

static enum tare_status read_script(struct tare_json v, struct script *s, struct tare_err *err)
{
    int64_t count = TURNS;
    struct tare_json rate = tare_json_get(v, "rate"), n = tare_json_get(v, "count");
    *s = (struct script){.say = tare_json_get(v, "say"),
                         .slots = tare_json_get(v, "slots"),
                         .distract = tare_json_get(v, "distract"),
                         .rate = RATE};
    if (tare_json_count(s->say) == 0 || tare_json_kind(s->say) != TARE_JSON_ARRAY)
        return tare_fail(err, TARE_E_INPUT, "the script has no list \"say\" of what is asked");
    if (tare_json_present(n) &&
        (!tare_json_i64(n, &count) || count < 1 || count > TARE_DRIFT_TURNS))
        return tare_fail(err, TARE_E_INPUT, "the script's \"count\" is no number from 1 to %u",
                         TARE_DRIFT_TURNS);
    if (tare_json_present(rate) &&
        (!tare_json_f64(rate, &s->rate) || !(s->rate >= 0 && s->rate <= 1)))
        return tare_fail(err, TARE_E_INPUT, "the script's \"rate\" is no number from 0 to 1");
    for (struct tare_json d = tare_json_first(s->distract); d.doc; d = tare_json_next(d))
        if (kind_of(d) == KINDS) {
            tare_err_hint(err, "kinds are urgency, tone and noise");
            return tare_fail(err, TARE_E_INPUT,
                             "the script's \"distract\" has a kind that is not "
                             "known");
        }
    s->count = (uint32_t)count;
    return TARE_OK;
}

static struct tare_json nth(struct tare_json list, uint32_t n)
{
    struct tare_json e = tare_json_first(list);
    for (; n > 0; n--)
        e = tare_json_next(e);
    return e;
}

static struct tare_json pick(struct tare_json list, struct tare_rng *chance)
{
    uint32_t n = tare_json_count(list);
    return n ? nth(list, tare_rng_below(chance, n)) : (struct tare_json){NULL, 0};
}

/* A template with its slots filled: "{NAME}". */
static enum tare_status fill(const struct script *s, struct tare_str template,
                             struct tare_rng *chance, struct tare_buf *b, struct tare_err *err)
{
    while (template.n) {
        size_t open = tare_str_find(template, TARE_S("{"));
        size_t n = open == SIZE_MAX ? template.n : open;
        tare_buf_put(b, tare_str_n(template.p, n));
        template = tare_str_n(template.p + n, template.n - n);
        if (template.n == 0)
            break;
        size_t close = tare_str_find(template, TARE_S("}"));
        struct tare_str name = close == SIZE_MAX ? template : tare_str_n(template.p + 1, close - 1);
        struct tare_str text = tare_json_str(pick(tare_json_get_str(s->slots, name), chance));
        if (close == SIZE_MAX || !text.n) {
            tare_err_hint(err, "add \"slots\": {\"NAME\": [texts]}");
            return tare_fail(err, TARE_E_INPUT, "the script has no texts for the slot \"%.*s\"",
                             TARE_FMT(name));
        }
        tare_buf_put(b, text);
        template = tare_str_n(template.p + close + 1, template.n - close - 1);
    }
    return TARE_OK;
}

static void distract(const struct script *s, struct tare_rng *chance, struct tare_buf *b)
{
    struct tare_json kind = pick(s->distract, chance);
    uint32_t which = tare_rng_below(chance, OF_KIND);
    bool now = tare_rng_unit(chance) < s->rate;
    if (kind.doc && now)
        tare_buf_printf(b, "\n\n%s", distractors[kind_of(kind)].says[which]);
}

static enum tare_status put_turns(const struct script *s, uint64_t seed, uint64_t number,
                                  struct tare_json_writer *w, struct tare_err *err)
{
    struct tare_rng chance;
    struct tare_buf b;
    enum tare_status st = TARE_OK;
    tare_rng_init(&chance, seed, TARE_S("drift-turns"), number);
    tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
    tare_json_put_key(w, "turns");
    tare_json_begin_array(w);
    for (uint32_t t = 0; t < s->count && st == TARE_OK; t++) {
        struct tare_json say = nth(s->say, t % tare_json_count(s->say));
        tare_buf_reset(&b);
        st = fill(s, tare_json_str(say), &chance, &b, err);
        distract(s, &chance, &b);
        tare_json_begin_object(w);
        tare_json_put_key(w, "input");
        tare_json_put_str(w, b.p ? tare_buf_str(&b) : TARE_S(""));
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
    w->out->failed |= b.failed;
    tare_buf_free(&b);
    return st;
}

/* The line with its turns, where it is a conversation that has a script and no turns. */
static enum tare_status put_line(struct tare_json v, struct tare_json script, uint64_t seed,
                                 uint64_t number, struct tare_buf *out, struct tare_err *err)
{
    struct tare_json_writer w;
    struct script s;
    enum tare_status st = read_script(script, &s, err);
    if (st != TARE_OK)
        return st;
    tare_json_writer_init(&w, out);
    tare_json_begin_object(&w);
    for (struct tare_json m = tare_json_first(v); m.doc; m = tare_json_next(m)) {
        if (tare_str_is(tare_json_key(m), "script"))
            continue;
        tare_json_put_key_str(&w, tare_json_key(m));
        tare_json_put_value(&w, m);
    }
    st = put_turns(&s, seed, number, &w, err);
    tare_json_end_object(&w);
    return st;
}

enum tare_status tare__drift_turns(struct tare_str cases, uint64_t seed, struct tare_arena *arena,
                                   struct tare_str *out, struct tare_err *err)
{
    struct tare_json defaults = {NULL, 0};
    struct tare_buf b;
    uint64_t number = 0;
    uint32_t line = 0;
    enum tare_status st = TARE_OK;
    tare_buf_init(&b, NULL, TARE_GIB);
    while (cases.n && st == TARE_OK) {
        size_t end = tare_str_find(cases, TARE_S("\n")), n = end == SIZE_MAX ? cases.n : end;
        struct tare_str text = tare_str_n(cases.p, n);
        struct tare_json v = {NULL, 0}, own;
        bool read =
            !tare_jsonl_is_blank(text) && tare_json_parse(text, NULL, arena, &v, NULL) == TARE_OK;
        line++;
        if (read && tare_json_present(tare_json_get(v, "defaults")))
            defaults = tare_json_get(v, "defaults");
        own = tare_json_get(v, "script");
        own = tare_json_present(own) ? own : tare_json_get(defaults, "script");
        if (read && tare_json_present(own) && !tare_json_present(tare_json_get(v, "turns")) &&
            !tare_json_present(tare_json_get(v, "defaults")))
            st = tare__line_fault(line, put_line(v, own, seed, number++, &b, err), err);
        else
            tare_buf_put(&b, text);
        tare_buf_putc(&b, '\n');
        cases =
            end == SIZE_MAX ? tare_str_n(cases.p, 0) : tare_str_n(cases.p + n + 1, cases.n - n - 1);
    }
    *out = b.failed || st != TARE_OK ? (struct tare_str){NULL, 0}
                                     : tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    if (st == TARE_OK && !out->p)
        st = tare_fail(err, TARE_E_NOMEM, "out of memory while making turns");
    return st;
}
