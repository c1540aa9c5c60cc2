/*
 * YAML files a person writes (suite.yaml, solver.yaml), read through libfyaml into the same
 * document type as JSON, so that every reader has one interface and real line and column
 * positions. JSON-schema core types: null, true/false, decimal integers and floats; everything
 * else is a string ("no", "on", "1:30" and dates stay strings). Anchors, aliases and merge keys
 * are expanded within the limits of base/limits.h; duplicate keys, tabs, several documents and
 * custom tags are errors with a place.
 */
#ifndef TARE_TEXT_YAML_H
#define TARE_TEXT_YAML_H

#include "text/json.h"

/* err carries line, column and excerpt (and `path` as its file, when given). libfyaml prints
 * nothing. */
enum tare_status tare_yaml_parse(struct tare_str text, struct tare_str path,
                                 struct tare_arena *arena, struct tare_json *root,
                                 struct tare_err *err);
#endif
