#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/sha256_int.h"

static void expect_hex(struct tare_digest d, const char *want)
{
    char hex[65];
    tare_digest_hex(d, hex);
    assert_string_equal(hex, want);
}

/* FIPS 180-4 example messages (NIST, SHA-256 examples) and the empty message. */
static void published_digests(void **state)
{
    (void)state;
    expect_hex(tare_sha256_of(TARE_S("")),
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect_hex(tare_sha256_of(TARE_S("abc")),
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect_hex(tare_sha256_of(TARE_S("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
               "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    struct tare_sha256 s;
    tare_sha256_init(&s);
    char a[1000];
    memset(a, 'a', sizeof a);
    for (int i = 0; i < 1000; i++)
        tare_sha256_add(&s, tare_str_n(a, sizeof a));
    expect_hex(tare_sha256_end(&s),
               "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Any way of cutting a message gives the same digest; lengths cross both padding borders. */
static void pieces_do_not_matter(void **state)
{
    (void)state;
    char m[200];
    for (size_t i = 0; i < sizeof m; i++)
        m[i] = (char)(i * 37 + 11);
    for (size_t n = 0; n <= sizeof m; n++) {
        struct tare_digest whole = tare_sha256_of(tare_str_n(m, n));
        for (size_t cut = 0; cut <= n; cut += 7) {
            struct tare_sha256 s;
            tare_sha256_init(&s);
            tare_sha256_add(&s, tare_str_n(m, cut));
            tare_sha256_add(&s, tare_str_n(m + cut, n - cut));
            assert_true(tare_digest_eq(whole, tare_sha256_end(&s)));
        }
    }
}

static void instructions_agree_with_plain(void **state)
{
    (void)state;
    if (!tare__sha256_has_ni())
        skip();
    uint8_t m[64 * 5];
    for (size_t i = 0; i < sizeof m; i++)
        m[i] = (uint8_t)(i * i + 3 * i + 1);
    uint32_t a[8], b[8];
    for (uint32_t i = 0; i < 8; i++)
        a[i] = b[i] = i * 0x9e3779b9u;
    tare__sha256_blocks_plain(a, m, 5);
    tare__sha256_blocks_ni(b, m, 5);
    assert_memory_equal(a, b, sizeof a);
}

static void table_hash_uses_its_key(void **state)
{
    (void)state;
    assert_true(tare_hash64(TARE_S("host-1"), 1) == tare_hash64(TARE_S("host-1"), 1));
    assert_true(tare_hash64(TARE_S("host-1"), 1) != tare_hash64(TARE_S("host-1"), 2));
    assert_true(tare_hash64(TARE_S("host-1"), 1) != tare_hash64(TARE_S("host-2"), 1));
    assert_true(tare_hash64(tare_str_n(NULL, 0), 5) == tare_hash64(TARE_S(""), 5));
    assert_true(tare_hash_key() != tare_hash_key());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_digests),
        cmocka_unit_test(pieces_do_not_matter),
        cmocka_unit_test(instructions_agree_with_plain),
        cmocka_unit_test(table_hash_uses_its_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
