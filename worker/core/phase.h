/* SPDX-License-Identifier: Apache-2.0
 *
 * The phases in the life of an entry, and what leads from one to another.
 *
 *          task             intent                accepted              seen RUNNING again,
 * CLOSED ───────▶ WAITING ─────────▶ DISPATCHING ──────────▶ REBOOTING ───────────────────▶ CLOSED
 *                  │   ▲               │    │                    ▲         overdue, down
 *         expired, │   │ retryable     │    │ answer lost        │ it went
 *        cancelled │   └───────────────┤    └──────▶ UNKNOWN ────┘
 *                  ▼     final answer  │               │  it did not ──▶ WAITING
 *               CLOSED ◀───────────────┘               └─ no evidence ─▶ CLOSED
 *
 * The rows of phase_edges (phase.c) say which phase may follow which; docs/states.md is drawn from
 * them.
 */
#ifndef WORKER_CORE_PHASE_H
#define WORKER_CORE_PHASE_H

/* Stored in snapshots: append only. */
enum entry_phase {
    ENTRY_CLOSED = 0,      /* no open request; memory of closed ones only */
    ENTRY_WAITING = 1,     /* to be rebooted when its time comes */
    ENTRY_DISPATCHING = 2, /* an intent is valid; the call may be in the air */
    ENTRY_UNKNOWN = 3,     /* the call went out, its answer was lost */
    ENTRY_REBOOTING = 4,   /* the API accepted it; watched until RUNNING */
};
#define ENTRY_PHASE_N 5

const char *entry_phase_name(enum entry_phase phase);
/* For a person. */
const char *entry_phase_meaning(enum entry_phase phase);
/* Why an entry may go from one phase to another, for a person; NULL: it may not. */
const char *entry_phase_reason(enum entry_phase from, enum entry_phase to);

#endif
