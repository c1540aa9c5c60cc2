/* The client where libcurl was missing at the build: it cannot be opened. */
#include "net/http.h"

#include "base/banned.h"

enum tare_status tare_http_open(const struct tare_http_options *options, struct tare_http **out,
                                struct tare_err *err)
{
    (void)options;
    *out = NULL;
    enum tare_status st =
        tare_fail(err, TARE_E_USAGE, "this tare was built without its model client (libcurl)");
    tare_err_hint(err, "install libcurl4-openssl-dev (or curl's development files) and build again "
                       "with -Dcurl=enabled; recordings play without it: --replay DIR");
    return st;
}

void tare_http_close(struct tare_http *h)
{
    (void)h;
}

enum tare_status tare_http_begin(struct tare_http *h, uint64_t id,
                                 const struct tare_http_request *request, int64_t now_ns,
                                 struct tare_err *err)
{
    (void)h, (void)id, (void)request, (void)now_ns;
    return tare_fail(err, TARE_E_STATE, "the client is not open");
}

void tare_http_cancel(struct tare_http *h, uint64_t id)
{
    (void)h, (void)id;
}

uint32_t tare_http_wait(struct tare_http *h, struct pollfd *fds, uint32_t max, int *timeout_ms,
                        int64_t now_ns)
{
    (void)h, (void)fds, (void)max, (void)timeout_ms, (void)now_ns;
    return 0;
}

void tare_http_work(struct tare_http *h, int64_t now_ns,
                    void (*give)(void *to, const struct tare_http_event *event), void *to)
{
    (void)h, (void)now_ns, (void)give, (void)to;
}
