#include "decide/compare_int.h"

#include "stats/sample.h"

#include "base/banned.h"

/* Beyond this many attempts a task the lattice is too fine to be worth exact arithmetic. */
#define MAX_PARTS 64u

static uint32_t gcd(uint32_t a, uint32_t b)
{
    while (b) {
        uint32_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

/* Least common multiple of all k, or 0 above MAX_PARTS. */
static uint32_t common_parts(uint32_t so_far, const uint32_t *k, size_t n)
{
    for (size_t i = 0; i < n && so_far; i++) {
        if (k[i] < 2)
            continue;
        uint64_t lcm = (uint64_t)so_far / gcd(so_far, k[i]) * k[i];
        so_far = lcm <= MAX_PARTS ? (uint32_t)lcm : 0;
    }
    return so_far;
}

/* Steps of scores that are in use: passes, halves, quarters, thirds, tenths and what they make
 * together, percents. A real number does not hit one of them to a thousand-millionth. */
static const double steps[] = {1.0, 0.5, 0.25, 1.0 / 3.0, 0.1, 0.05, 1.0 / 30.0, 1.0 / 60.0, 0.01};

double tare__value_step(const double *x, size_t n, int32_t *units)
{
    for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++)
        if (tare_on_lattice(x, n, steps[s], units))
            return steps[s];
    return 0;
}

double tare__lattice_step(const double *x, size_t n, const uint32_t *k_a, const uint32_t *k_b,
                          int32_t *units)
{
    uint32_t parts = common_parts(common_parts(1, k_a, n), k_b, n);
    if (parts == 0)
        return 0;
    for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
        if (tare_on_lattice(x, n, steps[s] / parts, units))
            return steps[s] / parts;
        if (parts > 1 && tare_on_lattice(x, n, steps[s], units))
            return steps[s];
    }
    return 0;
}
