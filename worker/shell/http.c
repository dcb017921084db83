/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "shell/endpoint.h"
#include "wire/ecm_answer.h"
#include "wire/ecm_request.h"

enum {
    IDLE_CONNECTION_S_MAX = 30, /* the gateway closes after about 60 */
    SETTING_TEXT_MAX = 64,
};

/* A call in the air; kept and used again afterwards. */
struct exchange {
    struct exchange *next;      /* in free or in ended */
    struct exchange *next_live; /* all there are */
    struct http *http;
    CURL *easy;
    struct curl_slist *headers;
    struct ecm_request request;
    struct buf body; /* of the answer */
    uint64_t call_id;
    enum call_action action;
    uint32_t start_n; /* how often libcurl began to send the request */
    bool too_large;
    CURLcode result;
    char text[CURL_ERROR_SIZE];
};

struct http {
    CURLM *multi;
    struct endpoint endpoint;
    char service[SETTING_TEXT_MAX];
    char version[SETTING_TEXT_MAX];
    char language[SETTING_TEXT_MAX];
    char *ca_file; /* NULL: the system's */
    bool send_region;
    int64_t connect_timeout_ms;
    struct exchange *all;
    struct exchange *free;
    struct exchange *ended_first;
    struct exchange *ended_last;
    struct exchange *shown; /* its answer is with the caller */
    struct ecm_reading reading;
    uint32_t exchange_n;
    uint32_t in_flight_n;
};

/* The connection stands, TLS included, and nothing of the request has been written yet. */
// NOLINTNEXTLINE(readability-non-const-parameter): the parameters are libcurl's
static int on_start(void *context, char *peer, char *local, int peer_port, int local_port)
{
    struct exchange *exchange = context;
    (void)peer, (void)local, (void)peer_port, (void)local_port;
    exchange->start_n++;
    bool again = exchange->start_n > 1 && exchange->action == CALL_REBOOT;
    return again ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *context)
{
    struct exchange *exchange = context;
    if (buf_append(&exchange->body, bytes, size * n) == ERR_OK)
        return size * n;
    exchange->too_large = true;
    return 0;
}

static enum err copy_setting(const char *name, const char *from, char to[SETTING_TEXT_MAX],
                             struct fault *fault)
{
    size_t n = from != NULL ? strlen(from) : 0;
    if (n >= SETTING_TEXT_MAX)
        return fault_set(fault, ERR_CONFIG, "%s: longer than %d bytes", name, SETTING_TEXT_MAX - 1);
    if (n > 0)
        memcpy(to, from, n);
    to[n] = '\0';
    return ERR_OK;
}

static enum err take_options(struct http *http, const struct http_options *options,
                             struct fault *fault)
{
    enum err err = endpoint_parse(options->endpoint, &http->endpoint, fault);
    if (err == ERR_OK)
        err = copy_setting("api.service", options->service, http->service, fault);
    if (err == ERR_OK)
        err = copy_setting("api.version", options->version, http->version, fault);
    if (err == ERR_OK)
        err = copy_setting("api.language", options->language, http->language, fault);
    http->send_region = options->send_region;
    http->connect_timeout_ms = options->connect_timeout_ms;
    const char *ca_file = getenv("SSL_CERT_FILE");
    if (err == ERR_OK && ca_file != NULL && ca_file[0] != '\0') {
        http->ca_file = strdup(ca_file);
        err = http->ca_file != NULL ? ERR_OK : fault_set(fault, ERR_SYSTEM, "http: no memory");
    }
    return err;
}

enum err http_open(const struct http_options *options, struct http **http_out, struct fault *fault)
{
    struct http *http = calloc(1, sizeof *http);
    if (http == NULL)
        return fault_set(fault, ERR_SYSTEM, "http: no memory");
    ecm_reading_init(&http->reading);
    enum err err = take_options(http, options, fault);
    if (err == ERR_OK && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
        http->multi = curl_multi_init();
    if (err == ERR_OK && http->multi == NULL)
        err = fault_set(fault, ERR_SYSTEM, "http: libcurl does not start");
    if (err != ERR_OK) {
        http_close(http);
        return err;
    }
    *http_out = http;
    return ERR_OK;
}

/* The list holds the signature and perhaps a session token. */
static void wipe_headers(struct exchange *exchange)
{
    for (struct curl_slist *line = exchange->headers; line != NULL; line = line->next)
        explicit_bzero(line->data, strlen(line->data));
    curl_slist_free_all(exchange->headers);
    exchange->headers = NULL;
}

static void exchange_close(struct exchange *exchange)
{
    curl_easy_cleanup(exchange->easy);
    wipe_headers(exchange);
    ecm_request_release(&exchange->request);
    buf_release(&exchange->body);
    free(exchange);
}

void http_close(struct http *http)
{
    if (http == NULL)
        return;
    for (struct exchange *exchange = http->all; exchange != NULL;) {
        struct exchange *next = exchange->next_live;
        if (http->multi != NULL)
            (void)curl_multi_remove_handle(http->multi, exchange->easy);
        exchange_close(exchange);
        exchange = next;
    }
    if (http->multi != NULL)
        (void)curl_multi_cleanup(http->multi);
    ecm_reading_release(&http->reading);
    free(http->ca_file);
    free(http);
}

static struct exchange *exchange_open(struct http *http)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    CURL *easy = curl_easy_init();
    if (exchange == NULL || easy == NULL) {
        curl_easy_cleanup(easy);
        free(exchange);
        return NULL;
    }
    exchange->easy = easy;
    exchange->http = http;
    exchange->next_live = http->all;
    http->all = exchange;
    http->exchange_n++;
    ecm_request_init(&exchange->request);
    buf_init(&exchange->body, ECM_ANSWER_BYTES_MAX);
    return exchange;
}

static struct exchange *take_exchange(struct http *http)
{
    struct exchange *exchange = http->free;
    if (exchange == NULL)
        return http->exchange_n < HTTP_CALLS_MAX ? exchange_open(http) : NULL;
    http->free = exchange->next;
    return exchange;
}

static void give_exchange(struct http *http, struct exchange *exchange)
{
    wipe_headers(exchange);
    ecm_request_release(&exchange->request);
    buf_release(&exchange->body);
    exchange->next = http->free;
    http->free = exchange;
}

/* The lines of the request and one that keeps libcurl from asking first and then waiting. */
static enum err make_headers(struct exchange *exchange)
{
    const struct buf *lines = &exchange->request.headers;
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    for (size_t at = 0; list != NULL && at < lines->n; at += strlen(lines->p + at) + 1) {
        exchange->headers = list;
        list = curl_slist_append(list, lines->p + at);
    }
    if (list == NULL)
        return ERR_LIMIT;
    exchange->headers = list;
    return ERR_OK;
}

/* The first option that libcurl refuses ends the chain. */
static CURLcode set_transport(const struct http *http, CURL *easy, CURLcode rc)
{
    const char *scheme = http->endpoint.tls ? "https" : "http";
    const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_QUICK_EXIT, 1},
        {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
        {CURLOPT_FOLLOWLOCATION, 0},
        {CURLOPT_SSL_VERIFYPEER, 1},
        {CURLOPT_SSL_VERIFYHOST, 2},
        {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
        {CURLOPT_MAXAGE_CONN, IDLE_CONNECTION_S_MAX},
        {CURLOPT_TCP_NODELAY, 1},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && rc == CURLE_OK; i++)
        rc = curl_easy_setopt(easy, numbers[i].option, numbers[i].value);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, scheme);
    if (rc == CURLE_OK && !http->endpoint.tls)
        rc = curl_easy_setopt(easy, CURLOPT_PROXY, "");
    if (rc == CURLE_OK && http->ca_file != NULL)
        rc = curl_easy_setopt(easy, CURLOPT_CAINFO, http->ca_file);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_USERAGENT, "reboot-worker/" REBOOT_WORKER_VERSION);
    return rc;
}

static CURLcode set_callbacks(struct exchange *exchange, CURLcode rc)
{
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(exchange->easy, CURLOPT_PRIVATE, exchange);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(exchange->easy, CURLOPT_PREREQFUNCTION, on_start);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(exchange->easy, CURLOPT_PREREQDATA, exchange);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(exchange->easy, CURLOPT_WRITEFUNCTION, on_body);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(exchange->easy, CURLOPT_WRITEDATA, exchange);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(exchange->easy, CURLOPT_ERRORBUFFER, exchange->text);
    return rc;
}

static CURLcode set_call(struct exchange *exchange, const struct call *call, CURLcode rc)
{
    const struct http *http = exchange->http;
    CURL *easy = exchange->easy;
    int64_t connect_ms = http->connect_timeout_ms;
    if (connect_ms <= 0 || connect_ms > call->timeout_ms)
        connect_ms = call->timeout_ms;
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_URL, http->endpoint.url);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_POST, 1L);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_POSTFIELDS, exchange->request.body.p);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)exchange->request.body.n);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange->headers);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)call->timeout_ms);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
    if (rc == CURLE_OK && call->action == CALL_REBOOT)
        rc = curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    if (rc == CURLE_OK && call->action == CALL_REBOOT)
        rc = curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    return rc;
}

static enum err start(struct exchange *exchange, const struct call *call,
                      const struct credentials *credentials, struct fault *fault)
{
    struct http *http = exchange->http;
    const struct ecm_options options = {
        .host = view_of(http->endpoint.host),
        .service = view_of(http->service),
        .version = view_of(http->version),
        .language = view_of(http->language),
        .send_region = http->send_region,
    };
    enum err err = ecm_request_write(&options, call, credentials, &exchange->request, fault);
    if (err != ERR_OK)
        return err;
    if (make_headers(exchange) != ERR_OK)
        return fault_set(fault, ERR_LIMIT, "http: no memory");
    curl_easy_reset(exchange->easy);
    CURLcode rc = set_transport(http, exchange->easy, CURLE_OK);
    rc = set_callbacks(exchange, rc);
    rc = set_call(exchange, call, rc);
    if (rc != CURLE_OK)
        return fault_set(fault, ERR_SYSTEM, "http: libcurl refuses an option: %s",
                         curl_easy_strerror(rc));
    if (curl_multi_add_handle(http->multi, exchange->easy) != CURLM_OK)
        return fault_set(fault, ERR_SYSTEM, "http: libcurl refuses the call");
    return ERR_OK;
}

enum err http_send(struct http *http, const struct call *call,
                   const struct credentials *credentials, struct fault *fault)
{
    PRE(call->timeout_ms > 0);
    struct exchange *exchange = take_exchange(http);
    if (exchange == NULL)
        return fault_set(fault, ERR_LIMIT, "http: %u calls are in the air", http->in_flight_n);
    exchange->call_id = call->id;
    exchange->action = call->action;
    exchange->start_n = 0;
    exchange->too_large = false;
    exchange->text[0] = '\0';
    enum err err = start(exchange, call, credentials, fault);
    if (err != ERR_OK) {
        give_exchange(http, exchange);
        return err;
    }
    http->in_flight_n++;
    return ERR_OK;
}

static void collect_ended(struct http *http)
{
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(http->multi, &left)) != NULL;) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURL *easy = message->easy_handle;
        CURLcode result = message->data.result;
        char *context = NULL;
        (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &context);
        struct exchange *exchange = (struct exchange *)(void *)context;
        exchange->result = result;
        (void)curl_multi_remove_handle(http->multi, easy);
        exchange->next = NULL;
        if (http->ended_first == NULL)
            http->ended_first = exchange;
        else
            http->ended_last->next = exchange;
        http->ended_last = exchange;
    }
}

enum err http_poll(struct http *http, struct pollfd *extra, uint32_t extra_n, int timeout_ms,
                   struct fault *fault)
{
    PRE(extra_n <= HTTP_EXTRA_FDS_MAX);
    struct curl_waitfd fds[HTTP_EXTRA_FDS_MAX];
    int running;
    int ready;
    for (uint32_t i = 0; i < extra_n; i++)
        fds[i] = (struct curl_waitfd){
            .fd = extra[i].fd,
            .events = (short)((extra[i].events & POLLIN ? CURL_WAIT_POLLIN : 0) |
                              (extra[i].events & POLLOUT ? CURL_WAIT_POLLOUT : 0)),
        };
    CURLMcode rc = curl_multi_poll(http->multi, fds, extra_n, timeout_ms, &ready);
    if (rc == CURLM_OK)
        rc = curl_multi_perform(http->multi, &running);
    if (rc != CURLM_OK)
        return fault_set(fault, ERR_SYSTEM, "http: waiting fails: %s", curl_multi_strerror(rc));
    for (uint32_t i = 0; i < extra_n; i++)
        extra[i].revents = (short)((fds[i].revents & CURL_WAIT_POLLIN ? POLLIN : 0) |
                                   (fds[i].revents & CURL_WAIT_POLLOUT ? POLLOUT : 0));
    collect_ended(http);
    return ERR_OK;
}

/* Of a call that libcurl could not bring to an end. libcurl's own text names hosts and limits, no
 * header and no body. */
static void explain_failure(const struct exchange *exchange, long status, struct answer *out)
{
    CURLcode rc = exchange->result;
    struct view text = view_of(exchange->text[0] != '\0' ? exchange->text : curl_easy_strerror(rc));
    enum network_code code = NETWORK_RESET;
    if (exchange->start_n == 0) {
        code = NETWORK_NOT_SENT;
        if (rc == CURLE_COULDNT_RESOLVE_HOST || rc == CURLE_COULDNT_RESOLVE_PROXY)
            code = NETWORK_DNS;
        else if (rc == CURLE_COULDNT_CONNECT || rc == CURLE_OPERATION_TIMEDOUT)
            code = NETWORK_CONNECT;
        else if (rc == CURLE_SSL_CONNECT_ERROR || rc == CURLE_PEER_FAILED_VERIFICATION ||
                 rc == CURLE_SSL_CACERT_BADFILE)
            code = NETWORK_TLS;
    } else if (exchange->too_large) {
        code = NETWORK_TOO_LARGE;
        text = VIEW_LIT("the answer is over the limit of bytes");
    } else if (rc == CURLE_OPERATION_TIMEDOUT) {
        code = NETWORK_TIMEOUT;
    } else if (status != 0) {
        code = NETWORK_TRUNCATED;
    }
    ecm_answer_missing(code, text, out);
}

static struct view date_of(CURL *easy)
{
    struct curl_header *header;
    if (curl_easy_header(easy, "Date", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return VIEW_NONE;
    return view_of(header->value);
}

bool http_next(struct http *http, struct completion *out)
{
    if (http->shown != NULL)
        give_exchange(http, http->shown);
    http->shown = NULL;
    struct exchange *exchange = http->ended_first;
    if (exchange == NULL)
        return false;
    http->ended_first = exchange->next;
    http->shown = exchange;
    http->in_flight_n--;

    curl_off_t total_us = 0;
    *out = (struct completion){.call_id = exchange->call_id, .action = exchange->action};
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &out->http_status);
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_TOTAL_TIME_T, &total_us);
    out->latency_ms = total_us / 1000;
    if (exchange->result == CURLE_OK) {
        const struct ecm_reply reply = {
            .status = out->http_status,
            .body = buf_view(&exchange->body),
            .date = date_of(exchange->easy),
        };
        ecm_answer_read(exchange->action, &reply, &http->reading, &out->answer);
    } else {
        explain_failure(exchange, out->http_status, &out->answer);
    }
    return true;
}

uint32_t http_in_flight(const struct http *http)
{
    return http->in_flight_n;
}
