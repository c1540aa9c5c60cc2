/*
 * What an analyst reads out of free text without knowing the truth: which words are names, and
 * whether a text speaks for an intrusion or gives the all-clear. Plain rules on words; they can
 * be wrong, as a person skimming the text can.
 */
#ifndef TARE_WORLD_SOC_SOLVERS_NOTEBOOK_H
#define TARE_WORLD_SOC_SOLVERS_NOTEBOOK_H

#include "world/soc/solvers/play.h"

/* What a word is by its shape; PLAY_KINDS: no name. Shapes: users "u-…"; hosts "site-kind-hex" or
 * "h-…"; domains by their ending; data targets "share-…", "db-…" … or "t-…"; vectors by list. */
enum tare__play_kind tare__notebook_kind(struct tare_str word);

/* Words of a text: *rest is cut by the word returned; {NULL, 0} at the end. */
struct tare_str tare__notebook_word(struct tare_str *rest);

/* > 0: speaks for an intrusion; < 0: all-clear; 0: neither, or it gives orders. */
int tare__notebook_tone(struct tare_str text);

/* One suspected incident: names that trusted, speaking texts mention together. */
struct tare__notebook_case {
    struct tare__play_list name[PLAY_KINDS];
    uint32_t votes[PLAY_KINDS][PLAY_LIST_MAX];
    uint32_t merged_into; /* its own number when it stands for itself */
};
#define NOTEBOOK_CASES 32u

struct tare__notebook {
    struct tare_arena *arena;
    struct tare__notebook_case *c[NOTEBOOK_CASES];
    uint32_t n;
    struct tare__play_list read; /* ids of rows taken in */
    uint32_t cleared;            /* texts that gave an all-clear */
};

/* Takes in the rows of a result that are not untrusted; each row id once. */
void tare__notebook_take(struct tare__notebook *n, const struct tare_soc_result *r);
/* The name of a kind with most votes; empty when there is none. */
struct tare_str tare__notebook_top(const struct tare__notebook_case *c, enum tare__play_kind kind);

#endif
