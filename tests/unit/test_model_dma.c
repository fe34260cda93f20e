/* What devices map: semantics.md section 6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/model_cases.h"

#define CHECK(cases) check_cases(cases, sizeof(cases) / sizeof(cases)[0])

#define PAGE  HOST_PAGE
#define BLOCK EL2_PAGES_PER_BLOCK
/* The most that a mapping may ask for. */
#define PROT (UINT64_C(0x7fff000000000fff) & ~EL2_SMMU_PAGE)

/* And the least: what the address has below its page is no attribute. */
#define DEVICE UINT64_C(0xc0)

/* Where a host bank maps a host page. */
#define IOVA(pfn) AT((pfn) + HOST_OFFSET)

static const struct el2_call registered = {EL2_CALL_register_kvm, {0}};
static const struct el2_call verified = {EL2_CALL_verify_vm_image, {1}};
static const struct el2_call off = {EL2_CALL_vm_poweroff, {1}};
static const struct el2_call host_bank = {EL2_CALL_smmu_alloc_pgd, {7, 0, 0}};
static const struct el2_call vm_bank = {EL2_CALL_smmu_alloc_pgd, {3, 1, 1}};

static const struct el2_call host_map = {EL2_CALL_smmu_map,
                                         {IOVA(PAGE), AT(PAGE), PROT, 7, 0}};
static const struct el2_call vm_map = {
    EL2_CALL_smmu_map, {AT(5) + 9, AT(PAGE) + 0xfff, DEVICE, 3, 1}};

static void map_for_the_host(void **state)
{
    (void)state;
    const struct el2_value entry = mapped(PAGE, PROT | EL2_SMMU_PAGE);
    const struct model_case cases[] = {
        {.shows = "a page of the host",
         .before = {host_bank},
         .call = host_map,
         .outcome = EL2_OUTCOME_DMA_MAPPED_AND_COUNTED,
         .changes = {{spt_of(7, PAGE + HOST_OFFSET), entry},
                     {spt_tables_cell(), spt_tables(1, 1)},
                     {page_of(PAGE),
                      el2_value_page(0, 1, PAGE + HOST_OFFSET)}}},
        {.shows = "the count stops at its limit",
         .before = {host_bank, host_map, host_map},
         .call = host_map,
         .outcome = EL2_OUTCOME_DMA_COUNT_LIMIT},
        {.shows = "at another address",
         .before = {host_bank},
         .call = {EL2_CALL_smmu_map, {IOVA(PAGE + 1), AT(PAGE), 0, 7, 0}},
         .outcome = EL2_OUTCOME_PANIC_OTHER_GFN,
         .held = HELD_SMMU | HELD_VM(0) | HELD_PAGE,
         .torn_pfn = PAGE},
        {.shows = "a VM's page",
         .before = {host_bank,
                    {EL2_CALL_vm_fault, {1, AT(5), AT(PAGE) | 3, 3}}},
         .call = host_map,
         .outcome = EL2_OUTCOME_PANIC_OTHER_OWNER,
         .held = HELD_SMMU | HELD_VM(0) | HELD_PAGE,
         .torn_pfn = PAGE},
        {.shows = "a device",
         .before = {host_bank},
         .call = {EL2_CALL_smmu_map,
                  {IOVA(DEVICE_PAGE), AT(DEVICE_PAGE), 0, 7, 0}},
         .outcome = EL2_OUTCOME_PANIC_OTHER_OWNER,
         .held = HELD_SMMU | HELD_VM(0) | HELD_PAGE,
         .torn_pfn = DEVICE_PAGE},
        {.shows = "no table is left",
         .before = {host_bank,
                    {EL2_CALL_spt_map, {0, 0, 0, 0}},
                    {EL2_CALL_spt_map, {0, 0, AT(BLOCK), 0}},
                    {EL2_CALL_spt_map, {0, 0, AT(2 * BLOCK), 0}}},
         .call = host_map,
         .outcome = EL2_OUTCOME_PANIC_SPT_POOL_EMPTY,
         .held = HELD_SMMU | HELD_VM(0) | HELD_PAGE | HELD_SPT,
         .torn_pfn = PAGE},
        {.shows = "in a bank without owner",
         .call = host_map,
         .outcome = EL2_OUTCOME_BANK_NOT_IN_USE},
        {.shows = "in a bank that this SMMU lacks",
         .before = {host_bank},
         .call = {EL2_CALL_smmu_map, {IOVA(PAGE), AT(PAGE), 0, 7, 1}},
         .outcome = EL2_OUTCOME_BANK_NOT_IN_USE},
    };
    CHECK(cases);
}

static void map_for_a_vm(void **state)
{
    (void)state;
    const struct change entry = {spt_of(11, 5),
                                 mapped(PAGE, DEVICE | EL2_SMMU_PAGE)};
    const struct change tables = {spt_tables_cell(), spt_tables(1, 1)};
    const struct change page = {page_of(PAGE),
                                el2_value_page(1, EL2_INVALID, 5)};
    const struct el2_call faulted = {EL2_CALL_vm_fault,
                                     {1, AT(5), AT(PAGE) | 3, 3}};
    const struct model_case cases[] = {
        {.shows = "a page of the host goes to the VM, as it is",
         .before = {registered, vm_bank},
         .call = vm_map,
         .outcome = EL2_OUTCOME_ASSIGNED_TO_DEVICE,
         .changes = {page, entry, tables}},
        {.shows = "and leaves the host's map",
         .before = {registered, vm_bank, {EL2_CALL_host_fault, {AT(PAGE)}}},
         .call = vm_map,
         .outcome = EL2_OUTCOME_ASSIGNED_TO_DEVICE,
         .changes = {page, entry, tables, {npt_of(0, PAGE), taken()}}},
        {.shows = "a page that the VM has there already",
         .before = {registered, vm_bank, faulted},
         .call = vm_map,
         .outcome = EL2_OUTCOME_DMA_MAPPED,
         .changes = {entry, tables}},
        {.shows = "a VM that is off still maps",
         .before = {registered, vm_bank, off},
         .call = vm_map,
         .outcome = EL2_OUTCOME_ASSIGNED_TO_DEVICE,
         .changes = {page, entry, tables}},
        {.shows = "a verified VM does not",
         .before = {registered, vm_bank, verified},
         .call = vm_map,
         .outcome = EL2_OUTCOME_PANIC_VM_STATE,
         .held = HELD_SMMU | HELD_VM(1)},
        {.shows = "a page that the VM has elsewhere",
         .before = {registered, vm_bank, faulted},
         .call = {EL2_CALL_smmu_map, {AT(6), AT(PAGE), 0, 3, 1}},
         .outcome = EL2_OUTCOME_PANIC_OTHER_GFN,
         .held = HELD_SMMU | HELD_VM(1) | HELD_PAGE,
         .torn_pfn = PAGE},
        {.shows = "a page that the VM has nowhere yet",
         .before = {registered, vm_bank, {EL2_CALL_decrypt_buf, {1, AT(PAGE)}}},
         .call = vm_map,
         .outcome = EL2_OUTCOME_PANIC_OTHER_GFN,
         .held = HELD_SMMU | HELD_VM(1) | HELD_PAGE,
         .torn_pfn = PAGE},
        {.shows = "a page that a host device uses",
         .before = {registered, vm_bank, host_bank, host_map},
         .call = vm_map,
         .outcome = EL2_OUTCOME_PANIC_HOST_DMA_IN_USE,
         .held = HELD_SMMU | HELD_VM(1) | HELD_PAGE,
         .torn_pfn = PAGE},
        {.shows = "EL2's page",
         .before = {registered, vm_bank},
         .call = {EL2_CALL_smmu_map, {AT(6), AT(EL2_PAGE), 0, 3, 1}},
         .outcome = EL2_OUTCOME_PANIC_OTHER_OWNER,
         .held = HELD_SMMU | HELD_VM(1) | HELD_PAGE,
         .torn_pfn = EL2_PAGE},
        {.shows = "the host cannot lose a page of a block",
         .before = {registered,
                    vm_bank,
                    {EL2_CALL_npt_map, {0, AT(PAGE), AT(PAGE) | 1, 2}}},
         .call = vm_map,
         .outcome = EL2_OUTCOME_PANIC_BLOCK_SPLIT,
         .held = HELD_SMMU | HELD_VM(1) | HELD_PAGE | HELD_NPT(0),
         .torn_pfn = PAGE},
        {.shows = "no table is left: the page is the VM's by then",
         .before = {registered,
                    vm_bank,
                    {EL2_CALL_spt_map, {0, 0, 0, 0}},
                    {EL2_CALL_spt_map, {0, 0, AT(BLOCK), 0}},
                    {EL2_CALL_spt_map, {0, 0, AT(2 * BLOCK), 0}}},
         .call = vm_map,
         .outcome = EL2_OUTCOME_PANIC_SPT_POOL_EMPTY,
         .held = HELD_SMMU | HELD_VM(1) | HELD_PAGE | HELD_SPT,
         .torn_pfn = PAGE,
         .changes = {page}},
    };
    CHECK(cases);
}

static void smmu_iova_to_phys(void **state)
{
    (void)state;
    const struct model_case cases[] = {
        {.shows = "a mapping",
         .before = {registered, vm_bank, vm_map},
         .call = {EL2_CALL_smmu_iova_to_phys, {AT(5) + 0x123, 3, 1}},
         .outcome = EL2_OUTCOME_FOUND_ENTRY,
         .result = AT(PAGE) + 0x123},
        {.shows = "no mapping",
         .before = {registered, vm_bank, vm_map},
         .call = {EL2_CALL_smmu_iova_to_phys, {AT(6) + 0x123, 3, 1}},
         .outcome = EL2_OUTCOME_FOUND_NOTHING,
         .result = 0x123},
        {.shows = "a bank without owner",
         .call = {EL2_CALL_smmu_iova_to_phys, {AT(6) + 0x123, 3, 1}},
         .outcome = EL2_OUTCOME_FOUND_NOTHING,
         .result = 0x123},
        {.shows = "a bank that lost its owner has its table still",
         .before = {registered,
                    vm_bank,
                    vm_map,
                    off,
                    {EL2_CALL_smmu_free_pgd, {3, 1}}},
         .call = {EL2_CALL_smmu_iova_to_phys, {AT(5), 3, 1}},
         .outcome = EL2_OUTCOME_FOUND_ENTRY,
         .result = AT(PAGE)},
    };
    CHECK(cases);
}

static void smmu_clear(void **state)
{
    (void)state;
    const struct el2_call host_clear = {EL2_CALL_smmu_clear,
                                        {IOVA(PAGE) + 5, 7, 0}};
    const struct el2_call vm_clear = {EL2_CALL_smmu_clear, {AT(5), 3, 1}};
    const struct model_case cases[] = {
        {.shows = "a mapping of the host",
         .before = {host_bank, host_map, host_map},
         .call = host_clear,
         .outcome = EL2_OUTCOME_DMA_UNMAPPED_AND_COUNTED,
         .changes = {{spt_of(7, PAGE + HOST_OFFSET), nothing()},
                     {page_of(PAGE),
                      el2_value_page(0, 1, PAGE + HOST_OFFSET)}}},
        {.shows = "nothing was mapped",
         .before = {host_bank},
         .call = host_clear,
         .outcome = EL2_OUTCOME_DMA_NOT_MAPPED},
        {.shows = "a mapping of a VM: its page has no count of mappings",
         .before = {registered, vm_bank, vm_map},
         .call = vm_clear,
         .outcome = EL2_OUTCOME_DMA_UNMAPPED,
         .changes = {{spt_of(11, 5), nothing()}}},
        {.shows = "a verified VM keeps its mappings",
         .before = {registered, vm_bank, vm_map, verified},
         .call = vm_clear,
         .outcome = EL2_OUTCOME_PANIC_VM_STATE,
         .held = HELD_SMMU | HELD_VM(1)},
        {.shows = "so does one that is off (E9)",
         .before = {registered, vm_bank, vm_map, off},
         .call = vm_clear,
         .outcome = EL2_OUTCOME_PANIC_VM_STATE,
         .held = HELD_SMMU | HELD_VM(1)},
        {.shows = "a bank without owner",
         .call = vm_clear,
         .outcome = EL2_OUTCOME_BANK_NOT_IN_USE},
    };
    CHECK(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(map_for_the_host),
        cmocka_unit_test(map_for_a_vm),
        cmocka_unit_test(smmu_iova_to_phys),
        cmocka_unit_test(smmu_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
