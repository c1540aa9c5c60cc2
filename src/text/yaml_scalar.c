/* Plain scalars after YAML 1.2's core schema, numbers in decimal only. */
#include "text/yaml_int.h"

#include "base/banned.h"

static size_t digits(struct tare_str s, size_t i)
{
    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
        i++;
    return i;
}

static bool one_of(struct tare_str s, const char *const *names)
{
    for (; *names; names++)
        if (tare_str_is(s, *names))
            return true;
    return false;
}

/* Where the digits before the point, the digits after it and the exponent stand. */
struct parts {
    bool negative;
    struct tare_str lead, frac, exponent;
};

/* [-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)? as a whole. A number that begins with a
 * needless 0 ("007") is text: YAML 1.1 and 1.2 read it differently, and it is a name as a rule. */
static bool split(struct tare_str s, struct parts *out)
{
    size_t i = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+'), j;
    out->negative = s.n > 0 && s.p[0] == '-';
    j = digits(s, i);
    out->lead = tare_str_n(s.p + i, j - i);
    out->frac = out->exponent = tare_str_n(s.p, 0);
    if (out->lead.n > 1 && out->lead.p[0] == '0')
        return false;
    if (j < s.n && s.p[j] == '.') {
        i = digits(s, j + 1);
        out->frac = tare_str_n(s.p + j, i - j); /* with its point */
        j = i;
    }
    if (out->lead.n == 0 && out->frac.n < 2)
        return false;
    if (j < s.n && (s.p[j] == 'e' || s.p[j] == 'E')) {
        i = j + 1;
        i += i < s.n && (s.p[i] == '-' || s.p[i] == '+');
        size_t stop = digits(s, i);
        if (stop == i)
            return false;
        out->exponent = tare_str_n(s.p + j, stop - j);
        j = stop;
    }
    return s.n > 0 && j == s.n;
}

static bool number(struct tare__yaml *y, struct tare__json_node *v, const struct parts *p)
{
    bool integer = p->frac.n == 0 && p->exponent.n == 0;
    struct tare_str lexeme =
        tare_arena_printf(y->arena, "%s%.*s%.*s%s%.*s", p->negative ? "-" : "", TARE_FMT(p->lead),
                          TARE_FMT(p->frac), p->frac.n == 1 ? "0" : "", TARE_FMT(p->exponent));
    if (lexeme.p && p->lead.n == 0)
        lexeme = tare_arena_printf(y->arena, "%s0%.*s", p->negative ? "-" : "",
                                   (int)(lexeme.n - p->negative), lexeme.p + p->negative);
    if (!lexeme.p)
        return tare__yaml_no_memory(y);
    v->kind = TARE_JSON_NUMBER;
    v->flags |= integer ? TARE__JSON_INTEGER : 0;
    v->u.s = lexeme.p;
    v->len = (uint32_t)lexeme.n;
    return true;
}

bool tare__yaml_plain(struct tare__yaml *y, struct tare__json_node *v, struct tare_str text)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", NULL};
    static const char *const falses[] = {"false", "False", "FALSE", NULL};
    struct parts p;
    if (text.n > TARE_MAX_JSON_NUMBER_DIGITS || !split(text, &p)) {
        struct tare_str copy = tare_arena_copy(y->arena, text);
        v->kind = (uint8_t)(one_of(text, nulls)    ? TARE_JSON_NULL
                            : one_of(text, trues)  ? TARE_JSON_TRUE
                            : one_of(text, falses) ? TARE_JSON_FALSE
                                                   : TARE_JSON_STRING);
        v->u.s = copy.p;
        v->len = (uint32_t)copy.n;
        return copy.p || tare__yaml_no_memory(y);
    }
    return number(y, v, &p);
}
