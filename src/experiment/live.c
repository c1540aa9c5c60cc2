#include "experiment/live_int.h"

#include <math.h>
#include <poll.h>

#include "base/limits.h"

#include "base/banned.h"

#define MAX_FDS 256u

enum tare_status tare__cases_read(struct tare_str jsonl, struct tare_arena *arena,
                                  struct tare__line **out, size_t *n, struct tare_err *err)
{
    const struct tare__lines how = {.item_bytes = sizeof(struct tare__line)};
    void *list;
    enum tare_status st = tare__lines_read(jsonl, &how, arena, &list, n, err);
    *out = list;
    if (st == TARE_OK && *n == 0)
        st = tare_fail(err, TARE_E_INPUT, "there is no case");
    return st;
}

void tare__live_say(struct tare_json_writer *w, const char *role, struct tare_str content)
{
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "role", role);
    tare_json_put_key(w, "content");
    tare_json_put_str(w, content);
    tare_json_end_object(w);
}

void tare__live_begin(struct tare_json_writer *w, struct tare_buf *body, struct tare_str opening,
                      const struct tare_buf *talk, const struct tare_buf *more)
{
    tare_json_writer_init(w, body);
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "schema", "tare.request/1");
    tare_json_put_key(w, "messages");
    tare_json_begin_array(w);
    if (opening.n)
        tare__live_say(w, "system", opening);
    if (talk->n)
        tare_json_put_raw(w, tare_buf_str(talk));
    if (more && more->n)
        tare_json_put_raw(w, tare_buf_str(more));
    tare_json_end_array(w);
}

void tare__live_settings(struct tare_json_writer *w, const struct tare_live *live,
                         uint64_t max_tokens, uint64_t attempt)
{
    max_tokens = max_tokens ? max_tokens : live->max_tokens;
    if (!isnan(live->temperature))
        tare_json_member_f64(w, "temperature", live->temperature);
    if (max_tokens)
        tare_json_member_u64(w, "max_tokens", max_tokens);
    tare_json_member_u64(w, "attempt", attempt);
    tare_json_member_cstr(w, "purpose", "act");
}

/* ---- playing ------------------------------------------------------------------------------ */

/* A place for one talk at a time. */
struct seat {
    size_t talk;
    bool busy, answered;
    enum tare_cause failed;
    struct tare_buf body; /* of the answer */
};

struct play {
    const struct tare__talks *talks;
    size_t n;
    const struct tare_live *live;
    struct tare_live_drawn *out;
    struct tare_arena *arena;
    struct tare_arena turn; /* one answer */
    struct seat *seats;
    uint32_t n_seats, n_busy;
    size_t next;
    bool *lost; /* by talk */
    struct tare_buf request;
};

static int64_t now(const struct play *p)
{
    return p->live->clock->mono_ns(p->live->clock->ctx);
}

static void give(void *to, const struct tare_model_answer *a)
{
    struct play *p = to;
    struct seat *s = &p->seats[a->token];
    tare_buf_reset(&s->body);
    tare_buf_put(&s->body, a->body);
    s->failed = a->failed;
    s->answered = true;
}

/* Asks what the seat's talk wants to ask next; a talk that is over leaves its seat. */
static enum tare_status ask(struct play *p, uint32_t seat, struct tare_err *err)
{
    struct seat *s = &p->seats[seat];
    tare_buf_reset(&p->request);
    if (!p->talks->ask(p->talks->ctx, s->talk, &p->request)) {
        s->busy = false;
        p->n_busy--;
        return TARE_OK;
    }
    if (p->request.failed)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while asking a model");
    struct tare_request r = {
        .endpoint = p->live->endpoint, .body = tare_buf_str(&p->request), .attempt = s->talk + 1};
    p->out->requests++;
    return tare_model_begin(p->live->client, seat, &r, now(p), err);
}

static enum tare_status seat_talks(struct play *p, struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    for (uint32_t i = 0; i < p->n_seats && p->next < p->n && st == TARE_OK; i++) {
        if (p->seats[i].busy)
            continue;
        p->seats[i].talk = p->next++;
        p->seats[i].busy = true;
        p->seats[i].answered = false;
        p->n_busy++;
        st = ask(p, i, err);
    }
    return st;
}

/* The endpoint understood who asks and that it may, and will not take this request. */
static bool refused(const struct tare_model_reply *r)
{
    static const int no[] = {400, 404, 405, 415, 422, 501};
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (r->http == no[i])
            return r->code == TARE_REPLY_HTTP_4XX || r->code == TARE_REPLY_HTTP_5XX;
    return r->code == TARE_REPLY_BAD_REQUEST;
}

static void lose(struct play *p, const struct seat *s, const struct tare_model_reply *r)
{
    struct tare_live_arm *arm = &p->out->arm[s->talk % p->live->n_arms];
    p->out->missing++;
    arm->missing++;
    p->lost[s->talk] = true;
    if (!r)
        return;
    struct tare_str says = tare_arena_printf(p->arena, "%s%s%.*s", tare_reply_code_name(r->code),
                                             r->says.n ? ": " : "", TARE_FMT(r->says));
    if (!p->out->first_failure.n)
        p->out->first_failure = says;
    if (refused(r) && arm->refused++ == 0)
        arm->says = says;
}

/* Takes an answer and asks on. */
static enum tare_status answer(struct play *p, uint32_t seat, struct tare_err *err)
{
    struct seat *s = &p->seats[seat];
    struct tare_model_reply reply;
    struct tare_arena_mark mark = tare_arena_mark(&p->turn);
    s->answered = false;
    if (s->body.failed)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading a reply");
    enum tare_status st = tare_model_reply_read(tare_buf_str(&s->body), &p->turn, &reply, err);
    if (st == TARE_OK && reply.code == TARE_REPLY_OK && s->failed == TARE_CAUSE_NONE) {
        st = p->talks->take(p->talks->ctx, s->talk, &reply, err);
        if (st == TARE_OK)
            st = ask(p, seat, err);
    } else if (st == TARE_OK) {
        lose(p, s, &reply);
        s->busy = false;
        p->n_busy--;
    }
    tare_arena_rewind(&p->turn, mark);
    return st;
}

static enum tare_status step(struct play *p, struct tare_err *err)
{
    struct pollfd fds[MAX_FDS];
    int timeout = 1000;
    enum tare_status st = seat_talks(p, err);
    if (st != TARE_OK || p->n_busy == 0)
        return st;
    uint32_t n = tare_model_wait(p->live->client, fds, MAX_FDS, &timeout, now(p));
    (void)poll(fds, n, timeout);
    tare_model_work(p->live->client, now(p), give, p);
    for (uint32_t i = 0; i < p->n_seats && st == TARE_OK; i++)
        if (p->seats[i].busy && p->seats[i].answered)
            st = answer(p, i, err);
    return st;
}

/* Nothing more can be had: talks that have not begun are missing too. */
static void halt(struct play *p, struct tare_str why)
{
    p->out->halted = tare_arena_copy(p->arena, why);
    for (; p->next < p->n; p->next++) {
        struct seat s = {.talk = p->next};
        lose(p, &s, NULL);
    }
}

static enum tare_status open_all(const struct tare__talks *talks, size_t n,
                                 const struct tare_live *live, struct tare_err *err)
{
    size_t per = (size_t)live->seeds * live->n_arms;
    enum tare_status st = TARE_OK;
    for (size_t i = 0; i < n && st == TARE_OK; i++) {
        struct tare__talk_of of = {.c = &talks->cases[i / per],
                                   .in_case = i / per,
                                   .seed = (uint32_t)(i % per / live->n_arms),
                                   .arm = (uint32_t)(i % live->n_arms)};
        st = tare__line_fault(of.c->line, talks->open(talks->ctx, i, &of, err), err);
    }
    return st;
}

static enum tare_status play_all(struct play *p, struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    p->n_seats = p->live->in_flight ? p->live->in_flight : 16;
    p->seats = TARE_NEW_N(p->arena, struct seat, p->n_seats);
    p->lost = TARE_NEW_N(p->arena, bool, p->n + 1);
    if (!p->seats || !p->lost)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while asking a model");
    for (uint32_t i = 0; i < p->n_seats; i++)
        tare_buf_init(&p->seats[i].body, NULL, TARE_MAX_JSON_BYTES);
    p->out->talks = p->n;
    for (uint32_t a = 0; a < p->live->n_arms; a++)
        p->out->arm[a].talks = p->n / p->live->n_arms;
    if (!p->live->client)
        halt(p, TARE_S("there is no model"));
    while (st == TARE_OK && (p->n_busy || p->next < p->n)) {
        struct tare_str why = tare_model_halted(p->live->client);
        if (why.n && !p->out->halted.n)
            halt(p, why);
        st = step(p, err);
    }
    for (uint32_t i = 0; i < p->n_seats; i++) {
        if (p->seats[i].busy)
            tare_model_cancel(p->live->client, i);
        tare_buf_free(&p->seats[i].body);
    }
    return st;
}

enum tare_status tare__talks_play(const struct tare__talks *talks, const struct tare_live *live,
                                  struct tare_arena *arena, struct tare_buf *jsonl,
                                  struct tare_live_drawn *out, struct tare_err *err)
{
    struct play p = {.talks = talks,
                     .n = talks->n_cases * live->seeds * live->n_arms,
                     .live = live,
                     .out = out,
                     .arena = arena};
    *talks->list = tare_arena_array(arena, p.n + 1, talks->talk_bytes);
    if (!*talks->list)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while making talks");
    tare_arena_init(&p.turn, NULL, TARE_GIB);
    tare_buf_init(&p.request, NULL, TARE_MAX_JSON_BYTES);
    enum tare_status st = open_all(talks, p.n, live, err);
    if (st == TARE_OK)
        st = play_all(&p, err);
    tare_buf_free(&p.request);
    tare_arena_free(&p.turn);
    for (size_t i = 0; i < p.n; i++) {
        if (st == TARE_OK && !p.lost[i] && !talks->put(talks->ctx, i, jsonl))
            st = tare_fail(err, TARE_E_NOMEM, "a talk is too long");
        talks->close(talks->ctx, i);
    }
    return st;
}
