/*
 * n-fold convolution of a distribution on 0 … span: direct (all terms positive, relative
 * precision in both tails) or through the characteristic function.
 */
#include "stats/bootstrap_exact_int.h"
#include "stats/stats_int.h"

#include "base/banned.h"

/* out[0 … na + nb] = a[0 … na] * b[0 … nb]. */
static void convolve(const double *a, size_t na, const double *b, size_t nb, double *out)
{
    memset(out, 0, (na + nb + 1) * sizeof *out);
    for (size_t i = 0; i <= na; i++)
        for (size_t j = 0; j <= nb; j++)
            out[i + j] += a[i] * b[j];
}

enum tare_status tare__power_direct(const double *p, size_t span, uint64_t n,
                                    struct tare_arena *arena, double *pmf, struct tare_err *err)
{
    struct tare_arena_mark mark = tare_arena_mark(arena);
    size_t room = (size_t)n * span + span + 1, have = span;
    double *power = TARE_NEW_N(arena, double, room), *temp = TARE_NEW_N(arena, double, room);
    if (!power || !temp)
        return tare__no_mem(err);
    memcpy(power, p, (span + 1) * sizeof *p);
    uint64_t bit = 1;
    while (bit <= n / 2)
        bit *= 2;
    for (bit /= 2; bit > 0; bit /= 2) { /* left to right: square, and once more p where n says so */
        convolve(power, have, power, have, temp);
        have *= 2;
        if (n & bit) {
            convolve(temp, have, p, span, power);
            have += span;
        } else {
            memcpy(power, temp, (have + 1) * sizeof *power);
        }
    }
    memcpy(pmf, power, (have + 1) * sizeof *pmf);
    tare_arena_rewind(arena, mark);
    return TARE_OK;
}

struct complex_pair {
    double re, im;
};

static struct complex_pair times(struct complex_pair a, struct complex_pair b)
{
    return (struct complex_pair){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

static struct complex_pair to_power(struct complex_pair z, uint64_t n)
{
    struct complex_pair r = {1, 0};
    for (; n > 0; n /= 2) {
        if (n & 1)
            r = times(r, z);
        z = times(z, z);
    }
    return r;
}

static void bit_reverse(struct complex_pair *x, size_t n)
{
    for (size_t i = 1, j = 0; i < n; i++) {
        size_t bit = n >> 1;
        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
        if (i < j) {
            struct complex_pair t = x[i];
            x[i] = x[j];
            x[j] = t;
        }
    }
}

/* Cooley-Tukey, radix 2; root[k] = exp(+2 pi i k / n), k < n. */
static void transform(struct complex_pair *x, const struct complex_pair *root, size_t n)
{
    bit_reverse(x, n);
    for (size_t half = 1; half < n; half *= 2)
        for (size_t at = 0; at < n; at += 2 * half)
            for (size_t k = 0; k < half; k++) {
                struct complex_pair u = x[at + k];
                struct complex_pair v = times(x[at + k + half], root[k * (n / (2 * half))]);
                x[at + k] = (struct complex_pair){u.re + v.re, u.im + v.im};
                x[at + k + half] = (struct complex_pair){u.re - v.re, u.im - v.im};
            }
}

/* One value that occurs: j, with its share. Few of a wide lattice do. */
struct atom {
    size_t j;
    double p;
};

/* Characteristic function at -2 pi k / n; n is a power of 2. */
static struct complex_pair characteristic(const struct atom *atom, size_t n_atoms, size_t k,
                                          const struct complex_pair *root, size_t n)
{
    struct complex_pair f = {0, 0};
    for (size_t i = 0; i < n_atoms; i++) {
        struct complex_pair r = root[(atom[i].j * k) & (n - 1)];
        f.re += atom[i].p * r.re;
        f.im -= atom[i].p * r.im;
    }
    return f;
}

enum tare_status tare__power_fft(const double *p, size_t span, uint64_t n, struct tare_arena *arena,
                                 double *pmf, struct tare_err *err)
{
    struct tare_arena_mark mark = tare_arena_mark(arena);
    size_t need = (size_t)n * span + 1, size = 1, n_atoms = 0;
    while (size < need)
        size *= 2;
    struct complex_pair *x = TARE_NEW_N(arena, struct complex_pair, size);
    struct complex_pair *root = TARE_NEW_N(arena, struct complex_pair, size);
    struct atom *atom = TARE_NEW_N(arena, struct atom, span + 1);
    if (!x || !root || !atom)
        return tare__no_mem(err);
    for (size_t j = 0; j <= span; j++)
        if (p[j] != 0)
            atom[n_atoms++] = (struct atom){j, p[j]};
    double turn = 2 * acos(-1.0) / (double)size;
    for (size_t k = 0; k < size; k++)
        root[k] = (struct complex_pair){cos(turn * (double)k), sin(turn * (double)k)};
    for (size_t k = 0; k <= size / 2; k++) {
        x[k] = to_power(characteristic(atom, n_atoms, k, root, size), n);
        if (k > 0 && k < size / 2) /* real data: the other half is the conjugate */
            x[size - k] = (struct complex_pair){x[k].re, -x[k].im};
    }
    transform(x, root, size);
    double total = 0;
    for (size_t i = 0; i < need; i++) {
        pmf[i] = fmax(0, x[i].re);
        total += pmf[i];
    }
    for (size_t i = 0; i < need; i++)
        pmf[i] /= total;
    tare_arena_rewind(arena, mark);
    return TARE_OK;
}
