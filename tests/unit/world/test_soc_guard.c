/* The agent's SQL is hostile: every query ends, in an answer or in an error, and changes nothing.
 */
#include "soc_small.h"

static const char *const refused[] = {
    "INSERT INTO alerts VALUES (1)",
    "select * from alerts; drop table alerts",
    "SELECT 1; SELECT 2",
    "SELECT 1;;",
    "ATTACH 'x.db' AS x",
    "PRAGMA writable_schema=1",
    "WITH a AS (SELECT 1) SELECT * FROM a",
    "EXPLAIN SELECT 1",
    "SELECT load_extension('x')",
    "SELECT * FROM pragma_journal_mode('delete')",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM dbstat",
    "SELECT * FROM sqlite_dbpage",
    "SELECT * FROM fts3_tokenizer",
    "SELECT readfile('/etc/passwd')",
    "SELECT writefile('/tmp/x', 'y')",
    "SELECT ?",
    "SELECT :a, @b, $c",
    "SELECT",
    "select-",
    "selectx 1",
    "",
    "   ",
    "SELECT zeroblob(2000000000)",
    "SELECT length(zeroblob(2000000))",
    "SELECT randomblob(100000000)",
    "SELECT hex(zeroblob(900000))",
    "SELECT replace(hex(zeroblob(400000)), '0', '0000000000')",
    "SELECT abs(-9223372036854775808)",
    "SELECT * FROM (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT x FROM c "
    "WHERE x < 0)",
    "SELECT count(*) FROM (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT x "
    "FROM c)",
    "SELECT x FROM (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c LIMIT 20000) "
    "SELECT x FROM c)",
    "SELECT hex(zeroblob(20000)) FROM (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM "
    "c LIMIT 1000) SELECT x FROM c)",
    "SELECT x FROM (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c LIMIT 300000) "
    "SELECT x, randomblob(30000) AS b FROM c) ORDER BY b LIMIT 1",
    "SELECT (((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1)))))))))"
    "))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))) FROM nowhere",
};

static void test_refused(void **state)
{
    struct small s;
    (void)state;
    small_begin(&s, "{}");
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        small_reset(&s);
        small_sql(&s, refused[i]);
        if (s.view.ok || s.view.error.n == 0)
            fail_msg("was answered: %s", refused[i]);
    }
    small_reset(&s);
    small_sql(&s, "SELECT * FROM alerts");
    assert_true(s.view.ok);
    assert_int_equal(s.view.result.n_rows, 1);
    small_end(&s);
}

static void test_null_character_and_length(void **state)
{
    (void)state;
    struct small s;
    small_begin(&s, "{}");
    struct tare_soc_params p = {.text = {"SELECT 1\0 FROM x", 16}};
    struct tare_action a = {TARE_SOC_QUERY_LOGS, &p};
    struct tare_obs obs;
    struct tare_err err = {0};
    assert_int_equal(tare_world_soc.step(s.w, &a, NULL, &obs, &err), TARE_OK);
    assert_false(((const struct tare_soc_view *)obs.view)->ok);
    size_t sizes[2] = {TARE_MAX_SQL_BYTES, TARE_MAX_SQL_BYTES + 1};
    for (size_t i = 0; i < 2; i++) {
        char *text = malloc(sizes[i]);
        memset(text, ' ', sizes[i]);
        memcpy(text, "SELECT 1", 8);
        p.text = tare_str_n(text, sizes[i]);
        assert_int_equal(tare_world_soc.step(s.w, &a, NULL, &obs, &err), TARE_OK);
        assert_int_equal(((const struct tare_soc_view *)obs.view)->ok, i == 0);
        free(text);
    }
    small_end(&s);
}

static struct tare_soc_cell one(struct small *s, const char *sql)
{
    small_sql(s, sql);
    if (!s->view.ok)
        fail_msg("%.*s", TARE_FMT(s->view.error));
    assert_int_equal(s->view.result.n_rows, 1);
    return s->view.result.cells[0];
}

static void test_clock_and_chance_are_the_episodes(void **state)
{
    (void)state;
    struct small a, b;
    small_begin(&a, "{}");
    small_begin(&b, "{}");
    assert_true(tare_str_is(one(&a, "SELECT datetime('now')").text, "2031-03-04 08:00:00"));
    assert_true(tare_str_is(one(&a, "SELECT datetime('now')").text, "2031-03-04 08:01:00"));
    assert_true(tare_str_is(one(&a, "SELECT CURRENT_TIME").text, "08:02:00"));
    for (int i = 0; i < 3; i++)
        (void)one(&b, "SELECT 1");
    struct tare_soc_cell x = one(&a, "SELECT random()"), y = one(&b, "SELECT random()");
    assert_true(x.kind == TARE_SOC_INT && x.i == y.i);
    x = one(&a, "SELECT random()");
    assert_true(x.i != y.i);
    assert_int_equal(one(&a, "SELECT last_insert_rowid() + changes() + total_changes()").i, 0);
    small_end(&a);
    small_end(&b);
}

static void test_one_kept_query_many_episodes(void **state)
{
    (void)state;
    struct small s;
    small_begin(&s, "{}");
    for (int i = 0; i < 100; i++) {
        char sql[64];
        small_reset(&s);
        small_sql(&s, "SELECT count(*) FROM auth_logs");
        assert_int_equal(s.view.result.cells[0].i, 3);
        snprintf(sql, sizeof sql, "SELECT %d AS a, 'x%d' AS b", i, i);
        small_sql(&s, sql);
        assert_int_equal(s.view.result.cells[0].i, i);
        small_sql(&s, "SELECT count(*) FROM netflow");
        assert_int_equal(s.view.result.cells[0].i, 1);
    }
    small_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_null_character_and_length),
        cmocka_unit_test(test_clock_and_chance_are_the_episodes),
        cmocka_unit_test(test_one_kept_query_many_episodes),
    };
    return cmocka_run_group_tests_name("world/soc_guard", tests, NULL, NULL);
}
