/*
 * A board for tests of what hypercalls of the EL2 code do, on the fake shim:
 * low limits, two SMMUs among its devices, and VMs that are made ready.
 *
 * Include it after <cmocka.h>.
 */
#ifndef TESTS_UNIT_IMPL_HYPERCALL_BOARD_H
#define TESTS_UNIT_IMPL_HYPERCALL_BOARD_H

#include "tests/unit/impl_calls.h"

#define SHARE_LIMIT 3u
#define DMA_LIMIT   2u
#define AT(pfn)     ((pfn) << EL2_PAGE_SHIFT)

#define LAST_IPA (EL2_ADDRESS_SPACE - 1)
#define LAST_PA  (EL2_PHYSICAL_SPACE - 1)

#define SMMU_BASE(i) AT(UINT64_C(0x40) + 0x40 * (i))
#define SMMU_SIZE    AT(UINT64_C(0x20))

static const struct el2_platform platform = {
    .region_count = 3,
    .regions = {{0, 0x10, EL2_HOSTVISOR},
                {HOST_PFN, HOST_END - HOST_PFN, EL2_HOSTVISOR},
                {HOST_END, EL2_END - HOST_END, CORE_VMID}},
    .smmu_count = 2,
    .smmus = {{.base = SMMU_BASE(0), .size = SMMU_SIZE, .bank_count = 8},
              {.base = SMMU_BASE(1), .size = SMMU_SIZE, .bank_count = 4}},
    .el2_memory_base = AT(HOST_END),
    .el2_memory_size = AT(EL2_END - HOST_END),
    .core_vmid = CORE_VMID,
    .vcpus_per_vm = 4,
    .images_per_vm = 3,
    .max_share_count = SHARE_LIMIT,
    .max_dma_count = DMA_LIMIT,
    .smmu_host_offset = HOST_OFFSET,
    .npt_level1_tables = 2,
    .npt_level2_tables = 3,
    .npt_level3_tables = 4,
    .spt_level2_tables = 2,
    .spt_level3_tables = 3,
};

static inline void expect_event(size_t i, struct fake_event expected)
{
    const struct fake_event *event = fake_shim_event(i);

    assert_int_equal(event->kind, expected.kind);
    assert_int_equal(event->first, expected.first);
    assert_int_equal(event->second, expected.second);
    assert_int_equal(event->third, expected.third);
}

/* The VMs 1 to n, ready. */
static inline void register_vms(uint32_t n)
{
    for (uint32_t v = 1; v <= n; v++) {
        assert_int_equal(CALL(register_kvm), v);
    }
}

/* A VM that is ready has an image of no size that matters and is verified. */
static inline void verify(uint32_t vmid)
{
    CALL(verify_vm_image, vmid);
    assert_int_equal(el2.vm_state[vmid], EL2_VM_VERIFIED);
}

#endif
