#include "run/solvers.h"

#include <math.h>

#include "run/registry.h"

#include "base/limits.h"
#include "solver/answer.h"
#include "solver/command.h"
#include "solver/harness.h"
#include "suite/solver_file.h"
#include "text/fields.h"

#include "base/banned.h"

static bool is_file(struct tare_str name)
{
    return tare_str_ends(name, TARE_S(".yaml")) || tare_str_ends(name, TARE_S(".yml")) ||
           tare_str_find(name, TARE_S("/")) != SIZE_MAX;
}

static enum tare_status unknown(struct tare_str world, struct tare_str name, struct tare_err *err)
{
    const char *names[64];
    char list[300] = "";
    uint32_t n, len = 0;
    const struct tare_solver_ops *const *all = tare_registry_solvers(world, &n);
    for (uint32_t i = 0; i < n && i < 63; i++) {
        size_t m = strlen(all[i]->name);
        names[i] = all[i]->name;
        if (len + m + 3 < sizeof list) {
            if (len) {
                memcpy(list + len, ", ", 2);
                len += 2;
            }
            memcpy(list + len, all[i]->name, m);
            len += (uint32_t)m;
            list[len] = 0;
        }
    }
    names[n < 63 ? n : 63] = NULL;
    const char *near = tare_suggest(name, names);
    enum tare_status st = tare_fail(err, TARE_E_USAGE,
                                    "no scripted solver of the world %.*s is "
                                    "called '%.*s'",
                                    TARE_FMT(world), TARE_FMT(name));
    if (near)
        tare_err_hint(err, "did you mean %s? There are: %s", near, list);
    else
        tare_err_hint(err, "there are: %s, or give a file ending in .yaml", list);
    return st;
}

/* The models of a solver: its own and, where its harness has one, that of its verifier. */
static enum tare_status with_models(const struct tare_suite *suite, struct tare_run_solver *s,
                                    struct tare_endpoint *own, struct tare_endpoint *verifier,
                                    struct tare_arena *arena, struct tare_err *err)
{
    const struct tare_world_ops *world = tare_registry_world(suite->world);
    const struct tare_endpoint **list = TARE_NEW_N(arena, const struct tare_endpoint *, 2);
    if (!list)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while looking for solvers");
    list[0] = own;
    list[1] = verifier;
    if (!s->ops)
        s->ops = world && world->talks ? &tare_solver_answer : &tare_solver_model;
    s->endpoints = list;
    s->n_endpoints = verifier ? 2 : 1;
    return TARE_OK;
}

/* What a model is played with: the switches of its harness, its own prompt where the world talks.
 */
static enum tare_status with_harness(const struct tare_suite *suite,
                                     const struct tare_solver_file *f, struct tare_run_solver *out,
                                     struct tare_err *err)
{
    const struct tare_world_ops *world = tare_registry_world(suite->world);
    bool talks = world && world->talks;
    out->config = talks ? f->talk : f->harness;
    if (!talks && tare_json_present(f->talk)) {
        (void)tare_fail_at(err, TARE_E_INPUT, tare_json_offset(f->talk),
                           "\"talk\" has no meaning in the world %.*s: it does not talk",
                           TARE_FMT(suite->world));
        tare_err_hint(err, "take it out; the world says what is asked");
        return TARE_E_INPUT;
    }
    if (!talks || !tare_json_present(f->harness))
        return TARE_OK;
    enum tare_status st = tare_harness_check_talk(f->harness, suite->world, err);
    if (st == TARE_OK)
        out->config = f->root;
    out->ops = &tare_solver_talk;
    return st;
}

/* `verifier:` of the harness, as the endpoint SOLVER/verifier; NULL where there is none. */
static enum tare_status find_verifier(struct tare_json harness, struct tare_str solver,
                                      const struct tare_run_names *names, struct tare_arena *arena,
                                      struct tare_endpoint **out, struct tare_err *err)
{
    struct tare_json v = tare_json_get(harness, "verifier");
    struct tare_str name = tare_arena_printf(arena, "%.*s/verifier", TARE_FMT(solver));
    *out = NULL;
    if (!name.p)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while looking for solvers");
    if (tare_json_kind(v) == TARE_JSON_STRING)
        return tare_endpoint_of_string(tare_json_str(v), name, names->env, names->offline, arena,
                                       out, err);
    if (tare_json_kind(v) == TARE_JSON_OBJECT)
        return tare_endpoint_resolve(v, name, names->env, names->offline, arena, out, err);
    return TARE_OK;
}

/* A name that can stand in an address: what stands after the last '/' or '#', other characters as
 * '-'. "openai/gpt-4.1" is "gpt-4.1". */
static struct tare_str short_name(struct tare_str model, struct tare_arena *arena)
{
    size_t from = 0;
    for (size_t i = 0; i < model.n; i++)
        if ((model.p[i] == '/' || model.p[i] == '#') && i + 1 < model.n)
            from = i + 1;
    struct tare_str tail = tare_str_n(model.p + from, model.n - from);
    char *p = tare_arena_alloc(arena, tail.n + 1);
    if (!p)
        return (struct tare_str){NULL, 0};
    for (size_t i = 0; i < tail.n; i++) {
        char c = tail.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '.' || c == '_' || c == '-';
        p[i] = plain ? c : '-';
    }
    return tare_str_n(p, tail.n);
}

/* A fault of what stands in the file gets its place. */
static enum tare_status placed(enum tare_status st, const struct tare_solver_file *f,
                               struct tare_str path, struct tare_err *err)
{
    if (err && err->file[0] == 0) {
        tare_err_file(err, path);
        if (err->has_offset)
            tare_err_locate(err, f->text);
    }
    return st;
}

/* "command:python3 agent.py": the solver is called after its last word that is a file's name. */
static enum tare_status from_command(const struct tare_run_names *names, struct tare_str text,
                                     struct tare_arena *arena, struct tare_run_solver *out,
                                     struct tare_err *err)
{
    size_t skip = sizeof "command:" - 1;
    struct tare_json config;
    enum tare_status st = tare_command_of_words(tare_str_n(text.p + skip, text.n - skip),
                                                names->env, arena, &config, err);
    if (st != TARE_OK)
        return st;
    struct tare_json file = tare_json_first(tare_json_get(config, "files"));
    struct tare_str name = tare_json_present(file)
                               ? tare_json_key(file)
                               : tare_json_str(tare_json_first(tare_json_get(config, "argv")));
    *out = (struct tare_run_solver){
        .name = short_name(name, arena), .ops = &tare_solver_command, .config = config};
    return out->name.p ? TARE_OK : tare_fail(err, TARE_E_NOMEM, "out of memory for a solver");
}

static enum tare_status from_file(const struct tare_suite *suite, struct tare_str path,
                                  const struct tare_run_names *names, struct tare_arena *arena,
                                  struct tare_run_solver *out, struct tare_err *err)
{
    struct tare_solver_file *f;
    enum tare_status st = tare_solver_file_load(path, arena, &f, err);
    if (st != TARE_OK)
        return st;
    *out = (struct tare_run_solver){.name = f->name,
                                    .config = f->config,
                                    .text = f->text,
                                    .path = f->path,
                                    .limits = f->limits};
    if (f->kind == TARE_SOLVER_MODEL) {
        struct tare_endpoint *e, *verifier;
        st = tare_endpoint_resolve(f->config, f->name, names->env, names->offline, arena, &e, err);
        if (st == TARE_OK)
            st = with_harness(suite, f, out, err);
        if (st == TARE_OK)
            st = find_verifier(f->harness, f->name, names, arena, &verifier, err);
        if (st == TARE_OK)
            return with_models(suite, out, e, verifier, arena, err);
        return placed(st, f, path, err);
    }
    if (f->kind == TARE_SOLVER_COMMAND) {
        size_t end = path.n;
        while (end && path.p[end - 1] != '/')
            end--;
        out->ops = &tare_solver_command;
        st = tare_command_resolve(f->config, tare_str_n(path.p, end), names->env, arena,
                                  &out->config, err);
        return st == TARE_OK ? st : placed(st, f, path, err);
    }
    out->ops = tare_registry_solver(suite->world, f->policy);
    if (out->ops)
        return TARE_OK;
    st = unknown(suite->world, f->policy, err);
    tare_err_file(err, path);
    return st;
}

/* A model of the command line, as the mapping it stands for. */
static enum tare_status from_model(const struct tare_suite *suite,
                                   const struct tare_run_names *names, struct tare_str model,
                                   struct tare_arena *arena, struct tare_run_solver *out,
                                   struct tare_err *err)
{
    struct tare_buf b;
    struct tare_json_writer w;
    struct tare_json mapping;
    struct tare_endpoint *e;
    bool address = tare_str_starts(model, TARE_S("http"));
    size_t hash = address ? tare_str_find(model, TARE_S("#")) : SIZE_MAX;
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_json_writer_init(&w, &b);
    tare_json_begin_object(&w);
    if (address) {
        tare_json_member_str(&w, "base_url",
                             tare_str_n(model.p, hash == SIZE_MAX ? model.n : hash));
        if (hash != SIZE_MAX)
            tare_json_member_str(&w, "name", tare_str_n(model.p + hash + 1, model.n - hash - 1));
    } else {
        size_t slash = tare_str_find(model, TARE_S("/")), colon = tare_str_find(model, TARE_S(":"));
        size_t at = slash < colon ? slash : colon;
        bool known = tare_is_model_string(model);
        if (known)
            tare_json_member_str(&w, "provider", tare_str_n(model.p, at));
        tare_json_member_str(&w, "name",
                             known ? tare_str_n(model.p + at + 1, model.n - at - 1) : model);
        if (names->base_url.n)
            tare_json_member_str(&w, "base_url", names->base_url);
    }
    if (!isnan(names->temperature))
        tare_json_member_f64(&w, "temperature", names->temperature);
    if (names->max_tokens)
        tare_json_member_u64(&w, "max_tokens", (uint64_t)names->max_tokens);
    if (names->logprobs)
        tare_json_member_bool(&w, "logprobs", true);
    if (names->stream)
        tare_json_member_bool(&w, "stream", true);
    tare_json_end_object(&w);
    struct tare_str text = tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    *out = (struct tare_run_solver){.name = short_name(model, arena)};
    if (!text.p || !out->name.p)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while looking for solvers");
    enum tare_status st = tare_json_parse(text, &tare_json_strict, arena, &mapping, err);
    if (st == TARE_OK)
        st = tare_endpoint_resolve(mapping, out->name, names->env, names->offline, arena, &e, err);
    return st == TARE_OK ? with_models(suite, out, e, NULL, arena, err) : st;
}

static enum tare_status one(const struct tare_suite *suite, struct tare_str name,
                            const struct tare_run_names *names, struct tare_arena *arena,
                            struct tare_run_solver *out, struct tare_err *err)
{
    if (tare_str_starts(name, TARE_S("command:")))
        return from_command(names, name, arena, out, err);
    if (tare_is_model_string(name) && !tare_str_ends(name, TARE_S(".yaml")) &&
        !tare_str_ends(name, TARE_S(".yml")))
        return from_model(suite, names, name, arena, out, err);
    if (is_file(name))
        return from_file(suite, name, names, arena, out, err);
    *out = (struct tare_run_solver){.name = name, .ops = tare_registry_solver(suite->world, name)};
    return out->ops ? TARE_OK : unknown(suite->world, name, err);
}

enum tare_status tare_run_solvers(const struct tare_suite *suite,
                                  const struct tare_run_names *names, struct tare_arena *arena,
                                  struct tare_run_solver **out, uint32_t *n, struct tare_err *err)
{
    uint32_t n_all;
    const struct tare_solver_ops *const *all = tare_registry_solvers(suite->world, &n_all);
    struct tare_run_solver *made =
        TARE_NEW_N(arena, struct tare_run_solver, names->n_solvers * (n_all + 1) + names->n_models);
    enum tare_status st = TARE_OK;
    *n = 0;
    if (!made)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while looking for solvers");
    for (size_t i = 0; st == TARE_OK && i < names->n_solvers; i++) {
        if (!tare_str_is(names->solvers[i], "all")) {
            st = one(suite, names->solvers[i], names, arena, &made[(*n)++], err);
            continue;
        }
        for (uint32_t s = 0; s < n_all; s++)
            made[(*n)++] =
                (struct tare_run_solver){.name = tare_str_of(all[s]->name), .ops = all[s]};
    }
    for (size_t i = 0; st == TARE_OK && i < names->n_models; i++)
        st = from_model(suite, names, names->models[i], arena, &made[(*n)++], err);
    *out = made;
    return st;
}
