/* Divergences in words: texts that people read, and signatures that scripts
 * keep. Both are compared to the letter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/cell_text.h"
#include "fuzz/divergence.h"
#include "tests/unit/model_cases.h"

static void assert_text(const struct divergence *divergence,
                        const char *signature, const char *text)
{
    char actual[DIVERGENCE_TEXT_SIZE];
    divergence_signature(divergence, actual, sizeof actual);
    assert_string_equal(actual, signature);
    divergence_describe(divergence, actual, sizeof actual);
    assert_string_equal(actual, text);
}

static void owner(void **state)
{
    (void)state;
    const struct divergence divergence = {
        .step = 7,
        .call = {EL2_CALL_clear_vm_page, {1, 0x400}},
        .outcome = EL2_OUTCOME_CLEARED,
        .observation = EL2_OBSERVE_OWNER,
        .cell = page_of(0x400),
        .expected = host_record(0x400),
        .actual = el2_value_page(1, EL2_INVALID, 0x55),
        .others = 2,
    };
    assert_text(&divergence, "clear_vm_page.cleared.owner",
                "step 7, clear_vm_page: cleared (the page was cleared and went "
                "to the host)\n"
                "page 0x400\n"
                "  expected  owner host, count 0, gfn 0x8000400\n"
                "  actual    owner vmid 1, count not yet mapped, gfn 0x55\n"
                "and 2 more at this step\n");
}

static void failed_table(void **state)
{
    (void)state;
    struct divergence divergence = {
        .step = 3,
        .call = {EL2_CALL_map_page_host, {0}},
        .outcome = EL2_OUTCOME_PANIC_NPT_POOL_EMPTY,
        .observation = EL2_OBSERVE_PANIC,
        .expected_step = {.panicked = true},
        .failed_table = {5, 1, 3, {.vmid = 0, .level = 2}, 7},
    };
    assert_text(&divergence, "map_page_host.panic_npt_pool_empty.panic",
                "step 3, map_page_host: panic_npt_pool_empty (no stage-2 table "
                "is left)\n"
                "with table 5 made to fail: level-2 table 7 of host 0\n"
                "panic\n"
                "  expected  a panic\n"
                "  actual    none\n");
}

static void panic(void **state)
{
    (void)state;
    struct divergence divergence = {
        .call = {EL2_CALL_map_page_host, {0}},
        .outcome = EL2_OUTCOME_PANIC_PRIVATE_PAGE,
        .observation = EL2_OBSERVE_PANIC,
        .expected_step = {.panicked = true},
    };
    assert_text(&divergence, "map_page_host.panic_private_page.panic",
                "step 0, map_page_host: panic_private_page (the host touched a "
                "private page)\n"
                "panic\n"
                "  expected  a panic\n"
                "  actual    none\n");
    divergence.actual_step.fault = "EL2 took a lock out of order";
    assert_text(&divergence, "map_page_host.panic_private_page.panic",
                "step 0, map_page_host: panic_private_page (the host touched a "
                "private page)\n"
                "fault: EL2 took a lock out of order\n");
}

static void result(void **state)
{
    (void)state;
    const struct divergence divergence = {
        .call = {EL2_CALL_register_kvm, {0}},
        .outcome = EL2_OUTCOME_REGISTERED,
        .observation = EL2_OBSERVE_RESULT,
        .expected_step = {.has_result = true, .result = 1},
        .actual_step = {.has_result = true, .result = 0x20},
    };
    assert_text(&divergence, "register_kvm.registered.result",
                "step 0, register_kvm: registered (there is a new VM)\n"
                "result\n"
                "  expected  0x1\n"
                "  actual    0x20\n");
}

static void invariant(void **state)
{
    (void)state;
    const struct divergence divergence = {
        .step = 3,
        .call = {EL2_CALL_map_pfn_vm, {0}},
        .outcome = EL2_OUTCOME_MAPPED_PAGE,
        .observation = EL2_OBSERVE_INVARIANT,
        .violation = {EL2_INVARIANT_VM_ISO, npt_of(1, 9), page_of(0x408)},
        .violator = "EL2 code",
    };
    assert_text(&divergence, "map_pfn_vm.mapped_page.invariant",
                "step 3, map_pfn_vm: mapped_page (a page was mapped)\n"
                "the invariant vm_iso is broken on the EL2 code: NPT of vmid 1 "
                "at gfn 0x9 and page 0x408\n");
}

/* Name and value of a cell of every kind. */
static void cells(void **state)
{
    (void)state;
    const struct {
        el2_cell cell;
        struct el2_value value;
        const char *name;
        const char *says;
    } cases[] = {
        {page_of(0x1f), el2_value_page(EL2_INVALID, EL2_INVALID, EL2_INVALID64),
         "page 0x1f",
         "owner nobody, count not yet mapped, gfn 0xffffffffffffffff"},
        {npt_of(0, 0x400), mapped(0x400, EL2_S2_KERNEL),
         "NPT of host 0 at gfn 0x400",
         "level 3 descriptor 0x400fff, translates to page 0x400"},
        {npt_of(2, 0x400), nothing(), "NPT of vmid 2 at gfn 0x400", "no entry"},
        {npt_of(0, 5), taken(), "NPT of host 0 at gfn 0x5",
         "level 3 descriptor 0x200000000000000, translates to nothing"},
        {block_of(3, 0x400), mapped_block(0x600),
         "NPT of vmid 3, block at gfn 0x400",
         "level 2 descriptor 0x600ffd, translates to page 0x600"},
        {spt_of(10, 0x55), mapped(1, 3),
         "SPT of SMMU 1 bank 2 at iova page 0x55",
         "level 3 descriptor 0x1003, translates to page 0x1"},
        {bank_of(9), number(EL2_INVALID), "owner of SMMU 1 bank 1", "nobody"},
        {bank_of(9), number(0), "owner of SMMU 1 bank 1", "host"},
        {bank_of(9), number(4), "owner of SMMU 1 bank 1", "vmid 4"},
        {state_of(4), number(EL2_VM_POWEROFF), "state of VM 4", "powered off"},
        {state_of(4), number(EL2_VM_READY), "state of VM 4", "ready"},
        {state_of(4), number(6), "state of VM 4", "state 6"},
        {core_cell(), next_vmid(3), "next vmid and remap pointer",
         "vmid 3, remap pointer 0x2000000"},
        {memory_of(0x400), number(0xabc), "content of page 0x400", "0xabc"},
        {log_of(1), number(2), "values decided on behalf of vmid 1", "0x2"},
        {npt_tables_of(1), npt_tables(1, 2, 3),
         "stage-2 tables taken for vmid 1",
         "1 of level 1, 2 of level 2, 3 of level 3"},
        {spt_tables_cell(), spt_tables(4, 5), "SMMU tables taken",
         "4 of level 2, 5 of level 3"},
        {el2_cell_make(EL2_CELL_VCPU, 2, 7), number(EL2_VM_ACTIVE),
         "vCPU 7 of VM 2", "active"},
        {el2_cell_make(EL2_CELL_INC_EXE, 2, 0), number(1),
         "encrypted execution of VM 2", "0x1"},
        {el2_cell_make(EL2_CELL_IMAGE, 2, 4),
         {{0x8000, 0x1001}},
         "boot image 4 of VM 2",
         "load address 0x8000, size 0x1001"},
        {el2_cell_make(EL2_CELL_IMAGE_REMAP, 2, 4),
         {{0x2000000, 2}},
         "EL2's mapping of boot image 4 of VM 2",
         "at 0x2000000, 2 pages mapped"},
        {el2_cell_make(EL2_CELL_MEMORY_UNKNOWN, 0, 0x400), number(1),
         "whether the content of page 0x400 is not followed", "0x1"},
    };
    bool seen[EL2_CELL_KIND_COUNT] = {false};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[160];
        cell_name(cases[i].cell, text, sizeof text);
        assert_string_equal(text, cases[i].name);
        cell_value(cases[i].cell, cases[i].value, text, sizeof text);
        assert_string_equal(text, cases[i].says);
        seen[el2_cell_kind(cases[i].cell)] = true;
    }
    for (int kind = 0; kind < EL2_CELL_KIND_COUNT; kind++) {
        assert_true(seen[kind]);
    }
}

/* The words of signatures are the same for ever. */
static void observations(void **state)
{
    (void)state;
    static const char *const names[] = {
        "panic", "result", "owner",  "count", "gfn",    "npt",    "spt",
        "bank",  "vm",     "images", "core",  "memory", "tables", "invariant"};
    for (int i = 0; i < EL2_OBSERVATION_COUNT; i++) {
        assert_string_equal(
            divergence_observation_name((enum el2_observation)i), names[i]);
    }
}

/* The longest signature and the longest description there can be fit. */
static void longest(void **state)
{
    (void)state;
    for (uint32_t n = 0; n < EL2_CALL_NUMBER_LIMIT; n++) {
        for (int o = 0; el2_calls[n].name != NULL && o < EL2_OUTCOME_COUNT;
             o++) {
            struct divergence divergence = {
                .step = SIZE_MAX,
                .call = {n, {0}},
                .outcome = (enum el2_outcome)o,
                .observation = EL2_OBSERVE_INVARIANT,
                .violation = {EL2_INVARIANT_PAGE_0_INVALID,
                              spt_of(15, (UINT64_C(1) << 48) - 1),
                              page_of((UINT64_C(1) << 48) - 1)},
                .others = SIZE_MAX,
            };
            char text[DIVERGENCE_TEXT_SIZE];
            divergence_signature(&divergence, text, sizeof text);
            assert_in_range(strlen(text), 1, DIVERGENCE_SIGNATURE_SIZE - 2);
            divergence_describe(&divergence, text, sizeof text);
            assert_in_range(strlen(text), 1, DIVERGENCE_TEXT_SIZE - 2);
            assert_int_equal(text[strlen(text) - 1], '\n');
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(owner),        cmocka_unit_test(panic),
        cmocka_unit_test(failed_table), cmocka_unit_test(result),
        cmocka_unit_test(invariant),    cmocka_unit_test(cells),
        cmocka_unit_test(observations), cmocka_unit_test(longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
