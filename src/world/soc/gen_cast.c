/* Who there is: entities with drawn names, which of them are in an incident, and who only looks
 * suspicious. Nothing about a name or its place in the list tells the part it plays. */
#include "world/soc/gen_int.h"

#include "base/banned.h"

uint32_t tare__gen_range(struct tare__gen_story *s, uint32_t lo, uint32_t hi)
{
    return lo + tare_rng_below(&s->rng, hi - lo + 1);
}

bool tare__gen_chance(struct tare__gen_story *s, uint32_t percent)
{
    return tare_rng_below(&s->rng, 100) < percent;
}

const char *tare__gen_pick(struct tare__gen_story *s, enum tare__gen_set set)
{
    struct tare__gen_texts t = tare__gen_texts(set);
    return t.v[tare_rng_below(&s->rng, t.n)];
}

static struct tare_str new_name(struct tare__gen_story *s, enum tare__gen_kind kind)
{
    switch (kind) {
    case GEN_USER:
        return tare_arena_printf(s->arena, "u-%s-%02x", tare__gen_pick(s, TARE__GEN_FAMILY),
                                 tare_rng_below(&s->rng, 256));
    case GEN_HOST: {
        const char *site = tare__gen_pick(s, TARE__GEN_SITE);
        const char *host = tare__gen_pick(s, TARE__GEN_HOST_KIND);
        return tare_arena_printf(s->arena, "%s-%s-%04x", site, host,
                                 tare_rng_below(&s->rng, 65536));
    }
    case GEN_DOMAIN: {
        const char *a = tare__gen_pick(s, TARE__GEN_WORD_A);
        const char *b = tare__gen_pick(s, TARE__GEN_WORD_B);
        const char *dash = tare__gen_chance(s, 30) ? "-" : "";
        return tare_arena_printf(s->arena, "%s%s%s.%s", a, dash, b,
                                 tare__gen_pick(s, TARE__GEN_TLD));
    }
    case GEN_TARGET: {
        const char *type = tare__gen_pick(s, TARE__GEN_DATA_KIND);
        const char *what = tare__gen_pick(s, TARE__GEN_DATA_SUBJECT);
        return tare_arena_printf(s->arena, "%s-%s-%s%u", type, what,
                                 tare__gen_pick(s, TARE__GEN_REGION),
                                 tare_rng_below(&s->rng, 9) + 1);
    }
    case GEN_VECTOR:
        return tare_str_of(tare__gen_pick(s, TARE__GEN_VECTOR));
    default:
        return tare_str_n(NULL, 0);
    }
}

/* No name may stand inside another one: rows name entities by their text. */
static bool clashes(const struct tare__gen_cast *c, enum tare__gen_kind kind, struct tare_str name)
{
    for (uint32_t i = 0; i < c->n[kind]; i++) {
        if (tare_str_find(c->id[kind][i], name) != SIZE_MAX ||
            tare_str_find(name, c->id[kind][i]) != SIZE_MAX)
            return true;
    }
    return false;
}

static void add_entities(struct tare__gen_story *s, enum tare__gen_kind kind, uint32_t n)
{
    struct tare__gen_cast *c = &s->cast;
    while (c->n[kind] < n && !s->failed) {
        struct tare_str name = new_name(s, kind);
        if (name.p == NULL)
            s->failed = true;
        else if (!clashes(c, kind, name))
            c->id[kind][c->n[kind]++] = name;
    }
    for (uint32_t i = 0; i < n; i++)
        c->incident_of[kind][i] = GEN_NO;
}

static void add_people(struct tare__gen_story *s)
{
    struct tare__gen_cast *c = &s->cast;
    struct tare_str company = c->id[GEN_DOMAIN][c->internal];
    for (uint32_t i = 0; i < c->n[GEN_USER]; i++) {
        const char *given = tare__gen_pick(s, TARE__GEN_GIVEN);
        struct tare_str id = c->id[GEN_USER][i];
        struct tare_str family = tare_str_n(id.p + 2, id.n - 5);
        c->user_name[i] = tare_arena_printf(s->arena, "%s %.*s", given, TARE_FMT(family));
        c->user_mail[i] =
            tare_arena_printf(s->arena, "%s.%.*s@%.*s", given, TARE_FMT(family), TARE_FMT(company));
        s->failed = s->failed || c->user_mail[i].p == NULL || c->user_name[i].p == NULL;
    }
    for (uint32_t i = 0; i < c->n[GEN_HOST]; i++)
        c->host_owner[i] = tare__gen_anyone(s, GEN_USER);
}

/* One that no incident has yet; vectors may be shared. */
static uint32_t draft(struct tare__gen_story *s, enum tare__gen_kind kind, uint32_t incident)
{
    struct tare__gen_cast *c = &s->cast;
    for (;;) {
        uint32_t e = tare__gen_anyone(s, kind);
        if (kind == GEN_VECTOR) {
            c->incident_of[kind][e] = incident;
            return e;
        }
        if (c->incident_of[kind][e] != GEN_NO || (kind == GEN_DOMAIN && e == c->internal))
            continue;
        c->incident_of[kind][e] = incident;
        return e;
    }
}

void tare__gen_cast(struct tare__gen_story *s)
{
    struct tare__gen_cast *c = &s->cast;
    /* the spread hides how many incidents there are */
    uint32_t more = s->n_incidents > 1 ? s->n_incidents - 1 : 0;
    add_entities(s, GEN_USER, s->size->users + 2 * more + tare__gen_range(s, 0, 3));
    add_entities(s, GEN_HOST, s->size->hosts + 2 * more + tare__gen_range(s, 0, 3));
    add_entities(s, GEN_DOMAIN, s->size->domains + 2 * more + tare__gen_range(s, 0, 3));
    add_entities(s, GEN_TARGET, s->size->targets + 2 * more + tare__gen_range(s, 0, 3));
    add_entities(s, GEN_VECTOR, s->size->vectors);
    if (s->failed)
        return;
    c->internal = tare__gen_anyone(s, GEN_DOMAIN);
    add_people(s);
    for (uint32_t i = 0; i < s->n_incidents; i++) {
        struct tare__gen_incident *inc = &s->incident[i];
        for (uint32_t k = 0; k < GEN_KINDS; k++)
            inc->e[k] = draft(s, (enum tare__gen_kind)k, i);
        inc->id = tare_arena_printf(s->arena, "i%u", i + 1);
        inc->reached = GEN_NO;
        if (s->opt->tier >= TARE_SOC_TIER_STANDARD)
            inc->reached = draft(s, GEN_HOST, i);
        s->failed = s->failed || inc->id.p == NULL;
    }
    for (uint32_t k = 0; k < GEN_KINDS; k++)
        c->rod[k] = GEN_NO;
    for (uint32_t k = 0; k < GEN_VECTOR; k++)
        c->rod[k] = tare__gen_bystander(s, (enum tare__gen_kind)k, GEN_NO);
}

uint32_t tare__gen_anyone(struct tare__gen_story *s, enum tare__gen_kind kind)
{
    return tare_rng_below(&s->rng, s->cast.n[kind]);
}

uint32_t tare__gen_bystander(struct tare__gen_story *s, enum tare__gen_kind kind, uint32_t except)
{
    const struct tare__gen_cast *c = &s->cast;
    if (c->rod[kind] != GEN_NO && c->rod[kind] != except && tare__gen_chance(s, 45))
        return c->rod[kind];
    for (;;) {
        uint32_t e = tare__gen_anyone(s, kind);
        bool own = kind == GEN_DOMAIN && e == c->internal;
        if (e != except && c->incident_of[kind][e] == GEN_NO && !own)
            return e;
    }
}
