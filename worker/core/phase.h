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

/* What an attempt that is over has left behind: its flight is remembered.
 * Stored in snapshots: append only. */
enum taint {
    TAINT_NONE = 0,
    TAINT_DENIED = 1,  /* WAITING: not provably refused whole: it is read before the next attempt */
    TAINT_DOUBTED = 2, /* WAITING: taken for without effect, and the answer may still come */
    TAINT_LOST = 3, /* WAITING, CLOSED: ended unknown and RUNNING; an OK would be the last reboot */
};

const char *entry_phase_name(enum entry_phase phase);
/* For a person. */
const char *entry_phase_meaning(enum entry_phase phase);
/* Why an entry may go from one phase to another, for a person; NULL: it may not. */
const char *entry_phase_reason(enum entry_phase from, enum entry_phase to);

#endif
