/*
 * Marks of the address sanitizer for memory that is held but must not be touched. Nothing in
 * other builds.
 */
#ifndef TARE_BASE_POISON_H
#define TARE_BASE_POISON_H

#if defined(__SANITIZE_ADDRESS__)
#define TARE_HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TARE_HAS_ASAN 1
#endif
#endif

#ifdef TARE_HAS_ASAN
#include <sanitizer/asan_interface.h>
#define TARE_POISON(p, n) __asan_poison_memory_region((p), (n))
#define TARE_UNPOISON(p, n) __asan_unpoison_memory_region((p), (n))
#define TARE_RED_ZONE_BYTES ((size_t)16)
#else
#define TARE_POISON(p, n) ((void)(p), (void)(n))
#define TARE_UNPOISON(p, n) ((void)(p), (void)(n))
#define TARE_RED_ZONE_BYTES ((size_t)0)
#endif

#endif
