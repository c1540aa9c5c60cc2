#include "view/failures.h"

#include <math.h>

#include "base/banned.h"

static struct tare_str id_of(const struct tare_task_view *tasks, uint32_t n, uint32_t task)
{
    return task < n ? tasks[task].id : TARE_S("?");
}

void tare_view_failed_attempt(struct tare_buf *out, const struct tare_failed_attempt *x,
                              struct tare_str task)
{
    tare_buf_printf(out, "%.*s#%u   %.*s", TARE_FMT(task), x->index + 1,
                    TARE_FMT(x->stop.n ? x->stop : TARE_S("stopped")));
    if (!isnan(x->score))
        tare_buf_printf(out, "   score %.2f", x->score);
    tare_buf_putc(out, '\n');
    if (x->n_found == 0)
        tare_buf_puts(out, "  no known mode\n");
    for (uint32_t i = 0; i < x->n_found; i++) {
        const struct tare_failure *f = &x->found[i];
        tare_buf_printf(out, "  %s / %s   ", tare_failure_name(f->mode), f->subtype);
        if (f->from_step == f->to_step)
            tare_buf_printf(out, "step %u", f->from_step);
        else
            tare_buf_printf(out, "steps %u to %u", f->from_step, f->to_step);
        tare_buf_printf(out, "   %s: %.*s\n", f->severity, TARE_FMT(f->evidence));
    }
}

void tare_view_failures(struct tare_buf *out, const struct tare_run_failures *r,
                        const struct tare_task_view *tasks, uint32_t n_tasks,
                        struct tare_str address, const struct tare_style *style)
{
    (void)style;
    tare_buf_printf(out,
                    "%.*s: %llu attempts, %llu failed or fell short, %llu missing; %llu of them "
                    "explained\n\n",
                    TARE_FMT(address), (unsigned long long)r->attempts,
                    (unsigned long long)r->failed, (unsigned long long)r->missing,
                    (unsigned long long)r->explained);
    tare_buf_printf(out, "%-24s %8s %8s   %s\n", "mode", "attempts", "first", "what may help");
    for (int m = 0; m < TARE_FAIL_MODES; m++)
        if (r->by_mode[m])
            tare_buf_printf(out, "%-24s %8llu %8llu   %s\n",
                            tare_failure_name((enum tare_failure_mode)m),
                            (unsigned long long)r->by_mode[m], (unsigned long long)r->primary[m],
                            tare_failure_remedy((enum tare_failure_mode)m));
    if (r->provider.subtype[0])
        tare_buf_printf(out, "%-24s %8s %8s   %s: %.*s\n", tare_failure_name(TARE_FAIL_PROVIDER),
                        "", "", r->provider.subtype, TARE_FMT(r->provider.evidence));
    tare_buf_putc(out, '\n');
    for (uint32_t i = 0; i < r->n; i++)
        tare_view_failed_attempt(out, &r->v[i], id_of(tasks, n_tasks, r->v[i].task));
    if (r->n < r->failed)
        tare_buf_printf(out, "... %llu more: --limit N\n", (unsigned long long)(r->failed - r->n));
}

void tare_view_run_failures(struct tare_buf *out, const struct tare_run_failures *r,
                            struct tare_str address)
{
    tare_buf_printf(out, "%.*s   %llu attempts   %llu failed   %llu missing   ", TARE_FMT(address),
                    (unsigned long long)r->attempts, (unsigned long long)r->failed,
                    (unsigned long long)r->missing);
    bool any = false;
    for (int m = 0; m < TARE_FAIL_MODES; m++) {
        if (!r->by_mode[m])
            continue;
        tare_buf_printf(out, "%s%s %llu", any ? ", " : "",
                        tare_failure_name((enum tare_failure_mode)m),
                        (unsigned long long)r->by_mode[m]);
        any = true;
    }
    tare_buf_puts(out, any ? "\n" : "no known mode\n");
}

void tare_doc_failed_attempt(struct tare_json_writer *w, const struct tare_failed_attempt *x,
                             struct tare_str task)
{
    tare_json_begin_object(w);
    tare_json_member_str(w, "task", task);
    tare_json_member_u64(w, "attempt", x->index + 1);
    tare_json_member_str(w, "stop", x->stop);
    tare_json_put_key(w, "score");
    if (isnan(x->score))
        tare_json_put_null(w);
    else
        tare_json_put_f64(w, x->score);
    tare_json_put_key(w, "findings");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < x->n_found; i++) {
        const struct tare_failure *f = &x->found[i];
        tare_json_begin_object(w);
        tare_json_member_cstr(w, "mode", tare_failure_name(f->mode));
        tare_json_member_cstr(w, "subtype", f->subtype);
        tare_json_member_u64(w, "from_step", f->from_step);
        tare_json_member_u64(w, "to_step", f->to_step);
        tare_json_member_cstr(w, "severity", f->severity);
        tare_json_member_str(w, "evidence", f->evidence);
        tare_json_member_cstr(w, "remedy", tare_failure_remedy(f->mode));
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
    tare_json_end_object(w);
}

void tare_doc_failures(struct tare_json_writer *w, const struct tare_run_failures *r,
                       const struct tare_task_view *tasks, uint32_t n_tasks)
{
    tare_json_member_u64(w, "attempts", r->attempts);
    tare_json_member_u64(w, "failed", r->failed);
    tare_json_member_u64(w, "missing", r->missing);
    tare_json_member_u64(w, "explained", r->explained);
    tare_json_put_key(w, "modes");
    tare_json_begin_object(w);
    for (int m = 0; m < TARE_FAIL_MODES; m++) {
        tare_json_put_key(w, tare_failure_name((enum tare_failure_mode)m));
        tare_json_begin_object(w);
        tare_json_member_u64(w, "attempts", r->by_mode[m]);
        tare_json_member_u64(w, "first", r->primary[m]);
        tare_json_end_object(w);
    }
    tare_json_end_object(w);
    tare_json_put_key(w, "provider");
    if (r->provider.subtype[0]) {
        tare_json_begin_object(w);
        tare_json_member_cstr(w, "subtype", r->provider.subtype);
        tare_json_member_str(w, "evidence", r->provider.evidence);
        tare_json_end_object(w);
    } else {
        tare_json_put_null(w);
    }
    tare_json_put_key(w, "list");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < r->n; i++)
        tare_doc_failed_attempt(w, &r->v[i], id_of(tasks, n_tasks, r->v[i].task));
    tare_json_end_array(w);
}
