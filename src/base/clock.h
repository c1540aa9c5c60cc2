/*
 * Time is an argument. Durations come from mono only; wall is recorded, never subtracted.
 */
#ifndef TARE_BASE_CLOCK_H
#define TARE_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct tare_clock {
    int64_t (*mono_ns)(void *ctx);
    int64_t (*wall_ns)(void *ctx); /* since 1970-01-01T00:00:00Z */
    void *ctx;
};

const struct tare_clock *tare_clock_system(void);

/* A clock that stands still until told: for tests and simulation. */
struct tare_clock_fake {
    struct tare_clock clock;
    int64_t mono, wall;
};
void tare_clock_fake_init(struct tare_clock_fake *f, int64_t mono_ns, int64_t wall_ns);

/* "2026-01-20T00:00:00Z" (20 characters and a NUL), proleptic Gregorian, UTC; years 0000-9999. */
void tare_time_format(int64_t wall_ns, char out[21]);
/* ISO-8601 date and time with Z or +hh:mm and optional fraction; false when it is not one. */
int tare_time_parse(const char *p, size_t n, int64_t *wall_ns);

#endif
