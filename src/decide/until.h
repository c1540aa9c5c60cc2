/*
 * Stopping a run as soon as two solvers are told apart (statistics sheet, section 11): which side
 * is better, or that they differ by less than a margin, at a level that holds however often it was
 * looked.
 *
 * Attempts may come in any order; the tasks are looked at in the order given, each as soon as all
 * tasks before it are complete. So the answer depends on the results alone, not on threads or the
 * moment of a stop. What is planned must be in random order.
 *
 *   metric with both limits   betting on the mean difference (stats/betting.h), each side at
 *                             alpha / 2; with a margin also "differs by less", each side at alpha
 *   open range                the same bets on wins and losses: the null is "each side is as likely
 *                             to do better"; a margin is refused
 */
#ifndef TARE_DECIDE_UNTIL_H
#define TARE_DECIDE_UNTIL_H

#include "decide/verdict.h"
#include "record/nouns.h"
#include "stats/stats.h"

enum { TARE_UNTIL_A = 0, TARE_UNTIL_B = 1 };

struct tare_until_opts {
    size_t size; /* sizeof(struct tare_until_opts) */
    const struct tare_metric *metric;
    uint32_t n_tasks, k;
    const uint32_t *order; /* n_tasks task numbers, each once; borrowed. NULL: as they stand */
    double alpha;          /* 0: 0.05 */
    double margin;         /* 0: none */
};

struct tare_until;

/* Fills order[n] with 0 ... n - 1 in the random order that belongs to a seed (Fisher-Yates). */
void tare_until_order(uint64_t seed, uint32_t *order, uint32_t n);

/* TARE_E_USAGE with the remedy: a ratio of sums, a metric without direction, a margin on an open
 * range, a margin that is not positive or wider than the range. TARE_E_NOMEM. */
enum tare_status tare_until_open(const struct tare_until_opts *opts, struct tare_arena *arena,
                                 struct tare_until **out, struct tare_err *err);
/* A finished attempt of one side; each (side, task, attempt) once. A score that is not OK counts as
 * attempted without value. Ignored once decided. TARE_E_INPUT: a value outside the metric's range.
 */
enum tare_status tare_until_feed(struct tare_until *u, unsigned side, uint32_t task,
                                 enum tare_score_state state, double value, struct tare_err *err);
/* True when more tasks cannot change the answer: it is decided. */
bool tare_until_decided(const struct tare_until *u);

/* Where it stands, from the tasks looked at. */
struct tare_until_state {
    enum tare_verdict verdict; /* INCONCLUSIVE: not decided (yet) */
    bool signs;                /* wins and losses only */
    uint32_t n_tasks;          /* planned */
    uint32_t looked;           /* tasks complete on both sides, in order */
    uint32_t used;             /* of them with a value on both sides */
    uint32_t wins, losses, ties;
    double mean_a, mean_b, diff; /* over used tasks; NaN: none */
    double sd;                   /* of the differences; NaN: fewer than 2 */
    double p;                    /* anytime, two-sided, of no difference */
    double p_equivalent;         /* anytime, of "differs by the margin or more"; NaN: no margin */
    double alpha, margin;        /* margin NaN: none */
    /* Tasks that a design of fixed size needs to see the margin with 80 % power, at the spread seen
     * so far. */
    struct tare_value n_fixed;
};
void tare_until_state(const struct tare_until *u, struct tare_until_state *out);
/* Of the difference B minus A, in the metric's unit, at level 1 - alpha, valid at every look.
 * Takes about used * 500 logarithms. Unavailable for an open range. */
struct tare_interval tare_until_interval(const struct tare_until *u);

#endif
