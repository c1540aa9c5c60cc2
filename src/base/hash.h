/*
 * SHA-256 (FIPS 180-4) for identities and digests; a keyed fast hash for tables over outside
 * strings (order of results never depends on it).
 */
#ifndef TARE_BASE_HASH_H
#define TARE_BASE_HASH_H

#include "base/str.h"

struct tare_sha256 {
    uint32_t h[8];
    uint64_t n_bytes;
    uint8_t block[64];
};

struct tare_digest {
    uint8_t b[32];
};

void tare_sha256_init(struct tare_sha256 *s);
void tare_sha256_add(struct tare_sha256 *s, struct tare_str bytes);
struct tare_digest tare_sha256_end(struct tare_sha256 *s);
struct tare_digest tare_sha256_of(struct tare_str bytes);
/* 64 lower-case hex digits and a NUL. */
void tare_digest_hex(struct tare_digest d, char out[65]);
bool tare_digest_eq(struct tare_digest a, struct tare_digest b);

/* 64-bit table hash; `key` should come from tare_hash_key (getrandom) once per process or table. */
uint64_t tare_hash64(struct tare_str bytes, uint64_t key);
uint64_t tare_hash_key(void);

#endif
