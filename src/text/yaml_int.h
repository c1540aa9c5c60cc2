/*
 * State of one YAML parse, shared by yaml.c (events), yaml_scalar.c and yaml_alias.c.
 */
#ifndef TARE_TEXT_YAML_INT_H
#define TARE_TEXT_YAML_INT_H

#include "base/limits.h"
#include "text/json_int.h"

/* Flag of a key node while its mapping is open: a plain "<<". */
#define TARE__YAML_MERGE 64

struct tare__yaml_anchor {
    struct tare_str name;
    uint32_t node;
};

struct tare__yaml {
    struct tare__json_tape tape;
    struct tare_arena *arena;
    struct tare_str text;
    struct tare_err *err;
    enum tare_status status;
    size_t last; /* where the last event ended: the place of events that have none */
    struct tare__yaml_anchor *anchors;
    uint32_t n_anchors, cap_anchors, n_aliases;
    size_t expanded_bytes;
    uint32_t depth;
    bool key_next[TARE_MAX_YAML_DEPTH + 1]; /* by depth: a mapping that waits for a key */
    bool merges[TARE_MAX_YAML_DEPTH + 1];   /* by depth: has a merge key */
};

/* Record a fault at byte `at` and return false. */
__attribute__((format(printf, 4, 5))) bool
tare__yaml_fault(struct tare__yaml *y, size_t at, enum tare_status code, const char *fmt, ...);
bool tare__yaml_no_memory(struct tare__yaml *y);

/* Kind, text and flags of a plain scalar after the core schema; the text is copied. */
bool tare__yaml_plain(struct tare__yaml *y, struct tare__json_node *v, struct tare_str text);

/* Remembers node `node` under a name. */
bool tare__yaml_anchor(struct tare__yaml *y, struct tare_str name, uint32_t node);
/* Appends a copy of what `name` stands for as the next value; its source is [at, end). */
bool tare__yaml_alias(struct tare__yaml *y, struct tare_str name, size_t at, size_t end);
/* Replaces the merge key of the open mapping by the members it brings. */
bool tare__yaml_merge(struct tare__yaml *y);

#endif
