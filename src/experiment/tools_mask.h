/* Masks of a tool call's envelope, held against texts and put upon the scripted generator. */
#ifndef TARE_EXPERIMENT_TOOLS_MASK_H
#define TARE_EXPERIMENT_TOOLS_MASK_H

#include "experiment/tools.h"

/* Which tools may be named: bit i of a list of at most 64. */
#define TARE__TOOLS_ALL UINT64_MAX

struct tare__tools_scope {
    struct tare_str dialect;
    const struct tare_calls_tool *tools;
    uint32_t n_tools;
    uint64_t names;          /* bits of tools, or TARE__TOOLS_ALL */
    bool any_order;          /* of the arguments */
    struct tare_str episode; /* for errors */
};

/* What the mask does with one message, added to what *u holds. `at` is where calls may begin:
 * behind the reasoning. tokens: the recorded {"token", "logprob", "top_logprobs"} of the whole text
 * (perhaps absent); then the probability of what is allowed is known at each of them. *changed:
 * the model could not have written this. TARE_E_INPUT: the tokens do not spell the text. */
enum tare_status tare__tools_mask_look(struct tare_tools_masks *m,
                                       const struct tare__tools_scope *s, struct tare_str text,
                                       size_t at, struct tare_json tokens,
                                       struct tare_tools_masked *u, bool *changed,
                                       struct tare_err *err);

/* One call as a model writes it that wants `wish` and, where the mask does not let it, `right`
 * (which the mask must allow). */
enum tare_status tare__tools_mask_steer(struct tare_tools_masks *m,
                                        const struct tare__tools_scope *s, struct tare_str wish,
                                        struct tare_str right, struct tare_buf *out,
                                        struct tare_err *err);

/* Guides whose tools are no longer there. */
void tare__tools_mask_forget(struct tare_tools_masks *m);

#endif
