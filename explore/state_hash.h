/*
 * A state of the specification as one number, kept up to date from what each
 * step changes. What only grows is left out (values that the data oracle gave,
 * tables taken), and of a page's content all but whether it is known. A state
 * that is all as at boot has the hash 0.
 *
 * States that differ by a renaming only (explore/renaming.h) have the same
 * folded hash: the least of the hashes under each renaming.
 *
 * Two states have the same hash by accident with a probability of 2^-64: among
 * ten million states any two do with one of three in a million.
 */
#ifndef EXPLORE_STATE_HASH_H
#define EXPLORE_STATE_HASH_H

#include "el2/machine.h"
#include "explore/renaming.h"
#include "fuzz/cell_set.h"

#include <stddef.h>
#include <stdint.h>

/* The hash of a state under each renaming. */
struct state_hash {
    uint64_t by_renaming[RENAMINGS_LIMIT];
};

/* Bring the hash up to date, under the first `count` renamings, with what the
 * specification's last step changed. `seen` is emptied and used. */
void state_hash_step(const struct renamings *renamings, size_t count,
                     struct el2_machine *specification, struct cell_set *seen,
                     struct state_hash *hash);

/* The folded hash of a state that has been kept under all renamings. */
uint64_t state_hash_fold(const struct renamings *renamings,
                         const struct state_hash *hash);

#endif
