/*
 * What `tare experiment` shows, on a terminal and as documents (docs/schema/experiment-*.json).
 */
#ifndef TARE_VIEW_LAB_H
#define TARE_VIEW_LAB_H

#include "experiment/drift.h"
#include "experiment/tools.h"
#include "text/json.h"
#include "view/style.h"

/* script: what the recordings were made by, or NULL; then the rates that are known stand beside. */
void tare_view_tools(struct tare_buf *out, const struct tare_tools_report *r,
                     const struct tare_tools_script *script, const struct tare_style *style);
/* tare.experiment-tools/1 */
void tare_doc_tools(struct tare_json_writer *w, const struct tare_tools_report *r,
                    const struct tare_tools_script *script);

void tare_view_drift(struct tare_buf *out, const struct tare_drift_report *r,
                     const struct tare_drift_script *script, const struct tare_style *style);
/* JSON Lines: {"conversation", "turn" (from 1), "rule", "seed", "arm", "kept"} for each rule that
 * applied. */
void tare_doc_drift_rows(struct tare_buf *out, const struct tare_drift_recordings *r);
/* tare.experiment-drift/1 */
void tare_doc_drift(struct tare_json_writer *w, const struct tare_drift_report *r);

#endif
