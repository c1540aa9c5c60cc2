/* A vocabulary while it is read. */
#ifndef TARE_TEXT_VOCAB_INT_H
#define TARE_TEXT_VOCAB_INT_H

#include "text/json.h"
#include "text/vocab.h"

struct tare__vocab_load {
    struct tare_arena *arena;
    struct tare_vocab_token *t; /* by id; holes have no bytes */
    size_t n, cap;
};

/* Adds a token; a special one may take the place of another of that id (added tokens repeat what
 * the model's list has). The bytes are borrowed. */
enum tare_status tare__vocab_put(struct tare__vocab_load *l, uint64_t id, struct tare_str bytes,
                                 unsigned flags, struct tare_err *err);
/* tokenizer.json. */
enum tare_status tare__vocab_tokenizer(struct tare__vocab_load *l, struct tare_json v,
                                       struct tare_err *err);
/* RFC 4648, with or without "="; false: not base64; *out without p: no memory. */
bool tare__base64(struct tare_str s, struct tare_arena *arena, struct tare_str *out);

#endif
