/*
 * libtare: what the library promises to programs outside this repository.
 *
 * Objects are opaque; option and result structs begin with their size, so that they may grow. A
 * function that can fail returns 0 or one of enum tare_code and explains itself in the fault it is
 * given (which may be NULL). Nothing is printed, no signal handler is set, no thread is left
 * behind. One object is used by one thread at a time; different objects by different threads.
 * Text is UTF-8 and NUL-terminated.
 */
#ifndef TARE_TARE_H
#define TARE_TARE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define TARE_API __attribute__((visibility("default")))
#else
#define TARE_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0": the version of the library at run time; constant. */
TARE_API const char *tare_version(void);

enum tare_code {
    TARE_CODE_OK = 0,
    TARE_CODE_MEMORY = 1,
    TARE_CODE_INPUT = 2, /* the data is wrong; the fault says where */
    TARE_CODE_IO = 3,
    TARE_CODE_STATE = 4, /* called in a wrong way */
    TARE_CODE_USAGE = 5, /* a name or an option that does not exist */
    TARE_CODE_LIMIT = 6,
    TARE_CODE_CANCELLED = 7
};

/* Why a call failed. */
struct tare_fault {
    size_t size;           /* sizeof(struct tare_fault), set by the caller */
    int code;              /* enum tare_code */
    uint32_t line, column; /* from 1; 0: unknown */
    char file[256];        /* "" when it does not apply */
    char text[512];        /* the reason, one sentence */
    char hint[384];        /* the remedy */
};

/* ---- weighing ---------------------------------------------------------------------------- */

/* A suite, loaded and ready: solvers are weighed on its tasks. */
struct tare_scale;

struct tare_scale_options {
    size_t size;
    const char *suite; /* a folder with suite.yaml, a suite.yaml, or a built-in suite's name */
    uint64_t seed;     /* as `tare run --seed`; 0 is a seed like others */
};

TARE_API int tare_scale_open(const struct tare_scale_options *options, struct tare_scale **out,
                             struct tare_fault *fault);
/* NULL is allowed. */
TARE_API void tare_scale_close(struct tare_scale *scale);

/* Tasks of the suite, and the id of one; NULL when i is out of range. Lives as long as the scale.
 */
TARE_API size_t tare_scale_tasks(const struct tare_scale *scale);
TARE_API const char *tare_scale_task(const struct tare_scale *scale, size_t i);

enum tare_ending {
    TARE_ENDED_DONE = 1,   /* scored */
    TARE_ENDED_FAILED = 2, /* the solver failed or met a limit: scored, as a failure */
    TARE_ENDED_MISSING = 3 /* something outside the solver failed: there is no score */
};

struct tare_weigh_options {
    size_t size;
    const char *solver; /* a scripted solver's name, or a solver.yaml */
    const char *task;   /* id; NULL: the first task */
    uint32_t attempt;   /* from 0 */
};

struct tare_weight {
    size_t size;     /* set by the caller */
    int ending;      /* enum tare_ending */
    double score;    /* the suite's headline metric; NaN when it has no value */
    char metric[64]; /* its name */
    uint32_t steps;  /* actions of the solver */
    char cause[256]; /* why it failed or is missing, else "" */
};

/* One attempt of one solver at one task: the same as that attempt of a `tare run` with this one
 * solver and seed. Equal arguments give equal results on every machine. */
TARE_API int tare_scale_weigh(struct tare_scale *scale, const struct tare_weigh_options *options,
                              struct tare_weight *out, struct tare_fault *fault);
/* Value of any metric of the last weighing; NaN when there is no such metric or it has no value. */
TARE_API double tare_scale_value(const struct tare_scale *scale, const char *metric);

#ifdef __cplusplus
}
#endif

#endif
