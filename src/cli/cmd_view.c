/*
 * tare view: the store in a browser.
 */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/borrowed.h"
#include "cli/stored.h"
#include "sandbox/child.h"
#include "view/serve.h"

#include "base/banned.h"

struct view_opts {
    struct tare_strs runs;
    struct tare_str web;
    int64_t port, threads;
    bool open;
    struct tare_file_opts files;
};

static const struct tare_arg view_args[] = {
    {"RUN",
     "what the page opens at: a run or a batch (label, id prefix, @last), two runs to compare, or "
     "a "
     "file of another tool; without it: the list of runs",
     0, TARE_MANY, offsetof(struct view_opts, runs)},
    {0},
};

static const struct tare_opt view_options[] = {
    {.name = "port",
     .letter = 'p',
     .type = TARE_OPT_INT,
     .min = 0,
     .max = 65535,
     .def = "0",
     .help = "port on 127.0.0.1; 0: one that is free",
     .at = offsetof(struct view_opts, port)},
    {.name = "open",
     .type = TARE_OPT_FLAG,
     .help = "also open the page in the browser",
     .at = offsetof(struct view_opts, open)},
    {.name = "web",
     .type = TARE_OPT_STRING,
     .metavar = "DIR",
     .help = "take app.js and app.css from this folder: for work on the page itself",
     .at = offsetof(struct view_opts, web)},
    {.name = "threads",
     .type = TARE_OPT_INT,
     .min = 1,
     .max = 16,
     .def = "4",
     .help = "how many requests are answered at once",
     .at = offsetof(struct view_opts, threads)},
    TARE_FILE_OPTIONS(struct view_opts),
    {0},
};

static const struct tare_example view_examples[] = {
    {"tare view", "everything in the store"},
    {"tare view @last --open", "the leaderboard of the last batch, in the browser"},
    {"tare view main/careful branch/careful", "two runs beside each other"},
    {"tare view log.eval", "a file of another tool, without storing it"},
    {0},
};

/* The signal handler's only word. */
static volatile sig_atomic_t stop_signal;

static void on_signal(int signal_number)
{
    stop_signal = signal_number;
}

static void catch_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
}

static bool stop(void *ctx)
{
    (void)ctx;
    return stop_signal != 0;
}

struct shown {
    struct tare_ctx *ctx;
    const struct view_opts *o;
    struct tare_str link;  /* of the bundle: "#/run/…" */
    struct tare_str plain; /* of the pages without it: "/static/run/…?" */
};

/* Asks the desktop; where there is none, the printed URL is enough. */
static void open_browser(struct tare_ctx *ctx, struct tare_str url)
{
    static const char *const programs[] = {"/usr/bin/xdg-open", "/usr/bin/open"};
    static const char *const names[] = {"DISPLAY",
                                        "WAYLAND_DISPLAY",
                                        "HOME",
                                        "XDG_RUNTIME_DIR",
                                        "PATH",
                                        "DBUS_SESSION_BUS_ADDRESS",
                                        "XDG_CURRENT_DESKTOP"};
    const char *env[sizeof names / sizeof names[0] + 1] = {0};
    size_t n = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value)
            env[n++] = tare_arena_printf(ctx->arena, "%s=%s", names[i], value).p;
    }
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        const char *const argv[] = {programs[i], url.p, NULL};
        struct tare_child child;
        struct tare_err err = {0};
        if (access(programs[i], X_OK) != 0)
            continue;
        if (tare_child_start(argv, env, TARE_S(""), 4096, NULL, &child, &err) == TARE_OK)
            return; /* it goes on by itself and ends with the server at the latest */
    }
    (void)fputs("tare view: found nothing to open a browser with; open the URL by hand\n",
                ctx->err);
}

static void on_ready(void *to, const char *base, const char *token)
{
    struct shown *s = to;
    bool bundle = s->o->web.n || strcmp(tare_web_kind(), "bundle") == 0;
    struct tare_str url = tare_arena_printf(s->ctx->arena, "%s/?token=%s", base, token);
    struct tare_str whole =
        bundle
            ? tare_arena_printf(s->ctx->arena, "%s%.*s", url.p, TARE_FMT(s->link))
            : tare_arena_printf(s->ctx->arena, "%s%.*stoken=%s", base, TARE_FMT(s->plain), token);
    if (!url.p || !whole.p)
        return;
    if (s->ctx->json) {
        struct tare_buf out;
        struct tare_json_writer w;
        struct tare_err err = {0};
        tare_buf_init(&out, NULL, 65536);
        tare_json_writer_init(&w, &out);
        tare_json_begin_object(&w);
        tare_json_member_cstr(&w, "schema", "tare.view/1");
        tare_json_member_str(&w, "url", whole);
        tare_json_member_cstr(&w, "base", base);
        tare_json_member_cstr(&w, "token", token);
        tare_json_member_cstr(&w, "page", bundle ? "bundle" : "static");
        tare_json_end_object(&w);
        tare_buf_putc(&out, '\n');
        (void)tare_cli_print(s->ctx, &out, &err);
    } else {
        (void)fprintf(s->ctx->out, "%s\n", whole.p);
    }
    (void)fflush(s->ctx->out);
    if (!s->ctx->quiet && !s->ctx->json)
        (void)fputs("tare view: answers on this machine alone, to who has this URL; Ctrl-C ends "
                    "it\n",
                    s->ctx->err);
    if (s->o->open)
        open_browser(s->ctx, whole);
}

/* The page's own address of a run or a batch: ids, which need no escapes. */
static void name_link(struct tare_arena *arena, const struct tare_stored *x, uint32_t n,
                      struct shown *out)
{
    if (n > 1) {
        out->link = tare_arena_printf(arena, "#/compare?a=%s&b=%s", x[0].run->name, x[1].run->name);
        out->plain =
            tare_arena_printf(arena, "/static/compare?a=%s&b=%s&", x[0].run->name, x[1].run->name);
    } else if (x[0].run) {
        out->link = tare_arena_printf(arena, "#/run/%s", x[0].run->name);
        out->plain = tare_arena_printf(arena, "/static/run/%s?", x[0].run->name);
    } else {
        char hex[65];
        tare_digest_hex(x[0].batch.suite_digest, hex);
        out->link = tare_arena_printf(arena, "#/board/%.12s?runs=%s", hex, x[0].batch.info.name);
        out->plain = tare_arena_printf(arena, "/static/board/%s?", x[0].batch.info.name);
    }
}

static enum tare_status find_link(struct tare_ctx *ctx, const struct tare_borrowed *b,
                                  struct shown *out, struct tare_err *err)
{
    struct tare_store *store = NULL;
    struct tare_stored x[2];
    out->link = TARE_S("");
    out->plain = TARE_S("/?");
    if (b->n == 0)
        return TARE_OK;
    struct tare_str before = ctx->store;
    ctx->store = b->store;
    enum tare_status st = tare_cli_open(ctx, &store, err);
    ctx->store = before;
    for (uint32_t i = 0; i < b->n && i < 2 && !st; i++)
        st = tare_cli_stored(ctx, store, b->addresses[i], b->n > 1, &x[i], err);
    if (!st)
        name_link(ctx->arena, x, b->n, out);
    tare_store_close(store);
    return st;
}

static enum tare_status view_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    const struct view_opts *o = opts;
    struct tare_borrowed b;
    struct shown shown = {.ctx = ctx, .o = o};
    if (o->runs.n > 2)
        return tare_usage_fail(ctx, err, "the page opens at one run, or at two to compare");
    enum tare_status st = tare_cli_borrow(ctx, &o->runs, &o->files, &b, err);
    if (st)
        return st;
    catch_signals();
    st = find_link(ctx, &b, &shown, err);
    struct tare_serve_options serve = {.size = sizeof serve,
                                       .store = b.store,
                                       .web = o->web,
                                       .port = (uint16_t)o->port,
                                       .threads = (unsigned)o->threads,
                                       .clock = ctx->clock,
                                       .on_ready = on_ready,
                                       .ctx = &shown,
                                       .stop = stop};
    if (!st)
        st = tare_serve(&serve, err);
    tare_cli_give_back(&b);
    return st;
}

const struct tare_cmd tare_cmd_view = {
    .name = "view",
    .summary = "look at runs in a browser",
    .usage = "[RUN... | FILE...] [options]",
    .about = "Serves the page and its documents on 127.0.0.1, prints the URL, and opens nothing "
             "unless\nasked. The URL holds a token: without it nothing is answered. A run that "
             "is going on\nappears and moves. Ctrl-C ends it (exit status 0). `tare report "
             "--html` makes the same page\nas one file.",
    .examples = view_examples,
    .args = view_args,
    .opts = view_options,
    .opts_size = sizeof(struct view_opts),
    .run = view_run,
};
