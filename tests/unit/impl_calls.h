/*
 * Calls of the EL2 code on the fake shim, for tests of what hypercalls do: a
 * board, calls by name, panics with the locks that they leave held.
 *
 * Include it after <cmocka.h>.
 */
#ifndef TESTS_UNIT_IMPL_CALLS_H
#define TESTS_UNIT_IMPL_CALLS_H

#include "tests/unit/fake_shim.h"

#include <string.h>

/*
 * Memory, in pages:
 *
 *   0x000 .. 0x010   host, with page 0
 *   0x010 .. 0x400   nothing: devices, among them two SMMUs
 *   0x400 .. 0xc00   host, four blocks
 *   0xc00 .. 0x1000  EL2
 */
#define DEVICE_PFN  UINT64_C(0x100)
#define HOST_PFN    UINT64_C(0x400)
#define HOST_END    UINT64_C(0xc00)
#define EL2_END     UINT64_C(0x1000)
#define HOST_OFFSET UINT64_C(0x8000000)
#define CORE_VMID   16u
#define SHARE_LIMIT 3u
#define DMA_LIMIT   2u
#define AT(pfn)     ((pfn) << EL2_PAGE_SHIFT)

#define LAST_IPA (EL2_ADDRESS_SPACE - 1)
#define LAST_PA  (EL2_PHYSICAL_SPACE - 1)

#define SMMU_BASE(i) AT(UINT64_C(0x40) + 0x40 * (i))
#define SMMU_SIZE    AT(UINT64_C(0x20))

#define HELD_NOTHING UINT64_C(0)
#define HELD_SMMU    el2_lock_bit(EL2_LOCK_SMMU)
#define HELD_VM(v)   el2_lock_bit(EL2_LOCK_VM + (v))
#define HELD_CORE    el2_lock_bit(EL2_LOCK_CORE)
#define HELD_PAGE    el2_lock_bit(EL2_LOCK_PAGE)
#define HELD_NPT(v)  el2_lock_bit(EL2_LOCK_NPT + (v))
#define HELD_SPT     el2_lock_bit(EL2_LOCK_SPT)

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

static struct el2 el2;

static inline int boot(void **state)
{
    (void)state;
    return fake_shim_boot(&el2, &platform) ? 0 : -1;
}

static inline bool run(uint32_t number, const uint64_t *arguments,
                       uint64_t *result)
{
    struct el2_call call = {.number = number};

    memcpy(call.arguments, arguments, sizeof call.arguments);
    return fake_shim_call(&el2, &call, result);
}

static inline uint64_t must_return(uint32_t number, const uint64_t *arguments)
{
    uint64_t result = 0;

    if (!run(number, arguments, &result)) {
        fail_msg("%s panicked", el2_calls[number].name);
    }
    return result;
}

static inline void must_panic(el2_lock_set held, uint32_t number,
                              const uint64_t *arguments)
{
    uint64_t result;

    if (run(number, arguments, &result)) {
        fail_msg("%s returned", el2_calls[number].name);
    }
    if (fake_shim_held() != held) {
        fail_msg("%s left 0x%llx held, not 0x%llx", el2_calls[number].name,
                 (unsigned long long)fake_shim_held(),
                 (unsigned long long)held);
    }
}

/* Calls by name, with as many arguments as they have. */
#define CALL(name, ...)                                                        \
    must_return(EL2_CALL_##name, (uint64_t[EL2_ARGUMENT_LIMIT]){__VA_ARGS__})
#define PANICS(held, name, ...)                                                \
    must_panic((held), EL2_CALL_##name,                                        \
               (uint64_t[EL2_ARGUMENT_LIMIT]){__VA_ARGS__})

static inline void expect_page(uint64_t pfn, uint32_t owner, uint32_t count,
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

static inline void expect_host_page(uint64_t pfn)
{
    expect_page(pfn, EL2_HOSTVISOR, 0, pfn + HOST_OFFSET);
}

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
