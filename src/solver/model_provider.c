/* Who serves models, and what newcomers expect of their variables. Data table; source: the interop
 * sheet, sections 5 and 16. */
#include "solver/model_int.h"
#include "text/fields.h"

#include "base/banned.h"

static const struct tare__provider providers[] = {
    {"openai", "OPENAI_BASE_URL", "https://api.openai.com/v1", "OPENAI_API_KEY", true,
     TARE_WIRE_CHAT, ""},
    {"anthropic", "ANTHROPIC_BASE_URL", "https://api.anthropic.com/v1", "ANTHROPIC_API_KEY", true,
     TARE_WIRE_MESSAGES, "2023-06-01"},
    {"azure", "AZUREAI_BASE_URL", "", "AZUREAI_API_KEY", true, TARE_WIRE_AZURE, "2024-10-21"},
    {"openrouter", "OPENROUTER_BASE_URL", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY",
     true, TARE_WIRE_CHAT, ""},
    {"groq", "GROQ_BASE_URL", "https://api.groq.com/openai/v1", "GROQ_API_KEY", true,
     TARE_WIRE_CHAT, ""},
    {"mistral", "MISTRAL_BASE_URL", "https://api.mistral.ai/v1", "MISTRAL_API_KEY", true,
     TARE_WIRE_CHAT, ""},
    {"together", "TOGETHER_BASE_URL", "https://api.together.xyz/v1", "TOGETHER_API_KEY", true,
     TARE_WIRE_CHAT, ""},
    {"fireworks", "FIREWORKS_BASE_URL", "https://api.fireworks.ai/inference/v1",
     "FIREWORKS_API_KEY", true, TARE_WIRE_CHAT, ""},
    {"deepseek", "DEEPSEEK_BASE_URL", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY", true,
     TARE_WIRE_CHAT, ""},
    {"xai", "XAI_BASE_URL", "https://api.x.ai/v1", "XAI_API_KEY", true, TARE_WIRE_CHAT, ""},
    {"perplexity", "PERPLEXITY_BASE_URL", "https://api.perplexity.ai", "PERPLEXITY_API_KEY", true,
     TARE_WIRE_CHAT, ""},
    {"google", "GOOGLE_BASE_URL", "https://generativelanguage.googleapis.com/v1beta/openai",
     "GOOGLE_API_KEY", true, TARE_WIRE_CHAT, ""},
    {"sambanova", "SAMBANOVA_BASE_URL", "https://api.sambanova.ai/v1", "SAMBANOVA_API_KEY", true,
     TARE_WIRE_CHAT, ""},
    {"moonshot", "MOONSHOT_BASE_URL", "https://api.moonshot.ai/v1", "MOONSHOT_API_KEY", true,
     TARE_WIRE_CHAT, ""},
    {"vllm", "VLLM_BASE_URL", "http://localhost:8000/v1", "VLLM_API_KEY", false, TARE_WIRE_CHAT,
     ""},
    {"sglang", "SGLANG_BASE_URL", "http://localhost:30000/v1", "SGLANG_API_KEY", false,
     TARE_WIRE_CHAT, ""},
    {"llamacpp", "LLAMACPP_BASE_URL", "http://localhost:8080/v1", "LLAMACPP_API_KEY", false,
     TARE_WIRE_CHAT, ""},
    {"ollama", "OLLAMA_BASE_URL", "http://localhost:11434/v1", "OLLAMA_API_KEY", false,
     TARE_WIRE_CHAT, ""},
    {"lmstudio", "LMSTUDIO_BASE_URL", "http://localhost:1234/v1", "LMSTUDIO_API_KEY", false,
     TARE_WIRE_CHAT, ""},
    /* An address in the file: no key goes there unless key_env or key_file names one. */
    {"custom", NULL, "", NULL, false, TARE_WIRE_CHAT, ""},
};
#define N_PROVIDERS (sizeof providers / sizeof *providers)

static const struct {
    const char *alias, *name;
} aliases[] = {
    {"azureai", "azure"},      {"azure-openai", "azure"},  {"llama.cpp", "llamacpp"},
    {"llama-cpp", "llamacpp"}, {"lm-studio", "lmstudio"},  {"grok", "xai"},
    {"openai-chat", "openai"}, {"claude", "anthropic"},    {"gemini", "google"},
    {"mistralai", "mistral"},  {"togetherai", "together"},
};

const struct tare__provider *tare__provider_find(struct tare_str name)
{
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (tare_str_is(name, aliases[i].alias))
            name = tare_str_of(aliases[i].name);
    for (size_t i = 0; i < N_PROVIDERS; i++)
        if (tare_str_is(name, providers[i].name))
            return &providers[i];
    return NULL;
}

enum tare_status tare__provider_unknown(struct tare_str name, struct tare_err *err)
{
    const char *names[N_PROVIDERS + 1];
    for (size_t i = 0; i < N_PROVIDERS; i++)
        names[i] = providers[i].name;
    names[N_PROVIDERS] = NULL;
    const char *near = tare_suggest(name, names);
    enum tare_status st =
        tare_fail(err, TARE_E_USAGE, "no provider of models is called '%.*s'", TARE_FMT(name));
    if (near)
        tare_err_hint(err, "did you mean %s?", near);
    else
        tare_err_hint(err, "known are openai, anthropic, azure, openrouter, vllm, ollama, llamacpp "
                           "and others (docs/concepts/models.md); any server: "
                           "http://HOST:PORT/v1#NAME");
    return st;
}
