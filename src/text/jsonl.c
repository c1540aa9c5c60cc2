#include "text/jsonl.h"

#include "base/limits.h"

#include "base/banned.h"

void tare_jsonl_begin(struct tare_jsonl *j, struct tare_str text,
                      const struct tare_json_policy *policy)
{
    *j = (struct tare_jsonl){.text = text, .policy = policy};
}

bool tare_jsonl_is_blank(struct tare_str line)
{
    return tare_str_trim(line).n == 0;
}

enum tare_status tare_jsonl_line(struct tare_str line, uint64_t line_no, size_t line_offset,
                                 const struct tare_json_policy *policy, struct tare_arena *arena,
                                 struct tare_json *out, struct tare_err *err)
{
    struct tare_json_policy p = policy ? *policy : tare_json_strict;
    p.max_bytes = p.max_bytes ? p.max_bytes : TARE_MAX_JSONL_LINE_BYTES;
    enum tare_status status = tare_json_parse(line, &p, arena, out, err);
    if (status != TARE_OK && err && err->has_offset) {
        err->offset += line_offset;
        err->line = (uint32_t)(line_no < UINT32_MAX ? line_no : UINT32_MAX);
    }
    return status;
}

/* The next line without its line break; false at the end. */
static bool next_line(struct tare_jsonl *j, struct tare_str *line, bool *ended)
{
    if (j->at >= j->text.n)
        return false;
    const char *start = j->text.p + j->at;
    const char *stop = memchr(start, '\n', j->text.n - j->at);
    *ended = stop != NULL;
    *line = tare_str_n(start, stop ? (size_t)(stop - start) : j->text.n - j->at);
    j->line_offset = j->at;
    j->line_no++;
    j->at += line->n + *ended;
    return true;
}

bool tare_jsonl_next(struct tare_jsonl *j, struct tare_arena *arena, struct tare_json *out,
                     enum tare_status *status, struct tare_err *err)
{
    struct tare_str line;
    bool ended = true;
    *status = TARE_OK;
    do {
        if (!next_line(j, &line, &ended))
            return false;
    } while (tare_jsonl_is_blank(line));
    *status = tare_jsonl_line(line, j->line_no, j->line_offset, j->policy, arena, out, err);
    if (*status == TARE_OK)
        return true;
    j->torn = !ended && *status == TARE_E_INPUT;
    if (j->torn && j->drop_torn)
        *status = TARE_OK;
    else if (j->torn)
        tare_err_hint(err, "the last line has no line break: its writer was interrupted; "
                           "remove the line or write it again");
    return false;
}
