/* SPDX-License-Identifier: Apache-2.0
 *
 * The simulator's own endpoints. Unsigned: whoever reaches the port may use them.
 */
#include "control.h"

#include "clock.h"
#include "fleet_json.h"
#include "params.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

static void answer_json(struct answer *answer, unsigned status, json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    CHECK(text != NULL);
    answer->status = status;
    answer->content_type = "application/json";
    CHECK(buf_append_format(&answer->body, "%s\n", text) == ERR_OK);
    free(text);
    json_decref(json);
}

static void answer_error(struct answer *answer, unsigned status, const char *text)
{
    answer_json(answer, status, json_pack("{ss}", "error", text));
}

static json_t *body_of(const struct request *request)
{
    return request->body.n ? json_loadb(request->body.p, request->body.n, 0, NULL) : NULL;
}

static bool is_method(const struct request *request, const char *method)
{
    return strcmp(request->method, method) == 0;
}

static void answer_log(struct sim *sim, const struct request *request, struct answer *answer)
{
    char from[24] = "0";
    (void)query_value(request->query, "from", from, sizeof from);
    answer->status = 200;
    answer->content_type = "application/x-ndjson";
    if (log_print(&sim->log, strtoul(from, NULL, 10), &answer->body) != ERR_OK) {
        buf_clear(&answer->body);
        answer_error(answer, 507, "too much at once: use ?from=N");
    }
}

static void answer_faults(struct sim *sim, const struct request *request, struct answer *answer)
{
    struct fault why;
    if (is_method(request, "DELETE"))
        faults_clear(&sim->faults);
    if (is_method(request, "POST")) {
        json_t *json = body_of(request);
        enum err err = json ? faults_add(&sim->faults, json, &why)
                            : fault_set(&why, ERR_INVALID, "the body is not JSON");
        json_decref(json);
        if (err != ERR_OK) {
            answer_error(answer, 400, why.text);
            return;
        }
    }
    answer_json(answer, 200, faults_to_json(&sim->faults));
}

/* All, or those of ?id=, or those in ?state=. */
static void list_instances(struct sim *sim, const struct request *request, struct answer *answer)
{
    char id[80] = "";
    char state[32] = "";
    (void)query_value(request->query, "id", id, sizeof id);
    (void)query_value(request->query, "state", state, sizeof state);
    json_t *out = json_array();
    size_t only = id[0] ? fleet_find(&sim->fleet, id) : INSTANCE_NONE;
    for (size_t i = 0; i < sim->fleet.n; i++) {
        const char *has = state_name((enum state)sim->fleet.at[i]->state);
        if ((!id[0] || i == only) && (!state[0] || strcmp(state, has) == 0))
            json_array_append_new(out, fleet_to_json(&sim->fleet, i));
    }
    answer_json(answer, 200, out);
}

static void answer_instances(struct sim *sim, const struct request *request, struct answer *answer)
{
    struct fault why;
    if (!is_method(request, "POST")) {
        list_instances(sim, request, answer);
        return;
    }
    json_t *json = body_of(request);
    enum err err = json ? fleet_change(&sim->fleet, json, request->arrived_ms / 1000, &why)
                        : fault_set(&why, ERR_INVALID, "the body is not JSON");
    json_decref(json);
    if (err != ERR_OK)
        answer_error(answer, 400, why.text);
    else
        answer_json(answer, 200, json_pack("{sI}", "instances", (json_int_t)sim->fleet.n));
}

static void answer_stats(struct sim *sim, const struct request *request, struct answer *answer)
{
    (void)request;
    json_t *out = log_stats(&sim->log);
    json_t *states = json_object();
    size_t repeated_n = 0;
    for (int s = 0; s < STATE_N; s++)
        json_object_set_new(states, state_name((enum state)s),
                            json_integer((json_int_t)sim->fleet.state_n[s]));
    for (size_t i = 0; i < sim->fleet.n; i++)
        repeated_n += sim->fleet.at[i]->reboots_n > 1;
    CHECK(out && json_object_set_new(out, "states", states) == 0);
    CHECK(json_object_set_new(out, "rebootedMoreThanOnce", json_integer((json_int_t)repeated_n)) ==
          0);
    CHECK(json_object_set_new(out, "uptimeMs", json_integer(clock_mono_ms() - sim->started_ms)) ==
          0);
    answer_json(answer, 200, out);
}

static const struct {
    const char *path;
    void (*answer)(struct sim *sim, const struct request *request, struct answer *answer);
} endpoints[] = {
    {"/_sim/log", answer_log},
    {"/_sim/faults", answer_faults},
    {"/_sim/instances", answer_instances},
    {"/_sim/stats", answer_stats},
};

void control_answer(struct sim *sim, const struct request *request, struct answer *answer)
{
    for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++) {
        if (strcmp(endpoints[i].path, request->path) == 0) {
            endpoints[i].answer(sim, request, answer);
            return;
        }
    }
    answer_error(answer, 404, "no such endpoint");
}
