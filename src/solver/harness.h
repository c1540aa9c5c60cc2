/*
 * The harness: what stands between a model and a world. Every part of it is a switch with one
 * default, one line of documentation and one counter in the store, so that any part can be
 * ablated against itself. docs/concepts/harness.md; spec/harness.md of the shared sheets.
 *
 * It talks to models by tare.request/1 and tare.reply/1 only (docs/decisions/0008) and to worlds by
 * the scene and step_json. With equal switches, replies and world it does the same, bit for bit.
 */
#ifndef TARE_SOLVER_HARNESS_H
#define TARE_SOLVER_HARNESS_H

#include "record/contract.h"

/* One switch, for documents: texts are constant. */
struct tare_harness_switch {
    const char *key;            /* below `harness:`: "context.recite" */
    const char *values;         /* "off|plan|rules|both", "0 to 5", "text" */
    const char *def;            /* as it is written in YAML */
    const char *about;          /* one sentence without a full stop */
    const char *counts;         /* what its counter in the store counts */
    bool integer, number, flag; /* of its values; none: a name, a text, a list or a mapping */
};

/* Switch number i in the order of the table; NULL after the last. */
const struct tare_harness_switch *tare_harness_switch(uint32_t i);

/* What that switch does in a world that talks (no tools: the answer is the act); NULL: it has no
 * meaning there. */
const char *tare_harness_in_talk(uint32_t i);
/* Are these switches in order, and does each that is not at its default have a meaning in a world
 * that talks? world: its name, for the message. Fails: TARE_E_INPUT with the offset of the value.
 */
enum tare_status tare_harness_check_talk(struct tare_json harness, struct tare_str world,
                                         struct tare_err *err);

/* How many requests one turn takes with these switches (an object or absent; in order): at least,
 * and at most, tries again apart. */
void tare_harness_requests(struct tare_json harness, bool talk, uint32_t *least, uint32_t *most);

/* The solver a `model:` is played by: `harness:` is its config. */
extern const struct tare_solver_ops tare_solver_model;
/* The same where the world talks: {"harness": as above, "talk": as in solver.yaml}. */
extern const struct tare_solver_ops tare_solver_talk;

#endif
