#include "stats/stats_int.h"
#include "stats/special.h"

#include "base/banned.h"

double tare__bisect(double (*f)(const void *ctx, double x), const void *ctx, double lo, double hi)
{
    bool rising = f(ctx, hi) > f(ctx, lo);
    for (int i = 0; i < 2000; i++) {
        double mid = lo + (hi - lo) / 2;
        if (mid == lo || mid == hi || hi - lo <= 1e-15 * fmax(fabs(lo), fabs(hi)))
            break;
        double v = f(ctx, mid);
        if (v == 0)
            return mid;
        if ((v > 0) == rising)
            hi = mid;
        else
            lo = mid;
    }
    return lo + (hi - lo) / 2;
}

double tare__z_two(double confidence)
{
    return -tare_norm_quantile((1 - confidence) / 2);
}

enum tare_status tare__no_mem(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "not enough memory for this statistic");
}
