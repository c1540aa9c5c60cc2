/*
 * The world of work folders, in real sandboxes: its tools, its checks, and what may not count.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "record/task.h"
#include "sandbox/box.h"
#include "sandbox/box_files.h"
#include "world/workspace/workspace.h"
#include "world/world.h"

#include "base/banned.h"

struct bench {
    struct tare_arena arena, life;
    void *w;
    struct tare_task task;
    struct tare_obs obs;
    struct tare_rng rng;
    struct tare_buf seen;
};

static bool possible(void)
{
    struct tare_arena a;
    struct tare_err err = {0};
    tare_arena_init(&a, NULL, 64 * TARE_MIB);
    bool ok = tare_box_check(&a, &err) == TARE_OK;
    if (!ok)
        print_message("no sandbox here: %s\n", err.text);
    tare_arena_free(&a);
    return ok;
}

static void close_bench(struct bench *b)
{
    if (b->w)
        tare_world_workspace.close(b->w);
    tare_buf_free(&b->seen);
    tare_arena_free(&b->arena);
    tare_arena_free(&b->life);
}

static struct tare_json parsed(struct bench *b, const char *text)
{
    struct tare_json v;
    struct tare_err err = {0};
    if (tare_json_parse(tare_str_of(text), NULL, &b->arena, &v, &err) != TARE_OK)
        fail_msg("%s: %s", text, err.text);
    return v;
}

static void open_bench(struct bench *b, const char *config, const char *input, const char *expect)
{
    struct tare_err err = {0};
    struct tare_json none = {NULL, 0};
    if (!possible())
        skip();
    *b = (struct bench){.w = NULL};
    tare_arena_init(&b->arena, NULL, 64 * TARE_MIB);
    tare_arena_init(&b->life, NULL, 64 * TARE_MIB);
    tare_buf_init(&b->seen, NULL, 8 * TARE_MIB);
    if (tare_world_workspace.open(config ? parsed(b, config) : none, NULL, &b->life, &b->w, &err) !=
        TARE_OK)
        fail_msg("%s", err.text);
    b->task = (struct tare_task){
        .id = TARE_S("t"), .input = parsed(b, input), .expect = parsed(b, expect)};
    if (tare_task_source_workspace.check(&b->task, none, &b->arena, &err) != TARE_OK ||
        tare_world_workspace.reset(b->w, &b->task, &b->rng, &b->obs, &err) != TARE_OK)
        fail_msg("%s", err.text);
}

static const struct tare_workspace_view *act(struct bench *b, const char *json)
{
    struct tare_err err = {0};
    if (tare_world_workspace.step_json(b->w, tare_str_of(json), &b->rng, &b->obs, &err) != TARE_OK)
        fail_msg("%s: %s", json, err.text);
    return b->obs.view;
}

static const struct tare_workspace_view *shell(struct bench *b, const char *command)
{
    struct tare_err err = {0};
    struct tare_workspace_shell s = {.command = tare_str_of(command)};
    struct tare_action a = {TARE_WORKSPACE_SHELL, &s};
    if (tare_world_workspace.step(b->w, &a, &b->rng, &b->obs, &err) != TARE_OK)
        fail_msg("%s: %s", command, err.text);
    return b->obs.view;
}

static struct tare_outcome outcome(struct bench *b)
{
    struct tare_outcome o;
    struct tare_err err = {0};
    if (tare_world_workspace.outcome(b->w, &b->arena, &o, &err) != TARE_OK)
        fail_msg("%s", err.text);
    return o;
}

static void assert_text(struct tare_str have, const char *want)
{
    if (!tare_str_is(have, want))
        fail_msg("'%.*s' is not '%s'", TARE_FMT(have), want);
}

static void assert_holds(struct tare_str have, const char *want)
{
    if (tare_str_find(have, tare_str_of(want)) == SIZE_MAX)
        fail_msg("'%.*s' does not hold '%s'", TARE_FMT(have), want);
}

static void shell_sees_folder_and_setup(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b, NULL,
               "{\"instruction\":\"i\",\"files\":{\"a/b.txt\":\"one\\n\",\"run.sh\":{\"text\":"
               "\"echo ran\\n\",\"executable\":true}},\"setup\":\"echo made >c\"}",
               "{\"checks\":[{\"file\":\"c\",\"text\":\"made\"}]}");
    assert_text(shell(&b, "cat a/b.txt c; ./run.sh; ls /tests /result 2>/dev/null; exit 3")->out,
                "one\nmade\nran\n");
    const struct tare_workspace_view *v = b.obs.view;
    assert_int_equal(v->status, 3);
    assert_true(b.obs.failed);
    assert_false(b.obs.done);
    /* nothing but the folder is there in the next call */
    (void)shell(&b, "echo x >/tmp/x; x=1; sleep 100 & echo y >y");
    assert_text(shell(&b, "ls /tmp y; echo \"[$x]\"; pgrep sleep")->out, "y\n\n/tmp:\n[]\n");
    assert_true(outcome(&b).reward == 1);
    close_bench(&b);
}

static void editor_views_and_changes(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b, NULL, "{\"instruction\":\"i\",\"files\":{\"f\":\"one\\ntwo\\nthree\\n\"}}",
               "{\"checks\":[{\"file\":\"f\",\"text\":\"zero\\none\\n2\\n2b\\nthree\\nend\"}]}");
    assert_text(act(&b, "{\"action_type\":\"edit\",\"params\":{\"command\":\"view\",\"path\":\"f\","
                        "\"line\":2,\"lines\":1}}")
                    ->out,
                "     2  two\n");
    (void)act(&b, "{\"action_type\":\"edit\",\"params\":{\"command\":\"replace\",\"path\":\"f\","
                  "\"old_text\":\"two\",\"new_text\":\"2\"}}");
    assert_false(b.obs.failed);
    (void)act(&b, "{\"action_type\":\"edit\",\"params\":{\"command\":\"insert\",\"path\":\"f\","
                  "\"line\":0,\"text\":\"zero\"}}");
    (void)act(&b, "{\"action_type\":\"edit\",\"params\":{\"command\":\"insert\",\"path\":\"f\","
                  "\"line\":3,\"text\":\"2b\\n\"}}");
    (void)act(&b, "{\"action_type\":\"edit\",\"params\":{\"command\":\"insert\",\"path\":\"f\","
                  "\"line\":5,\"text\":\"end\"}}");
    assert_false(b.obs.failed);
    assert_text(shell(&b, "cat f")->out, "zero\none\n2\n2b\nthree\nend");
    assert_true(outcome(&b).reward == 1);
    close_bench(&b);
}

static void editor_refuses(void **state)
{
    static const struct {
        const char *call, *why;
    } t[] = {
        {"{\"command\":\"replace\",\"path\":\"f\",\"old_text\":\"a\",\"new_text\":\"b\"}",
         "more than once"},
        {"{\"command\":\"replace\",\"path\":\"f\",\"old_text\":\"q\",\"new_text\":\"b\"}",
         "does not stand"},
        {"{\"command\":\"insert\",\"path\":\"f\",\"line\":9,\"text\":\"b\"}", "fewer lines"},
        {"{\"command\":\"view\",\"path\":\"../../etc/passwd\"}", "relative"},
        {"{\"command\":\"view\",\"path\":\"/etc/passwd\"}", "relative"},
        {"{\"command\":\"view\",\"path\":\"link\"}", "link"},
        {"{\"command\":\"create\",\"path\":\"link\",\"text\":\"x\"}", "link"},
        {"{\"command\":\"create\",\"path\":\"dir/x\",\"text\":\"x\"}", "no file"},
        {"{\"command\":\"create\",\"path\":\"pipe\",\"text\":\"x\"}", "no file"},
        {"{\"command\":\"create\",\"path\":\"f/x\",\"text\":\"x\"}", "no file"},
        {"{\"command\":\"create\",\"path\":\"twin\",\"text\":\"x\"}", "one name"},
        {"{\"command\":\"create\",\"path\":\"x\"}", "need a text"},
        {"{\"command\":\"wipe\",\"path\":\"f\"}", "command"},
        {"{\"path\":\"f\"}", "command"},
        {"{\"command\":\"view\",\"path\":\"f\",\"depth\":1}", "depth"},
    };
    struct bench b;
    (void)state;
    open_bench(&b, NULL, "{\"instruction\":\"i\",\"files\":{\"f\":\"aa\\n\"}}",
               "{\"checks\":[{\"same\":\"f\"}]}");
    (void)shell(&b,
                "ln -s /etc/passwd link; ln -s /etc dir; mkfifo pipe; echo 1 >twin; ln twin t2");
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        char call[512];
        int n = snprintf(call, sizeof call, "{\"action_type\":\"edit\",\"params\":%s}", t[i].call);
        assert_true(n > 0 && (size_t)n < sizeof call);
        assert_holds(act(&b, call)->fault, t[i].why);
        assert_true(b.obs.failed);
    }
    assert_holds(act(&b, "{\"action_type\":\"delete\",\"params\":{}}")->fault, "no tool 'delete'");
    assert_holds(act(&b, "{oops")->fault, "no JSON");
    assert_true(outcome(&b).reward == 1);
    close_bench(&b);
}

static void limits_end_a_call(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b, "{\"seconds\":1,\"output_kib\":1}", "{\"instruction\":\"i\"}",
               "{\"checks\":[{\"run\":\"true\"}]}");
    assert_string_equal(shell(&b, "sleep 60")->end, "wall");
    assert_true(b.obs.failed);
    const struct tare_workspace_view *v = shell(&b, "seq 100000");
    assert_true(v->out_cut);
    assert_int_equal(v->out.n, 1024);
    assert_string_equal(act(&b, "{\"action_type\":\"shell\",\"params\":{\"command\":\"sleep 5\","
                                "\"timeout_s\":0.2}}")
                            ->end,
                        "wall");
    close_bench(&b);
}

static void facts_tell_what_changed(void **state)
{
    struct bench b;
    (void)state;
    open_bench(&b, NULL, "{\"instruction\":\"i\",\"files\":{\"keep\":\"1\",\"do\":\"1\"}}",
               "{\"checks\":[{\"run\":\"true\"}],\"keep\":[\"keep\"],\"change\":[\"do\"]}");
    (void)shell(&b, "echo 2 >do; echo 3 >new; chmod +x keep");
    (void)act(&b, "{\"action_type\":\"edit\",\"params\":{\"command\":\"view\",\"path\":\"do\"}}");
    (void)act(&b, "{\"action_type\":\"submit\",\"params\":{\"note\":\"done\"}}");
    assert_true(b.obs.done);
    struct tare_facts f = tare_world_workspace.facts(b.w);
    static const uint8_t kinds[] = {TARE_FACT_REQUIRED, TARE_FACT_TOUCHED, TARE_FACT_TOUCHED,
                                    TARE_FACT_TOUCHED,  TARE_FACT_SEEN,    TARE_FACT_REPORTED};
    static const char *const names[] = {"do", "do", "keep", "new", "do"};
    static const uint8_t touches[] = {0, TARE_TOUCH_REQUIRED, TARE_TOUCH_HARMFUL,
                                      TARE_TOUCH_PERMITTED, 0};
    assert_int_equal(f.n, 6);
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(f.v[i].kind, kinds[i]);
        if (i < 5) {
            assert_text(f.entities[f.v[i].entity], names[i]);
            assert_int_equal(f.v[i].touch, touches[i]);
        }
    }
    struct tare_outcome o = outcome(&b);
    assert_text(o.output, "done");
    assert_true(o.reported);
    assert_holds(o.detail, "{\"path\":\"new\",\"change\":\"added\",\"kind\":\"file\",\"bytes\":2,");
    assert_holds(o.detail, "\"text\":\"2\\n\"");
    assert_holds(act(&b, "{\"action_type\":\"submit\",\"params\":{}}")->fault, "submitted");
    close_bench(&b);
}

#define GRADED(score, tag)                                                                         \
    "import json,sys\\na=json.loads(sys.stdin.readline())\\n"                                      \
    "json.dump({\\\"tag\\\":" tag ",\\\"score\\\":" score                                          \
    "},open(a[\\\"result\\\"],\\\"w\\\"))\\n"

static void checks_score(void **state)
{
    static const struct {
        const char *check;
        double score;
    } t[] = {
        {"{\"run\":\"test -f f\"}", 1},
        {"{\"run\":\"exit 1\"}", 0},
        {"{\"run\":\"kill -9 $$\"}", 0},
        {"{\"run\":\"sleep 9\",\"timeout_s\":0.2}", 0},
        {"{\"run\":\"echo hi\",\"stdout\":\"hi\"}", 1},
        {"{\"run\":\"echo hi; exit 1\",\"stdout\":\"hi\"}", 0},
        {"{\"run\":\"echo ho\",\"stdout\":\"hi\"}", 0},
        {"{\"run\":\"cat /tests/secret\",\"stdout\":\"s3\"}", 1},
        {"{\"run\":\"echo x >/work/f\"}", 0}, /* it is read-only */
        {"{\"run\":\"rm /tests/secret\"}", 0},
        {"{\"run\":\"python3 -I /tests/half.py\",\"graded\":true}", 0.5},
        {"{\"run\":\"python3 -I /tests/two.py\",\"graded\":true}", 0},
        {"{\"run\":\"python3 -I /tests/forged.py\",\"graded\":true}", 0},
        {"{\"run\":\"true\",\"graded\":true}", 0},
        {"{\"run\":\"ln -s /tests/secret /result/score.json\",\"graded\":true}", 0},
        {"{\"file\":\"f\",\"text\":\"1\\n\\n\"}", 1},
        {"{\"file\":\"link\",\"text\":\"1\"}", 0},
        {"{\"file\":\"none\",\"text\":\"\"}", 0},
        {"{\"same\":\"f\"}", 1},
    };
    (void)state;
    if (!possible())
        skip();
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct bench b;
        char expect[2048];
        int n = snprintf(expect, sizeof expect,
                         "{\"checks\":[%s],\"files\":{\"secret\":\"s3\\n\",\"half.py\":\"%s\","
                         "\"two.py\":\"%s\",\"forged.py\":\"%s\"}}",
                         t[i].check, GRADED("0.5", "a[\\\"tag\\\"]"), GRADED("2", "a[\\\"tag\\\"]"),
                         GRADED("1", "\\\"00000000000000000000000000000000\\\""));
        assert_true(n > 0 && (size_t)n < sizeof expect);
        open_bench(&b, NULL, "{\"instruction\":\"i\",\"files\":{\"f\":\"1\\n\"}}", expect);
        (void)shell(&b, "ln -s f link");
        struct tare_outcome o = outcome(&b);
        if (o.reward < t[i].score || o.reward > t[i].score)
            fail_msg("%s: %g, not %g: %.*s", t[i].check, o.reward, t[i].score, TARE_FMT(o.detail));
        if (tare_str_find(tare_str_of(t[i].check), TARE_S("forged")) != SIZE_MAX)
            assert_holds(o.detail, "\"forged\":true");
        close_bench(&b);
    }
}

/* Code under test that runs inside a check's own process cannot end it well for itself. */
static void code_under_test_cannot_forge(void **state)
{
    struct bench b;
    (void)state;
    open_bench(
        &b, NULL, "{\"instruction\":\"i\"}",
        "{\"checks\":[{\"run\":\"python3 -I /tests/c.py\",\"graded\":true},{\"run\":\"python3 "
        "/work/m.py\",\"stdout\":\"42\"}],\"files\":{\"c.py\":\"import json,sys,subprocess\\n"
        "a=json.loads(sys.stdin.readline())\\nr=subprocess.run([sys.executable,'/work/m.py'],"
        "capture_output=True,text=True)\\njson.dump({'tag':a['tag'],'score':float(r.stdout=='42\\\\"
        "n')},open(a['result'],'w'))\\n\"}}");
    (void)shell(&b, "cat >m.py <<'E'\nimport os\n"
                    "for p in ('/result/score.json', '/tests/c.py', '/work/m.py'):\n"
                    "    try: open(p, 'w').write('{\"tag\": \"\", \"score\": 1}')\n"
                    "    except OSError: pass\n"
                    "os._exit(0)\nE\nprintf '#!/bin/sh\\nexit 0\\n' >python3; chmod +x python3\n"
                    "echo 'import os; os._exit(0)' >sitecustomize.py; cp sitecustomize.py json.py");
    assert_true(outcome(&b).reward == 0);
    close_bench(&b);
}

static void nothing_stays(void **state)
{
    struct bench b;
    struct tare_err err = {0};
    (void)state;
    open_bench(&b, NULL, "{\"instruction\":\"i\"}", "{\"checks\":[{\"run\":\"true\"}]}");
    (void)shell(&b, "mkdir -p a/b; chmod 0 a/b; echo x >y; chmod 0 y");
    assert_true(outcome(&b).reward == 1);
    /* the second episode begins with an empty folder */
    assert_int_equal(tare_world_workspace.reset(b.w, &b.task, &b.rng, &b.obs, &err), TARE_OK);
    assert_text(shell(&b, "ls -A")->out, "");
    close_bench(&b);
}

static void tasks_are_refused(void **state)
{
    static const char *const t[][2] = {
        {"\"text\"", "{}"},
        {"{}", "{\"checks\":[]}"},
        {"{\"instruction\":\"i\"}", "{\"checks\":[]}"},
        {"{\"instruction\":\"i\"}", "{\"checks\":[{}]}"},
        {"{\"instruction\":\"i\"}", "{\"checks\":[{\"run\":\"a\",\"file\":\"b\"}]}"},
        {"{\"instruction\":\"i\"}", "{\"checks\":[{\"file\":\"b\"}]}"},
        {"{\"instruction\":\"i\"}", "{\"checks\":[{\"file\":\"../b\",\"text\":\"\"}]}"},
        {"{\"instruction\":\"i\"}", "{\"checks\":[{\"same\":\"b\"}]}"},
        {"{\"instruction\":\"i\"}",
         "{\"checks\":[{\"run\":\"a\",\"stdout\":\"\",\"graded\":true}]}"},
        {"{\"instruction\":\"i\"}",
         "{\"checks\":[{\"graded\":true,\"file\":\"a\",\"text\":\"\"}]}"},
        {"{\"instruction\":\"i\"}", "{\"checks\":[{\"run\":\"a\\u0000b\"}]}"},
        {"{\"instruction\":\"i\",\"files\":{\"/a\":\"\"}}", "{\"checks\":[{\"run\":\"a\"}]}"},
        {"{\"instruction\":\"i\",\"files\":{\"a//b\":\"\"}}", "{\"checks\":[{\"run\":\"a\"}]}"},
        {"{\"instruction\":\"i\",\"files\":{\"a\":1}}", "{\"checks\":[{\"run\":\"a\"}]}"},
        {"{\"instruction\":\"i\",\"files\":{\"a\":{}}}", "{\"checks\":[{\"run\":\"a\"}]}"},
        {"{\"instruction\":\"i\"}", "{\"checks\":[{\"run\":\"a\"}],\"keep\":[\".\"]}"},
        {"{\"instruction\":\"i\",\"file\":{}}", "{\"checks\":[{\"run\":\"a\"}]}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct bench b = {.w = NULL};
        struct tare_err err = {0};
        struct tare_json none = {NULL, 0};
        tare_arena_init(&b.arena, NULL, TARE_MIB);
        struct tare_task task = {.input = parsed(&b, t[i][0]), .expect = parsed(&b, t[i][1])};
        if (tare_task_source_workspace.check(&task, none, &b.arena, &err) != TARE_E_INPUT)
            fail_msg("taken: %s %s", t[i][0], t[i][1]);
        tare_arena_free(&b.arena);
    }
}

static void slots_differ(void **state)
{
    struct tare_err err = {0};
    uint32_t slot[3];
    int hold[3];
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(tare_box_slot_take(&slot[i], &hold[i], &err), TARE_OK);
    assert_true(slot[0] != slot[1] && slot[1] != slot[2] && slot[0] != slot[2]);
    for (int i = 0; i < 3; i++)
        tare_box_slot_drop(hold[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shell_sees_folder_and_setup),
        cmocka_unit_test(editor_views_and_changes),
        cmocka_unit_test(editor_refuses),
        cmocka_unit_test(limits_end_a_call),
        cmocka_unit_test(facts_tell_what_changed),
        cmocka_unit_test(checks_score),
        cmocka_unit_test(code_under_test_cannot_forge),
        cmocka_unit_test(nothing_stays),
        cmocka_unit_test(tasks_are_refused),
        cmocka_unit_test(slots_differ),
    };
    return cmocka_run_group_tests_name("world/workspace", tests, NULL, NULL);
}
