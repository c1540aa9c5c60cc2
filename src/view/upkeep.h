/*
 * What `tare store` and `tare doctor` show: on a terminal and as documents (docs/schema/).
 */
#ifndef TARE_VIEW_UPKEEP_H
#define TARE_VIEW_UPKEEP_H

#include "base/buf.h"
#include "record/upkeep.h"
#include "text/json.h"
#include "view/style.h"

void tare_view_store_info(struct tare_buf *out, struct tare_str path,
                          const struct tare_store_info *info);
/* tare.store-info/1 */
void tare_doc_store_info(struct tare_json_writer *w, struct tare_str path,
                         const struct tare_store_info *info);

/* One library or program that something needs. */
struct tare_part {
    const char *name;    /* "SQLite" */
    const char *purpose; /* "the store" */
    const char *version; /* NULL: not there */
    const char *remedy;  /* when it is not there: what to do */
};
void tare_view_parts(struct tare_buf *out, const struct tare_part *parts, size_t n);

/* What a check found; deep: it looked at every text. */
void tare_view_check(struct tare_buf *out, struct tare_str path,
                     const struct tare_check_report *report, bool deep);
void tare_view_repair(struct tare_buf *out, struct tare_str new_path,
                      const struct tare_repair_report *report);

/* tare.doctor/1: parts, and the store where there is one (report NULL: none), and a repair where
 * one was made (NULL: none). */
void tare_doc_doctor(struct tare_json_writer *w, const struct tare_part *parts, size_t n,
                     struct tare_str path, const struct tare_check_report *report,
                     struct tare_str new_path, const struct tare_repair_report *repair);
/* tare.store-check/1 */
void tare_doc_check(struct tare_json_writer *w, struct tare_str path,
                    const struct tare_check_report *report, bool deep);

#endif
