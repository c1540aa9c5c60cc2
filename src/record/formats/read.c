/*
 * What all readers share: parsing one row, telling where it stands, numbers and texts as other
 * tools spell them.
 */
#include <math.h>

#include "record/formats/import_int.h"

#include "base/limits.h"
#include "text/jsonl.h"

#include "base/banned.h"

#define MAX_EXPECTED_ROWS (1u << 18) /* a guess may cost 50 MB, not more */

enum tare_status tare__import_parse(struct tare__import *im, struct tare_str slice,
                                    struct tare_json *out)
{
    struct tare_json_policy policy = tare_json_log;
    policy.max_depth = TARE_MAX_JSON_DEPTH_IMPORT;
    enum tare_status st = tare_json_parse(slice, &policy, &im->scratch, out, im->err);
    if (st != TARE_OK && im->err && im->err->has_offset && slice.p >= im->text.p &&
        slice.p <= im->text.p + im->text.n) {
        im->err->offset += (size_t)(slice.p - im->text.p);
        tare_err_locate(im->err, im->text);
    }
    return st;
}

struct tare_str tare__import_text(struct tare_json v)
{
    switch (tare_json_kind(v)) {
    case TARE_JSON_STRING:
        return tare_json_str(v);
    case TARE_JSON_NUMBER:
    case TARE_JSON_TRUE:
    case TARE_JSON_FALSE:
        return tare_json_lexeme(v);
    default:
        return (struct tare_str){NULL, 0};
    }
}

static bool is_word(struct tare_str s, const char *lower)
{
    size_t n = strlen(lower);
    if (s.n != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = s.p[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c != lower[i])
            return false;
    }
    return true;
}

bool tare__import_number(struct tare_json v, double *out)
{
    switch (tare_json_kind(v)) {
    case TARE_JSON_TRUE:
        *out = 1;
        return true;
    case TARE_JSON_FALSE:
        *out = 0;
        return true;
    case TARE_JSON_NUMBER:
        if (tare_str_is(tare_json_lexeme(v), "NaN")) {
            *out = (double)NAN;
            return true;
        }
        return tare_json_f64(v, out);
    case TARE_JSON_STRING:
        break;
    default:
        return false;
    }
    struct tare_str s = tare_str_trim(tare_json_str(v));
    if (tare_str_to_f64(s, out))
        return true;
    if (is_word(s, "true") || is_word(s, "yes") || is_word(s, "pass") || is_word(s, "passed")) {
        *out = 1;
        return true;
    }
    if (is_word(s, "false") || is_word(s, "no") || is_word(s, "fail") || is_word(s, "failed")) {
        *out = 0;
        return true;
    }
    if (is_word(s, "nan")) {
        *out = (double)NAN;
        return true;
    }
    return false;
}

struct tare_str tare__import_any_text(struct tare__import *im, struct tare_json v)
{
    if (tare_json_kind(v) == TARE_JSON_STRING)
        return tare_json_str(v);
    if (!tare_json_present(v) || tare_json_kind(v) == TARE_JSON_NULL)
        return (struct tare_str){NULL, 0};
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
    tare_json_print(v, &b);
    struct tare_str text = tare_arena_copy(&im->scratch, tare_buf_str(&b));
    tare_buf_free(&b);
    return text;
}

static bool counter(struct tare_json v, uint64_t *out)
{
    double x;
    if (!tare_json_f64(v, &x) || !(x >= 0) || x > 9e15)
        return false;
    *out = (uint64_t)x;
    return true;
}

void tare__import_token_counts(struct tare__import *im, struct tare_json in, struct tare_json out)
{
    struct tare__import_row *r = &im->row;
    uint64_t n;
    if (counter(in, &n)) {
        r->tokens_in += n;
        r->has_tokens = true;
    }
    if (counter(out, &n)) {
        r->tokens_out += n;
        r->has_tokens = true;
    }
}

void tare__import_tokens(struct tare__import *im, struct tare_json usage, const char *in,
                         const char *out)
{
    tare__import_token_counts(im, tare_json_get(usage, in), tare_json_get(usage, out));
}

enum tare_status tare__import_each(struct tare__import *im, struct tare_str array,
                                   enum tare_status (*row_fn)(struct tare__import *,
                                                              struct tare_json))
{
    struct tare_json_walk w;
    struct tare_str key, value;
    enum tare_status st =
        tare_json_walk_enter(im->text, (size_t)(array.p - im->text.p), &w, im->err);
    while (st == TARE_OK && tare_json_walk_next(&w, &key, &value, &st, im->err)) {
        struct tare_json row;
        tare_arena_reset(&im->scratch);
        st = tare__import_parse(im, value, &row);
        tare__import_row(im)->offset = (size_t)(value.p - im->text.p);
        if (st == TARE_OK)
            st = row_fn(im, row);
    }
    return st;
}

/* Rows there will be, from the length of the first few lines; only sizes tables. */
static uint32_t guess_rows(struct tare_str text)
{
    size_t at = 0, lines = 0;
    while (at < text.n && lines < 16) {
        const char *stop = memchr(text.p + at, '\n', text.n - at);
        at = stop ? (size_t)(stop - text.p) + 1 : text.n;
        lines++;
    }
    size_t rows = lines ? text.n / (at / lines + 1) : 0;
    rows += rows / 16 + 16;
    return rows < MAX_EXPECTED_ROWS ? (uint32_t)rows : MAX_EXPECTED_ROWS;
}

enum tare_status tare__import_lines(struct tare__import *im,
                                    enum tare_status (*row_fn)(struct tare__import *,
                                                               struct tare_json))
{
    size_t at = 0;
    uint64_t line_no = 0, first_bad = 0, n_good = 0;
    enum tare_status st = TARE_OK;
    im->expected = guess_rows(im->text);
    while (st == TARE_OK && at < im->text.n) {
        const char *p = im->text.p + at, *stop = memchr(p, '\n', im->text.n - at);
        struct tare_str line = tare_str_n(p, stop ? (size_t)(stop - p) : im->text.n - at);
        size_t offset = at;
        at += line.n + (stop != NULL);
        line_no++;
        if (tare_jsonl_is_blank(line))
            continue;
        struct tare_json row;
        struct tare_err *err = im->err, line_err = {0};
        tare_arena_reset(&im->scratch);
        im->err = &line_err;
        enum tare_status parsed = tare__import_parse(im, line, &row);
        im->err = err;
        if (parsed != TARE_OK) {
            if (!stop) {
                im->torn = true;
                tare__import_note(im, "the last line (%llu) is torn: its row is left out",
                                  (unsigned long long)line_no);
            } else if (!im->n_bad_lines++) {
                first_bad = line_no;
            }
            if (n_good == 0 && im->n_bad_lines > 20) {
                *im->err = line_err;
                return parsed;
            }
            continue;
        }
        n_good++;
        tare__import_row(im)->offset = offset;
        st = row_fn(im, row);
    }
    if (st == TARE_OK && im->n_bad_lines)
        tare__import_note(im, "%llu lines are not JSON and are left out, the first is line %llu",
                          (unsigned long long)im->n_bad_lines, (unsigned long long)first_bad);
    return st;
}
