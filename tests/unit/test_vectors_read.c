/* Reading vectors: what good ones are read as. */
#include "tests/unit/vector_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void runs_are_expanded(void **state)
{
    (void)state;
    struct vector vector;
    read_good(POWEROFF("\"page\":[{\"pfn\":\"0x80100\",\"n\":3,\"owner\":7,"
                       "\"count\":2,\"gfn\":\"0x200\"}],"
                       "\"npt\":{\"7\":[{\"gfn\":\"0x400\",\"n\":512,"
                       "\"pfn\":\"0x80000\",\"level\":2,"
                       "\"desc\":\"0x80000ffd\"}]}"),
              &vector);
    assert_int_equal(vector.changes.count, 515);
    for (size_t i = 0; i < 3; i++) {
        const struct vector_change *page = &vector.changes.at[i];
        assert_true(page->cell == el2_cell_make(EL2_CELL_PAGE, 0, 0x80100 + i));
        assert_true(
            el2_value_equal(page->value, el2_value_page(7, 2, 0x200 + i)));
    }
    for (size_t i = 0; i < 512; i++) {
        const struct vector_change *entry = &vector.changes.at[3 + i];
        assert_true(entry->cell == el2_cell_make(EL2_CELL_NPT, 7, 0x400 + i));
        assert_true(el2_value_equal(
            entry->value, el2_value_entry(0x80000ffd, 2, 0x80000 + i)));
    }
    vector_destroy(&vector);
}

static void a_platform_is_read(void **state)
{
    (void)state;
    struct vector vector;
    read_good("{\"id\":\"t\",\"suite\":\"test\"," PLATFORM
              ",\"limits\":{\"max_share\":2,\"host_share\":12,"
              "\"npt_pool\":[2,3,4],\"spt_pool\":[5,6]},\"steps\":[" STEP(
                  "vm_poweroff", "\"vmid\":7", OK("")) "]}",
              &vector);
    const struct el2_platform *platform = &vector.platform;
    assert_int_equal(platform->region_count, 2);
    assert_int_equal(platform->regions[0].base, 0x40000);
    assert_int_equal(platform->regions[0].page_count, 0x200);
    assert_int_equal(platform->regions[0].owner, 16);
    assert_int_equal(platform->regions[1].base, 0x80000);
    assert_int_equal(platform->regions[1].owner, 0);
    assert_int_equal(platform->smmu_count, 1);
    assert_int_equal(platform->smmus[0].base, 0x30000000);
    assert_int_equal(platform->smmus[0].size, 0x20000);
    assert_int_equal(platform->smmus[0].bank_count, 8);
    assert_int_equal(platform->smmu_host_offset, 0x8000000);
    assert_int_equal(platform->max_share_count, 2);
    assert_int_equal(platform->max_dma_count, 12);
    assert_int_equal(platform->npt_level1_tables, 2);
    assert_int_equal(platform->npt_level2_tables, 3);
    assert_int_equal(platform->npt_level3_tables, 4);
    assert_int_equal(platform->spt_level2_tables, 5);
    assert_int_equal(platform->spt_level3_tables, 6);
    assert_int_equal(platform->boot_pattern, 0);
    assert_int_equal(platform->core_vmid, 16);
    vector_destroy(&vector);
}

/* Calls with registers that EL2 has to refuse, or to bear. */
static void any_registers_are_read(void **state)
{
    (void)state;
    static const char *const good[] = {
        VECTOR(STEP("vcpu_run", "\"vmid\":200,\"vcpuid\":9", PANIC)),
        VECTOR(
            STEP("vcpu_exit", "\"vmid\":0,\"vcpuid\":\"0x100000000\"", PANIC)),
        VECTOR(STEP("register_vcpu", "\"vmid\":16,\"vcpuid\":0", PANIC)),
        VECTOR(STEP("smmu_write",
                    "\"index\":9,\"offset\":\"0xffffffffffffffff\","
                    "\"size\":3,\"value\":\"0xffffffffffffffff\"",
                    PANIC)),
        VECTOR(STEP("set_boot_info",
                    "\"vmid\":7,\"load_addr\":\"0x0\","
                    "\"size\":\"0xffffffffffffffff\"",
                    PANIC)),
        VECTOR(STEP("vm_fault",
                    "\"vmid\":7,\"addr\":\"0xffffffffffffffff\","
                    "\"pte\":\"0xffffffffffffffff\",\"level\":4294967295",
                    OK(""))),
        /* The longest ranges that are walked, and longer ones that are not. */
        SHARE("vm_share", "0x0", "0x1000000"),
        SHARE("vm_share", "0x1000", "0xfffffffff001"),
        SHARE("vm_unshare", "0x1000000000001", "0xffffffffffffffff"),
        CLEAR("7", "0x0", "0x1000fff"),
        CLEAR("16", "0x0", "0xffffffff"),
        CLEAR("7", "0x1001", "0xfffffff000"),
        CLEAR("7", "0x0", "0x10000000000"),
        IOREMAP("7", "0x0", "0x0", "0x1000000"),
        IOREMAP("0", "0x0", "0x0", "0xffffffff"),
        IOREMAP("7", "0xffff00000000", "0x0", "0x100000001"),
        IOREMAP("7", "0x0", "0xff00000000", "0x100000001"),
        IOREMAP("7", "0x0", "0x0", "0x10000000000"),
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct vector vector;
        read_good(good[i], &vector);
        vector_destroy(&vector);
    }
}

/* One step of a vector, so many changes after its first. */
static void assert_change(const struct vector *vector, size_t step, size_t at,
                          el2_cell cell, uint64_t first, uint64_t second)
{
    assert_in_range(at, 0, vector->steps[step].change_count - 1);
    const struct vector_change *change =
        &vector->changes.at[vector->steps[step].first_change + at];
    assert_true(change->cell == cell);
    assert_true(change->value.words[0] == first);
    assert_true(change->value.words[1] == second);
}

#define POWEROFF_STEP(vms)                                                     \
    STEP("vm_poweroff", "\"vmid\":7", OK("\"vm\":{" vms "}"))

/* clang-format off */
static const char lists[] = VECTOR(
    POWEROFF_STEP("\"7\":{\"vcpu_state\":[0,2,0,0,0,0,0,0],"
                  "\"images\":[" ONE "]}") ","
    POWEROFF_STEP("\"7\":{\"vcpu_state\":[0,2,0,0,0,0,0,5],"
                  "\"images\":[" IMAGE("\"0x1\"", "1") "," ONE "]},"
                  "\"6\":{\"vcpu_state\":[0,2,0,0,0,0,0,0]}") ","
    POWEROFF_STEP("\"7\":{\"vcpu_state\":[0,0,0,0,0,0,0,5],"
                  "\"images\":[" IMAGE("\"0x1\"", "1") "]}"));
/* clang-format on */

static void of_lists_only_what_changed_is_a_change(void **state)
{
    (void)state;
    struct vector vector;
    read_good(lists, &vector);
    assert_int_equal(vector.steps[0].change_count, 3);
    assert_change(&vector, 0, 0, KIND(VCPU) | ID(7) | 1, 2, 0);
    assert_change(&vector, 0, 1, KIND(IMAGE) | ID(7), 0x200000, 1);
    assert_change(&vector, 0, 2, KIND(IMAGE_REMAP) | ID(7), 0x2000000, 0);
    assert_int_equal(vector.steps[1].change_count, 5);
    assert_change(&vector, 1, 0, KIND(VCPU) | ID(6) | 1, 2, 0);
    assert_change(&vector, 1, 1, KIND(VCPU) | ID(7) | 7, 5, 0);
    assert_change(&vector, 1, 2, KIND(IMAGE) | ID(7) | 1, 0x200000, 1);
    assert_change(&vector, 1, 3, KIND(IMAGE_REMAP) | ID(7), 0x2000000, 1);
    assert_change(&vector, 1, 4, KIND(IMAGE_REMAP) | ID(7) | 1, 0x2000000, 0);
    /* The second image is gone, which a machine would have to explain. */
    assert_int_equal(vector.steps[2].change_count, 3);
    assert_change(&vector, 2, 0, KIND(VCPU) | ID(7) | 1, 0, 0);
    assert_change(&vector, 2, 1, KIND(IMAGE) | ID(7) | 1, 0, 0);
    assert_change(&vector, 2, 2, KIND(IMAGE_REMAP) | ID(7) | 1, 0, 0);
    vector_destroy(&vector);
}

#define ACCESS_STEPS(load, store)                                              \
    STEP("mem_load", "\"vmid\":7,\"gfn\":\"0xfffffffff\"", load OK(""))        \
    "," STEP("dev_store",                                                      \
             "\"vmid\":7,\"gfn\":\"0x44\",\"value\":\"0x55\",\"cbndx\":3,"     \
             "\"index\":0",                                                    \
             store OK(""))
#define RET(name) "\"ret\":\"" name "\","

/* clang-format off */
static const char accesses[] = VECTOR(
    ACCESS_STEPS(RET("0xffffffffffffffff"), "") ","
    ACCESS_STEPS(RET("fault"), RET("fault")) ","
    ACCESS_STEPS(RET("device"), RET("device")) ","
    ACCESS_STEPS(RET("unknown"), RET("unknown")));
/* clang-format on */

static void ends_of_accesses_are_read(void **state)
{
    (void)state;
    struct vector vector;
    read_good(accesses, &vector);
    static const enum el2_access ends[] = {EL2_ACCESS_DONE, EL2_ACCESS_FAULT,
                                           EL2_ACCESS_DEVICE,
                                           EL2_ACCESS_UNKNOWN};
    assert_int_equal(vector.step_count, 8);
    for (size_t i = 0; i < 8; i++) {
        const struct vector_step *step = &vector.steps[i];
        assert_int_equal(step->access, ends[i / 2]);
        assert_int_equal(step->has_result, i == 0);
    }
    assert_true(vector.steps[0].result == UINT64_MAX);
    /* In the order of calls.def, without the owner of the bank. */
    const struct el2_call *store = &vector.steps[1].call;
    assert_int_equal(store->number, EL2_CALL_dev_store);
    assert_int_equal(store->arguments[0], 3);
    assert_int_equal(store->arguments[1], 0);
    assert_int_equal(store->arguments[2], 0x44);
    assert_int_equal(store->arguments[3], 0x55);
    assert_int_equal(store->arguments[4], 0);
    vector_destroy(&vector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_are_expanded),
        cmocka_unit_test(a_platform_is_read),
        cmocka_unit_test(any_registers_are_read),
        cmocka_unit_test(of_lists_only_what_changed_is_a_change),
        cmocka_unit_test(ends_of_accesses_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
