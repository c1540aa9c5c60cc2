/* Shared by the files of the suite room. */
#ifndef TARE_SUITE_SUITE_INT_H
#define TARE_SUITE_SUITE_INT_H

#include "suite/suite.h"
#include "text/fields.h"

#define TARE__SUITE_NAME_BYTES 64 /* of suites, solvers, metrics and tags: they head columns */
#define TARE__SUITE_ID_BYTES 256  /* of tasks */

/* Path of the suite.yaml that `what` means; search as in struct tare_suite_options. */
enum tare_status tare__suite_find(struct tare_str what, struct tare_str search,
                                  struct tare_arena *arena, struct tare_str *path,
                                  struct tare_err *err);
/* Reads a YAML file into the arena; root is a mapping. */
enum tare_status tare__suite_read_yaml(struct tare_str path, struct tare_arena *arena,
                                       struct tare_str *text, struct tare_json *root,
                                       struct tare_err *err);
/* A CSV text of tasks as lines of JSON: columns id (else row-N), input or input.NAME, expect or
 * expect.NAME; all others are tags. Empty cells are absent. TARE_E_INPUT, TARE_E_NOMEM. */
enum tare_status tare__suite_csv_tasks(struct tare_str text, struct tare_str path,
                                       struct tare_arena *arena, struct tare_str *out,
                                       struct tare_err *err);
/* The mapping `limits`. */
void tare__suite_limits(struct tare_fields *f, struct tare_suite_limits *out);
/* Letters, digits, '.', '_' and '-', the first one a letter or digit: it stands in addresses such
 * as LABEL/SOLVER. Else a fault at the key's value. */
void tare__suite_check_name(struct tare_fields *f, const char *key, struct tare_str name);
/* A mapping with exactly one key, or one word: the word and what stands under it. */
void tare__suite_choice(struct tare_fields *f, const char *key, bool required,
                        struct tare_str *name, struct tare_json *config);
/* Fills suite->manifest and suite->digest from the rest. */
enum tare_status tare__suite_identify(struct tare_suite *suite, struct tare_arena *arena,
                                      struct tare_err *err);

#endif
