/*
 * A board for tests of what the EL2 code does to pages and tables, on the fake
 * shim: few tables of each level, and where an entry is in them.
 *
 * Include it after <cmocka.h>.
 */
#ifndef TESTS_UNIT_IMPL_PAGE_BOARD_H
#define TESTS_UNIT_IMPL_PAGE_BOARD_H

#include "tests/unit/impl_calls.h"

#define SHARE_LIMIT 100u
#define DMA_LIMIT   3u
#define BLOCK_OF(d) ((d) & ~EL2_PAGE_NOT_BLOCK)

static const struct el2_platform platform = {
    .region_count = 3,
    .regions = {{0, 0x10, EL2_HOSTVISOR},
                {HOST_PFN, HOST_END - HOST_PFN, EL2_HOSTVISOR},
                {HOST_END, EL2_END - HOST_END, CORE_VMID}},
    .smmu_count = 2,
    .smmus = {{.bank_count = 8}, {.bank_count = 4}},
    .el2_memory_base = HOST_END * EL2_PAGE_SIZE,
    .el2_memory_size = (EL2_END - HOST_END) * EL2_PAGE_SIZE,
    .core_vmid = CORE_VMID,
    .vcpus_per_vm = 8,
    .images_per_vm = 5,
    .max_share_count = SHARE_LIMIT,
    .max_dma_count = DMA_LIMIT,
    .smmu_host_offset = HOST_OFFSET,
    .npt_level1_tables = 2,
    .npt_level2_tables = 3,
    .npt_level3_tables = 4,
    .spt_level2_tables = 2,
    .spt_level3_tables = 3,
};

static inline void expect_event(size_t i, enum fake_event_kind kind,
                                uint64_t first, uint64_t second)
{
    const struct fake_event *event = fake_shim_event(i);

    assert_int_equal(event->kind, kind);
    assert_int_equal(event->first, first);
    assert_int_equal(event->second, second);
}

static inline uint64_t byte_address(uint64_t pfn)
{
    return pfn << EL2_PAGE_SHIFT;
}

static inline uint64_t kernel_page(uint64_t pfn)
{
    return byte_address(pfn) | EL2_S2_KERNEL;
}

/* Address of the entry for `ipa` in the last table on the way there. */
static inline uint64_t entry_address(uint32_t vmid, uint64_t ipa,
                                     unsigned last_level)
{
    uint64_t table = el2_npt_root(&el2, vmid);
    unsigned shift = 39;

    for (unsigned level = 0; level < last_level; level++, shift -= 9) {
        table = fake_shim_peek(table + ((ipa >> shift) & 511) * 8);
        assert_int_equal(table & EL2_DESCRIPTOR_TYPE, EL2_DESCRIPTOR_TABLE);
        table &= EL2_DESCRIPTOR_ADDRESS;
    }
    return table + ((ipa >> shift) & 511) * 8;
}

static inline void expect_tables(uint32_t vmid, uint32_t level1,
                                 uint32_t level2, uint32_t level3)
{
    assert_int_equal(el2_npt_tables_taken(&el2, vmid, 1), level1);
    assert_int_equal(el2_npt_tables_taken(&el2, vmid, 2), level2);
    assert_int_equal(el2_npt_tables_taken(&el2, vmid, 3), level3);
}

#endif
