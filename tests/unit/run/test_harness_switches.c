/* The table of switches: what is refused, and that each counts for identity. */
#include "harness_play.h"

/* ---- the table ----------------------------------------------------------------------------- */

static void refused(struct fixture *f, const char *harness, const char *says)
{
    struct tare_err err = {0};
    struct tare_json config;
    void *shared;
    assert_int_equal(tare_json_parse(tare_str_of(harness), NULL, &f->arena, &config, &err),
                     TARE_OK);
    assert_int_equal(tare_solver_model.open(config, &f->arena, &shared, &err), TARE_E_INPUT);
    if (tare_str_find(tare_str_of(err.text), tare_str_of(says)) == SIZE_MAX &&
        tare_str_find(tare_str_of(err.hint), tare_str_of(says)) == SIZE_MAX)
        fail_msg("%s / %s", err.text, err.hint);
}

static void test_config(void **state)
{
    struct fixture *f = *state;
    refused(f, "{\"tool_mod\":\"auto\"}", "did you mean tool_mode");
    refused(f, "{\"context\":{\"recit\":\"plan\"}}", "did you mean context.recite");
    refused(f, "{\"anchor\":\"sometimes\"}", "off|decision|every");
    refused(f, "{\"best_of\":17}", "1 to 16");
    refused(f, "{\"best_of\":1.5}", "1 to 16");
    refused(f, "{\"tool_mode\":\"named\"}", "go together");
    refused(f, "{\"verify\":\"other_model\"}", "go together");
    refused(f, "{\"tools\":{\"dialect\":\"klingon\"}}", "klingon");
    refused(f, "{\"context\":{\"compact_to\":0.9}}", "compact_at");
    refused(f, "{\"tools\":{\"order\":[{\"rule\":\"never\"}]}}", "order rule 0");
}

/* Every switch has its texts, and each of them counts for identity. */
static void test_identity(void **state)
{
    struct fixture *f = *state;
    struct tare_json config, id;
    struct tare_err err = {0};
    struct tare_buf b;
    struct tare_json_writer w;
    void *shared;
    uint32_t n = 0;
    assert_int_equal(tare_json_parse(TARE_S("{}"), NULL, &f->arena, &config, &err), TARE_OK);
    assert_int_equal(tare_solver_model.open(config, &f->arena, &shared, &err), TARE_OK);
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_json_writer_init(&w, &b);
    tare_solver_model.identity(shared, &w);
    assert_int_equal(tare_json_parse(tare_buf_str(&b), NULL, &f->arena, &id, &err), TARE_OK);
    id = tare_json_get(id, "harness");
    const struct tare_harness_switch *s;
    for (; (s = tare_harness_switch(n)); n++) {
        assert_true(tare_json_present(tare_json_get(id, s->key)));
        assert_true(s->about[0] && s->counts[0] && s->values[0]);
        if (s->def[0] && !s->number && !s->flag)
            assert_true(tare_json_str_is(tare_json_get(id, s->key), s->def));
    }
    assert_int_equal(tare_json_count(id), n);
    tare_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config),
        cmocka_unit_test(test_identity),
    };
    return cmocka_run_group_tests_name("run/harness_switches", tests, setup, teardown);
}
