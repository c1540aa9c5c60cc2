/* From what a person writes to an endpoint. */
#include "solver/model.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/limits.h"
#include "record/family.h"
#include "solver/model_int.h"
#include "solver/model_price.h"
#include "text/fields.h"

#include "base/banned.h"

/* What is filled in while a mapping is read. */
struct reading {
    struct tare_fields f;
    struct tare_endpoint *e;
    const struct tare_model_env *env;
    struct tare_arena *arena;
    struct tare_err *err;
    struct tare_str provider, base_url, key_env, key_file;
    bool offline;
};

static const char *env_of(const struct tare_model_env *env, const char *name)
{
    const char *v = env && env->get ? env->get(env->ctx, name) : NULL;
    return v && v[0] ? v : NULL;
}

static struct tare_str env_str(struct reading *r, struct tare_str name)
{
    struct tare_str z = tare_arena_copy(r->arena, name);
    const char *v = z.p ? env_of(r->env, z.p) : NULL;
    return v ? tare_arena_copy(r->arena, tare_str_trim(tare_str_of(v)))
             : (struct tare_str){NULL, 0};
}

/* ---- address ------------------------------------------------------------------------------- */

static enum tare_status no_such_variable(struct reading *r, struct tare_str name)
{
    enum tare_status st = tare_fail(
        r->err, TARE_E_USAGE, "base_url names the variable %.*s, which is not set", TARE_FMT(name));
    tare_err_hint(r->err, "export %.*s=http://HOST:PORT/v1, or write the address itself",
                  TARE_FMT(name));
    return st;
}

static bool is_http(struct tare_str s)
{
    return tare_str_starts(s, TARE_S("http://")) || tare_str_starts(s, TARE_S("https://"));
}

/* A user name in an address is a secret in the wrong place; it is not repeated in the message. */
static enum tare_status check_url(struct reading *r, struct tare_str url)
{
    size_t from = tare_str_find(url, TARE_S("://"));
    size_t at = tare_str_find(url, TARE_S("@"));
    if (!is_http(url) || url.n <= from + 3 || url.n > 2048) {
        enum tare_status st =
            tare_fail(r->err, TARE_E_USAGE, "'%.*s' is no address of a model server",
                      (int)(at == SIZE_MAX && url.n < 200 ? url.n : 0), url.p);
        tare_err_hint(r->err, "an address looks like http://localhost:8000/v1");
        return st;
    }
    if (at != SIZE_MAX) {
        enum tare_status st = tare_fail(
            r->err, TARE_E_USAGE, "the address of a model server holds a user name or password");
        tare_err_hint(r->err, "put the secret into a variable and name it with key_env:");
        return st;
    }
    return TARE_OK;
}

static enum tare_status set_url(struct reading *r, const struct tare__provider *p)
{
    struct tare_str url = r->base_url;
    if (url.n && url.p[0] == '$') {
        struct tare_str name = tare_str_n(url.p + 1, url.n - 1);
        if (name.n > 2 && name.p[0] == '{' && name.p[name.n - 1] == '}')
            name = tare_str_n(name.p + 1, name.n - 2);
        url = env_str(r, name);
        if (!url.n && p->url && tare_str_is(name, p->url_env))
            url = tare_str_of(p->url);
        if (!url.n)
            return no_such_variable(r, name);
    } else if (!url.n && p->url_env) {
        url = env_str(r, tare_str_of(p->url_env));
        if (!url.n)
            url = tare_str_of(p->url);
    }
    if (!url.n) {
        enum tare_status st =
            tare_fail(r->err, TARE_E_USAGE, "no address of the provider %s is known", p->name);
        tare_err_hint(r->err, "write base_url: http://HOST:PORT/v1, or export %s",
                      p->url_env ? p->url_env : "OPENAI_BASE_URL");
        return st;
    }
    enum tare_status st = check_url(r, url);
    while (st == TARE_OK && url.n && url.p[url.n - 1] == '/')
        url.n--;
    r->e->base_url = tare_arena_copy(r->arena, url);
    return st;
}

/* ---- key ----------------------------------------------------------------------------------- */

/* Into pages of its own, with the word that stands before it in a header; the copy it came from is
 * wiped where it is ours. */
static enum tare_status keep_key(struct reading *r, struct tare_str key)
{
    static const char word[] = "Bearer ";
    struct tare_secret *s = TARE_NEW(r->arena, struct tare_secret);
    size_t n = sizeof word - 1;
    char *line = key.n ? malloc(n + key.n) : NULL;
    bool good = s && line;
    if (good) {
        memcpy(line, word, n);
        memcpy(line + n, key.p, key.n);
        good = tare_secret_keep(s, tare_str_n(line, n + key.n));
    }
    if (line)
        tare_wipe(line, n + key.n);
    free(line);
    if (!good)
        return key.n ? tare_fail(r->err, TARE_E_NOMEM, "out of memory for a key") : TARE_OK;
    r->e->secret = s;
    r->e->bearer = tare_str_n(s->p, s->n);
    r->e->key = tare_str_n(s->p + n, key.n);
    return TARE_OK;
}

void tare_endpoint_forget(const struct tare_endpoint *e)
{
    if (e->secret)
        tare_secret_wipe(e->secret);
}

static enum tare_status key_from_file(struct reading *r)
{
    struct tare_str text, path = tare_arena_copy(r->arena, r->key_file);
    struct stat at;
    if (path.p && stat(path.p, &at) == 0 && S_ISREG(at.st_mode) && (at.st_mode & 077)) {
        enum tare_status st =
            tare_fail(r->err, TARE_E_USAGE, "others may read the key file %.*s", TARE_FMT(path));
        tare_err_hint(r->err, "chmod 600 %.*s", TARE_FMT(path));
        return st;
    }
    enum tare_status st = tare_fs_read(r->key_file, 64 * TARE_KIB, r->arena, &text, r->err);
    if (st != TARE_OK)
        return TARE_E_USAGE;
    st = keep_key(r, tare_str_trim(text));
    tare_wipe((char *)(uintptr_t)text.p, text.n);
    r->e->key_name = r->key_file;
    return st;
}

static enum tare_status set_key(struct reading *r, const struct tare__provider *p)
{
    struct tare_str name = r->key_env;
    if (r->offline)
        return TARE_OK;
    if (r->key_file.n)
        return key_from_file(r);
    if (!name.n && p->key_env)
        name = tare_str_of(p->key_env);
    if (!name.n)
        return TARE_OK;
    r->e->key_name = tare_arena_copy(r->arena, name);
    const char *value = r->e->key_name.p ? env_of(r->env, r->e->key_name.p) : NULL;
    enum tare_status st = value ? keep_key(r, tare_str_trim(tare_str_of(value))) : TARE_OK;
    if (st != TARE_OK)
        return st;
    bool own_server = p->url_env && !tare_str_eq(r->e->base_url, tare_str_of(p->url));
    if (r->e->key.n || (!r->key_env.n && (!p->needs_key || own_server)))
        return TARE_OK;
    st = tare_fail(r->err, TARE_E_USAGE, "the variable %.*s is not set", TARE_FMT(r->e->key_name));
    tare_err_hint(r->err,
                  "export %.*s with the key of %s, or give key_file:", TARE_FMT(r->e->key_name),
                  p->name);
    return st;
}

static bool clean_key(struct tare_str key)
{
    for (size_t i = 0; i < key.n; i++)
        if ((unsigned char)key.p[i] < 0x21 || (unsigned char)key.p[i] > 0x7e)
            return false;
    return true;
}

/* ---- the rest ------------------------------------------------------------------------------ */

static enum tare_status finish(struct reading *r)
{
    struct tare_endpoint *e = r->e;
    const struct tare__provider *p = tare__provider_find(r->provider);
    if (!p)
        return tare__provider_unknown(r->provider, r->err);
    e->provider = tare_str_of(p->name);
    if (!e->wire)
        e->wire = p->wire;
    if (!e->api_version.n)
        e->api_version = tare_str_of(p->api_version);
    e->old_max_tokens = e->old_max_tokens || !tare_str_is(e->provider, "openai");
    if (!e->family.n)
        e->family = tare_model_family(e->model);
    if (tare_str_is(e->provider, "openai")) {
        e->organization = env_str(r, TARE_S("OPENAI_ORG_ID"));
        if (!e->organization.n)
            e->organization = env_str(r, TARE_S("OPENAI_ORGANIZATION"));
        e->project = env_str(r, TARE_S("OPENAI_PROJECT_ID"));
    }
    enum tare_status st = set_url(r, p);
    if (st == TARE_OK)
        st = set_key(r, p);
    if (st == TARE_OK && !clean_key(e->key)) {
        st = tare_fail(r->err, TARE_E_USAGE, "the key in %.*s holds spaces or control characters",
                       TARE_FMT(e->key_name));
        tare_err_hint(r->err, "set it again without quotes and line ends");
    }
    if (st == TARE_OK && (!e->base_url.p || !e->name.p))
        st = tare_fail(r->err, TARE_E_NOMEM, "out of memory while reading a model");
    return st;
}

static struct tare_endpoint *fresh(struct tare_str name, struct tare_arena *arena)
{
    struct tare_endpoint *e = TARE_NEW(arena, struct tare_endpoint);
    if (e)
        *e = (struct tare_endpoint){.name = tare_arena_copy(arena, name),
                                    .timeouts = {.connect_ms = 10000,
                                                 .first_byte_ms = 120000,
                                                 .stall_ms = 60000,
                                                 .whole_ms = 600000},
                                    .max_tries = 5,
                                    .max_concurrency = 128,
                                    .patience_ms = 120000};
    return e;
}

static enum tare_status no_memory(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "out of memory while reading a model");
}

bool tare_is_model_string(struct tare_str text)
{
    size_t slash = tare_str_find(text, TARE_S("/")), colon = tare_str_find(text, TARE_S(":"));
    size_t at = slash < colon ? slash : colon;
    return is_http(text) ||
           (at != SIZE_MAX && at + 1 < text.n && tare__provider_find(tare_str_n(text.p, at)));
}

enum tare_status tare_endpoint_of_string(struct tare_str model, struct tare_str name,
                                         const struct tare_model_env *env, bool offline,
                                         struct tare_arena *arena, struct tare_endpoint **out,
                                         struct tare_err *err)
{
    struct reading r = {
        .e = fresh(name, arena), .env = env, .arena = arena, .err = err, .offline = offline};
    size_t slash = tare_str_find(model, TARE_S("/")), colon = tare_str_find(model, TARE_S(":"));
    size_t at = slash < colon ? slash : colon, hash = tare_str_find(model, TARE_S("#"));
    struct tare_str copy = tare_arena_copy(arena, model);
    if (!r.e || !copy.p)
        return no_memory(err);
    if (is_http(model)) {
        r.provider = TARE_S("custom");
        r.base_url = tare_str_n(copy.p, hash == SIZE_MAX ? copy.n : hash);
        if (hash != SIZE_MAX)
            r.e->model = tare_str_n(copy.p + hash + 1, copy.n - hash - 1);
    } else if (at == SIZE_MAX || at + 1 >= model.n) {
        enum tare_status st =
            tare_fail(err, TARE_E_USAGE, "'%.*s' names no model", TARE_FMT(model));
        tare_err_hint(err,
                      "write PROVIDER/NAME as in openai/gpt-4.1-mini or ollama/qwen3:4b, or an "
                      "address: http://localhost:8000/v1#NAME");
        return st;
    } else {
        r.provider = tare_str_n(copy.p, at);
        r.e->model = tare_str_n(copy.p + at + 1, copy.n - at - 1);
    }
    enum tare_status st = finish(&r);
    if (st == TARE_OK)
        tare_price_built_in(r.e);
    *out = r.e;
    return st;
}

static void read_seconds(struct tare_fields *f, const char *key, int64_t *ms)
{
    double s = (double)*ms / 1000;
    tare_fields_f64(f, key, false, 0, 86400, &s);
    *ms = (int64_t)(s * 1000);
}

static void read_timeouts(struct reading *r)
{
    struct tare_json v = tare_fields_kind(&r->f, "timeouts", false, TARE_JSON_OBJECT);
    struct tare_fields t;
    if (!tare_json_present(v) || r->f.status != TARE_OK)
        return;
    tare_fields_begin(&t, v, r->f.text, r->f.path, r->err);
    read_seconds(&t, "connect", &r->e->timeouts.connect_ms);
    read_seconds(&t, "first_byte", &r->e->timeouts.first_byte_ms);
    read_seconds(&t, "stall", &r->e->timeouts.stall_ms);
    read_seconds(&t, "whole", &r->e->timeouts.whole_ms);
    r->f.status = tare_fields_end(&t);
}

static void read_price(struct reading *r)
{
    struct tare_json v = tare_fields_kind(&r->f, "price", false, TARE_JSON_OBJECT);
    struct tare_fields t;
    struct tare_price *p = &r->e->price;
    if (!tare_json_present(v) || r->f.status != TARE_OK)
        return;
    tare_fields_begin(&t, v, r->f.text, r->f.path, r->err);
    tare_fields_f64(&t, "input", true, 0, 1e6, &p->input);
    p->cached = p->input;
    tare_fields_f64(&t, "cached", false, 0, 1e6, &p->cached);
    tare_fields_f64(&t, "output", true, 0, 1e6, &p->output);
    p->known = true;
    p->source = TARE_S("solver file");
    r->f.status = tare_fields_end(&t);
}

/* Members of tare.request/1 that hold for every request: checked, then kept as one object. */
static void read_sampling(struct reading *r)
{
    static const char *const keys[] = {"temperature", "top_p",    "max_tokens",  "seed",
                                       "stop",        "logprobs", "top_logprobs"};
    double real = 0;
    int64_t whole = 0;
    bool yes = false;
    struct tare_buf text;
    struct tare_json_writer w;
    struct tare_fields *f = &r->f;
    tare_fields_f64(f, "temperature", false, 0, 100, &real);
    tare_fields_f64(f, "top_p", false, 0, 1, &real);
    tare_fields_i64(f, "max_tokens", false, 1, 1000000000, &whole);
    tare_fields_i64(f, "seed", false, 0, INT64_C(2147483647), &whole);
    tare_fields_bool(f, "logprobs", false, &yes);
    tare_fields_i64(f, "top_logprobs", false, 0, 100, &whole);
    (void)tare_fields_kind(f, "stop", false, TARE_JSON_ARRAY);
    if (f->status != TARE_OK)
        return;
    tare_buf_init(&text, NULL, TARE_MIB);
    tare_json_writer_init(&w, &text);
    tare_json_begin_object(&w);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct tare_json v = tare_json_get(f->object, keys[i]);
        if (!tare_json_present(v) || tare_json_kind(v) == TARE_JSON_NULL)
            continue;
        tare_json_put_key(&w, keys[i]);
        tare_json_put_value(&w, v);
    }
    tare_json_end_object(&w);
    struct tare_str copy = tare_arena_copy(r->arena, tare_buf_str(&text));
    tare_buf_free(&text);
    if (!copy.p)
        f->status = no_memory(r->err);
    else
        f->status = tare_json_parse(copy, &tare_json_strict, r->arena, &r->e->sampling, r->err);
}

static void read_way(struct reading *r)
{
    static const char *const wires[] = {"chat", "azure", "completions", "messages", NULL};
    int wire = -1;
    int64_t tries = r->e->max_tries, most = r->e->max_concurrency;
    tare_fields_choice(&r->f, "api", false, wires, &wire);
    if (wire >= 0)
        r->e->wire = (enum tare_wire)(wire + TARE_WIRE_CHAT);
    tare_fields_str(&r->f, "api_version", false, &r->e->api_version);
    tare_fields_str(&r->f, "family", false, &r->e->family);
    tare_fields_bool(&r->f, "stream", false, &r->e->stream);
    tare_fields_bool(&r->f, "old_max_tokens", false, &r->e->old_max_tokens);
    tare_fields_i64(&r->f, "tries", false, 1, 100, &tries);
    tare_fields_i64(&r->f, "concurrency", false, 1, 4096, &most);
    read_seconds(&r->f, "patience", &r->e->patience_ms);
    r->e->max_tries = (uint32_t)tries;
    r->e->max_concurrency = (uint32_t)most;
    r->e->extra = tare_fields_kind(&r->f, "extra", false, TARE_JSON_OBJECT);
}

/* The value of such a key is not shown, not even as the line that is wrong. */
static enum tare_status refuse_key(struct tare_json model, struct tare_err *err)
{
    static const char *const keys[] = {"api_key", "apiKey", "key", "token", "api-key"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (!tare_json_present(tare_json_get(model, keys[i])))
            continue;
        enum tare_status st =
            tare_fail(err, TARE_E_USAGE, "a key stands in the solver file (\"%s\")", keys[i]);
        tare_err_hint(err, "take it out, export it as a variable and write key_env: NAME, or "
                           "key_file: PATH");
        return st;
    }
    return TARE_OK;
}

static enum tare_status read_fallback(struct reading *r)
{
    struct tare_json v = tare_fields_any(&r->f, "fallback", false);
    struct tare_endpoint *other = NULL;
    struct tare_str name = tare_arena_printf(r->arena, "%.*s/fallback", TARE_FMT(r->e->name));
    enum tare_status st = TARE_OK;
    if (r->f.status != TARE_OK || !tare_json_present(v) || tare_json_kind(v) == TARE_JSON_NULL)
        return r->f.status;
    if (name.n > 256)
        return tare_fail(r->err, TARE_E_USAGE, "fallbacks of fallbacks go too deep");
    if (tare_json_kind(v) == TARE_JSON_STRING)
        st = tare_endpoint_of_string(tare_json_str(v), name, r->env, r->offline, r->arena, &other,
                                     r->err);
    else
        st = tare_endpoint_resolve(v, name, r->env, r->offline, r->arena, &other, r->err);
    r->e->fallback = other;
    return st;
}

/* Where nothing is said: OpenAI's own way, unless an address is written down. */
static struct tare_str provider_of(const struct reading *r)
{
    if (r->provider.n)
        return r->provider;
    bool own = r->base_url.n && !tare_str_is(r->base_url, "$OPENAI_BASE_URL") &&
               !tare_str_is(r->base_url, "${OPENAI_BASE_URL}");
    return own ? TARE_S("custom") : TARE_S("openai");
}

/* `name: PROVIDER/NAME` names the provider too, unless that is said apart. */
static void split_name(struct reading *r)
{
    size_t at = tare_str_find(r->e->model, TARE_S("/"));
    if (r->provider.n || r->base_url.n || at == SIZE_MAX)
        return;
    if (!tare__provider_find(tare_str_n(r->e->model.p, at)))
        return;
    r->provider = tare_str_n(r->e->model.p, at);
    r->e->model = tare_str_n(r->e->model.p + at + 1, r->e->model.n - at - 1);
}

enum tare_status tare_endpoint_resolve(struct tare_json model, struct tare_str name,
                                       const struct tare_model_env *env, bool offline,
                                       struct tare_arena *arena, struct tare_endpoint **out,
                                       struct tare_err *err)
{
    struct reading r = {
        .e = fresh(name, arena), .env = env, .arena = arena, .err = err, .offline = offline};
    if (tare_json_kind(model) == TARE_JSON_STRING)
        return tare_endpoint_of_string(tare_json_str(model), name, env, offline, arena, out, err);
    if (!r.e)
        return no_memory(err);
    enum tare_status st = refuse_key(model, err);
    if (st != TARE_OK)
        return st;
    tare_fields_begin(&r.f, model, (struct tare_str){NULL, 0}, (struct tare_str){NULL, 0}, err);
    tare_fields_str(&r.f, "name", false, &r.e->model);
    tare_fields_str(&r.f, "provider", false, &r.provider);
    tare_fields_str(&r.f, "base_url", false, &r.base_url);
    tare_fields_str(&r.f, "key_env", false, &r.key_env);
    tare_fields_str(&r.f, "key_file", false, &r.key_file);
    read_way(&r);
    read_sampling(&r);
    read_timeouts(&r);
    read_price(&r);
    st = r.f.status;
    if (st == TARE_OK)
        st = read_fallback(&r);
    if (st == TARE_OK)
        st = tare_fields_end(&r.f);
    if (st != TARE_OK)
        return st;
    split_name(&r);
    r.provider = provider_of(&r);
    st = finish(&r);
    if (st == TARE_OK && !r.e->price.known)
        tare_price_built_in(r.e);
    *out = r.e;
    return st;
}

void tare_endpoint_identity(const struct tare_endpoint *e, struct tare_json_writer *w)
{
    static const char *const wires[] = {"", "chat", "azure", "completions", "messages"};
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "api", wires[e->wire]);
    tare_json_member_str(w, "base_url", e->base_url);
    tare_json_member_str(w, "model", e->model);
    tare_json_member_bool(w, "stream", e->stream);
    tare_json_put_key(w, "sampling");
    if (tare_json_present(e->sampling))
        tare_json_put_value(w, e->sampling);
    else
        tare_json_put_raw(w, TARE_S("{}"));
    tare_json_put_key(w, "extra");
    if (tare_json_present(e->extra))
        tare_json_put_value(w, e->extra);
    else
        tare_json_put_raw(w, TARE_S("{}"));
    if (e->fallback) { /* who may answer counts */
        tare_json_put_key(w, "fallback");
        tare_endpoint_identity(e->fallback, w);
    }
    tare_json_end_object(w);
}
