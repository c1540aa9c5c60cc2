/* The dialects, one row each. */
#include "text/calls_int.h"

#include "base/banned.h"

#define THINK .think = "<think>", .think_end = "</think>"
#define COHERE_THINK .think = "<|START_THINKING|>", .think_end = "<|END_THINKING|>"
#define NAMED .name_key = "name", .args_key = "arguments"
#define LLAMA .name_key = "name", .args_key = "parameters"
#define DS_OPEN "<｜tool▁calls▁begin｜>"
#define DS_CLOSE "<｜tool▁calls▁end｜>"
#define DS_CALL "<｜tool▁call▁begin｜>"
#define DS_SEP "<｜tool▁sep｜>"
#define DS_END "<｜tool▁call▁end｜>"
#define DSML(x) "<｜DSML｜" x
#define DSML_END(x) "</｜DSML｜" x
#define M3 "]<]minimax[>["
#define COHERE_TEXT "<|START_RESPONSE|>", "<|END_RESPONSE|>", "<|START_TEXT|>", "<|END_TEXT|>"

/* clang-format off */
const struct tare__calls_spec tare__calls_table[] = {
    {"hermes", tare__calls_json, 0, "<tool_call>", "</tool_call>", NAMED, THINK},
    {"exaone4", tare__calls_json, TARE__NOT_AUTO, "<tool_call>", "</tool_call>", NAMED, THINK},
    {"qwen3_coder", tare__calls_tags, TARE__NEWLINES, "<tool_call>", "</tool_call>",
     "<function=", "</function>", ">", "<parameter=", "</parameter>", THINK},
    {"seed_oss", tare__calls_tags, 0, "<seed:tool_call>", "</seed:tool_call>",
     "<function=", "</function>", ">", "<parameter=", "</parameter>",
     .think = "<seed:think>", .think_end = "</seed:think>"},
    {"llama3_json", tare__calls_json, TARE__BARE | TARE__MANY, "<|python_tag|>", NULL,
     LLAMA, .delimiters = {"<|eom_id|>", "<|eot_id|>"}},
    {"llama_builtin", tare__calls_builtin, 0, "<|python_tag|>", NULL,
     .delimiters = {"<|eom_id|>", "<|eot_id|>"}, .alike = {"llama3_json"}},
    {"llama_function_tag", tare__calls_head, 0, NULL, NULL, "<function=", "</function>", ">",
     .delimiters = {"<|eom_id|>", "<|eot_id|>"}},
    {"pythonic", tare__calls_python, TARE__BARE, "<|python_start|>", "<|python_end|>",
     .delimiters = {"<|eom_id|>", "<|eot_id|>"}},
    {"olmo3", tare__calls_python, TARE__LINES, "<function_calls>", "</function_calls>", THINK},
    {"lfm2", tare__calls_python, 0, "<|tool_call_start|>", "<|tool_call_end|>", NAMED, THINK},
    {"mistral_v3", tare__calls_json, TARE__LIST, "[TOOL_CALLS]", NULL, NAMED},
    {"mistral_v11", tare__calls_head, 0, NULL, NULL, "[TOOL_CALLS]", NULL, "[ARGS]",
     .think = "[THINK]", .think_end = "[/THINK]"},
    {"deepseek_v3", tare__calls_head, TARE__FENCED, DS_OPEN, DS_CLOSE, DS_CALL, DS_END, DS_SEP,
     THINK},
    {"deepseek_v31", tare__calls_head, 0, DS_OPEN, DS_CLOSE, DS_CALL, DS_END, DS_SEP, THINK},
    {"deepseek_v32", tare__calls_tags, TARE__INTERLEAVED, DSML("function_calls>"), DSML_END("function_calls>"),
     DSML("invoke"), DSML_END("invoke>"), ">", DSML("parameter"), DSML_END("parameter>"),
     "name", NULL, "string", THINK, .alike = {"deepseek_v4", "anthropic_xml", "plain tags"},
     .plain = "anthropic_xml"},
    {"deepseek_v4", tare__calls_tags, TARE__INTERLEAVED, DSML("tool_calls>"), DSML_END("tool_calls>"),
     DSML("invoke"), DSML_END("invoke>"), ">", DSML("parameter"), DSML_END("parameter>"),
     "name", NULL, "string", THINK, .alike = {"deepseek_v32", "anthropic_xml", "plain tags"},
     .plain = "plain tags"},
    {"glm45", tare__calls_glm, TARE__INTERLEAVED, "<tool_call>", "</tool_call>", THINK},
    {"glm47", tare__calls_glm, TARE__NOT_AUTO | TARE__INTERLEAVED, "<tool_call>", "</tool_call>", THINK},
    {"kimi_k2", tare__calls_head, TARE__ID_HEAD | TARE__INTERLEAVED, "<|tool_calls_section_begin|>",
     "<|tool_calls_section_end|>", "<|tool_call_begin|>", "<|tool_call_end|>",
     "<|tool_call_argument_begin|>", THINK, .alike = {"kimi_k2 singular"}},
    {"kimi_k3", tare__calls_tags, TARE__INTERLEAVED, "<|open|>tools<|sep|>", "<|close|>tools<|sep|>",
     "<|open|>call", "<|close|>call<|sep|>", "<|sep|>", "<|open|>argument",
     "<|close|>argument<|sep|>", "tool", "key", "type",
     .think = "<|open|>think<|sep|>", .think_end = "<|close|>think<|sep|>",
     .delimiters = {"<|open|>response<|sep|>", "<|close|>response<|sep|>",
                    "<|close|>message<|sep|>"}},
    {"minimax_m2", tare__calls_tags, TARE__INTERLEAVED, "<minimax:tool_call>", "</minimax:tool_call>",
     "<invoke", "</invoke>", ">", "<parameter", "</parameter>", "name", THINK},
    {"minimax_m3", tare__calls_nested, TARE__INTERLEAVED, M3 "<tool_call>", M3 "</tool_call>",
     M3 "<invoke name=\"", M3 "</invoke>", "\">", M3, THINK},
    {"minimax_m1", tare__calls_json, TARE__MANY, "<tool_calls>", "</tool_calls>", NAMED, THINK},
    {"hunyuan_a13b", tare__calls_json, TARE__LIST, "<tool_calls>", "</tool_calls>", NAMED, THINK,
     .delimiters = {"<answer>", "</answer>"}},
    {"nemotron", tare__calls_json, TARE__LIST, "<TOOLCALL>", "</TOOLCALL>", NAMED, THINK},
    {"longcat", tare__calls_json, 0, "<longcat_tool_call>", "</longcat_tool_call>", NAMED,
     .think = "<longcat_think>", .think_end = "</longcat_think>"},
    {.name = "harmony",
     .delimiters = {"<|channel|>", "<|start|>", "<|end|>", "<|return|>", "<|call|>"}},
    {"granite3", tare__calls_json, TARE__LIST, "<|tool_call|>", NULL, NAMED,
     .alike = {"granite3 tags"}},
    {"granite_20b", tare__calls_json, 0, "<function_call>", NULL, NAMED},
    {"phi4_mini", tare__calls_json, TARE__LIST, "<|tool_call|>", "<|/tool_call|>", NAMED},
    {"functools", tare__calls_json, TARE__LIST, "functools", NULL, NAMED},
    {"command_a", tare__calls_json, TARE__LIST, "<|START_ACTION|>", "<|END_ACTION|>",
     .name_key = "tool_name", .args_key = "parameters", COHERE_THINK,
     .delimiters = {COHERE_TEXT}},
    {"command_r_plus", tare__calls_json, TARE__LIST | TARE__FENCED, "Action:", NULL,
     .name_key = "tool_name", .args_key = "parameters"},
    {"cohere_xml", tare__calls_tags, 0, "<cofl:tool_calls>", "</cofl:tool_calls>",
     "<cofl:tool_call", "</cofl:tool_call>", ">", "<cofl:value", "</cofl:value>", "name", NULL,
     "type", COHERE_THINK, .delimiters = {COHERE_TEXT}},
    {"xlam", tare__calls_json, TARE__BARE | TARE__LIST, "[TOOL_CALLS]", NULL, NAMED, THINK,
     .alike = {"hermes"}},
    {"gemma4", tare__calls_gemma, 0, "<|tool_call>", "<tool_call|>", .type_key = "<|\"|>",
     .think = "<|channel>thought\n", .think_end = "<channel|>"},
    {"functiongemma", tare__calls_gemma, TARE__RETYPE, "<start_function_call>",
     "<end_function_call>", .type_key = "<escape>"},
    {"apertus", tare__calls_json, TARE__LIST | TARE__NAME_KEY, "<|tools_prefix|>",
     "<|tools_suffix|>", NAMED},
    {"step3", tare__calls_tags, 0, "<｜tool_calls_begin｜>", "<｜tool_calls_end｜>",
     "<steptml:invoke", "</steptml:invoke>", ">", "<steptml:parameter", "</steptml:parameter>",
     "name", THINK},
    {"internlm2", tare__calls_json, 0, "<|action_start|><|plugin|>", "<|action_end|>", LLAMA},
    {.name = "functionary_v3_2", .family = tare__calls_sections, .open = ">>>"},
    {.name = "react"},
    {"anthropic_xml", tare__calls_tags, TARE__INTERLEAVED, "<function_calls>", "</function_calls>",
     "<invoke", "</invoke>", ">", "<parameter", "</parameter>", "name", NULL, "string",
     .think = "<thinking>", .think_end = "</thinking>", .alike = {"plain tags"}},
    {"plain tags", tare__calls_tags, TARE__NOT_AUTO, "<tool_calls>", "</tool_calls>",
     "<invoke", "</invoke>", ">", "<parameter", "</parameter>", "name", NULL, .type_key = "string"},
    {"kimi_k2 singular", tare__calls_head, TARE__ID_HEAD | TARE__NOT_AUTO,
     "<|tool_call_section_begin|>", "<|tool_call_section_end|>", "<|tool_call_begin|>",
     "<|tool_call_end|>", "<|tool_call_argument_begin|>", THINK},
    {"granite3 tags", tare__calls_json, TARE__LIST | TARE__NOT_AUTO, "<tool_call>", NULL, NAMED},
    {0},
};
/* clang-format on */

/* The rows after anthropic_xml are relatives, not dialects. */
const char *tare_calls_dialect(size_t i)
{
    const size_t n = sizeof tare__calls_table / sizeof tare__calls_table[0] - 4;
    return i < n ? tare__calls_table[i].name : NULL;
}

const char *tare_calls_status_name(enum tare_calls_status s)
{
    static const char *const names[] = {"ok", "repaired", "truncated", "malformed", "no_call"};
    return names[s];
}

const char *tare_calls_repair_name(uint32_t bit)
{
    static const char *const names[TARE_CALLS_REPAIRS] = {
        "R_ARGS_STRING",    "R_COMMENT",          "R_DUP_KEY",       "R_EXTRA_CLOSER",
        "R_FENCE",          "R_HALLUCINATED_OBS", "R_HEADER",        "R_ID_FORM",
        "R_KEY_ALIAS",      "R_MISSING_ARGS",     "R_MISSING_CLOSE", "R_MISSING_CLOSER",
        "R_MISSING_OPEN",   "R_MULTI_PAYLOAD",    "R_NAME_PREFIX",   "R_NAME_TRIM",
        "R_PY_LITERAL",     "R_RAW_CONTROL",      "R_SINGLE_QUOTES", "R_SMART_QUOTES",
        "R_STRING_FLAG",    "R_TRAILING_COMMA",   "R_UNQUOTED_KEY",  "R_WRONG_WRAPPER",
        "R_UNQUOTED_VALUE", "R_COERCE",           "R_IN_THINK"};
    return bit < TARE_CALLS_REPAIRS ? names[bit] : NULL;
}

const char *tare_calls_code_name(enum tare_calls_code c)
{
    static const char *const names[] = {"",          "E_EMPTY",     "E_JSON",           "E_SHAPE",
                                        "E_NO_NAME", "E_TRUNCATED", "E_REASONING_OPEN", "E_HEADER"};
    return names[c];
}

const char *tare_calls_finding_name(enum tare_calls_finding_code c)
{
    static const char *const names[] = {"",          "V_UNKNOWN_TOOL", "V_MISSING", "V_TYPE",
                                        "V_ENUM",    "V_RANGE",        "V_EXTRA",   "V_COMBINATOR",
                                        "V_PATTERN", "V_FORMAT"};
    return names[c];
}
