/*
 * What `tare selftest` shows: on a terminal and as a document (docs/schema/selftest.json).
 */
#ifndef TARE_VIEW_SELFTEST_H
#define TARE_VIEW_SELFTEST_H

#include "base/buf.h"
#include "decide/selftest.h"
#include "decide/selftest_until.h"
#include "text/json.h"
#include "view/style.h"

void tare_view_selftest(struct tare_buf *out, const struct tare_selftest *s,
                        const struct tare_style *style);
/* tare.selftest/1 */
void tare_doc_selftest(struct tare_json_writer *w, const struct tare_selftest *s,
                       const struct tare_selftest_until *until);

/* The stopping rule: a table, and the value of "until". */
void tare_view_selftest_until(struct tare_buf *out, const struct tare_selftest_until *s,
                              const struct tare_style *style);
void tare_doc_selftest_until(struct tare_json_writer *w, const struct tare_selftest_until *s);

#endif
