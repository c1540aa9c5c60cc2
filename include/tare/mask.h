/*
 * Token masks: which tokens a model may write next, so that what it writes is of a JSON Schema, a
 * regular expression, a grammar or a call of one of its tools. For programs that run a model and
 * sample from its logits.
 *
 *   vocabulary -> program (compiled once) -> state (one for each text under way)
 *   loop: tare_mask_next, put it to the logits, sample, tare_mask_accept
 *
 * Promise: bit t is set exactly when tare_mask_accept of token t does not answer REJECT. Ids behind
 * the vocabulary are never allowed; a special token only where a grammar names it; a token that
 * ends the text only where it may end.
 *
 * Threads: a vocabulary and a program are shared by any number of threads at the same time; a state
 * belongs to one thread at a time. A program is closed after its states, a vocabulary after its
 * programs. Text is UTF-8 with a length; tokens are any bytes.
 *
 * Memory: what programs find out they remember, under one ceiling for all of a vocabulary. Above it
 * those that were not used of late forget all they know, and find it out again when they are used.
 * A state goes to the new memory of its program at its next call; until then it keeps the old one,
 * with the mask you look at, beside the ceiling (tare_mask_stats: resting). End states that wait.
 */
#ifndef TARE_MASK_H
#define TARE_MASK_H

#include "tare.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- vocabulary --------------------------------------------------------------------------- */

struct tare_mask_vocabulary;

struct tare_mask_vocabulary_options {
    size_t size;
    /* The content of a tokenizer.json, a file of ranks (tiktoken) or a list, found out from it. */
    const char *text;
    size_t n_text;
    /* Or, with text NULL, the tokens themselves: n_tokens of them, end_tokens[i] where bytes of
     * token i end in `bytes` (they begin where those of i - 1 end). */
    const char *bytes;
    const size_t *end_tokens;
    const uint8_t *special; /* 0 text, 1 special, 2 special and ends the text; NULL: all text */
    size_t n_tokens;
    uint32_t row;        /* ids of a row of logits, padding included; 0: as many as tokens */
    const char *stop;    /* with text: name of the token that ends a text; NULL: usual names */
    size_t memory_bytes; /* ceiling of what all its programs remember together; 0: 64 MiB */
};

TARE_API int tare_mask_vocabulary_open(const struct tare_mask_vocabulary_options *options,
                                       struct tare_mask_vocabulary **out, struct tare_fault *fault);
TARE_API void tare_mask_vocabulary_close(struct tare_mask_vocabulary *v);
TARE_API uint32_t tare_mask_vocabulary_row(const struct tare_mask_vocabulary *v);

/* ---- program ------------------------------------------------------------------------------ */

enum tare_mask_kind {
    TARE_MASK_SCHEMA = 1, /* JSON Schema */
    TARE_MASK_REGEX = 2,  /* of the whole text; ECMA-262 without look-around and back references */
    TARE_MASK_GBNF = 3,   /* grammar as llama.cpp writes it, rule "root" */
    TARE_MASK_TOOLS = 4   /* a JSON array of tools: {"name", "parameters"} or as chat APIs have it;
                             the text is one call {"name": …, "arguments": …} */
};

struct tare_mask_options {
    size_t size;
    int kind; /* enum tare_mask_kind */
    const char *text;
    size_t n_text;
    const struct tare_mask_vocabulary *vocabulary;
    int compact;              /* SCHEMA, TOOLS: no white space at all (else a little) */
    int any_order;            /* SCHEMA, TOOLS: members in any order */
    const char *const *relax; /* keywords that need not be enforced; check such texts after */
    size_t n_relax;
    size_t memory_bytes;   /* ceiling of what it remembers, at most the vocabulary's; 0: 64 MiB */
    const char *before;    /* TOOLS: what stands around the call, as "<tool_call>\n"; or NULL */
    const char *after;     /* TOOLS */
    const char *arguments; /* TOOLS: name of the member; NULL: "arguments" */
    const char *dialect; /* TOOLS: the call as that dialect writes it ("hermes", "glm45" …), tags
                            that the vocabulary has as special tokens as such; before, after and
                            arguments are left alone. NULL: JSON */
    int formats;         /* SCHEMA, TOOLS: "format" is enforced, not only noted */
};

struct tare_mask_program;

/* TARE_CODE_INPUT: the text is wrong, or a schema that nothing can satisfy; TARE_CODE_LIMIT: a
 * keyword that cannot be enforced (its name and place are in the fault; see relax), or a compile
 * that would take too long. Never a weaker mask instead. */
TARE_API int tare_mask_compile(const struct tare_mask_options *options,
                               struct tare_mask_program **out, struct tare_fault *fault);
TARE_API void tare_mask_close(struct tare_mask_program *program);
/* Sentence i about what is written less freely than the schema allows, or NULL behind the last. */
TARE_API const char *tare_mask_restriction(const struct tare_mask_program *program, size_t i);
/* Keywords that were relaxed: > 0 means that texts must be checked after. */
TARE_API size_t tare_mask_unenforced(const struct tare_mask_program *program);

/* What a program was asked, and what it and all programs of its vocabulary remember now. */
struct tare_mask_stats {
    size_t size;    /* set by the caller */
    uint64_t asked; /* masks asked for since it was compiled; of a state that is not ended, those it
                       found remembered since the last one it did not are not in yet */
    uint64_t hits, misses;  /* of these, found remembered and computed */
    uint64_t states, masks; /* remembered */
    uint64_t bytes;         /* that takes; 0: forgotten */
    uint64_t begun;         /* memories since it was compiled */
    uint64_t evictions;     /* of these, forgotten because all programs remembered too much */
    uint64_t ceiling_bytes; /* of all programs, as what follows */
    uint64_t shared_bytes;  /* under the ceiling, but for what calls under way have just taken */
    uint64_t resting_bytes; /* forgotten, and kept by states that were not called since */
    uint64_t shared_evictions;
};
TARE_API int tare_mask_stats(struct tare_mask_program *program, struct tare_mask_stats *out,
                             struct tare_fault *fault);

/* ---- state -------------------------------------------------------------------------------- */

struct tare_mask_state;

TARE_API int tare_mask_start(struct tare_mask_program *program, struct tare_mask_state **out,
                             struct tare_fault *fault);
TARE_API int tare_mask_clone(const struct tare_mask_state *state, struct tare_mask_state **out,
                             struct tare_fault *fault);
TARE_API void tare_mask_end(struct tare_mask_state *state);

/* What may come next. Pointers live until the next call with this state. */
struct tare_mask_bits {
    size_t size;           /* set by the caller */
    uint32_t id;           /* equal ids of one program: equal masks. For tables on a device */
    uint32_t n_allowed;    /* 0: nothing, after the end or when can_end is 0 a dead end */
    const uint32_t *ids;   /* sorted; NULL when more than 256 are allowed */
    const uint64_t *words; /* bit i % 64 of word i / 64; NULL when ids is there */
};
TARE_API int tare_mask_next(struct tare_mask_state *state, struct tare_mask_bits *out,
                            struct tare_fault *fault);

enum tare_mask_answer { TARE_MASK_REJECT = 0, TARE_MASK_OK = 1, TARE_MASK_DONE = 2 };

/* REJECT leaves the state as it was. */
TARE_API int tare_mask_accept(struct tare_mask_state *state, uint32_t token, int *answer,
                              struct tare_fault *fault);
/* Text instead of tokens (a prefix that was written before); one step for rollback. */
TARE_API int tare_mask_accept_text(struct tare_mask_state *state, const char *text, size_t n,
                                   int *answer, struct tare_fault *fault);
/* Takes the last n steps back; at least the last 4,096 are kept. */
TARE_API int tare_mask_rollback(struct tare_mask_state *state, uint32_t n,
                                struct tare_fault *fault);
/* 1 when the text may end here. */
TARE_API int tare_mask_can_end(const struct tare_mask_state *state);

/* Bytes that must come next: *out gets at most n_out of them, *n their number. */
TARE_API int tare_mask_forced(struct tare_mask_state *state, char *out, size_t n_out, size_t *n,
                              struct tare_fault *fault);
/* How many of the tokens your tokenizer made of the forced bytes may be kept: those at the end that
 * a token reaching further could replace are left to the model. */
TARE_API int tare_mask_forced_keep(struct tare_mask_state *state, const uint32_t *tokens, size_t n,
                                   size_t *n_keep, struct tare_fault *fault);

/* ---- masks and logits --------------------------------------------------------------------- */

/* One row for each state: bit i % 32 of word i / 32, rows `stride` words apart (at least
 * (row + 31) / 32). ids (or NULL) gets the id of each mask, with words NULL only those. */
TARE_API int tare_mask_batch(struct tare_mask_state *const *states, size_t n, uint32_t *words,
                             size_t stride, uint32_t *ids, struct tare_fault *fault);
/* Sets the logits (a row) of what is not allowed to -infinity. *mass (or NULL) gets the probability
 * the model gave to what is allowed: when it is small the constraint fights the model. */
TARE_API int tare_mask_to_logits(struct tare_mask_state *state, float *logits, double *mass,
                                 struct tare_fault *fault);

#ifdef __cplusplus
}
#endif

#endif
