/* The unit vectors of the published environment. */
#include <math.h>

#include "soc_vectors.h"

#include "world/soc/published.h"
#include "world/soc/recorded.h"

static struct tare_json get(struct tare_json v, const char *key)
{
    return tare_json_get(v, key);
}

static struct tare_str str(struct tare_json v, const char *key)
{
    return tare_json_str(tare_json_get(v, key));
}

static void same(struct tare_str got, struct tare_json want)
{
    if (tare_json_kind(want) == TARE_JSON_NULL)
        assert_null(got.p);
    else if (!tare_str_eq(got, tare_json_str(want)))
        fail_msg("got %.*s, want %.*s", TARE_FMT(got), TARE_FMT(tare_json_lexeme(want)));
}

/* ---- state machine and scripted attacker --------------------------------------------------- */

static void flag_all(struct tare__soc_world *w, struct tare_json list, uint8_t bit)
{
    for (struct tare_json e = tare_json_first(list); tare_json_present(e); e = tare_json_next(e))
        w->flags[tare__soc_episode_name(w, tare_json_str(e))] |= bit;
}

static uint32_t name_or_none(struct tare__soc_world *w, struct tare_json v)
{
    return tare_json_kind(v) == TARE_JSON_STRING ? tare__soc_episode_name(w, tare_json_str(v))
                                                 : TARE_SOC_NONE;
}

static void set_context(struct tare__soc_world *w, struct tare_json c)
{
    struct tare_json hosts = get(c, "compromised_hosts"), users = get(c, "compromised_users");
    for (struct tare_json e = tare_json_first(hosts); tare_json_present(e); e = tare_json_next(e))
        tare__soc_set_add(w, &w->ctx.hosts, tare__soc_episode_name(w, tare_json_str(e)));
    for (struct tare_json e = tare_json_first(users); tare_json_present(e); e = tare_json_next(e))
        tare__soc_set_add(w, &w->ctx.users, tare__soc_episode_name(w, tare_json_str(e)));
    flag_all(w, hosts, FLAG_COMP_HOST);
    flag_all(w, users, FLAG_COMP_USER);
    w->ctx.host = name_or_none(w, get(c, "current_host"));
    w->ctx.user = name_or_none(w, get(c, "current_user"));
    w->ctx.target = name_or_none(w, get(c, "current_target"));
    w->ctx.exfil = name_or_none(w, get(c, "current_exfil_domain"));
    w->ctx.flag[ATTR_ADMIN] = tare_json_true(get(c, "has_admin"));
    w->ctx.flag[ATTR_CREDS] = tare_json_true(get(c, "has_creds"));
    w->ctx.flag[ATTR_PERSISTENCE] = tare_json_true(get(c, "has_persistence"));
    w->ctx.flag[ATTR_STAGE] = tare_json_true(get(c, "has_stage"));
}

static struct tare__soc_move move_of(struct tare__soc_world *w, struct tare_json action)
{
    struct tare__soc_move m = {.type = tare__soc_episode_name(w, str(action, "action_type"))};
    struct tare_json params = get(action, "params");
    for (struct tare_json e = tare_json_first(params); tare_json_present(e);
         e = tare_json_next(e)) {
        assert_true(m.n < TARE__SOC_MAX_MOVE);
        m.key[m.n] = tare__soc_episode_name(w, tare_json_key(e));
        m.value[m.n++] = name_or_none(w, e);
    }
    return m;
}

/* The context object after the step, as the vector holds it (it has no step and no availability).
 */
static void same_context(struct tare__soc_world *w, struct tare_json want, struct tare_arena *arena)
{
    struct tare_buf b;
    struct tare_json_writer out;
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_json_writer_init(&out, &b);
    tare__soc_context_json(w, &out);
    struct tare_json got = json_of(arena, tare_buf_str(&b));
    for (struct tare_json e = tare_json_first(want); tare_json_present(e); e = tare_json_next(e)) {
        struct tare_json other = tare_json_get_str(got, tare_json_key(e));
        if (tare_json_kind(e) == TARE_JSON_ARRAY)
            assert_int_equal(tare_json_count(e), tare_json_count(other));
        else if (!tare_json_equal(e, other))
            fail_msg("%.*s: got %.*s want %.*s", TARE_FMT(tare_json_key(e)),
                     TARE_FMT(tare_json_lexeme(other)), TARE_FMT(tare_json_lexeme(e)));
    }
    tare_buf_free(&b);
}

static void same_set(struct tare__soc_world *w, const struct tare__soc_set *set,
                     struct tare_json want)
{
    assert_int_equal(set->n, tare_json_count(want));
    for (uint32_t i = 0; i < set->n; i++)
        assert_true(tare_str_eq(w->names[set->id[i]], tare_json_str(tare_json_at(want, i))));
}

static void state_case(struct vectors *v, struct tare_json line, void *ctx)
{
    struct tare__soc_world *w = ctx;
    struct tare_obs obs;
    struct tare_err err = {0};
    const struct tare_task *task = find_seed(v, str(line, "scenario_id"));
    assert_int_equal(tare_world_soc.reset(w, task, NULL, &obs, &err), TARE_OK);
    struct tare_json c = get(line, "containment"), action = get(line, "action");
    flag_all(w, get(c, "isolated_hosts"), FLAG_ISOLATED);
    flag_all(w, get(c, "blocked_domains"), FLAG_BLOCKED);
    flag_all(w, get(c, "reset_users"), FLAG_RESET);
    set_context(w, get(line, "context"));
    bool graph = tare_json_true(get(line, "use_graph")),
         none = tare_json_kind(action) == TARE_JSON_NULL;
    uint32_t state = tare__soc_episode_name(w, str(line, "state"));
    struct tare__soc_move m = {.type = TARE_SOC_NONE};
    if (!none)
        m = move_of(w, action);
    struct tare__soc_advance a =
        tare__soc_advance(w->sc, graph, state, none ? NULL : &m, &w->ctx, w->flags);
    same(w->names[a.next], get(line, "next"));
    same(tare_str_of(a.reason), get(line, "reason"));
    assert_int_equal(a.stalled, tare_json_true(get(line, "stalled")));
    if (!none)
        assert_int_equal(tare__soc_move_valid(w->sc, graph, state, &m),
                         tare_json_true(get(line, "valid_for_policy")));
    if (!a.stalled && !none)
        tare__soc_effects_apply(w, &m, a.matched);
    struct tare_json after = get(line, "context_after");
    same_context(w, after, &v->arena);
    same_set(w, &w->ctx.hosts, get(after, "compromised_hosts"));
    same_set(w, &w->ctx.users, get(after, "compromised_users"));
}

static void test_state_machine(void **state)
{
    struct vectors *v = *state;
    struct tare__soc_world *w = open_world(&v->arena, "{\"profile\":\"faithful\"}");
    assert_int_equal(each_line(v, "vectors/opensec/state_machine.jsonl", state_case, w), 900);
    tare_world_soc.close(w);
}

/* Contained is what is not available. */
static void contain_rest(struct tare__soc_world *w, const struct tare__soc_list *all,
                         struct tare_json available, uint8_t bit)
{
    for (uint32_t i = 0; i < all->n; i++)
        w->flags[all->v[i]] |= bit;
    for (struct tare_json e = tare_json_first(available); tare_json_present(e);
         e = tare_json_next(e))
        w->flags[tare__soc_episode_name(w, tare_json_str(e))] &= (uint8_t)~bit;
}

static void same_move(struct tare__soc_world *w, const struct tare__soc_move *m,
                      struct tare_json want, struct tare_arena *arena)
{
    struct tare_buf b;
    struct tare_json_writer out;
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_json_writer_init(&out, &b);
    tare__soc_move_json(w, m, &out);
    if (!tare_json_equal(json_of(arena, tare_buf_str(&b)), want))
        fail_msg("got %.*s want %.*s", TARE_FMT(tare_buf_str(&b)),
                 TARE_FMT(tare_json_lexeme(want)));
    tare_buf_free(&b);
}

static void mock_case(struct vectors *v, struct tare_json line, void *ctx)
{
    struct tare__soc_world *w = ctx;
    struct tare_obs obs;
    struct tare_err err = {0};
    const struct tare_task *task = find_seed(v, str(line, "scenario_id"));
    assert_int_equal(tare_world_soc.reset(w, task, NULL, &obs, &err), TARE_OK);
    struct tare_json c = get(line, "context");
    contain_rest(w, &w->sc->users, get(c, "available_users"), FLAG_RESET);
    contain_rest(w, &w->sc->hosts, get(c, "available_hosts"), FLAG_ISOLATED);
    contain_rest(w, &w->sc->sorted_attackers, get(c, "available_attacker_domains"), FLAG_BLOCKED);
    uint32_t state = tare__soc_episode_name(w, str(line, "state")), allowed[32];
    bool all, graph = w->sc->graph.present;
    uint32_t n = tare__soc_allowed(w->sc, graph, state, allowed, 32, &all);
    assert_int_equal(n, tare_json_count(get(line, "allowed")));
    for (uint32_t i = 0; i < n; i++)
        same(w->names[allowed[i]], tare_json_at(get(line, "allowed"), i));
    struct tare__soc_move m;
    tare__soc_choose(w->sc, state, w->flags, &m);
    same_move(w, &m, get(line, "choice"), &v->arena);
    bool valid = tare__soc_move_valid(w->sc, graph, state, &m);
    assert_int_equal(valid, tare_json_true(get(line, "valid")));
    if (!valid)
        m = (struct tare__soc_move){.type = N_NO_OP};
    same_move(w, &m, get(line, "executed"), &v->arena);
}

static void test_scripted_attacker(void **state)
{
    struct vectors *v = *state;
    struct tare__soc_world *w = open_world(&v->arena, "{\"profile\":\"faithful\"}");
    assert_int_equal(each_line(v, "vectors/opensec/mock_attacker.jsonl", mock_case, w), 300);
    tare_world_soc.close(w);
}

/* ---- score and violations ------------------------------------------------------------------- */

static struct tare__soc_sets texts(struct tare_arena *arena, struct tare_json list)
{
    struct tare_str *t = TARE_NEW_N(arena, struct tare_str, tare_json_count(list));
    uint32_t n = 0;
    for (struct tare_json e = tare_json_first(list); tare_json_present(e); e = tare_json_next(e))
        t[n++] = tare_json_str(e);
    return (struct tare__soc_sets){t, n};
}

static void scoring_case(struct vectors *v, struct tare_json line, void *ctx)
{
    static const char *const fields[5] = {"patient_zero_host", "compromised_user",
                                          "attacker_domain", "data_target", "initial_vector"};
    static const char *const need[3] = {"isolate_hosts", "block_domains", "reset_users"};
    static const char *const done[3] = {"isolated_hosts", "blocked_domains", "reset_users"};
    struct tare_json truth = get(line, "ground_truth"), report = get(line, "report");
    struct tare_json executed = get(line, "executed");
    int64_t steps = 0;
    double reward = 0;
    assert_true(tare_json_i64(get(line, "step_count"), &steps));
    assert_true(tare_json_f64(get(line, "reward"), &reward));
    struct tare__soc_sets violations = texts(&v->arena, get(line, "violations"));
    struct tare__soc_score_in in = {.steps = (uint32_t)steps,
                                    .violations = violations.v,
                                    .n_violations = violations.n,
                                    .reward = ctx};
    in.on_report = tare_json_kind(executed) != TARE_JSON_OBJECT;
    if (in.on_report)
        executed = get(report, "containment_actions");
    for (uint32_t i = 0; i < 5; i++) {
        struct tare_json claim = get(report, fields[i]);
        if (tare_json_kind(claim) == TARE_JSON_STRING)
            in.claim[i] = tare_json_str(claim);
        in.truth[i] = str(get(truth, "attribution"), fields[i]);
    }
    for (uint32_t c = 0; c < 3; c++) {
        in.required[c] = texts(&v->arena, get(get(truth, "containment_requirements"), need[c]));
        in.provided[c] = texts(&v->arena, get(executed, done[c]));
    }
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MIB);
    assert_true(fabs(tare__soc_oracle_score(&in, NULL, &b) - reward) <= 1e-9);
    if (!tare_json_equal(json_of(&v->arena, tare_buf_str(&b)), get(line, "details")))
        fail_msg("got %.*s\nwant %.*s", TARE_FMT(tare_buf_str(&b)),
                 TARE_FMT(tare_json_lexeme(get(line, "details"))));
    tare_buf_free(&b);
}

static void test_scoring(void **state)
{
    struct vectors *v = *state;
    struct tare_soc_reward r;
    tare_soc_reward_default(TARE_SOC_FAITHFUL, &r);
    assert_int_equal(each_line(v, "vectors/opensec/scoring.jsonl", scoring_case, &r), 400);
}

static void violation_case(struct vectors *v, struct tare_json line, void *ctx)
{
    (void)ctx;
    struct tare_err err = {0};
    struct tare__soc_build b = {.arena = &v->arena, .err = &err};
    b.sc = TARE_NEW(&v->arena, struct tare_soc_scenario);
    assert_true(tare__soc_names_init(&b.sc->names, 64, &v->arena));
    struct tare_json payloads = get(line, "payloads"), want = get(line, "violations");
    struct tare__soc_sets exposed = texts(&v->arena, get(line, "exposed"));
    struct tare__soc_call call;
    tare__soc_call_value(&call, get(line, "action"));
    uint32_t n = 0;
    for (struct tare_json e = tare_json_first(payloads); tare_json_present(e);
         e = tare_json_next(e)) {
        struct tare__soc_payload p = {0};
        tare__soc_compile_payload(&b, e, &p);
        bool seen = false;
        for (uint32_t k = 0; k < p.evidence.n; k++)
            for (uint32_t i = 0; i < exposed.n; i++)
                seen = seen || tare_str_eq(b.sc->names.v[p.evidence.v[k]], exposed.v[i]);
        if (!seen || !tare__soc_payload_matches(&p, &call))
            continue;
        struct tare_json w = tare_json_at(want, n++);
        same(p.id, tare_json_at(w, 0));
        int64_t tier = 0;
        assert_true(tare_json_i64(tare_json_at(w, 1), &tier));
        assert_int_equal(p.tier, tier);
        same(p.surface, tare_json_at(w, 2));
    }
    assert_int_equal(n, tare_json_count(want));
}

static void test_violations(void **state)
{
    assert_int_equal(each_line(*state, "vectors/opensec/violations.jsonl", violation_case, NULL),
                     300);
}

/* ---- evidence in recorded data ----------------------------------------------------------------
 */

struct shown {
    struct tare_json known;
    struct tare_str all[64], trusted[64];
    uint32_t n_all, n_trusted;
};

static void add(struct tare_str *v, uint32_t *n, struct tare_str s)
{
    uint32_t at = 0;
    while (at < *n && tare_str_cmp(v[at], s) < 0)
        at++;
    if (at < *n && tare_str_eq(v[at], s))
        return;
    assert_true(*n < 64);
    memmove(v + at + 1, v + at, (*n - at) * sizeof *v);
    v[at] = s;
    (*n)++;
}

static void see(void *ctx, struct tare_str s, bool trusted)
{
    struct shown *w = ctx;
    for (struct tare_json e = tare_json_first(w->known); tare_json_present(e);
         e = tare_json_next(e)) {
        if (!tare_str_eq(tare_json_str(e), s))
            continue;
        add(w->all, &w->n_all, s);
        if (trusted)
            add(w->trusted, &w->n_trusted, s);
    }
}

static void same_list(const struct tare_str *v, uint32_t n, struct tare_json want)
{
    assert_int_equal(n, tare_json_count(want));
    for (uint32_t i = 0; i < n; i++)
        same(v[i], tare_json_at(want, i));
}

static void egar_case(struct vectors *v, struct tare_json line, void *ctx)
{
    (void)v, (void)ctx;
    struct shown sum = {.known = get(line, "known")};
    struct tare_json data = get(line, "data"), steps = get(line, "steps");
    uint32_t gated = 0, total = 0;
    for (uint32_t i = 0; i < tare_json_count(steps); i++) {
        struct tare__soc_call call;
        tare__soc_call_value(&call, tare_json_at(steps, i));
        if (tare_soc_is_containment(call.verb)) {
            struct tare_json want = tare_json_at(get(line, "per_action"), total++);
            bool in = false;
            for (uint32_t k = 0; k < sum.n_trusted; k++)
                in = in || tare_str_eq(sum.trusted[k], call.text);
            assert_int_equal(in, tare_json_true(tare_json_at(want, 3)));
            gated += in;
        }
        struct shown one = {.known = sum.known};
        tare_soc_recorded_entities(tare_json_at(data, i), see, &one);
        struct tare_json want = tare_json_at(get(line, "extracted"), i);
        same_list(one.all, one.n_all, tare_json_at(want, 0));
        same_list(one.trusted, one.n_trusted, tare_json_at(want, 1));
        tare_soc_recorded_entities(tare_json_at(data, i), see, &sum);
    }
    int64_t x = 0;
    assert_true(tare_json_i64(get(line, "gated"), &x));
    assert_int_equal(gated, x);
    assert_true(tare_json_i64(get(line, "total"), &x));
    assert_int_equal(total, x);
}

static void test_egar(void **state)
{
    assert_int_equal(each_line(*state, "vectors/opensec/egar.jsonl", egar_case, NULL), 200);
}

/* ---- texts -------------------------------------------------------------------------------------
 */

static void hash_case(struct vectors *v, struct tare_json line, void *ctx)
{
    struct tare_json canonical = get(line, "canonical");
    if (!tare_json_present(canonical))
        return;
    struct tare_buf b;
    char hex[65];
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_json_canonical(json_of(&v->arena, tare_json_str(canonical)), &b);
    same(tare_buf_str(&b), canonical);
    tare_digest_hex(tare_sha256_of(tare_buf_str(&b)), hex);
    same(tare_str_of(hex), get(line, "sha256"));
    tare_buf_free(&b);
    ++*(uint32_t *)ctx;
}

static void test_hashes(void **state)
{
    uint32_t n = 0;
    each_line(*state, "vectors/opensec/hashes.jsonl", hash_case, &n);
    assert_true(n >= 4);
}

static void kv_case(struct tare_json line, bool alert)
{
    struct tare_str text = str(line, "text"), key, value;
    struct tare_json want = get(line, "out");
    size_t pos = 0;
    uint32_t n = 0;
    struct tare_str keys[16];
    while (alert ? tare__soc_alert_next(text, &pos, &key, &value)
                 : tare__soc_kv_next(text, &pos, &key, &value)) {
        assert_true(tare_json_present(tare_json_get_str(want, key)));
        add(keys, &n, key);
        if (alert) /* the last of equal keys counts: look on */
            continue;
        char name[64];
        snprintf(name, sizeof name, "%.*s", TARE_FMT(key));
        same(tare__soc_kv(text, name), tare_json_get_str(want, key));
    }
    assert_int_equal(n, tare_json_count(want));
}

static void parsing_case(struct vectors *v, struct tare_json line, void *ctx)
{
    struct tare_err err = {0};
    struct tare_json got;
    ++*(uint32_t *)ctx;
    if (!tare_json_str_is(get(line, "kind"), "attacker_json")) {
        kv_case(line, tare_json_str_is(get(line, "kind"), "alert_fields"));
        return;
    }
    enum tare_status st = tare_soc_recorded_reply(str(line, "text"), &v->arena, &got, &err);
    bool fails = tare_json_kind(get(line, "error")) == TARE_JSON_STRING;
    assert_int_equal(st != TARE_OK, fails);
    if (!fails)
        assert_true(tare_json_equal(got, get(line, "out")));
}

static void test_parsing(void **state)
{
    uint32_t n = 0;
    each_line(*state, "vectors/opensec/parsing.jsonl", parsing_case, &n);
    assert_true(n >= 16);
}

/* ---- thresholds ---------------------------------------------------------------------------------
 */

static int level_of(const struct tare_class_rule *r, double x)
{
    int level = 0;
    while (level < 3 &&
           (r->direction == TARE_LOWER_BETTER ? x > r->bound[level] : x < r->bound[level]))
        level++;
    return level;
}

static void threshold_case(struct vectors *v, struct tare_json line, void *ctx)
{
    static const char *const keys[4] = {"fp_rate", "egar", "ttfc", "blast_radius"};
    const struct tare_classes *c = tare_soc_classes(TARE_SOC_FAITHFUL);
    int worst = -1;
    (void)v, (void)ctx;
    for (uint32_t i = 0; i < c->n_rules; i++) {
        double x;
        if (!tare_json_f64(get(get(line, "metrics"), keys[i]), &x))
            continue;
        int level = level_of(&c->rules[i], x);
        same(c->level[level], get(get(line, "per_metric"), keys[i]));
        worst = level > worst ? level : worst;
    }
    same(c->level[worst < 0 ? 3 : worst], get(line, "overall"));
}

static void test_thresholds(void **state)
{
    assert_int_equal(each_line(*state, "vectors/opensec/thresholds.jsonl", threshold_case, NULL),
                     171);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_state_machine), cmocka_unit_test(test_scripted_attacker),
        cmocka_unit_test(test_scoring),       cmocka_unit_test(test_violations),
        cmocka_unit_test(test_egar),          cmocka_unit_test(test_hashes),
        cmocka_unit_test(test_parsing),       cmocka_unit_test(test_thresholds),
    };
    return cmocka_run_group_tests_name("world/soc_units", tests, open_vectors, close_vectors);
}
