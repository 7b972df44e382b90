/* Preloaded before the C library (LD_PRELOAD, ld.so(8)). It shifts the wall clock of the process by a number of seconds: the first eight bytes
   of the file CLOCK_SHIFT_FILE, read at every call. Monotonic clocks and other processes are not changed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int (*real)(clockid_t, struct timespec *);
static const volatile int64_t *shift;

__attribute__((constructor)) static void begin(void)
{
    const char *file = getenv("CLOCK_SHIFT_FILE");
    int descriptor = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
    *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    if (descriptor < 0) abort();
    void *page = mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (page == MAP_FAILED) abort();
    shift = page;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    /* Another library may call this while it is loaded, before the constructor above has run. */
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, now);
    if (result == 0 && shift && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI)) now->tv_sec += *shift;
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec precise;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *result)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}
