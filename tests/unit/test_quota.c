/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of core/quota.h. Times are the wall clock's, in microseconds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/random.h"
#include "core/quota.h"

enum { PARTITIONS = 12, PARTITIONS_MAX = 64, SECOND_US = 1000000 };
static const int64_t start_us = INT64_C(1767261600) * SECOND_US;
static const double slots_per_s = 19.2; /* of a limit of 20 */

struct worker {
    struct quota quota;
    bool owns[PARTITIONS_MAX];
    int32_t partition_n;
    int64_t skew_us;
};

/* Partitions [first, first + count) of n. */
struct share {
    int32_t first;
    int32_t count;
    int32_t n;
};

static void open_worker(struct worker *worker, const struct share *share)
{
    *worker = (struct worker){.partition_n = share->n};
    quota_init(&worker->quota, 20, share->n);
    for (int32_t p = share->first; p < share->first + share->count; p++)
        worker->owns[p] = true;
}

/* One that owns so many of 12. */
static struct worker worker_with(int32_t count)
{
    struct worker worker;
    open_worker(&worker, &(struct share){.count = count, .n = PARTITIONS});
    return worker;
}

static bool take(struct worker *worker, int64_t us)
{
    const struct quota_owner owner = {worker->owns, worker->partition_n};
    return quota_take(&worker->quota, &owner, us + worker->skew_us);
}

static int64_t next_us(const struct worker *worker, int64_t us)
{
    const struct quota_owner owner = {worker->owns, worker->partition_n};
    int64_t next = quota_next_us(&worker->quota, &owner, us + worker->skew_us);
    return next == INT64_MAX ? next : next - worker->skew_us;
}

struct span {
    int64_t from_us;
    int64_t to_us;
};

static struct span seconds_from(int64_t from_us, int n)
{
    return (struct span){from_us, from_us + n * (int64_t)SECOND_US};
}

/* How many calls a worker makes that wants to make as many as it may. */
static int calls_in(struct worker *worker, struct span span)
{
    int calls = 0;
    for (int64_t us = span.from_us; us < span.to_us; us = next_us(worker, us))
        while (take(worker, us))
            calls++;
    return calls;
}

/* Within `off` calls of what is expected. */
static void assert_about(int calls, double expected, float off)
{
    if (calls < expected - off || calls > expected + off)
        fail_msg("%d calls, and not %g", calls, expected);
}

static void a_worker_has_the_share_of_its_partitions(void **state)
{
    (void)state;
    static const int32_t counts[] = {1, 3, 6, 12};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct worker worker = worker_with(counts[i]);
        int calls = calls_in(&worker, seconds_from(start_us, 100));
        /* One more: the first slot is borrowed. */
        assert_about(calls, 100 * slots_per_s * counts[i] / PARTITIONS, 1.01F);
    }
}

static void nobody_calls_who_owns_nothing(void **state)
{
    (void)state;
    struct worker worker = worker_with(0);
    assert_false(take(&worker, start_us));
    assert_true(next_us(&worker, start_us) == INT64_MAX);
}

/* An idle pool answers at once: the next slot may be borrowed, one, and it is gone then. */
static void after_an_idle_second_one_slot_may_be_borrowed(void **state)
{
    (void)state;
    struct worker worker;
    open_worker(&worker, &(struct share){.first = 5, .count = 1, .n = PARTITIONS});
    int64_t us = start_us + 123456;
    assert_true(take(&worker, us));
    assert_false(take(&worker, us));
    int64_t next = next_us(&worker, us);
    /* Between the borrowed slot and the next one lies a whole round of 12. */
    assert_true(next > us + 625000 - 1);
    assert_false(take(&worker, next - 1));
    assert_true(take(&worker, next));
    assert_false(take(&worker, next + 1));
    assert_true(take(&worker, next + 2 * SECOND_US));
}

/* Only what the worker itself has let pass may be exchanged: before, another one had the slots. */
static void who_takes_a_partition_over_waits_for_its_slot(void **state)
{
    (void)state;
    struct worker worker;
    open_worker(&worker, &(struct share){.first = 5, .count = 1, .n = PARTITIONS});
    int64_t us = start_us + 123456;
    quota_begin(&worker.quota, us);
    assert_false(take(&worker, us));
    int64_t own = next_us(&worker, us);
    assert_true(own > us && own <= us + 625000);
    assert_false(take(&worker, own - 1));
    assert_true(take(&worker, own));
}

/* Workers with less than a slot a second each are always idle for a second. */
static void borrowing_does_not_enlarge_a_small_share(void **state)
{
    (void)state;
    struct worker worker;
    open_worker(&worker, &(struct share){.first = 7, .count = 1, .n = PARTITIONS_MAX});
    int calls = calls_in(&worker, seconds_from(start_us, 1000));
    assert_about(calls, 1000 * slots_per_s / PARTITIONS_MAX, 1.01F);
}

/* Nothing is saved up: after a long pause there is one call, not a burst. */
static void an_unused_slot_is_gone(void **state)
{
    (void)state;
    struct worker worker = worker_with(PARTITIONS);
    assert_true(take(&worker, start_us));
    int64_t us = start_us + 60 * (int64_t)SECOND_US;
    int calls = 0;
    while (take(&worker, us))
        calls++;
    assert_true(calls <= 2); /* the slot of now, and a borrowed one */
    assert_about(calls_in(&worker, seconds_from(us, 1)), slots_per_s, 1.01F);
}

static void the_next_slot_is_when_it_says(void **state)
{
    (void)state;
    struct worker worker;
    open_worker(&worker, &(struct share){.first = 3, .count = 2, .n = PARTITIONS});
    int64_t us = start_us;
    for (int i = 0; i < 1000; i++) {
        assert_true(take(&worker, us));
        int64_t next = next_us(&worker, us);
        assert_true(next > us);
        assert_false(take(&worker, next - 2));
        us = next;
    }
}

static void a_throttle_slows_down_and_calls_bring_the_pace_back(void **state)
{
    (void)state;
    struct worker worker = worker_with(PARTITIONS);
    int64_t us = start_us;
    (void)calls_in(&worker, seconds_from(us, 10));
    us += 10 * (int64_t)SECOND_US;
    for (int i = 0; i < 5; i++)
        quota_throttled(&worker.quota);
    int slow = calls_in(&worker, seconds_from(us, 1));
    assert_true(slow < slots_per_s / 2);
    us += SECOND_US;
    int faster = calls_in(&worker, seconds_from(us, 1));
    assert_true(faster > slow);
    us += SECOND_US;
    (void)calls_in(&worker, seconds_from(us, 10));
    us += 10 * (int64_t)SECOND_US;
    assert_about(calls_in(&worker, seconds_from(us, 10)), 10 * slots_per_s, 1.01F);
}

static void however_often_it_is_throttled_it_goes_on_trying(void **state)
{
    (void)state;
    struct worker worker = worker_with(PARTITIONS);
    for (int i = 0; i < 100; i++)
        quota_throttled(&worker.quota);
    assert_true(calls_in(&worker, seconds_from(start_us, 10)) >= 2);
}

static void a_clock_that_is_set_back_does_not_stop_it(void **state)
{
    (void)state;
    struct worker worker = worker_with(PARTITIONS);
    (void)calls_in(&worker, seconds_from(start_us, 1));
    int64_t us = start_us - 3600 * (int64_t)SECOND_US;
    assert_about(calls_in(&worker, seconds_from(us, 10)), 10 * slots_per_s, 2.01F);
}

static void a_new_limit_holds_at_once(void **state)
{
    (void)state;
    struct worker worker = worker_with(PARTITIONS);
    (void)calls_in(&worker, seconds_from(start_us, 1));
    quota_set_limit(&worker.quota, 5);
    int calls = calls_in(&worker, seconds_from(start_us + SECOND_US, 100));
    assert_about(calls, 100 * 4.8, 2.01F);
}

/* ---- a pool, and a server that counts per second of arrival ---- */

enum { WARM_UP_S = 60, SIMULATED_S = 600, WORKERS_MAX = 60 };

struct pool_run {
    int worker_n;
    int64_t skew_us;   /* clocks differ by up to twice this */
    int64_t jitter_us; /* on the way to the server */
};

struct tally {
    int calls;
    int throttled;
};

struct server {
    struct random random;
    int64_t jitter_us;
    int arrived[SIMULATED_S + 2]; /* by second */
    struct tally tally;           /* after the warm-up */
};

/* One call that leaves us after the beginning; true: it is throttled. */
static bool serve(struct server *server, int64_t us)
{
    us += (int64_t)random_below(&server->random, (uint64_t)server->jitter_us + 1);
    bool over = ++server->arrived[us / SECOND_US] > 20;
    if (us < WARM_UP_S * (int64_t)SECOND_US)
        return over;
    server->tally.calls++;
    server->tally.throttled += over;
    return over;
}

/* Everything a worker may send now; the moment when it may send again. */
static int64_t send(struct worker *worker, struct server *server, int64_t us)
{
    while (take(worker, start_us + us))
        if (serve(server, us))
            quota_throttled(&worker->quota);
    return next_us(worker, start_us + us) - start_us;
}

static struct tally run_pool(const struct pool_run *run, uint64_t seed)
{
    static struct worker workers[WORKERS_MAX];
    static struct server server;
    int32_t partition_n = run->worker_n > PARTITIONS ? WORKERS_MAX : PARTITIONS;
    int32_t each = partition_n / run->worker_n;
    server = (struct server){.random = {seed}, .jitter_us = run->jitter_us};
    for (int w = 0; w < run->worker_n; w++) {
        open_worker(&workers[w],
                    &(struct share){.first = w * each, .count = each, .n = partition_n});
        uint64_t range = 2 * (uint64_t)run->skew_us + 1;
        workers[w].skew_us = (int64_t)random_below(&server.random, range) - run->skew_us;
    }
    for (int64_t us = 0; us < SIMULATED_S * (int64_t)SECOND_US;) {
        int64_t then = INT64_MAX;
        for (int w = 0; w < run->worker_n; w++) {
            int64_t next = send(&workers[w], &server, us);
            then = next < then ? next : then;
        }
        us = then;
    }
    return server.tally;
}

/* ---- a pool that is mostly idle ---- */

enum { IDLE_RUN_S = 60, TICK_US = 2000, TOUCHED = 21 }; /* slots that a second can touch */

/* One tick: some workers have something to call all at once; whoever may call does. */
static int tick_idle(struct worker *workers, const struct pool_run *run, struct random *random,
                     int64_t us)
{
    static int wanted[WORKERS_MAX];
    int calls = 0;
    if (us == 0)
        memset(wanted, 0, sizeof wanted);
    bool burst = random_below(random, 3 * SECOND_US / TICK_US) == 0;
    for (int w = 0; w < run->worker_n; w++) {
        if (burst && random_below(random, 4) > 0)
            wanted[w] += 1 + (int)random_below(random, 2);
        while (wanted[w] > 0 && take(&workers[w], start_us + us)) {
            wanted[w]--;
            calls++;
        }
    }
    return calls;
}

/* However many are idle and get work at the same moment. Each second, wherever it begins, since the
 * server's do not begin with ours. */
static void no_second_has_more_calls_than_slots(void **state)
{
    (void)state;
    static struct worker workers[WORKERS_MAX];
    static int64_t called[IDLE_RUN_S * 100];
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct random random = {seed};
        int called_n = 0;
        struct pool_run run = {.worker_n = 1 + (int)random_below(&random, WORKERS_MAX)};
        int32_t partition_n =
            run.worker_n +
            (int32_t)random_below(&random, (uint64_t)(PARTITIONS_MAX + 1 - run.worker_n));
        for (int w = 0; w < run.worker_n; w++)
            open_worker(&workers[w], &(struct share){.n = partition_n});
        for (int32_t p = 0; p < partition_n; p++)
            workers[random_below(&random, (uint64_t)run.worker_n)].owns[p] = true;
        for (int64_t us = 0; us < IDLE_RUN_S * (int64_t)SECOND_US; us += TICK_US)
            for (int n = tick_idle(workers, &run, &random, us); n > 0; n--)
                called[called_n++] = us;
        for (int i = TOUCHED; i < called_n; i++)
            if (called[i] - called[i - TOUCHED] < SECOND_US)
                fail_msg("seed %d: %d workers, %d partitions: %d calls within a second", (int)seed,
                         run.worker_n, partition_n, TOUCHED + 1);
    }
}

/* Clocks within 20 ms, 100 ms of jitter. */
static void a_pool_uses_the_limit_and_is_hardly_throttled(void **state)
{
    (void)state;
    static const int sizes[] = {1, 3, 12, 60};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const struct pool_run run = {.worker_n = sizes[i], .skew_us = 10000, .jitter_us = 100000};
        struct tally tally = {0};
        for (uint64_t seed = 1; seed <= 5; seed++) {
            struct tally once = run_pool(&run, seed);
            tally.calls += once.calls;
            tally.throttled += once.throttled;
        }
        double most = 5 * 20.0 * (SIMULATED_S - WARM_UP_S);
        double used = (tally.calls - tally.throttled) / most;
        double throttled = (double)tally.throttled / tally.calls;
        print_message("%d workers: %.2f %% of the limit used, %.2f %% of the calls throttled\n",
                      sizes[i], 100 * used, 100 * throttled);
        assert_true(throttled <= 0.005);
        assert_true(used >= 0.95);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_has_the_share_of_its_partitions),
        cmocka_unit_test(nobody_calls_who_owns_nothing),
        cmocka_unit_test(after_an_idle_second_one_slot_may_be_borrowed),
        cmocka_unit_test(who_takes_a_partition_over_waits_for_its_slot),
        cmocka_unit_test(borrowing_does_not_enlarge_a_small_share),
        cmocka_unit_test(an_unused_slot_is_gone),
        cmocka_unit_test(the_next_slot_is_when_it_says),
        cmocka_unit_test(a_throttle_slows_down_and_calls_bring_the_pace_back),
        cmocka_unit_test(however_often_it_is_throttled_it_goes_on_trying),
        cmocka_unit_test(a_clock_that_is_set_back_does_not_stop_it),
        cmocka_unit_test(a_new_limit_holds_at_once),
        cmocka_unit_test(no_second_has_more_calls_than_slots),
        cmocka_unit_test(a_pool_uses_the_limit_and_is_hardly_throttled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
