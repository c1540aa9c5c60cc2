/*
 * What carries REQUESTs of solvers to endpoints. The event loop owns it; it holds no thread.
 */
#ifndef TARE_RUN_TRANSPORT_H
#define TARE_RUN_TRANSPORT_H

#include <poll.h>

#include "record/contract.h"

/* What came back for a request. */
struct tare_reply {
    uint64_t token;                 /* as given to begin */
    bool chunk;                     /* more follows */
    struct tare_str body;           /* valid during the call */
    enum tare_cause failed;         /* NONE: it went well */
    uint64_t tokens_in, tokens_out; /* what the attempt has used by it; 0: nothing is known */
    double cost_usd;                /* 0: unknown */
};

struct tare_transport {
    void *ctx;
    /* Starts a request; the body is copied. Never blocks. */
    enum tare_status (*begin)(void *ctx, uint64_t token, const struct tare_request *request,
                              int64_t now_ns, struct tare_err *err);
    /* Forgets a request; no reply for it comes any more. */
    void (*cancel)(void *ctx, uint64_t token);
    /* Descriptors to wait for: fills up to `max`, returns how many there are; lowers *timeout_ms
     * (never negative) when something is due earlier. */
    uint32_t (*wait)(void *ctx, struct pollfd *fds, uint32_t max, int *timeout_ms, int64_t now_ns);
    /* Does what can be done without blocking and hands over replies. */
    void (*work)(void *ctx, int64_t now_ns, void (*give)(void *to, const struct tare_reply *reply),
                 void *to);
    /* Is the request held up by its endpoint (its turn, another try, a server that is down)? A
     * limit of time that strikes then is the endpoint's doing. May be NULL: never. */
    bool (*held)(void *ctx, uint64_t token);
    /* Why nothing more can be had (quota, budget): the run stops, resumable. Empty: it can. May be
     * NULL. */
    struct tare_str (*halted)(void *ctx);
    /* For a transport whose other end says when it plays; each may be NULL. */
    /* May an attempt of that task (its number in the batch) begin now? Asked before each; NULL:
     * always. */
    bool (*wants)(void *ctx, uint32_t task);
    /* The attempt of that number (request->attempt) is over, by whatever; it will be stored unless
     * its cause is CANCELLED. One that a reply of the transport cancelled (reply.failed) may begin
     * again. */
    void (*ended)(void *ctx, uint64_t number, const struct tare_attempt *attempt);
};

#endif
