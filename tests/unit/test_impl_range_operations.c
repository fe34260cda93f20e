/* Range operations of the EL2 code, on the fake shim: blocks are assigned, and
 * ranges shared and cleared, page by page but for few locks and walks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/impl_page_board.h"

static void a_block_is_checked_before_anything(void **state)
{
    const uint64_t beyond = EL2_PHYSICAL_SPACE - EL2_BLOCK_SIZE;
    (void)state;

    PANICS(HELD_NOTHING, prot_and_map_vm_s2pt, 1, 0, byte_address(HOST_PFN + 1),
           2);
    expect_host_page(HOST_PFN + 1);
    PANICS(HELD_NOTHING, prot_and_map_vm_s2pt, 1, 0, EL2_PHYSICAL_SPACE, 3);
    PANICS(HELD_NOTHING, prot_and_map_vm_s2pt, 1, 0, beyond + EL2_PAGE_SIZE, 2);
    /* These are checked page by page. */
    PANICS(HELD_PAGE, prot_and_map_vm_s2pt, 1, 0, beyond, 2);
    PANICS(HELD_PAGE, prot_and_map_vm_s2pt, 1, 0,
           EL2_PHYSICAL_SPACE - EL2_PAGE_SIZE, 3);
}

static void a_block_is_assigned_and_mapped(void **state)
{
    const uint64_t last = HOST_PFN + EL2_PAGES_PER_BLOCK - 1;
    (void)state;

    CALL(map_page_host, byte_address(HOST_PFN));
    CALL(map_page_host, byte_address(last));
    /* Neither low bits of the descriptor nor of the address count. */
    CALL(prot_and_map_vm_s2pt, 1, 0x7ff123, byte_address(HOST_PFN) | 0x7c3, 2);
    assert_int_equal(fake_shim_times_locked(EL2_LOCK_PAGE), 1);
    for (uint64_t i = 0; i < EL2_PAGES_PER_BLOCK; i++) {
        expect_page(HOST_PFN + i, 1, 0, 0x600 + i);
    }
    expect_host_page(last + 1);
    assert_int_equal(CALL(npt_walk, 1, 0x600000),
                     BLOCK_OF(kernel_page(HOST_PFN)));
    assert_int_equal(CALL(npt_walk, 0, byte_address(HOST_PFN)), EL2_S2_TAKEN);
    assert_int_equal(CALL(npt_walk, 0, byte_address(last)), EL2_S2_TAKEN);

    CALL(prot_and_map_vm_s2pt, 1, 0x600000, byte_address(HOST_PFN), 2);
    assert_int_equal(fake_shim_event_count(), 0);
    PANICS(HELD_NPT(1), prot_and_map_vm_s2pt, 1, 0x600000,
           byte_address(HOST_PFN), 3);
}

/* npt[0] is not held at that panic, so it must show what came before. */
static void a_block_is_assigned_up_to_the_first_refusal(void **state)
{
    static const uint64_t refusals[] = {0, 1, 63, 64, 200, 511};
    (void)state;

    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const uint64_t refused = HOST_PFN + refusals[i];

        boot(NULL);
        for (uint64_t pfn = HOST_PFN; pfn < HOST_PFN + 512; pfn++) {
            CALL(map_page_host, byte_address(pfn));
        }
        CALL(assign_pfn_to_vm, 2, 5, refused);
        PANICS(HELD_PAGE, prot_and_map_vm_s2pt, 1, 0, byte_address(HOST_PFN),
               2);
        for (uint64_t pfn = HOST_PFN; pfn < HOST_PFN + 512; pfn++) {
            assert_int_equal(CALL(npt_walk, 0, byte_address(pfn)),
                             pfn <= refused ? EL2_S2_TAKEN : kernel_page(pfn));
        }
        if (refused != HOST_PFN) {
            expect_page(refused - 1, 1, 0, refused - 1 - HOST_PFN);
        }
        expect_page(refused, 2, 0, 5);
        if (refusals[i] != 511) {
            expect_host_page(refused + 1);
        }
        assert_int_equal(CALL(npt_walk, 1, 0), 0);
    }
}

/* Pages of a VM at gfn 0x1f0..0x20f (two tables), then a block. */
static void map_some_for_sharing(void)
{
    for (uint64_t i = 0; i < 32; i++) {
        CALL(prot_and_map_vm_s2pt, 1, byte_address(0x1f0 + i),
             byte_address(0x600 + 2 * i), 3);
    }
    CALL(prot_and_map_vm_s2pt, 1, byte_address(0x400), byte_address(HOST_PFN),
         2);
}

static void expect_counts(uint64_t pfn, uint64_t step, uint32_t pages,
                          uint64_t gfn, uint32_t count)
{
    for (uint32_t i = 0; i < pages; i++) {
        expect_page(pfn + step * i, 1, count, gfn + i);
    }
}

static void a_range_is_shared_and_unshared(void **state)
{
    (void)state;

    map_some_for_sharing();
    /* 0x1f1 .. 0x510: pages, a hole, and into the block; rounded up. */
    CALL(grant_stage2_sg_gpa, 1, byte_address(0x1f1),
         byte_address(0x510 - 0x1f1) - 0xfff);
    assert_true(fake_shim_times_locked(EL2_LOCK_NPT + 1) <= 13);
    expect_counts(0x600, 2, 1, 0x1f0, 0);
    expect_counts(0x602, 2, 31, 0x1f1, 1);
    expect_counts(HOST_PFN, 1, 0x110, 0x400, 1);
    expect_counts(HOST_PFN + 0x110, 1, 512 - 0x110, 0x510, 0);

    CALL(map_page_host, byte_address(0x602));
    CALL(map_page_host, byte_address(HOST_PFN + 0x10f));
    CALL(revoke_stage2_sg_gpa, 1, byte_address(0x1f0),
         byte_address(0x600 - 0x1f0));
    expect_counts(0x600, 2, 32, 0x1f0, 0);
    expect_counts(HOST_PFN, 1, 512, 0x400, 0);
    assert_int_equal(CALL(npt_walk, 0, byte_address(0x602)), EL2_S2_TAKEN);
    assert_int_equal(CALL(npt_walk, 0, byte_address(HOST_PFN + 0x10f)),
                     EL2_S2_TAKEN);
}

static void sizes_are_rounded_up_to_pages(void **state)
{
    (void)state;

    map_some_for_sharing();
    CALL(grant_stage2_sg_gpa, 1, byte_address(0x400), 0);
    expect_counts(HOST_PFN, 1, 1, 0x400, 0);
    /* From the page of the address on, however far into it that is. */
    CALL(grant_stage2_sg_gpa, 1, byte_address(0x400) + 0xfff, 0x1001);
    expect_counts(HOST_PFN, 1, 2, 0x400, 1);
    expect_counts(HOST_PFN + 2, 1, 1, 0x402, 0);
}

/* One page at two gfns counts twice, also within one batch. */
static void a_page_mapped_twice_is_shared_twice(void **state)
{
    (void)state;

    CALL(assign_pfn_to_vm, 1, 5, HOST_PFN);
    CALL(map_pfn_vm, 1, byte_address(5), byte_address(HOST_PFN), 3);
    CALL(map_pfn_vm, 1, byte_address(6), byte_address(HOST_PFN), 3);
    CALL(grant_stage2_sg_gpa, 1, byte_address(5), 0x2000);
    expect_page(HOST_PFN, 1, 2, 5);
    CALL(map_page_host, byte_address(HOST_PFN));
    CALL(revoke_stage2_sg_gpa, 1, byte_address(5), 0x2000);
    expect_page(HOST_PFN, 1, 0, 5);
    assert_int_equal(CALL(npt_walk, 0, byte_address(HOST_PFN)), EL2_S2_TAKEN);
}

static void sharing_a_range_does_not_walk_for_each_page(void **state)
{
    (void)state;

    map_some_for_sharing();
    CALL(grant_stage2_sg_gpa, 1, byte_address(0x400), EL2_BLOCK_SIZE);
    /* A record a page, and three entries for each batch. */
    assert_true(fake_shim_loads() <= 512 + 3 * 8);
}

/* A range with the edges of regions in it, and page 0. */
static void a_range_is_cleared_across_regions(void **state)
{
    static const uint64_t own[] = {1, 0xe, 0xf, HOST_PFN};
    (void)state;

    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        fake_shim_fill_page(own[i], 0x77);
        CALL(assign_pfn_to_vm, 1, 9, own[i]);
    }
    fake_shim_fill_page(0xd, 0x77);
    fake_shim_fill_page(HOST_PFN + 1, 0x77);
    fake_shim_fill_page(HOST_PFN + 2, 0x77);
    CALL(assign_pfn_to_vm, 2, 9, HOST_PFN + 1);
    CALL(assign_pfn_to_vm, 1, 9, HOST_PFN + 2);

    CALL(clear_vm_range, 1, 0, HOST_PFN + 2);
    assert_int_equal(fake_shim_times_locked(EL2_LOCK_PAGE), 1);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        expect_host_page(own[i]);
        assert_int_equal(fake_shim_peek(byte_address(own[i])), 0);
        assert_int_equal(fake_shim_peek(byte_address(own[i]) + 0xff8), 0);
    }
    assert_int_equal(fake_shim_peek(byte_address(0xd)), 0x77);
    expect_page(HOST_PFN + 1, 2, 0, 9);
    assert_int_equal(fake_shim_peek(byte_address(HOST_PFN + 1)), 0x77);
    expect_page(HOST_PFN + 2, 1, 0, 9); /* the range ends before it */
    assert_int_equal(fake_shim_peek(byte_address(HOST_PFN + 2)), 0x77);
    CALL(clear_vm_range, 1, HOST_PFN + 2, 0);
    expect_page(HOST_PFN + 2, 1, 0, 9);
}

/* Two tables of the host, and more pages than go into one batch. */
static void a_cleared_range_leaves_the_host_unmapped(void **state)
{
    const uint64_t first = 0x600 - 0x50;
    const uint64_t end = 0x600 + 0x50;
    (void)state;

    for (uint64_t pfn = first; pfn < end; pfn++) {
        CALL(assign_pfn_to_vm, 1, pfn, pfn);
        CALL(grant_vm_page, 1, pfn);
        CALL(map_page_host, byte_address(pfn));
    }
    CALL(clear_vm_range, 1, first, end - first);
    for (uint64_t pfn = first; pfn < end; pfn++) {
        expect_host_page(pfn);
        assert_int_equal(CALL(npt_walk, 0, byte_address(pfn)), EL2_S2_TAKEN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_block_is_checked_before_anything, boot),
        cmocka_unit_test_setup(a_block_is_assigned_and_mapped, boot),
        cmocka_unit_test_setup(a_block_is_assigned_up_to_the_first_refusal,
                               boot),
        cmocka_unit_test_setup(a_range_is_shared_and_unshared, boot),
        cmocka_unit_test_setup(sizes_are_rounded_up_to_pages, boot),
        cmocka_unit_test_setup(a_page_mapped_twice_is_shared_twice, boot),
        cmocka_unit_test_setup(sharing_a_range_does_not_walk_for_each_page,
                               boot),
        cmocka_unit_test_setup(a_range_is_cleared_across_regions, boot),
        cmocka_unit_test_setup(a_cleared_range_leaves_the_host_unmapped, boot),
    };

    return cmocka_run_group_tests_name("impl_range_operations", tests, NULL,
                                       NULL);
}
