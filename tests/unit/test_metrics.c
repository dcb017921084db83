/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of shell/metrics.h: everything there from the start, known label values only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "core/entry.h"
#include "shell/metrics.h"
#include "wire/ecm_request.h"

enum { PAGE_BYTES_MAX = 1024 * 1024 };

static char page[PAGE_BYTES_MAX];

static void render(const struct metrics *counted)
{
    struct metrics_view view = {.counted = counted};
    struct buf out;
    buf_init(&out, PAGE_BYTES_MAX - 1);
    assert_int_equal(metrics_render(&view, &out), ERR_OK);
    memcpy(page, out.p, out.n + 1);
    buf_release(&out);
}

static bool has_line(const char *line)
{
    size_t n = strlen(line);
    for (const char *at = page; (at = strstr(at, line)) != NULL; at += n)
        if ((at == page || at[-1] == '\n') && at[n] == '\n')
            return true;
    return false;
}

static void assert_line(const char *line)
{
    if (!has_line(line))
        fail_msg("there is no line %s", line);
}

static void call_ended(struct metrics *metrics, enum answer_kind kind, const char *code)
{
    metrics_call(metrics, &(struct completion){.action = CALL_REBOOT,
                                               .latency_ms = 1500,
                                               .answer = {.kind = kind, .code = view_of(code)}});
}

static void every_known_label_is_there_from_the_start(void **state)
{
    static const struct metrics nothing;
    char line[256];
    (void)state;
    render(&nothing);
    for (int i = OUTCOME_ACCEPTED; i < OUTCOME_STATUS_N; i++) {
        (void)snprintf(line, sizeof line, "reboot_worker_outcomes_total{status=\"%s\"} 0",
                       outcome_status_name((enum outcome_status)i));
        assert_line(line);
    }
    for (int i = ENTRY_WAITING; i < ENTRY_PHASE_N; i++) {
        (void)snprintf(line, sizeof line, "reboot_worker_open_entries{phase=\"%s\"} 0",
                       entry_phase_name((enum entry_phase)i));
        assert_line(line);
    }
    for (int action = 0; action < CALL_ACTION_N; action++) {
        for (unsigned i = 0; verdict_row(i) != NULL; i++) {
            const char *code = verdict_row(i)->code;
            (void)snprintf(line, sizeof line,
                           "reboot_worker_api_requests_total{action=\"%s\",code=\"%s%s\"} 0",
                           ecm_action_name((enum call_action)action), code,
                           code[strlen(code) - 1] == '.' ? "*" : "");
            assert_line(line);
        }
    }
    for (int i = 0; i < READINESS_N; i++) {
        (void)snprintf(line, sizeof line, "reboot_worker_readiness_check{check=\"%s\"} 0",
                       readiness_name((enum readiness_name)i));
        assert_line(line);
    }
    assert_line("reboot_worker_requests_total{result=\"accepted\"} 0");
    assert_line("reboot_worker_requests_total{result=\"refused\"} 0");
    assert_line("reboot_worker_requests_total{result=\"tombstone\"} 0");
    assert_line("reboot_worker_dead_letters_total 0");
    assert_line("reboot_worker_partitions_owned 0");
    assert_line("reboot_worker_api_throttled_total 0");
}

/* No code, however odd, makes a label of its own. */
static void codes_are_counted_under_known_labels_only(void **state)
{
    static const struct {
        enum answer_kind kind;
        const char *code;
        const char *label;
    } rows[] = {
        {ANSWER_API, "", "ok"},
        {ANSWER_API, "OperationDenied.InstanceOperationInProgress",
         "OperationDenied.InstanceOperationInProgress"},
        {ANSWER_API, "RequestLimitExceeded", "RequestLimitExceeded"},
        {ANSWER_API, "RequestLimitExceeded.UinLimitExceeded", "RequestLimitExceeded.*"},
        {ANSWER_API, "AuthFailure.SignatureFailure", "AuthFailure.*"},
        {ANSWER_API, "AuthFailure.SignatureExpire", "AuthFailure.SignatureExpire"},
        {ANSWER_API, "AuthFailure.", "AuthFailure.*"},
        {ANSWER_API, "FailedOperation.NeverHeardOf", "other"},
        {ANSWER_API, "\"} 1\nforged 1", "other"},
        {ANSWER_LOST, "network.timeout", "network.timeout"},
        {ANSWER_LOST, "network.something", "other"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct metrics metrics = {.outcomes = {0}};
        char line[256];
        call_ended(&metrics, rows[i].kind, rows[i].code);
        render(&metrics);
        (void)snprintf(line, sizeof line,
                       "reboot_worker_api_requests_total{action=\"RebootInstances\",code=\"%s\"} 1",
                       rows[i].label);
        assert_line(line);
        assert_null(strstr(page, "forged"));
        assert_null(strstr(page, "NeverHeardOf"));
    }
}

static void refusals_are_counted_by_code(void **state)
{
    struct metrics metrics = {.outcomes = {0}};
    (void)state;
    metrics_refused(&metrics, VIEW_LIT("request.field.stopType"));
    metrics_refused(&metrics, VIEW_LIT("request.field.instanceIds"));
    metrics_refused(&metrics, VIEW_LIT("request.conflict"));
    metrics_refused(&metrics, VIEW_LIT("request.new"));
    render(&metrics);
    assert_line("reboot_worker_requests_refused_total{code=\"request.field.*\"} 2");
    assert_line("reboot_worker_requests_refused_total{code=\"request.conflict\"} 1");
    assert_line("reboot_worker_requests_refused_total{code=\"other\"} 1");
    assert_line("reboot_worker_requests_refused_total{code=\"request.too_large\"} 0");
}

static void latencies_fill_the_buckets_from_theirs_on(void **state)
{
    struct metrics metrics = {.outcomes = {0}};
    static const char prefix[] =
        "reboot_worker_api_request_duration_seconds_bucket{action=\"RebootInstances\",le=";
    char line[256];
    (void)state;
    call_ended(&metrics, ANSWER_API, "");
    call_ended(&metrics, ANSWER_LOST, "network.timeout");
    render(&metrics);
    (void)snprintf(line, sizeof line, "%s\"1\"} 0", prefix);
    assert_line(line);
    (void)snprintf(line, sizeof line, "%s\"2.5\"} 2", prefix);
    assert_line(line);
    (void)snprintf(line, sizeof line, "%s\"+Inf\"} 2", prefix);
    assert_line(line);
    assert_line("reboot_worker_api_request_duration_seconds_sum{action=\"RebootInstances\"} 3");
    assert_line("reboot_worker_api_request_duration_seconds_count{action=\"RebootInstances\"} 2");
}

static void what_is_not_known_has_no_sample(void **state)
{
    static const struct metrics nothing;
    struct metrics_view view = {.counted = &nothing, .process = {.open_fds = NAN}};
    struct buf out;
    (void)state;
    buf_init(&out, PAGE_BYTES_MAX - 1);
    assert_int_equal(metrics_render(&view, &out), ERR_OK);
    assert_non_null(strstr(out.p, "# TYPE process_open_fds gauge\n# HELP"));
    assert_null(strstr(out.p, "NaN"));
    buf_release(&out);
}

static void a_page_that_does_not_fit_fails(void **state)
{
    static const struct metrics nothing;
    struct metrics_view view = {.counted = &nothing};
    (void)state;
    for (size_t most = 1; most < 4000; most += 333) {
        struct buf out;
        buf_init(&out, most);
        assert_int_equal(metrics_render(&view, &out), ERR_LIMIT);
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_known_label_is_there_from_the_start),
        cmocka_unit_test(codes_are_counted_under_known_labels_only),
        cmocka_unit_test(refusals_are_counted_by_code),
        cmocka_unit_test(latencies_fill_the_buckets_from_theirs_on),
        cmocka_unit_test(what_is_not_known_has_no_sample),
        cmocka_unit_test(a_page_that_does_not_fit_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
