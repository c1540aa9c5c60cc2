/* The checks after the parse: is there such a tool, and do the arguments fit its schema. */
#include "text/calls_int.h"

#include "base/banned.h"

static const struct {
    const char *keyword;
    enum tare_calls_finding_code code;
} codes[] = {
    {"type", TARE_V_TYPE},
    {"required", TARE_V_MISSING},
    {"dependentRequired", TARE_V_MISSING},
    {"dependencies", TARE_V_MISSING},
    {"enum", TARE_V_ENUM},
    {"const", TARE_V_ENUM},
    {"minimum", TARE_V_RANGE},
    {"maximum", TARE_V_RANGE},
    {"exclusiveMinimum", TARE_V_RANGE},
    {"exclusiveMaximum", TARE_V_RANGE},
    {"multipleOf", TARE_V_RANGE},
    {"minLength", TARE_V_RANGE},
    {"maxLength", TARE_V_RANGE},
    {"minItems", TARE_V_RANGE},
    {"maxItems", TARE_V_RANGE},
    {"uniqueItems", TARE_V_RANGE},
    {"contains", TARE_V_RANGE},
    {"minContains", TARE_V_RANGE},
    {"maxContains", TARE_V_RANGE},
    {"minProperties", TARE_V_RANGE},
    {"maxProperties", TARE_V_RANGE},
    {"pattern", TARE_V_PATTERN},
    {"format", TARE_V_FORMAT},
    {"anyOf", TARE_V_COMBINATOR},
    {"oneOf", TARE_V_COMBINATOR},
    {"not", TARE_V_COMBINATOR},
};

/* What is left (a false subschema, a name that is not allowed) is about too much. */
static enum tare_calls_finding_code code_of(struct tare_str keyword)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (tare_str_is(keyword, codes[i].keyword))
            return codes[i].code;
    return TARE_V_EXTRA;
}

static void found(struct tare__calls *c, struct tare_calls_finding f)
{
    struct tare_calls *r = c->r;
    struct tare_calls_finding *p = tare__calls_grown(c, r->findings, r->n_findings, sizeof *p);
    c->nomem |= !f.path.p || !f.says.p || !f.remedy.p;
    if (!p || c->nomem)
        return;
    r->findings = p;
    p[r->n_findings++] = f;
}

/* The pointer to a member that is not there. */
static struct tare_str with_member(struct tare_arena *arena, struct tare_str path,
                                   struct tare_str member)
{
    struct tare_buf b;
    tare_buf_init(&b, arena->alc, path.n + 2 * member.n + 1);
    tare_buf_put(&b, path);
    tare_buf_putc(&b, '/');
    for (size_t i = 0; i < member.n; i++) {
        if (member.p[i] == '~' || member.p[i] == '/')
            tare_buf_puts(&b, member.p[i] == '~' ? "~0" : "~1");
        else
            tare_buf_putc(&b, member.p[i]);
    }
    path = b.failed ? (struct tare_str){0} : tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return path;
}

/* Faults of arguments that do not fit, placed from the arguments on: these are a document of their
 * own then. (A place in a list of many calls would be counted from the begin of the list.) */
static enum tare_status faults(struct tare__calls *c, struct tare_json args,
                               const struct tare_schema *schema, struct tare_schema_fault **out,
                               struct tare_err *err)
{
    bool fit = false;
    enum tare_status st = tare_schema_valid(schema, args, c->arena, &fit, err);
    if (st != TARE_OK || fit)
        return st;
    st = tare_json_parse(tare_json_lexeme(args), NULL, c->arena, &args, err);
    return st == TARE_OK ? tare_schema_check(schema, args, c->arena, out, err) : st;
}

static void check(struct tare__calls *c, uint32_t call, const struct tare_calls_tool *t)
{
    struct tare_json args = c->r->calls[call].arguments;
    struct tare_schema_fault *f = NULL;
    struct tare_err err = {0};
    enum tare_status st = faults(c, args, t->schema, &f, &err);
    c->nomem |= st == TARE_E_NOMEM;
    if (st == TARE_E_LIMIT) /* a schema that multiplies: the arguments count as unfit */
        found(c, (struct tare_calls_finding){call, TARE_V_COMBINATOR, TARE_S(""),
                                             tare_arena_copy(c->arena, tare_str_of(err.text)),
                                             TARE_S("simplify the tool's schema")});
    for (; f && st == TARE_OK; f = f->next) {
        struct tare_calls_finding one = {call, code_of(f->keyword), f->at, f->says, f->remedy};
        if (one.code == TARE_V_MISSING && f->member.p)
            one.path = with_member(c->arena, one.path, f->member);
        found(c, one);
    }
}

void tare__calls_validate(struct tare__calls *c)
{
    for (uint32_t i = 0; i < c->r->n_calls && !c->nomem; i++) {
        const struct tare_calls_tool *t = tare__calls_tool(c, c->r->calls[i].name);
        if (!t)
            found(c, (struct tare_calls_finding){i, TARE_V_UNKNOWN_TOOL, TARE_S(""),
                                                 TARE_S("there is no tool of that name"),
                                                 TARE_S("call one of the tools that are there")});
        else if (t->schema)
            check(c, i, t);
    }
}
