/* One value with the faults of the closed list, by the reader of tool calls. */
#include "text/calls_int.h"
#include "text/json_extract.h"

#include "base/limits.h"

#include "base/banned.h"

#define FENCE "```"
#define MAX_CLOSERS 3u /* too many at the end */

/* Over the fence around the whole; false: the fence is open. */
static bool open_fence(struct tare__calls *c)
{
    tare__calls_blank(c);
    if (!tare__calls_skip(c, FENCE))
        return true;
    while (!tare__calls_done(c) && c->text.p[c->i] >= 'a' && c->text.p[c->i] <= 'z')
        c->i++;
    c->rep |= TARE_R_FENCE;
    return tare_str_ends(c->text, TARE_S(FENCE));
}

static void extra_closers(struct tare__calls *c)
{
    size_t from = c->i;
    unsigned n = 0;
    for (tare__calls_blank(c); tare__calls_skip(c, "}") || tare__calls_skip(c, "]"); n++)
        tare__calls_blank(c);
    if (n > MAX_CLOSERS)
        c->i = from;
    else if (n > 0)
        c->rep |= TARE_R_EXTRA_CLOSER;
}

/* The whole text, mended. */
static bool mended(struct tare__calls *c, struct tare_json *value)
{
    if (!open_fence(c))
        return false;
    if (tare__calls_literal(c, TARE__JSON, NULL, NULL) != TARE__READ_OK || c->n_words > 0)
        return false; /* words without quotes: no schema says that they are texts */
    extra_closers(c);
    if (c->rep & TARE_R_FENCE)
        (void)tare__calls_skip(c, FENCE);
    tare__calls_blank(c);
    return tare__calls_done(c) && tare__calls_document(c, 0, value);
}

enum tare_status tare_json_mend(struct tare_str text, struct tare_arena *arena,
                                struct tare_json *value, uint32_t *repairs, struct tare_err *err)
{
    struct tare_calls_opts opts = {0};
    struct tare_calls record;
    struct tare__calls c;
    *repairs = 0;
    enum tare_status st = tare_json_parse(text, NULL, arena, value, err);
    if (st != TARE_E_INPUT)
        return st;
    struct tare_err own = {0};
    st = tare__calls_setup(&c, tare_str_trim(text), &opts, arena, &record, &own);
    if (st != TARE_OK)
        return st == TARE_E_NOMEM ? tare_fail(err, st, "%s", own.text) : TARE_E_INPUT;
    /* nothing to mend, and yet no JSON: a blank that JSON does not know */
    bool ok = mended(&c, value) && c.rep != 0;
    if (ok)
        *repairs = c.rep;
    tare__calls_teardown(&c);
    if (c.nomem)
        return tare_fail(err, TARE_E_NOMEM, "no memory to mend JSON");
    if (ok && err)
        *err = (struct tare_err){0};
    return ok ? TARE_OK : TARE_E_INPUT;
}
