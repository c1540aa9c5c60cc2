/*
 * Child processes: an absolute path, a given environment, pipes that do not block, a group of its
 * own so that all of it can be killed. Isolation comes on top of this.
 */
#ifndef TARE_SANDBOX_CHILD_H
#define TARE_SANDBOX_CHILD_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct tare_child {
    pid_t pid;
    int in_fd, out_fd;     /* to its standard input, from its standard output; -1: closed */
    struct tare_buf line;  /* what came since the last line */
    struct tare_buf ahead; /* read, but not looked at: who takes the lines wanted no more */
    size_t ahead_at;
    struct tare_str input;
    size_t sent_bytes;
    struct tare_buf more; /* of a child that is talked to: what its input has not taken yet */
    size_t more_sent_bytes;
    bool talks;     /* its input stays open */
    bool too_long;  /* a line was longer than the ceiling: it is cut */
    bool no_memory; /* a line was lost: nothing may be made of this output */
};

/*
 * Starts argv[0] (an absolute path) with exactly this environment; standard error goes to
 * /dev/null. Its input is written by tare_child_write. The child leads a process group.
 * TARE_E_USAGE for a path that is not absolute, TARE_E_IO when it cannot be started.
 */
enum tare_status tare_child_start(const char *const *argv, const char *const *env,
                                  struct tare_str input, size_t max_line_bytes,
                                  const struct tare_alc *alc, struct tare_child *out,
                                  struct tare_err *err);
/* Like tare_child_start, with an input that stays open: what is sent is written when the pipe takes
 * it, and at most max_unread_bytes wait for that. */
enum tare_status tare_child_talk(const char *const *argv, const char *const *env,
                                 size_t max_line_bytes, size_t max_unread_bytes,
                                 const struct tare_alc *alc, struct tare_child *out,
                                 struct tare_err *err);
/* Copies the text and writes what the pipe takes. False: too much is unread already, or no memory;
 * the child cannot be talked to any more. */
bool tare_child_send(struct tare_child *c, struct tare_str text);
/* Writes what the pipe takes; closes it at the end of the input, where the child is not talked to.
 */
void tare_child_write(struct tare_child *c);
/* Has it something for a pipe that took no more? */
bool tare_child_wants_write(const struct tare_child *c);
/* Reads what is there, at most 256 KiB (who writes without end keeps nobody else waiting), and
 * calls line() for each whole line (without its end) until it says false: it wants no more now, and
 * the next call goes on from there. Returns false when the output has ended and all of it was
 * looked at (a last line without an end is given too). */
bool tare_child_read(struct tare_child *c, bool (*line)(void *to, struct tare_str text), void *to);
/* Has it something to be read that no descriptor will tell of? */
bool tare_child_has_ahead(const struct tare_child *c);
/* True when it has ended: *status is its exit status, or 128 + signal. Never waits. */
bool tare_child_ended(struct tare_child *c, int *status);
/* Kills the whole group and reaps the child. */
void tare_child_kill(struct tare_child *c);
/* Closes pipes and frees the buffer; the child must have ended or been killed. */
void tare_child_free(struct tare_child *c);

#endif
