/* The compiled form of text/schema.h. */
#ifndef TARE_TEXT_SCHEMA_INT_H
#define TARE_TEXT_SCHEMA_INT_H

#include "text/regex.h"
#include "text/schema.h"

#define TARE__SCHEMA_MAX_NODES 100000u
#define TARE__SCHEMA_MAX_DEPTH 1000u
#define TARE__SCHEMA_MAX_STEPS 20000000u
#define TARE__SCHEMA_MAX_TRIED 64u /* alternatives, to find the nearest */
#define TARE__SCHEMA_MAX_FAULTS 1000u
#define TARE__SCHEMA_DFA_STATES 200u /* of a pattern's automaton; beyond it is simulated */

enum tare__schema_vocabulary {
    SV_APPLY = 1,
    SV_UNEVALUATED = 2,
    SV_VALIDATE = 4,
    SV_FORMAT = 8, /* asserted */
    SV_ALL = SV_APPLY | SV_UNEVALUATED | SV_VALIDATE
};

struct tare__schema_anchor {
    struct tare_str name;
    struct tare_json at;
    bool dynamic;
    const struct tare__schema_node *node; /* dynamic ones */
    struct tare__schema_anchor *next;
};

struct tare__schema_resource {
    struct tare_str uri; /* without fragment */
    struct tare_json root;
    enum tare_schema_draft draft;
    unsigned vocabularies;
    bool active;                        /* something of it is compiled */
    struct tare__schema_resource *same; /* another name of that one */
    struct tare__schema_anchor *anchors;
    struct tare__schema_resource *next;
};

/* Exact decimal: 0.d1d2d3… × 10^exp, digits without zeros at either end. */
struct tare__decimal {
    struct tare_str digits; /* of the lexeme, perhaps with a '.' inside; n 0: zero */
    uint32_t n;             /* digits in it */
    bool negative;
    int64_t exp;
};
struct tare__decimal tare__decimal_of(struct tare_str lexeme);
int tare__decimal_cmp(const struct tare__decimal *a, const struct tare__decimal *b);
bool tare__decimal_integer(const struct tare__decimal *a);
/* b positive, of at most 18 digits. */
bool tare__decimal_multiple(const struct tare__decimal *a, const struct tare__decimal *b);

enum tare__schema_op {
    SO_FALSE,
    SO_TYPE,
    SO_CONST,
    SO_ENUM,
    SO_MINIMUM,
    SO_MAXIMUM,
    SO_EXCLUSIVE_MINIMUM,
    SO_EXCLUSIVE_MAXIMUM,
    SO_MULTIPLE,
    SO_MIN_LENGTH,
    SO_MAX_LENGTH,
    SO_PATTERN,
    SO_FORMAT,
    SO_MIN_ITEMS,
    SO_MAX_ITEMS,
    SO_UNIQUE,
    SO_MIN_PROPERTIES,
    SO_MAX_PROPERTIES,
    SO_REQUIRED,
    SO_DEPENDENT_REQUIRED,
    SO_OBJECT, /* properties, patternProperties, additionalProperties */
    SO_NAMES,
    SO_ARRAY, /* prefixItems, items, additionalItems */
    SO_CONTAINS,
    SO_REF,
    SO_DYNAMIC_REF,
    SO_ALL_OF,
    SO_ANY_OF,
    SO_ONE_OF,
    SO_NOT,
    SO_IF,
    SO_DEPENDENT,
    SO_UNEVALUATED_ITEMS,
    SO_UNEVALUATED_PROPERTIES
};

struct tare__schema_pattern {
    struct tare_str text;
    const struct tare_regex *regex;
    struct tare_regex_dfa *dfa; /* complete, or NULL */
};

/* A pattern that was compiled already, with all others whose hash has the same end. */
struct tare__schema_known {
    struct tare__schema_pattern pattern;
    struct tare__schema_known *next;
};
#define TARE__SCHEMA_KNOWN 64u

struct tare__schema_property {
    struct tare_str name;
    const struct tare__schema_node *node;
    struct tare__schema_pattern pattern; /* of patternProperties */
    struct tare_json list;               /* of dependentRequired */
};

/* One instruction. Which members count depends on op. */
struct tare__schema_rule {
    enum tare__schema_op op;
    const char *keyword;
    struct tare_json at; /* value of the keyword */
    unsigned types;      /* bits of enum tare_json_kind; 1 << 31: integer */
    uint64_t count, max; /* lengths and the like; max of contains */
    bool draft4;
    bool marks; /* contains: counts as evaluated */
    struct tare__decimal number;
    struct tare__schema_pattern pattern;
    const struct tare__schema_node *node, *then, *otherwise;
    struct tare__schema_property *list; /* subschemas, with names where they have them */
    uint32_t n_list;
    struct tare__schema_property *patterns;
    uint32_t n_patterns;
    uint32_t *table; /* of list by hash, when it is long; index + 1 */
    uint32_t n_table;
    struct tare_str name; /* of a dynamic anchor */
};

struct tare__schema_node {
    struct tare_json at;
    struct tare__schema_resource *resource;
    struct tare__schema_rule *rules;
    uint32_t n_rules;
    uint32_t number;  /* in the order they were met */
    bool unevaluated; /* has unevaluatedItems or unevaluatedProperties */
    struct tare__schema_node *queued;
};

struct tare_schema {
    const struct tare__schema_node *root;
    bool marks;             /* some node has unevaluated* */
    struct tare_work *work; /* that validating may take, besides its own ceiling; or NULL */
};

/* What is known while compiling. */
struct tare__schema_load {
    struct tare_arena *arena;
    struct tare_err *err;
    struct tare_schema_options options;
    struct tare__schema_resource *resources;
    uint32_t n_resources;
    struct tare__schema_node **table; /* by place; doubles */
    uint32_t n_nodes, n_table;
    struct tare__schema_node *queue, **queue_tail;
    bool marks;
    struct tare__schema_known *patterns[TARE__SCHEMA_KNOWN];
};

/* Text of a meta-schema or vocabulary by its URI, or {NULL, 0}. */
struct tare_str tare__schema_meta(struct tare_str uri);
enum tare_schema_draft tare__schema_draft_of(struct tare_str uri);

/* RFC 3986: ref against base, in the arena; NULL p: no memory. */
struct tare_str tare__uri_resolve(struct tare_str base, struct tare_str ref,
                                  struct tare_arena *arena);
/* Splits at '#'. */
void tare__uri_split(struct tare_str uri, struct tare_str *base, struct tare_str *fragment);
/* %XX decoded; NULL p: no memory. */
struct tare_str tare__uri_decode(struct tare_str s, struct tare_arena *arena);

/* Finds the resources and anchors of a document that is retrieved by `uri`. */
enum tare_status tare__schema_index(struct tare__schema_load *l, struct tare_json doc,
                                    struct tare_str uri, enum tare_schema_draft draft);
/* The resource whose root is this place, or NULL. */
struct tare__schema_resource *tare__schema_at(const struct tare__schema_load *l,
                                              struct tare_json at);
/* Where a reference leads, its resource and (when it went by an anchor) that. */
enum tare_status tare__schema_find(struct tare__schema_load *l,
                                   const struct tare__schema_resource *from, struct tare_str ref,
                                   struct tare_json *at, struct tare__schema_resource **resource,
                                   struct tare__schema_anchor **anchor);
/* The node of a place, to be compiled later; NULL: failed, *st says why. */
struct tare__schema_node *tare__schema_node_of(struct tare__schema_load *l, struct tare_json at,
                                               struct tare__schema_resource *r,
                                               enum tare_status *st);
enum tare_status tare__schema_rules(struct tare__schema_load *l, struct tare__schema_node *n);
/* Counts steps; fails with the place when they are too many. */
enum tare_status tare__schema_steps(struct tare__schema_load *l, struct tare_json at, uint64_t n);
/* Fails with the place in the schema. */
enum tare_status tare__schema_wrong(struct tare__schema_load *l, struct tare_json at,
                                    enum tare_status st, const char *what);

/* Sentence and remedy of a fault. */
void tare__schema_tell(const struct tare__schema_rule *r, struct tare_json value, uint64_t found,
                       struct tare_str name, struct tare_arena *arena, struct tare_str *says,
                       struct tare_str *remedy);
bool tare__schema_unique(struct tare_json array, struct tare_arena *scratch, bool *unique);

#endif
