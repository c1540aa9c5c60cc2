/*
 * Every fault point of the sources, with what must hold when the process dies there. A test
 * compares this list with the sources.
 */
#ifndef TARE_BASE_FAULT_POINTS_H
#define TARE_BASE_FAULT_POINTS_H

struct tare_fault_name {
    const char *name, *after;
};

/* clang-format off */
#define TARE_FAULT_POINT_LIST                                                                      \
    {"fs.write", "the old file stands under its name"},                                            \
    {"fs.rename", "old or new file, whole"},                                                       \
    {"store.open", "no attempt recorded"},                                                         \
    {"store.plan", "the batch is planned whole or not at all"},                                    \
    {"store.lease", "nothing is leased"},                                                          \
    {"run.leased", "leased work is leased again after resume"},                                    \
    {"store.commit", "what was reported before is stored; the rest runs again"},                   \
    {"store.committed", "the commit stands although it was not reported"},                         \
    {"model.reply", "the reply is asked for again: it was not kept yet"},                          \
    {"child.start", "the attempt runs again; no child is left behind"},                            \
    {"box.start", "the attempt runs again; no sandbox and no work folder is left behind"},         \
    {"run.attempt", "the attempt runs again"},                                                     \
    {"run.report", "the attempt is stored"},                                                       \
    {"run.finish", "resume finds nothing left to do"}
/* clang-format on */

#endif
