#include "tare/mask.h"

#include <stdlib.h>

#include "base/limits.h"
#include "lib/lib.h"
#include "text/envelope.h"
#include "text/grammar_tools.h"
#include "text/guide.h"
#include "text/json.h"
#include "text/schema_grammar.h"

#include "base/banned.h"

#define VOCABULARY_BYTES TARE_GIB
#define PROGRAM_BYTES (512 * TARE_MIB)

struct tare_mask_vocabulary {
    struct tare_arena arena;
    const struct tare_vocab *vocab;
    const struct tare_guide_vocab *tables;
};

struct tare_mask_program {
    struct tare_arena arena;
    struct tare_guide *guide;
    const struct tare_guide_vocab *tables;
    uint32_t row;
    struct tare_schema_grammar lowered;
};

/* A walk, and the program it belongs to. */
struct tare_mask_state {
    const struct tare_mask_program *program;
    struct tare_walk *walk;
};

/* Reads the caller's options of whatever size they were compiled with. */
static enum tare_status read_options(void *own, size_t n, const void *theirs, struct tare_err *err)
{
    size_t size = 0;
    if (theirs)
        memcpy(&size, theirs, sizeof size);
    if (size < sizeof size || size > 4096)
        return tare_fail(err, TARE_E_STATE, "the options' size is not set");
    memset(own, 0, n);
    memcpy(own, theirs, size < n ? size : n);
    return TARE_OK;
}

static enum tare_status no_memory(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "no memory for token masks");
}

/* ---- vocabulary --------------------------------------------------------------------------- */

static enum tare_status given_tokens(const struct tare_mask_vocabulary_options *o,
                                     struct tare_mask_vocabulary *v, struct tare_err *err)
{
    struct tare_vocab_token *t = TARE_NEW_N(&v->arena, struct tare_vocab_token, o->n_tokens + 1);
    if (!t)
        return no_memory(err);
    if (!o->bytes || !o->end_tokens)
        return tare_fail(err, TARE_E_USAGE, "a vocabulary needs a text or tokens");
    for (size_t i = 0; i < o->n_tokens; i++) {
        size_t from = i ? o->end_tokens[i - 1] : 0;
        if (o->end_tokens[i] < from)
            return tare_fail(err, TARE_E_INPUT, "token %zu ends before it begins", i);
        t[i].bytes = tare_str_n(o->bytes + from, o->end_tokens[i] - from);
        if (t[i].bytes.n == 0)
            t[i].flags = TARE_VOCAB_EMPTY;
        else if (o->special && o->special[i])
            t[i].flags =
                o->special[i] == 2 ? TARE_VOCAB_SPECIAL | TARE_VOCAB_END : TARE_VOCAB_SPECIAL;
    }
    return tare_vocab_make(t, o->n_tokens, o->row, &v->arena, &v->vocab, err);
}

int tare_mask_vocabulary_open(const struct tare_mask_vocabulary_options *options,
                              struct tare_mask_vocabulary **out, struct tare_fault *fault)
{
    struct tare_mask_vocabulary_options o;
    struct tare_err err = {0};
    enum tare_status st = read_options(&o, sizeof o, options, &err);
    struct tare_mask_vocabulary *v = st ? NULL : calloc(1, sizeof *v);
    if (!st && !v)
        st = no_memory(&err);
    if (st)
        return tare__fault(fault, &err);
    tare_arena_init(&v->arena, NULL, VOCABULARY_BYTES);
    if (o.text) {
        struct tare_vocab_options read = {.size = o.row, .end = tare_str_of(o.stop)};
        st = tare_vocab_read(tare_str_n(o.text, o.n_text), &read, &v->arena, &v->vocab, &err);
    } else {
        st = given_tokens(&o, v, &err);
    }
    if (!st)
        st = tare_guide_vocab_open(v->vocab, &v->arena, &v->tables, &err);
    if (st) {
        tare_mask_vocabulary_close(v);
        return tare__fault(fault, &err);
    }
    tare_guide_vocab_ceiling(v->tables, o.memory_bytes);
    *out = v;
    return TARE_CODE_OK;
}

void tare_mask_vocabulary_close(struct tare_mask_vocabulary *v)
{
    if (!v)
        return;
    tare_arena_free(&v->arena);
    free(v);
}

uint32_t tare_mask_vocabulary_row(const struct tare_mask_vocabulary *v)
{
    return v->vocab->size;
}

/* ---- program ------------------------------------------------------------------------------ */

static enum tare_status lower(const struct tare_mask_options *o, struct tare_mask_program *p,
                              struct tare_grammar **out, struct tare_err *err)
{
    struct tare_json json;
    struct tare_str text = tare_str_n(o->text, o->n_text);
    struct tare_schema_grammar_options how = {.schema = {.formats = o->formats != 0},
                                              .space = o->compact ? TARE_SCHEMA_SPACE_NONE
                                                                  : TARE_SCHEMA_SPACE_FEW,
                                              .any_order = o->any_order != 0,
                                              .n_relax = o->n_relax};
    struct tare_str *relax = TARE_NEW_N(&p->arena, struct tare_str, o->n_relax);
    if (!relax)
        return no_memory(err);
    for (size_t i = 0; i < o->n_relax; i++)
        relax[i] = tare_str_of(o->relax[i]);
    how.relax = relax;
    if (o->kind == TARE_MASK_REGEX)
        return tare_grammar_from_regex(text, &p->arena, out, err);
    if (o->kind == TARE_MASK_GBNF)
        return tare_grammar_from_gbnf(text, o->vocabulary->vocab, &p->arena, out, err);
    if (o->kind != TARE_MASK_SCHEMA && o->kind != TARE_MASK_TOOLS)
        return tare_fail(err, TARE_E_USAGE, "there is no kind of mask %d", o->kind);
    enum tare_status st = tare_json_parse(text, NULL, &p->arena, &json, err);
    if (st)
        return st;
    if (o->kind == TARE_MASK_TOOLS && o->dialect) {
        st = tare_grammar_from_dialect(tare_str_of(o->dialect), json, o->vocabulary->vocab, &how,
                                       &p->arena, &p->lowered, err);
    } else if (o->kind == TARE_MASK_TOOLS) {
        struct tare_tool_envelope around = {.before = tare_str_of(o->before),
                                            .after = tare_str_of(o->after),
                                            .arguments = tare_str_of(o->arguments)};
        st = tare_grammar_from_tools(json, &around, &how, &p->arena, &p->lowered, err);
    } else {
        st = tare_schema_grammar_make(json, &how, &p->arena, &p->lowered, err);
    }
    if (!st && p->lowered.refused) {
        const struct tare_schema_unenforced *r = p->lowered.refused;
        (void)tare_fail(err, TARE_E_LIMIT, "%.*s at %.*s: %.*s", TARE_FMT(r->keyword),
                        TARE_FMT(r->at), TARE_FMT(r->reason));
        if (r->remedy.n)
            tare_err_hint(err, "%.*s", TARE_FMT(r->remedy));
        else
            tare_err_hint(err, "name the keyword in relax, and check the texts after");
        return TARE_E_LIMIT;
    }
    *out = p->lowered.grammar;
    return st;
}

int tare_mask_compile(const struct tare_mask_options *options, struct tare_mask_program **out,
                      struct tare_fault *fault)
{
    struct tare_mask_options o;
    struct tare_err err = {0};
    struct tare_grammar *g = NULL;
    enum tare_status st = read_options(&o, sizeof o, options, &err);
    if (!st && (!o.text || !o.vocabulary))
        st = tare_fail(&err, TARE_E_USAGE, "a mask needs a text and a vocabulary");
    struct tare_mask_program *p = st ? NULL : calloc(1, sizeof *p);
    if (!st && !p)
        st = no_memory(&err);
    if (st)
        return tare__fault(fault, &err);
    tare_arena_init(&p->arena, NULL, PROGRAM_BYTES);
    p->row = o.vocabulary->vocab->size;
    p->tables = o.vocabulary->tables;
    struct tare_guide_options guide = {.memo_bytes = o.memory_bytes};
    st = lower(&o, p, &g, &err);
    if (!st)
        st = tare_guide_open(g, o.vocabulary->tables, &guide, &p->guide, &err);
    if (st) {
        tare_mask_close(p);
        return tare__fault(fault, &err);
    }
    *out = p;
    return TARE_CODE_OK;
}

void tare_mask_close(struct tare_mask_program *program)
{
    if (!program)
        return;
    tare_guide_close(program->guide);
    tare_arena_free(&program->arena);
    free(program);
}

const char *tare_mask_restriction(const struct tare_mask_program *program, size_t i)
{
    return i < program->lowered.n_restrictions ? program->lowered.restrictions[i] : NULL;
}

size_t tare_mask_unenforced(const struct tare_mask_program *program)
{
    size_t n = 0;
    for (const struct tare_schema_unenforced *u = program->lowered.unenforced; u; u = u->next)
        n++;
    return n;
}

int tare_mask_stats(struct tare_mask_program *program, struct tare_mask_stats *out,
                    struct tare_fault *fault)
{
    struct tare_guide_stats own;
    struct tare_guide_vocab_stats all;
    struct tare_mask_stats full;
    struct tare_err err = {0};
    enum tare_status st = read_options(&full, sizeof full, out, &err);
    if (st)
        return tare__fault(fault, &err);
    tare_guide_stats(program->guide, &own);
    tare_guide_vocab_stats(program->tables, &all);
    full = (struct tare_mask_stats){.size = full.size,
                                    .asked = own.asked,
                                    .hits = own.hits,
                                    .misses = own.misses,
                                    .states = own.states,
                                    .masks = own.masks,
                                    .bytes = own.bytes,
                                    .begun = own.memories,
                                    .evictions = own.evictions,
                                    .ceiling_bytes = all.ceiling,
                                    .shared_bytes = all.bytes,
                                    .resting_bytes = all.resting_bytes,
                                    .shared_evictions = all.evictions};
    memcpy(out, &full, full.size < sizeof full ? full.size : sizeof full);
    return TARE_CODE_OK;
}

/* ---- state -------------------------------------------------------------------------------- */

static int new_state(const struct tare_mask_program *program, const struct tare_walk *from,
                     struct tare_mask_state **out, struct tare_fault *fault)
{
    struct tare_err err = {0};
    struct tare_mask_state *s = calloc(1, sizeof *s);
    enum tare_status st = TARE_OK;
    if (!s)
        st = no_memory(&err);
    else
        st = from ? tare_walk_copy(from, &s->walk, &err)
                  : tare_walk_open(program->guide, &s->walk, &err);
    if (st) {
        free(s);
        return tare__fault(fault, &err);
    }
    s->program = program;
    *out = s;
    return TARE_CODE_OK;
}

int tare_mask_start(struct tare_mask_program *program, struct tare_mask_state **out,
                    struct tare_fault *fault)
{
    return new_state(program, NULL, out, fault);
}

int tare_mask_clone(const struct tare_mask_state *state, struct tare_mask_state **out,
                    struct tare_fault *fault)
{
    return new_state(state->program, state->walk, out, fault);
}

void tare_mask_end(struct tare_mask_state *state)
{
    if (!state)
        return;
    tare_walk_close(state->walk);
    free(state);
}

static int answered(enum tare_status st, const struct tare_err *err, struct tare_fault *fault)
{
    return st ? tare__fault(fault, err) : TARE_CODE_OK;
}

int tare_mask_next(struct tare_mask_state *state, struct tare_mask_bits *out,
                   struct tare_fault *fault)
{
    struct tare_err err;
    struct tare_mask_view m;
    err.code = TARE_OK;
    enum tare_status st = tare_walk_mask(state->walk, &m, &err);
    if (st)
        return tare__fault(fault, &err);
    struct tare_mask_bits full = {
        .size = out->size, .id = m.id, .n_allowed = m.n_allowed, .ids = m.ids, .words = m.words};
    memcpy(out, &full, out->size < sizeof full ? out->size : sizeof full);
    return TARE_CODE_OK;
}

int tare_mask_accept(struct tare_mask_state *state, uint32_t token, int *answer,
                     struct tare_fault *fault)
{
    struct tare_err err;
    enum tare_walk_answer a = TARE_WALK_REJECT;
    err.code = TARE_OK;
    enum tare_status st = tare_walk_accept(state->walk, token, &a, &err);
    *answer = (int)a;
    return answered(st, &err, fault);
}

int tare_mask_accept_text(struct tare_mask_state *state, const char *text, size_t n, int *answer,
                          struct tare_fault *fault)
{
    struct tare_err err = {0};
    enum tare_walk_answer a = TARE_WALK_REJECT;
    enum tare_status st = tare_walk_accept_bytes(state->walk, tare_str_n(text, n), &a, &err);
    *answer = (int)a;
    return answered(st, &err, fault);
}

int tare_mask_rollback(struct tare_mask_state *state, uint32_t n, struct tare_fault *fault)
{
    struct tare_err err = {0};
    return answered(tare_walk_rollback(state->walk, n, &err), &err, fault);
}

int tare_mask_can_end(const struct tare_mask_state *state)
{
    return tare_walk_can_end(state->walk);
}

int tare_mask_forced(struct tare_mask_state *state, char *out, size_t n_out, size_t *n,
                     struct tare_fault *fault)
{
    struct tare_err err = {0};
    struct tare_arena arena;
    struct tare_str text = {0};
    tare_arena_init(&arena, NULL, TARE_GIB);
    enum tare_status st = tare_walk_forced(state->walk, n_out, &arena, &text, &err);
    if (!st) {
        if (text.n)
            memcpy(out, text.p, text.n);
        *n = text.n;
    }
    tare_arena_free(&arena);
    return answered(st, &err, fault);
}

int tare_mask_forced_keep(struct tare_mask_state *state, const uint32_t *tokens, size_t n,
                          size_t *n_keep, struct tare_fault *fault)
{
    struct tare_err err = {0};
    uint32_t keep = 0;
    enum tare_status st =
        n > UINT32_MAX ? tare_fail(&err, TARE_E_LIMIT, "too many tokens")
                       : tare_walk_forced_keep(state->walk, tokens, (uint32_t)n, &keep, &err);
    if (!st)
        *n_keep = keep;
    return answered(st, &err, fault);
}

/* ---- masks and logits --------------------------------------------------------------------- */

int tare_mask_batch(struct tare_mask_state *const *states, size_t n, uint32_t *words, size_t stride,
                    uint32_t *ids, struct tare_fault *fault)
{
    struct tare_err err = {0};
    for (size_t i = 0; i < n; i++) {
        struct tare_mask_view m;
        enum tare_status st = tare_walk_mask(states[i]->walk, &m, &err);
        if (st)
            return tare__fault(fault, &err);
        if (words && stride < (states[i]->program->row + 31) / 32) {
            (void)tare_fail(&err, TARE_E_USAGE, "rows of %zu words; a mask has %u", stride,
                            (states[i]->program->row + 31) / 32);
            return tare__fault(fault, &err);
        }
        if (words)
            tare_mask_fill(&m, states[i]->program->row, words + i * stride);
        if (ids)
            ids[i] = m.id;
    }
    return TARE_CODE_OK;
}

int tare_mask_to_logits(struct tare_mask_state *state, float *logits, double *mass,
                        struct tare_fault *fault)
{
    struct tare_err err = {0};
    struct tare_mask_view m;
    enum tare_status st = tare_walk_mask(state->walk, &m, &err);
    if (st)
        return tare__fault(fault, &err);
    if (mass)
        *mass = tare_mask_mass(&m, logits, state->program->row);
    tare_mask_apply(&m, logits, state->program->row);
    return TARE_CODE_OK;
}
