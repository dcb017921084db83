/* SPDX-License-Identifier: Apache-2.0
 *
 * Promises of shell/admin.h, seen by clients that speak HTTP over plain sockets: good ones, rude
 * ones, and many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shell/admin.h"

enum { ANSWER_BYTES_MAX = 2 * 1024 * 1024, WAIT_S = 20, ANOTHER_ADDRESS = 2 };

/* ---- the server ---- */

static struct {
    struct admin *admin;
    pthread_t thread;
    atomic_bool stop;
    atomic_int rendered_n;
} server;

static unsigned render_text(void *context, struct buf *out)
{
    (void)atomic_fetch_add(&server.rendered_n, 1);
    return buf_append_text(out, context) == ERR_OK ? 200 : 500;
}

static unsigned render_away(void *context, struct buf *out)
{
    (void)context;
    return buf_append_text(out, "[]\n") == ERR_OK ? 503 : 500;
}

static unsigned render_half(void *context, struct buf *out)
{
    (void)context;
    return buf_append_text(out, "half of a page") == ERR_OK ? 500 : 0;
}

static unsigned render_large(void *context, struct buf *out)
{
    char block[1024];
    (void)context;
    memset(block, 'x', sizeof block);
    for (int i = 0; i < ADMIN_PAGE_BYTES_MAX / (int)sizeof block; i++)
        if (buf_append(out, block, sizeof block) != ERR_OK)
            return 500;
    return 200;
}

static unsigned render_too_large(void *context, struct buf *out)
{
    unsigned status = render_large(context, out);
    return buf_append_text(out, "x") == ERR_OK ? status : 500;
}

static const struct admin_page pages[] = {
    {"/text", "text/plain; charset=utf-8", render_text},
    {"/away", "application/json", render_away},
    {"/half", "text/plain", render_half},
    {"/large", "text/plain", render_large},
    {"/too-large", "text/plain", render_too_large},
};

static void *loop(void *context)
{
    (void)context;
    while (!atomic_load(&server.stop)) {
        int ms = admin_timeout_ms(server.admin);
        struct pollfd fd = {.fd = admin_fd(server.admin), .events = POLLIN};
        (void)poll(&fd, 1, ms < 0 || ms > 20 ? 20 : ms);
        admin_step(server.admin);
    }
    return NULL;
}

static enum err open_at(const char *listen, struct fault *fault)
{
    static char text[] = "hello\n";
    return admin_open(&(struct admin_options){.listen = listen,
                                              .pages = pages,
                                              .page_n = sizeof pages / sizeof pages[0],
                                              .context = text},
                      &server.admin, fault);
}

static int start(void **state)
{
    struct fault fault;
    (void)state;
    atomic_store(&server.stop, false);
    atomic_store(&server.rendered_n, 0);
    if (open_at("127.0.0.1:0", &fault) != ERR_OK)
        return -1;
    return pthread_create(&server.thread, NULL, loop, NULL);
}

static int stop(void **state)
{
    (void)state;
    atomic_store(&server.stop, true);
    (void)pthread_join(server.thread, NULL);
    admin_close(server.admin);
    return 0;
}

/* ---- clients ---- */

static char answer[ANSWER_BYTES_MAX];

/* From 127.0.0.HOST. */
static int connect_from(int host)
{
    const struct timeval wait = {.tv_sec = WAIT_S};
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + (uint32_t)host)};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(admin_port(server.admin)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void send_text(int fd, const char *text)
{
    size_t n = strlen(text);
    while (n > 0) {
        ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return; /* the server has had enough: what it answered is there to be read */
        text += sent;
        n -= (size_t)sent;
    }
}

/* Everything until the server closes; its length. */
static size_t read_all(int fd)
{
    size_t n = 0;
    ssize_t got;
    while (n < sizeof answer - 1 && (got = recv(fd, answer + n, sizeof answer - 1 - n, 0)) > 0)
        n += (size_t)got;
    answer[n] = '\0';
    return n;
}

/* 0: there is none. */
static int status_of_answer(void)
{
    const char *blank = strncmp(answer, "HTTP/1.", 7) == 0 ? strchr(answer, ' ') : NULL;
    return blank == NULL ? 0 : (int)strtol(blank, NULL, 10);
}

/* Sends a text on a connection of its own, and says the status of the answer. */
static int ask_from(int host, const char *text)
{
    int fd = connect_from(host);
    send_text(fd, text);
    (void)read_all(fd);
    (void)close(fd);
    return status_of_answer();
}

static int get(const char *method, const char *path)
{
    char text[512];
    (void)snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                   method, path);
    return ask_from(1, text);
}

static const char *body(void)
{
    const char *end = strstr(answer, "\r\n\r\n");
    return end == NULL ? "" : end + 4;
}

static int open_fds(void)
{
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    while (readdir(dir) != NULL)
        n++;
    (void)closedir(dir);
    return n;
}

static void wait_for_fds(int at_most, int seconds)
{
    for (int tries = 0; tries < 100 * seconds && open_fds() > at_most; tries++)
        (void)poll(NULL, 0, 10);
    assert_true(open_fds() <= at_most);
}

/* ---- good ones ---- */

static void pages_are_served_with_their_type_and_status(void **state)
{
    (void)state;
    assert_int_equal(get("GET", "/text"), 200);
    assert_string_equal(body(), "hello\n");
    assert_non_null(strstr(answer, "\r\nContent-Type: text/plain; charset=utf-8\r\n"));
    assert_non_null(strstr(answer, "\r\nContent-Length: 6\r\n"));
    assert_non_null(strstr(answer, "\r\nCache-Control: no-store\r\n"));
    assert_int_equal(get("GET", "/text?now=1&x"), 200);
    assert_int_equal(get("GET", "/away"), 503);
    assert_string_equal(body(), "[]\n");
    assert_int_equal(get("GET", "/"), 404);
    assert_int_equal(get("GET", "/text/"), 404);
    assert_int_equal(get("GET", "//text"), 404);
    assert_int_equal(get("GET", "/../text"), 404);
}

static void head_is_get_without_the_body(void **state)
{
    (void)state;
    assert_int_equal(get("HEAD", "/text"), 200);
    assert_non_null(strstr(answer, "\r\nContent-Length: 6\r\n"));
    assert_string_equal(body(), "");
}

static void nothing_but_reading_is_allowed(void **state)
{
    (void)state;
    static const char *const methods[] = {"POST",  "PUT",     "DELETE", "PATCH",
                                          "TRACE", "OPTIONS", "BREW"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        assert_int_equal(get(methods[i], "/text"), 405);
        assert_non_null(strstr(answer, "\r\nAllow: GET, HEAD\r\n"));
    }
    assert_int_equal(ask_from(1, "POST /text HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
                                 "Connection: close\r\n\r\nhello"),
                     405);
    assert_int_equal(atomic_load(&server.rendered_n), 0);
}

static void a_page_that_fails_shows_nothing_of_itself(void **state)
{
    (void)state;
    assert_int_equal(get("GET", "/half"), 500);
    assert_null(strstr(body(), "half of"));
    assert_int_equal(get("GET", "/too-large"), 500);
    assert_null(strstr(body(), "xxx"));
}

static void a_connection_is_kept_for_the_next_request(void **state)
{
    (void)state;
    int fd = connect_from(1);
    send_text(fd, "GET /text HTTP/1.1\r\nHost: x\r\n\r\nGET /away HTTP/1.1\r\nHost: x\r\n\r\n"
                  "GET /text HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    (void)read_all(fd);
    (void)close(fd);
    const char *second = strstr(body(), "HTTP/1.1 503");
    assert_non_null(second);
    assert_non_null(strstr(second, "HTTP/1.1 200"));
    assert_int_equal(atomic_load(&server.rendered_n), 2);
}

static void a_large_page_arrives_whole(void **state)
{
    (void)state;
    assert_int_equal(get("GET", "/large"), 200);
    assert_int_equal(strspn(body(), "x"), ADMIN_PAGE_BYTES_MAX);
}

/* ---- rude ones ---- */

static void what_is_not_http_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {

        "hello\r\n\r\n",
        "GET\r\n\r\n",
        "GET /text\r\n\r\n",
        "GET /text HTTP/9.9\r\nHost: x\r\n\r\n",
        "GET /text HTTP/1.1\r\nHost x\r\n\r\n",
        "GET /text HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        "GET /text HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "\x16\x03\x01\x02\x01\x01\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int fd = connect_from(1);
        send_text(fd, bad[i]);
        (void)read_all(fd);
        (void)close(fd);
        int status = status_of_answer();
        if (status != 0 && (status < 400 || status > 505)) /* closing is an answer too */
            fail_msg("%s: %s", bad[i], answer);
    }
    assert_int_equal(atomic_load(&server.rendered_n), 0);
    assert_int_equal(get("GET", "/text"), 200);
}

static void a_request_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    enum { FAR = 4 * ADMIN_REQUEST_BYTES_MAX };
    char *text = malloc(FAR + 64);
    assert_non_null(text);
    for (int in_header = 0; in_header < 2; in_header++) {
        int n = snprintf(text, 64, in_header ? "GET /text HTTP/1.1\r\nHost: x\r\nX: " : "GET /");
        memset(text + n, 'a', FAR);
        (void)snprintf(text + n + FAR, 32, in_header ? "\r\n\r\n" : " HTTP/1.1\r\nHost: x\r\n\r\n");
        int status = ask_from(1, text);
        assert_true(status == 0 || (status >= 400 && status < 500)); /* or closed on us */
    }
    free(text);
    assert_int_equal(atomic_load(&server.rendered_n), 0);
    assert_int_equal(get("GET", "/text"), 200);
}

/* ---- many ---- */

static void hanging_clients_keep_nobody_else_out(void **state)
{
    (void)state;
    int fds[ADMIN_CONNECTIONS_PER_ADDRESS_MAX];
    for (int i = 0; i < ADMIN_CONNECTIONS_PER_ADDRESS_MAX; i++) {
        fds[i] = connect_from(1);
        send_text(fds[i], i % 2 == 0 ? "GET /text HTTP/1.1\r\nHo" : "");
    }
    /* That address has had its share; another has its own. */
    assert_int_equal(ask_from(1, "GET /text HTTP/1.0\r\n\r\n"), 0);
    assert_int_equal(ask_from(ANOTHER_ADDRESS, "GET /text HTTP/1.0\r\n\r\n"), 200);
    for (int i = 0; i < ADMIN_CONNECTIONS_PER_ADDRESS_MAX; i++)
        (void)close(fds[i]);
    int status = 0;
    for (int tries = 0; status != 200 && tries < 1000; tries++) {
        status = ask_from(1, "GET /text HTTP/1.0\r\n\r\n");
        if (status != 200)
            (void)poll(NULL, 0, 10); /* until the server has seen them go */
    }
    assert_int_equal(status, 200);
}

static void a_client_that_does_not_read_holds_up_nobody(void **state)
{
    (void)state;
    int slow = connect_from(1);
    send_text(slow, "GET /large HTTP/1.0\r\n\r\n");
    for (int i = 0; i < 20; i++)
        assert_int_equal(get("GET", "/text"), 200);
    (void)read_all(slow);
    (void)close(slow);
    assert_int_equal(strspn(body(), "x"), ADMIN_PAGE_BYTES_MAX);
}

static void clients_come_and_go_and_leave_nothing_behind(void **state)
{
    (void)state;
    int before = open_fds();
    for (int i = 0; i < 500; i++) {
        int fd = connect_from(1);
        send_text(fd, "GET /text HTTP/1.1\r\nHost: x\r\n\r\n");
        (void)close(fd); /* without having read the answer */
        if (i % 50 == 0)
            assert_int_equal(ask_from(ANOTHER_ADDRESS, "GET /text HTTP/1.0\r\n\r\n"), 200);
    }
    wait_for_fds(before, WAIT_S);
}

static void who_says_nothing_more_is_let_go(void **state)
{
    (void)state;
    int before = open_fds();
    int idle[3];
    for (int i = 0; i < 3; i++)
        idle[i] = connect_from(1);
    send_text(idle[1], "GET /te");
    send_text(idle[2], "GET /text HTTP/1.1\r\nHost: x\r\n\r\n");
    for (int tries = 0; tries < 100 * WAIT_S && open_fds() < before + 6; tries++)
        (void)poll(NULL, 0, 10); /* until the server has them */
    assert_int_equal(open_fds(), before + 6);
    wait_for_fds(before + 3, 2 * ADMIN_IDLE_S); /* of the pairs only our ends are left */
    for (int i = 0; i < 3; i++)
        (void)close(idle[i]);
}

/* ---- addresses ---- */

static void an_address_that_cannot_be_used_is_a_matter_of_configuration(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",          "9464",        ":", "127.0.0.1:x", "[::1]", "127.0.0.1:-1", "192.0.2.1:0",
        "::1:99999", "127.0.0.1: 1"};
    struct fault fault;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (open_at(bad[i], &fault) != ERR_CONFIG)
            fail_msg("%s is taken", bad[i]);
        assert_non_null(strstr(fault.text, "admin.listen"));
    }
    assert_int_equal(open_at("localhost:0", &fault), ERR_OK);
    assert_true(admin_port(server.admin) > 0);
    struct admin *first = server.admin;
    char same[32];
    (void)snprintf(same, sizeof same, "localhost:%u", admin_port(first));
    assert_int_equal(open_at(same, &fault), ERR_CONFIG);
    assert_non_null(strstr(fault.text, "in use"));
    admin_close(first);
    assert_int_equal(open_at(same, &fault), ERR_OK); /* free again at once */
    admin_close(server.admin);
    admin_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pages_are_served_with_their_type_and_status, start, stop),
        cmocka_unit_test_setup_teardown(head_is_get_without_the_body, start, stop),
        cmocka_unit_test_setup_teardown(nothing_but_reading_is_allowed, start, stop),
        cmocka_unit_test_setup_teardown(a_page_that_fails_shows_nothing_of_itself, start, stop),
        cmocka_unit_test_setup_teardown(a_connection_is_kept_for_the_next_request, start, stop),
        cmocka_unit_test_setup_teardown(a_large_page_arrives_whole, start, stop),
        cmocka_unit_test_setup_teardown(what_is_not_http_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(a_request_beyond_the_limit_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(hanging_clients_keep_nobody_else_out, start, stop),
        cmocka_unit_test_setup_teardown(a_client_that_does_not_read_holds_up_nobody, start, stop),
        cmocka_unit_test_setup_teardown(clients_come_and_go_and_leave_nothing_behind, start, stop),
        cmocka_unit_test_setup_teardown(who_says_nothing_more_is_let_go, start, stop),
        cmocka_unit_test(an_address_that_cannot_be_used_is_a_matter_of_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
