/* The ground floor: hashing, random streams, numbers as text, arenas. */
#include <stdlib.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/num.h"
#include "base/rng.h"
#include "base/sha256_int.h"
#include "base/thread.h"
#include "bench.h"

struct work {
    struct tare_rng rng;
    char *bytes;
    size_t n_bytes;
    uint64_t sink;
    double numbers[4096];
    char texts[4096][32];
    size_t text_bytes[4096];
};

static void hash(void *ctx, size_t n)
{
    struct work *w = ctx;
    for (size_t i = 0; i < n; i++)
        w->sink += tare_sha256_of(tare_str_n(w->bytes, w->n_bytes)).b[0];
}

static void hash_plain(void *ctx, size_t n)
{
    struct work *w = ctx;
    uint32_t h[8] = {0};
    for (size_t i = 0; i < n; i++)
        tare__sha256_blocks_plain(h, (const uint8_t *)w->bytes, w->n_bytes / 64);
    w->sink += h[0];
}

static void draw(void *ctx, size_t n)
{
    struct work *w = ctx;
    for (size_t i = 0; i < n; i++)
        w->sink += tare_rng_u32(&w->rng);
}

static void name_stream(void *ctx, size_t n)
{
    struct work *w = ctx;
    for (size_t i = 0; i < n; i++) {
        tare_rng_init(&w->rng, 7, TARE_S("attacker"), i);
        w->sink += w->rng.key[0];
    }
}

static void write_number(void *ctx, size_t n)
{
    struct work *w = ctx;
    for (size_t i = 0; i < n; i++)
        w->sink += tare_num_repr(w->numbers[i % 4096], w->texts[i % 4096]);
}

static void read_number(void *ctx, size_t n)
{
    struct work *w = ctx;
    for (size_t i = 0; i < n; i++) {
        double x = 0;
        w->sink += tare_str_to_f64(tare_str_n(w->texts[i % 4096], w->text_bytes[i % 4096]), &x);
    }
}

static void allocate(void *ctx, size_t n)
{
    struct work *w = ctx;
    struct tare_arena a;
    tare_arena_init(&a, NULL, TARE_GIB);
    for (size_t i = 0; i < n; i++) {
        w->sink += tare_arena_alloc(&a, 48) != NULL;
        if (i % 1000 == 999)
            tare_arena_reset(&a);
    }
    tare_arena_free(&a);
}

static void take_index(void *ctx, unsigned worker, uint64_t i)
{
    (void)ctx;
    (void)worker;
    (void)i;
}

static void parallel(void *ctx, size_t n)
{
    (void)tare_parallel(2, n, take_index, ctx, NULL, NULL);
}

static void fill_numbers(struct work *w, bool short_ones)
{
    tare_rng_init(&w->rng, 1, TARE_S("bench"), 0);
    for (size_t i = 0; i < 4096; i++) {
        double u = tare_rng_unit(&w->rng);
        w->numbers[i] = short_ones ? (double)(int)(u * 1e4) / 100 : u;
        w->text_bytes[i] = tare_num_repr(w->numbers[i], w->texts[i]);
    }
}

int main(void)
{
    static struct work w;
    w.n_bytes = 1 << 20;
    w.bytes = calloc(1, w.n_bytes);
    if (!w.bytes)
        return 1;
    double mb = (double)w.n_bytes / 1e6;
    bench_row("SHA-256, 1 MiB", mb / bench_each(hash, &w), "MB/s",
              tare__sha256_has_ni() ? "with SHA instructions" : "plain");
    bench_row("SHA-256, 1 MiB, plain", mb / bench_each(hash_plain, &w), "MB/s", "");
    w.n_bytes = 64;
    bench_row("SHA-256, 64 bytes", 1e9 * bench_each(hash, &w), "ns", "");
    tare_rng_init(&w.rng, 1, TARE_S("bench"), 0);
    bench_row("Philox, 32 bits", 1e9 * bench_each(draw, &w), "ns", "");
    bench_row("naming a random stream", 1e9 * bench_each(name_stream, &w), "ns", "");
    fill_numbers(&w, false);
    bench_row("double to shortest text, 17 digits", 1e9 * bench_each(write_number, &w), "ns", "");
    bench_row("text to double, 17 digits", 1e9 * bench_each(read_number, &w), "ns", "");
    fill_numbers(&w, true);
    bench_row("double to shortest text, 2 decimals", 1e9 * bench_each(write_number, &w), "ns", "");
    bench_row("text to double, 2 decimals", 1e9 * bench_each(read_number, &w), "ns", "");
    bench_row("arena, 48 bytes", 1e9 * bench_each(allocate, &w), "ns", "zeroed");
    bench_row("index given out by tare_parallel", 1e9 * bench_each(parallel, &w), "ns",
              "2 threads, empty function");
    free(w.bytes);
    return w.sink == 1;
}
