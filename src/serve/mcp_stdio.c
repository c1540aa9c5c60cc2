#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "serve/mcp.h"
#include "serve/serve.h"

#include "base/banned.h"

struct tare_mcp_stdio {
    struct tare_transport transport;
    struct tare_mcp mcp;
    struct tare_mcp_world world;
    int in_fd, out_fd;
    struct tare_arena scene, message;
    struct tare_json start; /* of the session's episode; absent: not begun */
    struct tare_buf in, out, seen;
    uint64_t token; /* of the guest's REQUEST that waits; 0: none */
    uint64_t steps;
    bool over;    /* the episode is */
    bool end;     /* seen holds its last observation */
    bool failed;  /* the last action */
    bool surplus; /* another attempt has begun, and this was the session's only one */
    bool eof, overlong, broken;
    void (*give)(void *to, const struct tare_reply *reply);
    void *to;
};

/* ---- the guest's side ---------------------------------------------------------------------- */

static enum tare_status transport_begin(void *ctx, uint64_t token,
                                        const struct tare_request *request, int64_t now_ns,
                                        struct tare_err *err)
{
    struct tare_mcp_stdio *m = ctx;
    struct tare_json v;
    (void)now_ns;
    if (m->over) {
        m->surplus = true;
        return TARE_OK;
    }
    struct tare_str body = tare_arena_copy(&m->scene, request->body);
    if (!body.p)
        return tare_fail(err, TARE_E_NOMEM, "no memory for an observation");
    enum tare_status st = tare_json_parse(body, &tare_json_log, &m->scene, &v, err);
    if (st != TARE_OK)
        return st;
    if (tare_json_str_is(tare_json_get(v, "type"), "start"))
        m->start = v;
    m->end = tare_json_str_is(tare_json_get(v, "type"), "end");
    m->failed = tare_json_true(tare_json_get(v, "failed"));
    tare_buf_reset(&m->seen);
    tare_buf_put(&m->seen, tare_json_lexeme(tare_json_get(v, "observation")));
    m->token = token;
    return TARE_OK;
}

static void transport_cancel(void *ctx, uint64_t token)
{
    struct tare_mcp_stdio *m = ctx;
    if (m->token == token) {
        m->token = 0;
        m->over = true;
    }
}

/* Hands a reply over; what the guest asks for next has come when this returns. */
static void reply(struct tare_mcp_stdio *m, struct tare_str body)
{
    struct tare_reply r = {.token = m->token, .body = body};
    m->token = 0;
    m->give(m->to, &r);
}

static struct tare_json world_start(void *ctx)
{
    return ((struct tare_mcp_stdio *)ctx)->start;
}

static struct tare_str world_act(void *ctx, struct tare_str action, bool *failed, bool *over)
{
    struct tare_mcp_stdio *m = ctx;
    struct tare_str none = {NULL, 0};
    *failed = *over = true;
    if (m->over || !m->token)
        return none;
    reply(m, action);
    if (!m->token) { /* a limit of the suite ended it */
        m->over = true;
        return none;
    }
    m->steps++;
    *failed = m->failed;
    *over = m->end;
    if (m->end) {
        m->over = true;
        *over = true;
        reply(m, none);
        m->token = 0;
    }
    return tare_buf_str(&m->seen);
}

/* ---- the client's side --------------------------------------------------------------------- */

static void write_all(struct tare_mcp_stdio *m)
{
    size_t sent = 0;
    while (sent < m->out.n) {
        ssize_t n = write(m->out_fd, m->out.p + sent, m->out.n - sent);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            m->eof = true; /* nobody hears it any more */
            break;
        }
        sent += (size_t)n;
    }
    tare_buf_reset(&m->out);
}

static void one_line(struct tare_mcp_stdio *m, struct tare_str line)
{
    struct tare_err err = {0};
    if (tare_str_trim(line).n == 0)
        return;
    if (m->overlong) { /* cut: answered as what it is, no JSON */
        m->overlong = false;
        line = TARE_S("{");
    }
    if (tare_mcp_message(&m->mcp, line, &m->message, &m->out, &err) != TARE_OK)
        m->broken = true;
    tare_arena_reset(&m->message);
    write_all(m);
}

static void take(struct tare_mcp_stdio *m, const char *p, size_t n)
{
    while (n && !m->broken) {
        const char *stop = memchr(p, '\n', n);
        size_t part = stop ? (size_t)(stop - p) : n, room = m->in.max - m->in.n;
        m->overlong = m->overlong || part > room;
        tare_buf_put(&m->in, tare_str_n(p, part < room ? part : room));
        m->broken = m->broken || m->in.failed;
        if (!stop)
            return;
        one_line(m, tare_buf_str(&m->in));
        tare_buf_reset(&m->in);
        p += part + 1;
        n -= part + 1;
    }
}

/* Reads what is there; never waits. */
static void hear(struct tare_mcp_stdio *m)
{
    char chunk[65536];
    struct pollfd fd = {.fd = m->in_fd, .events = POLLIN};
    while (!m->eof && !m->broken && poll(&fd, 1, 0) > 0) {
        ssize_t n = read(m->in_fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            m->eof = true;
        else
            take(m, chunk, (size_t)n);
    }
}

static uint32_t transport_wait(void *ctx, struct pollfd *fds, uint32_t max, int *timeout_ms,
                               int64_t now_ns)
{
    struct tare_mcp_stdio *m = ctx;
    (void)timeout_ms, (void)now_ns;
    if (m->eof || max == 0 || !tare_json_present(m->start))
        return 0;
    fds[0] = (struct pollfd){.fd = m->in_fd, .events = POLLIN};
    return 1;
}

static void transport_work(void *ctx, int64_t now_ns,
                           void (*give)(void *to, const struct tare_reply *reply), void *to)
{
    struct tare_mcp_stdio *m = ctx;
    struct tare_str none = {NULL, 0};
    (void)now_ns;
    m->give = give;
    m->to = to;
    if (tare_json_present(m->start))
        hear(m);
    if ((m->eof || m->broken) && !m->over && m->token && m->steps) {
        m->over = true; /* it has played, and left: that is its end of the episode */
        reply(m, none);
    }
}

static struct tare_str transport_halted(void *ctx)
{
    const struct tare_mcp_stdio *m = ctx;
    if (m->surplus)
        return TARE_S("the session has played its attempt");
    if ((m->eof || m->broken) && !m->over)
        return TARE_S("the client left before it did anything");
    return TARE_S("");
}

/* ---- life ---------------------------------------------------------------------------------- */

enum tare_status tare_mcp_stdio_open(int in_fd, int out_fd, const struct tare_alc *alc,
                                     struct tare_mcp_stdio **out, struct tare_err *err)
{
    struct tare_mcp_stdio *m = calloc(1, sizeof *m);
    if (!m)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a session");
    m->in_fd = in_fd;
    m->out_fd = out_fd;
    tare_arena_init(&m->scene, alc, TARE_ARENA_LOAD_BYTES);
    tare_arena_init(&m->message, alc, TARE_ARENA_ATTEMPT_BYTES);
    tare_buf_init(&m->in, alc, TARE_MAX_AGENT_LINE_BYTES);
    tare_buf_init(&m->out, alc, 2 * TARE_MAX_AGENT_UNREAD_BYTES);
    tare_buf_init(&m->seen, alc, TARE_MAX_STEP_BODY_BYTES);
    m->world = (struct tare_mcp_world){.ctx = m, .start = world_start, .act = world_act};
    m->mcp.world = &m->world;
    m->transport = (struct tare_transport){.ctx = m,
                                           .begin = transport_begin,
                                           .cancel = transport_cancel,
                                           .wait = transport_wait,
                                           .work = transport_work,
                                           .halted = transport_halted};
    *out = m;
    return TARE_OK;
}

const struct tare_transport *tare_mcp_stdio_transport(const struct tare_mcp_stdio *m)
{
    return &m->transport;
}

void tare_mcp_stdio_linger(struct tare_mcp_stdio *m, const atomic_int *stop)
{
    struct pollfd fd = {.fd = m->in_fd, .events = POLLIN};
    m->over = true;
    while (!m->eof && !m->broken && atomic_load(stop) == 0) {
        (void)poll(&fd, 1, 200);
        hear(m);
    }
}

uint64_t tare_mcp_stdio_steps(const struct tare_mcp_stdio *m)
{
    return m->steps;
}

void tare_mcp_stdio_close(struct tare_mcp_stdio *m)
{
    if (!m)
        return;
    tare_buf_free(&m->in);
    tare_buf_free(&m->out);
    tare_buf_free(&m->seen);
    tare_arena_free(&m->scene);
    tare_arena_free(&m->message);
    free(m);
}
