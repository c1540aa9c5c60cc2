/*
 * YAML files a person writes (suite.yaml, solver.yaml), read through libfyaml into the same
 * document type as JSON, so that every reader has one interface and real line and column
 * positions. JSON-schema core types: null, true/false, decimal integers and floats; everything
 * else is a string ("no", "on", "1:30" and dates stay strings). Anchors, aliases and merge keys
 * are expanded within the limits of base/limits.h; duplicate keys, tabs, several documents and
 * tags are errors with a place. A number keeps its digits as written, in JSON's grammar (".5" is
 * 0.5, "+1" is 1); a number with a needless leading zero ("007") is text.
 */
#ifndef TARE_TEXT_YAML_H
#define TARE_TEXT_YAML_H

#include "text/json.h"

/* The document borrows `text`; positions are bytes of it. err carries line, column and excerpt (and
 * `path` as its file, when given). libfyaml prints nothing. */
enum tare_status tare_yaml_parse(struct tare_str text, struct tare_str path,
                                 struct tare_arena *arena, struct tare_json *root,
                                 struct tare_err *err);
#endif
