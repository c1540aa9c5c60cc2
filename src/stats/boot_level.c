#include "stats/bootstrap.h"

#include "stats/sample.h"
#include "stats/special.h"

#include "base/banned.h"

/* Statistics sheet, section 2: the level of z = Phi^-1(p) becomes
 * Phi(z0 + (z0 + z) / (1 - a (z0 + z))). */
static double bca_level(const struct tare_boot *boot, double p)
{
    double z = boot->z0.v + tare_norm_quantile(p);
    return tare_norm_cdf(boot->z0.v + z / (1 - boot->accel.v * z));
}

struct tare_interval tare_boot_bca(const struct tare_boot *boot, double confidence)
{
    if (boot->bca.why)
        return tare_no_interval(boot->bca.why);
    if (boot->n_replicates == 0)
        return tare_no_interval("no replicates");
    double tail = (1 - confidence) / 2;
    double lo = bca_level(boot, tail), hi = bca_level(boot, 1 - tail);
    return tare_interval(tare_quantile_sorted(boot->replicates, boot->n_replicates, lo, 7),
                         tare_quantile_sorted(boot->replicates, boot->n_replicates, hi, 7));
}
