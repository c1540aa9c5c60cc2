/*
 * What `tare power` shows: on a terminal and as a document (docs/schema/power.json).
 */
#ifndef TARE_VIEW_PLAN_H
#define TARE_VIEW_PLAN_H

#include "base/buf.h"
#include "decide/power_plan.h"
#include "text/json.h"
#include "view/style.h"

/* pilot: what the plan was read from, or NULL. from: its runs as they were named. */
void tare_view_plan(struct tare_buf *out, const struct tare_power_plan *plan,
                    const struct tare_power_plan_pilot *pilot, struct tare_str from,
                    const struct tare_style *style);
/* tare.power/1 */
void tare_doc_plan(struct tare_json_writer *w, const struct tare_power_plan *plan,
                   const struct tare_power_plan_pilot *pilot, struct tare_str from);

/* One sentence or two: do more attempts help? Empty where nothing is known. Document and terminal
 * say the same. */
#define TARE__PLAN_NOTE 400u
void tare__plan_note(const struct tare_power_plan *plan, const struct tare_power_plan_pilot *pilot,
                     char out[TARE__PLAN_NOTE]);

#endif
