/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record.h"

#include "base/check.h"

const char *record_kind_name(enum record_kind kind)
{
    static const char *const names[] = {
        [RECORD_CLAIM] = "claim",   [RECORD_TASKS] = "tasks", [RECORD_INTENT] = "intent",
        [RECORD_ANSWER] = "answer", [RECORD_SEEN] = "seen",   [RECORD_SHUT] = "shut",
        [RECORD_MARK] = "mark",     [RECORD_BEGIN] = "begin", [RECORD_IMAGE] = "image",
        [RECORD_END] = "end",       [RECORD_REPLY] = "reply",
    };
    PRE(kind >= RECORD_CLAIM && kind <= RECORD_REPLY);
    return names[kind];
}
