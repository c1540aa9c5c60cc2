/* Mask equals validator: random schemas of every keyword, random instances and some near those that
 * masks write, random vocabularies. What masks let through to its end is valid; what is valid is
 * let through, unless the result says that it is narrower; the mask and accept agree for every
 * token; a state is that of its text, whatever way led there. */
#include "guide_test.h"
#include "random_schema.h"

#include "text/mask_order.h"
#include "text/mask_try.h"
#include "text/schema_grammar.h"

#include "../test_arena.h"

#define TOKENS 420u
#define LITTLE 70000u /* bytes */

struct tally {
    unsigned schemas, empty, refused, narrowed, valid, invalid, over, ended, dead, masks, stopped,
        renewed;
};

struct bench {
    struct tare_rng *r;
    struct tare_schema_grammar sg;
    const struct tare_vocab *v;
    struct tare_guide *guide;
    struct tare_str schema;
    bool any_order, all_bytes;
    bool little;  /* memory, so that it is begun anew under way */
    bool excused; /* something valid may be missing */
    bool stopped; /* by the ceiling of readings of one text, or of subschemas met */
    struct tally *t;
};

/* ---- vocabularies --------------------------------------------------------------------------- */

/* Pieces of JSON and of the schema, whole or cut inside of characters; twins, holes, special tokens
 * named as what JSON writes; with all bytes or with a few. */
static const struct tare_guide_vocab *random_vocab(struct bench *b)
{
    static const char json[] = "{\"a\":1,\"b\":[true,false],\"ab\":\"\\u0041x\",\"\xc3\xa9\":null},"
                               "[-1.50,\"aab\",{\"c\":\"\"}]}]\"\"7.75,\"\xf0\x9f\x98\x80";
    static const char few[] = "{}[]\":,-.0123456789abcdefghilnrstux\\ \n\xc3\xa9";
    static char bytes[256];
    struct tare_vocab_token t[TOKENS];
    struct tare_err err = {0};
    const struct tare_guide_vocab *gv = NULL;
    uint32_t n = 0;
    t[n++] = (struct tare_vocab_token){TARE_S("<end>"), TARE_VOCAB_SPECIAL | TARE_VOCAB_END};
    t[n++] = (struct tare_vocab_token){TARE_S("true"), TARE_VOCAB_SPECIAL};
    t[n++] = (struct tare_vocab_token){TARE_S("{\""), TARE_VOCAB_SPECIAL};
    for (unsigned k = 0; k < (b->all_bytes ? 256 : sizeof few - 1); k++) {
        bytes[k] = (char)k;
        t[n++].bytes = b->all_bytes ? tare_str_n(bytes + k, 1) : tare_str_n(few + k, 1);
        t[n - 1].flags = 0;
        if (!b->all_bytes && tare_rng_below(b->r, 30) == 0)
            n--; /* what is written must do without */
    }
    for (uint32_t i = 0; i < 70; i++, n++) {
        struct tare_str from = tare_rng_below(b->r, 3) ? TARE_S(json) : b->schema;
        uint32_t at = tare_rng_below(b->r, (uint32_t)from.n);
        uint32_t most = (uint32_t)from.n - at < 7 ? (uint32_t)from.n - at : 7;
        t[n] =
            (struct tare_vocab_token){tare_str_n(from.p + at, 1 + tare_rng_below(b->r, most)), 0};
        if (tare_rng_below(b->r, 20) == 0)
            t[n] = (struct tare_vocab_token){{0}, TARE_VOCAB_EMPTY};
        else if (tare_rng_below(b->r, 20) == 0)
            t[n].bytes = t[3].bytes;
    }
    assert_int_equal(tare_vocab_make(t, n, n + 9, &arena, &b->v, &err), TARE_OK);
    assert_int_equal(tare_guide_vocab_open(b->v, &arena, &gv, &err), TARE_OK);
    return gv;
}

/* ---- instances ------------------------------------------------------------------------------ */

/* Whether what went on did; else it may only have met the ceiling. */
static bool went(struct bench *b, enum tare_status st)
{
    assert_true(st == TARE_OK || st == TARE_E_LIMIT || (st == TARE_E_NOMEM && b->little));
    b->stopped |= st != TARE_OK;
    return st == TARE_OK;
}

/* False, and *known, too, where the validator gives up: "if": {"$ref": "#"}. */
static bool is_valid(struct bench *b, struct tare_str text, struct tare_json *v, bool *known)
{
    struct tare_err err = {0};
    bool valid = false;
    if (tare_json_parse(text, NULL, &arena, v, &err) != TARE_OK)
        fail_msg("%.*s\nwrites no JSON: %.*s: %s", TARE_FMT(b->schema), TARE_FMT(text), err.text);
    *known = went(b, tare_schema_valid(b->sg.schema, *v, &arena, &valid, &err));
    return valid;
}

static bool takes(struct bench *b, struct tare_str text)
{
    struct tare_walk *w = NULL;
    enum tare_walk_answer a = TARE_WALK_REJECT;
    assert_int_equal(tare_walk_open(b->guide, &w, NULL), TARE_OK);
    bool yes = went(b, tare_walk_accept_bytes(w, text, &a, NULL)) && a == TARE_WALK_OK &&
               tare_walk_can_end(w);
    tare_walk_close(w);
    return yes;
}

/* One instance, in the order masks write it. */
static void hold(struct bench *b, struct tare_str text)
{
    struct tare_json v;
    struct tare_buf ordered;
    bool known = false, valid = is_valid(b, text, &v, &known);
    tare_buf_init(&ordered, NULL, TARE_MIB);
    if (!known || !went(b, tare_mask_order(b->sg.schema, v, &arena, &ordered, NULL))) {
        tare_buf_free(&ordered);
        return;
    }
    struct tare_str as_written = tare_buf_str(&ordered);
    bool taken = takes(b, as_written);
    if (taken && !valid)
        fail_msg("%.*s\nlets through %.*s", TARE_FMT(b->schema), TARE_FMT(as_written));
    if (b->any_order && takes(b, text) && !valid)
        fail_msg("%.*s\nlets through %.*s", TARE_FMT(b->schema), TARE_FMT(text));
    if (valid && !taken && !b->excused && !b->stopped && b->any_order)
        fail_msg("%.*s\ndoes not write %.*s", TARE_FMT(b->schema), TARE_FMT(as_written));
    /* in order: members that only a condition or a negation speaks of may have another place */
    b->t->over += valid && !taken && !b->excused && !b->stopped;
    if (b->all_bytes) { /* token by token, cut at random */
        struct tare_mask_try try;
        if (went(b, tare_mask_try(b->guide, b->v, as_written, b->r, NULL, NULL, &try, NULL))) {
            assert_false(try.contradicted);
            assert_true(b->stopped || try.accepts == taken);
        }
    }
    b->t->valid += valid;
    b->t->invalid += !valid;
    tare_buf_free(&ordered);
}

static void instances(struct bench *b)
{
    struct tare_buf text, near;
    tare_buf_init(&text, NULL, TARE_MIB);
    tare_buf_init(&near, NULL, TARE_MIB);
    for (int i = 0; i < 10; i++) {
        tare_buf_reset(&text);
        random_instance(b->r, &text);
        hold(b, tare_buf_str(&text));
    }
    for (int i = 0; i < 5; i++) {
        struct tare_mask_wander w;
        struct tare_json v;
        tare_buf_reset(&text);
        if (!went(b, tare_mask_wander(b->guide, b->v, b->r, 300, &text, &w, NULL)))
            break;
        if (w.dead && b->all_bytes)
            fail_msg("%.*s\nis dead after %.*s", TARE_FMT(b->schema),
                     TARE_FMT(tare_buf_str(&text)));
        b->t->dead += w.dead;
        if (!w.ended)
            continue;
        b->t->ended++;
        bool known = false;
        if (!is_valid(b, tare_buf_str(&text), &v, &known) && known)
            fail_msg("%.*s\nwrites %.*s", TARE_FMT(b->schema), TARE_FMT(tare_buf_str(&text)));
        for (int k = 0; k < 3; k++) {
            tare_buf_reset(&near);
            near_instance(b->r, v, &near);
            hold(b, tare_buf_str(&near));
        }
    }
    tare_buf_free(&near);
    tare_buf_free(&text);
}

/* ---- walks ---------------------------------------------------------------------------------- */

/* The masks of the walk, and of one that was led to its text at once, are the same. */
static void same_as_fresh(struct bench *b, struct tare_walk *w, struct tare_str text)
{
    struct tare_walk *fresh = NULL;
    struct tare_mask_view x, y;
    enum tare_walk_answer a = TARE_WALK_REJECT;
    assert_int_equal(tare_walk_open(b->guide, &fresh, NULL), TARE_OK);
    if (!went(b, tare_walk_accept_bytes(fresh, text, &a, NULL)) ||
        !went(b, tare_walk_mask(w, &x, NULL)) || !went(b, tare_walk_mask(fresh, &y, NULL))) {
        tare_walk_close(fresh);
        return;
    }
    if (a != TARE_WALK_OK)
        fail_msg("%.*s\nis at %.*s, but not at once", TARE_FMT(b->schema), TARE_FMT(text));
    for (uint32_t t = 0; t < b->v->size; t++)
        if (tare_mask_has(&x, t) != tare_mask_has(&y, t))
            fail_msg("%.*s\ntoken %u after %.*s", TARE_FMT(b->schema), t, TARE_FMT(text));
    assert_int_equal(tare_walk_can_end(w), tare_walk_can_end(fresh));
    tare_walk_close(fresh);
}

/* Tokens, steps back, copies. */
static void roam(struct bench *b)
{
    struct tare_walk *w = NULL, *copy = NULL;
    struct tare_buf text;
    size_t marks[80];
    uint32_t n = 0;
    assert_int_equal(tare_walk_open(b->guide, &w, NULL), TARE_OK);
    tare_buf_init(&text, NULL, TARE_MIB);
    for (int i = 0; i < 60; i++) {
        enum tare_walk_answer a = TARE_WALK_REJECT;
        struct tare_mask_view m;
        if (!went(b, tare_walk_mask(w, &m, NULL)))
            break;
        uint32_t what = tare_rng_below(b->r, 12), t = pick(w, b->v->size, b->r);
        if (what == 0 && n) {
            uint32_t back = 1 + tare_rng_below(b->r, n < 6 ? n : 6);
            assert_int_equal(tare_walk_rollback(w, back, NULL), TARE_OK);
            n -= back;
            text.n = marks[n];
        } else if (what == 1) {
            assert_int_equal(tare_walk_copy(w, &copy, NULL), TARE_OK);
            tare_walk_close(w);
            w = copy;
        } else if (t != UINT32_MAX && !(b->v->flags[t] & TARE_VOCAB_END)) {
            if (!went(b, tare_walk_accept(w, t, &a, NULL)))
                break;
            assert_int_equal(a, TARE_WALK_OK);
            marks[n++] = text.n;
            tare_buf_put(&text, tare_vocab_text(b->v, t));
        }
        if (tare_rng_below(b->r, 12) == 0 && went(b, tare_walk_mask(w, &m, NULL))) {
            check_mask(w, b->v);
            same_as_fresh(b, w, tare_buf_str(&text));
            b->t->masks++;
        }
    }
    tare_walk_close(w);
    tare_buf_free(&text);
}

/* ---- schemas -------------------------------------------------------------------------------- */

/* What is said to have no value has none that is easily found. */
static void has_none(struct bench *b, struct tare_json schema)
{
    struct tare_schema_options o = {.formats = true};
    struct tare_buf text;
    struct tare_json v;
    struct tare_err err = {0};
    assert_int_equal(tare_schema_compile(schema, &o, &arena, &b->sg.schema, &err), TARE_OK);
    tare_buf_init(&text, NULL, TARE_MIB);
    for (int i = 0; i < 40; i++) {
        bool known;
        tare_buf_reset(&text);
        random_instance(b->r, &text);
        if (is_valid(b, tare_buf_str(&text), &v, &known))
            fail_msg("%.*s\nis said to have no value: %.*s", TARE_FMT(b->schema),
                     TARE_FMT(tare_buf_str(&text)));
    }
    tare_buf_free(&text);
}

static void one(struct tare_rng *r, struct tare_str text, unsigned i, struct tally *t)
{
    struct bench b = {.r = r,
                      .schema = text,
                      .any_order = i % 2 == 1,
                      .all_bytes = i % 3 != 0,
                      .little = i % 5 == 0,
                      .t = t};
    struct tare_json v;
    struct tare_err err = {0};
    struct tare_schema_grammar_options o = {
        .schema = {.formats = true}, .space = TARE_SCHEMA_SPACE_NONE, .any_order = b.any_order};
    assert_int_equal(tare_json_parse(text, NULL, &arena, &v, &err), TARE_OK);
    enum tare_status st = tare_schema_grammar_make(v, &o, &arena, &b.sg, &err);
    t->schemas++;
    t->empty += st == TARE_E_INPUT;
    if (st == TARE_E_INPUT)
        has_none(&b, v);
    else if (st != TARE_OK && st != TARE_E_LIMIT)
        fail_msg("%.*s\n%s", TARE_FMT(text), err.text);
    else if (st || b.sg.refused)
        t->refused++;
    if (st || b.sg.refused)
        return;
    t->narrowed += b.sg.narrowed != NULL;
    b.excused = b.sg.narrowed != NULL;
    const struct tare_guide_vocab *gv = random_vocab(&b);
    struct tare_guide_options go = {.memo_bytes = b.little ? LITTLE : 0};
    struct tare_guide_stats stats;
    if (!went(&b, tare_guide_open(b.sg.grammar, gv, &go, &b.guide, NULL)))
        return;
    instances(&b);
    roam(&b);
    tare_guide_stats(b.guide, &stats);
    t->renewed += stats.memories > 1;
    t->stopped += b.stopped && !b.little;
    tare_guide_close(b.guide);
}

static void test_random_schemas(void **state)
{
    struct tally t = {0};
    struct tare_rng r;
    struct tare_buf b;
    (void)state;
    tare_rng_init(&r, 21, TARE_S("random schemas"), 0);
    tare_buf_init(&b, NULL, TARE_MIB);
    for (unsigned i = 0; i < 1500; i++) {
        tare_buf_reset(&b);
        random_schema(&r, &b);
        one(&r, tare_buf_str(&b), i, &t);
        tare_arena_reset(&arena);
    }
    print_message(
        "%u schemas, %u without a value, %u refused, %u narrowed; %u valid, %u invalid, "
        "%u in another order; %u walks ended, %u dead for want of tokens; %u masks tried; "
        "%u too ambiguous, %u renewed\n",
        t.schemas, t.empty, t.refused, t.narrowed, t.valid, t.invalid, t.over, t.ended, t.dead,
        t.masks, t.stopped, t.renewed);
    assert_true(t.valid > 3000 && t.invalid > 3000 && t.ended > 1000 && t.masks > 1000);
    assert_true(t.refused * 4 < t.schemas && t.over * 500 <= t.valid);
    assert_true(t.stopped * 100 <= t.schemas && t.renewed > 50);
    tare_buf_free(&b);
}

/* Found at random: "contains" looks at what matches it also where it asks for nothing. */
static void test_contains_looks(void **state)
{
    struct tare_json v;
    struct tare_schema_grammar sg;
    struct tare_err err = {0};
    (void)state;
    assert_int_equal(
        tare_json_parse(TARE_S("{\"contains\":{},\"minContains\":0,\"unevaluatedItems\":false}"),
                        NULL, &arena, &v, &err),
        TARE_OK);
    assert_int_equal(tare_schema_grammar_make(v, NULL, &arena, &sg, &err), TARE_OK);
    assert_true(sg.refused || sg.narrowed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_random_schemas, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_contains_looks, arena_setup, arena_teardown)};
    return cmocka_run_group_tests_name("random schemas", tests, NULL, NULL);
}
