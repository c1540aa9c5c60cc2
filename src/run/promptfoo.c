#include "run/promptfoo.h"

#include "base/limits.h"
#include "solver/answer.h"
#include "solver/harness.h"

#include "base/banned.h"

/* {"prompt": TEXT, "lenient": true}: an unknown variable is empty, as Nunjucks has it. With the
 * switches of a harness it stands beside them, as in a solver file. */
static enum tare_status talk(const struct tare_promptfoo_prompt *prompt, struct tare_json harness,
                             struct tare_arena *arena, struct tare_json *out, struct tare_err *err)
{
    struct tare_json_writer w;
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
    tare_json_writer_init(&w, &b);
    tare_json_begin_object(&w);
    if (tare_json_present(harness)) {
        tare_json_put_key(&w, "harness");
        tare_json_put_value(&w, harness);
        tare_json_put_key(&w, "talk");
        tare_json_begin_object(&w);
    }
    tare_json_member_bool(&w, "lenient", true);
    tare_json_put_key(&w, "prompt");
    tare_json_put_str(&w, prompt->text);
    if (tare_json_present(harness))
        tare_json_end_object(&w);
    tare_json_end_object(&w);
    struct tare_str text = tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return text.p ? tare_json_parse(text, &tare_json_log, arena, out, err)
                  : tare_fail(err, TARE_E_NOMEM, "out of memory while looking for solvers");
}

/* A name that stands in addresses. */
static struct tare_str name_of(struct tare_str who, struct tare_str what, bool both,
                               struct tare_arena *arena)
{
    struct tare_str s = both ? tare_arena_printf(arena, "%.*s_%.*s", TARE_FMT(who), TARE_FMT(what))
                             : tare_arena_printf(arena, "%.*s", TARE_FMT(who));
    char *p = s.p ? tare_arena_alloc(arena, s.n + 1) : NULL;
    size_t n = 0;
    for (size_t i = 0; p && i < s.n && n < 64; i++) {
        char c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (n == 0 && !letter)
            continue;
        p[n++] = letter || c == '.' || c == '_' || c == '-' ? c : '-';
    }
    return n ? tare_str_n(p, n) : TARE_S("solver");
}

static void put_number(struct tare_json config, const char *theirs, const char *ours,
                       struct tare_json_writer *w)
{
    struct tare_json v = tare_json_get(config, theirs);
    if (tare_json_kind(v) != TARE_JSON_NUMBER)
        return;
    tare_json_put_key(w, ours);
    tare_json_put_value(w, v);
}

/* A provider's config as a model mapping of ours. */
static enum tare_status model_of(const struct tare_promptfoo_provider *p, struct tare_str model,
                                 struct tare_arena *arena, struct tare_json *out,
                                 struct tare_err *err)
{
    struct tare_json base = tare_json_get(p->config, "apiBaseUrl");
    size_t slash = tare_str_find(model, TARE_S("/"));
    struct tare_json_writer w;
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_json_writer_init(&w, &b);
    tare_json_begin_object(&w);
    tare_json_member_str(&w, "provider", tare_str_n(model.p, slash));
    tare_json_member_str(&w, "name", tare_str_n(model.p + slash + 1, model.n - slash - 1));
    if (tare_json_str(base).n)
        tare_json_member_str(&w, "base_url", tare_json_str(base));
    put_number(p->config, "temperature", "temperature", &w);
    put_number(p->config, "max_tokens", "max_tokens", &w);
    put_number(p->config, "top_p", "top_p", &w);
    put_number(p->config, "seed", "seed", &w);
    tare_json_end_object(&w);
    struct tare_str text = tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return text.p ? tare_json_parse(text, &tare_json_log, arena, out, err)
                  : tare_fail(err, TARE_E_NOMEM, "out of memory while looking for solvers");
}

static enum tare_status with_endpoint(const struct tare_promptfoo_provider *p,
                                      struct tare_str model, const struct tare_run_names *names,
                                      struct tare_arena *arena, struct tare_run_solver *s,
                                      struct tare_err *err)
{
    const struct tare_endpoint **list = TARE_NEW_N(arena, const struct tare_endpoint *, 1);
    struct tare_endpoint *e = NULL;
    struct tare_json mapping;
    if (!list)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while looking for solvers");
    enum tare_status st = TARE_OK;
    if (tare_str_starts(model, TARE_S("http"))) {
        st = tare_endpoint_of_string(model, s->name, names->env, names->offline, arena, &e, err);
    } else {
        st = model_of(p, model, arena, &mapping, err);
        if (st == TARE_OK)
            st =
                tare_endpoint_resolve(mapping, s->name, names->env, names->offline, arena, &e, err);
    }
    list[0] = e;
    s->ops = &tare_solver_answer;
    s->endpoints = list;
    s->n_endpoints = 1;
    return st;
}

/* Those of the config. */
static enum tare_status of_config(const struct tare_promptfoo *c,
                                  const struct tare_run_names *names, struct tare_arena *arena,
                                  struct tare_run_solver *out, uint32_t *n,
                                  struct tare_buf *skipped, struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    for (uint32_t i = 0; i < c->n_providers; i++) {
        const struct tare_promptfoo_provider *p = &c->providers[i];
        struct tare_str model = tare_promptfoo_model(p->id, arena);
        bool echo = tare_str_is(p->id, "echo");
        if (!echo && !tare_is_model_string(model)) {
            tare_buf_printf(skipped, "%s%.*s", skipped->n ? ", " : "", TARE_FMT(p->id));
            continue;
        }
        for (uint32_t k = 0; k < c->n_prompts && st == TARE_OK; k++) {
            struct tare_run_solver *s = &out[(*n)++];
            *s = (struct tare_run_solver){
                .name = name_of(p->label, c->prompts[k].label, c->n_prompts > 1, arena),
                .ops = &tare_solver_answer_echo};
            st = talk(&c->prompts[k], (struct tare_json){NULL, 0}, arena, &s->config, err);
            if (st == TARE_OK && !echo)
                st = with_endpoint(p, model, names, arena, s, err);
        }
    }
    return st;
}

/* Endpoints are named as their solver: NAME, NAME/verifier. */
static enum tare_status rename_endpoints(struct tare_run_solver *s, struct tare_str was,
                                         struct tare_arena *arena, struct tare_err *err)
{
    const struct tare_endpoint **list =
        TARE_NEW_N(arena, const struct tare_endpoint *, s->n_endpoints);
    for (uint32_t i = 0; list && i < s->n_endpoints; i++) {
        struct tare_endpoint *e = TARE_NEW(arena, struct tare_endpoint);
        if (!e)
            return tare_fail(err, TARE_E_NOMEM, "out of memory while looking for solvers");
        *e = *s->endpoints[i];
        struct tare_str role = tare_str_n(e->name.p + was.n, e->name.n - was.n);
        e->name = tare_arena_printf(arena, "%.*s%.*s", TARE_FMT(s->name), TARE_FMT(role));
        list[i] = e;
    }
    s->endpoints = list;
    return list ? TARE_OK : tare_fail(err, TARE_E_NOMEM, "out of memory while looking for solvers");
}

/* Those given in their place: each that talks with each prompt. */
static enum tare_status of_names(const struct tare_promptfoo *c, const struct tare_run_names *names,
                                 struct tare_arena *arena, struct tare_run_solver **out,
                                 uint32_t *n, struct tare_err *err)
{
    struct tare_run_solver *given;
    uint32_t n_given;
    enum tare_status st = tare_run_solvers(c->suite, names, arena, &given, &n_given, err);
    if (st != TARE_OK)
        return st;
    *out = TARE_NEW_N(arena, struct tare_run_solver, (size_t)n_given * c->n_prompts);
    if (!*out)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while looking for solvers");
    for (uint32_t i = 0; i < n_given; i++) {
        bool switches = given[i].ops == &tare_solver_talk;
        bool talks = switches || given[i].ops == &tare_solver_answer;
        struct tare_json harness = {NULL, 0};
        if (switches)
            harness = tare_json_get(given[i].config, "harness");
        for (uint32_t k = 0; k < (talks ? c->n_prompts : 1) && st == TARE_OK; k++) {
            struct tare_run_solver *s = &(*out)[(*n)++];
            *s = given[i];
            if (!talks)
                continue;
            s->name = name_of(given[i].name, c->prompts[k].label, c->n_prompts > 1, arena);
            st = talk(&c->prompts[k], harness, arena, &s->config, err);
            if (st == TARE_OK && c->n_prompts > 1)
                st = rename_endpoints(s, given[i].name, arena, err);
        }
    }
    return st;
}

enum tare_status tare_run_promptfoo(const struct tare_promptfoo *config,
                                    const struct tare_run_names *names, struct tare_arena *arena,
                                    struct tare_run_solver **out, uint32_t *n,
                                    struct tare_str *skipped, struct tare_err *err)
{
    struct tare_buf left;
    *n = 0;
    *skipped = TARE_S("");
    if (names->n_solvers + names->n_models)
        return of_names(config, names, arena, out, n, err);
    *out = TARE_NEW_N(arena, struct tare_run_solver,
                      (size_t)config->n_providers * config->n_prompts + 1);
    if (!*out)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while looking for solvers");
    tare_buf_init(&left, NULL, TARE_MIB);
    enum tare_status st = of_config(config, names, arena, *out, n, &left, err);
    *skipped = tare_arena_copy(arena, tare_buf_str(&left));
    tare_buf_free(&left);
    if (st == TARE_OK && *n == 0) {
        st = tare_fail(err, TARE_E_USAGE, "no provider of the configuration can be played: %.*s",
                       TARE_FMT(*skipped));
        tare_err_hint(err, "give a model in their place: --model openai/NAME");
    }
    return st;
}
