/* SPDX-License-Identifier: Apache-2.0
 *
 * Every option: key, type, place, default, range, words, help. */
#include <float.h>

#include "core/engine.h"
#include "shell/config.h"

#define AT(member) offsetof(struct config, member)
#define HOURS(n)   ((double)(n)*3600 * 1000)

static const char *const ambiguities[] = {"report", "retry", NULL};
static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
static const char *const formats[] = {"auto", "text", "json", NULL};

static const struct option_row table[] = {
    {"group", OPTION_TEXT, AT(group), "reboot-workers", 1, 255, NULL,
     "consumer group, and the pool's name: two pools need topics of their own", false, false},
    {"name", OPTION_TEXT, AT(name), "", 1, 255, NULL,
     "the worker's name in events and logs; default: the host name", false, false},
    {"static_membership", OPTION_BOOL, AT(static_membership), "false", 0, 0, NULL,
     "use `name` as the group's static member id", false, false},

    {"topics.requests", OPTION_NAME, AT(topics[TOPIC_REQUESTS]), "reboot.requests", 1, 249, NULL,
     "the public input", false, false},
    {"topics.tasks", OPTION_NAME, AT(topics[TOPIC_TASKS]), "reboot.tasks", 1, 249, NULL,
     "internal: one request for one instance a record", false, false},
    {"topics.ledger", OPTION_NAME, AT(topics[TOPIC_LEDGER]), "reboot.ledger", 1, 249, NULL,
     "internal: every decision", false, false},
    {"topics.results", OPTION_NAME, AT(topics[TOPIC_RESULTS]), "reboot.results", 1, 249, NULL,
     "the public output: outcome events", false, false},
    {"topics.dead_letters", OPTION_NAME, AT(topics[TOPIC_DEAD_LETTERS]), "reboot.requests-dlt", 1,
     249, NULL, "requests that cannot be accepted, untouched", false, false},
    {"topics.control", OPTION_NAME, AT(topics[TOPIC_CONTROL]), "reboot.control", 1, 249, NULL,
     "internal: orders to the whole pool", false, false},
    {"topics.sightings", OPTION_NAME, AT(topics[TOPIC_SIGHTINGS]), "reboot.sightings", 1, 249, NULL,
     "internal: what a listing of the account saw", false, false},
    {"topics.partitions", OPTION_INT, AT(partitions), "12", 1, ENGINE_PARTITIONS_MAX, NULL,
     "partitions of topics that are created; the most workers that can share the work", false,
     false},
    {"topics.replication_factor", OPTION_INT, AT(replication_factor), "-1", -1, 32767, NULL,
     "replicas of topics that are created, 1 or more; -1: the broker's default", false, false},
    {"topics.create", OPTION_BOOL, AT(create_topics), "true", 0, 0, NULL,
     "create topics that are missing", false, false},

    {"events.source", OPTION_TEXT, AT(events_source), "", 1, 1024, NULL,
     "`ce_source` of outcomes, a URI or a path; default: `/reboot-worker/<group>`", false, false},

    {"limits.open_requests", OPTION_INT, AT(open_requests), "256", 1, 1024, NULL,
     "open requests of one instance; more are rejected", false, false},
    {"limits.closed_requests", OPTION_INT, AT(closed_requests), "256", 1, 1024, NULL,
     "closed requests of one instance that are remembered", false, false},
    {"limits.entry_bytes", OPTION_SIZE, AT(entry_bytes), "256KiB", 16384, 524288, NULL,
     "memory of one instance; closed requests give way first", false, false},

    {"api.endpoint", OPTION_TEXT, AT(endpoint), "https://ecm.intl.tencentcloudapi.com", 1, 256,
     NULL, "`http://` is allowed for loopback hosts only", false, false},
    {"api.service", OPTION_NAME, AT(service), "ecm", 1, 64, NULL, "the service that is signed for",
     false, false},
    {"api.version", OPTION_NAME, AT(version), "2019-07-19", 1, 32, NULL,
     "version of the API, X-TC-Version", false, false},
    {"api.region", OPTION_NAME, AT(region), "", 0, 64, NULL, "region of requests that name none",
     false, false},
    {"api.language", OPTION_NAME, AT(language), "en-US", 0, 16, NULL,
     "language of the API's messages", false, false},
    {"api.send_region", OPTION_BOOL, AT(send_region), "false", 0, 0, NULL,
     "send X-TC-Region, which ECM does not need", false, false},
    {"api.rate_limit", OPTION_NUMBER, AT(rate_limit), "20", 0.01, 10000, NULL,
     "calls per second of each action, for the whole pool", true, false},
    {"api.batch_size", OPTION_INT, AT(batch_size), "100", 1, 100, NULL,
     "instances of one call at most; a full batch does not linger", false, false},
    {"api.linger", OPTION_DURATION, AT(linger_ms), "200ms", 0, 60000, NULL,
     "how long an instance waits for others to share its call", false, false},
    {"api.timeout", OPTION_DURATION, AT(timeout_ms), "10s", 100, 300000, NULL,
     "how long one call may take", false, false},
    {"api.signature_life", OPTION_DURATION, AT(signature_life_ms), "5m", 1000, 300000, NULL,
     "how long the API accepts a signature (its own limit; lower only against a simulator that is "
     "told the same)",
     false, false},
    {"api.settle", OPTION_DURATION, AT(settle_ms), "30s", 0, HOURS(1), NULL,
     "allowance for clocks and the API's back end; with api.signature_life the horizon after which "
     "a lost call can have no effect",
     false, false},

    {"retry.max_attempts", OPTION_INT, AT(max_attempts), "10", 1, 1000, NULL,
     "retryable answers that a request takes before it fails", false, false},
    {"retry.initial", OPTION_DURATION, AT(retry_initial_ms), "1s", 1, HOURS(1), NULL,
     "first bound of the backoff (full jitter); doubles with each attempt", false, false},
    {"retry.max", OPTION_DURATION, AT(retry_max_ms), "60s", 1, HOURS(24), NULL,
     "last bound of the backoff", false, false},

    {"dedup.window", OPTION_DURATION, AT(dedup_window_ms), "5m", 0, HOURS(24), NULL,
     "a reboot that started at S serves a request made at R when S > R - window; 0: only one that "
     "began after the request",
     false, false},

    {"request.max_age", OPTION_DURATION, AT(request_max_age_ms), "24h", 1000, HOURS(24 * 7), NULL,
     "how long a request waits at most", false, false},
    {"request.max_bytes", OPTION_SIZE, AT(request_max_bytes), "1MiB", 1024, 4194304, NULL,
     "the longest value of a request; the same in the whole pool", false, false},

    {"confirm.enabled", OPTION_BOOL, AT(confirm_enabled), "true", 0, 0, NULL,
     "watch instances until they run again; false: `dispatched` is final", false, false},
    {"confirm.interval", OPTION_DURATION, AT(confirm_interval_ms), "5s", 50, HOURS(1), NULL,
     "time between two looks", false, false},
    {"confirm.timeout", OPTION_DURATION, AT(confirm_timeout_ms), "10m", 100, HOURS(24), NULL,
     "an instance not RUNNING for so long is `unconfirmed`", false, false},
    {"ambiguity", OPTION_WORD, AT(ambiguity), "report", 0, 0, ambiguities,
     "a lost call whose effect cannot be told: `report` it as unknown, or `retry`", false, false},

    {"safety.allow_force", OPTION_BOOL, AT(allow_force), "true", 0, 0, NULL,
     "false: HARD, SOFT_FIRST and forceReboot are rejected", false, false},
    {"safety.max_rebooting", OPTION_INT, AT(max_rebooting), "0", 0, 1000000, NULL,
     "instances of one region between dispatch and RUNNING; 0: no limit", false, true},
    {"safety.max_unconfirmed", OPTION_INT, AT(max_unconfirmed), "0", 0, 1000000, NULL,
     "instances of one region not back in time that pause it; 0: never", false, true},
    {"safety.window", OPTION_DURATION, AT(safety_window_ms), "10m", 1000, HOURS(24), NULL,
     "the time for safety.max_unconfirmed", false, true},

    {"dry_run", OPTION_BOOL, AT(dry_run), "false", 0, 0, NULL,
     "everything but the call; needs a group and tasks, ledger and results topics of its own",
     false, false},
    {"admin.listen", OPTION_TEXT, AT(admin_listen), "127.0.0.1:9464", 1, 256, NULL,
     "address and port of metrics, probes and status", false, false},
    {"log.level", OPTION_WORD, AT(log_level), "info", 0, 0, levels,
     "what is logged: this and what is worse", true, false},
    {"log.format", OPTION_WORD, AT(log_format), "auto", 0, 0, formats,
     "auto: text on a terminal, else json", false, false},
    {"drain_timeout", OPTION_DURATION, AT(drain_timeout_ms), "20s", 100, HOURS(1), NULL,
     "how long SIGTERM waits for what is in the air", false, false},
};
enum { OPTION_N = sizeof table / sizeof table[0] };
_Static_assert((int)OPTION_N <= (int)CONFIG_OPTIONS_MAX, "callers keep a flag for each option");

const struct option_row *config_option(size_t i)
{
    return i < OPTION_N ? &table[i] : NULL;
}

const struct option_row *config_find(struct view key)
{
    for (size_t i = 0; i < OPTION_N; i++)
        if (view_is(key, table[i].key))
            return &table[i];
    return NULL;
}

bool option_is_text(const struct option_row *option)
{
    return option->type == OPTION_TEXT || option->type == OPTION_NAME;
}

/* ---- what was meant ---- */

enum { NEAR_BYTES_MAX = 63 };

static bool same(char a, char b)
{
    return a == b || (strchr(".-_", a) != NULL && strchr(".-_", b) != NULL);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many bytes were changed, left out, added, or two neighbours exchanged (optimal string
 * alignment). Both texts are at most NEAR_BYTES_MAX bytes long. */
static size_t distance(struct view a, struct view b)
{
    size_t rows[3][NEAR_BYTES_MAX + 1];
    for (size_t j = 0; j <= b.n; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t *row = rows[i % 3];
        const size_t *last = rows[(i + 2) % 3];
        const size_t *before = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            row[j] =
                least(least(last[j], row[j - 1]) + 1, last[j - 1] + !same(a.p[i - 1], b.p[j - 1]));
            if (i > 1 && j > 1 && same(a.p[i - 1], b.p[j - 2]) && same(a.p[i - 2], b.p[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return rows[a.n % 3][b.n];
}

struct config_near config_near_begin(struct view name)
{
    return (struct config_near){.name = name, .best = VIEW_NONE, .distance = name.n / 3 + 1};
}

void config_near_try(struct config_near *near, struct view candidate)
{
    if (near->name.n > NEAR_BYTES_MAX || candidate.n > NEAR_BYTES_MAX)
        return;
    size_t d = distance(near->name, candidate);
    if (d < near->distance) {
        near->distance = d;
        near->best = candidate;
    }
}

struct view config_suggest(struct view key)
{
    struct config_near near = config_near_begin(key);
    config_near_try(&near, VIEW_LIT("kafka"));
    for (size_t i = 0; i < OPTION_N; i++) {
        const char *dot = strchr(table[i].key, '.');
        config_near_try(&near, view_of(table[i].key));
        if (dot != NULL) /* its section */
            config_near_try(&near, (struct view){table[i].key, (size_t)(dot - table[i].key)});
    }
    for (size_t i = 0; i < OPTION_N && near.best.n == 0; i++) {
        const char *dot = strchr(table[i].key, '.');
        if (dot != NULL && view_is(key, dot + 1))
            near.best = view_of(table[i].key); /* the right name in the wrong place */
    }
    return near.best;
}
