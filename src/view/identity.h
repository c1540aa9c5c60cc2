/*
 * What a solver was, read from its identity (canonical JSON of the resolved configuration): the
 * switches of its harness that are not as they come, and what two runs have differently.
 */
#ifndef TARE_VIEW_IDENTITY_H
#define TARE_VIEW_IDENTITY_H

#include "base/arena.h"
#include "text/json.h"

/* One part: where it stands ("harness.retry.parse", "models[0].model", "limits.tokens"), and its
 * value on each side as JSON; empty: not there. */
struct tare_identity_part {
    struct tare_str path, a, b;
};

#define TARE_IDENTITY_MOST 200u /* parts that are listed */

/*
 * Parts that differ, in the order of a, then what only b has. Arrays of one length are looked into,
 * others differ as a whole. *total counts those beyond TARE_IDENTITY_MOST too. Texts that are empty
 * or no JSON have no parts. Lives in the arena; false: no memory.
 */
bool tare_identity_changes(struct tare_str a, struct tare_str b, struct tare_arena *arena,
                           struct tare_identity_part **out, uint32_t *n, uint32_t *total);
/* Switches of the harness that differ from their default: path is the switch ("retry.parse"), a
 * the default as JSON, b the value. None where the solver has no harness. */
bool tare_identity_switches(struct tare_str identity, struct tare_arena *arena,
                            struct tare_identity_part **out, uint32_t *n);

/* "changed": [{"path", "a", "b"}], "changed_total"; and "switches": [{"switch", "value",
 * "default"}]: members of an object that is open. */
void tare_doc_changes(struct tare_json_writer *w, struct tare_str a, struct tare_str b);
void tare_doc_switches(struct tare_json_writer *w, struct tare_str identity);

/* A value for people: a text without its quotes, "none" for what is not there or null. */
struct tare_str tare_identity_text(struct tare_str json, struct tare_arena *arena);

#endif
