/* SPDX-License-Identifier: Apache-2.0 */
#include "shell/admin.h"

#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct admin {
    struct admin_options options;
    struct MHD_Daemon *daemon;
    int fd;
    uint16_t port;
};

/* ---- answering ---- */

static const char plain[] = "text/plain; charset=utf-8";

static enum MHD_Result respond(struct MHD_Connection *connection, unsigned status,
                               const char *content_type, struct view body)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body.n, (void *)(uintptr_t)body.p, MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return MHD_NO;
    enum MHD_Result result = MHD_add_response_header(response, "Content-Type", content_type);
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        (void)MHD_add_response_header(response, "Allow", "GET, HEAD");
    (void)MHD_add_response_header(response, "Cache-Control", "no-store");
    (void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (result == MHD_YES)
        result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result serve_page(struct admin *admin, const struct admin_page *page,
                                  struct MHD_Connection *connection)
{
    struct buf out;
    buf_init(&out, ADMIN_PAGE_BYTES_MAX);
    unsigned status = page->render(admin->options.context, &out);
    enum MHD_Result result =
        status == MHD_HTTP_INTERNAL_SERVER_ERROR
            ? respond(connection, status, plain, VIEW_LIT("the page cannot be made\n"))
            : respond(connection, status, page->content_type, buf_view(&out));
    buf_release(&out);
    return result;
}

/* style: libmicrohttpd decides the parameters */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_n, void **request)
{
    struct admin *admin = context;
    (void)version;
    (void)upload;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) /* at once, body or not */
        return respond(connection, MHD_HTTP_METHOD_NOT_ALLOWED, plain, VIEW_LIT("read only\n"));
    if (*request == NULL) { /* the headers are there: say yes, and wait for the end */
        *request = admin;
        return MHD_YES;
    }
    if (*upload_n > 0) {
        *upload_n = 0; /* a body nobody asked for */
        return MHD_YES;
    }
    for (size_t i = 0; i < admin->options.page_n; i++)
        if (strcmp(url, admin->options.pages[i].path) == 0)
            return serve_page(admin, &admin->options.pages[i], connection);
    return respond(connection, MHD_HTTP_NOT_FOUND, plain, VIEW_LIT("no such page\n"));
}

/* ---- the socket ---- */

/* glibc's getaddrinfo takes a larger number modulo 65536. */
static bool is_port(const char *text)
{
    size_t n = strspn(text, "0123456789");
    return n > 0 && n <= 5 && text[n] == '\0' && strtol(text, NULL, 10) <= UINT16_MAX;
}

/* Splits HOST:PORT, with brackets around an IPv6 address. */
static bool split(const char *listen, char host[256], char port[16])
{
    const char *colon = strrchr(listen, ':');
    if (colon == NULL || !is_port(colon + 1))
        return false;
    size_t n = (size_t)(colon - listen);
    const char *begin = listen;
    if (n >= 2 && listen[0] == '[' && listen[n - 1] == ']') {
        begin++;
        n -= 2;
    }
    if (n >= 256)
        return false;
    memcpy(host, begin, n);
    host[n] = '\0';
    memcpy(port, colon + 1, strlen(colon + 1) + 1);
    return true;
}

static int bind_to(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int one = 1;
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
        bind(fd, address->ai_addr, address->ai_addrlen) == 0 &&
        listen(fd, ADMIN_CONNECTIONS_MAX) == 0)
        return fd;
    int why = errno;
    if (fd >= 0)
        (void)close(fd);
    errno = why;
    return -1;
}

static enum err open_socket(const char *text, int *fd_out, struct fault *fault)
{
    char host[256];
    char port[16];
    struct addrinfo *found = NULL;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    if (!split(text, host, port))
        return fault_set(fault, ERR_CONFIG, "admin.listen: \"%s\" is not HOST:PORT", text);
    int rc = getaddrinfo(host[0] != '\0' ? host : NULL, port, &hints, &found);
    if (rc != 0)
        return fault_set(fault, ERR_CONFIG, "admin.listen: %s: %s", text, gai_strerror(rc));
    *fd_out = -1;
    for (const struct addrinfo *a = found; a != NULL && *fd_out < 0; a = a->ai_next)
        *fd_out = bind_to(a);
    int why = errno;
    freeaddrinfo(found);
    errno = why;
    if (*fd_out >= 0)
        return ERR_OK;
    return fault_set(fault, ERR_CONFIG, "admin.listen: cannot listen on %s: %m", text);
}

static uint16_t port_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {.v6 = {.sin6_port = 0}};
    socklen_t n = sizeof address;
    if (getsockname(fd, &address.any, &n) != 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

/* ---- life ---- */

enum err admin_open(const struct admin_options *options, struct admin **admin_out,
                    struct fault *fault)
{
    int listen_fd = -1;
    enum err err = open_socket(options->listen, &listen_fd, fault);
    if (err != ERR_OK)
        return err;
    struct admin *admin = calloc(1, sizeof *admin);
    if (admin == NULL) {
        (void)close(listen_fd);
        return fault_set(fault, ERR_SYSTEM, "no memory");
    }
    admin->options = *options;
    admin->port = port_of(listen_fd);
    admin->daemon = MHD_start_daemon(
        MHD_USE_EPOLL, 0, NULL, NULL, on_request, admin, MHD_OPTION_LISTEN_SOCKET, listen_fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)ADMIN_CONNECTIONS_MAX,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)ADMIN_CONNECTIONS_PER_ADDRESS_MAX,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)ADMIN_REQUEST_BYTES_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)ADMIN_IDLE_S, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        admin->daemon == NULL ? NULL : MHD_get_daemon_info(admin->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (info == NULL) {
        if (admin->daemon == NULL)
            (void)close(listen_fd);
        admin_close(admin);
        return fault_set(fault, ERR_SYSTEM, "admin.listen: the HTTP server does not start");
    }
    admin->fd = info->epoll_fd;
    *admin_out = admin;
    return ERR_OK;
}

int admin_fd(const struct admin *admin)
{
    return admin->fd;
}

int admin_timeout_ms(const struct admin *admin)
{
    MHD_UNSIGNED_LONG_LONG ms;
    if (MHD_get_timeout(admin->daemon, &ms) != MHD_YES)
        return -1;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

void admin_step(struct admin *admin)
{
    (void)MHD_run(admin->daemon);
}

uint16_t admin_port(const struct admin *admin)
{
    return admin->port;
}

void admin_close(struct admin *admin)
{
    if (admin == NULL)
        return;
    if (admin->daemon != NULL)
        MHD_stop_daemon(admin->daemon);
    free(admin);
}
