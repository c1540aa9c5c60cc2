/* The agent's SQL: every text ends in rows or in an error, and the store is as it was. */
#include "fuzz_soc.h"

static void count(struct fuzz_soc *s)
{
    struct tare_soc_params p = {.text = TARE_S("SELECT name FROM sqlite_master")};
    struct tare_action a = {TARE_SOC_QUERY_LOGS, &p};
    struct tare_obs obs;
    struct tare_err err = {0};
    fuzz_must(tare_world_soc.step(s->world, &a, NULL, &obs, &err) == TARE_OK);
    const struct tare_soc_view *v = obs.view;
    fuzz_must(v->ok && v->result.n_rows >= 5);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fuzz_soc worlds[2];
    for (int i = 0; i < 2; i++) {
        struct fuzz_soc *s = &worlds[i];
        struct tare_soc_params p = {.text = fuzz_text(data, size)};
        struct tare_action a = {TARE_SOC_QUERY_LOGS, &p};
        struct tare_obs obs;
        struct tare_err err = {0};
        fuzz_soc_open(s, (enum tare_soc_profile)i);
        fuzz_soc_reset(s);
        fuzz_must(tare_world_soc.step(s->world, &a, NULL, &obs, &err) == TARE_OK);
        const struct tare_soc_view *v = obs.view;
        fuzz_must(v->ok || v->error.n > 0);
        fuzz_soc_look(s->world);
        count(s);
    }
    return 0;
}
