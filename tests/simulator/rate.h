/* SPDX-License-Identifier: Apache-2.0
 *
 * The vendor's limit: so many calls in a second of arrival, per action, access host and SecretId.
 */
#ifndef TESTS_SIMULATOR_RATE_H
#define TESTS_SIMULATOR_RATE_H

#include <stdint.h>

#define RATE_SLOTS 1024

struct rate {
    struct {
        uint64_t key; /* of another bucket: replaced, its count forgotten */
        int64_t second;
        uint64_t calls_n;
    } slots[RATE_SLOTS];
};

/* Counts one call; returns how many there are in its second now, this one included. */
uint64_t rate_count(struct rate *rate, const char *action, const char *host, int64_t second);

#endif
