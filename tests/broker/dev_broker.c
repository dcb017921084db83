/* SPDX-License-Identifier: Apache-2.0
 *
 * dev-broker: librdkafka's embedded broker as a process of its own, for the demo and for quick
 * tests. Everything it holds is in memory and gone when it ends; it keeps no log times, knows no
 * topic configuration and promises nothing. For anything else run a real Kafka.
 */
#include <getopt.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

enum {
    EXIT_OK = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    TOPICS_MAX = 64,
    PARTITIONS_MAX = 1024,
    COORDINATOR_RTT_MS = 100
};
static const char GROUP[] = "reboot-workers"; /* the default one */

static const char usage[] =
    "usage: dev-broker [--pool-topics[=P]] [--topic NAME:PARTITIONS]... [--brokers N]\n"
    "\n"
    "Runs an embedded Kafka broker on 127.0.0.1 until SIGINT or SIGTERM. The first line on stdout\n"
    "is `bootstrap.servers=HOST:PORT[,...]`. Everything is in memory.\n"
    "\n"
    "  --pool-topics[=P]        the topics of a pool of workers, with P partitions (12)\n"
    "  --topic NAME:PARTITIONS  one topic; may be repeated\n"
    "  --brokers N              1 to 5 brokers (1)\n"
    "  --die-with-parent        end when the process that started this one ends\n";

struct topic {
    char name[250];
    int partition_n;
};

struct options {
    struct topic topics[TOPICS_MAX];
    int topic_n;
    int broker_n;
    int die_with_parent;
};

static int parse_number(const char *text, int max, int *out)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (end == text || *end != '\0' || value < 1 || value > max)
        return 0;
    *out = (int)value;
    return 1;
}

static int add_topic(struct options *options, const char *name, size_t name_n, int partition_n)
{
    struct topic *topic = &options->topics[options->topic_n];
    if (options->topic_n == TOPICS_MAX || name_n == 0 || name_n >= sizeof topic->name)
        return 0;
    memcpy(topic->name, name, name_n);
    topic->name[name_n] = '\0';
    topic->partition_n = partition_n;
    options->topic_n++;
    return 1;
}

static int add_pool(struct options *options, const char *partitions)
{
    static const struct {
        const char *name;
        int single;
    } pool[] = {
        {"reboot.requests", 0},  {"reboot.tasks", 0},        {"reboot.ledger", 0},
        {"reboot.results", 0},   {"reboot.requests-dlt", 0}, {"reboot.control", 1},
        {"reboot.sightings", 1},
    };
    int partition_n = 12;
    if (partitions != NULL && !parse_number(partitions, PARTITIONS_MAX, &partition_n))
        return 0;
    for (size_t i = 0; i < sizeof pool / sizeof pool[0]; i++)
        if (!add_topic(options, pool[i].name, strlen(pool[i].name),
                       pool[i].single ? 1 : partition_n))
            return 0;
    return 1;
}

static int add_named(struct options *options, const char *text)
{
    int partition_n;
    const char *colon = strrchr(text, ':');
    return colon != NULL && parse_number(colon + 1, PARTITIONS_MAX, &partition_n) &&
           add_topic(options, text, (size_t)(colon - text), partition_n);
}

static int parse_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {
        {"pool-topics", optional_argument, NULL, 'p'},
        {"topic", required_argument, NULL, 't'},
        {"brokers", required_argument, NULL, 'b'},
        {"die-with-parent", no_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int c;
    while ((c = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        int ok = c != '?';
        if (c == 'h') {
            (void)fputs(usage, stdout);
            exit(EXIT_OK);
        }
        if (c == 'p')
            ok = add_pool(options, optarg);
        else if (c == 't')
            ok = add_named(options, optarg);
        else if (c == 'b')
            ok = parse_number(optarg, 5, &options->broker_n);
        else if (c == 'd')
            options->die_with_parent = 1;
        if (!ok)
            return 0;
    }
    return optind == argc;
}

/* The cluster's thread answers an order first and then empties its wake-up pipe: an order that
 * comes between the two would wait for the thread's next tick, a second. */
static void let_it_rest(void)
{
    const struct timespec pause = {.tv_nsec = 1000 * 1000};
    (void)nanosleep(&pause, NULL); /* style: nothing tells when it rests */
}

/* Group members talk to one more broker, that leads nothing and is slow: when a group's leader is
 * done with the assignment before another member has asked for it (a matter of microseconds,
 * otherwise), the cluster never answers that member. */
static rd_kafka_resp_err_t make_coordinator(rd_kafka_mock_cluster_t *cluster, int32_t broker)
{
    let_it_rest();
    rd_kafka_resp_err_t err = rd_kafka_mock_broker_set_rtt(cluster, broker, COORDINATOR_RTT_MS);
    let_it_rest();
    return err != RD_KAFKA_RESP_ERR_NO_ERROR
               ? err
               : rd_kafka_mock_coordinator_set(cluster, "group", GROUP, broker);
}

static rd_kafka_resp_err_t make_topic(rd_kafka_mock_cluster_t *cluster, const struct topic *topic,
                                      int broker_n)
{
    let_it_rest();
    rd_kafka_resp_err_t err = rd_kafka_mock_topic_create(cluster, topic->name, topic->partition_n,
                                                         broker_n < 3 ? broker_n : 3);
    for (int p = 0; p < topic->partition_n && err == RD_KAFKA_RESP_ERR_NO_ERROR; p++) {
        let_it_rest();
        err = rd_kafka_mock_partition_set_leader(cluster, topic->name, p, p % broker_n + 1);
    }
    return err;
}

static int run(rd_kafka_t *rk, const struct options *options, const sigset_t *signals)
{
    int signal_number;
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(rk, options->broker_n + 1);
    if (cluster == NULL) {
        (void)fprintf(stderr, "dev-broker: no sockets for %d broker(s)\n", options->broker_n + 1);
        return EXIT_FAILED;
    }
    rd_kafka_resp_err_t err = make_coordinator(cluster, options->broker_n + 1);
    for (int i = 0; i < options->topic_n && err == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
        err = make_topic(cluster, &options->topics[i], options->broker_n);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        (void)printf("bootstrap.servers=%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
        (void)fflush(stdout);
        (void)sigwait(signals, &signal_number);
    } else {
        (void)fprintf(stderr, "dev-broker: %s\n", rd_kafka_err2str(err));
    }
    rd_kafka_mock_cluster_destroy(cluster);
    return err == RD_KAFKA_RESP_ERR_NO_ERROR ? EXIT_OK : EXIT_FAILED;
}

int main(int argc, char **argv)
{
    struct options options = {.broker_n = 1};
    sigset_t signals;
    char why[256];
    if (!parse_options(argc, argv, &options)) {
        (void)fputs(usage, stderr);
        return EXIT_USAGE;
    }
    if (options.die_with_parent)
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), why, sizeof why);
    if (rk == NULL) {
        (void)fprintf(stderr, "dev-broker: %s\n", why);
        return EXIT_FAILED;
    }
    int status = run(rk, &options, &signals);
    rd_kafka_destroy(rk);
    return status;
}
