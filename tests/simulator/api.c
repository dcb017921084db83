/* SPDX-License-Identifier: Apache-2.0
 *
 * The API's front. The order of the checks: method, common parameters, signature, rate, version,
 * action, parameters, action. Faults come between rate and version, so they hit calls that were
 * properly signed and within the limit.
 */
#include "api.h"

#include "clock.h"
#include "tc3_verify.h"
#include "v1_verify.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

#define SERVICE "ecm"
#define VERSION "2019-07-19"

#define FORM_TYPE "application/x-www-form-urlencoded"

#define GET_BYTES_MAX        (32u << 10)
#define V1_BYTES_MAX         (1u << 20)
#define API_ANSWER_BYTES_MAX (50u << 20)

static const struct action {
    const char *name;
    const struct param_specs *params;
    api_action_fn *run;
} actions[] = {
    {"RebootInstances", &reboot_params, reboot_instances},
    {"DescribeInstances", &describe_params, describe_instances},
    {"DescribeInstancesDeniedActions", &denied_params, describe_denied_actions},
};

struct front {
    const struct request *request;
    char action[64];
    char version[32];
    char host[256];
    bool is_get;
    bool is_v1;       /* the older signature: everything in a query or form */
    const char *form; /* parameters as name=value, NULL: the body is JSON */
};

struct logged_call *api_logged(const struct api_call *call)
{
    return &call->sim->log.at[call->logged];
}

static void common_value(const struct front *front, const char *header, const char *name, char *out,
                         size_t out_max)
{
    const char *value = request_header(front->request, header);
    if (value && strlen(value) < out_max)
        memcpy(out, value, strlen(value) + 1);
    else if (front->form)
        (void)query_value(front->form, name, out, out_max);
}

static void front_read(struct front *front, const struct request *request)
{
    *front = (struct front){.request = request, .is_get = strcmp(request->method, "GET") == 0};
    const char *host = request_header(request, "Host");
    const char *type = request_header(request, "Content-Type");
    bool signs_itself = request_header(request, "Authorization") != NULL;
    snprintf(front->host, sizeof front->host, "%s", host ? host : "");
    if (front->is_get)
        front->form = request->query;
    else if (!signs_itself && type && strncasecmp(type, FORM_TYPE, strlen(FORM_TYPE)) == 0)
        front->form = request->body.n ? request->body.p : "";
    front->is_v1 = !signs_itself && front->form && strstr(front->form, "SecretId=");
    common_value(front, "X-TC-Action", "Action", front->action, sizeof front->action);
    common_value(front, "X-TC-Version", "Version", front->version, sizeof front->version);
}

static bool missing_common(struct api_error *error, const char *name)
{
    return api_refuse(error, "MissingParameter",
                      "The request header is missing a required common parameter `%s`.", name);
}

static bool check_content_type(const struct front *front, struct api_error *error)
{
    const char *type = request_header(front->request, "Content-Type");
    const char *wanted = front->is_get ? FORM_TYPE : "application/json";
    size_t n = strlen(wanted);
    if (front->is_v1)
        return true;
    if (!type)
        return missing_common(error, "Content-Type");
    return (strncasecmp(type, wanted, n) == 0 && (type[n] == '\0' || strchr("; ", type[n]))) ||
           api_refuse(error, "InvalidRequest", "The Content-Type of a %s request must be %s.",
                      front->request->method, wanted);
}

static bool check_common(const struct front *front, struct api_error *error)
{
    const struct request *request = front->request;
    const char *language = request_header(request, "X-TC-Language");
    if (!front->is_get && strcmp(request->method, "POST") != 0)
        return api_refuse(error, "UnsupportedProtocol",
                          "The protocol or method is not supported: only GET and POST are.");
    if (request->too_large || (front->is_get && strlen(request->query) > GET_BYTES_MAX) ||
        (front->is_v1 && request->body.n > V1_BYTES_MAX))
        return api_refuse(error, "RequestSizeLimitExceeded",
                          "The request size exceeds the upper limit.");
    if (front->action[0] == '\0')
        return missing_common(error, "X-TC-Action");
    if (front->version[0] == '\0')
        return missing_common(error, "X-TC-Version");
    if (language && strcmp(language, "zh-CN") != 0 && strcmp(language, "en-US") != 0)
        return api_refuse(error, "InvalidParameterValue",
                          "A value specified in `X-TC-Language` is not valid, is unsupported, or "
                          "cannot be used.");
    return check_content_type(front, error);
}

static bool throttled(struct api_error *error, uint64_t n, uint64_t limit)
{
    return api_refuse(error, "RequestLimitExceeded",
                      "Your current request times equals to `%llu` in a second, which exceeds the "
                      "frequency limit `%llu` for a second. Please reduce the frequency of calls.",
                      (unsigned long long)n, (unsigned long long)limit);
}

static bool check_rate(struct sim *sim, const struct front *front, struct api_error *error)
{
    uint64_t limit = sim->options.rate_limit;
    int64_t second = (front->request->arrived_ms + sim->options.clock_offset_ms) / 1000;
    uint64_t n = rate_count(&sim->rate, front->action, front->host, second);
    return limit == 0 || n <= limit || throttled(error, n, limit);
}

static bool check_front(struct sim *sim, const struct front *front, struct api_error *error)
{
    struct tc3_rules rules = {.service = SERVICE,
                              .secret_id = sim->options.secret_id,
                              .secret_key = sim->options.secret_key,
                              .token = sim->options.token,
                              .life_ms = sim->options.signature_life_ms,
                              .now_ms = front->request->arrived_ms + sim->options.clock_offset_ms};
    bool ok = check_common(front, error) &&
              (front->is_v1 ? v1_verify(front->request, front->form, &rules, error)
                            : tc3_verify(front->request, &rules, error));
    return ok && check_rate(sim, front, error);
}

static const struct action *action_of(const char *name)
{
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    }
    return NULL;
}

static const struct action *find_action(const struct front *front, struct api_error *error)
{
    const struct action *action = action_of(front->action);
    if (strcmp(front->version, VERSION) != 0) {
        api_refuse(error, "NoSuchVersion", "The version `%s` does not exist.", front->version);
        return NULL;
    }
    if (!action)
        api_refuse(error, "InvalidAction", "The request action=`%s` is invalid.", front->action);
    return action;
}

static void run_action(struct api_call *call, const struct front *front, json_t *params,
                       const struct api_error *params_error)
{
    const struct action *action = find_action(front, &call->error);
    if (!action)
        return;
    if (!params) {
        call->error = *params_error;
        return;
    }
    if (params_check(params, *action->params, front->form != NULL, &call->error))
        (void)action->run(call);
}

/* An error of the fault's own making. */
static void refuse_by_fault(struct api_call *call, const char *code, const char *message)
{
    const struct api_fault *fault = call->fault;
    api_refuse(&call->error, fault->code ? fault->code : code, "%s",
               fault->message ? fault->message : message);
}

static void run_late(struct api_call *call, const struct front *front, json_t *params)
{
    const struct action *action = action_of(front->action);
    bool fits = action && action->run == reboot_instances && params &&
                params_check(params, *action->params, front->form != NULL, &call->error);
    if (fits)
        reboot_later(call, call->fault->delay_ms);
}

static void spoil_http(struct api_call *call, struct answer *answer)
{
    long status = call->fault->code ? strtol(call->fault->code, NULL, 10) : 502;
    answer->status = status >= 500 && status <= 599 ? (unsigned)status : 502;
    answer->content_type = "text/html";
    api_refuse(&call->error, "HttpStatus", "%s", "");
    snprintf(call->error.code, sizeof call->error.code, "HttpStatus.%u", answer->status);
    CHECK(buf_append_format(&answer->body,
                            "<html>\r\n<head><title>%u Bad Gateway</title></head>\r\n<body>"
                            "<center><h1>%u</h1></center></body>\r\n</html>\r\n",
                            answer->status, answer->status) == ERR_OK);
}

/* Faults that keep the action from running; true if this was one. */
static bool fault_before(struct api_call *call, const struct front *front, json_t *params,
                         struct answer *answer)
{
    switch (call->fault->kind) {
    case FAULT_LOST_BEFORE:
        answer->wire = WIRE_CLOSE;
        return true;
    case FAULT_RESET_BEFORE:
        answer->wire = WIRE_RESET;
        return true;
    case FAULT_LATE_EFFECT:
        answer->wire = WIRE_CLOSE;
        answer->delay_ms = 0;
        run_late(call, front, params);
        return true;
    case FAULT_HTTP_BEFORE:
        spoil_http(call, answer);
        return true;
    case FAULT_THROTTLE:
        throttled(&call->error, call->sim->options.rate_limit + 1, call->sim->options.rate_limit);
        if (call->fault->code || call->fault->message)
            refuse_by_fault(call, "RequestLimitExceeded", "Request limit exceeded.");
        return true;
    case FAULT_INTERNAL_BEFORE:
        refuse_by_fault(call, "InternalError",
                        "An internal error has occurred. Retry your "
                        "request.");
        return true;
    case FAULT_CODE:
        refuse_by_fault(call, "", "The operation failed.");
        return true;
    default: /* style: the other kinds come after the action or belong to instances */
        return false;
    }
}

/* Faults that spoil the answer to what was done. */
static void fault_after(struct api_call *call, struct answer *answer)
{
    bool done = call->error.code[0] == '\0';
    switch (call->fault->kind) {
    case FAULT_LOST_AFTER:
        answer->wire = WIRE_CLOSE;
        break;
    case FAULT_RESET_AFTER:
        answer->wire = WIRE_RESET;
        break;
    case FAULT_HTTP_AFTER:
        spoil_http(call, answer);
        break;
    case FAULT_TRUNCATED_BODY:
        answer->wire = WIRE_TRUNCATED;
        break;
    case FAULT_INTERNAL_AFTER:
        if (done)
            refuse_by_fault(call, "InternalError",
                            "An internal error has occurred. Retry your request.");
        break;
    case FAULT_PARTIAL_EFFECT:
        if (done)
            refuse_by_fault(call, "FailedOperation.InternalOperationFailure", "Internal error.");
        break;
    default: /* style: as in fault_before */
        break;
    }
}

static void new_request_id(struct random *random, char out[40])
{
    uint64_t a = random_next(random);
    uint64_t b = random_next(random);
    snprintf(out, 40, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32),
             (unsigned)(a >> 16) & 0xffff, (unsigned)a & 0xfff,
             0x8000u | ((unsigned)(b >> 48) & 0x3fff), (unsigned long long)(b & 0xffffffffffff));
}

static void write_body(const struct api_call *call, const char *request_id, struct answer *answer)
{
    const struct api_fault *fault = call->fault;
    if (answer->body.n > 0 || answer->wire == WIRE_CLOSE || answer->wire == WIRE_RESET)
        return;
    if (fault && fault->kind == FAULT_BROKEN_BODY) {
        CHECK(buf_append_text(&answer->body, "{\"Response\":{\"RequestId\":\"}<") == ERR_OK);
        return;
    }
    struct buf *out = &answer->body;
    CHECK(buf_append_text(out, "{\"Response\":{") == ERR_OK);
    if (call->error.code[0]) {
        json_t *error =
            json_pack("{ss ss}", "Code", call->error.code, "Message", call->error.message);
        /* A cut or foreign message that is no UTF-8 any more: the code alone. */
        if (!error)
            error = json_pack("{ss ss}", "Code", call->error.code, "Message", "");
        char *text = error ? json_dumps(error, JSON_COMPACT) : NULL;
        CHECK(text != NULL);
        CHECK(buf_append_format(out, "\"Error\":%s,", text) == ERR_OK);
        free(text);
        json_decref(error);
    } else {
        CHECK(buf_append_view(out, buf_view(call->out)) == ERR_OK);
    }
    CHECK(buf_append_format(out, "\"RequestId\":\"%s\"}}", request_id) == ERR_OK);
}

static void run_with_faults(struct api_call *call, const struct front *front, json_t *params,
                            const struct api_error *params_error, struct answer *answer)
{
    struct sim *sim = call->sim;
    const json_t *ids = json_object_get(params, "InstanceIdSet");
    faults_begin_call(&sim->faults);
    const struct api_fault *delay = faults_of_call(&sim->faults, front->action, ids, SCOPE_DELAY);
    const struct api_fault *style = faults_of_call(&sim->faults, front->action, ids, SCOPE_STYLE);
    call->fault = faults_of_call(&sim->faults, front->action, ids, SCOPE_CALL);
    if (style)
        (void)message_style_of(style->message, &call->style);
    const struct api_fault *shown = call->fault ? call->fault : delay;
    if (shown)
        api_logged(call)->fault = fault_kind_name(shown->kind);
    answer->delay_ms = (delay ? delay->delay_ms : 0) + (call->fault ? call->fault->delay_ms : 0);
    if (call->fault && fault_before(call, front, params, answer))
        return;
    call->half = call->fault && call->fault->kind == FAULT_PARTIAL_EFFECT;
    run_action(call, front, params, params_error);
    if (call->fault)
        fault_after(call, answer);
}

void api_answer(struct sim *sim, const struct request *request, struct answer *answer)
{
    struct front front;
    struct buf out;
    struct api_error params_error = {.code = ""};
    front_read(&front, request);
    buf_init(&out, API_ANSWER_BYTES_MAX);
    json_t *params = front.form ? params_from_query(front.form, &params_error)
                                : params_from_body(request->body, &params_error);
    struct api_call call = {.sim = sim,
                            .action = front.action,
                            .params = params,
                            .logged =
                                log_add(&sim->log, request->arrived_ms, front.action, front.host),
                            .out = &out,
                            .style = sim->options.style,
                            .partial = sim->options.partial};
    struct logged_call *logged = api_logged(&call);
    log_params(logged, params);
    new_request_id(&sim->random, logged->request_id);
    answer->status = 200;
    answer->content_type = "application/json";
    answer->call = call.logged;
    if (check_front(sim, &front, &call.error))
        run_with_faults(&call, &front, params, &params_error, answer);
    write_body(&call, logged->request_id, answer);
    snprintf(logged->code, sizeof logged->code, "%s", call.error.code);
    logged->status =
        answer->wire == WIRE_WHOLE || answer->wire == WIRE_TRUNCATED ? answer->status : 0;
    logged->answered = answer->wire == WIRE_WHOLE && answer->delay_ms == 0;
    json_decref(params);
    buf_release(&out);
}
