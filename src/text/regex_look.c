/*
 * Look-around where it is about the beginning of the text: ^(?!x)(?=y)rest. Then what is looked for
 * are conditions beside the rest, each an expression of its own. Anywhere else it stays refused.
 */
#include "text/regex_int.h"

#include "base/banned.h"

#define MAX_LOOKS 16u

/* Behind the class that begins at `at`, or the end of the text. */
static size_t behind_class(struct tare_str text, size_t at)
{
    for (at++; at < text.n && text.p[at] != ']'; at++)
        at += text.p[at] == '\\';
    return at + 1;
}

/* Behind the group that begins at `at`; 0: it does not end. */
static size_t behind_group(struct tare_str text, size_t at)
{
    unsigned depth = 0;
    while (at < text.n) {
        char c = text.p[at];
        depth += c == '(';
        depth -= c == ')';
        if (depth == 0)
            return at + 1;
        at = c == '[' ? behind_class(text, at) : at + (c == '\\' ? 2 : 1);
    }
    return 0;
}

/* No alternatives but in groups. */
static bool one_branch(struct tare_str text)
{
    for (size_t at = 0; at < text.n;) {
        char c = text.p[at];
        if (c == '|')
            return false;
        if (c == '(')
            at = behind_group(text, at);
        else
            at = c == '[' ? behind_class(text, at) : at + (c == '\\' ? 2 : 1);
        if (at == 0)
            return false;
    }
    return true;
}

struct look {
    struct tare_str inside;
    bool no;
};

static bool looks(struct tare_str text)
{
    return tare_str_starts(text, TARE_S("(?!")) || tare_str_starts(text, TARE_S("(?="));
}

/* The groups that look ahead from the beginning, and the rest behind them. 0: there are none, or it
 * is not as simple as that. */
static uint32_t take_apart(struct tare_str pattern, struct look *out, struct tare_str *rest)
{
    uint32_t n = 0;
    bool begun = false;
    size_t at = 0;
    for (;;) {
        struct tare_str here = tare_str_n(pattern.p + at, pattern.n - at);
        if (here.n && here.p[0] == '^' && !begun) {
            begun = true;
            at++;
            continue;
        }
        if (!looks(here))
            break;
        size_t end = behind_group(here, 0);
        if (n == MAX_LOOKS || end == 0 || (end < here.n && strchr("*+?{", here.p[end])))
            return 0;
        out[n++] = (struct look){tare_str_n(here.p + 3, end - 4), here.p[2] == '!'};
        at += end;
    }
    *rest = tare_str_n(pattern.p + at, pattern.n - at);
    return begun && one_branch(*rest) ? n : 0;
}

static enum tare_status compile(struct tare_arena *arena, struct tare_work *work,
                                struct tare_str inside, const struct tare_regex **out,
                                struct tare_err *err)
{
    struct tare_str text = tare_arena_printf(arena, "^(?:%.*s)", TARE_FMT(inside));
    if (!text.p)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a pattern");
    return tare__regex_compile(text, work, arena, out, err);
}

enum tare_status tare_regex_compile(struct tare_str pattern, struct tare_work *work,
                                    struct tare_arena *arena, const struct tare_regex **out,
                                    struct tare_err *err)
{
    struct look look[MAX_LOOKS];
    struct tare_str rest = {0};
    uint32_t n = pattern.n <= TARE__REGEX_MAX_PATTERN_BYTES ? take_apart(pattern, look, &rest) : 0;
    const struct tare_regex *main = NULL;
    if (n == 0)
        return tare__regex_compile(pattern, work, arena, out, err);
    enum tare_status st = compile(arena, work, rest, &main, err);
    struct tare_regex *re = st ? NULL : TARE_NEW(arena, struct tare_regex);
    struct tare__regex_look *list = st ? NULL : TARE_NEW_N(arena, struct tare__regex_look, n);
    if (!st && (!re || !list))
        st = tare_fail(err, TARE_E_NOMEM, "no memory for a pattern");
    for (uint32_t i = 0; i < n && !st; i++) {
        list[i].no = look[i].no;
        st = compile(arena, work, look[i].inside, &list[i].re, err);
    }
    if (st)
        return st;
    *re = *main;
    re->looks = list;
    re->n_looks = n;
    *out = re;
    return TARE_OK;
}
