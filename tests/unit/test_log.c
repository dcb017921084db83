/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of shell/log.h: one line per event that a machine can read, whatever is in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <fcntl.h>
#include <jansson.h>

#include "base/utf8.h"
#include "shell/log.h"
#include "wire/timestamp.h"

/* A log into memory. */
struct written {
    struct log log;
    int fd;
    char *text;
    size_t n;
};

static void begin(struct written *written, enum config_log_level level,
                  enum config_log_format format)
{
    const struct config config = {.log_level = level, .log_format = format};
    char path[] = "/tmp/reboot-worker-log-XXXXXX";
    *written = (struct written){.fd = mkstemp(path)};
    assert_true(written->fd >= 0);
    (void)unlink(path);
    log_init(&written->log, written->fd, &config);
}

/* What was written so far. */
static const char *read_back(struct written *written)
{
    off_t n = lseek(written->fd, 0, SEEK_END);
    assert_true(n >= 0);
    free(written->text);
    written->text = calloc(1, (size_t)n + 1);
    written->n = (size_t)n;
    assert_non_null(written->text);
    assert_int_equal(pread(written->fd, written->text, (size_t)n, 0), n);
    return written->text;
}

static void end(struct written *written)
{
    free(written->text);
    (void)close(written->fd);
}

/* The only line, as JSON; the caller releases it. */
static json_t *only_line(struct written *written)
{
    json_error_t error;
    const char *text = read_back(written);
    assert_true(written->n > 0 && written->n <= LOG_LINE_BYTES_MAX);
    assert_ptr_equal(strchr(text, '\n'), text + written->n - 1);
    json_t *json = json_loadb(text, written->n, JSON_ALLOW_NUL, &error);
    if (json == NULL)
        fail_msg("%s: %s", error.text, text);
    return json;
}

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    if (text == NULL)
        fail_msg("no text under %s", key);
    return text;
}

static void a_line_is_an_object_with_ecs_names(void **state)
{
    (void)state;
    struct written written;
    int64_t ms;
    begin(&written, LEVEL_INFO, FORMAT_JSON);
    const struct log_field fields[] = {LOG_TEXT("topic", "a b"), LOG_NUMBER("partition", -3),
                                       LOG_VIEW("none", VIEW_NONE)};
    log_write(&written.log, LEVEL_WARN, "it happened", fields, 3);
    json_t *json = only_line(&written);
    assert_int_equal(json_object_size(json), 6);
    assert_int_equal(timestamp_parse(view_of(text_of(json, "@timestamp")), &ms), ERR_OK);
    assert_string_equal(text_of(json, "log.level"), "warn");
    assert_string_equal(text_of(json, "message"), "it happened");
    assert_string_equal(text_of(json, "topic"), "a b");
    assert_string_equal(text_of(json, "none"), "");
    assert_int_equal(json_integer_value(json_object_get(json, "partition")), -3);
    json_decref(json);
    end(&written);
}

static void text_is_for_people(void **state)
{
    (void)state;
    struct written written;
    begin(&written, LEVEL_DEBUG, FORMAT_TEXT);
    const struct log_field fields[] = {LOG_TEXT("bare", "a-b:c"), LOG_TEXT("spaced", "a b"),
                                       LOG_TEXT("forged", "x\nerror y=\"1\""), LOG_NUMBER("n", 5)};
    log_write(&written.log, LEVEL_INFO, "it happened", fields, 4);
    const char *text = read_back(&written);
    assert_non_null(strstr(text, "Z info  it happened bare=a-b:c spaced=\"a b\" "
                                 "forged=\"x\\u000aerror y=\\\"1\\\"\" n=5\n"));
    end(&written);
}

static void what_is_no_terminal_gets_json_by_default(void **state)
{
    (void)state;
    struct written written;
    begin(&written, LEVEL_INFO, FORMAT_AUTO);
    log_say(&written.log, LEVEL_INFO, "x");
    json_decref(only_line(&written));
    end(&written);
    const struct config config = {.log_level = LEVEL_INFO, .log_format = FORMAT_AUTO};
    struct log log;
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(terminal >= 0);
    log_init(&log, terminal, &config);
    assert_false(log.json);
    (void)close(terminal);
}

static void what_is_below_the_level_is_left_out(void **state)
{
    (void)state;
    static const enum config_log_level levels[] = {LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN,
                                                   LEVEL_ERROR};
    for (int level = 0; level < 4; level++) {
        struct written written;
        begin(&written, levels[level], FORMAT_TEXT);
        for (int i = 0; i < 4; i++)
            log_say(&written.log, levels[i], "x");
        int lines = 0;
        for (const char *c = read_back(&written); *c != '\0'; c++)
            lines += *c == '\n';
        assert_int_equal(lines, 4 - level);
        end(&written);
    }
}

/* Every byte, and every length around the end of the line: still one line of JSON in UTF-8. */
static void whatever_is_in_it_the_line_stays_whole(void **state)
{
    (void)state;
    char bytes[6000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7 + i / 256);
    for (size_t n = 0; n < sizeof bytes; n += n < 300 || n > 3800 ? 1 : 97) {
        struct written written;
        begin(&written, LEVEL_INFO, FORMAT_JSON);
        const struct log_field fields[] = {LOG_VIEW("a", ((struct view){bytes, n})),
                                           LOG_NUMBER("number", 12345),
                                           LOG_VIEW("b", ((struct view){bytes + 1, n / 2}))};
        log_write(&written.log, LEVEL_INFO, "x", fields, 3);
        json_t *json = only_line(&written);
        json_t *number = json_object_get(json, "number");
        assert_true(number == NULL || json_integer_value(number) == 12345);
        json_decref(json);
        end(&written);
        if (n > 4200)
            n += 500;
    }
}

static void utf8_is_kept_and_other_bytes_are_escaped(void **state)
{
    (void)state;
    struct written written;
    begin(&written, LEVEL_INFO, FORMAT_JSON);
    const struct log_field fields[] = {
        LOG_TEXT("good", "\xe5\xae\x9e\xe4\xbe\x8b \xf0\x9f\x9a\x80"),
        LOG_TEXT("bad", "\xff\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\x7f")};
    log_write(&written.log, LEVEL_INFO, "x", fields, 2);
    json_t *json = only_line(&written);
    assert_string_equal(text_of(json, "good"), "\xe5\xae\x9e\xe4\xbe\x8b \xf0\x9f\x9a\x80");
    assert_true(utf8_is_valid(view_of(text_of(json, "bad"))));
    json_decref(json);
    end(&written);
}

static void a_flood_is_cut_and_counted(void **state)
{
    (void)state;
    struct written written;
    enum { LINES = 20 * LOG_LINES_PER_S };
    begin(&written, LEVEL_INFO, FORMAT_JSON);
    for (int i = 0; i < LINES; i++)
        log_say(&written.log, LEVEL_INFO, "flood");
    written.log.second--; /* the second is over */
    log_say(&written.log, LEVEL_INFO, "after");
    int64_t said = 0;
    int64_t lines = 0;
    const char *line = read_back(&written);
    bool after = false;
    for (const char *next; *line != '\0'; line = next + 1) {
        next = strchr(line, '\n');
        json_t *json = json_loadb(line, (size_t)(next - line), 0, NULL);
        assert_non_null(json);
        lines += strcmp(text_of(json, "message"), "flood") == 0;
        said += json_integer_value(json_object_get(json, "lines"));
        after = after || strcmp(text_of(json, "message"), "after") == 0;
        json_decref(json);
    }
    assert_true(after);
    assert_int_equal(lines + said, LINES); /* a second may have ended in between */
    assert_true(lines >= LOG_LINES_PER_S && lines < LINES);
    end(&written);
}

static void every_note_of_the_engine_has_words_of_its_own(void **state)
{
    (void)state;
    char messages[NOTE_UNKNOWN_CODE + 1][256];
    for (int type = 0; type <= NOTE_UNKNOWN_CODE; type++) {
        struct written written;
        const struct note note = {.type = (enum note_type)type,
                                  .partition = 7,
                                  .offset = 1,
                                  .count = 2,
                                  .text = VIEW_LIT("why")};
        begin(&written, LEVEL_DEBUG, FORMAT_JSON);
        log_note(&written.log, &note);
        json_t *json = only_line(&written);
        assert_int_equal(json_integer_value(json_object_get(json, "partition")), 7);
        (void)snprintf(messages[type], sizeof messages[type], "%s", text_of(json, "message"));
        for (int other = 0; other < type; other++)
            assert_string_not_equal(messages[type], messages[other]);
        json_decref(json);
        end(&written);
    }
}

static void a_note_without_a_partition_names_none(void **state)
{
    (void)state;
    struct written written;
    begin(&written, LEVEL_INFO, FORMAT_JSON);
    log_note(&written.log, &(struct note){.type = NOTE_BREAKER_OPEN,
                                          .partition = -1,
                                          .text = VIEW_LIT("AuthFailure.TokenFailure")});
    json_t *json = only_line(&written);
    assert_null(json_object_get(json, "partition"));
    assert_string_equal(text_of(json, "code"), "AuthFailure.TokenFailure");
    assert_string_equal(text_of(json, "log.level"), "error");
    json_decref(json);
    end(&written);
}

static void lines_of_librdkafka_keep_their_severity(void **state)
{
    (void)state;
    static const struct {
        int syslog;
        const char *level;
    } rows[] = {{0, "error"}, {3, "error"}, {4, "warn"}, {5, "info"}, {6, "info"}, {7, "debug"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct written written;
        begin(&written, LEVEL_DEBUG, FORMAT_JSON);
        log_kafka(&written.log, rows[i].syslog, "w#producer-1", "text");
        json_t *json = only_line(&written);
        assert_string_equal(text_of(json, "log.level"), rows[i].level);
        assert_string_equal(text_of(json, "kafka.client"), "w#producer-1");
        assert_string_equal(text_of(json, "kafka.text"), "text");
        json_decref(json);
        end(&written);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_an_object_with_ecs_names),
        cmocka_unit_test(text_is_for_people),
        cmocka_unit_test(what_is_no_terminal_gets_json_by_default),
        cmocka_unit_test(what_is_below_the_level_is_left_out),
        cmocka_unit_test(whatever_is_in_it_the_line_stays_whole),
        cmocka_unit_test(utf8_is_kept_and_other_bytes_are_escaped),
        cmocka_unit_test(a_flood_is_cut_and_counted),
        cmocka_unit_test(every_note_of_the_engine_has_words_of_its_own),
        cmocka_unit_test(a_note_without_a_partition_names_none),
        cmocka_unit_test(lines_of_librdkafka_keep_their_severity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
