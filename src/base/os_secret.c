#define _GNU_SOURCE
#include "base/os_secret.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/banned.h"

void tare_wipe(void *p, size_t n)
{
    if (p && n)
        explicit_bzero(p, n);
}

bool tare_secret_keep(struct tare_secret *s, struct tare_str text)
{
    long page = sysconf(_SC_PAGESIZE);
    size_t unit = page > 0 ? (size_t)page : 4096;
    *s = (struct tare_secret){.n = text.n};
    if (text.n > SIZE_MAX - unit)
        return false;
    s->size_bytes = (text.n / unit + 1) * unit;
    void *p = mmap(NULL, s->size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return false;
    s->p = p;
    s->locked = mlock(p, s->size_bytes) == 0;
#ifdef MADV_DONTDUMP
    (void)madvise(p, s->size_bytes, MADV_DONTDUMP);
#endif
    if (text.n)
        memcpy(s->p, text.p, text.n);
    return true;
}

void tare_secret_wipe(struct tare_secret *s)
{
    tare_wipe(s->p, s->n);
}

void tare_secret_drop(struct tare_secret *s)
{
    tare_secret_wipe(s);
    if (s->p)
        (void)munmap(s->p, s->size_bytes);
    *s = (struct tare_secret){.p = NULL};
}
