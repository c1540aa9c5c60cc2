/* What a regime asks of a server, and how what comes back is spelled. */
#ifndef TARE_EXPERIMENT_TOOLS_REGIME_H
#define TARE_EXPERIMENT_TOOLS_REGIME_H

#include "experiment/live_int.h"
#include "experiment/tools.h"

/* The regimes of live->arms. TARE_E_USAGE: none is called so, or the endpoint has no means for it.
 */
enum tare_status tare__regimes_read(const struct tare_live *live, enum tare_tools_arm *out,
                                    struct tare_err *err);

/* A message under a regime. */
struct tare__regime {
    enum tare_tools_arm arm;
    bool native;
    enum tare_live_form form;       /* of a masked arm that is not native */
    struct tare_json tools;         /* of the case */
    struct tare_json expect;        /* of the message */
    const struct tare_order *order; /* constrained-order: where the talk stands; else NULL */
};
bool tare__regime_masked(enum tare_tools_arm a); /* constrained, constrained-order */

/* What the model is told of the tools where the server is not: how a call is written, in hermes'
 * spelling or as the form of the masked arms wants it. p NULL: no memory. */
struct tare_str tare__regime_instruction(struct tare_json tools, bool masked,
                                         struct tare_arena *arena);
/* Whether the form can hold the parameters of these tools: "$ref" would point elsewhere there. */
bool tare__regime_fits(struct tare_json tools);
/* Members of an open tare.request/1: tools, choice and form. */
void tare__regime_put(const struct tare__regime *r, struct tare_json_writer *w);
/* The text of a reply as hermes spells calls; a reply that is not of the form asked for stays as it
 * is. p NULL: no memory. */
struct tare_str tare__regime_text(const struct tare__regime *r,
                                  const struct tare_model_reply *reply, struct tare_arena *arena);

#endif
