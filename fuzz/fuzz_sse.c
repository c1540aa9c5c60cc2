/* However a stream is cut, the same events come out. */
#include "fuzz.h"
#include "net/sse.h"

static bool on_event(void *to, struct tare_str name, struct tare_str data)
{
    struct tare_buf *all = to;
    tare_buf_printf(all, "%zu %zu ", name.n, data.n);
    tare_buf_put(all, name);
    tare_buf_put(all, data);
    return true;
}

static enum tare_status feed(struct tare_str text, size_t piece, struct tare_buf *all, bool *half)
{
    struct tare_sse s;
    struct tare_err err = {0};
    enum tare_status st = TARE_OK;
    tare_sse_init(&s, NULL);
    for (size_t at = 0; st == TARE_OK && at < text.n; at += piece)
        st = tare_sse_feed(&s, tare_str_n(text.p + at, text.n - at < piece ? text.n - at : piece),
                           on_event, all, &err);
    if (st != TARE_OK)
        fuzz_check_err(st, &err, text.n);
    *half = tare_sse_half(&s);
    tare_sse_free(&s);
    return st;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_buf a, b;
    bool half_a, half_b;
    size_t piece = size ? 1 + data[0] % 9u : 1;
    tare_buf_init(&a, NULL, TARE_GIB);
    tare_buf_init(&b, NULL, TARE_GIB);
    enum tare_status whole = feed(fuzz_text(data, size), size ? size : 1, &a, &half_a);
    enum tare_status cut = feed(fuzz_text(data, size), piece, &b, &half_b);
    fuzz_must(whole == cut);
    fuzz_must(whole != TARE_OK || (half_a == half_b && a.n == b.n));
    fuzz_must(whole != TARE_OK || a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
    tare_buf_free(&a);
    tare_buf_free(&b);
    return 0;
}
