/* SPDX-License-Identifier: Apache-2.0
 *
 * The breaker: while no call can succeed until a person acts, or the network is away, nothing fails
 * and nothing is sent but one probe now and then: a batch of one. */
#include "core/engine_impl.h"

enum { NOT_SENT_MAX = 5 }; /* in a row */
static const int64_t probe_first_ms = 1000;
static const int64_t probe_last_ms = 60000;

void breaker_open(struct engine *eng, struct view code)
{
    struct breaker *breaker = &eng->breaker;
    if (!breaker->open) {
        breaker->open = true;
        breaker->wait_ms = probe_first_ms;
        engine_note(eng, (struct note){.type = NOTE_BREAKER_OPEN, .partition = -1, .text = code});
    } else {
        breaker->wait_ms *= 2;
        if (breaker->wait_ms > probe_last_ms)
            breaker->wait_ms = probe_last_ms;
    }
    breaker->probe_at = instant_after_ms(eng->now.at, breaker->wait_ms);
}

static void close(struct engine *eng)
{
    if (!eng->breaker.open)
        return;
    eng->breaker.open = false;
    engine_note(eng, (struct note){.type = NOTE_BREAKER_CLOSED, .partition = -1});
}

void breaker_judge(struct engine *eng, enum verdict verdict, bool probe, struct view code)
{
    eng->breaker.failures = verdict == VERDICT_NOT_SENT ? eng->breaker.failures + 1 : 0;
    switch (verdict) {
    case VERDICT_DONE:
    case VERDICT_BUSY:
    case VERDICT_NOT_RUNNING:
    case VERDICT_NOT_EXIST:
    case VERDICT_OFFENCE:
    case VERDICT_TOO_LARGE:
    case VERDICT_FORBIDDEN:
        close(eng); /* the API has judged instances: it is there and knows us */
        break;
    case VERDICT_BREAKER:
        if (probe || !eng->breaker.open)
            breaker_open(eng, code);
        break;
    case VERDICT_NOT_SENT:
        if (probe || (!eng->breaker.open && eng->breaker.failures >= NOT_SENT_MAX))
            breaker_open(eng, code);
        break;
    case VERDICT_THROTTLE:
    case VERDICT_CLOCK:
    case VERDICT_UNKNOWN:
        if (probe && eng->breaker.open)
            breaker_open(eng, code); /* says nothing: probe again, later */
        break;
    }
}
