/* The engine: panics, calls that are not made, and the end of a program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/liar.h"

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
    assert_int_equal(f->lockstep.counts->skipped, 2);
    assert_int_equal(f->lockstep.counts->calls, 6);
    assert_int_equal(f->liar.steps, 6);
    assert_int_equal(watched.before, 6);
    assert_int_equal(watched.after, 8);
    assert_int_equal(watched.skipped, 2);
    assert_int_equal(watched.last_skipped, 7);
    /* The step of a divergence counts skipped calls. */
    lie_about(f, (struct lie){state_of(1), number(0), 0, true});
    assert_diverged(f, 1, EL2_OBSERVE_VM);
}

static size_t no_room(struct el2_machine *machine)
{
    return liar_of(machine)->steps < 2 ? 1 : 0;
}

/* A program that outgrows a machine ends there. */
static void out_of_room(void **state)
{
    struct fixture *f = *state;
    add_calls(f);
    f->liar.operations.room = no_room;
    assert_int_equal(run_program(f), LOCKSTEP_NO_ROOM);
    assert_int_equal(f->liar.steps, 2);
    assert_int_equal(f->lockstep.counts->no_room, 1);
    assert_int_equal(f->lockstep.counts->calls, 2);
}

/* A program ends at a panic of both. */
static void ends_at_a_panic(void **state)
{
    struct fixture *f = *state;
    add(f, (struct el2_call){EL2_CALL_map_page_host, {AT(EL2_PAGE)}});
    add_calls(f);
    assert_int_equal(run_program(f), LOCKSTEP_SAME);
    assert_int_equal(f->liar.steps, 1);
    assert_int_equal(f->lockstep.counts->panics, 1);
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
    assert_int_equal(f->lockstep.counts->skipped, 2);
    assert_int_equal(f->lockstep.counts->panics, 1);
    assert_int_equal(f->lockstep.counts->outcomes[EL2_OUTCOME_PANIC_ARGUMENT],
                     1);
}

/* Which programs are compared at their end, as bits for their length. */
static uint64_t compared_at_end(struct fixture *f, uint64_t left_over)
{
    uint64_t compared = 0;
    f->lockstep.end_comparison_period = 4;
    f->program.call_count = 0;
    for (unsigned length = 1; length <= 32; length++) {
        add(f, (struct el2_call){EL2_CALL_register_kvm, {left_over}});
        run_program(f);
        compared |= (uint64_t)f->lockstep.compares_end << length;
    }
    return compared;
}

/* Operands that a call does not have hold what an earlier program left. */
static void end_depends_on_calls_only(void **state)
{
    struct fixture *f = *state;
    uint64_t compared = compared_at_end(f, 0);
    assert_true(compared != 0);
    for (uint64_t left_over = 1; left_over < 16; left_over++) {
        assert_int_equal(compared_at_end(f, left_over), compared);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_MACHINES(torn_state),
        WITH_MACHINES(torn_tables),
        WITH_MACHINES(skipped),
        WITH_MACHINES(out_of_room),
        WITH_MACHINES(ends_at_a_panic),
        WITH_MACHINES(end_depends_on_calls_only),
        cmocka_unit_test_setup_teardown(without_smmu, set_up_without_smmu,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
