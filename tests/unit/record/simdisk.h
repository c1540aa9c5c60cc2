/*
 * A disk in memory as an SQLite VFS named "simdisk". What was written is durable only after a
 * flush; at a power cut each 512-byte sector that was not flushed is kept, lost or torn by a coin
 * of the seed. The n-th writing operation (write, flush, cut to size, delete) can be made to fail.
 */
#ifndef TARE_TEST_SIMDISK_H
#define TARE_TEST_SIMDISK_H

#include <stdbool.h>
#include <stdint.h>

enum simdisk_fault {
    SIMDISK_NONE,
    SIMDISK_EIO,     /* this operation fails; later ones work */
    SIMDISK_EIO_ON,  /* this one and all later ones fail */
    SIMDISK_FULL,    /* no room for this operation; later ones work */
    SIMDISK_FULL_ON, /* no room from now on (flushes work) */
    SIMDISK_SHORT,   /* half of the write is done, then there is no room */
    SIMDISK_CUT      /* power cut before this operation: nothing works until the reboot */
};

/* Registers the VFS; once per program. */
void simdisk_register(void);
/* An empty disk. */
void simdisk_clear(void);
/* The fault comes at the n-th writing operation from now (from 1; 0: none). Where `unless` is not
 * NULL, no room means: as long as that real file exists. */
void simdisk_arm(enum simdisk_fault fault, uint64_t n, const char *unless);
/* Writing operations since the last arming, and whether the fault has come. */
uint64_t simdisk_passed(void);
bool simdisk_struck(void);
/* Power off and on: only what was durable, and chance, is left. */
void simdisk_reboot(uint64_t seed);
/* Frees everything. */
void simdisk_free(void);

#endif
