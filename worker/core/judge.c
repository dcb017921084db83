/* SPDX-License-Identifier: Apache-2.0
 *
 * A task against policy and time: everything that the ledger must say with absolute values, so that
 * whoever folds it needs neither this configuration nor a clock. */
#include "core/engine_impl.h"

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

static void refuse(struct task_op *op, struct view message)
{
    op->reject_code = VIEW_LIT("request.policy");
    op->reject_message = message;
}

/* Contract, section 2: ages; section 4: safety.allow_force. */
static void judge_policy(const struct engine_options *options, int64_t record_ms,
                         struct task_op *op)
{
    const struct task *task = &op->task;
    int64_t latest = record_ms;
    if (task->not_before_ms != TIME_NONE && task->not_before_ms > record_ms)
        latest = task->not_before_ms;
    if (latest > record_ms + options->request_max_age_ms)
        refuse(op, VIEW_LIT("notBefore lies more than request.max_age after the request"));
    else if (task->expires_ms > latest + options->request_max_age_ms)
        refuse(op, VIEW_LIT("expiresAt lies more than request.max_age after the request"));
    else if (task->kind != REBOOT_SOFT && !options->allow_force)
        refuse(op, VIEW_LIT("only SOFT is allowed here: safety.allow_force is false"));
}

void judge_task(const struct engine_options *options, const struct queued_task *queued,
                struct task_op *out)
{
    *out = (struct task_op){.task = queued->task, .task_ms = queued->task_ms};
    struct task *task = &out->task;
    /* An upstream's clock can neither reach into the future nor dig up an old reboot: the record's
     * time is believed within request.max_age, requestedAt within the window before it. */
    int64_t record_ms =
        clamp(task->record_ms, queued->task_ms - options->request_max_age_ms, queued->task_ms);
    int64_t requested_ms = task->requested_ms == TIME_NONE ? record_ms : task->requested_ms;
    int64_t r = clamp(requested_ms, record_ms - options->dedup_window_ms, queued->task_ms);
    bool by_order = task->allow_repeat || options->dedup_window_ms == 0;
    out->serves_after_ms = by_order ? TIME_NONE : r - options->dedup_window_ms;
    task->requested_ms = requested_ms < queued->task_ms ? requested_ms : queued->task_ms;
    if (task->region.n == 0)
        task->region = options->default_region;
    if (task->expires_ms == TIME_NONE) {
        int64_t from = task->not_before_ms > record_ms ? task->not_before_ms : record_ms;
        task->expires_ms = from + options->request_max_age_ms;
    }
    if (task->type == TASK_REBOOT)
        judge_policy(options, record_ms, out);
}
