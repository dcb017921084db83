/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/log.h"

#include <stdio.h>
#include <unistd.h>

#include "base/utf8.h"
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
    bool full; /* something did not fit: the rest is left out, but for the end of the line */
};
/* Kept free for what must follow: a closing quote, and the end of the line. */
enum { LINE_END_BYTES = 4, LINE_BODY_BYTES = LOG_LINE_BYTES_MAX - LINE_END_BYTES };

static void put(struct line *line, const char *bytes, size_t n)
{
    line->full = line->full || line->n + n > LINE_BODY_BYTES;
    if (line->full)
        return;
    memcpy(line->bytes + line->n, bytes, n);
    line->n += n;
}

static void put_text(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

/* JSON's escapes serve both formats. Control characters are escaped, so nobody can forge a line,
 * and what is not UTF-8 shows as its bytes' Latin-1 characters. */
static void put_escaped(struct line *line, struct view text)
{
    while (text.n > 0 && !line->full) {
        unsigned char c = (unsigned char)text.p[0];
        size_t n = utf8_n(text);
        char escape[8];
        if (c == '"' || c == '\\')
            (void)snprintf(escape, sizeof escape, "\\%c", c);
        else
            (void)snprintf(escape, sizeof escape, "\\u%04x", c);
        if (n == 0 || c < 0x20 || c == 0x7f || c == '"' || c == '\\') {
            n = 1;
            put_text(line, escape);
        } else {
            put(line, text.p, n);
        }
        text = (struct view){text.p + n, text.n - n};
    }
}

/* Whether a text needs no quotes. */
static bool is_bare(struct view text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] <= ' ' || text.p[i] > '~' || strchr("\"\\=", text.p[i]) != NULL)
            return false;
    return text.n > 0;
}

/* The quote is closed whatever was cut. False: it could not even be opened. */
static bool put_quoted(struct line *line, struct view text)
{
    put_text(line, "\"");
    if (line->full)
        return false;
    put_escaped(line, text);
    line->bytes[line->n++] = '"';
    return true;
}

/* A field is there with its value (a text perhaps cut), or not at all. */
static void put_field(struct line *line, bool json, const struct log_field *field)
{
    char digits[32];
    size_t before = line->n;
    bool bare = field->is_number || (!json && is_bare(field->text));
    (void)snprintf(digits, sizeof digits, "%lld", (long long)field->number);
    put_text(line, json ? ",\"" : " ");
    put_text(line, field->key);
    put_text(line, json ? "\":" : "=");
    bool whole = !line->full;
    if (whole && bare) {
        struct view value = field->is_number ? view_of(digits) : field->text;
        put(line, value.p, value.n);
        whole = !line->full;
    } else if (whole) {
        whole = put_quoted(line, field->text);
    }
    if (!whole)
        line->n = before;
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
        (void)put_quoted(line, view_of(message)); /* there is room: it is the line's first text */
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
