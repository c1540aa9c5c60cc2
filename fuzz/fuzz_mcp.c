/* Whatever comes is answered by at most one line, which is JSON-RPC; only a tool that is there is
 * ever called. */
#include "fuzz.h"
#include "serve/mcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_arena arena;
    struct tare_buf out;
    struct tare_err err = {0};
    struct tare_json v;
    struct tare_mcp m = {.initialized = size && data[0] != '['};
    struct tare_mcp_call call;
    tare_arena_init(&arena, NULL, TARE_GIB);
    tare_buf_init(&out, NULL, TARE_GIB);
    fuzz_must(
        tare_json_parse(TARE_S("{\"brief\":\"b\",\"talks\":false,\"tools\":[{\"name\":\"look\","
                               "\"description\":\"d\",\"parameters\":{}}],\"observation\":1}"),
                        &tare_json_strict, &arena, &m.scene, &err) == TARE_OK);
    fuzz_must(tare_mcp_message(&m, fuzz_text(data, size), &arena, &out, &call, &err) == TARE_OK);
    if (call.action.p) {
        fuzz_must(out.n == 0);
        fuzz_must(tare_str_find(call.action, TARE_S("{\"action_type\":\"look\"")) == 0);
        tare_mcp_played(&call, TARE_S("{}"), false, &out);
    }
    if (out.n) {
        fuzz_must(memchr(out.p, '\n', out.n) == out.p + out.n - 1);
        fuzz_must(tare_json_parse(tare_buf_str(&out), &tare_json_strict, &arena, &v, &err) ==
                  TARE_OK);
        fuzz_must(tare_json_str_is(tare_json_get(v, "jsonrpc"), "2.0"));
        fuzz_must(tare_json_present(tare_json_get(v, "result")) !=
                  tare_json_present(tare_json_get(v, "error")));
    }
    tare_buf_free(&out);
    tare_arena_free(&arena);
    return 0;
}
