#include "text/schema_int.h"
#include "text/utf8.h"

#include "base/hash.h"

#include "base/banned.h"

/* The resources entered on the way here, the innermost first. */
struct scope {
    const struct tare__schema_resource *resource;
    const struct scope *outer;
};

struct run {
    const struct tare_schema *schema;
    struct tare_arena *arena;
    struct tare_err *err;
    enum tare_status status;
    uint32_t depth, steps, n_faults;
    bool collect; /* go on after a fault and tell it */
    bool trying;  /* an alternative, to say what it lacks */
    struct tare_schema_fault *first, **tail;
};

/* A value, what was noted about its members, and where. */
struct place {
    struct run *run;
    struct tare_json value;
    const struct scope *scope;
    uint64_t *marks; /* a bit a child; NULL: nobody wants to know */
};

static bool eval(struct run *run, const struct tare__schema_node *n, struct tare_json value,
                 const struct scope *outer, uint64_t *marks);

static bool stop(struct run *run, enum tare_status st, const char *what)
{
    if (run->status == TARE_OK)
        run->status = tare_fail(run->err, st, "%s", what);
    return false;
}

static bool fault(struct run *run, const struct tare__schema_rule *r,
                  const struct tare__schema_node *n, struct tare_json value, uint64_t found,
                  struct tare_str name)
{
    if (!run->collect || run->n_faults >= TARE__SCHEMA_MAX_FAULTS)
        return false;
    struct tare_schema_fault *f = TARE_NEW(run->arena, struct tare_schema_fault);
    if (!f)
        return stop(run, TARE_E_NOMEM, "no memory for the faults");
    f->at = tare_json_pointer(value, run->arena);
    f->offset = tare_json_offset(value);
    f->keyword = tare_str_of(r->keyword);
    f->member = name;
    f->schema = tare_json_pointer(r->at, run->arena);
    if (r->at.doc != run->schema->root->at.doc)
        f->resource = n->resource->uri;
    if (tare_str_starts(f->resource, TARE_S(TARE_SCHEMA_BASE)))
        f->resource = tare_str_n(f->resource.p + strlen(TARE_SCHEMA_BASE),
                                 f->resource.n - strlen(TARE_SCHEMA_BASE));
    tare__schema_tell(r, value, found, name, run->arena, &f->says, &f->remedy);
    if (!f->says.p || !f->remedy.p || !f->at.p || !f->schema.p)
        return stop(run, TARE_E_NOMEM, "no memory for the faults");
    *run->tail = f;
    run->tail = &f->next;
    run->n_faults++;
    return false;
}

static size_t words_of(struct tare_json v)
{
    return ((size_t)tare_json_count(v) + 63) / 64;
}

static void mark(uint64_t *marks, uint32_t i)
{
    if (marks)
        marks[i / 64] |= (uint64_t)1 << (i % 64);
}

static bool search(const struct tare__schema_pattern *p, struct tare_str text)
{
    return p->dfa ? tare_regex_dfa_run(p->dfa, text) : tare_regex_search(p->regex, text);
}

/* A subschema whose faults are not faults of the whole; its notes count only when it holds. */
static bool attempt(const struct place *p, const struct tare__schema_node *n)
{
    struct run *run = p->run;
    bool collect = run->collect;
    run->collect = false;
    bool ok = eval(run, n, p->value, p->scope, p->marks);
    run->collect = collect;
    return ok;
}

static bool type_fits(const struct tare__schema_rule *r, struct tare_json v)
{
    enum tare_json_kind k = tare_json_kind(v);
    if (r->types >> k & 1)
        return true;
    if (k != TARE_JSON_NUMBER || !(r->types >> 31))
        return false;
    if (tare_json_is_integer(v))
        return true;
    struct tare__decimal d = tare__decimal_of(tare_json_lexeme(v));
    return !r->draft4 && tare__decimal_integer(&d);
}

static bool in_enum(const struct tare__schema_rule *r, struct tare_json v)
{
    for (struct tare_json c = tare_json_first(r->at); c.doc; c = tare_json_next(c))
        if (tare_json_kind(c) == tare_json_kind(v) && tare_json_equal(c, v))
            return true;
    return false;
}

static bool number_fits(const struct tare__schema_rule *r, struct tare_json v)
{
    struct tare__decimal d = tare__decimal_of(tare_json_lexeme(v));
    if (r->op == SO_MULTIPLE)
        return tare__decimal_multiple(&d, &r->number);
    int c = tare__decimal_cmp(&d, &r->number);
    return r->op == SO_MINIMUM             ? c >= 0
           : r->op == SO_MAXIMUM           ? c <= 0
           : r->op == SO_EXCLUSIVE_MINIMUM ? c > 0
                                           : c < 0;
}

static const struct tare__schema_property *property(const struct tare__schema_rule *r,
                                                    struct tare_str name)
{
    if (!r->table) {
        for (uint32_t i = 0; i < r->n_list; i++)
            if (tare_str_eq(r->list[i].name, name))
                return &r->list[i];
        return NULL;
    }
    for (uint64_t h = tare_hash64(name, 0);; h++) {
        uint32_t i = r->table[h & (r->n_table - 1)];
        if (!i || tare_str_eq(r->list[i - 1].name, name))
            return i ? &r->list[i - 1] : NULL;
    }
}

static bool object(const struct place *p, const struct tare__schema_rule *r)
{
    struct run *run = p->run;
    bool ok = true;
    uint32_t i = 0;
    for (struct tare_json v = tare_json_first(p->value); v.doc && (ok || run->collect);
         v = tare_json_next(v), i++) {
        struct tare_str name = tare_json_key(v);
        const struct tare__schema_property *known = property(r, name);
        bool seen = known != NULL;
        if (known)
            ok &= eval(run, known->node, v, p->scope, NULL);
        for (uint32_t k = 0; k < r->n_patterns && (ok || run->collect); k++)
            if (search(&r->patterns[k].pattern, name)) {
                seen = true;
                ok &= eval(run, r->patterns[k].node, v, p->scope, NULL);
            }
        if (!seen && r->node) {
            seen = true;
            ok &= eval(run, r->node, v, p->scope, NULL);
        }
        if (seen)
            mark(p->marks, i);
    }
    return ok;
}

static bool array(const struct place *p, const struct tare__schema_rule *r)
{
    struct run *run = p->run;
    bool ok = true;
    uint32_t i = 0;
    for (struct tare_json v = tare_json_first(p->value); v.doc && (ok || run->collect);
         v = tare_json_next(v), i++) {
        const struct tare__schema_node *n = i < r->n_list ? r->list[i].node : r->node;
        if (!n)
            break;
        ok &= eval(run, n, v, p->scope, NULL);
        mark(p->marks, i);
    }
    return ok;
}

/* The name of a member, as a value of its own: a text that borrows. */
static bool names(const struct place *p, const struct tare__schema_rule *r,
                  const struct tare__schema_node *n)
{
    struct run *run = p->run;
    bool ok = true;
    for (struct tare_json v = tare_json_first(p->value); v.doc && (ok || run->collect);
         v = tare_json_next(v)) {
        /* on the tape the key is the node before its value */
        struct tare_json key = {v.doc, v.node - 1};
        bool collect = run->collect;
        run->collect = false;
        bool good = eval(run, r->node, key, p->scope, NULL);
        run->collect = collect;
        if (!good && run->status == TARE_OK)
            (void)fault(run, r, n, v, 0, tare_json_key(v));
        ok &= good;
    }
    return ok;
}

static bool contains(const struct place *p, const struct tare__schema_rule *r, uint64_t *found)
{
    struct place child = {p->run, p->value, p->scope, NULL};
    uint32_t i = 0;
    *found = 0;
    for (child.value = tare_json_first(p->value); child.value.doc;
         child.value = tare_json_next(child.value), i++)
        if (attempt(&child, r->node)) {
            ++*found;
            mark(r->marks ? p->marks : NULL, i);
        }
    return *found >= r->count && *found <= r->max;
}

static const struct tare__schema_node *dynamic(const struct place *p,
                                               const struct tare__schema_rule *r)
{
    const struct tare__schema_node *n = r->node;
    for (const struct scope *s = p->scope; s; s = s->outer)
        for (const struct tare__schema_anchor *a = s->resource->anchors; a; a = a->next)
            if (a->dynamic && a->node && tare_str_eq(a->name, r->name))
                n = a->node;
    return n;
}

static bool choose(const struct place *p, const struct tare__schema_rule *r, uint64_t *found)
{
    *found = 0;
    for (uint32_t i = 0; i < r->n_list; i++) {
        *found += attempt(p, r->list[i].node);
        if ((*found && r->op == SO_ANY_OF && !p->marks) || *found > 1) {
            if (r->op == SO_ONE_OF)
                break;
            if (!p->marks)
                break;
        }
    }
    return r->op == SO_ANY_OF ? *found > 0 : *found == 1;
}

static bool all(const struct place *p, const struct tare__schema_rule *r)
{
    bool ok = true;
    for (uint32_t i = 0; i < r->n_list && (ok || p->run->collect); i++)
        ok &= eval(p->run, r->list[i].node, p->value, p->scope, p->marks);
    return ok;
}

static bool dependent(const struct place *p, const struct tare__schema_rule *r,
                      const struct tare__schema_node *n)
{
    bool ok = true;
    for (uint32_t i = 0; i < r->n_list && (ok || p->run->collect); i++) {
        const struct tare__schema_property *d = &r->list[i];
        if (!tare_json_present(tare_json_get_str(p->value, d->name)))
            continue;
        if (d->node) {
            ok &= eval(p->run, d->node, p->value, p->scope, p->marks);
            continue;
        }
        bool one = tare_json_kind(d->list) == TARE_JSON_STRING;
        for (struct tare_json c = one ? d->list : tare_json_first(d->list); c.doc;
             c = one ? (struct tare_json){0} : tare_json_next(c))
            if (!tare_json_present(tare_json_get_str(p->value, tare_json_str(c))))
                ok = fault(p->run, r, n, p->value, 0, tare_json_str(c));
    }
    return ok;
}

static bool required(const struct place *p, const struct tare__schema_rule *r,
                     const struct tare__schema_node *n)
{
    bool ok = true;
    for (uint32_t i = 0; i < r->n_list && (ok || p->run->collect); i++)
        if (!tare_json_present(tare_json_get_str(p->value, r->list[i].name)))
            ok = fault(p->run, r, n, p->value, 0, r->list[i].name);
    return ok;
}

static bool unevaluated(const struct place *p, const struct tare__schema_rule *r)
{
    bool ok = true;
    uint32_t i = 0;
    for (struct tare_json v = tare_json_first(p->value); v.doc && (ok || p->run->collect);
         v = tare_json_next(v), i++) {
        if (p->marks[i / 64] >> (i % 64) & 1)
            continue;
        ok &= eval(p->run, r->node, v, p->scope, NULL);
        mark(p->marks, i);
    }
    return ok;
}

/* Rules for any kind of value. True when the value keeps it; *told: faults are told already. */
static bool general(const struct place *p, const struct tare__schema_rule *r, uint64_t *found,
                    bool *told)
{
    *told = false;
    switch (r->op) {
    case SO_FALSE:
        return false;
    case SO_TYPE:
        return type_fits(r, p->value);
    case SO_CONST:
        return tare_json_kind(r->at) == tare_json_kind(p->value) &&
               tare_json_equal(r->at, p->value);
    case SO_ENUM:
        return in_enum(r, p->value);
    case SO_ANY_OF:
    case SO_ONE_OF:
        return choose(p, r, found);
    case SO_NOT: {
        struct place quiet = {p->run, p->value, p->scope, NULL};
        return !attempt(&quiet, r->node);
    }
    default:
        break;
    }
    *told = true;
    if (r->op == SO_ALL_OF)
        return all(p, r);
    if (r->op == SO_REF || r->op == SO_DYNAMIC_REF)
        return eval(p->run, r->op == SO_REF ? r->node : dynamic(p, r), p->value, p->scope,
                    p->marks);
    const struct tare__schema_node *branch = attempt(p, r->node) ? r->then : r->otherwise;
    return !branch || eval(p->run, branch, p->value, p->scope, p->marks);
}

static bool of_string(const struct place *p, const struct tare__schema_rule *r, uint64_t *found)
{
    struct tare_str s = tare_json_str(p->value);
    switch (r->op) {
    case SO_MIN_LENGTH:
        return (*found = tare_utf8_count(s)) >= r->count;
    case SO_MAX_LENGTH:
        return (*found = tare_utf8_count(s)) <= r->count;
    case SO_PATTERN:
        return search(&r->pattern, s);
    case SO_FORMAT:
        return tare_schema_format(tare_json_str(r->at), s, p->run->arena);
    default:
        return true;
    }
}

static bool of_array(const struct place *p, const struct tare__schema_rule *r, uint64_t *found,
                     bool *told)
{
    bool unique = true;
    *found = tare_json_count(p->value);
    switch (r->op) {
    case SO_MIN_ITEMS:
        return *found >= r->count;
    case SO_MAX_ITEMS:
        return *found <= r->count;
    case SO_UNIQUE:
        if (!tare__schema_unique(p->value, p->run->arena, &unique))
            return stop(p->run, TARE_E_NOMEM, "no memory to compare the items");
        return unique;
    case SO_CONTAINS:
        return contains(p, r, found);
    case SO_ARRAY:
        *told = true;
        return array(p, r);
    case SO_UNEVALUATED_ITEMS:
        *told = true;
        return unevaluated(p, r);
    default:
        return true;
    }
}

static bool of_object(const struct place *p, const struct tare__schema_rule *r,
                      const struct tare__schema_node *n, uint64_t *found, bool *told)
{
    *found = tare_json_count(p->value);
    if (r->op == SO_MIN_PROPERTIES || r->op == SO_MAX_PROPERTIES)
        return r->op == SO_MIN_PROPERTIES ? *found >= r->count : *found <= r->count;
    *told = true;
    switch (r->op) {
    case SO_REQUIRED:
        return required(p, r, n);
    case SO_DEPENDENT:
        return dependent(p, r, n);
    case SO_OBJECT:
        return object(p, r);
    case SO_NAMES:
        return names(p, r, n);
    case SO_UNEVALUATED_PROPERTIES:
        return unevaluated(p, r);
    default:
        return true;
    }
}

/* Which kind of value a rule is about; ABSENT: any. */
static enum tare_json_kind kind_of(enum tare__schema_op op)
{
    static const uint8_t kinds[] = {[SO_MINIMUM] = TARE_JSON_NUMBER,
                                    [SO_MAXIMUM] = TARE_JSON_NUMBER,
                                    [SO_EXCLUSIVE_MINIMUM] = TARE_JSON_NUMBER,
                                    [SO_EXCLUSIVE_MAXIMUM] = TARE_JSON_NUMBER,
                                    [SO_MULTIPLE] = TARE_JSON_NUMBER,
                                    [SO_MIN_LENGTH] = TARE_JSON_STRING,
                                    [SO_MAX_LENGTH] = TARE_JSON_STRING,
                                    [SO_PATTERN] = TARE_JSON_STRING,
                                    [SO_FORMAT] = TARE_JSON_STRING,
                                    [SO_MIN_ITEMS] = TARE_JSON_ARRAY,
                                    [SO_MAX_ITEMS] = TARE_JSON_ARRAY,
                                    [SO_UNIQUE] = TARE_JSON_ARRAY,
                                    [SO_MIN_PROPERTIES] = TARE_JSON_OBJECT,
                                    [SO_MAX_PROPERTIES] = TARE_JSON_OBJECT,
                                    [SO_REQUIRED] = TARE_JSON_OBJECT,
                                    [SO_DEPENDENT] = TARE_JSON_OBJECT,
                                    [SO_OBJECT] = TARE_JSON_OBJECT,
                                    [SO_NAMES] = TARE_JSON_OBJECT,
                                    [SO_ARRAY] = TARE_JSON_ARRAY,
                                    [SO_CONTAINS] = TARE_JSON_ARRAY,
                                    [SO_UNEVALUATED_ITEMS] = TARE_JSON_ARRAY,
                                    [SO_UNEVALUATED_PROPERTIES] = TARE_JSON_OBJECT};
    return (enum tare_json_kind)kinds[op];
}

/* What applying the rule to the value costs at most, subschemas left out. */
static uint64_t steps_of(const struct tare__schema_rule *r, struct tare_json v)
{
    enum tare_json_kind kind = tare_json_kind(v);
    uint64_t size = kind >= TARE_JSON_ARRAY ? tare_json_count(v) : 0;
    if (kind == TARE_JSON_STRING)
        size = tare_json_str(v).n / 8;
    switch (r->op) {
    case SO_ENUM:
        return 3 + (1 + size) * tare_json_count(r->at) / 2;
    case SO_PATTERN:
        return 3 + size * (r->pattern.dfa ? 2 : 200);
    case SO_UNIQUE:
        return 3 + 20 * size;
    case SO_OBJECT:
        return 3 + size * (2 + 20 * (uint64_t)r->n_patterns) + r->n_list;
    default:
        return 3 + size + r->n_list;
    }
}

/* The name that a false subschema is about, where it is not allowed for its name; else none. */
static struct tare_str member_of(const struct tare__schema_rule *r, struct tare_json v)
{
    static const struct tare_str none = {NULL, 0};
    return r->op == SO_FALSE && strstr(r->keyword, "Properties") ? tare_json_key(v) : none;
}

/* How far a value is from an alternative: by its faults; one of another kind is no near one. */
static uint32_t distance(const struct run *run, const struct place *p)
{
    const struct tare_schema_fault *f = run->first;
    if (f && f->offset == tare_json_offset(p->value) && tare_str_is(f->keyword, "type"))
        return UINT32_MAX;
    return f ? run->n_faults : UINT32_MAX;
}

/* What the alternative with the fewest faults lacks goes into the remedy of the fault told last. */
static bool tell_nearest(const struct place *p, const struct tare__schema_rule *r,
                         struct tare_schema_fault *fault_)
{
    struct run *run = p->run, was = *run;
    struct tare_schema_fault *nearest = NULL;
    uint32_t best = UINT32_MAX, number = 0;
    for (uint32_t i = 0; i < r->n_list && i < TARE__SCHEMA_MAX_TRIED; i++) {
        run->trying = true;
        run->n_faults = 0;
        run->first = NULL;
        run->tail = &run->first;
        (void)eval(run, r->list[i].node, p->value, p->scope, NULL);
        if (run->status != TARE_OK)
            break;
        if (distance(run, p) < best) {
            best = distance(run, p);
            nearest = run->first;
            number = i + 1;
        }
    }
    enum tare_status st = run->status;
    *run = was;
    if (st == TARE_E_NOMEM)
        return stop(run, st, "no memory for the faults");
    if (!nearest)
        return false;
    struct tare_str at = tare_str_n(nearest->at.p + fault_->at.n, nearest->at.n - fault_->at.n);
    fault_->remedy = tare_arena_printf(run->arena, "%.*s; nearest is number %u: %.*s%s%.*s",
                                       TARE_FMT(fault_->remedy), number, TARE_FMT(at),
                                       at.n ? ": " : "", TARE_FMT(nearest->says));
    return fault_->remedy.p ? false : stop(run, TARE_E_NOMEM, "no memory for the faults");
}

/* The fault of a rule that tells its own; of alternatives none of which fits, also the nearest. */
static void tell(const struct place *p, const struct tare__schema_rule *r,
                 const struct tare__schema_node *n, uint64_t found)
{
    struct run *run = p->run;
    struct tare_schema_fault **slot = run->tail;
    (void)fault(run, r, n, p->value, found, member_of(r, p->value));
    if (run->collect && !run->trying && run->status == TARE_OK && *slot && found == 0 &&
        (r->op == SO_ANY_OF || r->op == SO_ONE_OF))
        (void)tell_nearest(p, r, *slot);
}

static bool rule(const struct place *p, const struct tare__schema_rule *r,
                 const struct tare__schema_node *n)
{
    enum tare_json_kind about = kind_of(r->op), kind = tare_json_kind(p->value);
    uint64_t found = 0;
    bool told = false, ok;
    struct tare_work *work = p->run->schema->work;
    if (about != TARE_JSON_ABSENT && about != kind)
        return true;
    if (work && !tare_work_do(work, steps_of(r, p->value)))
        return stop(p->run, TARE_E_LIMIT, "it needs more steps than one compile may take");
    if (about == TARE_JSON_ABSENT)
        ok = general(p, r, &found, &told);
    else if (kind == TARE_JSON_NUMBER)
        ok = number_fits(r, p->value);
    else if (kind == TARE_JSON_STRING)
        ok = of_string(p, r, &found);
    else if (kind == TARE_JSON_ARRAY)
        ok = of_array(p, r, &found, &told);
    else
        ok = of_object(p, r, n, &found, &told);
    if (!ok && !told && p->run->status == TARE_OK)
        tell(p, r, n, found);
    return ok;
}

static bool eval(struct run *run, const struct tare__schema_node *n, struct tare_json value,
                 const struct scope *outer, uint64_t *marks)
{
    struct scope scope = {n->resource, outer};
    struct place p = {run, value, &scope, NULL};
    uint64_t small[2] = {0};
    size_t words = 0;
    bool ok = true;
    if (run->status != TARE_OK)
        return false;
    if (run->depth >= TARE__SCHEMA_MAX_DEPTH)
        return stop(run, TARE_E_LIMIT,
                    "nested too deeply, perhaps a \"$ref\" that leads to itself");
    if (++run->steps > TARE__SCHEMA_MAX_STEPS)
        return stop(run, TARE_E_LIMIT, "too many subschemas met; the schema multiplies");
    if (n->n_rules == 0)
        return true;
    if (outer && outer->resource == n->resource)
        p.scope = outer;
    if (marks || n->unevaluated) {
        words = words_of(value);
        p.marks = words <= 2 ? small : TARE_NEW_N(run->arena, uint64_t, words);
        if (!p.marks)
            return stop(run, TARE_E_NOMEM, "no memory to note what was evaluated");
    }
    run->depth++;
    for (uint32_t i = 0; i < n->n_rules && (ok || run->collect); i++)
        ok &= rule(&p, &n->rules[i], n);
    run->depth--;
    if (ok && marks)
        for (size_t i = 0; i < words; i++)
            marks[i] |= p.marks[i];
    return ok && run->status == TARE_OK;
}

enum tare_status tare_schema_valid(const struct tare_schema *s, struct tare_json value,
                                   struct tare_arena *scratch, bool *valid, struct tare_err *err)
{
    struct run run = {.schema = s, .arena = scratch, .err = err};
    struct tare_arena_mark mark_ = tare_arena_mark(scratch);
    *valid = eval(&run, s->root, value, NULL, NULL);
    tare_arena_rewind(scratch, mark_);
    return run.status;
}

enum tare_status tare_schema_check(const struct tare_schema *s, struct tare_json value,
                                   struct tare_arena *arena, struct tare_schema_fault **first,
                                   struct tare_err *err)
{
    struct run run = {.schema = s, .arena = arena, .err = err, .collect = true};
    run.tail = &run.first;
    (void)eval(&run, s->root, value, NULL, NULL);
    *first = run.first;
    return run.status;
}
