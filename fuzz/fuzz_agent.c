/* Whatever an agent says is an action, an end, or wrong with a reason; an action is one JSON
 * object with the name of a tool that is there. */
#include "fuzz.h"
#include "solver/command_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct tare_tool tools[] = {{.name = {"look", 4}}, {.name = {"act", 3}}};
    const struct tare_scene scene = {.tools = tools, .n_tools = 2};
    struct tare_arena arena;
    struct tare_err err = {0};
    enum tare_agent_says says;
    struct tare_str text;
    struct tare_json v;
    tare_arena_init(&arena, NULL, TARE_GIB);
    fuzz_must(tare_agent_read(fuzz_text(data, size), &scene, &arena, &says, &text, &err) ==
              TARE_OK);
    if (says == TARE_AGENT_ACT) {
        fuzz_must(tare_json_parse(text, &tare_json_strict, &arena, &v, &err) == TARE_OK);
        fuzz_must(tare_json_kind(tare_json_get(v, "params")) == TARE_JSON_OBJECT);
        fuzz_must(tare_json_str_is(tare_json_get(v, "action_type"), "look") ||
                  tare_json_str_is(tare_json_get(v, "action_type"), "act") ||
                  tare_json_str_is(tare_json_get(v, "action_type"), "answer"));
    } else if (says == TARE_AGENT_WRONG) {
        struct tare_str line = tare_agent_error(text, &arena);
        fuzz_must(text.n && line.n && memchr(line.p, '\n', line.n) == line.p + line.n - 1);
    }
    tare_arena_free(&arena);
    return 0;
}
