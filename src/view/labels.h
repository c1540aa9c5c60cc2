/*
 * A check against human labels, on a terminal and as a document.
 */
#ifndef TARE_VIEW_LABELS_H
#define TARE_VIEW_LABELS_H

#include "decide/labels.h"
#include "text/json.h"
#include "view/style.h"

/* What `tare score --labels` found, one side a solver. */
struct tare_label_report {
    struct tare_str path, suite, metric;
    double level; /* of the intervals */
    const struct tare_label_side *sides;
    uint32_t n;
};

void tare_view_labels(struct tare_buf *out, const struct tare_label_report *r,
                      const struct tare_style *style);
/* tare.labels/1 */
void tare_doc_labels(struct tare_json_writer *w, const struct tare_label_report *r);

/* Members of a comparison's `labels`, into an object that is open. */
void tare_doc_label_evidence(struct tare_json_writer *w, const struct tare_label_evidence *l);
#endif
