/* Child processes: what they inherit, how they end, and lines that are asked for one at a time. */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/limits.h"
#include "sandbox/child.h"

static const char *const env[] = {"PATH=/usr/bin:/bin", NULL};

struct heard {
    struct tare_buf text; /* the lines, each with '|' behind it */
    uint32_t n, most;     /* lines; how many are wanted in one call; 0: all */
};

static bool hear(void *to, struct tare_str line)
{
    struct heard *h = to;
    tare_buf_put(&h->text, line);
    tare_buf_putc(&h->text, '|');
    h->n++;
    return h->most == 0 || h->n % h->most != 0;
}

static struct tare_child talk(const char *script)
{
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    struct tare_child c;
    struct tare_err err = {0};
    if (tare_child_talk(argv, env, 1000, 1000, NULL, &c, &err) != TARE_OK)
        fail_msg("%s", err.text);
    return c;
}

static void wait_for(const struct tare_child *c)
{
    struct pollfd p = {c->out_fd, POLLIN, 0};
    if (!tare_child_has_ahead(c))
        assert_int_equal(poll(&p, 1, 60000), 1);
}

/* Reads until so many lines were heard, or the output has ended. */
static bool listen_for(struct tare_child *c, struct heard *h, uint32_t n)
{
    bool open = true;
    while (open && h->n < n) {
        wait_for(c);
        open = tare_child_read(c, hear, h);
    }
    return open;
}

static int wait_end(struct tare_child *c)
{
    int status = -1;
    while (!tare_child_ended(c, &status))
        (void)poll(NULL, 0, 1);
    tare_child_free(c);
    return status;
}

static void assert_heard(struct heard *h, const char *want)
{
    if (!tare_str_is(tare_buf_str(&h->text), want))
        fail_msg("heard '%.*s', not '%s'", TARE_FMT(tare_buf_str(&h->text)), want);
    tare_buf_free(&h->text);
}

/* With other children alive that were started before and after it, a child has its three streams
 * and nothing else; and its input ends when we close our end, though the others live on. */
static void inherits_nothing(void **state)
{
    (void)state;
    struct tare_child before = talk("cat"), it = talk("ls /proc/self/fd; cat; echo over");
    struct tare_child after = talk("cat");
    struct heard h = {.n = 0};
    tare_buf_init(&h.text, NULL, 1000);
    assert_true(listen_for(&it, &h, 4)); /* 0, 1, 2 and the folder it reads */
    close(it.in_fd);
    it.in_fd = -1;
    (void)listen_for(&it, &h, 5);
    assert_heard(&h, "0|1|2|3|over|");
    assert_int_equal(wait_end(&it), 0);
    tare_child_kill(&before);
    tare_child_kill(&after);
    tare_child_free(&before);
    tare_child_free(&after);
}

/* The same when our own standard streams are closed: pipes then get their numbers. */
static void without_streams_of_its_own(void **state)
{
    (void)state;
    int kept[2] = {dup(0), dup(1)};
    struct heard h = {.n = 0};
    tare_buf_init(&h.text, NULL, 1000);
    close(0);
    close(1);
    struct tare_child it = talk("ls /proc/self/fd; cat");
    assert_true(tare_child_send(&it, TARE_S("said\n")));
    bool open = listen_for(&it, &h, 5);
    tare_child_kill(&it);
    tare_child_free(&it);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(dup2(kept[i], i), i);
        close(kept[i]);
    }
    assert_true(open);
    assert_non_null(memchr(h.text.p, 's', h.text.n));
    assert_true(tare_str_starts(tare_buf_str(&h.text), TARE_S("0|1|2|")));
    assert_true(tare_str_ends(tare_buf_str(&h.text), TARE_S("|said|")));
    tare_buf_free(&h.text);
}

/* One line a call: none is lost, none comes twice, and the last one needs no end. */
static void lines_one_at_a_time(void **state)
{
    static const uint32_t most[] = {0, 1, 2, 3};
    (void)state;
    for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
        struct tare_child c = talk("printf 'a\\n\\nb\\nc\\nd'");
        struct heard h = {.most = most[i]};
        tare_buf_init(&h.text, NULL, 1000);
        uint32_t calls = 0;
        for (bool open = true; open; calls++) {
            uint32_t before = h.n;
            wait_for(&c);
            open = tare_child_read(&c, hear, &h);
            assert_true(most[i] == 0 || h.n - before <= most[i]);
        }
        assert_heard(&h, "a||b|c|d|");
        assert_true(most[i] != 1 || calls >= 5);
        assert_int_equal(wait_end(&c), 0);
    }
}

static void many_lines_one_at_a_time(void **state)
{
    (void)state;
    struct tare_child c = talk("seq 20000");
    struct heard h = {.most = 1};
    tare_buf_init(&h.text, NULL, TARE_MIB);
    assert_false(listen_for(&c, &h, UINT32_MAX));
    assert_int_equal(h.n, 20000);
    struct tare_str rest = tare_buf_str(&h.text);
    for (int64_t i = 1; i <= 20000; i++) {
        const char *stop = memchr(rest.p, '|', rest.n);
        int64_t got = 0;
        assert_non_null(stop);
        size_t n = (size_t)(stop - rest.p);
        assert_true(tare_str_to_i64(tare_str_n(rest.p, n), &got));
        assert_int_equal(got, i);
        rest = tare_str_n(stop + 1, rest.n - n - 1);
    }
    tare_buf_free(&h.text);
    assert_int_equal(wait_end(&c), 0);
}

static void long_lines_and_ends(void **state)
{
    (void)state;
    struct tare_child c = talk("head -c 5000 /dev/zero | tr '\\0' x; echo; echo after; exit 7");
    struct heard h = {.n = 0};
    tare_buf_init(&h.text, NULL, 10000);
    (void)listen_for(&c, &h, UINT32_MAX);
    assert_true(c.too_long);
    assert_int_equal(h.n, 2);
    assert_int_equal(h.text.n, 1000 + 1 + 6);
    tare_buf_free(&h.text);
    assert_int_equal(wait_end(&c), 7);
    c = talk("kill -TERM $$");
    assert_int_equal(wait_end(&c), 128 + SIGTERM);
    c = talk("sleep 1000 & sleep 1000");
    tare_child_kill(&c); /* both */
    tare_child_free(&c);
}

/* What it does not read waits, up to the ceiling; then it cannot be talked to any more. */
static void does_not_read(void **state)
{
    (void)state;
    struct tare_child c = talk("sleep 1000");
    char block[500];
    bool heard = true;
    memset(block, 'x', sizeof block);
    for (int i = 0; heard && i < 100000; i++)
        heard = tare_child_send(&c, tare_str_n(block, sizeof block));
    assert_false(heard);
    tare_child_kill(&c);
    tare_child_free(&c);
}

static void says_what_is_wrong(void **state)
{
    static const char *const here[] = {"sh", NULL}, *const gone[] = {"/no/such/program", NULL};
    struct tare_child c;
    struct tare_err err = {0};
    (void)state;
    assert_int_equal(tare_child_talk(here, env, 100, 100, NULL, &c, &err), TARE_E_USAGE);
    assert_int_equal(tare_child_talk(gone, env, 100, 100, NULL, &c, &err), TARE_E_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inherits_nothing),    cmocka_unit_test(without_streams_of_its_own),
        cmocka_unit_test(lines_one_at_a_time), cmocka_unit_test(many_lines_one_at_a_time),
        cmocka_unit_test(long_lines_and_ends), cmocka_unit_test(does_not_read),
        cmocka_unit_test(says_what_is_wrong),
    };
    return cmocka_run_group_tests_name("sandbox/child", tests, NULL, NULL);
}
