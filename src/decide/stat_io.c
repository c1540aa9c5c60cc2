/*
 * Reading the inputs and writing the outputs of one calculation.
 */
#include "decide/stat_int.h"

#include "base/banned.h"

#define NUMBERS_MAX 20000000u

bool tare__stat_ok(const struct tare__stat *s)
{
    return s->f.status == TARE_OK;
}

bool tare__stat_check(struct tare__stat *s, enum tare_status st)
{
    if (s->f.status == TARE_OK)
        s->f.status = st;
    return s->f.status == TARE_OK;
}

void tare__stat_fail(struct tare__stat *s, const char *text)
{
    if (s->f.status == TARE_OK)
        tare_fields_fail(&s->f, s->f.object, "%s", text);
}

double tare__in_num(struct tare__stat *s, const char *key)
{
    double v = (double)NAN;
    tare_fields_f64(&s->f, key, true, -1.7e308, 1.7e308, &v);
    return v;
}

double tare__in_num_or(struct tare__stat *s, const char *key, double def)
{
    double v = def;
    tare_fields_f64(&s->f, key, false, -1.7e308, 1.7e308, &v);
    return v;
}

/* Whole numbers are also taken from "3.0", as Python writes them. */
static uint64_t whole(struct tare__stat *s, const char *key, bool required, uint64_t def)
{
    double v = (double)def;
    tare_fields_f64(&s->f, key, required, 0, 9007199254740992.0, &v);
    if (tare__stat_ok(s) && v != floor(v))
        tare_fields_fail(&s->f, tare_fields_any(&s->f, key, false), "%s must be a whole number",
                         key);
    return tare__stat_ok(s) ? (uint64_t)v : def;
}

uint64_t tare__in_count(struct tare__stat *s, const char *key)
{
    return whole(s, key, true, 0);
}

uint64_t tare__in_count_or(struct tare__stat *s, const char *key, uint64_t def)
{
    return whole(s, key, false, def);
}

double tare__in_level(struct tare__stat *s, const char *key, double def)
{
    double v = def;
    tare_fields_f64(&s->f, key, false, 0, 1, &v);
    if (tare__stat_ok(s) && !(v > 0 && v < 1))
        tare_fields_fail(&s->f, tare_fields_any(&s->f, key, false),
                         "%s must lie between 0 and 1, both excluded", key);
    return v;
}

void tare__in_note(struct tare__stat *s, const char *key)
{
    (void)tare_fields_any(&s->f, key, false);
}

bool tare__in_has(struct tare__stat *s, const char *key)
{
    return tare_json_present(tare_fields_any(&s->f, key, false));
}

/* False when v is no number as it is allowed here. */
static bool number_of(struct tare_json v, bool nan_ok, double *out)
{
    switch (tare_json_kind(v)) {
    case TARE_JSON_NUMBER:
        return tare_json_f64(v, out);
    case TARE_JSON_TRUE:
    case TARE_JSON_FALSE:
        *out = tare_json_kind(v) == TARE_JSON_TRUE;
        return true;
    case TARE_JSON_NULL:
        *out = (double)NAN;
        return nan_ok;
    case TARE_JSON_STRING:
        *out = (double)NAN;
        return nan_ok && tare_json_str_is(v, "NaN");
    default:
        return false;
    }
}

static void fill_numbers(struct tare__stat *s, struct tare_json list, const char *key, bool nan_ok,
                         double *out)
{
    size_t i = 0;
    for (struct tare_json v = tare_json_first(list); tare_json_present(v) && tare__stat_ok(s);
         v = tare_json_next(v), i++)
        if (!number_of(v, nan_ok, &out[i]))
            tare_fields_fail(&s->f, v, "%s[%zu] is not a number", key, i);
}

struct tare__nums tare__nums_of(struct tare__stat *s, struct tare_json list, const char *key,
                                bool nan_ok)
{
    struct tare__nums r = {NULL, tare_json_count(list)};
    if (!tare__stat_ok(s))
        return (struct tare__nums){NULL, 0};
    r.v = TARE_NEW_N(s->arena, double, r.n);
    if (!r.v || r.n > NUMBERS_MAX) {
        tare__stat_check(s, tare_fail(s->err, TARE_E_NOMEM, "%s has too many numbers", key));
        return (struct tare__nums){NULL, 0};
    }
    fill_numbers(s, list, key, nan_ok, r.v);
    return r;
}

struct tare__nums tare__in_nums(struct tare__stat *s, const char *key, bool nan_ok)
{
    struct tare_json list = tare_fields_kind(&s->f, key, true, TARE_JSON_ARRAY);
    return tare__nums_of(s, list, key, nan_ok);
}

struct tare__table tare__in_table(struct tare__stat *s, const char *key, bool nan_ok)
{
    struct tare_json list = tare_fields_kind(&s->f, key, true, TARE_JSON_ARRAY);
    struct tare_json first = tare_json_first(list);
    struct tare__table t = {NULL, tare_json_count(list), tare_json_count(first)};
    size_t i = 0, cells;
    if (!tare__stat_ok(s))
        return (struct tare__table){NULL, 0, 0};
    bool fits = tare_size_mul(t.rows, t.cols, &cells) && cells <= NUMBERS_MAX;
    t.v = fits ? TARE_NEW_N(s->arena, double, cells) : NULL;
    if (!t.v)
        tare__stat_check(s, tare_fail(s->err, TARE_E_NOMEM, "%s has too many numbers", key));
    for (struct tare_json row = first; tare_json_present(row) && tare__stat_ok(s);
         row = tare_json_next(row), i++) {
        if (tare_json_kind(row) != TARE_JSON_ARRAY || tare_json_count(row) != t.cols)
            tare_fields_fail(&s->f, row, "row %zu of %s is not a list of %zu numbers", i, key,
                             t.cols);
        else
            fill_numbers(s, row, key, nan_ok, t.v + i * t.cols);
    }
    return tare__stat_ok(s) ? t : (struct tare__table){NULL, 0, 0};
}

uint8_t *tare__in_labels(struct tare__stat *s, const char *key, size_t *n)
{
    struct tare__nums x = tare__in_nums(s, key, false);
    uint8_t *label = TARE_NEW_N(s->arena, uint8_t, x.n);
    *n = x.n;
    if (!label)
        tare__stat_check(s, tare_fail(s->err, TARE_E_NOMEM, "%s has too many numbers", key));
    for (size_t i = 0; label && tare__stat_ok(s) && i < x.n; i++) {
        if (x.v[i] != 0 && x.v[i] != 1)
            tare_fields_fail(&s->f, tare_json_at(tare_json_get(s->f.object, key), (uint32_t)i),
                             "%s[%zu] must be 0 or 1", key, i);
        label[i] = x.v[i] != 0;
    }
    return label;
}

static uint32_t group_number(struct tare_json *seen, uint32_t *n, struct tare_json v)
{
    for (uint32_t g = 0; g < *n; g++)
        if (tare_json_equal(seen[g], v))
            return g;
    seen[*n] = v;
    return (*n)++;
}

uint32_t *tare__in_groups(struct tare__stat *s, const char *key, size_t *n)
{
    struct tare_json list = tare_fields_kind(&s->f, key, true, TARE_JSON_ARRAY);
    *n = tare_json_count(list);
    uint32_t *group = TARE_NEW_N(s->arena, uint32_t, *n), used = 0;
    struct tare_json *seen = TARE_NEW_N(s->arena, struct tare_json, *n);
    size_t i = 0;
    if (!group || !seen) {
        tare__stat_check(s, tare_fail(s->err, TARE_E_NOMEM, "%s is too long", key));
        return NULL;
    }
    for (struct tare_json v = tare_json_first(list); tare_json_present(v); v = tare_json_next(v))
        group[i++] = group_number(seen, &used, v);
    return group;
}

void tare__out_raw(struct tare__stat *s, double v)
{
    if (isfinite(v))
        tare_json_put_f64(s->w, v);
    else if (isnan(v))
        tare_json_put_null(s->w);
    else
        tare_json_put_cstr(s->w, v > 0 ? "Infinity" : "-Infinity");
}

void tare__out_num(struct tare__stat *s, const char *key, double v)
{
    tare_json_put_key(s->w, key);
    tare__out_raw(s, v);
}

void tare__out_count(struct tare__stat *s, const char *key, uint64_t v)
{
    tare_json_put_key(s->w, key);
    tare_json_put_u64(s->w, v);
}

void tare__out_bool(struct tare__stat *s, const char *key, bool v)
{
    tare_json_put_key(s->w, key);
    tare_json_put_bool(s->w, v);
}

void tare__out_text(struct tare__stat *s, const char *key, const char *v)
{
    tare_json_put_key(s->w, key);
    tare_json_put_cstr(s->w, v);
}

void tare__out_unavailable(struct tare__stat *s, const char *key, const char *why)
{
    tare_json_put_key(s->w, key);
    tare_json_put_null(s->w);
    if (s->reasons < TARE__STAT_REASONS) {
        s->reason[s->reasons].key = key;
        s->reason[s->reasons++].why = why;
    }
}

void tare__out_value(struct tare__stat *s, const char *key, struct tare_value v)
{
    if (v.why)
        tare__out_unavailable(s, key, v.why);
    else
        tare__out_num(s, key, v.v);
}

void tare__out_interval(struct tare__stat *s, const char *key, struct tare_interval v)
{
    if (v.why)
        tare__out_unavailable(s, key, v.why);
    else
        tare__out_nums(s, key, (const double[]){v.lo, v.hi}, 2);
}

void tare__out_nums(struct tare__stat *s, const char *key, const double *v, size_t n)
{
    tare_json_put_key(s->w, key);
    tare_json_begin_array(s->w);
    for (size_t i = 0; i < n; i++)
        tare__out_raw(s, v[i]);
    tare_json_end_array(s->w);
}
