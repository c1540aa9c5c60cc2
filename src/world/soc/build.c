/* What both compilers of scenarios share: faults with a place, memory, names, times. */
#include "world/soc/soc_int.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/banned.h"

void tare__soc_fault(struct tare__soc_build *b, struct tare_json v, const char *fmt, ...)
{
    if (b->failed)
        return;
    b->failed = true;
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    struct tare_str at = tare_json_pointer(v, b->arena);
    tare_fail_at(b->err, TARE_E_INPUT, tare_json_offset(v), "scenario%s%.*s: %s", at.n ? " " : "",
                 TARE_FMT(at), text);
}

void *tare__soc_new(struct tare__soc_build *b, size_t n, size_t size)
{
    void *p = tare_arena_array(b->arena, n, size);
    if (!p && !b->failed) {
        b->failed = true;
        tare_fail(b->err, TARE_E_NOMEM, "no memory to compile a scenario");
    }
    return p;
}

struct tare_str tare__soc_text(struct tare__soc_build *b, struct tare_json o, const char *key,
                               bool required)
{
    struct tare_json v = tare_json_get(o, key);
    enum tare_json_kind kind = tare_json_kind(v);
    if (kind == TARE_JSON_STRING) {
        struct tare_str s = tare_json_str(v);
        return s.p ? s : TARE_S("");
    }
    if (kind != TARE_JSON_ABSENT && kind != TARE_JSON_NULL)
        tare__soc_fault(b, v, "\"%s\" must be a string, not %s", key, tare_json_kind_name(v));
    else if (required)
        tare__soc_fault(b, tare_json_present(v) ? v : o, "\"%s\" is missing", key);
    return (struct tare_str){NULL, 0};
}

uint32_t tare__soc_name(struct tare__soc_build *b, struct tare_str s)
{
    uint32_t name = tare__soc_intern(&b->sc->names, s);
    if (name == TARE_SOC_NONE && !b->failed) {
        b->failed = true;
        tare_fail(b->err, TARE_E_LIMIT, "scenario: more than %u names", b->sc->names.cap);
    }
    return name == TARE_SOC_NONE ? N_EMPTY : name;
}

/* Insertion sort: lists are short, and order goes by a table that qsort cannot be given. */
struct tare__soc_list tare__soc_sorted(struct tare__soc_build *b, struct tare__soc_list in,
                                       uint8_t kind)
{
    struct tare__soc_list out = {NULL, 0};
    uint32_t *v = tare__soc_new(b, in.n, sizeof *v);
    if (!v)
        return out;
    const struct tare__soc_names *names = &b->sc->names;
    for (uint32_t i = 0; i < in.n; i++) {
        if (kind != 0 && (names->kind[in.v[i]] & kind) == 0)
            continue;
        uint32_t at = out.n;
        while (at > 0 && tare_str_cmp(names->v[v[at - 1]], names->v[in.v[i]]) > 0)
            at--;
        if (at > 0 && v[at - 1] == in.v[i])
            continue;
        memmove(v + at + 1, v + at, (out.n - at) * sizeof *v);
        v[at] = in.v[i];
        out.n++;
    }
    out.v = v;
    return out;
}

struct tare__soc_pairs tare__soc_pairs_of(struct tare__soc_build *b, struct tare_json o)
{
    struct tare__soc_pairs out = {NULL, NULL, 0};
    uint32_t n = tare_json_count(o);
    uint32_t *key = tare__soc_new(b, n, sizeof *key), *value = tare__soc_new(b, n, sizeof *value);
    if (!key || !value || tare_json_kind(o) != TARE_JSON_OBJECT)
        return out;
    for (struct tare_json v = tare_json_first(o); tare_json_present(v); v = tare_json_next(v)) {
        if (tare_json_kind(v) != TARE_JSON_STRING)
            tare__soc_fault(b, v, "parameters to match must be strings");
        key[out.n] = tare__soc_name(b, tare_json_key(v));
        value[out.n++] = tare__soc_name(b, tare_json_str(v));
    }
    out.key = key;
    out.value = value;
    return out;
}

void tare__soc_times(struct tare__soc_build *b, struct tare_str created_at)
{
    struct tare_soc_scenario *sc = b->sc;
    if (!created_at.p || !tare_time_parse(created_at.p, created_at.n, &sc->start_ns))
        tare_time_parse("2026-01-20T00:00:00Z", 20, &sc->start_ns);
    struct tare_str *v = tare__soc_new(b, TARE__SOC_STEPS_AHEAD, sizeof *v);
    if (!v)
        return;
    for (uint32_t i = 0; i < TARE__SOC_STEPS_AHEAD; i++) {
        char text[21];
        tare_time_format(sc->start_ns + (int64_t)i * 60000000000, text);
        v[i] = tare_arena_copy(b->arena, tare_str_of(text));
    }
    sc->created = v;
}

uint32_t tare__soc_count_strings(struct tare_json v)
{
    uint32_t n = 1 + (tare_json_key(v).n > 0);
    for (struct tare_json c = tare_json_first(v); tare_json_present(c); c = tare_json_next(c))
        n += tare__soc_count_strings(c);
    return n;
}

static enum tare_status compile(struct tare__soc_build *b, const struct tare_task *task)
{
    struct tare_json scenario = tare_json_get(task->input, "scenario");
    enum tare_soc_profile profile = b->sc->profile;
    bool ours = tare_json_str_is(tare_json_get(scenario, "schema"), "tare.soc/1");
    bool published = tare_json_present(tare_json_get(scenario, "schema_version"));
    if (tare_json_kind(scenario) != TARE_JSON_OBJECT) {
        tare__soc_fault(b, task->input, "\"scenario\" must be an object");
        tare_err_hint(b->err, "a task of the world soc is {\"input\": {\"scenario\": {…}}, "
                              "\"expect\": {…}}; see docs/schema/soc-scenario.json");
    } else if (profile == TARE_SOC_HARDENED && !ours) {
        tare__soc_fault(b, scenario, "is not of schema tare.soc/1");
        tare_err_hint(b->err, published ? "set `world: {soc: {profile: faithful}}` to play a "
                                          "published seed"
                                        : "add \"schema\": \"tare.soc/1\"");
    } else if (profile == TARE_SOC_FAITHFUL && ours) {
        tare__soc_fault(b, scenario, "schema tare.soc/1 belongs to the hardened profile");
        tare_err_hint(b->err, "set `world: {soc: {profile: hardened}}`");
    }
    if (b->failed)
        return TARE_E_INPUT;
    uint32_t cap = tare__soc_count_strings(scenario) + tare__soc_count_strings(task->expect) +
                   (TARE_SOC_N_TABLES + 1) * TARE__SOC_STEPS_AHEAD;
    if (!tare__soc_names_init(&b->sc->names, cap, b->arena))
        return tare_fail(b->err, TARE_E_NOMEM, "no memory to compile a scenario");
    return profile == TARE_SOC_FAITHFUL ? tare__soc_compile_seed(b, scenario, task->expect)
                                        : tare__soc_compile_hard(b, scenario, task->expect);
}

enum tare_status tare_soc_compile(const struct tare_task *task, enum tare_soc_profile profile,
                                  struct tare_arena *arena, const struct tare_soc_scenario **out,
                                  struct tare_err *err)
{
    struct tare_err local = {0};
    struct tare__soc_build b = {.arena = arena, .err = err ? err : &local};
    b.sc = tare__soc_new(&b, 1, sizeof *b.sc);
    if (!b.sc)
        return TARE_E_NOMEM;
    b.sc->profile = profile;
    enum tare_status st = compile(&b, task);
    if (st == TARE_OK && b.failed)
        st = b.err->code;
    if (st != TARE_OK) {
        tare_err_task(b.err, task->id);
        return st;
    }
    *out = b.sc;
    return TARE_OK;
}
