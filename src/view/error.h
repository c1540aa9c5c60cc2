/*
 * An error for people (four parts: what, where with the line itself, why, what to do) and for
 * machines.
 */
#ifndef TARE_VIEW_ERROR_H
#define TARE_VIEW_ERROR_H

#include "base/buf.h"
#include "base/err.h"
#include "view/style.h"

/*
 * Appends, for who "tare run":
 *     tare run: suite.yaml: unknown key "atempts"
 *       suites/incident-response/suite.yaml:6:1
 *         6 | atempts: 4
 *           | ^ did you mean "attempts"?
 * The place is left out as far as it is unknown; a remedy longer than the line stands on its own.
 * Outside text is made harmless (text/width.h).
 */
void tare_view_error(struct tare_buf *out, const char *who, const struct tare_err *err,
                     const struct tare_style *style);

/* The same facts as one JSON document, schema "tare.error/1". */
void tare_view_error_json(struct tare_buf *out, const char *who, const struct tare_err *err);

#endif
