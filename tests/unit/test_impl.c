/*
 * The EL2 code on a fake shim. The fake shim itself fails a test when a lock is
 * taken out of order or something is touched without its lock.
 */
#include "tests/unit/fake_shim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/*
 * Memory, in pages:
 *
 *   0x000 .. 0x010   host, with page 0
 *   0x010 .. 0x400   nothing: a device
 *   0x400 .. 0xc00   host, four blocks
 *   0xc00 .. 0x1000  EL2
 */
#define HOST_PFN     UINT64_C(0x400)
#define HOST_END     UINT64_C(0xc00)
#define DEVICE_PFN   UINT64_C(0x100)
#define EL2_END      UINT64_C(0x1000)
#define HOST_OFFSET  UINT64_C(0x8000000)
#define CORE_VMID    16u
#define SHARE_LIMIT  100u
#define DMA_LIMIT    3u
#define BLOCK_OF(d)  ((d) & ~EL2_PAGE_NOT_BLOCK)
#define HELD_PAGE    el2_lock_bit(EL2_LOCK_PAGE)
#define HELD_SPT     el2_lock_bit(EL2_LOCK_SPT)
#define HELD_SMMU    el2_lock_bit(EL2_LOCK_SMMU)
#define HELD_CORE    el2_lock_bit(EL2_LOCK_CORE)
#define HELD_NPT(v)  el2_lock_bit(EL2_LOCK_NPT + (v))
#define HELD_VM(v)   el2_lock_bit(EL2_LOCK_VM + (v))
#define HELD_NOTHING UINT64_C(0)

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

static struct el2 el2;

static int boot(void **state)
{
    (void)state;
    return fake_shim_boot(&el2, &platform) ? 0 : -1;
}

static bool run(uint32_t number, const uint64_t *arguments, uint64_t *result)
{
    struct el2_call call = {.number = number};

    for (size_t i = 0; i < EL2_ARGUMENT_LIMIT; i++) {
        call.arguments[i] = arguments[i];
    }
    return fake_shim_call(&el2, &call, result);
}

static uint64_t must_return(uint32_t number, const uint64_t *arguments)
{
    uint64_t result = 0;

    if (!run(number, arguments, &result)) {
        fail_msg("call %u panicked", number);
    }
    return result;
}

static void must_panic(el2_lock_set held, uint32_t number,
                       const uint64_t *arguments)
{
    uint64_t result;

    if (run(number, arguments, &result)) {
        fail_msg("call %u returned", number);
    }
    assert_int_equal(fake_shim_held(), held);
}

/* Calls by name, with as many arguments as they have. */
#define CALL(name, ...)                                                        \
    must_return(EL2_CALL_##name, (uint64_t[EL2_ARGUMENT_LIMIT]){__VA_ARGS__})
#define PANICS(held, name, ...)                                                \
    must_panic((held), EL2_CALL_##name,                                        \
               (uint64_t[EL2_ARGUMENT_LIMIT]){__VA_ARGS__})

static void expect_page(uint64_t pfn, uint32_t owner, uint32_t count,
                        uint64_t gfn)
{
    struct el2_record is = el2_record_of_page(&el2, pfn);

    if (is.owner != owner || is.count != count || is.gfn != gfn) {
        fail_msg("page 0x%llx is {%u, %u, 0x%llx}, not {%u, %u, 0x%llx}",
                 (unsigned long long)pfn, is.owner, is.count,
                 (unsigned long long)is.gfn, owner, count,
                 (unsigned long long)gfn);
    }
}

static void expect_host_page(uint64_t pfn)
{
    expect_page(pfn, EL2_HOSTVISOR, 0, pfn + HOST_OFFSET);
}

static void expect_event(size_t i, enum fake_event_kind kind, uint64_t first,
                         uint64_t second)
{
    const struct fake_event *event = fake_shim_event(i);

    assert_int_equal(event->kind, kind);
    assert_int_equal(event->first, first);
    assert_int_equal(event->second, second);
}

static uint64_t byte_address(uint64_t pfn)
{
    return pfn << EL2_PAGE_SHIFT;
}

static uint64_t kernel_page(uint64_t pfn)
{
    return byte_address(pfn) | EL2_S2_KERNEL;
}

/* Address of the entry for `ipa` in the last table on the way there. */
static uint64_t entry_address(uint32_t vmid, uint64_t ipa, unsigned last_level)
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

static void expect_tables(uint32_t vmid, uint32_t level1, uint32_t level2,
                          uint32_t level3)
{
    assert_int_equal(el2_npt_tables_taken(&el2, vmid, 1), level1);
    assert_int_equal(el2_npt_tables_taken(&el2, vmid, 2), level2);
    assert_int_equal(el2_npt_tables_taken(&el2, vmid, 3), level3);
}

/* Boot and page records. */

static void boots_in_exactly_what_it_needs(void **state)
{
    struct el2_platform small = platform;
    (void)state;

    small.el2_memory_size = el2_memory_needed(&platform);
    assert_true(fake_shim_boot(&el2, &small));
    assert_int_equal(el2.memory_end,
                     small.el2_memory_base + small.el2_memory_size);
    small.el2_memory_size -= EL2_PAGE_SIZE;
    assert_false(fake_shim_boot(&el2, &small));
}

static void pages_at_region_edges(void **state)
{
    static const struct {
        uint64_t pfn;
        uint32_t owner;
    } cases[] = {
        {0, EL2_INVALID}, /* page 0 never has a record */
        {1, EL2_HOSTVISOR},
        {0xf, EL2_HOSTVISOR},
        {0x10, EL2_INVALID},
        {HOST_PFN - 1, EL2_INVALID},
        {HOST_PFN, EL2_HOSTVISOR},
        {HOST_END - 1, EL2_HOSTVISOR},
        {HOST_END, CORE_VMID}, /* two regions touch here */
        {EL2_END - 1, CORE_VMID},
        {EL2_END, EL2_INVALID},
        {EL2_PFN_SPACE - 1, EL2_INVALID},
        {UINT64_MAX, EL2_INVALID},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (cases[i].owner == EL2_INVALID) {
            expect_page(cases[i].pfn, EL2_INVALID, EL2_INVALID, EL2_INVALID64);
        } else {
            expect_page(cases[i].pfn, cases[i].owner, 0,
                        cases[i].pfn + HOST_OFFSET);
        }
    }
}

/* The record that a call stores to is the record of the page it is about. */
static void records_name_their_page(void **state)
{
    static const uint64_t pfns[] = {1, 0xf, HOST_PFN, HOST_END - 1};
    struct el2_record record;
    (void)state;

    for (size_t i = 0; i < sizeof pfns / sizeof pfns[0]; i++) {
        CALL(assign_pfn_to_vm, 1, 7, pfns[i]);
        assert_int_equal(fake_shim_event_count(), 2);
        for (size_t word = 0; word < 2; word++) {
            uint64_t address = fake_shim_event(word)->first;

            assert_true(el2_record_at(&el2, address, &record));
            assert_int_equal(record.pfn, pfns[i]);
            assert_int_equal(record.owner, 1);
            assert_int_equal(record.count, 0);
            assert_int_equal(record.gfn, 7);
        }
    }
    assert_false(el2_record_at(&el2, el2.records - 8, &record));
    assert_false(el2_record_at(&el2, el2.records, &record));
    assert_false(el2_record_at(&el2, el2.npt_memory, &record));
    assert_true(el2_record_at(
        &el2, el2.records + 16 * (0x10 + EL2_END - HOST_PFN) - 8, &record));
    assert_int_equal(record.pfn, EL2_END - 1);
}

static void records_hold_every_value(void **state)
{
    uint64_t record;
    (void)state;

    CALL(assign_pfn_to_smmu, 15, EL2_INVALID64, HOST_PFN);
    expect_page(HOST_PFN, 15, EL2_INVALID, EL2_INVALID64);
    record = fake_shim_event(0)->first & ~UINT64_C(15);
    CALL(assign_pfn_to_vm, 15, EL2_GFN_SPACE - 1, HOST_PFN);
    expect_page(HOST_PFN, 15, 0, EL2_GFN_SPACE - 1);
    expect_host_page(HOST_PFN + 1);

    /* Back to what it is at boot, which is all zero. */
    assert_int_not_equal(fake_shim_peek(record), 0);
    CALL(clear_vm_page, 15, HOST_PFN);
    expect_host_page(HOST_PFN);
    assert_int_equal(fake_shim_peek(record), 0);
    assert_int_equal(fake_shim_peek(record + 8), 0);
}

/* Stage-2 tables. */

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

/* SMMU tables. */

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

/* Page operations. */

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

/* Range operations. */

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

/* VMs and banks. */

static void vms_are_registered_in_order(void **state)
{
    (void)state;

    for (uint64_t vmid = 1; vmid < CORE_VMID; vmid++) {
        assert_int_equal(CALL(register_kvm, 0), vmid);
        assert_int_equal(el2.vm_state[vmid], EL2_VM_READY);
    }
    PANICS(HELD_CORE, register_kvm, 0);
    assert_int_equal(el2.next_vmid, CORE_VMID);
}

static void a_vm_that_is_off_cannot_be_registered(void **state)
{
    (void)state;

    CALL(vm_poweroff, 1);
    assert_int_equal(el2.vm_state[1], EL2_VM_POWEROFF);
    PANICS(HELD_VM(1), register_kvm, 0);
    assert_int_equal(el2.next_vmid, 2);
}

static void banks_change_hands(void **state)
{
    (void)state;

    CALL(spt_map, 3, 1, 0, 0x1703);
    CALL(smmu_alloc_pgd, 3, 1, 1);
    assert_int_equal(el2.bank_owner[11], 1);
    assert_int_equal(CALL(spt_walk, 3, 1, 0), 0);
    CALL(spt_map, 3, 1, 0, 0x1703);
    CALL(smmu_alloc_pgd, 3, 2, 1); /* in use: nothing */
    assert_int_equal(el2.bank_owner[11], 1);
    assert_int_equal(CALL(spt_walk, 3, 1, 0), 0x1703);

    PANICS(HELD_SMMU | HELD_VM(1), smmu_free_pgd, 3, 1);
    CALL(vm_poweroff, 1);
    CALL(smmu_free_pgd, 3, 1);
    assert_int_equal(el2.bank_owner[11], EL2_INVALID);
    CALL(smmu_free_pgd, 3, 1);
    CALL(smmu_free_pgd, 7, 1); /* no such bank, so nobody's */

    CALL(smmu_alloc_pgd, 7, EL2_HOSTVISOR, 0);
    assert_int_equal(el2.bank_owner[7], EL2_HOSTVISOR);
    PANICS(HELD_SMMU | HELD_VM(0), smmu_free_pgd, 7, 0);
}

static void banks_that_are_refused(void **state)
{
    (void)state;

    PANICS(HELD_SMMU, smmu_alloc_pgd, 4, 1, 1);
    PANICS(HELD_NOTHING, smmu_alloc_pgd, 8, 1, 0);
    PANICS(HELD_NOTHING, smmu_alloc_pgd, 0, CORE_VMID, 0);
    PANICS(HELD_NOTHING, smmu_alloc_pgd, 0, EL2_INVALID64, 0);
    PANICS(HELD_NOTHING, smmu_alloc_pgd, 0, 1, 2);
    PANICS(HELD_NOTHING, smmu_free_pgd, 8, 0);
    PANICS(HELD_NOTHING, smmu_free_pgd, 0, UINT64_C(1) << 32);
    el2.vm_state[5] = EL2_VM_VERIFIED;
    PANICS(HELD_SMMU | HELD_VM(5), smmu_alloc_pgd, 0, 5, 0);
    assert_int_equal(el2.bank_owner[0], EL2_INVALID);
}

static void registers_are_not_trusted(void **state)
{
    const uint64_t nowhere = UINT64_C(1) << 32;
    (void)state;

    PANICS(HELD_NOTHING, vm_poweroff, 0);
    PANICS(HELD_NOTHING, vm_poweroff, CORE_VMID);
    PANICS(HELD_NOTHING, npt_walk, CORE_VMID + 1, 0);
    PANICS(HELD_NOTHING, npt_map, nowhere, 0, 0x1003, 3);
    PANICS(HELD_NOTHING, grant_stage2_sg_gpa, nowhere, 0, 0x1000);
    PANICS(HELD_NOTHING, spt_walk, 8, 0, 0);
    PANICS(HELD_NOTHING, unmap_smmu_page, 0, nowhere, 0);
    must_panic(HELD_NOTHING, 0, (uint64_t[EL2_ARGUMENT_LIMIT]){0});
    must_panic(HELD_NOTHING, 31, (uint64_t[EL2_ARGUMENT_LIMIT]){0});
    must_panic(HELD_NOTHING, UINT32_MAX, (uint64_t[EL2_ARGUMENT_LIMIT]){0});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(boots_in_exactly_what_it_needs, boot),
        cmocka_unit_test_setup(pages_at_region_edges, boot),
        cmocka_unit_test_setup(records_name_their_page, boot),
        cmocka_unit_test_setup(records_hold_every_value, boot),
        cmocka_unit_test_setup(maps_and_walks, boot),
        cmocka_unit_test_setup(level_and_descriptor_corner_cases, boot),
        cmocka_unit_test_setup(a_page_inside_a_block_panics, boot),
        cmocka_unit_test_setup(a_page_changes_by_break_before_make, boot),
        cmocka_unit_test_setup(tables_are_linked_from_the_root_down, boot),
        cmocka_unit_test_setup(a_block_replaces_a_table, boot),
        cmocka_unit_test_setup(npt_pools_run_out, boot),
        cmocka_unit_test_setup(clear_pfn_host_marks_the_entry, boot),
        cmocka_unit_test_setup(spt_maps_walks_and_unmaps, boot),
        cmocka_unit_test_setup(spt_pools_run_out, boot),
        cmocka_unit_test_setup(spt_init_forgets_one_bank, boot),
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
        cmocka_unit_test_setup(vms_are_registered_in_order, boot),
        cmocka_unit_test_setup(a_vm_that_is_off_cannot_be_registered, boot),
        cmocka_unit_test_setup(banks_change_hands, boot),
        cmocka_unit_test_setup(banks_that_are_refused, boot),
        cmocka_unit_test_setup(registers_are_not_trusted, boot),
    };

    return cmocka_run_group_tests_name("impl", tests, NULL, NULL);
}
