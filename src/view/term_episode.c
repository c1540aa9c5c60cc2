#include <math.h>
#include <stdio.h>

#include "text/width.h"
#include "view/episode.h"
#include "view/number.h"
#include "view/paint.h"

#include "base/banned.h"

#define LABEL 12u
#define PITCH 3u /* columns a step */
#define MIN_PANEL 36u
#define DETAIL 58u /* column of the judgement */
#define BLOCK_BYTES ((size_t)1 << 20)

struct lanes {
    const struct tare_episode *e;
    const struct tare_style *style;
    uint32_t from, to; /* steps of this block */
};

static const struct tare_outline_entry *step_of(const struct lanes *l, uint32_t i)
{
    return &l->e->outline.steps[i];
}

/* ---- one cell of each lane ------------------------------------------------------------------- */

/* A mark in a cell of PITCH columns; text may be longer than one column. */
static void put_mark(struct tare_buf *out, const struct tare_style *style, enum tare__ink ink,
                     const char *text)
{
    size_t wide = tare_text_columns(tare_str_of(text));
    tare__put(out, style, ink, text);
    tare__pad(out, wide < PITCH ? PITCH - wide : 0);
}

static enum tare__mark act_mark(const struct tare_outline_entry *s)
{
    static const enum tare__mark acts[] = {
        TARE__MARK_PERMITTED,
        [TARE_TOUCH_REQUIRED] = TARE__MARK_RIGHT,
        [TARE_TOUCH_PERMITTED] = TARE__MARK_PERMITTED,
        [TARE_TOUCH_HARMFUL] = TARE__MARK_HARM,
        [TARE_TOUCH_REFUSED] = TARE__MARK_REFUSED,
    };
    static const enum tare__mark kinds[] = {
        [TARE_OUTLINE_QUERY] = TARE__MARK_QUERY,   [TARE_OUTLINE_ACT] = TARE__MARK_PERMITTED,
        [TARE_OUTLINE_REPORT] = TARE__MARK_REPORT, [TARE_OUTLINE_NOOP] = TARE__MARK_DOT,
        [TARE_OUTLINE_ERROR] = TARE__MARK_ERROR,
    };
    return s->kind == TARE_OUTLINE_ACT ? acts[s->judged] : kinds[s->kind];
}

static enum tare__ink act_ink(const struct tare_outline_entry *s)
{
    if (s->kind == TARE_OUTLINE_ERROR)
        return TARE__WARN;
    if (s->kind != TARE_OUTLINE_ACT)
        return TARE__PLAIN;
    return s->judged == TARE_TOUCH_REQUIRED  ? TARE__UP
           : s->judged == TARE_TOUCH_HARMFUL ? TARE__DOWN
                                             : TARE__PLAIN;
}

static void put_phase_cell(struct tare_buf *out, const struct lanes *l, uint32_t i, int32_t phase)
{
    const struct tare_outline_entry *s = step_of(l, i);
    bool u = l->style->unicode;
    bool now = s->stalled.p != NULL, before = i > 0 && step_of(l, i - 1)->stalled.p != NULL &&
                                              step_of(l, i - 1)->phase == phase;
    if (s->phase != phase) {
        put_mark(out, l->style, TARE__DIM, tare__mark(TARE__MARK_DOT, u));
    } else if (now) {
        put_mark(out, l->style, before ? TARE__DIM : TARE__PLAIN,
                 tare__mark(before ? TARE__MARK_STALLED : TARE__MARK_STOPPED, u));
    } else {
        for (size_t k = 0; k < PITCH; k++)
            tare_buf_puts(out, tare__mark(TARE__MARK_STEP, u));
    }
}

static void put_evidence_cell(struct tare_buf *out, const struct lanes *l, uint32_t i)
{
    const struct tare_outline_entry *s = step_of(l, i);
    bool trusted = s->trust >= TARE_TRUST_CORROBORATED;
    put_mark(out, l->style, TARE__PLAIN,
             !s->has_trust ? ""
                           : tare__mark(trusted ? TARE__MARK_TRUSTED : TARE__MARK_UNTRUSTED,
                                        l->style->unicode));
}

static void put_injection_cell(struct tare_buf *out, const struct lanes *l, uint32_t i)
{
    const struct tare_outline_entry *s = step_of(l, i);
    int32_t tier = 0;
    char text[16] = "";
    for (uint32_t k = 0; k < s->n_inj; k++)
        tier = s->inj[k].tier > tier ? s->inj[k].tier : tier;
    if (s->n_inj)
        (void)snprintf(text, sizeof text, tier && tier < 10 ? "%s%d" : "%s",
                       tare__mark(TARE__MARK_INJECTION, l->style->unicode), (int)tier);
    put_mark(out, l->style, TARE__WARN, text);
}

static void put_gate_cell(struct tare_buf *out, const struct lanes *l, uint32_t i)
{
    const struct tare_outline_entry *s = step_of(l, i);
    char text[16] = "";
    if (s->kind == TARE_OUTLINE_ACT && s->judged && s->gate >= 0)
        (void)snprintf(text, sizeof text, "%d", (int)s->gate);
    else if (s->kind == TARE_OUTLINE_ACT && s->judged)
        (void)snprintf(text, sizeof text, "%s", tare__mark(TARE__MARK_DASH, l->style->unicode));
    put_mark(out, l->style, TARE__PLAIN, text);
}

static void put_defender_cell(struct tare_buf *out, const struct lanes *l, uint32_t i)
{
    const struct tare_outline_entry *s = step_of(l, i);
    put_mark(out, l->style, act_ink(s), tare__mark(act_mark(s), l->style->unicode));
}

/* ---- lanes ------------------------------------------------------------------------------------
 */

static void put_label(struct tare_buf *out, const struct lanes *l, struct tare_str name)
{
    tare__put_cell(out, l->style, TARE__PLAIN, name, LABEL - 1, false, true);
    tare_buf_putc(out, ' ');
}

typedef void put_cell_fn(struct tare_buf *out, const struct lanes *l, uint32_t i);

/* A lane; ends after `whole` steps' columns even where this episode is shorter. */
static void put_lane(struct tare_buf *out, const struct lanes *l, const char *name,
                     put_cell_fn *cell)
{
    put_label(out, l, tare_str_of(name));
    for (uint32_t i = l->from; i < l->to; i++) {
        if (i < l->e->outline.n_steps)
            cell(out, l, i);
        else
            tare__pad(out, PITCH);
    }
    tare_buf_putc(out, '\n');
}

static void put_step_cell(struct tare_buf *out, const struct lanes *l, uint32_t i)
{
    (void)l;
    tare_buf_printf(out, "%-3u", (unsigned)(i % 1000));
}

static void put_phase_lane(struct tare_buf *out, const struct lanes *l, uint32_t phase)
{
    put_label(out, l, l->e->outline.phases[phase]);
    for (uint32_t i = l->from; i < l->to; i++) {
        if (i < l->e->outline.n_steps)
            put_phase_cell(out, l, i, (int32_t)phase);
        else
            tare__pad(out, PITCH);
    }
    tare_buf_putc(out, '\n');
}

/* Lowest phase that occurs; n_phases: none does. What lies below it is of another chain. */
static uint32_t lowest_phase(const struct tare_outline *o)
{
    uint32_t lowest = o->n_phases;
    for (uint32_t i = 0; i < o->n_steps; i++)
        if (o->steps[i].phase >= 0 && (uint32_t)o->steps[i].phase < lowest)
            lowest = (uint32_t)o->steps[i].phase;
    return lowest;
}

static void put_lanes(struct tare_buf *out, const struct lanes *l,
                      const struct tare_episode *beside)
{
    put_lane(out, l, "step", put_step_cell);
    for (uint32_t p = l->e->outline.n_phases; p-- > lowest_phase(&l->e->outline);)
        put_phase_lane(out, l, p);
    tare_buf_putc(out, '\n');
    put_lane(out, l, "evidence", put_evidence_cell);
    put_lane(out, l, "injection", put_injection_cell);
    put_lane(out, l, "defender", put_defender_cell);
    put_lane(out, l, "gated by", put_gate_cell);
    if (beside) {
        struct lanes other = *l;
        char name[24];
        other.e = beside;
        (void)snprintf(name, sizeof name, "beside #%u", (unsigned)beside->attempt + 1);
        put_lane(out, &other, name, put_defender_cell);
    }
}

/* ---- what is said of a step -------------------------------------------------------------------
 */

static const char *judged_word(enum tare_touch t)
{
    static const char *const words[] = {
        "", [TARE_TOUCH_REQUIRED] = "required", [TARE_TOUCH_PERMITTED] = "permitted",
        [TARE_TOUCH_HARMFUL] = "harmful", [TARE_TOUCH_REFUSED] = "refused: unknown"};
    return words[t];
}

void tare_episode_judgement(struct tare_buf *out, const struct tare_outline_entry *s)
{
    tare_buf_puts(out, judged_word(s->judged));
    if (s->repeat)
        tare_buf_puts(out, ", again");
    if (s->judged == TARE_TOUCH_REFUSED)
        return;
    if (s->gate >= 0)
        tare_buf_printf(out, ", gated by %d", (int)s->gate);
    else
        tare_buf_puts(out, ", not gated");
}

const char *tare_episode_trust(enum tare_trust t)
{
    static const char *const words[] = {"unknown", "untrusted", "corroborated", "verified"};
    return words[t];
}

void tare_episode_why(struct tare_buf *out, const struct tare_outline_entry *s)
{
    bool any = false;
    if (s->judged && s->judged != TARE_TOUCH_REFUSED && s->gate < 0) {
        if (s->seen_step < 0) {
            tare_buf_puts(out, "never seen before");
        } else {
            bool trusted = s->seen_trust >= TARE_TRUST_CORROBORATED;
            tare_buf_puts(out, trusted ? "seen in " : "seen only in ");
            tare_text_safe(out, s->seen_by.n ? s->seen_by : TARE_S("evidence"));
            tare_buf_printf(out, " (step %d, %s)%s", (int)s->seen_step,
                            tare_episode_trust(s->seen_trust),
                            trusted ? ", which says nothing against it" : "");
        }
        any = true;
    }
    for (uint32_t i = 0; i < s->n_followed; i++) {
        tare_buf_puts(out, any ? "; " : "");
        if (s->followed[i].tier)
            tare_buf_printf(out, "follows injection tier %d", (int)s->followed[i].tier);
        else
            tare_buf_puts(out, "follows an injection");
        any = true;
    }
}

static bool matters(const struct tare_outline_entry *s)
{
    return (s->kind == TARE_OUTLINE_ACT && s->judged) || s->kind == TARE_OUTLINE_REPORT ||
           s->kind == TARE_OUTLINE_ERROR || s->n_followed > 0;
}

static void put_detail(struct tare_buf *out, const struct tare_episode *e, uint32_t i,
                       const struct tare_style *style)
{
    const struct tare_outline_entry *s = &e->outline.steps[i];
    struct tare_buf text;
    size_t from = out->n, room = (size_t)style->width - 6;
    tare_buf_init(&text, NULL, 16384);
    tare_buf_printf(out, "%3u ", (unsigned)i);
    tare__put(out, style, act_ink(s), tare__mark(act_mark(s), style->unicode));
    tare_buf_putc(out, ' ');
    tare_buf_put(&text, s->name);
    if (s->target.n) {
        tare_buf_putc(&text, ' ');
        tare_buf_put(&text, s->target);
    }
    bool act = s->kind == TARE_OUTLINE_ACT && s->judged;
    struct tare_buf said;
    tare_buf_init(&said, NULL, 16384);
    if (act)
        tare_episode_judgement(&said, s);
    else if (s->text.n)
        tare_buf_put(&said, s->text);
    size_t column = tare_text_columns(tare_buf_str(&text)),
           wide = tare_text_columns(tare_buf_str(&said));
    if (act && column + 2 + wide <= room && room > wide + 2)
        column = DETAIL - 6 + wide + 2 <= room ? DETAIL - 6 : room - wide - 2;
    column = column > room ? room : column;
    tare__put_cell(out, style, TARE__PLAIN, tare_buf_str(&text), column, false, true);
    if (said.n && room > column + 4) {
        tare_buf_puts(out, act ? "  " : "   ");
        tare__put_cell(out, style, TARE__PLAIN, tare_buf_str(&said), room - column - (act ? 2 : 3),
                       false, false);
    }
    tare_buf_free(&said);
    tare_buf_putc(out, '\n');
    tare_buf_reset(&text);
    tare_episode_why(&text, s);
    if (text.n)
        tare__wrap(out, tare_buf_str(&text), 7, (size_t)style->width);
    tare__trim_lines(out, from);
    tare_buf_free(&text);
}

/* ---- the panel beside the lanes ----------------------------------------------------------------
 */

/* First step that went wrong; UINT32_MAX: none. */
static uint32_t first_wrong(const struct tare_outline *o)
{
    for (uint32_t i = 0; i < o->n_steps; i++)
        if (o->steps[i].judged == TARE_TOUCH_HARMFUL || o->steps[i].n_followed ||
            o->steps[i].kind == TARE_OUTLINE_ERROR)
            return i;
    return UINT32_MAX;
}

static void say_panel(struct tare_buf *out, const struct tare_episode *e, uint32_t i, size_t width)
{
    const struct tare_outline_entry *s = &e->outline.steps[i];
    struct tare_buf text;
    tare_buf_init(&text, NULL, 16384);
    tare_buf_printf(&text, "step %u   ", (unsigned)i);
    tare_text_safe(&text, s->name);
    tare__wrap(out, tare_buf_str(&text), 0, width);
    tare_buf_reset(&text);
    tare_text_safe(&text, s->target);
    if (text.n)
        tare__wrap(out, tare_buf_str(&text), 0, width);
    tare_buf_putc(out, '\n');
    tare_buf_reset(&text);
    if (s->judged)
        tare_episode_judgement(&text, s);
    else
        tare_text_safe(&text, s->text);
    tare__wrap(out, tare_buf_str(&text), 0, width);
    tare_buf_reset(&text);
    tare_episode_why(&text, s);
    if (text.n)
        tare__wrap(out, tare_buf_str(&text), 0, width);
    tare_buf_free(&text);
}

/* Next line of `text` from *at, without its line feed. */
static struct tare_str next_line(const struct tare_buf *text, size_t *at)
{
    if (*at >= text->n)
        return TARE_S("");
    const char *p = text->p + *at, *end = memchr(p, '\n', text->n - *at);
    size_t n = end ? (size_t)(end - p) : text->n - *at;
    *at += n + 1;
    return tare_str_n(p, n);
}

static void beside_lanes(struct tare_buf *out, const struct tare_buf *lanes, size_t lane_columns,
                         const struct tare_buf *panel, const struct tare_style *style)
{
    size_t a = 0, b = 0;
    while (a < lanes->n) {
        struct tare_str line = next_line(lanes, &a);
        struct tare_str side = next_line(panel, &b);
        tare_buf_put(out, line);
        if (line.n == 0)
            tare__pad(out, lane_columns);
        tare_buf_puts(out, " ");
        tare__put(out, style, TARE__DIM, tare__mark(TARE__MARK_ZERO, style->unicode));
        tare_buf_putc(out, ' ');
        tare__put_cell(out, style, TARE__PLAIN, side, (size_t)style->width - lane_columns - 3,
                       false, false);
        tare_buf_putc(out, '\n');
    }
}

/* ---- the page ----------------------------------------------------------------------------------
 */

static void say_title(struct tare_buf *out, const struct tare_episode *e,
                      const struct tare_episode *beside, const struct tare_style *style)
{
    struct tare_scale two = {1, 2};
    uint32_t acts = 0, gated = 0, harmful = 0;
    for (uint32_t i = 0; i < e->outline.n_steps; i++) {
        const struct tare_outline_entry *s = &e->outline.steps[i];
        if (s->kind != TARE_OUTLINE_ACT || !s->judged)
            continue;
        acts++;
        gated += s->gate >= 0;
        harmful += s->judged == TARE_TOUCH_HARMFUL;
    }
    tare_buf_printf(out, " #%u   ", (unsigned)e->attempt + 1);
    tare_text_safe(out, e->solver);
    bool scored = e->status != TARE_ATTEMPT_MISSING && !isnan(e->reward);
    if (scored)
        tare_buf_printf(out, "   reward %s", tare_number_value(e->reward, two, style->unicode).s);
    if (scored && !isnan(e->reward_max))
        tare_buf_printf(out, " of %s", tare_number_value(e->reward_max, two, style->unicode).s);
    if (e->status == TARE_ATTEMPT_FAILED || e->status == TARE_ATTEMPT_MISSING) {
        tare_buf_puts(out, e->status == TARE_ATTEMPT_FAILED ? "   failed: " : "   missing: ");
        tare_text_safe(out, e->cause);
    }
    if (acts)
        tare_buf_printf(out, "   gated %u of %u   harmful %u", gated, acts, harmful);
    if (beside)
        tare_buf_printf(out, "   beside #%u", (unsigned)beside->attempt + 1);
}

/* The task in bold where all fits into one line. */
static void put_title(struct tare_buf *out, const struct tare_episode *e,
                      const struct tare_episode *beside, const struct tare_style *style)
{
    struct tare_buf task, rest;
    tare_buf_init(&task, NULL, 65536);
    tare_buf_init(&rest, NULL, 65536);
    tare_text_safe(&task, e->task);
    say_title(&rest, e, beside, style);
    if (tare_text_columns(tare_buf_str(&task)) + tare_text_columns(tare_buf_str(&rest)) <=
        (size_t)style->width) {
        tare__put_cell(out, style, TARE__BOLD, e->task, (size_t)style->width, false, false);
        tare_buf_put(out, tare_buf_str(&rest));
        tare_buf_puts(out, "\n\n");
    } else {
        tare_buf_put(&task, tare_buf_str(&rest));
        tare__wrap(out, tare_buf_str(&task), 0, (size_t)style->width);
        tare_buf_putc(out, '\n');
    }
    tare_buf_free(&task);
    tare_buf_free(&rest);
}

static void put_legend(struct tare_buf *out, const struct tare_style *style)
{
    static const struct {
        enum tare__mark mark;
        const char *word;
    } entries[] = {{TARE__MARK_TRUSTED, "trusted"},
                   {TARE__MARK_UNTRUSTED, "untrusted"},
                   {TARE__MARK_INJECTION, "injection met"},
                   {TARE__MARK_RIGHT, "right"},
                   {TARE__MARK_HARM, "harmful"},
                   {TARE__MARK_QUERY, "query"},
                   {TARE__MARK_STOPPED, "stopped"}};
    struct tare_buf text;
    tare_buf_init(&text, NULL, 1024);
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
        tare_buf_printf(&text, "%s%s %s", i ? "  " : "",
                        tare__mark(entries[i].mark, style->unicode), entries[i].word);
    tare_buf_putc(out, '\n');
    tare__wrap(out, tare_buf_str(&text), 0, (size_t)style->width);
    tare_buf_free(&text);
}

static void put_block(struct tare_buf *out, struct lanes *l, const struct tare_episode *beside,
                      bool panel)
{
    struct tare_buf left, right;
    size_t columns = LABEL + PITCH * (l->to - l->from), from = out->n;
    uint32_t wrong = first_wrong(&l->e->outline);
    bool room = (size_t)l->style->width >= columns + 3 + MIN_PANEL;
    tare_buf_init(&left, NULL, BLOCK_BYTES);
    tare_buf_init(&right, NULL, BLOCK_BYTES);
    put_lanes(&left, l, beside);
    if (panel && room && wrong != UINT32_MAX) {
        say_panel(&right, l->e, wrong, (size_t)l->style->width - columns - 3);
        beside_lanes(out, &left, columns, &right, l->style);
    } else {
        tare_buf_put(out, tare_buf_str(&left));
    }
    tare__trim_lines(out, from);
    tare_buf_putc(out, '\n');
    tare_buf_free(&left);
    tare_buf_free(&right);
}

void tare_view_episode(struct tare_buf *out, const struct tare_episode *e,
                       const struct tare_episode *beside, const struct tare_style *style)
{
    uint32_t n = e->outline.n_steps;
    uint32_t per_block = ((uint32_t)(style->width > 80 ? 80 : style->width) - LABEL) / PITCH;
    if (beside && beside->outline.n_steps > n)
        n = beside->outline.n_steps;
    put_title(out, e, beside, style);
    if (n == 0) {
        tare_buf_puts(out, "No steps were recorded.\n");
        return;
    }
    per_block = per_block ? per_block : 1;
    for (uint32_t from = 0; from < n; from += per_block) {
        struct lanes l = {e, style, from, from + per_block < n ? from + per_block : n};
        put_block(out, &l, beside, from == 0);
    }
    for (uint32_t i = 0; i < e->outline.n_steps; i++)
        if (matters(&e->outline.steps[i]))
            put_detail(out, e, i, style);
    put_legend(out, style);
}

/* ---- one step ----------------------------------------------------------------------------------
 */

/* JSON laid out; text that is none is shown as it is. */
static void put_body(struct tare_buf *out, struct tare_str body)
{
    struct tare_arena arena;
    struct tare_json v;
    struct tare_buf text;
    struct tare_json_writer w;
    tare_arena_init(&arena, NULL, 256 * BLOCK_BYTES);
    tare_buf_init(&text, NULL, 16 * BLOCK_BYTES);
    tare_json_writer_init(&w, &text);
    w.indent = 2;
    if (tare_json_parse(body, &tare_json_log, &arena, &v, NULL) == TARE_OK)
        tare_json_put_value(&w, v);
    else
        tare_buf_put(&text, body);
    for (size_t at = 0; at < text.n;) {
        tare_buf_puts(out, "  ");
        tare_text_safe(out, next_line(&text, &at));
        tare_buf_putc(out, '\n');
    }
    tare_buf_free(&text);
    tare_arena_free(&arena);
}

void tare_view_step(struct tare_buf *out, const struct tare_episode *e, uint32_t step,
                    struct tare_str body, const struct tare_style *style)
{
    put_title(out, e, NULL, style);
    if (step < e->outline.n_steps) {
        const struct tare_outline_entry *s = &e->outline.steps[step];
        put_detail(out, e, step, style);
        for (uint32_t i = 0; i < s->n_inj; i++) {
            tare_buf_puts(out, "       ");
            tare__put(out, style, TARE__WARN, tare__mark(TARE__MARK_INJECTION, style->unicode));
            tare_buf_puts(out, " injection met: ");
            tare_text_safe(out, s->inj[i].id);
            tare_buf_printf(out, ", tier %d\n", (int)s->inj[i].tier);
        }
    }
    tare_buf_putc(out, '\n');
    put_body(out, body);
}
