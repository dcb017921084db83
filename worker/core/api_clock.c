/* SPDX-License-Identifier: Apache-2.0
 *
 * The API's clock, learnt from the Date of its answers: signatures carry its time, or a worker
 * whose clock is wrong could neither call nor know when a call can have no effect any more. Learnt
 * from a read before the first reboot; a jump stops sending until a second answer agrees.
 *
 * It is kept against the boot-time clock: a wall clock that is set between an answer and the next
 * call would sign that call for another time, and with it move the moment after which the call can
 * have no effect. */
#include "core/engine_impl.h"

/* Date has whole seconds, and an answer takes its time: less says nothing. */
static const int64_t ignored_s = 2;
static const int64_t probe_every_ms = 1000;

static int64_t distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

int64_t clock_sign_s(const struct engine *eng)
{
    if (!eng->clock.learnt)
        return eng->now.wall_us / 1000000;
    return (eng->now.at.us + eng->clock.ahead_us) / 1000000;
}

/* It differs from our wall clock by so much. */
static void adopt(struct engine *eng, int64_t offset_s)
{
    struct clock_watch *clock = &eng->clock;
    int64_t used_s = distance(offset_s, 0) > ignored_s ? offset_s : 0;
    bool changed = used_s != clock->offset_s;
    clock->known = clock->learnt = true;
    clock->doubtful = false;
    clock->offset_s = used_s;
    clock->ahead_us = eng->now.wall_us + used_s * 1000000 - eng->now.at.us;
    if (changed)
        engine_note(eng,
                    (struct note){.type = NOTE_CLOCK_OFFSET, .partition = -1, .count = used_s});
}

void clock_learn(struct engine *eng, const struct answer *answer)
{
    struct clock_watch *clock = &eng->clock;
    if (answer->date_s == TIME_NONE) {
        bool answered = answer->kind == ANSWER_API || answer->kind == ANSWER_UNREADABLE;
        if (!clock->learnt && answered)
            adopt(eng, 0); /* it does not say: ours has to do */
        return;
    }
    int64_t offset_s = answer->date_s - eng->now.wall_us / 1000000;
    int64_t error_s = answer->date_s - clock_sign_s(eng);
    int64_t ahead_s = answer->date_s - eng->now.at.us / 1000000;
    if (!clock->learnt) {
        adopt(eng, offset_s);
        return;
    }
    if (distance(error_s, 0) <= ignored_s) {
        clock->doubtful = false;
        return;
    }
    bool jumped = distance(error_s, 0) * 1000 > eng->options.settle_ms;
    bool agreed = clock->doubtful && distance(ahead_s, clock->doubt_s) <= ignored_s;
    if (!jumped || agreed) {
        adopt(eng, offset_s);
        return;
    }
    if (!clock->doubtful)
        engine_note(eng, (struct note){.type = NOTE_CLOCK_JUMP, .partition = -1, .count = error_s});
    clock->doubtful = true;
    clock->doubt_s = ahead_s;
}

static bool is_wanted(const struct engine *eng)
{
    if ((eng->clock.known && !eng->clock.doubtful) || eng->clock.probe_call_id != 0)
        return false;
    for (int32_t p = 0; p < eng->options.partition_n; p++)
        if (eng->owns[p])
            return true;
    return false;
}

bool clock_next_call(struct engine *eng, struct action *act)
{
    static const enum instance_state any = INSTANCE_REBOOTING; /* its Date is what we want */
    if (!is_wanted(eng) || !instant_reached(eng->now.at, eng->clock.probe_at) ||
        !engine_take_slot(eng, CALL_DESCRIBE))
        return false;
    eng->clock.probe_at = instant_after_ms(eng->now.at, probe_every_ms);
    eng->clock.probe_call_id = ++eng->call_count;
    eng->call = (struct call){.id = eng->clock.probe_call_id,
                              .action = CALL_DESCRIBE,
                              .sign_s = clock_sign_s(eng),
                              .states = &any,
                              .state_n = 1,
                              .timeout_ms = eng->options.timeout_ms};
    *act = (struct action){.type = ACT_CALL, .partition = -1, .call = &eng->call};
    return true;
}

struct instant clock_wake(const struct engine *eng)
{
    if (!is_wanted(eng))
        return INSTANT_NEVER;
    if (!instant_reached(eng->now.at, eng->clock.probe_at))
        return eng->clock.probe_at;
    return engine_slot_wake(eng, CALL_DESCRIBE);
}
