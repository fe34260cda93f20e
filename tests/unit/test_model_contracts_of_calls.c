/* Which calls of section 6 a harness may make: semantics.md section 6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/contract_cases.h"

#define PAGE HOST_PAGE

#define CHECK(run, cases)                                                      \
    check_contracts(run, cases, sizeof(cases) / sizeof(cases)[0])

/* The host is not trusted: it may put anything into its registers, but a range
 * that passes is one that can be walked. */
static void hypercalls(void **state)
{
    (void)state;
    const uint64_t most = UINT64_MAX;
    const uint64_t range = AT(EL2_RANGE_PAGES_MAX);
    const struct contract_case cases[] = {
        {true,
         "the longest range to clear",
         EL2_VM_POWEROFF,
         {{0}},
         {EL2_CALL_clear_vm_s2_range, {1, 0, range + AT(1) - 1}}},
        {false,
         "a longer one",
         EL2_VM_POWEROFF,
         {{0}},
         {EL2_CALL_clear_vm_s2_range, {1, 0, range + AT(1)}}},
        {true,
         "one that is an argument out of range",
         EL2_VM_POWEROFF,
         {{0}},
         {EL2_CALL_clear_vm_s2_range, {1, 1, EL2_PHYSICAL_SPACE}}},
        {true,
         "one whose sum is out of range",
         EL2_VM_POWEROFF,
         {{0}},
         {EL2_CALL_clear_vm_s2_range,
          {1, EL2_PHYSICAL_SPACE - range, range + AT(1)}}},
        {true,
         "one whose sum wraps",
         EL2_VM_POWEROFF,
         {{0}},
         {EL2_CALL_clear_vm_s2_range, {1, AT(1), most}}},
        {true,
         "the longest range of a device",
         EL2_VM_READY,
         {{0}},
         {EL2_CALL_phys_addr_ioremap, {1, 0, 0, range}}},
        {false,
         "one byte more",
         EL2_VM_READY,
         {{0}},
         {EL2_CALL_phys_addr_ioremap, {1, 0, 0, range + 1}}},
        {true,
         "more, but past guest memory",
         EL2_VM_READY,
         {{0}},
         {EL2_CALL_phys_addr_ioremap,
          {1, EL2_ADDRESS_SPACE - range, 0, range + 1}}},
        {true,
         "more, but past physical memory",
         EL2_VM_READY,
         {{0}},
         {EL2_CALL_phys_addr_ioremap,
          {1, 0, EL2_PHYSICAL_SPACE - range, range + 1}}},
        {true,
         "more than any length",
         EL2_VM_READY,
         {{0}},
         {EL2_CALL_phys_addr_ioremap, {1, 0, 0, most}}},
        {true,
         "an image is no range",
         EL2_VM_READY,
         {{0}},
         {EL2_CALL_set_boot_info, {1, 0, EL2_ADDRESS_SPACE - 1}}},
        {true, "verify_vm_image", 0, {{0}}, {EL2_CALL_verify_vm_image, {most}}},
        {true, "register_kvm", 0, {{0}}, {EL2_CALL_register_kvm, {most}}},
        {true,
         "smmu_alloc_pgd",
         0,
         {{0}},
         {EL2_CALL_smmu_alloc_pgd, {most, most, most}}},
        {true,
         "smmu_free_pgd",
         0,
         {{0}},
         {EL2_CALL_smmu_free_pgd, {most, most}}},
    };
    CHECK(EL2_RUN_CONTRACTS, cases);
}

/* An image that ends with the address space, though its last page does not. */
static void images_past_the_end(void **state)
{
    (void)state;
    const struct el2_call registered = {EL2_CALL_register_kvm, {0}};
    const struct el2_call remap = {EL2_CALL_remap_vm_image, {1, PAGE, 0}};
    const struct el2_call verify = {EL2_CALL_verify_vm_image, {1}};
    const struct contract_case cases[] = {
        {true,
         "its page ends there too",
         EL2_VM_READY,
         {registered,
          {EL2_CALL_set_boot_info, {1, EL2_ADDRESS_SPACE - AT(1), AT(1)}},
          remap},
         verify},
        {false,
         "its page does not",
         EL2_VM_READY,
         {registered,
          {EL2_CALL_set_boot_info, {1, EL2_ADDRESS_SPACE - 5, 5}},
          remap},
         verify},
        {true,
         "it has no page yet",
         EL2_VM_READY,
         {registered, {EL2_CALL_set_boot_info, {1, EL2_ADDRESS_SPACE - 5, 5}}},
         verify},
    };
    CHECK(EL2_RUN_CONTRACTS, cases);
}

static void events(void **state)
{
    (void)state;
    const uint64_t most = UINT64_MAX;
    const uint64_t range = AT(EL2_RANGE_PAGES_MAX);
    static const uint32_t shares[] = {EL2_CALL_vm_share, EL2_CALL_vm_unshare};
    for (size_t i = 0; i < 2; i++) {
        const struct contract_case cases[] = {
            {true, "the longest range", 0, {{0}}, {shares[i], {1, 5, range}}},
            {false, "a longer one", 0, {{0}}, {shares[i], {1, 5, range + 1}}},
            {true,
             "one that leaves the address space",
             0,
             {{0}},
             {shares[i], {1, EL2_ADDRESS_SPACE - range, range + 1}}},
            {true, "one that wraps", 0, {{0}}, {shares[i], {1, AT(1), most}}},
            {false, "of the host", 0, {{0}}, {shares[i], {0, AT(1), 1}}},
            {false, "of EL2", 0, {{0}}, {shares[i], {CORE_VMID, AT(1), 1}}},
        };
        CHECK(EL2_RUN_CONTRACTS, cases);
    }
    const struct contract_case cases[] = {
        {true, "vcpu_run", 0, {{0}}, {EL2_CALL_vcpu_run, {1, most}}},
        {true, "vcpu_exit", 0, {{0}}, {EL2_CALL_vcpu_exit, {1, most}}},
        {true,
         "vm_fault",
         0,
         {{0}},
         {EL2_CALL_vm_fault, {1, most, most, most}}},
        {false, "no VM runs", 0, {{0}}, {EL2_CALL_vcpu_run, {0, 0}}},
        {false, "no VM exits", 0, {{0}}, {EL2_CALL_vcpu_exit, {CORE_VMID, 0}}},
        {false, "no VM faults", 0, {{0}}, {EL2_CALL_vm_fault, {most, 0, 0, 0}}},
    };
    CHECK(EL2_RUN_CONTRACTS, cases);
}

static void accesses_of_software(void **state)
{
    (void)state;
    const uint64_t gfns = EL2_GFN_SPACE;
    static const uint32_t numbers[] = {EL2_CALL_mem_load, EL2_CALL_mem_store};
    for (size_t i = 0; i < 2; i++) {
        uint32_t n = numbers[i];
        const struct contract_case cases[] = {
            {true, "by the host", 0, {{0}}, {n, {0, gfns - 1}}},
            {false, "past its addresses", 0, {{0}}, {n, {0, gfns}}},
            {true, "by a VM", EL2_VM_VERIFIED, {{0}}, {n, {1, gfns - 1}}},
            {false, "past them", EL2_VM_VERIFIED, {{0}}, {n, {1, gfns}}},
            {false, "by a VM not verified", EL2_VM_READY, {{0}}, {n, {1, 5}}},
            {false, "by a VM that is off", EL2_VM_POWEROFF, {{0}}, {n, {1, 5}}},
            {false, "by EL2", 0, {{0}}, {n, {CORE_VMID, 5}}},
            {false, "by nobody", 0, {{0}}, {n, {UINT64_C(1) << 32, 5}}},
        };
        CHECK(EL2_RUN_CONTRACTS, cases);
    }
}

static void accesses_of_devices(void **state)
{
    (void)state;
    const uint64_t gfns = EL2_IOVA_SPACE / EL2_PAGE_SIZE;
    const struct el2_call host = {EL2_CALL_smmu_alloc_pgd, {2, 0, 1}};
    const struct el2_call vm_1 = {EL2_CALL_smmu_alloc_pgd, {2, 1, 1}};
    static const uint32_t numbers[] = {EL2_CALL_dev_load, EL2_CALL_dev_store};
    for (size_t i = 0; i < 2; i++) {
        uint32_t n = numbers[i];
        const struct contract_case cases[] = {
            {true, "the host's", 0, {host}, {n, {2, 1, gfns - 1}}},
            {false, "past its addresses", 0, {host}, {n, {2, 1, gfns}}},
            {false, "without owner", 0, {host}, {n, {2, 0, 5}}},
            {false, "no such bank", 0, {host}, {n, {8, 1, 5}}},
            {false, "no such SMMU", 0, {host}, {n, {2, 2, 5}}},
            {true, "a VM's", EL2_VM_VERIFIED, {vm_1}, {n, {2, 1, 5}}},
            {false, "not verified", EL2_VM_READY, {vm_1}, {n, {2, 1, 5}}},
            {false, "off (E12)", EL2_VM_POWEROFF, {vm_1}, {n, {2, 1, 5}}},
        };
        CHECK(EL2_RUN_CONTRACTS, cases);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hypercalls),
        cmocka_unit_test(images_past_the_end),
        cmocka_unit_test(events),
        cmocka_unit_test(accesses_of_software),
        cmocka_unit_test(accesses_of_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
