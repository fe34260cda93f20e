/* Which calls a harness may make: the contracts of semantics.md section 4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/contract_cases.h"

#define PAGE HOST_PAGE

#define CHECK(run, cases)                                                      \
    check_contracts(run, cases, sizeof(cases) / sizeof(cases)[0])

/* calls.def says of each call who issues it; a run has those or the others. */
static void runs(void **state)
{
    (void)state;
    struct el2_machine *model = model_of_board();
    for (uint32_t n = 0; n < EL2_CALL_NUMBER_LIMIT; n++) {
        if (el2_calls[n].name == NULL) {
            continue;
        }
        const struct el2_call call = {n, {1}};
        enum el2_run wrong = el2_calls[n].issuer == EL2_ISSUER_TABLES
                                 ? EL2_RUN_CONTRACTS
                                 : EL2_RUN_TABLES;
        assert_false(model->operations->admits(model, wrong, &call));
    }
    model->operations->destroy(model);
}

static void table_calls(void **state)
{
    (void)state;
    const uint64_t block = AT(PAGE) | EL2_DESCRIPTOR_BLOCK;
    const struct contract_case cases[] = {
        {true, "a page", 0, {{0}}, {EL2_CALL_npt_map, {0, 0, 3, 3}}},
        {true, "EL2's table", 0, {{0}}, {EL2_CALL_npt_map, {16, 0, 3, 3}}},
        {false, "no such vmid", 0, {{0}}, {EL2_CALL_npt_map, {17, 0, 3, 3}}},
        {true,
         "the last address",
         0,
         {{0}},
         {EL2_CALL_npt_map, {0, EL2_ADDRESS_SPACE - 1, 3, 3}}},
        {false,
         "past the last address",
         0,
         {{0}},
         {EL2_CALL_npt_map, {0, EL2_ADDRESS_SPACE, 3, 3}}},
        {false, "no descriptor", 0, {{0}}, {EL2_CALL_npt_map, {0, 0, 0, 3}}},
        {false, "no block", 0, {{0}}, {EL2_CALL_npt_map, {0, 0, 0, 2}}},
        {true, "a block", 0, {{0}}, {EL2_CALL_npt_map, {0, 0, block, 2}}},
        {true,
         "a block of an invalid type",
         0,
         {{0}},
         {EL2_CALL_npt_map, {0, 0, AT(PAGE) | 2, 2}}},
        {false,
         "a table in place of a block",
         0,
         {{0}},
         {EL2_CALL_npt_map, {0, 0, AT(PAGE) | 3, 2}}},
        {false,
         "a block that is not aligned",
         0,
         {{0}},
         {EL2_CALL_npt_map, {0, 0, block + AT(1), 2}}},
        {true,
         "the last iova",
         0,
         {{0}},
         {EL2_CALL_spt_map, {7, 1, EL2_IOVA_SPACE - 1, 0}}},
        {false,
         "past the last iova",
         0,
         {{0}},
         {EL2_CALL_spt_map, {7, 1, EL2_IOVA_SPACE, 0}}},
        {false, "no such bank", 0, {{0}}, {EL2_CALL_spt_map, {8, 1, 0, 0}}},
        {false, "no such SMMU", 0, {{0}}, {EL2_CALL_spt_map, {7, 2, 0, 0}}},
        {true,
         "the last page",
         0,
         {{0}},
         {EL2_CALL_clear_pfn_host, {EL2_PFN_SPACE - 1}}},
        {false,
         "past the last page",
         0,
         {{0}},
         {EL2_CALL_clear_pfn_host, {EL2_PFN_SPACE}}},
    };
    CHECK(EL2_RUN_TABLES, cases);
}

/* Every operation of sections 4 and 5 with a vmid. */
static void vmids(void **state)
{
    (void)state;
    static const uint32_t numbers[] = {
        EL2_CALL_clear_vm_page,        EL2_CALL_assign_pfn_to_vm,
        EL2_CALL_map_pfn_vm,           EL2_CALL_map_vm_io,
        EL2_CALL_grant_vm_page,        EL2_CALL_revoke_vm_page,
        EL2_CALL_assign_pfn_to_smmu,   EL2_CALL_clear_vm_range,
        EL2_CALL_prot_and_map_vm_s2pt, EL2_CALL_grant_stage2_sg_gpa,
        EL2_CALL_revoke_stage2_sg_gpa, EL2_CALL_vm_poweroff};
    static const uint64_t not_vms[] = {EL2_HOSTVISOR, CORE_VMID, CORE_VMID + 1,
                                       (UINT64_C(1) << 32) + 1, UINT64_MAX};
    struct el2_machine *model = model_of_board();
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        for (size_t k = 0; k < sizeof not_vms / sizeof not_vms[0]; k++) {
            const struct el2_call call = {numbers[i], {not_vms[k]}};
            if (model->operations->admits(model, EL2_RUN_CONTRACTS, &call)) {
                fail_msg("%s with vmid %" PRIu64, el2_calls[numbers[i]].name,
                         not_vms[k]);
            }
        }
    }
    model->operations->destroy(model);
}

/* Which states of VM 1 a call asks for. */
static void vm_states(void **state)
{
    (void)state;
    static const struct {
        struct el2_call call;
        uint32_t states; /* bit n: admitted in state n */
    } cases[] = {
        {{EL2_CALL_clear_vm_page, {1, PAGE}}, 1u << EL2_VM_POWEROFF},
        {{EL2_CALL_clear_vm_range, {1, PAGE, 2}}, 1u << EL2_VM_POWEROFF},
        {{EL2_CALL_map_vm_io, {1, AT(5), AT(DEVICE_PAGE)}}, 1u << EL2_VM_READY},
        {{EL2_CALL_assign_pfn_to_smmu, {1, 5, PAGE}},
         0x1f & ~(1u << EL2_VM_VERIFIED)},
        {{EL2_CALL_update_smmu_page, {1, 0, 0, AT(5), AT(PAGE)}},
         0x1f & ~(1u << EL2_VM_VERIFIED)},
        {{EL2_CALL_unmap_smmu_page, {0, 0, AT(5)}},
         (1u << EL2_VM_VERIFIED) - 1},
        {{EL2_CALL_map_pfn_vm, {1, AT(5), AT(PAGE), 3}}, 1u << EL2_VM_POWEROFF},
        {{EL2_CALL_assign_pfn_to_vm, {1, 5, PAGE}}, 0x1f},
        {{EL2_CALL_grant_vm_page, {1, PAGE}}, 0x1f},
        {{EL2_CALL_revoke_vm_page, {1, PAGE}}, 0x1f},
        {{EL2_CALL_prot_and_map_vm_s2pt, {1, 0, AT(PAGE) + AT(1), 2}}, 0x1f},
        {{EL2_CALL_vm_poweroff, {1}}, 0x1f},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (uint32_t s = EL2_VM_UNUSED; s <= EL2_VM_POWEROFF; s++) {
            const struct contract_case c = {
                (cases[i].states >> s & 1) != 0,
                el2_calls[cases[i].call.number].name,
                (enum el2_vm_state)s,
                {{EL2_CALL_smmu_alloc_pgd, {0, 1, 0}}},
                cases[i].call};
            check_contracts(EL2_RUN_CONTRACTS, &c, 1);
        }
    }
}

static void mappings_of_a_vm(void **state)
{
    (void)state;
    const struct el2_call block = {EL2_CALL_prot_and_map_vm_s2pt,
                                   {1, AT(0x200), AT(PAGE), 2}};
    const struct contract_case cases[] = {
        {true,
         "the VM's page",
         EL2_VM_READY,
         {{EL2_CALL_assign_pfn_to_vm, {1, 5, PAGE}}},
         {EL2_CALL_map_pfn_vm, {1, AT(9), AT(PAGE), 3}}},
        {false,
         "another VM's page",
         EL2_VM_READY,
         {{EL2_CALL_assign_pfn_to_vm, {2, 5, PAGE}}},
         {EL2_CALL_map_pfn_vm, {1, AT(9), AT(PAGE), 3}}},
        {false,
         "a page without owner",
         EL2_VM_READY,
         {{0}},
         {EL2_CALL_map_pfn_vm, {1, AT(9), AT(DEVICE_PAGE), 3}}},
        {true,
         "a block of the VM's pages",
         EL2_VM_READY,
         {block},
         {EL2_CALL_map_pfn_vm, {1, AT(9), AT(PAGE), 2}}},
        {false,
         "a block of which one page is missing",
         EL2_VM_READY,
         {block, {EL2_CALL_clear_vm_page, {1, PAGE + 511}}},
         {EL2_CALL_map_pfn_vm, {1, AT(9), AT(PAGE), 2}}},
        {true,
         "a VM that is off maps anything",
         EL2_VM_POWEROFF,
         {{0}},
         {EL2_CALL_map_pfn_vm, {1, AT(9), AT(PAGE), 2}}},
        {false,
         "but no block that is not aligned",
         EL2_VM_POWEROFF,
         {{0}},
         {EL2_CALL_map_pfn_vm, {1, AT(9), AT(PAGE + 1), 2}}},
    };
    CHECK(EL2_RUN_CONTRACTS, cases);
}

/* The bank has an owner: v, or any for unmap. */
static void banks(void **state)
{
    (void)state;
    const struct el2_call host = {EL2_CALL_smmu_alloc_pgd, {0, 0, 0}};
    const struct el2_call vm_1 = {EL2_CALL_smmu_alloc_pgd, {0, 1, 0}};
    const struct el2_call by_host = {EL2_CALL_update_smmu_page,
                                     {0, 0, 0, AT(5), AT(PAGE)}};
    const struct el2_call by_vm_1 = {EL2_CALL_update_smmu_page,
                                     {1, 0, 0, AT(5), AT(PAGE)}};
    const struct el2_call unmap = {EL2_CALL_unmap_smmu_page, {0, 0, AT(5)}};
    const struct contract_case cases[] = {
        {true, "the host in its bank", EL2_VM_READY, {host}, by_host},
        {true, "a VM in its bank", EL2_VM_READY, {vm_1}, by_vm_1},
        {false, "the host in a VM's bank", EL2_VM_READY, {vm_1}, by_host},
        {false, "a VM in the host's bank", EL2_VM_READY, {host}, by_vm_1},
        {false, "a bank without owner", EL2_VM_READY, {{0}}, by_host},
        {false,
         "EL2 in a bank",
         EL2_VM_READY,
         {host},
         {EL2_CALL_update_smmu_page, {CORE_VMID, 0, 0, AT(5), AT(PAGE)}}},
        {true, "unmap from the host's bank", EL2_VM_READY, {host}, unmap},
        {true, "unmap from a VM's bank", EL2_VM_READY, {vm_1}, unmap},
        {false, "unmap without owner", EL2_VM_READY, {{0}}, unmap},
        {false,
         "the same bank of the other SMMU",
         EL2_VM_READY,
         {host},
         {EL2_CALL_unmap_smmu_page, {0, 1, AT(5)}}},
    };
    CHECK(EL2_RUN_CONTRACTS, cases);
}

static void ranges(void **state)
{
    (void)state;
    const uint64_t most = EL2_RANGE_PAGES_MAX;
    const uint64_t end = EL2_ADDRESS_SPACE;
    const struct contract_case cases[] = {
        {true,
         "the longest range",
         EL2_VM_POWEROFF,
         {{0}},
         {EL2_CALL_clear_vm_range, {1, 0, most}}},
        {false,
         "a longer one",
         EL2_VM_POWEROFF,
         {{0}},
         {EL2_CALL_clear_vm_range, {1, 0, most + 1}}},
        {true,
         "a range up to the last page",
         EL2_VM_POWEROFF,
         {{0}},
         {EL2_CALL_clear_vm_range, {1, EL2_PFN_SPACE - 2, 2}}},
        {false,
         "a range past it",
         EL2_VM_POWEROFF,
         {{0}},
         {EL2_CALL_clear_vm_range, {1, EL2_PFN_SPACE - 2, 3}}},
        {true,
         "the most that can be shared",
         EL2_VM_READY,
         {{0}},
         {EL2_CALL_grant_stage2_sg_gpa, {1, 0, AT(most)}}},
        {false,
         "more than that",
         EL2_VM_READY,
         {{0}},
         {EL2_CALL_grant_stage2_sg_gpa, {1, 0, AT(most) + 1}}},
        {true,
         "up to the last address",
         EL2_VM_READY,
         {{0}},
         {EL2_CALL_grant_stage2_sg_gpa, {1, end - 5, 5}}},
        {false,
         "past it",
         EL2_VM_READY,
         {{0}},
         {EL2_CALL_grant_stage2_sg_gpa, {1, end - 5, 6}}},
        {true,
         "unshare up to the last address",
         EL2_VM_READY,
         {{0}},
         {EL2_CALL_revoke_stage2_sg_gpa, {1, end - 5, 5}}},
        {false,
         "unshare past it",
         EL2_VM_READY,
         {{0}},
         {EL2_CALL_revoke_stage2_sg_gpa, {1, end - 5, 6}}},
        {true,
         "the last physical address",
         EL2_VM_READY,
         {{0}},
         {EL2_CALL_map_page_host, {EL2_PHYSICAL_SPACE - 1}}},
        {false,
         "past it",
         EL2_VM_READY,
         {{0}},
         {EL2_CALL_map_page_host, {EL2_PHYSICAL_SPACE}}},
        {true,
         "the last gfn",
         EL2_VM_READY,
         {{0}},
         {EL2_CALL_assign_pfn_to_vm, {1, EL2_GFN_SPACE - 1, 5}}},
        {false,
         "past it",
         EL2_VM_READY,
         {{0}},
         {EL2_CALL_assign_pfn_to_vm, {1, EL2_GFN_SPACE, 5}}},
    };
    CHECK(EL2_RUN_CONTRACTS, cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs),
        cmocka_unit_test(table_calls),
        cmocka_unit_test(vmids),
        cmocka_unit_test(vm_states),
        cmocka_unit_test(mappings_of_a_vm),
        cmocka_unit_test(banks),
        cmocka_unit_test(ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
