/*
 * The directory of a zip (APPNOTE 6.3.10, sections 4.3.12 to 4.3.16): names and places of the
 * entries, without touching the entries themselves.
 */
#ifndef TARE_RECORD_FORMATS_ZIP_DIR_H
#define TARE_RECORD_FORMATS_ZIP_DIR_H

#include "base/str.h"

struct tare__zip_dir {
    struct tare_str file;
    size_t at, end;  /* what is left of the directory */
    uint64_t n_left; /* entries */
};

struct tare__zip_entry {
    struct tare_str name; /* in the file; not NUL-terminated */
    size_t offset;        /* of the local header */
};

/* Finds the directory, 64-bit ones too. False: there is none where it should be. */
bool tare__zip_dir_open(struct tare_str file, struct tare__zip_dir *out);
/* The next entry; false at the end or where the directory contradicts itself (n_left is then not
 * 0). */
bool tare__zip_dir_next(struct tare__zip_dir *d, struct tare__zip_entry *out);

#endif
