/* An exploration in a file, to be gone on with by the same program later. */
#ifndef EXPLORE_SAVED_H
#define EXPLORE_SAVED_H

#include "explore/explore.h"
#include "explore/frontier.h"
#include "explore/visited.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct saved_exploration {
    uint64_t identity; /* of what is explored: the file must have the same */
    struct exploration_counts *counts;
    struct visited *visited;
    struct frontier *now;
    struct frontier *next;
};

enum saved_result {
    SAVED_LOADED,
    SAVED_NOTHING, /* there is no such file */
    SAVED_REFUSED, /* it is not one of this exploration: see why */
};

/* A number that two explorations share when one may go on with the other's
 * states: their platform, domain and folding are the same. */
uint64_t saved_identity(const struct exploration *exploration);

/* On SAVED_LOADED the frontiers are created. */
enum saved_result saved_load(struct saved_exploration *saved, const char *path,
                             char *why, size_t why_size);

/* The file is replaced only when all is written. Empties the frontiers. */
bool saved_write(struct saved_exploration *saved, const char *path, char *why,
                 size_t why_size);

#endif
