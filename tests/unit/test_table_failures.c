/*
 * Tables that fail: how they are counted, what the engine makes of a program
 * that says which fails, and all of a program's in turn.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/table_failures.h"
#include "tests/unit/liar.h"

#define GIB (UINT64_C(1) << 30)

/*
 * The tables of the program:
 *   1 to 3   step 2, VM 1 maps PAGE: one of each level
 *   4 to 6   step 3, the host maps PAGE + 1: likewise
 *   7, 8     step 4, DMA: two for the banks
 *   9 to 11  step 5, VM 1 gets a page 1 GiB on: no level-1 table, and then one
 *            in the next 2 MiB
 */
enum {
    TABLES = 11,
    STEP_TWO_PLACES = 5,
};

static const struct table_allocation expected[TABLES] = {
    {1, 1, STEP_VM_FAULT, {false, 1, 1}, 1},
    {2, 2, STEP_VM_FAULT, {false, 1, 2}, 1},
    {3, 3, STEP_VM_FAULT, {false, 1, 3}, 1},
    {4, 1, STEP_HOST_FAULT, {false, 0, 1}, 1},
    {5, 2, STEP_HOST_FAULT, {false, 0, 2}, 1},
    {6, 3, STEP_HOST_FAULT, {false, 0, 3}, 1},
    {7, 1, STEP_DMA, {true, 0, 2}, 1},
    {8, 2, STEP_DMA, {true, 0, 3}, 1},
    {9, 1, STEP_TWO_PLACES, {false, 1, 2}, 2},
    {10, 2, STEP_TWO_PLACES, {false, 1, 3}, 2},
    {11, 3, STEP_TWO_PLACES, {false, 1, 3}, 3},
};

/* Devices at the end of one 2 MiB and at the start of the next. */
static void add_all(struct fixture *f)
{
    f->program.call_count = 0;
    add_calls(f);
    f->program.call_count = STEP_TWO_PLACES;
    add(f, (struct el2_call){EL2_CALL_phys_addr_ioremap,
                             {1, GIB + EL2_BLOCK_SIZE - EL2_PAGE_SIZE,
                              AT(DEVICE_PAGE), 2 * EL2_PAGE_SIZE}});
    add(f, (struct el2_call){EL2_CALL_grant_vm_page, {1, PAGE}});
}

static uint32_t count(struct fixture *f, uint32_t number,
                      struct table_allocation *last)
{
    static struct el2_call calls[PROGRAM_CALL_LIMIT];
    program_resolve_all(&f->program, &f->platform, calls);
    return table_allocations(f->specification, f->program.run, calls,
                             f->program.call_count, number, last);
}

static void assert_same_table(const struct table_allocation *actual,
                              const struct table_allocation *table)
{
    assert_int_equal(actual->number, table->number);
    assert_int_equal(actual->in_call, table->in_call);
    assert_int_equal(actual->step, table->step);
    assert_int_equal(actual->pool.is_spt, table->pool.is_spt);
    assert_int_equal(actual->pool.vmid, table->pool.vmid);
    assert_int_equal(actual->pool.level, table->pool.level);
    assert_int_equal(actual->in_pool, table->in_pool);
}

static void counted_in_order(void **state)
{
    struct fixture *f = *state;
    struct table_allocation last;
    add_all(f);
    for (uint32_t number = 1; number <= TABLES; number++) {
        assert_int_equal(count(f, number, &last), number);
        assert_same_table(&last, &expected[number - 1]);
    }
    assert_int_equal(count(f, TABLES + 1, &last), TABLES);
    assert_int_equal(
        table_allocations_since_reset(f->specification, &f->platform), TABLES);
    assert_int_equal(count(f, 0, &last), 0);
    assert_int_equal(last.number, 0);
}

/* Nothing comes after a panic, and a call that is not made takes nothing. */
static void counted_as_far_as_it_goes(void **state)
{
    struct fixture *f = *state;
    struct table_allocation last;
    const struct el2_call skipped = {EL2_CALL_npt_map, {2, 0, AT(PAGE) | 3, 3}};
    const struct el2_call private = {EL2_CALL_map_page_host, {AT(EL2_PAGE)}};
    add(f, skipped);
    assert_int_equal(count(f, TABLES, &last), 0);
    add_all(f);
    add(f, private);
    add(f, (struct el2_call){EL2_CALL_map_page_host, {AT(PAGE) + GIB}});
    assert_int_equal(count(f, UINT32_MAX, &last), TABLES);
}

static void names(void **state)
{
    (void)state;
    char text[TABLE_ALLOCATION_NAME_SIZE];
    table_allocation_name(&expected[1], text, sizeof text);
    assert_string_equal(text, "level-2 table 1 of vmid 1");
    table_allocation_name(&expected[3], text, sizeof text);
    assert_string_equal(text, "level-1 table 1 of host 0");
    table_allocation_name(&expected[7], text, sizeof text);
    assert_string_equal(text, "level-3 SMMU table 1");
}

/* Both machines panic at the call that takes the table. */
static void fails_where_it_is_taken(void **state)
{
    struct fixture *f = *state;
    add_all(f);
    for (uint32_t number = 1; number <= TABLES; number++) {
        const struct table_allocation *table = &expected[number - 1];
        const struct el2_step *step = &f->divergence.expected_step;
        f->program.failing_table = (uint16_t)number;
        assert_int_equal(run_program(f), LOCKSTEP_SAME);
        assert_same_table(&f->divergence.failed_table, table);
        assert_true(step->panicked);
        assert_int_equal(step->outcome, table->pool.is_spt
                                            ? EL2_OUTCOME_PANIC_SPT_POOL_EMPTY
                                            : EL2_OUTCOME_PANIC_NPT_POOL_EMPTY);
        assert_int_equal(f->liar.steps, table->step + 1);
    }
    for (uint32_t number = 0; number <= TABLES + 1; number += TABLES + 1) {
        f->program.failing_table = (uint16_t)number;
        assert_int_equal(run_program(f), LOCKSTEP_SAME);
        assert_int_equal(f->divergence.failed_table.number, 0);
        assert_int_equal(f->liar.steps, f->program.call_count);
    }
}

/* A machine that can no such thing runs what it would run anyway. */
static void machine_that_cannot(void **state)
{
    struct fixture *f = *state;
    add_all(f);
    f->program.failing_table = 1;
    assert_true(lockstep_can_fail_tables(&f->lockstep));
    f->liar.operations.limit_tables = NULL;
    assert_false(lockstep_can_fail_tables(&f->lockstep));
    assert_int_equal(run_program(f), LOCKSTEP_SAME);
    assert_int_equal(f->divergence.failed_table.number, 0);
    assert_int_equal(f->liar.steps, f->program.call_count);
}

static enum lockstep_end run_each(struct fixture *f, uint32_t limit,
                                  struct table_failures *failures)
{
    return table_failures_run(&f->lockstep, &f->program, limit, failures,
                              &f->divergence);
}

/* The tables that failed, in order, as the liar is told. */
static struct el2_table_pool failed[2 * TABLES];
static size_t failed_count;

static void note_limit(struct el2_machine *machine,
                       const struct el2_table_pool *pool, uint32_t tables)
{
    failed[failed_count++] = *pool;
    liar_limit_tables(machine, pool, tables);
}

static void each_in_turn(void **state)
{
    struct fixture *f = *state;
    struct table_failures failures;
    add_all(f);
    f->program.failing_table = 77;
    f->liar.operations.limit_tables = note_limit;
    failed_count = 0;
    assert_int_equal(run_each(f, 100, &failures), LOCKSTEP_SAME);
    assert_int_equal(failures.tables, TABLES);
    assert_int_equal(failures.runs, TABLES);
    assert_int_equal(f->program.failing_table, 77);
    assert_int_equal(f->lockstep.counts->programs, TABLES + 1);
    assert_int_equal(f->lockstep.counts->panics, TABLES);
    assert_int_equal(failed_count, TABLES);
    for (size_t i = 0; i < TABLES; i++) {
        assert_int_equal(failed[i].is_spt, expected[i].pool.is_spt);
        assert_int_equal(failed[i].vmid, expected[i].pool.vmid);
        assert_int_equal(failed[i].level, expected[i].pool.level);
    }
}

/* Of many some, evenly chosen. */
static void some_of_many(void **state)
{
    struct fixture *f = *state;
    struct table_failures failures;
    add_all(f);
    for (uint32_t limit = 2; limit <= TABLES; limit++) {
        assert_int_equal(run_each(f, limit, &failures), LOCKSTEP_SAME);
        assert_int_equal(failures.runs, limit);
        assert_int_equal(failures.tables, TABLES);
        /* The last table is among them. */
        assert_int_equal(f->divergence.failed_table.number, TABLES);
    }
    f->program.call_count = STEP_BANK;
    assert_int_equal(run_each(f, 100, &failures), LOCKSTEP_SAME);
    assert_int_equal(failures.tables, 0);
    assert_int_equal(failures.runs, 0);
}

/* One table more than it is told: as if it took one less. */
static void limit_too_high(struct el2_machine *machine,
                           const struct el2_table_pool *pool, uint32_t tables)
{
    bool is_third = pool->vmid == 1 && pool->level == 3 && tables == 2;
    liar_limit_tables(machine, pool, tables + is_third);
}

/* A table that only the specification takes. */
static void panic_of_one_alone(void **state)
{
    struct fixture *f = *state;
    struct table_failures failures;
    add_all(f);
    f->liar.operations.limit_tables = limit_too_high;
    assert_int_equal(run_each(f, 100, &failures), LOCKSTEP_DIVERGED);
    assert_int_equal(failures.runs, TABLES);
    assert_int_equal(f->divergence.observation, EL2_OBSERVE_PANIC);
    assert_int_equal(f->divergence.step, STEP_TWO_PLACES);
    assert_same_table(&f->divergence.failed_table, &expected[TABLES - 1]);
    /* Without a failure no difference is seen. */
    f->program.failing_table = 0;
    assert_int_equal(run_program(f), LOCKSTEP_SAME);
}

/* A table less than the specification: it panics a call too soon. */
static void limit_too_low(struct el2_machine *machine,
                          const struct el2_table_pool *pool, uint32_t tables)
{
    liar_limit_tables(machine, pool, tables == 0 ? 0 : tables - 1);
}

static void panic_too_soon(void **state)
{
    struct fixture *f = *state;
    struct table_failures failures;
    add_all(f);
    f->liar.operations.limit_tables = limit_too_low;
    assert_int_equal(run_each(f, 100, &failures), LOCKSTEP_DIVERGED);
    assert_int_equal(failures.runs, 9);
    assert_int_equal(f->divergence.observation, EL2_OBSERVE_PANIC);
    assert_int_equal(f->divergence.step, STEP_VM_FAULT);
    assert_same_table(&f->divergence.failed_table, &expected[8]);
}

/* What differs without any failure is said so. */
static void difference_without_failure(void **state)
{
    struct fixture *f = *state;
    struct table_failures failures;
    add_all(f);
    lie_about(f, (struct lie){state_of(1), number(0), STEP_REGISTER, true});
    assert_int_equal(run_each(f, 100, &failures), LOCKSTEP_DIVERGED);
    assert_int_equal(failures.runs, 0);
    assert_int_equal(f->divergence.failed_table.number, 0);
}

/* What the panic does not tear is compared, as after any other. */
static void rest_is_compared(void **state)
{
    struct fixture *f = *state;
    add_all(f);
    f->program.failing_table = 9;
    lie_about(f, (struct lie){page_of(PAGE + 1), host_record(PAGE),
                              STEP_TWO_PLACES, true});
    assert_diverged(f, STEP_TWO_PLACES, EL2_OBSERVE_COUNT);
    f->liar.lie_count = 0;
    lie_about(f, (struct lie){npt_tables_of(1), npt_tables(9, 9, 9),
                              STEP_TWO_PLACES, true});
    assert_int_equal(run_program(f), LOCKSTEP_SAME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_MACHINES(counted_in_order),
        WITH_MACHINES(counted_as_far_as_it_goes),
        cmocka_unit_test(names),
        WITH_MACHINES(fails_where_it_is_taken),
        WITH_MACHINES(machine_that_cannot),
        WITH_MACHINES(each_in_turn),
        WITH_MACHINES(some_of_many),
        WITH_MACHINES(panic_of_one_alone),
        WITH_MACHINES(panic_too_soon),
        WITH_MACHINES(difference_without_failure),
        WITH_MACHINES(rest_is_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
