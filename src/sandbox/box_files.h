/*
 * What stands in work folders, seen and changed from outside while nothing runs inside; and the
 * numbers that boxes at the same time have to differ in. Nothing here follows a link.
 */
#ifndef TARE_SANDBOX_BOX_FILES_H
#define TARE_SANDBOX_BOX_FILES_H

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"

#define TARE_BOX_PARENT "/tmp" /* of work folders: root's boxes, too, can come here */
#define TARE_BOX_NAME_BYTES 4096u

enum tare_box_kind { TARE_BOX_FILE = 1, TARE_BOX_LINK, TARE_BOX_OTHER };

/* One file; folders are not told apart from what they hold. */
struct tare_box_entry {
    struct tare_str path; /* from the work folder; bytes as they are */
    enum tare_box_kind kind;
    bool executable;
    uint64_t bytes;
    struct tare_digest digest; /* of a file's bytes, of a link's target */
};

/*
 * What the folder holds, by path in order of bytes. *whole is false when there was more than
 * max_entries or max_bytes, or something could not be read: what is told is then a part.
 * TARE_E_IO, TARE_E_NOMEM.
 */
enum tare_status tare_box_list(const char *folder, uint32_t max_entries, uint64_t max_bytes,
                               struct tare_arena *arena, struct tare_box_entry **out, uint32_t *n,
                               bool *whole, struct tare_err *err);

/* Whether a name is one of a file in a folder: relative, without empty, "." and ".." parts and
 * NUL, shorter than TARE_BOX_NAME_BYTES. */
bool tare_box_name_ok(struct tare_str path);

/* Makes or replaces a regular file, and the folders above it. TARE_E_INPUT: the name is none, or
 * leads through a link or something that is no folder, or names what is no regular file. */
enum tare_status tare_box_write(const char *folder, struct tare_str path, struct tare_str bytes,
                                bool executable, struct tare_err *err);
/* Makes a folder below one of tare_box_make, which others may then pass through; mode as for
 * chmod(2). */
enum tare_status tare_box_subfolder(const char *folder, const char *name, unsigned mode,
                                    struct tare_err *err);

/* A slot that no other box of this machine has, also not one of another process; held until
 * tare_box_slot_drop or the process ends. TARE_E_LIMIT: all are taken. */
enum tare_status tare_box_slot_take(uint32_t *slot, int *hold, struct tare_err *err);
void tare_box_slot_drop(int hold);

#endif
