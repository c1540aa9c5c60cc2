#include "view/identity.h"

#include <stdio.h>

#include "base/limits.h"
#include "solver/harness.h"

#include "base/banned.h"

#define MOST_DEPTH 16u
#define ROOM_BYTES (16 * TARE_MIB)

struct walk {
    struct tare_arena *arena;
    struct tare_identity_part *v;
    uint32_t n, total;
    bool no_memory;
};

static bool parse(struct tare_str text, struct tare_arena *arena, struct tare_json *out)
{
    *out = (struct tare_json){NULL, 0};
    return text.n && tare_json_parse(text, &tare_json_strict, arena, out, NULL) == TARE_OK;
}

static struct tare_str source(struct tare_json v)
{
    return tare_json_present(v) ? tare_json_lexeme(v) : TARE_S("");
}

static void add(struct walk *w, struct tare_str path, struct tare_json a, struct tare_json b)
{
    if (w->total++ < TARE_IDENTITY_MOST)
        w->v[w->n++] = (struct tare_identity_part){path, source(a), source(b)};
}

/* What stands below "parameters" stands for itself: that is how a solver file writes it. */
static struct tare_str join(struct walk *w, struct tare_str path, struct tare_str key)
{
    if (path.n == 0 || tare_str_is(path, "parameters"))
        return tare_arena_copy(w->arena, key);
    struct tare_str out = tare_arena_printf(w->arena, "%.*s.%.*s", TARE_FMT(path), TARE_FMT(key));
    w->no_memory = w->no_memory || !out.p;
    return out;
}

static void differ(struct walk *w, struct tare_str path, struct tare_json a, struct tare_json b,
                   unsigned depth);

static void differ_members(struct walk *w, struct tare_str path, struct tare_json a,
                           struct tare_json b, unsigned depth)
{
    for (struct tare_json x = tare_json_first(a); tare_json_present(x); x = tare_json_next(x)) {
        struct tare_str key = tare_json_key(x);
        differ(w, join(w, path, key), x, tare_json_get_str(b, key), depth + 1);
    }
    for (struct tare_json x = tare_json_first(b); tare_json_present(x); x = tare_json_next(x))
        if (!tare_json_present(tare_json_get_str(a, tare_json_key(x))))
            differ(w, join(w, path, tare_json_key(x)), (struct tare_json){NULL, 0}, x, depth + 1);
}

static void differ_elements(struct walk *w, struct tare_str path, struct tare_json a,
                            struct tare_json b, unsigned depth)
{
    struct tare_json x = tare_json_first(a), y = tare_json_first(b);
    for (unsigned i = 0; tare_json_present(x); i++) {
        struct tare_str at = tare_arena_printf(w->arena, "%.*s[%u]", TARE_FMT(path), i);
        w->no_memory = w->no_memory || !at.p;
        differ(w, at, x, y, depth + 1);
        x = tare_json_next(x);
        y = tare_json_next(y);
    }
}

static void differ(struct walk *w, struct tare_str path, struct tare_json a, struct tare_json b,
                   unsigned depth)
{
    enum tare_json_kind ka = tare_json_kind(a), kb = tare_json_kind(b);
    bool whole = depth >= MOST_DEPTH, one = ka == TARE_JSON_ABSENT || kb == TARE_JSON_ABSENT;
    bool objects = (ka == TARE_JSON_OBJECT || ka == TARE_JSON_ABSENT) &&
                   (kb == TARE_JSON_OBJECT || kb == TARE_JSON_ABSENT);
    if (w->no_memory || (!one && tare_json_equal(a, b)))
        return;
    if (!whole && objects && tare_json_count(a) + tare_json_count(b))
        differ_members(w, path, a, b, depth);
    else if (!whole && ka == TARE_JSON_ARRAY && kb == ka &&
             tare_json_count(a) == tare_json_count(b))
        differ_elements(w, path, a, b, depth);
    else
        add(w, path, a, b);
}

bool tare_identity_changes(struct tare_str a, struct tare_str b, struct tare_arena *arena,
                           struct tare_identity_part **out, uint32_t *n, uint32_t *total)
{
    struct tare_json x, y;
    struct walk w = {.arena = arena,
                     .v = TARE_NEW_N(arena, struct tare_identity_part, TARE_IDENTITY_MOST)};
    if (!w.v)
        return false;
    if (parse(a, arena, &x) && parse(b, arena, &y))
        differ(&w, TARE_S(""), x, y, 0);
    *out = w.v;
    *n = w.n;
    *total = w.total;
    return !w.no_memory;
}

/* Whether a value is the default, which the table has as YAML: "false", "0.8", "off", "". */
static bool is_default(struct tare_json v, const struct tare_harness_switch *s)
{
    double x, y;
    switch (tare_json_kind(v)) {
    case TARE_JSON_NULL:
        return s->def[0] == '\0';
    case TARE_JSON_FALSE: /* of a switch that is a mapping: none was given */
        return s->def[0] == '\0' || strcmp(s->def, "false") == 0;
    case TARE_JSON_TRUE:
        return strcmp(s->def, "true") == 0;
    case TARE_JSON_NUMBER:
        return tare_json_f64(v, &x) && tare_str_to_f64(tare_str_of(s->def), &y) && x == y;
    case TARE_JSON_STRING:
        return tare_json_str_is(v, s->def);
    default:
        return false;
    }
}

static struct tare_str default_json(const struct tare_harness_switch *s, struct tare_arena *arena)
{
    bool bare = s->integer || s->number || s->flag;
    if (s->def[0] == '\0')
        return TARE_S("null");
    return tare_arena_printf(arena, bare ? "%s" : "\"%s\"", s->def);
}

bool tare_identity_switches(struct tare_str identity, struct tare_arena *arena,
                            struct tare_identity_part **out, uint32_t *n)
{
    struct tare_json doc;
    uint32_t room = 0;
    while (tare_harness_switch(room))
        room++;
    *n = 0;
    *out = TARE_NEW_N(arena, struct tare_identity_part, room + 1u);
    if (!*out)
        return false;
    if (!parse(identity, arena, &doc))
        return true;
    struct tare_json harness = tare_json_get(tare_json_get(doc, "parameters"), "harness");
    for (uint32_t i = 0; i < room; i++) {
        const struct tare_harness_switch *s = tare_harness_switch(i);
        struct tare_json v = tare_json_get(harness, s->key);
        if (!tare_json_present(v) || is_default(v, s))
            continue;
        (*out)[(*n)++] = (struct tare_identity_part){tare_str_of(s->key), default_json(s, arena),
                                                     tare_json_lexeme(v)};
    }
    return true;
}

static void put_json(struct tare_json_writer *w, const char *key, struct tare_str json)
{
    tare_json_put_key(w, key);
    if (json.n)
        tare_json_put_raw(w, json);
    else
        tare_json_put_null(w);
}

void tare_doc_changes(struct tare_json_writer *w, struct tare_str a, struct tare_str b)
{
    struct tare_identity_part *v = NULL;
    struct tare_arena room;
    uint32_t n = 0, total = 0;
    tare_arena_init(&room, NULL, ROOM_BYTES);
    bool known = tare_identity_changes(a, b, &room, &v, &n, &total);
    tare_json_put_key(w, "changed");
    tare_json_begin_array(w);
    for (uint32_t i = 0; known && i < n; i++) {
        tare_json_begin_object(w);
        tare_json_member_str(w, "path", v[i].path);
        put_json(w, "a", v[i].a);
        put_json(w, "b", v[i].b);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
    tare_json_member_u64(w, "changed_total", known ? total : 0);
    tare_arena_free(&room);
}

void tare_doc_switches(struct tare_json_writer *w, struct tare_str identity)
{
    struct tare_identity_part *v = NULL;
    struct tare_arena room;
    uint32_t n = 0;
    tare_arena_init(&room, NULL, ROOM_BYTES);
    bool known = tare_identity_switches(identity, &room, &v, &n);
    tare_json_put_key(w, "switches");
    tare_json_begin_array(w);
    for (uint32_t i = 0; known && i < n; i++) {
        tare_json_begin_object(w);
        tare_json_member_str(w, "switch", v[i].path);
        put_json(w, "value", v[i].b);
        put_json(w, "default", v[i].a);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
    tare_arena_free(&room);
}

struct tare_str tare_identity_text(struct tare_str json, struct tare_arena *arena)
{
    struct tare_json v;
    if (json.n == 0 || tare_str_is(json, "null"))
        return TARE_S("none");
    if (json.p[0] == '"' && parse(json, arena, &v))
        return tare_json_str(v);
    return json;
}
