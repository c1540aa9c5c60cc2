#include <math.h>

#include "cli/help.h"
#include "cli/parse.h"
#include "cli/words.h"
#include "text/json.h"

#include "base/banned.h"

static void put_pair(struct tare_json_writer *w, const char *key, const char *value)
{
    tare_json_put_key(w, key);
    tare_json_put_cstr(w, value);
}

static const char *type_name(enum tare_opt_type type)
{
    static const char *const names[] = {
        "",       "flag",        "string", "strings",        "integer",
        "number", "probability", "choice", "optional string"};
    return names[type];
}

static void put_limit(struct tare_json_writer *w, const char *key, double x)
{
    tare_json_put_key(w, key);
    if (fabs(x) < 9e15 && x == floor(x))
        tare_json_put_i64(w, (int64_t)x);
    else
        tare_json_put_f64(w, x);
}

static void put_opt(struct tare_json_writer *w, const struct tare_opt *opt)
{
    tare_json_begin_object(w);
    put_pair(w, "name", opt->name);
    if (opt->letter) {
        tare_json_put_key(w, "letter");
        tare_json_put_str(w, tare_str_n(&opt->letter, 1));
    }
    tare_json_put_key(w, "aliases");
    tare_json_begin_array(w);
    for (size_t i = 0; i < TARE_OPT_ALIASES && opt->aliases[i]; i++)
        tare_json_put_cstr(w, opt->aliases[i]);
    tare_json_end_array(w);
    put_pair(w, "type", type_name(opt->type));
    if (opt->metavar)
        put_pair(w, "metavar", opt->metavar);
    bool number = opt->type == TARE_OPT_INT || opt->type == TARE_OPT_FLOAT;
    if (number && opt->min < opt->max) {
        put_limit(w, "min", opt->min);
        put_limit(w, "max", opt->max);
    }
    if (opt->choices) {
        tare_json_put_key(w, "choices");
        tare_json_begin_array(w);
        for (size_t i = 0; opt->choices[i]; i++)
            tare_json_put_cstr(w, opt->choices[i]);
        tare_json_end_array(w);
    }
    put_pair(w, "default", opt->def);
    put_pair(w, "help", opt->help);
    tare_json_end_object(w);
}

static void put_opts(struct tare_json_writer *w, const char *key, const struct tare_opt *opts)
{
    tare_json_put_key(w, key);
    tare_json_begin_array(w);
    for (; opts && opts->name; opts++)
        put_opt(w, opts);
    tare_json_end_array(w);
}

static void put_args(struct tare_json_writer *w, const struct tare_arg *args)
{
    tare_json_put_key(w, "arguments");
    tare_json_begin_array(w);
    for (; args && args->metavar; args++) {
        tare_json_begin_object(w);
        put_pair(w, "name", args->metavar);
        put_pair(w, "help", args->help);
        tare_json_put_key(w, "min");
        tare_json_put_u64(w, args->min);
        tare_json_put_key(w, "max");
        if (args->max == TARE_MANY)
            tare_json_put_null(w);
        else
            tare_json_put_u64(w, args->max);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

static void put_examples(struct tare_json_writer *w, const struct tare_example *e)
{
    tare_json_put_key(w, "examples");
    tare_json_begin_array(w);
    for (; e && e->line; e++) {
        tare_json_begin_object(w);
        put_pair(w, "line", e->line);
        put_pair(w, "says", e->says);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

/* Verbs nest two deep at most, so the recursion ends at once. */
static void put_cmd(struct tare_json_writer *w, const struct tare_cmd *cmd)
{
    tare_json_begin_object(w);
    put_pair(w, "name", cmd->name);
    put_pair(w, "summary", cmd->summary);
    put_pair(w, "usage", cmd->usage);
    put_pair(w, "about", cmd->about);
    put_examples(w, cmd->examples);
    put_args(w, cmd->args);
    put_opts(w, "options", cmd->opts);
    tare_json_put_key(w, "json");
    tare_json_put_bool(w, !cmd->no_json);
    tare_json_put_key(w, "commands");
    tare_json_begin_array(w);
    for (const struct tare_cmd *const *s = cmd->subs; s && *s; s++)
        put_cmd(w, *s);
    tare_json_end_array(w);
    tare_json_end_object(w);
}

static void put_nouns(struct tare_json_writer *w)
{
    tare_json_put_key(w, "nouns");
    tare_json_begin_array(w);
    for (const struct tare_noun *n = tare_cli_nouns(); n->noun; n++) {
        tare_json_begin_object(w);
        put_pair(w, "noun", n->noun);
        put_pair(w, "about", n->about);
        tare_json_put_key(w, "elsewhere");
        tare_json_begin_array(w);
        for (size_t i = 0; n->elsewhere[i]; i++)
            tare_json_put_cstr(w, n->elsewhere[i]);
        tare_json_end_array(w);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

void tare_help_json(struct tare_buf *out)
{
    struct tare_json_writer w;
    tare_json_writer_init(&w, out);
    w.indent = 2;
    tare_json_begin_object(&w);
    put_pair(&w, "schema", "tare.help/1");
    put_pair(&w, "version", TARE_VERSION);
    tare_json_put_key(&w, "commands");
    tare_json_begin_array(&w);
    for (const struct tare_cmd *const *c = tare_commands(); *c; c++)
        put_cmd(&w, *c);
    tare_json_end_array(&w);
    put_opts(&w, "common_options", tare_common_opts);
    put_nouns(&w);
    tare_json_put_key(&w, "exit_codes");
    tare_json_begin_array(&w);
    for (const struct tare_exit_code *e = tare_exit_codes; e->means; e++) {
        tare_json_begin_object(&w);
        tare_json_put_key(&w, "code");
        tare_json_put_i64(&w, e->code);
        put_pair(&w, "means", e->means);
        tare_json_end_object(&w);
    }
    tare_json_end_array(&w);
    tare_json_end_object(&w);
    tare_buf_putc(out, '\n');
}
