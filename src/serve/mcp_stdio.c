#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "serve/mcp.h"
#include "serve/serve.h"
#include "serve/sessions.h"

#include "base/banned.h"

struct tare_mcp_stdio {
    struct tare_sessions *all;
    struct tare_session *session; /* NULL: it has left */
    struct tare_mcp mcp;
    struct tare_mcp_call call;
    int in_fd, out_fd;
    struct tare_arena message; /* until it is answered */
    struct tare_buf in, out;
    uint64_t steps;
    bool pending; /* call is being played */
    bool idle;    /* left before it did anything */
    bool eof, overlong, broken;
};

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
    m->broken = m->broken || m->out.failed;
    tare_buf_reset(&m->out);
    tare_arena_reset(&m->message);
}

static void on(void *ctx, struct tare_session *s)
{
    struct tare_mcp_stdio *m = ctx;
    if (s->state == TARE_SESSION_THINKS && !s->observed)
        m->mcp.scene = s->start;
    if (s->state == TARE_SESSION_IDLE) /* another process still plays a part of the batch */
        tare_session_want(s, TARE_SESSION_ANY);
    if (!m->pending)
        return;
    m->pending = false;
    tare_mcp_played(&m->call, s->observed ? tare_buf_str(&s->seen) : TARE_MCP_OVER,
                    s->observed ? s->failed : true, &m->out);
    write_all(m);
}

static void play(struct tare_mcp_stdio *m)
{
    m->pending = true;
    if (m->session && m->session->state == TARE_SESSION_THINKS) {
        m->steps++;
        tare_session_act(m->session, m->call.action);
        return;
    }
    m->pending = false;
    tare_mcp_played(&m->call, TARE_MCP_OVER, true, &m->out);
    write_all(m);
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
    if (tare_mcp_message(&m->mcp, line, &m->message, &m->out, &m->call, &err) != TARE_OK)
        m->broken = true;
    else if (m->call.action.p)
        play(m);
    else
        write_all(m);
}

/* Takes whole lines off the front of what was read, until a call has to be waited for. */
static void lines(struct tare_mcp_stdio *m)
{
    size_t from = 0;
    const char *stop;
    while (!m->pending && !m->broken && m->in.n > from &&
           (stop = memchr(m->in.p + from, '\n', m->in.n - from))) {
        struct tare_str line = tare_str_n(m->in.p + from, (size_t)(stop - m->in.p) - from);
        from += line.n + 1;
        one_line(m, line);
    }
    if (from) {
        memmove(m->in.p, m->in.p + from, m->in.n - from);
        m->in.n -= from;
    }
    if (!m->pending && m->in.n > TARE_MAX_AGENT_LINE_BYTES) {
        m->overlong = true; /* its end is still to come */
        m->in.n = 0;
    }
}

/* Reads what is there; never waits. Nothing is read while a call is being played. */
static void hear(struct tare_mcp_stdio *m)
{
    char chunk[65536];
    struct pollfd fd = {.fd = m->in_fd, .events = POLLIN};
    lines(m);
    while (!m->pending && !m->eof && !m->broken && poll(&fd, 1, 0) > 0) {
        ssize_t n = read(m->in_fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            m->eof = true;
            break;
        }
        tare_buf_put(&m->in, tare_str_n(chunk, (size_t)n));
        m->broken = m->broken || m->in.failed;
        lines(m);
    }
}

static uint32_t wait_for(void *ctx, struct pollfd *fds, uint32_t max, int *timeout_ms)
{
    struct tare_mcp_stdio *m = ctx;
    (void)timeout_ms;
    if (m->eof || max == 0 || m->pending || !tare_json_present(m->mcp.scene))
        return 0;
    fds[0] = (struct pollfd){.fd = m->in_fd, .events = POLLIN};
    return 1;
}

static void work(void *ctx, int64_t now_ns)
{
    struct tare_mcp_stdio *m = ctx;
    (void)now_ns;
    if (tare_json_present(m->mcp.scene))
        hear(m);
    if ((m->eof || m->broken) && m->session) {
        m->idle = m->session->steps == 0 && m->session->state != TARE_SESSION_OVER;
        tare_session_leave(m->session);
        m->session = NULL;
    }
}

static struct tare_str halted(void *ctx)
{
    const struct tare_mcp_stdio *m = ctx;
    if (m->idle)
        return TARE_S("the client left before it did anything");
    if (!m->session || m->session->state == TARE_SESSION_OVER)
        return TARE_S("the session has played its attempt");
    return TARE_S("");
}

/* ---- life ---------------------------------------------------------------------------------- */

enum tare_status tare_mcp_stdio_open(int in_fd, int out_fd, const struct tare_alc *alc,
                                     struct tare_mcp_stdio **out, struct tare_err *err)
{
    struct tare_mcp_stdio *m = calloc(1, sizeof *m);
    if (!m)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a session");
    struct tare_sessions_options o = {.size = sizeof o,
                                      .max = 1,
                                      .alc = alc,
                                      .on = on,
                                      .wait = wait_for,
                                      .work = work,
                                      .halted = halted,
                                      .ctx = m};
    m->in_fd = in_fd;
    m->out_fd = out_fd;
    tare_arena_init(&m->message, alc, TARE_ARENA_ATTEMPT_BYTES);
    tare_buf_init(&m->in, alc, 2 * TARE_MAX_AGENT_LINE_BYTES);
    tare_buf_init(&m->out, alc, 2 * TARE_MAX_AGENT_UNREAD_BYTES);
    enum tare_status st = tare_sessions_open(&o, &m->all, err);
    if (st == TARE_OK && !(m->session = tare_session_open(m->all, m)))
        st = tare_fail(err, TARE_E_NOMEM, "no memory for a session");
    if (st != TARE_OK) {
        tare_mcp_stdio_close(m);
        return st;
    }
    tare_session_want(m->session, TARE_SESSION_ANY);
    *out = m;
    return TARE_OK;
}

const struct tare_transport *tare_mcp_stdio_transport(const struct tare_mcp_stdio *m)
{
    return tare_sessions_transport(m->all);
}

void tare_mcp_stdio_linger(struct tare_mcp_stdio *m, const atomic_int *stop)
{
    struct pollfd fd = {.fd = m->in_fd, .events = POLLIN};
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
    tare_sessions_close(m->all);
    tare_buf_free(&m->in);
    tare_buf_free(&m->out);
    tare_arena_free(&m->message);
    free(m);
}
