#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "base/hash.h"
#include "base/thread.h"
#include "fail_alc.h"

struct squares {
    uint64_t out[10000];
    atomic_uint workers[16];
};

static void put_square(void *ctx, unsigned worker, uint64_t i)
{
    struct squares *s = ctx;
    s->out[i] += i * i + 1;
    atomic_fetch_add(&s->workers[worker], 1);
}

/* Every index once, for any number of threads. */
static void each_index_once(void **state)
{
    (void)state;
    static const unsigned threads[] = {0, 1, 2, 3, 8};
    for (size_t t = 0; t < sizeof threads / sizeof threads[0]; t++) {
        for (uint64_t n = 0; n <= 10000; n = n * 10 + 1) {
            struct squares *s = calloc(1, sizeof *s);
            struct tare_err err = {0};
            unsigned used = 99;
            assert_non_null(s);
            assert_int_equal(tare_parallel(threads[t], n, put_square, s, &used, &err), TARE_OK);
            for (uint64_t i = 0; i < 10000; i++)
                assert_int_equal(s->out[i], i < n ? i * i + 1 : 0);
            assert_true(used >= 1 && used <= (threads[t] ? threads[t] : 1));
            free(s);
        }
    }
}

static void nothing_to_run(void **state)
{
    (void)state;
    struct tare_err err = {0};
    assert_int_equal(tare_parallel(2, 10, NULL, NULL, NULL, &err), TARE_E_STATE);
    assert_true(tare_cpu_count() >= 1);
}

struct traffic {
    struct tare_queue *q;
    uintptr_t first, n;
    uint64_t sum;
    bool in_order;
};

static void *produce(void *arg)
{
    struct traffic *t = arg;
    for (uintptr_t i = 0; i < t->n; i++)
        if (!tare_queue_push(t->q, (void *)(t->first + i)))
            break;
    return NULL;
}

static void *consume(void *arg)
{
    struct traffic *t = arg;
    void *item = NULL;
    bool finished = false;
    while (tare_queue_pop(t->q, -1, &item, &finished)) {
        t->sum += (uintptr_t)item;
        t->n++;
    }
    return finished ? t : NULL;
}

static void everything_arrives_once(void **state)
{
    (void)state;
    struct tare_err err = {0};
    struct tare_queue *q = NULL;
    assert_int_equal(tare_queue_open(3, NULL, &q, &err), TARE_OK);
    struct traffic in[3], out[3];
    pthread_t make[3], take[3];
    for (unsigned i = 0; i < 3; i++) {
        in[i] = (struct traffic){.q = q, .first = 1 + i * 2000u, .n = 2000};
        out[i] = (struct traffic){.q = q};
        assert_int_equal(pthread_create(&take[i], NULL, consume, &out[i]), 0);
        assert_int_equal(pthread_create(&make[i], NULL, produce, &in[i]), 0);
    }
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(pthread_join(make[i], NULL), 0);
    tare_queue_finish(q);
    uint64_t sum = 0, n = 0;
    for (unsigned i = 0; i < 3; i++) {
        void *said = NULL;
        assert_int_equal(pthread_join(take[i], &said), 0);
        assert_ptr_equal(said, &out[i]);
        sum += out[i].sum;
        n += out[i].n;
    }
    assert_int_equal(n, 6000);
    assert_int_equal(sum, 6000u * 6001u / 2);
    tare_queue_close(q);
}

static void first_in_first_out(void **state)
{
    (void)state;
    struct tare_err err = {0};
    struct tare_queue *q = NULL;
    void *item = NULL;
    bool finished = true;
    assert_int_equal(tare_queue_open(2, NULL, &q, &err), TARE_OK);
    assert_false(tare_queue_pop(q, 0, &item, &finished));
    assert_false(finished);
    assert_false(tare_queue_pop(q, 20, &item, &finished));
    assert_false(finished);
    for (uintptr_t i = 1; i < 9; i++) {
        assert_true(tare_queue_push(q, (void *)i));
        if (i > 1) {
            assert_true(tare_queue_pop(q, -1, &item, &finished));
            assert_int_equal((uintptr_t)item, i - 1);
        }
    }
    tare_queue_finish(q);
    assert_false(tare_queue_push(q, q));
    assert_true(tare_queue_pop(q, 0, &item, &finished));
    assert_int_equal((uintptr_t)item, 8);
    assert_false(tare_queue_pop(q, -1, &item, &finished));
    assert_true(finished);
    tare_queue_close(q);
}

static void finishing_wakes_a_full_producer(void **state)
{
    (void)state;
    struct tare_err err = {0};
    struct tare_queue *q = NULL;
    assert_int_equal(tare_queue_open(1, NULL, &q, &err), TARE_OK);
    struct traffic in = {.q = q, .first = 1, .n = 100};
    pthread_t make;
    assert_int_equal(pthread_create(&make, NULL, produce, &in), 0);
    tare_queue_finish(q);
    assert_int_equal(pthread_join(make, NULL), 0);
    tare_queue_close(q);
}

static void queue_without_memory(void **state)
{
    (void)state;
    struct tare_err err = {0};
    struct tare_queue *q = NULL;
    struct fail_alc f;
    fail_alc_init(&f, 0);
    assert_int_equal(tare_queue_open(4, &f.alc, &q, &err), TARE_E_NOMEM);
    assert_int_equal(tare_queue_open(SIZE_MAX / 4, NULL, &q, &err), TARE_E_NOMEM);
    assert_int_equal(tare_queue_open(0, NULL, &q, &err), TARE_E_STATE);
    assert_null(q);
    tare_queue_close(NULL);
}

struct hashes {
    struct tare_digest out[64];
};

static void put_hash(void *ctx, unsigned worker, uint64_t i)
{
    (void)worker;
    struct hashes *h = ctx;
    h->out[i] = tare_sha256_of(tare_str_n((const char *)&i, sizeof i));
}

/* The question whether the processor has the instructions is asked by many threads at once. */
static void hashing_from_many_threads(void **state)
{
    (void)state;
    struct tare_err err = {0};
    struct hashes many, one;
    assert_int_equal(tare_parallel(4, 64, put_hash, &many, NULL, &err), TARE_OK);
    assert_int_equal(tare_parallel(1, 64, put_hash, &one, NULL, &err), TARE_OK);
    assert_memory_equal(&many, &one, sizeof one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashing_from_many_threads),
        cmocka_unit_test(each_index_once),
        cmocka_unit_test(nothing_to_run),
        cmocka_unit_test(everything_arrives_once),
        cmocka_unit_test(first_in_first_out),
        cmocka_unit_test(finishing_wakes_a_full_producer),
        cmocka_unit_test(queue_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
