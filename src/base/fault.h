/*
 * Named points at which tests break things: each externally visible action (store commit,
 * rename, request sent, child started …) passes one.
 *
 * In builds with -Dfault_points=true a point counts itself and, when TARE_FAULT names it or its
 * number, kills the process, delays, or makes tare_fault_point return nonzero (the caller then
 * behaves as if the action had failed). In release builds it is the constant 0.
 *   TARE_FAULT=kill@17        SIGKILL at the 17th point passed in this process (from 1)
 *   TARE_FAULT=kill@store.commit:3   at the third passing of that name
 *   TARE_FAULT=fail@… , TARE_FAULT=term@… , int@… , hup@… , delay@…:N:MS
 * Every name used is listed in base/fault_points.h with what must hold after it; a test fails
 * when a name in the sources is not in the list.
 */
#ifndef TARE_BASE_FAULT_H
#define TARE_BASE_FAULT_H

#ifdef TARE_FAULT_POINTS
int tare_fault_point(const char *name);
#else
static inline int tare_fault_point(const char *name)
{
    (void)name;
    return 0;
}
#endif

#endif
