/* What a check finds in an answer: texts, lengths, and checks of checks. */
#include <math.h>

#include "base/limits.h"
#include "check/answer_int.h"

#include "base/banned.h"

struct tare__found tare__verdict(bool pass, struct tare_str says)
{
    return (struct tare__found){.pass = pass ? TARE__YES : TARE__NO, .score = pass, .says = says};
}

struct tare__found tare__graded(double score, double threshold, struct tare_str says)
{
    double least = isnan(threshold) ? 1 : threshold;
    return (struct tare__found){
        .pass = score >= least - 1e-12 ? TARE__YES : TARE__NO, .score = score, .says = says};
}

struct tare__found tare__unknown(enum tare_score_state state, struct tare_str says)
{
    return (struct tare__found){
        .pass = TARE__UNKNOWN, .score = (double)NAN, .state = state, .says = says};
}

/* ---- what is wanted ---------------------------------------------------------------------- */

static struct tare_json expected(const struct tare__look *l)
{
    struct tare_json v = l->in->task->expect, answer = tare_json_get(v, "answer");
    return tare_json_present(answer) ? answer : v;
}

uint32_t tare__want_count(const struct tare__look *l, const struct tare__wants *w)
{
    struct tare_json v = expected(l);
    if (w->n)
        return w->n;
    if (tare_json_kind(v) == TARE_JSON_ARRAY)
        return tare_json_count(v);
    return tare_json_present(v) && tare_json_kind(v) != TARE_JSON_NULL;
}

struct tare_str tare__want(struct tare__look *l, const struct tare__wants *w, uint32_t i)
{
    struct tare_buf b;
    if (w->n == 0) {
        struct tare_json v = expected(l);
        return tare_task_answer(tare_json_kind(v) == TARE_JSON_ARRAY ? tare_json_at(v, i) : v,
                                l->arena);
    }
    if (!w->v[i].holes)
        return w->v[i].text;
    tare_buf_init(&b, l->arena->alc, TARE_MAX_STEP_BODY_BYTES);
    struct tare_json none = {NULL, 0};
    struct tare_err err = {0};
    struct tare_str s = {NULL, 0};
    if (tare_template_fill(w->v[i].holes, l->in->task->input, none, false, l->arena, &b, &err) ==
        TARE_OK)
        s = tare_arena_copy(l->arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return s;
}

static struct tare__found nothing_wanted(void)
{
    return tare__unknown(TARE_SCORE_UNAVAILABLE,
                         TARE_S("nothing says what is expected: the task has no `expect`, or a "
                                "variable of the check is not in its input"));
}

/* ---- texts ------------------------------------------------------------------------------- */

static char folded(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Equal, case and runs of white space apart where that is asked. */
static bool same(struct tare_str a, struct tare_str b, bool ignore_case)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (a.p[i] != b.p[i] && !(ignore_case && folded(a.p[i]) == folded(b.p[i])))
            return false;
    return true;
}

static size_t find_in(struct tare_str text, struct tare_str what, bool ignore_case)
{
    if (!ignore_case || what.n == 0)
        return tare_str_find(text, what);
    for (size_t at = 0; what.n <= text.n && at <= text.n - what.n; at++)
        if (folded(text.p[at]) == folded(what.p[0]) &&
            same(tare_str_n(text.p + at, what.n), what, true))
            return at;
    return SIZE_MAX;
}

static struct tare_str told(struct tare__look *l, const char *what, struct tare_str text)
{
    size_t n = text.n < 120 ? text.n : 120;
    while (n > 0 && n < text.n && ((uint8_t)text.p[n] & 0xc0) == 0x80)
        n--;
    return tare_arena_printf(l->arena, "%s \"%.*s\"%s", what, (int)n, text.p ? text.p : "",
                             n < text.n ? " (cut)" : "");
}

static struct tare__found find_exact(struct tare__look *l, const struct tare__check *c)
{
    struct tare_str got = c->whole ? l->output : tare_str_trim(l->output);
    uint32_t n = tare__want_count(l, &c->value);
    struct tare_str first = {NULL, 0};
    for (uint32_t i = 0; i < n; i++) {
        struct tare_str want = tare__want(l, &c->value, i);
        if (!want.p && want.n == 0)
            continue;
        if (!first.p)
            first = want;
        if (same(got, c->whole ? want : tare_str_trim(want), c->ignore_case))
            return tare__verdict(true, told(l, "it is", want));
    }
    return first.p ? tare__verdict(false, told(l, "it is not", first)) : nothing_wanted();
}

struct parts {
    uint32_t met, of;
    struct tare_str fault; /* the first; p NULL: none */
};

static bool has(struct tare__look *l, const struct tare__check *c, struct tare_str want)
{
    return find_in(l->output, want, c->ignore_case) != SIZE_MAX;
}

static void count(struct parts *p, bool met, struct tare_str fault)
{
    p->of++;
    p->met += met;
    if (!met && !p->fault.p)
        p->fault = fault;
}

static void look_for_any(struct tare__look *l, const struct tare__check *c, struct parts *p)
{
    bool any = false;
    if (c->any.n == 0)
        return;
    for (uint32_t i = 0; i < c->any.n && !any; i++) {
        struct tare_str want = tare__want(l, &c->any, i);
        any = want.p && has(l, c, want);
    }
    count(p, any, TARE_S("it has none of those of which it should have one"));
}

/* all of `value`, one of `any`, none of `none`. Without any of them: what the task expects. */
static struct tare__found find_parts(struct tare__look *l, const struct tare__check *c)
{
    uint32_t n = !c->has_value || c->value.n ? tare__want_count(l, &c->value) : 0;
    struct parts p = {0};
    if (!c->has_value && n == 0)
        return nothing_wanted();
    for (uint32_t i = 0; i < n; i++) {
        struct tare_str want = tare__want(l, &c->value, i);
        if (!want.p)
            return nothing_wanted();
        count(&p, has(l, c, want), told(l, "it lacks", want));
    }
    look_for_any(l, c, &p);
    for (uint32_t i = 0; i < c->none.n; i++) {
        struct tare_str want = tare__want(l, &c->none, i);
        if (!want.p)
            return nothing_wanted();
        count(&p, !has(l, c, want), told(l, "it has", want));
    }
    if (isnan(c->threshold))
        return tare__verdict(p.met == p.of,
                             p.fault.p ? p.fault : TARE_S("all are as they should be"));
    return tare__graded(p.of ? (double)p.met / p.of : 1, c->threshold, p.fault);
}

static struct tare__found find_edge(struct tare__look *l, const struct tare__check *c)
{
    uint32_t n = tare__want_count(l, &c->value);
    struct tare_str want = {NULL, 0}, got = tare_str_trim(l->output);
    for (uint32_t i = 0; i < n; i++) {
        want = tare__want(l, &c->value, i);
        if (!want.p)
            return nothing_wanted();
        if (want.n <= got.n) {
            size_t at = c->kind == TARE__CHECK_STARTS ? 0 : got.n - want.n;
            if (same(tare_str_n(got.p + at, want.n), want, c->ignore_case))
                return tare__verdict(true, told(l, "it has", want));
        }
    }
    return n ? tare__verdict(false, told(l, "it lacks there", want)) : nothing_wanted();
}

static struct tare__found find_regex(struct tare__look *l, const struct tare__check *c)
{
    const struct tare_regex *re = c->regex;
    if (!re) {
        struct tare_err err = {0};
        struct tare_str pattern = tare__want(l, &c->value, 0);
        if (!pattern.p)
            return nothing_wanted();
        if (tare_regex_compile(pattern, NULL, l->arena, &re, &err) != TARE_OK)
            return tare__unknown(TARE_SCORE_UNAVAILABLE,
                                 tare_arena_copy(l->arena, tare_str_of(err.text)));
    }
    bool yes = c->whole ? tare_regex_match(re, tare_str_trim(l->output))
                        : tare_regex_search(re, l->output);
    return tare__verdict(yes, yes ? TARE_S("the pattern matches")
                                  : TARE_S("the pattern does not match"));
}

static int64_t measured(const struct tare__look *l, int unit)
{
    struct tare_str s = l->output;
    struct tare_str *words;
    int64_t n = 0;
    if (unit == TARE__UNIT_BYTES)
        return (int64_t)s.n;
    if (unit == TARE__UNIT_WORDS) {
        bool inside = false;
        for (size_t i = 0; i < s.n; i++) {
            bool space = s.p[i] == ' ' || (s.p[i] >= '\t' && s.p[i] <= '\r');
            n += !space && !inside;
            inside = !space;
        }
        return n;
    }
    (void)words;
    for (size_t i = 0; i < s.n; i++)
        n += unit == TARE__UNIT_LINES ? s.p[i] == '\n' : ((uint8_t)s.p[i] & 0xc0) != 0x80;
    if (unit == TARE__UNIT_LINES && s.n && s.p[s.n - 1] != '\n')
        n++;
    return n;
}

static struct tare__found find_length(struct tare__look *l, const struct tare__check *c)
{
    static const char *const units[] = {"characters", "words", "lines", "bytes"};
    int64_t n = measured(l, c->unit);
    bool good = n >= c->min_n && (c->max_n < 0 || n <= c->max_n);
    return tare__verdict(
        good, tare_arena_printf(l->arena, "it has %lld %s", (long long)n, units[c->unit]));
}

static struct tare__found find_cost(struct tare__look *l, const struct tare__check *c)
{
    double cost = l->in->cost_usd;
    if (!(cost > 0))
        return tare__unknown(TARE_SCORE_UNAVAILABLE, TARE_S("what it cost is not known"));
    return tare__verdict(cost <= c->max, tare_arena_printf(l->arena, "it cost %.6g USD", cost));
}

/* ---- checks of checks -------------------------------------------------------------------- */

struct tare__found tare__check_all(struct tare__look *l, const struct tare__check *kids,
                                   uint32_t n_kids, double threshold)
{
    struct tare__found out = {.pass = TARE__YES};
    double sum = 0, weights = 0;
    bool known = true;
    for (uint32_t i = 0; i < n_kids; i++) {
        struct tare__found f = tare__check_find(l, &kids[i]);
        if (kids[i].weight == 0) /* only looked at */
            continue;
        if (isnan(f.score)) {
            known = false;
            if (out.state != TARE_SCORE_MISSING)
                out.state = f.state;
            if (out.pass == TARE__YES) {
                out.pass = TARE__UNKNOWN;
                out.says = f.says;
            }
        } else {
            sum += kids[i].weight * f.score;
        }
        weights += kids[i].weight;
        if (f.pass == TARE__NO && out.pass != TARE__NO) {
            out.pass = TARE__NO;
            out.says = f.says;
        }
    }
    out.score = !known ? (double)NAN : weights > 0 ? sum / weights : 1;
    if (isnan(threshold))
        return out;
    /* A mean decides: what is not known could move it by its own weight. */
    if (!known)
        return tare__unknown(out.state, out.says);
    return tare__graded(out.score, threshold, out.says);
}

static struct tare__found find_any(struct tare__look *l, const struct tare__check *c)
{
    struct tare__found best = tare__verdict(false, TARE_S("none of them holds"));
    struct tare__found open = {0};
    bool unknown = false;
    for (uint32_t i = 0; i < c->n_kids; i++) {
        struct tare__found f = tare__check_find(l, &c->kids[i]);
        if (isnan(f.score)) {
            open = f;
            unknown = true;
        } else if (f.score > best.score || f.pass == TARE__YES) {
            best = f.pass == TARE__YES || best.pass != TARE__YES ? f : best;
        }
    }
    return best.pass == TARE__YES || !unknown ? best : open;
}

static struct tare__found find_not(struct tare__look *l, const struct tare__check *c)
{
    struct tare__found f = tare__check_find(l, &c->kids[0]);
    if (isnan(f.score))
        return f;
    f.score = 1 - f.score;
    f.pass = f.pass == TARE__YES ? TARE__NO : TARE__YES;
    return f;
}

static struct tare__found find_kind(struct tare__look *l, const struct tare__check *c)
{
    switch (c->kind) {
    case TARE__CHECK_EXACT:
        return find_exact(l, c);
    case TARE__CHECK_CONTAINS:
    case TARE__CHECK_PHRASES:
        return find_parts(l, c);
    case TARE__CHECK_STARTS:
    case TARE__CHECK_ENDS:
        return find_edge(l, c);
    case TARE__CHECK_REGEX:
        return find_regex(l, c);
    case TARE__CHECK_NUMBER:
        return tare__find_number(l, c);
    case TARE__CHECK_CHOICE:
        return tare__find_choice(l, c);
    case TARE__CHECK_JSON:
        return tare__find_json(l, c);
    case TARE__CHECK_LENGTH:
        return find_length(l, c);
    case TARE__CHECK_SIMILARITY:
        return tare__find_similar(l, c);
    case TARE__CHECK_COST:
        return find_cost(l, c);
    case TARE__CHECK_ALL:
        return tare__check_all(l, c->kids, c->n_kids, c->threshold);
    case TARE__CHECK_WEIGHTED:
        return tare__check_all(l, c->kids, c->n_kids, isnan(c->threshold) ? 1 : c->threshold);
    case TARE__CHECK_ANY:
        return find_any(l, c);
    case TARE__CHECK_NOT:
        return find_not(l, c);
    case TARE__CHECK_COMMAND:
    case TARE__CHECK_JUDGE:
        return l->waited ? l->waited[c->waiting]
                         : tare__unknown(TARE_SCORE_UNAVAILABLE, TARE_S("it was not asked"));
    default:
        return tare__unknown(TARE_SCORE_UNAVAILABLE, c->reason);
    }
}

static void put_evidence(struct tare__look *l, const struct tare__check *c,
                         const struct tare__found *f)
{
    struct tare_json_writer w;
    if (!l->evidence)
        return;
    if (l->evidence->n && l->evidence->p[l->evidence->n - 1] == '}')
        tare_buf_putc(l->evidence, ',');
    tare_json_writer_init(&w, l->evidence);
    tare_json_begin_object(&w);
    tare_json_member_cstr(&w, "check", tare__check_names[c->kind]);
    if (c->name.n)
        tare_json_member_str(&w, "name", c->name);
    tare_json_put_key(&w, "pass");
    if (f->pass == TARE__UNKNOWN)
        tare_json_put_null(&w);
    else
        tare_json_put_bool(&w, f->pass == TARE__YES);
    tare_json_member_f64(&w, "score", f->score);
    tare_json_member_str(&w, "says", f->says);
    tare_json_end_object(&w);
}

struct tare__found tare__check_find(struct tare__look *l, const struct tare__check *c)
{
    struct tare__found f = find_kind(l, c);
    if (!f.says.p)
        f.says = TARE_S("");
    put_evidence(l, c, &f);
    if (c->column != TARE__NONE)
        l->column_found[c->column] = f;
    return f;
}
