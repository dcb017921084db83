/* SPDX-License-Identifier: Apache-2.0
 *
 * Images of entries (core/image.h) to and from bytes: the inside of RECORD_IMAGE.
 */
#ifndef WORKER_WIRE_IMAGE_CODEC_H
#define WORKER_WIRE_IMAGE_CODEC_H

#include "core/image.h"
#include "wire/visit.h"

/* Writes the images, or reads them into the room and lets *images point there. */
void visit_images(struct visit *visit, const struct image **images, uint32_t *image_n,
                  struct image_room *room);

#endif
