/* The engine: what it compares, and which difference is the divergence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/liar.h"

static void honest(void **state)
{
    struct fixture *f = *state;
    add_calls(f);
    assert_int_equal(run_program(f), LOCKSTEP_SAME);
    assert_int_equal(run_program(f), LOCKSTEP_SAME);
    assert_int_equal(f->lockstep.counts->programs, 2);
    assert_int_equal(f->lockstep.counts->calls, 12);
    assert_int_equal(f->lockstep.counts->skipped, 0);
    assert_int_equal(f->lockstep.counts->panics, 0);
    assert_int_equal(f->lockstep.counts->outcomes[EL2_OUTCOME_REGISTERED], 2);
    assert_int_equal(f->lockstep.counts->outcomes[EL2_OUTCOME_GRANTED], 2);
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
    *violation = (struct el2_violation){EL2_INVARIANT_HOST_ISO, npt_of(0, PAGE),
                                        page_of(PAGE)};
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
    assert_int_equal(f->divergence.violation.invariant, EL2_INVARIANT_HOST_ISO);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
