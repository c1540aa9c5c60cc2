/* The servers of worlds behind a socket. The first byte says how the rest comes:
 *   m  raw bytes to MCP            s  bodies, a line each, in a session of MCP
 *   o  raw bytes to OpenEnv        f  raw frames after a handshake      t  texts, a line each, in
 *                                                                          frames that are right
 * Whatever comes is answered in HTTP or in frames, and no session is left when its client is. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "run/registry.h"
#include "serve/server_int.h"

#define QUIET_TURNS 3

static const char host[] = "Host: h\r\n";
static int64_t now_ns = 1;
static uint64_t next_token;

/* ---- a batch without a store: every session that wants an attempt gets one ------------------ */

static struct seat {
    uint64_t number, token;
    unsigned steps;
} seats[64];
static const struct tare_transport *playing;

static void tell(struct seat *s, const char *body)
{
    struct tare_request r = {.body = tare_str_of(body), .attempt = s->number};
    struct tare_err err = {0};
    s->token = ++next_token;
    fuzz_must(playing->begin(playing->ctx, s->token, &r, now_ns, &err) == TARE_OK);
}

static void give(void *to, const struct tare_reply *reply)
{
    (void)to;
    for (size_t i = 0; i < sizeof seats / sizeof *seats; i++) {
        struct seat *s = &seats[i];
        if (s->token == 0 || s->token != reply->token)
            continue;
        s->token = 0;
        if (reply->failed != TARE_CAUSE_NONE || reply->body.n == 0) {
            struct tare_attempt a = {.status = TARE_ATTEMPT_DONE, .cause = reply->failed};
            uint64_t number = s->number;
            s->number = 0;
            playing->ended(playing->ctx, number, &a);
        } else if (++s->steps < 3) {
            tell(s, "{\"type\":\"observation\",\"failed\":false,\"observation\":{\"b\":2}}");
        } else {
            tell(s, "{\"type\":\"end\",\"failed\":false,\"observation\":{\"c\":3}}");
        }
        return;
    }
    fuzz_must(false); /* a reply nobody waits for */
}

static void turn(void)
{
    struct pollfd fds[64];
    int timeout = 0;
    for (size_t i = 0; i < sizeof seats / sizeof *seats && playing->wants(playing->ctx, 0); i++)
        if (seats[i].number == 0) {
            seats[i] = (struct seat){.number = ++next_token};
            tell(&seats[i],
                 "{\"type\":\"start\",\"brief\":\"b\",\"talks\":false,\"tools\":[{\"name\":"
                 "\"look\",\"description\":\"d\",\"parameters\":{}}],\"observation\":{\"a\":1}}");
        }
    uint32_t n = playing->wait(playing->ctx, fds, 64, &timeout, now_ns);
    (void)poll(fds, n, 0);
    playing->work(playing->ctx, now_ns, give, NULL);
}

/* ---- a client ------------------------------------------------------------------------------ */

static struct tare_server *open_server(enum tare_serve_protocol protocol)
{
    static struct tare_task tasks[1] = {{.id = {"t", 1}}};
    static struct tare_suite suite = {.name = {"s", 1}, .tasks = tasks, .n_tasks = 1};
    static const struct tare_str hosts[] = {{"h", 1}};
    struct tare_err err = {0};
    struct tare_server *s = NULL;
    const struct tare_serve_options_http o = {.size = sizeof o,
                                              .protocol = protocol,
                                              .token = "",
                                              .hosts = hosts,
                                              .n_hosts = 1,
                                              .sessions = 8,
                                              .idle_ns = INT64_C(60) * 1000000000,
                                              .suite = &suite,
                                              .task_to = 1,
                                              .world = tare_registry_world(TARE_S("soc"))};
    fuzz_must(tare_server_open(&o, &s, &err) == TARE_OK);
    return s;
}

static int dial(unsigned port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct linger reset = {.l_onoff = 1};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at) != 0) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset); /* ports are few */
    return fd;
}

/* Sends, and hears until nothing comes any more. */
static void talk(int fd, struct tare_str text, struct tare_buf *heard)
{
    size_t sent = 0;
    for (unsigned quiet = 0; quiet < QUIET_TURNS; quiet++) {
        char chunk[4096];
        ssize_t n =
            sent < text.n ? send(fd, text.p + sent, text.n - sent, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
        if (n > 0) {
            sent += (size_t)n;
            quiet = 0;
        }
        turn();
        while ((n = recv(fd, chunk, sizeof chunk, MSG_DONTWAIT)) > 0) {
            tare_buf_put(heard, tare_str_n(chunk, (size_t)n));
            quiet = 0;
        }
    }
}

static struct tare_str next_line(struct tare_str *rest)
{
    const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    size_t n = end ? (size_t)(end - rest->p) : rest->n;
    struct tare_str line = tare_str_n(rest->p, n);
    *rest = end ? tare_str_n(end + 1, rest->n - n - 1) : tare_str_n(rest->p + n, 0);
    return line;
}

static void post(int fd, struct tare_str body, struct tare_str session, struct tare_buf *heard)
{
    struct tare_buf b;
    tare_buf_init(&b, NULL, 4 * TARE_MIB);
    tare_buf_printf(&b, "POST /mcp HTTP/1.1\r\n%sContent-Type: application/json\r\n", host);
    if (session.n)
        tare_buf_printf(&b, "Mcp-Session-Id: %.*s\r\n", TARE_FMT(session));
    tare_buf_printf(&b, "Content-Length: %zu\r\n\r\n", body.n);
    tare_buf_put(&b, body);
    tare_buf_reset(heard);
    talk(fd, tare_buf_str(&b), heard);
    tare_buf_free(&b);
    fuzz_must(tare_str_starts(tare_buf_str(heard), TARE_S("HTTP/1.1 ")));
}

static void in_session(int fd, struct tare_str rest, struct tare_buf *heard)
{
    char session[33] = "";
    post(fd, TARE_S("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{}}"),
         TARE_S(""), heard);
    size_t at = tare_str_find(tare_buf_str(heard), TARE_S("Mcp-Session-Id: "));
    fuzz_must(at != SIZE_MAX && heard->n > at + 48);
    memcpy(session, heard->p + at + 16, 32);
    for (unsigned i = 0; rest.n && i < 16; i++)
        post(fd, next_line(&rest), tare_str_of(session), heard);
}

static void in_frames(int fd, struct tare_str rest, bool right, struct tare_buf *heard)
{
    char head[256];
    int n = snprintf(head, sizeof head,
                     "GET /ws HTTP/1.1\r\n%sConnection: Upgrade\r\nUpgrade: websocket\r\n"
                     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                     "dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                     host);
    talk(fd, tare_str_n(head, (size_t)n), heard);
    fuzz_must(tare_str_starts(tare_buf_str(heard), TARE_S("HTTP/1.1 101")));
    if (!right)
        talk(fd, rest, heard);
    for (unsigned i = 0; right && rest.n && i < 16; i++) {
        struct tare_str line = next_line(&rest);
        struct tare_buf b;
        tare_buf_init(&b, NULL, 4 * TARE_MIB);
        tare_buf_putc(&b, (char)0x81);
        tare_buf_putc(&b, (char)0xff); /* masked, by nothing; its length in eight bytes */
        for (int shift = 56; shift >= 0; shift -= 8)
            tare_buf_putc(&b, (char)((uint64_t)line.n >> shift & 0xff));
        tare_buf_put(&b, tare_str_n("\0\0\0\0", 4));
        tare_buf_put(&b, line);
        talk(fd, tare_buf_str(&b), heard);
        tare_buf_free(&b);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tare_server *servers[2];
    struct tare_buf heard;
    if (!servers[0]) {
        servers[0] = open_server(TARE_SERVE_MCP);
        servers[1] = open_server(TARE_SERVE_OPENENV);
    }
    if (size == 0 || !memchr("msoft", data[0], 5))
        return 0;
    struct tare_server *s = servers[data[0] == 'm' || data[0] == 's' ? 0 : 1];
    playing = tare_server_transport(s);
    int fd = dial(tare_server_port(s));
    if (fd < 0)
        return 0;
    struct tare_str rest = fuzz_text(data + 1, size - 1);
    tare_buf_init(&heard, NULL, 64 * TARE_MIB);
    if (data[0] == 's')
        in_session(fd, rest, &heard);
    else if (data[0] == 'f' || data[0] == 't')
        in_frames(fd, rest, data[0] == 't', &heard);
    else
        talk(fd, rest, &heard);
    fuzz_must(heard.n == 0 || tare_str_starts(tare_buf_str(&heard), TARE_S("HTTP/1.")));
    tare_buf_free(&heard);
    close(fd);
    for (unsigned i = 0; i < 8 && tare_sessions_count(s->sessions); i++) {
        now_ns += INT64_C(61) * 1000000000; /* who has gone is silent */
        turn();
    }
    fuzz_must(tare_sessions_count(s->sessions) == 0);
    for (size_t i = 0; i < sizeof seats / sizeof *seats; i++)
        fuzz_must(seats[i].number == 0);
    return 0;
}
