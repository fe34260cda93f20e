/*
 * The engine, on the specification and a second one that lies about one cell,
 * or about how a step ended, from a given step on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/lockstep.h"
#include "tests/unit/model_cases.h"

#define PAGE    HOST_PAGE
#define GFN     UINT64_C(0x55)
#define DMA_GFN (PAGE + 1 + HOST_OFFSET)

enum {
    LIES = 4
};

/* From this step on, the cell has this value; whether the step says so. */
struct lie {
    el2_cell cell;
    struct el2_value value;
    size_t step;
    bool told;
};

/* How the step `step` ended, by the liar. */
struct step_lie {
    bool flips_panic;
    bool adds_to_result;
    bool drops_result;
    const char *fault;
    size_t step;
};

struct liar {
    struct el2_machine machine;
    struct el2_machine_operations operations;
    struct el2_machine *honest;
    struct lie lies[LIES];
    size_t lie_count;
    struct step_lie step_lie;
    size_t steps; /* made since reset */
    el2_cell touched[4096];
};

static struct liar *liar_of(struct el2_machine *machine)
{
    return (struct liar *)(void *)machine;
}

static void liar_reset(struct el2_machine *machine)
{
    struct liar *liar = liar_of(machine);
    liar->steps = 0;
    liar->honest->operations->reset(liar->honest);
}

static void liar_step(struct el2_machine *machine, const struct el2_call *call,
                      struct el2_step *step)
{
    struct liar *liar = liar_of(machine);
    liar->honest->operations->step(liar->honest, call, step);
    if (liar->steps++ == liar->step_lie.step) {
        step->panicked ^= liar->step_lie.flips_panic;
        step->result += liar->step_lie.adds_to_result;
        step->has_result &= !liar->step_lie.drops_result;
        step->fault = liar->step_lie.fault;
    }
}

static const el2_cell *liar_touched(struct el2_machine *machine, size_t *count)
{
    struct liar *liar = liar_of(machine);
    const el2_cell *cells =
        liar->honest->operations->touched(liar->honest, count);
    assert_in_range(*count + LIES, 0, 4096);
    memcpy(liar->touched, cells, *count * sizeof *cells);
    for (size_t i = 0; i < liar->lie_count; i++) {
        if (liar->lies[i].told && liar->lies[i].step + 1 == liar->steps) {
            liar->touched[(*count)++] = liar->lies[i].cell;
        }
    }
    return liar->touched;
}

static struct el2_value liar_observe(struct el2_machine *machine, el2_cell cell)
{
    struct liar *liar = liar_of(machine);
    for (size_t i = 0; i < liar->lie_count; i++) {
        if (liar->lies[i].cell == cell && liar->steps > liar->lies[i].step) {
            return liar->lies[i].value;
        }
    }
    return value_of(liar->honest, cell);
}

static const struct el2_machine_operations liar_operations = {
    .name = "liar",
    .observable = (UINT32_C(1) << EL2_CELL_KIND_COUNT) - 1,
    .reset = liar_reset,
    .step = liar_step,
    .touched = liar_touched,
    .observe = liar_observe,
};

struct fixture {
    struct el2_platform platform;
    struct el2_machine *specification;
    struct el2_machine_operations specification_operations;
    struct liar liar;
    struct lockstep lockstep;
    struct program program;
    struct divergence divergence;
};

static int set_up_on(void **state, const struct el2_platform *platform)
{
    static struct fixture f;
    const char *why = NULL;
    memset(&f, 0, sizeof f);
    *state = &f;
    f.platform = *platform;
    f.specification = el2_create_model(&f.platform, drawn, &why);
    f.liar.honest = el2_create_model(&f.platform, drawn, &why);
    f.liar.operations = liar_operations;
    f.liar.machine.operations = &f.liar.operations;
    bool created = f.specification != NULL && f.liar.honest != NULL &&
                   lockstep_create(&f.lockstep, f.specification,
                                   &f.liar.machine, &f.platform);
    f.lockstep.end_comparison_period = 1;
    return created ? 0 : -1;
}

static int set_up(void **state)
{
    struct el2_platform platform = board();
    return set_up_on(state, &platform);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    lockstep_destroy(&f->lockstep);
    f->specification->operations->destroy(f->specification);
    f->liar.honest->operations->destroy(f->liar.honest);
    return 0;
}

static void add(struct fixture *f, struct el2_call call)
{
    struct program_call *made = &f->program.calls[f->program.call_count++];
    made->number = call.number;
    for (uint32_t i = 0; i < EL2_ARGUMENT_LIMIT; i++) {
        made->operands[i] = (struct operand){OPERAND_NUMBER, call.arguments[i]};
    }
}

/*
 * Every kind of cell changes in this program:
 *   0  VM 1 is there                    3  the host maps PAGE + 1
 *   1  bank 0 is the host's             4  and uses it for DMA
 *   2  VM 1 has and maps PAGE           5  VM 1 shares PAGE
 */
enum {
    STEP_REGISTER,
    STEP_BANK,
    STEP_VM_FAULT,
    STEP_HOST_FAULT,
    STEP_DMA,
    STEP_SHARE
};

static void add_calls(struct fixture *f)
{
    static const struct el2_call calls[] = {
        {EL2_CALL_register_kvm, {0}},
        {EL2_CALL_smmu_alloc_pgd, {0, 0, 0}},
        {EL2_CALL_prot_and_map_vm_s2pt, {1, AT(GFN), AT(PAGE), 3}},
        {EL2_CALL_map_page_host, {AT(PAGE + 1)}},
        {EL2_CALL_update_smmu_page,
         {0, 0, 0, AT(DMA_GFN), AT(PAGE + 1) | EL2_SMMU_PAGE}},
        {EL2_CALL_grant_vm_page, {1, PAGE}},
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        add(f, calls[i]);
    }
}

static void lie_about(struct fixture *f, struct lie lie)
{
    f->liar.lies[f->liar.lie_count++] = lie;
}

static enum lockstep_end run_program(struct fixture *f)
{
    return lockstep_run(&f->lockstep, &f->program, &f->divergence);
}

static void assert_diverged(struct fixture *f, size_t step,
                            enum el2_observation observation)
{
    assert_int_equal(run_program(f), LOCKSTEP_DIVERGED);
    assert_string_equal(divergence_observation_name(f->divergence.observation),
                        divergence_observation_name(observation));
    assert_int_equal(f->divergence.step, step);
}

static void honest(void **state)
{
    struct fixture *f = *state;
    add_calls(f);
    assert_int_equal(run_program(f), LOCKSTEP_SAME);
    assert_int_equal(run_program(f), LOCKSTEP_SAME);
    assert_int_equal(f->lockstep.counts.programs, 2);
    assert_int_equal(f->lockstep.counts.calls, 12);
    assert_int_equal(f->lockstep.counts.skipped, 0);
    assert_int_equal(f->lockstep.counts.panics, 0);
    assert_int_equal(f->lockstep.counts.outcomes[EL2_OUTCOME_REGISTERED], 2);
    assert_int_equal(f->lockstep.counts.outcomes[EL2_OUTCOME_GRANTED], 2);
}

/* A lie about each kind of cell, in a step that changes it. */
static void each_cell(void **state)
{
    struct fixture *f = *state;
    const struct {
        struct lie lie;
        enum el2_observation observation;
    } cases[] = {
        {{page_of(PAGE), el2_value_page(2, 0, GFN), STEP_VM_FAULT, false},
         EL2_OBSERVE_OWNER},
        {{page_of(PAGE), el2_value_page(1, 1, GFN), STEP_VM_FAULT, false},
         EL2_OBSERVE_COUNT},
        {{page_of(PAGE), el2_value_page(1, 0, 9), STEP_VM_FAULT, false},
         EL2_OBSERVE_GFN},
        {{page_of(PAGE), el2_value_page(2, 1, 9), STEP_VM_FAULT, false},
         EL2_OBSERVE_OWNER},
        {{page_of(PAGE), el2_value_page(1, 1, 9), STEP_VM_FAULT, false},
         EL2_OBSERVE_COUNT},
        {{npt_of(1, GFN), nothing(), STEP_VM_FAULT, false}, EL2_OBSERVE_NPT},
        {{npt_of(0, PAGE + 1), mapped(PAGE, EL2_S2_KERNEL), STEP_HOST_FAULT,
          false},
         EL2_OBSERVE_NPT},
        {{spt_of(0, DMA_GFN), nothing(), STEP_DMA, false}, EL2_OBSERVE_SPT},
        {{bank_of(0), number(1), STEP_BANK, false}, EL2_OBSERVE_BANK},
        {{state_of(1), number(0), STEP_REGISTER, false}, EL2_OBSERVE_VM},
        {{core_cell(), next_vmid(1), STEP_REGISTER, false}, EL2_OBSERVE_CORE},
        {{memory_of(PAGE), number(0), STEP_VM_FAULT, false},
         EL2_OBSERVE_MEMORY},
        {{log_of(1), number(2), STEP_VM_FAULT, false}, EL2_OBSERVE_MEMORY},
        {{npt_tables_of(1), npt_tables(1, 2, 1), STEP_VM_FAULT, false},
         EL2_OBSERVE_TABLES},
        {{spt_tables_cell(), spt_tables(1, 2), STEP_DMA, false},
         EL2_OBSERVE_TABLES},
        /* Cells that the specification does not touch in that step. */
        {{block_of(1, GFN), mapped_block(PAGE), STEP_HOST_FAULT, true},
         EL2_OBSERVE_NPT},
        {{page_of(PAGE + 7), el2_value_page(1, 0, 3), STEP_SHARE, true},
         EL2_OBSERVE_OWNER},
    };
    add_calls(f);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        f->liar.lie_count = 0;
        lie_about(f, cases[i].lie);
        assert_diverged(f, cases[i].lie.step, cases[i].observation);
        assert_int_equal(f->divergence.cell, cases[i].lie.cell);
        assert_int_equal(f->divergence.others, 0);
        assert_true(el2_value_equal(f->divergence.actual, cases[i].lie.value));
    }
}

/* How a step ended; STEP_REGISTER is the one with a result. */
static void each_end_of_a_step(void **state)
{
    struct fixture *f = *state;
    static const struct {
        struct step_lie lie;
        enum el2_observation observation;
    } cases[] = {
        {{.flips_panic = true, .step = STEP_SHARE}, EL2_OBSERVE_PANIC},
        {{.fault = "EL2 did wrong", .step = STEP_BANK}, EL2_OBSERVE_PANIC},
        {{.adds_to_result = true, .step = STEP_REGISTER}, EL2_OBSERVE_RESULT},
        {{.drops_result = true, .step = STEP_REGISTER}, EL2_OBSERVE_RESULT},
    };
    add_calls(f);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        f->liar.step_lie = cases[i].lie;
        assert_diverged(f, cases[i].lie.step, cases[i].observation);
    }
    /* A panic of the specification that the other machine does not have. */
    f->liar.step_lie = (struct step_lie){.flips_panic = true, .step = 6};
    add(f, (struct el2_call){EL2_CALL_map_page_host, {AT(EL2_PAGE)}});
    assert_diverged(f, 6, EL2_OBSERVE_PANIC);
    assert_true(f->divergence.expected_step.panicked);
    assert_false(f->divergence.actual_step.panicked);
}

static bool invariant_broken(struct el2_machine *machine,
                             struct el2_violation *violation)
{
    (void)machine;
    *violation =
        (struct el2_violation){"host_iso", npt_of(0, PAGE), page_of(PAGE)};
    return false;
}

static void break_invariants(struct fixture *f)
{
    f->specification_operations = *f->specification->operations;
    f->specification_operations.invariants_of_step = invariant_broken;
    f->specification->operations = &f->specification_operations;
}

static void invariant(void **state)
{
    struct fixture *f = *state;
    add_calls(f);
    break_invariants(f);
    assert_diverged(f, 0, EL2_OBSERVE_INVARIANT);
    assert_string_equal(f->divergence.violation.invariant, "host_iso");
    f->lockstep.check_invariants = false;
    assert_int_equal(run_program(f), LOCKSTEP_SAME);
}

/* When a step differs in several, the first in the order of observations is
 * the divergence, whichever comes first by cell or by machine. */
static void order(void **state)
{
    struct fixture *f = *state;
    const struct {
        el2_cell cell;
        struct el2_value value;
    } cells[] = {
        {page_of(PAGE), el2_value_page(2, 0, GFN)},   /* owner */
        {page_of(PAGE + 1), el2_value_page(0, 5, 1)}, /* count */
        {page_of(PAGE + 2), el2_value_page(0, 0, 1)}, /* gfn */
        {npt_of(1, GFN), nothing()},                  /* npt */
        {spt_of(0, 3), mapped(PAGE, 3)},              /* spt */
        {bank_of(0), number(5)},                      /* bank */
        {state_of(1), number(5)},                     /* vm */
        {core_cell(), next_vmid(9)},                  /* core */
        {memory_of(PAGE), number(99)},                /* memory */
        {npt_tables_of(1), npt_tables(7, 7, 7)},      /* tables */
    };
    static const enum el2_observation observations[] = {
        EL2_OBSERVE_OWNER, EL2_OBSERVE_COUNT, EL2_OBSERVE_GFN,
        EL2_OBSERVE_NPT,   EL2_OBSERVE_SPT,   EL2_OBSERVE_BANK,
        EL2_OBSERVE_VM,    EL2_OBSERVE_CORE,  EL2_OBSERVE_MEMORY,
        EL2_OBSERVE_TABLES};
    add_calls(f);
    for (size_t i = 0; i < 10; i++) {
        for (size_t k = 0; k < 10; k++) {
            if (i == k) {
                continue;
            }
            f->liar.lie_count = 0;
            lie_about(f, (struct lie){cells[i].cell, cells[i].value,
                                      STEP_VM_FAULT, true});
            lie_about(f, (struct lie){cells[k].cell, cells[k].value,
                                      STEP_VM_FAULT, true});
            assert_diverged(f, STEP_VM_FAULT, observations[i < k ? i : k]);
            assert_in_range(f->divergence.others, 1, 3);
        }
    }
}

/* A panic comes before everything, an invariant after everything. */
static void panic_first_invariant_last(void **state)
{
    struct fixture *f = *state;
    add_calls(f);
    break_invariants(f);
    lie_about(f, (struct lie){npt_tables_of(3), npt_tables(7, 7, 7), 0, true});
    assert_diverged(f, 0, EL2_OBSERVE_TABLES);
    assert_int_equal(f->divergence.others, 1);
    lie_about(f, (struct lie){page_of(PAGE), el2_value_page(2, 0, 0), 0, true});
    f->liar.step_lie = (struct step_lie){.adds_to_result = true};
    assert_diverged(f, 0, EL2_OBSERVE_RESULT);
    assert_int_equal(f->divergence.others, 3);
    f->liar.step_lie = (struct step_lie){.flips_panic = true};
    assert_diverged(f, 0, EL2_OBSERVE_PANIC);
    assert_int_equal(f->divergence.others, 3);
}

/* Among differences of one observation the lower cell is the divergence. */
static void lower_cell(void **state)
{
    struct fixture *f = *state;
    add_calls(f);
    lie_about(
        f, (struct lie){page_of(PAGE + 5), el2_value_page(2, 0, 0), 1, true});
    lie_about(
        f, (struct lie){page_of(PAGE + 3), el2_value_page(2, 0, 0), 1, true});
    lie_about(
        f, (struct lie){page_of(PAGE + 4), el2_value_page(2, 0, 0), 1, true});
    assert_diverged(f, 1, EL2_OBSERVE_OWNER);
    assert_int_equal(f->divergence.cell, page_of(PAGE + 3));
    assert_int_equal(f->divergence.others, 2);
}

/* A change that nobody tells of is seen at the end. */
static void untold_change(void **state)
{
    struct fixture *f = *state;
    const struct {
        el2_cell cell;
        struct el2_value value;
        enum el2_observation observation;
    } cases[] = {
        /* Touched earlier in the program. */
        {page_of(PAGE), el2_value_page(2, 0, GFN), EL2_OBSERVE_OWNER},
        {npt_of(1, GFN), nothing(), EL2_OBSERVE_NPT},
        {memory_of(PAGE), number(1), EL2_OBSERVE_MEMORY},
        /* Never touched, but every machine has it. */
        {state_of(9), number(EL2_VM_READY), EL2_OBSERVE_VM},
        {bank_of(11), number(1), EL2_OBSERVE_BANK},
        {npt_tables_of(CORE_VMID), npt_tables(1, 0, 0), EL2_OBSERVE_TABLES},
    };
    add_calls(f);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        f->liar.lie_count = 0;
        lie_about(f,
                  (struct lie){cases[i].cell, cases[i].value, STEP_DMA, false});
        f->lockstep.end_comparison_period = 1;
        assert_diverged(f, STEP_SHARE, cases[i].observation);
        /* A program that is not compared at its end. */
        f->lockstep.end_comparison_period = UINT32_MAX;
        if (cases[i].cell != page_of(PAGE)) {
            assert_int_equal(run_program(f), LOCKSTEP_SAME);
        }
    }
}

/* What only one machine has is not compared. */
static void not_observable(void **state)
{
    struct fixture *f = *state;
    add_calls(f);
    lie_about(f, (struct lie){log_of(1), number(9), 0, true});
    assert_diverged(f, 0, EL2_OBSERVE_MEMORY);
    f->liar.operations.observable &= ~(UINT32_C(1) << EL2_CELL_DATA_LOG);
    assert_int_equal(run_program(f), LOCKSTEP_SAME);
}

/* After a panic: what its locks protect is torn, everything else is not. */
static void torn_state(void **state)
{
    struct fixture *f = *state;
    const struct {
        struct el2_call call;
        el2_cell cell;
        enum el2_observation observation;
        bool torn;
    } cases[] = {
        {{EL2_CALL_map_page_host, {AT(EL2_PAGE)}},
         page_of(EL2_PAGE),
         EL2_OBSERVE_OWNER,
         true},
        {{EL2_CALL_map_page_host, {AT(EL2_PAGE)}},
         memory_of(EL2_PAGE),
         EL2_OBSERVE_MEMORY,
         true},
        {{EL2_CALL_map_page_host, {AT(EL2_PAGE)}},
         page_of(PAGE),
         EL2_OBSERVE_OWNER,
         false},
        {{EL2_CALL_map_page_host, {AT(EL2_PAGE)}},
         memory_of(PAGE),
         EL2_OBSERVE_MEMORY,
         false},
        {{EL2_CALL_map_page_host, {AT(EL2_PAGE)}},
         npt_of(0, EL2_PAGE),
         EL2_OBSERVE_NPT,
         false},
        {{EL2_CALL_smmu_alloc_pgd, {4, 0, 1}},
         bank_of(1),
         EL2_OBSERVE_BANK,
         true},
        {{EL2_CALL_smmu_alloc_pgd, {4, 0, 1}},
         state_of(1),
         EL2_OBSERVE_VM,
         false},
        {{EL2_CALL_smmu_free_pgd, {0, 0}}, state_of(0), EL2_OBSERVE_VM, true},
        {{EL2_CALL_smmu_free_pgd, {0, 0}}, state_of(1), EL2_OBSERVE_VM, false},
        {{EL2_CALL_smmu_free_pgd, {8, 0}}, bank_of(1), EL2_OBSERVE_BANK, false},
        {{EL2_CALL_smmu_free_pgd, {0, 0}},
         core_cell(),
         EL2_OBSERVE_CORE,
         false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        f->program.call_count = 0;
        f->liar.lie_count = 0;
        add_calls(f);
        add(f, cases[i].call);
        const struct el2_value other = {{77, 78}};
        lie_about(f, (struct lie){cases[i].cell, other, 6, true});
        if (cases[i].torn) {
            assert_int_equal(run_program(f), LOCKSTEP_SAME);
            assert_true(f->divergence.expected_step.panicked);
        } else {
            assert_diverged(f, 6, cases[i].observation);
        }
    }
}

/* The tables that a panic of a table call leaves locked. */
static void torn_tables(void **state)
{
    struct fixture *f = *state;
    f->program.run = EL2_RUN_TABLES;
    const struct {
        el2_cell cell;
        enum el2_observation observation;
        bool torn;
    } cases[] = {
        {npt_of(2, 3), EL2_OBSERVE_NPT, true},
        {block_of(2, 0), EL2_OBSERVE_NPT, true},
        {npt_tables_of(2), EL2_OBSERVE_TABLES, true},
        {npt_of(1, 3), EL2_OBSERVE_NPT, false},
        {npt_tables_of(1), EL2_OBSERVE_TABLES, false},
        {spt_of(2, 3), EL2_OBSERVE_SPT, false},
        {spt_tables_cell(), EL2_OBSERVE_TABLES, false},
        {page_of(PAGE), EL2_OBSERVE_OWNER, false},
    };
    add(f, (struct el2_call){EL2_CALL_npt_map,
                             {2, 0, AT(PAGE) | EL2_DESCRIPTOR_BLOCK, 2}});
    add(f, (struct el2_call){EL2_CALL_npt_map, {2, 0, AT(PAGE) | 3, 3}});
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct el2_value other = {{77, 78}};
        f->liar.lie_count = 0;
        lie_about(f, (struct lie){cases[i].cell, other, 1, true});
        if (cases[i].torn) {
            assert_int_equal(run_program(f), LOCKSTEP_SAME);
        } else {
            assert_diverged(f, 1, cases[i].observation);
        }
    }
}

struct watched {
    size_t before;
    size_t after;
    size_t skipped;
    size_t last_skipped;
};

static void watch_before(void *context, const struct lockstep_call *call)
{
    struct watched *watched = context;
    assert_null(call->expected);
    watched->before++;
}

static void watch_after(void *context, const struct lockstep_call *call)
{
    struct watched *watched = context;
    watched->after++;
    if (call->expected == NULL) {
        watched->skipped++;
        watched->last_skipped = call->step;
    }
}

/* Calls outside the contracts are not made, on neither machine. */
static void skipped(void **state)
{
    struct fixture *f = *state;
    struct watched watched = {0};
    f->lockstep.before = watch_before;
    f->lockstep.after = watch_after;
    f->lockstep.watch_context = &watched;
    add(f, (struct el2_call){EL2_CALL_clear_vm_page, {1, PAGE}});
    add_calls(f);
    add(f, (struct el2_call){EL2_CALL_npt_map, {1, 0, 3, 3}});
    assert_int_equal(run_program(f), LOCKSTEP_SAME);
    assert_int_equal(f->lockstep.counts.skipped, 2);
    assert_int_equal(f->lockstep.counts.calls, 6);
    assert_int_equal(f->liar.steps, 6);
    assert_int_equal(watched.before, 6);
    assert_int_equal(watched.after, 8);
    assert_int_equal(watched.skipped, 2);
    assert_int_equal(watched.last_skipped, 7);
    /* The step of a divergence counts skipped calls. */
    lie_about(f, (struct lie){state_of(1), number(0), 0, true});
    assert_diverged(f, 1, EL2_OBSERVE_VM);
}

static bool no_room(struct el2_machine *machine)
{
    return liar_of(machine)->steps < 2;
}

/* A program that outgrows a machine ends there. */
static void out_of_room(void **state)
{
    struct fixture *f = *state;
    add_calls(f);
    f->liar.operations.has_room = no_room;
    assert_int_equal(run_program(f), LOCKSTEP_NO_ROOM);
    assert_int_equal(f->liar.steps, 2);
    assert_int_equal(f->lockstep.counts.no_room, 1);
    assert_int_equal(f->lockstep.counts.calls, 2);
}

/* A program ends at a panic of both. */
static void ends_at_a_panic(void **state)
{
    struct fixture *f = *state;
    add(f, (struct el2_call){EL2_CALL_map_page_host, {AT(EL2_PAGE)}});
    add_calls(f);
    assert_int_equal(run_program(f), LOCKSTEP_SAME);
    assert_int_equal(f->liar.steps, 1);
    assert_int_equal(f->lockstep.counts.panics, 1);
}

static int set_up_without_smmu(void **state)
{
    struct el2_platform platform = board();
    platform.smmu_count = 0;
    return set_up_on(state, &platform);
}

static void without_smmu(void **state)
{
    struct fixture *f = *state;
    add(f, (struct el2_call){EL2_CALL_register_kvm, {0}});
    add(f, (struct el2_call){EL2_CALL_update_smmu_page,
                             {0, 0, 0, AT(DMA_GFN), AT(PAGE + 1) | 3}});
    add(f, (struct el2_call){EL2_CALL_unmap_smmu_page, {0, 0, 0}});
    add(f, (struct el2_call){EL2_CALL_smmu_alloc_pgd, {0, 0, 0}});
    assert_int_equal(run_program(f), LOCKSTEP_SAME);
    assert_int_equal(f->lockstep.counts.skipped, 2);
    assert_int_equal(f->lockstep.counts.panics, 1);
    assert_int_equal(f->lockstep.counts.outcomes[EL2_OUTCOME_PANIC_ARGUMENT],
                     1);
}

#define WITH_MACHINES(test)                                                    \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_MACHINES(honest),
        WITH_MACHINES(each_cell),
        WITH_MACHINES(each_end_of_a_step),
        WITH_MACHINES(invariant),
        WITH_MACHINES(order),
        WITH_MACHINES(panic_first_invariant_last),
        WITH_MACHINES(lower_cell),
        WITH_MACHINES(untold_change),
        WITH_MACHINES(not_observable),
        WITH_MACHINES(torn_state),
        WITH_MACHINES(torn_tables),
        WITH_MACHINES(skipped),
        WITH_MACHINES(out_of_room),
        WITH_MACHINES(ends_at_a_panic),
        cmocka_unit_test_setup_teardown(without_smmu, set_up_without_smmu,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
