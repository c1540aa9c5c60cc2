#include "net/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

#include "base/banned.h"

enum tare_status tare_listen_start(const struct tare_listen *o, struct MHD_Daemon **out,
                                   unsigned *port, struct tare_err *err)
{
    const char *address = o->address ? o->address : "127.0.0.1";
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(o->port)};
    unsigned flags = MHD_ALLOW_SUSPEND_RESUME;
    struct MHD_OptionItem pool[] = {{MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)o->threads, NULL},
                                    {MHD_OPTION_END, 0, NULL}};
    if (inet_pton(AF_INET, address, &at.sin_addr) != 1)
        return tare_fail(err, TARE_E_USAGE, "'%s' is no IPv4 address", address);
    if (o->threads)
        flags |= MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO | MHD_USE_ITC;
    else
        flags |= MHD_USE_EPOLL | MHD_ALLOW_UPGRADE;
    struct MHD_Daemon *d = MHD_start_daemon(
        flags, o->port, NULL, NULL, o->answer, o->ctx, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&at,
        MHD_OPTION_CONNECTION_LIMIT, o->connections, MHD_OPTION_CONNECTION_TIMEOUT, o->idle_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)32 * 1024, MHD_OPTION_URI_LOG_CALLBACK,
        o->first, o->ctx, MHD_OPTION_NOTIFY_COMPLETED, o->done, o->ctx, MHD_OPTION_ARRAY,
        o->threads > 1 ? pool : &pool[1], MHD_OPTION_END);
    if (!d) {
        int e = errno;
        (void)tare_fail(err, TARE_E_IO, "cannot listen on %s:%u: %s", address, o->port,
                        e ? strerror(e) : "the server did not start");
        if (o->port)
            tare_err_hint(err, "leave out --port: a free one is chosen");
        return TARE_E_IO;
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT);
    *port = info && info->port ? info->port : o->port;
    *out = d;
    return TARE_OK;
}
