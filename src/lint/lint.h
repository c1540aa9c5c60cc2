/*
 * What statistics cannot repair: a log is looked at for signs that its numbers do not mean what
 * they seem to mean. Signs, not proofs: each finding says what was counted.
 */
#ifndef TARE_LINT_LINT_H
#define TARE_LINT_LINT_H

#include "record/formats/import.h"

#define TARE_LINT_MIN_ROWS 10u /* fewer say nothing */
#define TARE_LINT_MAX 256u

struct tare_lint_finding {
    const char *check;    /* "ties-as-losses", "same-output" … : fixed words */
    struct tare_str file; /* path as given */
    struct tare_str text; /* one sentence with the counts, no full stop */
};

struct tare_lint {
    struct tare_arena *arena;
    struct tare_lint_finding v[TARE_LINT_MAX];
    uint32_t n; /* beyond the ceiling nothing is added */
};

/* Appends a finding. Whoever writes a check uses this. */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
void tare_lint_add(struct tare_lint *out, const char *check, struct tare_str file, const char *fmt,
                   ...);

/* What one table shows: ties counted as losses, always the same output, few distinct outputs, a
 * metric at its ceiling. Nothing for fewer than TARE_LINT_MIN_ROWS attempts. */
void tare_lint_table(const struct tare_import_table *t, struct tare_lint *out);

/* What two runs show together: outputs that are the same text on both sides. */
void tare_lint_two(const struct tare_import_table *a, uint32_t run_a,
                   const struct tare_import_table *b, uint32_t run_b, struct tare_lint *out);

/*
 * What raw rows show (JSON Lines; other files are passed over): columns that alternate or never
 * change, pairs of texts where the longer one always wins, few distinct texts, tasks made from few
 * seeds, repeated inputs. Rows of several files are joined by their task id. Lines that are no JSON
 * objects are passed over; has_rows[i] (NULL: not asked) says whether file i has others at its
 * beginning. Fails: TARE_E_IO, TARE_E_NOMEM.
 */
enum tare_status tare_lint_rows(const struct tare_str *paths, uint32_t n, struct tare_lint *out,
                                bool *has_rows, struct tare_err *err);

#endif
