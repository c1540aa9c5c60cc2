/*
 * What the files of the drawn pages share.
 */
#ifndef TARE_VIEW_HTML_INT_H
#define TARE_VIEW_HTML_INT_H

#include "view/api_int.h"
#include "view/html.h"

/* Up to <main>, with the ways to the other pages; title is markup already. */
void tare__html_head(struct tare_buf *out, const char *title);
void tare__html_foot(struct tare_buf *out);
/* <a href="BASEpart"> with the part escaped; the caller closes it. */
void tare__html_href(struct tare_buf *out, const char *base, struct tare_str part);
/* A value as indented JSON in <pre>. */
void tare__html_json(struct tare_buf *out, struct tare_json v);

/* One page: into `out`, which is empty; fails as reading the store does. */
typedef enum tare_status tare__html_fn(struct tare__call *c, struct tare_buf *out,
                                       struct tare_err *err);
tare__html_fn tare__html_attempt, tare__html_task, tare__html_suites, tare__html_suite,
    tare__html_power;

#endif
