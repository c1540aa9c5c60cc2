/*
 * The only place that turns an error into an exit status.
 */
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>

#include "base/limits.h"
#include "cli/context.h"
#include "cli/help.h"
#include "text/fields.h"
#include "view/error.h"
#include "view/serve.h"

#include "base/banned.h"

static void print_error(const struct tare_ctx *ctx, const struct tare_err *err)
{
    struct tare_buf out;
    tare_buf_init(&out, NULL, TARE_MIB);
    tare_view_error(&out, ctx->who, err, &ctx->err_style);
    if (out.failed)
        (void)fprintf(ctx->err, "%s: %s\n", ctx->who, err->text);
    else
        (void)fwrite(out.p, 1, out.n, ctx->err);
    tare_buf_reset(&out);
    if (ctx->json) {
        tare_view_error_json(&out, ctx->who, err);
        (void)fwrite(out.p, 1, out.n, ctx->out);
    }
    tare_buf_free(&out);
}

/* An earlier write failed and its reason is gone: was it that nobody reads any more? */
static bool reader_gone(FILE *stream)
{
    struct pollfd p = {.fd = fileno(stream), .events = POLLOUT};
    return poll(&p, 1, 0) > 0 && (p.revents & (POLLERR | POLLHUP)) != 0;
}

/* What could not be written was not said: a full disk must not look like success. A reader that
 * went away (tare … | head) is nobody's fault. */
static int finish(const struct tare_ctx *ctx, int code)
{
    errno = 0;
    if (fflush(ctx->out) == 0 && !ferror(ctx->out))
        return code;
    if (errno == EPIPE || (errno == 0 && reader_gone(ctx->out)))
        return 128 + SIGPIPE;
    (void)fprintf(ctx->err, "%s: cannot write the output: %s\n", ctx->who,
                  errno ? strerror(errno) : "an earlier write failed");
    return code ? code : 3;
}

static int run_command(struct tare_ctx *ctx, const struct tare_parsed *parsed)
{
    struct tare_err err = {0};
    if (parsed->common.help) {
        struct tare_buf out;
        tare_buf_init(&out, NULL, TARE_MIB);
        tare_help_command(&out, parsed->cmd, parsed->who, &ctx->out_style);
        (void)fwrite(out.p, 1, out.n, ctx->out);
        tare_buf_free(&out);
        return 0;
    }
    if (parsed->cmd->run(ctx, parsed->opts, &err) == TARE_OK)
        return ctx->exit_code;
    print_error(ctx, &err);
    return tare_status_exit(err.code);
}

static int unknown_verb(struct tare_ctx *ctx, const char *word)
{
    struct tare_err err = {0};
    const char *names[128];
    size_t n = 0;
    for (const struct tare_cmd *const *c = tare_commands(); *c && n < 127; c++)
        names[n++] = (*c)->name;
    names[n] = NULL;
    const char *near = tare_suggest(tare_str_of(word), names);
    (void)tare_fail(&err, TARE_E_USAGE, "there is no verb \"%s\"", word);
    if (near)
        tare_err_hint(&err, "did you mean \"tare %s\"? All verbs: tare help", near);
    else
        tare_err_hint(&err, "all verbs: tare help");
    print_error(ctx, &err);
    return tare_status_exit(err.code);
}

static bool wants_json(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0)
            return true;
    return false;
}

static int dispatch(struct tare_ctx *ctx, const char *verb, int argc, char **argv)
{
    const struct tare_cmd *cmd = NULL;
    for (const struct tare_cmd *const *c = tare_commands(); *c; c++)
        if (strcmp((*c)->name, verb) == 0)
            cmd = *c;
    if (!cmd)
        return unknown_verb(ctx, verb);
    struct tare_err err = {0};
    struct tare_parsed parsed;
    struct tare_str who = tare_arena_printf(ctx->arena, "tare %s", verb);
    ctx->who = who.p ? who.p : "tare";
    if (tare_cli_parse(cmd, ctx->who, argc, argv, ctx->arena, &parsed, &err) != TARE_OK) {
        ctx->who = parsed.who;
        ctx->err_style = tare_cli_style(ctx->err, tare_cli_color(&parsed.common));
        print_error(ctx, &err);
        return tare_status_exit(err.code);
    }
    tare_cli_context(ctx, &parsed);
    return run_command(ctx, &parsed);
}

int main(int argc, char **argv)
{
    struct tare_arena arena;
    struct tare_ctx ctx = {.who = "tare", .out = stdout, .err = stderr, .argc = argc, .argv = argv};
    /* Columns and UTF-8 come from the locale; numbers never do (base/num.h). */
    (void)setlocale(LC_CTYPE, "");
    /* A pipe that closes is an error of that write, not the end of the program. */
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGPIPE, &ignore, NULL);
    /* SQLite's memory statistics share a lock between the workers' connections. */
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    tare_arena_init(&arena, NULL, TARE_ARENA_REPORT_BYTES);
    ctx.arena = &arena;
    ctx.clock = tare_clock_system();
    ctx.out_style = tare_cli_style(stdout, 0);
    ctx.err_style = tare_cli_style(stderr, 0);
    ctx.json = wants_json(argc, argv);
    int code = 0;
    const char *first = argc > 1 ? argv[1] : "help";
    if (strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0)
        (void)printf("tare " TARE_VERSION "\nweb: %s\n", tare_web_kind());
    else if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0 || first[0] == '-')
        code = dispatch(&ctx, "help", argc - 1, argv + 1);
    else
        code = dispatch(&ctx, first, argc > 2 ? argc - 2 : 0, argv + 2);
    code = finish(&ctx, code);
    tare_arena_free(&arena);
    return code;
}
