/*
 * What an attempt leaves as text. Line 0 of the bodies is the reset; line i is the i-th action with
 * what came of it. docs/decisions/0003-content.md.
 */
#include "run/run_int.h"

#include <stdio.h>

#include "base/limits.h"
#include "run/planted.h"

#include "base/banned.h"

/* Kept free at the end of the record, for the mark in place of a step that had no room. */
#define MARK_BYTES ((size_t)512)
#define MOST_PLANTED 16u /* instructions that are looked for in one observation */

void tare__record_begin(struct tare_play *p)
{
    const struct tare_play_setup *s = p->setup;
    bool timed = s->record && s->clock && (s->solver->waits || s->world->boxed);
    p->began_ns = timed ? s->clock->mono_ns(s->clock->ctx) : -1;
    tare_buf_init(&p->record.steps, p->arena->alc, TARE_ARENA_ATTEMPT_BYTES / 2 - MARK_BYTES);
    tare_buf_init(&p->record.outline, p->arena->alc, TARE_ARENA_ATTEMPT_BYTES / 8 - MARK_BYTES);
}

static void body_begin(struct tare_play *p, struct tare_json_writer *w, uint32_t n,
                       const char *kind, const char *actor)
{
    tare_json_writer_init(w, &p->record.steps);
    tare_json_begin_object(w);
    tare_json_put_key(w, "n");
    tare_json_put_u64(w, n);
    tare_json_put_key(w, "kind");
    tare_json_put_cstr(w, kind);
    tare_json_put_key(w, "actor");
    tare_json_put_cstr(w, actor);
    tare_json_put_key(w, "parts");
    tare_json_begin_array(w);
}

static void part(struct tare_json_writer *w, const char *kind)
{
    tare_json_begin_object(w);
    tare_json_put_key(w, "kind");
    tare_json_put_cstr(w, kind);
    tare_json_put_key(w, "data");
}

/* A stretch of the steps written so far: places, since what is written next may move the record. */
struct stretch {
    size_t from, to;
};

/* Writes the observation as a part; where it stands. */
static struct stretch put_observation(struct tare_play *p, struct tare_json_writer *w,
                                      const char *kind)
{
    part(w, kind);
    struct stretch shown = {.from = p->record.steps.n};
    p->setup->world->obs_json(p->setup->w, w);
    shown.to = p->record.steps.n;
    tare_json_end_object(w);
    return shown;
}

static void put_planted(struct tare_play *p, struct tare_json_writer *w, uint32_t number,
                        struct stretch shown)
{
    const struct tare_play_setup *s = p->setup;
    struct tare_planted met[MOST_PLANTED];
    uint32_t n = 0;
    while (s->world->planted && n < MOST_PLANTED && s->world->planted(s->w, n, &met[n]))
        n++;
    if (n == 0 || shown.to == shown.from || p->record.steps.failed)
        return;
    struct tare_arena_mark mark = tare_arena_mark(p->arena);
    struct tare_str copy = tare_arena_copy(
        p->arena, tare_str_n(p->record.steps.p + shown.from, shown.to - shown.from));
    if (copy.p)
        tare__put_planted(w, number, copy, met, n, p->arena);
    tare_arena_rewind(p->arena, mark);
}

static bool body_end(struct tare_play *p, struct tare_json_writer *w, uint32_t number,
                     struct stretch shown)
{
    const struct tare_play_setup *s = p->setup;
    tare_json_end_array(w);
    put_planted(p, w, number, shown);
    if (p->attempt.n_steps > 0 && s->world->state_json) {
        tare_json_put_key(w, "state");
        tare_json_begin_array(w);
        s->world->state_json(s->w, w);
        tare_json_end_array(w);
    }
    if (p->started && s->solver->trace) {
        tare_json_put_key(w, "trace");
        tare_json_begin_array(w);
        s->solver->trace(s->shared, p->solver_state, w);
        tare_json_end_array(w);
    }
    tare_json_end_object(w);
    tare_buf_putc(&p->record.steps, '\n');
    return !p->record.steps.failed;
}

/* When the step ended, as the first member of the entry at `at`. */
static void put_time(struct tare_play *p, size_t at)
{
    const struct tare_clock *clock = p->setup->clock;
    char text[40];
    if (p->began_ns < 0 || p->record.outline.failed || p->record.outline.n - at < 3 ||
        p->record.outline.p[at] != '{')
        return;
    int n = snprintf(text, sizeof text, "\"t_ms\":%lld,",
                     (long long)((clock->mono_ns(clock->ctx) - p->began_ns) / 1000000));
    if (!tare_buf_room(&p->record.outline, (size_t)n))
        return;
    memmove(p->record.outline.p + at + 1 + n, p->record.outline.p + at + 1,
            p->record.outline.n - at - 1);
    memcpy(p->record.outline.p + at + 1, text, (size_t)n);
    p->record.outline.n += (size_t)n;
}

/* After reset too: that entry names the phases of the other side. */
static bool outline_entry(struct tare_play *p)
{
    struct tare_json_writer w;
    tare_buf_putc(&p->record.outline, p->record.outline.n ? ',' : '[');
    tare_json_writer_init(&w, &p->record.outline);
    size_t at = p->record.outline.n;
    p->setup->world->outline_json(p->setup->w, &w);
    put_time(p, at);
    return !p->record.outline.failed;
}

bool tare__record_reset(struct tare_play *p)
{
    struct tare_json_writer w;
    body_begin(p, &w, 0, "reset", "world");
    struct stretch shown = put_observation(p, &w, "data");
    return body_end(p, &w, 0, shown) && outline_entry(p);
}

static bool put_step(struct tare_play *p)
{
    struct tare_json_writer w;
    body_begin(p, &w, p->attempt.n_steps, "act", "solver");
    part(&w, "tool_use");
    p->setup->world->action_json(p->setup->w, &w);
    tare_json_end_object(&w);
    struct stretch shown = put_observation(p, &w, "tool_result");
    return body_end(p, &w, 1, shown) && outline_entry(p);
}

static void cut_to(struct tare_buf *b, size_t n)
{
    b->n = n;
    b->max += MARK_BYTES;
    b->failed = false;
}

bool tare__record_step(struct tare_play *p)
{
    size_t steps = p->record.steps.n, outline = p->record.outline.n;
    if (put_step(p))
        return true;
    cut_to(&p->record.steps, steps);
    cut_to(&p->record.outline, outline);
    tare_buf_printf(&p->record.steps,
                    "{\"n\":%u,\"kind\":\"act\",\"actor\":\"solver\",\"parts\":[],\"cut\":true}\n",
                    p->attempt.n_steps);
    tare_buf_puts(&p->record.outline,
                  ",{\"kind\":\"error\",\"text\":\"this step had no room in the record\"}");
    return false;
}

void tare__record_account(struct tare_play *p)
{
    const struct tare_play_setup *s = p->setup;
    struct tare_buf b;
    struct tare_json_writer w;
    if (!s->solver->account || !s->record)
        return;
    tare_buf_init(&b, p->arena->alc, TARE_MAX_STEP_BODY_BYTES);
    tare_json_writer_init(&w, &b);
    s->solver->account(s->shared, p->solver_state, &w);
    p->account =
        b.failed ? (struct tare_str){NULL, 0} : tare_arena_copy(p->arena, tare_buf_str(&b));
    tare_buf_free(&b);
}

void tare__record_detail(struct tare_play *p)
{
    struct tare_str d = p->attempt.detail, more = p->account;
    if (!more.n)
        return;
    while (d.n && d.p[d.n - 1] != '}')
        d.n--;
    bool alone = d.n < 2 || tare_str_trim(tare_str_n(d.p + 1, d.n - 2)).n == 0;
    struct tare_str all = alone ? tare_arena_printf(p->arena, "{\"harness\":%.*s}", TARE_FMT(more))
                                : tare_arena_printf(p->arena, "%.*s,\"harness\":%.*s}",
                                                    (int)d.n - 1, d.p, TARE_FMT(more));
    if (all.p)
        p->attempt.detail = all;
}

void tare__record_end(struct tare_play *p)
{
    struct tare_attempt *a = &p->attempt;
    p->record.outline.max += MARK_BYTES;
    if (p->record.outline.n == 0)
        tare_buf_putc(&p->record.outline, '[');
    tare_buf_putc(&p->record.outline, ']');
    a->steps = tare_buf_str(&p->record.steps);
    a->outline = tare_buf_str(&p->record.outline);
    if (p->record.steps.failed || p->record.outline.failed) {
        a->status = TARE_ATTEMPT_MISSING;
        a->cause = TARE_CAUSE_MEMORY;
        a->cause_text = TARE_S("out of memory");
    }
}

void tare__record_missing(struct tare_play *p)
{
    p->attempt.detail = (struct tare_str){NULL, 0};
    p->attempt.steps = (struct tare_str){NULL, 0};
    p->attempt.outline = (struct tare_str){NULL, 0};
    p->attempt.n_steps = 0;
}
