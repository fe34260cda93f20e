/*
 * Pools with fewer tables than the platform gives them, on every machine: they
 * give as many as they are told, no other pool changes, and a reset takes it
 * back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/model_cases.h"

#define VMID  3u
#define OTHER 4u

/* A pool, how many tables the board gives it, and what one of them covers. */
struct pool {
    struct el2_table_pool pool;
    uint32_t size;
    unsigned shift;
};

static const struct pool pools[] = {
    {{false, VMID, 1}, NPT_LEVEL1, 39}, {{false, VMID, 2}, NPT_LEVEL2, 30},
    {{false, VMID, 3}, NPT_LEVEL3, 21}, {{true, 0, 2}, SPT_LEVEL2, 30},
    {{true, 0, 3}, SPT_LEVEL3, 21},
};

#define POOL_COUNT (sizeof pools / sizeof pools[0])

/* A map that takes table number i of the pool; the other pools last longer. */
static struct el2_call taking(const struct pool *pool, uint32_t vmid,
                              uint32_t i)
{
    uint64_t address = (uint64_t)i << pool->shift;
    return pool->pool.is_spt
               ? (struct el2_call){EL2_CALL_spt_map,
                                   {1, 0, address, AT(HOST_PAGE) | 3}}
               : (struct el2_call){EL2_CALL_npt_map,
                                   {vmid, address, AT(HOST_PAGE) | 3, 3}};
}

/* Such maps until one panics; how many did not. */
static uint32_t given(struct el2_machine *machine, const struct pool *pool,
                      uint32_t vmid)
{
    struct el2_call call = taking(pool, vmid, 0);
    uint32_t i = 0;
    while (!step_of(machine, call).panicked) {
        if (++i > 100) {
            fail_msg("%s finds no end of tables", el2_calls[call.number].name);
        }
        call = taking(pool, vmid, i);
    }
    return i;
}

static void check_pool(struct el2_machine *machine, const struct pool *pool)
{
    for (uint32_t tables = 0; tables <= pool->size; tables++) {
        machine->operations->reset(machine);
        machine->operations->limit_tables(machine, &pool->pool, tables);
        assert_int_equal(given(machine, pool, VMID), tables);
        machine->operations->reset(machine);
        assert_int_equal(given(machine, pool, VMID), pool->size);
    }
}

/* The limit of one pool is none of another. */
static void check_others(struct el2_machine *machine,
                         const struct pool *limited)
{
    for (size_t i = 0; i < POOL_COUNT; i++) {
        const struct pool *pool = &pools[i];
        bool is_same = pool->pool.is_spt == limited->pool.is_spt;
        machine->operations->reset(machine);
        machine->operations->limit_tables(machine, &limited->pool, 0);
        if (!is_same) {
            assert_int_equal(given(machine, pool, VMID), pool->size);
        } else if (!pool->pool.is_spt) {
            assert_int_equal(given(machine, pool, OTHER), pool->size);
        }
    }
}

/* What is taken of each level is told right, whichever pool is shorter. */
static void check_counts(struct el2_machine *machine,
                         const struct pool *limited)
{
    const struct el2_call page = {EL2_CALL_npt_map,
                                  {VMID, 0, AT(HOST_PAGE) | 3, 3}};
    const struct el2_call iova = {EL2_CALL_spt_map,
                                  {1, 0, 0, AT(HOST_PAGE) | 3}};
    machine->operations->reset(machine);
    machine->operations->limit_tables(machine, &limited->pool, 1);
    assert_value(machine, "none", npt_tables_of(VMID), npt_tables(0, 0, 0));
    assert_value(machine, "none", spt_tables_cell(), spt_tables(0, 0));
    assert_false(step_of(machine, page).panicked);
    assert_false(step_of(machine, iova).panicked);
    assert_value(machine, "one", npt_tables_of(VMID), npt_tables(1, 1, 1));
    assert_value(machine, "one", spt_tables_cell(), spt_tables(1, 1));
}

static void check_machine(struct el2_machine *machine)
{
    assert_non_null(machine);
    assert_non_null(machine->operations->limit_tables);
    for (size_t i = 0; i < POOL_COUNT; i++) {
        check_pool(machine, &pools[i]);
        check_others(machine, &pools[i]);
        check_counts(machine, &pools[i]);
    }
    machine->operations->destroy(machine);
}

static void specifications(void **state)
{
    (void)state;
    const struct el2_platform platform = board();
    const char *why = NULL;
    check_machine(model_of_board());
    check_machine(primitives_of_board());
    check_machine(el2_create_published_model(&platform, drawn, &why));
    check_machine(el2_create_published_primitives(&platform, drawn, &why));
}

static void el2_code(void **state)
{
    (void)state;
    const struct el2_platform platform = board();
    const char *why = NULL;
    check_machine(el2_create_impl(&platform, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(specifications),
        cmocka_unit_test(el2_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
