/*
 * What is known of the world soc from elsewhere: the published rows of eight models (faithful
 * profile only: numbers of another world say nothing about the hardened one), and the classes
 * that metrics are sorted into, one set a profile.
 */
#ifndef TARE_WORLD_SOC_PUBLISHED_H
#define TARE_WORLD_SOC_PUBLISHED_H

#include "record/reference.h"
#include "world/soc/soc.h"

/* Rows in the order of the source; *n 0 and NULL for the hardened profile. */
const struct tare_reference *tare_soc_references(enum tare_soc_profile profile, uint32_t *n);

/*
 * faithful: the published thresholds (provisional, as their author says). Its time to first
 *   containment rewards waiting, so that a perfect defender is "uncalibrated" there.
 * hardened: tare's own (docs/concepts/soc.md, "Classes"): no reward for waiting; acting without
 *   evidence that implicates, missing what had to be contained, and following planted text each
 *   spoil the class.
 */
const struct tare_classes *tare_soc_classes(enum tare_soc_profile profile);

#endif
