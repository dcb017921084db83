/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/clock.h"

#include <time.h>

#include "base/check.h"

static int64_t read_us(clockid_t id)
{
    struct timespec ts;
    CHECK(clock_gettime(id, &ts) == 0);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

struct now clock_now(void)
{
    return (struct now){.at = {read_us(CLOCK_BOOTTIME)}, .wall_us = read_us(CLOCK_REALTIME)};
}
