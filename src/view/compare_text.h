/*
 * Of view/ alone: what a comparison says in words, for the terminal, Markdown and JSON alike.
 */
#ifndef TARE_VIEW_COMPARE_TEXT_H
#define TARE_VIEW_COMPARE_TEXT_H

#include "base/buf.h"
#include "decide/compare.h"
#include "view/number.h"

/* How this comparison's values and differences are written. */
struct tare_scale tare__compare_scale(const struct tare_compare *c);
/* "tasks like these", "these very tasks": what the verdict is about. */
const char *tare__about_text(const struct tare_compare *c);
/* "Holm over 3 tests": how p is corrected where there are several. */
void tare__say_correction(struct tare_buf *out, const struct tare_compare *c);
/* Resamples behind the p that is shown; 0: exact. */
uint64_t tare__p_resamples(const struct tare_compare *c);
/* " points", " steps" or "". */
struct tare_number tare__diff_unit(const struct tare_compare *c);
/* "possibly by less than the 5-point margin", or why nothing could be concluded. */
void tare__say_tag(struct tare_buf *out, const struct tare_compare *c, bool unicode);
/* One a line: what was left out and why; what would change the verdict; what to know besides. */
void tare__say_exclusions(struct tare_buf *out, const struct tare_compare *c);
/* "about 1,097 tasks", "about 12 attempts a task on each side": what the verdict takes next. Where
 * nothing was shown: to show a difference of the margin. Where one was shown that may be below the
 * margin: to show that it is not. False and nothing written: it takes nothing of the kind, or no
 * number of them would do. */
bool tare__say_size_needed(struct tare_buf *out, const struct tare_compare *c);
/* Shown, but the estimate itself is below the margin. */
bool tare__below_margin(const struct tare_compare *c);
void tare__say_would_change(struct tare_buf *out, const struct tare_compare *c, bool unicode);
void tare__say_warnings(struct tare_buf *out, const struct tare_compare *c);
/* What tasks cost on both sides, one figure a line; it never decides. */
void tare__say_spend(struct tare_buf *out, const struct tare_compare *c, bool unicode);
/* How the check errs on both sides by the labels given, and the difference raw and set right. */
void tare__say_labels(struct tare_buf *out, const struct tare_compare *c, bool unicode);
/* Step by step: design, pairing, why this method, margin, family. */
void tare__say_explanation(struct tare_buf *out, const struct tare_compare *c, bool unicode);
/* "binary", "lattice", "real", "ratio". */
const char *tare__design_name(enum tare_design d);

#endif
