/* Exchanges over curl's multi interface; the plain parts stand in http_fault.c. */
#include "net/http.h"

#include <curl/curl.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/os_secret.h"

#include "base/banned.h"

struct exchange {
    struct exchange *next;
    uint64_t id;
    CURL *easy;
    struct curl_slist *headers;
    struct tare_http_timeouts timeouts;
    struct tare_buf head, piece; /* piece: of the body, not handed over yet */
    size_t n_body, max_body;
    uint32_t head_lines;
    int64_t begin_ns, first_ns, last_ns; /* first_ns 0: nothing came */
    enum tare_http_fault fault;          /* ours; GOOD: curl's counts */
    bool head_done, dropped, ended;
    CURLcode result;
    int64_t now_ns; /* of the work that runs */
    char says[CURL_ERROR_SIZE];
};

struct tare_http {
    const struct tare_alc *alc;
    CURLM *multi;
    struct exchange *open;  /* newest first */
    struct exchange *spare; /* ended ones, to be used again */
    struct pollfd *fds;
    uint32_t n_fds, cap_fds;
    int64_t now_ns, timer_ns; /* timer_ns 0: none */
    int64_t check_ns;         /* when timeouts are looked at next; 0: none */
    uint32_t n_open, n_spare;
    char *ca_file;
};

#define MAX_SPARE 256u
#define MS INT64_C(1000000)

/* ---- what curl calls ----------------------------------------------------------------------- */

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *mine)
{
    struct tare_http *h = ctx;
    uint32_t at = 0;
    (void)easy, (void)mine;
    while (at < h->n_fds && h->fds[at].fd != fd)
        at++;
    if (what == CURL_POLL_REMOVE) {
        if (at < h->n_fds)
            h->fds[at] = h->fds[--h->n_fds];
        return 0;
    }
    if (at == h->n_fds) {
        if (h->n_fds == h->cap_fds) {
            uint32_t cap = h->cap_fds ? h->cap_fds * 2 : 64;
            struct pollfd *more = realloc(h->fds, cap * sizeof *more);
            if (!more)
                return -1;
            h->fds = more;
            h->cap_fds = cap;
        }
        h->n_fds++;
    }
    h->fds[at] = (struct pollfd){.fd = fd,
                                 .events = (short)((what & CURL_POLL_IN ? POLLIN : 0) |
                                                   (what & CURL_POLL_OUT ? POLLOUT : 0))};
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *ctx)
{
    struct tare_http *h = ctx;
    (void)multi;
    h->timer_ns = timeout_ms < 0 ? 0 : h->now_ns + (int64_t)timeout_ms * MS;
    if (timeout_ms >= 0 && h->timer_ns == 0)
        h->timer_ns = 1;
    return 0;
}

static void touched(struct exchange *x)
{
    x->last_ns = x->now_ns;
    if (!x->first_ns)
        x->first_ns = x->now_ns ? x->now_ns : 1;
}

static size_t on_head(char *p, size_t size, size_t n, void *ctx)
{
    struct exchange *x = ctx;
    struct tare_str line = tare_str_n(p, size * n);
    touched(x);
    if (tare_str_starts(line, TARE_S("HTTP/"))) { /* a new head: after 100 Continue */
        tare_buf_reset(&x->head);
        x->head_lines = 0;
    }
    tare_buf_put(&x->head, line);
    if (x->head.failed || ++x->head_lines > TARE_MAX_HTTP_HEAD_LINES) {
        x->fault = TARE_HTTP_TOO_LARGE;
        return 0;
    }
    x->head_done = tare_str_trim(line).n == 0;
    struct tare_str coding = tare_http_field(tare_buf_str(&x->head), "content-encoding");
    if (x->head_done && coding.n && !tare_str_is(coding, "identity")) {
        x->fault = TARE_HTTP_PROTOCOL;
        return 0;
    }
    return line.n;
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
    struct exchange *x = ctx;
    size_t bytes = size * n;
    touched(x);
    x->n_body += bytes;
    if (x->n_body > x->max_body)
        x->fault = TARE_HTTP_TOO_LARGE;
    else
        tare_buf_put(&x->piece, tare_str_n(p, bytes));
    if (x->piece.failed)
        x->fault = TARE_HTTP_MEMORY;
    return x->fault ? 0 : bytes;
}

/* ---- life of a client ---------------------------------------------------------------------- */

enum tare_status tare_http_open(const struct tare_http_options *o, struct tare_http **out,
                                struct tare_err *err)
{
    struct tare_http *h = calloc(1, sizeof *h);
    *out = NULL;
    if (!h || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(h);
        return tare_fail(err, TARE_E_NOMEM, "out of memory while opening the model client");
    }
    h->alc = o->alc;
    h->multi = curl_multi_init();
    if (o->ca_file.n) {
        h->ca_file = malloc(o->ca_file.n + 1);
        if (h->ca_file) {
            memcpy(h->ca_file, o->ca_file.p, o->ca_file.n);
            h->ca_file[o->ca_file.n] = 0;
        }
    }
    if (!h->multi || (o->ca_file.n && !h->ca_file)) {
        tare_http_close(h);
        return tare_fail(err, TARE_E_NOMEM, "out of memory while opening the model client");
    }
    curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
    curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)(o->keep_alive ? o->keep_alive : 64));
    *out = h;
    return TARE_OK;
}

/* Headers hold keys. What curl itself copied of them is out of reach. */
static void free_headers(struct curl_slist *list)
{
    for (struct curl_slist *l = list; l; l = l->next)
        tare_wipe(l->data, strlen(l->data));
    curl_slist_free_all(list);
}

static void free_exchange(struct exchange *x)
{
    if (x->easy)
        curl_easy_cleanup(x->easy);
    free_headers(x->headers);
    tare_buf_free(&x->head);
    tare_buf_free(&x->piece);
    free(x);
}

/* Out of the multi handle, to the spare ones. */
static void retire(struct tare_http *h, struct exchange *x)
{
    curl_multi_remove_handle(h->multi, x->easy);
    curl_easy_reset(x->easy);
    free_headers(x->headers);
    x->headers = NULL;
    tare_buf_reset(&x->head);
    if (x->piece.cap > 64 * TARE_KIB)
        tare_buf_free(&x->piece);
    else
        tare_buf_reset(&x->piece);
    h->n_open--;
    if (h->n_spare >= MAX_SPARE) {
        free_exchange(x);
        return;
    }
    x->next = h->spare;
    h->spare = x;
    h->n_spare++;
}

static void free_list(struct tare_http *h, struct exchange *list)
{
    while (list) {
        struct exchange *next = list->next;
        if (h->multi && list->easy)
            curl_multi_remove_handle(h->multi, list->easy);
        free_exchange(list);
        list = next;
    }
}

void tare_http_close(struct tare_http *h)
{
    if (!h)
        return;
    free_list(h, h->open);
    free_list(h, h->spare);
    if (h->multi)
        curl_multi_cleanup(h->multi);
    free(h->fds);
    free(h->ca_file);
    free(h);
    curl_global_cleanup();
}

/* ---- an exchange --------------------------------------------------------------------------- */

static struct exchange *fresh(struct tare_http *h)
{
    struct exchange *x = h->spare;
    if (x) {
        h->spare = x->next;
        h->n_spare--;
    } else {
        x = calloc(1, sizeof *x);
        if (!x)
            return NULL;
        x->easy = curl_easy_init();
        if (!x->easy) {
            free(x);
            return NULL;
        }
        tare_buf_init(&x->head, h->alc, TARE_MAX_HTTP_HEAD_BYTES);
        tare_buf_init(&x->piece, h->alc, TARE_MAX_HTTP_ANSWER_BYTES);
    }
    struct exchange kept = *x;
    *x = (struct exchange){.easy = kept.easy, .head = kept.head, .piece = kept.piece};
    return x;
}

/* A line for curl's list. Values hold keys: the copy lives as long as the exchange. */
static bool add_header(struct exchange *x, const struct tare_http_header *f)
{
    struct tare_buf line;
    tare_buf_init(&line, NULL, TARE_MAX_HTTP_HEAD_BYTES);
    (void)tare_buf_room(&line, f->name.n + f->value.n + 3); /* no copy is left behind by growing */
    tare_buf_put(&line, f->name);
    tare_buf_puts(&line, ": ");
    tare_buf_put(&line, f->value);
    tare_buf_putc(&line, 0);
    struct curl_slist *more = line.failed ? NULL : curl_slist_append(x->headers, line.p);
    if (line.p)
        tare_wipe(line.p, line.n);
    tare_buf_free(&line);
    if (more)
        x->headers = more;
    return more != NULL;
}

static bool has_line_end(struct tare_str s)
{
    return memchr(s.p ? s.p : "", '\n', s.n) || memchr(s.p ? s.p : "", '\r', s.n) ||
           memchr(s.p ? s.p : "", 0, s.n);
}

static bool set_headers(struct exchange *x, const struct tare_http_request *r)
{
    for (size_t i = 0; i < r->n_headers; i++)
        if (has_line_end(r->headers[i].value) || !add_header(x, &r->headers[i]))
            return false;
    if (r->body.n <= TARE_MIB) /* above, curl would ask first and wait for the answer */
        return true;
    struct curl_slist *more = curl_slist_append(x->headers, "Expect:");
    if (more)
        x->headers = more;
    return more != NULL;
}

static bool set_up(struct tare_http *h, struct exchange *x, const struct tare_http_request *r)
{
    char *url = malloc(r->url.n + 1);
    bool bad = false;
    if (!url)
        return false;
    memcpy(url, r->url.p, r->url.n);
    url[r->url.n] = 0;
    bad |= curl_easy_setopt(x->easy, CURLOPT_URL, url) != CURLE_OK;
    free(url);
    bad |= curl_easy_setopt(x->easy, CURLOPT_PROTOCOLS_STR, "http,https") != CURLE_OK;
    bad |= curl_easy_setopt(x->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) != CURLE_OK;
    bad |= curl_easy_setopt(x->easy, CURLOPT_FOLLOWLOCATION, 0L) != CURLE_OK;
    bad |= curl_easy_setopt(x->easy, CURLOPT_NOSIGNAL, 1L) != CURLE_OK;
    bad |= curl_easy_setopt(x->easy, CURLOPT_TCP_NODELAY, 1L) != CURLE_OK;
    bad |= curl_easy_setopt(x->easy, CURLOPT_USERAGENT, "tare/" TARE_VERSION) != CURLE_OK;
    bad |= curl_easy_setopt(x->easy, CURLOPT_ERRORBUFFER, x->says) != CURLE_OK;
    bad |= curl_easy_setopt(x->easy, CURLOPT_HEADERFUNCTION, on_head) != CURLE_OK;
    bad |= curl_easy_setopt(x->easy, CURLOPT_HEADERDATA, x) != CURLE_OK;
    bad |= curl_easy_setopt(x->easy, CURLOPT_WRITEFUNCTION, on_body) != CURLE_OK;
    bad |= curl_easy_setopt(x->easy, CURLOPT_WRITEDATA, x) != CURLE_OK;
    bad |= curl_easy_setopt(x->easy, CURLOPT_PRIVATE, x) != CURLE_OK;
    if (h->ca_file)
        bad |= curl_easy_setopt(x->easy, CURLOPT_CAINFO, h->ca_file) != CURLE_OK;
    if (r->timeouts.connect_ms)
        bad |= curl_easy_setopt(x->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)r->timeouts.connect_ms) !=
               CURLE_OK;
    if (r->body.p) {
        bad |= curl_easy_setopt(x->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n) !=
               CURLE_OK;
        bad |= curl_easy_setopt(x->easy, CURLOPT_COPYPOSTFIELDS, r->body.p) != CURLE_OK;
    }
    if (!set_headers(x, r))
        return false;
    bad |= curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers) != CURLE_OK;
    return !bad;
}

static void look_again_at(struct tare_http *h, int64_t at_ns)
{
    if (!h->check_ns || at_ns < h->check_ns)
        h->check_ns = at_ns;
}

/* When one of its timeouts strikes next; 0: never. *which says as what. */
static int64_t due(const struct exchange *x, enum tare_http_fault *which)
{
    const struct tare_http_timeouts *t = &x->timeouts;
    int64_t soonest = 0;
    *which = TARE_HTTP_GOOD;
    if (t->whole_ms) {
        soonest = x->begin_ns + t->whole_ms * MS;
        *which = TARE_HTTP_TIMEOUT_WHOLE;
    }
    int64_t other = !x->first_ns  ? (t->first_byte_ms ? x->begin_ns + t->first_byte_ms * MS : 0)
                    : t->stall_ms ? x->last_ns + t->stall_ms * MS
                                  : 0;
    if (other && (!soonest || other < soonest)) {
        soonest = other;
        *which = x->first_ns ? TARE_HTTP_TIMEOUT_STALL : TARE_HTTP_TIMEOUT_FIRST_BYTE;
    }
    return soonest;
}

enum tare_status tare_http_begin(struct tare_http *h, uint64_t id,
                                 const struct tare_http_request *r, int64_t now_ns,
                                 struct tare_err *err)
{
    struct exchange *x = fresh(h);
    enum tare_http_fault which;
    if (!x)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while starting a request");
    x->id = id;
    x->timeouts = r->timeouts;
    x->max_body = r->max_body_bytes ? r->max_body_bytes : TARE_MAX_HTTP_ANSWER_BYTES;
    x->begin_ns = x->last_ns = x->now_ns = now_ns;
    h->now_ns = now_ns;
    h->n_open++;
    x->next = h->open;
    h->open = x;
    if (!set_up(h, x, r) || curl_multi_add_handle(h->multi, x->easy) != CURLM_OK) {
        h->open = x->next;
        retire(h, x);
        return tare_fail(err, TARE_E_NOMEM, "the request could not be set up");
    }
    int64_t at = due(x, &which);
    if (at)
        look_again_at(h, at);
    return TARE_OK;
}

void tare_http_cancel(struct tare_http *h, uint64_t id)
{
    for (struct exchange *x = h->open; x; x = x->next)
        if (x->id == id)
            x->dropped = true;
}

uint32_t tare_http_wait(struct tare_http *h, struct pollfd *fds, uint32_t max, int *timeout_ms,
                        int64_t now_ns)
{
    int64_t at = h->timer_ns;
    uint32_t n = h->n_fds < max ? h->n_fds : max;
    if (h->n_open && h->check_ns && (!at || h->check_ns < at))
        at = h->check_ns;
    if (h->n_open && at) {
        int64_t ms = at <= now_ns ? 0 : (at - now_ns + MS - 1) / MS;
        if (ms < *timeout_ms)
            *timeout_ms = (int)ms;
    }
    if (n<h->n_fds && * timeout_ms> 1)
        *timeout_ms = 1; /* the owner cannot wait for all of them */
    if (n)
        memcpy(fds, h->fds, n * sizeof *fds);
    return n;
}

static enum tare_http_fault fault_of(CURLcode code, bool head_done)
{
    switch (code) {
    case CURLE_OK:
        return TARE_HTTP_GOOD;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return TARE_HTTP_DNS;
    case CURLE_COULDNT_CONNECT:
        return TARE_HTTP_REFUSED;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return TARE_HTTP_TLS;
    case CURLE_OPERATION_TIMEDOUT:
        return TARE_HTTP_TIMEOUT_CONNECT; /* no other timeout is left to curl */
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
        return head_done ? TARE_HTTP_CUT : TARE_HTTP_RESET;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
        return TARE_HTTP_URL;
    case CURLE_OUT_OF_MEMORY:
        return TARE_HTTP_MEMORY;
    default:
        return TARE_HTTP_PROTOCOL;
    }
}

/* What curl says may hold the address; an address has no secret, but a user name in it might be. */
static struct tare_str says_of(const struct exchange *x, enum tare_http_fault fault)
{
    static const char *const words[] = {
        [TARE_HTTP_GOOD] = "",
        [TARE_HTTP_DNS] = "the name of the host could not be looked up",
        [TARE_HTTP_REFUSED] = "the host refuses connections",
        [TARE_HTTP_TLS] = "no trusted TLS connection: ",
        [TARE_HTTP_TIMEOUT_CONNECT] = "no connection in time",
        [TARE_HTTP_TIMEOUT_FIRST_BYTE] = "no first byte of an answer in time",
        [TARE_HTTP_TIMEOUT_STALL] = "the answer stalled",
        [TARE_HTTP_TIMEOUT_WHOLE] = "the answer was not whole in time",
        [TARE_HTTP_RESET] = "the connection ended before an answer came",
        [TARE_HTTP_CUT] = "the connection ended within the answer",
        [TARE_HTTP_TOO_LARGE] = "the answer is larger than its ceiling",
        [TARE_HTTP_PROTOCOL] = "the answer is not HTTP as asked for",
        [TARE_HTTP_URL] = "the address is neither http nor https",
        [TARE_HTTP_MEMORY] = "out of memory",
    };
    if (fault == TARE_HTTP_TLS && x->says[0])
        return tare_str_of(x->says);
    return tare_str_of(words[fault]);
}

static void hand_over(struct exchange *x, void (*give)(void *, const struct tare_http_event *),
                      void *to)
{
    long status = 0;
    curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
    struct tare_http_event e = {
        .id = x->id, .status = (int)status, .head = tare_buf_str(&x->head), .first_byte_ms = -1};
    if (x->piece.n && !x->dropped) {
        e.data = tare_buf_str(&x->piece);
        give(to, &e);
        e.data = (struct tare_str){NULL, 0};
    }
    tare_buf_reset(&x->piece);
    if (!x->ended || x->dropped)
        return;
    e.end = true;
    e.fault = x->fault ? x->fault : fault_of(x->result, x->head_done);
    e.says = says_of(x, e.fault);
    e.first_byte_ms = x->first_ns ? (x->first_ns - x->begin_ns) / MS : -1;
    e.took_ms = (x->now_ns - x->begin_ns) / MS;
    give(to, &e);
}

/* Ends those whose time is over; finds out when to look again. */
static void check_timeouts(struct tare_http *h)
{
    h->check_ns = 0;
    for (struct exchange *x = h->open; x; x = x->next) {
        enum tare_http_fault which;
        int64_t at = due(x, &which);
        if (x->ended || !at)
            continue;
        if (at <= h->now_ns) {
            x->fault = which;
            x->ended = true;
        } else {
            look_again_at(h, at);
        }
    }
}

static void take_results(struct tare_http *h)
{
    int left;
    const CURLMsg *m;
    while ((m = curl_multi_info_read(h->multi, &left))) {
        char *p = NULL;
        if (m->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &p);
        struct exchange *x = (struct exchange *)(void *)p;
        x->result = m->data.result;
        x->ended = true;
    }
}

static void run_curl(struct tare_http *h)
{
    int running;
    struct pollfd ready[256];
    uint32_t n = 0;
    if (h->timer_ns && h->timer_ns <= h->now_ns) {
        h->timer_ns = 0;
        curl_multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    if (!h->n_fds || poll(h->fds, h->n_fds, 0) <= 0)
        return;
    /* A copy: curl changes the list while it works. What does not fit is ready next time too. */
    for (uint32_t i = 0; i < h->n_fds && n < sizeof ready / sizeof *ready; i++)
        if (h->fds[i].revents)
            ready[n++] = h->fds[i];
    for (uint32_t i = 0; i < n; i++) {
        int mask = (ready[i].revents & (POLLIN | POLLHUP) ? CURL_CSELECT_IN : 0) |
                   (ready[i].revents & POLLOUT ? CURL_CSELECT_OUT : 0) |
                   (ready[i].revents & POLLERR ? CURL_CSELECT_ERR : 0);
        curl_multi_socket_action(h->multi, ready[i].fd, mask, &running);
    }
}

void tare_http_work(struct tare_http *h, int64_t now_ns,
                    void (*give)(void *to, const struct tare_http_event *event), void *to)
{
    h->now_ns = now_ns;
    if (!h->n_open)
        return;
    for (struct exchange *x = h->open; x; x = x->next)
        x->now_ns = now_ns;
    run_curl(h);
    take_results(h);
    if (h->check_ns && h->check_ns <= now_ns)
        check_timeouts(h);
    /* What begins while results are handed over is put before the list and waits its turn. */
    for (struct exchange *x = h->open; x; x = x->next)
        if (x->piece.n || x->ended)
            hand_over(x, give, to);
    for (struct exchange **at = &h->open; *at;) {
        struct exchange *x = *at;
        if (!x->ended && !x->dropped) {
            at = &x->next;
            continue;
        }
        *at = x->next;
        retire(h, x);
    }
}
