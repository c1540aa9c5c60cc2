/* Bodies and streams of servers: each wire makes a reply of them whose document can be read again;
 * a stream that is cut elsewhere gives the same reply; a request document gives a body that is JSON
 * or is refused with a reason. The first byte chooses. */
#include "fuzz.h"
#include "solver/model_wire.h"

static struct tare_json parse(const char *text, struct tare_arena *arena)
{
    struct tare_json root = {NULL, 0};
    (void)tare_json_parse(tare_str_of(text), &tare_json_strict, arena, &root, NULL);
    return root;
}

static struct tare_str document(const struct tare_model_reply *r, struct tare_arena *arena)
{
    struct tare_buf b;
    struct tare_json_writer w;
    tare_buf_init(&b, NULL, TARE_GIB);
    tare_json_writer_init(&w, &b);
    tare_model_reply_write(r, &w);
    fuzz_must(!b.failed);
    struct tare_str s = tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return s;
}

static struct tare_str check_reply(const struct tare_model_reply *r, struct tare_arena *arena)
{
    struct tare_model_reply again;
    fuzz_must(r->code != TARE_REPLY_OK || r->finish != TARE_FINISH_NONE);
    fuzz_must(r->code == TARE_REPLY_OK || r->says.n > 0);
    struct tare_str text = document(r, arena);
    fuzz_must(tare_model_reply_read(text, arena, &again, NULL) == TARE_OK);
    fuzz_must(tare_str_eq(document(&again, arena), text));
    return text;
}

static void stream(const struct tare_endpoint *e, struct tare_json request, struct tare_str text,
                   size_t piece, struct tare_arena *arena, struct tare_model_reply *out)
{
    struct tare_wire_stream s;
    tare_wire_stream_init(&s, e, NULL);
    for (size_t at = 0; at < text.n; at += piece)
        tare_wire_stream_feed(&s,
                              tare_str_n(text.p + at, text.n - at < piece ? text.n - at : piece));
    tare_wire_stream_end(&s, request, arena, out);
    tare_wire_stream_free(&s);
}

static void ask(const struct tare_endpoint *e, struct tare_str text, struct tare_arena *arena)
{
    struct tare_json request, body;
    struct tare_buf b;
    struct tare_err err = {0};
    if (tare_json_parse(text, &tare_json_strict, arena, &request, NULL) != TARE_OK)
        return;
    tare_buf_init(&b, NULL, TARE_GIB);
    enum tare_status st = tare_wire_body(e, request, true, false, -1, &b, &err);
    if (st == TARE_OK) /* `extra` may repeat a member: a person's own doing */
        fuzz_must(tare_json_parse(tare_buf_str(&b), &tare_json_log, arena, &body, NULL) == TARE_OK);
    else
        fuzz_must(err.text[0] != 0);
    tare_buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_arena arena;
    struct tare_model_reply r = {0}, other = {0};
    if (size == 0)
        return 0;
    struct tare_str text = fuzz_text(data + 1, size - 1);
    tare_arena_init(&arena, NULL, TARE_GIB);
    struct tare_endpoint e = {.model = TARE_S("m"),
                              .wire = data[0] & 1 ? TARE_WIRE_MESSAGES : TARE_WIRE_CHAT,
                              .sampling = parse("{\"temperature\":1}", &arena)};
    struct tare_json request =
        parse(data[0] & 2   ? "{\"prompt\":\"p\"}"
              : data[0] & 4 ? "{\"messages\":[],\"response_format\":{\"type\":\"json_schema\"}}"
                            : "{\"messages\":[]}",
              &arena);
    if (data[0] & 8) {
        stream(&e, request, text, text.n ? text.n : 1, &arena, &r);
        stream(&e, request, text, 1 + data[0] / 16, &arena, &other);
        fuzz_must(tare_str_eq(check_reply(&r, &arena), check_reply(&other, &arena)));
    } else {
        tare_wire_read(&e, request, text, &arena, &r);
        check_reply(&r, &arena);
        tare_wire_read_error(data[0] * 3, text, &arena, &other);
        check_reply(&other, &arena);
        ask(&e, text, &arena);
    }
    tare_arena_free(&arena);
    return 0;
}
