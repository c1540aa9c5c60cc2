/* Orders of a run's rows that were asked for. */
#include <math.h>

#include "view/api_int.h"

#include "base/banned.h"

static int compare_rows(const struct tare__keys *k, uint32_t a, uint32_t b)
{
    int d;
    if (k->text) {
        d = tare_str_cmp(k->text[a], k->text[b]);
    } else {
        double x = k->number[a], y = k->number[b];
        if (isnan(x) || isnan(y))
            return isnan(x) - isnan(y);
        d = x < y ? -1 : x > y;
    }
    return k->down ? -d : d;
}

void tare__sort_rows(uint32_t *v, uint32_t *room, uint32_t n, const struct tare__keys *k)
{
    uint32_t *from = v, *to = room;
    for (uint64_t width = 1; width < n; width *= 2) {
        for (uint64_t lo = 0; lo < n; lo += 2 * width) {
            uint64_t mid = lo + width < n ? lo + width : n, hi = mid + width < n ? mid + width : n;
            uint64_t i = lo, j = mid;
            for (uint64_t at = lo; at < hi; at++)
                to[at] = i < mid && (j >= hi || compare_rows(k, from[i], from[j]) <= 0) ? from[i++]
                                                                                        : from[j++];
        }
        uint32_t *other = from;
        from = to;
        to = other;
    }
    if (from != v)
        memcpy(v, from, n * sizeof *v);
}

bool tare__order_room(struct tare__order *o, uint32_t n)
{
    const struct tare_alc *alc = tare_alc_libc();
    if (n <= o->room)
        return true;
    struct tare_attempt_at *at = alc->get(alc->ctx, n * sizeof *at);
    if (!at)
        return false;
    if (o->at)
        alc->put(alc->ctx, o->at, o->room * sizeof *at);
    o->at = at;
    o->room = n;
    return true;
}

struct tare_str tare__family_tag(const struct tare_task_view *tasks, uint32_t n_tasks,
                                 const struct tare_results *r)
{
    const struct tare_str usual[] = {TARE_S("family"), TARE_S("category"), TARE_S("subject")};
    if (r->n_by)
        return r->by[0];
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        for (uint32_t t = 0; t < n_tasks && t < 100; t++)
            if (tare_task_view_tag(&tasks[t], usual[i]).n)
                return usual[i];
    return (struct tare_str){NULL, 0};
}
