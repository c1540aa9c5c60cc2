/* Keys that suite.yaml and solver.yaml have in common. */
#include "suite/suite_int.h"

#include "base/banned.h"

#define MAX_SECONDS (366.0 * 86400)

void tare__suite_limits(struct tare_fields *f, struct tare_suite_limits *out)
{
    struct tare_json limits = tare_fields_kind(f, "limits", false, TARE_JSON_OBJECT);
    struct tare_fields l;
    int64_t steps = 0, tokens = 0;
    double seconds = 0;
    if (!tare_json_present(limits))
        return;
    tare_fields_begin(&l, limits, f->text, f->path, f->err);
    tare_fields_i64(&l, "steps", false, 1, 10000, &steps);
    tare_fields_i64(&l, "tokens", false, 1, INT64_C(1000000000000), &tokens);
    tare_fields_f64(&l, "seconds", false, 1e-3, MAX_SECONDS, &seconds);
    tare_fields_f64(&l, "cost_usd", false, 1e-6, 1e9, &out->cost_usd);
    f->status = tare_fields_end(&l);
    out->steps = (uint32_t)steps;
    out->tokens = (uint64_t)tokens;
    out->wall_ns = (int64_t)(seconds * 1e9);
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

void tare__suite_check_name(struct tare_fields *f, const char *key, struct tare_str name)
{
    bool good = name.n > 0 && name.n <= TARE__SUITE_NAME_BYTES && name.p[0] != '.' &&
                name.p[0] != '-' && name.p[0] != '_';
    for (size_t i = 0; i < name.n && good; i++)
        good = is_name_byte(name.p[i]);
    if (good || f->status != TARE_OK)
        return;
    tare_fields_fail(f, tare_json_get(f->object, key),
                     "\"%s\" must be a name of at most %d letters, digits, '.', '_' and '-' that "
                     "begins with a letter or digit",
                     key, TARE__SUITE_NAME_BYTES);
    tare_err_hint(f->err, "it is typed in addresses such as LABEL/NAME");
}

void tare__suite_choice(struct tare_fields *f, const char *key, bool required,
                        struct tare_str *name, struct tare_json *config)
{
    struct tare_json v = tare_fields_any(f, key, required);
    if (f->status != TARE_OK || !tare_json_present(v))
        return;
    if (tare_json_kind(v) == TARE_JSON_STRING) {
        *name = tare_json_str(v);
        return;
    }
    if (tare_json_kind(v) != TARE_JSON_OBJECT || tare_json_count(v) != 1) {
        tare_fields_fail(f, v, "\"%s\" must be a name, or one name with a mapping under it", key);
        tare_err_hint(f->err, "write \"%s: NAME\" or \"%s: {NAME: {...}}\"", key, key);
        return;
    }
    struct tare_json under = tare_json_first(v);
    *name = tare_json_key(under);
    if (tare_json_kind(under) == TARE_JSON_OBJECT)
        *config = under;
    else if (tare_json_kind(under) != TARE_JSON_NULL)
        tare_fields_fail(f, under, "a mapping must stand under \"%.*s\"", TARE_FMT(*name));
}
