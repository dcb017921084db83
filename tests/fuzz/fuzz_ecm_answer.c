/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers of the API from any bytes: the first byte chooses the action and the status, the rest is
 * the body. Whatever comes, there is an answer within its limits. */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "wire/ecm_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const long statuses[] = {200, 502};
    struct ecm_reading reading;
    struct answer answer;
    if (size == 0)
        return 0;
    struct view body = {(const char *)data + 1, size - 1};
    struct ecm_reply reply = {
        .status = statuses[data[0] / 3 % 2],
        .body = body,
        .date = {body.p, body.n < 29 ? body.n : 29},
    };
    ecm_reading_init(&reading);
    ecm_answer_read(data[0] % 3, &reply, &reading, &answer);
    CHECK(answer.kind == ANSWER_API || answer.kind == ANSWER_UNREADABLE);
    CHECK(answer.kind == ANSWER_API || answer.code.n > 0);
    CHECK(answer.code.n <= ECM_CODE_BYTES_MAX);
    CHECK(answer.message.n <= ECM_MESSAGE_BYTES_MAX);
    for (uint32_t i = 0; i < answer.sighting_n; i++)
        CHECK(answer.sightings[i].instance_id.n > 0);
    for (uint32_t i = 0; i < answer.denial_n; i++)
        CHECK(answer.denials[i].instance_id.n > 0);
    ecm_reading_release(&reading);
    return 0;
}
