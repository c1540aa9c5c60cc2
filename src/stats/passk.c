#include "stats/passk.h"
#include "stats/sample.h"
#include "stats/stats_int.h"

#include "base/banned.h"

static const char short_of_k[] = "fewer attempts than k";

static const char *refuse(uint64_t n, uint64_t c, uint64_t k)
{
    return k == 0  ? "k must be at least 1"
           : c > n ? "more passes than attempts"
           : k > n ? short_of_k
                   : NULL;
}

/* C(top, k) / C(n, k), top <= n: probability that k draws all come from `top` of n. */
static double all_from(uint64_t top, uint64_t n, uint64_t k)
{
    double r = 1;
    if (top < k)
        return 0;
    for (uint64_t i = 0; i < k && r > 0; i++)
        r *= (double)(top - i) / (double)(n - i);
    return r;
}

struct tare_value tare_pass_at_k(uint64_t n, uint64_t c, uint64_t k)
{
    const char *why = refuse(n, c, k);
    if (why)
        return tare_no_value(why);
    return tare_value(k == 1 ? (double)c / (double)n : 1 - all_from(n - c, n, k));
}

struct tare_value tare_pass_hat_k(uint64_t n, uint64_t c, uint64_t k)
{
    const char *why = refuse(n, c, k);
    return why ? tare_no_value(why) : tare_value(all_from(c, n, k));
}

struct tare_value tare_naive_pass_at_k(uint64_t n, uint64_t c, uint64_t k)
{
    const char *why = n == 0 || c > n ? "need 0 < n and passes <= n" : NULL;
    return why ? tare_no_value(why) : tare_value(1 - pow(1 - (double)c / (double)n, (double)k));
}

struct tare_value tare_naive_pass_hat_k(uint64_t n, uint64_t c, uint64_t k)
{
    const char *why = n == 0 || c > n ? "need 0 < n and passes <= n" : NULL;
    return why ? tare_no_value(why) : tare_value(pow((double)c / (double)n, (double)k));
}

struct moments {
    double sum, squares;
};

/* Mean and SE over tasks from running sums about the first task's value. */
static void summarise(double first, struct moments m, double tasks, struct tare_value *mean,
                      struct tare_value *se)
{
    *mean = tare_value(first + m.sum / tasks);
    double var = tasks > 1 ? fmax(0, m.squares - m.sum * m.sum / tasks) / (tasks - 1) : 0;
    *se = tasks > 1 ? tare_value(sqrt(var / tasks)) : tare_no_value("one task");
}

enum tare_status tare_pass_table(const uint64_t *attempts, const uint64_t *passes, size_t tasks,
                                 uint64_t k, struct tare_pass_table *out, struct tare_err *err)
{
    struct moments at = {0}, hat = {0};
    double at0 = 0, hat0 = 0;
    if (tasks == 0)
        return tare_fail(err, TARE_E_INPUT, "no data");
    for (size_t t = 0; t < tasks; t++) {
        struct tare_value a = tare_pass_at_k(attempts[t], passes[t], k);
        struct tare_value h = tare_pass_hat_k(attempts[t], passes[t], k);
        if (a.why && a.why != short_of_k)
            return tare_fail_at(err, TARE_E_INPUT, t, "task %zu: %s", t, a.why);
        if (a.why) {
            out->at_k = out->hat_k = out->at_k_se = out->hat_k_se =
                tare_no_value("some task has fewer attempts than k");
            return TARE_OK;
        }
        at0 = t ? at0 : a.v;
        hat0 = t ? hat0 : h.v;
        at.sum += a.v - at0;
        at.squares += (a.v - at0) * (a.v - at0);
        hat.sum += h.v - hat0;
        hat.squares += (h.v - hat0) * (h.v - hat0);
    }
    summarise(at0, at, (double)tasks, &out->at_k, &out->at_k_se);
    summarise(hat0, hat, (double)tasks, &out->hat_k, &out->hat_k_se);
    return TARE_OK;
}

enum tare_status tare_expected_best(const double *reward, size_t n, size_t k,
                                    struct tare_arena *scratch, struct tare_value *out,
                                    struct tare_err *err)
{
    if (n == 0 || k == 0 || k > n) {
        *out = tare_no_value(n == 0 ? "no data" : k == 0 ? "k must be at least 1" : short_of_k);
        return TARE_OK;
    }
    enum tare_status st = tare_sample_check(reward, n, "reward", err);
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    double *x = TARE_NEW_N(scratch, double, n), sum = 0;
    if (st != TARE_OK)
        return st;
    if (!x)
        return tare__no_mem(err);
    memcpy(x, reward, n * sizeof *x);
    tare_sort(x, n);
    /* the i-th smallest is the best of a k-subset with probability C(i, k-1) / C(n, k), 0-based */
    double weight = (double)k / (double)n;
    for (size_t i = n; i-- >= k;) {
        sum += weight * x[i];
        weight = i > 0 ? weight * (double)(i + 1 - k) / (double)i : 0;
    }
    tare_arena_rewind(scratch, mark);
    *out = tare_value(sum);
    return TARE_OK;
}
