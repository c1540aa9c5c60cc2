/* Answers of a model to the harness, and results of a world: whatever they are, each request is a
 * JSON document, each action too, and the attempt ends. The first byte chooses the switches, and
 * whether the world talks; each line after it is an answer (beginning with '!': arguments of a
 * call; else text), and the result of the action that follows from it is the line itself. */
#include "fuzz.h"
#include "record/task.h"
#include "solver/harness.h"
#include "solver/model_reply.h"

#define TURNS 64

static const char *const switches[] = {
    "{}",
    "{\"tools\":{\"transport\":\"prompt\"},\"context\":{\"budget_tokens\":600,\"recite\":\"both\"}"
    "}",
    "{\"tool_mode\":\"strict\",\"anchor\":\"decision\",\"verify\":\"self\",\"loop_guard\":"
    "\"break\"}",
    "{\"context\":{\"budget_tokens\":500,\"keep_last\":0,\"result_cap_bytes\":200}}",
    "{\"best_of\":3,\"select\":\"vote\",\"memory\":\"files\",\"subtasks\":3}",
    "{\"context\":{\"memory_mode\":\"stateless\",\"errors\":\"drop\"},\"verify\":\"checks\"}",
};

/* Where the world talks; every second one asks for JSON that holds to a schema. */
static const char *const talks[] = {
    "{\"harness\":{\"best_of\":2,\"select\":\"vote\",\"verify\":\"checks\"}}",
    "{\"harness\":{\"verify\":\"self\",\"retry\":{\"parse\":2}}}",
    ("{\"harness\":{\"anchor\":\"decision\",\"context\":{\"budget_tokens\":600,\"keep_last\":1,"
     "\"recite\":\"rules\"}},\"talk\":{\"prompt\":\"{{ input }}\",\"lenient\":true}}"),
    "{\"harness\":{\"best_of\":3,\"anchor\":\"every\",\"rules\":\"r\"}}",
};
static const char schema[] = "{\"type\":\"object\",\"required\":[\"a\"],\"properties\":{\"a\":{"
                             "\"type\":\"array\",\"uniqueItems\":true}}}";

static const struct tare_tool tools[] = {
    {TARE_S("look"), TARE_S("look"),
     TARE_S("{\"type\":\"object\",\"properties\":{\"at\":{\"type\":\"string\"}}}"), false},
    {TARE_S("act"), TARE_S("act"), TARE_S("{\"type\":\"object\",\"required\":[\"on\"]}"), true},
};

static bool is_json(struct tare_str text, struct tare_arena *arena)
{
    struct tare_json v;
    return tare_json_parse(text, &tare_json_strict, arena, &v, NULL) == TARE_OK;
}

static struct tare_str answer(struct tare_str line, struct tare_arena *arena)
{
    struct tare_reply_call call = {.id = TARE_S("c"), .name = TARE_S("look")};
    struct tare_model_reply r = {.finish = TARE_FINISH_STOP, .tries = 1, .ttft_ms = -1};
    struct tare_buf b;
    struct tare_json_writer w;
    if (line.n && line.p[0] == '!') {
        call.arguments = tare_str_n(line.p + 1, line.n - 1);
        call.name = line.n % 3 ? call.name : TARE_S("act");
        r.calls = &call;
        r.n_calls = 1;
    } else {
        r.content = line;
    }
    tare_buf_init(&b, NULL, TARE_GIB);
    tare_json_writer_init(&w, &b);
    tare_model_reply_write(&r, &w);
    struct tare_str s = tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return s;
}

static struct tare_str next_line(struct tare_str *text)
{
    size_t n = tare_str_find(*text, TARE_S("\n"));
    struct tare_str line = tare_str_n(text->p, n == SIZE_MAX ? text->n : n);
    size_t used = n == SIZE_MAX ? text->n : n + 1;
    *text = tare_str_n(text->p + used, text->n - used);
    return line;
}

static void play(const struct tare_solver_ops *o, struct tare_str text, struct tare_json config,
                 bool asks_json, struct tare_arena *arena)
{
    struct tare_arena turn;
    struct tare_err err = {0};
    struct tare_task task = {0};
    struct tare_rng rng;
    void *shared, *state = tare_arena_alloc(arena, o->state_bytes);
    struct tare_scene scene = {
        .world = TARE_S("w"), .brief = TARE_S("rules"), .tools = tools, .n_tools = 2};
    if (o == &tare_solver_talk)
        scene = (struct tare_scene){.world = TARE_S("w"),
                                    .talks = true,
                                    .brief = TARE_S("rules"),
                                    .answer_schema = asks_json ? tare_str_of(schema) : TARE_S("")};
    struct tare_obs obs = {0};
    struct tare_str line = TARE_S("{}");
    tare_rng_init(&rng, 1, TARE_S("x"), 0);
    fuzz_must(state && o->open(config, arena, &shared, &err) == TARE_OK);
    fuzz_must(o->start(shared, state, &task, &rng, arena, &err) == TARE_OK);
    tare_arena_init(&turn, NULL, TARE_ARENA_ATTEMPT_BYTES);
    struct tare_event e = {.kind = TARE_EVENT_OBS, .obs = &obs, .scene = &scene, .body = line};
    for (int i = 0; i < TURNS; i++) {
        struct tare_yield y = {0};
        tare_arena_reset(&turn);
        if (o->next(shared, state, &e, &rng, &turn, &y, &err) != TARE_OK ||
            y.kind == TARE_YIELD_DONE)
            break;
        if (y.kind == TARE_YIELD_REQUEST) {
            fuzz_must(is_json(y.request.body, arena));
            line = next_line(&text);
            e = (struct tare_event){.kind = TARE_EVENT_REPLY, .body = answer(line, arena)};
        } else {
            fuzz_must(y.kind == TARE_YIELD_ACT && is_json(y.json, arena));
            obs.step++;
            obs.failed = line.n % 2;
            e = (struct tare_event){
                .kind = TARE_EVENT_OBS, .obs = &obs, .scene = &scene, .body = line};
        }
    }
    struct tare_buf b;
    struct tare_json_writer w;
    tare_buf_init(&b, NULL, TARE_GIB);
    tare_json_writer_init(&w, &b);
    o->account(shared, state, &w);
    fuzz_must(is_json(tare_buf_str(&b), arena));
    tare_buf_free(&b);
    o->stop(shared, state);
    tare_arena_free(&turn);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct tare_arena arena;
    struct tare_json config;
    if (n < 1)
        return 0;
    tare_arena_init(&arena, NULL, TARE_GIB);
    size_t all = sizeof switches / sizeof *switches, which = data[0] & 0x7f;
    bool talk = data[0] & 0x80;
    which %= talk ? sizeof talks / sizeof *talks : all;
    const char *how = talk ? talks[which] : switches[which];
    fuzz_must(tare_json_parse(tare_str_of(how), NULL, &arena, &config, NULL) == TARE_OK);
    play(talk ? &tare_solver_talk : &tare_solver_model, tare_str_n((const char *)data + 1, n - 1),
         config, which % 2, &arena);
    tare_arena_free(&arena);
    return 0;
}
