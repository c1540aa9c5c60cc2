/*
 * A model as a person names it: a string ("openai/NAME", "http://HOST:PORT/v1#NAME") or the mapping
 * `model:` of solver.yaml, resolved with the environment into an endpoint.
 */
#ifndef TARE_SOLVER_MODEL_H
#define TARE_SOLVER_MODEL_H

#include "base/arena.h"
#include "base/err.h"
#include "base/os_secret.h"
#include "net/http.h"
#include "text/json.h"

enum tare_wire {
    TARE_WIRE_CHAT = 1,    /* POST {base}/chat/completions */
    TARE_WIRE_AZURE,       /* the same body at {base}/openai/deployments/NAME/…?api-version= */
    TARE_WIRE_COMPLETIONS, /* POST {base}/completions: prompts only */
    TARE_WIRE_MESSAGES     /* POST {base}/messages, Anthropic */
};

/* Where values come from: getenv of the process, or a table in tests. NULL: no such variable. */
struct tare_model_env {
    const char *(*get)(void *ctx, const char *name);
    void *ctx;
};

/* US dollars a million tokens. */
struct tare_price {
    bool known;
    double input, cached, output;
    struct tare_str date,
        source; /* of the price file: "2026-11-01", where they are from or a path */
};

/* One endpoint of a run; lives in the arena it was resolved into; read-only afterwards. */
struct tare_endpoint {
    struct tare_str name;     /* SOLVER or SOLVER/ROLE */
    struct tare_str provider; /* "openai", "anthropic", "vllm" …; "custom" for an address */
    struct tare_str model;    /* as the server knows it; may be empty: its only one */
    struct tare_str family;   /* for judges: which models are kin; may be empty */
    struct tare_str base_url; /* without '/' at its end */
    enum tare_wire wire;
    struct tare_str api_version;           /* Azure, Anthropic */
    struct tare_str key_name;              /* variable or file the key came from */
    struct tare_str key;                   /* the secret; empty: none is sent */
    struct tare_str bearer;                /* "Bearer " and the key */
    struct tare_secret *secret;            /* where both are; NULL: there is no key */
    struct tare_str organization, project; /* OpenAI's headers; may be empty */
    struct tare_json sampling; /* members of tare.request/1 that hold where a request is silent */
    struct tare_json extra;    /* mapping passed through, or absent */
    bool stream;
    bool old_max_tokens; /* send max_tokens, not max_completion_tokens */
    struct tare_http_timeouts timeouts;
    uint32_t max_tries;       /* of one request, the first included */
    uint32_t max_concurrency; /* requests in flight there */
    int64_t patience_ms;      /* an endpoint that is down for so long fails its requests */
    struct tare_price price;
    const struct tare_endpoint *fallback; /* asked when this one is down, or NULL */
};

/* Wipes the key, not that of the fallback: what would be sent then is refused. */
void tare_endpoint_forget(const struct tare_endpoint *e);

/*
 * Resolves `model: {...}` (an object) or a string. `name` becomes the endpoint's; `text` and `path`
 * are for messages (may be empty).
 * Fails: TARE_E_USAGE (unknown provider, no address, a key in the file), TARE_E_INPUT (a key of the
 * mapping is wrong), TARE_E_NOMEM. A missing API key is an error where the provider needs one,
 * unless `offline`.
 */
enum tare_status tare_endpoint_resolve(struct tare_json model, struct tare_str name,
                                       const struct tare_model_env *env, bool offline,
                                       struct tare_arena *arena, struct tare_endpoint **out,
                                       struct tare_err *err);
enum tare_status tare_endpoint_of_string(struct tare_str model, struct tare_str name,
                                         const struct tare_model_env *env, bool offline,
                                         struct tare_arena *arena, struct tare_endpoint **out,
                                         struct tare_err *err);

/* True for a text that tare_endpoint_of_string takes: it has a known provider and a name after
 * '/' or ':', or is an http address. */
bool tare_is_model_string(struct tare_str text);

/* What counts for results: wire, address, model, sampling, extra; never the key. One object. */
void tare_endpoint_identity(const struct tare_endpoint *e, struct tare_json_writer *out);

#endif
