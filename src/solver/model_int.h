/* Between the files that make endpoints. */
#ifndef TARE_SOLVER_MODEL_INT_H
#define TARE_SOLVER_MODEL_INT_H

#include "solver/model.h"

struct tare__provider {
    const char *name;
    const char *url_env, *url; /* NULL: has to be written down */
    const char *key_env;       /* NULL: none is sent unless one is named */
    bool needs_key;            /* at its own address */
    enum tare_wire wire;
    const char *api_version;
};

/* By name, with the spellings other tools use; NULL: none. */
const struct tare__provider *tare__provider_find(struct tare_str name);
enum tare_status tare__provider_unknown(struct tare_str name, struct tare_err *err);

#endif
