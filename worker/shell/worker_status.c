/* SPDX-License-Identifier: Apache-2.0
 *
 * The worker's state, for programs and for people. */

#include "base/utf8.h"
#include "core/entry.h"
#include "shell/clock.h"
#include "shell/worker_impl.h"
#include "wire/json_html.h"
#include "wire/timestamp.h"

enum { LANES_SHOWN_MAX = 256 };

/* A text from outside the house may hold bytes that jansson refuses: they become `?`. */
static json_t *text_json(struct view text)
{
    char clean[1024];
    size_t n = 0;
    while (text.n > 0 && n + 4 <= sizeof clean) {
        size_t taken = utf8_n(text);
        memcpy(clean + n, taken > 0 ? text.p : "?", taken > 0 ? taken : 1);
        n += taken > 0 ? taken : 1;
        taken += taken == 0;
        text = (struct view){text.p + taken, text.n - taken};
    }
    return json_stringn(clean, n);
}

static json_t *time_json(int64_t unix_ms)
{
    char text[TIMESTAMP_TEXT_MAX];
    timestamp_format(unix_ms, text);
    return json_string(text);
}

static json_t *errors_json(const struct worker *worker)
{
    const struct {
        const char *source;
        const struct mishap *last;
    } rows[] = {{"kafka", &worker->kafka_mishap}, {"api", &worker->api_mishap}};
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].last->text[0] != '\0')
            (void)json_array_append_new(list,
                                        json_pack("{s:s,s:o,s:o}", "source", rows[i].source, "at",
                                                  time_json(rows[i].last->at_ms), "text",
                                                  text_json(view_of(rows[i].last->text))));
    return list;
}

json_t *status_checks(const struct readiness *readiness)
{
    json_t *list = json_array();
    for (int i = 0; i < READINESS_N; i++) {
        const struct readiness_check *check = &readiness->checks[i];
        (void)json_array_append_new(list,
                                    json_pack("{s:s,s:b,s:o}", "name", check->name, "ok", check->ok,
                                              "detail", text_json(view_of(check->detail))));
    }
    return list;
}

/* ---- partitions ---- */

static const char *role_name(enum partition_role role)
{
    static const char *const names[] = {
        [ROLE_NONE] = "none",   [ROLE_RESTORING] = "restoring", [ROLE_CLAIMING] = "claiming",
        [ROLE_OWNER] = "owner", [ROLE_DEPOSED] = "deposed",     [ROLE_STOPPED] = "stopped"};
    return names[role];
}

int64_t status_tasks_lag(const struct worker *worker, int32_t partition, int64_t cursor)
{
    int64_t low;
    int64_t high;
    struct reader_at at = {TOPIC_TASKS, partition};
    if (!reader_watermarks(worker->reader, at, &low, &high))
        return 0;
    int64_t next = cursor > low ? cursor : low;
    return high > next ? high - next : 0;
}

static json_t *partitions_json(const struct worker *worker)
{
    json_t *list = json_array();
    for (int32_t p = 0; worker->bridge != NULL && p < worker->partition_n; p++) {
        struct partition_stats stats;
        engine_partition_stats(bridge_engine(worker->bridge), p, &stats);
        if (stats.role == ROLE_NONE && !stats.assigned)
            continue;
        int64_t lag = stats.role == ROLE_OWNER ? status_tasks_lag(worker, p, stats.cursor) : 0;
        json_t *why =
            stats.stopped_why != NULL ? text_json(view_of(stats.stopped_why)) : json_null();
        (void)json_array_append_new(
            list, json_pack("{s:i,s:s,s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:o}", "partition", p, "role",
                            role_name(stats.role), "assigned", stats.assigned, "epoch",
                            (json_int_t)stats.epoch, "ledgerOffset",
                            (json_int_t)stats.ledger_offset, "cursor", (json_int_t)stats.cursor,
                            "tasksLag", (json_int_t)lag, "entries", (json_int_t)stats.entry_n,
                            "owedEvents", (json_int_t)stats.owed_n, "stoppedWhy", why));
    }
    return list;
}

static json_t *inputs_json(const struct worker *worker)
{
    json_t *list = json_array();
    for (int32_t p = 0; p < worker->input_n; p++) {
        const struct input *input = &worker->inputs[p];
        if (input->assigned)
            (void)json_array_append_new(list, json_pack("{s:i,s:I,s:I,s:b,s:b}", "partition", p,
                                                        "next", (json_int_t)input->next, "lag",
                                                        (json_int_t)input_lag(worker, p), "paused",
                                                        input->paused, "stopped", input->stopped));
    }
    return list;
}

/* ---- what waits, and why ---- */

static json_t *lanes_json(const struct worker *worker)
{
    struct lane_stats lanes[LANES_SHOWN_MAX];
    json_t *list = json_array();
    uint32_t n = worker->bridge == NULL
                     ? 0
                     : engine_lane_stats(bridge_engine(worker->bridge), lanes, LANES_SHOWN_MAX);
    for (uint32_t i = 0; i < n; i++)
        (void)json_array_append_new(
            list,
            json_pack("{s:o,s:s,s:b,s:I,s:I}", "region", text_json(lanes[i].region), "kind",
                      reboot_kind_name(lanes[i].kind), "apart", lanes[i].apart, "due",
                      (json_int_t)lanes[i].due_n, "batchMax", (json_int_t)lanes[i].batch_max));
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

static json_t *quota_json(const struct metrics_view *view)
{
    return json_pack("{s:f,s:f,s:I,s:I}", "rateLimit", view->rate_limit, "pace", view->engine.pace,
                     "throttled", (json_int_t)view->engine.throttled_n, "slotsPassed",
                     (json_int_t)view->engine.passed_slots_n);
}

static json_t *breaker_json(const struct worker *worker, const struct engine_stats *engine)
{
    return json_pack("{s:b,s:o}", "open", engine->breaker_open, "code",
                     engine->breaker_open ? text_json(view_of(worker->breaker_code)) : json_null());
}

/* ---- all of it ---- */

json_t *status_json(const struct worker *worker, const struct metrics_view *view)
{
    static const char *const stages[] = {
        [STAGE_STARTING] = "starting", [STAGE_LOADING] = "loading", [STAGE_RUNNING] = "running",
        [STAGE_DRAINING] = "draining", [STAGE_LEAVING] = "leaving", [STAGE_OVER] = "over"};
    const struct config *config = worker->config;
    const struct engine_stats *engine = &view->engine;
    const struct {
        const char *name;
        json_t *value;
    } members[] = {
        {"name", text_json(view_of(config->name))},
        {"group", text_json(view_of(config->group))},
        {"version", json_string(REBOOT_WORKER_VERSION)},
        {"at", time_json(clock_now().wall_us / 1000)},
        {"stage", json_string(stages[worker->stage])},
        {"ready", json_boolean(view->readiness.ready)},
        {"dryRun", json_boolean(config->dry_run)},
        {"callsInFlight", json_integer((json_int_t)view->calls_in_flight)},
        {"batchesUnderWay", json_integer((json_int_t)engine->batches_under_way_n)},
        {"owedEvents", json_integer((json_int_t)view->owed_events)},
        {"clockOffsetSeconds", json_integer((json_int_t)engine->clock_offset_s)},
        {"openEntries", phases_json(engine)},
        {"lag", json_pack("{s:I,s:I}", "input", (json_int_t)view->input_lag, "tasks",
                          (json_int_t)view->tasks_lag)},
        {"quota", quota_json(view)},
        {"breaker", breaker_json(worker, engine)},
        {"memory", json_pack("{s:I,s:I,s:b}", "bytes", (json_int_t)engine->pool_used_bytes,
                             "bytesMax", (json_int_t)engine->pool_bytes_max, "full", engine->full)},
        {"checks", status_checks(&view->readiness)},
        {"lastErrors", errors_json(worker)},
        {"lanes", lanes_json(worker)},
        {"partitions", partitions_json(worker)},
        {"inputs", inputs_json(worker)},
    };
    json_t *status = json_object();
    bool ok = status != NULL;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        ok = json_object_set_new(status, members[i].name, members[i].value) == 0 && ok;
    if (ok)
        return status;
    json_decref(status);
    return NULL;
}

/* ---- for a person ---- */

static const char style[] = "<style>\n"
                            ":root{color-scheme:light dark;font:14px/1.45 system-ui,sans-serif}\n"
                            "body{margin:1.5em;max-width:80em}\n"
                            "main{display:flex;flex-wrap:wrap;gap:0 2.5em;align-items:flex-start}\n"
                            "h1{font-size:1.4em;margin:0}h2{font-size:1em;margin:1.2em 0 .3em}\n"
                            "table{border-collapse:collapse}\n"
                            "th,td{padding:.15em .7em .15em 0;text-align:left;vertical-align:top;"
                            "border-bottom:1px solid #8884}\n"
                            "th{font-weight:normal;opacity:.7}\n"
                            ".number{text-align:right;font-variant-numeric:tabular-nums}\n"
                            ".alarm{color:#fff;background:#c22;padding-left:.4em}\n"
                            "</style>\n";

static bool is_table(json_t *value)
{
    return json_is_object(value) || json_is_array(value);
}

/* What is no table itself, in one. */
static enum err append_facts(json_t *status, struct buf *out)
{
    json_t *facts = json_object();
    const char *name;
    json_t *value;
    json_object_foreach(status, name, value)
    {
        if (!is_table(value))
            (void)json_object_set(facts, name, value);
    }
    enum err err = facts != NULL ? json_html(facts, out) : ERR_LIMIT;
    json_decref(facts);
    return err;
}

static enum err append_section(const char *name, json_t *value, struct buf *out)
{
    enum err err = buf_append_text(out, "<section><h2>");
    if (err == ERR_OK)
        err = json_html_words(name, out);
    if (err == ERR_OK)
        err = buf_append_text(out, "</h2>\n");
    if (err == ERR_OK)
        err = json_html(value, out);
    return err == ERR_OK ? buf_append_text(out, "</section>\n") : err;
}

static const char head[] = "<!doctype html>\n<html lang=en><meta charset=utf-8>\n"
                           "<meta name=viewport content=\"width=device-width\">\n"
                           "<meta http-equiv=refresh content=2>\n";
static const char intro[] =
    "<p>The state of this reboot-worker, read again every 2 seconds. For programs: "
    "<a href=status>status</a>, <a href=metrics>metrics</a>, <a href=readyz>readyz</a>, "
    "<a href=livez>livez</a>.</p>\n<main>\n<section>\n";

enum err status_page(json_t *status, struct buf *out)
{
    struct view worker = view_of(json_string_value(json_object_get(status, "name")));
    const char *name;
    json_t *value;
    enum err err = buf_append_format(out, "%s%s<title>", head, style);
    if (err == ERR_OK)
        err = json_html_escape(worker, out);
    if (err == ERR_OK)
        err = buf_append_text(out, "</title>\n<h1>");
    if (err == ERR_OK)
        err = json_html_escape(worker, out);
    if (err == ERR_OK)
        err = buf_append_format(out, "</h1>\n%s", intro);
    if (err == ERR_OK)
        err = append_facts(status, out);
    if (err == ERR_OK)
        err = buf_append_text(out, "</section>\n");
    json_object_foreach(status, name, value)
    {
        if (err == ERR_OK && is_table(value))
            err = append_section(name, value, out);
    }
    return err == ERR_OK ? buf_append_text(out, "</main></html>\n") : err;
}
