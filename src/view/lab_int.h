/* Of the two lab views: values and intervals, written once. */
#ifndef TARE_VIEW_LAB_INT_H
#define TARE_VIEW_LAB_INT_H

#include "stats/stats.h"
#include "text/json.h"

/* A number, or null with "KEY_why" beside it. */
void tare__doc_value(struct tare_json_writer *w, const char *key, struct tare_value v);
/* [low, high], or null. */
void tare__doc_interval(struct tare_json_writer *w, const char *key, struct tare_interval i);
/* NaN: null. */
void tare__doc_number(struct tare_json_writer *w, const char *key, double x);

#endif
