/*
 * The client behind REQUEST: tare.request/1 in, tare.reply/1 out, for all endpoints of a run.
 *
 * Each request is looked up (recording, cache), waits its turn (adaptive concurrency, breaker), is
 * sent, retried after a wait that the server asks for or that grows with jitter, sent to the
 * endpoint's fallback when its own is down, priced, redacted, kept and handed over. It holds no
 * thread; the owner's loop waits for its descriptors. docs/concepts/models.md
 */
#ifndef TARE_SOLVER_MODEL_CLIENT_H
#define TARE_SOLVER_MODEL_CLIENT_H

#include "record/contract.h"
#include "solver/model.h"
#include "solver/model_reply.h"

struct tare_model_client;

enum tare_cache_mode {
    TARE_CACHE_OFF = 0, /* neither read nor written */
    TARE_CACHE_WRITE,   /* written: what a later --resume needs */
    TARE_CACHE_ON       /* read and written */
};

struct tare_model_options {
    size_t size; /* sizeof(struct tare_model_options) */
    const struct tare_endpoint *const *endpoints;
    uint32_t n_endpoints;
    const struct tare_alc *alc;     /* NULL: libc */
    const struct tare_clock *clock; /* NULL: system; its wall time reads dates of servers */
    uint64_t seed;                  /* of the jitter */
    enum tare_cache_mode cache;
    struct tare_str cache_path; /* of the SQLite file; empty: no cache */
    struct tare_str record_dir; /* empty: nothing is recorded */
    struct tare_str replay_dir; /* empty: the network is used; else nothing else */
    struct tare_str ca_file;
    uint64_t max_tokens; /* of all requests; 0: no limit. Reaching it halts the client */
    double max_cost_usd; /* 0: no limit */
};

/* What happened, for the end of a run and for reports. */
struct tare_model_counts {
    uint64_t requests, replies, failures;
    uint64_t sent, retries, from_cache, from_replay, fallbacks;
    uint64_t tokens_in, tokens_cached, tokens_out;
    uint64_t tokens_estimated;   /* of replies without usage; inside tokens_in and tokens_out too */
    uint64_t no_usage, no_price; /* replies */
    double cost_usd;             /* of the replies with a price; from_cache ones cost nothing */
    uint64_t odd;                /* replies with something to tell: other model, repeated ids … */
    uint64_t rate_limited, redacted, breaker_opened;
    uint64_t by_code[TARE_REPLY_CODES];
    const struct tare_endpoint *first_failed; /* where the first failure was; NULL: none yet */
    enum tare_reply_code first_code;
    int first_http; /* its status; 0: there was no reply */
};

/* A reply handed over; borrowed during the call. */
struct tare_model_answer {
    uint64_t token;
    struct tare_str body; /* tare.reply/1 */
    enum tare_cause failed;
    uint64_t tokens_in, tokens_out; /* estimated where the server said nothing */
    double cost_usd;                /* 0 where unknown */
};

enum tare_status tare_model_client_open(const struct tare_model_options *options,
                                        struct tare_model_client **out, struct tare_err *err);
/* Wipes the keys of its endpoints too: they serve one client. */
void tare_model_client_close(struct tare_model_client *c);

/* Takes a request; the document is copied. Never blocks. A document that is wrong fails as a reply,
 * not here. Fails: TARE_E_NOMEM. */
enum tare_status tare_model_begin(struct tare_model_client *c, uint64_t token,
                                  const struct tare_request *request, int64_t now_ns,
                                  struct tare_err *err);
void tare_model_cancel(struct tare_model_client *c, uint64_t token);
/* True where a request waits for its endpoint's sake: for its turn, for another try, for a server
 * that is down. The time that passes is then not the asker's. */
bool tare_model_held(const struct tare_model_client *c, uint64_t token);
uint32_t tare_model_wait(struct tare_model_client *c, struct pollfd *fds, uint32_t max,
                         int *timeout_ms, int64_t now_ns);
void tare_model_work(struct tare_model_client *c, int64_t now_ns,
                     void (*give)(void *to, const struct tare_model_answer *answer), void *to);

/* Why no more requests are taken (quota, budget); empty: they are. Valid as long as the client. */
struct tare_str tare_model_halted(const struct tare_model_client *c);
const struct tare_model_counts *tare_model_counts(const struct tare_model_client *c);

#endif
