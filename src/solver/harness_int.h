/* Between the files of the harness. */
#ifndef TARE_SOLVER_HARNESS_INT_H
#define TARE_SOLVER_HARNESS_INT_H

#include "base/hash.h"
#include "base/limits.h"
#include "record/contract.h"
#include "solver/harness.h"
#include "solver/model_reply.h"
#include "solver/talk_prompt.h"
#include "text/calls_order.h"
#include "text/calls_retry.h"
#include "text/schema.h"

/* ---- switches ------------------------------------------------------------------------------ */

enum tare__hs_switch {
    HS_TOOL_MODE = 0,
    HS_TOOLS_SET,
    HS_TOOLS_NAMED,
    HS_TOOLS_TRANSPORT,
    HS_TOOLS_DIALECT,
    HS_TOOLS_PARALLEL,
    HS_TOOLS_REPAIR,
    HS_TOOLS_ORDER,
    HS_RETRY_PARSE,
    HS_RETRY_NO_CALL,
    HS_LOOP_GUARD,
    HS_CIRCUIT_CALLS,
    HS_CIRCUIT_NO_PROGRESS,
    HS_BUDGET,
    HS_RESERVE,
    HS_COMPACTION,
    HS_COMPACT_AT,
    HS_COMPACT_TO,
    HS_KEEP_LAST,
    HS_RESULT_CAP,
    HS_RECITE,
    HS_RECITE_EVERY,
    HS_ERRORS,
    HS_MEMORY_MODE,
    HS_ANCHOR,
    HS_RULES,
    HS_MEMORY,
    HS_VERIFY,
    HS_VERIFIER,
    HS_BEST_OF,
    HS_SELECT,
    HS_SUBTASKS,
    HS_SWITCHES
};

enum { HS_MODE_OFF, HS_MODE_AUTO, HS_MODE_REQUIRED, HS_MODE_NAMED, HS_MODE_STRICT };
enum { HS_NATIVE, HS_PROMPT };
enum { HS_GUARD_OFF, HS_GUARD_WARN, HS_GUARD_REFUSE, HS_GUARD_BREAK };
enum { HS_COMPACT_OFF, HS_COMPACT_LADDER, HS_COMPACT_SUMMARY };
enum { HS_RECITE_OFF, HS_RECITE_PLAN, HS_RECITE_RULES, HS_RECITE_BOTH };
enum { HS_ERRORS_KEEP, HS_ERRORS_TRIM, HS_ERRORS_DROP };
enum { HS_THREAD, HS_STATELESS };
enum { HS_ANCHOR_OFF, HS_ANCHOR_DECISION, HS_ANCHOR_EVERY };
enum { HS_MEMORY_OFF, HS_MEMORY_FILES };
enum { HS_VERIFY_NONE, HS_VERIFY_CHECKS, HS_VERIFY_SELF, HS_VERIFY_OTHER };
enum {
    HS_SELECT_FIRST,
    HS_SELECT_CHECKS,
    HS_SELECT_SURPRISAL,
    HS_SELECT_CONFIDENCE,
    HS_SELECT_VOTE
};

/* The value of one switch; which member counts is the table's. */
struct tare__hs_value {
    int64_t i; /* integers, booleans, numbers of choices */
    double f;
    struct tare_str s;
    struct tare_json json;
};

/* Of a run; read-only. */
struct tare__hs_config {
    struct tare__hs_value v[HS_SWITCHES];
    bool talk;                      /* for worlds that talk */
    struct tare_talk_prompt prompt; /* of a talk: the solver's own */
};

enum tare_status tare__hs_config_read(struct tare_json config, struct tare__hs_config *out,
                                      struct tare_err *err);
void tare__hs_config_write(const struct tare__hs_config *c, struct tare_json_writer *out);

/* ---- the talk ------------------------------------------------------------------------------ */

/* A call of a tool that was read, checked and may be played. */
struct tare__hs_call {
    struct tare_str id, name;
    struct tare_str args;   /* a JSON object, compact */
    struct tare_digest sig; /* of name and canonical arguments */
    int own;                /* number of a tool of the harness, -1: the world's */
    bool decides;
};

enum tare__hs_kind { HS_SYSTEM, HS_USER, HS_ASSISTANT, HS_RESULT };

struct tare__hs_item {
    enum tare__hs_kind kind;
    struct tare_str text;  /* whole; of an assistant also the raw text it wrote */
    struct tare_str parts; /* USER of a world that talks: a list of parts, instead of text */
    struct tare_str raw;   /* ASSISTANT by transport prompt: as it was written */
    const struct tare__hs_call *calls;
    uint32_t n_calls;
    struct tare_str id, tool; /* RESULT */
    struct tare_digest sig;
    bool failed, pinned;
    uint32_t ref;    /* RESULT: its number for read_result, from 1; 0: none */
    bool referenced; /* shown as a reference */
    bool gone;       /* in a listing or a summary: not shown */
};

struct tare__hs_thread {
    struct tare__hs_item *v;
    uint32_t n, cap;
    uint32_t calls;                    /* of a sub-task: made so far */
    struct tare__hs_call from;         /* the call that opened it */
    struct tare_buf last;              /* messages as last asked, for the stable prefix */
    const struct tare__hs_call *queue; /* calls of the message in hand */
    uint32_t queue_n, queue_at;
};

/* A body that left the talk and can be read again: a result, a listing, a transcript. */
struct tare__hs_ref {
    char name[16];
    struct tare_str text;
    uint64_t at_call; /* model call at which it left; 0: cut on arrival */
};

struct tare__hs_file {
    struct tare_str name, text;
};

/* What was done, for the loop guard and for progress. */
struct tare__hs_done {
    struct tare_digest sig, result;
    bool failed, decides;
};

/* One answer of the model, read and judged; everything lives in the attempt's arena. */
struct tare__hs_answer {
    struct tare_str content, reasoning, text; /* text: what the calls were read from */
    const struct tare__hs_call *calls;
    uint32_t n_calls;
    bool usable;                /* calls may be played, or there are none and none was asked for */
    bool cut;                   /* the engine stopped at its limit of tokens */
    bool refused;               /* refusal or content filter */
    struct tare_str correction; /* what to say where it is not usable */
    const char *code;           /* its first fault: "V_MISSING", "E_NO_CALL" */
    struct tare_digest said;    /* of a talk: equal answers have equal digests */
    uint32_t repairs;
    double logprob, confidence; /* sum, mean; NaN: not known */
    uint32_t n_tokens;
    uint64_t output;
};

enum tare__hs_phase { HS_ACTING = 0, HS_SUMMARISING, HS_VERIFYING };

#define HS_THREADS 2
#define HS_MAX_FILES 64u

struct tare__hs {
    const struct tare__hs_config *c;
    struct tare_arena *arena;
    const struct tare_task *task;
    struct tare_str task_input;
    struct tare_str brief, rules, world;
    struct tare_str tools[HS_THREADS];      /* lists for the request, by depth */
    struct tare_str tools_text[HS_THREADS]; /* the same, as text of a prompt */
    const struct tare_calls_tool *parse[HS_THREADS];
    uint32_t n_parse[HS_THREADS];
    const struct tare_tool *world_tools; /* of the scene */
    uint32_t n_world_tools;
    bool plain;                    /* the world has no tools: what the model says is what it does */
    bool wants_json;               /* of a talk: its answers are JSON documents */
    struct tare_str answer_schema; /* of a talk; empty: any text */
    const struct tare_schema *schema; /* the same, compiled; NULL: any JSON */
    struct tare_digest said_before;   /* of a talk: the answer before */
    struct tare_order *order;
    struct tare__hs_thread thread[HS_THREADS];
    uint32_t depth;
    bool begun;

    enum tare__hs_phase phase;
    uint64_t next_id, model_calls;
    struct tare_retry retry;
    struct tare_str retry_said, retry_told; /* the answer that failed, and the correction */
    uint32_t nudges;
    struct tare__hs_answer *candidates; /* of best_of */
    uint32_t n_candidates;
    bool anchored; /* the rules were repeated for the decision in hand */
    uint32_t verify_refusals, verify_unreadable;
    struct tare_digest verify_sig;
    struct tare__hs_answer pending; /* the decision that the rules were repeated for; of a talk
                                       also the answer that is being verified */

    struct tare__hs_call current; /* being played in the world, or verified */
    const char *warned;           /* what the guard says of it */
    int64_t current_ns;

    struct tare__hs_done *done;
    uint32_t n_done, cap_done;
    uint32_t stuck, refusals_in_row;
    struct tare__hs_ref *refs;
    uint32_t n_refs, cap_refs, n_listings, n_summaries;
    uint32_t span_from, span_to; /* items that a summary is being made of */
    struct tare__hs_file files[HS_MAX_FILES];
    uint32_t n_files;
    size_t files_bytes;
    struct tare_str plan;
    uint32_t recite_in;
    bool reciting; /* in the prompt in hand */

    uint64_t counters[HS_SWITCHES];
    uint64_t tokens_in, tokens_out, tokens_cached, prompt_tokens_most, prompt_tokens;
    uint64_t prefix_reused, prefix_bytes, prefix_breaks, restores, regrets, compactions;
    uint64_t tool_calls, tool_errors, calls_from_cache;
    uint64_t last_progress; /* number of the tool call that last brought something new */
    const char *stop;       /* why it ended */
    struct tare_buf trace;  /* elements of the array, with commas */
    struct tare_buf text;   /* scratch for one request */
    bool failed;            /* out of memory */
};

#define HS_IS(s, sw, x) ((s)->c->v[sw].i == (x))
#define HS_INT(s, sw) ((s)->c->v[sw].i)

static inline struct tare__hs_thread *tare__hs_here(struct tare__hs *s)
{
    return &s->thread[s->depth];
}

/* Estimate of tokens: 4 bytes each, and 4 for a message. It is the same for every model, so that a
 * budget cuts where it cuts. */
uint64_t tare__hs_tokens(struct tare_str text);

/* Adds an item; its texts must live as long as the attempt. NULL: out of memory (s->failed). */
struct tare__hs_item *tare__hs_add(struct tare__hs *s, enum tare__hs_kind kind,
                                   struct tare_str text);
struct tare_str tare__hs_keep(struct tare__hs *s, struct tare_str text);

/* harness.c: between its states. step: a new turn of the model, with its retries unused. */
void tare__hs_step(struct tare__hs *s);
void tare__hs_think(struct tare__hs *s, struct tare_arena *turn, struct tare_yield *out);
void tare__hs_act(struct tare__hs *s, const struct tare__hs_call *call, int64_t now,
                  struct tare_arena *turn, struct tare_yield *out);
/* One corrective turn; the failing answer stays out of the history. False: none is left. */
bool tare__hs_correct(struct tare__hs *s, const struct tare__hs_answer *a);
enum tare__hs_verdict { HS_PLAY, HS_REFUSED, HS_ASKED };
enum tare__hs_verdict tare__hs_verify(struct tare__hs *s, const struct tare__hs_call *call,
                                      struct tare_arena *turn, struct tare_yield *out);
struct tare__hs_item *tare__hs_put_answer(struct tare__hs *s, const struct tare__hs_answer *a);

/* harness_talk.c: worlds without tools, where what is said is what is done. */
enum tare_status tare__hs_talk_begin(struct tare__hs *s, const struct tare_event *event,
                                     struct tare_arena *turn, struct tare_err *err);
void tare__hs_listen(struct tare__hs *s, struct tare_str body, struct tare_arena *turn,
                     bool pinned);
enum tare_status tare__hs_talk_read(struct tare__hs *s, const struct tare_model_reply *r,
                                    struct tare__hs_answer *out, struct tare_err *err);
void tare__hs_talk_answer(struct tare__hs *s, const struct tare__hs_answer *a, int64_t now,
                          struct tare_arena *turn, struct tare_yield *out);
/* Plays the answer that was verified. */
void tare__hs_talk_play(struct tare__hs *s, int64_t now, struct tare_arena *turn,
                        struct tare_yield *out);
/* Why the answer in hand is not taken, by checks that need no model; empty: it may be. */
struct tare_str tare__hs_talk_check(struct tare__hs *s);
void tare__hs_talk_refuse(struct tare__hs *s, struct tare_str why);
/* What a verifier is shown. */
void tare__hs_talk_evidence(struct tare__hs *s, struct tare_buf *b);

/* harness_context.c: results that are cut, the ladder, the way back. */
struct tare_str tare__hs_shown(struct tare__hs *s, const struct tare__hs_item *it,
                               struct tare_arena *turn);
/* A result as it enters the talk: numbered, cut to the cap. */
void tare__hs_add_result(struct tare__hs *s, const struct tare__hs_call *call, struct tare_str body,
                         bool failed);
uint64_t tare__hs_prompt_tokens(struct tare__hs *s, struct tare_arena *turn);
enum tare__hs_room { HS_ROOM, HS_ROOM_SUMMARY, HS_NO_ROOM };
/* Makes room where the next prompt would be too long. SUMMARY: a model is to be asked first, with
 * the text given. */
enum tare__hs_room tare__hs_make_room(struct tare__hs *s, struct tare_arena *turn,
                                      struct tare_str *transcript);
void tare__hs_summarised(struct tare__hs *s, struct tare_str summary);
/* Part of a body: the bytes themselves. {NULL, 0}: no such reference. */
struct tare_str tare__hs_read_ref(struct tare__hs *s, struct tare_str name, uint64_t from,
                                  uint64_t n, uint64_t *whole);

/* harness_tools.c: the tools offered, and the harness's own. */
enum tare_status tare__hs_tools_open(struct tare__hs *s, const struct tare_scene *scene,
                                     struct tare_err *err);
int tare__hs_own(const struct tare__hs *s, struct tare_str name);
/* Answers a call of an own tool; true: a sub-task was opened instead. */
bool tare__hs_own_call(struct tare__hs *s, const struct tare__hs_call *call);

/* harness_ask.c: the request. head: at most n bytes, no cut inside a character. */
struct tare_str tare__hs_head(struct tare_str text, size_t n);
struct tare_str tare__hs_ask(struct tare__hs *s, struct tare_arena *turn);
struct tare_str tare__hs_ask_summary(struct tare__hs *s, struct tare_str transcript,
                                     struct tare_arena *turn);
struct tare_str tare__hs_ask_verifier(struct tare__hs *s, const struct tare__hs_call *call,
                                      struct tare_arena *turn);

/* harness_answer.c: what the model said. */
enum tare_status tare__hs_answer_read(struct tare__hs *s, const struct tare_model_reply *r,
                                      struct tare__hs_answer *out, struct tare_err *err);

/* harness_guard.c: refusals before a call is played, selection, verifiers that are no model. */
const char *tare__hs_guard(struct tare__hs *s, const struct tare__hs_call *call);
void tare__hs_did(struct tare__hs *s, const struct tare__hs_call *call, struct tare_str result,
                  bool failed);
uint32_t tare__hs_select(struct tare__hs *s);
/* Empty: nothing speaks against it. */
struct tare_str tare__hs_check(struct tare__hs *s, const struct tare__hs_call *call,
                               struct tare_arena *turn);
struct tare_digest tare__hs_sig(struct tare__hs *s, struct tare_str name, struct tare_json args);

/* harness_trace.c: what is recorded. begin opens an object with its kind; end closes it. */
void tare__hs_trace_begin(struct tare__hs *s, struct tare_json_writer *w, const char *kind);
void tare__hs_trace_end(struct tare__hs *s, struct tare_json_writer *w);
void tare__hs_trace_call(struct tare__hs *s, const struct tare_model_reply *r, const char *purpose,
                         const struct tare__hs_answer *a);
void tare__hs_trace_tool(struct tare__hs *s, const struct tare__hs_call *call,
                         struct tare_str result, bool failed, int64_t dur_ns);
void tare__hs_trace_note(struct tare__hs *s, const char *kind, struct tare_str tool,
                         const char *key, struct tare_str value);
/* What happened to a note, as tare_world_ops.state_json tells it. */
void tare__hs_trace_state(struct tare__hs *s, const char *op, struct tare_str name,
                          struct tare_str text);
/* A tool that a rule of tools.order speaks about was called: the rule was kept or broken; and where
 * in the prompt the rules stood last. */
void tare__hs_trace_rule(struct tare__hs *s, struct tare_str tool, bool kept);
void tare__hs_trace(const void *shared, void *state, struct tare_json_writer *out);
void tare__hs_account(const void *shared, const void *state, struct tare_json_writer *out);

#endif
