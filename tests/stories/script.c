/* SPDX-License-Identifier: Apache-2.0
 *
 * The language of stories; README.md is its reference. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "script.h"

static struct names named; /* of the line */

bool refuse(struct fault *fault, const char *what, const char *word)
{
    (void)fault_set(fault, ERR_INVALID, "%s: '%s'", what, word);
    return false;
}

/* ---- pieces of a line ---- */

static void split(char *line, struct words *words)
{
    words->n = 0;
    for (char *p = line + strspn(line, " "); *p != '\0' && words->n < WORDS_MAX;) {
        words->at[words->n++] = p;
        p += strcspn(p, " ");
        if (*p != '\0')
            *p++ = '\0';
        p += strspn(p, " ");
    }
}

/* Numbers of one width. */
struct range {
    long first;
    long last;
    int digits;
};

/* FIRST-LAST] */
static bool take_range(const char *text, struct range *out)
{
    char *dash;
    char *end;
    *out = (struct range){.first = strtol(text, &dash, 10), .digits = (int)(dash - text)};
    if (out->digits == 0 || *dash != '-')
        return false;
    out->last = strtol(dash + 1, &end, 10);
    return *end == ']' && end[1] == '\0' && out->last >= out->first;
}

bool take_ids(const char *word, struct names *names)
{
    const char *bracket = strchr(word, '[');
    struct range range = {.last = 0};
    if (bracket != NULL && !take_range(bracket + 1, &range))
        return false;
    for (long i = range.first; i <= range.last; i++) {
        if (names->n == INSTANCES_PER_REQUEST_MAX)
            return false;
        char *id = names->at[names->n++];
        if (bracket == NULL)
            (void)snprintf(id, NAME_BYTES, "%s", word);
        else
            (void)snprintf(id, NAME_BYTES, "%.*s%0*ld", (int)(bracket - word), word, range.digits,
                           i);
    }
    return true;
}

bool take_number(const char *word, int max, int *out)
{
    char *end;
    long value = strtol(word, &end, 10);
    if (end == word || *end != '\0' || value < 0 || value > max)
        return false;
    *out = (int)value;
    return true;
}

/* ---- the API ---- */

static bool do_answer(const struct words *words, struct fault *fault)
{
    int dispatch;
    if (words->n < 3 || !take_number(words->at[1], CALLS_MAX, &dispatch))
        return refuse(fault, "answer CALL ok|lost|unreadable|not-sent|CODE [MESSAGE]",
                      words->at[0]);
    char message[LINE_BYTES] = "";
    for (int i = 3; i < words->n; i++) {
        size_t n = strlen(message);
        (void)snprintf(message + n, sizeof message - n, "%s%s", n > 0 ? " " : "", words->at[i]);
    }
    api_answer(dispatch, words->at[2], message);
    return true;
}

static bool set_state(struct instance *instance, const struct words *words, int at)
{
    instance->gone = strcmp(words->at[at], "gone") == 0;
    instance->state = instance_state_of(view_of(words->at[at]));
    if (!instance->gone && instance->state == INSTANCE_OTHER)
        return false;
    const char *operation = instance->operation;
    const char *operation_state = instance->operation_state;
    if (instance->state == INSTANCE_REBOOTING) {
        operation = "RebootInstances";
        operation_state = "OPERATING";
    }
    if (at + 2 < words->n && strcmp(words->at[at + 1], "after") == 0) {
        operation = words->at[at + 2];
        operation_state = at + 3 < words->n ? words->at[at + 3] : "SUCCESS";
    }
    if (operation != instance->operation)
        (void)snprintf(instance->operation, NAME_BYTES, "%s", operation);
    if (operation_state != instance->operation_state)
        (void)snprintf(instance->operation_state, NAME_BYTES, "%s", operation_state);
    return true;
}

/* INSTANCE... is STATE [after OPERATION [STATE OF IT]] */
static bool do_is(const struct words *words, struct fault *fault)
{
    int is = 1;
    while (is < words->n && strcmp(words->at[is], "is") != 0)
        is++;
    if (is + 1 >= words->n)
        return refuse(fault, "not understood", words->at[0]);
    named.n = 0;
    for (int i = 0; i < is; i++)
        if (!take_ids(words->at[i], &named))
            return refuse(fault, "no instance", words->at[i]);
    for (int i = 0; i < named.n; i++)
        if (!set_state(api_instance(named.at[i]), words, is + 1))
            return refuse(fault, "no state", words->at[is + 1]);
    return true;
}

static bool do_reads(const struct words *words, struct fault *fault)
{
    world.reads_fail = words->n == 2 && strcmp(words->at[1], "fail") == 0;
    return world.reads_fail || (words->n == 2 && strcmp(words->at[1], "work") == 0) ||
           refuse(fault, "reads fail|work", words->at[0]);
}

/* clock api|WORKER DURATION: how far it is ahead of the brokers' */
static bool do_clock(const struct words *words, struct fault *fault)
{
    int64_t ms;
    if (words->n == 3 && strcmp(words->at[1], "api") == 0 && strcmp(words->at[2], "untold") == 0) {
        world.api_clock_untold = true;
        return true;
    }
    if (words->n != 3 || !option_duration(words->at[2], &ms))
        return refuse(fault, "clock api|WORKER DURATION", words->at[0]);
    if (strcmp(words->at[1], "api") == 0) {
        world.api_skew_ms = ms;
        return true;
    }
    int w = world_worker(words->at[1], true);
    if (w < 0)
        return refuse(fault, "no worker", words->at[1]);
    world.workers[w].skew_ms = ms;
    return true;
}

/* ---- the topics ---- */

struct scope {
    int partition; /* -1: all */
    int worker;    /* -1: all */
};

/* [PARTITION] [of WORKER] */
static bool take_scope(const struct words *words, int at, struct scope *scope)
{
    *scope = (struct scope){-1, -1};
    if (at < words->n &&
        take_number(words->at[at], world.options.partition_n - 1, &scope->partition))
        at++;
    if (at + 1 < words->n && strcmp(words->at[at], "of") == 0) {
        scope->worker = world_worker(words->at[at + 1], true);
        at += 2;
    }
    return at == words->n;
}

static void hold_appends(bool held[PARTITIONS_MAX][WORKERS_MAX], struct scope scope, bool hold,
                         void (*release)(int32_t partition, int worker))
{
    for (int32_t p = 0; p < world.options.partition_n; p++)
        for (int w = 0; w < WORKERS_MAX; w++) {
            if ((scope.partition >= 0 && p != scope.partition) ||
                (scope.worker >= 0 && w != scope.worker))
                continue;
            if (hold)
                held[p][w] = true;
            else
                release(p, w);
        }
}

static void hold_reads(struct scope scope, bool hold)
{
    for (int w = 0; w < WORKERS_MAX; w++)
        if (scope.worker < 0 || w == scope.worker)
            world.workers[w].deaf = hold;
}

static bool do_hold(const struct words *words, struct fault *fault)
{
    bool hold = words->at[0][0] == 'h';
    struct scope scope;
    const char *what = words->n > 1 ? words->at[1] : "";
    if (!take_scope(words, 2, &scope))
        return refuse(fault, "[PARTITION] [of WORKER]", words->at[words->n - 1]);
    if (strcmp(what, "ledger") == 0)
        hold_appends(world.ledger_held, scope, hold, log_release);
    else if (strcmp(what, "reports") == 0)
        hold_appends(world.reports_held, scope, hold, log_release_reports);
    else if (strcmp(what, "reads") == 0)
        hold_reads(scope, hold);
    else if (strcmp(what, "results") != 0)
        return refuse(fault, "hold|release ledger|reports|reads|results", what);
    else if (hold)
        world.results_held = true;
    else
        log_release_results();
    return true;
}

static bool do_fail(const struct words *words, struct fault *fault)
{
    struct scope scope;
    if (words->n < 2 || strcmp(words->at[1], "append") != 0 || !take_scope(words, 2, &scope))
        return refuse(fault, "fail append [PARTITION]", words->at[0]);
    world.fail_appends[scope.partition < 0 ? 0 : scope.partition]++;
    return true;
}

/* ---- the workers ---- */

static bool do_move(const struct words *words, struct fault *fault)
{
    int partition = -1;
    if (words->n != 4 || strcmp(words->at[2], "to") != 0 ||
        (strcmp(words->at[1], "all") != 0 &&
         !take_number(words->at[1], world.options.partition_n - 1, &partition)))
        return refuse(fault, "move|give PARTITION|all to WORKER", words->at[0]);
    bool told = words->at[0][0] == 'm'; /* the others hear that they lose it */
    int to = world_worker(words->at[3], true);
    for (int32_t p = 0; p < world.options.partition_n; p++) {
        if (partition >= 0 && p != partition)
            continue;
        for (int w = 0; told && w < world.worker_n; w++)
            if (w != to)
                world_assign(w, p, false);
        world_assign(to, p, true);
    }
    return true;
}

static bool do_worker(const struct words *words, struct fault *fault)
{
    int w = words->n == 2 ? world_worker(words->at[1], false) : -1;
    if (w < 0 || world.workers[w].engine == NULL)
        return refuse(fault, "no worker", words->at[words->n - 1]);
    switch (words->at[0][0]) {
    case 's':
        world.workers[w].suspended = true;
        break;
    case 'r':
        world.workers[w].suspended = false;
        world.workers[w].stirred = true;
        break;
    case 'k':
        world_kill(w);
        break;
    default:
        world_step(w, &(struct event){.type = EV_DRAIN});
        break;
    }
    return true;
}

/* ---- the story ---- */

static bool do_wait(const struct words *words, struct fault *fault)
{
    int64_t ms;
    if (words->n != 2 || !option_duration(words->at[1], &ms) || ms < 0)
        return refuse(fault, "wait DURATION", words->at[words->n - 1]);
    world_wait_ms(ms);
    return true;
}

static bool do_show(const struct words *words, struct fault *fault)
{
    static const char *const names[SHOW_N] = {
        [SHOW_CLAIM] = "claims",   [SHOW_TASKS] = "tasks",   [SHOW_INTENT] = "intents",
        [SHOW_ANSWER] = "answers", [SHOW_SEEN] = "seen",     [SHOW_SHUT] = "shut",
        [SHOW_MARK] = "marks",     [SHOW_REPLY] = "replies", [SHOW_SNAPSHOT] = "snapshots",
        [SHOW_CALL] = "calls",     [SHOW_LOOK] = "looks",    [SHOW_LIST] = "lists",
        [SHOW_PROBE] = "probes",   [SHOW_EVENT] = "events",  [SHOW_NOTE] = "notes",
    };
    for (int i = 1; i < words->n; i++) {
        int kind = 0;
        while (kind < SHOW_N && strcmp(names[kind], words->at[i]) != 0)
            kind++;
        if (kind == SHOW_N)
            return refuse(fault, "cannot be shown", words->at[i]);
        world.shows[kind] = words->at[0][0] == 's';
    }
    return true;
}

static bool do_set(const struct words *words, struct fault *fault)
{
    if (words->n != 3 || !option_set(&world.options, words->at[1], words->at[2]))
        return refuse(fault, "no such option or value", words->at[words->n - 1]);
    return true;
}

static bool do_partitions(const struct words *words, struct fault *fault)
{
    int n;
    if (words->n != 2 || !take_number(words->at[1], PARTITIONS_MAX, &n) || n == 0)
        return refuse(fault, "partitions N", words->at[words->n - 1]);
    world.options.partition_n = n;
    return true;
}

static const struct {
    const char *name;
    bool before; /* stands before whatever happens */
    bool (*run)(const struct words *words, struct fault *fault);
} commands[] = {
    {"set", true, do_set},
    {"partitions", true, do_partitions},
    {"place", true, do_place},
    {"show", true, do_show},
    {"hide", true, do_show},
    {"clock", true, do_clock},
    {"wait", false, do_wait},
    {"request", false, do_request},
    {"cancel", false, do_request},
    {"refuse", false, do_refuse},
    {"redeliver", false, do_redeliver},
    {"answer", false, do_answer},
    {"reads", false, do_reads},
    {"hold", false, do_hold},
    {"release", false, do_hold},
    {"fail", false, do_fail},
    {"move", false, do_move},
    {"give", false, do_move},
    {"suspend", false, do_worker},
    {"resume", false, do_worker},
    {"kill", false, do_worker},
    {"drain", false, do_worker},
};

bool script_run(const char *line, struct fault *fault)
{
    static char copy[LINE_BYTES];
    struct words words;
    (void)snprintf(copy, sizeof copy, "%s", line);
    split(copy, &words);
    if (words.n == 0)
        return true;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, words.at[0]) != 0)
            continue;
        bool setting = strcmp(words.at[0], "set") == 0 || strcmp(words.at[0], "partitions") == 0;
        if (setting && world.begun)
            return refuse(fault, "stands at the beginning of a story", words.at[0]);
        if (!commands[i].before)
            world_begin();
        bool ok = commands[i].run(&words, fault);
        if (ok && world.begun)
            world_settle();
        return ok;
    }
    world_begin();
    bool ok = do_is(&words, fault);
    world_settle();
    return ok;
}
