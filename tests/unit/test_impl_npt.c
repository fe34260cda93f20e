/*
 * Stage-2 tables of the EL2 code, on the fake shim: walks, what is stored and
 * invalidated in which order, and pools that run out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/impl_page_board.h"

static void maps_and_walks(void **state)
{
    const uint64_t ipa = UINT64_C(0xfffffffff000);
    const uint64_t page = kernel_page(HOST_PFN);
    const uint64_t block = BLOCK_OF(kernel_page(0x600));
    (void)state;

    assert_int_equal(CALL(npt_walk, 3, ipa), 0);
    assert_int_equal(CALL(npt_level, 3, ipa), 0);
    CALL(npt_map, 3, ipa + 0xabc, page, 3);
    assert_int_equal(CALL(npt_walk, 3, ipa), page);
    assert_int_equal(CALL(npt_level, 3, ipa + 0xfff), 3);
    assert_int_equal(CALL(npt_walk, 3, ipa - EL2_PAGE_SIZE), 0);
    assert_int_equal(CALL(npt_walk, 2, ipa), 0);
    expect_tables(3, 1, 1, 1);

    CALL(npt_map, 3, 0x5ff000, block, 2);
    assert_int_equal(CALL(npt_walk, 3, 0x400000), block);
    assert_int_equal(CALL(npt_walk, 3, 0x5fffff), block);
    assert_int_equal(CALL(npt_walk, 3, 0x600000), 0);
    assert_int_equal(CALL(npt_level, 3, 0x400000), 2);
    expect_tables(3, 2, 2, 1);
    expect_tables(2, 0, 0, 0);
}

/* Any level but 2 is a page; an entry without an address has no level. */
static void level_and_descriptor_corner_cases(void **state)
{
    (void)state;

    CALL(npt_map, 1, 0x1000, kernel_page(HOST_PFN), UINT64_C(1) << 33 | 2);
    assert_int_equal(CALL(npt_level, 1, 0x1000), 3);
    CALL(npt_map, 1, 0x1000, EL2_S2_TAKEN, 0);
    assert_int_equal(CALL(npt_walk, 1, 0x1000), EL2_S2_TAKEN);
    assert_int_equal(CALL(npt_level, 1, 0x1000), 0);
    /* Not a table and not zero: the walk ends there, valid or not. */
    CALL(npt_map, 1, 0x200000, 0x200002, 2);
    assert_int_equal(CALL(npt_level, 1, 0x200000), 2);
    PANICS(HELD_NPT(1), npt_map, 1, 0x201000, kernel_page(HOST_PFN), 3);
}

static void a_page_inside_a_block_panics(void **state)
{
    (void)state;

    CALL(npt_map, 4, 0x200000, BLOCK_OF(kernel_page(HOST_PFN)), 2);
    PANICS(HELD_NPT(4), npt_map, 4, 0x3ff000, kernel_page(HOST_PFN), 3);
}

/* Break, invalidate, make; only when a live entry changes. */
static void a_page_changes_by_break_before_make(void **state)
{
    const uint64_t ipa = 0x7000;
    uint64_t entry;
    (void)state;

    CALL(npt_map, 2, ipa, kernel_page(HOST_PFN), 3);
    entry = entry_address(2, ipa, 3);
    assert_int_equal(fake_shim_event_count(), 4); /* three tables, the page */
    expect_event(3, FAKE_STORE, entry, kernel_page(HOST_PFN));

    CALL(npt_map, 2, ipa, kernel_page(HOST_PFN), 3);
    assert_int_equal(fake_shim_event_count(), 0);

    CALL(npt_map, 2, ipa + 0x123, kernel_page(HOST_PFN + 1), 3);
    assert_int_equal(fake_shim_event_count(), 3);
    expect_event(0, FAKE_STORE, entry, 0);
    expect_event(1, FAKE_INVALIDATE_IPA, 2, ipa);
    expect_event(2, FAKE_STORE, entry, kernel_page(HOST_PFN + 1));

    CALL(npt_map, 2, ipa, EL2_S2_TAKEN, 3);
    assert_int_equal(fake_shim_event_count(), 2);
    expect_event(0, FAKE_STORE, entry, EL2_S2_TAKEN);
    expect_event(1, FAKE_INVALIDATE_IPA, 2, ipa);

    CALL(npt_map, 2, ipa, kernel_page(HOST_PFN), 3);
    assert_int_equal(fake_shim_event_count(), 1);
}

/* Each level takes its own nine bits of the address. */
static void tables_are_linked_from_the_root_down(void **state)
{
    const uint64_t ipa = UINT64_C(1) << 39 | UINT64_C(511) << 30 |
                         UINT64_C(3) << 21 | UINT64_C(4) << 12;
    (void)state;

    CALL(npt_map, 2, ipa, kernel_page(HOST_PFN), 3);
    for (unsigned level = 0; level < 3; level++) {
        const struct fake_event *event = fake_shim_event(level);

        assert_int_equal(event->first, entry_address(2, ipa, level));
        assert_int_equal(event->second & EL2_PAGE_OFFSET, EL2_DESCRIPTOR_TABLE);
    }
    assert_int_equal(fake_shim_peek(entry_address(2, ipa, 3)),
                     kernel_page(HOST_PFN));
}

static void a_block_replaces_a_table(void **state)
{
    const uint64_t block = BLOCK_OF(kernel_page(HOST_PFN));
    uint64_t entry;
    (void)state;

    CALL(npt_map, 2, 0x203000, kernel_page(HOST_PFN), 3);
    CALL(npt_map, 2, 0x204000, EL2_S2_TAKEN, 3);
    CALL(npt_map, 2, 0x3ff000, kernel_page(HOST_PFN), 3);
    entry = entry_address(2, 0x200000, 2);
    CALL(npt_map, 2, 0x2ab000, block, 2);
    assert_int_equal(fake_shim_event_count(), 5);
    expect_event(0, FAKE_STORE, entry, 0);
    expect_event(1, FAKE_INVALIDATE_IPA, 2, 0x200000);
    expect_event(2, FAKE_INVALIDATE_IPA, 2, 0x203000);
    expect_event(3, FAKE_INVALIDATE_IPA, 2, 0x3ff000);
    expect_event(4, FAKE_STORE, entry, block);
    expect_tables(2, 1, 1, 1); /* lost, not given back */

    CALL(npt_map, 2, 0x200000, block, 2);
    assert_int_equal(fake_shim_event_count(), 0);
    CALL(npt_map, 2, 0x200000, BLOCK_OF(kernel_page(0x600)), 2);
    assert_int_equal(fake_shim_event_count(), 3);
    expect_event(0, FAKE_STORE, entry, 0);
    expect_event(1, FAKE_INVALIDATE_IPA, 2, 0x200000);
}

static void npt_pools_run_out(void **state)
{
    const uint64_t page = kernel_page(HOST_PFN);
    (void)state;

    /* Level 3: four tables. */
    for (uint64_t i = 0; i < 4; i++) {
        CALL(npt_map, 1, i << 21, page, 3);
    }
    CALL(npt_map, 1, 0x1000, page, 3);
    CALL(npt_map, 1, UINT64_C(4) << 21, BLOCK_OF(page), 2);
    expect_tables(1, 1, 1, 4);
    PANICS(HELD_NPT(1), npt_map, 1, UINT64_C(5) << 21, page, 3);
    expect_tables(1, 1, 1, 4);

    /* Level 2: three tables. */
    for (uint64_t i = 0; i < 3; i++) {
        CALL(npt_map, 2, i << 30, BLOCK_OF(page), 2);
    }
    PANICS(HELD_NPT(2), npt_map, 2, UINT64_C(3) << 30, BLOCK_OF(page), 2);

    /* Level 1: two tables. */
    for (uint64_t i = 0; i < 2; i++) {
        CALL(npt_map, 3, i << 39, page, 3);
    }
    PANICS(HELD_NPT(3), npt_map, 3, UINT64_C(2) << 39, page, 3);
    expect_tables(3, 2, 2, 2);
}

static void clear_pfn_host_marks_the_entry(void **state)
{
    const uint64_t ipa = byte_address(HOST_PFN);
    (void)state;

    CALL(clear_pfn_host, HOST_PFN);
    assert_int_equal(fake_shim_event_count(), 0);
    CALL(map_page_host, ipa);
    CALL(clear_pfn_host, HOST_PFN);
    assert_int_equal(fake_shim_event_count(), 2);
    expect_event(0, FAKE_STORE, entry_address(EL2_HOSTVISOR, ipa, 3),
                 EL2_S2_TAKEN);
    expect_event(1, FAKE_INVALIDATE_IPA, EL2_HOSTVISOR, ipa);
    CALL(clear_pfn_host, HOST_PFN);
    assert_int_equal(fake_shim_event_count(), 0);
    CALL(clear_pfn_host, HOST_PFN + 1); /* same table, never mapped */
    assert_int_equal(fake_shim_event_count(), 0);

    CALL(npt_map, EL2_HOSTVISOR, byte_address(0x600),
         BLOCK_OF(kernel_page(0x600)), 2);
    PANICS(HELD_NPT(EL2_HOSTVISOR), clear_pfn_host, 0x601);
    /* A block without an address counts as nothing. */
    CALL(npt_map, EL2_HOSTVISOR, byte_address(0x800), 1, 2);
    CALL(clear_pfn_host, 0x800);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(maps_and_walks, boot),
        cmocka_unit_test_setup(level_and_descriptor_corner_cases, boot),
        cmocka_unit_test_setup(a_page_inside_a_block_panics, boot),
        cmocka_unit_test_setup(a_page_changes_by_break_before_make, boot),
        cmocka_unit_test_setup(tables_are_linked_from_the_root_down, boot),
        cmocka_unit_test_setup(a_block_replaces_a_table, boot),
        cmocka_unit_test_setup(npt_pools_run_out, boot),
        cmocka_unit_test_setup(clear_pfn_host_marks_the_entry, boot),
    };

    return cmocka_run_group_tests_name("impl_npt", tests, NULL, NULL);
}
