/* Loads and stores by software and devices: semantics.md section 6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/model_cases.h"

#define CHECK(cases) check_cases(cases, sizeof(cases) / sizeof(cases)[0])

#define PAGE HOST_PAGE
#define WORD UINT64_C(0x123456789abcdef0)

/* VM 1 has PAGE at gfn 5, the host maps it, and the VM is verified. */
static const struct el2_call registered = {EL2_CALL_register_kvm, {0}};
static const struct el2_call verified = {EL2_CALL_verify_vm_image, {1}};
static const struct el2_call off = {EL2_CALL_vm_poweroff, {1}};
static const struct el2_call faulted = {EL2_CALL_vm_fault,
                                        {1, AT(5), AT(PAGE) | 3, 3}};
static const struct el2_call shared = {EL2_CALL_vm_share, {1, AT(5), 1}};
static const struct el2_call unshared = {EL2_CALL_vm_unshare, {1, AT(5), 1}};
static const struct el2_call host_maps = {EL2_CALL_host_fault, {AT(PAGE)}};

static const struct el2_call host_load = {EL2_CALL_mem_load, {0, PAGE}};
static const struct el2_call host_store = {EL2_CALL_mem_store, {0, PAGE, WORD}};
static const struct el2_call vm_load = {EL2_CALL_mem_load, {1, 5}};
static const struct el2_call vm_store = {EL2_CALL_mem_store, {1, 5, WORD}};

static void by_the_host(void **state)
{
    (void)state;
    const struct el2_call device = {EL2_CALL_host_fault, {AT(DEVICE_PAGE)}};
    const struct el2_call host_block = {EL2_CALL_npt_map,
                                        {0, AT(PAGE), AT(PAGE) | 1, 2}};
    const struct model_case cases[] = {
        {.shows = "nothing is mapped",
         .call = host_load,
         .outcome = EL2_OUTCOME_ACCESS_FAULTED,
         .access = EL2_ACCESS_FAULT},
        {.shows = "nor can it be stored to",
         .call = host_store,
         .outcome = EL2_OUTCOME_ACCESS_FAULTED,
         .access = EL2_ACCESS_FAULT},
        {.shows = "past all tables",
         .call = {EL2_CALL_mem_load, {0, EL2_GFN_SPACE - 1}},
         .outcome = EL2_OUTCOME_ACCESS_FAULTED,
         .access = EL2_ACCESS_FAULT},
        {.shows = "a page that was taken from the host",
         .before = {host_maps, faulted},
         .call = host_load,
         .outcome = EL2_OUTCOME_ACCESS_FAULTED,
         .access = EL2_ACCESS_FAULT},
        {.shows = "its own page",
         .before = {host_maps},
         .call = host_load,
         .outcome = EL2_OUTCOME_LOADED,
         .result = boot_word(PAGE),
         .access = EL2_ACCESS_DONE},
        {.shows = "a store to it",
         .before = {host_maps},
         .call = host_store,
         .outcome = EL2_OUTCOME_STORED,
         .access = EL2_ACCESS_DONE,
         .changes = {{memory_of(PAGE), number(WORD)}}},
        {.shows = "what was stored",
         .before = {host_maps, host_store},
         .call = host_load,
         .outcome = EL2_OUTCOME_LOADED,
         .result = WORD,
         .access = EL2_ACCESS_DONE},
        {.shows = "its own page though a device of its uses it",
         .before = {host_maps,
                    {EL2_CALL_smmu_alloc_pgd, {0, 0, 0}},
                    {EL2_CALL_smmu_map,
                     {AT(PAGE + HOST_OFFSET), AT(PAGE), 0, 0, 0}}},
         .call = host_load,
         .outcome = EL2_OUTCOME_LOADED,
         .result = boot_word(PAGE),
         .access = EL2_ACCESS_DONE},
        {.shows = "a page inside a block",
         .before = {host_block},
         .call = {EL2_CALL_mem_load, {0, PAGE + 3}},
         .outcome = EL2_OUTCOME_LOADED,
         .result = boot_word(PAGE + 3),
         .access = EL2_ACCESS_DONE},
        {.shows = "a page that a VM shares",
         .before = {faulted, shared, host_maps},
         .call = host_load,
         .outcome = EL2_OUTCOME_LOADED_UNKNOWN,
         .access = EL2_ACCESS_UNKNOWN},
        {.shows = "a store to it",
         .before = {faulted, shared, host_maps},
         .call = host_store,
         .outcome = EL2_OUTCOME_STORED_UNKNOWN,
         .access = EL2_ACCESS_UNKNOWN,
         .changes = {{unknown_of(PAGE), number(1)},
                     {memory_of(PAGE), number(WORD)}}},
        {.shows = "a device page is not followed",
         .before = {device},
         .call = {EL2_CALL_mem_load, {0, DEVICE_PAGE}},
         .outcome = EL2_OUTCOME_LOADED_UNKNOWN,
         .access = EL2_ACCESS_UNKNOWN},
        {.shows = "and has no content to lose",
         .before = {device},
         .call = {EL2_CALL_mem_store, {0, DEVICE_PAGE, WORD}},
         .outcome = EL2_OUTCOME_STORED_UNKNOWN,
         .access = EL2_ACCESS_UNKNOWN},
    };
    CHECK(cases);
}

static void by_a_vm(void **state)
{
    (void)state;
    const struct el2_call ioremap = {EL2_CALL_phys_addr_ioremap,
                                     {1, AT(9), AT(DEVICE_PAGE), 1}};
    const struct el2_call block = {EL2_CALL_vm_fault,
                                   {1, AT(0x200), AT(PAGE) | 3, 2}};
    const struct model_case cases[] = {
        {.shows = "nothing is mapped",
         .before = {registered, verified},
         .call = vm_load,
         .outcome = EL2_OUTCOME_ACCESS_FAULTED,
         .access = EL2_ACCESS_FAULT},
        {.shows = "its private page",
         .before = {registered, faulted, verified},
         .call = vm_load,
         .outcome = EL2_OUTCOME_LOADED,
         .result = drawn_word(1, 0),
         .access = EL2_ACCESS_DONE},
        {.shows = "a store to it",
         .before = {registered, faulted, verified},
         .call = vm_store,
         .outcome = EL2_OUTCOME_STORED,
         .access = EL2_ACCESS_DONE,
         .changes = {{memory_of(PAGE), number(WORD)}}},
        {.shows = "a page inside a block",
         .before = {registered, block, verified},
         .call = {EL2_CALL_mem_load, {1, 0x203}},
         .outcome = EL2_OUTCOME_LOADED,
         .result = drawn_word(1, 3),
         .access = EL2_ACCESS_DONE},
        {.shows = "a page that it shares",
         .before = {registered, faulted, verified, shared},
         .call = vm_load,
         .outcome = EL2_OUTCOME_LOADED_UNKNOWN,
         .access = EL2_ACCESS_UNKNOWN},
        {.shows = "a store to it",
         .before = {registered, faulted, verified, shared},
         .call = vm_store,
         .outcome = EL2_OUTCOME_STORED_UNKNOWN,
         .access = EL2_ACCESS_UNKNOWN,
         .changes = {{unknown_of(PAGE), number(1)},
                     {memory_of(PAGE), number(WORD)}}},
        {.shows = "a device",
         .before = {registered, ioremap, verified},
         .call = {EL2_CALL_mem_load, {1, 9}},
         .outcome = EL2_OUTCOME_ACCESSED_DEVICE,
         .access = EL2_ACCESS_DEVICE},
        {.shows = "a store to a device",
         .before = {registered, ioremap, verified},
         .call = {EL2_CALL_mem_store, {1, 9, WORD}},
         .outcome = EL2_OUTCOME_ACCESSED_DEVICE,
         .access = EL2_ACCESS_DEVICE},
    };
    CHECK(cases);
}

/* What makes a page unknown, and what known again (section 2). */
static void unknown_content(void **state)
{
    (void)state;
    const struct change known = {unknown_of(PAGE), number(0)};
    const struct model_case cases[] = {
        {.shows = "it is unknown though the page is private again",
         .before = {registered, faulted, shared, host_maps, host_store,
                    unshared, shared, verified},
         .call = vm_load,
         .outcome = EL2_OUTCOME_LOADED_UNKNOWN,
         .access = EL2_ACCESS_UNKNOWN},
        {.shows = "the outside decides when sharing ends",
         .before = {faulted, shared, host_maps, host_store},
         .call = unshared,
         .outcome = EL2_OUTCOME_RANGE_CHANGED,
         .changes = {known,
                     {memory_of(PAGE), number(drawn_word(1, 1))},
                     {log_of(1), number(2)},
                     {page_of(PAGE), el2_value_page(1, 0, 5)},
                     {npt_of(0, PAGE), taken()}}},
        {.shows = "a cleared page is known to be",
         .before = {faulted, shared, host_maps, host_store, off},
         .call = {EL2_CALL_clear_vm_s2_range, {1, AT(PAGE), AT(1)}},
         .outcome = EL2_OUTCOME_RANGE_CHANGED,
         .changes = {known,
                     {memory_of(PAGE), number(0)},
                     {page_of(PAGE), host_record(PAGE)},
                     {npt_of(0, PAGE), taken()}}},
        {.shows = "the cipher of a page that is unknown is known",
         .before = {faulted, shared, host_maps, host_store},
         .call = {EL2_CALL_encrypt_buf, {1, AT(PAGE), AT(PAGE + 1)}},
         .outcome = EL2_OUTCOME_ENCRYPTED,
         .changes = {{memory_of(PAGE + 1), number(el2_platform_encrypt(WORD))},
                     {log_of(0), number(1)}}},
    };
    CHECK(cases);
}

/* A store that the model follows ends it: a page that went to a VM by its
 * bank has no count until the VM faults on it. */
static void a_followed_store_is_known(void **state)
{
    (void)state;
    const struct el2_call bank = {EL2_CALL_smmu_alloc_pgd, {3, 1, 1}};
    const struct el2_call dma = {EL2_CALL_smmu_map, {AT(5), AT(PAGE), 0, 3, 1}};
    const struct el2_call device_stores = {EL2_CALL_dev_store, {3, 1, 5, 77}};
    const struct model_case cases[] = {
        {.shows = "the device's store is not followed",
         .before = {registered, bank, dma, verified},
         .call = device_stores,
         .outcome = EL2_OUTCOME_STORED_UNKNOWN,
         .access = EL2_ACCESS_UNKNOWN,
         .changes = {{unknown_of(PAGE), number(1)},
                     {memory_of(PAGE), number(77)}}},
        {.shows = "the page that the VM then maps is unknown",
         .before = {registered, bank, dma, verified, device_stores, faulted},
         .call = vm_load,
         .outcome = EL2_OUTCOME_LOADED_UNKNOWN,
         .access = EL2_ACCESS_UNKNOWN},
        {.shows = "until the VM stores to it",
         .before = {registered, bank, dma, verified, device_stores, faulted},
         .call = vm_store,
         .outcome = EL2_OUTCOME_STORED,
         .access = EL2_ACCESS_DONE,
         .changes = {{unknown_of(PAGE), number(0)},
                     {memory_of(PAGE), number(WORD)}}},
        {.shows = "or its device, whose page has a count by now",
         .before = {registered, bank, dma, verified, device_stores, faulted},
         .call = {EL2_CALL_dev_store, {3, 1, 5, 78}},
         .outcome = EL2_OUTCOME_STORED,
         .access = EL2_ACCESS_DONE,
         .changes = {{unknown_of(PAGE), number(0)},
                     {memory_of(PAGE), number(78)}}},
        {.shows = "which then loads it",
         .before = {registered, bank, dma, verified, device_stores, faulted,
                    vm_store},
         .call = {EL2_CALL_dev_load, {3, 1, 5}},
         .outcome = EL2_OUTCOME_LOADED,
         .result = WORD,
         .access = EL2_ACCESS_DONE},
    };
    CHECK(cases);
}

static void by_a_device_of_the_host(void **state)
{
    (void)state;
    const struct el2_call bank = {EL2_CALL_smmu_alloc_pgd, {7, 0, 0}};
    const uint64_t gfn = PAGE + HOST_OFFSET;
    const struct el2_call dma = {EL2_CALL_smmu_map,
                                 {AT(gfn), AT(PAGE), 0, 7, 0}};
    const struct el2_call load = {EL2_CALL_dev_load, {7, 0, gfn}};
    const struct model_case cases[] = {
        {.shows = "nothing is mapped",
         .before = {bank},
         .call = load,
         .outcome = EL2_OUTCOME_ACCESS_FAULTED,
         .access = EL2_ACCESS_FAULT},
        {.shows = "a page of the host, counted",
         .before = {bank, dma},
         .call = load,
         .outcome = EL2_OUTCOME_LOADED,
         .result = boot_word(PAGE),
         .access = EL2_ACCESS_DONE},
        {.shows = "a store to it",
         .before = {bank, dma},
         .call = {EL2_CALL_dev_store, {7, 0, gfn, WORD}},
         .outcome = EL2_OUTCOME_STORED,
         .access = EL2_ACCESS_DONE,
         .changes = {{memory_of(PAGE), number(WORD)}}},
        {.shows = "the mapping is gone",
         .before = {bank, dma, {EL2_CALL_smmu_clear, {AT(gfn), 7, 0}}},
         .call = {EL2_CALL_dev_store, {7, 0, gfn, WORD}},
         .outcome = EL2_OUTCOME_ACCESS_FAULTED,
         .access = EL2_ACCESS_FAULT},
    };
    CHECK(cases);
}

/* Only a load that ended well has a result. */
static void results(void **state)
{
    (void)state;
    struct el2_machine *model = model_of_board();
    assert_false(step_of(model, host_load).has_result);
    run(model, host_maps);
    assert_true(step_of(model, host_load).has_result);
    assert_false(step_of(model, host_store).has_result);
    model->operations->destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_the_host),
        cmocka_unit_test(by_a_vm),
        cmocka_unit_test(unknown_content),
        cmocka_unit_test(a_followed_store_is_known),
        cmocka_unit_test(by_a_device_of_the_host),
        cmocka_unit_test(results),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
