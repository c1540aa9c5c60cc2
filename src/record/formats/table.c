#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "record/formats/import_int.h"

#include "base/hash.h"
#include "base/limits.h"

#include "base/banned.h"

static const uint64_t table_key = UINT64_C(0x7461726520696d70);

struct tare__import_row *tare__import_row(struct tare__import *im)
{
    memset(&im->row, 0, offsetof(struct tare__import_row, score_name));
    im->row.index = -1;
    return &im->row;
}

void tare__import_score(struct tare__import *im, struct tare_str name, double value)
{
    struct tare__import_row *r = &im->row;
    for (uint32_t i = 0; i < r->n_scores && i < TARE__IMPORT_MAX_SCORES; i++)
        if (tare_str_eq(r->score_name[i], name)) {
            r->score[i] = value;
            return;
        }
    if (r->n_scores < TARE__IMPORT_MAX_SCORES) {
        r->score_name[r->n_scores] = name;
        r->score[r->n_scores] = value;
    }
    r->n_scores++;
}

void tare__import_tag(struct tare__import *im, struct tare_str key, struct tare_str value)
{
    struct tare__import_row *r = &im->row;
    if (key.n == 0 || r->n_tags >= TARE__IMPORT_MAX_TAGS)
        return;
    for (uint32_t i = 0; i < r->n_tags; i++)
        if (tare_str_eq(r->tags[i].key, key))
            return;
    r->tags[r->n_tags++] = (struct tare_tag){key, value};
}

void tare__import_tags_of(struct tare__import *im, struct tare_json object, const char *prefix)
{
    for (struct tare_json v = tare_json_first(object); tare_json_present(v);
         v = tare_json_next(v)) {
        struct tare_str text = tare__import_text(v);
        if (text.n == 0 || text.n > 200)
            continue;
        struct tare_str key = tare_json_key(v);
        if (*prefix)
            key = tare_arena_printf(&im->scratch, "%s%.*s", prefix, TARE_FMT(key));
        tare__import_tag(im, key, text);
    }
}

void tare__import_note(struct tare__import *im, const char *fmt, ...)
{
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    struct tare_import_table *t = im->table;
    for (uint32_t i = 0; i < t->n_notes; i++)
        if (tare_str_is(t->notes[i], text))
            return;
    if (t->n_notes == im->cap_notes) {
        if (im->cap_notes >= 64)
            return;
        uint32_t cap = im->cap_notes ? im->cap_notes * 2 : 8;
        struct tare_str *more = TARE_NEW_N(im->arena, struct tare_str, cap);
        if (!more)
            return;
        if (t->n_notes)
            memcpy(more, t->notes, t->n_notes * sizeof *more);
        t->notes = more;
        im->cap_notes = cap;
    }
    t->notes[t->n_notes++] = tare_arena_copy(im->arena, tare_str_of(text));
}

enum tare_status tare__import_fail(struct tare__import *im, size_t offset, const char *fmt, ...)
{
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    enum tare_status st = tare_fail_at(im->err, TARE_E_INPUT, offset, "%s", text);
    if (im->err && offset <= im->text.n)
        tare_err_locate(im->err, im->text);
    return st;
}

static enum tare_status no_memory(struct tare__import *im)
{
    return tare_fail(im->err, TARE_E_NOMEM, "out of memory while reading %.*s",
                     TARE_FMT(im->table->path));
}

/* Doubles an array that lives in the arena. */
static bool grow(struct tare__import *im, void *array, uint32_t n, uint32_t *cap, size_t size)
{
    if (n < *cap)
        return true;
    uint32_t more = *cap ? *cap * 2 : im->expected > 64 ? im->expected : 64;
    void *bigger = tare_arena_array(im->arena, more, size), *old;
    if (!bigger)
        return false;
    memcpy(&old, array, sizeof old);
    if (n)
        memcpy(bigger, old, n * size);
    memcpy(array, &bigger, sizeof bigger);
    *cap = more;
    return true;
}

/* Slot of a key: its own, or the free one where it belongs. */
static uint64_t *probe(const struct tare__import_slots *slots, uint64_t hash,
                       bool (*same)(const struct tare__import *, uint32_t, const void *),
                       const struct tare__import *im, const void *key)
{
    uint32_t tag = (uint32_t)(hash >> 32);
    for (uint32_t i = tag & (slots->n - 1);; i = (i + 1) & (slots->n - 1)) {
        uint64_t slot = slots->v[i];
        if (slot == 0 || (slot >> 32 == tag && same(im, (uint32_t)slot - 1, key)))
            return &slots->v[i];
    }
}

static void put_slot(uint64_t *slot, uint64_t hash, uint32_t number)
{
    *slot = hash >> 32 << 32 | (number + 1);
}

/* Room for one more than n: grows before it is half full. The keys are not looked at. */
static bool grow_slots(struct tare__import *im, struct tare__import_slots *slots, uint32_t n)
{
    if ((uint64_t)n * 2 < slots->n)
        return true;
    struct tare__import_slots wider = {NULL, slots->n ? slots->n * 4 : 1024};
    while (slots->n == 0 && wider.n <= im->expected * 2)
        wider.n *= 2;
    wider.v = TARE_NEW_N(im->arena, uint64_t, wider.n);
    if (!wider.v)
        return false;
    for (uint32_t i = 0; i < slots->n; i++) {
        uint32_t at = (uint32_t)(slots->v[i] >> 32) & (wider.n - 1);
        while (slots->v[i] && wider.v[at])
            at = (at + 1) & (wider.n - 1);
        if (slots->v[i])
            wider.v[at] = slots->v[i];
    }
    *slots = wider;
    return true;
}

static bool same_task(const struct tare__import *im, uint32_t task, const void *key)
{
    const struct tare_str *id = key;
    return tare_str_eq(im->table->tasks[task].id, *id);
}

struct attempt_key {
    uint32_t run, task, index;
};

static bool same_attempt(const struct tare__import *im, uint32_t i, const void *key)
{
    const struct attempt_key *k = key;
    const struct tare_import_attempt *a = &im->table->attempts[i];
    return a->run == k->run && a->task == k->task && a->index == k->index;
}

static uint64_t hash_attempt(struct attempt_key k)
{
    return tare_hash64(tare_str_n((const char *)&k, sizeof k), table_key);
}

static enum tare_status intern_task(struct tare__import *im, uint32_t *task)
{
    struct tare_import_table *t = im->table;
    struct tare_str id = im->row.task;
    if (!grow_slots(im, &im->tasks, t->n_tasks))
        return no_memory(im);
    uint64_t hash = tare_hash64(id, table_key);
    uint64_t *slot = probe(&im->tasks, hash, same_task, im, &id);
    if (*slot) {
        *task = (uint32_t)*slot - 1;
        return TARE_OK;
    }
    if (t->n_tasks >= TARE_MAX_TASKS)
        return tare_fail(im->err, TARE_E_LIMIT, "more than %u tasks", TARE_MAX_TASKS);
    if (!grow(im, &t->tasks, t->n_tasks, &im->cap_tasks, sizeof *t->tasks) ||
        !grow(im, &im->first, t->n_tasks, &im->cap_first, sizeof *im->first))
        return no_memory(im);
    struct tare_import_task *made = &t->tasks[t->n_tasks];
    made->id = tare_arena_copy(im->arena, id);
    made->n_tags = im->row.n_tags;
    made->tags = made->n_tags ? TARE_NEW_N(im->arena, struct tare_tag, made->n_tags) : NULL;
    if (!made->id.p || (made->n_tags && !made->tags))
        return no_memory(im);
    for (uint32_t i = 0; i < im->row.n_tags; i++)
        made->tags[i] = (struct tare_tag){tare_arena_copy(im->arena, im->row.tags[i].key),
                                          tare_arena_copy(im->arena, im->row.tags[i].value)};
    *task = t->n_tasks++;
    put_slot(slot, hash, *task);
    return TARE_OK;
}

static enum tare_status intern_run(struct tare__import *im, uint32_t *run)
{
    struct tare_import_table *t = im->table;
    struct tare_str name = im->row.run;
    for (uint32_t i = 0; i < t->n_runs; i++)
        if (tare_str_eq(t->runs[i], name)) {
            *run = i;
            return TARE_OK;
        }
    if (t->n_runs >= TARE_MAX_SOLVERS)
        return tare_fail(im->err, TARE_E_LIMIT,
                         "more than %u different models or providers: is the run column right?",
                         TARE_MAX_SOLVERS);
    if (!grow(im, &t->runs, t->n_runs, &im->cap_runs, sizeof *t->runs))
        return no_memory(im);
    t->runs[t->n_runs] = tare_arena_copy(im->arena, name);
    *run = t->n_runs++;
    return TARE_OK;
}

/* Columns of values: widened (rarely) when a new metric appears. */
static enum tare_status intern_metric(struct tare__import *im, struct tare_str name, uint32_t *m)
{
    struct tare_import_table *t = im->table;
    for (uint32_t i = 0; i < t->n_metrics; i++)
        if (tare_str_eq(t->metrics[i], name)) {
            *m = i;
            return TARE_OK;
        }
    if (t->n_metrics == TARE__IMPORT_MAX_SCORES)
        return tare_fail(im->err, TARE_E_LIMIT, "more than %u different scores",
                         TARE__IMPORT_MAX_SCORES);
    uint32_t wider = t->n_metrics + 1;
    double *values = TARE_NEW_N(im->arena, double, (size_t)im->cap_attempts *wider);
    struct tare_str *names = TARE_NEW_N(im->arena, struct tare_str, wider);
    if (!values || !names)
        return no_memory(im);
    for (uint32_t a = 0; a < im->cap_attempts; a++) {
        for (uint32_t i = 0; i < t->n_metrics; i++)
            values[(size_t)a * wider + i] = t->values[(size_t)a * t->n_metrics + i];
        values[(size_t)a * wider + t->n_metrics] = (double)NAN;
    }
    if (t->n_metrics)
        memcpy(names, t->metrics, t->n_metrics * sizeof *names);
    names[t->n_metrics] = tare_arena_copy(im->arena, name);
    t->values = values;
    t->metrics = names;
    *m = t->n_metrics++;
    return TARE_OK;
}

static enum tare_status room_for_attempt(struct tare__import *im)
{
    struct tare_import_table *t = im->table;
    uint32_t before = im->cap_attempts;
    if (!grow(im, &t->attempts, t->n_attempts, &im->cap_attempts, sizeof *t->attempts))
        return no_memory(im);
    if (im->cap_attempts != before && t->n_metrics) {
        double *values = TARE_NEW_N(im->arena, double, (size_t)im->cap_attempts * t->n_metrics);
        if (!values)
            return no_memory(im);
        memcpy(values, t->values, (size_t)t->n_attempts * t->n_metrics * sizeof *values);
        t->values = values;
    }
    return TARE_OK;
}

/* Where an attempt is or would be. */
struct place {
    uint32_t attempt; /* number + 1; 0: not there */
    uint32_t *first;  /* NULL: in `slot` */
    uint64_t *slot, hash;
};

static enum tare_status find_attempt(struct tare__import *im, struct attempt_key k,
                                     struct place *out)
{
    uint32_t *first = &im->first[k.task];
    *out = (struct place){.attempt = *first, .first = first};
    if (*first == 0 || same_attempt(im, *first - 1, &k))
        return TARE_OK;
    if (!grow_slots(im, &im->seen, im->table->n_attempts))
        return no_memory(im);
    uint64_t hash = hash_attempt(k);
    uint64_t *slot = probe(&im->seen, hash, same_attempt, im, &k);
    *out = (struct place){.attempt = (uint32_t)*slot, .slot = slot, .hash = hash};
    return TARE_OK;
}

/* The number of this try: as given, or the next free one of that run and task. */
static enum tare_status number(struct tare__import *im, struct tare_import_attempt *a,
                               struct place *place)
{
    struct attempt_key k = {a->run, a->task, 0};
    enum tare_status st;
    bool given = im->row.index >= 0;
    if (given && im->row.index >= TARE_MAX_ATTEMPTS_PER_TASK)
        return tare__import_fail(im, im->row.offset, "attempt number %lld is beyond %u",
                                 (long long)im->row.index, TARE_MAX_ATTEMPTS_PER_TASK);
    for (k.index = given ? (uint32_t)im->row.index : 0;; k.index++) {
        st = find_attempt(im, k, place);
        if (st != TARE_OK || !place->attempt)
            break;
        if (given && im->row.merge)
            break;
        if (given) {
            st = tare__import_fail(im, im->row.offset, "attempt %u of task '%.*s' is there twice",
                                   k.index + 1, TARE_FMT(im->row.task));
            tare_err_hint(im->err, "if these are repeats, remove the attempt column; if two runs "
                                   "are in one file, name the column that tells them apart with "
                                   "--run-column");
            return st;
        }
        if (k.index >= TARE_MAX_ATTEMPTS_PER_TASK)
            return tare_fail(im->err, TARE_E_LIMIT, "more than %u attempts at one task",
                             TARE_MAX_ATTEMPTS_PER_TASK);
    }
    a->index = k.index;
    return st;
}

static void copy_texts(struct tare__import *im, struct tare_import_attempt *a)
{
    const struct tare__import_row *r = &im->row;
    if (r->has_output)
        a->output_hash = tare_hash64(r->output, table_key) | 1;
    if (!im->options->keep_texts)
        return;
    a->input = tare_arena_copy(im->arena, r->input);
    a->output = tare_arena_copy(im->arena, r->output);
    a->expected = tare_arena_copy(im->arena, r->expected);
}

/* Adds the row's values to an attempt that is there. */
static enum tare_status merge(struct tare__import *im, uint32_t attempt, const uint32_t *metric)
{
    struct tare_import_table *t = im->table;
    for (uint32_t i = 0; i < im->row.n_scores; i++) {
        double *value = &t->values[(size_t)attempt * t->n_metrics + metric[i]];
        if (!isnan(*value))
            return tare__import_fail(im, im->row.offset, "'%.*s' of task '%.*s' is there twice",
                                     TARE_FMT(t->metrics[metric[i]]), TARE_FMT(im->row.task));
        *value = im->row.score[i];
    }
    return TARE_OK;
}

enum tare_status tare__import_commit(struct tare__import *im)
{
    struct tare__import_row *r = &im->row;
    struct tare_import_table *t = im->table;
    struct tare_import_attempt a = {.outcome = (uint8_t)r->outcome, .cause = (uint8_t)r->cause};
    if (r->task.n == 0)
        return tare__import_fail(im, r->offset, "a row without a task id");
    if (r->n_scores > TARE__IMPORT_MAX_SCORES)
        return tare__import_fail(im, r->offset, "more than %u scores in one row",
                                 TARE__IMPORT_MAX_SCORES);
    enum tare_status st = intern_task(im, &a.task);
    if (st == TARE_OK)
        st = intern_run(im, &a.run);
    if (st == TARE_OK)
        st = room_for_attempt(im);
    uint32_t metric[TARE__IMPORT_MAX_SCORES];
    for (uint32_t i = 0; st == TARE_OK && i < r->n_scores; i++)
        st = intern_metric(im, r->score_name[i], &metric[i]);
    struct place place = {0};
    if (st == TARE_OK)
        st = number(im, &a, &place);
    if (st != TARE_OK)
        return st;
    if (place.attempt)
        return merge(im, place.attempt - 1, metric);
    a.has_tokens = r->has_tokens, a.tokens_in = r->tokens_in, a.tokens_out = r->tokens_out;
    a.has_cost = r->has_cost, a.cost_usd = r->cost_usd;
    a.has_seconds = r->has_seconds, a.seconds = r->seconds;
    a.cause_text = tare_arena_copy(im->arena, r->cause_text);
    copy_texts(im, &a);
    t->attempts[t->n_attempts] = a;
    for (uint32_t i = 0; i < t->n_metrics; i++)
        t->values[(size_t)t->n_attempts * t->n_metrics + i] = (double)NAN;
    for (uint32_t i = 0; i < r->n_scores; i++)
        t->values[(size_t)t->n_attempts * t->n_metrics + metric[i]] = r->score[i];
    if (place.first)
        *place.first = t->n_attempts + 1;
    else
        put_slot(place.slot, place.hash, t->n_attempts);
    t->n_attempts++;
    return TARE_OK;
}
