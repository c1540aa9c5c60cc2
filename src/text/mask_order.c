#include "text/mask_order.h"

#include <stdlib.h>

#include "text/json_int.h"
#include "text/schema_int.h"

#include "base/banned.h"

#define MAX_NODES 256u /* subschemas of one value; the order of what is beyond is not looked at */

struct order {
    const struct tare_schema *schema;
    struct tare_arena *scratch;
    struct tare_buf *out;
    struct tare_err *err;
    enum tare_status st;
};

/* Subschemas that apply to one value, in the order their rules are lowered in. */
struct nodes {
    const struct tare__schema_node *v[MAX_NODES];
    uint32_t n;
};

struct placed {
    struct tare_json v;
    uint32_t rank, index;
};

static void write_value(struct order *o, const struct nodes *given, struct tare_json v);

static bool holds(struct order *o, const struct tare__schema_node *n, struct tare_json v)
{
    struct tare_schema s = {.root = n, .marks = o->schema->marks};
    bool valid = false;
    if (o->st == TARE_OK)
        o->st = tare_schema_valid(&s, v, o->scratch, &valid, o->err);
    return valid;
}

/* False: it is there, or there is no room. */
static bool take(struct nodes *to, const struct tare__schema_node *n)
{
    for (uint32_t i = 0; i < to->n; i++)
        if (to->v[i] == n)
            return false;
    if (!n || to->n == MAX_NODES)
        return false;
    to->v[to->n++] = n;
    return true;
}

static void follow(struct order *o, struct nodes *to, const struct tare__schema_node *n,
                   struct tare_json v);

/* The node and those it leads to without going into the value: its own first, then in order. */
static void take_all(struct order *o, struct nodes *to, const struct tare__schema_node *n,
                     struct tare_json v)
{
    if (o->st == TARE_OK && take(to, n))
        follow(o, to, n, v); /* at most MAX_NODES deep */
}

static void follow(struct order *o, struct nodes *to, const struct tare__schema_node *n,
                   struct tare_json v)
{
    for (uint32_t i = 0; i < n->n_rules; i++) {
        const struct tare__schema_rule *r = &n->rules[i];
        if (r->op == SO_REF)
            take_all(o, to, r->node, v);
        for (uint32_t k = 0; r->op == SO_ALL_OF && k < r->n_list; k++)
            take_all(o, to, r->list[k].node, v);
        for (uint32_t k = 0; (r->op == SO_ANY_OF || r->op == SO_ONE_OF) && k < r->n_list; k++)
            if (holds(o, r->list[k].node, v))
                take_all(o, to, r->list[k].node, v);
        if (r->op == SO_IF && holds(o, r->node, v)) {
            take_all(o, to, r->node, v);
            take_all(o, to, r->then, v);
        } else if (r->op == SO_IF) {
            take_all(o, to, r->otherwise, v);
        }
        for (uint32_t k = 0; r->op == SO_DEPENDENT && k < r->n_list; k++)
            if (r->list[k].node && tare_json_present(tare_json_get_str(v, r->list[k].name)))
                take_all(o, to, r->list[k].node, v);
    }
}

static const struct tare__schema_node *declared(const struct tare__schema_rule *r,
                                                struct tare_str name, uint32_t *rank)
{
    for (uint32_t i = 0; i < r->n_list; i++, ++*rank)
        if (tare_str_eq(r->list[i].name, name))
            return r->list[i].node;
    return NULL;
}

/* What the member must meet, and where it stands among the declared ones. */
static uint32_t rank_of(const struct nodes *all, struct tare_str name, struct nodes *of_value)
{
    uint32_t rank = 0, best = UINT32_MAX;
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < all->n; i++)
            for (uint32_t k = 0; k < all->v[i]->n_rules; k++) {
                const struct tare__schema_rule *r = &all->v[i]->rules[k];
                uint32_t here = rank;
                if (r->op != (pass ? SO_REQUIRED : SO_OBJECT))
                    continue;
                const struct tare__schema_node *n = declared(r, name, &here);
                bool known = here - rank < r->n_list;
                if (known && best == UINT32_MAX)
                    best = here;
                rank += r->n_list;
                if (pass)
                    continue;
                (void)take(of_value, n);
                for (uint32_t p = 0; p < r->n_patterns; p++)
                    if (tare_regex_search(r->patterns[p].pattern.regex, name)) {
                        (void)take(of_value, r->patterns[p].node);
                        known = true;
                    }
                if (!known)
                    (void)take(of_value, r->node);
            }
    return best;
}

static int by_rank(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static void write_object(struct order *o, const struct nodes *all, struct tare_json v)
{
    uint32_t n = 0;
    struct placed *m = TARE_NEW_N(o->scratch, struct placed, (size_t)tare_json_count(v) + 1);
    struct nodes *of_value = TARE_NEW(o->scratch, struct nodes);
    if (!m || !of_value) {
        o->st = tare_fail(o->err, TARE_E_NOMEM, "not enough memory for an instance");
        return;
    }
    for (struct tare_json k = tare_json_first(v); k.doc; k = tare_json_next(k), n++) {
        of_value->n = 0;
        m[n] = (struct placed){k, rank_of(all, tare_json_key(k), of_value), n};
    }
    if (n)
        qsort(m, n, sizeof *m, by_rank);
    tare_buf_putc(o->out, '{');
    for (uint32_t i = 0; i < n && o->st == TARE_OK; i++) {
        of_value->n = 0;
        (void)rank_of(all, tare_json_key(m[i].v), of_value);
        if (i)
            tare_buf_putc(o->out, ',');
        tare__json_quote(o->out, tare_json_key(m[i].v), false);
        tare_buf_putc(o->out, ':');
        write_value(o, of_value, m[i].v);
    }
    tare_buf_putc(o->out, '}');
}

static void write_array(struct order *o, const struct nodes *all, struct tare_json v)
{
    uint32_t i = 0;
    struct nodes *of_value = TARE_NEW(o->scratch, struct nodes);
    if (!of_value) {
        o->st = tare_fail(o->err, TARE_E_NOMEM, "not enough memory for an instance");
        return;
    }
    tare_buf_putc(o->out, '[');
    for (struct tare_json k = tare_json_first(v); k.doc && o->st == TARE_OK;
         k = tare_json_next(k), i++) {
        of_value->n = 0;
        for (uint32_t a = 0; a < all->n; a++)
            for (uint32_t b = 0; b < all->v[a]->n_rules; b++) {
                const struct tare__schema_rule *r = &all->v[a]->rules[b];
                if (r->op == SO_ARRAY)
                    (void)take(of_value, i < r->n_list ? r->list[i].node : r->node);
                else if (r->op == SO_CONTAINS && holds(o, r->node, k))
                    (void)take(of_value, r->node);
            }
        if (i)
            tare_buf_putc(o->out, ',');
        write_value(o, of_value, k);
    }
    tare_buf_putc(o->out, ']');
}

/* As deep as the reader lets a value be. */
static void write_value(struct order *o, const struct nodes *given, struct tare_json v)
{
    enum tare_json_kind kind = tare_json_kind(v);
    if (kind != TARE_JSON_OBJECT && kind != TARE_JSON_ARRAY) {
        tare_json_print(v, o->out);
        return;
    }
    struct nodes *all = TARE_NEW(o->scratch, struct nodes);
    if (!all) {
        o->st = tare_fail(o->err, TARE_E_NOMEM, "not enough memory for an instance");
        return;
    }
    for (uint32_t i = 0; i < given->n; i++)
        take_all(o, all, given->v[i], v);
    if (kind == TARE_JSON_OBJECT)
        write_object(o, all, v);
    else
        write_array(o, all, v);
}

enum tare_status tare_mask_order(const struct tare_schema *schema, struct tare_json value,
                                 struct tare_arena *scratch, struct tare_buf *out,
                                 struct tare_err *err)
{
    struct order o = {.schema = schema, .scratch = scratch, .out = out, .err = err};
    struct nodes *root = TARE_NEW(scratch, struct nodes);
    if (!root)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for an instance");
    (void)take(root, schema->root);
    write_value(&o, root, value);
    if (o.st == TARE_OK && out->failed)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for an instance");
    return o.st;
}
