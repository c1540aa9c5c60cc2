/* OpenEnv over WebSockets and HTTP: who resets has an episode, which is an attempt. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "net/door.h"
#include "serve/openenv_wire.h"
#include "serve/server_int.h"

#include "base/banned.h"

#define OUT_BYTES (2 * TARE_MAX_AGENT_UNREAD_BYTES)

/* Who plays: a socket, or an episode over plain HTTP. */
struct player {
    struct tare_server *server;
    struct tare_session *session;
    struct tare_socket *socket; /* NULL: plain HTTP */
    struct tare_ask *ask;       /* HTTP: what waits for its answer */
    char episode[132];          /* its name; empty: none was begun */
    struct tare_arena arena;    /* of the message that waits */
    struct tare_str tool;       /* of the step that waits; p NULL: no call_tool */
    bool waits;
    struct player *next;
};

struct own {
    struct player *first;
    struct tare_buf schema;
};

/* ---- answers ------------------------------------------------------------------------------- */

/* {"type": TYPE, "data": …} on a socket, the data alone over HTTP. */
static void begin_answer(const struct player *p, struct tare_json_writer *w, const char *type)
{
    if (!p->socket)
        return;
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "type", type);
    tare_json_put_key(w, "data");
}

static void end_answer(struct player *p, struct tare_json_writer *w, struct tare_buf *out,
                       struct tare_ask *ask)
{
    if (p->socket) {
        tare_json_end_object(w);
        if (out->failed)
            tare_socket_end(p->socket, 1009);
        else
            tare_socket_put(p->socket, tare_buf_str(out));
    } else if (out->failed) {
        tare__answer_json(ask, 503, TARE_S("{\"detail\":\"no memory for the answer\"}"));
    } else {
        tare__answer_json(ask, 200, tare_buf_str(out));
    }
}

static unsigned http_of(const char *code)
{
    static const struct {
        const char *code;
        unsigned http;
    } known[] = {{"INVALID_JSON", 422},
                 {"VALIDATION_ERROR", 422},
                 {"SESSION_ERROR", 404},
                 {"CAPACITY_REACHED", 503}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].code, code) == 0)
            return known[i].http;
    return 500;
}

static void put_error(struct tare_json_writer *w, const char *code, const char *why, bool socket)
{
    tare_json_begin_object(w);
    if (socket) {
        tare_json_member_cstr(w, "type", "error");
        tare_json_put_key(w, "data");
        tare_json_begin_object(w);
    }
    tare_json_member_cstr(w, socket ? "message" : "detail", why);
    tare_json_member_cstr(w, "code", code);
    if (socket)
        tare_json_end_object(w);
    tare_json_end_object(w);
}

static void fault(struct tare_socket *socket, struct tare_ask *ask, const char *code,
                  const char *why)
{
    struct tare_buf out;
    struct tare_json_writer w;
    tare_buf_init(&out, NULL, TARE_MIB);
    tare_json_writer_init(&w, &out);
    put_error(&w, code, why, socket != NULL);
    if (socket)
        tare_socket_put(socket, tare_buf_str(&out));
    else if (ask)
        tare__answer_json(ask, http_of(code), tare_buf_str(&out));
    tare_buf_free(&out);
}

static const struct tare_task *task_of(const struct player *p)
{
    return &p->server->o.suite->tasks[p->server->o.task_from + p->session->task];
}

static const char *status_name(enum tare_attempt_status s)
{
    return s == TARE_ATTEMPT_DONE ? "done" : s == TARE_ATTEMPT_FAILED ? "failed" : "missing";
}

/* What came of the reset or step that waits. */
static void answer_result(struct player *p)
{
    struct tare_session *s = p->session;
    struct tare_ask *ask = p->ask;
    bool fresh = s->state == TARE_SESSION_THINKS && !s->observed;
    bool over = s->state == TARE_SESSION_OVER;
    struct tare_oe_result r = {
        .observation = fresh         ? tare_json_lexeme(tare_json_get(s->start, "observation"))
                       : s->observed ? tare_buf_str(&s->seen)
                                     : TARE_S(""),
        .reward = over ? s->reward : NAN,
        .done = over,
        .tool = p->tool,
        .failed = s->failed ? TARE_S("the action could not be done") : TARE_S(""),
        .episode = tare_str_of(p->episode),
        .task_id = task_of(p)->id,
        .attempt = s->index + 1,
        .ended = over ? status_name(s->status) : NULL,
        .why = s->why};
    struct tare_buf out;
    struct tare_json_writer w;
    if (fresh)
        r.start = s->start;
    p->waits = false;
    p->ask = NULL;
    p->tool = (struct tare_str){NULL, 0};
    tare_buf_init(&out, NULL, OUT_BYTES);
    tare_json_writer_init(&w, &out);
    begin_answer(p, &w, "observation");
    tare_oe_put_result(&w, &r);
    end_answer(p, &w, &out, ask);
    tare_buf_free(&out);
    tare_arena_reset(&p->arena);
}

static void answer_state(struct player *p, struct tare_ask *ask)
{
    struct tare_session *s = p->session;
    bool begun = tare_json_present(s->start);
    struct tare_buf out;
    struct tare_json_writer w;
    tare_buf_init(&out, NULL, TARE_MIB);
    tare_json_writer_init(&w, &out);
    begin_answer(p, &w, "state");
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "episode_id");
    if (begun)
        tare_json_put_cstr(&w, p->episode);
    else
        tare_json_put_null(&w);
    tare_json_member_u64(&w, "step_count", begun ? s->steps : 0);
    tare_json_put_key(&w, "task");
    if (begun)
        tare_json_put_str(&w, task_of(p)->id);
    else
        tare_json_put_null(&w);
    tare_json_put_key(&w, "attempt");
    if (begun)
        tare_json_put_u64(&w, s->index + 1);
    else
        tare_json_put_null(&w);
    tare_json_member_bool(&w, "done", s->state == TARE_SESSION_OVER);
    tare_json_end_object(&w);
    end_answer(p, &w, &out, ask);
    tare_buf_free(&out);
}

static void answer_tools(struct player *p, struct tare_ask *ask)
{
    struct tare_buf out;
    struct tare_json_writer w;
    tare_buf_init(&out, NULL, OUT_BYTES);
    tare_json_writer_init(&w, &out);
    begin_answer(p, &w, "observation");
    tare_oe_put_tools(&w, p->session->start);
    end_answer(p, &w, &out, ask);
    tare_buf_free(&out);
}

/* ---- players ------------------------------------------------------------------------------- */

static struct player *new_player(struct tare_server *s)
{
    struct own *own = s->own;
    struct player *p = calloc(1, sizeof *p);
    if (!p || !(p->session = tare_session_open(s->sessions, p))) {
        free(p);
        return NULL;
    }
    p->server = s;
    tare_arena_init(&p->arena, NULL, TARE_ARENA_ATTEMPT_BYTES);
    p->next = own->first;
    own->first = p;
    return p;
}

/* Ends its session and forgets it. */
static void drop(struct player *p)
{
    struct own *own = p->server->own;
    struct player **at = &own->first;
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    tare_session_leave(p->session);
    tare_arena_free(&p->arena);
    free(p);
}

/* The task a reset names, of the batch; false: there is none such. */
static bool choose(const struct tare_server *s, const struct tare_oe_message *m, uint32_t *task)
{
    uint32_t n = s->o.task_to - s->o.task_from;
    *task = TARE_SESSION_ANY;
    if (m->task_id.p) {
        for (uint32_t i = 0; i < n && *task == TARE_SESSION_ANY; i++)
            if (tare_str_eq(s->o.suite->tasks[s->o.task_from + i].id, m->task_id))
                *task = i;
        return *task != TARE_SESSION_ANY;
    }
    if (m->task > 0) {
        *task = (uint32_t)(m->task - 1);
        return m->task <= n;
    }
    if (m->seed >= 0)
        *task = (uint32_t)((uint64_t)m->seed % n);
    return true;
}

static void reset(struct player *p, const struct tare_oe_message *m, struct tare_ask *ask)
{
    char made[TARE_DOOR_SECRET_BYTES];
    uint32_t task;
    if (!choose(p->server, m, &task)) {
        fault(p->socket, ask, "VALIDATION_ERROR", "there is no such task");
        return;
    }
    tare_door_secret(made);
    if (m->episode.p)
        (void)snprintf(p->episode, sizeof p->episode, "%.*s", TARE_FMT(m->episode));
    else
        (void)snprintf(p->episode, sizeof p->episode, "%s", made);
    p->waits = true;
    p->ask = ask;
    p->tool = (struct tare_str){NULL, 0};
    tare_session_want(p->session, task); /* answered by `on` */
}

static void step(struct player *p, const struct tare_oe_message *m, struct tare_ask *ask)
{
    struct tare_session *s = p->session;
    struct tare_json action;
    if (s->state != TARE_SESSION_THINKS) {
        fault(p->socket, ask, "SESSION_ERROR",
              s->state == TARE_SESSION_OVER ? "the episode has ended: reset begins another"
                                            : "there is no episode: reset begins one");
        return;
    }
    if (m->says == TARE_OE_TOOLS) {
        answer_tools(p, ask);
        return;
    }
    if (tare_json_parse(m->action, &tare_json_strict, &p->arena, &action, NULL) != TARE_OK ||
        !tare_oe_has_action(s->start, tare_json_str(tare_json_get(action, "action_type")))) {
        fault(p->socket, ask, "VALIDATION_ERROR", "there is no action of that name");
        return;
    }
    p->waits = true;
    p->ask = ask;
    p->tool = m->tool.p ? tare_arena_copy(&p->arena, m->tool) : m->tool;
    tare_session_act(s, m->action); /* answered by `on` */
}

static void on(struct tare_server *s, struct tare_session *session)
{
    struct player *p = session->owner;
    struct tare_ask *ask = p->ask;
    (void)s;
    if (session->expired) {
        fault(p->socket, NULL, "SESSION_ERROR", "the session was silent for too long");
        if (p->socket)
            tare_socket_end(p->socket, 1001); /* its end drops the player */
        else
            drop(p);
    } else if (p->waits && session->state == TARE_SESSION_IDLE) {
        p->waits = false;
        p->ask = NULL;
        fault(p->socket, ask, "CAPACITY_REACHED", session->none);
        if (!p->socket)
            drop(p);
    } else if (p->waits) {
        answer_result(p);
        if (!p->socket && session->state == TARE_SESSION_OVER)
            drop(p);
    }
}

/* ---- sockets ------------------------------------------------------------------------------- */

static void on_text(void *ctx, struct tare_socket *socket, struct tare_str text)
{
    struct player *p = ctx;
    struct tare_oe_message m;
    struct tare_err err = {0};
    if (p->waits) {
        fault(socket, NULL, "SESSION_ERROR", "the last message is not answered yet");
        return;
    }
    tare_session_heard(p->session);
    tare_arena_reset(&p->arena);
    if (tare_oe_read(text, &p->arena, &m, &err) != TARE_OK) {
        tare_socket_end(socket, 1011);
        return;
    }
    switch (m.says) {
    case TARE_OE_RESET:
        reset(p, &m, NULL);
        break;
    case TARE_OE_STEP:
    case TARE_OE_TOOLS:
        step(p, &m, NULL);
        break;
    case TARE_OE_STATE:
        answer_state(p, NULL);
        break;
    case TARE_OE_CLOSE:
        tare_socket_end(socket, 1000);
        break;
    case TARE_OE_WRONG:
        fault(socket, NULL, m.code, m.why);
        break;
    }
}

static void on_gone(void *ctx)
{
    drop(ctx);
}

static void open_socket(struct tare_server *s, struct tare_ask *ask)
{
    static const struct tare_socket_ops ops = {.text = on_text, .gone = on_gone};
    struct player *p = new_player(s);
    if (!p) {
        fault(NULL, ask, "CAPACITY_REACHED", "there are as many sessions as there may be");
        return;
    }
    p->socket = tare_ask_socket(ask, TARE_MAX_AGENT_LINE_BYTES, &ops, p);
    if (!p->socket)
        drop(p);
}

/* ---- plain HTTP ---------------------------------------------------------------------------- */

/* The episode that a request is about: named, or the only one there is. NULL: answered. */
static struct player *find(struct tare_server *s, struct tare_str episode, struct tare_ask *ask)
{
    struct own *own = s->own;
    struct player *found = NULL;
    unsigned n = 0;
    for (struct player *p = own->first; p; p = p->next) {
        if (p->socket || (episode.p && !tare_str_is(episode, p->episode)))
            continue;
        found = p;
        n++;
    }
    if (n == 1 && !found->waits) {
        tare_session_heard(found->session);
        return found;
    }
    if (n > 1)
        fault(NULL, ask, "VALIDATION_ERROR", "several episodes are open: name one by episode_id");
    else if (n)
        fault(NULL, ask, "VALIDATION_ERROR",
              "the last request of this episode is not answered yet");
    else
        fault(NULL, ask, "SESSION_ERROR", "there is no such episode: reset begins one");
    return NULL;
}

static void ask_reset(struct tare_server *s, struct tare_ask *ask, const struct tare_oe_message *m)
{
    struct own *own = s->own;
    struct player *p = NULL;
    for (struct player *x = own->first; x && m->episode.p; x = x->next)
        if (!x->socket && !x->waits && tare_str_is(m->episode, x->episode))
            p = x;
    bool is_new = !p;
    if (!p && !(p = new_player(s))) {
        fault(NULL, ask, "CAPACITY_REACHED", "there are as many sessions as there may be");
        return;
    }
    reset(p, m, ask);
    if (is_new && !p->waits)
        drop(p);
}

/* The value of episode_id in a query; percent signs are not taken: names of ours have none. */
static struct tare_str episode_in(struct tare_str query)
{
    size_t at = tare_str_find(query, TARE_S("episode_id="));
    struct tare_str none = {NULL, 0};
    if (at == SIZE_MAX || (at > 0 && query.p[at - 1] != '&'))
        return none;
    struct tare_str rest = tare_str_n(query.p + at + 11, query.n - at - 11);
    size_t end = tare_str_find(rest, TARE_S("&"));
    return end == SIZE_MAX ? rest : tare_str_n(rest.p, end);
}

static void ask_play(struct tare_server *s, struct tare_ask *ask, enum tare_oe_says what)
{
    struct tare_oe_message m;
    struct tare_err err = {0};
    struct player *p;
    if (tare_oe_read_body(what, tare_buf_str(&ask->body), &ask->arena, &m, &err) != TARE_OK)
        fault(NULL, ask, "CAPACITY_REACHED", "no memory for the message");
    else if (m.says == TARE_OE_WRONG)
        fault(NULL, ask, m.code, m.why);
    else if (what == TARE_OE_RESET)
        ask_reset(s, ask, &m);
    else if ((p = find(s, m.episode, ask)))
        step(p, &m, ask);
}

static void ask_about(struct tare_server *s, struct tare_ask *ask, struct tare_str path)
{
    const struct own *own = s->own;
    struct tare_buf out;
    struct tare_json_writer w;
    if (tare_str_is(path, "/health")) {
        tare__answer_json(ask, 200, TARE_S("{\"status\":\"healthy\"}"));
        return;
    }
    if (tare_str_is(path, "/schema")) {
        tare__answer_json(ask, 200, tare_buf_str(&own->schema));
        return;
    }
    tare_buf_init(&out, NULL, TARE_MIB);
    tare_json_writer_init(&w, &out);
    tare_json_begin_object(&w);
    tare_json_member_str(&w, "name", s->o.suite->name);
    tare_json_member_str(&w, "description", s->o.suite->about);
    tare_json_member_str(&w, "version", s->o.suite->version);
    tare_json_member_u64(&w, "tasks", s->o.task_to - s->o.task_from);
    tare_json_end_object(&w);
    tare__answer_json(ask, 200, tare_buf_str(&out));
    tare_buf_free(&out);
}

static void ask_openenv(struct tare_server *s, struct tare_ask *ask, struct tare_str path)
{
    static const struct {
        const char *path, *method;
    } routes[] = {{"/ws", "GET"},     {"/reset", "POST"}, {"/step", "POST"},   {"/state", "GET"},
                  {"/health", "GET"}, {"/schema", "GET"}, {"/metadata", "GET"}};
    size_t i = 0;
    while (i < sizeof routes / sizeof *routes && !tare_str_is(path, routes[i].path))
        i++;
    if (i == sizeof routes / sizeof *routes) {
        tare__answer_json(ask, 404, TARE_S("{\"detail\":\"Not Found\"}"));
    } else if (!tare_str_is(ask->method, routes[i].method)) {
        tare_ask_put_header(ask, "Allow", routes[i].method);
        tare__answer_json(ask, 405, TARE_S("{\"detail\":\"Method Not Allowed\"}"));
    } else if (i == 0) {
        open_socket(s, ask);
    } else if (i <= 2) {
        ask_play(s, ask, i == 1 ? TARE_OE_RESET : TARE_OE_STEP);
    } else if (i == 3) {
        struct player *p = find(s, episode_in(ask->query), ask);
        if (p)
            answer_state(p, ask);
    } else {
        ask_about(s, ask, path);
    }
}

/* ---- life ---------------------------------------------------------------------------------- */

static enum tare_status open_openenv(struct tare_server *s, struct tare_err *err)
{
    struct own *own = calloc(1, sizeof *own);
    struct tare_arena arena;
    struct tare_json_writer w;
    void *world;
    uint32_t n = 0;
    if (!own)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a server");
    s->own = own;
    tare_buf_init(&own->schema, NULL, TARE_MAX_AGENT_UNREAD_BYTES);
    tare_arena_init(&arena, NULL, TARE_ARENA_ATTEMPT_BYTES);
    enum tare_status st = s->o.world->open(s->o.suite->world_config, NULL, &arena, &world, err);
    if (st == TARE_OK) {
        const struct tare_tool *tools = s->o.world->tools(world, &n);
        tare_json_writer_init(&w, &own->schema);
        tare_oe_put_schema(&w, tools, n, s->o.world->talks);
        s->o.world->close(world);
    }
    tare_arena_free(&arena);
    return st;
}

static void close_openenv(struct tare_server *s)
{
    struct own *own = s->own;
    while (own->first)
        drop(own->first);
    tare_buf_free(&own->schema);
    free(own);
}

const struct tare__protocol tare__openenv = {
    .open = open_openenv, .close = close_openenv, .ask = ask_openenv, .on = on};
