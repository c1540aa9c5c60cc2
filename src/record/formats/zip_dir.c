#include "record/formats/zip_dir.h"

#include "base/banned.h"

#define END_BYTES 22u        /* of the end record, without its comment */
#define END64_BYTES 56u      /* of the 64-bit end record */
#define LOCATOR_BYTES 20u    /* says where that is */
#define ENTRY_BYTES 46u      /* of a directory entry, without name, extra field and comment */
#define MAX_COMMENT 65535u   /* of the archive */
#define ID_ZIP64 1u          /* extra field with 64-bit sizes and offset */
#define ALL_ONES 0xffffffffu /* "see the 64-bit field" */

static uint64_t little(struct tare_str s, size_t at, unsigned bytes)
{
    uint64_t x = 0;
    for (unsigned i = 0; i < bytes; i++)
        x |= (uint64_t)(unsigned char)s.p[at + i] << (8 * i);
    return x;
}

static bool is_at(struct tare_str s, size_t at, const char *mark)
{
    return at + 4 <= s.n && memcmp(s.p + at, mark, 4) == 0;
}

static bool set(struct tare__zip_dir *out, struct tare_str file, uint64_t at, uint64_t n,
                uint64_t entries)
{
    if (at > file.n || n > file.n - at)
        return false;
    *out = (struct tare__zip_dir){file, (size_t)at, (size_t)(at + n), entries};
    return true;
}

static bool open_64(struct tare_str file, size_t end, struct tare__zip_dir *out)
{
    if (end < LOCATOR_BYTES || !is_at(file, end - LOCATOR_BYTES, "PK\x06\x07"))
        return false;
    uint64_t at = little(file, end - LOCATOR_BYTES + 8, 8);
    if (at > file.n || file.n - at < END64_BYTES || !is_at(file, (size_t)at, "PK\x06\x06"))
        return false;
    size_t e = (size_t)at;
    return set(out, file, little(file, e + 48, 8), little(file, e + 40, 8),
               little(file, e + 32, 8));
}

bool tare__zip_dir_open(struct tare_str file, struct tare__zip_dir *out)
{
    if (file.n < END_BYTES)
        return false;
    size_t last = file.n - END_BYTES, first = last > MAX_COMMENT ? last - MAX_COMMENT : 0;
    for (size_t at = last + 1; at-- > first;) {
        if (!is_at(file, at, "PK\x05\x06") || at + END_BYTES + little(file, at + 20, 2) != file.n)
            continue;
        uint64_t entries = little(file, at + 10, 2), n = little(file, at + 12, 4);
        uint64_t offset = little(file, at + 16, 4);
        if (entries == 0xffff || n == ALL_ONES || offset == ALL_ONES)
            return open_64(file, at, out);
        return set(out, file, offset, n, entries);
    }
    return false;
}

/* The offset of an entry whose 32-bit field is full: it follows the sizes that are full too. */
static bool offset_64(struct tare_str file, size_t entry, struct tare_str extra, uint64_t *offset)
{
    for (size_t at = 0; at + 4 <= extra.n;) {
        size_t n = (size_t)little(extra, at + 2, 2);
        if (n > extra.n - at - 4)
            return false;
        if (little(extra, at, 2) == ID_ZIP64) {
            size_t skip = (little(file, entry + 24, 4) == ALL_ONES ? 8u : 0u) +
                          (little(file, entry + 20, 4) == ALL_ONES ? 8u : 0u);
            if (skip + 8 > n)
                return false;
            *offset = little(extra, at + 4 + skip, 8);
            return true;
        }
        at += 4 + n;
    }
    return false;
}

bool tare__zip_dir_next(struct tare__zip_dir *d, struct tare__zip_entry *out)
{
    if (d->n_left == 0 || d->end - d->at < ENTRY_BYTES || !is_at(d->file, d->at, "PK\x01\x02"))
        return false;
    size_t name = (size_t)little(d->file, d->at + 28, 2);
    size_t extra = (size_t)little(d->file, d->at + 30, 2);
    size_t comment = (size_t)little(d->file, d->at + 32, 2);
    uint64_t offset = little(d->file, d->at + 42, 4);
    if (d->end - d->at - ENTRY_BYTES < name + extra + comment)
        return false;
    const char *p = d->file.p + d->at + ENTRY_BYTES;
    if (offset == ALL_ONES && !offset_64(d->file, d->at, tare_str_n(p + name, extra), &offset))
        return false;
    if (offset >= d->file.n)
        return false;
    *out = (struct tare__zip_entry){tare_str_n(p, name), (size_t)offset};
    d->at += ENTRY_BYTES + name + extra + comment;
    d->n_left--;
    return true;
}
