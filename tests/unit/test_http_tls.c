/* SPDX-License-Identifier: Apache-2.0
 *
 * TLS is verified: a request leaves only towards a server whose certificate is signed by an
 * authority we know and made out to the host we asked for. */
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
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shell/http.h"

static struct {
    SSL_CTX *context;
    int listener;
    int port;
    pthread_t thread;
    atomic_int request_n;
    char ca_file[64];
} server;

static const char answer_text[] =
    "HTTP/1.1 200 OK\r\nContent-Length: 35\r\n\r\n{\"Response\":{\"RequestId\":\"tls-ok\"}}";

static void *serve(void *context)
{
    (void)context;
    for (int fd; (fd = accept(server.listener, NULL, NULL)) >= 0; (void)close(fd)) {
        char request[8192];
        SSL *tls = SSL_new(server.context);
        (void)SSL_set_fd(tls, fd);
        if (SSL_accept(tls) == 1 && SSL_read(tls, request, sizeof request) > 0) {
            (void)atomic_fetch_add(&server.request_n, 1);
            (void)SSL_write(tls, answer_text, sizeof answer_text - 1);
            (void)SSL_shutdown(tls);
        }
        SSL_free(tls);
    }
    return NULL;
}

/* Self-signed, for 127.0.0.1 and example.localhost, from now for an hour (or long past). */
static X509 *make_certificate(EVP_PKEY *key, bool expired)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    (void)X509_set_version(certificate, 2);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    (void)X509_gmtime_adj(X509_getm_notBefore(certificate), -7200);
    (void)X509_gmtime_adj(X509_getm_notAfter(certificate), expired ? -3600 : 3600);
    (void)X509_set_pubkey(certificate, key);
    (void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1,
                                     -1, 0);
    (void)X509_set_issuer_name(certificate, name);
    X509_EXTENSION *names =
        X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1,DNS:example.localhost");
    (void)X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    (void)X509_sign(certificate, key, EVP_sha256());
    return certificate;
}

static int start(bool expired)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof address;
    (void)signal(SIGPIPE, SIG_IGN);
    memset(&server, 0, sizeof server);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = make_certificate(key, expired);
    (void)snprintf(server.ca_file, sizeof server.ca_file, "/tmp/reboot-worker-test-XXXXXX");
    FILE *ca = fdopen(mkstemp(server.ca_file), "w");
    (void)PEM_write_X509(ca, certificate);
    (void)fclose(ca);
    server.context = SSL_CTX_new(TLS_server_method());
    (void)SSL_CTX_use_certificate(server.context, certificate);
    (void)SSL_CTX_use_PrivateKey(server.context, key);
    X509_free(certificate);
    EVP_PKEY_free(key);
    server.listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(server.listener, (struct sockaddr *)&address, n) != 0 ||
        listen(server.listener, 4) != 0 ||
        getsockname(server.listener, (struct sockaddr *)&address, &n) != 0)
        return -1;
    server.port = ntohs(address.sin_port);
    return pthread_create(&server.thread, NULL, serve, NULL);
}

static int start_good(void **state)
{
    (void)state;
    return start(false);
}

static int start_expired(void **state)
{
    (void)state;
    return start(true);
}

static int stop(void **state)
{
    (void)state;
    (void)shutdown(server.listener, SHUT_RDWR);
    (void)pthread_join(server.thread, NULL);
    (void)close(server.listener);
    (void)unlink(server.ca_file);
    SSL_CTX_free(server.context);
    return 0;
}

/* The kind of what came back, its code in code_out; ca_file empty: the system's authorities. */
static enum answer_kind call_host(const char *host, const char *ca_file, char code_out[64])
{
    char endpoint[64];
    struct http *http;
    struct fault fault;
    struct completion done;
    const struct view id = VIEW_LIT("ein-1");
    const struct credentials credentials = {.secret_id = VIEW_LIT("ID"),
                                            .secret_key = VIEW_LIT("KEY")};
    const struct call call = {
        .action = CALL_REBOOT, .instance_ids = &id, .instance_n = 1, .timeout_ms = 5000};
    (void)snprintf(endpoint, sizeof endpoint, "https://%s:%d", host, server.port);
    const struct http_options options = {
        .endpoint = endpoint, .service = "ecm", .version = "2019-07-19"};
    assert_int_equal(setenv("SSL_CERT_FILE", ca_file, 1), 0);
    assert_int_equal(http_open(&options, &http, &fault), ERR_OK);
    assert_int_equal(http_send(http, &call, &credentials, &fault), ERR_OK);
    while (!http_next(http, &done))
        assert_int_equal(http_poll(http, NULL, 0, 1000, &fault), ERR_OK);
    (void)snprintf(code_out, 64, "%.*s", VIEW_FMT(done.answer.code));
    enum answer_kind kind = done.answer.kind;
    http_close(http);
    return kind;
}

static void a_trusted_certificate_for_the_host_lets_the_request_out(void **state)
{
    (void)state;
    char code[64];
    assert_int_equal(call_host("127.0.0.1", server.ca_file, code), ANSWER_API);
    assert_int_equal(call_host("example.localhost", server.ca_file, code), ANSWER_API);
    assert_int_equal(atomic_load(&server.request_n), 2);
}

static void an_unknown_authority_keeps_the_request_here(void **state)
{
    (void)state;
    char code[64];
    assert_int_equal(call_host("127.0.0.1", "", code), ANSWER_NOT_SENT);
    assert_string_equal(code, "network.tls");
    assert_int_equal(atomic_load(&server.request_n), 0);
}

static void a_certificate_for_another_host_keeps_the_request_here(void **state)
{
    (void)state;
    char code[64];
    assert_int_equal(call_host("other.localhost", server.ca_file, code), ANSWER_NOT_SENT);
    assert_string_equal(code, "network.tls");
    assert_int_equal(atomic_load(&server.request_n), 0);
}

static void an_expired_certificate_keeps_the_request_here(void **state)
{
    (void)state;
    char code[64];
    assert_int_equal(call_host("127.0.0.1", server.ca_file, code), ANSWER_NOT_SENT);
    assert_string_equal(code, "network.tls");
    assert_int_equal(atomic_load(&server.request_n), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_trusted_certificate_for_the_host_lets_the_request_out,
                                        start_good, stop),
        cmocka_unit_test_setup_teardown(an_unknown_authority_keeps_the_request_here, start_good,
                                        stop),
        cmocka_unit_test_setup_teardown(a_certificate_for_another_host_keeps_the_request_here,
                                        start_good, stop),
        cmocka_unit_test_setup_teardown(an_expired_certificate_keeps_the_request_here,
                                        start_expired, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
