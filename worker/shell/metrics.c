/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/metrics.h"

#include <math.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/entry.h"
#include "wire/ecm_request.h"
#include "wire/metrics_text.h"

static const double bucket_s[METRICS_BUCKETS] = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                 1,    2.5,   5,    10,  30,   INFINITY};

/* ---- codes of calls: a bounded set of label values ---- */

static unsigned row_n(void)
{
    unsigned n = 0;
    while (verdict_row(n) != NULL)
        n++;
    return n;
}

/* Codes that stand for a family end in a dot and are counted under the family's name. */
static struct view code_name(unsigned i)
{
    unsigned n = row_n();
    if (i == n)
        return VIEW_LIT("ok");
    if (i == n + 1)
        return VIEW_LIT("network");
    if (i == n + 2)
        return VIEW_LIT("other");
    struct view code = view_of(verdict_row(i)->code);
    return code.p[code.n - 1] == '.' ? VIEW_NONE : code;
}

static unsigned code_index(const struct answer *answer)
{
    unsigned n = row_n();
    if (answer->kind != ANSWER_API)
        return n + 1;
    if (answer->code.n == 0)
        return n;
    for (unsigned i = 0; i < n; i++)
        if (view_equals(code_name(i), answer->code))
            return i;
    return n + 2;
}

void metrics_call(struct metrics *metrics, const struct completion *completion)
{
    enum call_action action = completion->action;
    double latency_s = (double)completion->latency_ms / 1000;
    metrics->calls[action][code_index(&completion->answer)]++;
    metrics->latency_n[action]++;
    metrics->latency_sum_s[action] += latency_s;
    for (int i = 0; i < METRICS_BUCKETS; i++)
        metrics->latency_buckets[action][i] += latency_s <= bucket_s[i];
}

/* ---- rendering ---- */

struct family {
    const char *name;
    const char *type;
    const char *help;
    void (*samples)(struct metrics_text *text, const char *name, const struct metrics_view *view);
};

static void one(struct metrics_text *text, const char *name, double value)
{
    metrics_sample(text, name, NULL, value);
}

static void labelled(struct metrics_text *text, const char *name, const char *label,
                     const char *value, double sample)
{
    const struct metrics_label labels[2] = {{label, view_of(value)}, {NULL, VIEW_NONE}};
    metrics_sample(text, name, labels, sample);
}

static void build_info(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    (void)view;
    labelled(text, name, "version", REBOOT_WORKER_VERSION, 1);
}

static void api_requests(struct metrics_text *text, const char *name,
                         const struct metrics_view *view)
{
    for (int action = 0; action < CALL_ACTION_N; action++) {
        for (unsigned i = 0; i < row_n() + 3; i++) {
            const struct metrics_label labels[2] = {
                {"action", view_of(ecm_action_name((enum call_action)action))},
                {"code", code_name(i)}};
            if (labels[1].value.n > 0)
                metrics_sample(text, name, labels, (double)view->counted->calls[action][i]);
        }
    }
}

static void api_duration(struct metrics_text *text, const char *name,
                         const struct metrics_view *view)
{
    char full[96];
    const struct metrics *counted = view->counted;
    for (int action = 0; action < CALL_ACTION_N; action++) {
        struct view action_name = view_of(ecm_action_name((enum call_action)action));
        struct metrics_label labels[2] = {{"action", action_name}, {"le", VIEW_NONE}};
        (void)snprintf(full, sizeof full, "%s_bucket", name);
        for (int i = 0; i < METRICS_BUCKETS; i++) {
            char bound[32];
            (void)snprintf(bound, sizeof bound, "%g", bucket_s[i]);
            labels[1].value = isinf(bucket_s[i]) ? VIEW_LIT("+Inf") : view_of(bound);
            metrics_sample(text, full, labels, (double)counted->latency_buckets[action][i]);
        }
        labels[1].name = NULL;
        (void)snprintf(full, sizeof full, "%s_sum", name);
        metrics_sample(text, full, labels, counted->latency_sum_s[action]);
        (void)snprintf(full, sizeof full, "%s_count", name);
        metrics_sample(text, full, labels, (double)counted->latency_n[action]);
    }
}

static void throttled(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    one(text, name, (double)view->engine.throttled_n);
}

static void in_flight(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    one(text, name, view->calls_in_flight);
}

static void pace(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    one(text, name, view->engine.pace);
}

static void breaker(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    one(text, name, view->engine.breaker_open);
}

static void clock_offset(struct metrics_text *text, const char *name,
                         const struct metrics_view *view)
{
    one(text, name, (double)view->engine.clock_offset_s);
}

static void batches(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    one(text, name, (double)view->engine.batches_n);
}

static void batched(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    one(text, name, (double)view->engine.batched_instances_n);
}

static void outcomes(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    for (int i = OUTCOME_ACCEPTED; i < OUTCOME_STATUS_N; i++)
        labelled(text, name, "status", outcome_status_name((enum outcome_status)i),
                 (double)view->counted->outcomes[i]);
}

static void requests(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    labelled(text, name, "result", "accepted", (double)view->intake.accepted_n);
    labelled(text, name, "result", "refused", (double)view->intake.refused_n);
    labelled(text, name, "result", "tombstone", (double)view->intake.tombstones_n);
}

static void dead_letters(struct metrics_text *text, const char *name,
                         const struct metrics_view *view)
{
    one(text, name, (double)view->intake.dead_letters_n);
}

static void entries(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    for (int i = ENTRY_WAITING; i < ENTRY_PHASE_N; i++)
        labelled(text, name, "phase", entry_phase_name((enum entry_phase)i),
                 (double)view->engine.entries_by_phase[i]);
}

static void owned(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    one(text, name, view->partitions_owned);
}

static void stopped(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    one(text, name, view->partitions_stopped);
}

static void owed(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    one(text, name, (double)view->owed_events);
}

static void input_lag(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    one(text, name, (double)view->input_lag);
}

static void tasks_lag(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    one(text, name, (double)view->tasks_lag);
}

static void outstanding(struct metrics_text *text, const char *name,
                        const struct metrics_view *view)
{
    one(text, name, (double)view->producer.outstanding_n);
}

static void producer_lives(struct metrics_text *text, const char *name,
                           const struct metrics_view *view)
{
    one(text, name, (double)view->producer.lives_n);
}

static void memory(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    one(text, name, (double)view->engine.pool_used_bytes);
}

static void ready(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    one(text, name, view->ready);
}

static void cpu(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    struct rusage usage;
    (void)view;
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        one(text, name,
            (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
}

static void resident(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    (void)view;
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL)
        return;
    if (fscanf(file, "%*s %ld", &pages) == 1)
        one(text, name, (double)pages * (double)sysconf(_SC_PAGESIZE));
    (void)fclose(file);
}

#define NAME(suffix) "reboot_worker_" suffix

static const struct family families[] = {
    {NAME("build_info"), "gauge", "Always 1; the version is a label.", build_info},
    {NAME("ready"), "gauge", "1 when /readyz answers 200.", ready},
    {NAME("api_requests_total"), "counter", "Calls that have ended, by action and error code.",
     api_requests},
    {NAME("api_request_duration_seconds"), "histogram", "From handing a call over to its end.",
     api_duration},
    {NAME("api_throttled_total"), "counter", "Calls that the API answered with a limit.",
     throttled},
    {NAME("api_calls_in_flight"), "gauge", "Calls in the air.", in_flight},
    {NAME("api_pace_ratio"), "gauge", "Share of the time slots in use; below 1 after a throttle.",
     pace},
    {NAME("breaker_open"), "gauge", "1 while no call can succeed until somebody acts.", breaker},
    {NAME("api_clock_offset_seconds"), "gauge", "The API's clock minus ours, when it matters.",
     clock_offset},
    {NAME("batches_total"), "counter", "Batches formed.", batches},
    {NAME("batched_instances_total"), "counter", "Instances in them.", batched},
    {NAME("outcomes_total"), "counter", "Outcome events published, by status.", outcomes},
    {NAME("requests_total"), "counter", "Records of the input, by what became of them.", requests},
    {NAME("dead_letters_total"), "counter", "Refused requests stored as dead letters.",
     dead_letters},
    {NAME("open_entries"), "gauge", "Instances with open requests, by phase.", entries},
    {NAME("partitions_owned"), "gauge", "Ledger partitions owned by this worker.", owned},
    {NAME("partitions_stopped"), "gauge", "Partitions that have stopped and need a person.",
     stopped},
    {NAME("owed_events"), "gauge", "Outcome events decided and not yet acknowledged.", owed},
    {NAME("input_lag_records"), "gauge", "Requests not yet read, of partitions assigned here.",
     input_lag},
    {NAME("tasks_lag_records"), "gauge", "Tasks not yet decided, of partitions owned here.",
     tasks_lag},
    {NAME("producer_outstanding_records"), "gauge", "Records on their way to the brokers.",
     outstanding},
    {NAME("producer_lives_total"), "counter", "1, and one more whenever writing had to begin anew.",
     producer_lives},
    {NAME("engine_memory_bytes"), "gauge", "Memory that the engine's state takes.", memory},
    {"process_cpu_seconds_total", "counter", "User and system CPU time.", cpu},
    {"process_resident_memory_bytes", "gauge", "Resident memory.", resident},
};
enum { FAMILY_N = sizeof families / sizeof families[0] };

enum err metrics_render(const struct metrics_view *view, struct buf *out)
{
    struct metrics_text text = {.out = out};
    for (size_t i = 0; i < FAMILY_N; i++) {
        metrics_family(&text, families[i].name, families[i].type, families[i].help);
        families[i].samples(&text, families[i].name, view);
    }
    return text.err;
}

enum err metrics_reference(struct buf *out)
{
    enum err err = buf_append_text(
        out, "# Metrics\n\nMade by `reboot-worker check-config --metrics` from the table in\n"
             "`worker/shell/metrics.c`; do not edit. Prometheus text format 0.0.4 at `/metrics`.\n"
             "\n| name | type | |\n|---|---|---|\n");
    for (size_t i = 0; err == ERR_OK && i < FAMILY_N; i++)
        err = buf_append_format(out, "| `%s` | %s | %s |\n", families[i].name, families[i].type,
                                families[i].help);
    return err;
}
