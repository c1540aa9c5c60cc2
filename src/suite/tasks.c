/* Task lines: one JSON object a line. */
#include "base/fs.h"
#include "base/limits.h"
#include "suite/suite_int.h"
#include "text/jsonl.h"

#include "base/banned.h"

/* What reading the lines needs beside the tasks themselves. */
struct reader {
    struct tare_jsonl lines;
    struct tare_str path;
    struct tare_arena *arena;
    struct tare_err *err;
    struct tare_task *tasks;
    uint32_t n;
    uint32_t *table; /* open addressing over ids: task index + 1; 0 is free */
    uint32_t mask;
    uint64_t secret;
    struct tare_buf canonical;
};

/* Moves an error from its line to its file. */
static void in_file(struct reader *r)
{
    if (!r->err)
        return;
    r->err->line = (uint32_t)r->lines.line_no;
    r->err->offset += r->lines.line_offset;
}

/* ---- one task ---------------------------------------------------------------------------- */

/* Numbers and truth values are taken as they are written. */
static bool tag_value(struct tare_json v, struct tare_str *out)
{
    switch (tare_json_kind(v)) {
    case TARE_JSON_STRING:
        *out = tare_json_str(v);
        return true;
    case TARE_JSON_NUMBER:
    case TARE_JSON_TRUE:
    case TARE_JSON_FALSE:
        *out = tare_json_lexeme(v);
        return true;
    default:
        return false;
    }
}

static enum tare_status read_tags(struct reader *r, struct tare_fields *f, struct tare_task *task)
{
    struct tare_json tags = tare_fields_kind(f, "tags", false, TARE_JSON_OBJECT);
    struct tare_tag *out = TARE_NEW_N(r->arena, struct tare_tag, tare_json_count(tags));
    if (!out)
        return tare_fail(r->err, TARE_E_NOMEM, "not enough memory for the tags of a task");
    task->tags = out;
    for (struct tare_json v = tare_json_first(tags); tare_json_present(v); v = tare_json_next(v)) {
        struct tare_tag *t = &out[task->n_tags];
        t->key = tare_json_key(v);
        if (tag_value(v, &t->value))
            task->n_tags++;
        else if (tare_json_kind(v) != TARE_JSON_NULL)
            tare_fields_fail(f, v, "the tag \"%.*s\" must be text or a number, found %s",
                             TARE_FMT(t->key), tare_json_kind_name(v));
    }
    return f->status;
}

static void check_id(struct tare_fields *f, struct tare_str id)
{
    bool good = id.n > 0 && id.n <= TARE__SUITE_ID_BYTES;
    for (size_t i = 0; i < id.n && good; i++)
        good = (uint8_t)id.p[i] >= 0x20 && id.p[i] != 0x7f;
    if (!good)
        tare_fields_fail(f, tare_json_get(f->object, "id"),
                         "\"id\" must have 1 to %d bytes and no control characters",
                         TARE__SUITE_ID_BYTES);
}

static enum tare_status read_task(struct reader *r, struct tare_json line, struct tare_task *task)
{
    struct tare_fields f;
    const struct tare_str text =
        tare_str_n(r->lines.text.p + r->lines.line_offset, r->lines.at - r->lines.line_offset);
    *task = (struct tare_task){.index = r->n, .line = (uint32_t)r->lines.line_no};
    tare_fields_begin(&f, line, text, r->path, r->err);
    tare_fields_str(&f, "id", true, &task->id);
    check_id(&f, task->id);
    if (f.status == TARE_OK || task->id.n > 0)
        tare_err_task(r->err, task->id);
    task->input = tare_fields_any(&f, "input", true);
    task->expect = tare_fields_any(&f, "expect", false);
    task->checks = tare_fields_kind(&f, "checks", false, TARE_JSON_ARRAY);
    enum tare_status st = read_tags(r, &f, task);
    if (st == TARE_OK)
        st = tare_fields_end(&f);
    if (st == TARE_E_INPUT)
        in_file(r);
    return st;
}

/* SHA-256 of the canonical line without meta. */
static bool digest(struct reader *r, struct tare_json line, struct tare_task *task)
{
    static const char *const keys[] = {"checks", "expect", "id", "input",
                                       "tags"}; /* in canonical order */
    struct tare_buf *b = &r->canonical;
    tare_buf_reset(b);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct tare_json v = tare_json_get(line, keys[i]);
        if (!tare_json_present(v))
            continue;
        tare_buf_putc(b, b->n ? ',' : '{');
        tare_buf_putc(b, '"');
        tare_buf_puts(b, keys[i]);
        tare_buf_puts(b, "\":");
        tare_json_canonical(v, b);
    }
    tare_buf_putc(b, '}');
    task->digest = tare_sha256_of(tare_buf_str(b));
    return !b->failed;
}

/* ---- all of them ------------------------------------------------------------------------- */

/* Takes the id of task r->n; false when it is taken already, then *first is the other task. */
static bool take_id(struct reader *r, struct tare_str id, uint32_t *first)
{
    uint32_t slot = (uint32_t)tare_hash64(id, r->secret) & r->mask;
    for (; r->table[slot]; slot = (slot + 1) & r->mask) {
        *first = r->table[slot] - 1;
        if (tare_str_eq(r->tasks[*first].id, id))
            return false;
    }
    r->table[slot] = r->n + 1;
    return true;
}

static enum tare_status add(struct reader *r, struct tare_json line)
{
    struct tare_task *task = &r->tasks[r->n];
    uint32_t first;
    enum tare_status st = read_task(r, line, task);
    if (st != TARE_OK)
        return st;
    if (!take_id(r, task->id, &first)) {
        struct tare_fields f;
        tare_fields_begin(&f, line, tare_json_lexeme(line), r->path, r->err);
        f.text =
            tare_str_n(r->lines.text.p + r->lines.line_offset, r->lines.at - r->lines.line_offset);
        tare_fields_fail(&f, tare_json_get(line, "id"), "the id \"%.*s\" stands on line %u already",
                         TARE_FMT(task->id), r->tasks[first].line);
        tare_err_hint(r->err, "give one of the two tasks another id");
        in_file(r);
        return f.status;
    }
    if (!digest(r, line, task))
        return tare_fail(r->err, TARE_E_NOMEM, "not enough memory to hash a task");
    r->n++;
    return TARE_OK;
}

static size_t count_lines(struct tare_str text)
{
    size_t n = 1;
    for (size_t at = 0; at < text.n; n++) {
        const char *stop = memchr(text.p + at, '\n', text.n - at);
        if (!stop)
            break;
        at = (size_t)(stop - text.p) + 1;
    }
    return n;
}

static enum tare_status prepare(struct reader *r, struct tare_str text)
{
    size_t most = count_lines(text), slots = 16;
    while (slots < 2 * most && slots < (size_t)UINT32_MAX / 2)
        slots *= 2;
    if (most > TARE_MAX_TASKS + 1u)
        return tare_fail(r->err, TARE_E_LIMIT, "%zu lines (at most %u tasks)", most,
                         TARE_MAX_TASKS);
    r->tasks = TARE_NEW_N(r->arena, struct tare_task, most);
    r->table = TARE_NEW_N(r->arena, uint32_t, slots);
    if (!r->tasks || !r->table)
        return tare_fail(r->err, TARE_E_NOMEM, "not enough memory for %zu tasks", most);
    r->mask = (uint32_t)(slots - 1);
    r->secret = tare_hash_key();
    tare_jsonl_begin(&r->lines, text, NULL);
    return TARE_OK;
}

static enum tare_status read_all(struct reader *r)
{
    struct tare_json line;
    enum tare_status st;
    while (tare_jsonl_next(&r->lines, r->arena, &line, &st, r->err)) {
        st = add(r, line);
        if (st != TARE_OK)
            return st;
    }
    if (st == TARE_OK && r->n == 0) {
        st = tare_fail(r->err, TARE_E_INPUT, "there is no task here");
        tare_err_hint(r->err, "write one JSON object a line: {\"id\": \"t1\", \"input\": ...}");
    }
    return st;
}

enum tare_status tare_suite_tasks(struct tare_str text, struct tare_str path,
                                  struct tare_arena *arena, struct tare_task **out, uint32_t *n,
                                  struct tare_err *err)
{
    struct reader r = {.path = path, .arena = arena, .err = err};
    tare_buf_init(&r.canonical, arena->alc, TARE_MAX_JSONL_LINE_BYTES * 6);
    enum tare_status st = prepare(&r, text);
    if (st == TARE_OK)
        st = read_all(&r);
    tare_buf_free(&r.canonical);
    if (st != TARE_OK) {
        tare_err_file(err, path);
        return st;
    }
    *out = r.tasks;
    *n = r.n;
    return TARE_OK;
}
