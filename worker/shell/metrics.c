/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/metrics.h"

#include <curl/curl.h>
#include <librdkafka/rdkafka.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "core/phase.h"
#include "wire/ecm_answer.h"
#include "wire/ecm_request.h"
#include "wire/metrics_text.h"
#include "wire/request.h"

enum { CODE_BYTES_MAX = 96 };

static const double bucket_s[METRICS_BUCKETS] = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                 1,    2.5,   5,    10,  30,   INFINITY};

/* ---- label values: bounded sets ---- */

/* Codes of calls: success and whatever nobody has named, what is said where the API said nothing,
 * and verdict.c's. A code that ends in `.` stands for its family. */
static const char *const own_codes[] = {"ok", "other"};
enum { OWN_CODE_N = sizeof own_codes / sizeof own_codes[0] };

_Static_assert(REFUSAL_N <= METRICS_REFUSALS_MAX, "a counter for each");

/* NULL behind the last. */
static const char *code_row(unsigned i)
{
    if (i < OWN_CODE_N)
        return own_codes[i];
    if (i < OWN_CODE_N + NETWORK_CODE_N)
        return network_row(i - OWN_CODE_N)->code;
    const struct verdict_row *row = verdict_row(i - OWN_CODE_N - NETWORK_CODE_N);
    return row == NULL ? NULL : row->code;
}

/* Those of wire/request.h, and whatever nobody has named. */
static const char *refusal_code(unsigned i)
{
    return i + 1 < REFUSAL_N ? refusal_row(i + 1)->code : i + 1 == REFUSAL_N ? "other" : NULL;
}

/* The row that is the code, else the longest family that it belongs to, else `otherwise`. */
static unsigned find_code(const char *(*rows)(unsigned i), struct view code, unsigned otherwise)
{
    unsigned best = otherwise;
    size_t best_n = 0;
    for (unsigned i = 0; rows(i) != NULL; i++) {
        struct view row = view_of(rows(i));
        if (view_equals(row, code))
            return i;
        if (row.p[row.n - 1] == '.' && code.n > row.n && row.n > best_n &&
            memcmp(row.p, code.p, row.n) == 0) {
            best = i;
            best_n = row.n;
        }
    }
    return best;
}

/* A family is shown as "AuthFailure.*". */
static struct view code_label(const char *row, char room[CODE_BYTES_MAX])
{
    bool family = row[strlen(row) - 1] == '.';
    (void)snprintf(room, CODE_BYTES_MAX, family ? "%s*" : "%s", row);
    return view_of(room);
}

/* ---- counting ---- */

void metrics_call(struct metrics *metrics, const struct completion *completion)
{
    enum call_action action = completion->action;
    const struct answer *answer = &completion->answer;
    bool done = answer->kind == ANSWER_API && answer->code.n == 0;
    unsigned code = done ? 0 : find_code(code_row, answer->code, OWN_CODE_N - 1);
    double latency_s = (double)completion->latency_ms / 1000;
    CHECK(code < METRICS_CODES_MAX);
    metrics->calls[action][code]++;
    metrics->latency_sum_s[action] += latency_s;
    for (int i = 0; i < METRICS_BUCKETS; i++)
        metrics->latency_buckets[action][i] += latency_s <= bucket_s[i];
}

void metrics_refused(struct metrics *metrics, struct view code)
{
    metrics->refusals[find_code(refusal_code, code, REFUSAL_N - 1)]++;
}

/* ---- families with labels ---- */

static void labelled(struct metrics_text *text, const char *name, struct metrics_label label,
                     double value)
{
    const struct metrics_label labels[] = {label, {NULL, VIEW_NONE}};
    metrics_sample(text, name, labels, value);
}

static void build_info(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    const struct metrics_label labels[] = {
        {"version", view_of(REBOOT_WORKER_VERSION)},
        {"librdkafka", view_of(rd_kafka_version_str())},
        {"libcurl", view_of(curl_version_info(CURLVERSION_NOW)->version)},
        {NULL, VIEW_NONE},
    };
    (void)view;
    metrics_sample(text, name, labels, 1);
}

static void readiness(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    for (int i = 0; i < READINESS_N; i++)
        labelled(text, name,
                 (struct metrics_label){"check", view_of(readiness_name((enum readiness_name)i))},
                 view->readiness.checks[i].ok);
}

static void api_requests(struct metrics_text *text, const char *name,
                         const struct metrics_view *view)
{
    char room[CODE_BYTES_MAX];
    for (int action = 0; action < CALL_ACTION_N; action++) {
        for (unsigned i = 0; code_row(i) != NULL; i++) {
            const struct metrics_label labels[] = {
                {"action", view_of(ecm_action_name((enum call_action)action))},
                {"code", code_label(code_row(i), room)},
                {NULL, VIEW_NONE},
            };
            CHECK(i < METRICS_CODES_MAX);
            metrics_sample(text, name, labels, (double)view->counted->calls[action][i]);
        }
    }
}

static void api_duration(struct metrics_text *text, const char *name,
                         const struct metrics_view *view)
{
    for (int action = 0; action < CALL_ACTION_N; action++) {
        const struct metrics_histogram histogram = {
            .bounds = bucket_s,
            .n = view->counted->latency_buckets[action],
            .bound_n = METRICS_BUCKETS,
            .sum = view->counted->latency_sum_s[action],
        };
        struct view action_name = view_of(ecm_action_name((enum call_action)action));
        metrics_histogram(text, name, (struct metrics_label){"action", action_name}, &histogram);
    }
}

static void outcomes(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    for (int i = OUTCOME_ACCEPTED; i < OUTCOME_STATUS_N; i++) {
        struct view status = view_of(outcome_status_name((enum outcome_status)i));
        labelled(text, name, (struct metrics_label){"status", status},
                 (double)view->counted->outcomes[i]);
    }
}

static void requests(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    const struct {
        struct view result;
        uint64_t n;
    } rows[] = {
        {VIEW_LIT("accepted"), view->intake.accepted_n},
        {VIEW_LIT("refused"), view->intake.refused_n},
        {VIEW_LIT("tombstone"), view->intake.tombstones_n},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        labelled(text, name, (struct metrics_label){"result", rows[i].result}, (double)rows[i].n);
}

static void refused(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    char room[CODE_BYTES_MAX];
    for (unsigned i = 0; i < REFUSAL_N; i++)
        labelled(text, name, (struct metrics_label){"code", code_label(refusal_code(i), room)},
                 (double)view->counted->refusals[i]);
}

static void entries(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    for (int i = ENTRY_WAITING; i < ENTRY_PHASE_N; i++) {
        struct view phase = view_of(entry_phase_name((enum entry_phase)i));
        labelled(text, name, (struct metrics_label){"phase", phase},
                 (double)view->engine.entries_by_phase[i]);
    }
}

/* The topics that a worker writes, by their keys in the configuration. */
static const struct {
    enum topic topic;
    const char *name;
} written[] = {
    {TOPIC_TASKS, "tasks"},
    {TOPIC_LEDGER, "ledger"},
    {TOPIC_RESULTS, "results"},
    {TOPIC_DEAD_LETTERS, "dead_letters"},
};

static void by_topic(struct metrics_text *text, const char *name, const uint64_t n[TOPIC_N])
{
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++)
        labelled(text, name, (struct metrics_label){"topic", view_of(written[i].name)},
                 (double)n[written[i].topic]);
}

static void delivered(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    by_topic(text, name, view->producer.delivered_n);
}

static void failed(struct metrics_text *text, const char *name, const struct metrics_view *view)
{
    by_topic(text, name, view->producer.failed_n);
}

/* ---- the table ---- */

enum value_type { VALUE_BOOL, VALUE_U32, VALUE_U64, VALUE_I64, VALUE_DOUBLE };

struct family {
    const char *name;
    const char *type;
    const char *help;
    const char *labels; /* for the page; NULL: one sample, the member `at` of the view */
    void (*samples)(struct metrics_text *text, const char *name, const struct metrics_view *view);
    size_t at;
    enum value_type value;
};

#define NAME(suffix)             "reboot_worker_" suffix
#define LABELS(labels_, samples) (labels_), (samples), 0, VALUE_BOOL
#define VALUE(member)                                                                              \
    NULL, NULL, offsetof(struct metrics_view, member),                                             \
        _Generic(((const struct metrics_view *)NULL)->member, bool                                 \
                 : VALUE_BOOL, uint32_t                                                            \
                 : VALUE_U32, uint64_t                                                             \
                 : VALUE_U64, int64_t                                                              \
                 : VALUE_I64, double                                                               \
                 : VALUE_DOUBLE)

static const struct family families[] = {
    {NAME("build_info"), "gauge", "Always 1; the versions are labels.",
     LABELS("`version`, `librdkafka`, `libcurl`", build_info)},
    {NAME("ready"), "gauge", "1 when /readyz answers 200.", VALUE(readiness.ready)},
    {NAME("readiness_check"), "gauge", "1 when this check of /readyz is passed.",
     LABELS("`check`: its name there", readiness)},

    {NAME("requests_total"), "counter", "Records read from the input, by what became of them.",
     LABELS("`result`: accepted, refused, tombstone", requests)},
    {NAME("requests_refused_total"), "counter", "Records refused as a whole, by error code.",
     LABELS("`code`", refused)},
    {NAME("dead_letters_total"), "counter", "Refused records stored in the dead-letter topic.",
     VALUE(intake.dead_letters_n)},
    {NAME("tasks_total"), "counter", "Tasks stored: one for each request and instance.",
     VALUE(intake.tasks_n)},
    {NAME("intake_outstanding_records"), "gauge",
     "Tasks and dead letters written and not yet acknowledged.", VALUE(intake.outstanding_n)},
    {NAME("intake_restarts_total"), "counter",
     "Input partitions read again from their last commit because a write failed.",
     VALUE(intake.restarts_n)},
    {NAME("input_lag_records"), "gauge", "Requests not yet read, of partitions assigned here.",
     VALUE(input_lag)},
    {NAME("tasks_lag_records"), "gauge", "Tasks not yet decided, of partitions owned here.",
     VALUE(tasks_lag)},

    {NAME("open_entries"), "gauge", "Instances with open requests, of partitions owned here.",
     LABELS("`phase`: waiting, dispatching, unknown, rebooting", entries)},
    {NAME("outcomes_total"), "counter",
     "Outcome events handed to Kafka; an event that is repeated counts again.",
     LABELS("`status`: as in the event", outcomes)},
    {NAME("owed_events"), "gauge", "Outcome events decided and not yet acknowledged.",
     VALUE(owed_events)},

    {NAME("partitions_assigned"), "gauge", "Partitions of tasks that the group gave this worker.",
     VALUE(partitions_assigned)},
    {NAME("partitions_owned"), "gauge", "Partitions of the ledger that this worker owns.",
     VALUE(partitions_owned)},
    {NAME("partitions_stopped"), "gauge",
     "Partitions, of the ledger or the input, that have stopped and need a person.",
     VALUE(partitions_stopped)},
    {NAME("engine_memory_bytes"), "gauge", "Memory that the engine's state takes.",
     VALUE(engine.pool_used_bytes)},
    {NAME("engine_memory_limit_bytes"), "gauge", "Memory that it may take.",
     VALUE(engine.pool_bytes_max)},
    {NAME("engine_full"), "gauge", "1 while no more tasks are taken because that limit is near.",
     VALUE(engine.full)},

    {NAME("api_requests_total"), "counter",
     "Calls to the API that have ended; `ok` is success, `network.*` no answer that can be read.",
     LABELS("`action`, `code`: the API's error code", api_requests)},
    {NAME("api_request_duration_seconds"), "histogram", "From handing a call over to its end.",
     LABELS("`action`", api_duration)},
    {NAME("api_throttled_total"), "counter", "Calls that the API answered with a limit.",
     VALUE(engine.throttled_n)},
    {NAME("api_calls_in_flight"), "gauge", "Calls in the air.", VALUE(calls_in_flight)},
    {NAME("api_rate_limit"), "gauge",
     "Calls per second of each action that the whole pool may make (`api.rate_limit`).",
     VALUE(rate_limit)},
    {NAME("api_pace_ratio"), "gauge", "Share of the time slots in use; below 1 after a throttle.",
     VALUE(engine.pace)},
    {NAME("api_slots_passed_total"), "counter",
     "Time slots of this worker given up to go slower after a throttle.",
     VALUE(engine.passed_slots_n)},
    {NAME("api_clock_offset_seconds"), "gauge", "The API's clock minus ours, when it matters.",
     VALUE(engine.clock_offset_s)},
    {NAME("breaker_open"), "gauge", "1 while no call can succeed until somebody acts.",
     VALUE(engine.breaker_open)},
    {NAME("batches_total"), "counter", "Batches formed.", VALUE(engine.batches_n)},
    {NAME("batched_instances_total"), "counter", "Instances in them.",
     VALUE(engine.batched_instances_n)},

    {NAME("kafka_records_total"), "counter", "Records acknowledged by the brokers.",
     LABELS("`topic`: tasks, ledger, results, dead_letters", delivered)},
    {NAME("kafka_records_failed_total"), "counter",
     "Records that failed for good; what they said is taken up again.",
     LABELS("`topic`: likewise", failed)},
    {NAME("producer_outstanding_records"), "gauge", "Records on their way to the brokers.",
     VALUE(producer.outstanding_n)},
    {NAME("producer_outstanding_bytes"), "gauge", "Their size.", VALUE(producer.outstanding_bytes)},
    {NAME("producer_lives_total"), "counter", "2, and one more whenever writing had to begin anew.",
     VALUE(producer.lives_n)},

    {"process_cpu_seconds_total", "counter", "User and system CPU time.", VALUE(process.cpu_s)},
    {"process_resident_memory_bytes", "gauge", "Resident memory.", VALUE(process.resident_bytes)},
    {"process_virtual_memory_bytes", "gauge", "Virtual memory; most of it is only reserved.",
     VALUE(process.virtual_bytes)},
    {"process_open_fds", "gauge", "Open file descriptors.", VALUE(process.open_fds)},
    {"process_max_fds", "gauge", "How many there may be.", VALUE(process.max_fds)},
    {"process_threads", "gauge", "Threads; all but one are librdkafka's and libcurl's.",
     VALUE(process.threads)},
    {"process_start_time_seconds", "gauge", "When the process started, in unix time.",
     VALUE(process.start_time_s)},
};
enum { FAMILY_N = sizeof families / sizeof families[0] };

static double value_of(const struct family *family, const struct metrics_view *view)
{
    const void *at = (const char *)view + family->at;
    switch (family->value) {
    case VALUE_BOOL:
        return *(const bool *)at;
    case VALUE_U32:
        return *(const uint32_t *)at;
    case VALUE_U64:
        return (double)*(const uint64_t *)at;
    case VALUE_I64:
        return (double)*(const int64_t *)at;
    case VALUE_DOUBLE:
        return *(const double *)at;
    }
    UNREACHABLE();
}

enum err metrics_render(const struct metrics_view *view, struct buf *out)
{
    struct metrics_text text = {.out = out};
    for (size_t i = 0; i < FAMILY_N; i++) {
        const struct family *family = &families[i];
        metrics_family(&text, family->name, family->type, family->help);
        if (family->samples != NULL)
            family->samples(&text, family->name, view);
        else if (!isnan(value_of(family, view))) /* not known: no sample */
            metrics_sample(&text, family->name, NULL, value_of(family, view));
    }
    return text.err;
}

enum err metrics_reference(struct buf *out)
{
    enum err err = buf_append_text(
        out, "# Metrics\n\nMade by `reboot-worker check-config --metrics` from the table in\n"
             "`worker/shell/metrics.c`; do not edit. Prometheus text format 0.0.4 at `/metrics`.\n"
             "Every value of a label is there from the first scrape on; a code that ends in `.*`\n"
             "counts all codes of its family that have no line of their own.\n"
             "\n| name | type | labels | meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; err == ERR_OK && i < FAMILY_N; i++) {
        const char *labels = families[i].labels;
        err = buf_append_format(out, "| `%s` | %s | %s | %s |\n", families[i].name,
                                families[i].type, labels != NULL ? labels : "", families[i].help);
    }
    return err;
}
