/*
 * Gamma function in logarithms, and binomial mass by Loader's saddle-point form ("Fast and
 * accurate computation of binomial probabilities", 2000), in which large terms cancel on paper
 * instead of in the machine.
 */
#include "stats/special.h"
#include "stats/stats_int.h"

#include <math.h>

#include "base/banned.h"

#define LOG_2PI 1.8378770664093454836

double tare__stirling_rest(double x)
{
    /* B_2j / (2j (2j-1)), j = 1 … 8 */
    static const double s[8] = {1.0 / 12,   -1.0 / 360,        1.0 / 1260,  -1.0 / 1680,
                                1.0 / 1188, -691.0 / 360360.0, 1.0 / 156.0, -3617.0 / 122400.0};
    double shifted = 0;
    while (x < 16) {
        shifted += (x + 0.5) * log1p(1 / x) - 1;
        x += 1;
    }
    double r = 1 / (x * x), sum = s[7];
    for (int i = 6; i >= 0; i--)
        sum = sum * r + s[i];
    return shifted + sum / x;
}

double tare_log_gamma(double x)
{
    if (!(x > 0))
        return (double)NAN;
    double down = 0;
    if (x < 16) {
        double product = 1;
        for (; x < 16; x += 1)
            product *= x;
        down = log(product);
    }
    double y = x - 1; /* Gamma(x) = y! */
    return (y + 0.5) * log(y) - y + 0.5 * LOG_2PI + tare__stirling_rest(y) - down;
}

double tare_log_beta(double a, double b)
{
    if (!(a > 0) || !(b > 0))
        return (double)NAN;
    if (a < b) {
        double t = a;
        a = b;
        b = t;
    }
    if (b < 16) /* a is the large one: only its own terms may cancel */
        return a < 16 ? tare_log_gamma(a) + tare_log_gamma(b) - tare_log_gamma(a + b)
                      : tare_log_gamma(b) + tare__stirling_rest(a) - tare__stirling_rest(a + b) -
                            b * log(a + b) + b - (a + 0.5) * log1p(b / a) + log1p(b / a);
    double n = a + b;
    return 0.5 * LOG_2PI + tare__stirling_rest(a) + tare__stirling_rest(b) -
           tare__stirling_rest(n) + (a - 0.5) * log(a / n) + (b - 0.5) * log(b / n) - 0.5 * log(n);
}

/* x log(x / m) + m - x, precise when x is near m. */
static double deviance(double x, double m)
{
    if (fabs(x - m) < 0.1 * (x + m)) {
        double v = (x - m) / (x + m), s = (x - m) * v, ej = 2 * x * v;
        v *= v;
        for (int j = 1; j < 1000; j++) {
            ej *= v;
            double s1 = s + ej / (2 * j + 1);
            if (s1 == s)
                return s1;
            s = s1;
        }
        return s;
    }
    return x * log(x / m) + m - x;
}

double tare__binom_raw(double x, double n, double p, double q)
{
    if (p == 0)
        return x == 0 ? 1 : 0;
    if (q == 0)
        return x == n ? 1 : 0;
    if (x < 0 || x > n)
        return 0;
    if (x == 0)
        return n == 0 ? 1 : exp(p < 0.1 ? -deviance(n, n * q) - n * p : n * log(q));
    if (x == n)
        return exp(q < 0.1 ? -deviance(n, n * p) - n * q : n * log(p));
    double lc = tare__stirling_rest(n) - tare__stirling_rest(x) - tare__stirling_rest(n - x) -
                deviance(x, n * p) - deviance(n - x, n * q);
    return exp(lc - 0.5 * (LOG_2PI + log(x) + log1p(-x / n)));
}

double tare_binom_pmf(int64_t k, int64_t n, double p)
{
    if (n < 0 || isnan(p) || p < 0 || p > 1)
        return (double)NAN;
    if (k < 0 || k > n)
        return 0;
    return tare__binom_raw((double)k, (double)n, p, 1 - p);
}

/* Terms from k in steps of `dir` until they no longer count; k is on the far side of the mode. */
static double tail_sum(int64_t k, int64_t n, double p, int dir)
{
    double q = 1 - p, term = tare__binom_raw((double)k, (double)n, p, q), sum = 0;
    while (k >= 0 && k <= n && term > 0) {
        double next = sum + term;
        if (next == sum)
            break;
        sum = next;
        if (dir < 0)
            term *= (double)k / (double)(n - k + 1) * (q / p);
        else
            term *= (double)(n - k) / (double)(k + 1) * (p / q);
        k += dir;
    }
    return sum;
}

double tare_binom_cdf(int64_t k, int64_t n, double p)
{
    if (n < 0 || isnan(p) || p < 0 || p > 1)
        return (double)NAN;
    if (k < 0)
        return 0;
    if (k >= n || p == 0)
        return 1;
    if (p == 1)
        return 0;
    if ((double)k <= (double)n * p)
        return fmin(1, tail_sum(k, n, p, -1));
    return 1 - tail_sum(k + 1, n, p, +1);
}

double tare_binom_upper(int64_t k, int64_t n, double p)
{
    if (n < 0 || isnan(p) || p < 0 || p > 1)
        return (double)NAN;
    if (k <= 0)
        return 1;
    if (k > n || p == 0)
        return 0;
    if (p == 1)
        return 1;
    if ((double)k >= (double)n * p)
        return fmin(1, tail_sum(k, n, p, +1));
    return 1 - tail_sum(k - 1, n, p, -1);
}

double tare_hyper_pmf(int64_t k, int64_t marked, int64_t other, int64_t draws)
{
    if (marked < 0 || other < 0 || draws < 0 || draws > marked + other)
        return (double)NAN;
    if (k < 0 || k > marked || draws - k < 0 || draws - k > other)
        return 0;
    if (draws == 0)
        return 1;
    double p = (double)draws / (double)(marked + other);
    double q = (double)(marked + other - draws) / (double)(marked + other);
    return tare__binom_raw((double)k, (double)marked, p, q) *
           tare__binom_raw((double)(draws - k), (double)other, p, q) /
           tare__binom_raw((double)draws, (double)(marked + other), p, q);
}
