/*
 * Reading a mapping a person wrote: known keys with types, unknown keys refused with a suggestion.
 *
 *     struct tare_fields f;
 *     tare_fields_begin(&f, root, text, path, err);
 *     tare_fields_str(&f, "suite", true, &suite->name);
 *     tare_fields_i64(&f, "attempts", false, 1, 100000, &k);
 *     return tare_fields_end(&f);          // refuses keys that nobody asked for
 *
 * The first fault wins and is kept in err with file:line:column, the line itself, and "did you
 * mean". After a fault all readers do nothing.
 */
#ifndef TARE_TEXT_FIELDS_H
#define TARE_TEXT_FIELDS_H

#include "text/json.h"

#define TARE_FIELDS_MAX 64

struct tare_fields {
    struct tare_json object;
    struct tare_str text, path; /* source, for excerpts; path may be empty */
    struct tare_err *err;
    const char *known[TARE_FIELDS_MAX];
    uint32_t n_known;
    enum tare_status status;
};

/* text empty: a fault has its byte offset only, and whoever has the text locates it. */
void tare_fields_begin(struct tare_fields *f, struct tare_json object, struct tare_str text,
                       struct tare_str path, struct tare_err *err);
/* The raw value, absent when missing and not required. */
struct tare_json tare_fields_any(struct tare_fields *f, const char *key, bool required);
/* A list (TARE_JSON_ARRAY) or mapping (TARE_JSON_OBJECT); absent when missing or null and not
 * required, or after a fault. */
struct tare_json tare_fields_kind(struct tare_fields *f, const char *key, bool required,
                                  enum tare_json_kind kind);
/* Each leaves *out untouched when the key is missing (or null) and not required. Strings borrow
 * from the document. */
void tare_fields_str(struct tare_fields *f, const char *key, bool required, struct tare_str *out);
void tare_fields_bool(struct tare_fields *f, const char *key, bool required, bool *out);
void tare_fields_i64(struct tare_fields *f, const char *key, bool required, int64_t min,
                     int64_t max, int64_t *out);
void tare_fields_f64(struct tare_fields *f, const char *key, bool required, double min, double max,
                     double *out);
/* One of `names` (NULL-terminated); *out is its index. */
void tare_fields_choice(struct tare_fields *f, const char *key, bool required,
                        const char *const *names, int *out);
/* Reports `v` (a value below the object) as wrong; sets f->status. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void tare_fields_fail(struct tare_fields *f, struct tare_json v, const char *fmt, ...);
/* `meta` is always allowed. Returns the status. */
enum tare_status tare_fields_end(struct tare_fields *f);

/* The nearest of `names` (NULL-terminated) within an edit distance of about a third of the length
 * (Damerau-Levenshtein, optimal string alignment), or NULL. */
const char *tare_suggest(struct tare_str word, const char *const *names);

#endif
