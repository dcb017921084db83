/* SPDX-License-Identifier: Apache-2.0
 *
 * Records to the requests topic, by the worker's own producer: idempotent, acks=all.
 */
#include <poll.h>

#include "cli/interrupt.h"
#include "cli/submit.h"
#include "shell/clock.h"
#include "shell/producer.h"

enum { POLL_MS = 100, CLOSE_MS = 1000 };

struct publishing {
    struct submit *submit;
    struct producer *producer;
    size_t put_n;
    size_t stored_n;
};

static enum err put_some(struct publishing *publishing, struct fault *fault)
{
    const struct submit *submit = publishing->submit;
    while (publishing->put_n < submit->record_n) {
        const struct submit_record *record = &submit->records[publishing->put_n];
        const struct producer_record piece = {
            .topic = TOPIC_REQUESTS,
            .partition = PRODUCER_ANY,
            .ticket = publishing->put_n,
            /* A cancel lies behind its request. */
            .key = record->request_id != NULL ? view_of(record->request_id) : VIEW_NONE,
            .value = buf_view(&record->value),
        };
        enum err err = producer_put(publishing->producer, &piece, fault);
        if (err != ERR_OK)
            return err == ERR_LIMIT ? ERR_OK : err;
        publishing->put_n++;
    }
    return ERR_OK;
}

/* How many more are stored is in stored_n. */
static enum err take_reports(struct publishing *publishing, struct fault *fault)
{
    struct producer_report report;
    while (producer_next(publishing->producer, &report)) {
        if (report.err != ERR_OK) /* over a limit of the broker's: trying again would not help */
            return fault_set(fault, report.err == ERR_LIMIT ? ERR_SYSTEM : report.err, "%s",
                             report.fault.text);
        struct submit_record *record = &publishing->submit->records[report.ticket];
        record->partition = report.partition;
        record->offset = report.offset;
        publishing->stored_n++;
    }
    return ERR_OK;
}

static enum err publish_all(struct publishing *publishing, struct kafka_wake *wake,
                            struct fault *fault)
{
    struct instant until = instant_after_ms(clock_now().at, CONSUME_BROKER_MS);
    enum err err = ERR_OK;
    while (err == ERR_OK && publishing->stored_n < publishing->submit->record_n) {
        struct pollfd ready = {.fd = wake->fd, .events = POLLIN};
        size_t before = publishing->stored_n;
        err = put_some(publishing, fault);
        if (err != ERR_OK)
            break;
        (void)poll(&ready, 1, POLL_MS);
        kafka_wake_clear(wake);
        err = take_reports(publishing, fault);
        struct instant now = clock_now().at;
        if (err == ERR_OK && interrupt_came())
            err = fault_set(fault, ERR_SYSTEM, "interrupted");
        else if (publishing->stored_n > before)
            until = instant_after_ms(now, CONSUME_BROKER_MS);
        else if (err == ERR_OK && instant_reached(now, until))
            err = fault_set(fault, ERR_UNAVAILABLE, "no broker acknowledges: %s",
                            producer_last_error(publishing->producer)->text);
    }
    return err;
}

enum err submit_publish(struct submit *submit, const struct config *config, struct fault *fault)
{
    struct kafka_wake wake;
    struct publishing publishing = {.submit = submit};
    enum err err = kafka_wake_open(&wake, fault);
    if (err != ERR_OK)
        return err;
    const struct producer_options options = {
        .kafka = {.properties = &config->kafka, .wake = &wake, .client_id = config->name},
        .names = {.name = {[TOPIC_REQUESTS] = config->topics[TOPIC_REQUESTS]}},
    };
    err = producer_open(&options, &publishing.producer, fault);
    if (err == ERR_OK) {
        err = publish_all(&publishing, &wake, fault);
        producer_close(publishing.producer, CLOSE_MS);
    }
    kafka_wake_close(&wake);
    return err;
}
