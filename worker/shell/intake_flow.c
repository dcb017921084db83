/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/intake_flow.h"

#include <stdlib.h>

#include "base/check.h"
#include "shell/intake_window.h"

enum { SLOTS_FIRST = 16, SEQ_BITS = 32, GENERATION_BITS = 16 };

/* One input partition. Slots are used again and never given back; the generation tells whose ticket
 * it is. */
struct slot {
    struct intake_window window;
    int32_t partition;
    uint16_t generation;
    bool assigned;
    bool commit_due;
    bool restart_due;
    struct fault fault; /* with restart_due */
};

struct intake_flow {
    struct producer *producer;
    struct slot *slots;
    size_t slot_n;
    size_t slot_cap;
    uint64_t outstanding_n;
    size_t due_n;  /* slots with commit_due or restart_due */
    size_t turn;   /* where to look for the next of them */
    size_t full_n; /* windows that are full */
    /* The record begun last. */
    struct slot *record_slot; /* NULL: not to be put (restarted meanwhile) */
    uint32_t record_seq;
};

enum err intake_flow_open(struct producer *producer, struct intake_flow **flow_out,
                          struct fault *fault)
{
    struct intake_flow *flow = calloc(1, sizeof *flow);
    if (flow == NULL)
        return fault_set(fault, ERR_SYSTEM, "intake: no memory");
    flow->producer = producer;
    *flow_out = flow;
    return ERR_OK;
}

static struct slot *find(const struct intake_flow *flow, int32_t partition)
{
    for (size_t i = 0; i < flow->slot_n; i++) {
        if (flow->slots[i].assigned && flow->slots[i].partition == partition)
            return &flow->slots[i];
    }
    return NULL;
}

static bool is_due(const struct slot *slot)
{
    return slot->commit_due || slot->restart_due;
}

/* Sets what is due for a slot, keeping count. */
static void set_due(struct intake_flow *flow, struct slot *slot, bool commit, bool restart)
{
    bool before = is_due(slot);
    slot->commit_due = commit;
    slot->restart_due = restart;
    flow->due_n += (size_t)is_due(slot) - (size_t)before;
}

static void drop(struct intake_flow *flow, struct slot *slot)
{
    if (slot == flow->record_slot)
        flow->record_slot = NULL;
    flow->full_n -= intake_window_is_full(&slot->window) ? 1 : 0;
    set_due(flow, slot, false, false);
    intake_window_release(&slot->window);
    slot->assigned = false;
    slot->generation++;
}

static struct slot *take_slot(struct intake_flow *flow)
{
    for (size_t i = 0; i < flow->slot_n; i++) {
        if (!flow->slots[i].assigned)
            return &flow->slots[i];
    }
    if (flow->slot_n == FLOW_PARTITIONS_MAX)
        return NULL;
    if (flow->slot_n == flow->slot_cap) {
        size_t cap = flow->slot_cap == 0 ? SLOTS_FIRST : flow->slot_cap * 2;
        struct slot *slots = realloc(flow->slots, cap * sizeof *slots);
        if (slots == NULL)
            return NULL;
        flow->slots = slots;
        flow->slot_cap = cap;
        flow->record_slot = NULL;
    }
    flow->slots[flow->slot_n] = (struct slot){0};
    return &flow->slots[flow->slot_n++];
}

enum err intake_flow_assign(struct intake_flow *flow, int32_t partition, int64_t offset,
                            struct fault *fault)
{
    intake_flow_revoke(flow, partition);
    struct slot *slot = take_slot(flow);
    if (slot == NULL)
        return fault_set(fault, ERR_LIMIT, "intake: too many input partitions");
    intake_window_init(&slot->window, offset);
    slot->partition = partition;
    slot->assigned = true;
    return ERR_OK;
}

void intake_flow_revoke(struct intake_flow *flow, int32_t partition)
{
    struct slot *slot = find(flow, partition);
    if (slot != NULL)
        drop(flow, slot);
}

bool intake_flow_is_assigned(const struct intake_flow *flow, int32_t partition)
{
    const struct slot *slot = find(flow, partition);
    return slot != NULL && !slot->restart_due;
}

bool intake_flow_is_full(const struct intake_flow *flow)
{
    return flow->outstanding_n >= FLOW_PIECES_MAX || flow->full_n > 0 ||
           !producer_has_room(flow->producer, TOPIC_TASKS, FLOW_RECORD_PIECES_MAX,
                              FLOW_RECORD_BYTES_MAX);
}

/* Nothing more is put for it; what is outstanding is ignored when its report comes. */
static void restart(struct intake_flow *flow, struct slot *slot, const struct fault *fault)
{
    if (slot == flow->record_slot)
        flow->record_slot = NULL;
    if (slot->restart_due)
        return;
    slot->fault = *fault;
    set_due(flow, slot, slot->commit_due, true);
}

void intake_flow_begin(struct intake_flow *flow, int32_t partition, int64_t offset,
                       uint32_t piece_n)
{
    PRE(piece_n <= FLOW_RECORD_PIECES_MAX);
    struct slot *slot = find(flow, partition);
    PRE(slot != NULL);
    flow->record_slot = NULL;
    if (slot->restart_due)
        return;
    bool done = false;
    const struct window_record record = {.offset = offset, .pending_n = piece_n};
    if (intake_window_add(&slot->window, &record, &done, &flow->record_seq) != ERR_OK) {
        struct fault fault;
        (void)fault_set(&fault, ERR_LIMIT, "intake: no memory for what is outstanding");
        restart(flow, slot, &fault);
        return;
    }
    flow->full_n += intake_window_is_full(&slot->window) ? 1 : 0;
    flow->record_slot = slot;
    if (done)
        set_due(flow, slot, true, slot->restart_due);
}

void intake_flow_put(struct intake_flow *flow, const struct producer_record *piece)
{
    struct slot *slot = flow->record_slot;
    if (slot == NULL)
        return;
    struct producer_record record = *piece;
    record.ticket = (uint64_t)(slot - flow->slots) << (SEQ_BITS + GENERATION_BITS) |
                    (uint64_t)slot->generation << SEQ_BITS | flow->record_seq;
    struct fault fault;
    if (producer_put(flow->producer, &record, &fault) == ERR_OK) {
        flow->outstanding_n++;
        return;
    }
    /* There was room, so it is over for this life of the producer; what comes after this piece must
     * not be stored without it. */
    producer_break(flow->producer, fault.text);
    restart(flow, slot, &fault);
}

void intake_flow_report(struct intake_flow *flow, const struct producer_report *report)
{
    CHECK(flow->outstanding_n > 0);
    flow->outstanding_n--;
    size_t i = (size_t)(report->ticket >> (SEQ_BITS + GENERATION_BITS));
    uint16_t generation = (uint16_t)(report->ticket >> SEQ_BITS);
    CHECK(i < flow->slot_n);
    struct slot *slot = &flow->slots[i];
    if (!slot->assigned || slot->generation != generation || slot->restart_due)
        return;
    if (report->err != ERR_OK) {
        restart(flow, slot, &report->fault);
        return;
    }
    bool was_full = intake_window_is_full(&slot->window);
    if (intake_window_ack(&slot->window, (uint32_t)report->ticket))
        set_due(flow, slot, true, slot->restart_due);
    if (was_full && !intake_window_is_full(&slot->window))
        flow->full_n--;
}

bool intake_flow_next(struct intake_flow *flow, struct flow_event *event_out)
{
    if (flow->due_n == 0)
        return false;
    struct slot *slot = NULL;
    do {
        flow->turn = (flow->turn + 1) % flow->slot_n;
        slot = &flow->slots[flow->turn];
    } while (!is_due(slot));
    event_out->partition = slot->partition;
    event_out->offset = slot->window.done_to;
    if (slot->commit_due) {
        event_out->type = FLOW_COMMIT;
        set_due(flow, slot, false, slot->restart_due);
        return true;
    }
    event_out->type = FLOW_RESTART;
    event_out->fault = slot->fault;
    drop(flow, slot);
    return true;
}

uint64_t intake_flow_outstanding(const struct intake_flow *flow)
{
    return flow->outstanding_n;
}

void intake_flow_close(struct intake_flow *flow)
{
    if (flow == NULL)
        return;
    for (size_t i = 0; i < flow->slot_n; i++)
        intake_window_release(&flow->slots[i].window);
    free(flow->slots);
    free(flow);
}
