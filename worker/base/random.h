/* SPDX-License-Identifier: Apache-2.0
 *
 * Seeded randomness: the same seed gives the same run. For jitter and simulation, never for
 * secrets.
 */
#ifndef WORKER_BASE_RANDOM_H
#define WORKER_BASE_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state;
};

/* SplitMix64 (Steele, Lea, Flood 2014). */
static inline uint64_t random_next(struct random *random)
{
    uint64_t z = (random->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Uniform in [0, bound), bound > 0; the bias below 2^-32 does not matter for jitter. */
static inline uint64_t random_below(struct random *random, uint64_t bound)
{
    return random_next(random) % bound;
}

#endif
