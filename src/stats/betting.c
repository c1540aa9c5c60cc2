#include "stats/betting.h"

#include "base/banned.h"

/* Shares of the wealth, from bold to timid, about evenly on a logarithmic scale: bold ones decide
 * early when one side always wins, timid ones grow when most tasks are alike. */
static const double share[TARE_BETS] = {0.95, 0.75, 0.55, 0.40, 0.30,  0.20,
                                        0.14, 0.10, 0.07, 0.05, 0.025, 0.0125};

void tare_bets_see(struct tare_bets *b, double u, double mu0)
{
    double gain = u / mu0 - 1;
    for (int i = 0; i < TARE_BETS; i++)
        b->log_wealth[i] += log1p(share[i] * gain);
}

double tare_bets_log_e(const struct tare_bets *b)
{
    double most = b->log_wealth[0], sum = 0;
    for (int i = 1; i < TARE_BETS; i++)
        most = fmax(most, b->log_wealth[i]);
    for (int i = 0; i < TARE_BETS; i++)
        sum += exp(b->log_wealth[i] - most);
    return most + log(sum / TARE_BETS);
}

/* Largest log e against "the mean is mu0 or less"; flip: of 1 - u. */
static double largest(const double *u, size_t n, double mu0, bool flip)
{
    struct tare_bets b = {0};
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        tare_bets_see(&b, flip ? 1 - u[i] : u[i], mu0);
        most = fmax(most, tare_bets_log_e(&b));
    }
    return most;
}

/* The smallest mean that is not rejected: wealth falls as mu0 rises, so it is found by halving. */
static double limit(const double *u, size_t n, double log_needed, bool flip)
{
    double lo = 0, hi = 1;
    for (int step = 0; step < 20; step++) {
        double mid = (lo + hi) / 2;
        if (largest(u, n, mid, flip) >= log_needed)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

struct tare_interval tare_cs_mean_betting(const double *u, size_t n, double alpha)
{
    if (n == 0)
        return tare_no_interval("no data");
    if (!(alpha > 0 && alpha < 1))
        return tare_no_interval("need alpha between 0 and 1");
    double needed = log(2 / alpha);
    double lo = limit(u, n, needed, false), hi = 1 - limit(u, n, needed, true);
    /* Both sides can reject everything only when data contradict themselves over time. */
    return lo <= hi ? tare_interval(lo, hi) : tare_no_interval("the data drift");
}
