#include "base/fault.h"

#ifdef TARE_FAULT_POINTS

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"

#include "base/banned.h"

#define MAX_NAMES 64

/* How often each name was passed. The only changeable state outside tests and cli/, and only in
 * builds made for breaking things: a fault point has no context to count in. */
static struct {
    pthread_mutex_t lock;
    uint64_t passed;
    struct {
        const char *name;
        uint64_t passed;
    } by_name[MAX_NAMES];
} points = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct order {
    struct tare_str verb, name; /* name empty: the count is over all points */
    uint64_t nth;               /* 0: every time */
    uint64_t delay_ms;
};

static struct tare_str cut_at(struct tare_str *s, char c)
{
    const char *end = s->n ? memchr(s->p, c, s->n) : NULL;
    struct tare_str head = end ? tare_str_n(s->p, (size_t)(end - s->p)) : *s;
    *s = end ? tare_str_n(end + 1, s->n - head.n - 1) : tare_str_n(s->p + s->n, 0);
    return head;
}

/* VERB@N, VERB@NAME, VERB@NAME:N, VERB@NAME:*, and for delay one more ":MS". */
static bool read_order(struct tare_str text, struct order *o)
{
    o->verb = cut_at(&text, '@');
    o->name = tare_str_n(NULL, 0);
    o->nth = 1;
    o->delay_ms = 0;
    struct tare_str head = cut_at(&text, ':');
    if (!tare_str_to_u64(head, &o->nth)) {
        o->name = head;
        struct tare_str nth = cut_at(&text, ':');
        if (tare_str_is(nth, "*"))
            o->nth = 0;
        else if (nth.n && !tare_str_to_u64(nth, &o->nth))
            return false;
    }
    return text.n == 0 || tare_str_to_u64(text, &o->delay_ms);
}

static void wait_ms(uint64_t ms)
{
    struct timespec t = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    (void)nanosleep(&t, NULL);
}

static int carry_out(const struct order *o)
{
    if (tare_str_is(o->verb, "kill"))
        (void)raise(SIGKILL);
    else if (tare_str_is(o->verb, "term"))
        (void)kill(getpid(), SIGTERM);
    else if (tare_str_is(o->verb, "int"))
        (void)kill(getpid(), SIGINT);
    else if (tare_str_is(o->verb, "hup"))
        (void)kill(getpid(), SIGHUP);
    else if (tare_str_is(o->verb, "delay"))
        wait_ms(o->delay_ms);
    return tare_str_is(o->verb, "fail");
}

static void count(const char *name, uint64_t *total, uint64_t *of_name)
{
    (void)pthread_mutex_lock(&points.lock);
    *total = ++points.passed;
    *of_name = 0;
    for (size_t i = 0; i < MAX_NAMES && *of_name == 0; i++) {
        if (!points.by_name[i].name)
            points.by_name[i].name = name;
        if (strcmp(points.by_name[i].name, name) == 0)
            *of_name = ++points.by_name[i].passed;
    }
    (void)pthread_mutex_unlock(&points.lock);
}

int tare_fault_point(const char *name)
{
    uint64_t total = 0, of_name = 0;
    count(name, &total, &of_name);
    struct tare_str orders = tare_str_of(getenv("TARE_FAULT"));
    int failed = 0;
    while (orders.n) {
        struct order o;
        if (!read_order(cut_at(&orders, ','), &o))
            continue;
        if (o.name.n && !tare_str_is(o.name, name))
            continue;
        if (o.nth == 0 || o.nth == (o.name.n ? of_name : total))
            failed |= carry_out(&o);
    }
    return failed;
}

#else
/* A translation unit must not be empty. */
extern int tare__fault_points_are_off;
#endif
