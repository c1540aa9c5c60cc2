/* Inside of replay: one episode as a line, and the difference of two lines. */
#ifndef TARE_WORLD_SOC_REPLAY_INT_H
#define TARE_WORLD_SOC_REPLAY_INT_H

#include "world/soc/replay.h"
#include "world/soc/soc_int.h"

/* A containment call, for the evidence-gated rate. */
struct tare__soc_gate {
    uint32_t step, verb;
    struct tare_str target; /* p NULL: missing */
    bool gated;
};

struct tare__soc_player {
    void *world;
    struct tare_arena *arena;  /* of one episode */
    struct tare_json recorded; /* the line of the actions file */
    const struct tare_task *task;
    struct tare__soc_gate *gates;
    uint32_t n_gates, n_gated;
    int64_t first_containment; /* -1: none */
    bool reported;
    double reward;
};

/* Plays the episode and writes its line. */
enum tare_status tare__soc_replay_line(struct tare__soc_player *p, struct tare_buf *out,
                                       struct tare_err *err);
/* Whether all that `want` holds stands in `got`; numbers within 1e-9. Else where: the place and
 * both values. */
bool tare__soc_same(struct tare_json want, struct tare_json got, struct tare_arena *arena,
                    struct tare_str *where);

#endif
