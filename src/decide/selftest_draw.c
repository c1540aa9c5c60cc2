/*
 * Solvers of known truth. Where nothing differs the two sides are exchangeable within a task, but
 * for SKEWED, which only has mean 0.
 */
#include "decide/selftest_int.h"

#include <math.h>

#include "stats/power.h"
#include "stats/special.h"

#include "base/banned.h"

#define NO ((double)NAN)
/* An exact sign-flip on a grid cannot use all of its 5 %: what the t formula predicts is a little
 * too much. */
#define GRID 0.10
#define DROP 0.04         /* share of scores missing on a side */
#define DIFFICULTY_LO 0.2 /* ATTEMPTS: rates of tasks are uniform from here ... */
#define DIFFICULTY_HI 0.8 /* ... to here */
#define NOISE 0.3         /* NORMAL, CLUSTERS: of one score */
#define SHARED 0.3        /* CLUSTERS: of what a cluster shares in its difference */
#define SIGMA 0.7         /* HEAVY: of the logarithm */
#define RATIO_LO 0.3
#define RATIO_HI 0.7
#define MOST_DEN 4u /* RATIO: denominators are 1 to MOST_DEN */

static const struct tare__process all[] = {
    {"binary", "pass or fail, a fifth of the tasks differ", TARE__BINARY, 200, 1, 0, 0.2, 0.08,
     0.0515, 0.94, 0.055, 0.02},
    {"binary-few", "pass or fail on 16 tasks", TARE__BINARY, 16, 1, 0, 0.5, 0.3, 0.0515, 0.94,
     0.055, 0.02},
    {"binary-rare", "pass or fail, 3 % of the tasks differ", TARE__BINARY, 400, 1, 0, 0.03, 0.02,
     0.0515, 0.94, 0.055, 0.02},
    {"drops", "pass or fail, 4 % missing on each side", TARE__DROPS, 200, 1, 0, 0.2, 0.08, 0.0515,
     0.94, 0.055, 0.05},
    {"graded", "quarters between 0 and 1", TARE__GRADED, 60, 1, 0, 1, 0.08, 0.05, 0.94, 0.06, GRID},
    {"ties", "quarters, four tasks of five always alike", TARE__GRADED, 80, 1, 0, 0.2, 0.03, 0.05,
     0.94, 0.08, GRID},
    {"ties-few", "quarters, four tasks of five always alike, 25 tasks", TARE__GRADED, 25, 1, 0, 0.2,
     0.03, 0.05, NO, NO, NO},
    {"attempts", "4 attempts a task, pass or fail", TARE__ATTEMPTS, 50, 4, 0, 0, 0.1, 0.05, 0.94,
     0.06, GRID},
    {"attempts-few", "8 attempts on 12 tasks", TARE__ATTEMPTS, 12, 8, 0, 0, 0.15, 0.05, 0.94, 0.06,
     GRID},
    {"these", "4 attempts a task, about these very tasks", TARE__THESE, 50, 4, 0, 0, 0.1, 0.05,
     0.94, 0.06, GRID},
    {"these-few", "2 attempts on 15 tasks, about these very tasks", TARE__THESE, 15, 2, 0, 0, 0.2,
     0.05, 0.94, 0.06, 0.15},
    {"real", "real scores, normal", TARE__NORMAL, 60, 1, 0, 0, 0.13, 0.05, 0.94, 0.06, 0.05},
    {"real-few", "real scores on 10 tasks", TARE__NORMAL, 10, 1, 0, 0, 0.4, 0.05, 0.94, 0.06, 0.05},
    {"heavy", "real scores with a long tail", TARE__HEAVY, 60, 1, 0, 0, 0.5, 0.05, 0.94, NO, NO},
    {"heavy-few", "real scores with a long tail on 15 tasks", TARE__HEAVY, 15, 1, 0, 0, 1, 0.05,
     0.94, NO, NO},
    {"skewed", "mean 0, yet not symmetric", TARE__SKEWED, 60, 1, 0, 0, 0.35, NO, 0.94, NO, NO},
    {"skewed-few", "mean 0, yet not symmetric, 20 tasks", TARE__SKEWED, 20, 1, 0, 0, 0.6, NO, NO,
     NO, NO},
    {"clusters", "30 clusters of 4 tasks", TARE__CLUSTERS, 120, 1, 4, 0, 0.18, 0.05, 0.94, 0.06,
     0.05},
    {"clusters-few", "8 clusters of 5 tasks", TARE__CLUSTERS, 40, 1, 5, 0, 0.4, 0.05, 0.94, 0.06,
     0.05},
    {"ratio", "ratio of sums, denominators vary", TARE__RATIO, 60, 1, 0, 0, 0.15, 0.05, 0.94, 0.06,
     0.05},
    {"ratio-few", "ratio of sums on 12 tasks", TARE__RATIO, 12, 1, 0, 0, 0.3, 0.05, NO, NO, NO},
};

const struct tare__process *tare__process_at(uint32_t i)
{
    return i < sizeof all / sizeof all[0] ? &all[i] : NULL;
}

static double normal(struct tare_rng *rng)
{
    return tare_norm_quantile(tare_rng_unit(rng) + 0x1p-54);
}

static double between(struct tare_rng *rng, double lo, double hi)
{
    return lo + (hi - lo) * tare_rng_unit(rng);
}

static void draw_binary(const struct tare__process *p, double shift, struct tare_rng *rng,
                        struct tare__draw *out)
{
    for (uint32_t i = 0; i < p->tasks; i++) {
        double u = tare_rng_unit(rng), win = (p->spread + shift) / 2;
        bool agree = u >= p->spread, up = u < win;
        bool pass = agree && tare_rng_unit(rng) < 0.5;
        out->a[i] = agree ? pass : !up;
        out->b[i] = agree ? pass : up;
    }
    for (uint32_t i = 0; i < p->tasks && p->kind == TARE__DROPS; i++) {
        out->a[i] = tare_rng_unit(rng) < DROP ? NO : out->a[i];
        out->b[i] = tare_rng_unit(rng) < DROP ? NO : out->b[i];
    }
}

/* One step down, none or up; mean is the share of ups less downs. */
static int wobble(struct tare_rng *rng, double mean)
{
    double u = tare_rng_unit(rng);
    return u < 1.0 / 3 - mean / 2 ? -1 : u < 2.0 / 3 - mean / 2 ? 0 : 1;
}

static void draw_graded(const struct tare__process *p, double shift, struct tare_rng *rng,
                        struct tare__draw *out)
{
    for (uint32_t i = 0; i < p->tasks; i++) {
        int level = 1 + (int)tare_rng_below(rng, 3);
        bool differs = tare_rng_unit(rng) < p->spread;
        int a = wobble(rng, 0), b = wobble(rng, 4 * shift / p->spread);
        out->a[i] = (level + (differs ? a : 0)) / 4.0;
        out->b[i] = (level + (differs ? b : 0)) / 4.0;
    }
}

static void draw_attempts(const struct tare__process *p, double shift, struct tare_rng *rng,
                          struct tare__draw *out)
{
    for (uint32_t i = 0; i < p->tasks; i++) {
        double rate = between(rng, DIFFICULTY_LO, DIFFICULTY_HI);
        for (uint32_t k = 0; k < p->attempts; k++) {
            out->a[i * p->attempts + k] = tare_rng_unit(rng) < rate;
            out->b[i * p->attempts + k] = tare_rng_unit(rng) < rate + shift;
        }
    }
}

static void draw_real(const struct tare__process *p, double shift, struct tare_rng *rng,
                      struct tare__draw *out)
{
    double shared = 0, stretch = log1p(shift / exp(SIGMA * SIGMA / 2));
    for (uint32_t i = 0; i < p->tasks; i++) {
        double x = normal(rng), y = normal(rng), level = tare_rng_unit(rng);
        if (p->cluster_size && i % p->cluster_size == 0)
            shared = SHARED * normal(rng);
        switch (p->kind) {
        case TARE__HEAVY:
            out->a[i] = exp(SIGMA * x);
            out->b[i] = exp(SIGMA * y + stretch);
            break;
        case TARE__SKEWED:
            out->a[i] = level;
            out->b[i] = level - log1p(-tare_rng_unit(rng)) - 1 + shift;
            break;
        default:
            out->a[i] = level + NOISE * x;
            out->b[i] = level + NOISE * y + shared + shift;
        }
    }
}

static void draw_ratio(const struct tare__process *p, double shift, struct tare_rng *rng,
                       struct tare__draw *out)
{
    for (uint32_t i = 0; i < p->tasks; i++) {
        double rate = between(rng, RATIO_LO, RATIO_HI);
        uint32_t den_a = 1 + tare_rng_below(rng, MOST_DEN),
                 den_b = 1 + tare_rng_below(rng, MOST_DEN);
        out->num_a[i] = out->num_b[i] = 0;
        for (uint32_t k = 0; k < den_a; k++)
            out->num_a[i] += tare_rng_unit(rng) < rate;
        for (uint32_t k = 0; k < den_b; k++)
            out->num_b[i] += tare_rng_unit(rng) < rate + shift;
        out->den_a[i] = den_a;
        out->den_b[i] = den_b;
        out->a[i] = out->num_a[i] / out->den_a[i];
        out->b[i] = out->num_b[i] / out->den_b[i];
    }
}

void tare__process_draw(const struct tare__process *p, double shift, struct tare_rng *rng,
                        struct tare__draw *out)
{
    switch (p->kind) {
    case TARE__BINARY:
    case TARE__DROPS:
        draw_binary(p, shift, rng, out);
        break;
    case TARE__GRADED:
        draw_graded(p, shift, rng, out);
        break;
    case TARE__ATTEMPTS:
    case TARE__THESE:
        draw_attempts(p, shift, rng, out);
        break;
    case TARE__RATIO:
        draw_ratio(p, shift, rng, out);
        break;
    default:
        draw_real(p, shift, rng, out);
    }
}

/* Mean of r (1 - r) for r uniform between lo and hi. */
static double bernoulli_noise(double lo, double hi)
{
    double mean = (lo + hi) / 2, width = hi - lo;
    return mean * (1 - mean) - width * width / 12;
}

/* Standard deviation of a task's difference in the second arm. */
static double true_sd(const struct tare__process *p)
{
    double d = p->effect, k = p->attempts;
    switch (p->kind) {
    case TARE__GRADED: {
        /* Two wobbles with mean squares 2/3 in steps of 1/4, in a share of the tasks. */
        return sqrt(p->spread * (4.0 / 3) / 16 - d * d);
    }
    case TARE__ATTEMPTS:
    case TARE__THESE:
        return sqrt((bernoulli_noise(DIFFICULTY_LO, DIFFICULTY_HI) +
                     bernoulli_noise(DIFFICULTY_LO + d, DIFFICULTY_HI + d)) /
                    k);
    case TARE__HEAVY: {
        double s2 = SIGMA * SIGMA, stretch = 1 + d / exp(s2 / 2);
        return sqrt(expm1(s2) * exp(s2) * (1 + stretch * stretch));
    }
    case TARE__SKEWED:
        return 1;
    case TARE__RATIO: {
        double den = (1 + MOST_DEN) / 2.0, den2 = (1 + MOST_DEN) * (2 * MOST_DEN + 1) / 6.0;
        double rates = (RATIO_HI - RATIO_LO) * (RATIO_HI - RATIO_LO) / 12;
        double noise =
            bernoulli_noise(RATIO_LO, RATIO_HI) + bernoulli_noise(RATIO_LO + d, RATIO_HI + d);
        return sqrt(den * noise + 2 * den2 * rates - 2 * den * den * rates) / den;
    }
    default:
        return NOISE * sqrt(2);
    }
}

struct tare_value tare__process_power(const struct tare__process *p, double alpha)
{
    double lost = p->kind == TARE__DROPS ? (1 - DROP) * (1 - DROP) : 1;
    if (p->kind == TARE__BINARY || p->kind == TARE__DROPS)
        return tare_power_mcnemar_exact((p->spread - p->effect) / 2, (p->spread + p->effect) / 2,
                                        (uint64_t)(p->tasks * lost + 0.5), alpha, true);
    if (p->kind == TARE__CLUSTERS) {
        double m = p->cluster_size, sd = sqrt(SHARED * SHARED + 2 * NOISE * NOISE / m);
        return tare_power_mean_t(sd, p->tasks / m, p->effect, alpha);
    }
    return tare_power_mean_t(true_sd(p), p->tasks, p->effect, alpha);
}
