/*
 * States that are still to be expanded, to which the ways are of one length, in
 * a file without a name: as many as the disk holds, in memory that does not
 * grow.
 */
#ifndef EXPLORE_FRONTIER_H
#define EXPLORE_FRONTIER_H

#include "explore/expansion.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct frontier {
    FILE *file;
    uint16_t length;  /* of every way */
    size_t renamings; /* under which hashes are known */
    uint64_t count;   /* added in all */
    uint64_t taken;   /* of these */
};

/* Empty. False with errno when there is no room for temporary files. */
bool frontier_create(struct frontier *frontier, uint16_t length,
                     size_t renamings);
void frontier_destroy(struct frontier *frontier);

/* All are added before the first is taken. False with errno when the disk is
 * full or broken. */
bool frontier_add(struct frontier *frontier, const struct found_state *state);

/* The next ones in the order in which they were added; fewer than `most` when
 * there are no more. False with errno as above. */
bool frontier_take(struct frontier *frontier, struct found_state *states,
                   size_t most, size_t *taken);

/* All that were not taken, to a file and back. */
bool frontier_save(struct frontier *frontier, FILE *file);
bool frontier_load(struct frontier *frontier, FILE *file);

#endif
