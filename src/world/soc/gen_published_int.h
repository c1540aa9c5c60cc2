/*
 * Skeletons of the published scenarios: JSON in chunks, NULL-terminated, with places "<x>" (text,
 * to be escaped) and "<!x>" (JSON). What a letter stands for is in gen_published.c.
 */
#ifndef TARE_WORLD_SOC_GEN_PUBLISHED_INT_H
#define TARE_WORLD_SOC_GEN_PUBLISHED_INT_H

extern const char *const tare__published_trivial[], *const tare__published_easy[],
                                                        *const tare__published_standard[],
                                                            *const tare__published_payload[],
                                                                *const tare__published_truth[];

#endif
