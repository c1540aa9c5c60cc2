/* Tool calls: whole messages, and messages in pieces. */
#include <stdlib.h>

#include "base/limits.h"
#include "bench.h"
#include "text/calls_stream.h"

struct work {
    struct tare_arena arena;
    struct tare_calls_opts opts;
    struct tare_str text;
    size_t events;
};

static void whole(void *ctx, size_t n)
{
    struct work *w = ctx;
    struct tare_calls r;
    for (size_t i = 0; i < n; i++) {
        struct tare_arena_mark mark = tare_arena_mark(&w->arena);
        if (tare_calls_parse(w->text, &w->opts, &w->arena, &r, NULL) != TARE_OK || r.n_calls == 0)
            abort();
        tare_arena_rewind(&w->arena, mark);
    }
}

static void hear(void *ctx, const struct tare_emit *e)
{
    struct work *w = ctx;
    w->events += e->kind == TARE_EMIT_ARGUMENTS;
}

static void pieces(void *ctx, size_t n)
{
    struct work *w = ctx;
    struct tare_calls r;
    struct tare_calls_stream *s;
    for (size_t i = 0; i < n; i++) {
        struct tare_arena_mark mark = tare_arena_mark(&w->arena);
        if (tare_calls_stream_open(&w->opts, NULL, hear, w, &s, NULL) != TARE_OK)
            abort();
        for (size_t at = 0; at < w->text.n; at += 4) {
            size_t left = w->text.n - at;
            if (tare_calls_stream_put(s, tare_str_n(w->text.p + at, left < 4 ? left : 4), NULL))
                abort();
        }
        if (tare_calls_stream_end(s, false, &w->arena, &r, NULL) != TARE_OK)
            abort();
        tare_calls_stream_close(s);
        tare_arena_rewind(&w->arena, mark);
    }
}

static const char *const texts[][2] = {
    {"hermes", "<think>The user wants the weather of two towns.</think>\n\nI look both up.\n"
               "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"town\": \"Lisbon\", "
               "\"days\": 3, \"unit\": \"celsius\"}}\n</tool_call>\n<tool_call>\n{\"name\": "
               "\"weather\", \"arguments\": {\"town\": \"Osaka\"}}\n</tool_call>"},
    {"qwen3_coder", "I look it up.\n<tool_call>\n<function=weather>\n<parameter=town>\nLisbon\n"
                    "</parameter>\n<parameter=days>\n3\n</parameter>\n</function>\n</tool_call>"},
    {"pythonic", "[weather(town='Lisbon', days=3, unit='celsius'), weather(town='Osaka')]"},
};

/* A call that writes a file of 64 KiB. */
static struct tare_str long_call(struct tare_arena *arena)
{
    enum { LINES = 2048 };
    static const char head[] = "I write the file.\n<tool_call>\n{\"name\": \"weather\", "
                               "\"arguments\": {\"days\": 3, \"town\": \"",
                      line[] = "    return sum(values) / count;\\n", tail[] = "\"}}\n</tool_call>";
    size_t n = sizeof head - 1;
    char *p = tare_arena_alloc(arena, sizeof head + sizeof tail + LINES * sizeof line);
    if (!p)
        abort();
    memcpy(p, head, n);
    for (int i = 0; i < LINES; i++, n += sizeof line - 1)
        memcpy(p + n, line, sizeof line - 1);
    memcpy(p + n, tail, sizeof tail);
    return tare_str_n(p, n + sizeof tail - 1);
}

int main(void)
{
    static const char tools[] =
        "[{\"name\":\"weather\",\"parameters\":{\"type\":\"object\",\"properties\":{\"town\":"
        "{\"type\":\"string\"},\"days\":{\"type\":\"integer\",\"minimum\":1},\"unit\":{\"enum\":"
        "[\"celsius\",\"kelvin\"]}},\"required\":[\"town\"],\"additionalProperties\":false}}]";
    struct work w = {.events = 0};
    struct tare_json v;
    tare_arena_init(&w.arena, NULL, TARE_GIB);
    if (tare_json_parse(TARE_S(tools), NULL, &w.arena, &v, NULL) != TARE_OK ||
        tare_tools_read(v, &w.arena, &w.opts.tools, &w.opts.n_tools, NULL) != TARE_OK)
        abort();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char what[64];
        w.opts.dialect = tare_str_of(texts[i][0]);
        w.text = tare_str_of(texts[i][1]);
        (void)snprintf(what, sizeof what, "tool calls, %s", texts[i][0]);
        bench_row(what, (double)w.text.n / bench_each(whole, &w) * 1e-6, "MB/s",
                  "a whole message, arguments validated");
        (void)snprintf(what, sizeof what, "tool calls, %s, streamed", texts[i][0]);
        bench_row(what, (double)w.text.n / bench_each(pieces, &w) * 1e-6, "MB/s",
                  "pieces of 4 bytes, told as certain");
    }
    w.opts.dialect = TARE_S("hermes");
    w.text = long_call(&w.arena);
    bench_row("tool calls, hermes, 64 KiB of one argument, streamed",
              (double)w.text.n / bench_each(pieces, &w) * 1e-6, "MB/s",
              "pieces of 4 bytes, told as certain");
    tare_arena_free(&w.arena);
    return 0;
}
