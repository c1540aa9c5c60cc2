/* Numbers and times as text: the same as strtod where the grammar allows, and what is written reads
 * back. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/num.h"
#include "fuzz.h"

static void check_number(struct tare_str text)
{
    double x = 0, back = 0;
    char copy[2048], out[32];
    if (!tare_str_to_f64(text, &x) || text.n >= sizeof copy)
        return;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    char *end = NULL;
    double want = strtod(copy, &end);
    fuzz_must(*end == '\0' && want == x && !signbit(want) == !signbit(x));
    size_t n = tare_num_repr(x, out);
    fuzz_must(n < sizeof out && out[n] == '\0');
    fuzz_must(tare_str_to_f64(tare_str_n(out, n), &back) && back == x);
}

static void check_whole(struct tare_str text)
{
    int64_t i = 0;
    uint64_t u = 0;
    char out[32];
    if (tare_str_to_i64(text, &i) && text.p[0] != '0' && i != 0 &&
        !tare_str_starts(text, TARE_S("-0"))) {
        int n = snprintf(out, sizeof out, "%lld", (long long)i);
        fuzz_must(tare_str_eq(text, tare_str_n(out, (size_t)n)));
    }
    if (tare_str_to_u64(text, &u))
        fuzz_must((u > INT64_MAX) != tare_str_to_i64(text, &i));
}

static void check_time(struct tare_str text)
{
    int64_t ns = 0, again = 0;
    char out[21];
    if (!tare_time_parse(text.p, text.n, &ns))
        return;
    tare_time_format(ns, out);
    fuzz_must(tare_time_parse(out, 20, &again));
    fuzz_must(again <= ns && ns - again < 1000000000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_str text = fuzz_text(data, size);
    check_number(text);
    if (size)
        check_whole(text);
    check_time(text);
    if (size == sizeof(double)) {
        double x = 0, back = 0;
        char out[32];
        memcpy(&x, data, sizeof x);
        size_t n = tare_num_repr(x, out);
        fuzz_must(!isfinite(x) || (tare_str_to_f64(tare_str_n(out, n), &back) && back == x));
    }
    return 0;
}
