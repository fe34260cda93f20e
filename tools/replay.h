/* What a replay tells, call by call: as words for people, or as JSON. */
#ifndef TOOLS_REPLAY_H
#define TOOLS_REPLAY_H

#include "fuzz/pairing.h"
#include "fuzz/table_failures.h"

#include <cjson/cJSON.h>

/* One program that is being replayed. */
struct replay {
    const char *path;
    const struct pairing *pairing;
    struct paired_machines *pair;
    const struct program *program;
    cJSON *calls;      /* for JSON: what the calls did so far, or NULL */
    bool quiet;        /* only how it ended */
    size_t break_step; /* stop a debugger before this call; SIZE_MAX: never */
    struct vector_recorder *recorder; /* or NULL */
    struct el2_machine *recorded;     /* the machine that it records */
    bool each_table; /* runs without each in turn, of which `failures` tells */
    struct table_failures failures;
};

void replay_print_header(const struct replay *replay);
void replay_print_call(const struct replay *replay,
                       const struct lockstep_call *call);
void replay_print_end(const struct replay *replay, enum lockstep_end end,
                      const struct divergence *divergence);

/* False when there is not enough memory. */
bool replay_json_begin(struct replay *replay);
void replay_json_call(const struct replay *replay,
                      const struct lockstep_call *call);
/* Prints one line and frees what the others made. */
void replay_json_end(struct replay *replay, enum lockstep_end end,
                     const struct divergence *divergence);

/*
 * The next cell, from *at on, that the last step of the specification really
 * changed, each once; false when there are no more.
 */
bool replay_next_change(const struct replay *replay, size_t *at, el2_cell *cell,
                        struct el2_value *before, struct el2_value *after);

#endif
