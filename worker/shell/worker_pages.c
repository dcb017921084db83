/* SPDX-License-Identifier: Apache-2.0
 *
 * The admin server's pages: metrics, probes, status. Read only. */
#include <jansson.h>

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
            note_stopped(facts, worker->config->topics[TOPIC_REQUESTS], p, worker->input_why.text);
}

/* Returns how many partitions have stopped. */
static uint32_t judge(const struct worker *worker, struct readiness *out)
{
    struct engine_stats engine = {.breaker_open = false};
    bool begun = worker->bridge != NULL;
    if (begun)
        engine_stats(bridge_engine(worker->bridge), &engine);
    struct fault why;
    struct readiness_facts facts = {
        .started = begun,
        .broker_up = watch_is_up(worker, &why),
        .member = worker->group != NULL && group_is_member(worker->group),
        .breaker_open = engine.breaker_open,
        .draining = worker->stage >= STAGE_DRAINING,
        .broker_error = why.text,
        .breaker_code = worker->breaker_code,
    };
    find_stopped(worker, &facts);
    readiness_judge(&facts, out);
    return facts.stopped_n;
}

static unsigned render_ready(void *context, struct buf *out)
{
    struct readiness readiness;
    (void)judge(context, &readiness);
    return answer_json(status_checks(&readiness), readiness.ready ? OK : UNAVAILABLE, out);
}

static unsigned render_live(void *context, struct buf *out)
{
    (void)context; /* that this runs is the answer: the loop turns */
    return buf_append_text(out, "ok\n") == ERR_OK ? OK : FAILED;
}

/* ---- metrics ---- */

static void add_producer(struct producer_stats *sum, const struct producer *producer)
{
    struct producer_stats stats;
    producer_stats(producer, &stats);
    sum->outstanding_n += stats.outstanding_n;
    sum->outstanding_bytes += stats.outstanding_bytes;
    sum->lives_n += stats.lives_n;
    for (int i = 0; i < TOPIC_N; i++) {
        sum->delivered_n[i] += stats.delivered_n[i];
        sum->failed_n[i] += stats.failed_n[i];
    }
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
    add_producer(&view->producer, worker->producer);
    add_producer(&view->producer, worker->publisher);
    for (int32_t p = 0; p < worker->input_n; p++)
        view->input_lag += input_lag(worker, p);
    for (int32_t p = 0; p < worker->partition_n; p++) {
        struct partition_stats stats;
        engine_partition_stats(bridge_engine(worker->bridge), p, &stats);
        view->partitions_assigned += stats.assigned;
        if (stats.role != ROLE_OWNER)
            continue;
        view->partitions_owned++;
        view->owed_events += stats.owed_n;
        view->tasks_lag += status_tasks_lag(worker, p, stats.cursor);
    }
}

static unsigned render_metrics(void *context, struct buf *out)
{
    struct metrics_view view;
    gather(context, &view);
    return metrics_render(&view, out) == ERR_OK ? OK : FAILED;
}

static unsigned render_status(void *context, struct buf *out)
{
    struct metrics_view view;
    gather(context, &view);
    return answer_json(status_json(context, &view), OK, out);
}

static unsigned render_page(void *context, struct buf *out)
{
    struct metrics_view view;
    gather(context, &view);
    json_t *status = status_json(context, &view);
    bool ok = status != NULL && status_page(status, out) == ERR_OK;
    json_decref(status);
    return ok ? OK : FAILED;
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
