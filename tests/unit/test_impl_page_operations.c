/* Page operations of the EL2 code, on the fake shim: who owns a page, who
 * shares it and which device maps it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/impl_page_board.h"

static void map_page_host_by_owner(void **state)
{
    const uint64_t ipa = byte_address(HOST_PFN);
    (void)state;

    CALL(map_page_host, ipa + 0x777);
    assert_int_equal(CALL(npt_walk, EL2_HOSTVISOR, ipa), kernel_page(HOST_PFN));
    CALL(map_page_host, byte_address(DEVICE_PFN) + 0x838);
    assert_int_equal(CALL(npt_walk, EL2_HOSTVISOR, byte_address(DEVICE_PFN)),
                     byte_address(DEVICE_PFN) | EL2_S2_DEVICE);

    CALL(assign_pfn_to_vm, 1, 5, HOST_PFN);
    assert_int_equal(CALL(npt_walk, EL2_HOSTVISOR, ipa), EL2_S2_TAKEN);
    PANICS(HELD_PAGE, map_page_host, ipa);
    CALL(grant_vm_page, 1, HOST_PFN);
    CALL(map_page_host, ipa);
    assert_int_equal(CALL(npt_walk, EL2_HOSTVISOR, ipa), kernel_page(HOST_PFN));
    PANICS(HELD_PAGE, map_page_host, byte_address(HOST_END));
}

/* semantics.md section 10, E11. */
static void a_page_for_dma_is_not_shared(void **state)
{
    (void)state;

    CALL(assign_pfn_to_smmu, 1, 5, HOST_PFN);
    CALL(revoke_vm_page, 1, HOST_PFN);
    CALL(grant_vm_page, 1, HOST_PFN);
    expect_page(HOST_PFN, 1, EL2_INVALID, 5);
    PANICS(HELD_PAGE, map_page_host, byte_address(HOST_PFN));
    CALL(assign_pfn_to_vm, 1, 5, HOST_PFN);
    expect_page(HOST_PFN, 1, 0, 5);
}

static void tables_run_out_inside_a_page_operation(void **state)
{
    (void)state;

    /* Device pages take the host's four level-3 tables. */
    for (uint64_t i = 0; i < 4; i++) {
        CALL(map_page_host, (16 + i) << 21);
    }
    PANICS(HELD_PAGE | HELD_NPT(EL2_HOSTVISOR), map_page_host,
           byte_address(HOST_PFN));
    for (uint64_t i = 0; i < 4; i++) {
        CALL(map_vm_io, 2, i << 21, byte_address(DEVICE_PFN));
    }
    PANICS(HELD_PAGE | HELD_NPT(2), map_vm_io, 2, UINT64_C(4) << 21,
           byte_address(DEVICE_PFN));
    PANICS(HELD_NPT(2), map_pfn_vm, 2, UINT64_C(5) << 21, 0x400003, 3);
}

static void a_host_block_stops_what_takes_a_page(void **state)
{
    const el2_lock_set held = HELD_PAGE | HELD_NPT(EL2_HOSTVISOR);
    (void)state;

    CALL(npt_map, EL2_HOSTVISOR, byte_address(HOST_PFN),
         BLOCK_OF(kernel_page(HOST_PFN)), 2);
    PANICS(held, map_page_host, byte_address(HOST_PFN));
    PANICS(held, assign_pfn_to_vm, 1, 5, HOST_PFN);
    PANICS(held, assign_pfn_to_smmu, 1, 5, HOST_PFN + 1);
    PANICS(held, prot_and_map_vm_s2pt, 1, 0, byte_address(HOST_PFN + 2), 3);
}

static void assign_pfn_to_vm_by_record(void **state)
{
    (void)state;

    CALL(assign_pfn_to_vm, 1, 5, HOST_PFN);
    expect_page(HOST_PFN, 1, 0, 5);
    CALL(grant_vm_page, 1, HOST_PFN);
    CALL(assign_pfn_to_vm, 1, 5, HOST_PFN);
    expect_page(HOST_PFN, 1, 1, 5);
    assert_int_equal(fake_shim_event_count(), 0);
    PANICS(HELD_PAGE, assign_pfn_to_vm, 1, 6, HOST_PFN);
    PANICS(HELD_PAGE, assign_pfn_to_vm, 2, 5, HOST_PFN);
    PANICS(HELD_PAGE, assign_pfn_to_vm, 1, 5, HOST_END);
    PANICS(HELD_PAGE, assign_pfn_to_vm, 1, 5, DEVICE_PFN);
    PANICS(HELD_PAGE, assign_pfn_to_vm, 1, 5, 0);

    CALL(assign_pfn_to_smmu, 1, EL2_INVALID64, HOST_PFN + 1);
    CALL(assign_pfn_to_vm, 1, 9, HOST_PFN + 1);
    expect_page(HOST_PFN + 1, 1, 0, 9);
}

static void shares_stop_at_the_limit(void **state)
{
    (void)state;

    CALL(assign_pfn_to_vm, 1, 5, HOST_PFN);
    CALL(revoke_vm_page, 1, HOST_PFN);
    expect_page(HOST_PFN, 1, 0, 5);
    for (uint32_t i = 0; i < SHARE_LIMIT - 1; i++) {
        CALL(grant_vm_page, 1, HOST_PFN);
    }
    expect_page(HOST_PFN, 1, 99, 5);
    CALL(grant_vm_page, 1, HOST_PFN);
    expect_page(HOST_PFN, 1, 100, 5);
    CALL(grant_vm_page, 1, HOST_PFN);
    expect_page(HOST_PFN, 1, 100, 5);
    CALL(grant_vm_page, 2, HOST_PFN);
    CALL(revoke_vm_page, 2, HOST_PFN);
    CALL(revoke_vm_page, 1, HOST_PFN);
    expect_page(HOST_PFN, 1, 99, 5);
}

static void the_last_revoke_takes_the_page_from_the_host(void **state)
{
    const uint64_t ipa = byte_address(HOST_PFN);
    (void)state;

    fake_shim_fill_page(HOST_PFN, 0x1234);
    CALL(assign_pfn_to_vm, 1, 5, HOST_PFN);
    CALL(grant_vm_page, 1, HOST_PFN);
    CALL(grant_vm_page, 1, HOST_PFN);
    CALL(map_page_host, ipa);
    CALL(revoke_vm_page, 1, HOST_PFN);
    assert_int_equal(CALL(npt_walk, EL2_HOSTVISOR, ipa), kernel_page(HOST_PFN));
    CALL(revoke_vm_page, 1, HOST_PFN);
    expect_page(HOST_PFN, 1, 0, 5);
    assert_int_equal(CALL(npt_walk, EL2_HOSTVISOR, ipa), EL2_S2_TAKEN);
    assert_int_equal(fake_shim_peek(ipa), 0x1234);
}

static void dma_pages_are_counted(void **state)
{
    const uint64_t iova = byte_address(HOST_PFN + HOST_OFFSET);
    const uint64_t page = byte_address(HOST_PFN) | EL2_SMMU_PAGE;
    (void)state;

    PANICS(HELD_PAGE, update_smmu_page, 1, 0, 0, iova, page);
    PANICS(HELD_PAGE, update_smmu_page, 0, 0, 0, iova + EL2_PAGE_SIZE, page);
    PANICS(HELD_PAGE, update_smmu_page, 0, 0, 0, iova, 0x703);
    for (uint32_t i = 0; i < DMA_LIMIT + 2; i++) {
        CALL(update_smmu_page, 0, 0, 0, iova, page);
    }
    expect_page(HOST_PFN, 0, DMA_LIMIT, HOST_PFN + HOST_OFFSET);
    assert_int_equal(CALL(spt_walk, 0, 0, iova), page);
    PANICS(HELD_PAGE, assign_pfn_to_vm, 1, 5, HOST_PFN);
    PANICS(HELD_PAGE, assign_pfn_to_smmu, 1, 5, HOST_PFN);

    CALL(unmap_smmu_page, 0, 0, iova);
    CALL(unmap_smmu_page, 0, 0, iova); /* nothing is there any more */
    expect_page(HOST_PFN, 0, DMA_LIMIT - 1, HOST_PFN + HOST_OFFSET);
    for (uint32_t i = 0; i < DMA_LIMIT; i++) {
        CALL(spt_map, 0, 0, iova, page);
        CALL(unmap_smmu_page, 0, 0, iova);
    }
    expect_host_page(HOST_PFN);
}

static void a_vm_page_for_dma(void **state)
{
    const uint64_t page = byte_address(HOST_PFN) | EL2_SMMU_PAGE;
    (void)state;

    CALL(assign_pfn_to_smmu, 1, 5, HOST_PFN);
    CALL(assign_pfn_to_smmu, 1, 6, HOST_PFN); /* its own: nothing */
    expect_page(HOST_PFN, 1, EL2_INVALID, 5);
    PANICS(HELD_PAGE, assign_pfn_to_smmu, 2, 5, HOST_PFN);
    CALL(update_smmu_page, 1, 0, 0, byte_address(5), page);
    expect_page(HOST_PFN, 1, EL2_INVALID, 5);
    CALL(unmap_smmu_page, 0, 0, byte_address(5));
    expect_page(HOST_PFN, 1, EL2_INVALID, 5);

    /* Only a host page counts its DMA mappings. */
    CALL(assign_pfn_to_vm, 1, 5, HOST_PFN);
    CALL(update_smmu_page, 1, 0, 0, byte_address(5), page);
    expect_page(HOST_PFN, 1, 0, 5);

    CALL(update_smmu_page, 1, 0, 1, byte_address(5), page);
    PANICS(HELD_PAGE | HELD_SPT, update_smmu_page, 1, 1, 1, byte_address(5),
           page);
}

static void map_vm_io_maps_devices_only(void **state)
{
    (void)state;

    CALL(map_vm_io, 1, 0x9000, byte_address(HOST_PFN));
    assert_int_equal(CALL(npt_walk, 1, 0x9000), 0);
    CALL(map_vm_io, 1, 0x9838, byte_address(DEVICE_PFN) + 0x838);
    assert_int_equal(CALL(npt_walk, 1, 0x9000),
                     byte_address(DEVICE_PFN) | EL2_S2_DEVICE);
    CALL(map_vm_io, 1, 0xa000, 0); /* page 0 has no owner */
    assert_int_equal(CALL(npt_walk, 1, 0xa000), EL2_S2_DEVICE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(map_page_host_by_owner, boot),
        cmocka_unit_test_setup(a_page_for_dma_is_not_shared, boot),
        cmocka_unit_test_setup(tables_run_out_inside_a_page_operation, boot),
        cmocka_unit_test_setup(a_host_block_stops_what_takes_a_page, boot),
        cmocka_unit_test_setup(assign_pfn_to_vm_by_record, boot),
        cmocka_unit_test_setup(shares_stop_at_the_limit, boot),
        cmocka_unit_test_setup(the_last_revoke_takes_the_page_from_the_host,
                               boot),
        cmocka_unit_test_setup(dma_pages_are_counted, boot),
        cmocka_unit_test_setup(a_vm_page_for_dma, boot),
        cmocka_unit_test_setup(map_vm_io_maps_devices_only, boot),
    };

    return cmocka_run_group_tests_name("impl_page_operations", tests, NULL,
                                       NULL);
}
