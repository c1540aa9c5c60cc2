#include "view/failing.h"

#include <math.h>

#include "text/json.h"
#include "view/number.h"

#include "base/banned.h"

#define MOST_BYTES 200u /* of what a check said */

static struct tare_str first_text(struct tare_json v, const char *const *keys)
{
    for (; *keys; keys++) {
        struct tare_str s = tare_json_str(tare_json_get(v, *keys));
        if (s.n)
            return s;
    }
    return TARE_S("");
}

static bool did_not_pass(struct tare_json check)
{
    double score;
    struct tare_json pass = tare_json_get(check, "pass");
    if (tare_json_present(pass))
        return tare_json_kind(pass) == TARE_JSON_FALSE;
    return tare_json_f64(tare_json_get(check, "score"), &score) && score < 1;
}

static bool in_list(struct tare_json list, struct tare__failing *out)
{
    static const char *const names[] = {"name", "check", "run", "file", "same", NULL};
    static const char *const says[] = {"says", "reason", NULL};
    for (struct tare_json v = tare_json_first(list); tare_json_present(v); v = tare_json_next(v)) {
        if (!did_not_pass(v))
            continue;
        *out = (struct tare__failing){first_text(v, names), first_text(v, says)};
        if (out->check.n == 0)
            out->check = TARE_S("a check");
        return true;
    }
    return false;
}

/* Ends of a metric's range by merit; false: it has not both. */
static bool ends(const struct tare_metric *m, double *worst, double *best)
{
    bool up = m->direction == TARE_HIGHER_BETTER;
    *worst = up ? m->min : m->max;
    *best = up ? m->max : m->min;
    return m->direction != TARE_NO_DIRECTION && isfinite(m->min) && isfinite(m->max);
}

char tare__try_letter(const struct tare_metric *m, enum tare_attempt_status status, bool has,
                      double value)
{
    double worst, best;
    if (status == TARE_ATTEMPT_MISSING)
        return 'm';
    if (status == TARE_ATTEMPT_FAILED)
        return 'f';
    if (status != TARE_ATTEMPT_DONE)
        return 'o';
    if (!has || !ends(m, &worst, &best))
        return 'd';
    return value == best ? 'y' : value == worst ? 'n' : 'p';
}

static bool at_worst(const struct tare_batch_view *b, uint32_t headline,
                     const struct tare_attempt *a, struct tare_arena *arena,
                     struct tare__failing *out)
{
    for (uint32_t i = 0; i < a->n_scores; i++) {
        const struct tare_score *s = &a->scores[i];
        double worst, best;
        if (s->metric >= b->n_metrics || s->metric == headline || s->state != TARE_SCORE_OK)
            continue;
        const struct tare_metric *m = &b->metrics[s->metric];
        if (!ends(m, &worst, &best) || s->value != worst)
            continue;
        struct tare_scale scale = tare_scale_of(m, (double)NAN);
        const char *unit = tare_scale_unit(m);
        out->check = m->name;
        out->says = tare_arena_printf(arena, "%s%s%s", tare_number_value(s->value, scale, true).s,
                                      *unit ? " " : "", unit);
        return true;
    }
    return false;
}

/* Whole UTF-8 letters alone. */
static struct tare_str shorten(struct tare_str s)
{
    size_t n = s.n < MOST_BYTES ? s.n : MOST_BYTES;
    while (n < s.n && n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n--;
    return tare_str_n(s.p, n);
}

struct tare__failing tare__failing_check(const struct tare_batch_view *batch, uint32_t headline,
                                         const struct tare_attempt *attempt,
                                         struct tare_arena *arena)
{
    struct tare__failing out = {TARE_S(""), TARE_S("")};
    struct tare_json doc = {NULL, 0};
    bool json = attempt->detail.n &&
                tare_json_parse(attempt->detail, &tare_json_log, arena, &doc, NULL) == TARE_OK;
    if (!(json && (in_list(tare_json_get(doc, "checks"), &out) ||
                   in_list(tare_json_get(doc, "commands"), &out))))
        (void)at_worst(batch, headline, attempt, arena, &out);
    out.check = shorten(out.check);
    out.says = shorten(out.says);
    return out;
}
