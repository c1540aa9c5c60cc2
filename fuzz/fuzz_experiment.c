/* Recordings of both labs: any text is refused with a reason, or gives a report. The first byte
 * picks the lab: drift, tools, tools with masks over a vocabulary of bytes; from 128 on the text is
 * cases for a model that is not there. */
#include <math.h>

#include "experiment/drift.h"
#include "experiment/live.h"
#include "experiment/tools.h"
#include "fuzz.h"

static struct tare_tools_masks *open_masks(struct tare_arena *arena)
{
    struct tare_vocab_token t[257] = {{{0}, 0}};
    char bytes[256];
    const struct tare_guide_vocab *tables;
    const struct tare_vocab *v;
    struct tare_tools_masks *m;
    for (unsigned b = 0; b < 256; b++) {
        bytes[b] = (char)b;
        t[b].bytes = tare_str_n(bytes + b, 1);
    }
    t[256].bytes = TARE_S("\"}}");
    fuzz_must(tare_vocab_make(t, 257, 0, arena, &v, NULL) == TARE_OK);
    fuzz_must(tare_guide_vocab_open(v, arena, &tables, NULL) == TARE_OK);
    fuzz_must(tare_tools_masks_open(v, tables, NULL, NULL, arena, &m, NULL) == TARE_OK);
    return m;
}

static void tools(struct tare_str text, bool masks, struct tare_arena *arena)
{
    struct tare_tools_opts opts = {.baseline = TARE_ARM_LENIENT,
                                   .confidence = 0.9,
                                   .resamples = 20,
                                   .seed = 1,
                                   .masks = masks ? open_masks(arena) : NULL};
    static struct tare_tools_report report;
    struct tare_tools_recordings rec;
    struct tare_err err = {0};
    enum tare_status st = tare_tools_recordings_read(text, arena, &rec, &err);
    if (st == TARE_OK)
        st = tare_tools_experiment(&rec, &opts, arena, &report, &err);
    fuzz_must(st == TARE_OK || err.text[0]);
    for (int a = TARE_ARM_CONSTRAINED; st == TARE_OK && masks && a < TARE_TOOLS_ARMS; a++) {
        const struct tare_tools_masked *k = &report.arm[a].masked;
        fuzz_must(k->changed <= k->messages && k->forced <= k->tokens);
    }
    tare_tools_masks_close(opts.masks);
    for (int a = 0; st == TARE_OK && a < TARE_TOOLS_ARMS; a++)
        for (int k = 0; k < TARE_TOOLS_RATES; k++)
            fuzz_must(report.arm[a].rate[k].k <= report.arm[a].rate[k].n);
}

static void drift(struct tare_str text, struct tare_arena *arena)
{
    static const struct tare_drift_opts opts = {.confidence = 0.9, .seed = 1, .resamples = 5};
    struct tare_drift_recordings rec;
    struct tare_drift_report report;
    struct tare_err err = {0};
    enum tare_status st = tare_drift_recordings_read(text, arena, &rec, &err);
    if (st == TARE_OK)
        st = tare_drift_experiment(&rec, &opts, arena, &report, &err);
    fuzz_must(st == TARE_OK || err.text[0]);
    for (uint32_t a = 0; st == TARE_OK && a < report.n_arms; a++)
        for (uint32_t t = 0; t < report.turns; t++)
            fuzz_must(report.arm[a].adherence[t].k <= report.arm[a].adherence[t].n);
}

static void cases(struct tare_str text, uint8_t which, struct tare_arena *arena)
{
    struct tare_live live = {.clock = tare_clock_system(),
                             .seeds = 2,
                             .temperature = (double)NAN,
                             .native = which & 4,
                             .n_arms = 1,
                             .arms = {which & 1
                                          ? which & 8 ? TARE_S("constrained-order") : TARE_S("auto")
                                          : TARE_S("re-anchor-2")}};
    struct tare_live_drawn drawn;
    struct tare_err err = {0};
    struct tare_buf out;
    tare_buf_init(&out, NULL, TARE_GIB);
    enum tare_status st = which & 1 ? tare_tools_live(text, &live, arena, &out, &drawn, &err)
                                    : tare_drift_live(text, &live, arena, &out, &drawn, &err);
    fuzz_must(st == TARE_OK ? drawn.missing == drawn.talks && out.n == 0 : err.text[0] != 0);
    tare_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_arena arena;
    if (size < 1)
        return 0;
    struct tare_str text = fuzz_text(data + 1, size - 1);
    tare_arena_init(&arena, NULL, TARE_GIB);
    if (data[0] >= 128)
        cases(text, data[0], &arena);
    else if (data[0] % 2 || data[0] % 3 == 2)
        tools(text, data[0] % 3 == 2, &arena);
    else
        drift(text, &arena);
    tare_arena_free(&arena);
    return 0;
}
