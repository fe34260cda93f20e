/* Range operations: semantics.md section 5. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/model_cases.h"

#define CHECK(cases) check_cases(cases, sizeof(cases) / sizeof(cases)[0])

#define PAGE  HOST_PAGE
#define BLOCK EL2_PAGES_PER_BLOCK
/* An address that is neither the start of a block nor of a page. */
#define ADDR (AT(0x201) + 0x10)

#define FAULT(v, addr, desc, level)                                            \
    {                                                                          \
        EL2_CALL_prot_and_map_vm_s2pt,                                         \
        {                                                                      \
            v, addr, desc, level                                               \
        }                                                                      \
    }
#define GIVE(v, gfn, pfn)                                                      \
    {                                                                          \
        EL2_CALL_assign_pfn_to_vm,                                             \
        {                                                                      \
            v, gfn, pfn                                                        \
        }                                                                      \
    }
#define SHARE(v, addr, size)                                                   \
    {                                                                          \
        EL2_CALL_grant_stage2_sg_gpa,                                          \
        {                                                                      \
            v, addr, size                                                      \
        }                                                                      \
    }
#define UNSHARE(v, addr, size)                                                 \
    {                                                                          \
        EL2_CALL_revoke_stage2_sg_gpa,                                         \
        {                                                                      \
            v, addr, size                                                      \
        }                                                                      \
    }
#define HOST_BLOCK                                                             \
    {                                                                          \
        EL2_CALL_npt_map,                                                      \
        {                                                                      \
            0, AT(PAGE), AT(PAGE) | EL2_DESCRIPTOR_BLOCK, 2                    \
        }                                                                      \
    }

static void clear_vm_range(void **state)
{
    (void)state;
    const struct model_case cases[] = {
        {.shows = "no page",
         .before = {GIVE(1, 7, PAGE)},
         .call = {EL2_CALL_clear_vm_range, {1, PAGE, 0}},
         .outcome = EL2_OUTCOME_RANGE_EMPTY},
        {.shows = "the VM's pages of the range, not those beside it",
         .before = {GIVE(1, 6, PAGE), GIVE(1, 7, PAGE + 1),
                    GIVE(2, 8, PAGE + 2), GIVE(1, 9, PAGE + 3),
                    GIVE(1, 10, PAGE + 4)},
         .call = {EL2_CALL_clear_vm_range, {1, PAGE + 1, 3}},
         .outcome = EL2_OUTCOME_RANGE_CHANGED,
         .changes = {{page_of(PAGE + 1), host_record(PAGE + 1)},
                     {memory_of(PAGE + 1), number(0)},
                     {page_of(PAGE + 3), host_record(PAGE + 3)},
                     {memory_of(PAGE + 3), number(0)}}},
        {.shows = "no page of the range is the VM's",
         .before = {GIVE(2, 7, PAGE)},
         .call = {EL2_CALL_clear_vm_range, {1, PAGE, 5}},
         .outcome = EL2_OUTCOME_RANGE_UNCHANGED},
        {.shows = "the pages before the one that panics are done",
         .before = {GIVE(1, 6, 1), GIVE(1, 7, PAGE), HOST_BLOCK},
         .call = {EL2_CALL_clear_vm_range, {1, 1, PAGE}},
         .outcome = EL2_OUTCOME_PANIC_BLOCK_SPLIT,
         .held = HELD_PAGE | HELD_NPT(0),
         .torn_pfn = PAGE,
         .changes = {{page_of(1), host_record(1)}, {memory_of(1), number(0)}}},
    };
    CHECK(cases);
}

static void fault_in_page(void **state)
{
    (void)state;
    const struct model_case cases[] = {
        {.shows = "the page becomes the VM's and is mapped",
         .call = FAULT(1, ADDR, AT(PAGE) | 0x5a5, 3),
         .outcome = EL2_OUTCOME_FAULTED_IN_PAGE,
         .changes = {{page_of(PAGE), el2_value_page(1, 0, 0x201)},
                     {memory_of(PAGE), number(drawn_word(1, 0))},
                     {log_of(1), number(1)},
                     {npt_of(1, 0x201), mapped(PAGE, EL2_S2_KERNEL)},
                     {npt_tables_of(1), npt_tables(1, 1, 1)}}},
        {.shows = "any level but 2 means a page",
         .before = {GIVE(1, 0x201, PAGE)},
         .call = FAULT(1, ADDR, AT(PAGE), UINT64_C(1) << 32 | 2),
         .outcome = EL2_OUTCOME_FAULTED_IN_PAGE,
         .changes = {{npt_of(1, 0x201), mapped(PAGE, EL2_S2_KERNEL)},
                     {npt_tables_of(1), npt_tables(1, 1, 1)}}},
        {.shows = "another VM's page panics, nothing is mapped",
         .before = {GIVE(2, 0x201, PAGE)},
         .call = FAULT(1, ADDR, AT(PAGE), 3),
         .outcome = EL2_OUTCOME_PANIC_OTHER_OWNER,
         .held = HELD_PAGE,
         .torn_pfn = PAGE},
        {.shows = "the first page past physical memory",
         .call = FAULT(1, ADDR, AT(EL2_PFN_SPACE), 3),
         .outcome = EL2_OUTCOME_PANIC_PFN_RANGE},
        {.shows = "the last page of physical memory has no owner",
         .call = FAULT(1, ADDR, AT(EL2_PFN_SPACE - 1), 3),
         .outcome = EL2_OUTCOME_PANIC_OTHER_OWNER,
         .held = HELD_PAGE,
         .torn_pfn = EL2_PFN_SPACE - 1},
        {.shows = "inside a block: the page is assigned, the map panics",
         .before = {{EL2_CALL_npt_map,
                     {1, AT(0x200), AT(PAGE) | EL2_DESCRIPTOR_BLOCK, 2}}},
         .call = FAULT(1, ADDR, AT(PAGE), 3),
         .outcome = EL2_OUTCOME_PANIC_BLOCK_SPLIT,
         .held = HELD_NPT(1),
         .changes = {{page_of(PAGE), el2_value_page(1, 0, 0x201)},
                     {memory_of(PAGE), number(drawn_word(1, 0))},
                     {log_of(1), number(1)}}},
    };
    CHECK(cases);
}

/* A fault of a block that is refused. */
static void fault_in_block_panics(void **state)
{
    (void)state;
    const struct model_case cases[] = {
        {.shows = "an output address that is not aligned (E10)",
         .call = FAULT(1, ADDR, AT(PAGE + 1), 2),
         .outcome = EL2_OUTCOME_PANIC_BLOCK_UNALIGNED},
        {.shows = "the pfn is looked at before the alignment",
         .call = FAULT(1, ADDR, AT(EL2_PFN_SPACE - 511), 2),
         .outcome = EL2_OUTCOME_PANIC_PFN_RANGE},
        {.shows = "the last block of physical memory is in range",
         .call = FAULT(1, ADDR, AT(EL2_PFN_SPACE - 512), 2),
         .outcome = EL2_OUTCOME_PANIC_OTHER_OWNER,
         .held = HELD_PAGE,
         .torn_pfn = EL2_PFN_SPACE - 512},
        {.shows = "the first page of the block is another VM's",
         .before = {GIVE(2, 9, PAGE)},
         .call = FAULT(1, ADDR, AT(PAGE), 2),
         .outcome = EL2_OUTCOME_PANIC_OTHER_OWNER,
         .held = HELD_PAGE,
         .torn_pfn = PAGE},
    };
    CHECK(cases);
}

static void fault_in_block(void **state)
{
    (void)state;
    struct el2_machine *model = model_of_board();
    struct el2_step step =
        step_of(model, (struct el2_call)FAULT(1, ADDR, AT(PAGE + BLOCK), 2));
    assert_int_equal(step.outcome, EL2_OUTCOME_FAULTED_IN_BLOCK);
    for (uint64_t i = 0; i < BLOCK; i++) {
        uint64_t pfn = PAGE + BLOCK + i;
        assert_value(model, "record", page_of(pfn),
                     el2_value_page(1, 0, 0x200 + i));
        assert_value(model, "content", memory_of(pfn),
                     number(drawn_word(1, i)));
        assert_value(
            model, "entry", npt_of(1, 0x200 + i),
            el2_value_entry(AT(PAGE + BLOCK) | (EL2_S2_KERNEL & ~UINT64_C(2)),
                            2, pfn));
    }
    assert_value(model, "page before", page_of(PAGE + BLOCK - 1),
                 host_record(PAGE + BLOCK - 1));
    assert_value(model, "page after", page_of(PAGE + 2 * BLOCK),
                 host_record(PAGE + 2 * BLOCK));
    assert_value(model, "draws", log_of(1), number(BLOCK));
    assert_value(model, "tables", npt_tables_of(1), npt_tables(1, 1, 0));
    model->operations->destroy(model);
}

/* Each page is its own critical section: those before the panic are done. */
static void fault_in_block_stops_in_the_middle(void **state)
{
    (void)state;
    struct el2_machine *model = model_of_board();
    run(model, (struct el2_call)GIVE(2, 9, PAGE + 3));
    struct el2_step step =
        step_of(model, (struct el2_call)FAULT(1, ADDR, AT(PAGE), 2));
    assert_int_equal(step.outcome, EL2_OUTCOME_PANIC_OTHER_OWNER);
    assert_int_equal(step.held, HELD_PAGE);
    assert_int_equal(step.torn_pfn, PAGE + 3);
    for (uint64_t i = 0; i < 3; i++) {
        assert_value(model, "page before the panic", page_of(PAGE + i),
                     el2_value_page(1, 0, 0x200 + i));
    }
    assert_value(model, "page of the panic", page_of(PAGE + 3),
                 el2_value_page(2, 0, 9));
    assert_value(model, "page after the panic", page_of(PAGE + 4),
                 host_record(PAGE + 4));
    assert_value(model, "nothing is mapped", npt_of(1, 0x200), nothing());
    model->operations->destroy(model);
}

static void share(void **state)
{
    (void)state;
    const struct model_case cases[] = {
        {.shows = "no page",
         .before = {FAULT(1, AT(7), AT(PAGE), 3)},
         .call = SHARE(1, AT(7), 0),
         .outcome = EL2_OUTCOME_RANGE_EMPTY},
        {.shows = "one byte is one page",
         .before = {FAULT(1, AT(7), AT(PAGE), 3),
                    FAULT(1, AT(8), AT(PAGE + 1), 3)},
         .call = SHARE(1, AT(7), 1),
         .outcome = EL2_OUTCOME_RANGE_CHANGED,
         .changes = {{page_of(PAGE), el2_value_page(1, 1, 7)}}},
        {.shows = "pages are counted from the address, not from its page",
         .before = {FAULT(1, AT(7), AT(PAGE), 3),
                    FAULT(1, AT(8), AT(PAGE + 1), 3)},
         .call = SHARE(1, AT(7) + 0xfff, EL2_PAGE_SIZE),
         .outcome = EL2_OUTCOME_RANGE_CHANGED,
         .changes = {{page_of(PAGE), el2_value_page(1, 1, 7)}}},
        {.shows = "a part of a page more is a page more; holes are left out",
         .before = {FAULT(1, AT(7), AT(PAGE), 3),
                    FAULT(1, AT(9), AT(PAGE + 1), 3),
                    FAULT(1, AT(10), AT(PAGE + 2), 3)},
         .call = SHARE(1, AT(7), 2 * EL2_PAGE_SIZE + 1),
         .outcome = EL2_OUTCOME_RANGE_CHANGED,
         .changes = {{page_of(PAGE), el2_value_page(1, 1, 7)},
                     {page_of(PAGE + 1), el2_value_page(1, 1, 9)}}},
        {.shows = "a range that the VM does not map",
         .before = {GIVE(1, 7, PAGE)},
         .call = SHARE(1, AT(7), EL2_PAGE_SIZE),
         .outcome = EL2_OUTCOME_RANGE_UNCHANGED},
        {.shows = "a mapped page that belongs to another",
         .before = {{EL2_CALL_map_pfn_vm, {1, AT(7), AT(PAGE), 3}}},
         .call = SHARE(1, AT(7), EL2_PAGE_SIZE),
         .outcome = EL2_OUTCOME_RANGE_UNCHANGED},
        {.shows = "inside a block the offset counts (E5)",
         .before = {FAULT(1, ADDR, AT(PAGE), 2)},
         .call = SHARE(1, AT(0x203), 2 * EL2_PAGE_SIZE),
         .outcome = EL2_OUTCOME_RANGE_CHANGED,
         .changes = {{page_of(PAGE + 3), el2_value_page(1, 1, 0x203)},
                     {page_of(PAGE + 4), el2_value_page(1, 1, 0x204)}}},
        {.shows = "a page mapped twice is shared twice",
         .before = {FAULT(1, AT(7), AT(PAGE), 3),
                    {EL2_CALL_map_pfn_vm, {1, AT(8), AT(PAGE), 3}}},
         .call = SHARE(1, AT(7), 2 * EL2_PAGE_SIZE),
         .outcome = EL2_OUTCOME_RANGE_CHANGED,
         .changes = {{page_of(PAGE), el2_value_page(1, 2, 7)}}},
    };
    CHECK(cases);
}

static void unshare(void **state)
{
    (void)state;
    const struct model_case cases[] = {
        {.shows = "no page",
         .call = UNSHARE(1, AT(7), 0),
         .outcome = EL2_OUTCOME_RANGE_EMPTY},
        {.shows = "the last share of one page, the first but last of the next",
         .before = {FAULT(1, AT(7), AT(PAGE), 3),
                    FAULT(1, AT(8), AT(PAGE + 1), 3),
                    SHARE(1, AT(7), 2 * EL2_PAGE_SIZE), SHARE(1, AT(8), 1)},
         .call = UNSHARE(1, AT(7), 2 * EL2_PAGE_SIZE),
         .outcome = EL2_OUTCOME_RANGE_CHANGED,
         .changes = {{page_of(PAGE), el2_value_page(1, 0, 7)},
                     {memory_of(PAGE), number(drawn_word(1, 2))},
                     {log_of(1), number(3)},
                     {page_of(PAGE + 1), el2_value_page(1, 1, 8)}}},
        {.shows = "pages that are not shared",
         .before = {FAULT(1, AT(7), AT(PAGE), 3)},
         .call = UNSHARE(1, AT(7), EL2_PAGE_SIZE),
         .outcome = EL2_OUTCOME_RANGE_UNCHANGED},
        {.shows = "inside a block the offset counts (E5)",
         .before = {FAULT(1, ADDR, AT(PAGE), 2),
                    SHARE(1, AT(0x200), 8 * EL2_PAGE_SIZE)},
         .call = UNSHARE(1, AT(0x203), 1),
         .outcome = EL2_OUTCOME_RANGE_CHANGED,
         .changes = {{page_of(PAGE + 3), el2_value_page(1, 0, 0x203)},
                     {memory_of(PAGE + 3), number(drawn_word(1, 512))},
                     {log_of(1), number(513)}}},
    };
    CHECK(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clear_vm_range),
        cmocka_unit_test(fault_in_page),
        cmocka_unit_test(fault_in_block_panics),
        cmocka_unit_test(fault_in_block),
        cmocka_unit_test(fault_in_block_stops_in_the_middle),
        cmocka_unit_test(share),
        cmocka_unit_test(unshare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
