#ifndef TARE_SUITE_PROMPTFOO_INT_H
#define TARE_SUITE_PROMPTFOO_INT_H

#include "suite/promptfoo.h"
#include "suite/suite_int.h"

struct tare__promptfoo {
    struct tare_promptfoo *out;
    struct tare_str path, text;
    struct tare_json root, defaults; /* defaults: defaultTest, or absent */
    bool has_judge;
    struct tare_arena *arena;
    struct tare_err *err;
    struct tare_buf lines; /* the tasks */
    struct tare_str names[32];
    uint32_t n_names;        /* metrics named by assertions */
    uint32_t n_tests, depth; /* depth: files of tests that name files */
    struct tare_str *ids;    /* of the tests so far, by hash; p NULL: free */
    uint32_t n_ids, cap_ids; /* cap: 0 or a power of two, more than twice n */
};

enum tare_status tare__promptfoo_fail(struct tare__promptfoo *p, struct tare_json at,
                                      const char *what, const char *hint);
/* One assertion as a check. options: of the test; may be absent. */
void tare__promptfoo_assert(struct tare__promptfoo *p, struct tare_json assertion,
                            struct tare_json options, struct tare_json_writer *w);
/* A value of the config that may be "file://…": the file's value, by its ending. */
enum tare_status tare__promptfoo_file(struct tare__promptfoo *p, struct tare_str name,
                                      struct tare_json at, struct tare_json *out);
bool tare__promptfoo_is_file(struct tare_json v, struct tare_str *name);
/* One test of the list, with all its combinations of values. */
enum tare_status tare__promptfoo_test(struct tare__promptfoo *p, struct tare_json test);
/* scenarios: every entry of `config` with every one of `tests`. */
enum tare_status tare__promptfoo_scenarios(struct tare__promptfoo *p, struct tare_json scenarios);
/* tests. */
enum tare_status tare__promptfoo_tests(struct tare__promptfoo *p, struct tare_json tests);

#endif
