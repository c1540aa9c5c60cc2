/*
 * What the fuzz targets share. Each gets bytes of libFuzzer and checks promises of one parser; a
 * broken one traps, so that it counts as a crash.
 */
#ifndef TARE_FUZZ_FUZZ_H
#define TARE_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void fuzz_must(bool holds)
{
    if (!holds)
        __builtin_trap();
}

/* An error says something, and its place lies inside the input. */
static inline void fuzz_check_err(enum tare_status st, const struct tare_err *err, size_t size)
{
    fuzz_must(st == err->code && err->text[0]);
    fuzz_must(!err->has_offset || err->offset <= size);
}

static inline struct tare_str fuzz_text(const uint8_t *data, size_t size)
{
    return tare_str_n((const char *)data, size);
}

#endif
