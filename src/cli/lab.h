/*
 * What the small studies have in common: recordings from a file, a script, or a model.
 */
#ifndef TARE_CLI_LAB_H
#define TARE_CLI_LAB_H

#include "cli/run_models.h"
#include "experiment/live.h"

struct tare_lab_opts {
    struct tare_str file, script, out, record, replay;
    struct tare_strs models, arms;
    double confidence, temperature;
    int64_t seeds, seed, resamples, jobs, max_tokens, budget_tokens;
    int cache;
    bool emit;
};

/* Arguments and options for an options struct `opts` with a struct tare_lab_opts `lab`. */
#define TARE_LAB_FILE(opts, text)                                                                  \
    {                                                                                              \
        "FILE", text ", JSON Lines; - : standard input", 0, 1, offsetof(opts, lab.file)            \
    }
#define TARE_LAB_OPTION(opts, opt, kind, meta, field, text)                                        \
    .name = (opt), .type = (kind), .metavar = (meta), .at = offsetof(opts, lab.field),             \
    .help = (text)
#define TARE_LAB_SCRIPT(opts, meta, text, n_seeds, n_resamples, least, of)                         \
    {TARE_LAB_OPTION(opts, "script", TARE_OPT_STRING, meta, script, text)},                        \
        {TARE_LAB_OPTION(opts, "seeds", TARE_OPT_INT, NULL, seeds,                                 \
                         "attempts at each case of the script, or of a model (3 unless said)"),    \
         .min = 1, .max = 100, .def = n_seeds},                                                    \
        {TARE_LAB_OPTION(opts, "emit", TARE_OPT_FLAG, NULL, emit,                                  \
                         "print the recordings of the script or model instead: an example of the " \
                         "format")},                                                               \
        {TARE_LAB_OPTION(opts, "seed", TARE_OPT_INT, NULL, seed, "of script and resampling"),      \
         .min = 0, .max = 9007199254740991, .def = "1"},                                           \
        {TARE_LAB_OPTION(opts, "confidence", TARE_OPT_PROB, "P", confidence,                       \
                         "coverage of the intervals"),                                             \
         .def = "0.95"},                                                                           \
    {                                                                                              \
        TARE_LAB_OPTION(opts, "resamples", TARE_OPT_INT, NULL, resamples, of),                     \
            .min = (least), .max = 1000000, .def = n_resamples                                     \
    }
#define TARE_LAB_LIVE(opts, of_arms, arms_text)                                                    \
    {TARE_LAB_OPTION(opts, "model", TARE_OPT_REPEAT, "MODEL", models,                              \
                     "FILE holds cases, and this model is asked: PROVIDER/NAME or "                \
                     "http://HOST:PORT/v1#NAME"),                                                  \
     .letter = 'm'},                                                                               \
        {TARE_LAB_OPTION(opts, of_arms, TARE_OPT_REPEAT, "NAME", arms, arms_text)},                \
        {TARE_LAB_OPTION(opts, "out", TARE_OPT_STRING, "FILE", out,                                \
                         "also keep what the model said there, as recordings to be read again")},  \
        {TARE_LAB_OPTION(opts, "temperature", TARE_OPT_FLOAT, NULL, temperature,                   \
                         "of the model (default: the server's)"),                                  \
         .min = 0, .max = 2},                                                                      \
        {TARE_LAB_OPTION(opts, "max-tokens", TARE_OPT_INT, NULL, max_tokens, "of one reply"),      \
         .min = 1, .max = 1e9},                                                                    \
        {TARE_LAB_OPTION(opts, "budget-tokens", TARE_OPT_INT, NULL, budget_tokens,                 \
                         "of all requests; nothing is asked beyond it"),                           \
         .min = 1, .max = 1e15},                                                                   \
        {TARE_LAB_OPTION(opts, "cache", TARE_OPT_CHOICE, NULL, cache,                              \
                         "replies kept beside the store: written (auto), read too (on), never "    \
                         "kept (off)"),                                                            \
         .choices = tare_cli_cache_names},                                                         \
        {TARE_LAB_OPTION(opts, "record", TARE_OPT_STRING, "DIR", record,                           \
                         "keep every exchange in DIR/exchanges.jsonl")},                           \
        {TARE_LAB_OPTION(opts, "replay", TARE_OPT_STRING, "DIR", replay,                           \
                         "take every reply from a recording: no network, no key")},                \
    {                                                                                              \
        TARE_LAB_OPTION(opts, "jobs", TARE_OPT_INT, NULL, jobs, "talks at once (default: 16)"),    \
            .letter = 'j', .min = 1, .max = 1024                                                   \
    }

/* Writes a script's recordings. */
typedef enum tare_status (*tare_lab_script)(void *ctx, struct tare_buf *jsonl,
                                            struct tare_err *err);
/* tare_tools_live, tare_drift_live. */
typedef enum tare_status (*tare_lab_live)(struct tare_str cases, const struct tare_live *live,
                                          struct tare_arena *arena, struct tare_buf *jsonl,
                                          struct tare_live_drawn *out, struct tare_err *err);

struct tare_lab_source {
    tare_lab_script script;
    void *script_ctx;
    tare_lab_live live;
    const char *const *arms; /* those drawn where none is named; NULL-terminated */
    uint32_t retries, top_logprobs;
    bool native;
    enum tare_live_form form;
};

/*
 * The recordings. Told on standard error: what a model was asked, and what of it is missing (then
 * the exit code is 3). Fails: TARE_E_USAGE, TARE_E_INPUT and errors of the sources.
 */
enum tare_status tare_lab_text(struct tare_ctx *ctx, const struct tare_lab_opts *o,
                               const struct tare_lab_source *source, struct tare_str *out,
                               struct tare_err *err);
/* What errors of the recordings are about. */
struct tare_str tare_lab_name(const struct tare_lab_opts *o);

#endif
