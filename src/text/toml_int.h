/* Between the files that read TOML. */
#ifndef TARE_TEXT_TOML_INT_H
#define TARE_TEXT_TOML_INT_H

#include "base/limits.h"
#include "text/toml.h"

enum tare__toml_kind { TOML_RAW, TOML_TABLE, TOML_ARRAY, TOML_TABLES };

struct tare__toml_node {
    enum tare__toml_kind kind;
    struct tare_str key, raw; /* raw: as JSON */
    struct tare__toml_node *first, *last, *next;
    bool defined; /* by a header of its own, or by dotted keys: no second header */
    bool closed;  /* inline: nothing is added to it */
};

struct tare__toml {
    struct tare_str text, path;
    size_t at;
    uint32_t keys, depth;
    struct tare_arena *arena;
    struct tare_err *err;
    struct tare_buf work; /* of one string */
};

/* A fault at p->at. */
enum tare_status tare__toml_fail(struct tare__toml *p, const char *what);
/* The byte at p->at + ahead; 0 at the end. */
char tare__toml_peek(const struct tare__toml *p, size_t ahead);
void tare__toml_blank(struct tare__toml *p); /* spaces and tabs */
/* Also line ends and comments. */
enum tare_status tare__toml_space(struct tare__toml *p);
enum tare_status tare__toml_comment(struct tare__toml *p);
struct tare__toml_node *tare__toml_new(struct tare__toml *p, enum tare__toml_kind kind,
                                       struct tare_str key);
void tare__toml_add(struct tare__toml_node *to, struct tare__toml_node *n);
struct tare__toml_node *tare__toml_find(const struct tare__toml_node *in, struct tare_str key);
/* A string at p->at; keys have one line. */
enum tare_status tare__toml_string(struct tare__toml *p, bool key, struct tare_str *out);
/* One part of a dotted key. */
enum tare_status tare__toml_key(struct tare__toml *p, struct tare_str *out);
/* `a.b = value` into a table. */
enum tare_status tare__toml_pair(struct tare__toml *p, struct tare__toml_node *table);
enum tare_status tare__toml_value(struct tare__toml *p, struct tare_str key,
                                  struct tare__toml_node **out);

#endif
