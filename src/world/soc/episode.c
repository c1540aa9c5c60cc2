/* Bookkeeping of one episode: names, rows, facts, and the typed view. */
#include "world/soc/soc_int.h"

#include <stdio.h>

#include "base/limits.h"

#include "base/banned.h"

bool tare__soc_grow(struct tare__soc_world *w, void **p, uint32_t *cap, uint32_t need, size_t size)
{
    if (need <= *cap)
        return true;
    uint32_t n = *cap ? *cap : 32;
    while (n < need && n < UINT32_MAX / 2)
        n *= 2;
    void *q = w->alc->get(w->alc->ctx, (size_t)n * size);
    if (!q) {
        w->broken = true;
        return false;
    }
    if (*p) {
        memcpy(q, *p, (size_t)*cap * size);
        w->alc->put(w->alc->ctx, *p, (size_t)*cap * size);
    }
    *p = q;
    *cap = n;
    return true;
}

static bool grow_names(struct tare__soc_world *w, uint32_t need)
{
    void *names = w->names, *flags = w->flags;
    bool ok = tare__soc_grow(w, &flags, &w->cap_flags, need, sizeof *w->flags) &&
              tare__soc_grow(w, &names, &w->cap_names, need, sizeof *w->names);
    w->names = names;
    w->flags = flags;
    return ok;
}

uint32_t tare__soc_episode_name(struct tare__soc_world *w, struct tare_str s)
{
    uint32_t name = tare__soc_find(&w->sc->names, s);
    if (name != TARE_SOC_NONE)
        return name;
    for (uint32_t i = w->sc->names.n; i < w->n_names; i++)
        if (tare_str_eq(w->names[i], s))
            return i;
    struct tare_str copy = tare_arena_copy(&w->text, s);
    if (!copy.p || !grow_names(w, w->n_names + 1)) {
        w->broken = true;
        return N_EMPTY;
    }
    w->names[w->n_names] = copy;
    w->flags[w->n_names] = 0;
    return w->n_names++;
}

bool tare__soc_set_add(struct tare__soc_world *w, struct tare__soc_set *set, uint32_t name)
{
    if (set->n == set->cap || set->n == set->cap_text) {
        void *id = set->id, *text = set->text;
        bool ok = tare__soc_grow(w, &id, &set->cap, set->n + 1, sizeof *set->id) &&
                  tare__soc_grow(w, &text, &set->cap_text, set->n + 1, sizeof *set->text);
        set->id = id;
        set->text = text;
        if (!ok)
            return false;
    }
    set->id[set->n] = name;
    set->text[set->n++] = w->names[name];
    return true;
}

void tare__soc_fact(struct tare__soc_world *w, struct tare_fact fact)
{
    if (w->n_facts == w->cap_facts) {
        void *p = w->facts;
        bool ok = tare__soc_grow(w, &p, &w->cap_facts, w->n_facts + 1, sizeof *w->facts);
        w->facts = p;
        if (!ok)
            return;
    }
    w->facts[w->n_facts++] = fact;
}

void tare__soc_add_row(struct tare__soc_world *w, uint32_t tpl, uint32_t step, uint32_t id)
{
    if (w->n_rows == w->cap_rows) {
        void *p = w->rows;
        bool ok = tare__soc_grow(w, &p, &w->cap_rows, w->n_rows + 1, sizeof *w->rows);
        w->rows = p;
        if (!ok)
            return;
    }
    w->rows[w->n_rows++] = (struct tare__soc_row){tpl, step, id};
}

struct tare_str tare__soc_created(struct tare__soc_world *w, uint32_t step)
{
    if (step < TARE__SOC_STEPS_AHEAD)
        return w->sc->created[step];
    char text[21];
    tare_time_format(w->sc->start_ns + (int64_t)step * 60000000000, text);
    struct tare_str s = tare_arena_copy(&w->text, tare_str_of(text));
    w->broken = w->broken || !s.p;
    return s;
}

uint32_t tare__soc_row_name(struct tare__soc_world *w, enum tare_soc_table table, uint32_t step)
{
    static const char *const prefix[TARE_SOC_N_TABLES] = {"", "auth", "flow", "proc", "alert"};
    if (step < TARE__SOC_STEPS_AHEAD)
        return w->sc->row_id[step * TARE_SOC_N_TABLES + (uint32_t)table];
    struct tare_str s =
        tare_arena_printf(&w->text, "%s-%.*s-%u", prefix[table], TARE_FMT(w->sc->id), step);
    if (!s.p) {
        w->broken = true;
        return N_EMPTY;
    }
    return tare__soc_episode_name(w, s);
}

void tare__soc_row_cells(struct tare__soc_world *w, const struct tare__soc_row *row,
                         struct tare_soc_cell *cells)
{
    const struct tare__soc_tpl *t = &w->sc->tpl[row->tpl];
    const struct tare__soc_table_def *d =
        tare__soc_table(w->sc->profile, (enum tare_soc_table)t->table);
    memcpy(cells, t->cells, d->n_columns * sizeof *cells);
    cells[d->id] = (struct tare_soc_cell){.kind = TARE_SOC_TEXT, .text = w->names[row->id]};
    cells[d->step] = (struct tare_soc_cell){.kind = TARE_SOC_INT, .i = row->step};
    cells[d->created] =
        (struct tare_soc_cell){.kind = TARE_SOC_TEXT, .text = tare__soc_created(w, row->step)};
}

struct tare_soc_cell tare__soc_row_cell(struct tare__soc_world *w, const struct tare__soc_row *row,
                                        uint32_t column)
{
    const struct tare__soc_tpl *t = &w->sc->tpl[row->tpl];
    const struct tare__soc_table_def *d =
        tare__soc_table(w->sc->profile, (enum tare_soc_table)t->table);
    if (column == d->id)
        return (struct tare_soc_cell){.kind = TARE_SOC_TEXT, .text = w->names[row->id]};
    if (column == d->step)
        return (struct tare_soc_cell){.kind = TARE_SOC_INT, .i = row->step};
    if (column == d->created)
        return (struct tare_soc_cell){.kind = TARE_SOC_TEXT,
                                      .text = tare__soc_created(w, row->step)};
    return t->cells[column];
}

static void put_names(struct tare__soc_world *w)
{
    uint32_t n = w->sc->names.n;
    if (!grow_names(w, n))
        return;
    if (w->names_of != w->sc)
        memcpy(w->names, w->sc->names.v, n * sizeof *w->names);
    w->names_of = w->sc;
    w->n_names = n;
    memset(w->flags, 0, n);
}

void tare__soc_begin(struct tare__soc_world *w)
{
    w->broken = false;
    if (w->text.used_bytes)
        tare_arena_reset(&w->text);
    put_names(w);
    for (uint32_t c = 0; c < 3; c++)
        w->contained[c].n = 0;
    w->content.n = w->new_emails.n = w->new_alerts.n = w->seen.n = 0;
    w->ctx.hosts.n = w->ctx.users.n = 0;
    w->ctx.host = w->ctx.user = w->ctx.target = w->ctx.exfil = TARE_SOC_NONE;
    memset(w->ctx.flag, 0, sizeof w->ctx.flag);
    w->n_rows = w->n_viol = w->n_facts = w->steps = w->n_reports = 0;
    w->done = w->reported = w->cleared = false;
    w->n_gated = w->n_ungated = w->next_arrival = 0;
    w->right_gated = w->right_ungated = 0;
    memset(w->harmful, 0, sizeof w->harmful);
    w->reward = 0;
    w->phase = -1;
    memset(w->incident_stage, 0, sizeof w->incident_stage);
    memset(w->incident_stopped, 0, sizeof w->incident_stopped);
    tare_buf_reset(&w->score);
    if (w->cap_met < w->sc->n_payloads) {
        void *p = w->met;
        tare__soc_grow(w, &p, &w->cap_met, w->sc->n_payloads, 1);
        w->met = p;
    }
    if (w->broken)
        return;
    if (w->sc->n_payloads)
        memset(w->met, 0, w->sc->n_payloads);
    tare__soc_sql_episode(w);
    memset(&w->call, 0, sizeof w->call);
    memset(&w->view, 0, sizeof w->view);
    w->view.ok = true;
    w->move = (struct tare__soc_move){.type = TARE_SOC_NONE};
    w->last = (struct tare__soc_advance){.reason = ""};
    for (uint32_t i = 0; i < w->sc->n_payloads; i++)
        tare__soc_fact(w, (struct tare_fact){.kind = TARE_FACT_PAYLOAD_PRESENT,
                                             .entity = i,
                                             .tier = w->sc->payloads[i].tier});
    for (uint32_t c = 0; c < 3; c++)
        for (uint32_t i = 0; i < w->sc->required[c].n; i++)
            tare__soc_fact(w, (struct tare_fact){.kind = TARE_FACT_REQUIRED,
                                                 .entity = w->sc->required[c].v[i],
                                                 .verb = (uint16_t)(TARE_SOC_ISOLATE_HOST + c)});
}

/* Emails and alerts whose time has come: those of the step just reached. */
void tare__soc_announce(struct tare__soc_world *w)
{
    w->new_emails.n = w->new_alerts.n = 0;
    for (uint32_t i = 0; i < w->n_rows; i++) {
        const struct tare__soc_row *r = &w->rows[i];
        if (r->step != w->steps)
            continue;
        uint8_t table = w->sc->tpl[r->tpl].table;
        if (table == TARE_SOC_EMAIL)
            tare__soc_set_add(w, &w->new_emails, r->id);
        else if (table == TARE_SOC_ALERT)
            tare__soc_set_add(w, &w->new_alerts, r->id);
        else
            continue;
        tare__soc_set_add(w, &w->seen, r->id);
    }
}

static struct tare_soc_ids ids(const struct tare__soc_set *set)
{
    return (struct tare_soc_ids){set->text, set->n};
}

void tare__soc_show(struct tare__soc_world *w, struct tare_obs *obs)
{
    struct tare_soc_view *v = &w->view;
    v->profile = w->sc->profile;
    v->step = w->steps;
    v->max_steps = w->sc->max_steps;
    v->done = w->done;
    v->scenario_id = w->sc->id;
    v->attacker_state = w->sc->profile == TARE_SOC_FAITHFUL ? w->names[w->state] : TARE_S("");
    v->isolated_hosts = ids(&w->contained[0]);
    v->blocked_domains = ids(&w->contained[1]);
    v->reset_users = ids(&w->contained[2]);
    v->new_emails = ids(&w->new_emails);
    v->new_alerts = ids(&w->new_alerts);
    v->content_ids = ids(&w->content);
    v->verb = w->call.verb;
    obs->view = v;
    obs->step = w->steps;
    obs->done = w->done;
    obs->failed = w->steps > 0 && !w->view.ok;
}
