/* Between the files that read task folders. */
#ifndef TARE_SUITE_HARBOR_INT_H
#define TARE_SUITE_HARBOR_INT_H

#include "suite/harbor.h"

/* One task while it is read. */
struct tare__harbor_task {
    struct tare_str folder, name;
    struct tare_str why; /* it cannot be played; empty: it can */
    struct tare_arena *arena;
    struct tare_err *err;
    struct tare_json config; /* task.toml, task.yaml */
    bool toml;
    struct tare_str at;    /* WORKDIR; empty: none */
    struct tare_buf files; /* members of input.files */
    struct tare_buf tests; /* members of expect.files */
    size_t bytes;          /* of all files */
};

/* Says why it cannot be played; the first reason stands. */
void tare__harbor_refuse(struct tare__harbor_task *t, struct tare_str why);
/* folder/name in the arena; p NULL: no memory. */
struct tare_str tare__harbor_path(const struct tare__harbor_task *t, const char *name);
/* A text file of the task; false: there is none, or it was refused (binary, too large, a link). */
bool tare__harbor_text(struct tare__harbor_task *t, struct tare_str path, struct tare_str *out);
/* All files below `folder` as members `prefix`NAME: text, into `to`. skip: a name that is left out
 * at the top; may be NULL. */
enum tare_status tare__harbor_gather(struct tare__harbor_task *t, struct tare_str folder,
                                     struct tare_str prefix, const char *skip, struct tare_buf *to);
/* Names in a folder, sorted; dot files left out. *n 0: there is no such folder. */
enum tare_status tare__harbor_names(struct tare_str folder, struct tare_arena *arena,
                                    struct tare_str **out, uint32_t *n, struct tare_err *err);
/* What the Dockerfile asks for: base, WORKDIR, COPY; anything else refuses the task. */
enum tare_status tare__harbor_image(struct tare__harbor_task *t, struct tare_str context);

#endif
