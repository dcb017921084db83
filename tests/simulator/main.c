/* SPDX-License-Identifier: Apache-2.0
 *
 * ecm-simulator: a local stand-in for Tencent Cloud's ECM API, for tests, the demo, and rehearsals.
 * One thread: the loop waits for the socket, the next timer, or a signal.
 *
 *   http        requests in, answers out, spoilt on purpose where a fault says so
 *   api         common parameters, tc3_verify, rate, then the action: reboot, describe, denied
 *   control     /_sim/: log, faults, instances, stats
 *   fleet       the machines; fleet_json reads them, view shows them
 *   faults      what shall go wrong
 *   log         what happened
 */
#include "api.h"
#include "clock.h"
#include "control.h"
#include "fleet_json.h"
#include "sim.h"

#include "base/check.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PEM_BYTES_MAX = 64 << 10 };

static volatile sig_atomic_t stop_asked;

static void on_signal(int signal)
{
    (void)signal;
    stop_asked = 1;
}

_Noreturn void check_failed(const char *what, const char *expr, const char *file, int line)
{
    fprintf(stderr, "ecm-simulator: %s failed: %s (%s:%d)\n", what, expr, file, line);
    abort();
}

/* Stop signals are let in only while the loop waits, so none can be missed. */
static void signals_open(sigset_t *while_waiting)
{
    sigset_t stops;
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    sigprocmask(SIG_BLOCK, &stops, while_waiting);
    sigdelset(while_waiting, SIGTERM);
    sigdelset(while_waiting, SIGINT);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

static void on_request(void *owner, const struct request *request, struct answer *answer)
{
    struct sim *sim = owner;
    timers_fire(&sim->timers, clock_mono_ms());
    if (strncmp(request->path, "/_sim/", 6) == 0) {
        control_answer(sim, request, answer);
    } else if (strcmp(request->path, "/") == 0) {
        api_answer(sim, request, answer);
    } else {
        answer->status = 404;
        answer->content_type = "text/plain";
    }
}

static void on_sent(void *owner, size_t call, bool whole)
{
    struct sim *sim = owner;
    sim->log.at[call].answered = whole;
}

static enum err load_faults(struct sim *sim, struct fault *why)
{
    for (int i = 0; i < sim->options.faults_n; i++) {
        json_t *json = json_loads(sim->options.faults[i], 0, NULL);
        enum err err = json ? faults_add(&sim->faults, json, why)
                            : fault_set(why, ERR_INVALID, "--fault is not JSON");
        json_decref(json);
        if (err != ERR_OK)
            return err;
    }
    return ERR_OK;
}

static enum err read_pem(const char *path, struct buf *out, struct fault *why)
{
    char bytes[4096];
    size_t n;
    enum err err = ERR_OK;
    FILE *file = fopen(path, "re");
    if (!file)
        return fault_set(why, ERR_INVALID, "%s: %s", path, strerror(errno));
    buf_init(out, PEM_BYTES_MAX);
    while (err == ERR_OK && (n = fread(bytes, 1, sizeof bytes, file)) > 0)
        err = buf_append(out, bytes, n);
    (void)fclose(file);
    if (err != ERR_OK || out->n == 0)
        return fault_set(why, ERR_INVALID, "%s: not a PEM file", path);
    return ERR_OK;
}

static enum err load_tls(struct sim *sim, struct fault *why)
{
    enum err err = ERR_OK;
    if (sim->options.tls_cert_file)
        err = read_pem(sim->options.tls_cert_file, &sim->tls_cert, why);
    if (err == ERR_OK && sim->options.tls_key_file)
        err = read_pem(sim->options.tls_key_file, &sim->tls_key, why);
    sim->http.tls_cert = sim->tls_cert.p;
    sim->http.tls_key = sim->tls_key.p;
    return err;
}

static enum err sim_open(struct sim *sim, struct fault *why)
{
    sim->started_ms = clock_mono_ms();
    sim->random.state = sim->options.seed;
    timers_init(&sim->timers);
    log_init(&sim->log);
    faults_init(&sim->faults, &sim->random);
    fleet_init(&sim->fleet, &sim->timers, &sim->random);
    sim->fleet.duration_min_ms = sim->options.reboot_min_ms;
    sim->fleet.duration_max_ms = sim->options.reboot_max_ms;
    sim->http = (struct http){.timers = &sim->timers,
                              .clock_offset_ms = sim->options.clock_offset_ms,
                              .handle = on_request,
                              .sent = on_sent,
                              .owner = sim};
    fleet_make(&sim->fleet, sim->options.instances_n, clock_wall_ms() / 1000);
    enum err err = load_tls(sim, why);
    if (err == ERR_OK && sim->options.fleet_file)
        err = fleet_read_file(&sim->fleet, sim->options.fleet_file, why);
    if (err == ERR_OK)
        err = load_faults(sim, why);
    if (err == ERR_OK)
        err = http_open(&sim->http, sim->options.host, sim->options.port, why);
    return err;
}

/* Firing every timer lets go of the answers that are still held back. */
static void sim_close(struct sim *sim)
{
    timers_fire(&sim->timers, INT64_MAX);
    http_close(&sim->http);
    buf_release(&sim->tls_cert);
    buf_release_secret(&sim->tls_key);
    fleet_release(&sim->fleet);
    faults_release(&sim->faults);
    log_release(&sim->log);
    timers_release(&sim->timers);
}

static void wait_for_work(struct sim *sim, const sigset_t *while_waiting)
{
    int64_t http_ms = http_wait_ms(&sim->http);
    int64_t timer_ms = timers_wait_ms(&sim->timers, clock_mono_ms());
    int64_t ms = http_ms < 0 || (timer_ms >= 0 && timer_ms < http_ms) ? timer_ms : http_ms;
    struct timespec limit = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    struct pollfd fd = {.fd = http_fd(&sim->http), .events = POLLIN};
    (void)ppoll(&fd, 1, ms < 0 ? NULL : &limit, while_waiting);
}

int main(int argc, char **argv)
{
    static struct sim sim;
    struct fault why;
    sigset_t while_waiting;
    int code = options_parse(argc, argv, &sim.options);
    if (code >= 0)
        return code;
    signals_open(&while_waiting);
    if (sim_open(&sim, &why) != ERR_OK) {
        fprintf(stderr, "ecm-simulator: %s\n", why.text);
        sim_close(&sim);
        return 1;
    }
    printf("listening on %s:%u\n", sim.options.host, http_port(&sim.http));
    (void)fflush(stdout);
    while (!stop_asked) {
        wait_for_work(&sim, &while_waiting);
        timers_fire(&sim.timers, clock_mono_ms());
        http_run(&sim.http);
    }
    sim_close(&sim);
    return 0;
}
