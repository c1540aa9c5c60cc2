#include "record/family.h"

#include "base/banned.h"

static bool holds(struct tare_str text, const char *word)
{
    size_t n = strlen(word);
    for (size_t at = 0; at + n <= text.n; at++) {
        size_t i = 0;
        while (i < n && (text.p[at + i] | 0x20) == word[i])
            i++;
        if (i == n)
            return true;
    }
    return false;
}

struct tare_str tare_model_family(struct tare_str model)
{
    static const struct {
        const char *word, *family;
    } table[] = {
        {"claude", "claude"},     {"gpt", "gpt"},         {"qwen", "qwen"},     {"llama", "llama"},
        {"mixtral", "mistral"},   {"mistral", "mistral"}, {"gemini", "gemini"}, {"gemma", "gemma"},
        {"deepseek", "deepseek"}, {"grok", "grok"},       {"phi-", "phi"},      {"kimi", "kimi"},
        {"glm", "glm"},           {"command", "command"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (holds(model, table[i].word))
            return tare_str_of(table[i].family);
    return (struct tare_str){NULL, 0};
}
