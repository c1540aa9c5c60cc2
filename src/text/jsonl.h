/*
 * JSON Lines: one JSON value a line. Blank lines are skipped; every fault carries the line of the
 * file. A last line that lacks its line break and is no JSON is torn: whoever wrote the file was
 * interrupted.
 */
#ifndef TARE_TEXT_JSONL_H
#define TARE_TEXT_JSONL_H

#include "text/json.h"

struct tare_jsonl {
    struct tare_str text; /* borrowed; the values borrow from it too */
    const struct tare_json_policy
        *policy;        /* NULL: strict; max_bytes 0: TARE_MAX_JSONL_LINE_BYTES */
    bool drop_torn;     /* a torn last line ends the reading without a fault */
    size_t at;          /* where the next line begins */
    size_t line_offset; /* where the line given last began */
    uint64_t line_no;   /* its number, from 1 */
    bool torn;          /* the last line is torn */
};

void tare_jsonl_begin(struct tare_jsonl *j, struct tare_str text,
                      const struct tare_json_policy *policy);
/* The next value, in the arena. False at the end (*status is TARE_OK) or on a fault. Positions of
 * the value count from the start of its line: the line begins at line_offset. */
bool tare_jsonl_next(struct tare_jsonl *j, struct tare_arena *arena, struct tare_json *out,
                     enum tare_status *status, struct tare_err *err);

/* One line that was read by other means (base/fs.h): parses it and puts `line_no`, and the byte
 * offset counted from the start of the file, into err. */
enum tare_status tare_jsonl_line(struct tare_str line, uint64_t line_no, size_t line_offset,
                                 const struct tare_json_policy *policy, struct tare_arena *arena,
                                 struct tare_json *out, struct tare_err *err);
/* True when nothing but white space stands on the line. */
bool tare_jsonl_is_blank(struct tare_str line);

#endif
