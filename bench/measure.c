/*
 * measure COMMAND [ARGUMENT…]: runs it and prints wall seconds and peak resident KiB of its whole
 * tree to standard error's last line. A small program does this, because the peak that the kernel
 * tells includes the memory of whoever forked.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    double start = bench_now();
    pid_t pid = fork();
    if (pid == 0) {
        (void)execvp(argv[1], argv + 1);
        _exit(127);
    }
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return 3;
    double seconds = bench_now() - start;
    struct rusage used;
    if (getrusage(RUSAGE_CHILDREN, &used) != 0)
        return 3;
    (void)fprintf(stderr, "%.6f %ld\n", seconds, used.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
