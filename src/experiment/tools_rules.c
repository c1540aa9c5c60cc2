/* Breaches of each order rule, whichever episodes it stands in. */
#include "experiment/tools_int.h"

#include "base/banned.h"

static struct tare_tools_rule *find(const struct tare_tools_report *out, struct tare_str says)
{
    for (uint32_t i = 0; i < out->n_rules; i++)
        if (tare_str_eq(out->rule[i].says, says))
            return &out->rule[i];
    return NULL;
}

static enum tare_status add_rules(struct tare__tools_lab *l, struct tare_json policy,
                                  struct tare_err *err)
{
    struct tare_order *order;
    enum tare_status st = tare_order_open(policy, l->arena, &order, err);
    for (uint32_t i = 0; st == TARE_OK && i < tare_order_rules(order); i++) {
        struct tare_str says = tare_order_says(order, i, l->arena);
        if (!says.p)
            return tare_fail(err, TARE_E_NOMEM, "out of memory while reading order rules");
        if (!find(l->out, says) && l->out->n_rules < TARE_TOOLS_RULES)
            l->out->rule[l->out->n_rules++].says = says;
    }
    return st;
}

enum tare_status tare__tools_rules_open(struct tare__tools_lab *l, struct tare_err *err)
{
    struct tare_json last = {NULL, 0};
    enum tare_status st = TARE_OK;
    l->out->rule = TARE_NEW_N(l->arena, struct tare_tools_rule, TARE_TOOLS_RULES);
    if (!l->out->rule)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading order rules");
    for (size_t i = 0; i < l->rec->n && st == TARE_OK; i++) {
        struct tare_json policy = l->rec->v[i].order;
        if (!tare_json_present(policy) || (policy.doc == last.doc && policy.node == last.node))
            continue;
        st = add_rules(l, policy, err);
        last = policy;
    }
    return st;
}

enum tare_status tare__tools_rules_add(const struct tare__tools_lab *l, enum tare_tools_arm arm,
                                       const struct tare_order *order, struct tare_err *err)
{
    uint32_t n;
    const struct tare_order_breach *breaches = tare_order_breaches(order, &n);
    for (uint32_t i = 0; i < tare_order_rules(order); i++) {
        struct tare_str says = tare_order_says(order, i, l->arena);
        uint64_t times = 0;
        if (!says.p)
            return tare_fail(err, TARE_E_NOMEM, "out of memory while counting breaches");
        struct tare_tools_rule *rule = find(l->out, says);
        for (uint32_t k = 0; k < n; k++)
            times += breaches[k].rule == i;
        if (!rule)
            continue;
        rule->arm[arm].episodes++;
        rule->arm[arm].broken += times > 0;
        rule->arm[arm].breaches += times;
    }
    return TARE_OK;
}
