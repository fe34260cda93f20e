/*
 * SMMU tables of the EL2 code, on the fake shim: walks, what is stored and
 * invalidated in which order, and pools that run out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/impl_page_board.h"

static void spt_maps_walks_and_unmaps(void **state)
{
    const uint64_t iova = EL2_IOVA_SPACE - EL2_PAGE_SIZE;
    const uint64_t page = byte_address(HOST_PFN) | EL2_SMMU_PAGE;
    const uint32_t bank = 1 * EL2_BANKS_PER_SMMU + 3;
    (void)state;

    assert_int_equal(CALL(spt_walk, 3, 1, iova), 0);
    assert_int_equal(CALL(spt_unmap, 3, 1, iova), 0);
    CALL(spt_map, 3, 1, iova, page);
    /* Entry 1023 of a root of two pages. */
    assert_int_not_equal(
        fake_shim_peek(el2_spt_root(&el2, bank) + UINT64_C(1023) * 8), 0);
    assert_int_equal(CALL(spt_walk, 3, 1, iova + 5), page);
    assert_int_equal(CALL(spt_walk, 3, 0, iova), 0);
    assert_int_equal(CALL(spt_walk, 3, 1, iova ^ (UINT64_C(1) << 39)), 0);

    CALL(spt_map, 3, 1, iova, page + EL2_PAGE_SIZE);
    assert_int_equal(fake_shim_event_count(), 3);
    assert_int_equal(fake_shim_event(0)->second, 0);
    expect_event(1, FAKE_INVALIDATE_IOVA, bank, iova);
    assert_int_equal(fake_shim_event(2)->second, page + EL2_PAGE_SIZE);

    assert_int_equal(CALL(spt_unmap, 3, 1, iova), page + EL2_PAGE_SIZE);
    assert_int_equal(fake_shim_event_count(), 2);
    assert_int_equal(fake_shim_event(0)->second, 0);
    expect_event(1, FAKE_INVALIDATE_IOVA, bank, iova);
    assert_int_equal(CALL(spt_unmap, 3, 1, iova), 0);
    assert_int_equal(fake_shim_event_count(), 0);
}

static void spt_pools_run_out(void **state)
{
    (void)state;

    /* Also an empty entry needs its tables. */
    CALL(spt_map, 0, 0, 0, 0);
    CALL(spt_map, 0, 1, 0, 0x703);
    assert_int_equal(el2_spt_tables_taken(&el2, 2), 2);
    assert_int_equal(el2_spt_tables_taken(&el2, 3), 2);
    CALL(spt_map, 0, 0, EL2_BLOCK_SIZE, 0x703);
    PANICS(HELD_SPT, spt_map, 0, 0, 2 * EL2_BLOCK_SIZE, 0x703);
    boot(NULL);
    CALL(spt_map, 0, 0, 0, 0);
    CALL(spt_map, 0, 1, 0, 0);
    PANICS(HELD_SPT, spt_map, 1, 0, 0, 0);
}

static void spt_init_forgets_one_bank(void **state)
{
    const uint64_t high = UINT64_C(1) << 39;
    (void)state;

    CALL(spt_map, 2, 0, 0, 0x1703);
    CALL(spt_map, 2, 0, high, 0x2703);
    CALL(spt_init, 2, 0);
    assert_int_equal(fake_shim_event_count(), 3);
    expect_event(2, FAKE_INVALIDATE_BANK, 2, 0);
    assert_int_equal(CALL(spt_walk, 2, 0, 0), 0);
    assert_int_equal(CALL(spt_walk, 2, 0, high), 0);
    assert_int_equal(el2_spt_tables_taken(&el2, 3), 2);

    boot(NULL);
    CALL(spt_map, 1, 0, high, 0x1703);
    CALL(spt_map, 3, 0, 0, 0x3703);
    CALL(spt_init, 2, 0);
    assert_int_equal(CALL(spt_walk, 1, 0, high), 0x1703);
    assert_int_equal(CALL(spt_walk, 3, 0, 0), 0x3703);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(spt_maps_walks_and_unmaps, boot),
        cmocka_unit_test_setup(spt_pools_run_out, boot),
        cmocka_unit_test_setup(spt_init_forgets_one_bank, boot),
    };

    return cmocka_run_group_tests_name("impl_spt", tests, NULL, NULL);
}
