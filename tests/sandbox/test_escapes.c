/*
 * The sixty attempts of the reliability sheet, section 8.4, each in a box of its own. What is
 * tare's job rather than the walls' (A40 to A42, A46, A53, A56) is tried here or where it belongs,
 * named in the table; each attempt has its control where trying it outside does no harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "sandbox/box.h"
#include "text/width.h"

#define UNTRIED 77
#define INSIDE "/opt/escape"

struct world {
    struct tare_arena arena;
    const char *program; /* on the host */
    const char *work, *tmp;
    bool possible;
    char secret[512]; /* a file of the host that must not be seen */
    char port[16], socket_name[64], shared_key[32];
    int listener, local;
    int shared;
};

static void listen_somewhere(struct world *w)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    w->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(w->listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(w->listener, 5), 0);
    assert_int_equal(getsockname(w->listener, (struct sockaddr *)&at, &n), 0);
    (void)snprintf(w->port, sizeof w->port, "%u", ntohs(at.sin_port));
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    (void)snprintf(w->socket_name, sizeof w->socket_name, "tare-test-%ld", (long)getpid());
    memcpy(name.sun_path + 1, w->socket_name, strlen(w->socket_name));
    w->local = socket(AF_UNIX, SOCK_STREAM, 0);
    socklen_t length =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(w->socket_name));
    assert_int_equal(bind(w->local, (struct sockaddr *)&name, length), 0);
    assert_int_equal(listen(w->local, 5), 0);
}

static int open_world(void **state)
{
    static struct world w;
    struct tare_err err = {0};
    const char *tmp = getenv("TMPDIR");
    w.tmp = tmp ? tmp : "/tmp";
    w.program = getenv("TARE_ESCAPE");
    assert_non_null(w.program);
    tare_arena_init(&w.arena, NULL, 1024 * TARE_MIB);
    w.possible = tare_box_check(&w.arena, &err) == TARE_OK;
    if (!w.possible)
        print_message("no sandbox here: %s\n", err.text);
    assert_int_equal(tare_box_make(w.tmp, &w.arena, &w.work, &err), TARE_OK);
    (void)snprintf(w.secret, sizeof w.secret, "%s/tare-secret-%ld", w.tmp, (long)getpid());
    assert_int_equal(tare_fs_write(tare_str_of(w.secret), TARE_S("key\n"), 0644, &err), TARE_OK);
    listen_somewhere(&w);
    key_t key = (key_t)(0x7a7e0000 + getpid() % 65536);
    (void)snprintf(w.shared_key, sizeof w.shared_key, "%ld", (long)key);
    w.shared = shmget(key, 64, IPC_CREAT | 0666);
    *state = &w;
    return 0;
}

static int close_world(void **state)
{
    struct world *w = *state;
    struct tare_err err = {0};
    (void)unlink(w->secret);
    (void)tare_box_remove(w->work, &err);
    if (w->shared >= 0)
        (void)shmctl(w->shared, IPC_RMID, NULL);
    close(w->listener);
    close(w->local);
    tare_arena_free(&w->arena);
    return 0;
}

/* One attempt in a box. */
static struct tare_box_result attempt(struct world *w, const char *name, const char *detail,
                                      uint32_t slot)
{
    const char *argv[] = {INSIDE, name, detail, NULL};
    struct tare_box_mount mount = {w->program, INSIDE, false};
    struct tare_box_options o = {.size = sizeof o,
                                 .argv = argv,
                                 .work = w->work,
                                 .mounts = &mount,
                                 .n_mounts = 1,
                                 .slot = slot,
                                 .limits = {.wall_ms = 20000}};
    struct tare_box_result r;
    struct tare_err err = {0};
    if (tare_box_run(&o, &w->arena, &r, &err) != TARE_OK)
        fail_msg("%s: %s", name, err.text);
    return r;
}

/* The same outside, in a process of its own: true when it got through there. */
static bool outside(const struct world *w, const char *name, const char *detail)
{
    int raw = 0;
    pid_t pid = fork();
    if (pid == 0) {
        (void)!freopen("/dev/null", "w", stdout);
        execl(w->program, w->program, name, detail, (char *)NULL);
        _exit(126);
    }
    assert_true(pid > 0 && waitpid(pid, &raw, 0) == pid);
    return WIFEXITED(raw) && WEXITSTATUS(raw) == 1;
}

enum how { REFUSED = 0, KILLED, ENDED };

/* control: outside, on an ordinary Linux, it gets through, and trying does no harm. */
static const struct {
    const char *name;
    enum how how;
    bool control;
} table[] = {
    {"A1", REFUSED, false},  {"A2", REFUSED, false},  {"A3", REFUSED, false},
    {"A4", REFUSED, false},  {"A5", REFUSED, true},   {"A6", REFUSED, true},
    {"A7", REFUSED, true},   {"A8", REFUSED, true},   {"A9", REFUSED, false},
    {"A10", REFUSED, false}, {"A11", REFUSED, false}, {"A12", REFUSED, false},
    {"A13", REFUSED, false}, {"A14", REFUSED, true},  {"A15", REFUSED, true},
    {"A16", REFUSED, true},  {"A17", REFUSED, true},  {"A18", REFUSED, true},
    {"A19", REFUSED, false}, {"A20", REFUSED, false}, {"A21", REFUSED, false},
    {"A22", REFUSED, true},  {"A23", REFUSED, true},  {"A24", REFUSED, true},
    {"A25", REFUSED, false}, {"A26", REFUSED, false}, {"A27", REFUSED, true},
    {"A28", REFUSED, false}, {"A29", REFUSED, false}, {"A30", REFUSED, false},
    {"A31", REFUSED, false}, {"A32", REFUSED, false}, {"A33", REFUSED, false},
    {"A34", REFUSED, false}, {"A35", REFUSED, false}, {"A36", REFUSED, false},
    {"A37", REFUSED, false}, {"A38", REFUSED, true},  {"A39", REFUSED, false},
    {"A43", REFUSED, true},  {"A44", REFUSED, true},  {"A45", REFUSED, false},
    {"A47", REFUSED, false}, {"A48", ENDED, false},   {"A49", REFUSED, false},
    {"A50", ENDED, false},   {"A52", REFUSED, false}, {"A54", REFUSED, false},
    {"A55", REFUSED, true},  {"A58", KILLED, false},  {"A59", REFUSED, false},
    {"A60", REFUSED, false},
};

static const char *detail_of(const struct world *w, const char *name)
{
    if (strcmp(name, "A31") == 0)
        return "TARE_ESCAPE_CANARY";
    if (strcmp(name, "A32") == 0)
        return w->work;
    if (strcmp(name, "A38") == 0)
        return w->secret;
    if (strcmp(name, "A43") == 0 || strcmp(name, "A60") == 0)
        return w->port;
    if (strcmp(name, "A44") == 0)
        return w->socket_name;
    return strcmp(name, "A55") == 0 ? w->shared_key : "-";
}

static bool held(const struct tare_box_result *r, enum how how)
{
    if (how == KILLED)
        return r->end == TARE_BOX_SIGNALLED && r->status == 31; /* SIGSYS */
    if (how == ENDED) /* refused, or ended by a limit or by itself */
        return r->end != TARE_BOX_EXITED || r->status == 0;
    return r->end == TARE_BOX_EXITED && r->status == 0;
}

static void walls_hold(void **state)
{
    struct world *w = *state;
    unsigned tried = 0, bad = 0, controls = 0, weak = 0;
    if (!w->possible)
        skip();
    assert_int_equal(setenv("TARE_ESCAPE_CANARY", "canary", 1), 0);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const char *name = table[i].name, *detail = detail_of(w, name);
        struct tare_box_result r = attempt(w, name, detail, 1);
        if (r.end == TARE_BOX_EXITED && r.status == UNTRIED) {
            print_message("%s cannot be tried on this machine\n", name);
            continue;
        }
        tried++;
        if (!held(&r, table[i].how)) {
            print_error("%s: %s %d: %.*s%.*s\n", name, tare_box_end_name(r.end), r.status,
                        TARE_FMT(r.out), TARE_FMT(r.err));
            bad++;
        }
        if (table[i].control) {
            controls++;
            if (!outside(w, name, detail)) {
                print_message("%s does not get through outside either\n", name);
                weak++;
            }
        }
    }
    print_message("%u attempts, %u got through; %u controls, %u refused outside too\n", tried, bad,
                  controls, weak);
    assert_int_equal(bad, 0);
    assert_true(tried >= 50);
    assert_true(weak * 2 < controls); /* else the program does not try what it says */
}

/* A41: a folder that is swapped for a link while tare reads below it. */
struct race {
    char folder[512], link[512], spare[512];
    volatile bool stop;
};

static void *swap_for_ever(void *arg)
{
    struct race *r = arg;
    while (!r->stop) {
        if (rename(r->folder, r->spare) == 0 && symlink("/etc", r->folder) == 0) {
            (void)unlink(r->folder);
            (void)rename(r->spare, r->folder);
        }
    }
    return NULL;
}

static void a_race_for_a_link_is_lost(void **state)
{
    struct world *w = *state;
    struct race r = {.stop = false};
    struct tare_err err = {0};
    struct tare_str host, text;
    pthread_t thread;
    assert_int_equal(tare_fs_read(TARE_S("/etc/hostname"), 4096, &w->arena, &host, &err), TARE_OK);
    (void)snprintf(r.folder, sizeof r.folder, "%s/race", w->work);
    (void)snprintf(r.spare, sizeof r.spare, "%s/spare", w->work);
    assert_int_equal(mkdir(r.folder, 0777), 0);
    (void)snprintf(r.link, sizeof r.link, "%s/race/hostname", w->work);
    assert_int_equal(tare_fs_write(tare_str_of(r.link), TARE_S("ours"), 0644, &err), TARE_OK);
    assert_int_equal(pthread_create(&thread, NULL, swap_for_ever, &r), 0);
    unsigned ours = 0;
    struct tare_arena_mark mark = tare_arena_mark(&w->arena);
    for (int i = 0; i < 100000; i++) {
        enum tare_status st =
            tare_box_read(w->work, TARE_S("race/hostname"), 4096, &w->arena, &text, &err);
        if (st == TARE_OK) {
            assert_true(tare_str_is(text, "ours"));
            ours++;
        }
        tare_arena_rewind(&w->arena, mark);
    }
    r.stop = true;
    assert_int_equal(pthread_join(thread, NULL), 0);
    print_message("100,000 reads in a race: %u of the file, 0 of the host's\n", ours);
    assert_true(ours > 0);
}

/* A42: names that would break a line, a path or a terminal. */
static void names_are_harmless(void **state)
{
    struct world *w = *state;
    static const char script[] =
        "touch -- '-rf' \"$(printf 'a\\nb')\" \"$(printf '\\033]52;c;x')\" "
        "\"$(printf '\\377')\"; mkdir -p deep; touch deep/..x; "
        "touch \"$(printf '%0250d' 1)\"";
    const char *argv[] = {"/usr/bin/sh", "-c", script, NULL};
    static const char *const names[] = {"-rf", "a\nb", "\033]52;c;x", "\377", "deep/..x"};
    struct tare_box_options o = {.size = sizeof o, .argv = argv, .work = w->work};
    struct tare_box_result r;
    struct tare_str text;
    struct tare_err err = {0};
    struct tare_buf shown;
    if (!w->possible)
        skip();
    assert_int_equal(tare_box_run(&o, &w->arena, &r, &err), TARE_OK);
    assert_int_equal(r.status, 0);
    tare_buf_init(&shown, NULL, 4096);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(tare_box_read(w->work, tare_str_of(names[i]), 100, &w->arena, &text, &err),
                         TARE_OK);
        tare_text_safe(&shown, tare_str_of(names[i])); /* A46 as well */
    }
    assert_true(memchr(shown.p, '\033', shown.n) == NULL && memchr(shown.p, '\n', shown.n) == NULL);
    tare_buf_free(&shown);
    assert_int_equal(tare_box_read(w->work, TARE_S("deep/../../x"), 100, &w->arena, &text, &err),
                     TARE_E_INPUT);
    assert_int_equal(tare_box_read(w->work, tare_str_n("a\0b", 3), 100, &w->arena, &text, &err),
                     TARE_E_INPUT);
}

/* A49: many bombs at once; another box meanwhile works as ever. */
struct bomb {
    struct world *w;
    uint32_t slot;
    struct tare_arena arena;
    struct tare_box_result r;
    enum tare_status st;
};

static void *set_off(void *arg)
{
    struct bomb *b = arg;
    const char *argv[] = {INSIDE, "A49", NULL};
    struct tare_box_mount mount = {b->w->program, INSIDE, false};
    struct tare_box_options o = {.size = sizeof o,
                                 .argv = argv,
                                 .mounts = &mount,
                                 .n_mounts = 1,
                                 .slot = b->slot,
                                 .limits = {.wall_ms = 20000}};
    struct tare_err err = {0};
    b->st = tare_box_run(&o, &b->arena, &b->r, &err);
    return NULL;
}

static void bombs_stay_apart(void **state)
{
    enum { BOMBS = 16 };
    static struct bomb bombs[BOMBS];
    struct world *w = *state;
    pthread_t threads[BOMBS];
    if (!w->possible)
        skip();
    for (uint32_t i = 0; i < BOMBS; i++) {
        bombs[i] = (struct bomb){.w = w, .slot = 10 + i};
        tare_arena_init(&bombs[i].arena, NULL, 8 * TARE_MIB);
        assert_int_equal(pthread_create(&threads[i], NULL, set_off, &bombs[i]), 0);
    }
    struct tare_box_result r = attempt(w, "A5", "-", 2);
    assert_true(r.end == TARE_BOX_EXITED && r.status == 0);
    for (uint32_t i = 0; i < BOMBS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(bombs[i].st, TARE_OK);
        tare_arena_free(&bombs[i].arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walls_hold), cmocka_unit_test(a_race_for_a_link_is_lost),
        cmocka_unit_test(names_are_harmless), cmocka_unit_test(bombs_stay_apart)};
    return cmocka_run_group_tests(tests, open_world, close_world);
}
