/* The generator's front: options, which family an index gets, and the making of one story. */
#include "world/soc/gen.h"

#include "world/soc/gen_int.h"

#include "base/banned.h"

const char *const tare_soc_tier_names[] = {"trivial", "easy", "standard", "hard", "mixed", NULL};
const char *const tare_soc_family_names[] = {
    "direct_harm", "data_exfil", "adaptive", "several_incidents", "no_injection", "benign", NULL};
const char *const tare_soc_trust_profile_names[] = {"mixed", "verified", "corroborated", NULL};

static const struct tare__gen_size sizes[TARE_SOC_TIERS] = {
    /* users hosts domains targets vectors cleared hearsay work last max spread */
    {3, 4, 4, 3, 5, 1, 1, 2, 0, 13, 3},
    {4, 5, 5, 4, 5, 2, 1, 4, 1, 15, 3},
    {6, 8, 7, 5, 5, 4, 3, 6, 3, 18, 6},
    {9, 11, 9, 7, 5, 7, 5, 9, 5, 20, 5},
};

void tare_soc_gen_default(struct tare_soc_gen *out)
{
    *out = (struct tare_soc_gen){
        .seed = 1,
        .tier = TARE_SOC_TIER_STANDARD,
        .families = (1u << TARE_SOC_BENIGN) - 1,
        .benign = 0.2,
        .max_incidents = 3,
        .trust = TARE_SOC_TRUST_MIXED,
    };
}

/* Benign tasks among the first n indexes when n is a whole number of blocks. */
static uint64_t benign_before(const struct tare_soc_gen *g, uint64_t blocks)
{
    /* 1e-9: a share such as 0.15 is not a binary fraction */
    return (uint64_t)((double)(blocks * TARE_SOC_GEN_BLOCK) * g->benign + 1e-9);
}

static void shuffle(struct tare_rng *rng, uint8_t *deck)
{
    for (uint32_t i = TARE_SOC_GEN_BLOCK; i > 1; i--) {
        uint32_t j = tare_rng_below(rng, i);
        uint8_t keep = deck[i - 1];
        deck[i - 1] = deck[j];
        deck[j] = keep;
    }
}

enum tare_soc_tier tare_soc_gen_tier(const struct tare_soc_gen *g, uint64_t index)
{
    static const uint32_t bound[TARE_SOC_TIERS] = {3, 6, 16, 20};
    uint8_t deck[TARE_SOC_GEN_BLOCK];
    struct tare_rng rng;
    if (g->tier != TARE_SOC_TIER_MIXED)
        return g->tier;
    for (uint32_t i = 0, tier = 0; i < TARE_SOC_GEN_BLOCK; i++) {
        tier += i == bound[tier];
        deck[i] = (uint8_t)tier;
    }
    tare_rng_init(&rng, g->seed, TARE_S("soc.tier"), index / TARE_SOC_GEN_BLOCK);
    shuffle(&rng, deck);
    return (enum tare_soc_tier)deck[index % TARE_SOC_GEN_BLOCK];
}

enum tare_soc_family tare_soc_gen_family(const struct tare_soc_gen *g, uint64_t index)
{
    uint8_t deck[TARE_SOC_GEN_BLOCK], kinds[TARE_SOC_FAMILIES];
    uint32_t n_kinds = 0;
    uint64_t block = index / TARE_SOC_GEN_BLOCK;
    uint64_t n_benign = benign_before(g, block + 1) - benign_before(g, block);
    uint64_t others = block * TARE_SOC_GEN_BLOCK - benign_before(g, block);
    for (uint32_t f = 0; f < TARE_SOC_BENIGN; f++) {
        if (g->families & (1u << f))
            kinds[n_kinds++] = (uint8_t)f;
    }
    if (n_kinds == 0)
        return TARE_SOC_BENIGN;
    for (uint32_t i = 0; i < TARE_SOC_GEN_BLOCK; i++) {
        if (i < n_benign)
            deck[i] = TARE_SOC_BENIGN;
        else
            deck[i] = kinds[(others + i - n_benign) % n_kinds];
    }
    struct tare_rng rng;
    tare_rng_init(&rng, g->seed, TARE_S("soc.block"), block);
    shuffle(&rng, deck);
    return (enum tare_soc_family)deck[index % TARE_SOC_GEN_BLOCK];
}

static enum tare_status check_options(const struct tare_soc_gen *g, struct tare_err *err)
{
    if (!(g->benign >= 0 && g->benign <= 1))
        return tare_fail(err, TARE_E_USAGE, "the benign share must be between 0 and 1");
    if (g->families == 0 && g->benign < 1) {
        tare_fail(err, TARE_E_USAGE, "no family is left for the tasks that are not benign");
        tare_err_hint(err, "name a family besides benign, or set --benign 1");
        return TARE_E_USAGE;
    }
    if (g->max_incidents < 2 || g->max_incidents > TARE_SOC_GEN_MAX_INCIDENTS)
        return tare_fail(err, TARE_E_USAGE, "--incidents must be between 2 and %u",
                         TARE_SOC_GEN_MAX_INCIDENTS);
    return TARE_OK;
}

static void tell(struct tare__gen_story *s)
{
    switch (s->family) {
    case TARE_SOC_BENIGN:
        s->n_incidents = 0;
        break;
    case TARE_SOC_SEVERAL_INCIDENTS:
        s->n_incidents = tare__gen_range(s, 2, s->opt->max_incidents);
        break;
    default:
        s->n_incidents = 1;
    }
    s->scenario_id = tare_arena_printf(s->arena, "case-%08x", tare_rng_u32(&s->rng));
    s->created_day = tare__gen_range(s, 0, 4095);
    s->failed = s->scenario_id.p == NULL;
    tare__gen_cast(s);
    if (s->failed)
        return;
    tare__gen_evidence(s);
    tare__gen_chain(s);
    tare__gen_noise(s);
    tare__gen_payloads(s);
    tare__gen_deadline(s);
    tare__gen_shuffle_rows(s);
}

static enum tare_status verify(struct tare_str line, struct tare_arena *scratch,
                               struct tare_err *err)
{
    struct tare_json root;
    enum tare_status st = tare_json_parse(line, &tare_json_strict, scratch, &root, err);
    if (st != TARE_OK)
        return st;
    struct tare_json scenario = tare_json_get(tare_json_get(root, "input"), "scenario");
    st = tare_soc_check(scenario, tare_json_get(root, "expect"), scratch, err);
    if (st == TARE_E_INPUT) /* what we made ourselves is wrong */
        st = err->code = TARE_E_STATE;
    return st;
}

enum tare_status tare_soc_gen_task(const struct tare_soc_gen *g, uint64_t index,
                                   struct tare_arena *scratch, struct tare_buf *out,
                                   struct tare_err *err)
{
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    enum tare_status st = check_options(g, err);
    if (st != TARE_OK)
        return st;
    struct tare__gen_story *s = TARE_NEW(scratch, struct tare__gen_story);
    if (s == NULL)
        return tare_fail(err, TARE_E_NOMEM, "no memory to make scenario %llu",
                         (unsigned long long)index);
    struct tare_soc_gen resolved = *g;
    resolved.tier = tare_soc_gen_tier(g, index);
    g = &resolved;
    s->opt = g;
    s->size = &sizes[g->tier];
    s->arena = scratch;
    s->index = index;
    s->family = tare_soc_gen_family(g, index);
    tare_rng_init(&s->rng, g->seed, TARE_S("soc.generate"),
                  index * TARE_SOC_TIERS + (uint64_t)g->tier);
    tell(s);
    size_t before = out->n;
    if (!s->failed)
        tare__gen_write(s, out);
    if (s->failed || out->failed)
        st = tare_fail(err, TARE_E_NOMEM, "scenario %llu does not fit into memory",
                       (unsigned long long)index);
    else
        st = verify(tare_str_n(out->p + before, out->n - before), scratch, err);
    tare_arena_rewind(scratch, mark);
    return st;
}
