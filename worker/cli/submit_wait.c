/* SPDX-License-Identifier: Apache-2.0
 *
 * Waits for the outcomes of what was published, and shows how it goes: on a terminal one line that
 * is drawn again, else a line now and then. Both go to stderr.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/check.h"
#include "cli/cli.h"
#include "cli/interrupt.h"
#include "cli/outcome_event.h"
#include "cli/submit.h"
#include "core/outcome.h"
#include "shell/clock.h"

enum { POLL_MS = 100, DRAW_MS = 100, LINE_MS = 2000, LINE_BYTES_MAX = 512 };

/* One instance of one record. */
struct target {
    const char *instance_id;
    const struct submit_record *record;
    enum outcome_status status; /* 0: nothing was heard yet, or a word that we do not know */
    bool is_final;
};

struct waiting {
    const struct submit_wait *wait;
    struct target *targets; /* by instance */
    size_t target_n;
    size_t final_n;
    size_t bad_n;                    /* of them: those that did not end well */
    size_t open[OUTCOME_STATUS_N];   /* by the last status */
    size_t closed[OUTCOME_STATUS_N]; /* by the final one */
    struct outcome_printer printer;
    bool is_terminal;
    bool changed;
    struct instant began;
    struct instant drawn;
};

/* ---- the progress line ---- */

static void append_counts(struct buf *line, const size_t counts[OUTCOME_STATUS_N],
                          const char *unknown, const char *before)
{
    for (int i = 1; i <= OUTCOME_STATUS_N; i++) {
        int status = i % OUTCOME_STATUS_N; /* 0 last */
        if (counts[status] == 0)
            continue;
        (void)!buf_append_format(line, "%s%zu %s", before, counts[status],
                                 status == 0 ? unknown
                                             : outcome_status_name((enum outcome_status)status));
        before = ", ";
    }
}

static void clear_line(const struct waiting *waiting)
{
    if (waiting->is_terminal)
        (void)fputs("\r\033[K", stderr);
}

static int terminal_width(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1 : 79;
}

static void draw(struct waiting *waiting, struct instant now)
{
    struct buf line;
    buf_init(&line, LINE_BYTES_MAX);
    (void)!buf_append_format(&line, "%zu of %zu final", waiting->final_n, waiting->target_n);
    append_counts(&line, waiting->closed, "other", ": ");
    append_counts(&line, waiting->open, "not yet accepted", "; ");
    (void)!buf_append_format(&line, " (%lld s)",
                             (long long)instant_ms_between(waiting->began, now) / 1000);
    if (waiting->is_terminal) {
        int room = terminal_width();
        (void)fprintf(stderr, "\r%.*s\033[K", (int)line.n < room ? (int)line.n : room, line.p);
    } else {
        (void)fprintf(stderr, "%s\n", line.p);
    }
    (void)fflush(stderr);
    buf_release(&line);
    waiting->drawn = now;
    waiting->changed = false;
}

static void draw_if_due(struct waiting *waiting)
{
    struct instant now = clock_now().at;
    int64_t passed_ms = instant_ms_between(waiting->drawn, now);
    if (waiting->is_terminal ? passed_ms >= (waiting->changed ? DRAW_MS : 1000)
                             : waiting->changed && passed_ms >= LINE_MS)
        draw(waiting, now);
}

/* ---- events ---- */

static enum outcome_status status_of(struct view word)
{
    for (int i = 1; i < OUTCOME_STATUS_N; i++)
        if (view_is(word, outcome_status_name((enum outcome_status)i)))
            return (enum outcome_status)i;
    return 0;
}

static bool is_good(const struct target *target)
{
    if (target->record->cancel)
        return target->status == OUTCOME_CANCELLED;
    return target->status == OUTCOME_SUCCEEDED || target->status == OUTCOME_DISPATCHED;
}

static bool is_from(const struct outcome_event *event, const struct submit_record *record)
{
    return event->source_partition == record->partition && event->source_offset == record->offset;
}

/* `rejected` is the word on a record, every other one on a request. */
static bool concerns(const struct outcome_event *event, enum outcome_status status,
                     const struct target *target)
{
    if (target->is_final)
        return false;
    if (status == OUTCOME_REJECTED)
        return is_from(event, target->record);
    return view_is(event->request_id, target->record->request_id);
}

static void note(struct waiting *waiting, struct target *target, enum outcome_status status,
                 bool is_final)
{
    waiting->open[target->status]--;
    target->status = status;
    target->is_final = is_final;
    waiting->changed = true;
    if (!is_final) {
        waiting->open[status]++;
        return;
    }
    waiting->closed[status]++;
    waiting->final_n++;
    waiting->bad_n += !is_good(target);
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct target *)a)->instance_id, ((const struct target *)b)->instance_id);
}

/* The targets of an instance are neighbours: the first, and how many. */
static size_t range_of(const struct waiting *waiting, struct view instance_id, size_t *n_out)
{
    char id[INSTANCE_ID_BYTES_MAX + 1];
    *n_out = 0;
    if (instance_id.n == 0) { /* of a record whose IDs could not be read: may be anyone */
        *n_out = waiting->target_n;
        return 0;
    }
    if (instance_id.n >= sizeof id)
        return 0;
    memcpy(id, instance_id.p, instance_id.n);
    id[instance_id.n] = '\0';
    size_t first = 0;
    for (size_t end = waiting->target_n; first < end;) {
        size_t middle = first + (end - first) / 2;
        if (strcmp(waiting->targets[middle].instance_id, id) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    while (first + *n_out < waiting->target_n &&
           strcmp(waiting->targets[first + *n_out].instance_id, id) == 0)
        ++*n_out;
    return first;
}

static void show(struct waiting *waiting, const struct outcome_event *event, bool is_bad)
{
    if (!event->final || !(waiting->wait->json || is_bad))
        return;
    clear_line(waiting);
    (void)!outcome_print(&waiting->printer, event);
    if (waiting->is_terminal)
        draw(waiting, clock_now().at);
}

static void take(struct waiting *waiting, const rd_kafka_message_t *message)
{
    struct outcome_event event;
    size_t n;
    if (outcome_event_read(message, &event, NULL) != ERR_OK)
        return;
    enum outcome_status status = status_of(event.status);
    size_t bad_before = waiting->bad_n;
    bool any = false;
    size_t first = range_of(waiting, event.instance_id, &n);
    for (size_t i = first; i < first + n; i++) {
        struct target *target = &waiting->targets[i];
        if (!concerns(&event, status, target))
            continue;
        note(waiting, target, status, event.final);
        any = true;
    }
    if (any)
        show(waiting, &event, waiting->bad_n > bad_before);
    outcome_event_release(&event);
}

/* ---- waiting ---- */

static bool open_waiting(struct waiting *waiting)
{
    const struct submit *submit = waiting->wait->submit;
    for (size_t i = 0; i < submit->record_n; i++)
        waiting->target_n += submit->records[i].instance_n;
    CHECK(waiting->target_n > 0); /* a request has instances */
    waiting->targets = calloc(waiting->target_n, sizeof *waiting->targets);
    if (waiting->targets == NULL)
        return false;
    size_t at = 0;
    for (size_t i = 0; i < submit->record_n; i++)
        for (uint32_t k = 0; k < submit->records[i].instance_n; k++)
            waiting->targets[at++] = (struct target){
                .instance_id = submit->records[i].instance_ids[k], .record = &submit->records[i]};
    qsort(waiting->targets, waiting->target_n, sizeof *waiting->targets, compare);
    waiting->open[0] = waiting->target_n;
    return true;
}

static void say_how_to_go_on(const struct waiting *waiting)
{
    const struct submit *submit = waiting->wait->submit;
    bool is_one = true;
    for (size_t i = 1; i < submit->record_n; i++)
        is_one =
            is_one && strcmp(submit->records[i].request_id, submit->records[0].request_id) == 0;
    (void)fprintf(stderr,
                  "What was asked goes on. To go on watching, with the same configuration:\n"
                  "  reboot-worker watch --from beginning%s%s\n",
                  is_one ? " --request-id " : "", is_one ? submit->records[0].request_id : "");
}

static int verdict(struct waiting *waiting, bool interrupted)
{
    draw(waiting, clock_now().at);
    if (waiting->is_terminal)
        (void)fputc('\n', stderr);
    bool all = waiting->final_n == waiting->target_n;
    if (!all) {
        (void)cli_fail(waiting->wait->command, 0, interrupted ? "interrupted" : "the time is up");
        say_how_to_go_on(waiting);
    }
    if (waiting->bad_n > 0)
        return EXIT_FAILED;
    return all ? EXIT_OK : interrupted ? EXIT_FAILED : EXIT_AGAIN;
}

int submit_wait(const struct submit_wait *wait)
{
    struct waiting waiting = {.wait = wait,
                              .printer = outcome_printer_init(wait->json),
                              .is_terminal = isatty(STDERR_FILENO) == 1,
                              .began = clock_now().at};
    if (!open_waiting(&waiting))
        return cli_fail(wait->command, EXIT_FAILED, "no memory");
    struct instant until = wait->timeout_ms == TIME_NONE
                               ? INSTANT_NEVER
                               : instant_after_ms(waiting.began, wait->timeout_ms);
    bool said_away = false;
    while (waiting.final_n < waiting.target_n && !interrupt_came() &&
           !instant_reached(clock_now().at, until)) {
        rd_kafka_message_t *message = consume_next(wait->results, POLL_MS);
        if (message != NULL) {
            take(&waiting, message);
            rd_kafka_message_destroy(message);
        }
        if (wait->results->is_away && !said_away) {
            clear_line(&waiting);
            (void)cli_fail(wait->command, 0, "no broker answers; waiting");
        }
        said_away = wait->results->is_away;
        draw_if_due(&waiting);
    }
    int status = verdict(&waiting, interrupt_came());
    free(waiting.targets);
    return status;
}
