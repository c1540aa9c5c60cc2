/* The work folder of an attempt: made, looked at after each step, and removed. */
#include <stdlib.h>

#include "base/limits.h"
#include "world/workspace/workspace_int.h"

#include "base/banned.h"

#define TEXT_BYTES ((size_t)(16 * TARE_KIB)) /* of one changed file that is kept */
#define ALL_BYTES ((size_t)(256 * TARE_KIB)) /* of all of them */

static enum tare_status fill(const char *folder, struct tare_json files, struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    for (struct tare_json v = tare_json_first(files); st == TARE_OK && tare_json_present(v);
         v = tare_json_next(v)) {
        bool executable;
        struct tare_str text = tare__ws_file_text(v, &executable);
        st = tare_box_write(folder, tare_json_key(v), text, executable, err);
    }
    return st;
}

static const char *below(struct tare__ws *w, const char *name)
{
    return tare_arena_printf(&w->episode, "%s/%s", w->base, name).p;
}

static enum tare_status look(struct tare__ws *w, struct tare_arena *arena,
                             struct tare__ws_look *out, struct tare_err *err)
{
    return tare_box_list(w->work, w->config.limits.files, w->config.limits.folder_bytes, arena,
                         &out->v, &out->n, &out->whole, err);
}

/* The set-up of the task, in a box as everything else. */
static enum tare_status set_up(struct tare__ws *w, struct tare_err *err)
{
    struct tare_box_result r;
    if (w->read.setup.n == 0)
        return TARE_OK;
    enum tare_status st = tare__ws_run_line(w, w->read.setup, INT64_MAX, &r, err);
    if (st == TARE_OK && (r.end != TARE_BOX_EXITED || r.status != 0))
        st = tare_fail(err, TARE_E_INPUT, "the set-up of the task failed (%s %d): %.*s",
                       tare_box_end_name(r.end), r.status, TARE_FMT(tare_str_trim(r.err)));
    return st;
}

enum tare_status tare__ws_folder_make(struct tare__ws *w, struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    if (w->hold < 0)
        st = tare_box_slot_take(&w->slot, &w->hold, err);
    if (st == TARE_OK)
        st = tare_box_make(TARE_BOX_PARENT, &w->episode, &w->base, err);
    if (st != TARE_OK)
        return st;
    const char *work = below(w, "work"), *tests = below(w, "tests");
    if (!work || !tests)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a work folder");
    st = tare_box_subfolder(w->base, "work", 0755, err);
    if (st == TARE_OK) {
        w->work = work;
        st = fill(work, w->read.files, err);
    }
    if (st == TARE_OK)
        st = set_up(w, err);
    w->tests = tests; /* made when the checks run, not before */
    if (st == TARE_OK)
        st = look(w, &w->episode, &w->start, err);
    w->now = w->start;
    return st;
}

void tare__ws_folder_remove(struct tare__ws *w)
{
    if (w->base)
        (void)tare_box_remove(w->base, NULL);
    w->base = w->work = w->tests = NULL;
}

/* ---- facts ---------------------------------------------------------------------------------- */

enum tare_status tare__ws_add_fact(struct tare__ws *w, struct tare_fact f, struct tare_err *err)
{
    tare_buf_put(&w->facts, tare_str_n((const char *)&f, sizeof f));
    return w->facts.failed ? tare_fail(err, TARE_E_NOMEM, "too many changes for one attempt")
                           : TARE_OK;
}

enum tare_status tare__ws_entity(struct tare__ws *w, struct tare_str path, uint32_t *out,
                                 struct tare_err *err)
{
    const struct tare_str *v = (const void *)w->names.p;
    uint32_t n = (uint32_t)(w->names.n / sizeof *v);
    for (*out = 0; *out < n; ++*out)
        if (tare_str_eq(v[*out], path))
            return TARE_OK;
    struct tare_str copy = tare_arena_copy(&w->episode, path);
    if (copy.p)
        tare_buf_put(&w->names, tare_str_n((const char *)&copy, sizeof copy));
    return copy.p && !w->names.failed
               ? TARE_OK
               : tare_fail(err, TARE_E_NOMEM, "too many changes for one attempt");
}

static bool lists(struct tare_json list, struct tare_str path)
{
    for (struct tare_json v = tare_json_first(list); tare_json_present(v); v = tare_json_next(v))
        if (tare_str_eq(tare_json_str(v), path))
            return true;
    return false;
}

static enum tare_status touched(struct tare__ws *w, struct tare_str path, uint32_t verb,
                                struct tare_err *err)
{
    struct tare_fact f = {.step = w->step - 1,
                          .verb = (uint16_t)verb,
                          .kind = TARE_FACT_TOUCHED,
                          .touch = TARE_TOUCH_PERMITTED};
    if (lists(w->read.keep, path))
        f.touch = TARE_TOUCH_HARMFUL;
    else if (lists(w->read.change, path))
        f.touch = TARE_TOUCH_REQUIRED;
    enum tare_status st = tare__ws_entity(w, path, &f.entity, err);
    const struct tare_fact *before = (const void *)w->facts.p;
    for (uint32_t i = 0; st == TARE_OK && i < w->facts.n / sizeof f && !f.repeat; i++)
        f.repeat = before[i].kind == TARE_FACT_TOUCHED && before[i].entity == f.entity;
    return st == TARE_OK ? tare__ws_add_fact(w, f, err) : st;
}

static bool same_file(const struct tare_box_entry *a, const struct tare_box_entry *b)
{
    return a->kind == b->kind && a->executable == b->executable && a->bytes == b->bytes &&
           tare_digest_eq(a->digest, b->digest);
}

/* Two lists side by side: the next path, and what each has of it (NULL: nothing). False: end. */
struct pair {
    const struct tare__ws_look *a, *b;
    uint32_t i, j;
    const struct tare_box_entry *was, *is;
};

static bool next_pair(struct pair *p)
{
    bool left = p->i < p->a->n, right = p->j < p->b->n;
    if (!left && !right)
        return false;
    int order = !left ? 1 : !right ? -1 : tare_str_cmp(p->a->v[p->i].path, p->b->v[p->j].path);
    p->was = order <= 0 ? &p->a->v[p->i++] : NULL;
    p->is = order >= 0 ? &p->b->v[p->j++] : NULL;
    return true;
}

static bool differs(const struct pair *p)
{
    return !p->was || !p->is || !same_file(p->was, p->is);
}

enum tare_status tare__ws_folder_look(struct tare__ws *w, uint32_t verb, struct tare_err *err)
{
    struct tare__ws_look then = w->now;
    uint32_t told = 0;
    w->now_at ^= 1;
    tare_arena_reset(&w->looks[w->now_at]);
    enum tare_status st = look(w, &w->looks[w->now_at], &w->now, err);
    struct pair p = {.a = &then, .b = &w->now};
    while (st == TARE_OK && told < TARE__WS_CHANGES && next_pair(&p))
        if (differs(&p)) {
            st = touched(w, p.is ? p.is->path : p.was->path, verb, err);
            told++;
        }
    return st;
}

/* ---- what was left --------------------------------------------------------------------------- */

static void put_text(struct tare__ws *w, const struct tare_box_entry *e, size_t *left,
                     struct tare_json_writer *out)
{
    struct tare_str text;
    struct tare_err err = {0};
    if (e->kind != TARE_BOX_FILE || e->bytes > TEXT_BYTES || e->bytes > *left ||
        tare_box_read(w->work, e->path, TEXT_BYTES, &w->turn, &text, &err) != TARE_OK ||
        (text.n && memchr(text.p, 0, text.n)))
        return;
    *left -= text.n;
    tare_json_put_key(out, "text");
    tare_json_put_str(out, text);
}

void tare__ws_folder_changes(struct tare__ws *w, struct tare_json_writer *out)
{
    static const char *const kinds[] = {"", "file", "link", "other"};
    struct pair p = {.a = &w->start, .b = &w->now};
    size_t left = ALL_BYTES;
    uint32_t n = 0;
    char hex[65];
    tare_json_begin_array(out);
    while (next_pair(&p)) {
        if (!differs(&p) || n++ >= TARE__WS_CHANGES)
            continue;
        tare_json_begin_object(out);
        tare_json_put_key(out, "path");
        tare_json_put_str(out, p.is ? p.is->path : p.was->path);
        tare_json_member_cstr(out, "change", !p.was ? "added" : p.is ? "changed" : "removed");
        if (p.is) {
            tare_json_member_cstr(out, "kind", kinds[p.is->kind]);
            tare_json_member_u64(out, "bytes", p.is->bytes);
            tare_digest_hex(p.is->digest, hex);
            tare_json_member_cstr(out, "sha256", hex);
            put_text(w, p.is, &left, out);
        }
        tare_json_end_object(out);
    }
    tare_json_end_array(out);
}
