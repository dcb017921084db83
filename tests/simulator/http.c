/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP/1.1 through libmicrohttpd, driven from our own loop: one thread, so nothing needs a lock.
 * Never judges a request.
 */
#include "http.h"

#include "clock.h"

#include "base/check.h"

#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* The vendor's gateway keeps idle connections about so long. */
#define IDLE_SECONDS 60u

struct exchange {
    struct http *http;
    struct MHD_Connection *connection;
    char *query;
    struct buf body;
    bool too_large;
    enum { EXCHANGE_NEW, EXCHANGE_READING, EXCHANGE_ANSWERED } phase;
    struct answer answer;
};

const char *request_header(const struct request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

/* Called with the raw target before anything is decoded: a signature covers the raw query. */
static void *exchange_open(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    CHECK(exchange != NULL);
    const char *query = strchr(uri, '?');
    exchange->http = cls;
    exchange->connection = connection;
    exchange->query = strdup(query ? query + 1 : "");
    CHECK(exchange->query != NULL);
    exchange->answer.call = SIZE_MAX;
    buf_init(&exchange->body, REQUEST_BYTES_MAX);
    buf_init(&exchange->answer.body, ANSWER_BYTES_MAX);
    return exchange;
}

static void exchange_close(void *cls, struct MHD_Connection *connection, void **state,
                           enum MHD_RequestTerminationCode how)
{
    struct http *http = cls;
    struct exchange *exchange = *state;
    (void)connection;
    if (!exchange)
        return;
    if (exchange->answer.call != SIZE_MAX)
        http->sent(http->owner, exchange->answer.call,
                   exchange->answer.wire == WIRE_WHOLE &&
                       how == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    free(exchange->query);
    buf_release(&exchange->body);
    buf_release(&exchange->answer.body);
    free(exchange);
    *state = NULL;
}

/* Half of the body, then the connection ends. */
static ssize_t read_half(void *cls, uint64_t pos, char *to, size_t max)
{
    const struct buf *body = cls;
    size_t half = body->n / 2;
    if (pos >= half)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t n = half - (size_t)pos < max ? half - (size_t)pos : max;
    memcpy(to, body->p + pos, n);
    return (ssize_t)n;
}

/* libmicrohttpd ends a connection with a FIN; a disconnected socket sends a RST at once instead. */
static enum MHD_Result close_connection(struct MHD_Connection *connection, bool reset)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    if (reset && info)
        (void)connect(info->connect_fd, &nobody, sizeof nobody);
    return MHD_NO;
}

static void add_date(struct MHD_Response *response, int64_t offset_ms)
{
    char text[64];
    struct tm tm;
    time_t now = (time_t)((clock_wall_ms() + offset_ms) / 1000);
    gmtime_r(&now, &tm);
    (void)strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_DATE, text);
}

static enum MHD_Result send_answer(struct exchange *exchange)
{
    struct answer *answer = &exchange->answer;
    if (answer->wire == WIRE_CLOSE || answer->wire == WIRE_RESET)
        return close_connection(exchange->connection, answer->wire == WIRE_RESET);
    struct MHD_Response *response =
        answer->wire == WIRE_TRUNCATED
            ? MHD_create_response_from_callback(answer->body.n, 4096, read_half, &answer->body,
                                                NULL)
            : MHD_create_response_from_buffer(answer->body.n, answer->body.p,
                                              MHD_RESPMEM_PERSISTENT);
    CHECK(response != NULL);
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
    add_date(response, exchange->http->clock_offset_ms);
    enum MHD_Result queued = MHD_queue_response(exchange->connection, answer->status, response);
    MHD_destroy_response(response);
    return queued;
}

static void resume(const struct timer *timer)
{
    struct exchange *exchange = timer->owner;
    MHD_resume_connection(exchange->connection);
}

static void answer_request(struct exchange *exchange, const char *method, const char *path)
{
    struct http *http = exchange->http;
    struct request request = {.method = method,
                              .path = path,
                              .query = exchange->query,
                              .body = buf_view(&exchange->body),
                              .too_large = exchange->too_large,
                              .arrived_ms = clock_wall_ms(),
                              .connection = exchange->connection};
    exchange->phase = EXCHANGE_ANSWERED;
    http->handle(http->owner, &request, &exchange->answer);
    if (exchange->answer.delay_ms <= 0)
        return;
    MHD_suspend_connection(exchange->connection);
    timers_add(http->timers, &(struct timer){.due_ms = clock_mono_ms() + exchange->answer.delay_ms,
                                             .fn = resume,
                                             .owner = exchange});
}

/* style: libmicrohttpd decides the parameters */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_n, void **state)
{
    struct exchange *exchange = *state;
    (void)cls;
    (void)connection;
    (void)version;
    if (exchange->phase == EXCHANGE_NEW) {
        exchange->phase = EXCHANGE_READING;
        return MHD_YES;
    }
    if (*upload_n > 0) {
        if (buf_append(&exchange->body, upload, *upload_n) != ERR_OK)
            exchange->too_large = true;
        *upload_n = 0;
        return MHD_YES;
    }
    if (exchange->phase == EXCHANGE_READING) {
        answer_request(exchange, method, path);
        if (exchange->answer.delay_ms > 0)
            return MHD_YES;
    }
    return send_answer(exchange);
}

enum err http_open(struct http *http, const char *host, const char *port, struct fault *fault_out)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICSERV | AI_PASSIVE,
                             .ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int failed = getaddrinfo(host, port, &hints, &found);
    if (failed)
        return fault_set(fault_out, ERR_UNAVAILABLE, "%s: %s", host, gai_strerror(failed));
    const bool tls = http->tls_cert != NULL;
    struct MHD_OptionItem tls_options[] = {
        {tls ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0, (void *)(uintptr_t)http->tls_cert},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)http->tls_key},
        {MHD_OPTION_END, 0, NULL}};
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_SUPPRESS_DATE_NO_CLOCK |
                     (found->ai_family == AF_INET6 ? MHD_USE_IPv6 : 0u) | (tls ? MHD_USE_TLS : 0u);
    http->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, http, MHD_OPTION_SOCK_ADDR, found->ai_addr,
        MHD_OPTION_URI_LOG_CALLBACK, exchange_open, http, MHD_OPTION_NOTIFY_COMPLETED,
        exchange_close, http, MHD_OPTION_CONNECTION_LIMIT, 8192u, MHD_OPTION_LISTEN_BACKLOG_SIZE,
        1024u, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)(128u << 10), MHD_OPTION_ARRAY, tls_options, MHD_OPTION_END);
    freeaddrinfo(found);
    if (!http->daemon)
        return fault_set(fault_out, ERR_UNAVAILABLE, "cannot listen on %s:%s%s", host, port,
                         tls ? " with this certificate and key" : "");
    return ERR_OK;
}

unsigned http_port(const struct http *http)
{
    return MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

int http_fd(const struct http *http)
{
    return MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

int64_t http_wait_ms(const struct http *http)
{
    MHD_UNSIGNED_LONG_LONG ms;
    return MHD_get_timeout(http->daemon, &ms) == MHD_YES ? (int64_t)ms : -1;
}

void http_run(struct http *http)
{
    (void)MHD_run(http->daemon);
}

void http_close(struct http *http)
{
    if (http->daemon)
        MHD_stop_daemon(http->daemon);
    http->daemon = NULL;
}
