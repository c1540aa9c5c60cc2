/*
 * The tools a model is offered: the world's, and the few of the harness itself (reading again what
 * left the talk, the plan, notes, sub-tasks). The list is made once, so that the prompt's prefix
 * stays what it is.
 */
#include "solver/harness_int.h"

#include "base/banned.h"

enum { OWN_READ, OWN_PLAN, OWN_NOTE_WRITE, OWN_NOTE_READ, OWN_NOTE_LIST, OWN_SUBTASK, OWN_TOOLS };

#define STRING(about) "{\"type\":\"string\",\"description\":\"" about "\"}"
#define OBJECT(props, required)                                                                    \
    "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[" required                  \
    "],\"properties\":{" props "}}"

static const struct {
    const char *name, *about, *schema;
} own[OWN_TOOLS] = {
    [OWN_READ] = {"read_result",
                  "Read again, word for word, what was cut or left the talk. Takes no step.",
                  OBJECT("\"ref\":" STRING(
                             "its name, such as r3") ",\"from\":{\"type\":\"integer\","
                                                     "\"minimum\":0},\"bytes\":{\"type\":"
                                                     "\"integer\",\"minimum\":1}",
                         "\"ref\"")},
    [OWN_PLAN] = {"update_plan",
                  "Write down your plan: what is done, what is open, what is next. It replaces the "
                  "one before and is shown to you again. Takes no step.",
                  OBJECT("\"plan\":" STRING("the whole plan"), "\"plan\"")},
    [OWN_NOTE_WRITE] = {"write_note", "Keep a text under a name. Takes no step.",
                        OBJECT("\"name\":" STRING("name of the note") ",\"text\":" STRING(
                                   "what it says; replaces what it said"),
                               "\"name\",\"text\"")},
    [OWN_NOTE_READ] = {"read_note", "Read a note of yours. Takes no step.",
                       OBJECT("\"name\":" STRING("name of the note"), "\"name\"")},
    [OWN_NOTE_LIST] = {"list_notes", "List your notes. Takes no step.", OBJECT("", "")},
    [OWN_SUBTASK] = {"subtask",
                     "Have a part of the work done apart: it knows only what you write here, looks "
                     "with the same tools, decides nothing, and answers you in words.",
                     OBJECT("\"goal\":" STRING("what to find out, with all that is needed for it"),
                            "\"goal\"")},
};

static bool is_offered(const struct tare__hs *s, int tool, uint32_t depth)
{
    switch (tool) {
    case OWN_READ:
        return true;
    case OWN_PLAN:
        return depth == 0 &&
               (HS_IS(s, HS_RECITE, HS_RECITE_PLAN) || HS_IS(s, HS_RECITE, HS_RECITE_BOTH) ||
                HS_IS(s, HS_MEMORY_MODE, HS_STATELESS));
    case OWN_NOTE_WRITE:
    case OWN_NOTE_READ:
    case OWN_NOTE_LIST:
        return HS_IS(s, HS_MEMORY, HS_MEMORY_FILES);
    default:
        return depth == 0 && HS_INT(s, HS_SUBTASKS) > 0;
    }
}

int tare__hs_own(const struct tare__hs *s, struct tare_str name)
{
    for (int i = 0; i < OWN_TOOLS; i++)
        if (tare_str_is(name, own[i].name) && is_offered(s, i, s->depth))
            return i;
    return -1;
}

static bool in_set(const struct tare__hs *s, struct tare_str name)
{
    struct tare_json set = s->c->v[HS_TOOLS_SET].json;
    if (!tare_json_present(set))
        return true;
    for (struct tare_json x = tare_json_first(set); tare_json_present(x); x = tare_json_next(x))
        if (tare_str_eq(tare_json_str(x), name))
            return true;
    return false;
}

static void put_tool(struct tare_json_writer *w, struct tare_str name, struct tare_str about,
                     struct tare_str schema)
{
    tare_json_begin_object(w);
    tare_json_member_str(w, "name", name);
    tare_json_member_str(w, "description", about);
    tare_json_put_key(w, "parameters");
    tare_json_put_raw(w, schema);
    tare_json_end_object(w);
}

static enum tare_status list_tools(struct tare__hs *s, const struct tare_scene *scene,
                                   uint32_t depth, struct tare_err *err)
{
    struct tare_buf b;
    struct tare_json_writer w;
    struct tare_json list;
    tare_buf_init(&b, s->arena->alc, 4 * TARE_MIB);
    tare_json_writer_init(&w, &b);
    tare_json_begin_array(&w);
    for (uint32_t i = 0; i < scene->n_tools; i++)
        if (in_set(s, scene->tools[i].name) && (depth == 0 || !scene->tools[i].decides))
            put_tool(&w, scene->tools[i].name, scene->tools[i].about, scene->tools[i].schema);
    for (int i = 0; i < OWN_TOOLS && !s->plain; i++)
        if (is_offered(s, i, depth))
            put_tool(&w, tare_str_of(own[i].name), tare_str_of(own[i].about),
                     tare_str_of(own[i].schema));
    tare_json_end_array(&w);
    s->tools[depth] = tare__hs_keep(s, tare_buf_str(&b));
    s->failed = s->failed || b.failed;
    tare_buf_free(&b);
    if (s->failed)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while listing tools");
    enum tare_status st = tare_json_parse(s->tools[depth], &tare_json_strict, s->arena, &list, err);
    return st ? st : tare_tools_read(list, s->arena, &s->parse[depth], &s->n_parse[depth], err);
}

/* ---- tools as text of a prompt ------------------------------------------------------------- */

static const struct {
    const char *dialect, *how;
} forms[] = {
    {"hermes", "<tool_call>\n{\"name\": \"NAME\", \"arguments\": {ARGUMENTS}}\n</tool_call>"},
    {"auto", "<tool_call>\n{\"name\": \"NAME\", \"arguments\": {ARGUMENTS}}\n</tool_call>"},
    {"qwen3_coder", "<tool_call>\n<function=NAME>\n<parameter=KEY>\nVALUE\n</parameter>\n"
                    "</function>\n</tool_call>"},
    {"llama3_json", "{\"name\": \"NAME\", \"parameters\": {ARGUMENTS}}"},
    {"pythonic", "[NAME(key=value)]"},
    {"mistral_v3", "[TOOL_CALLS] [{\"name\": \"NAME\", \"arguments\": {ARGUMENTS}}]"},
    {"anthropic_xml", "<function_calls>\n<invoke name=\"NAME\">\n<parameter name=\"KEY\">VALUE"
                      "</parameter>\n</invoke>\n</function_calls>"},
    {"react", "Action: NAME\nAction Input: {ARGUMENTS}"},
};

static enum tare_status prompt_text(struct tare__hs *s, uint32_t depth, struct tare_err *err)
{
    struct tare_str dialect = s->c->v[HS_TOOLS_DIALECT].s;
    size_t f = 0;
    if (dialect.n == 0)
        dialect = TARE_S("auto");
    while (f < sizeof forms / sizeof *forms && !tare_str_is(dialect, forms[f].dialect))
        f++;
    if (f == sizeof forms / sizeof *forms)
        return tare_fail(err, TARE_E_USAGE,
                         "tools.transport: prompt cannot ask for calls in the dialect %.*s",
                         TARE_FMT(dialect));
    s->tools_text[depth] = tare_arena_printf(
        s->arena,
        "You have these tools, each with the JSON Schema of its arguments:\n%.*s\nTo call one, "
        "write exactly:\n%s\nThe result comes with the next message.",
        TARE_FMT(s->tools[depth]), forms[f].how);
    return s->tools_text[depth].p
               ? TARE_OK
               : tare_fail(err, TARE_E_NOMEM, "out of memory while listing tools");
}

enum tare_status tare__hs_tools_open(struct tare__hs *s, const struct tare_scene *scene,
                                     struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    struct tare_json set = s->c->v[HS_TOOLS_SET].json;
    for (struct tare_json x = tare_json_first(set); tare_json_present(x); x = tare_json_next(x)) {
        bool known = false;
        for (uint32_t i = 0; i < scene->n_tools; i++)
            known = known || tare_str_eq(scene->tools[i].name, tare_json_str(x));
        if (!known)
            return tare_fail(err, TARE_E_USAGE, "tools.set: the world %.*s has no tool \"%.*s\"",
                             TARE_FMT(scene->world), TARE_FMT(tare_json_str(x)));
    }
    for (uint32_t d = 0; st == TARE_OK && d < HS_THREADS; d++) {
        st = list_tools(s, scene, d, err);
        if (st == TARE_OK && HS_IS(s, HS_TOOLS_TRANSPORT, HS_PROMPT))
            st = prompt_text(s, d, err);
    }
    return st;
}

/* ---- what they do -------------------------------------------------------------------------- */

static struct tare_str read_again(struct tare__hs *s, struct tare_json args, bool *failed)
{
    int64_t from = 0, n = INT64_MAX;
    uint64_t whole = 0;
    struct tare_str ref = tare_json_str(tare_json_get(args, "ref"));
    (void)tare_json_i64(tare_json_get(args, "from"), &from);
    (void)tare_json_i64(tare_json_get(args, "bytes"), &n);
    struct tare_str part = tare__hs_read_ref(s, ref, (uint64_t)from, (uint64_t)n, &whole);
    tare__hs_trace_note(s, "restore", TARE_S("read_result"), "ref", ref);
    *failed = !part.p;
    return part.p ? part : TARE_S("there is no such reference");
}

static struct tare__hs_file *find_file(struct tare__hs *s, struct tare_str name)
{
    for (uint32_t i = 0; i < s->n_files; i++)
        if (tare_str_eq(s->files[i].name, name))
            return &s->files[i];
    return NULL;
}

static struct tare_str write_note(struct tare__hs *s, struct tare_json args, bool *failed)
{
    struct tare_str name = tare_json_str(tare_json_get(args, "name"));
    struct tare_str text = tare_json_str(tare_json_get(args, "text"));
    struct tare__hs_file *f = find_file(s, name);
    *failed = true;
    if (s->files_bytes + text.n > 16 * TARE_MIB)
        return TARE_S("refused: the notes of an attempt hold 16 MiB in all");
    if (!f && s->n_files == HS_MAX_FILES)
        return TARE_S("refused: an attempt keeps 64 notes");
    if (!f) {
        f = &s->files[s->n_files++];
        f->name = tare__hs_keep(s, name);
    }
    f->text = tare__hs_keep(s, text);
    s->files_bytes += text.n; /* the old text stays in the attempt's memory */
    *failed = false;
    tare__hs_trace_note(s, "note", TARE_S("write_note"), "name", name);
    /* a sub-task writes behind the back of the one who handed it out */
    tare__hs_trace_state(s, s->depth ? "change" : "create", name, text);
    return TARE_S("kept");
}

static struct tare_str list_notes(struct tare__hs *s)
{
    struct tare_buf b;
    tare_buf_init(&b, s->arena->alc, TARE_MIB);
    for (uint32_t i = 0; i < s->n_files; i++)
        tare_buf_printf(&b, "%.*s (%zu bytes)\n", TARE_FMT(s->files[i].name), s->files[i].text.n);
    struct tare_str out = s->n_files ? tare__hs_keep(s, tare_buf_str(&b)) : TARE_S("no notes yet");
    tare_buf_free(&b);
    return out;
}

static void open_subtask(struct tare__hs *s, const struct tare__hs_call *call, struct tare_str goal)
{
    s->depth = 1;
    struct tare__hs_thread *t = tare__hs_here(s);
    t->n = 0;
    t->calls = 0;
    t->from = *call;
    tare_buf_reset(&t->last);
    s->counters[HS_SUBTASKS]++;
    tare__hs_trace_note(s, "subtask", TARE_S("subtask"), "goal", goal);
    struct tare__hs_item *it = tare__hs_add(s, HS_SYSTEM, s->brief);
    if (it)
        it->pinned = true;
    struct tare_str said = tare_arena_printf(
        s->arena,
        "This is a part of that work, done apart from the rest: %.*s\nLook with the tools. When "
        "you "
        "know, answer in words without calling a tool; only that answer is passed on.",
        TARE_FMT(goal));
    s->failed = s->failed || !said.p;
    it = tare__hs_add(s, HS_USER, said);
    if (it)
        it->pinned = true;
}

bool tare__hs_own_call(struct tare__hs *s, const struct tare__hs_call *call)
{
    struct tare_json args;
    struct tare_str said;
    bool failed = false;
    if (tare_json_parse(call->args, &tare_json_strict, s->arena, &args, NULL) != TARE_OK)
        args = (struct tare_json){NULL, 0};
    switch (call->own) {
    case OWN_READ:
        said = read_again(s, args, &failed);
        break;
    case OWN_PLAN:
        s->plan = tare__hs_keep(s, tare_json_str(tare_json_get(args, "plan")));
        tare__hs_trace_note(s, "plan", TARE_S("update_plan"), "plan", s->plan);
        said = TARE_S("noted");
        break;
    case OWN_NOTE_WRITE:
        said = write_note(s, args, &failed);
        break;
    case OWN_NOTE_READ: {
        const struct tare__hs_file *f = find_file(s, tare_json_str(tare_json_get(args, "name")));
        failed = !f;
        if (f && !s->depth)
            tare__hs_trace_state(s, "read", f->name, f->text);
        said = f ? f->text : TARE_S("there is no such note");
        break;
    }
    case OWN_NOTE_LIST:
        said = list_notes(s);
        break;
    default:
        open_subtask(s, call, tare_json_str(tare_json_get(args, "goal")));
        return true;
    }
    s->counters[HS_MEMORY] += call->own >= OWN_NOTE_WRITE && call->own <= OWN_NOTE_LIST;
    tare__hs_trace_tool(s, call, said, failed, 0);
    tare__hs_add_result(s, call, said, failed);
    return false;
}
