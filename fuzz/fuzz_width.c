/* What is shown is valid UTF-8 without controls, as wide as it is said to be, and harmless text is
 * shown as it is. */
#include "fuzz.h"
#include "text/width.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_str text = fuzz_text(data, size), shown;
    struct tare_buf safe, cut;
    size_t columns = tare_text_columns(text);
    tare_buf_init(&safe, NULL, TARE_GIB);
    tare_buf_init(&cut, NULL, TARE_GIB);
    tare_text_safe(&safe, text);
    shown = tare_buf_str(&safe);
    fuzz_must(tare_text_is_utf8(shown) && tare_text_columns(shown) == columns);
    for (size_t i = 0; i < shown.n; i++)
        fuzz_must((uint8_t)shown.p[i] >= 0x20 && shown.p[i] != 0x7f);
    size_t room = size ? data[0] % 40u : 0;
    tare_text_safe_cut(&cut, text, room);
    fuzz_must(tare_text_columns(tare_buf_str(&cut)) <= room);
    fuzz_must(columns > room || tare_str_eq(tare_buf_str(&cut), shown));
    tare_buf_free(&safe);
    tare_buf_free(&cut);
    return 0;
}
