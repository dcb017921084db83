/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/ecm_request.h"

#include "base/check.h"

static const char content_type[] = "application/json";

void ecm_request_init(struct ecm_request *request)
{
    buf_init(&request->body, ECM_BODY_BYTES_MAX);
    buf_init(&request->headers, ECM_HEADERS_BYTES_MAX);
    tc3_signed_init(&request->made);
}

void ecm_request_release(struct ecm_request *request)
{
    buf_release(&request->body);
    buf_release_secret(&request->headers);
    tc3_signed_release(&request->made);
}

const char *ecm_action_name(enum call_action action)
{
    static const char *const names[CALL_ACTION_N] = {
        [CALL_REBOOT] = "RebootInstances",
        [CALL_DESCRIBE] = "DescribeInstances",
        [CALL_DENIED] = "DescribeInstancesDeniedActions",
    };
    PRE(action >= CALL_REBOOT && action < CALL_ACTION_N);
    return names[action];
}

/* No escaping anywhere below: what would need it is refused. */
static bool is_plain(struct view text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] <= 0x20 || text.p[i] >= 0x7f || text.p[i] == '"' || text.p[i] == '\\')
            return false;
    return text.n > 0;
}

static enum err append_ids(const struct call *call, struct buf *out, struct fault *fault)
{
    enum err err = buf_append_text(out, "[");
    for (uint32_t i = 0; i < call->instance_n && err == ERR_OK; i++) {
        struct view id = call->instance_ids[i];
        if (!is_plain(id) || id.n > INSTANCE_ID_BYTES_MAX)
            return fault_set(fault, ERR_INVALID, "call: instance ID %u is malformed", i);
        err = buf_append_format(out, "%s\"%.*s\"", i > 0 ? "," : "", VIEW_FMT(id));
    }
    return err == ERR_OK ? buf_append_text(out, "]") : err;
}

/* "Use exactly one of the two": the sibling product CVM refuses StopType together with ForceReboot.
 */
static const char *kind_text(enum reboot_kind kind)
{
    switch (kind) {
    case REBOOT_SOFT:
        return "";
    case REBOOT_SOFT_FIRST:
        return ",\"StopType\":\"SOFT_FIRST\"";
    case REBOOT_HARD:
        return ",\"StopType\":\"HARD\"";
    case REBOOT_FORCE:
        return ",\"ForceReboot\":true";
    }
    UNREACHABLE();
}

static enum err write_reboot(const struct call *call, struct buf *out, struct fault *fault)
{
    enum err err = buf_append_text(out, "{\"InstanceIdSet\":");
    if (err == ERR_OK)
        err = append_ids(call, out, fault);
    if (err == ERR_OK && call->action == CALL_REBOOT)
        err = buf_append_text(out, kind_text(call->kind));
    return err == ERR_OK ? buf_append_text(out, "}") : err;
}

/* ECM has no list of IDs here, unlike CVM: a filter of at most five values. */
static enum err write_look(const struct call *call, struct buf *out, struct fault *fault)
{
    enum err err = buf_append_text(out, "{\"Filters\":[{\"Name\":\"instance-id\",\"Values\":");
    if (err == ERR_OK)
        err = append_ids(call, out, fault);
    return err == ERR_OK ? buf_append_format(out, "}],\"Limit\":%d}", CALL_PAGE_MAX) : err;
}

static enum err append_states(const struct call *call, struct buf *out)
{
    enum err err = buf_append_text(out, "\"Filters\":[{\"Name\":\"instance-state\",\"Values\":[");
    for (uint32_t i = 0; i < call->state_n && err == ERR_OK; i++) {
        PRE(call->states[i] != INSTANCE_OTHER);
        err = buf_append_format(out, "%s\"%s\"", i > 0 ? "," : "",
                                instance_state_name(call->states[i]));
    }
    return err == ERR_OK ? buf_append_text(out, "]}],") : err;
}

/* Oldest first: with the default, newest first, every creation shifts the pages. */
static enum err write_list(const struct call *call, struct buf *out)
{
    enum err err = buf_append_text(out, "{");
    if (err == ERR_OK && call->state_n > 0)
        err = append_states(call, out);
    if (err == ERR_OK)
        err = buf_append_format(out,
                                "\"Offset\":%lld,\"Limit\":%d,\"OrderByField\":\"timestamp\","
                                "\"OrderDirection\":1}",
                                (long long)call->offset, CALL_PAGE_MAX);
    return err;
}

enum err ecm_body_write(const struct call *call, struct buf *out, struct fault *fault)
{
    bool looks = call->action == CALL_DESCRIBE;
    uint32_t ids_max = looks ? CALL_FILTER_VALUES_MAX : CALL_REBOOT_INSTANCES_MAX;
    if (call->instance_n > ids_max || (!looks && call->instance_n == 0))
        return fault_set(fault, ERR_INVALID, "call: %s takes up to %u instances, not %u",
                         ecm_action_name(call->action), ids_max, call->instance_n);
    if (looks && call->state_n > CALL_FILTER_VALUES_MAX)
        return fault_set(fault, ERR_INVALID, "call: a filter takes up to %d values, not %u",
                         CALL_FILTER_VALUES_MAX, call->state_n);
    size_t before = out->n;
    enum err err = ERR_OK;
    if (!looks)
        err = write_reboot(call, out, fault);
    else if (call->instance_n > 0)
        err = write_look(call, out, fault);
    else
        err = write_list(call, out);
    if (err == ERR_LIMIT)
        (void)fault_set(fault, err, "call: the body is too long");
    if (err != ERR_OK && out->p != NULL) {
        out->n = before;
        out->p[before] = '\0';
    }
    return err;
}

static enum err append_header(struct buf *headers, const char *name, struct view value)
{
    enum err err = buf_append_format(headers, "%s: %.*s", name, VIEW_FMT(value));
    return err == ERR_OK ? buf_append(headers, "", 1) : err;
}

static bool is_header_value(struct view value)
{
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] < 0x20 || value.p[i] >= 0x7f)
            return false;
    return true;
}

struct line {
    const char *name;
    struct view value;
    bool sent;
};

static enum err append_headers(const struct line *lines, size_t line_n, struct buf *headers,
                               struct fault *fault)
{
    for (size_t i = 0; i < line_n; i++) {
        if (!lines[i].sent)
            continue;
        if (!is_header_value(lines[i].value))
            return fault_set(fault, ERR_INVALID, "call: the header %s is malformed", lines[i].name);
        if (append_header(headers, lines[i].name, lines[i].value) != ERR_OK)
            return fault_set(fault, ERR_LIMIT, "call: the headers are too long");
    }
    return ERR_OK;
}

static enum err sign(const struct ecm_options *options, const struct call *call,
                     const struct credentials *credentials, struct ecm_request *request,
                     struct fault *fault)
{
    const struct tc3_header headers[] = {
        {VIEW_LIT("content-type"), view_of(content_type)},
        {VIEW_LIT("host"), options->host},
        {VIEW_LIT("x-tc-action"), view_of(ecm_action_name(call->action))},
    };
    const struct tc3_input input = {
        .method = VIEW_LIT("POST"),
        .body = buf_view(&request->body),
        .service = options->service,
        .time_s = call->sign_s,
        .headers = headers,
        .header_n = sizeof headers / sizeof headers[0],
    };
    return tc3_sign(&input, credentials, &request->made, fault);
}

enum err ecm_request_write(const struct ecm_options *options, const struct call *call,
                           const struct credentials *credentials, struct ecm_request *request,
                           struct fault *fault)
{
    buf_clear(&request->body);
    buf_clear(&request->headers);
    enum err err = ecm_body_write(call, &request->body, fault);
    if (err == ERR_OK)
        err = sign(options, call, credentials, request, fault);
    if (err != ERR_OK)
        return err;
    struct buf time;
    buf_init(&time, 32);
    err = buf_append_format(&time, "%lld", (long long)call->sign_s);
    const struct line lines[] = {
        {"Host", options->host, true},
        {"Content-Type", view_of(content_type), true},
        {"X-TC-Action", view_of(ecm_action_name(call->action)), true},
        {"X-TC-Version", options->version, true},
        {"X-TC-Timestamp", buf_view(&time), true},
        {"X-TC-Region", call->region, options->send_region && call->region.n > 0},
        {"X-TC-Language", options->language, options->language.n > 0},
        {"X-TC-RequestClient", VIEW_LIT("reboot-worker_" REBOOT_WORKER_VERSION), true},
        {"X-TC-Token", credentials->token, credentials->token.n > 0},
        {"Authorization", buf_view(&request->made.authorization), true},
    };
    if (err == ERR_OK)
        err = append_headers(lines, sizeof lines / sizeof lines[0], &request->headers, fault);
    buf_release(&time);
    return err;
}
