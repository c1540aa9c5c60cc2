/*
 * promptfooconfig.yaml, read as a suite of the world prompt: its tests are tasks, its assertions
 * checks; prompts and providers are handed back for whoever makes solvers of them. What cannot be
 * run is counted and stays in the checks as "not run": it never passes.
 */
#ifndef TARE_SUITE_PROMPTFOO_H
#define TARE_SUITE_PROMPTFOO_H

#include "suite/suite.h"

#define TARE_PROMPTFOO_KINDS 64u

struct tare_promptfoo_prompt {
    struct tare_str label, text;
};
struct tare_promptfoo_provider {
    struct tare_str id, label;
    struct tare_json config; /* or absent */
};
/* How many assertions of a type there are, and why they are not run (empty: they are). */
struct tare_promptfoo_count {
    struct tare_str type, why;
    uint32_t n;
};

struct tare_promptfoo {
    struct tare_suite *suite;
    const struct tare_promptfoo_prompt *prompts;
    uint32_t n_prompts;
    const struct tare_promptfoo_provider *providers;
    uint32_t n_providers;
    struct tare_promptfoo_count counts[TARE_PROMPTFOO_KINDS];
    uint32_t n_counts, n_run, n_not_run;
    uint32_t repeat; /* evaluateOptions.repeat, or 1 */
};

/* True for a file of that name, or one that has `prompts` or `providers` and no `suite`. */
bool tare_promptfoo_is(struct tare_str path);
/*
 * has_judge: a model stands in for judges that name none; else these are not run.
 * Everything lives in the arena. Files (`file://…`) are read from the config's folder: text, JSON,
 * JSON Lines, YAML and CSV; no code. Fails: TARE_E_INPUT with file:line:column, TARE_E_IO,
 * TARE_E_LIMIT (100,000 tests), TARE_E_NOMEM.
 */
enum tare_status tare_promptfoo_load(struct tare_str path, bool has_judge, struct tare_arena *arena,
                                     struct tare_promptfoo **out, struct tare_err *err);

/* "openai:chat:gpt-4o" as a model string of ours: "openai/gpt-4o". */
struct tare_str tare_promptfoo_model(struct tare_str id, struct tare_arena *arena);

/* CSV (RFC 4180) as JSON: a list of objects, one a row, keys from the first row; values are texts.
 * TARE_E_INPUT with line. */
enum tare_status tare_csv_rows(struct tare_str text, struct tare_str path, struct tare_arena *arena,
                               struct tare_json *out, struct tare_err *err);

#endif
