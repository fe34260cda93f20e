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
#include "el2/judged.h"
#include "el2/locks.h"
#include "el2/outcome.h"
#include "el2/platform.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a load or store through the tables ended (section 6). */
enum el2_access {
    EL2_ACCESS_NONE,    /* the call is no load or store */
    EL2_ACCESS_DONE,    /* a load has the word as its result */
    EL2_ACCESS_FAULT,   /* the tables translate to no page */
    EL2_ACCESS_DEVICE,  /* to a page without memory */
    EL2_ACCESS_UNKNOWN, /* to a page that the specification does not follow;
                           only a specification says so */
};

/* How a call ended. */
struct el2_step {
    bool panicked; /* nothing happens after that */
    bool has_result;
    enum el2_access access;
    uint64_t result;          /* when has_result */
    enum el2_outcome outcome; /* EL2_OUTCOME_NONE when it has no names */
    el2_lock_set held;        /* when panicked: locks that stay held */
    uint64_t torn_pfn;        /* of a specification that panicked with the page
                                 lock held: the page that it was at */
    const char *fault;        /* NULL, or what the machine's own guard saw: what
                                 one of its `faults` says */
};

/* Something that the guard of a machine may see. */
struct el2_fault {
    const char *name; /* a word or two, lower case with '_' */
    const char *says; /* a line */
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
    enum el2_invariant invariant;
    el2_cell entry;
    el2_cell page;
};

/* Which calls a harness may make. */
enum el2_run {
    EL2_RUN_CONTRACTS, /* everything but table primitives, within contracts */
    EL2_RUN_TABLES,    /* only table primitives, without invariants */
};

/* Why the outside decides what a page holds (section 2, content). */
enum el2_draw_reason {
    EL2_DRAW_HANDED_OVER, /* from the host to a VM */
    EL2_DRAW_UNSHARED,    /* by the VM that shared it */
    EL2_DRAW_ENCRYPTED,   /* from another page */
    EL2_DRAW_DECRYPTED,   /* in place */
};

struct el2_draw {
    enum el2_draw_reason reason;
    uint32_t vmid;   /* on whose behalf */
    uint64_t number; /* of values given for that vmid before */
    uint64_t word;   /* that the page fills now; of EL2_DRAW_ENCRYPTED the
                        other page */
};

/* The data oracle: the new content of a page. */
typedef uint64_t (*el2_oracle)(const struct el2_draw *draw);

/* A bump pool of tables (section 1). */
struct el2_table_pool {
    bool is_spt;    /* of all banks together; otherwise of one vmid */
    uint32_t vmid;  /* 0 for SMMU tables */
    uint32_t level; /* NPT: 1..3, SPT: 2..3 */
};

struct el2_machine;

struct el2_machine_operations {
    const char *name;

    /* Which kinds of cell it can observe: bit n for kind n. */
    uint32_t observable;

    /* All that its guard may see, ended by one without a name. NULL: it has no
     * guard. */
    const struct el2_fault *faults;

    /* Back to boot. Costs what the program touched. */
    void (*reset)(struct el2_machine *machine);

    /*
     * Let a pool hold `tables` tables only, at most as many as the platform
     * gives it, as a machine does that booted with so few. Asked after a reset
     * and before the first call, for one pool; the next reset takes it back.
     * NULL: the machine cannot.
     */
    void (*limit_tables)(struct el2_machine *machine,
                         const struct el2_table_pool *pool, uint32_t tables);

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

    /*
     * True when the invariants of section 7 hold for all that the last step
     * changed; otherwise *violation says what does not. Asked after touched(),
     * and only in a run within contracts, after every step that did not panic.
     * NULL: the machine does not know.
     */
    bool (*invariants_of_step)(struct el2_machine *machine,
                               struct el2_violation *violation);

    /* Keep where the machine is; and back to there after one more step of which
     * touched() was asked, also after a panic, as often as one likes. The next
     * reset forgets it. Both NULL: it cannot. */
    void (*keep)(struct el2_machine *machine);
    void (*go_back)(struct el2_machine *machine);

    void (*destroy)(struct el2_machine *machine);

    /* The rest is for specifications, NULL for other machines. */

    /* Whether the call, with these arguments and in this state, is one that
     * the specification says something about in such a run. */
    bool (*admits)(struct el2_machine *machine, enum el2_run run,
                   const struct el2_call *call);

    /* How far the program has come, and back to where it was earlier, also
     * after a panic. No step is the last one then. */
    size_t (*position)(struct el2_machine *machine);
    void (*rewind)(struct el2_machine *machine, size_t position);

    /* The value of a cell before the last step. */
    struct el2_value (*before)(struct el2_machine *machine, el2_cell cell);

    /* The same for the whole state. */
    bool (*invariants_of_state)(struct el2_machine *machine,
                                struct el2_violation *violation);
};

/* The first member of every machine. */
struct el2_machine {
    const struct el2_machine_operations *operations;
    /* How often each invariant and each guard compared something since the
     * machine was created. NULL: it does not count, or has none. */
    const uint64_t *judged;  /* by enum el2_invariant */
    const uint64_t *guarded; /* by enum el2_guard */
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

/* What the bytes of real memory must be: section 2's table of content. */
uint64_t el2_oracle_bytes(const struct el2_draw *draw);

/* The oracle of the conformance vectors: a formula of vmid and number. */
uint64_t el2_oracle_formula(const struct el2_draw *draw);

#endif
