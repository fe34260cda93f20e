/*
 * A machine boots a platform, takes one call at a time, and can be asked what
 * it holds. The engine knows machines only through this interface.
 *
 * A machine is created once and reset before each program. After creation
 * nothing allocates and nothing calls the operating system.
 */
#ifndef EL2_MACHINE_H
#define EL2_MACHINE_H

#include "el2/calls.h"
#include "el2/cell.h"
#include "el2/locks.h"
#include "el2/outcome.h"
#include "el2/platform.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a call ended. */
struct el2_step {
    bool panicked; /* nothing happens after that */
    bool has_result;
    uint64_t result;          /* when has_result */
    enum el2_outcome outcome; /* EL2_OUTCOME_NONE when it has no names */
    el2_lock_set held;        /* when panicked: locks that stay held */
    uint64_t torn_pfn;        /* of a specification that panicked with the page
                                 lock held: the page that it was at */
    const char *fault;        /* NULL, or what the machine's own guard saw */
};

/* Cells that a step may have changed, some perhaps twice, and what each holds
 * now. Kinds from EL2_CELL_KIND_COUNT on are the machine's own. */
struct el2_touched {
    size_t count;
    const el2_cell *cells;
    const struct el2_value *values;
};

/* A broken invariant: which, and the two cells that contradict each other. */
struct el2_violation {
    const char *invariant;
    el2_cell entry;
    el2_cell page;
};

/* Which calls a harness may make. */
enum el2_run {
    EL2_RUN_CONTRACTS, /* everything but table primitives, within contracts */
    EL2_RUN_TABLES,    /* only table primitives, without invariants */
};

/*
 * A value that the outside decides on behalf of vmid: the new content of a
 * page, which the machine believes to hold `current`. `draw` counts the values
 * given for that vmid, from 0.
 */
typedef uint64_t (*el2_oracle)(uint32_t vmid, uint64_t draw, uint64_t current);

struct el2_machine;

struct el2_machine_operations {
    const char *name;

    /* Which kinds of cell it can observe: bit n for kind n. */
    uint32_t observable;

    /* Back to boot. Costs what the program touched. */
    void (*reset)(struct el2_machine *machine);

    /* One call. Must not be called again once a step has panicked. */
    void (*step)(struct el2_machine *machine, const struct el2_call *call,
                 struct el2_step *step);

    /* What the last step may have changed. Valid until the next step or
     * reset. Only a specification may be asked twice. */
    struct el2_touched (*touched)(struct el2_machine *machine);

    /* The value of a cell now. */
    struct el2_value (*observe)(struct el2_machine *machine, el2_cell cell);

    /* For how many more calls, whatever they are, it has room; a program ends
     * where there is room for none. NULL: for all. */
    size_t (*room)(struct el2_machine *machine);

    void (*destroy)(struct el2_machine *machine);

    /* The rest is for specifications, NULL for other machines. */

    /* Whether the call, with these arguments and in this state, is one that
     * the specification says something about in such a run. */
    bool (*admits)(struct el2_machine *machine, enum el2_run run,
                   const struct el2_call *call);

    /* The value of a cell before the last step. */
    struct el2_value (*before)(struct el2_machine *machine, el2_cell cell);

    /* True when the invariants hold for all that the last step changed;
     * otherwise *violation says what does not. */
    bool (*invariants_of_step)(struct el2_machine *machine,
                               struct el2_violation *violation);

    /* The same for the whole state. */
    bool (*invariants_of_state)(struct el2_machine *machine,
                                struct el2_violation *violation);
};

/* The first member of every machine. */
struct el2_machine {
    const struct el2_machine_operations *operations;
};

/*
 * The machines there are. Each copies the platform. NULL when there is not
 * enough memory or, for the EL2 code, when it refuses to boot: *why then says
 * so in one line. The caller destroys the machine.
 */

/* The specification: semantics.md, atomic operations. */
struct el2_machine *el2_create_model(const struct el2_platform *platform,
                                     el2_oracle oracle, const char **why);

/* The same operations as sequences of primitives (spec0). */
struct el2_machine *el2_create_primitives(const struct el2_platform *platform,
                                          el2_oracle oracle, const char **why);

/* Both as they were published, before section 10 chose between them. */
struct el2_machine *
el2_create_published_model(const struct el2_platform *platform,
                           el2_oracle oracle, const char **why);
struct el2_machine *
el2_create_published_primitives(const struct el2_platform *platform,
                                el2_oracle oracle, const char **why);

/* The EL2 code in impl/ on its host shim. */
struct el2_machine *el2_create_impl(const struct el2_platform *platform,
                                    const char **why);

/* An oracle that leaves content as it is, for runs against real memory. */
uint64_t el2_oracle_unchanged(uint32_t vmid, uint64_t draw, uint64_t current);

/* The oracle of the conformance vectors: a formula of vmid and draw. */
uint64_t el2_oracle_formula(uint32_t vmid, uint64_t draw, uint64_t current);

#endif
