/*
 * Lowering of a compiled schema: what text/schema_grammar.h does, between its files.
 *
 * A goal is a subschema that must hold (or must not). A set of goals is what one value must meet;
 * each set becomes one node of the grammar, made once; a set met again while it is being made is a
 * rule that calls itself. To make it, its goals are expanded into alternatives ("cases"), each a
 * conjunction of simple facts, and each case is written out type by type.
 */
#ifndef TARE_TEXT_SCHEMA_LOWER_H
#define TARE_TEXT_SCHEMA_LOWER_H

#include "base/buf.h"
#include "text/grammar.h"
#include "text/schema_grammar.h"
#include "text/schema_int.h"

#define TARE__LOWER_NO_BOUND UINT64_MAX
#define TARE__LOWER_KINDS 0xfeu /* a bit an enum tare_json_kind, all of them */
#define TARE__LOWER_BIT(kind) (1u << (kind))

struct tare__goal {
    const struct tare__schema_node *node;
    bool no; /* must not hold */
};

struct tare__goals {
    const struct tare__goal *v;
    uint32_t n;
};

/* Linked lists, newest first; cases that part later share their older links. */
struct tare__rule_link {
    const struct tare__schema_rule *rule;
    bool no;     /* must not hold */
    bool unseen; /* came by a negation: to unevaluated* it has looked at nothing */
    const struct tare__rule_link *next;
};
struct tare__goal_link {
    struct tare__goal goal;
    struct tare_str name; /* of the member it is about, where it is about one */
    uint32_t index;       /* of the item, where it is about one */
    const struct tare__goal_link *next;
};
struct tare__dfa_link {
    const struct tare_dfa *dfa;
    const struct tare__schema_rule *rule; /* it comes from */
    const struct tare__dfa_link *next;
};
struct tare__value_link {
    struct tare_json v;
    bool list; /* v is a list of the values */
    const struct tare__value_link *next;
};

#define TARE__LOWER_OTHERS UINT32_MAX

/* Some member has a name of a set and a value that meets a goal. The names: of properties & co.
 * those a pattern finds, or (OTHERS) those it declares nothing for; of propertyNames those it does
 * not accept. */
struct tare__some_link {
    const struct tare__schema_rule *rule;
    uint32_t pattern;
    struct tare__goal value; /* node NULL: any */
    const struct tare__some_link *next;
};
/* From min to max items behind the first `from` meet the goal. */
struct tare__count_link {
    const struct tare__schema_rule *rule;
    struct tare__goal goal;
    uint64_t min, max;
    uint32_t from;
    const struct tare__count_link *next;
};

/* One conjunction: what a value of this case is like. */
struct tare__case {
    unsigned kinds;     /* bits of enum tare_json_kind */
    bool whole, broken; /* a number must be an integer; must not be one */
    bool min_open, max_open;
    bool looked; /* at items, by a "contains" that asks for nothing */
    const struct tare__decimal *min, *max;
    const struct tare__schema_rule *min_rule, *max_rule;
    const struct tare__rule_link *multiples;
    uint64_t min_length, max_length;
    const struct tare__dfa_link *texts;
    const struct tare__rule_link *objects;  /* properties & co. */
    const struct tare__goal_link *required; /* names; goals unused */
    const struct tare__goal_link *members;  /* a member of that name, if there is one, must … */
    const struct tare__goal_link *names;    /* every name must … */
    const struct tare__some_link *some;     /* a member there must be */
    uint64_t min_members, max_members;
    const struct tare__rule_link *arrays; /* items & co. */
    const struct tare__goal_link *each;   /* every item must … */
    const struct tare__goal_link *places; /* the item of that index, if there is one, must … */
    const struct tare__count_link *counts;
    const struct tare__schema_rule *unique;
    uint64_t min_items, max_items;
    const struct tare__value_link *in, *out; /* one of these; none of these */
    struct tare__case *next;
};

struct tare__set {
    struct tare__goals goals;
    uint64_t hash;
    uint32_t node, rule; /* rule: UINT32_MAX until it is called */
    bool done;
    struct tare__set *next;
    struct tare__set *later; /* to be made after it, where they are put off */
    const struct tare__schema_node *at;
};

/* Goals that are being expanded, innermost first. */
struct tare__opened {
    struct tare__goal goal;
    const struct tare__opened *outer;
};

struct tare__dfa_known {
    struct tare_str pattern;
    const char *expression; /* not NULL: of whole texts; else of texts with a part that matches */
    const struct tare_dfa *dfa; /* NULL: too large */
    struct tare__dfa_known *next;
};

/* A product of two automata; objects of one kind ask for the same ones again and again. */
struct tare__product_known {
    const struct tare_dfa *a, *b, *dfa;
    enum tare_dfa_op op;
    struct tare__product_known *next;
};
#define TARE__LOWER_PRODUCTS 256u /* lists of them, by hash */

/* A schema made of a value, for its negation. */
struct tare__made_known {
    struct tare_json v;
    struct tare__schema_node *node;
    struct tare__made_known *next;
};

/* Names of members there must be. */
struct tare__names_known {
    const struct tare__schema_rule *rule;
    uint32_t pattern;
    const struct tare_dfa *dfa;
    struct tare__names_known *next;
};

/* How values are written where they are no JSON. */
struct tare__style {
    bool python;                  /* None, False, True */
    bool bare_keys;               /* {key:value}: only declared keys, of letters, digits and _-.+ */
    bool quoted;                  /* texts stand between `quote`, raw */
    uint32_t quote;               /* node */
    const struct tare_dfa *texts; /* what texts may be at all; NULL: any */
    const struct tare_dfa *names; /* bare keys */
    bool one_extra; /* nobody looks out for keys that come twice: undeclared members only in objects
                       without others, and one of them */
};

struct tare__lower {
    const struct tare_schema_grammar_options *o;
    struct tare__style style;
    struct tare_schema_grammar *out;
    const struct tare_schema *schema;
    struct tare_grammar *g;
    struct tare_arena *arena;
    struct tare_err err;
    enum tare_status st; /* sticky */
    bool stopped;        /* failed or refused: nothing counts any more */
    struct tare_work work;
    const struct tare__schema_node *node; /* that is being written: where a limit is told */
    const struct tare__schema_rule *rule; /* of it, that is being looked at; or NULL */
    uint32_t n_rules;
    uint32_t depth, nested;  /* of references; of values */
    struct tare__set **sets; /* by hash: n_buckets, a power of two */
    uint32_t n_sets, n_buckets;
    struct tare__set *put_off; /* sets that are called, but nested too deep to be made at once */
    struct tare__dfa_known *dfas;
    struct tare__product_known *products[TARE__LOWER_PRODUCTS];
    const struct tare_dfa *utf8;
    struct tare__made_known *made;
    uint32_t n_made, n_wanted;
    struct tare__names_known *names;
    const struct tare__schema_node *typed[TARE_JSON_OBJECT + 1];
    uint32_t gap, quote, open, close, comma; /* nodes used everywhere */
    bool narrowed;
    uint32_t negating; /* negations that are under way */
    uint32_t marking;  /* schemas under way that ask what was looked at: all branches of an anyOf
                          that hold count then */
    uint32_t probing;  /* only looking whether something is empty: nothing is refused or noted */
};

extern const struct tare__schema_node tare__lower_false;

/* Memory, or stops. */
void *tare__lower_new(struct tare__lower *l, size_t bytes);
/* Counts steps (base/work.h); stops beyond the ceiling. */
void tare__lower_work(struct tare__lower *l, uint64_t n);
/* Stops on a failure of a callee; TARE_E_LIMIT is a refusal here. True when st is TARE_OK. */
bool tare__lower_ok(struct tare__lower *l, enum tare_status st);
/* A keyword that cannot be enforced: refuses, or (true) notes it as relaxed. */
bool tare__lower_refuse(struct tare__lower *l, const struct tare__schema_rule *r,
                        const char *reason);
/* The same for what cannot be left out either. */
void tare__lower_refuse_all(struct tare__lower *l, const struct tare__schema_rule *r,
                            const char *reason);
/* The same with a remedy of its own; r NULL: at the rule or the subschema that is under way. */
void tare__lower_stop(struct tare__lower *l, const struct tare__schema_rule *r, const char *reason,
                      const char *remedy);
/* Values that meet the rule (or do not, where that is asked) are left out: notes where. */
void tare__lower_narrow(struct tare__lower *l, const struct tare__schema_rule *r,
                        const char *reason);
void tare__lower_restrict(struct tare__lower *l, const char *sentence);

/* Adds the goal to each case of the list, which is used up: the cases that come of it. */
struct tare__case *tare__lower_expand(struct tare__lower *l, struct tare__goal goal,
                                      struct tare__case *list, const struct tare__opened *outer);
/* Cases where the goal's rule does not hold, made from one case. */
struct tare__case *tare__lower_negate(struct tare__lower *l, const struct tare__schema_rule *r,
                                      const struct tare__case *c, const struct tare__opened *outer);
/* unevaluatedProperties or unevaluatedItems: all that came to the case since `from` has looked at
 * its members and items (schema_lower_rest.c). */
struct tare__lower_from {
    const struct tare__rule_link *objects, *arrays;
    const struct tare__count_link *counts;
};
void tare__lower_rest(struct tare__lower *l, const struct tare__schema_rule *r,
                      struct tare__case *c, const struct tare__lower_from *from);
const struct tare__rule_link *tare__lower_link(struct tare__lower *l,
                                               const struct tare__schema_rule *r,
                                               const struct tare__rule_link *next);
struct tare__case *tare__lower_top(struct tare__lower *l);
struct tare__case *tare__lower_copy(struct tare__lower *l, const struct tare__case *c);
struct tare__case *tare__lower_join(struct tare__case *a, struct tare__case *b);
/* What tells a branch from others at a glance (schema_lower_apart.c). */
struct tare__lower_tag {
    struct tare_str name;                   /* of a member there must be */
    const struct tare__schema_rule *values; /* const or enum of it */
};
struct tare__lower_tags {
    const struct tare__schema_node *node;
    unsigned kinds;
    uint32_t n, n_branches;
    struct tare__lower_tag v[4];
    const struct tare__schema_rule *closed; /* no members but those it declares */
    struct tare__lower_tags *branches;      /* one of these holds; NULL: not known */
};
struct tare__lower_tags tare__lower_tags_of(struct tare__lower *l,
                                            const struct tare__schema_node *n, unsigned deep);
/* True when certainly no value is of both branches. */
bool tare__lower_tags_apart(struct tare__lower *l, const struct tare__lower_tags *a,
                            const struct tare__lower_tags *b);
/* True when certainly no value is of this case. */
bool tare__lower_empty(struct tare__lower *l, const struct tare__case *c, unsigned depth);

void tare__lower_require(struct tare__lower *l, struct tare__case *c, struct tare_str name);
/* A member of that name meets the goal. */
void tare__lower_member(struct tare__lower *l, struct tare__case *c, struct tare_str name,
                        struct tare__goal goal);
const struct tare__schema_node *tare__lower_property(const struct tare__schema_rule *objects,
                                                     struct tare_str name);

/* Makes the sets that were put off. */
void tare__lower_put_off(struct tare__lower *l);
/* The node of a set of goals. */
uint32_t tare__lower_set(struct tare__lower *l, const struct tare__goal *goals, uint32_t n);
/* Whether the set certainly has no value. */
bool tare__lower_set_empty(struct tare__lower *l, const struct tare__goal *goals, uint32_t n,
                           unsigned depth);
/* Goals on the member of that name (declared or not); most: at most so many. */
uint32_t tare__lower_member_goals(struct tare__lower *l, const struct tare__case *c,
                                  struct tare_str name, struct tare__goal **out);

/* A schema that only this value meets, an object or an array. */
const struct tare__schema_node *tare__lower_made(struct tare__lower *l, struct tare_json v);

struct tare_dfa_bounds tare__lower_bounds(struct tare__lower *l);

/* Automata. NULL: stopped, or (nothing is stopped) it would have too many states. */
const struct tare_dfa *tare__lower_pattern(struct tare__lower *l,
                                           const struct tare__schema_pattern *p);
const struct tare_dfa *tare__lower_expression(struct tare__lower *l, const char *whole);
const struct tare_dfa *tare__lower_format(struct tare__lower *l, const struct tare__schema_rule *r,
                                          bool *known);
const struct tare_dfa *tare__lower_product(struct tare__lower *l, const struct tare_dfa *a,
                                           const struct tare_dfa *b, enum tare_dfa_op op);
const struct tare_dfa *tare__lower_utf8(struct tare__lower *l);
const struct tare_dfa *tare__lower_listed_texts(struct tare__lower *l, const struct tare_str *texts,
                                                uint32_t n);
/* Names that meet the goals. */
const struct tare_dfa *tare__lower_names(struct tare__lower *l,
                                         const struct tare__goal_link *goals);
/* Texts of all the cases; nothing but texts is looked at. */
const struct tare_dfa *tare__lower_case_texts(struct tare__lower *l, const struct tare__case *list);
/* Texts of a case, its lengths left out; NULL: any. *none: none can be written. */
const struct tare_dfa *tare__lower_texts(struct tare__lower *l, const struct tare__case *c,
                                         bool *none);

/* Members one after the other in their order: `member` writes one (NEVER: it may not come),
 * `between` stands between two. Undeclared members are not written. */
typedef uint32_t tare__lower_field(struct tare__lower *l, void *ctx, struct tare_str name,
                                   const struct tare__goal *goals, uint32_t n);
uint32_t tare__lower_fields(struct tare__lower *l, const struct tare__case *c,
                            tare__lower_field *member, void *ctx, uint32_t between);
/* Cases of a set of goals. */
struct tare__case *tare__lower_cases(struct tare__lower *l, const struct tare__goal *goals,
                                     uint32_t n);
/* A subschema of one type. */
const struct tare__schema_node *tare__lower_typed(struct tare__lower *l, enum tare_json_kind kind);
/* Texts of the set, raw; allowed: of these (NULL: any text of the style). */
uint32_t tare__lower_raw(struct tare__lower *l, const struct tare__goal *goals, uint32_t n,
                         const struct tare_dfa *allowed);
/* Lowers the schema with a root of the caller's making; the JSON of the text begins at its first
 * brace when `later`, else at once. */
typedef uint32_t tare__lower_root(struct tare__lower *l, void *ctx);
enum tare_status tare__schema_grammar_with(struct tare_json schema,
                                           const struct tare_schema_grammar_options *options,
                                           tare__lower_root *root, void *ctx, bool later,
                                           struct tare_arena *arena,
                                           struct tare_schema_grammar *out, struct tare_err *err);

uint32_t tare__lower_bound(uint64_t n); /* of a grammar */
/* A key as it is written, without quotes; p NULL: it cannot be, or stopped. */
struct tare_str tare__lower_spelling(struct tare__lower *l, struct tare_str name);
/* Nodes of one type. */
uint32_t tare__lower_number(struct tare__lower *l, const struct tare__case *c);
uint32_t tare__lower_string(struct tare__lower *l, const struct tare__case *c);
uint32_t tare__lower_object(struct tare__lower *l, const struct tare__case *c);
uint32_t tare__lower_array(struct tare__lower *l, const struct tare__case *c);
/* A key as the style has it; false: it cannot be written. */
bool tare__lower_key(struct tare__lower *l, struct tare_str key, struct tare_buf *out);
/* The values of the cases that list theirs, which all goals accept. */
uint32_t tare__lower_values(struct tare__lower *l, const struct tare__case *list,
                            const struct tare__goal *goals, uint32_t n);
bool tare__lower_listed(struct tare__lower *l, const struct tare__value_link *v,
                        struct tare_json value);

#endif
