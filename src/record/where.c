#include "record/where.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "record/query_int.h"

#include "base/banned.h"

enum term_kind { TERM_TAG, TERM_TASK, TERM_STATUS, TERM_METRIC, TERM_FIELD };
enum field { FIELD_STEPS, FIELD_ATTEMPT, FIELD_TOKENS, FIELD_MS, FIELD_COST };
enum relation { NONZERO, LESS, LESS_EQUAL, MORE, MORE_EQUAL, EQUAL, UNEQUAL };

static const char *const field_names[] = {"steps", "attempt", "tokens", "ms", "cost"};
#define N_FIELDS (sizeof field_names / sizeof field_names[0])

/* Longer spellings first. */
static const struct {
    const char *text;
    enum relation relation;
} relations[] = {{"<=", LESS_EQUAL}, {">=", MORE_EQUAL}, {"!=", UNEQUAL},
                 {"<", LESS},        {">", MORE},        {"=", EQUAL}};

struct term {
    enum term_kind kind;
    bool negated;
    unsigned what; /* metric, field or status */
    enum relation relation;
    double number;
    const uint8_t *tasks; /* TAG, TASK: a flag a task */
};

struct tare_where {
    struct term *v;
    uint32_t n, n_tasks;
};

/* What the compiler works with. */
struct making {
    const struct tare_batch_view *batch;
    const struct tare_task_view *tasks;
    uint32_t n_tasks;
    struct tare_arena *arena;
    struct tare_where *w;
};

/* ---- matching ------------------------------------------------------------------------------ */

static bool holds(enum relation r, double a, double b)
{
    switch (r) {
    case NONZERO:
        return a != 0;
    case LESS:
        return a < b;
    case LESS_EQUAL:
        return a <= b;
    case MORE:
        return a > b;
    case MORE_EQUAL:
        return a >= b;
    case EQUAL:
        return a == b;
    default:
        return a != b;
    }
}

static double field_value(const struct tare_attempt_row *row, unsigned field)
{
    switch ((enum field)field) {
    case FIELD_STEPS:
        return row->n_steps;
    case FIELD_ATTEMPT:
        return (double)row->index + 1;
    case FIELD_TOKENS:
        return (double)row->tokens_in + (double)row->tokens_out;
    case FIELD_MS:
        return (double)row->dur_ns / 1e6;
    default:
        return row->cost_usd;
    }
}

static bool term_holds(const struct tare_where *w, const struct term *t,
                       const struct tare_attempt_row *row)
{
    switch (t->kind) {
    case TERM_TAG:
    case TERM_TASK:
        return row->task < w->n_tasks && t->tasks[row->task];
    case TERM_STATUS:
        return (unsigned)row->status == t->what;
    case TERM_METRIC:
        return row->state[t->what] == TARE_SCORE_OK && !isnan(row->value[t->what]) &&
               holds(t->relation, row->value[t->what], t->number);
    default:
        return holds(t->relation, field_value(row, t->what), t->number);
    }
}

bool tare_where_match(const struct tare_where *w, const struct tare_attempt_row *row)
{
    for (uint32_t i = 0; i < w->n; i++)
        if (term_holds(w, &w->v[i], row) == w->v[i].negated)
            return false;
    return true;
}

/* ---- faults -------------------------------------------------------------------------------- */

static struct tare_str metric_names(const struct making *m)
{
    struct tare_str *names = TARE_NEW_N(m->arena, struct tare_str, m->batch->n_metrics + 1u);
    for (uint32_t i = 0; names && i < m->batch->n_metrics; i++)
        names[i] = m->batch->metrics[i].name;
    return names ? tare__names(m->arena, names, m->batch->n_metrics, 16) : TARE_S("");
}

static struct tare_str tag_names(const struct making *m)
{
    struct tare_str names[16];
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->n_tasks; i++)
        for (uint32_t j = 0; j < m->tasks[i].n_tags && n < 16; j++) {
            uint32_t k = 0;
            while (k < n && !tare_str_eq(names[k], m->tasks[i].tags[j].key))
                k++;
            if (k == n)
                names[n++] = m->tasks[i].tags[j].key;
        }
    return tare__names(m->arena, names, n, 16);
}

static enum tare_status fail_term(const struct making *m, struct tare_err *err,
                                  struct tare_str term, const char *reason)
{
    (void)tare_fail(err, TARE_E_USAGE, "the filter \"%.*s\" %s", TARE_FMT(term), reason);
    struct tare_str metrics = metric_names(m), tags = tag_names(m);
    tare_err_hint(err,
                  "metrics: %.*s; tags: task, %.*s; numbers: steps attempt tokens ms cost; words: "
                  "done failed missing",
                  TARE_FMT(metrics), TARE_FMT(tags));
    if (err)
        (void)snprintf(err->excerpt, sizeof err->excerpt, "%.*s",
                       (int)(term.n < 150 ? term.n : 150), term.p);
    return TARE_E_USAGE;
}

/* ---- compiling ----------------------------------------------------------------------------- */

static enum tare_status tag_term(struct making *m, struct tare_str term, struct tare_str key,
                                 struct tare_str value, struct term *t, struct tare_err *err)
{
    uint8_t *flags = TARE_NEW_N(m->arena, uint8_t, m->n_tasks + 1u);
    if (!flags)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the filter");
    bool is_task = tare_str_is(key, "task"), known = is_task;
    for (uint32_t i = 0; i < m->n_tasks; i++) {
        struct tare_str v = tare_task_view_tag(&m->tasks[i], key);
        known = known || v.p;
        flags[i] = is_task ? tare_str_starts(m->tasks[i].id, value)
                           : (uint8_t)(v.p && tare_str_eq(v, value));
    }
    if (!known)
        return fail_term(m, err, term, "names no tag of these tasks");
    t->kind = is_task ? TERM_TASK : TERM_TAG;
    t->tasks = flags;
    return TARE_OK;
}

static bool find_name(const struct making *m, struct tare_str name, struct term *t)
{
    for (uint32_t i = 0; i < m->batch->n_metrics; i++)
        if (tare_str_eq(m->batch->metrics[i].name, name)) {
            t->kind = TERM_METRIC;
            t->what = i;
            return true;
        }
    for (unsigned i = 0; i < N_FIELDS; i++)
        if (tare_str_is(name, field_names[i])) {
            t->kind = TERM_FIELD;
            t->what = i;
            return true;
        }
    return false;
}

static bool status_word(struct tare_str word, struct term *t)
{
    for (unsigned i = TARE_ATTEMPT_DONE; i <= TARE_ATTEMPT_MISSING; i++)
        if (tare_str_is(word, tare_attempt_status_name((enum tare_attempt_status)i))) {
            t->kind = TERM_STATUS;
            t->what = i;
            return true;
        }
    return false;
}

/* Place of the first of the relation signs; which one in *which. */
static size_t find_relation(struct tare_str term, size_t *which)
{
    for (size_t at = 0; at < term.n; at++)
        for (size_t i = 0; i < sizeof relations / sizeof relations[0]; i++)
            if (tare_str_starts(tare_str_n(term.p + at, term.n - at),
                                tare_str_of(relations[i].text))) {
                *which = i;
                return at;
            }
    return SIZE_MAX;
}

static enum tare_status compile_term(struct making *m, struct tare_str term, struct term *t,
                                     struct tare_err *err)
{
    struct tare_str body = term;
    *t = (struct term){0};
    if (body.n > 1 && body.p[0] == '!') {
        t->negated = true;
        body = tare_str_n(body.p + 1, body.n - 1);
    }
    size_t which = 0, at = find_relation(body, &which), colon = tare_str_find(body, TARE_S(":"));
    if (colon != SIZE_MAX && colon < at) {
        struct tare_str value = tare_str_n(body.p + colon + 1, body.n - colon - 1);
        if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
            value = tare_str_n(value.p + 1, value.n - 2);
        return tag_term(m, term, tare_str_n(body.p, colon), value, t, err);
    }
    if (at == SIZE_MAX) {
        if (status_word(body, t) || find_name(m, body, t))
            return TARE_OK;
        return fail_term(m, err, term, "is no metric, word or tag:value");
    }
    size_t sign = strlen(relations[which].text);
    t->relation = relations[which].relation;
    if (!find_name(m, tare_str_n(body.p, at), t))
        return fail_term(m, err, term, "compares something that is no metric or number here");
    if (!tare_str_to_f64(tare_str_n(body.p + at + sign, body.n - at - sign), &t->number))
        return fail_term(m, err, term, "compares with something that is not a number");
    return TARE_OK;
}

/* The next term, split at spaces outside double quotes; empty at the end. */
static struct tare_str next_term(struct tare_str *text)
{
    *text = tare_str_trim(*text);
    bool quoted = false;
    size_t n = 0;
    while (n < text->n && (quoted || (text->p[n] != ' ' && text->p[n] != '\t'))) {
        quoted ^= text->p[n] == '"';
        n++;
    }
    struct tare_str term = tare_str_n(text->p, n);
    *text = tare_str_n(text->p + n, text->n - n);
    return term;
}

enum tare_status tare_where_compile(struct tare_str text, const struct tare_batch_view *batch,
                                    const struct tare_task_view *tasks, uint32_t n_tasks,
                                    struct tare_arena *arena, struct tare_where **out,
                                    struct tare_err *err)
{
    struct tare_where *w = TARE_NEW(arena, struct tare_where);
    /* A term takes at least a byte and a space. */
    struct term *v = w ? TARE_NEW_N(arena, struct term, text.n / 2 + 1) : NULL;
    if (!v)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the filter");
    *w = (struct tare_where){.v = v, .n_tasks = n_tasks};
    struct making m = {batch, tasks, n_tasks, arena, w};
    for (struct tare_str term = next_term(&text); term.n; term = next_term(&text)) {
        enum tare_status status = compile_term(&m, term, &v[w->n], err);
        if (status)
            return status;
        w->n++;
    }
    *out = w;
    return TARE_OK;
}
