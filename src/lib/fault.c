#include "lib/lib.h"

#include <stdio.h>

#include "base/banned.h"

const char *tare_version(void)
{
    return TARE_VERSION;
}

int tare__fault(struct tare_fault *fault, const struct tare_err *err)
{
    struct tare_fault full = {
        .size = sizeof full, .code = (int)err->code, .line = err->line, .column = err->column};
    (void)snprintf(full.file, sizeof full.file, "%s", err->file);
    (void)snprintf(full.text, sizeof full.text, "%s", err->text);
    (void)snprintf(full.hint, sizeof full.hint, "%s", err->hint);
    if (fault && fault->size >= sizeof fault->size) {
        size_t n = fault->size < sizeof full ? fault->size : sizeof full;
        full.size = fault->size;
        memcpy(fault, &full, n);
    }
    return (int)err->code;
}
