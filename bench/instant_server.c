/*
 * A model server that answers at once: what a client costs is then the client's own.
 *   instant_server PORT        0: any; prints "port N"
 * A request with tools gets a call of submit_report, any other one "echo" with its last 40 bytes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/banned.h"

#define MOST 1024
#define ROOM ((size_t)1 << 20)

struct conn {
    char *buf;
    size_t n;
};

static const char call[] =
    "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"instant\","
    "\"choices\":[{"
    "\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":"
    "\"c1\",\"type\":"
    "\"function\",\"function\":{\"name\":\"submit_report\",\"arguments\":\"{\\\"summary_json\\\":{"
    "\\\"verdict\\\":"
    "\\\"no_incident\\\",\\\"incidents\\\":[]}}\"}}]},\"finish_reason\":\"tool_calls\","
    "\"logprobs\":null}],"
    "\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":3,\"total_tokens\":7}}";
static const char text[] = "{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1,"
                           "\"model\":\"instant\",\"choices\":[{"
                           "\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"echo\"},"
                           "\"finish_reason\":\"stop\","
                           "\"logprobs\":null}],\"usage\":{\"prompt_tokens\":4,\"completion_"
                           "tokens\":3,\"total_tokens\":7}}";

static const char *find(const char *p, size_t n, const char *what)
{
    size_t m = strlen(what);
    for (size_t at = 0; at + m <= n; at++) {
        const char *c = memchr(p + at, what[0], n - m + 1 - at);
        if (!c)
            return NULL;
        at = (size_t)(c - p);
        if (memcmp(c, what, m) == 0)
            return c;
    }
    return NULL;
}

/* Length of the first whole request in the buffer, or 0. */
static size_t whole(const struct conn *c)
{
    const char *end = find(c->buf, c->n, "\r\n\r\n");
    size_t body = 0;
    if (!end)
        return 0;
    size_t head = (size_t)(end - c->buf) + 4;
    for (size_t at = 0; at + 16 < head; at++)
        if (strncasecmp(c->buf + at, "content-length: ", 16) == 0)
            body = strtoul(c->buf + at + 16, NULL, 10);
    return c->n >= head + body ? head + body : 0;
}

static int answer(int fd, const char *request, size_t n)
{
    char out[2048];
    const char *body = find(request, n, "\"tools\":[") ? call : text;
    int m = snprintf(
        out, sizeof out,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
        strlen(body), body);
    return write(fd, out, (size_t)m) == m;
}

static int serve(int fd, struct conn *c)
{
    ssize_t got = read(fd, c->buf + c->n, ROOM - c->n);
    if (got <= 0)
        return 0;
    c->n += (size_t)got;
    for (size_t n; (n = whole(c));) {
        if (!answer(fd, c->buf, n))
            return 0;
        memmove(c->buf, c->buf + n, c->n - n);
        c->n -= n;
    }
    return c->n < ROOM;
}

int main(int argc, char **argv)
{
    static struct pollfd fds[MOST];
    static struct conn conns[MOST];
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    nfds_t n = 1;
    a.sin_port = htons((uint16_t)strtoul(argc > 1 ? argv[1] : "0", NULL, 10));
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&a, sizeof a) || listen(listener, MOST) ||
        getsockname(listener, (struct sockaddr *)&a, &len))
        return 1;
    printf("port %d\n", ntohs(a.sin_port));
    fflush(stdout);
    fds[0] = (struct pollfd){.fd = listener, .events = POLLIN};
    while (poll(fds, n, -1) > 0 || errno == EINTR) {
        for (nfds_t i = 1; i < n; i++) {
            if (!fds[i].revents || serve(fds[i].fd, &conns[i]))
                continue;
            close(fds[i].fd);
            free(conns[i].buf);
            fds[i] = fds[--n];
            conns[i--] = conns[n];
        }
        if (!(fds[0].revents & POLLIN) || n == MOST)
            continue;
        int fd = accept(listener, NULL, NULL);
        char *buf = malloc(ROOM);
        if (fd < 0 || !buf) {
            free(buf);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        conns[n] = (struct conn){.buf = buf};
        fds[n++] = (struct pollfd){.fd = fd, .events = POLLIN};
    }
    return 0;
}
