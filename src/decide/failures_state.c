/*
 * state_corruption: what an attempt believes of its files, notes and plan is no longer so. Source:
 * spec/harness.md of the shared sheets, section 6.
 */
#include "decide/failures_int.h"

#include "base/banned.h"

#define NAMES 512u /* that are followed; later ones are not */
#define ITEMS 128u /* of one plan */

/* ---- files and notes ----------------------------------------------------------------------- */

struct known {
    struct tare_str name, digest;
    uint32_t left;    /* step after which it stood as digest says; 0: not known */
    uint32_t changed; /* step at which something that ran changed it, unseen since; 0: none */
    bool written;     /* the attempt itself wrote it */
    bool met;         /* it wrote or read it */
};

static struct known *find(struct known *v, uint32_t *n, struct tare_str name)
{
    for (uint32_t i = 0; i < *n; i++)
        if (tare_str_eq(v[i].name, name))
            return &v[i];
    if (*n == NAMES)
        return NULL;
    v[*n] = (struct known){.name = name};
    return &v[(*n)++];
}

static struct tare_str last_part(struct tare_str path)
{
    size_t at = path.n;
    while (at > 0 && path.p[at - 1] != '/' && path.p[at - 1] != ' ')
        at--;
    return tare_str_n(path.p + at, path.n - at);
}

/* Whether a call from that step on names the file: a command that does may have shown it. */
static bool named_since(const struct tare_trail *t, struct tare_str path, uint32_t from,
                        uint32_t before)
{
    struct tare_str name = last_part(path);
    for (uint32_t i = 0; i < t->n_calls; i++)
        if (t->calls[i].step >= from && t->calls[i].step < before &&
            tare_str_find(t->calls[i].args, name) != SIZE_MAX)
            return true;
    return false;
}

/* Read back it is not what the attempt, or what it ran, left. */
static void on_read(struct tare__found *f, struct known *k, const struct tare_trail_event *e)
{
    if (k->written && !tare_str_eq(k->digest, e->digest))
        tare__found_add(f, TARE_FAIL_STATE, "stale_write", k->left, e->step, "error",
                        tare_arena_printf(f->arena,
                                          "%.*s is another when it is read at step %u than it was "
                                          "left at step %u",
                                          TARE_FMT(k->name), e->step, k->left));
    k->changed = 0;
}

/* Written whole although something had changed it and nobody had looked. */
static void on_create(struct tare__found *f, struct known *k, const struct tare_trail_event *e)
{
    if (k->met && k->changed && !named_since(f->t, k->name, k->changed, e->step))
        tare__found_add(
            f, TARE_FAIL_STATE, "stale_write", k->changed, e->step, "error",
            tare_arena_printf(f->arena,
                              "%.*s was written whole at step %u, though it had changed "
                              "at step %u and was not looked at since",
                              TARE_FMT(k->name), e->step, k->changed));
    k->changed = 0;
    k->written = true;
}

static void follow(struct tare__found *f, struct known *v, uint32_t *n,
                   const struct tare_trail_event *e)
{
    struct known *k = find(v, n, e->says);
    if (!k)
        return;
    if (tare_str_is(e->code, "read")) {
        on_read(f, k, e);
    } else if (tare_str_is(e->code, "create")) {
        on_create(f, k, e);
    } else if (tare_str_is(e->code, "edit")) {
        k->written = true; /* of a part, as it stood: what had changed stays */
    } else if (tare_str_is(e->code, "change")) {
        k->changed = e->step;
    } else {
        *k = (struct known){.name = k->name};
        return;
    }
    k->digest = e->digest;
    k->left = e->step;
    k->met = k->met || k->changed != e->step;
}

/* ---- plans --------------------------------------------------------------------------------- */

struct item {
    struct tare_str text;
    bool done;
};

static struct tare_str skip(struct tare_str s, const char *of)
{
    while (s.n && strchr(of, s.p[0]))
        s = tare_str_n(s.p + 1, s.n - 1);
    return s;
}

/* "- [ ] text", "* [x] text", "3. [X] text": the box counts, not what stands before it. */
static bool read_item(struct tare_str line, struct item *out)
{
    line = skip(line, " \t-*+.)0123456789");
    if (line.n < 4 || line.p[0] != '[' || line.p[2] != ']')
        return false;
    out->done = line.p[1] == 'x' || line.p[1] == 'X';
    out->text = tare_str_trim(tare_str_n(line.p + 3, line.n - 3));
    return (out->done || line.p[1] == ' ') && out->text.n > 0;
}

static uint32_t read_plan(struct tare_str text, struct item *out)
{
    uint32_t n = 0;
    while (text.n && n < ITEMS) {
        const char *end = memchr(text.p, '\n', text.n);
        size_t len = end ? (size_t)(end - text.p) : text.n;
        n += read_item(tare_str_n(text.p, len), &out[n]);
        len += end != NULL;
        text = tare_str_n(text.p + len, text.n - len);
    }
    return n;
}

uint32_t tare__open_items(const struct tare_trail_event *events, uint32_t n)
{
    struct item items[ITEMS];
    uint32_t open = 0;
    while (n > 0 && events[n - 1].kind != TARE_TRAIL_PLAN)
        n--;
    uint32_t n_items = n ? read_plan(events[n - 1].says, items) : 0;
    for (uint32_t i = 0; i < n_items; i++)
        open += !items[i].done;
    return open;
}

/* Share of the words of `a` of at least 3 letters that stand in `b`. */
static double shared_words(struct tare_str a, struct tare_str b)
{
    uint32_t all = 0, both = 0;
    while (a.n) {
        size_t len = 0;
        while (len < a.n && a.p[len] != ' ' && a.p[len] != '\t')
            len++;
        if (len >= 3) {
            all++;
            both += tare_str_find(b, tare_str_n(a.p, len)) != SIZE_MAX;
        }
        a = tare_str_n(a.p + len + (len < a.n), a.n - len - (len < a.n));
    }
    return all ? (double)both / all : 0;
}

static const struct item *same_item(const struct item *v, uint32_t n, struct tare_str text)
{
    for (uint32_t i = 0; i < n; i++)
        if (tare_str_eq(v[i].text, text))
            return &v[i];
    return NULL;
}

static bool reworded(const struct item *v, uint32_t n, struct tare_str text)
{
    for (uint32_t i = 0; i < n; i++)
        if (shared_words(text, v[i].text) >= 0.5)
            return true;
    return false;
}

/* An item that was done is open again, or one that was open is gone from a list that became
 * shorter, and no other says the same in other words. */
static void compare_plans(struct tare__found *f, const struct item *was, uint32_t n_was,
                          uint32_t was_step, const struct item *is, uint32_t n_is, uint32_t step)
{
    for (uint32_t i = 0; i < n_was; i++) {
        const struct item *now = same_item(is, n_is, was[i].text);
        bool undone = now && was[i].done && !now->done;
        bool gone = !now && !was[i].done && n_is < n_was && !reworded(is, n_is, was[i].text);
        if (undone || gone)
            tare__found_add(f, TARE_FAIL_STATE, "lost_item", was_step, step, "error",
                            tare_arena_printf(f->arena, "\"%.*s\" of the plan %s",
                                              (int)(was[i].text.n < 80 ? was[i].text.n : 80),
                                              was[i].text.p,
                                              undone ? "was done and is open again"
                                                     : "was open and is no longer there"));
    }
}

void tare__state_corruption(struct tare__found *f)
{
    struct known *v = TARE_NEW_N(f->arena, struct known, NAMES);
    struct item plans[2][ITEMS];
    uint32_t n = 0, n_items = 0, step = 0, at = 0;
    f->failed = f->failed || !v;
    for (uint32_t i = 0; v && i < f->t->n_events; i++) {
        const struct tare_trail_event *e = &f->t->events[i];
        if (e->kind == TARE_TRAIL_STATE)
            follow(f, v, &n, e);
        if (e->kind != TARE_TRAIL_PLAN)
            continue;
        uint32_t more = read_plan(e->says, plans[at ^ 1]);
        if (more)
            compare_plans(f, plans[at], n_items, step, plans[at ^ 1], more, e->step);
        at = more ? at ^ 1 : at;
        n_items = more ? more : n_items;
        step = e->step;
    }
}
