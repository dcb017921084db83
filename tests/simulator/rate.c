/* SPDX-License-Identifier: Apache-2.0
 *
 * Fixed windows of one second. There is one SecretId only, so it is no part of the key.
 */
#include "rate.h"

/* FNV-1a */
static uint64_t mix(uint64_t h, const char *text)
{
    for (; *text; text++)
        h = (h ^ (uint8_t)*text) * 0x100000001b3u;
    return (h ^ 0xff) * 0x100000001b3u;
}

uint64_t rate_count(struct rate *rate, const char *action, const char *host, int64_t second)
{
    uint64_t key = mix(mix(0xcbf29ce484222325u, action), host);
    uint64_t i = (key ^ (key >> 32)) % RATE_SLOTS;
    if (rate->slots[i].key != key || rate->slots[i].second != second) {
        rate->slots[i].key = key;
        rate->slots[i].second = second;
        rate->slots[i].calls_n = 0;
    }
    return ++rate->slots[i].calls_n;
}
