/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/worker.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "shell/clock.h"
#include "shell/worker_impl.h"
#include "wire/ecm_request.h"

static const int64_t turn_ms = 1000;  /* a turn at least so often */
static const int64_t leave_ms = 2000; /* kept for leaving the group */
static const int close_ms = 500;      /* for each client, at the end */

enum { EXIT_FAILED = 1 };

void worker_say(struct worker *worker, enum config_log_level level, const char *message,
                const char *detail)
{
    const struct log_field field = LOG_TEXT("detail", detail);
    log_write(worker->log, level, message, &field, detail[0] != '\0' ? 1 : 0);
}

static void end(struct worker *worker, int exit_code)
{
    if (worker->stage == STAGE_OVER)
        return;
    worker->stage = STAGE_OVER;
    worker->exit_code = exit_code;
}

void worker_fail(struct worker *worker, enum err err, const struct fault *fault)
{
    log_say(worker->log, LEVEL_ERROR, fault->text);
    end(worker, err_exit_code(err));
}

void mishap_note(struct mishap *mishap, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(mishap->text, sizeof mishap->text, format, args);
    va_end(args);
    mishap->at_ms = clock_now().wall_us / 1000;
}

/* ---- signals ---- */

static void drain(struct worker *worker)
{
    struct instant now = clock_now().at;
    int64_t all_ms = worker->config->drain_timeout_ms;
    if (worker->stage <= STAGE_LOADING) {
        end(worker, 0);
        return;
    }
    log_say(worker->log, LEVEL_INFO, "draining: finishing what is in the air");
    worker->stage = STAGE_DRAINING;
    worker->drain_until = instant_after_ms(now, all_ms);
    worker->leave_at =
        instant_after_ms(now, all_ms > 2 * leave_ms ? all_ms - leave_ms : all_ms / 2);
    input_stop(worker);
    bridge_drain(worker->bridge);
}

static bool same_properties(const struct kafka_properties *a, const struct kafka_properties *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++)
        same = strcmp(a->items[i].name, b->items[i].name) == 0 &&
               strcmp(a->items[i].value, b->items[i].value) == 0;
    return same;
}

static void apply_reload(struct worker *worker, const struct config *now)
{
    for (size_t i = 0; config_option(i) != NULL; i++) {
        const struct option_row *option = config_option(i);
        struct buf before;
        struct buf after;
        buf_init(&before, CONFIG_VALUE_BYTES_MAX);
        buf_init(&after, CONFIG_VALUE_BYTES_MAX);
        bool known = config_format(worker->config, option, &before) == ERR_OK &&
                     config_format(now, option, &after) == ERR_OK;
        if (known && !option->reloads && !view_equals(buf_view(&before), buf_view(&after)))
            worker_say(worker, LEVEL_WARN, "a changed option needs a restart", option->key);
        buf_release(&before);
        buf_release(&after);
    }
    if (!same_properties(&worker->config->kafka, &now->kafka))
        worker_say(worker, LEVEL_WARN, "a changed option needs a restart", "kafka");
    worker->log->level = (enum config_log_level)now->log_level;
    worker->rate_limit = now->rate_limit;
    if (worker->bridge != NULL)
        bridge_set_rate(worker->bridge, now->rate_limit);
}

/* On failure the old ones stay. */
static enum err read_credentials(struct worker *worker, struct fault *fault)
{
    struct credential_store store;
    enum err err = credentials_load(&store, fault);
    if (err != ERR_OK)
        return err;
    credentials_release(&worker->credentials);
    worker->credentials = store;
    if (store.warning != NULL)
        log_say(worker->log, LEVEL_WARN, store.warning);
    worker_say(worker, LEVEL_INFO, "read credentials", store.from);
    return ERR_OK;
}

static void reload(struct worker *worker)
{
    struct fault fault;
    struct config config;
    if (read_credentials(worker, &fault) != ERR_OK)
        worker_say(worker, LEVEL_ERROR, "the old credentials stay", fault.text);
    if (worker->options.reload(worker->options.context, &config, &fault) != ERR_OK) {
        worker_say(worker, LEVEL_ERROR, "the old configuration stays", fault.text);
        return;
    }
    apply_reload(worker, &config);
    config_release(&config);
    log_say(worker->log, LEVEL_INFO, "read limits and log level again");
}

static void on_signals(struct worker *worker)
{
    struct signalfd_siginfo info;
    while (read(worker->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP) {
            reload(worker);
        } else if (worker->stage >= STAGE_DRAINING) {
            log_say(worker->log, LEVEL_WARN, "a second signal: ending at once");
            end(worker, EXIT_FAILED);
        } else {
            drain(worker);
        }
    }
}

/* ---- one turn ---- */

static void on_group(struct worker *worker, const struct group_event *event)
{
    bool tasks = event->at.topic == TOPIC_TASKS;
    switch (event->type) {
    case GROUP_ASSIGNED:
        if (tasks)
            bridge_assigned(worker->bridge, event->at.partition, true);
        else
            input_assigned(worker, event->at.partition, event->offset);
        break;
    case GROUP_REVOKED:
        if (tasks)
            bridge_assigned(worker->bridge, event->at.partition, false);
        else
            input_revoked(worker, event->at.partition);
        break;
    case GROUP_LOST:
        worker_say(worker, LEVEL_WARN, "the group membership was lost; joining again",
                   event->fault.text);
        break;
    case GROUP_ERROR:
        if (event->err == ERR_CONFIG)
            worker_fail(worker, event->err, &event->fault);
        else
            worker_say(worker, LEVEL_WARN, "the group", event->fault.text);
        break;
    case GROUP_LEFT:
        log_say(worker->log, LEVEL_INFO, "left the group");
        end(worker, 0);
        break;
    }
}

static void on_control(struct worker *worker, const struct reader_event *event)
{
    enum control_change change;
    struct fault fault;
    if (event->type == READER_GONE || event->type == READER_FAILED) {
        (void)fault_set(&fault, ERR_CONFIG,
                        "the control topic (topics.control) cannot be followed: %s. If it was "
                        "deleted, what it remembers of the other topics is lost; a worker that "
                        "starts creates it anew (topics.create)",
                        event->fault.text);
        worker_fail(worker, ERR_CONFIG, &fault);
        return;
    }
    if (control_take(worker->control, event, &change, &fault) != ERR_OK)
        worker_say(worker, LEVEL_WARN, "a record of the control topic is skipped", fault.text);
    if (change == CONTROL_RENEWED)
        input_renewed(worker);
}

/* A broker that lets its topics be looked at has been asked; others show it by their records. */
static void note_times(struct worker *worker, const struct reader_event *event)
{
    if (worker->times_said || event->type != READER_RECORD || event->at.topic != TOPIC_LEDGER ||
        event->log_append_time)
        return;
    worker->times_said = true;
    worker_say(worker, LEVEL_WARN,
               "the ledger keeps its writers' times: workers' clocks must agree; better "
               "message.timestamp.type=LogAppendTime",
               worker->config->topics[TOPIC_LEDGER]);
}

static void on_read(struct worker *worker, const struct reader_event *event)
{
    if (event->at.topic == TOPIC_CONTROL) {
        on_control(worker, event);
        return;
    }
    note_times(worker, event);
    if (event->at.topic == TOPIC_REQUESTS)
        input_read(worker, event);
    else if (event->at.topic == TOPIC_TASKS || event->at.topic == TOPIC_LEDGER)
        bridge_read(worker->bridge, event);
}

/* True: there is more to be read. */
static bool take_reads(struct worker *worker)
{
    struct reader_event event;
    for (int i = 0; i < WORKER_READS_PER_TURN; i++) {
        if (!reader_next(worker->reader, &event))
            return false;
        on_read(worker, &event);
    }
    return true;
}

static void take_reports(struct worker *worker)
{
    struct producer_report report;
    while (producer_next(worker->publisher, &report))
        bridge_report(worker->bridge, &report);
    while (producer_next(worker->producer, &report)) {
        if (report.topic == TOPIC_TASKS || report.topic == TOPIC_DEAD_LETTERS)
            intake_report(worker->intake, &report);
        else if (report.topic == TOPIC_CONTROL)
            control_report(worker->control, &report);
        else
            bridge_report(worker->bridge, &report);
    }
}

static void take_trims(struct worker *worker)
{
    struct trim_result result;
    while (trim_next(worker->trim, &result)) {
        bool failed = result.err != ERR_OK;
        if (failed && !worker->trim_failed)
            worker_say(worker, LEVEL_WARN,
                       "records that are no longer needed could not be deleted: the topic grows; "
                       "allow Delete on the ledger and tasks topics",
                       result.fault.text);
        worker->trim_failed = failed;
    }
}

static void take_completions(struct worker *worker)
{
    struct completion completion;
    while (http_next(worker->http, &completion)) {
        const struct answer *answer = &completion.answer;
        metrics_call(&worker->metrics, &completion);
        if (answer->kind != ANSWER_API || answer->code.n > 0)
            mishap_note(&worker->api_mishap, "%s: %.*s: %.*s", ecm_action_name(completion.action),
                        VIEW_FMT(answer->code), VIEW_FMT(answer->message));
        bridge_completed(worker->bridge, &completion);
    }
}

/* The last steps of a drain, each when the one before is done, or its time is up. */
static void go_on_draining(struct worker *worker)
{
    struct instant now = clock_now().at;
    bool done = worker->drained && intake_is_idle(worker->intake) &&
                producer_is_idle(worker->producer) && producer_is_idle(worker->publisher) &&
                bridge_is_idle(worker->bridge);
    if (worker->stage == STAGE_DRAINING && (done || instant_reached(now, worker->leave_at))) {
        if (!done)
            log_say(worker->log, LEVEL_WARN,
                    "the time to drain is over; the pool goes on with what is left");
        worker->stage = STAGE_LEAVING;
        group_leave(worker->group);
    }
    if (worker->stage == STAGE_LEAVING && instant_reached(now, worker->drain_until))
        end(worker, 0);
}

/* The pool is joined once the whole control topic is known. */
static bool load(struct worker *worker)
{
    bool more = take_reads(worker);
    take_reports(worker);
    if (worker->stage == STAGE_LOADING && control_is_loaded(worker->control))
        worker_join(worker);
    return more;
}

static bool work(struct worker *worker)
{
    struct group_event event;
    while (group_next(worker->group, clock_now().at, &event))
        on_group(worker, &event);
    take_reports(worker);
    bool more = take_reads(worker);
    take_completions(worker);
    take_trims(worker);
    input_step(worker);
    bridge_tick(worker->bridge);
    if (worker->stage >= STAGE_DRAINING)
        go_on_draining(worker);
    return more;
}

static int timeout_ms(const struct worker *worker, bool more)
{
    struct now now = clock_now();
    struct instant until = instant_after_ms(now.at, turn_ms);
    if (more)
        return 0;
    until = instant_earlier(until, worker->topics_at);
    if (worker->bridge != NULL)
        until = instant_earlier(until, bridge_wake(worker->bridge));
    if (worker->group != NULL)
        until = instant_earlier(until, group_wake(worker->group));
    if (worker->stage == STAGE_DRAINING)
        until = instant_earlier(until, worker->leave_at);
    if (worker->stage == STAGE_LEAVING)
        until = instant_earlier(until, worker->drain_until);
    int64_t us = until.us - now.at.us;
    int ms = us <= 0 ? 0 : (int)((us + 999) / 1000);
    int admin_ms = admin_timeout_ms(worker->admin);
    return admin_ms >= 0 && admin_ms < ms ? admin_ms : ms;
}

static bool turn(struct worker *worker, bool more)
{
    enum { WAKE, SIGNAL, ADMIN, FD_N };
    struct fault fault;
    struct pollfd fds[FD_N] = {
        [WAKE] = {.fd = worker->wake.fd, .events = POLLIN},
        [SIGNAL] = {.fd = worker->signal_fd, .events = POLLIN},
        [ADMIN] = {.fd = admin_fd(worker->admin), .events = POLLIN},
    };
    if (http_poll(worker->http, fds, FD_N, timeout_ms(worker, more), &fault) != ERR_OK) {
        worker_fail(worker, ERR_SYSTEM, &fault);
        return false;
    }
    kafka_wake_clear(&worker->wake);
    on_signals(worker);
    watch_step(worker);
    if (worker->stage == STAGE_LOADING)
        more = load(worker);
    else
        more = worker->stage != STAGE_STARTING && worker->stage != STAGE_OVER && work(worker);
    admin_step(worker->admin);
    return more;
}

/* ---- life ---- */

static enum err open_signals(struct worker *worker, struct fault *fault)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    (void)signal(SIGPIPE, SIG_IGN); /* libcurl's sockets, and a log nobody reads */
    worker->signal_fd = -1;
    if (sigprocmask(SIG_BLOCK, &set, NULL) == 0)
        worker->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return worker->signal_fd >= 0 ? ERR_OK : fault_set(fault, ERR_SYSTEM, "signalfd: %m");
}

static enum err open_first(struct worker *worker, struct fault *fault)
{
    enum err err = open_signals(worker, fault);
    if (err == ERR_OK)
        err = read_credentials(worker, fault);
    if (err == ERR_OK)
        err = kafka_wake_open(&worker->wake, fault);
    worker->wake_open = err == ERR_OK;
    if (err == ERR_OK)
        err = worker_open_http(worker, fault);
    if (err == ERR_OK)
        err = pages_open(worker, fault);
    if (err == ERR_OK)
        err = worker_open_topics(worker, fault);
    return err;
}

static void close_all(struct worker *worker)
{
    group_close(worker->group, close_ms);
    bridge_close(worker->bridge);
    intake_close(worker->intake);
    control_close(worker->control);
    input_close(worker);
    trim_close(worker->trim);
    reader_close(worker->reader, close_ms);
    producer_close(worker->producer, close_ms);
    producer_close(worker->publisher, close_ms);
    topics_close(worker->topics, close_ms);
    admin_close(worker->admin);
    http_close(worker->http);
    credentials_release(&worker->credentials);
    if (worker->wake_open)
        kafka_wake_close(&worker->wake);
    if (worker->signal_fd >= 0)
        (void)close(worker->signal_fd);
}

int worker_run(const struct worker_options *options)
{
    struct fault fault;
    struct worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL)
        return EXIT_FAILED;
    worker->options = *options;
    worker->config = options->config;
    worker->log = options->log;
    worker->rate_limit = options->config->rate_limit;
    worker->topics_at = clock_now().at;
    worker->away_since = INSTANT_NEVER;
    enum err err = open_first(worker, &fault);
    if (err != ERR_OK)
        worker_fail(worker, err, &fault);
    bool more = false;
    while (worker->stage != STAGE_OVER)
        more = turn(worker, more);
    close_all(worker);
    int exit_code = worker->exit_code;
    free(worker);
    return exit_code;
}
