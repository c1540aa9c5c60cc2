#include "cli/value.h"

#include <math.h>

#include "base/num.h"
#include "text/fields.h"

#include "base/banned.h"

static void *field(void *opts, size_t at)
{
    return (char *)opts + at;
}

static bool has_limits(const struct tare_opt *opt)
{
    return opt->min < 0 || opt->min > 0 || opt->max < 0 || opt->max > 0;
}

/* 4 rather than 4.0: limits are shown as people write them. */
static void show_number(double x, char out[32])
{
    size_t n = tare_num_repr(x, out);
    if (n > 2 && out[n - 1] == '0' && out[n - 2] == '.')
        out[n - 2] = '\0';
}

static enum tare_status out_of_range(const struct tare_opt *opt, const char *shown,
                                     struct tare_str text, struct tare_err *err)
{
    char low[32], high[32];
    show_number(opt->min, low);
    show_number(opt->max, high);
    (void)tare_fail(err, TARE_E_USAGE, "%s: %.*s is out of range", shown, TARE_FMT(text));
    if (isinf(opt->max))
        tare_err_hint(err, "give a number of at least %s", low);
    else
        tare_err_hint(err, "give a number from %s to %s", low, high);
    return TARE_E_USAGE;
}

static enum tare_status set_int(const struct tare_opt *opt, const char *shown, struct tare_str text,
                                int64_t *out, struct tare_err *err)
{
    int64_t v = 0;
    if (!tare_str_to_i64(text, &v)) {
        (void)tare_fail(err, TARE_E_USAGE, "%s: \"%.*s\" is not a whole number", shown,
                        TARE_FMT(text));
        tare_err_hint(err, "write digits only, for example %s %.0f", shown,
                      opt->min > 4 ? opt->min : 4);
        return TARE_E_USAGE;
    }
    if (has_limits(opt) && ((double)v < opt->min || (double)v > opt->max))
        return out_of_range(opt, shown, text, err);
    *out = v;
    return TARE_OK;
}

static enum tare_status set_float(const struct tare_opt *opt, const char *shown,
                                  struct tare_str text, double *out, struct tare_err *err)
{
    double v = 0;
    if (!tare_str_to_f64(text, &v)) {
        (void)tare_fail(err, TARE_E_USAGE, "%s: \"%.*s\" is not a number", shown, TARE_FMT(text));
        tare_err_hint(err, "write a decimal number, for example %s 0.5", shown);
        return TARE_E_USAGE;
    }
    if (has_limits(opt) && (v < opt->min || v > opt->max))
        return out_of_range(opt, shown, text, err);
    *out = v;
    return TARE_OK;
}

static enum tare_status set_prob(const char *shown, struct tare_str text, double *out,
                                 struct tare_err *err)
{
    double v = 0;
    bool percent = tare_str_ends(text, TARE_S("%"));
    bool ok = tare_str_to_f64(percent ? tare_str_n(text.p, text.n - 1) : text, &v);
    if (percent)
        v /= 100;
    if (!ok || !(v > 0 && v < 1)) {
        (void)tare_fail(err, TARE_E_USAGE, "%s: \"%.*s\" is not a probability", shown,
                        TARE_FMT(text));
        tare_err_hint(err, "give a number between 0 and 1, for example 0.95 or 95%%");
        return TARE_E_USAGE;
    }
    *out = v;
    return TARE_OK;
}

static enum tare_status set_choice(const struct tare_opt *opt, const char *shown,
                                   struct tare_str text, int *out, struct tare_err *err)
{
    char list[256] = "";
    size_t n = 0;
    for (int i = 0; opt->choices[i]; i++) {
        if (tare_str_is(text, opt->choices[i])) {
            *out = i;
            return TARE_OK;
        }
        int put = snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", opt->choices[i]);
        if (put > 0 && (size_t)put < sizeof list - n)
            n += (size_t)put;
    }
    const char *near = tare_suggest(text, opt->choices);
    (void)tare_fail(err, TARE_E_USAGE, "%s: there is no choice \"%.*s\"", shown, TARE_FMT(text));
    if (near)
        tare_err_hint(err, "did you mean \"%s\"? Choices: %s", near, list);
    else
        tare_err_hint(err, "choices: %s", list);
    return TARE_E_USAGE;
}

enum tare_status tare_cli_set(const struct tare_opt *opt, const char *shown, struct tare_str text,
                              void *opts, struct tare_err *err)
{
    void *at = field(opts, opt->at);
    switch (opt->type) {
    case TARE_OPT_STRING:
    case TARE_OPT_MAYBE:
        *(struct tare_str *)at = text;
        return TARE_OK;
    case TARE_OPT_INT:
        return set_int(opt, shown, text, at, err);
    case TARE_OPT_FLOAT:
        return set_float(opt, shown, text, at, err);
    case TARE_OPT_PROB:
        return set_prob(shown, text, at, err);
    case TARE_OPT_CHOICE:
        return set_choice(opt, shown, text, at, err);
    case TARE_OPT_FLAG:
    case TARE_OPT_REPEAT:
        break;
    }
    return tare_fail(err, TARE_E_STATE, "%s: an option of this type has no single value", shown);
}

void tare_cli_unset(const struct tare_opt *opt, void *opts)
{
    void *at = field(opts, opt->at);
    switch (opt->type) {
    case TARE_OPT_FLAG:
        *(bool *)at = false;
        break;
    case TARE_OPT_STRING:
    case TARE_OPT_MAYBE:
        *(struct tare_str *)at = tare_str_n(NULL, 0);
        break;
    case TARE_OPT_REPEAT:
        *(struct tare_strs *)at = (struct tare_strs){NULL, 0};
        break;
    case TARE_OPT_INT:
        *(int64_t *)at = TARE_INT_UNSET;
        break;
    case TARE_OPT_FLOAT:
    case TARE_OPT_PROB:
        *(double *)at = NAN;
        break;
    case TARE_OPT_CHOICE:
        *(int *)at = -1;
        break;
    }
}

struct tare_str tare_cli_metavar(const struct tare_opt *opt, struct tare_arena *arena)
{
    if (opt->metavar)
        return tare_str_of(opt->metavar);
    switch (opt->type) {
    case TARE_OPT_FLAG:
        return TARE_S("");
    case TARE_OPT_INT:
        return TARE_S("N");
    case TARE_OPT_FLOAT:
        return TARE_S("X");
    case TARE_OPT_PROB:
        return TARE_S("P");
    case TARE_OPT_CHOICE:
        break;
    case TARE_OPT_STRING:
    case TARE_OPT_REPEAT:
    case TARE_OPT_MAYBE:
        return TARE_S("TEXT");
    }
    struct tare_str all = tare_str_of(opt->choices[0]);
    for (int i = 1; opt->choices[i]; i++)
        all = tare_arena_printf(arena, "%.*s|%s", TARE_FMT(all), opt->choices[i]);
    return all;
}
