/* Masks over the shared sample of real schemas: nothing invalid is let through, little that is
 * valid is not, random texts are valid, and masks are what trying every token says. */
#include "text_test.h"

#include "base/fs.h"
#include "base/map.h"
#include "base/rng.h"
#include "text/jsonl.h"
#include "text/mask_order.h"
#include "text/mask_try.h"
#include "text/schema_grammar.h"

#define PIECES 2000u
#define STATES 2u /* a schema at which every token is tried */

struct sample {
    struct tare_arena arena, each;
    const struct tare_vocab *vocab;
    const struct tare_guide_vocab *tables;
    struct tare_rng rng;
    unsigned schemas, refused, valid, over, invalid, under, walks, ended, dead, states;
};

/* All bytes, and pieces of the sample itself. */
static void make_vocab(struct sample *s, struct tare_str text)
{
    struct tare_err err = {0};
    struct tare_vocab_token *t = TARE_NEW_N(&s->arena, struct tare_vocab_token, PIECES + 257);
    char *bytes = TARE_NEW_N(&s->arena, char, 256);
    assert_non_null(t);
    assert_non_null(bytes);
    for (unsigned i = 0; i < 256; i++) {
        bytes[i] = (char)i;
        t[i].bytes = tare_str_n(&bytes[i], 1);
    }
    for (unsigned i = 256; i < 256 + PIECES; i++)
        t[i].bytes = tare_str_n(text.p + tare_rng_below(&s->rng, (uint32_t)text.n - 16),
                                2 + tare_rng_below(&s->rng, 9));
    t[256 + PIECES] = (struct tare_vocab_token){TARE_S("<end>"), TARE_VOCAB_END};
    assert_int_equal(tare_vocab_make(t, PIECES + 257, 0, &s->arena, &s->vocab, &err), TARE_OK);
    assert_int_equal(tare_guide_vocab_open(s->vocab, &s->arena, &s->tables, &err), TARE_OK);
}

static bool try_instance(struct sample *s, struct tare_guide *g,
                         const struct tare_schema_grammar *sg, struct tare_json v,
                         struct tare_buf *text)
{
    struct tare_mask_try r;
    struct tare_err err = {0};
    tare_buf_reset(text);
    tare_json_print(v, text);
    assert_int_equal(tare_mask_try(g, s->vocab, tare_buf_str(text), NULL, NULL, NULL, &r, &err),
                     TARE_OK);
    assert_false(r.contradicted);
    if (r.accepts)
        return true;
    tare_buf_reset(text);
    assert_int_equal(tare_mask_order(sg->schema, v, &s->each, text, &err), TARE_OK);
    assert_int_equal(tare_mask_try(g, s->vocab, tare_buf_str(text), &s->rng, NULL, NULL, &r, &err),
                     TARE_OK);
    assert_false(r.contradicted);
    return r.accepts;
}

/* At random places of a text that is allowed, each token is tried. */
static void brute_force(struct sample *s, struct tare_guide *g, struct tare_str text)
{
    for (unsigned k = 0; k < STATES; k++) {
        struct tare_walk *w = NULL;
        struct tare_mask_view view;
        enum tare_walk_answer answer;
        struct tare_str part = tare_str_n(text.p, tare_rng_below(&s->rng, (uint32_t)text.n + 1));
        assert_int_equal(tare_walk_open(g, &w, NULL), TARE_OK);
        assert_int_equal(tare_walk_accept_bytes(w, part, &answer, NULL), TARE_OK);
        assert_int_equal(answer, TARE_WALK_OK);
        for (uint32_t t = 0; t < s->vocab->n_tokens; t++) {
            assert_int_equal(tare_walk_mask(w, &view, NULL), TARE_OK);
            bool in_mask = tare_mask_has(&view, t);
            assert_int_equal(tare_walk_accept(w, t, &answer, NULL), TARE_OK);
            if (in_mask != (answer != TARE_WALK_REJECT))
                fail_msg("token %u after %.*s", t, TARE_FMT(part));
            if (answer != TARE_WALK_REJECT)
                assert_int_equal(tare_walk_rollback(w, 1, NULL), TARE_OK);
        }
        s->states++;
        tare_walk_close(w);
    }
}

static void wander(struct sample *s, struct tare_guide *g, const struct tare_schema_grammar *sg,
                   struct tare_buf *text)
{
    struct tare_mask_wander w;
    struct tare_json v;
    struct tare_err err = {0};
    bool valid = false;
    tare_buf_reset(text);
    assert_int_equal(tare_mask_wander(g, s->vocab, &s->rng, 300, text, &w, &err), TARE_OK);
    s->walks++;
    s->dead += w.dead;
    s->ended += w.ended;
    if (!w.ended)
        return;
    if (tare_json_parse(tare_buf_str(text), NULL, &s->each, &v, &err) != TARE_OK)
        fail_msg("no JSON: %.*s: %s", TARE_FMT(tare_buf_str(text)), err.text);
    assert_int_equal(tare_schema_valid(sg->schema, v, &s->each, &valid, &err), TARE_OK);
    if (!valid)
        fail_msg("not valid: %.*s", TARE_FMT(tare_buf_str(text)));
}

static void one_line(struct sample *s, struct tare_json line)
{
    struct tare_schema_grammar sg;
    struct tare_schema_grammar_options o = {.space = TARE_SCHEMA_SPACE_NONE};
    struct tare_err err = {0};
    struct tare_guide *g = NULL;
    struct tare_buf text;
    bool tried = false;
    s->schemas++;
    if (tare_schema_grammar_make(tare_json_get(line, "schema"), &o, &s->each, &sg, &err) !=
            TARE_OK ||
        sg.refused) {
        s->refused++;
        return;
    }
    assert_int_equal(tare_guide_open(sg.grammar, s->tables, NULL, &g, &err), TARE_OK);
    tare_buf_init(&text, NULL, TARE_GIB);
    struct tare_json t = tare_json_first(tare_json_get(line, "tests"));
    for (; t.doc; t = tare_json_next(t)) {
        bool valid = tare_json_kind(tare_json_get(t, "valid")) == TARE_JSON_TRUE;
        if (tare_json_kind(tare_json_get(t, "needs_format")) == TARE_JSON_TRUE)
            continue;
        bool accepts = try_instance(s, g, &sg, tare_json_get(t, "data"), &text);
        s->valid += valid;
        s->invalid += !valid;
        s->over += valid && !accepts;
        s->under += !valid && accepts;
        if (accepts && !tried)
            brute_force(s, g, tare_buf_str(&text));
        tried = tried || accepts;
    }
    wander(s, g, &sg, &text);
    tare_buf_free(&text);
    tare_guide_close(g);
}

static void sample(void **state)
{
    char path[4096];
    static struct sample s;
    struct tare_map map;
    struct tare_jsonl lines;
    struct tare_json line;
    struct tare_err err = {0};
    enum tare_status st = TARE_OK;
    (void)state;
    if (!shared_path("data/jsonschemabench/sample.jsonl", path))
        skip();
    tare_arena_init(&s.arena, NULL, TARE_GIB);
    tare_arena_init(&s.each, NULL, TARE_GIB);
    tare_rng_init(&s.rng, 7, TARE_S("mask sample"), 0);
    assert_int_equal(tare_map_open(tare_str_of(path), TARE_GIB, &s.arena, &map, &err), TARE_OK);
    make_vocab(&s, map.bytes);
    tare_jsonl_begin(&lines, map.bytes, NULL);
    while (tare_jsonl_next(&lines, &s.each, &line, &st, &err)) {
        one_line(&s, line);
        tare_arena_reset(&s.each);
    }
    assert_int_equal(st, TARE_OK);
    print_message("%u schemas, %u refused; %u valid, %u over; %u invalid, %u under; %u of %u walks "
                  "ended, %u dead; %u states\n",
                  s.schemas, s.refused, s.valid, s.over, s.invalid, s.under, s.ended, s.walks,
                  s.dead, s.states);
    assert_int_equal(s.schemas, 599);
    assert_true(s.refused * 100 <= 8 * s.schemas);
    assert_int_equal(s.under, 0);
    assert_true(s.over * 100 <= s.valid);
    assert_true(s.valid > 700 && s.invalid > 1400 && s.states >= 900 && s.ended > 200);
    assert_int_equal(s.dead, 0);
    tare_map_close(&map);
    tare_arena_free(&s.each);
    tare_arena_free(&s.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sample)};
    return cmocka_run_group_tests_name("mask sample", tests, NULL, NULL);
}
