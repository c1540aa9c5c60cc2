/* Without wslay. */
#include "net/asks_int.h"

#include "base/banned.h"

struct tare_socket *tare_ask_socket(struct tare_ask *ask, size_t max_bytes,
                                    const struct tare_socket_ops *ops, void *ctx)
{
    (void)max_bytes, (void)ops, (void)ctx;
    tare_ask_answer(ask, 501, "text/plain; charset=utf-8",
                    TARE_S("this tare was built without WebSockets: install libwslay-dev and "
                           "build again\n"));
    return NULL;
}

void tare__socket_unborn(struct tare_socket *s)
{
    (void)s;
}

void tare_socket_put(struct tare_socket *socket, struct tare_str text)
{
    (void)socket, (void)text;
}

void tare_socket_end(struct tare_socket *socket, uint16_t code)
{
    (void)socket, (void)code;
}

uint32_t tare__sockets_wait(struct tare_asks *all, struct pollfd *fds, uint32_t max)
{
    (void)all, (void)fds, (void)max;
    return 0;
}

void tare__sockets_work(struct tare_asks *all)
{
    (void)all;
}

void tare__sockets_close(struct tare_asks *all)
{
    (void)all;
}
