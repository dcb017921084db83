/* SPDX-License-Identifier: Apache-2.0
 *
 * The wording of refusals, one row a code. The shapes (IDs as a list in backticks, several lines
 * from CAM) are those seen from the sibling product CVM.
 */
#include "messages.h"

#include "base/bytes.h"

#include <string.h>

struct wording {
    const char *code;
    const char *before; /* the list of IDs */
    const char *after;
    const char *plain;
    const char *chinese; /* before the list; the rest is chinese_after */
    const char *chinese_after;
};

static const struct wording wordings[] = {
    {"OperationDenied.InstanceOperationInProgress", "The instance ",
     " already has operation in progress. Please try again later.",
     "The current operation is not allowed.", "实例", "操作进行中，请等待"},
    {"ResourceUnavailable.InstanceNotRunning", "The request does not support the instances ",
     " which are not running.", "The instance is not running.", "实例", "未处于运行中状态"},
    {"ResourceNotFound.InstanceNotExist", "The instance ", " does not exist.",
     "The instance is invalid.", "实例", "不存在"},
    {"InvalidParameterValue.InvalidInstanceID", "The instance ID ", " is invalid.",
     "The instance ID is invalid.", "实例ID", "不合法"},
    {"UnauthorizedOperation.ForbiddenOperation",
     "You are not authorized to perform this operation on ", ". Check your CAM policies.",
     "You don't have the permission to perform this operation.", "您没有操作实例", "的权限"},
    {"FailedOperation.OperationNotAllow", "The current operation on ", " is not allowed.",
     "The current operation is not allowed.", "实例", "不允许当前操作"},
};

static const struct wording other = {
    "", "The operation on ", " failed.", "The operation failed.", "实例", "操作失败"};

static const struct wording *wording_of(const char *code)
{
    for (size_t i = 0; i < sizeof wordings / sizeof wordings[0]; i++) {
        if (strcmp(wordings[i].code, code) == 0)
            return &wordings[i];
    }
    return &other;
}

bool message_style_of(const char *name, enum message_style *out)
{
    static const char *const names[] = {"names", "none", "chinese", "multi-line"};
    for (int i = 0; i < 4; i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (enum message_style)i;
            return true;
        }
    }
    return false;
}

/* `['a', 'b']` with its backticks; what does not fit is cut. */
static void list_ids(char *out, size_t out_max, const char *const *ids, size_t ids_n)
{
    size_t used = (size_t)snprintf(out, out_max, "`[");
    for (size_t i = 0; i < ids_n && used + 80 < out_max; i++)
        used += (size_t)snprintf(out + used, out_max - used, "%s'%.64s'", i ? ", " : "", ids[i]);
    snprintf(out + used, out_max - used, "]`");
}

bool message_refuse(struct api_error *error, enum message_style style, const char *code,
                    const char *const *ids, size_t ids_n)
{
    char list[8192];
    const struct wording *w = wording_of(code);
    list_ids(list, sizeof list, ids, ids_n);
    switch (style) {
    case STYLE_NAMES:
        return api_refuse(error, code, "%s%s%s", w->before, list, w->after);
    case STYLE_NONE:
        return api_refuse(error, code, "%s", w->plain);
    case STYLE_CHINESE:
        return api_refuse(error, code, "%s%s%s", w->chinese, list, w->chinese_after);
    case STYLE_MULTI_LINE:
        return api_refuse(error, code,
                          "%s [request refused]\nresource "
                          "(qcs::ecm::uin/100000000001:instance/%.64s) and %zu more\n%s",
                          w->plain, ids_n ? ids[0] : "", ids_n ? ids_n - 1 : 0, list);
    }
    return false;
}
