/*
 * Replies that are kept: the cache (one SQLite file, written before a reply is used, so that a run
 * that is killed pays for nothing twice) and recordings (JSON Lines, for people and version
 * control). Both map a key, SHA-256 in hex, to a tare.reply/1 document.
 */
#ifndef TARE_SOLVER_MODEL_KEEP_H
#define TARE_SOLVER_MODEL_KEEP_H

#include "base/arena.h"
#include "base/err.h"

struct tare_cache;

/* Opens or makes the file. Several processes may use it at once. Fails: TARE_E_IO. */
enum tare_status tare_cache_open(struct tare_str path, struct tare_cache **out,
                                 struct tare_err *err);
void tare_cache_close(struct tare_cache *c);
/* p NULL: nothing is kept under that key (or it cannot be read: asked again). In the arena. */
struct tare_str tare_cache_get(struct tare_cache *c, const char key[65], struct tare_arena *arena);
/* False when it could not be written. */
bool tare_cache_put(struct tare_cache *c, const char key[65], struct tare_str reply);

struct tare_tape;

/* Makes the folder where needed and appends to its exchanges.jsonl, after its last whole line. */
enum tare_status tare_tape_record(struct tare_str dir, struct tare_tape **out,
                                  struct tare_err *err);
/* Reads exchanges.jsonl of the folder; of equal keys the last counts, a torn last line does not.
 * Fails: TARE_E_USAGE (no such recording), TARE_E_INPUT with the line. */
enum tare_status tare_tape_replay(struct tare_str dir, struct tare_tape **out,
                                  struct tare_err *err);
void tare_tape_close(struct tare_tape *t);
/* asked: the endpoint that was meant; endpoint: the one that answered, perhaps its fallback. */
bool tare_tape_put(struct tare_tape *t, const char key[65], struct tare_str asked,
                   struct tare_str endpoint, struct tare_str request, struct tare_str reply);
/* Two solvers with one model ask the same question at the same attempt, and each had its own
 * answer: that of the endpoint `asked` comes first, else that of any. p NULL: not recorded. Valid
 * as long as the tape. */
struct tare_str tare_tape_get(const struct tare_tape *t, const char key[65], struct tare_str asked);

#endif
