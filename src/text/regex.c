#include "text/regex_int.h"
#include "text/utf8.h"

#include "base/banned.h"

struct emitter {
    struct tare_regex *re;
    struct tare_arena *arena;
    struct tare_work *work;
    uint32_t cap;
    enum tare_status status;
};

static uint32_t emit(struct emitter *e, enum tare__regex_op op, uint32_t a, uint32_t b)
{
    struct tare_regex *re = e->re;
    if (e->status != TARE_OK || re->n_code >= TARE__REGEX_MAX_CODE || !tare_work_do(e->work, 1)) {
        e->status = e->status == TARE_OK ? TARE_E_LIMIT : e->status;
        return 0;
    }
    if (re->n_code == e->cap) {
        uint32_t cap = e->cap ? e->cap * 2 : 32;
        struct tare__regex_code *grown = TARE_NEW_N(e->arena, struct tare__regex_code, cap);
        if (!grown) {
            e->status = TARE_E_NOMEM;
            return 0;
        }
        if (re->n_code)
            memcpy(grown, re->code, re->n_code * sizeof *grown);
        re->code = grown;
        e->cap = cap;
    }
    re->words |= op == RX_WORD || op == RX_NOT_WORD;
    re->code[re->n_code] = (struct tare__regex_code){(uint8_t)op, (uint16_t)a, (uint16_t)b};
    return re->n_code++;
}

static void emit_tree(struct emitter *e, const struct tare__regex_ast *n);

static void emit_alternatives(struct emitter *e, const struct tare__regex_ast *n)
{
    uint32_t pending = 0, last_jump = UINT32_MAX; /* jumps to the end are chained through a */
    for (const struct tare__regex_ast *c = n->child; c && e->status == TARE_OK; c = c->next) {
        if (!c->next) {
            emit_tree(e, c);
            break;
        }
        pending = emit(e, RX_SPLIT, e->re->n_code + 1, 0);
        emit_tree(e, c);
        last_jump = emit(e, RX_JUMP, last_jump == UINT32_MAX ? 0 : last_jump, 0);
        if (e->status == TARE_OK)
            e->re->code[pending].b = (uint16_t)e->re->n_code;
    }
    while (e->status == TARE_OK && last_jump != UINT32_MAX && last_jump != 0) {
        uint32_t before = e->re->code[last_jump].a;
        e->re->code[last_jump].a = (uint16_t)e->re->n_code;
        last_jump = before;
    }
}

static void emit_repeat(struct emitter *e, const struct tare__regex_ast *n)
{
    for (uint32_t i = 0, was = UINT32_MAX; i < n->min && e->re->n_code != was; i++) {
        was = e->re->n_code; /* a child that emits nothing (or fails) need not be repeated */
        emit_tree(e, n->child);
    }
    if (n->max == UINT32_MAX) {
        uint32_t split = emit(e, RX_SPLIT, e->re->n_code + 1, 0);
        emit_tree(e, n->child);
        emit(e, RX_JUMP, split, 0);
        if (e->status == TARE_OK)
            e->re->code[split].b = (uint16_t)e->re->n_code;
        return;
    }
    uint32_t chain = 0; /* splits that leave, chained through b; 0 is never one of them */
    for (uint32_t i = n->min; i < n->max && e->status == TARE_OK; i++) {
        chain = emit(e, RX_SPLIT, e->re->n_code + 1, chain);
        emit_tree(e, n->child);
    }
    while (e->status == TARE_OK && chain) {
        uint32_t before = e->re->code[chain].b;
        e->re->code[chain].b = (uint16_t)e->re->n_code;
        chain = before;
    }
}

static void emit_tree(struct emitter *e, const struct tare__regex_ast *n)
{
    switch (n->kind) {
    case RX_EMPTY:
        break;
    case RX_CHARS:
        emit(e, RX_SET, n->set, 0);
        break;
    case RX_ASSERT:
        emit(e, n->assert, 0, 0);
        break;
    case RX_CAT:
        for (const struct tare__regex_ast *c = n->child; c && e->status == TARE_OK; c = c->next)
            emit_tree(e, c);
        break;
    case RX_ALT:
        emit_alternatives(e, n);
        break;
    case RX_REPEAT:
        emit_repeat(e, n);
        break;
    }
}

enum tare_status tare__regex_compile(struct tare_str pattern, struct tare_work *work,
                                     struct tare_arena *arena, const struct tare_regex **out,
                                     struct tare_err *err)
{
    struct tare__regex_parser p = {.arena = arena, .err = err, .work = work, .text = pattern};
    if (pattern.n > TARE__REGEX_MAX_PATTERN_BYTES)
        return tare_fail(err, TARE_E_LIMIT, "S_REGEX: a pattern of more than 16 KiB");
    struct tare__regex_ast *any = NULL, *tree = tare__regex_parse(&p);
    if (tree) {
        p.at = 0; /* the set of everything, for the part before what matches */
        struct tare__regex_parser all = p;
        all.text = TARE_S("[^]");
        any = tare__regex_parse(&all);
        p.sets = all.sets;
        p.n_sets = all.n_sets;
        p.status = all.status;
    }
    if (!any)
        return p.status;
    struct tare_regex *re = TARE_NEW(arena, struct tare_regex);
    if (!re)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a pattern");
    struct emitter e = {.re = re, .arena = arena, .work = work};
    re->sets = p.sets;
    re->n_sets = p.n_sets;
    emit(&e, RX_SPLIT, TARE__REGEX_ENTRY_HERE, 1);
    emit_tree(&e, any);
    emit(&e, RX_JUMP, 0, 0);
    emit_tree(&e, tree);
    emit(&e, RX_MATCH, 0, 0);
    if (e.status == TARE_OK)
        e.status = tare__regex_trees(re, work, arena);
    if (e.status == TARE_OK)
        *out = re;
    else
        (void)tare_fail(err, e.status,
                        "S_REGEX: /%.*s/ is too large when its repeats are written out",
                        TARE_FMT(pattern));
    return e.status;
}

bool tare__regex_close(const struct tare_regex *re, struct tare__regex_list *l, uint16_t pc,
                       struct tare__regex_place at)
{
    uint16_t stack[TARE__REGEX_MAX_CODE];
    uint32_t n = 0;
    bool matched = false;
    stack[n++] = pc;
    while (n) {
        pc = stack[--n];
        for (bool on = true; on;) {
            const struct tare__regex_code *c = &re->code[pc];
            l->steps++;
            if (l->seen[pc / 64] >> (pc % 64) & 1)
                break;
            l->seen[pc / 64] |= (uint64_t)1 << (pc % 64);
            bool word = at.before != at.after;
            switch ((enum tare__regex_op)c->op) {
            case RX_SET:
                l->v[l->n++] = pc;
                on = false;
                break;
            case RX_SPLIT:
                stack[n++] = c->b;
                pc = c->a;
                break;
            case RX_JUMP:
                pc = c->a;
                break;
            case RX_MATCH:
                matched = true;
                on = false;
                break;
            case RX_START:
            case RX_END:
            case RX_WORD:
            case RX_NOT_WORD:
                on = c->op == RX_START ? at.start
                     : c->op == RX_END ? at.end
                                       : word == (c->op == RX_WORD);
                pc++;
                break;
            }
        }
    }
    return matched;
}

/* One character: what follows from the list is put into `next` as it is, not closed. */
static bool simulate(const struct tare_regex *re, struct tare_str text, bool search)
{
    uint16_t v[2][TARE__REGEX_MAX_CODE];
    uint64_t seen[TARE__REGEX_WORDS(TARE__REGEX_MAX_CODE)];
    struct tare__regex_list now = {.v = v[0], .seen = seen}, next = {.v = v[1]};
    uint32_t entry = search ? TARE__REGEX_ENTRY_SEARCH : TARE__REGEX_ENTRY_HERE;
    const char *p = text.p, *end = text.p + text.n;
    struct tare__regex_place at = {.start = true};
    next.n = 1;
    next.v[0] = (uint16_t)entry;
    for (;;) {
        uint32_t cp = 0;
        unsigned n = p < end ? tare_utf8_decode(p, end, &cp) : 0;
        bool matched = false;
        at.end = p >= end;
        at.after = !at.end && tare__regex_word(cp);
        now.n = 0;
        memset(now.seen, 0, TARE__REGEX_WORDS(re->n_code) * sizeof *now.seen);
        for (uint32_t i = 0; i < next.n; i++)
            matched |= tare__regex_close(re, &now, next.v[i], at);
        if (at.end || (matched && search))
            return matched;
        if (n == 0 || now.n == 0)
            return false;
        next.n = 0;
        for (uint32_t i = 0; i < now.n; i++)
            if (tare__regex_has(&re->sets[re->code[now.v[i]].a], cp))
                next.v[next.n++] = (uint16_t)(now.v[i] + 1);
        p += n;
        at = (struct tare__regex_place){.before = at.after};
    }
}

static bool looks_hold(const struct tare_regex *re, struct tare_str text)
{
    for (uint32_t i = 0; i < re->n_looks; i++)
        if (simulate(re->looks[i].re, text, true) == re->looks[i].no)
            return false;
    return true;
}

bool tare_regex_search(const struct tare_regex *re, struct tare_str text)
{
    return simulate(re, text, true) && looks_hold(re, text);
}

bool tare_regex_match(const struct tare_regex *re, struct tare_str text)
{
    return simulate(re, text, false) && looks_hold(re, text);
}
