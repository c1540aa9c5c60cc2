/* Numbers, choices and JSON in an answer. */
#include <math.h>

#include "base/limits.h"
#include "check/answer_int.h"
#include "text/json_extract.h"

#include "base/banned.h"

/* ---- numbers ----------------------------------------------------------------------------- */

static bool digit(struct tare_str s, size_t at)
{
    return at < s.n && s.p[at] >= '0' && s.p[at] <= '9';
}

static bool letter(struct tare_str s, size_t at)
{
    return at < s.n && ((s.p[at] >= 'a' && s.p[at] <= 'z') || (s.p[at] >= 'A' && s.p[at] <= 'Z') ||
                        s.p[at] == '_' || (uint8_t)s.p[at] >= 0x80);
}

/* A number being read: where it is, and its digits without what groups them. */
struct number {
    struct tare_str s;
    size_t at, n;
    char plain[400];
};

static void take_digits(struct number *x)
{
    while (digit(x->s, x->at) && x->n + 8 < sizeof x->plain)
        x->plain[x->n++] = x->s.p[x->at++];
}

static bool at_char(const struct number *x, char c)
{
    return x->at < x->s.n && x->s.p[x->at] == c;
}

/* A minus between numbers, or behind a bracket, is no sign. */
static void take_sign(struct number *x)
{
    bool between = x->at > 0 && (digit(x->s, x->at - 1) || x->s.p[x->at - 1] == ')');
    if (at_char(x, '-') && !between)
        x->plain[x->n++] = '-';
    if (at_char(x, '-') || at_char(x, '+'))
        x->at++;
    if (at_char(x, '$'))
        x->at++;
}

/* A comma before exactly three digits groups them. */
static void take_whole(struct number *x)
{
    for (;;) {
        take_digits(x);
        size_t at = x->at;
        if (!at_char(x, ',') || !digit(x->s, at + 1) || !digit(x->s, at + 2) ||
            !digit(x->s, at + 3) || digit(x->s, at + 4))
            break;
        x->at++;
    }
    if (x->n == 0 || x->plain[x->n - 1] == '-')
        x->plain[x->n++] = '0';
}

static void take_rest(struct number *x)
{
    if (at_char(x, '.') && digit(x->s, x->at + 1)) {
        x->plain[x->n++] = '.';
        x->at++;
        take_digits(x);
    }
    if (!at_char(x, 'e') && !at_char(x, 'E'))
        return;
    size_t e = x->at + 1;
    bool sign = e < x->s.n && (x->s.p[e] == '-' || x->s.p[e] == '+');
    if (!digit(x->s, e + sign) || x->n + 16 > sizeof x->plain)
        return;
    x->plain[x->n++] = 'e';
    if (sign && x->s.p[e] == '-')
        x->plain[x->n++] = '-';
    x->at = e + sign;
    take_digits(x);
}

/* Leading zeros are no JSON number. */
static void drop_zeros(struct number *x)
{
    size_t zero = x->plain[0] == '-';
    while (x->n - zero > 1 && x->plain[zero] == '0' && x->plain[zero + 1] >= '0' &&
           x->plain[zero + 1] <= '9') {
        memmove(x->plain + zero, x->plain + zero + 1, x->n - zero - 1);
        x->n--;
    }
}

/* The number that begins at `at`: its end, or 0 when there is none. */
static size_t number_at(struct tare_str s, size_t at, double *out)
{
    struct number x = {.s = s, .at = at};
    if (at > 0 && letter(s, at - 1))
        return 0; /* a part of a word: "x2" */
    take_sign(&x);
    if (!digit(s, x.at) && !(at_char(&x, '.') && digit(s, x.at + 1)))
        return 0;
    take_whole(&x);
    take_rest(&x);
    drop_zeros(&x);
    return tare_str_to_f64(tare_str_n(x.plain, x.n), out) ? x.at : 0;
}

/* Behind the last of the words that announce an answer, or 0. */
static size_t behind_marker(struct tare_str s)
{
    static const char *const markers[] = {"####",    "\\boxed{", "answer is", "Answer is",
                                          "answer:", "Answer:",  "ANSWER:",   "**Answer**:"};
    size_t best = 0;
    for (size_t m = 0; m < sizeof markers / sizeof *markers; m++) {
        struct tare_str mark = tare_str_of(markers[m]);
        for (size_t at = 0; at < s.n;) {
            size_t found = tare_str_find(tare_str_n(s.p + at, s.n - at), mark);
            if (found == SIZE_MAX)
                break;
            at += found + mark.n;
            if (at > best)
                best = at;
        }
    }
    return best;
}

/* The number meant. Returns how many different ones stand there where none is announced. */
static uint32_t read_number(struct tare_str s, int pick, double *out)
{
    size_t marker = pick == TARE__PICK_AUTO ? behind_marker(s) : 0;
    uint32_t n = 0;
    double x;
    for (size_t at = marker; at < s.n;) {
        size_t end = number_at(s, at, &x);
        if (!end) {
            at++;
            continue;
        }
        if (n == 0 || x != *out)
            n++;
        if (n == 1 || pick == TARE__PICK_LAST)
            *out = x;
        if (marker || pick == TARE__PICK_FIRST)
            return 1;
        at = end;
    }
    if (n == 0 && marker)
        return read_number(s, TARE__PICK_LAST, out);
    return pick == TARE__PICK_LAST && n ? 1 : n;
}

struct tare__found tare__find_number(struct tare__look *l, const struct tare__check *c)
{
    double want, got = 0;
    bool any = false;
    uint32_t n = tare__want_count(l, &c->value);
    uint32_t found = read_number(l->output, c->pick, &got);
    for (uint32_t i = 0; i < n; i++) {
        struct tare_str text = tare__want(l, &c->value, i);
        if (!text.p || read_number(text, TARE__PICK_FIRST, &want) == 0)
            continue;
        any = true;
        double room = c->percent ? c->tolerance * fabs(want) : c->tolerance;
        if (found == 1 && fabs(got - want) <= room)
            return tare__verdict(true, tare_arena_printf(l->arena, "%.17g is right", got));
    }
    if (!any)
        return tare__unknown(TARE_SCORE_UNAVAILABLE, TARE_S("no number is expected"));
    if (found == 0)
        return tare__verdict(false, TARE_S("there is no number"));
    if (found > 1)
        return tare__verdict(false, TARE_S("there are several numbers, and none is announced as "
                                           "the answer"));
    return tare__verdict(false, tare_arena_printf(l->arena, "%.17g is wrong", got));
}

/* ---- choices ----------------------------------------------------------------------------- */

static bool same_word(struct tare_str a, struct tare_str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        char x = a.p[i], y = b.p[i];
        x = x >= 'A' && x <= 'Z' ? (char)(x + 32) : x;
        y = y >= 'A' && y <= 'Z' ? (char)(y + 32) : y;
        if (x != y)
            return false;
    }
    return true;
}

struct options {
    struct tare_str v[26];
    uint32_t n;
    bool lettered; /* the options themselves are not known: A to Z */
};

static void read_options(struct tare__look *l, const struct tare__check *c, struct options *o)
{
    struct tare_json list = tare_json_get(l->in->task->input, "choices");
    if (!tare_json_present(list))
        list = tare_json_get(l->in->task->input, "options");
    *o = (struct options){0};
    for (uint32_t i = 0; i < c->any.n && o->n < 26; i++)
        o->v[o->n++] = tare__want(l, &c->any, i);
    if (o->n == 0)
        for (struct tare_json v = tare_json_first(list); tare_json_present(v) && o->n < 26;
             v = tare_json_next(v))
            o->v[o->n++] = tare_task_answer(v, l->arena);
    o->lettered = o->n == 0;
    if (o->lettered)
        o->n = 26;
}

/* The option that a short text is: its letter ("B", "(b)", "B."), its number or its text. */
static uint32_t option_of(const struct options *o, struct tare_str s)
{
    s = tare_str_trim(s);
    for (uint32_t i = 0; !o->lettered && i < o->n; i++)
        if (same_word(s, tare_str_trim(o->v[i])))
            return i;
    while (s.n && strchr("([*\"'`$", s.p[0]))
        s = tare_str_n(s.p + 1, s.n - 1);
    while (s.n && strchr(")].,:;*\"'`$!", s.p[s.n - 1]))
        s.n--;
    for (uint32_t i = 0; !o->lettered && i < o->n; i++)
        if (same_word(s, tare_str_trim(o->v[i])))
            return i;
    if (s.n == 1) {
        char letter_of = (char)(s.p[0] >= 'a' && s.p[0] <= 'z' ? s.p[0] - 32 : s.p[0]);
        if (letter_of >= 'A' && (uint32_t)(letter_of - 'A') < o->n)
            return (uint32_t)(letter_of - 'A');
    }
    return TARE__NONE;
}

/* The first word of a text, with its brackets. */
static struct tare_str first_word(struct tare_str s)
{
    s = tare_str_trim(s);
    size_t n = 0;
    while (n < s.n && s.p[n] != ' ' && s.p[n] != '\n' && s.p[n] != ')' && s.p[n] != ',' &&
           s.p[n] != '}')
        n++;
    return tare_str_n(s.p, n);
}

/* The option whose letter begins the text as a label: "B) because …", "(B) …", "B. …". */
static uint32_t label_at(const struct options *o, struct tare_str s)
{
    size_t at = s.n && s.p[0] == '(';
    if (at + 1 >= s.n || !strchr("):.", s.p[at + 1]) || s.p[at + 1] == 0)
        return TARE__NONE;
    return option_of(o, tare_str_n(s.p + at, 1));
}

/* The one option that the text names; TARE__NONE: none, or several. */
static uint32_t option_in(const struct options *o, struct tare_str s, bool *several)
{
    uint32_t one = option_of(o, s), n = 0;
    if (one != TARE__NONE)
        return one;
    size_t marker = behind_marker(s);
    if (marker) {
        struct tare_str rest = tare_str_n(s.p + marker, s.n - marker);
        size_t line = tare_str_find(rest, TARE_S("\n"));
        one = option_of(o, line == SIZE_MAX ? rest : tare_str_n(rest.p, line));
        if (one == TARE__NONE)
            one = option_of(o, first_word(rest));
        if (one != TARE__NONE)
            return one;
    }
    one = label_at(o, tare_str_trim(s));
    if (one != TARE__NONE)
        return one;
    for (uint32_t i = 0; !o->lettered && i < o->n; i++)
        if (o->v[i].n > 1 && tare_str_find(s, o->v[i]) != SIZE_MAX) {
            one = i;
            n++;
        }
    *several = n > 1;
    return n == 1 ? one : TARE__NONE;
}

struct tare__found tare__find_choice(struct tare__look *l, const struct tare__check *c)
{
    struct options o;
    bool several = false;
    read_options(l, c, &o);
    struct tare_str text = tare__want(l, &c->value, 0);
    uint32_t want = text.p ? option_of(&o, text) : TARE__NONE;
    if (want == TARE__NONE)
        return tare__unknown(TARE_SCORE_UNAVAILABLE, TARE_S("what is expected is none of the "
                                                            "options"));
    uint32_t got = option_in(&o, l->output, &several);
    if (got == TARE__NONE)
        return tare__verdict(false, several ? TARE_S("it names several options")
                                            : TARE_S("it names no option"));
    return tare__verdict(got == want, tare_arena_printf(l->arena, "it chose %c", (int)('A' + got)));
}

/* ---- JSON -------------------------------------------------------------------------------- */

/* The value in a text, if possible one that holds to the schema; false: *found says what is there
 * instead. */
static bool json_inside(const struct tare__look *l, const struct tare__check *c,
                        struct tare_json *out, struct tare__found *found)
{
    struct tare_json_extract x;
    struct tare_err err = {0};
    enum tare_status st = tare_json_extract(l->output, c->schema, l->arena, &x, &err);
    if (st == TARE_OK && x.found == TARE_X_NONE && c->schema)
        st = tare_json_extract(l->output, NULL, l->arena, &x, &err);
    else if (st == TARE_OK && x.found == TARE_X_AMBIGUOUS) {
        *found = tare__verdict(true, TARE_S("it holds several such values (X_AMBIGUOUS)"));
        return false;
    }
    if (st != TARE_OK)
        *found =
            tare__unknown(TARE_SCORE_UNAVAILABLE, tare_arena_copy(l->arena, tare_str_of(err.text)));
    else if (x.found == TARE_X_AMBIGUOUS)
        *found = tare__verdict(false, TARE_S("no JSON in it holds to the schema"));
    else if (x.found == TARE_X_NONE)
        *found = tare__verdict(false, TARE_S("there is no JSON in it (X_NONE)"));
    *out = x.value;
    return st == TARE_OK && tare_json_present(x.value);
}

struct tare__found tare__find_json(struct tare__look *l, const struct tare__check *c)
{
    struct tare_json v;
    struct tare_err err = {0};
    struct tare_schema_fault *fault = NULL;
    struct tare__found none;
    if (c->inside) {
        if (!json_inside(l, c, &v, &none))
            return none;
    } else if (tare_json_parse(l->output, &tare_json_strict, l->arena, &v, &err) != TARE_OK) {
        return tare__verdict(false, tare_arena_printf(l->arena, "no JSON: %s: %s (byte %zu)",
                                                      err.fault, err.text, err.offset));
    }
    if (!c->schema)
        return tare__verdict(true, TARE_S("it is JSON"));
    if (tare_schema_check(c->schema, v, l->arena, &fault, &err) != TARE_OK)
        return tare__unknown(TARE_SCORE_UNAVAILABLE,
                             tare_arena_copy(l->arena, tare_str_of(err.text)));
    if (!fault)
        return tare__verdict(true, TARE_S("it holds to the schema"));
    return tare__verdict(false, tare_arena_printf(l->arena, "%.*s: %.*s",
                                                  TARE_FMT(fault->at.n ? fault->at : TARE_S("/")),
                                                  TARE_FMT(fault->says)));
}
