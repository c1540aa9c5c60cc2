#include "text/calls_write.h"

#include "base/banned.h"

static void put_maybe(struct tare_json_writer *w, struct tare_str s)
{
    if (s.p)
        tare_json_put_str(w, s);
    else
        tare_json_put_null(w);
}

static void put_calls(const struct tare_calls *r, struct tare_json_writer *w)
{
    tare_json_put_key(w, "calls");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < r->n_calls; i++) {
        tare_json_begin_object(w);
        tare_json_put_key(w, "name");
        tare_json_put_str(w, r->calls[i].name);
        tare_json_put_key(w, "arguments");
        tare_json_put_value(w, r->calls[i].arguments);
        tare_json_put_key(w, "id");
        put_maybe(w, r->calls[i].id);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

static void put_codes(const struct tare_calls *r, struct tare_json_writer *w)
{
    tare_json_put_key(w, "repairs");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < TARE_CALLS_REPAIRS; i++)
        if (r->repairs >> i & 1)
            tare_json_put_cstr(w, tare_calls_repair_name(i));
    tare_json_end_array(w);
    tare_json_put_key(w, "errors");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < r->n_errors; i++)
        tare_json_put_cstr(w, tare_calls_code_name(r->errors[i].code));
    tare_json_end_array(w);
    tare_json_put_key(w, "validation");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < r->n_findings; i++) {
        tare_json_begin_object(w);
        tare_json_put_key(w, "call");
        tare_json_put_u64(w, r->findings[i].call);
        tare_json_put_key(w, "code");
        tare_json_put_cstr(w, tare_calls_finding_name(r->findings[i].code));
        tare_json_put_key(w, "path");
        tare_json_put_str(w, r->findings[i].path);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

static void put_order(const struct tare_order *order, struct tare_json_writer *w)
{
    uint32_t n;
    const struct tare_order_breach *b = tare_order_breaches(order, &n);
    tare_json_put_key(w, "order");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < n; i++) {
        tare_json_begin_object(w);
        tare_json_put_key(w, "rule");
        tare_json_put_u64(w, b[i].rule);
        tare_json_put_key(w, "call");
        if (b[i].call < 0)
            tare_json_put_null(w);
        else
            tare_json_put_i64(w, b[i].call);
        tare_json_put_key(w, "code");
        tare_json_put_cstr(w, tare_order_name(b[i].code));
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

void tare_calls_write(const struct tare_calls *r, const struct tare_order *order,
                      struct tare_json_writer *w)
{
    tare_json_put_key(w, "status");
    tare_json_put_cstr(w, tare_calls_status_name(r->status));
    tare_json_put_key(w, "content");
    tare_json_put_str(w, r->content);
    tare_json_put_key(w, "reasoning");
    put_maybe(w, r->reasoning);
    put_calls(r, w);
    put_codes(r, w);
    if (order)
        put_order(order, w);
}
