/* One call: open what is there, find the document, answer; errors are documents too. */
#include "view/api_int.h"

#include "base/fs.h"
#include "base/limits.h"
#include "view/error.h"

#include "base/banned.h"

enum tare_status tare__no_memory(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "not enough memory for the answer");
}

enum tare_status tare_api_open(const struct tare_api_options *options, struct tare_api **out,
                               struct tare_err *err)
{
    const struct tare_alc *alc = tare_alc_libc();
    struct tare_api *api = alc->get(alc->ctx, sizeof *api);
    if (!api)
        return tare__no_memory(err);
    *api = (struct tare_api){.clock = options->clock};
    tare_arena_init(&api->own, NULL, TARE_MIB);
    tare_arena_init(&api->kept_tasks.arena, NULL, TARE_ARENA_REPORT_BYTES);
    tare_arena_init(&api->work, NULL, TARE_ARENA_REPORT_BYTES);
    tare_buf_init(&api->out, NULL, 4 * TARE_MAX_JSON_BYTES);
    api->path = tare_arena_copy(&api->own, options->store);
    if (!api->path.p) {
        tare_api_close(api);
        return tare__no_memory(err);
    }
    *out = api;
    return TARE_OK;
}

void tare_api_close(struct tare_api *api)
{
    const struct tare_alc *alc = tare_alc_libc();
    if (!api)
        return;
    tare_store_close(api->store);
    tare_buf_free(&api->out);
    tare_arena_free(&api->work);
    tare_arena_free(&api->kept_tasks.arena);
    tare_arena_free(&api->own);
    if (api->order.at)
        alc->put(alc->ctx, api->order.at, api->order.room * sizeof *api->order.at);
    alc->put(alc->ctx, api, sizeof *api);
}

/* A store that is made while the page is open is found. */
static enum tare_status look_for_store(struct tare_api *api, struct tare_err *err)
{
    struct tare_store_options options = {
        .size = sizeof options, .read_only = true, .busy_ms = 2000, .clock = api->clock};
    if (api->store || !tare_fs_exists(api->path))
        return TARE_OK;
    enum tare_status st = tare_store_open(api->path, &options, &api->store, err);
    if (st)
        api->store = NULL;
    else
        *err = (struct tare_err){0};
    return st;
}

enum tare_status tare_api_change(struct tare_api *api, uint64_t *out, struct tare_err *err)
{
    *out = 0;
    enum tare_status st = look_for_store(api, err);
    return st || !api->store ? st : tare_store_change(api->store, out, err);
}

/* "*" stands for any segment. */
struct route {
    const char *path[6];
    uint32_t n;
    tare__call_fn *fn;
    bool empty; /* answers without a store too */
};

static const struct route routes[] = {
    {{"runs"}, 1, tare__get_runs, true},
    {{"runs", "*"}, 2, tare__get_run, false},
    {{"runs", "*", "tasks"}, 3, tare__get_run_tasks, false},
    {{"runs", "*", "attempts"}, 3, tare__get_attempts, false},
    {{"runs", "*", "attempts", "*", "*"}, 5, tare__get_attempt, false},
    {{"runs", "*", "attempts", "*", "*", "steps"}, 6, tare__get_steps, false},
    {{"runs", "*", "attempts", "*", "*", "steps"}, 8, tare__get_body, false},
    {{"leaderboard"}, 1, tare__get_leaderboard, false},
    {{"compare"}, 1, tare__get_compare, false},
    {{"power"}, 1, tare__get_power, true},
    {{"tasks", "*", "*"}, 3, tare__get_task, false},
    {{"suites"}, 1, tare__get_suites, true},
    {{"suites", "*"}, 2, tare__get_suite, false},
    {{"suites", "*", "findings"}, 3, tare__get_findings, false},
    {{"find"}, 1, tare__get_find, true},
};

static bool fits(const struct route *r, const struct tare__call *c)
{
    if (r->n != c->n_segments)
        return false;
    for (uint32_t i = 0; i < 6 && i < r->n; i++)
        if (strcmp(r->path[i], "*") != 0 && !tare_str_is(c->segments[i], r->path[i]))
            return false;
    return r->n < 8 || tare_str_is(c->segments[7], "body");
}

static const struct route *find_route(const struct tare__call *c)
{
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
        if (fits(&routes[i], c))
            return &routes[i];
    return NULL;
}

static enum tare_status no_store(struct tare__call *c, struct tare_err *err)
{
    c->http = 404;
    (void)tare_fail(err, TARE_E_USAGE, "no runs yet: there is no store at %.*s",
                    TARE_FMT(c->api->path));
    tare_err_hint(err, "make one: tare run incident-response --solver verify-first");
    return TARE_E_USAGE;
}

static enum tare_status nothing_here(struct tare__call *c, struct tare_err *err)
{
    c->http = 404;
    (void)tare_fail(err, TARE_E_USAGE, "there is nothing at this address");
    tare_err_hint(err, "paths and parameters: docs/concepts/viewing.md");
    return TARE_E_USAGE;
}

/* Opens what is there. needed: without a store there is no answer. */
static enum tare_status begin(struct tare__call *c, bool needed, struct tare_err *err)
{
    enum tare_status st = look_for_store(c->api, err);
    (void)tare__param(c, "token"); /* the server has looked at it */
    c->store = c->api->store;
    if (!st && !c->store && needed)
        st = no_store(c, err);
    return !st && c->store ? tare_store_change(c->store, &c->change, err) : st;
}

static enum tare_status get(struct tare__call *c, struct tare_str target, struct tare_err *err)
{
    enum tare_status st = tare__call_target(c, target, err);
    const struct route *r = st ? NULL : find_route(c);
    if (!st && !r)
        st = nothing_here(c, err);
    if (!st)
        st = begin(c, !r->empty, err);
    return st ? st : r->fn(c, err);
}

static enum tare_status post(struct tare__call *c, struct tare_str target, struct tare_str body,
                             struct tare_err *err)
{
    enum tare_status st = tare__call_target(c, target, err);
    if (!st && (c->n_segments != 1 || !tare_str_is(c->segments[0], "baseline")))
        st = nothing_here(c, err);
    if (!st)
        st = begin(c, true, err);
    return st ? st : tare__post_baseline(c, body, err);
}

static int http_of(enum tare_status st, int usage)
{
    switch (st) {
    case TARE_OK:
        return 200;
    case TARE_E_USAGE:
    case TARE_E_LIMIT:
        return usage;
    case TARE_E_IO:
    case TARE_E_NOMEM:
    case TARE_E_CANCELLED:
        return 503;
    default:
        return 500;
    }
}

static void answer(struct tare_api *api, struct tare_str target, const struct tare_str *body,
                   struct tare_api_answer *out)
{
    struct tare_err err = {0};
    struct tare__call c = {
        .api = api, .arena = &api->work, .type = "application/json; charset=utf-8", .http = 400};
    tare_arena_reset(&api->work);
    tare_buf_reset(&api->out);
    tare_json_writer_init(&c.w, &api->out);
    enum tare_status st = body ? post(&c, target, *body, &err) : get(&c, target, &err);
    if (!st && api->out.failed)
        st = tare__no_memory(&err);
    if (st) {
        tare_buf_reset(&api->out);
        tare_view_error_json(&api->out, "tare view", &err);
        c.type = "application/json; charset=utf-8";
    }
    *out = (struct tare_api_answer){.http = http_of(st, c.http),
                                    .type = c.type,
                                    .body = tare_buf_str(&api->out),
                                    .change = c.change,
                                    .code = st};
}

void tare_api_get(struct tare_api *api, struct tare_str target, struct tare_api_answer *out)
{
    answer(api, target, NULL, out);
}

void tare_api_post(struct tare_api *api, struct tare_str target, struct tare_str body,
                   struct tare_api_answer *out)
{
    answer(api, target, &body, out);
}
