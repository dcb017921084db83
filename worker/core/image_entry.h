/* SPDX-License-Identifier: Apache-2.0
 *
 * An entry becomes an image (core/image.h), and an image an entry.
 */
#ifndef WORKER_CORE_IMAGE_ENTRY_H
#define WORKER_CORE_IMAGE_ENTRY_H

#include <stdbool.h>
#include <stddef.h>

#include "core/image.h"
#include "core/table.h"

/* Adds the entry's image to the room, its views pointing into the entry; false: no room is left,
 * and nothing was added. An empty room has room for any entry whose limits the configuration
 * allows. */
bool image_take(const struct entry *entry, struct image_room *room);
/* About how many bytes the image takes in a record. */
size_t image_bytes(const struct image *image);
/* Makes the entry that the image shows; the table has none of that instance. */
struct entry *image_restore(struct table *table, const struct image *image);

#endif
