#include "text/schema_int.h"

#include "base/banned.h"

static const struct {
    const char *uri;
    enum tare_schema_draft draft;
} drafts[] = {{"http://json-schema.org/draft-04/schema", TARE_SCHEMA_DRAFT4},
              {"http://json-schema.org/draft-06/schema", TARE_SCHEMA_DRAFT6},
              {"http://json-schema.org/draft-07/schema", TARE_SCHEMA_DRAFT7},
              {"https://json-schema.org/draft/2019-09/schema", TARE_SCHEMA_2019_09},
              {"https://json-schema.org/draft/2020-12/schema", TARE_SCHEMA_2020_12}};

enum tare_schema_draft tare__schema_draft_of(struct tare_str uri)
{
    struct tare_str base, fragment;
    tare__uri_split(uri, &base, &fragment);
    for (size_t i = 0; i < sizeof drafts / sizeof *drafts; i++) {
        struct tare_str known = tare_str_of(drafts[i].uri);
        if (tare_str_eq(base, known))
            return drafts[i].draft;
        /* in the wild the older ones are also spelt with https */
        if (base.n == known.n + 1 && tare_str_starts(base, TARE_S("https://")) &&
            tare_str_ends(base, tare_str_n(known.p + 7, known.n - 7)))
            return drafts[i].draft;
    }
    return TARE_SCHEMA_AUTO;
}

bool tare_schema_known(struct tare_str uri, const struct tare_schema_options *options)
{
    struct tare_str base, fragment;
    tare__uri_split(uri, &base, &fragment);
    /* without a draft in it: the newest */
    bool known = tare__schema_draft_of(uri) != TARE_SCHEMA_AUTO ||
                 tare_str_is(base, "http://json-schema.org/schema");
    for (size_t i = 0; i < options->n_docs && !known; i++)
        known = tare_str_eq(options->docs[i].uri, base);
    return known;
}

/* A document by its URI: handed in, or a meta-schema; absent: none. */
static struct tare_json document(struct tare__schema_load *l, struct tare_str uri,
                                 enum tare_status *st)
{
    struct tare_json v = {0};
    for (size_t i = 0; i < l->options.n_docs; i++)
        if (tare_str_eq(l->options.docs[i].uri, uri))
            return l->options.docs[i].value;
    struct tare_str text = tare__schema_meta(uri);
    if (text.p)
        *st = tare_json_parse(text, NULL, l->arena, &v, l->err);
    return v;
}

/* Which draft and vocabularies a "$schema" means. */
static enum tare_status dialect(struct tare__schema_load *l, struct tare_str uri,
                                struct tare__schema_resource *r)
{
    enum tare_status st = TARE_OK;
    enum tare_schema_draft d = tare__schema_draft_of(uri);
    struct tare_str base, fragment;
    if (d != TARE_SCHEMA_AUTO) {
        r->draft = d;
        return TARE_OK;
    }
    tare__uri_split(uri, &base, &fragment);
    struct tare_json meta = document(l, base, &st);
    struct tare_json vocabulary = tare_json_get(meta, "$vocabulary");
    d = tare__schema_draft_of(tare_json_str(tare_json_get(meta, "$schema")));
    r->draft = d == TARE_SCHEMA_AUTO ? r->draft : d;
    if (tare_json_kind(vocabulary) != TARE_JSON_OBJECT)
        return st;
    r->vocabularies = 0;
    for (struct tare_json v = tare_json_first(vocabulary); v.doc; v = tare_json_next(v)) {
        struct tare_str name = tare_json_key(v);
        if (tare_str_ends(name, TARE_S("/vocab/applicator")))
            r->vocabularies |= d == TARE_SCHEMA_2019_09 ? SV_APPLY | SV_UNEVALUATED : SV_APPLY;
        else if (tare_str_ends(name, TARE_S("/vocab/unevaluated")))
            r->vocabularies |= SV_UNEVALUATED;
        else if (tare_str_ends(name, TARE_S("/vocab/validation")))
            r->vocabularies |= SV_VALIDATE;
        else if (tare_str_ends(name, TARE_S("/vocab/format-assertion")) ||
                 (tare_str_ends(name, TARE_S("/vocab/format")) && tare_json_true(v)))
            r->vocabularies |= SV_FORMAT;
    }
    return st;
}

static struct tare__schema_resource *add(struct tare__schema_load *l, struct tare_json root,
                                         struct tare_str uri)
{
    struct tare__schema_resource *r = TARE_NEW(l->arena, struct tare__schema_resource);
    if (!r)
        return NULL;
    r->uri = uri;
    r->root = root;
    r->vocabularies = SV_ALL;
    r->next = l->resources;
    l->resources = r;
    l->n_resources++;
    return r;
}

struct tare__schema_resource *tare__schema_at(const struct tare__schema_load *l,
                                              struct tare_json at)
{
    for (struct tare__schema_resource *r = l->resources; r; r = r->next)
        if (!r->same && r->root.doc == at.doc && r->root.node == at.node)
            return r;
    return NULL;
}

static enum tare_status anchor(struct tare__schema_load *l, struct tare__schema_resource *r,
                               struct tare_str name, struct tare_json at, bool dynamic)
{
    struct tare__schema_anchor *a = TARE_NEW(l->arena, struct tare__schema_anchor);
    if (!a)
        return TARE_E_NOMEM;
    *a = (struct tare__schema_anchor){
        .name = name, .at = at, .dynamic = dynamic, .next = r->anchors};
    r->anchors = a;
    return TARE_OK;
}

enum shape { ONE = 1, LIST = 2, MAP = 4 };
static const struct {
    const char *name;
    unsigned shape;
} places[] = {{"additionalItems", ONE},
              {"additionalProperties", ONE},
              {"allOf", LIST},
              {"anyOf", LIST},
              {"contains", ONE},
              {"contentSchema", ONE},
              {"definitions", MAP},
              {"$defs", MAP},
              {"dependencies", MAP},
              {"dependentSchemas", MAP},
              {"else", ONE},
              {"if", ONE},
              {"items", ONE | LIST},
              {"not", ONE},
              {"oneOf", LIST},
              {"patternProperties", MAP},
              {"prefixItems", LIST},
              {"properties", MAP},
              {"propertyNames", ONE},
              {"then", ONE},
              {"unevaluatedItems", ONE},
              {"unevaluatedProperties", ONE}};

static enum tare_status walk(struct tare__schema_load *l, struct tare_json at,
                             struct tare__schema_resource *r);

static enum tare_status walk_below(struct tare__schema_load *l, struct tare_json at,
                                   struct tare__schema_resource *r)
{
    enum tare_status st = TARE_OK;
    for (struct tare_json v = tare_json_first(at); v.doc && st == TARE_OK; v = tare_json_next(v)) {
        unsigned shape = 0;
        enum tare_json_kind kind = tare_json_kind(v);
        for (size_t i = 0; i < sizeof places / sizeof *places && kind >= TARE_JSON_ARRAY; i++)
            if (tare_str_is(tare_json_key(v), places[i].name))
                shape = places[i].shape;
        if ((shape & ONE) && kind == TARE_JSON_OBJECT)
            st = walk(l, v, r);
        else if (((shape & LIST) && kind == TARE_JSON_ARRAY) ||
                 ((shape & MAP) && kind == TARE_JSON_OBJECT))
            for (struct tare_json c = tare_json_first(v); c.doc && st == TARE_OK;
                 c = tare_json_next(c))
                st = walk(l, c, r);
    }
    return st;
}

/* Opens a resource where the schema has an identifier of its own. */
static enum tare_status identify(struct tare__schema_load *l, struct tare_json at,
                                 struct tare__schema_resource **r)
{
    struct tare_json id = tare_json_get(at, (*r)->draft == TARE_SCHEMA_DRAFT4 ? "id" : "$id");
    bool old = (*r)->draft != TARE_SCHEMA_AUTO && (*r)->draft <= TARE_SCHEMA_DRAFT7;
    struct tare_str base, fragment, uri;
    if (tare_json_kind(id) != TARE_JSON_STRING ||
        (old && tare_json_kind(tare_json_get(at, "$ref")) == TARE_JSON_STRING))
        return TARE_OK;
    tare__uri_split(tare_json_str(id), &base, &fragment);
    if (base.n == 0)
        return old && fragment.n ? anchor(l, *r, fragment, at, false) : TARE_OK;
    uri = tare__uri_resolve((*r)->uri, base, l->arena);
    if (!uri.p)
        return TARE_E_NOMEM;
    if ((*r)->root.node == at.node) {
        struct tare__schema_resource *alias = add(l, at, (*r)->uri);
        if (!alias)
            return TARE_E_NOMEM;
        alias->same = *r;
        (*r)->uri = uri;
        return TARE_OK;
    }
    struct tare__schema_resource *own = add(l, at, uri);
    if (!own)
        return TARE_E_NOMEM;
    own->draft = (*r)->draft;
    own->vocabularies = (*r)->vocabularies;
    *r = own;
    struct tare_json schema = tare_json_get(at, "$schema");
    return tare_json_kind(schema) == TARE_JSON_STRING ? dialect(l, tare_json_str(schema), own)
                                                      : TARE_OK;
}

static enum tare_status walk(struct tare__schema_load *l, struct tare_json at,
                             struct tare__schema_resource *r)
{
    if (tare_json_kind(at) != TARE_JSON_OBJECT)
        return TARE_OK;
    enum tare_status st = tare__schema_steps(l, at, 4 + 2 * (uint64_t)tare_json_count(at));
    if (st == TARE_OK)
        st = identify(l, at, &r);
    struct tare_json a = tare_json_get(at, "$anchor"), d = tare_json_get(at, "$dynamicAnchor");
    if (st == TARE_OK && tare_json_kind(a) == TARE_JSON_STRING)
        st = anchor(l, r, tare_json_str(a), at, false);
    if (st == TARE_OK && tare_json_kind(d) == TARE_JSON_STRING)
        st = anchor(l, r, tare_json_str(d), at, true);
    if (st == TARE_OK && tare_json_true(tare_json_get(at, "$recursiveAnchor")))
        st = anchor(l, r, tare_str_n("", 0), at, true);
    return st == TARE_OK ? walk_below(l, at, r) : st;
}

enum tare_status tare__schema_index(struct tare__schema_load *l, struct tare_json doc,
                                    struct tare_str uri, enum tare_schema_draft draft)
{
    struct tare__schema_resource *r = add(l, doc, uri);
    if (!r)
        return tare_fail(l->err, TARE_E_NOMEM, "no memory for a schema");
    r->draft = draft;
    struct tare_json schema = tare_json_get(doc, "$schema");
    enum tare_status st = TARE_OK;
    if (tare_json_kind(schema) == TARE_JSON_STRING)
        st = dialect(l, tare_json_str(schema), r);
    if (st == TARE_OK)
        st = walk(l, doc, r);
    return st == TARE_E_NOMEM ? tare_fail(l->err, st, "no memory for a schema") : st;
}

static struct tare__schema_resource *by_uri(struct tare__schema_load *l, struct tare_str uri)
{
    struct tare__schema_resource *alias = NULL;
    for (struct tare__schema_resource *r = l->resources; r; r = r->next) {
        if (!tare_str_eq(r->uri, uri))
            continue;
        if (!r->same)
            return r;
        alias = r->same;
    }
    return alias;
}

/* One reference token, unescaped; NULL p: no memory. */
static struct tare_str token(struct tare_str s, struct tare_arena *arena)
{
    char *p = tare_arena_alloc(arena, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; p && i < s.n; i++) {
        bool tilde = s.p[i] == '~' && i + 1 < s.n && (s.p[i + 1] == '0' || s.p[i + 1] == '1');
        p[n++] = !tilde ? s.p[i] : s.p[i + 1] == '0' ? '~' : '/';
        i += tilde;
    }
    return tare_str_n(p, n);
}

static enum tare_status follow(struct tare__schema_load *l, struct tare_str pointer,
                               struct tare_json at, struct tare_json *out,
                               struct tare__schema_resource **r)
{
    size_t i = 0;
    while (i < pointer.n && at.doc) {
        bool box = tare_json_kind(at) >= TARE_JSON_ARRAY;
        enum tare_status st = tare__schema_steps(
            l, at, 10 + (box ? tare_json_count(at) / 4 : 0u) + l->n_resources / 4);
        if (st != TARE_OK)
            return st;
        size_t end = ++i;
        uint64_t index = 0;
        while (end < pointer.n && pointer.p[end] != '/')
            end++;
        struct tare_str t = token(tare_str_n(pointer.p + i, end - i), l->arena);
        if (!t.p)
            return tare_fail(l->err, TARE_E_NOMEM, "no memory for a schema");
        if (tare_json_kind(at) == TARE_JSON_ARRAY)
            at = tare_str_to_u64(t, &index) && index < tare_json_count(at)
                     ? tare_json_at(at, (uint32_t)index)
                     : (struct tare_json){0};
        else
            at = tare_json_get_str(at, t);
        struct tare__schema_resource *own = at.doc ? tare__schema_at(l, at) : NULL;
        *r = own ? own : *r;
        i = end;
    }
    *out = at;
    return TARE_OK;
}

enum tare_status tare__schema_find(struct tare__schema_load *l,
                                   const struct tare__schema_resource *from, struct tare_str ref,
                                   struct tare_json *at, struct tare__schema_resource **resource,
                                   struct tare__schema_anchor **by)
{
    enum tare_status st = tare__schema_steps(l, from->root, 20 + ref.n / 8 + l->n_resources / 4);
    if (st != TARE_OK)
        return st;
    struct tare_str uri = tare__uri_resolve(from->uri, ref, l->arena), base, fragment;
    if (!uri.p)
        return tare_fail(l->err, TARE_E_NOMEM, "no memory for a schema");
    tare__uri_split(uri, &base, &fragment);
    struct tare__schema_resource *r = by_uri(l, base);
    if (!r) {
        struct tare_json doc = document(l, base, &st);
        if (st == TARE_OK && doc.doc)
            st = tare__schema_index(l, doc, base, from->draft);
        if (st != TARE_OK)
            return st;
        r = doc.doc ? by_uri(l, base) : NULL;
    }
    *by = NULL;
    *at = (struct tare_json){0};
    *resource = r;
    fragment = tare__uri_decode(fragment, l->arena);
    if (!fragment.p)
        return tare_fail(l->err, TARE_E_NOMEM, "no memory for a schema");
    if (r && fragment.n == 0) {
        *at = r->root;
    } else if (r && fragment.p[0] == '/') {
        st = follow(l, fragment, r->root, at, resource);
    } else if (r) {
        uint64_t n = 0;
        for (struct tare__schema_anchor *a = r->anchors; a && !at->doc; a = a->next, n++)
            if (tare_str_eq(a->name, fragment)) {
                *at = a->at;
                *by = a;
            }
        st = tare__schema_steps(l, r->root, n);
    }
    return st;
}
