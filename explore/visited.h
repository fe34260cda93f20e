/*
 * The states that were seen, as hashes, in memory that processes share: one
 * adds, the others may look at the same time and may miss what is being added.
 * It grows up to a limit and allocates no memory that is not used.
 */
#ifndef EXPLORE_VISITED_H
#define EXPLORE_VISITED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct visited; /* begins the shared memory */

/* Room for hashes of so many bytes, at least a few KiB; processes that are
 * forked from now on share it. NULL when the system refuses. */
struct visited *visited_create(uint64_t bytes);
void visited_destroy(struct visited *visited);

bool visited_has(const struct visited *visited, uint64_t hash);

/* False when it was there. There must be room. */
bool visited_add(struct visited *visited, uint64_t hash);

/* Whether so many more can be added as it is; and grow it, while nobody looks,
 * until they can. False when that is more than the limit. */
bool visited_has_room(const struct visited *visited, size_t more);
bool visited_grow(struct visited *visited, size_t more);

size_t visited_count(const struct visited *visited);

/* To a file and back, into one that is empty. False when the file cannot be
 * written, or is no such file, or holds too many. */
bool visited_save(const struct visited *visited, FILE *file);
bool visited_load(struct visited *visited, FILE *file);

#endif
