# SPDX-License-Identifier: Apache-2.0
"""Planted bugs: each breaks one rule that the worker's promises rest on, in one place of the core.

NAME: (the rule that is broken, file in worker/core, what stands there, what is put in its place).
What stands there must be found exactly once; it moves with the code.
"""

MUTANTS = {
    "claim-not-awaited": (
        "a worker owns a partition only from its own claim on",
        "owner.c",
        "claim->u.claim.nonce == owner->claim_nonce)",
        "claim->u.claim.nonce != 0)"),
    "foreign-claim-ignored": (
        "who reads a foreign claim is the owner no more",
        "owner.c",
        "    } else if (owner->role == ROLE_OWNER) {\n        lose(eng",
        "    } else if (owner->role == ROLE_OWNER && owner->seq == 0) {\n        lose(eng"),
    "epoch-ignored": (
        "a record of an older epoch is void",
        "ledger.c",
        "if (record->epoch != ledger->epoch || record->seq != ledger->next_seq)",
        "if (record->seq != ledger->next_seq)"),
    "gap-accepted": (
        "what follows a gap in seq is void",
        "ledger.c",
        "record->seq != ledger->next_seq)\n        return FOLD_VOID;\n    ledger->next_seq++;",
        "record->seq < ledger->next_seq)\n        return FOLD_VOID;\n"
        "    ledger->next_seq = record->seq + 1;"),
    "proposal-matched-loosely": (
        "a proposal has come back when that very record has, valid",
        "owner.c",
        "    case FOLD_VOID:\n        break;",
        "    case FOLD_VOID:\n        if (owner->role == ROLE_OWNER)\n"
        "            release_own(eng, owner, ev);\n        break;"),
    "state-before-read-back": (
        "a task is applied when its record has come back",
        "propose.c",
        "    owner->tasks_in_flight++;\n    eng->record",
        "    owner->tasks_in_flight++;\n    owner->ledger.cursor = cursor;\n    eng->record"),
    "call-before-read-back": (
        "a call is made when its intent has come back",
        "propose.c",
        "    leg->proposed = true;",
        "    leg->proposed = leg->folded = true;\n"
        "    for (uint32_t i = 0; i < leg->count; i++)\n"
        "        dispatch->aboard[leg->first + i].state = ABOARD_READY;"),
    "call-before-report": (
        "a call is made when its intent is acknowledged",
        "dispatch.c",
        "return leg->folded && leg->acked;",
        "return leg->folded;"),
    "cursor-ahead": (
        "the cursor does not pass what was not proposed",
        "propose.c",
        "int64_t cursor = owner->task_first != NULL ? owner->task_first->offset :",
        "int64_t cursor ="),
    "cursor-missing-in-begin": (
        "a snapshot carries the cursor",
        "snapshot.c",
        ".u.begin = {.cursor = ledger->cursor,",
        ".u.begin = {.cursor = 0,"),
    "positions-missing-in-begin": (
        "a snapshot carries how far each input partition was applied",
        "snapshot.c",
        ".source_n = ledger->sources.count}",
        ".source_n = 0}"),
    "mark-ahead": (
        "a mark covers what is acknowledged",
        "propose.c",
        ".published = outbox_published(&ledger->outbox, ledger->next_offset)",
        ".published = ledger->next_offset"),
    "mark-keeps-awake": (
        "a worker that has nothing to do sleeps",
        "owner.c",
        "bool may_mark = !owner->mark_in_flight &&",
        "bool may_mark ="),
    "acknowledgement-of-another-life": (
        "an acknowledgement is for the event that was published, whatever was read again since",
        "owner.c",
        "outbox_number_from(&owner->ledger.outbox, owner->numbers_used);",
        "outbox_number_from(&owner->ledger.outbox, 0);"),
    "prefix-deleted-before-mark": (
        "the log is deleted when what it owes is acknowledged",
        "snapshot.c",
        "ledger->snapshot < 0 || ledger->published < ledger->snapshot)",
        "ledger->snapshot < 0)"),
    "old-state-kept": (
        "a reader whose position was deleted discards its state",
        "owner.c",
        "    drop_state(eng, owner);\n    if (owner->assigned)",
        "    if (owner->role != ROLE_OWNER && owner->role != ROLE_CLAIMING) {\n"
        "        owner->want_read = true;\n        return;\n    }\n"
        "    drop_state(eng, owner);\n    if (owner->assigned)"),
    "forgotten-too-early": (
        "a closed request is remembered until it expires",
        "entry.c",
        "if (closed->forget_ms > log_ms)",
        "if (closed->forget_ms > log_ms && entry->closed_n > 2)"),
    "image-lacks-taint": (
        "an image is the exact state",
        "image_entry.c",
        "entry->taint = (uint8_t)image->taint;",
        "entry->taint = TAINT_NONE;"),
    "deadline-ignored": (
        "a worker that wakes up late makes no call",
        "dispatch.c",
        "           instant_reached(eng->now.at, dispatch->deadline);",
        "           false;"),
    "horizon-ignored": (
        "an old intent is waited out before anything is concluded from what is not seen",
        "look.c",
        "if (reading->begun_ms < horizon_ms(eng, owner, entry)) {",
        "if (reading->begun_ms < entry->flight->started_ms) {"),
    "reply-for-another-dispatch": (
        "an answer is for its own dispatch",
        "entry.c",
        "return open && dispatch_id_equals(entry->flight->dispatch, dispatch);",
        "return open && dispatch.nonce != 0;"),
    "reply-lost-under-proposal": (
        "an answer waits until what was proposed before it has come back",
        "propose.c",
        "        if (entry->proposed)\n            continue;",
        "        if (entry->proposed || (dispatch->from_reply && owner->appends_in_flight > 0)) {\n"
        "            aboard->answered = true;\n"
        "            continue;\n        }"),
    "reply-lost-before-the-claim": (
        "what was read of a call before the claim is news too",
        "owner.c",
        "    else\n        owner_keep_reply(eng, owner, reply);",
        "    else\n        dispatch_free(eng, reply);"),
    "reply-lost-with-partition": (
        "and it stays news when the partition is lost before it was decided upon",
        "dispatch.c",
        "        owner_keep_reply(eng, owner, d);",
        "        dispatch_free(eng, d);"),
    "signed-by-wall-clock": (
        "a wall clock that is set moves no signature",
        "api_clock.c",
        "    return (eng->now.at.us + eng->clock.ahead_us) / 1000000;",
        "    return eng->now.wall_us / 1000000 + eng->clock.offset_s;"),
    "not-sent-after-the-call": (
        "only what was never called is given up as not sent",
        "dispatch.c",
        "if (aboard->state == ABOARD_OUT || aboard->state == ABOARD_CALLED)",
        "if (aboard->state == ABOARD_OUT)"),
    "source-position-ignored": (
        "a task from a place that was applied is a redelivery",
        "sources.c",
        "return source.offset < have->offset ||",
        "return source.offset < have->offset - 8 ||"),
    "partial-attempt-retried": (
        "who is seen rebooting after an attempt that came back was rebooted by it",
        "look.c",
        "    if (!reading->absent && reading->state == INSTANCE_REBOOTING) {",
        "    if (!reading->absent && reading->state == INSTANCE_STARTING) {"),
    "seen-before-is-forgotten": (
        "who may have been seen rebooting by an owner before counts as rebooted until it is shown",
        "look.c",
        "(became_reboot || (hint->inherited && !shows_other));",
        "became_reboot;"),
    "unclear-counts-as-refused": (
        "a lost answer is no refusal",
        "dispatch_answer.c",
        "    case VERDICT_UNKNOWN:\n        return ends_as(MEMBER_UNKNOWN);",
        "    case VERDICT_UNKNOWN:\n"
        "        return back(backoff_ms(eng, strikes), MEMBER_REFUSED);"),
    "no-baseline": (
        "a LatestOperation proves nothing without a read from before the call",
        "look.c",
        "bool became_reboot = reading->is_reboot && entry->hint->baseline;",
        "bool became_reboot = reading->is_reboot;"),
    "window-inverted": (
        "a reboot serves who asked not later than the window after it",
        "steps.c",
        "return effect->started_ms > req->serves_after_ms;",
        "return effect->started_ms < req->serves_after_ms;"),
    "strength-ignored": (
        "a reboot serves who asked for nothing stronger",
        "steps.c",
        "    if (reboot_strength(effect->kind) < reboot_strength(req->kind))\n"
        "        return false;\n"
        "    if (req->not_before_ms",
        "    if (req->not_before_ms"),
    "last-reboot-alone-remembered": (
        "a reboot serves who asked for its strength, whatever weaker one came after it",
        "entry.c",
        "while (*link != NULL && reboot_strength((enum reboot_kind)(*link)->kind) <= strength)",
        "while (*link != NULL)"),
    "cancel-of-a-rider": (
        "a cancel withdraws nobody who may have been rebooted",
        "apply_tasks.c",
        "    if (!may_have_gone) {",
        "    if (!may_have_gone || entry->phase == ENTRY_UNKNOWN) {"),
    "newer-claim-ignored": (
        "a log that a newer release has claimed is left to it",
        "ledger.c",
        "if (record->u.claim.format > LEDGER_FORMAT)",
        "if (record->u.claim.format > LEDGER_FORMAT + 1)"),
    "unreadable-record-skipped": (
        "a record that cannot be read is a stop",
        "engine.c",
        "    case EV_LEDGER_STOPPED:\n    case EV_TASK_BAD:\n        owner_stop(",
        "    case EV_LEDGER_STOPPED:\n        break;\n    case EV_TASK_BAD:\n"
        "        owner_stop("),
    "other-pool-fought": (
        "a log that another pool has claimed is a stop",
        "owner.c",
        "    if (!check_pool(eng, owner))\n        return;\n    if (owner->role == ROLE_CLAIMING",
        "    if (owner->role == ROLE_CLAIMING"),
    "ceiling-ignored": (
        "who has no memory left takes no tasks",
        "engine.c",
        ">= OWED_MAX || eng->full)",
        ">= OWED_MAX)"),
    "limit-not-lowered": (
        "a limit that is set anew holds at once",
        "engine.c",
        "            quota_set_limit(&eng->quota[i], ev->rate_limit);",
        "            if (ev->rate_limit * 0.96 > eng->quota[i].slots_per_s)\n"
        "                quota_set_limit(&eng->quota[i], ev->rate_limit);"),
    "retried-before-the-horizon": (
        "under the policy retry too, a lost call is made again when it can have no effect any more",
        "look.c",
        "if (reading->begun_ms < horizon_ms(eng, owner, entry)) {",
        "if (reading->begun_ms < horizon_ms(eng, owner, entry) &&"
        " !eng->options.ambiguity_retry) {"),
    "retried-unasked": (
        "under the policy report a lost call is never made again",
        "look.c",
        "!reading->is_reboot) || eng->options.ambiguity_retry)",
        "!reading->is_reboot) || eng->options.confirm_enabled)"),
    "horizon-without-allowance": (
        "the horizon allows for clocks and for the API's own back end",
        "look.c",
        "eng->options.signature_life_ms + eng->options.settle_ms;",
        "eng->options.signature_life_ms;"),
    "call-after-loss": (
        "who has read a foreign claim calls for nobody of that partition",
        "dispatch.c",
        "        if (!d->held_back)\n            disown_uncalled(eng, d, leg);",
        "        if (!d->held_back && d->state != DISPATCH_INTENDED)\n"
        "            disown_uncalled(eng, d, leg);"),
    "cap-too-low": (
        "as many requests are open as the limit says",
        "apply_tasks.c",
        "if (entry->open_n >= ledger->limits.open_requests)",
        "if (entry->open_n + 1u >= ledger->limits.open_requests)"),
    "force-unasked": (
        "force that is not allowed is rejected",
        "judge.c",
        "else if (task->kind != REBOOT_SOFT && !options->allow_force)",
        "else if (task->kind == REBOOT_HARD && !options->allow_force)"),
    "committed-ahead": (
        "what is committed was applied",
        "owner.c",
        "        act->type = ACT_TASKS_COMMIT;\n        act->offset = owner->ledger.cursor;",
        "        act->type = ACT_TASKS_COMMIT;\n        act->offset = owner->ledger.cursor + 1;"),
    "drained-too-early": (
        "who has drained has nothing in the air",
        "engine.c",
        "    if (eng->dispatches != NULL)\n        return false;",
        "    if (eng->prepared_n > 0)\n        return false;"),
}
