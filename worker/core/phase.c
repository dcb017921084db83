/* SPDX-License-Identifier: Apache-2.0 */
#include "core/phase.h"

#include <stddef.h>

static const char *const phase_names[ENTRY_PHASE_N] = {
    [ENTRY_CLOSED] = "closed",           [ENTRY_WAITING] = "waiting",
    [ENTRY_DISPATCHING] = "dispatching", [ENTRY_UNKNOWN] = "unknown",
    [ENTRY_REBOOTING] = "rebooting",
};

/* Every edge with what makes it. */
static const char *const phase_edges[ENTRY_PHASE_N][ENTRY_PHASE_N] = {
    [ENTRY_CLOSED] = {[ENTRY_WAITING] = "a task"},
    [ENTRY_WAITING] =
        {
            [ENTRY_DISPATCHING] = "intent",
            [ENTRY_CLOSED] = "expired, cancelled, not runnable",
            /* The API may do part of a batch that it answers with an error: what is seen REBOOTING
             * after such an attempt is counted as sent, or it would be rebooted twice. */
            [ENTRY_REBOOTING] = "seen REBOOTING after an attempt that was not provably refused",
        },
    [ENTRY_DISPATCHING] =
        {
            [ENTRY_REBOOTING] = "the API accepted it",
            [ENTRY_WAITING] = "retryable answer, or not sent",
            [ENTRY_UNKNOWN] = "the answer was lost",
            [ENTRY_CLOSED] = "final answer, or attempts used up",
        },
    [ENTRY_UNKNOWN] =
        {
            [ENTRY_REBOOTING] = "evidence: it went",
            [ENTRY_WAITING] = "evidence: it did not",
            [ENTRY_CLOSED] = "no evidence in time",
        },
    [ENTRY_REBOOTING] =
        {
            [ENTRY_CLOSED] = "seen RUNNING again, overdue, or down",
            [ENTRY_WAITING] = "the same, and a request waits that this reboot does not serve",
        },
};

const char *entry_phase_name(enum entry_phase phase)
{
    return phase_names[phase];
}

const char *entry_phase_reason(enum entry_phase from, enum entry_phase to)
{
    return phase_edges[from][to];
}
