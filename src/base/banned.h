/*
 * Functions that do not compile in tare. tools/banned greps for them too, in case a file does not
 * include this one.
 */
#ifndef TARE_BASE_BANNED_H
#define TARE_BASE_BANNED_H
#pragma GCC poison sprintf vsprintf strcpy strcat strncpy strtok gets atoi atol atof rand srand
#pragma GCC poison gmtime localtime system popen
#endif
