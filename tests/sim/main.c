/* SPDX-License-Identifier: Apache-2.0
 *
 * sim: runs seeds of the simulation (sim.h).
 *
 *   sim --seeds N [--from S]   N seeds, one after the other; ends at the first that fails
 *   sim --seed S [--trace]     one seed; with everything that happens
 *
 * A seed always gives the same run. What does not hold is printed with the seed, what happened last
 * and the ledger in words; the exit code is 1 then. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "shell/clock.h"
#include "sim.h"

enum { EXIT_USAGE = 2 };

static struct sim sim;

_Noreturn void check_failed(const char *what, const char *expr, const char *file, int line)
{
    judge_violated(&sim, -1, "%s:%d: %s failed: %s", file, line, what, expr);
}

/* Of the sanitizers, where there are some. */
// NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void say_seed(void)
{
    (void)printf("seed %llu, after %llu steps; replay: sim --seed %llu --trace\n",
                 (unsigned long long)sim.seed, (unsigned long long)sim.step_n,
                 (unsigned long long)sim.seed);
    (void)fflush(stdout);
}

static uint64_t number_of(const char *text)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0') {
        (void)fprintf(stderr, "sim: %s is no number\n", text);
        exit(EXIT_USAGE);
    }
    return value;
}

struct arguments {
    uint64_t from;
    uint64_t seed_n;
    bool trace;
};

static struct arguments arguments_of(int argc, char **argv)
{
    struct arguments args = {.from = 1, .seed_n = 1000};
    for (int i = 1; i < argc; i++) {
        struct view word = view_of(argv[i]);
        bool has_value = i + 1 < argc;
        if (view_is(word, "--trace")) {
            args.trace = true;
        } else if (view_is(word, "--seeds") && has_value) {
            args.seed_n = number_of(argv[++i]);
        } else if (view_is(word, "--from") && has_value) {
            args.from = number_of(argv[++i]);
        } else if (view_is(word, "--seed") && has_value) {
            args.from = number_of(argv[++i]);
            args.seed_n = 1;
        } else {
            (void)fprintf(stderr, "usage: sim --seeds N [--from S] | --seed S [--trace]\n");
            exit(EXIT_USAGE);
        }
    }
    return args;
}

/* A pool whose clocks agree uses the limit and keeps to it. */
static bool check_usage(const struct usage *usage)
{
    enum { LIMIT_PER_S = 20, CALLS_MIN = 5000 };
    if (usage->call_n == 0)
        return true;
    double share = usage->busy_n / usage->busy_s / LIMIT_PER_S;
    double throttled = (double)usage->throttled_n / (double)usage->call_n;
    (void)printf("large pools: %llu calls, %.1f %% of the limit while there was more to call, "
                 "%.2f %% throttled\n",
                 (unsigned long long)usage->call_n, 100 * share, 100 * throttled);
    return usage->call_n < CALLS_MIN || (share >= 0.95 && throttled <= 0.005);
}

int main(int argc, char **argv)
{
    struct arguments args = arguments_of(argc, argv);
    if (__sanitizer_set_death_callback != NULL)
        __sanitizer_set_death_callback(say_seed);
    world_open(&sim);
    sim.trace.on = args.trace;
    uint64_t step_n = 0;
    int64_t began_us = clock_now().at.us;
    for (uint64_t seed = args.from; seed < args.from + args.seed_n; seed++) {
        world_run(&sim, seed);
        step_n += sim.step_n;
    }
    int64_t us = clock_now().at.us - began_us + 1;
    (void)printf("%llu seeds, %llu steps, %.1f s: %.0f steps a second\n",
                 (unsigned long long)args.seed_n, (unsigned long long)step_n, (double)us / 1e6,
                 (double)step_n * 1e6 / (double)us);
    return check_usage(&sim.usage) ? 0 : 1;
}
