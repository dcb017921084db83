/* SPDX-License-Identifier: Apache-2.0
 *
 * The admin server's pages: metrics, probes, status. Read only. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/entry.h"
#include "shell/worker_impl.h"

enum { OK = 200, FAILED = 500, UNAVAILABLE = 503 };

static int dump(const char *bytes, size_t n, void *to)
{
    return buf_append(to, bytes, n) == ERR_OK ? 0 : -1;
}

/* Takes the value. */
static unsigned answer_json(json_t *value, unsigned status, struct buf *out)
{
    bool ok = value != NULL && json_dump_callback(value, dump, out, JSON_INDENT(2)) == 0 &&
              buf_append_text(out, "\n") == ERR_OK;
    json_decref(value);
    return ok ? status : FAILED;
}

/* A text from outside the house may hold bytes that jansson refuses. */
static json_t *text_json(const char *text)
{
    char clean[1024];
    json_t *json = json_string(text);
    if (json != NULL)
        return json;
    (void)snprintf(clean, sizeof clean, "%s", text);
    for (char *c = clean; *c != '\0'; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    return json_string(clean);
}

/* Empty: there was none. */
static json_t *error_json(const char *text)
{
    return text[0] != '\0' ? text_json(text) : json_null();
}

/* ---- readiness ---- */

static void note_stopped(struct readiness_facts *facts, const char *topic, int32_t partition,
                         const char *why)
{
    if (facts->stopped_n++ > 0)
        return;
    facts->stopped_topic = topic;
    facts->stopped_partition = partition;
    facts->stopped_why = why;
}

static void find_stopped(const struct worker *worker, struct readiness_facts *facts)
{
    for (int32_t p = 0; worker->bridge != NULL && p < worker->partition_n; p++) {
        struct partition_stats stats;
        engine_partition_stats(bridge_engine(worker->bridge), p, &stats);
        if (stats.role == ROLE_STOPPED)
            note_stopped(facts, worker->config->topics[TOPIC_LEDGER], p, stats.stopped_why);
    }
    for (int32_t p = 0; worker->inputs != NULL && p < worker->input_n; p++)
        if (worker->inputs[p].stopped)
            note_stopped(facts, worker->config->topics[TOPIC_REQUESTS], p,
                         "its position cannot be read");
}

/* Returns how many partitions have stopped. */
static uint32_t judge(const struct worker *worker, struct readiness *out)
{
    struct engine_stats engine = {.breaker_open = false};
    bool begun = worker->bridge != NULL;
    if (begun)
        engine_stats(bridge_engine(worker->bridge), &engine);
    struct readiness_facts facts = {
        .started = begun,
        .broker_up = worker->producer != NULL && worker->reader != NULL &&
                     producer_is_up(worker->producer) && reader_is_up(worker->reader),
        .member = worker->group != NULL && group_is_member(worker->group),
        .breaker_open = engine.breaker_open,
        .draining = worker->stage >= STAGE_DRAINING,
        .broker_error = worker->last_fault,
        .breaker_code = worker->breaker_code,
    };
    find_stopped(worker, &facts);
    readiness_judge(&facts, out);
    return facts.stopped_n;
}

static json_t *checks_json(const struct readiness *readiness)
{
    json_t *list = json_array();
    for (int i = 0; i < READINESS_N; i++) {
        const struct readiness_check *check = &readiness->checks[i];
        (void)json_array_append_new(list, json_pack("{s:s,s:b,s:o}", "name", check->name, "ok",
                                                    check->ok, "detail", text_json(check->detail)));
    }
    return list;
}

static unsigned render_ready(void *context, struct buf *out)
{
    struct readiness readiness;
    (void)judge(context, &readiness);
    return answer_json(checks_json(&readiness), readiness.ready ? OK : UNAVAILABLE, out);
}

static unsigned render_live(void *context, struct buf *out)
{
    (void)context; /* that this runs is the answer: the loop turns */
    return buf_append_text(out, "ok\n") == ERR_OK ? OK : FAILED;
}

/* ---- metrics ---- */

static int64_t tasks_lag(const struct worker *worker, int32_t partition, int64_t cursor)
{
    int64_t low;
    int64_t high;
    struct reader_at at = {TOPIC_TASKS, partition};
    if (!reader_watermarks(worker->reader, at, &low, &high))
        return 0;
    int64_t next = cursor > low ? cursor : low;
    return high > next ? high - next : 0;
}

static void gather(const struct worker *worker, struct metrics_view *view)
{
    *view = (struct metrics_view){.counted = &worker->metrics,
                                  .rate_limit = worker->rate_limit,
                                  .calls_in_flight = http_in_flight(worker->http)};
    view->partitions_stopped = judge(worker, &view->readiness);
    process_stats(&view->process);
    view->engine.pace = 1;
    if (worker->bridge == NULL)
        return;
    engine_stats(bridge_engine(worker->bridge), &view->engine);
    intake_stats(worker->intake, &view->intake);
    producer_stats(worker->producer, &view->producer);
    view->input_lag = input_lag(worker);
    for (int32_t p = 0; p < worker->partition_n; p++) {
        struct partition_stats stats;
        engine_partition_stats(bridge_engine(worker->bridge), p, &stats);
        view->partitions_assigned += stats.assigned;
        if (stats.role != ROLE_OWNER)
            continue;
        view->partitions_owned++;
        view->owed_events += stats.owed_n;
        view->tasks_lag += tasks_lag(worker, p, stats.cursor);
    }
}

static unsigned render_metrics(void *context, struct buf *out)
{
    struct metrics_view view;
    gather(context, &view);
    return metrics_render(&view, out) == ERR_OK ? OK : FAILED;
}

/* ---- status ---- */

static const char *role_name(enum partition_role role)
{
    static const char *const names[] = {
        [ROLE_NONE] = "none",   [ROLE_RESTORING] = "restoring", [ROLE_CLAIMING] = "claiming",
        [ROLE_OWNER] = "owner", [ROLE_DEPOSED] = "deposed",     [ROLE_STOPPED] = "stopped"};
    return names[role];
}

static json_t *partitions_json(const struct worker *worker)
{
    json_t *list = json_array();
    for (int32_t p = 0; worker->bridge != NULL && p < worker->partition_n; p++) {
        struct partition_stats stats;
        engine_partition_stats(bridge_engine(worker->bridge), p, &stats);
        if (stats.role == ROLE_NONE && !stats.assigned)
            continue;
        bool owner = stats.role == ROLE_OWNER;
        json_t *row = json_pack(
            "{s:i,s:s,s:b,s:I,s:I,s:I,s:I,s:I,s:I}", "partition", p, "role", role_name(stats.role),
            "assigned", stats.assigned, "epoch", (json_int_t)stats.epoch, "ledgerOffset",
            (json_int_t)stats.ledger_offset, "cursor", (json_int_t)stats.cursor, "owedEvents",
            (json_int_t)stats.owed_n, "entries", (json_int_t)stats.entry_n, "tasksLag",
            (json_int_t)(owner ? tasks_lag(worker, p, stats.cursor) : 0));
        if (stats.stopped_why != NULL)
            (void)json_object_set_new(row, "stoppedWhy", text_json(stats.stopped_why));
        (void)json_array_append_new(list, row);
    }
    return list;
}

static json_t *phases_json(const struct engine_stats *engine)
{
    json_t *object = json_object();
    for (int i = ENTRY_WAITING; i < ENTRY_PHASE_N; i++)
        (void)json_object_set_new(object, entry_phase_name((enum entry_phase)i),
                                  json_integer((json_int_t)engine->entries_by_phase[i]));
    return object;
}

static json_t *status_json(const struct worker *worker)
{
    static const char *const stages[] = {[STAGE_STARTING] = "starting",
                                         [STAGE_RUNNING] = "running",
                                         [STAGE_DRAINING] = "draining",
                                         [STAGE_LEAVING] = "leaving",
                                         [STAGE_OVER] = "over"};
    struct metrics_view view;
    gather(worker, &view);
    json_t *quota = json_pack("{s:f,s:f,s:I,s:I}", "rateLimit", worker->rate_limit, "pace",
                              view.engine.pace, "throttled", (json_int_t)view.engine.throttled_n,
                              "callsInFlight", (json_int_t)view.calls_in_flight);
    json_t *memory =
        json_pack("{s:I,s:I,s:b}", "bytes", (json_int_t)view.engine.pool_used_bytes, "bytesMax",
                  (json_int_t)view.engine.pool_bytes_max, "full", view.engine.full);
    json_t *breaker =
        json_pack("{s:b,s:o}", "open", view.engine.breaker_open, "code",
                  view.engine.breaker_open ? text_json(worker->breaker_code) : json_null());
    json_t *errors = json_pack("{s:o,s:o}", "kafka", error_json(worker->last_fault), "api",
                               error_json(worker->metrics.last_code));
    json_t *lag = json_pack("{s:I,s:I}", "input", (json_int_t)view.input_lag, "tasks",
                            (json_int_t)view.tasks_lag);
    return json_pack("{s:o,s:o,s:s,s:s,s:b,s:o,s:o,s:o,s:I,s:o,s:o,s:o,s:o,s:I,s:o}", "name",
                     text_json(worker->config->name), "group", text_json(worker->config->group),
                     "version", REBOOT_WORKER_VERSION, "stage", stages[worker->stage], "ready",
                     view.readiness.ready, "checks", checks_json(&view.readiness), "partitions",
                     partitions_json(worker), "openEntries", phases_json(&view.engine),
                     "owedEvents", (json_int_t)view.owed_events, "quota", quota, "breaker", breaker,
                     "lag", lag, "memory", memory, "clockOffset",
                     (json_int_t)view.engine.clock_offset_s, "lastErrors", errors);
}

static unsigned render_status(void *context, struct buf *out)
{
    return answer_json(status_json(context), OK, out);
}

/* The same for a person, without a script: the page asks to be loaded again. */
static unsigned render_page(void *context, struct buf *out)
{
    const struct worker *worker = context;
    json_t *status = status_json(worker);
    char *text = status == NULL ? NULL : json_dumps(status, JSON_INDENT(2));
    json_decref(status);
    if (text == NULL)
        return FAILED;
    enum err err = buf_append_text(
        out, "<!doctype html><html lang=en><meta charset=utf-8>"
             "<meta http-equiv=refresh content=2><title>reboot-worker</title>"
             "<style>body{font:14px/1.4 monospace;margin:2em}</style><h1>reboot-worker</h1><pre>");
    for (const char *c = text; err == ERR_OK && *c != '\0'; c++)
        err = *c == '<'   ? buf_append_text(out, "&lt;")
              : *c == '&' ? buf_append_text(out, "&amp;")
                          : buf_append(out, c, 1);
    free(text);
    if (err == ERR_OK)
        err = buf_append_text(out, "</pre></html>\n");
    return err == ERR_OK ? OK : FAILED;
}

enum err pages_open(struct worker *worker, struct fault *fault)
{
    static const char json[] = "application/json";
    static const struct admin_page pages[] = {
        {"/metrics", "text/plain; version=0.0.4; charset=utf-8", render_metrics},
        {"/livez", "text/plain; charset=utf-8", render_live},
        {"/readyz", json, render_ready},
        {"/status", json, render_status},
        {"/", "text/html; charset=utf-8", render_page},
    };
    enum err err = admin_open(&(struct admin_options){.listen = worker->config->admin_listen,
                                                      .pages = pages,
                                                      .page_n = sizeof pages / sizeof pages[0],
                                                      .context = worker},
                              &worker->admin, fault);
    if (err != ERR_OK)
        return err;
    const struct log_field fields[] = {LOG_TEXT("address", worker->config->admin_listen),
                                       LOG_NUMBER("port", admin_port(worker->admin))};
    log_write(worker->log, LEVEL_INFO, "serving metrics, probes and status", fields, 2);
    return ERR_OK;
}
