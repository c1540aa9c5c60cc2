/* Interning: every string that can matter in a scenario gets a number once. */
#include "world/soc/soc_int.h"

#include "base/hash.h"

#include "base/banned.h"

const char *const tare__soc_fixed_names[N_FIXED] = {
    [N_PHISH_SENT] = "phish_sent",
    [N_CREDS_USED] = "creds_used",
    [N_LATERAL_MOVE] = "lateral_move",
    [N_DATA_ACCESS] = "data_access",
    [N_EXFIL_ATTEMPT] = "exfil_attempt",
    [N_RECON] = "recon",
    [N_SEND_PHISH] = "send_phish",
    [N_REPHISH] = "rephish",
    [N_REUSE_CREDENTIALS] = "reuse_credentials",
    [N_LATERAL_MOVE_ALT] = "lateral_move_alt",
    [N_LATERAL_SPREAD] = "lateral_spread",
    [N_PIVOT] = "pivot",
    [N_ACCESS_DATA] = "access_data",
    [N_STAGE_DATA] = "stage_data",
    [N_ESTABLISH_PERSISTENCE] = "establish_persistence",
    [N_RETREAT] = "retreat",
    [N_WAIT] = "wait",
    [N_EXFILTRATE] = "exfiltrate",
    [N_EXFILTRATE_ALT] = "exfiltrate_alt",
    [N_NO_OP] = "no_op",
    [N_ACCESS] = "access",
    [N_PERSISTENCE] = "persistence",
    [N_STAGING] = "staging",
    [N_EXFIL] = "exfil",
    [N_USER] = "user",
    [N_HOST] = "host",
    [N_SRC] = "src",
    [N_DST] = "dst",
    [N_TARGET] = "target",
    [N_TARGET_USER] = "target_user",
    [N_CHANNEL] = "channel",
    [N_DESTINATION_DOMAIN] = "destination_domain",
    [N_HTTPS] = "https",
    [N_EMPTY] = "",
};

/* Slot of s, or the free slot where it belongs. The order of results never depends on the hash, so
 * the key may be constant; the table is at most half full and at most TARE_SOC_MAX_* large. */
static uint32_t slot_of(const struct tare__soc_names *names, struct tare_str s)
{
    uint32_t i = (uint32_t)tare_hash64(s, 0x736f63u) & names->mask;
    while (names->slot[i] != 0 && !tare_str_eq(names->v[names->slot[i] - 1], s))
        i = (i + 1) & names->mask;
    return i;
}

uint32_t tare__soc_find(const struct tare__soc_names *names, struct tare_str s)
{
    uint32_t at = names->slot[slot_of(names, s)];
    return at == 0 ? TARE_SOC_NONE : at - 1;
}

bool tare__soc_names_init(struct tare__soc_names *names, uint32_t cap, struct tare_arena *arena)
{
    cap += N_FIXED;
    uint32_t n_slots = 64;
    while (n_slots < 2 * cap)
        n_slots *= 2;
    names->v = TARE_NEW_N(arena, struct tare_str, cap);
    names->kind = TARE_NEW_N(arena, uint8_t, cap);
    names->slot = TARE_NEW_N(arena, uint32_t, n_slots);
    if (!names->v || !names->kind || !names->slot)
        return false;
    names->cap = cap;
    names->mask = n_slots - 1;
    for (uint32_t i = 0; i < N_FIXED; i++)
        tare__soc_intern(names, tare_str_of(tare__soc_fixed_names[i]));
    return true;
}

uint32_t tare__soc_intern(struct tare__soc_names *names, struct tare_str s)
{
    uint32_t i = slot_of(names, s);
    if (names->slot[i] != 0)
        return names->slot[i] - 1;
    if (names->n == names->cap)
        return TARE_SOC_NONE;
    names->v[names->n] = s;
    names->slot[i] = ++names->n;
    return names->n - 1;
}

void tare__soc_mark_known(struct tare__soc_names *names, uint32_t name, uint8_t kind)
{
    size_t n = names->v[name].n;
    names->kind[name] = (uint8_t)(names->kind[name] | kind);
    names->known_lengths |= (uint64_t)1 << (n < 63 ? n : 63);
}
