#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"

/* Runs `passes` × (a.one, b.two) in a child under TARE_FAULT; the child's exit status is the
 * number of points that said "fail", or the signal + 128. */
static int outcome(const char *orders, int passes)
{
    pid_t pid = fork();
    if (pid == 0) {
        int failed = 0;
        (void)setenv("TARE_FAULT", orders, 1);
        for (int i = 0; i < passes; i++)
            failed += tare_fault_point("a.one") + tare_fault_point("b.two");
        _exit(failed);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void points_obey(void **state)
{
    (void)state;
    assert_int_equal(outcome("", 3), 0);
    assert_int_equal(outcome("kill@7", 3), 0);
    assert_int_equal(outcome("kill@6", 3), 128 + SIGKILL);
    assert_int_equal(outcome("kill@b.two:4", 3), 0);
    assert_int_equal(outcome("kill@b.two:3", 3), 128 + SIGKILL);
    assert_int_equal(outcome("term@1", 1), 128 + SIGTERM);
    assert_int_equal(outcome("int@a.one", 1), 128 + SIGINT);
    assert_int_equal(outcome("fail@a.one", 3), 1);
    assert_int_equal(outcome("fail@a.one:*", 3), 3);
    assert_int_equal(outcome("fail@a.one:2,fail@b.two:2", 3), 2);
    assert_int_equal(outcome("fail@c.none", 3), 0);
    assert_int_equal(outcome("fail@a.one:x", 3), 0);
    assert_int_equal(outcome("delay@a.one:1:5", 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_obey),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
