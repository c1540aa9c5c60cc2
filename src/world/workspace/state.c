/* What a step wrote, read or changed of the work folder, for the record. */
#include "world/workspace/workspace_int.h"

#include "base/banned.h"

static void put(struct tare_json_writer *out, const char *op, struct tare_str name,
                const struct tare_digest *d)
{
    char hex[65];
    tare_json_begin_object(out);
    tare_json_member_cstr(out, "op", op);
    tare_json_put_key(out, "name");
    tare_json_put_str(out, name);
    if (d) {
        tare_digest_hex(*d, hex);
        tare_json_member_str(out, "sha256", tare_str_n(hex, 16));
    }
    tare_json_end_object(out);
}

/* In the list, which is sorted by path; NULL: it is not there. */
static const struct tare_box_entry *find(const struct tare__ws_look *look, struct tare_str path)
{
    uint32_t lo = 0, hi = look->n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        int c = tare_str_cmp(look->v[mid].path, path);
        if (c == 0)
            return &look->v[mid];
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

void tare__ws_state_json(const void *world, struct tare_json_writer *out)
{
    static const char *const ops[] = {[TARE_WORKSPACE_VIEW] = "read",
                                      [TARE_WORKSPACE_CREATE] = "create",
                                      [TARE_WORKSPACE_REPLACE] = "edit",
                                      [TARE_WORKSPACE_INSERT] = "edit"};
    const struct tare__ws *w = world;
    const struct tare_fact *facts = (const void *)w->facts.p;
    const struct tare_str *names = (const void *)w->names.p;
    uint32_t n = (uint32_t)(w->facts.n / sizeof *facts);
    if (w->edited >= 0)
        put(out, ops[w->edited], w->path, &w->path_digest);
    if (w->view.verb != TARE_WORKSPACE_SHELL)
        return;
    for (uint32_t i = w->step_facts; i < n; i++) {
        if (facts[i].kind != TARE_FACT_TOUCHED)
            continue;
        struct tare_str path = names[facts[i].entity];
        const struct tare_box_entry *e = find(&w->now, path);
        put(out, e ? "change" : "remove", path, e ? &e->digest : NULL);
    }
}
