/* For the stat_*.c files only: reading inputs and writing outputs of one calculation. */
#ifndef TARE_DECIDE_STAT_INT_H
#define TARE_DECIDE_STAT_INT_H

#include "decide/stat.h"
#include "stats/stats.h"

#define TARE__STAT_REASONS 64

struct tare__stat {
    struct tare_fields f;
    struct tare_arena *arena;
    struct tare_json_writer *w;
    struct tare_err *err;
    unsigned threads;
    struct {
        const char *key, *why;
    } reason[TARE__STAT_REASONS];
    size_t reasons;
};

/* True while nothing has failed; procedures check it once after reading. */
bool tare__stat_ok(const struct tare__stat *s);
/* Takes over a failure of the statistics room. */
bool tare__stat_check(struct tare__stat *s, enum tare_status st);
void tare__stat_fail(struct tare__stat *s, const char *text);

double tare__in_num(struct tare__stat *s, const char *key);
double tare__in_num_or(struct tare__stat *s, const char *key, double def);
/* Whole number >= 0. */
uint64_t tare__in_count(struct tare__stat *s, const char *key);
uint64_t tare__in_count_or(struct tare__stat *s, const char *key, uint64_t def);
/* In (0, 1). */
double tare__in_level(struct tare__stat *s, const char *key, double def);
/* Allowed and ignored. */
void tare__in_note(struct tare__stat *s, const char *key);
bool tare__in_has(struct tare__stat *s, const char *key);

struct tare__nums {
    double *v;
    size_t n;
};
/* Numbers, true (1), false (0); null and "NaN" become NaN where nan_ok. */
struct tare__nums tare__in_nums(struct tare__stat *s, const char *key, bool nan_ok);
struct tare__nums tare__nums_of(struct tare__stat *s, struct tare_json list, const char *key,
                                bool nan_ok);
/* Rows of equal length, row by row. */
struct tare__table {
    double *v;
    size_t rows, cols;
};
struct tare__table tare__in_table(struct tare__stat *s, const char *key, bool nan_ok);
/* 0 and 1. */
uint8_t *tare__in_labels(struct tare__stat *s, const char *key, size_t *n);
/* Group labels, numbers or strings, numbered by first appearance. */
uint32_t *tare__in_groups(struct tare__stat *s, const char *key, size_t *n);

void tare__out_num(struct tare__stat *s, const char *key, double v);
void tare__out_count(struct tare__stat *s, const char *key, uint64_t v);
void tare__out_bool(struct tare__stat *s, const char *key, bool v);
void tare__out_text(struct tare__stat *s, const char *key, const char *v);
void tare__out_value(struct tare__stat *s, const char *key, struct tare_value v);
void tare__out_interval(struct tare__stat *s, const char *key, struct tare_interval v);
void tare__out_nums(struct tare__stat *s, const char *key, const double *v, size_t n);
/* NaN is written as null. */
void tare__out_raw(struct tare__stat *s, double v);
void tare__out_unavailable(struct tare__stat *s, const char *key, const char *why);

/* The groups' tables, joined in stat_table.c. */
struct tare__stat_part {
    const struct tare_stat_proc *procs;
    size_t n;
};
struct tare__stat_part tare__stat_bootstrap(void);
struct tare__stat_part tare__stat_tests(void);
struct tare__stat_part tare__stat_rates(void);
struct tare__stat_part tare__stat_planning(void);
struct tare__stat_part tare__stat_many(void);
struct tare__stat_part tare__stat_agreement(void);
struct tare__stat_part tare__stat_location(void);
struct tare__stat_part tare__stat_selection(void);
struct tare__stat_part tare__stat_meta(void);
struct tare__stat_part tare__stat_pool(void);
struct tare__stat_part tare__stat_source(void);
struct tare__stat_part tare__stat_training(void);

#endif
