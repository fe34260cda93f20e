/*
 * From one state to all that follow it: every call of the domain is made there,
 * on both machines, compared, and taken back.
 */
#ifndef EXPLORE_EXPANSION_H
#define EXPLORE_EXPANSION_H

#include "explore/state_hash.h"
#include "fuzz/lockstep.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest way to a state, calls. */
#define EXPLORE_DEPTH_LIMIT 64

/* The way from boot to a state: calls by their place in the domain. */
struct state_path {
    uint16_t length;
    uint16_t calls[EXPLORE_DEPTH_LIMIT];
};

/* A state: the way to it, and its hash. */
struct found_state {
    struct state_path path;
    struct state_hash hash;
};

/* Somebody who is told what follows a state. */
struct expansion_listener {
    void *context;
    /* Before each call. */
    void (*begins)(void *context, size_t call);
    /* It was made, and both machines agree. */
    void (*made)(void *context, size_t call, const struct el2_step *step);
    /* Whether nothing more need be known of a state with that hash, and the
     * hash under all renamings of a state for which that was not so. */
    bool (*is_known)(void *context, uint64_t exact);
    void (*reached)(void *context, size_t call, const struct state_hash *hash);
};

struct expansion {
    struct lockstep *lockstep;
    const struct renamings *renamings;
    enum el2_run run;
    const struct el2_call *calls; /* of the domain, resolved */
    size_t call_count;
    struct cell_set seen;
    struct expansion_listener listener;
};

/* False when there is not enough memory; all but `seen` is the caller's to set
 * before. */
bool expansion_create(struct expansion *expansion);
void expansion_destroy(struct expansion *expansion);

/* How it ended. */
enum expansion_end {
    EXPANSION_DONE,
    EXPANSION_DIVERGED,      /* *divergence says how, after the way there */
    EXPANSION_NOT_REPEATABLE /* the way there did not go as it had gone */
};

/* Go there and make every call. Of a divergence *call is the call. */
enum expansion_end expansion_run(struct expansion *expansion,
                                 const struct found_state *state, size_t *call,
                                 struct divergence *divergence);

#endif
