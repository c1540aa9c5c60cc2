#include "cli/batch.h"

#include "base/banned.h"

void tare_batch_answer(struct tare_json_writer *w, struct tare_buf *out, struct tare_json line)
{
    struct tare_json id = tare_json_get(line, "id");
    tare_json_writer_init(w, out);
    tare_json_begin_object(w);
    tare_json_put_key(w, "id");
    if (tare_json_present(id))
        tare_json_put_value(w, id);
    else
        tare_json_put_null(w);
}

void tare_batch_torn(struct tare_ctx *ctx, const struct tare_err *why, struct tare_buf *out)
{
    struct tare_json_writer w;
    ctx->exit_code = tare_status_exit(TARE_E_INPUT);
    tare_batch_answer(&w, out, (struct tare_json){0});
    tare_json_member_cstr(&w, "refused", why->text);
    tare_json_member_u64(&w, "line", why->line);
    tare_json_member_u64(&w, "column", why->column);
    tare_json_member_cstr(&w, "fault", why->fault);
    tare_json_end_object(&w);
    tare_buf_putc(out, '\n');
}
