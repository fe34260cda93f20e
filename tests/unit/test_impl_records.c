/* Page records of the EL2 code, on the fake shim: where they are in the memory
 * that it boots in, and that they hold every value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/impl_page_board.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(boots_in_exactly_what_it_needs, boot),
        cmocka_unit_test_setup(pages_at_region_edges, boot),
        cmocka_unit_test_setup(records_name_their_page, boot),
        cmocka_unit_test_setup(records_hold_every_value, boot),
    };

    return cmocka_run_group_tests_name("impl_records", tests, NULL, NULL);
}
