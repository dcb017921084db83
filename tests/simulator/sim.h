/* SPDX-License-Identifier: Apache-2.0
 *
 * All that the program holds.
 */
#ifndef TESTS_SIMULATOR_SIM_H
#define TESTS_SIMULATOR_SIM_H

#include "faults.h"
#include "fleet.h"
#include "http.h"
#include "log.h"
#include "options.h"
#include "rate.h"
#include "timers.h"

struct sim {
    struct options options;
    struct timers timers;
    struct random random;
    struct fleet fleet;
    struct faults faults;
    struct call_log log;
    struct rate rate;
    struct http http;
    struct buf tls_cert;
    struct buf tls_key;
    int64_t started_ms;
};

#endif
