/* SPDX-License-Identifier: Apache-2.0
 *
 * What the clocks show: of workers, of brokers, of the API. Only the API's is right. */
#include "sim.h"

static const int64_t epoch_us = 1700000000000000; /* 2023-11-14 */

static int64_t clock_us(const struct clock_error *error, int64_t true_us)
{
    return true_us + error->skew_us + true_us * error->drift_ppm / 1000000;
}

struct now worker_now(const struct sim *sim, const struct worker *worker)
{
    return (struct now){
        .at = {clock_us(&sim->plan.boot[worker->index], sim->now_us)},
        .wall_us = epoch_us + clock_us(&sim->plan.wall[worker->index], sim->now_us) +
                   worker->clock_step_us,
    };
}

int64_t worker_true_us(const struct sim *sim, const struct worker *worker, struct instant at)
{
    if (at.us == INT64_MAX)
        return INT64_MAX;
    const struct clock_error *error = &sim->plan.boot[worker->index];
    int64_t true_us = at.us - error->skew_us;
    true_us -= true_us * error->drift_ppm / 1000000;
    return true_us + 1;
}

int64_t world_log_ms(const struct sim *sim, uint32_t broker)
{
    return (epoch_us + sim->now_us + sim->plan.broker_skew_us + sim->brokers.ahead_us[broker]) /
           1000;
}

int64_t world_api_s(const struct sim *sim)
{
    return (epoch_us + sim->now_us) / 1000000;
}
