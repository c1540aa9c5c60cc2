/*
 * The keys of the objects a text has open, so that none is written twice: what no automaton can
 * see. It reads the text itself, beside the grammar, which says that the text is JSON.
 */
#ifndef TARE_TEXT_GUIDE_KEYS_H
#define TARE_TEXT_GUIDE_KEYS_H

#include "base/alc.h"
#include "base/str.h"

/* Where the text is: copied to remember a place, put back to return to it. */
struct tare__keys_at {
    uint32_t head, top; /* newest entry of the open objects; the innermost open one; 0: none */
    uint32_t from;      /* of the key under way, in the text of keys */
    uint32_t n, n_text; /* entries and bytes in use: what is behind may be written over */
    uint32_t skip;      /* bytes before the JSON; UINT32_MAX: all before the first brace */
    uint32_t mode;      /* enum in the .c; 0: a value or what stands between values */
};

struct tare__keys {
    struct tare__keys_at at;
    struct tare__key_entry *entries;
    char *text;
    uint32_t cap, cap_text;
    const struct tare_alc *alc;
};

/* Which arrays are lists of texts that may not come twice: the grammar says so, in the state before
 * a byte. The bytes that are read, and the state before the one at `at`; memory NULL: none is one.
 */
struct tare__memory;
struct tare__lists {
    struct tare__memory *memory;
    uint32_t state;
    struct tare_str bytes;
    size_t at;
    bool fewer;  /* readings than the bytes alone tell: some are out, since a text came twice */
    bool failed; /* no memory */
};
/* Whether a list may begin with the byte at that place; asked in order of places (guide_object.c).
 */
bool tare__list_begins(struct tare__lists *x, size_t at);
/* A text that is there already ends with that byte: the readings by which it may not are out. False
 * when none is left. */
bool tare__list_ends(struct tare__lists *x, size_t at);

enum tare__keys_answer { TARE__KEYS_OK, TARE__KEYS_TWICE, TARE__KEYS_NO_MEMORY };

void tare__keys_open(struct tare__keys *k, uint32_t skip, const struct tare_alc *alc);
void tare__keys_close(struct tare__keys *k);
/* False: no memory; `to` is open and empty. */
bool tare__keys_copy(const struct tare__keys *k, struct tare__keys *to);
/* Reads on. TWICE: a key of an object that has it already; NO_MEMORY: then the place is as it was.
 */
enum tare__keys_answer tare__keys_read(struct tare__keys *k, struct tare_str bytes,
                                       struct tare__lists *lists);
/* Whether the bytes could be read; the place stays. */
enum tare__keys_answer tare__keys_try(struct tare__keys *k, struct tare_str bytes,
                                      struct tare__lists *lists);
/* How many quotes a token must have to write a key twice from here. */
uint32_t tare__keys_quotes(const struct tare__keys *k);
/* True inside a string that is no key: the place changes only when it ends. */
bool tare__keys_in_value(const struct tare__keys *k);
/* True inside a key. */
bool tare__keys_in_key(const struct tare__keys *k);

/* Places in the list of keys, 0: none. The innermost object that is open; the one around an object;
 * the newest key of an object, and the one before a key. */
uint32_t tare__keys_top(const struct tare__keys *k);
uint32_t tare__keys_outer(const struct tare__keys *k, uint32_t object);
uint32_t tare__keys_of(const struct tare__keys *k, uint32_t object);
uint32_t tare__keys_next(const struct tare__keys *k, uint32_t key);
struct tare_str tare__keys_text(const struct tare__keys *k, uint32_t key); /* as it is spelt */
struct tare_str
tare__keys_begun(const struct tare__keys *k); /* what there is of the one under way */
/* Whether a key of the innermost object begins with that and `more` behind it (some bytes). */
bool tare__keys_begin_so(const struct tare__keys *k, struct tare_str more);

#endif
