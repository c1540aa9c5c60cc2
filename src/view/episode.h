/*
 * One attempt as a timeline (design/ui.md, section 7.3), drawn from its outline alone
 * (docs/schema/outline.json).
 */
#ifndef TARE_VIEW_EPISODE_H
#define TARE_VIEW_EPISODE_H

#include "base/arena.h"
#include "base/buf.h"
#include "record/nouns.h"
#include "text/json.h"
#include "view/style.h"

enum tare_outline_kind {
    TARE_OUTLINE_QUERY = 0,
    TARE_OUTLINE_ACT,
    TARE_OUTLINE_REPORT,
    TARE_OUTLINE_NOOP,
    TARE_OUTLINE_ERROR
};

struct tare_outline_inj {
    struct tare_str id;
    int32_t tier; /* 0: unknown */
};

/* One step. Strings borrow from the parsed text. */
struct tare_outline_entry {
    enum tare_outline_kind kind;
    struct tare_str name, target, text, stalled; /* stalled: p NULL when it went on */
    enum tare_trust trust;                       /* UNKNOWN with has_trust false: showed nothing */
    bool has_trust, repeat;
    enum tare_touch judged; /* 0: not an act */
    int32_t gate;           /* -1: not gated */
    int32_t phase;          /* -1: none */
    int32_t seen_step;      /* -1: never seen */
    struct tare_str seen_by;
    enum tare_trust seen_trust;
    struct tare_outline_inj *inj;
    struct tare_outline_inj *followed; /* tier filled in from where it was met */
    uint32_t n_inj, n_followed;
};

struct tare_outline {
    const struct tare_outline_entry *steps;
    uint32_t n_steps;
    const struct tare_str *phases; /* n_phases names, first to last */
    uint32_t n_phases;
};

/* Reads an outline. TARE_E_INPUT with the offset when it is not one. */
enum tare_status tare_outline_read(struct tare_str json, struct tare_arena *arena,
                                   struct tare_outline *out, struct tare_err *err);

struct tare_episode {
    struct tare_str task, solver, run;
    uint32_t attempt; /* 0-based */
    struct tare_outline outline;
    enum tare_attempt_status status;
    struct tare_str cause;     /* missing or failed: why */
    double reward, reward_max; /* NaN: unknown */
    struct tare_str headline;  /* name of the headline metric: "reward" */
};

/* What a step is called in words, the same on every surface: "harmful, not gated" of an act; why
 * ("seen only in email-173 (step 1, untrusted); follows injection tier 2"); a level of trust. */
void tare_episode_judgement(struct tare_buf *out, const struct tare_outline_entry *s);
void tare_episode_why(struct tare_buf *out, const struct tare_outline_entry *s);
const char *tare_episode_trust(enum tare_trust t);

/* beside: another attempt whose defender lane is added, or NULL. */
void tare_view_episode(struct tare_buf *out, const struct tare_episode *e,
                       const struct tare_episode *beside, const struct tare_style *style);
/* One step in full; body: its line of the step bodies (JSON), may be empty. */
void tare_view_step(struct tare_buf *out, const struct tare_episode *e, uint32_t step,
                    struct tare_str body, const struct tare_style *style);

#endif
