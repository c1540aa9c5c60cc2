/* Actions as JSON text, one a line: any text is an observation, in both profiles. */
#include "fuzz_soc.h"

static void play(struct fuzz_soc *s, const uint8_t *data, size_t size)
{
    fuzz_soc_reset(s);
    for (int lines = 0; size > 0 && lines < 20; lines++) {
        const uint8_t *end = memchr(data, '\n', size);
        size_t n = end ? (size_t)(end - data) : size;
        struct tare_obs obs;
        struct tare_err err = {0};
        fuzz_must(tare_world_soc.step_json(s->world, fuzz_text(data, n), NULL, &obs, &err) ==
                  TARE_OK);
        fuzz_soc_look(s->world);
        n += end != NULL;
        data += n;
        size -= n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fuzz_soc worlds[2];
    for (int p = 0; p < 2; p++) {
        fuzz_soc_open(&worlds[p], (enum tare_soc_profile)p);
        play(&worlds[p], data, size);
    }
    return 0;
}
