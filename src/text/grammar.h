/*
 * The representation that every front end (JSON Schema, regular expressions, GBNF, tool calls)
 * lowers to, and that text/guide.h runs: a graph of nodes over bytes. Nodes are numbers; build
 * them from the leaves up, rules may be called before they are defined.
 *
 *   front end -> tare_grammar_* -> tare_grammar_finish -> tare_guide_open
 *
 * Errors while building are kept and told by tare_grammar_finish; until then every function may be
 * called on, so a front end need not look after each call. What a node's maker is given is copied,
 * except DFAs, which are borrowed and must live as long as the grammar.
 */
#ifndef TARE_TEXT_GRAMMAR_H
#define TARE_TEXT_GRAMMAR_H

#include "text/dfa.h"

#define TARE_GRAMMAR_NEVER 0u       /* matches nothing: a false schema */
#define TARE_GRAMMAR_EMPTY 1u       /* matches the empty text */
#define TARE_GRAMMAR_ANY UINT32_MAX /* a bound that is none */

enum tare_grammar_kind {
    TARE_GRAMMAR_K_NEVER,
    TARE_GRAMMAR_K_EMPTY,
    TARE_GRAMMAR_K_BYTES,
    TARE_GRAMMAR_K_LEX,
    TARE_GRAMMAR_K_STRING,
    TARE_GRAMMAR_K_SEQ,
    TARE_GRAMMAR_K_ALT,
    TARE_GRAMMAR_K_REPEAT,
    TARE_GRAMMAR_K_CALL,
    TARE_GRAMMAR_K_OBJECT,
    TARE_GRAMMAR_K_TOKEN
};

/* One declared member of an object. */
struct tare_grammar_member {
    struct tare_str key; /* as it is generated: escaped for JSON, without its quotes */
    uint32_t value;      /* node; NEVER: the key may not stand there */
    bool required;
};

/* Members that are not declared. */
struct tare_grammar_extra {
    const struct tare_dfa *key; /* of the key's text; NULL: any key. Declared keys are left out by
                                   the engine; keys of different extras must not overlap unless
                                   either value is right. Keys of extras are spelt without
                                   escapes */
    uint32_t value;
    uint8_t meets; /* bits of the object's `wants` that a member of this kind meets */
};

struct tare_grammar_object {
    const struct tare_grammar_member *members; /* in the order they are generated in */
    uint32_t n_members;                        /* at most 65,535 */
    const struct tare_grammar_extra *extras;
    uint32_t n_extras; /* at most 255 */
    uint8_t wants;     /* for each bit some extra that meets it must come; in any order at most 56
                          members then */
    uint32_t min, max; /* members in all; max ANY: no bound */
    bool list;         /* an array of texts, none of them twice: '[' keys ']'; values are EMPTY */
    bool any_order;    /* members in any order, extras between them; at most 64 members. Else in
                          their order, extras last */
    /* White space: EMPTY for none. */
    uint32_t gap_open;   /* after '{' and after ',' */
    uint32_t gap_close;  /* before '}' */
    uint32_t gap_before; /* before ':' and ',' */
    uint32_t gap_after;  /* after ':' */
    /* An empty object is "{}" or '{' gap_open '}'. */
};

struct tare_grammar;

/* Memory from the arena, which must outlive the grammar and every guide made from it. */
enum tare_status tare_grammar_open(struct tare_arena *arena, struct tare_grammar **out,
                                   struct tare_err *err);

/* The steps making it may take, finishing included; NULL (as it is opened): as many as it takes.
 * Borrowed until it is finished. */
void tare_grammar_limit(struct tare_grammar *g, struct tare_work *work);
/* The first fault so far, its code TARE_OK while there is none. */
const struct tare_err *tare_grammar_fault(const struct tare_grammar *g);

/* Exactly these bytes. */
uint32_t tare_grammar_bytes(struct tare_grammar *g, struct tare_str bytes);
/* A text the automaton accepts, of lo to hi (or ANY) code points. */
uint32_t tare_grammar_lex(struct tare_grammar *g, const struct tare_dfa *dfa, uint32_t lo,
                          uint32_t hi);
/* The inside of a JSON string and its closing quote (not the opening one): the text behind the
 * escapes is accepted by dfa (NULL: any) and has lo to hi (or ANY) code points. escapes: the
 * spellings \" \\ \/ \b \f \n \r \t \uXXXX (surrogates in pairs) are there besides raw UTF-8;
 * false: no backslash, so no text with a quote, a backslash or a control character. */
uint32_t tare_grammar_string(struct tare_grammar *g, const struct tare_dfa *dfa, uint32_t lo,
                             uint32_t hi, bool escapes);
uint32_t tare_grammar_seq(struct tare_grammar *g, const uint32_t *nodes, uint32_t n);
uint32_t tare_grammar_alt(struct tare_grammar *g, const uint32_t *nodes, uint32_t n);
/* The node min to max (or ANY) times, counted, not unrolled. */
uint32_t tare_grammar_repeat(struct tare_grammar *g, uint32_t node, uint32_t min, uint32_t max);
/* '{' members '}', or '[' texts ']'. */
uint32_t tare_grammar_object(struct tare_grammar *g, const struct tare_grammar_object *o);
/* One special token, by its id: never matched by bytes. */
uint32_t tare_grammar_token(struct tare_grammar *g, uint32_t token);

/* Rules: for recursion, and for names in messages. A rule called but never defined is an error of
 * finish. */
uint32_t tare_grammar_rule(struct tare_grammar *g, struct tare_str name);
void tare_grammar_define(struct tare_grammar *g, uint32_t rule, uint32_t node);
bool tare_grammar_is_defined(const struct tare_grammar *g, uint32_t rule);
uint32_t tare_grammar_call(struct tare_grammar *g, uint32_t rule);

/*
 * Checks the graph and sets its root: removes what can never be completed, finds what may be
 * empty. Returns TARE_E_INPUT (a rule without a body; a left-recursive rule, by its name; a
 * grammar that matches nothing), TARE_E_LIMIT (more than TARE_MAX_GRAMMAR_NODES nodes, an object
 * out of the bounds above, more steps than allowed), TARE_E_NOMEM.
 */
enum tare_status tare_grammar_finish(struct tare_grammar *g, uint32_t root, struct tare_err *err);

/* Whether nothing matches the node: for a grammar that was refused by finish. */
bool tare_grammar_is_empty(const struct tare_grammar *g, uint32_t node);

/* What a finished grammar writes is JSON behind `skip` bytes (SIZE_MAX: from its first brace on):
 * no object of it may have a key twice. Declared keys never come twice anyhow; guides look out for
 * the others. */
void tare_grammar_unique_keys(struct tare_grammar *g, size_t skip);

/* The root of a finished grammar: it may be a part of a larger one, finished again. */
uint32_t tare_grammar_root(const struct tare_grammar *g);
/* How many nodes there are, and what kind one is of: for summaries and pictures. */
uint32_t tare_grammar_nodes(const struct tare_grammar *g);
enum tare_grammar_kind tare_grammar_kind_of(const struct tare_grammar *g, uint32_t node);
/* Writes the graph as Graphviz text into the arena. {NULL, 0}: no memory. */
struct tare_str tare_grammar_dot(const struct tare_grammar *g, struct tare_arena *arena);

/* ---- front ends of this room -------------------------------------------------------------- */

/* Texts that match the expression as a whole. */
enum tare_status tare_grammar_from_regex(struct tare_str pattern, struct tare_arena *arena,
                                         struct tare_grammar **out, struct tare_err *err);
/* GBNF as llama.cpp writes it: rule ::= ..., "text", [classes], (groups), | * + ? {m,n}, '.',
 * # comments, <[17]> and <|name|>: a token by its number, or a special one of the vocabulary (NULL:
 * none) by its name, !<...>* or !<...>+ for others than it; the root is the rule "root". Line and
 * column in the error. */
struct tare_vocab;
enum tare_status tare_grammar_from_gbnf(struct tare_str text, const struct tare_vocab *vocab,
                                        struct tare_arena *arena, struct tare_grammar **out,
                                        struct tare_err *err);

/* EBNF of the W3C: name ::= 'text' "text" #xN [a-z#xA-#xD] [^a] A B | A? A* A+ (A), comments in
 * slashes and stars; exceptions (A - B) are refused. The root is the rule "root", else the first
 * one. */
enum tare_status tare_grammar_from_ebnf(struct tare_str text, struct tare_arena *arena,
                                        struct tare_grammar **out, struct tare_err *err);

#endif
