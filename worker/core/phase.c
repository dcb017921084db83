/* SPDX-License-Identifier: Apache-2.0 */
#include "core/phase.h"

#include <stddef.h>

static const struct {
    const char *name;
    const char *meaning;
} phases[ENTRY_PHASE_N] = {
    [ENTRY_CLOSED] = {"closed", "no open request; closed ones and the last reboot are remembered"},
    [ENTRY_WAITING] = {"waiting", "to be rebooted when its time comes and a call has room"},
    [ENTRY_DISPATCHING] = {"dispatching", "an intent is decided; the call may be in the air"},
    [ENTRY_UNKNOWN] = {"unknown", "the call went out and its answer was lost; it is looked at"},
    [ENTRY_REBOOTING] = {"rebooting", "the reboot has begun; it is watched until RUNNING"},
};

/* Every edge with what makes it. What leads to CLOSED leads to WAITING instead where a request is
 * left that it is not about. Markdown and mermaid show the reasons, so no `|`, `:` or `;`. */
static const char *const phase_edges[ENTRY_PHASE_N][ENTRY_PHASE_N] = {
    [ENTRY_CLOSED] = {[ENTRY_WAITING] = "a task"},
    [ENTRY_WAITING] =
        {
            [ENTRY_DISPATCHING] = "intent",
            [ENTRY_CLOSED] = "expired, cancelled, not runnable, or no trace of an attempt",
            /* The API may do part of a batch that it answers with an error: what is seen REBOOTING
             * after such an attempt is counted as sent, or it would be rebooted twice. */
            [ENTRY_REBOOTING] = "seen REBOOTING after an attempt that was not provably refused",
        },
    [ENTRY_DISPATCHING] =
        {
            [ENTRY_REBOOTING] = "accepted, or seen REBOOTING",
            [ENTRY_WAITING] = "retryable answer, or not sent",
            [ENTRY_UNKNOWN] = "answer lost",
            [ENTRY_CLOSED] = "final answer, or attempts used up",
        },
    [ENTRY_UNKNOWN] =
        {
            [ENTRY_REBOOTING] = "evidence that it went, or a late answer",
            [ENTRY_WAITING] = "evidence that it did not",
            [ENTRY_CLOSED] = "no evidence in time",
        },
    [ENTRY_REBOOTING] =
        {
            [ENTRY_CLOSED] = "seen RUNNING again, overdue, down, or not to be watched",
            [ENTRY_WAITING] = "as to closed, and a request waits that this reboot does not serve",
        },
};

const char *entry_phase_name(enum entry_phase phase)
{
    return phases[phase].name;
}

const char *entry_phase_meaning(enum entry_phase phase)
{
    return phases[phase].meaning;
}

const char *entry_phase_reason(enum entry_phase from, enum entry_phase to)
{
    return phase_edges[from][to];
}
