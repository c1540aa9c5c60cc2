/*
 * A store somebody has changed: each three bytes of the input overwrite one byte of a good store
 * (a place, and what is put there). Opening, listing, checking, exporting and repairing it must end
 * with an answer or an error, and leave the file alone.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fuzz.h"
#include "record/upkeep.h"

#define TASKS 6

static struct {
    char folder[64], good[96], bad[96], saved[96];
    char *bytes;
    size_t n;
} base;

static void read_good(void)
{
    FILE *f = fopen(base.good, "rb");
    fuzz_must(f != NULL);
    (void)fseek(f, 0, SEEK_END);
    base.n = (size_t)ftell(f);
    rewind(f);
    base.bytes = malloc(base.n);
    fuzz_must(base.bytes && fread(base.bytes, 1, base.n, f) == base.n);
    (void)fclose(f);
}

static void play(struct tare_store *s, const struct tare_plan *plan, struct tare_arena *arena)
{
    struct tare_batch_info info;
    struct tare_lease *leases = NULL;
    uint32_t n = 0;
    bool others = false, accepted = false;
    fuzz_must(tare_store_plan(s, plan, &info, NULL) == TARE_OK);
    fuzz_must(tare_store_lease(s, info.id, TARE_S("fuzz"), 1000, 8, arena, &leases, &n, &others,
                               NULL) == TARE_OK);
    for (uint32_t i = 0; i < n * TASKS; i++) {
        struct tare_score score = {.value = (double)i, .num = 1, .den = 3};
        struct tare_attempt a = {.task = i % TASKS,
                                 .status = TARE_ATTEMPT_DONE,
                                 .n_steps = 2,
                                 .scores = &score,
                                 .n_scores = 1,
                                 .outline = TARE_S("[{\"i\":0},{\"i\":1}]"),
                                 .detail = TARE_S("{\"why\":\"a text that is long enough to be "
                                                  "compressed, compressed, compressed\"}"),
                                 .steps = TARE_S("{\"n\":0}\n{\"n\":1}\n")};
        const struct tare_attempt *given = &a;
        const struct tare_lease *lease = &leases[i / TASKS];
        fuzz_must(tare_store_commit(s, info.id, &lease, &given, 1, &accepted, NULL) == TARE_OK);
    }
}

static void make_good(void)
{
    struct tare_arena arena;
    struct tare_store *s = NULL;
    struct tare_task tasks[TASKS] = {{0}};
    struct tare_tag tag = {TARE_S("family"), TARE_S("benign")};
    struct tare_metric metric = {.name = TARE_S("reward")};
    struct tare_plan_solver solver = {.name = TARE_S("a"), .identity = TARE_S("{}")};
    struct tare_store_options o = {.size = sizeof o, .create = true};
    tare_arena_init(&arena, NULL, TARE_MIB);
    for (uint32_t i = 0; i < TASKS; i++)
        tasks[i] = (struct tare_task){
            .index = i, .id = tare_arena_printf(&arena, "t%u", i), .tags = &tag, .n_tags = 1};
    struct tare_plan plan = {.suite_name = TARE_S("fuzz"),
                             .tasks = tasks,
                             .n_tasks = TASKS,
                             .solvers = &solver,
                             .n_solvers = 1,
                             .metrics = &metric,
                             .n_metrics = 1,
                             .k = 1,
                             .label = TARE_S("l")};
    (void)snprintf(base.folder, sizeof base.folder, "/tmp/fuzz-store-XXXXXX");
    fuzz_must(mkdtemp(base.folder) != NULL);
    (void)snprintf(base.good, sizeof base.good, "%s/good.db", base.folder);
    (void)snprintf(base.bad, sizeof base.bad, "%s/bad.db", base.folder);
    (void)snprintf(base.saved, sizeof base.saved, "%s/saved.db", base.folder);
    fuzz_must(tare_store_open(tare_str_of(base.good), &o, &s, NULL) == TARE_OK);
    play(s, &plan, &arena);
    tare_store_close(s);
    tare_arena_free(&arena);
    read_good();
}

static void remove_all(void)
{
    char path[128];
    static const char *const ends[] = {"good.db", "bad.db", "saved.db"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", base.folder, ends[i]);
        (void)unlink(path);
    }
    (void)rmdir(base.folder);
    free(base.bytes);
}

static void write_bad(const uint8_t *data, size_t size)
{
    int fd = open(base.bad, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    fuzz_must(fd >= 0 && write(fd, base.bytes, base.n) == (ssize_t)base.n);
    for (size_t i = 0; i + 3 <= size && i < 192; i += 3) {
        /* Most pages are empty behind their first bytes; 16 bits reach each of them. */
        size_t at = (size_t)(data[i] | data[i + 1] << 8) * base.n / 65536;
        fuzz_must(pwrite(fd, &data[i + 2], 1, (off_t)at) == 1);
    }
    (void)close(fd);
}

static void use(struct tare_store *s, struct tare_arena *arena)
{
    struct tare_batch_view *b = NULL;
    struct tare_check_report report;
    struct tare_attempt_page page;
    struct tare_columns columns;
    struct tare_err err = {0};
    uint32_t n = 0;
    uint64_t lost = 0;
    FILE *null = fopen("/dev/null", "w");
    enum tare_status st = tare_store_check(s, true, arena, &report, &err);
    fuzz_must(st == TARE_OK || (st == err.code && err.text[0]));
    if (null)
        (void)tare_store_export(s, true, null, &lost, &err);
    st = tare_store_batches(s, NULL, arena, &b, &n, NULL, &err);
    for (uint32_t i = 0; i < n && st == TARE_OK; i++)
        for (uint32_t r = 0; r < b[i].n_runs; r++) {
            (void)tare_store_attempts(s, b[i].runs[r].id, NULL, 0, 10, arena, &page, &err);
            (void)tare_store_columns(s, b[i].runs[r].id, NULL, 0, arena, &columns, &err);
        }
    if (null)
        (void)fclose(null);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!base.bytes) {
        make_good();
        (void)atexit(remove_all);
    }
    struct tare_arena arena;
    struct tare_store *s = NULL;
    struct tare_err err = {0};
    struct tare_repair_report repaired;
    struct tare_store_options o = {.size = sizeof o, .read_only = true};
    tare_arena_init(&arena, NULL, 64 * TARE_MIB);
    write_bad(data, size);
    enum tare_status st = tare_store_open(tare_str_of(base.bad), &o, &s, &err);
    if (st == TARE_OK)
        use(s, &arena);
    else
        fuzz_check_err(st, &err, SIZE_MAX);
    tare_store_close(s);
    if (size % 8 == 0)
        (void)tare_store_repair(tare_str_of(base.bad), tare_str_of(base.saved), NULL, &arena,
                                &repaired, &err);
    (void)unlink(base.saved);
    tare_arena_free(&arena);
    return 0;
}
