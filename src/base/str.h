/*
 * Text is a pointer and a length until the edge of a C API.
 *
 * A tare_str borrows: it never owns what it points to. p may be NULL only when n is 0.
 */
#ifndef TARE_BASE_STR_H
#define TARE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct tare_str {
    const char *p;
    size_t n;
};

/* A slice of a string literal. */
#define TARE_S(lit) ((struct tare_str){(lit), sizeof(lit) - 1})
/* Arguments for a "%.*s" conversion. */
#define TARE_FMT(s) (int)((s).n), ((s).p ? (s).p : "")

static inline struct tare_str tare_str_of(const char *cstr)
{
    return (struct tare_str){cstr, cstr ? strlen(cstr) : 0};
}

static inline struct tare_str tare_str_n(const char *p, size_t n)
{
    return (struct tare_str){p, n};
}

static inline bool tare_str_eq(struct tare_str a, struct tare_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool tare_str_is(struct tare_str a, const char *cstr)
{
    return tare_str_eq(a, tare_str_of(cstr));
}

/* Order by bytes, which for UTF-8 is order by code point. Negative, 0 or positive. */
int tare_str_cmp(struct tare_str a, struct tare_str b);
bool tare_str_starts(struct tare_str s, struct tare_str prefix);
bool tare_str_ends(struct tare_str s, struct tare_str suffix);
/* Offset of the first `needle` in `s`, or SIZE_MAX. An empty needle is found at 0. */
size_t tare_str_find(struct tare_str s, struct tare_str needle);
/* Without leading and trailing ASCII white space (space, \t, \n, \v, \f, \r). */
struct tare_str tare_str_trim(struct tare_str s);

/* Strict decimal readers: the whole of `s`, an optional '-', digits; no space, no '+'.
 * False (and *out untouched) on anything else or on overflow. */
bool tare_str_to_i64(struct tare_str s, int64_t *out);
bool tare_str_to_u64(struct tare_str s, uint64_t *out);
/* A finite decimal number in JSON's grammar plus a leading '.' or '+'; same result in every locale.
 */
bool tare_str_to_f64(struct tare_str s, double *out);

#endif
