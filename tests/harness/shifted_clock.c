// SPDX-License-Identifier: MPL-2.0
// Loaded before libc (LD_PRELOAD): the wall clock shows CLOCK_SHIFT seconds more, or less. Everything else of time stays as it is.
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t seconds;

/* Once, before main: the program may throw its environment away. */
__attribute__((constructor)) static void read_shift(void) {
    const char* text = getenv("CLOCK_SHIFT");
    seconds = text ? atoll(text) : 0;
}

static time_t shift(void) {
    return seconds;
}

int clock_gettime(clockid_t clock, struct timespec* at) {
    const int result = (int)syscall(SYS_clock_gettime, clock, at);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) at->tv_sec += shift();
    return result;
}

time_t time(time_t* at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval* at, void* zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}
