/*
 * JSON that comes in pieces, cut anywhere: says when a value is whole, and reads it then. Value,
 * fault and place are those of the whole text, however it was cut.
 */
#ifndef TARE_TEXT_JSON_FEED_H
#define TARE_TEXT_JSON_FEED_H

#include "text/json.h"

enum tare_json_fed {
    TARE_JSON_NEED_MORE, /* of a number at the outermost level only its end tells that it is whole
                          */
    TARE_JSON_COMPLETE   /* the value has ended, or can no longer become one */
};

struct tare_json_feed {
    const struct tare_json_policy *policy;
    struct tare_buf text;
    size_t n_bytes; /* that were taken; more than text holds: there were too many */
    uint32_t depth;
    uint8_t state;
};

/* policy NULL: strict; it must outlive the feed. */
void tare_json_feed_begin(struct tare_json_feed *f, const struct tare_json_policy *policy,
                          const struct tare_alc *alc);
/* Takes bytes up to the end of the value: *used tells how many. What follows belongs to no value
 * yet: begin again with it, or call it text that should not be there. */
enum tare_json_fed tare_json_feed_put(struct tare_json_feed *f, struct tare_str piece,
                                      size_t *used);
/* No more comes, or the value is whole: as tare_json_parse of what was taken. The value borrows
 * nothing from f, which is freed. */
enum tare_status tare_json_feed_end(struct tare_json_feed *f, struct tare_arena *arena,
                                    struct tare_json *root, struct tare_err *err);

#endif
