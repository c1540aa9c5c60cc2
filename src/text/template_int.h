/* Between reading and filling in. */
#ifndef TARE_TEXT_TEMPLATE_INT_H
#define TARE_TEXT_TEMPLATE_INT_H

#include "text/template.h"

#define TARE__TEMPLATE_DEPTH 64
#define TARE__TEMPLATE_PARTS 100000u
#define TARE__TEMPLATE_STEPS 1000000u

enum tare__expr_kind {
    TARE__EXPR_NAME = 1, /* text: the name */
    TARE__EXPR_TEXT,
    TARE__EXPR_NUMBER,
    TARE__EXPR_BOOL,
    TARE__EXPR_NONE,
    TARE__EXPR_MEMBER, /* left, text */
    TARE__EXPR_INDEX,  /* left, right */
    TARE__EXPR_FILTER, /* left; text: which; args from right on (next) */
    TARE__EXPR_NOT,
    TARE__EXPR_AND,
    TARE__EXPR_OR,
    TARE__EXPR_EQ,
    TARE__EXPR_NE,
    TARE__EXPR_LT,
    TARE__EXPR_LE,
    TARE__EXPR_GT,
    TARE__EXPR_GE,
    TARE__EXPR_IN
};

struct tare__expr {
    enum tare__expr_kind kind;
    struct tare_str text;
    double number;
    size_t offset;
    struct tare__expr *left, *right, *next;
};

enum tare__part_kind { TARE__PART_TEXT = 1, TARE__PART_PUT, TARE__PART_IF, TARE__PART_FOR };

struct tare__part {
    enum tare__part_kind kind;
    struct tare_str text;          /* TEXT; FOR: the variable */
    struct tare__expr *expr;       /* PUT, IF (NULL: else), FOR */
    struct tare__part *body, *alt; /* IF, FOR; alt: the next branch */
    struct tare__part *next;
};

struct tare_template {
    struct tare__part *first;
    struct tare_str source;
};

/* Reads one expression of text[*at, end); stops at what is none of it. */
struct tare__expr *tare__expr_read(struct tare_str text, size_t *at, size_t end,
                                   struct tare_arena *arena, struct tare_err *err);

#endif
