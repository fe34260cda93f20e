/* The memory of VMs, buffers, faults and shares: semantics.md section 6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/model_cases.h"

#define CHECK(cases) check_cases(cases, sizeof(cases) / sizeof(cases)[0])

#define PAGE HOST_PAGE

/* VM 1 is registered, verified, powered off; it has a page at gfn 5. */
static const struct el2_call registered = {EL2_CALL_register_kvm, {0}};
static const struct el2_call verified = {EL2_CALL_verify_vm_image, {1}};
static const struct el2_call off = {EL2_CALL_vm_poweroff, {1}};
static const struct el2_call faulted = {EL2_CALL_vm_fault,
                                        {1, AT(5), AT(PAGE) | 3, 3}};

/* The host maps the block of PAGE: it can lose no page of it any more. */
static const struct el2_call host_block = {
    EL2_CALL_npt_map, {0, AT(PAGE), AT(PAGE) | EL2_DESCRIPTOR_BLOCK, 2}};

static void clear_vm_s2_range(void **state)
{
    (void)state;
    const struct el2_call second = {EL2_CALL_vm_fault,
                                    {1, AT(6), AT(PAGE + 1) | 3, 3}};
    const struct model_case cases[] = {
        {.shows = "a page of a VM that is off",
         .before = {faulted, off},
         .call = {EL2_CALL_clear_vm_s2_range, {1, AT(PAGE - 1), AT(3)}},
         .outcome = EL2_OUTCOME_RANGE_CHANGED,
         .changes = {{page_of(PAGE), host_record(PAGE)},
                     {memory_of(PAGE), number(0)}}},
        {.shows = "start and size are rounded down",
         .before = {faulted, second, off},
         .call = {EL2_CALL_clear_vm_s2_range, {1, AT(PAGE) + 4095, AT(2) - 1}},
         .outcome = EL2_OUTCOME_RANGE_CHANGED,
         .changes = {{page_of(PAGE), host_record(PAGE)},
                     {memory_of(PAGE), number(0)}}},
        {.shows = "less than a page",
         .before = {faulted, off},
         .call = {EL2_CALL_clear_vm_s2_range, {1, AT(PAGE), 4095}},
         .outcome = EL2_OUTCOME_RANGE_EMPTY},
        {.shows = "pages of others",
         .before = {faulted, off},
         .call = {EL2_CALL_clear_vm_s2_range, {1, AT(PAGE + 1), AT(2)}},
         .outcome = EL2_OUTCOME_RANGE_UNCHANGED},
        {.shows = "a VM that is not off",
         .before = {registered, faulted},
         .call = {EL2_CALL_clear_vm_s2_range, {1, AT(PAGE), AT(1)}},
         .outcome = EL2_OUTCOME_NOT_POWERED_OFF},
        {.shows = "the host cannot lose a page of a block",
         .before = {faulted, off, host_block},
         .call = {EL2_CALL_clear_vm_s2_range, {1, AT(PAGE), AT(1)}},
         .outcome = EL2_OUTCOME_PANIC_BLOCK_SPLIT,
         .held = HELD_PAGE | HELD_NPT(0),
         .torn_pfn = PAGE},
    };
    CHECK(cases);
}

static void phys_addr_ioremap(void **state)
{
    (void)state;
    const struct el2_call block = {EL2_CALL_vm_fault,
                                   {1, AT(0x200), AT(PAGE) | 3, 2}};
    const struct model_case cases[] = {
        {.shows = "two pages, though only one byte of the second",
         .before = {registered},
         .call = {EL2_CALL_phys_addr_ioremap,
                  {1, AT(0x300) + 5, AT(DEVICE_PAGE) + 9, AT(1) + 1}},
         .outcome = EL2_OUTCOME_RANGE_CHANGED,
         .changes = {{npt_of(1, 0x300), mapped(DEVICE_PAGE, EL2_S2_DEVICE)},
                     {npt_of(1, 0x301), mapped(DEVICE_PAGE + 1, EL2_S2_DEVICE)},
                     {npt_tables_of(1), npt_tables(1, 1, 1)}}},
        {.shows = "only devices are mapped",
         .before = {registered},
         .call = {EL2_CALL_phys_addr_ioremap,
                  {1, AT(0x300), AT(PAGE - 1), AT(2)}},
         .outcome = EL2_OUTCOME_RANGE_CHANGED,
         .changes = {{npt_of(1, 0x300), mapped(PAGE - 1, EL2_S2_DEVICE)},
                     {npt_tables_of(1), npt_tables(1, 1, 1)}}},
        {.shows = "no device at all",
         .before = {registered},
         .call = {EL2_CALL_phys_addr_ioremap, {1, AT(0x300), AT(PAGE), AT(1)}},
         .outcome = EL2_OUTCOME_RANGE_UNCHANGED},
        {.shows = "no page, so that nobody asks for the state",
         .call = {EL2_CALL_phys_addr_ioremap, {1, AT(0x300), AT(PAGE), 0}},
         .outcome = EL2_OUTCOME_RANGE_EMPTY},
        {.shows = "a VM that is not ready",
         .before = {registered, verified},
         .call = {EL2_CALL_phys_addr_ioremap,
                  {1, AT(0x300), AT(DEVICE_PAGE), 1}},
         .outcome = EL2_OUTCOME_PANIC_VM_STATE,
         .held = HELD_VM(1)},
        {.shows = "the page before the one that panicked is done",
         .before = {registered, block},
         .call = {EL2_CALL_phys_addr_ioremap,
                  {1, AT(0x1ff), AT(DEVICE_PAGE), AT(2)}},
         .outcome = EL2_OUTCOME_PANIC_BLOCK_SPLIT,
         .held = HELD_VM(1) | HELD_PAGE | HELD_NPT(1),
         .torn_pfn = DEVICE_PAGE + 1,
         .changes = {{npt_of(1, 0x1ff), mapped(DEVICE_PAGE, EL2_S2_DEVICE)},
                     {npt_tables_of(1), npt_tables(1, 1, 1)}}},
    };
    CHECK(cases);
}

static void encrypt_buf(void **state)
{
    (void)state;
    const struct model_case cases[] = {
        {.shows = "a VM's page into the host's",
         .before = {faulted},
         .call = {EL2_CALL_encrypt_buf, {1, AT(PAGE) + 8, AT(PAGE + 1) + 16}},
         .outcome = EL2_OUTCOME_ENCRYPTED,
         .changes = {{memory_of(PAGE + 1),
                      number(el2_platform_encrypt(drawn_word(1, 0)))},
                     {log_of(0), number(1)}}},
        {.shows = "in whatever state the VM is",
         .before = {faulted, off},
         .call = {EL2_CALL_encrypt_buf, {1, AT(PAGE), AT(PAGE + 1)}},
         .outcome = EL2_OUTCOME_ENCRYPTED,
         .changes = {{memory_of(PAGE + 1),
                      number(el2_platform_encrypt(drawn_word(1, 0)))},
                     {log_of(0), number(1)}}},
        {.shows = "another VM's page",
         .before = {faulted},
         .call = {EL2_CALL_encrypt_buf, {2, AT(PAGE), AT(PAGE + 1)}},
         .outcome = EL2_OUTCOME_PANIC_OTHER_OWNER,
         .held = HELD_PAGE,
         .torn_pfn = PAGE + 1},
        {.shows = "onto itself",
         .before = {faulted},
         .call = {EL2_CALL_encrypt_buf, {1, AT(PAGE), AT(PAGE)}},
         .outcome = EL2_OUTCOME_PANIC_NOT_HOST_PAGE,
         .held = HELD_PAGE,
         .torn_pfn = PAGE},
        {.shows = "into EL2's memory",
         .before = {faulted},
         .call = {EL2_CALL_encrypt_buf, {1, AT(PAGE), AT(EL2_PAGE)}},
         .outcome = EL2_OUTCOME_PANIC_NOT_HOST_PAGE,
         .held = HELD_PAGE,
         .torn_pfn = EL2_PAGE},
    };
    CHECK(cases);
}

static void decrypt_buf(void **state)
{
    (void)state;
    const struct el2_value private = el2_value_page(1, 0, EL2_INVALID64);
    const struct el2_value plain =
        number(el2_platform_decrypt(boot_word(PAGE)));
    const struct el2_call decrypt = {EL2_CALL_decrypt_buf, {1, AT(PAGE) + 8}};
    const struct model_case cases[] = {
        {.shows = "the page goes to the VM, which maps it nowhere yet",
         .before = {registered},
         .call = decrypt,
         .outcome = EL2_OUTCOME_DECRYPTED,
         .changes = {{page_of(PAGE), private},
                     {memory_of(PAGE), plain},
                     {log_of(0), number(1)}}},
        {.shows = "and leaves the host's map",
         .before = {registered, {EL2_CALL_host_fault, {AT(PAGE)}}},
         .call = decrypt,
         .outcome = EL2_OUTCOME_DECRYPTED,
         .changes = {{page_of(PAGE), private},
                     {npt_of(0, PAGE), taken()},
                     {memory_of(PAGE), plain},
                     {log_of(0), number(1)}}},
        {.shows = "its guest address is learnt by a fault",
         .before = {registered, decrypt},
         .call = faulted,
         .outcome = EL2_OUTCOME_FAULTED_IN_PAGE,
         .changes = {{page_of(PAGE), el2_value_page(1, 0, 5)},
                     {npt_of(1, 5), mapped(PAGE, EL2_S2_KERNEL)},
                     {npt_tables_of(1), npt_tables(1, 1, 1)}}},
        {.shows = "a VM that is not ready",
         .before = {registered, verified},
         .call = decrypt,
         .outcome = EL2_OUTCOME_PANIC_VM_STATE,
         .held = HELD_VM(1)},
        {.shows = "a page that is the VM's already",
         .before = {registered, faulted},
         .call = decrypt,
         .outcome = EL2_OUTCOME_PANIC_NOT_HOST_PAGE,
         .held = HELD_VM(1) | HELD_PAGE,
         .torn_pfn = PAGE},
        {.shows = "a page that a host device uses",
         .before = {registered,
                    {EL2_CALL_smmu_alloc_pgd, {0, 0, 0}},
                    {EL2_CALL_smmu_map,
                     {AT(PAGE + HOST_OFFSET), AT(PAGE), 0, 0, 0}}},
         .call = decrypt,
         .outcome = EL2_OUTCOME_PANIC_HOST_DMA_IN_USE,
         .held = HELD_VM(1) | HELD_PAGE,
         .torn_pfn = PAGE},
        {.shows = "the host cannot lose a page of a block",
         .before = {registered, host_block},
         .call = decrypt,
         .outcome = EL2_OUTCOME_PANIC_BLOCK_SPLIT,
         .held = HELD_VM(1) | HELD_PAGE | HELD_NPT(0),
         .torn_pfn = PAGE},
    };
    CHECK(cases);
}

static void host_fault(void **state)
{
    (void)state;
    const struct el2_call fault = {EL2_CALL_host_fault, {AT(PAGE) + 5}};
    const struct change tables = {npt_tables_of(0), npt_tables(1, 1, 1)};
    const struct model_case cases[] = {
        {.shows = "the host's own page",
         .call = fault,
         .outcome = EL2_OUTCOME_HOST_MAPPED_OWN,
         .changes = {{npt_of(0, PAGE), mapped(PAGE, EL2_S2_KERNEL)}, tables}},
        {.shows = "a page without owner, up to the last",
         .call = {EL2_CALL_host_fault, {EL2_PHYSICAL_SPACE - 1}},
         .outcome = EL2_OUTCOME_HOST_MAPPED_DEVICE,
         .changes = {{npt_of(0, EL2_PFN_SPACE - 1),
                      mapped(EL2_PFN_SPACE - 1, EL2_S2_DEVICE)},
                     tables}},
        {.shows = "a page that a VM shares",
         .before = {faulted, {EL2_CALL_vm_share, {1, AT(5), 1}}},
         .call = fault,
         .outcome = EL2_OUTCOME_HOST_MAPPED_SHARED,
         .changes = {{npt_of(0, PAGE), mapped(PAGE, EL2_S2_KERNEL)}, tables}},
        {.shows = "a VM's private page",
         .before = {faulted},
         .call = fault,
         .outcome = EL2_OUTCOME_PANIC_PRIVATE_PAGE,
         .held = HELD_PAGE,
         .torn_pfn = PAGE},
        {.shows = "inside a block of the host",
         .before = {host_block},
         .call = fault,
         .outcome = EL2_OUTCOME_PANIC_BLOCK_SPLIT,
         .held = HELD_PAGE | HELD_NPT(0),
         .torn_pfn = PAGE},
        {.shows = "the first register of the first SMMU",
         .call = {EL2_CALL_host_fault, {AT(0x40)}},
         .outcome = EL2_OUTCOME_REGISTER_READ},
        {.shows = "its last one",
         .call = {EL2_CALL_host_fault, {AT(0x60) - 4}},
         .outcome = EL2_OUTCOME_REGISTER_READ},
        {.shows = "past its window",
         .call = {EL2_CALL_host_fault, {AT(0x60)}},
         .outcome = EL2_OUTCOME_HOST_MAPPED_DEVICE,
         .changes = {{npt_of(0, 0x60), mapped(0x60, EL2_S2_DEVICE)}, tables}},
        {.shows = "the second SMMU",
         .call = {EL2_CALL_host_fault, {AT(0x80) + 0x34}},
         .outcome = EL2_OUTCOME_REGISTER_READ},
        {.shows = "no register starts there",
         .call = {EL2_CALL_host_fault, {AT(0x80) + 0x36}},
         .outcome = EL2_OUTCOME_PANIC_REGISTER_ACCESS,
         .held = HELD_SMMU},
    };
    CHECK(cases);
}

static void vm_fault(void **state)
{
    (void)state;
    const uint64_t desc = AT(PAGE) | 3;
    const uint64_t last = EL2_PFN_SPACE - 1;
    const struct model_case cases[] = {
        {.shows = "the lowest address; any level but 2 is a page",
         .call = {EL2_CALL_vm_fault, {1, AT(1), desc, 7}},
         .outcome = EL2_OUTCOME_FAULTED_IN_PAGE,
         .changes = {{page_of(PAGE), el2_value_page(1, 0, 1)},
                     {memory_of(PAGE), number(drawn_word(1, 0))},
                     {log_of(1), number(1)},
                     {npt_of(1, 1), mapped(PAGE, EL2_S2_KERNEL)},
                     {npt_tables_of(1), npt_tables(1, 1, 1)}}},
        {.shows = "the highest address",
         .call = {EL2_CALL_vm_fault, {1, EL2_ADDRESS_SPACE - 1, desc, 3}},
         .outcome = EL2_OUTCOME_FAULTED_IN_PAGE,
         .changes = {{page_of(PAGE), el2_value_page(1, 0, EL2_GFN_SPACE - 1)},
                     {memory_of(PAGE), number(drawn_word(1, 0))},
                     {log_of(1), number(1)},
                     {npt_of(1, EL2_GFN_SPACE - 1),
                      mapped(PAGE, EL2_S2_KERNEL)},
                     {npt_tables_of(1), npt_tables(1, 1, 1)}}},
        {.shows = "page 0 of the guest",
         .call = {EL2_CALL_vm_fault, {1, AT(1) - 1, desc, 3}},
         .outcome = EL2_OUTCOME_FAULT_IGNORED},
        {.shows = "past the address space",
         .call = {EL2_CALL_vm_fault, {1, EL2_ADDRESS_SPACE, desc, 3}},
         .outcome = EL2_OUTCOME_FAULT_IGNORED},
        {.shows = "any register as an address",
         .call = {EL2_CALL_vm_fault, {1, UINT64_MAX, desc, 2}},
         .outcome = EL2_OUTCOME_FAULT_IGNORED},
        {.shows = "no descriptor",
         .call = {EL2_CALL_vm_fault, {1, AT(5), 0, 3}},
         .outcome = EL2_OUTCOME_FAULT_IGNORED},
        {.shows = "a descriptor of no page",
         .call = {EL2_CALL_vm_fault, {1, AT(5), 3, 3}},
         .outcome = EL2_OUTCOME_PANIC_OTHER_OWNER,
         .held = HELD_PAGE,
         .torn_pfn = 0},
        {.shows = "another VM's page",
         .before = {faulted},
         .call = {EL2_CALL_vm_fault, {2, AT(5), desc, 3}},
         .outcome = EL2_OUTCOME_PANIC_OTHER_OWNER,
         .held = HELD_PAGE,
         .torn_pfn = PAGE},
        {.shows = "past physical memory",
         .call = {EL2_CALL_vm_fault, {1, AT(5), AT(last + 1) | 3, 3}},
         .outcome = EL2_OUTCOME_PANIC_PFN_RANGE},
        {.shows = "a block that is not aligned",
         .call = {EL2_CALL_vm_fault, {1, AT(5), AT(PAGE + 1) | 3, 2}},
         .outcome = EL2_OUTCOME_PANIC_BLOCK_UNALIGNED},
    };
    CHECK(cases);
}

static void share_and_unshare(void **state)
{
    (void)state;
    const uint64_t end = EL2_ADDRESS_SPACE;
    const struct el2_call share = {EL2_CALL_vm_share, {1, AT(4) + 5, AT(2)}};
    const struct model_case cases[] = {
        {.shows = "what is mapped is shared",
         .before = {faulted},
         .call = share,
         .outcome = EL2_OUTCOME_RANGE_CHANGED,
         .changes = {{page_of(PAGE), el2_value_page(1, 1, 5)}}},
        {.shows = "and no longer",
         .before = {faulted, share, {EL2_CALL_host_fault, {AT(PAGE)}}},
         .call = {EL2_CALL_vm_unshare, {1, AT(4) + 5, AT(2)}},
         .outcome = EL2_OUTCOME_RANGE_CHANGED,
         .changes = {{page_of(PAGE), el2_value_page(1, 0, 5)},
                     {npt_of(0, PAGE), taken()},
                     {memory_of(PAGE), number(drawn_word(1, 1))},
                     {log_of(1), number(2)}}},
        {.shows = "what is not shared cannot be unshared",
         .before = {faulted},
         .call = {EL2_CALL_vm_unshare, {1, AT(5), 1}},
         .outcome = EL2_OUTCOME_RANGE_UNCHANGED},
        {.shows = "up to the last address",
         .call = {EL2_CALL_vm_share, {1, end - 5, 5}},
         .outcome = EL2_OUTCOME_RANGE_UNCHANGED},
        {.shows = "past it",
         .call = {EL2_CALL_vm_share, {1, end - 5, 6}},
         .outcome = EL2_OUTCOME_RANGE_PAST_END},
        {.shows = "sums do not wrap",
         .before = {faulted},
         .call = {EL2_CALL_vm_share, {1, AT(5), -AT(5) + 1}},
         .outcome = EL2_OUTCOME_RANGE_PAST_END},
        {.shows = "unshare up to the last address",
         .call = {EL2_CALL_vm_unshare, {1, end - 5, 5}},
         .outcome = EL2_OUTCOME_RANGE_UNCHANGED},
        {.shows = "unshare past it",
         .call = {EL2_CALL_vm_unshare, {1, end - 5, 6}},
         .outcome = EL2_OUTCOME_RANGE_PAST_END},
        {.shows = "nothing",
         .before = {faulted},
         .call = {EL2_CALL_vm_share, {1, AT(5), 0}},
         .outcome = EL2_OUTCOME_RANGE_EMPTY},
        {.shows = "the host cannot lose a page of a block",
         .before = {faulted, share, host_block},
         .call = {EL2_CALL_vm_unshare, {1, AT(5), 1}},
         .outcome = EL2_OUTCOME_PANIC_BLOCK_SPLIT,
         .held = HELD_PAGE | HELD_NPT(0),
         .torn_pfn = PAGE,
         .changes = {{page_of(PAGE), el2_value_page(1, 0, 5)}}},
    };
    CHECK(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clear_vm_s2_range),
        cmocka_unit_test(phys_addr_ioremap),
        cmocka_unit_test(encrypt_buf),
        cmocka_unit_test(decrypt_buf),
        cmocka_unit_test(host_fault),
        cmocka_unit_test(vm_fault),
        cmocka_unit_test(share_and_unshare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
