/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/log.h"

#include <stdio.h>
#include <unistd.h>

#include "shell/clock.h"
#include "wire/timestamp.h"

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void log_init(struct log *log, int fd, const struct config *config)
{
    *log = (struct log){.fd = fd,
                        .level = (enum config_log_level)config->log_level,
                        .json = config->log_format == FORMAT_JSON ||
                                (config->log_format == FORMAT_AUTO && !isatty(fd))};
}

/* ---- a line of bounded length ---- */

struct line {
    char bytes[LOG_LINE_BYTES_MAX];
    size_t n;
    bool full; /* the rest is left out, but for the end of the line */
};
enum { LINE_END_BYTES = 4 }; /* "...", and what closes a line */

static void put(struct line *line, const char *bytes, size_t n)
{
    if (line->full || line->n + n > sizeof line->bytes - 2 * LINE_END_BYTES) {
        line->full = true;
        return;
    }
    memcpy(line->bytes + line->n, bytes, n);
    line->n += n;
}

static void put_text(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

static void put_number(struct line *line, int64_t number)
{
    char digits[32];
    (void)snprintf(digits, sizeof digits, "%lld", (long long)number);
    put_text(line, digits);
}

/* JSON's escapes serve both formats. Control characters are escaped, so nobody can forge a line. */
static void put_escaped(struct line *line, struct view text)
{
    for (size_t i = 0; i < text.n && !line->full; i++) {
        unsigned char c = (unsigned char)text.p[i];
        char escape[8];
        if (c == '"' || c == '\\')
            (void)snprintf(escape, sizeof escape, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            (void)snprintf(escape, sizeof escape, "\\u%04x", c);
        else
            (void)snprintf(escape, sizeof escape, "%c", c);
        put_text(line, escape);
    }
}

static bool is_bare(struct view text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] <= ' ' || text.p[i] > '~' || strchr("\"\\=", text.p[i]) != NULL)
            return false;
    return text.n > 0;
}

static void put_quoted(struct line *line, struct view text)
{
    put_text(line, "\"");
    put_escaped(line, text);
    if (line->full) { /* the quote is closed whatever was cut */
        line->bytes[line->n++] = '"';
        return;
    }
    put_text(line, "\"");
}

static void put_field(struct line *line, bool json, const struct log_field *field)
{
    if (line->full)
        return;
    put_text(line, json ? ",\"" : " ");
    put_text(line, field->key);
    put_text(line, json ? "\":" : "=");
    if (field->is_number)
        put_number(line, field->number);
    else if (!json && is_bare(field->text))
        put(line, field->text.p, field->text.n);
    else
        put_quoted(line, field->text);
}

static void begin_line(struct line *line, bool json, enum config_log_level level,
                       const char *message)
{
    char time[TIMESTAMP_TEXT_MAX];
    timestamp_format(clock_now().wall_us / 1000, time);
    put_text(line, json ? "{\"@timestamp\":\"" : "");
    put_text(line, time);
    put_text(line, json ? "\",\"log.level\":\"" : " ");
    put_text(line, level_names[level]);
    put_text(line, json ? "\",\"message\":" : strlen(level_names[level]) == 4 ? "  " : " ");
    if (json)
        put_quoted(line, view_of(message));
    else
        put_escaped(line, view_of(message));
}

static void end_line(const struct log *log, struct line *line)
{
    const char *end = log->json ? "}\n" : "\n";
    memcpy(line->bytes + line->n, end, strlen(end));
    line->n += strlen(end);
    ssize_t written = write(log->fd, line->bytes, line->n);
    (void)written; /* nobody is left to be told */
}

/* ---- logging ---- */

static bool is_within_limit(struct log *log)
{
    int64_t second = clock_now().wall_us / 1000000;
    if (second != log->second) {
        uint32_t left_out = log->left_out;
        log->second = second;
        log->lines_n = 0;
        log->left_out = 0;
        if (left_out > 0) {
            struct line line = {.n = 0};
            const struct log_field count = LOG_NUMBER("lines", left_out);
            begin_line(&line, log->json, LEVEL_WARN, "log lines were left out");
            put_field(&line, log->json, &count);
            end_line(log, &line);
        }
    }
    if (log->lines_n++ < LOG_LINES_PER_S)
        return true;
    log->left_out++;
    return false;
}

void log_write(struct log *log, enum config_log_level level, const char *message,
               const struct log_field *fields, size_t field_n)
{
    if (level < log->level || !is_within_limit(log))
        return;
    struct line line = {.n = 0};
    begin_line(&line, log->json, level, message);
    for (size_t i = 0; i < field_n; i++)
        put_field(&line, log->json, &fields[i]);
    end_line(log, &line);
}

void log_say(struct log *log, enum config_log_level level, const char *message)
{
    log_write(log, level, message, NULL, 0);
}

void log_kafka(struct log *log, int level, const char *client, const char *text)
{
    enum config_log_level ours = level <= 3   ? LEVEL_ERROR
                                 : level <= 4 ? LEVEL_WARN
                                 : level <= 6 ? LEVEL_INFO
                                              : LEVEL_DEBUG;
    const struct log_field fields[] = {LOG_TEXT("kafka.client", client),
                                       LOG_TEXT("kafka.text", text)};
    log_write(log, ours, "kafka", fields, 2);
}

/* ---- notes of the engine ---- */

static const struct {
    const char *message;
    enum config_log_level level;
    const char *text; /* what its fields are called; NULL: it has none */
    const char *offset;
    const char *count;
} note_rows[] = {
    [NOTE_CLAIMED] = {"claimed a partition", LEVEL_INFO, NULL, "epoch", "entries"},
    [NOTE_LOST] = {"a partition was claimed by another worker", LEVEL_INFO, "worker", "epoch",
                   NULL},
    [NOTE_STOPPED] = {"a partition has stopped and needs a person", LEVEL_ERROR, "reason", NULL,
                      NULL},
    [NOTE_REQUEST_DIFFERS] = {"a request id came again with other content; the first one counts",
                              LEVEL_WARN, "requestId", NULL, NULL},
    [NOTE_THROTTLED] = {"the API throttles; calls are made more slowly", LEVEL_WARN, "code", NULL,
                        "pace_permille"},
    [NOTE_CLOCK_OFFSET] = {"the API's clock differs; signatures use its time", LEVEL_WARN, NULL,
                           NULL, "offset_s"},
    [NOTE_CLOCK_JUMP] = {"the API's clock has jumped; sending waits until that is understood",
                         LEVEL_ERROR, NULL, NULL, "jump_s"},
    [NOTE_BREAKER_OPEN] = {"no call can succeed: sending has stopped but for a probe now and then",
                           LEVEL_ERROR, "code", NULL, NULL},
    [NOTE_BREAKER_CLOSED] = {"calls succeed again", LEVEL_INFO, NULL, NULL, NULL},
    [NOTE_ANSWER_LOST] = {"an answer was lost; looking for what became of the instances",
                          LEVEL_WARN, "code", "dispatch", "instances"},
    [NOTE_FULL] = {"memory is at its ceiling; no more tasks are taken for now", LEVEL_ERROR, NULL,
                   NULL, NULL},
    [NOTE_UNKNOWN_CODE] = {"the API said a code that is not known", LEVEL_WARN, "code", NULL, NULL},
};

void log_note(struct log *log, const struct note *note)
{
    struct log_field fields[4];
    size_t n = 0;
    if (note->partition >= 0)
        fields[n++] = LOG_NUMBER("partition", note->partition);
    if (note_rows[note->type].offset != NULL)
        fields[n++] = LOG_NUMBER(note_rows[note->type].offset, note->offset);
    if (note_rows[note->type].count != NULL)
        fields[n++] = LOG_NUMBER(note_rows[note->type].count, note->count);
    if (note_rows[note->type].text != NULL)
        fields[n++] = LOG_VIEW(note_rows[note->type].text, note->text);
    log_write(log, note_rows[note->type].level, note_rows[note->type].message, fields, n);
}
