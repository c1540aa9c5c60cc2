/* The answer to a WebSocket's key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/asks.h"

static void test_keys(void **state)
{
    /* The first: RFC 6455, section 1.3. The others: Python's hashlib.sha1 and base64; keys that
     * fill one block, just not, and more than one. */
    static const struct {
        const char *key, *accept;
    } rows[] = {
        {"dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
        {"", "Kfh9QIsMVZcl6xEPYxPHzW8SZ8w="},
        {"AAAAAAAAAAAAAAAAAAA", "aY4PwGcVNJA8APkO5DyVUWJM+GI="},
        {"AAAAAAAAAAAAAAAAAAAA", "/3M+5HFywElctYU7s1JYO+XV104="},
        {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "XJGqQ0JpuPu2TLVlC10zAS0A/tM="},
    };
    char out[29];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        tare_socket_accept(tare_str_of(rows[i].key), out);
        assert_string_equal(out, rows[i].accept);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_keys)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
