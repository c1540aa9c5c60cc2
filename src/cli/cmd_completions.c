#include "cli/help.h"

#include "base/limits.h"

#include "base/banned.h"

struct completions_opts {
    struct tare_str shell;
};

static const struct tare_arg completions_args[] = {
    {"SHELL", "bash, zsh or fish", 1, 1, offsetof(struct completions_opts, shell)},
    {0},
};

static const struct tare_example completions_examples[] = {
    {"eval \"$(tare completions bash)\"", "for this shell; put the line into ~/.bashrc to keep it"},
    {"tare completions fish > ~/.config/fish/completions/tare.fish", NULL},
    {0},
};

static enum tare_status completions_run(struct tare_ctx *ctx, const void *opts,
                                        struct tare_err *err)
{
    const struct completions_opts *o = opts;
    struct tare_buf out;
    tare_buf_init(&out, NULL, TARE_MIB);
    enum tare_status st = TARE_OK;
    if (!tare_help_completions(&out, o->shell)) {
        st = tare_fail(err, TARE_E_USAGE, "there are no completions for \"%.*s\"",
                       TARE_FMT(o->shell));
        tare_err_hint(err, "choose bash, zsh or fish");
    } else if (out.failed) {
        st = tare_fail(err, TARE_E_NOMEM, "not enough memory for the completions");
    } else {
        (void)fwrite(out.p, 1, out.n, ctx->out);
    }
    tare_buf_free(&out);
    return st;
}

const struct tare_cmd tare_cmd_completions = {
    .name = "completions",
    .summary = "print tab completions for a shell",
    .usage = "SHELL",
    .examples = completions_examples,
    .args = completions_args,
    .opts_size = sizeof(struct completions_opts),
    .run = completions_run,
    .no_json = true,
};
