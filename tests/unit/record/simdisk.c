#include "simdisk.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/banned.h"

#define FILES 8
#define SECTOR 512
#define SHM_REGIONS 64
#define SHM_LOCKS 8

struct bytes {
    char *p;
    size_t n, cap;
};

struct node {
    char name[512];
    bool there; /* under its name */
    bool durable_there;
    struct bytes live, durable;
    void *shm[SHM_REGIONS];
    int shared[SHM_LOCKS];
    bool exclusive[SHM_LOCKS];
    unsigned open;
};

struct handle {
    sqlite3_file base;
    struct node *node;
    bool delete_on_close;
};

static struct {
    struct node nodes[FILES];
    enum simdisk_fault fault;
    uint64_t at, passed;
    const char *unless;
    bool struck, off;
    sqlite3_vfs *real;
} disk;

/* ---- bytes --------------------------------------------------------------------------------- */

static bool grow(struct bytes *b, size_t n)
{
    if (n > b->cap) {
        size_t cap = n + n / 2 + 4096;
        char *p = realloc(b->p, cap);
        if (!p)
            return false;
        b->p = p;
        b->cap = cap;
    }
    if (n > b->n)
        memset(b->p + b->n, 0, n - b->n);
    b->n = n > b->n ? n : b->n;
    return true;
}

static void set(struct bytes *to, const struct bytes *from)
{
    to->n = 0;
    if (grow(to, from->n) && from->n)
        memcpy(to->p, from->p, from->n);
}

/* ---- faults -------------------------------------------------------------------------------- */

/* What this writing operation is to suffer. */
static enum simdisk_fault strike(void)
{
    if (disk.off)
        return SIMDISK_CUT;
    disk.passed++;
    if (disk.at == 0 || disk.passed < disk.at)
        return SIMDISK_NONE;
    bool lasting = disk.fault == SIMDISK_EIO_ON || disk.fault == SIMDISK_FULL_ON;
    if (disk.passed > disk.at && !lasting)
        return SIMDISK_NONE;
    if (disk.unless && access(disk.unless, F_OK) != 0)
        return SIMDISK_NONE;
    disk.struck = true;
    if (disk.fault == SIMDISK_CUT)
        disk.off = true;
    return disk.fault;
}

static uint64_t coin(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* ---- files --------------------------------------------------------------------------------- */

static struct node *find(const char *name, bool make)
{
    struct node *empty = NULL;
    for (int i = 0; i < FILES; i++) {
        struct node *n = &disk.nodes[i];
        if (n->name[0] && strcmp(n->name, name) == 0)
            return n;
        if (!n->name[0] && !empty)
            empty = n;
    }
    if (!make || !empty || strlen(name) >= sizeof empty->name)
        return NULL;
    memcpy(empty->name, name, strlen(name) + 1);
    return empty;
}

static int do_close(sqlite3_file *f)
{
    struct handle *h = (struct handle *)f;
    h->node->open--;
    if (h->delete_on_close)
        h->node->there = false;
    return SQLITE_OK;
}

static int do_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
    const struct bytes *b = &((struct handle *)f)->node->live;
    if (disk.off)
        return SQLITE_IOERR_READ;
    size_t from = (size_t)at, want = (size_t)n;
    size_t got = from < b->n ? (b->n - from < want ? b->n - from : want) : 0;
    if (got)
        memcpy(to, b->p + from, got);
    memset((char *)to + got, 0, want - got);
    return got == want ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int do_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
    struct bytes *b = &((struct handle *)f)->node->live;
    size_t todo = (size_t)n;
    int rc = SQLITE_OK;
    switch (strike()) {
    case SIMDISK_NONE:
        break;
    case SIMDISK_FULL:
    case SIMDISK_FULL_ON:
        return SQLITE_FULL;
    case SIMDISK_SHORT:
        todo /= 2;
        rc = SQLITE_FULL;
        break;
    default:
        return SQLITE_IOERR_WRITE;
    }
    size_t keep = b->n;
    if (!grow(b, (size_t)at + todo > keep ? (size_t)at + todo : keep))
        return SQLITE_IOERR_NOMEM;
    memcpy(b->p + at, from, todo);
    return rc;
}

static int do_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    struct bytes *b = &((struct handle *)f)->node->live;
    if (strike() != SIMDISK_NONE)
        return SQLITE_IOERR_TRUNCATE;
    if ((size_t)size < b->n)
        b->n = (size_t)size;
    return SQLITE_OK;
}

static int do_sync(sqlite3_file *f, int flags)
{
    struct node *n = ((struct handle *)f)->node;
    (void)flags;
    enum simdisk_fault fault = strike();
    bool room = fault == SIMDISK_FULL || fault == SIMDISK_FULL_ON || fault == SIMDISK_SHORT;
    if (fault != SIMDISK_NONE && !room)
        return SQLITE_IOERR_FSYNC;
    set(&n->durable, &n->live);
    n->durable_there = n->there;
    return SQLITE_OK;
}

static int do_size(sqlite3_file *f, sqlite3_int64 *size)
{
    *size = (sqlite3_int64)((struct handle *)f)->node->live.n;
    return SQLITE_OK;
}

static int do_lock(sqlite3_file *f, int kind)
{
    (void)f, (void)kind;
    return SQLITE_OK;
}

static int do_reserved(sqlite3_file *f, int *out)
{
    (void)f;
    *out = 0;
    return SQLITE_OK;
}

static int do_control(sqlite3_file *f, int op, void *arg)
{
    (void)f, (void)op, (void)arg;
    return SQLITE_NOTFOUND;
}

static int do_sector(sqlite3_file *f)
{
    (void)f;
    return SECTOR;
}

static int do_traits(sqlite3_file *f)
{
    (void)f;
    return 0; /* promises nothing: neither atomic nor in order */
}

static int shm_map(sqlite3_file *f, int region, int size, int extend, void volatile **out)
{
    struct node *n = ((struct handle *)f)->node;
    *out = NULL;
    if (region >= SHM_REGIONS)
        return SQLITE_IOERR_SHMMAP;
    if (!n->shm[region] && extend)
        n->shm[region] = calloc(1, (size_t)size);
    *out = n->shm[region];
    return n->shm[region] || !extend ? SQLITE_OK : SQLITE_IOERR_NOMEM;
}

static int shm_lock(sqlite3_file *f, int from, int n, int flags)
{
    struct node *node = ((struct handle *)f)->node;
    bool lock = flags & SQLITE_SHM_LOCK, excl = flags & SQLITE_SHM_EXCLUSIVE;
    for (int i = from; i < from + n && lock; i++)
        if (node->exclusive[i] || (excl && node->shared[i]))
            return SQLITE_BUSY;
    for (int i = from; i < from + n; i++) {
        if (excl)
            node->exclusive[i] = lock;
        else
            node->shared[i] += lock ? 1 : -1;
    }
    return SQLITE_OK;
}

static void shm_barrier(sqlite3_file *f)
{
    (void)f;
}

static int shm_unmap(sqlite3_file *f, int drop)
{
    struct node *n = ((struct handle *)f)->node;
    for (int i = 0; i < SHM_REGIONS && drop; i++) {
        free(n->shm[i]);
        n->shm[i] = NULL;
    }
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = do_close,
    .xRead = do_read,
    .xWrite = do_write,
    .xTruncate = do_truncate,
    .xSync = do_sync,
    .xFileSize = do_size,
    .xLock = do_lock,
    .xUnlock = do_lock,
    .xCheckReservedLock = do_reserved,
    .xFileControl = do_control,
    .xSectorSize = do_sector,
    .xDeviceCharacteristics = do_traits,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

/* ---- the file system ----------------------------------------------------------------------- */

static int do_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    struct handle *h = (struct handle *)f;
    (void)vfs;
    h->base.pMethods = NULL;
    if (disk.off)
        return SQLITE_IOERR;
    struct node *n = find(name ? name : "(temporary)", true);
    if (!n)
        return SQLITE_CANTOPEN;
    if (!n->there && !(flags & SQLITE_OPEN_CREATE))
        return SQLITE_CANTOPEN;
    if (!n->there) { /* a new file, even under an old name: nothing of the old one can come back */
        n->live.n = n->durable.n = 0;
        n->durable_there = false;
    }
    n->there = true;
    n->open++;
    *h = (struct handle){
        .base = {&methods}, .node = n, .delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0};
    if (out)
        *out = flags;
    return SQLITE_OK;
}

static int do_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs;
    struct node *n = find(name, false);
    if (!n || !n->there)
        return SQLITE_IOERR_DELETE_NOENT;
    if (strike() != SIMDISK_NONE)
        return SQLITE_IOERR_DELETE;
    n->there = false;
    if (sync)
        n->durable_there = false;
    return SQLITE_OK;
}

static int do_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    (void)vfs, (void)flags;
    const struct node *n = find(name, false);
    /* SQLite asks here whether a log is worth reading: an empty file does not count. */
    *out = n && n->there && (flags != SQLITE_ACCESS_EXISTS || n->live.n > 0);
    return SQLITE_OK;
}

static int do_path(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
    (void)vfs;
    return sqlite3_snprintf(n, out, "%s", name) ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int do_random(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    return disk.real->xRandomness(disk.real, n, out);
}

static int do_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us;
}

static int do_time(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
    (void)vfs;
    *out = INT64_C(210866760000000);
    return SQLITE_OK;
}

static int last_error(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs, (void)n, (void)out;
    return 0;
}

void simdisk_register(void)
{
    static sqlite3_vfs vfs = {.iVersion = 2,
                              .szOsFile = sizeof(struct handle),
                              .mxPathname = 500,
                              .zName = "simdisk",
                              .xOpen = do_open,
                              .xDelete = do_delete,
                              .xAccess = do_access,
                              .xFullPathname = do_path,
                              .xRandomness = do_random,
                              .xSleep = do_sleep,
                              .xGetLastError = last_error,
                              .xCurrentTimeInt64 = do_time};
    disk.real = sqlite3_vfs_find(NULL);
    (void)sqlite3_vfs_register(&vfs, 0);
}

void simdisk_arm(enum simdisk_fault fault, uint64_t n, const char *unless)
{
    disk.fault = fault;
    disk.at = n;
    disk.unless = unless;
    disk.passed = 0;
    disk.struck = false;
}

uint64_t simdisk_passed(void)
{
    return disk.passed;
}

bool simdisk_struck(void)
{
    return disk.struck;
}

static void drop_shm(struct node *n)
{
    for (int i = 0; i < SHM_REGIONS; i++) {
        free(n->shm[i]);
        n->shm[i] = NULL;
    }
    memset(n->shared, 0, sizeof n->shared);
    memset(n->exclusive, 0, sizeof n->exclusive);
}

/* Sector by sector: as written, as it was durable, or half and half. */
static void survive(struct node *n, uint64_t *rng)
{
    struct bytes after = {0};
    set(&after, &n->durable);
    for (size_t at = 0; at < n->live.n; at += SECTOR) {
        size_t len = n->live.n - at < SECTOR ? n->live.n - at : SECTOR;
        bool same = at + len <= n->durable.n && memcmp(n->live.p + at, n->durable.p + at, len) == 0;
        uint64_t c = same ? 0 : coin(rng) % 3;
        if (c == 0)
            continue;
        size_t keep = c == 1 ? len : len / 2;
        if (grow(&after, at + keep > after.n ? at + keep : after.n))
            memcpy(after.p + at, n->live.p + at, keep);
    }
    /* A cut to a smaller size that was not flushed may have happened or not. */
    if (n->live.n < after.n && coin(rng) % 2)
        after.n = n->live.n;
    set(&n->live, &after);
    set(&n->durable, &after);
    free(after.p);
}

void simdisk_reboot(uint64_t seed)
{
    uint64_t rng = seed;
    for (int i = 0; i < FILES; i++) {
        struct node *n = &disk.nodes[i];
        if (!n->name[0])
            continue;
        survive(n, &rng);
        if (n->there != n->durable_there && coin(&rng) % 2)
            n->there = n->durable_there;
        n->durable_there = n->there;
        drop_shm(n);
    }
    disk.off = false;
    simdisk_arm(SIMDISK_NONE, 0, NULL);
}

void simdisk_clear(void)
{
    simdisk_free();
    disk.off = false;
    simdisk_arm(SIMDISK_NONE, 0, NULL);
}

void simdisk_free(void)
{
    for (int i = 0; i < FILES; i++) {
        drop_shm(&disk.nodes[i]);
        free(disk.nodes[i].live.p);
        free(disk.nodes[i].durable.p);
        disk.nodes[i] = (struct node){0};
    }
}
