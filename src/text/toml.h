/*
 * TOML 1.0 (toml.io), the configuration of other tools' task folders, as the document type of JSON.
 * Dates and times are texts as written; inf and nan are refused, since JSON has none. Values have
 * no positions of the file: faults of the file itself do.
 */
#ifndef TARE_TEXT_TOML_H
#define TARE_TEXT_TOML_H

#include "text/json.h"

/* At most TARE_MAX_TOML_KEYS keys, TARE_MAX_YAML_DEPTH deep. TARE_E_INPUT with line and column,
 * TARE_E_LIMIT, TARE_E_NOMEM. Everything lives in the arena; text is not borrowed. */
enum tare_status tare_toml_parse(struct tare_str text, struct tare_str path,
                                 struct tare_arena *arena, struct tare_json *root,
                                 struct tare_err *err);

#endif
