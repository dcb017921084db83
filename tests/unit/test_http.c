/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls against a small server whose behaviour is named by the instance ID in the request: what
 * reaches the server is counted there, not asked of the client.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/instant.h"
#include "shell/endpoint.h"
#include "shell/http.h"
#include "wire/ecm_answer.h"

enum { CONNECTIONS_MAX = 64, REQUEST_BYTES_MAX = 64 * 1024, TIMEOUT_MS = 300 };

static struct {
    int listener;
    int port;
    pthread_t acceptor;
    pthread_t served[CONNECTIONS_MAX];
    int sockets[CONNECTIONS_MAX];
    atomic_int connection_n;
    atomic_int reboot_n; /* complete RebootInstances requests that arrived */
    atomic_int read_n;
    char last[REQUEST_BYTES_MAX]; /* read after the call has ended */
} server;

static const char answer_text[] =
    "{\"Response\":{\"TotalCount\":0,\"InstanceSet\":null,\"RequestId\":\"r-1\"}}";

static void send_text(int fd, const char *text)
{
    (void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static void send_answer(int fd, size_t promised)
{
    char head[256];
    (void)snprintf(head, sizeof head,
                   "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Sun, 06 Nov 1994 "
                   "08:49:37 GMT\r\nContent-Length: %zu\r\n\r\n",
                   promised);
    send_text(fd, head);
    send_text(fd, answer_text);
}

static void send_flood(int fd)
{
    char part[4096];
    memset(part, ' ', sizeof part);
    send_text(fd, "HTTP/1.1 200 OK\r\n\r\n");
    while (send(fd, part, sizeof part, MSG_NOSIGNAL) > 0)
        ;
}

/* True: keep the connection. */
static bool act(int fd, const char *request)
{
    (void)atomic_fetch_add(
        strstr(request, "X-TC-Action: RebootInstances\r\n") ? &server.reboot_n : &server.read_n, 1);
    if (strstr(request, "\"do-close\"") != NULL)
        return false;
    if (strstr(request, "\"do-silence\"") != NULL)
        return true;
    if (strstr(request, "\"do-flood\"") != NULL) {
        send_flood(fd);
        return false;
    }
    if (strstr(request, "\"do-half\"") != NULL) {
        send_answer(fd, sizeof answer_text + 100);
        return false;
    }
    if (strstr(request, "\"do-html\"") != NULL)
        send_text(fd, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 7\r\n\r\n<html/>");
    else if (strstr(request, "\"do-redirect\"") != NULL)
        send_text(fd, "HTTP/1.1 307 Temporary Redirect\r\nLocation: /again\r\nContent-Length: "
                      "0\r\n\r\n");
    else if (strstr(request, "\"do-401\"") != NULL)
        send_text(fd, "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n"
                      "Content-Length: 0\r\n\r\n");
    else
        send_answer(fd, sizeof answer_text - 1);
    return true;
}

/* Reads one request into server.last; false at the end of the connection. */
static bool read_request(int fd)
{
    size_t n = 0;
    size_t want = SIZE_MAX;
    while (n < want) {
        ssize_t got = recv(fd, server.last + n, REQUEST_BYTES_MAX - 1 - n, 0);
        if (got <= 0)
            return false;
        n += (size_t)got;
        server.last[n] = '\0';
        const char *body = strstr(server.last, "\r\n\r\n");
        const char *length = strstr(server.last, "Content-Length: ");
        if (body != NULL && length != NULL)
            want = (size_t)(body + 4 - server.last) + strtoul(length + 16, NULL, 10);
    }
    return true;
}

static void *serve(void *context)
{
    int fd = *(int *)context;
    while (read_request(fd) && act(fd, server.last))
        ;
    (void)shutdown(fd, SHUT_RDWR);
    return NULL;
}

static void *accept_all(void *context)
{
    (void)context;
    for (int fd; (fd = accept(server.listener, NULL, NULL)) >= 0;) {
        int i = atomic_fetch_add(&server.connection_n, 1);
        server.sockets[i] = fd;
        (void)pthread_create(&server.served[i], NULL, serve, &server.sockets[i]);
    }
    return NULL;
}

static int start_server(void **state)
{
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof address;
    memset(&server, 0, sizeof server);
    server.listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(server.listener, (struct sockaddr *)&address, n) != 0 ||
        listen(server.listener, 16) != 0 ||
        getsockname(server.listener, (struct sockaddr *)&address, &n) != 0)
        return -1;
    server.port = ntohs(address.sin_port);
    return pthread_create(&server.acceptor, NULL, accept_all, NULL);
}

static int stop_server(void **state)
{
    (void)state;
    (void)shutdown(server.listener, SHUT_RDWR);
    (void)pthread_join(server.acceptor, NULL);
    (void)close(server.listener);
    for (int i = 0; i < atomic_load(&server.connection_n); i++) {
        (void)shutdown(server.sockets[i], SHUT_RDWR);
        (void)pthread_join(server.served[i], NULL);
        (void)close(server.sockets[i]);
    }
    return 0;
}

static struct http *open_client(const char *scheme, int port)
{
    char endpoint[64];
    struct http *http;
    struct fault fault;
    (void)snprintf(endpoint, sizeof endpoint, "%s://127.0.0.1:%d", scheme, port);
    const struct http_options options = {
        .endpoint = endpoint, .service = "ecm", .version = "2019-07-19", .language = "en-US"};
    assert_int_equal(http_open(&options, &http, &fault), ERR_OK);
    return http;
}

static const struct credentials credentials = {.secret_id = {"AKIDTEST", 8},
                                               .secret_key = {"SECRETKEYTEXT", 13}};

static void call_out(struct http *http, enum call_action action, const char *behaviour,
                     struct completion *out)
{
    struct fault fault;
    struct view id = view_of(behaviour);
    const struct call call = {.id = 7,
                              .action = action,
                              .sign_s = 1551113065,
                              .instance_ids = &id,
                              .instance_n = 1,
                              .timeout_ms = TIMEOUT_MS};
    assert_int_equal(http_send(http, &call, &credentials, &fault), ERR_OK);
    assert_int_equal(http_in_flight(http), 1);
    while (!http_next(http, out))
        assert_int_equal(http_poll(http, NULL, 0, 1000, &fault), ERR_OK);
    assert_int_equal(out->call_id, 7);
    assert_int_equal(out->action, action);
    assert_int_equal(http_in_flight(http), 0);
}

static void one_reboot_is_one_post_even_when_the_server_acts_and_closes(void **state)
{
    (void)state;
    struct completion done;
    struct http *http = open_client("http", server.port);
    /* A connection is kept, on which libcurl would send the POST again by itself. */
    call_out(http, CALL_DESCRIBE, "do-answer", &done);
    call_out(http, CALL_DESCRIBE, "do-answer", &done);
    assert_int_equal(done.answer.kind, ANSWER_API);
    assert_int_equal(atomic_load(&server.connection_n), 1);
    call_out(http, CALL_REBOOT, "do-close", &done);
    assert_int_equal(done.answer.kind, ANSWER_LOST);
    assert_true(view_is(done.answer.code, "network.reset"));
    assert_int_equal(atomic_load(&server.reboot_n), 1);
    assert_int_equal(atomic_load(&server.connection_n), 2);
    http_close(http);
}

static void a_reboot_never_leaves_a_connection_to_others(void **state)
{
    (void)state;
    struct completion done;
    struct http *http = open_client("http", server.port);
    for (int i = 0; i < 3; i++) {
        call_out(http, CALL_REBOOT, "do-answer", &done);
        assert_int_equal(done.answer.kind, ANSWER_API);
        assert_int_equal(done.answer.code.n, 0);
        assert_true(view_is(done.answer.api_request_id, "r-1"));
        assert_int_equal(done.answer.date_s, 784111777);
    }
    call_out(http, CALL_DESCRIBE, "do-answer", &done);
    assert_int_equal(atomic_load(&server.reboot_n), 3);
    assert_int_equal(atomic_load(&server.connection_n), 4);
    http_close(http);
}

static void the_request_is_what_was_signed(void **state)
{
    (void)state;
    struct completion done;
    char host[64];
    struct http *http = open_client("http", server.port);
    call_out(http, CALL_REBOOT, "do-answer", &done);
    (void)snprintf(host, sizeof host, "\r\nHost: 127.0.0.1:%d\r\n", server.port);
    assert_memory_equal(server.last, "POST / HTTP/1.1\r\n", 17);
    assert_non_null(strstr(server.last, host));
    assert_non_null(strstr(server.last, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(server.last, "\r\nX-TC-Timestamp: 1551113065\r\n"));
    assert_non_null(strstr(server.last, "\r\nUser-Agent: reboot-worker/"));
    assert_non_null(strstr(server.last, "\r\n\r\n{\"InstanceIdSet\":[\"do-answer\"]}"));
    assert_null(strstr(server.last, "Expect:"));
    assert_null(strstr(server.last, "SECRETKEYTEXT"));
    http_close(http);
}

static void what_comes_back_instead_of_an_answer_is_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *behaviour;
        enum answer_kind kind;
        const char *code;
    } cases[] = {
        {"do-close", ANSWER_LOST, "network.reset"},
        {"do-silence", ANSWER_LOST, "network.timeout"},
        {"do-half", ANSWER_UNREADABLE, "network.truncated"},
        {"do-flood", ANSWER_UNREADABLE, "network.too_large"},
        {"do-html", ANSWER_UNREADABLE, "network.status"},
        {"do-redirect", ANSWER_UNREADABLE, "network.status"},
        {"do-401", ANSWER_UNREADABLE, "network.status"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct completion done;
        struct http *http = open_client("http", server.port);
        call_out(http, CALL_REBOOT, cases[i].behaviour, &done);
        if (done.answer.kind != cases[i].kind || !view_is(done.answer.code, cases[i].code))
            fail_msg("%s: kind %d, %.*s", cases[i].behaviour, (int)done.answer.kind,
                     VIEW_FMT(done.answer.code));
        assert_true(done.answer.message.n > 0);
        assert_int_equal(atomic_load(&server.reboot_n), i + 1);
        http_close(http);
    }
}

static void what_never_arrived_is_not_sent(void **state)
{
    (void)state;
    struct completion done;
    /* A port that nobody listens on: bound, then closed. */
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof address;
    assert_int_equal(bind(fd, (struct sockaddr *)&address, n), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &n), 0);
    struct http *http = open_client("http", ntohs(address.sin_port));
    call_out(http, CALL_REBOOT, "do-answer", &done);
    assert_int_equal(done.answer.kind, ANSWER_NOT_SENT);
    assert_true(view_is(done.answer.code, "network.connect"));
    assert_true(done.answer.date_s == TIME_NONE);
    http_close(http);
    (void)close(fd);

    /* TLS towards a server that has none: the hello times out or fails, the request stays here. */
    http = open_client("https", server.port);
    call_out(http, CALL_REBOOT, "do-answer", &done);
    assert_int_equal(done.answer.kind, ANSWER_NOT_SENT);
    assert_int_equal(atomic_load(&server.reboot_n), 0);
    http_close(http);
}

static void credentials_that_cannot_sign_send_nothing(void **state)
{
    (void)state;
    struct fault fault;
    struct completion done;
    struct view id = VIEW_LIT("do-answer");
    const struct call call = {
        .action = CALL_REBOOT, .instance_ids = &id, .instance_n = 1, .timeout_ms = TIMEOUT_MS};
    const struct credentials none = {.secret_id = VIEW_NONE};
    struct http *http = open_client("http", server.port);
    assert_int_equal(http_send(http, &call, &none, &fault), ERR_DENIED);
    assert_false(http_next(http, &done));
    assert_int_equal(http_in_flight(http), 0);
    http_close(http);
    assert_int_equal(atomic_load(&server.connection_n), 0);
}

static void a_full_client_refuses_and_recovers(void **state)
{
    (void)state;
    struct fault fault;
    struct completion done;
    struct view id = VIEW_LIT("do-answer");
    const struct call call = {
        .action = CALL_REBOOT, .instance_ids = &id, .instance_n = 1, .timeout_ms = TIMEOUT_MS};
    struct http *http = open_client("http", server.port);
    for (int i = 0; i < HTTP_CALLS_MAX; i++)
        assert_int_equal(http_send(http, &call, &credentials, &fault), ERR_OK);
    assert_int_equal(http_send(http, &call, &credentials, &fault), ERR_LIMIT);
    http_close(http);
    http = open_client("http", server.port);
    call_out(http, CALL_DESCRIBE, "do-answer", &done);
    assert_int_equal(done.answer.kind, ANSWER_API);
    http_close(http);
}

static void the_wait_ends_for_descriptors_of_others(void **state)
{
    (void)state;
    struct fault fault;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    struct http *http = open_client("http", server.port);
    struct pollfd extra[] = {{.fd = ends[0], .events = POLLIN}};
    assert_int_equal(http_poll(http, extra, 1, 60000, &fault), ERR_OK);
    assert_int_equal(extra[0].revents, POLLIN);
    http_close(http);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void endpoints_are_https_or_loopback(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *host;
    } good[] = {
        {"https://ecm.intl.tencentcloudapi.com", "ecm.intl.tencentcloudapi.com"},
        {"https://ecm.tencentcloudapi.com/", "ecm.tencentcloudapi.com"},
        {"https://ecm.example:8443", "ecm.example:8443"},
        {"https://ecm.example:443", "ecm.example"},
        {"http://127.0.0.1:8080", "127.0.0.1:8080"},
        {"http://localhost", "localhost"},
        {"http://ecm.localhost:9", "ecm.localhost:9"},
        {"http://[::1]:8080", "[::1]:8080"},
    };
    static const char *const bad[] = {
        "",
        "ecm.tencentcloudapi.com",
        "http://ecm.tencentcloudapi.com",
        "http://10.0.0.1",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "ftp://127.0.0.1",
        "https://user@ecm.example",
        "https://ecm.example/path",
        "https://ecm.example/?a=b",
        "https://ecm.example/#x",
        "file:///",
        "http://0.0.0.0",
    };
    struct endpoint endpoint;
    struct fault fault;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (endpoint_parse(good[i].text, &endpoint, &fault) != ERR_OK)
            fail_msg("%s: %s", good[i].text, fault.text);
        assert_string_equal(endpoint.host, good[i].host);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (endpoint_parse(bad[i], &endpoint, &fault) != ERR_CONFIG)
            fail_msg("taken: %s", bad[i]);
}

int main(void)
{
#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start_server, stop_server)
    const struct CMUnitTest tests[] = {
        WITH_SERVER(one_reboot_is_one_post_even_when_the_server_acts_and_closes),
        WITH_SERVER(a_reboot_never_leaves_a_connection_to_others),
        WITH_SERVER(the_request_is_what_was_signed),
        WITH_SERVER(what_comes_back_instead_of_an_answer_is_told_apart),
        WITH_SERVER(what_never_arrived_is_not_sent),
        WITH_SERVER(credentials_that_cannot_sign_send_nothing),
        WITH_SERVER(a_full_client_refuses_and_recovers),
        WITH_SERVER(the_wait_ends_for_descriptors_of_others),
        cmocka_unit_test(endpoints_are_https_or_loopback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
