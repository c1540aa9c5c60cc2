/* The published rows carry the class that their thresholds give them (fact sheet, sections 12 and
 * 17), which ties the two tables to each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "world/soc/published.h"

#include "base/banned.h"

static int level_of(const struct tare_class_rule *rule, double value)
{
    for (int k = 0; k < TARE_CLASS_LEVELS - 1; k++) {
        bool lower = rule->direction == TARE_LOWER_BETTER;
        if (lower ? value <= rule->bound[k] : value >= rule->bound[k])
            return k;
    }
    return TARE_CLASS_LEVELS - 1;
}

static void classes(void **state)
{
    static const struct {
        const char *name;
        int level;
    } want[] = {{"Sonnet 4.6", 3}, {"Opus 4.6", 3}, {"DeepSeek v3.2", 2}, {"Gemini 3 Flash", 2},
                {"Sonnet 4.5", 2}, {"GPT-5.2", 3},  {"GPT-5.2 Codex", 3}, {"Kimi K2.5", 2}};
    uint32_t n = 0;
    const struct tare_reference *row = tare_soc_references(TARE_SOC_FAITHFUL, &n);
    const struct tare_classes *c = tare_soc_classes(TARE_SOC_FAITHFUL);
    (void)state;
    assert_int_equal(n, 8);
    for (uint32_t i = 0; i < n; i++) {
        int worst = 0;
        uint32_t rules = 0;
        assert_true(tare_str_is(row[i].name, want[i].name));
        assert_true(row[i].source.n > 0 && row[i].date.n > 0);
        for (uint32_t r = 0; r < c->n_rules; r++) {
            for (uint32_t v = 0; v < row[i].n_values; v++) {
                if (!tare_str_eq(row[i].values[v].metric, c->rules[r].metric))
                    continue;
                int level = level_of(&c->rules[r], row[i].values[v].value);
                worst = level > worst ? level : worst;
                rules++;
            }
        }
        assert_int_equal(rules, 4);
        assert_int_equal(worst, want[i].level);
    }
}

static void none_for_hardened(void **state)
{
    uint32_t n = 7;
    (void)state;
    assert_null(tare_soc_references(TARE_SOC_HARDENED, &n));
    assert_int_equal(n, 0);
    const struct tare_classes *c = tare_soc_classes(TARE_SOC_HARDENED);
    for (uint32_t r = 0; r < c->n_rules; r++)
        assert_false(tare_str_is(c->rules[r].metric, "ttfc")); /* waiting earns nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes),
        cmocka_unit_test(none_for_hardened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
