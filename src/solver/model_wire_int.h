/* Between the files of the wires. */
#ifndef TARE_SOLVER_MODEL_WIRE_INT_H
#define TARE_SOLVER_MODEL_WIRE_INT_H

#include "solver/model_wire.h"

struct tare_wire_call {
    int64_t index;
    struct tare_buf id, name, arguments;
};

/* A member of the request, else the endpoint's own; absent: neither says. */
struct tare_json tare__wire_setting(const struct tare_endpoint *e, struct tare_json request,
                                    const char *key);
bool tare__wire_messages_body(const struct tare_endpoint *e, struct tare_json request, bool stream,
                              struct tare_json_writer *w, struct tare_err *err);
/* Members of `extra` of the endpoint, then of the request. */
void tare__wire_extra(const struct tare_endpoint *e, struct tare_json request,
                      struct tare_json_writer *w);
/* True where a schema for the answer is asked for on a wire that only knows tools: the answer is
 * the input of a call of the tool *name. */
bool tare__wire_schema_tool(const struct tare_endpoint *e, struct tare_json request,
                            struct tare_str *name);

/* A string that is there has p set even when it is empty. */
struct tare_str tare__wire_text(struct tare_json v);
void tare__wire_fail(struct tare_model_reply *out, enum tare_reply_code code, const char *says);
void tare__wire_read_messages(const struct tare_endpoint *e, struct tare_json request,
                              struct tare_json root, struct tare_arena *arena,
                              struct tare_model_reply *out);
/* {"error": …}, {"type":"error",…}, {"detail"}, {"message"}: an error in a body. */
bool tare__wire_is_error(struct tare_json root);
/* Count that is one: not negative, at most 2^53. */
bool tare__wire_count(struct tare_json v, uint64_t *out);

#endif
