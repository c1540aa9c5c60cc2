/* The tool-call engine behind text/calls.h: its table, its cursor, its families of layouts. */
#ifndef TARE_TEXT_CALLS_INT_H
#define TARE_TEXT_CALLS_INT_H

#include "text/calls.h"

#define TARE__CALLS_DEPTH 64 /* nesting inside arguments */
#define TARE__CALLS_OPENERS 64
#define TARE__CALLS_WORDS 16 /* unquoted values of one document */

enum tare__calls_type { /* JSON types a schema allows */
                        TARE__T_NULL = 1,
                        TARE__T_BOOL = 2,
                        TARE__T_INT = 4,
                        TARE__T_NUM = 8,
                        TARE__T_STR = 16,
                        TARE__T_ARR = 32,
                        TARE__T_OBJ = 64,
                        TARE__T_ANY = 127
};

enum tare__calls_flag {
    TARE__LIST = 1,          /* the payload is a list of calls */
    TARE__MANY = 2,          /* several objects a block are the layout */
    TARE__BARE = 4,          /* the whole message may be the payload */
    TARE__FENCED = 8,        /* arguments stand in a fence */
    TARE__NEWLINES = 16,     /* one newline a side of a value is layout */
    TARE__NAME_KEY = 32,     /* {"NAME": {...}} */
    TARE__ID_HEAD = 64,      /* the head is functions.NAME:INDEX and is the id */
    TARE__RETYPE = 128,      /* texts get the type of the schema */
    TARE__LINES = 256,       /* Python calls a line each */
    TARE__NOT_AUTO = 512,    /* shares its opener with another row that reads it too */
    TARE__INTERLEAVED = 1024 /* reasons between lines of content, too */
};

struct tare__calls_spec;
struct tare__calls;
/* Reads a block whose opener ends at c->i. False: it is prose. */
typedef bool tare__calls_family(struct tare__calls *c, const struct tare__calls_spec *s);

struct tare__calls_spec {
    const char *name;
    tare__calls_family *family;
    unsigned flags;
    const char *open, *close;        /* of the block; open NULL: none */
    const char *call, *call_end;     /* of one call inside the block */
    const char *sep;                 /* between head and arguments, or what ends a tag */
    const char *param, *param_end;   /* of one argument */
    const char *name_key, *args_key; /* members, or attributes */
    const char *type_key;            /* attribute that types a value; or the quote of texts */
    const char *think, *think_end;
    const char *delimiters[6];
    const char *alike[3]; /* dialects whose wrapper is a near relative */
    const char *plain;    /* the row whose tags are these without their prefix */
};
extern const struct tare__calls_spec tare__calls_table[];

struct tare__calls_opener {
    struct tare_str text;
    const struct tare__calls_spec *spec;
    uint32_t repairs;
};

enum tare__calls_idle { TARE__ANY_BYTE, TARE__NOT_STOP, TARE__STRING, TARE__JSON_STRING };

/* The first time a decision met the end of the text: what was settled before it. While text is
 * still to come, what is decided after that may change (text/calls_stream.c). */
struct tare__calls_touch {
    bool met;
    const struct tare__calls_spec *by; /* whose family was reading */
    size_t json;                       /* bytes of the scratch that are final */
    uint32_t repairs, calls, unit_calls;
    struct tare_str name; /* of the unit's call, where it has been read */
    /* What comes next can change nothing while it has none of these bytes: a tag that is waited for
     * begins with `stop`, or ends the string that the text ends in. */
    enum tare__calls_idle idle;
    char stop;
    bool inside; /* a value that has not ended */
};

struct tare__calls {
    /* Of one reading; zero at its begin. */
    struct tare_str text;
    size_t i;             /* the cursor */
    size_t unit_off;      /* where the unit (block or inner call) began */
    struct tare_json any; /* the schema {}, see tare__calls_any */
    uint32_t unit_calls;  /* calls before the unit */
    uint32_t rep;         /* repairs of the unit */
    size_t block_off;     /* the same of the block around units */
    uint32_t block_calls, block_rep;
    /* Unquoted values: where in c->json, and how many of the unit a schema justifies. */
    size_t words[TARE__CALLS_WORDS];
    uint32_t n_words, unit_words, unit_words_ok;
    const struct tare__calls_spec *reading;
    struct tare_str unit_name; /* p NULL: not read yet */
    /* Calls of a block, and refusals, before the end of the text was met; where the last call ends.
     */
    uint32_t final_calls, final_errors;
    size_t final_end;
    bool nomem, has_reasoning;
    bool inside;  /* tare__calls_literal is reading */
    bool no_call; /* an object with a name, but neither that of a tool nor arguments */
    struct {      /* the next closing and opening tag of a block, as found last, from there on */
        const struct tare__calls_spec *of, *open_of;
        size_t from, close, open_from, open;
    } ends;
    bool orphan;       /* the block has no opener */
    bool no_orphan;    /* no whole call without a wrapper is to come */
    size_t orphan_end; /* up to here it has been looked for */
    /* Of all readings of a message. */
    const struct tare_calls_opts *opts;
    const struct tare__calls_spec *spec;
    struct tare_arena *arena;
    struct tare_calls *r;
    struct tare_buf json; /* scratch for arguments */
    struct tare_buf content, reasoning;
    struct tare__calls_touch *touch; /* NULL: the text is whole */
    size_t resume; /* of a block that is read again: the calls before are known; 0: none is */
    uint32_t n_openers;
    struct tare__calls_opener openers[TARE__CALLS_OPENERS]; /* n_openers; last: not zeroed */
};

enum tare__calls_mode { TARE__JSON, TARE__PYTHON, TARE__GEMMA };
enum tare__calls_read { TARE__READ_OK, TARE__READ_END, TARE__READ_BAD, TARE__READ_SHAPE };

/* Reads one value at c->i, mended where that is allowed, as JSON into the end of c->json. `stop`
 * (or NULL) is the tag before which closers may be missing; quote is that of TARE__GEMMA. */
enum tare__calls_read tare__calls_literal(struct tare__calls *c, enum tare__calls_mode mode,
                                          const char *stop, const char *quote);
/* The scratch text from `from` on as a document in the arena; false: it is no JSON. */
bool tare__calls_document(struct tare__calls *c, size_t from, struct tare_json *out);

/* The arguments of the call `name` at the cursor, in a fence where that is due, up to what ends
 * them; `stop` (or NULL) is the tag that may follow. 0 or a code. */
int tare__calls_value(struct tare__calls *c, struct tare_str name, const char *stop, bool fence_due,
                      struct tare_json *args);

/* The schema {}. */
struct tare_json tare__calls_any(struct tare__calls *c);
/* A decision meets the end of the text. */
void tare__calls_touch(const struct tare__calls *c);
/* The same inside a string that `stop` ends. */
void tare__calls_touch_string(const struct tare__calls *c, bool json, char stop);

/* Cursor. */
bool tare__calls_at(const struct tare__calls *c, const char *s);
bool tare__calls_skip(struct tare__calls *c, const char *s); /* over s, when it stands here */
bool tare__calls_cut_in(const struct tare__calls *c, const char *s); /* the text ends inside s */
/* Over a closing tag, or over what the end of the text left of it (R_MISSING_CLOSE): a part of it,
 * or nothing. False: something else stands here. */
bool tare__calls_close(struct tare__calls *c, const char *s);
void tare__calls_blank(struct tare__calls *c);
size_t tare__calls_blank_from(const struct tare__calls *c, size_t i);
bool tare__calls_done(const struct tare__calls *c);
size_t tare__calls_find(const struct tare__calls *c, const char *s, size_t from);
struct tare_str tare__calls_slice(const struct tare__calls *c, size_t off, size_t end);

/* Units: begun, then ended by taking or by rejecting. */
void tare__calls_begin(struct tare__calls *c, size_t off);
void tare__calls_take(struct tare__calls *c);
void tare__calls_reject(struct tare__calls *c, enum tare_calls_code code, size_t end);
/* Rejects the unit, and leaves the cursor behind the next `close` or before the next opener. */
void tare__calls_reject_to(struct tare__calls *c, enum tare_calls_code code, const char *close);
void tare__calls_cut(struct tare__calls *c); /* the text ends inside the unit */

/* Ends the unit by its outcome: 0 takes it, a code rejects it. */
void tare__calls_settle(struct tare__calls *c, int code, const char *close);
/* Ends a block of units, with what had to be mended of its own wrapper. */
void tare__calls_end_block(struct tare__calls *c, uint32_t repairs);

/* Adds a call; arguments are an object. Mends the name where it may. */
bool tare__calls_add(struct tare__calls *c, struct tare_str name, struct tare_json args,
                     struct tare_str id);
/* Arguments as an object: text that holds one, or none where the tool needs none. 0 or a code. */
int tare__calls_arguments(struct tare__calls *c, struct tare_str name, struct tare_json *args);
/* A call whose arguments are the scratch text; 0 or a code. */
int tare__calls_finish(struct tare__calls *c, struct tare_str name, struct tare_str id);
/* One call in nested tags, its opener behind the cursor; 0 or a code. */
int tare__calls_nested_call(struct tare__calls *c, const struct tare__calls_spec *s);
/* A name in Python's syntax, dots included; then what stands behind it: (key=value, …) of the call
 * `name`. 0 or a code. */
struct tare_str tare__calls_python_name(struct tare__calls *c);
int tare__calls_python_call(struct tare__calls *c, struct tare_str name);
/* A call in an object of the dialect's spelling; 0 or a code. */
int tare__calls_object(struct tare__calls *c, const struct tare__calls_spec *s, struct tare_json v);
const struct tare_calls_tool *tare__calls_tool(const struct tare__calls *c, struct tare_str name);
bool tare__calls_complete(const struct tare__calls *c, uint32_t call); /* required ones present */
void tare__calls_span(struct tare__calls *c, enum tare_calls_span_kind kind, size_t off,
                      size_t end);
void tare__calls_validate(struct tare__calls *c);
/* Room for one more of n in a list of the arena (sizes go 4, 8, 16 ...); NULL: no memory. */
void *tare__calls_grown(struct tare__calls *c, void *old, uint32_t n, size_t size);

/* An untyped text as an argument, by the type its schema allows (section 3.4). */
void tare__calls_untyped(struct tare__calls *c, struct tare_json schema, struct tare_json root,
                         struct tare_str text, struct tare_json_writer *w);
/* Text that should be JSON; a string where it is not (false). */
bool tare__calls_put_json(struct tare__calls *c, struct tare_str text, struct tare_json_writer *w);
unsigned tare__calls_types(struct tare_json schema, struct tare_json root, int depth);
struct tare_json tare__calls_deref(struct tare_json schema, struct tare_json root);

tare__calls_family tare__calls_json, tare__calls_head, tare__calls_tags, tare__calls_glm,
    tare__calls_nested, tare__calls_python, tare__calls_builtin, tare__calls_gemma,
    tare__calls_sections;
/* Segments of a message, for text/calls_stream.c. */
enum tare_status tare__calls_setup(struct tare__calls *c, struct tare_str text,
                                   const struct tare_calls_opts *opts, struct tare_arena *arena,
                                   struct tare_calls *out, struct tare_err *err);
/* For another reading: of a text that the one before begins. */
void tare__calls_again(struct tare__calls *c, struct tare_str text);
void tare__calls_teardown(struct tare__calls *c);
const struct tare__calls_spec *tare__calls_spec_named(struct tare_str name);
void tare__calls_add_openers(struct tare__calls *c);
/* The rest of the text as content; with the token limit met, less what may be the begin of a tag.
 */
void tare__calls_tail(struct tare__calls *c, size_t from);
/* Reasoning opens at i, a later time than at the begin of the message. */
bool tare__calls_thinks_at(const struct tare__calls *c, size_t i);
bool tare__calls_block(struct tare__calls *c, size_t i); /* tries the openers that stand at i */
size_t tare__calls_delimiter_at(const struct tare__calls *c, size_t i);
void tare__calls_harmony_step(struct tare__calls *c); /* one message of Harmony, or text before */

/* What Harmony, Command and others begin a message with. */
struct tare__calls_start {
    const char *start, *name;
};
extern const struct tare__calls_start tare__calls_starts[];

/* Whole messages. */
void tare__calls_harmony(struct tare__calls *c);
void tare__calls_react(struct tare__calls *c);
/* The rest of the message as a bare payload; false: it is prose. */
bool tare__calls_bare(struct tare__calls *c, const struct tare__calls_spec *s);

#endif
