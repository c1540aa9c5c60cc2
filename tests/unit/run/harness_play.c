#include "harness_play.h"

const struct script plain = {.acts = {QUERY, REPORT}};

int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct tare_buf lines;
    struct tare_err err = {0};
    struct tare_json how, none = {NULL, 0};
    assert_non_null(f);
    tare_arena_init(&f->arena, NULL, TARE_ARENA_LOAD_BYTES);
    tare_arena_init(&f->attempt, NULL, TARE_ARENA_ATTEMPT_BYTES);
    tare_buf_init(&lines, NULL, TARE_MAX_TASKS_FILE_BYTES);
    assert_int_equal(tare_json_parse(TARE_S("{\"count\":2,\"seed\":7,\"tier\":\"standard\"}"), NULL,
                                     &f->arena, &how, &err),
                     TARE_OK);
    if (tare_task_source_soc.make(how, none, &f->arena, &lines, &err) != TARE_OK)
        fail_msg("%s", err.text);
    struct tare_str text = tare_arena_copy(&f->arena, tare_buf_str(&lines));
    tare_buf_free(&lines);
    struct tare_task *tasks;
    assert_int_equal(tare_suite_tasks(text, TARE_S("made"), &f->arena, &tasks, &f->n_tasks, &err),
                     TARE_OK);
    f->tasks = tasks;
    assert_int_equal(tare_world_soc.open(none, NULL, &f->arena, &f->w, &err), TARE_OK);
    f->world = &tare_world_soc;
    f->solver = &tare_solver_model;
    *state = f;
    return 0;
}

int teardown(void **state)
{
    struct fixture *f = *state;
    f->world->close(f->w);
    tare_buf_free(&f->record.steps);
    tare_buf_free(&f->record.outline);
    tare_arena_free(&f->attempt);
    tare_arena_free(&f->arena);
    free(f);
    return 0;
}

void talk_in(struct fixture *f, const char *config, const char *tasks)
{
    struct tare_err err = {0};
    struct tare_json root;
    struct tare_task *list;
    f->world->close(f->w);
    f->world = &tare_world_prompt;
    f->solver = &tare_solver_talk;
    assert_int_equal(tare_json_parse(tare_str_of(config), NULL, &f->arena, &root, &err), TARE_OK);
    if (f->world->open(root, NULL, &f->arena, &f->w, &err) != TARE_OK)
        fail_msg("%s", err.text);
    if (tare_suite_tasks(tare_str_of(tasks), TARE_S("made"), &f->arena, &list, &f->n_tasks, &err) !=
        TARE_OK)
        fail_msg("%s", err.text);
    f->tasks = list;
}

static void put_calls(struct tare_json_writer *w, const char *entry)
{
    int n = 0;
    for (const char *p = entry; p && strncmp(p, "call ", 5) == 0; n++) {
        const char *name = p + 5, *end = strchr(p, '\n'), *space = strchr(name, ' ');
        size_t len = end ? (size_t)(end - p) : strlen(p);
        char id[16];
        (void)snprintf(id, sizeof id, "c%d", n);
        tare_json_begin_object(w);
        tare_json_member_cstr(w, "id", id);
        tare_json_member_str(w, "name", tare_str_n(name, (size_t)(space - name)));
        tare_json_member_str(w, "arguments", tare_str_n(space + 1, (size_t)(p + len - space - 1)));
        tare_json_end_object(w);
        p = end ? end + 1 : NULL;
    }
}

static struct tare_str answer(struct fixture *f, const char *entry, const double *logprob)
{
    struct tare_buf b;
    struct tare_json_writer w;
    bool calls = strncmp(entry, "call ", 5) == 0;
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_json_writer_init(&w, &b);
    tare_json_begin_object(&w);
    tare_json_member_cstr(&w, "schema", "tare.reply/1");
    tare_json_member_bool(&w, "ok", true);
    tare_json_put_key(&w, "message");
    tare_json_begin_object(&w);
    tare_json_member_cstr(&w, "content", calls ? NULL : entry);
    tare_json_put_key(&w, "tool_calls");
    tare_json_begin_array(&w);
    put_calls(&w, entry);
    tare_json_end_array(&w);
    tare_json_end_object(&w);
    tare_json_member_cstr(&w, "finish", calls ? "tool_calls" : "stop");
    tare_json_put_key(&w, "usage");
    tare_json_put_raw(&w, TARE_S("{\"input\":10,\"cached\":4,\"output\":5,\"reasoning\":0}"));
    if (logprob) {
        tare_json_put_key(&w, "logprobs");
        tare_json_begin_array(&w);
        tare_json_begin_object(&w);
        tare_json_member_cstr(&w, "token", "x");
        tare_json_member_f64(&w, "logprob", *logprob);
        tare_json_end_object(&w);
        tare_json_end_array(&w);
    }
    tare_json_member_cstr(&w, "model", "scripted");
    tare_json_member_u64(&w, "tries", 1);
    tare_json_member_u64(&w, "ms", 3 + f->n_asked);
    tare_json_end_object(&w);
    struct tare_str out = tare_arena_copy(&f->arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return out;
}

const struct tare_attempt *play(struct fixture *f, const char *harness, const struct script *k)
{
    struct tare_err err = {0};
    struct tare_json config;
    void *shared;
    uint32_t acts = 0;
    tare_arena_reset(&f->attempt);
    f->n_asked = 0;
    assert_int_equal(tare_json_parse(tare_str_of(harness), NULL, &f->arena, &config, &err),
                     TARE_OK);
    if (f->solver->open(config, &f->arena, &shared, &err) != TARE_OK)
        fail_msg("%s", err.text);
    struct tare_play_setup setup = {.world = f->world,
                                    .w = f->w,
                                    .solver = f->solver,
                                    .shared = shared,
                                    .seed = 5,
                                    .record = true};
    tare_play_start(&f->play, &setup, &f->tasks[0], 0, 0, &f->attempt);
    while (f->play.state == TARE_PLAY_REQUEST && f->n_asked < MAX_ASKED) {
        struct tare_str body = tare_arena_copy(&f->arena, f->play.yield.request.body);
        struct tare_json q;
        assert_int_equal(tare_json_parse(body, NULL, &f->arena, &q, &err), TARE_OK);
        f->asked[f->n_asked] = q;
        f->endpoint[f->n_asked++] = tare_arena_copy(&f->arena, f->play.yield.request.endpoint);
        struct tare_json purpose = tare_json_get(q, "purpose");
        const char *entry = tare_json_str_is(purpose, "verify")      ? k->verify
                            : tare_json_str_is(purpose, "summarise") ? k->summary
                                                                     : k->acts[acts];
        const double *lp = k->logprobs ? &k->logprobs[acts] : NULL;
        if (tare_json_str_is(purpose, "act") && k->acts[acts + 1])
            acts++;
        struct tare_event e = {.kind = TARE_EVENT_REPLY, .body = answer(f, entry, lp)};
        tare_play_event(&f->play, &e, TARE_CAUSE_NONE);
    }
    assert_int_equal(f->play.state, TARE_PLAY_FINISHED);
    const struct tare_attempt *a = &f->play.attempt;
    if (a->status != TARE_ATTEMPT_MISSING) {
        struct tare_json detail;
        if (tare_json_parse(a->detail, NULL, &f->arena, &detail, &err) != TARE_OK)
            fail_msg("%s: %.*s", err.text, TARE_FMT(a->detail));
        f->harness = tare_json_get(detail, "harness");
    }
    tare_buf_free(&f->record.steps);
    tare_buf_free(&f->record.outline);
    f->record = tare_play_take(&f->play);
    tare_play_end(&f->play);
    return a;
}

int64_t counter(const struct fixture *f, const char *key)
{
    int64_t n = 0;
    (void)tare_json_i64(tare_json_get(tare_json_get(f->harness, "switches"), key), &n);
    return n;
}

int64_t total(const struct fixture *f, const char *key)
{
    int64_t n = -1;
    assert_true(tare_json_i64(tare_json_get(f->harness, key), &n));
    return n;
}

void stopped(const struct fixture *f, const char *why)
{
    struct tare_str got = tare_json_str(tare_json_get(f->harness, "stop"));
    if (!tare_str_is(got, why))
        fail_msg("stopped by %.*s, not %s", TARE_FMT(got), why);
}

struct tare_str asked(const struct fixture *f, uint32_t i)
{
    assert_true(i < f->n_asked);
    return tare_json_lexeme(f->asked[i]);
}

bool asked_for(const struct fixture *f, uint32_t i, const char *text)
{
    return tare_str_find(asked(f, i), tare_str_of(text)) != SIZE_MAX;
}
