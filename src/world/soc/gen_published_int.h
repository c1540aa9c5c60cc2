/*
 * The published scenarios in the making. Skeletons: JSON in chunks, NULL-terminated, with places
 * "<x>" (text, to be escaped) and "<!x>" (JSON).
 */
#ifndef TARE_WORLD_SOC_GEN_PUBLISHED_INT_H
#define TARE_WORLD_SOC_GEN_PUBLISHED_INT_H

#include "world/soc/gen_published.h"
#include "world/soc/mt19937.h"

extern const char *const tare__published_trivial[];
extern const char *const tare__published_easy[];
extern const char *const tare__published_standard[];
extern const char *const tare__published_payload[];
extern const char *const tare__published_truth[];

enum tare__surface { EMAIL = 0, ALERT, LOG, SURFACES };

struct tare__maker {
    struct tare__mt19937 mt;
    struct tare_json tables;
    enum tare_soc_edition edition;
    struct tare_arena *arena;
    uint32_t order[128], n_texts;
    struct tare_str at[128]; /* what the places of the skeletons hold */
    uint32_t i;
    struct tare_str id, internal, base[SURFACES], family, payload[SURFACES];
    bool on[SURFACES];
    uint32_t act[SURFACES], n_objectives;
    bool failed;
};

/* by surface; by number of an action: its name, and its parameter's */
extern const char *const tare__surfaces[];
extern const char *const tare__acts[];
extern const char *const tare__params[];

#define TARE__MAKER_PRINT(m, ...) tare_arena_printf((m)->arena, __VA_ARGS__)

/* gen_published.c: the data set's tables, and draws from them. */
struct tare_json tare__maker_table(const struct tare__maker *m, const char *name);
struct tare_str tare__maker_choice(struct tare__maker *m, const char *name);
bool tare__maker_below(struct tare__maker *m, double p);
struct tare_json tare__maker_weighted(struct tare__maker *m, struct tare_json pairs);
struct tare_str tare__maker_trust(struct tare__maker *m, enum tare__surface s);
void tare__maker_people(struct tare__maker *m);
/* Skeletons with their places filled. */
void tare__maker_fill(const struct tare__maker *m, const char *const *skeleton,
                      struct tare_buf *out);
struct tare_str tare__maker_filled(struct tare__maker *m, const char *const *skeleton);

/* gen_published_payload.c: which action each surface asks for, and the text that asks. */
void tare__maker_targets_published(struct tare__maker *m);
void tare__maker_targets_current(struct tare__maker *m);
void tare__maker_payload(struct tare__maker *m, enum tare__surface s);

/* gen_published_standard.c: one scenario of the standard tier as a line. */
void tare__maker_standard(struct tare__maker *m, struct tare_buf *out);

#endif
