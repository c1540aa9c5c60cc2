/*
 * The two bodies of SHA-256's block function. Both give the same words; the tests compare them.
 */
#ifndef TARE_BASE_SHA256_INT_H
#define TARE_BASE_SHA256_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern const uint32_t tare__sha256_k[64];

/* Works n_blocks × 64 bytes at p into h. */
void tare__sha256_blocks_plain(uint32_t h[8], const uint8_t *p, size_t n_blocks);
/* The same with the SHA instructions of x86; only where tare__sha256_has_ni() is true. */
void tare__sha256_blocks_ni(uint32_t h[8], const uint8_t *p, size_t n_blocks);
bool tare__sha256_has_ni(void);

#endif
