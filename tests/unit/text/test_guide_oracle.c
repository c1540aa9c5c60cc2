/* Random grammars in GBNF and random regular expressions over random vocabularies, walked at random
 * with copies and steps taken back: every mask and every answer against a plain recogniser. */
#include "guide_test.h"
#include "plain_grammar.h"

#include "../test_arena.h"

#define MAX_TOKENS 200u
#define FIRST_SPECIAL 2u /* ids of the special tokens that grammars name */
#define N_SPECIAL 2u
#define STEPS 45u
#define LITTLE 40000u /* bytes */

struct tally {
    unsigned made, empty, recursive, refused, limits, masks, tokens, forced, renewed;
};

/* ---- a random vocabulary -------------------------------------------------------------------- */

static struct tare_str random_bytes(struct tare_rng *r)
{
    struct tare_buf b;
    uint32_t cut = tare_rng_below(r, 4);
    tare_buf_init(&b, NULL, TARE_MIB);
    for (uint32_t n = 1 + tare_rng_below(r, 4); n > 0; n--)
        if (tare_rng_below(r, 12) == 0)
            tare_buf_putc(&b, (char)tare_rng_below(r, 256));
        else
            plain_utf8(plain_character(r), &b);
    struct tare_str s = tare_arena_copy(&arena, tare_buf_str(&b));
    tare_buf_free(&b);
    if (cut == 0 && s.n > 1) { /* ends, or begins, inside of a character */
        s.n--;
    } else if (cut == 1 && s.n > 1) {
        s.p++;
        s.n--;
    }
    return s;
}

/* Ids 0 and 1 end a text, then two special ones (named as a text may be), text, holes, twins; at
 * times with all single bytes; padding behind. */
static const struct tare_guide_vocab *random_vocab(struct tare_rng *r, const struct tare_vocab **v)
{
    static char bytes[256];
    struct tare_vocab_token t[MAX_TOKENS + 256];
    struct tare_err err = {0};
    const struct tare_guide_vocab *gv = NULL;
    uint32_t n = 0, text = 20 + tare_rng_below(r, 60);
    uint8_t end = TARE_VOCAB_END | TARE_VOCAB_SPECIAL;
    t[n++] = (struct tare_vocab_token){TARE_S("<end>"), end};
    t[n++] = (struct tare_vocab_token){TARE_S("<stop>"), end};
    t[n++] = (struct tare_vocab_token){TARE_S("a"), TARE_VOCAB_SPECIAL};
    t[n++] = (struct tare_vocab_token){TARE_S("<tag>"), TARE_VOCAB_SPECIAL};
    for (uint32_t i = 0; i < text; i++, n++) {
        t[n] = (struct tare_vocab_token){random_bytes(r), 0};
        if (tare_rng_below(r, 12) == 0)
            t[n] = (struct tare_vocab_token){{0}, TARE_VOCAB_EMPTY};
        else if (i && tare_rng_below(r, 12) == 0)
            t[n].bytes = t[n - 1].bytes.n ? t[n - 1].bytes : TARE_S("b");
    }
    for (unsigned b = 0, all = tare_rng_below(r, 2); b < 256; b++) {
        bytes[b] = (char)b;
        if (all || tare_rng_below(r, 40) == 0)
            t[n++] = (struct tare_vocab_token){tare_str_n(bytes + b, 1), 0};
    }
    assert_int_equal(tare_vocab_make(t, n, n + tare_rng_below(r, 40), &arena, v, &err), TARE_OK);
    assert_int_equal(tare_guide_vocab_open(*v, &arena, &gv, &err), TARE_OK);
    return gv;
}

/* ---- walks ---------------------------------------------------------------------------------- */

struct bench {
    struct plain plain;
    const struct tare_vocab *v;
    struct tare_guide *guide;
    struct tare_rng *r;
    struct tare_str text; /* of the grammar */
    struct tally *t;
};

/* A walk and what it has read. */
struct side {
    struct tare_walk *w;
    uint32_t symbols[PLAIN_SYMBOLS], n, marks[STEPS * 2], steps;
    bool done;
};

/* A ceiling was met: of readings, or of what may be remembered. */
static bool stops(enum tare_status st)
{
    return st == TARE_E_LIMIT || st == TARE_E_NOMEM;
}

/* What the walk is to answer; *n gets the symbols behind the token. */
static enum tare_walk_answer want_of(struct bench *b, struct side *s, uint32_t token, uint32_t *n)
{
    bool complete = false;
    *n = s->n;
    if (s->done || token >= b->v->n_tokens || b->v->flags[token] & TARE_VOCAB_EMPTY)
        return TARE_WALK_REJECT;
    if (b->v->flags[token] & TARE_VOCAB_END) {
        (void)plain_begins(&b->plain, s->symbols, s->n, &complete);
        return complete ? TARE_WALK_DONE : TARE_WALK_REJECT;
    }
    struct tare_str bytes = tare_vocab_text(b->v, token);
    if (b->v->flags[token] & TARE_VOCAB_SPECIAL)
        s->symbols[(*n)++] = PLAIN_TOKEN + token;
    for (size_t i = 0; i < bytes.n && !(b->v->flags[token] & TARE_VOCAB_SPECIAL); i++)
        s->symbols[(*n)++] = (unsigned char)bytes.p[i];
    return plain_begins(&b->plain, s->symbols, *n, &complete) ? TARE_WALK_OK : TARE_WALK_REJECT;
}

static void tell(const struct bench *b, const struct side *s, const char *what)
{
    struct tare_buf out;
    tare_buf_init(&out, NULL, TARE_MIB);
    for (uint32_t i = 0; i < s->n; i++)
        if (s->symbols[i] < PLAIN_TOKEN)
            tare_buf_putc(&out, (char)s->symbols[i]);
        else
            tare_buf_printf(&out, "<[%u]>", s->symbols[i] - PLAIN_TOKEN);
    fail_msg("%s after \"%.*s\" of\n%.*s", what, TARE_FMT(tare_buf_str(&out)), TARE_FMT(b->text));
}

/* The mask, bit by bit. False: an ambiguity beyond the ceiling. */
static bool check_bits(struct bench *b, struct side *s)
{
    struct tare_mask_view m;
    uint32_t allowed = 0, n = 0;
    bool dead = false, complete = false;
    enum tare_status st = tare_walk_mask(s->w, &m, NULL);
    if (stops(st))
        return false;
    assert_int_equal(st, TARE_OK);
    for (uint32_t t = 0; t < b->v->size; t++) {
        bool want = want_of(b, s, t, &n) != TARE_WALK_REJECT;
        if (plain_is_lost(&b->plain))
            return false;
        if (tare_mask_has(&m, t) != want) {
            print_message("token %u, \"%.*s\": wanted %d\n", t,
                          TARE_FMT(t < b->v->n_tokens ? tare_vocab_text(b->v, t) : TARE_S("")),
                          want);
            tell(b, s, "a wrong mask");
        }
        allowed += want;
    }
    assert_int_equal(m.n_allowed, allowed);
    b->t->masks++;
    b->t->tokens += b->v->size;
    (void)plain_begins(&b->plain, s->symbols, s->n, &complete);
    if (tare_walk_can_end(s->w) != (complete && !s->done))
        tell(b, s, "a wrong end");
    assert_int_equal(tare_walk_is_dead(s->w, &dead, NULL), TARE_OK);
    assert_int_equal(dead, !s->done && allowed == 0 && !complete);
    return true;
}

static void step(struct side *s, enum tare_walk_answer a, uint32_t n)
{
    if (a == TARE_WALK_REJECT)
        return;
    s->marks[s->steps++] = s->n;
    s->n = n;
    s->done = a == TARE_WALK_DONE;
}

static bool accept_token(struct bench *b, struct side *s)
{
    uint32_t t = tare_rng_below(b->r, b->v->size), n;
    enum tare_walk_answer got = TARE_WALK_REJECT;
    if (tare_rng_below(b->r, 4)) {
        struct tare_mask_view m;
        enum tare_status st = tare_walk_mask(s->w, &m, NULL);
        if (stops(st))
            return false;
        uint32_t allowed = pick(s->w, b->v->size, b->r);
        if (allowed != UINT32_MAX)
            t = allowed;
    }
    enum tare_walk_answer want = want_of(b, s, t, &n);
    enum tare_status st = tare_walk_accept(s->w, t, &got, NULL);
    if (stops(st) || plain_is_lost(&b->plain))
        return false;
    assert_int_equal(st, TARE_OK);
    if (got != want)
        tell(b, s, "a wrong answer to a token");
    step(s, got, n);
    return true;
}

static bool accept_bytes(struct bench *b, struct side *s)
{
    struct tare_str bytes = random_bytes(b->r);
    uint32_t n = s->n;
    bool complete = false;
    enum tare_walk_answer got = TARE_WALK_REJECT;
    for (size_t i = 0; i < bytes.n; i++)
        s->symbols[n++] = (unsigned char)bytes.p[i];
    bool want = !s->done && plain_begins(&b->plain, s->symbols, n, &complete);
    enum tare_status st = tare_walk_accept_bytes(s->w, bytes, &got, NULL);
    if (stops(st) || plain_is_lost(&b->plain))
        return false;
    assert_int_equal(st, TARE_OK);
    if (got != (want ? TARE_WALK_OK : TARE_WALK_REJECT))
        tell(b, s, "a wrong answer to bytes");
    step(s, got, n);
    return true;
}

static bool rollback(struct bench *b, struct side *s)
{
    uint32_t n = tare_rng_below(b->r, 5);
    enum tare_status st = tare_walk_rollback(s->w, n, NULL);
    assert_int_equal(st, n > s->steps ? TARE_E_STATE : TARE_OK);
    if (st || n == 0)
        return true;
    s->steps -= n;
    s->n = s->marks[s->steps];
    s->done = false;
    return true;
}

/* Which bytes could come next: the only one, or 256 when there are none or several. */
static unsigned only_byte(struct bench *b, struct side *s)
{
    unsigned only = 256, n = 0;
    bool complete = false;
    for (unsigned k = 0; k < 256 + N_SPECIAL; k++) {
        s->symbols[s->n] = k < 256 ? k : PLAIN_TOKEN + FIRST_SPECIAL + k - 256;
        if (!plain_begins(&b->plain, s->symbols, s->n + 1, &complete))
            continue;
        n++;
        only = k;
    }
    (void)plain_begins(&b->plain, s->symbols, s->n, &complete);
    return n == 1 && only < 256 && !complete ? only : 256;
}

/* How many of the tokens (a byte each, where there are such) may be kept of forced bytes. */
static uint32_t keep_of(struct bench *b, struct side *s, const uint32_t *tokens, uint32_t n)
{
    struct side at = *s;
    for (uint32_t i = 0; i < n; i++)
        at.symbols[at.n++] = (unsigned char)tare_vocab_text(b->v, tokens[i]).p[0];
    for (uint32_t i = n > 4 ? n - 4 : 0; i < n; i++)
        for (uint32_t t = 0; t < b->v->n_tokens; t++) {
            struct tare_str x = tare_vocab_text(b->v, t);
            uint32_t k = 0, end = at.n;
            bool complete;
            if (b->v->flags[t] || x.n <= n - i)
                continue;
            while (k < n - i && (unsigned char)x.p[k] == at.symbols[s->n + i + k])
                k++;
            if (k < n - i)
                continue;
            for (; k < x.n; k++)
                at.symbols[end++] = (unsigned char)x.p[k];
            if (plain_begins(&b->plain, at.symbols, end, &complete))
                return i;
        }
    return n;
}

static bool forced(struct bench *b, struct side *s)
{
    struct side at = *s;
    struct tare_str got;
    uint32_t tokens[12], n = 0, keep = 0;
    enum tare_status st = tare_walk_forced(s->w, 12, &arena, &got, NULL);
    if (stops(st))
        return false;
    assert_int_equal(st, TARE_OK);
    for (size_t i = 0; i < got.n; i++) {
        if (only_byte(b, &at) != (unsigned char)got.p[i])
            tell(b, &at, "forced, but free");
        at.symbols[at.n++] = (unsigned char)got.p[i];
    }
    if (plain_is_lost(&b->plain))
        return false;
    b->t->forced += got.n > 0;
    for (; n < got.n; n++) {
        size_t used;
        uint32_t t = tare_vocab_longest(b->v, tare_str_n(got.p + n, 1), &used);
        if (t == TARE_VOCAB_NONE)
            break;
        tokens[n] = t;
    }
    st = tare_walk_forced_keep(s->w, tokens, n, &keep, NULL);
    if (stops(st))
        return false;
    assert_int_equal(st, TARE_OK);
    if (n && keep != keep_of(b, s, tokens, n))
        tell(b, s, "forced tokens");
    return true;
}

/* The copy and the walk go on, the one or the other. */
static void copy(struct bench *b, struct side *s, struct side *other)
{
    tare_walk_close(other->w);
    *other = *s;
    assert_int_equal(tare_walk_copy(s->w, &other->w, NULL), TARE_OK);
    if (tare_rng_below(b->r, 2)) {
        struct tare_walk *w = s->w;
        s->w = other->w;
        other->w = w;
    }
}

static bool act(struct bench *b, struct side *s, struct side *other)
{
    switch (tare_rng_below(b->r, 10)) {
    case 0:
        return rollback(b, s);
    case 1:
        copy(b, s, other);
        return true;
    case 2:
        if (other->w) { /* back to the other one */
            struct side was = *s;
            *s = *other;
            *other = was;
        }
        return true;
    case 3:
        return accept_bytes(b, s);
    case 4:
        return s->done || forced(b, s);
    default:
        return accept_token(b, s);
    }
}

static void walk(struct bench *b)
{
    struct side s = {.w = NULL}, other = {.w = NULL};
    bool went = true;
    assert_int_equal(tare_walk_open(b->guide, &s.w, NULL), TARE_OK);
    for (uint32_t i = 0; i < STEPS && went && s.n + 40 < PLAIN_SYMBOLS; i++) {
        went = act(b, &s, &other);
        if (went && tare_rng_below(b->r, 3) == 0)
            went = check_bits(b, &s);
    }
    b->t->limits += !went;
    tare_walk_close(s.w);
    tare_walk_close(other.w);
}

/* ---- grammars ------------------------------------------------------------------------------- */

static struct tare_grammar *lower(struct bench *b, const struct plain_options *o)
{
    struct tare_grammar *g = NULL;
    struct tare_err err = {0};
    bool empty = plain_is_empty(&b->plain), left = plain_is_left_recursive(&b->plain);
    enum tare_status st = o->regex ? tare_grammar_from_regex(b->text, &arena, &g, &err)
                                   : tare_grammar_from_gbnf(b->text, b->v, &arena, &g, &err);
    b->t->made += st == TARE_OK;
    b->t->empty += empty;
    b->t->recursive += left;
    b->t->refused += st == TARE_E_LIMIT;
    if (st == TARE_OK ? empty : st == TARE_E_INPUT ? !empty && !left : st != TARE_E_LIMIT)
        fail_msg("status %d (empty %d, left-recursive %d), %s:\n%.*s", (int)st, empty, left,
                 err.text, TARE_FMT(b->text));
    return st ? NULL : g;
}

static void grammars(bool regex, unsigned n, struct tally *t)
{
    struct tare_rng r;
    struct tare_buf text;
    tare_rng_init(&r, 3, TARE_S("guide oracle"), regex);
    tare_buf_init(&text, NULL, TARE_MIB);
    for (unsigned i = 0; i < n; i++) {
        struct plain_options o = {
            .regex = regex, .tokens = regex ? 0 : N_SPECIAL, .first_token = FIRST_SPECIAL};
        struct bench b = {.r = &r, .t = t};
        const struct tare_guide_vocab *tables = random_vocab(&r, &b.v);
        plain_grow(&b.plain, &o, &r, &arena);
        tare_buf_reset(&text);
        plain_write(&b.plain, &o, &text);
        b.text = tare_buf_str(&text);
        struct tare_grammar *g = lower(&b, &o);
        if (g) {
            /* some with so little memory that it is begun anew under way */
            struct tare_guide_options go = {.memo_bytes = i % 3 ? 0 : LITTLE};
            struct tare_guide_stats stats;
            assert_int_equal(tare_guide_open(g, tables, &go, &b.guide, NULL), TARE_OK);
            for (int k = 0; k < 4; k++)
                walk(&b);
            tare_guide_stats(b.guide, &stats);
            t->renewed += stats.memories > 1;
            tare_guide_close(b.guide);
        }
        tare_arena_reset(&arena);
    }
    print_message("%u made, %u empty, %u left-recursive, %u too large; %u walks stopped; %u masks "
                  "of %u tokens, %u forced; %u renewed\n",
                  t->made, t->empty, t->recursive, t->refused, t->limits, t->masks, t->tokens,
                  t->forced, t->renewed);
    tare_buf_free(&text);
}

static void test_gbnf(void **state)
{
    struct tally t = {0};
    (void)state;
    grammars(false, 900, &t);
    assert_true(t.made > 100 && t.masks > 2000 && t.forced > 50 && t.renewed > 10);
}

static void test_regex(void **state)
{
    struct tally t = {0};
    (void)state;
    grammars(true, 500, &t);
    assert_true(t.made > 250 && t.masks > 2000 && t.renewed > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_gbnf, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_regex, arena_setup, arena_teardown)};
    return cmocka_run_group_tests_name("guides and an oracle", tests, NULL, NULL);
}
