/* Outlines: read, then drawn at some width; no line is wider, nothing of the text is an escape. */
#include "fuzz.h"
#include "text/width.h"
#include "view/episode.h"

static void check_lines(const struct tare_buf *out, int width)
{
    for (size_t at = 0; at < out->n;) {
        const char *end = memchr(out->p + at, '\n', out->n - at);
        size_t n = end ? (size_t)(end - out->p) - at : out->n - at;
        fuzz_must(tare_text_columns(tare_str_n(out->p + at, n)) <= (size_t)width);
        at += n + 1;
    }
    fuzz_must(!memchr(out->p, '\x1b', out->n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_arena arena;
    struct tare_err err = {0};
    struct tare_buf out;
    if (size < 2 || size > 65536)
        return 0;
    struct tare_style style = {.unicode = data[0] & 1, .width = 40 + data[0] % 81};
    struct tare_str text = {(const char *)data + 1, size - 1};
    struct tare_episode e = {.task = text, .solver = TARE_S("s"), .status = TARE_ATTEMPT_DONE};
    tare_arena_init(&arena, NULL, 64u << 20);
    tare_buf_init(&out, NULL, 64u << 20);
    if (tare_outline_read(text, &arena, &e.outline, &err) == TARE_OK) {
        tare_view_episode(&out, &e, NULL, &style);
        if (out.n && !out.failed)
            check_lines(&out, style.width);
    }
    tare_buf_free(&out);
    tare_arena_free(&arena);
    return 0;
}
