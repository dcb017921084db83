/* SPDX-License-Identifier: Apache-2.0 */
#include "core/task.h"

const char *reboot_kind_name(enum reboot_kind kind)
{
    static const char *const names[REBOOT_KIND_N] = {
        [REBOOT_SOFT] = "SOFT",
        [REBOOT_SOFT_FIRST] = "SOFT_FIRST",
        [REBOOT_HARD] = "HARD",
        [REBOOT_FORCE] = "FORCE",
    };
    return names[kind];
}
