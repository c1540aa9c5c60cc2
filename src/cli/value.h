/*
 * One option's text as the value of its type.
 */
#ifndef TARE_CLI_VALUE_H
#define TARE_CLI_VALUE_H

#include "cli/cmd.h"

/* Writes the value of `text` to the field of `opt` in opts. shown is the option as the person wrote
 * it ("-k", "--epochs"). REPEAT and FLAG are the parser's own. TARE_E_USAGE with reason and
 * remedy. */
enum tare_status tare_cli_set(const struct tare_opt *opt, const char *shown, struct tare_str text,
                              void *opts, struct tare_err *err);
/* The value of an option that was not given and has no default. */
void tare_cli_unset(const struct tare_opt *opt, void *opts);
/* "N", "FILE", "auto|always|never": what stands for the value in help. "" for flags. */
struct tare_str tare_cli_metavar(const struct tare_opt *opt, struct tare_arena *arena);

#endif
