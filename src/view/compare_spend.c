#include <math.h>
#include <stdio.h>

#include "view/compare_text.h"

#include "base/banned.h"

/* "$0.0124", "1,240": enough digits to tell the sides apart. */
static struct tare_number amount(const struct tare_spend *s, double x)
{
    struct tare_number out = {""};
    if (!s->money && fabs(x) < 1e15)
        return tare_number_count((uint64_t)(fabs(x) + 0.5));
    (void)snprintf(out.s, sizeof out.s, s->money ? "$%.4g" : "%.4g", fabs(x));
    return out;
}

static void put_signed(struct tare_buf *out, const struct tare_spend *s, double x, bool unicode)
{
    tare_buf_printf(out, "%s%s", x < 0 ? (unicode ? "\xe2\x88\x92" : "-") : "+", amount(s, x).s);
}

static void put_line(struct tare_buf *out, const struct tare_spend *s, double level, bool unicode)
{
    tare_buf_printf(out, "%s per %s: ", s->money ? "cost" : "tokens",
                    s->per_solved ? "solved task" : "task");
    if (s->why) {
        tare_buf_printf(out, "unknown, %s\n", s->why);
        return;
    }
    tare_buf_printf(out, "%s, then %s; ", amount(s, s->a).s, amount(s, s->b).s);
    put_signed(out, s, s->diff, unicode);
    if (s->ci.why) {
        tare_buf_printf(out, " (no interval: %s)", s->ci.why);
    } else {
        tare_buf_printf(out, " (%s %.4g %% interval ", s->ci_method, level);
        put_signed(out, s, s->ci.lo, unicode);
        tare_buf_puts(out, " to ");
        put_signed(out, s, s->ci.hi, unicode);
        tare_buf_putc(out, ')');
    }
    if (s->unknown)
        tare_buf_printf(out, ", unknown of %s task%s", tare_number_count(s->unknown).s,
                        s->unknown == 1 ? "" : "s");
    tare_buf_putc(out, '\n');
}

void tare__say_spend(struct tare_buf *out, const struct tare_compare *c, bool unicode)
{
    for (uint32_t i = 0; i < c->n_spend; i++)
        put_line(out, &c->spend[i], 100 * (1 - c->alpha), unicode);
}
