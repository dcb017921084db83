/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of wire/request share. A record is undressed (request_dress.c), its JSON parsed
 * (request_json.c), the fields are taken (request_fields.c), and tasks made of them (request.c).
 */
#ifndef WORKER_WIRE_REQUEST_IMPL_H
#define WORKER_WIRE_REQUEST_IMPL_H

#include "wire/request.h"

/* The first refusal counts. Always false. */
bool request_refuse(struct request_reading *reading, enum refusal refusal, const char *message);

/* The request's object, or NULL and the reading is refused. Also finds the event's id, its
 * expirytime and the trace context. */
struct json_t *request_undress(const struct request_record *record,
                               struct request_reading *reading);

/* One JSON object and nothing behind it, the caller's; or NULL and the reading is refused. */
struct json_t *request_parse(struct request_reading *reading, struct view text);

/* Takes the fields of the object; the first that breaks its rule is in the fault and in field_out.
 * All the others are taken all the same. */
MUST_USE enum err request_fields_read(const struct json_t *object, struct request_fields *fields,
                                      const char **field_out, struct fault *fault);
/* 1 to 128 of [A-Za-z0-9._:/-]. */
bool request_id_fits(struct view text);

#endif
