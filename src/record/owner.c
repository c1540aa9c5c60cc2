/* Names of processes that hold leases: "BOOT NAMESPACE PID START RANDOM". */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/os.h"
#include "record/store_int.h"

#include "base/banned.h"

struct tare_str tare_store_owner(struct tare_arena *arena)
{
    char boot[TARE_OS_BOOT_BYTES];
    tare_os_boot(boot);
    int64_t pid = (int64_t)getpid();
    return tare_arena_printf(arena, "%s %" PRIu64 " %" PRId64 " %" PRIu64 " %016" PRIx64,
                             boot[0] ? boot : "-", tare_os_pid_space(), pid,
                             tare_os_process_start(pid), tare_os_random());
}

bool tare__lease_runs(const struct tare_store *s, struct tare_str boot, int64_t until_ns,
                      int64_t now_ns)
{
    return tare_str_is(boot, s->boot) && until_ns > now_ns;
}

bool tare__owner_dead(const char *boot, struct tare_str owner)
{
    char text[160], its_boot[TARE_OS_BOOT_BYTES];
    uint64_t space = 0, start = 0, nonce = 0;
    int64_t pid = 0;
    if (owner.n >= sizeof text)
        return false;
    memcpy(text, owner.p, owner.n);
    text[owner.n] = '\0';
    if (sscanf(text, "%39s %" SCNu64 " %" SCNd64 " %" SCNu64 " %" SCNx64, its_boot, &space, &pid,
               &start, &nonce) != 5)
        return false;
    if (boot[0] == '\0' || strcmp(boot, its_boot) != 0)
        return false; /* of another boot: its leases have expired anyway */
    if (space == 0 || space != tare_os_pid_space() || start == 0)
        return false; /* its pid means another process here */
    return tare_os_process_start(pid) != start;
}
