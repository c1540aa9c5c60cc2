/* Prices in US dollars a million tokens. The built-in table is a data table with a date: list
 * prices change, nobody has checked these since that date, a person's own file stands above it, and
 * what is in neither is unknown, never zero. */
#include "solver/model_price.h"

#include "base/fs.h"
#include "base/limits.h"
#include "text/fields.h"
#include "text/yaml.h"

#include "base/banned.h"

#define PRICES_DATE "2025-09-01"

static const struct {
    const char *provider, *model; /* model: whole, or the start of a dated name */
    double input, cached, output;
} built_in[] = {
    {"openai", "gpt-5-nano", 0.05, 0.005, 0.40},
    {"openai", "gpt-5-mini", 0.25, 0.025, 2.00},
    {"openai", "gpt-5", 1.25, 0.125, 10.00},
    {"openai", "gpt-4.1-nano", 0.10, 0.025, 0.40},
    {"openai", "gpt-4.1-mini", 0.40, 0.10, 1.60},
    {"openai", "gpt-4.1", 2.00, 0.50, 8.00},
    {"openai", "gpt-4o-mini", 0.15, 0.075, 0.60},
    {"openai", "gpt-4o", 2.50, 1.25, 10.00},
    {"openai", "o4-mini", 1.10, 0.275, 4.40},
    {"openai", "o3", 2.00, 0.50, 8.00},
    {"anthropic", "claude-opus-4", 15.00, 1.50, 75.00},
    {"anthropic", "claude-sonnet-4", 3.00, 0.30, 15.00},
    {"anthropic", "claude-3-5-haiku", 0.80, 0.08, 4.00},
    {"deepseek", "deepseek-chat", 0.27, 0.07, 1.10},
};

/* The name itself, or with a date after it: "gpt-4o-2024-11-20", "claude-sonnet-4-20250514". Any
 * other tail is another model with another price. */
static bool same_model(struct tare_str model, struct tare_str name)
{
    if (!tare_str_starts(model, name))
        return false;
    struct tare_str tail = tare_str_n(model.p + name.n, model.n - name.n);
    if (tail.n == 0)
        return true;
    if (tail.p[0] != '-' || tail.n < 9)
        return false;
    for (size_t i = 1; i < tail.n; i++)
        if ((tail.p[i] < '0' || tail.p[i] > '9') && tail.p[i] != '-')
            return false;
    return true;
}

void tare_price_built_in(struct tare_endpoint *e)
{
    for (size_t i = 0; i < sizeof built_in / sizeof *built_in; i++)
        if (tare_str_is(e->provider, built_in[i].provider) &&
            same_model(e->model, tare_str_of(built_in[i].model))) {
            e->price = (struct tare_price){.known = true,
                                           .input = built_in[i].input,
                                           .cached = built_in[i].cached,
                                           .output = built_in[i].output,
                                           .date = TARE_S(PRICES_DATE),
                                           .source = TARE_S("published price lists, unchecked")};
            return;
        }
}

static enum tare_status read_one(struct tare_json v, struct tare_str text, struct tare_str path,
                                 struct tare_price *p, struct tare_err *err)
{
    struct tare_fields f;
    tare_fields_begin(&f, v, text, path, err);
    tare_fields_f64(&f, "input", true, 0, 1e6, &p->input);
    p->cached = p->input;
    tare_fields_f64(&f, "cached", false, 0, 1e6, &p->cached);
    tare_fields_f64(&f, "output", true, 0, 1e6, &p->output);
    p->known = true;
    return tare_fields_end(&f);
}

static bool named(const struct tare_endpoint *e, struct tare_str key)
{
    size_t n = e->provider.n;
    if (tare_str_eq(key, e->model))
        return true;
    return key.n > n + 1 && tare_str_starts(key, e->provider) && key.p[n] == '/' &&
           tare_str_eq(tare_str_n(key.p + n + 1, key.n - n - 1), e->model);
}

enum tare_status tare_price_file(struct tare_str path, struct tare_endpoint *const *endpoints,
                                 uint32_t n, struct tare_arena *arena, struct tare_err *err)
{
    struct tare_fields f;
    struct tare_json root;
    struct tare_str text, date = {NULL, 0};
    enum tare_status st = tare_fs_read(path, TARE_MAX_YAML_BYTES, arena, &text, err);
    if (st == TARE_OK)
        st = tare_yaml_parse(text, path, arena, &root, err);
    if (st != TARE_OK)
        return st;
    tare_fields_begin(&f, root, text, path, err);
    tare_fields_str(&f, "date", true, &date);
    struct tare_json models = tare_fields_kind(&f, "models", true, TARE_JSON_OBJECT);
    st = tare_fields_end(&f);
    for (struct tare_json v = tare_json_first(models); st == TARE_OK && tare_json_present(v);
         v = tare_json_next(v)) {
        struct tare_price p = {.date = date, .source = path};
        st = read_one(v, text, path, &p, err);
        for (uint32_t i = 0; st == TARE_OK && i < n; i++)
            if (named(endpoints[i], tare_json_key(v)) &&
                !tare_str_is(endpoints[i]->price.source, "solver file"))
                endpoints[i]->price = p;
    }
    return st;
}

bool tare_price_of(const struct tare_price *p, const struct tare_model_reply *r, double *usd)
{
    uint64_t fresh = r->input > r->cached ? r->input - r->cached : 0;
    if (!p->known || !r->has_usage)
        return false;
    *usd =
        ((double)fresh * p->input + (double)r->cached * p->cached + (double)r->output * p->output) /
        1e6;
    return true;
}
