/* Pages for secrets: what the kernel says of them, and that they are zero in the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/os_secret.h"

/* Sanitizers answer mlock themselves, and lock nothing. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* The flags of the mapping that holds p, as /proc tells them; false where it does not. */
static bool flags_of(const void *p, char *out, size_t n)
{
    FILE *f = fopen("/proc/self/smaps", "r");
    char line[512];
    bool inside = false, found = false;
    while (f && !found && fgets(line, sizeof line, f)) {
        unsigned long long from, to;
        if (sscanf(line, "%llx-%llx ", &from, &to) == 2 && strchr(line, '-') < strchr(line, ' '))
            inside = from <= (uintptr_t)p && (uintptr_t)p < to;
        found = inside && strncmp(line, "VmFlags:", 8) == 0;
    }
    if (f)
        fclose(f);
    if (found)
        (void)snprintf(out, n, "%s", line);
    return found;
}

static void test_pages(void **state)
{
    struct tare_secret s;
    char flags[512];
    (void)state;
    assert_true(tare_secret_keep(&s, TARE_S("sk-something-secret")));
    assert_true(tare_str_is(tare_str_n(s.p, s.n), "sk-something-secret"));
    if (flags_of(s.p, flags, sizeof flags)) {
        assert_non_null(strstr(flags, " dd")); /* left out of core dumps */
        if (s.locked && !SANITIZED)
            assert_non_null(strstr(flags, " lo"));
    }
    tare_secret_wipe(&s);
    for (size_t i = 0; i < s.n; i++)
        assert_int_equal(s.p[i], 0);
    tare_secret_drop(&s);
    assert_null(s.p);
    tare_secret_drop(&s); /* nothing is left to do */
}

static void test_sizes(void **state)
{
    static char text[10000];
    (void)state;
    memset(text, 'k', sizeof text);
    for (size_t n = 0; n <= sizeof text; n += n < 4090 || n > 4100 ? 1000 : 1) {
        struct tare_secret s;
        assert_true(tare_secret_keep(&s, tare_str_n(text, n)));
        assert_int_equal(s.n, n);
        assert_memory_equal(s.p, text, n);
        tare_secret_drop(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_sizes),
    };
    return cmocka_run_group_tests_name("base/secret", tests, NULL, NULL);
}
