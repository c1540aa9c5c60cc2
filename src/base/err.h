/*
 * An error is a value with a place, a reason and a remedy. Rooms return it; only cli/ and view/
 * print it; only main turns its code into an exit status.
 */
#ifndef TARE_BASE_ERR_H
#define TARE_BASE_ERR_H

#include "base/str.h"

enum tare_status {
    TARE_OK = 0,
    TARE_E_NOMEM = 1,    /* no memory, or an arena's ceiling       exit 3 */
    TARE_E_INPUT = 2,    /* the data is wrong; the place is known  exit 4 */
    TARE_E_IO = 3,       /* file system, store, network, child     exit 3 */
    TARE_E_STATE = 4,    /* called in the wrong order: our bug     exit 70 */
    TARE_E_USAGE = 5,    /* flags or configuration                 exit 2 */
    TARE_E_LIMIT = 6,    /* a ceiling of base/limits.h             exit 4 */
    TARE_E_CANCELLED = 7 /* a person or a signal asked to stop     exit 130 */
};

/* Storage is inside the struct so that "out of memory" can still be told. All strings are
 * NUL-terminated and cut (with "...") when too long. Nobody compares text. */
struct tare_err {
    enum tare_status code;
    size_t offset; /* byte in the input; meaningful when has_offset */
    bool has_offset;
    uint32_t line, column; /* 1-based; 0: unknown */
    int32_t attempt;       /* 1-based; 0: does not apply */
    char file[256];
    char task[128];
    char text[512];        /* the reason, one sentence without a full stop at its end */
    char hint[384];        /* the remedy: what to type or change */
    char excerpt[121];     /* the line of input it is about, unchanged but cut */
    uint32_t excerpt_skip; /* code points of that line left out before the excerpt */
    const char *fault;     /* which kind of fault, where the reader has a closed list; or NULL */
    char path[200];        /* of the value it is about: a JSON Pointer; empty: the whole */
};

/* Sets code and text (keeps place fields already set) and returns code. err may be NULL. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
enum tare_status
tare_fail(struct tare_err *err, enum tare_status code, const char *fmt, ...);
/* The same with the byte offset of the fault. */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
enum tare_status
tare_fail_at(struct tare_err *err, enum tare_status code, size_t offset, const char *fmt, ...);
/* Adds the remedy. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void tare_err_hint(struct tare_err *err, const char *fmt, ...);
void tare_err_file(struct tare_err *err, struct tare_str path);
/* The kind of fault (a constant of the reader's list) and the JSON Pointer it is at. */
void tare_err_fault(struct tare_err *err, const char *fault, struct tare_str path);
void tare_err_task(struct tare_err *err, struct tare_str task_id);
/* Fills line, column (in code points) and excerpt from err->offset in `input`. */
void tare_err_locate(struct tare_err *err, struct tare_str input);
/* "input", "io" …: for JSON documents. */
const char *tare_status_name(enum tare_status code);
/* The exit status of the design, section 6. */
int tare_status_exit(enum tare_status code);

#endif
