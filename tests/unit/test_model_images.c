/* Boot images: semantics.md section 6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/model_cases.h"

#define CHECK(cases) check_cases(cases, sizeof(cases) / sizeof(cases)[0])

#define PAGE   HOST_PAGE
#define BLOCK  EL2_PAGES_PER_BLOCK
#define LOAD   AT(0x600) /* aligned to a block */
#define START  EL2_REMAP_START
#define WINDOW (EL2_REMAP_END - EL2_REMAP_START)

static const struct el2_call registered = {EL2_CALL_register_kvm, {0}};
static const struct el2_call verify = {EL2_CALL_verify_vm_image, {1}};

/* An image of one byte, and its page. */
static const struct el2_call tiny = {EL2_CALL_set_boot_info, {1, LOAD, 1}};
static const struct el2_call tiny_page = {EL2_CALL_remap_vm_image,
                                          {1, PAGE + 5, 0}};

/* An image of two pages in two blocks. */
static const struct el2_call split = {EL2_CALL_set_boot_info,
                                      {1, LOAD - AT(1), AT(1) + 1}};

static void set_boot_info(void **state)
{
    (void)state;
    const struct model_case cases[] = {
        {.shows = "the first image",
         .before = {registered},
         .call = tiny,
         .outcome = EL2_OUTCOME_IMAGE_ADDED,
         .result = 0,
         .changes = {{image_of(1, 0), two(LOAD, 1)},
                     {remap_of(1, 0), two(START, 0)},
                     {core_cell(), next_remap(2, START + AT(1))}}},
        {.shows = "the window is shared: the next image of another VM",
         .before = {registered, registered, tiny},
         .call = {EL2_CALL_set_boot_info, {2, 0, AT(2) + 1}},
         .outcome = EL2_OUTCOME_IMAGE_ADDED,
         .result = 0,
         .changes = {{image_of(2, 0), two(0, AT(2) + 1)},
                     {remap_of(2, 0), two(START + AT(1), 0)},
                     {core_cell(), next_remap(3, START + AT(4))}}},
        {.shows = "the fifth image",
         .before = {registered, tiny, tiny, tiny, tiny},
         .call = tiny,
         .outcome = EL2_OUTCOME_IMAGE_ADDED,
         .result = 4,
         .changes = {{image_of(1, 4), two(LOAD, 1)},
                     {remap_of(1, 4), two(START + AT(4), 0)},
                     {core_cell(), next_remap(2, START + AT(5))}}},
        {.shows = "there is no sixth, and nobody looks at its size",
         .before = {registered, tiny, tiny, tiny, tiny, tiny},
         .call = {EL2_CALL_set_boot_info, {1, 0, 0}},
         .outcome = EL2_OUTCOME_IMAGE_LIMIT,
         .result = 5},
        {.shows = "an image of no byte",
         .before = {registered},
         .call = {EL2_CALL_set_boot_info, {1, LOAD, 0}},
         .outcome = EL2_OUTCOME_PANIC_IMAGE_EMPTY,
         .held = HELD_VM(1)},
        {.shows = "the largest: one page of the window stays free",
         .before = {registered},
         .call = {EL2_CALL_set_boot_info, {1, LOAD, WINDOW - AT(1)}},
         .outcome = EL2_OUTCOME_IMAGE_ADDED,
         .changes = {{image_of(1, 0), two(LOAD, WINDOW - AT(1))},
                     {remap_of(1, 0), two(START, 0)},
                     {core_cell(), next_remap(2, START + WINDOW - AT(1))}}},
        {.shows = "one byte more",
         .before = {registered},
         .call = {EL2_CALL_set_boot_info, {1, LOAD, WINDOW - AT(1) + 1}},
         .outcome = EL2_OUTCOME_PANIC_REMAP_WINDOW_FULL,
         .held = HELD_VM(1) | HELD_CORE},
        {.shows = "far more",
         .before = {registered},
         .call = {EL2_CALL_set_boot_info, {1, 0, EL2_ADDRESS_SPACE - 1}},
         .outcome = EL2_OUTCOME_PANIC_REMAP_WINDOW_FULL,
         .held = HELD_VM(1) | HELD_CORE},
        {.shows = "a VM that is not ready",
         .before = {registered, verify},
         .call = tiny,
         .outcome = EL2_OUTCOME_PANIC_VM_STATE,
         .held = HELD_VM(1)},
    };
    CHECK(cases);
}

static void remap_vm_image(void **state)
{
    (void)state;
    const struct el2_call block = {EL2_CALL_npt_map,
                                   {CORE_VMID, START, AT(PAGE) | 1, 2}};
    const uint64_t window = START / EL2_PAGE_SIZE;
    const struct model_case cases[] = {
        {.shows = "the first page of an image",
         .before = {registered, tiny},
         .call = tiny_page,
         .outcome = EL2_OUTCOME_IMAGE_PAGE_MAPPED,
         .changes = {{npt_of(CORE_VMID, window), mapped(PAGE + 5, EL2_S2_HYP)},
                     {npt_tables_of(CORE_VMID), npt_tables(1, 1, 1)},
                     {remap_of(1, 0), two(START, 1)}}},
        {.shows = "the second page of the second image",
         .before =
             {registered, tiny, split, {EL2_CALL_remap_vm_image, {1, PAGE, 1}}},
         .call = {EL2_CALL_remap_vm_image, {1, PAGE + 9, 1}},
         .outcome = EL2_OUTCOME_IMAGE_PAGE_MAPPED,
         .changes = {{npt_of(CORE_VMID, window + 2),
                      mapped(PAGE + 9, EL2_S2_HYP)},
                     {remap_of(1, 1), two(START + AT(1), 2)}}},
        {.shows = "no more pages than the image has",
         .before = {registered, tiny, tiny_page},
         .call = tiny_page,
         .outcome = EL2_OUTCOME_IMAGE_COMPLETE},
        {.shows = "no such image",
         .before = {registered, tiny},
         .call = {EL2_CALL_remap_vm_image, {1, PAGE, 1}},
         .outcome = EL2_OUTCOME_NO_SUCH_IMAGE},
        {.shows = "a VM that is not ready",
         .before = {registered, tiny, {EL2_CALL_vm_poweroff, {1}}},
         .call = tiny_page,
         .outcome = EL2_OUTCOME_PANIC_VM_STATE,
         .held = HELD_VM(1)},
        {.shows = "EL2's map takes no page there",
         .before = {registered, tiny, block},
         .call = tiny_page,
         .outcome = EL2_OUTCOME_PANIC_BLOCK_SPLIT,
         .held = HELD_VM(1) | HELD_NPT(CORE_VMID)},
    };
    CHECK(cases);
}

static void verify_vm_image(void **state)
{
    (void)state;
    const struct el2_call taken_by_2 = {EL2_CALL_vm_fault,
                                        {2, AT(5), AT(PAGE + 1) | 3, 3}};
    const struct model_case cases[] = {
        {.shows = "a VM without images",
         .before = {registered},
         .call = verify,
         .outcome = EL2_OUTCOME_VERIFIED,
         .changes = {{state_of(1), number(EL2_VM_VERIFIED)}}},
        {.shows = "an aligned image without a page touches no block",
         .before = {registered, tiny},
         .call = verify,
         .outcome = EL2_OUTCOME_VERIFIED,
         .changes = {{state_of(1), number(EL2_VM_VERIFIED)}}},
        {.shows = "one that is not aligned touches the block it starts in",
         .before = {registered, split},
         .call = verify,
         .outcome = EL2_OUTCOME_PANIC_IMAGE_NOT_MAPPED,
         .held = HELD_VM(1)},
        {.shows = "the first block of memory is none",
         .before = {registered, tiny, {EL2_CALL_remap_vm_image, {1, 5, 0}}},
         .call = verify,
         .outcome = EL2_OUTCOME_PANIC_IMAGE_NOT_MAPPED,
         .held = HELD_VM(1)},
        {.shows = "the pages before the one that panicked are done",
         .before = {registered, tiny, tiny_page, taken_by_2},
         .call = verify,
         .outcome = EL2_OUTCOME_PANIC_OTHER_OWNER,
         .held = HELD_VM(1) | HELD_PAGE,
         .torn_pfn = PAGE + 1,
         .changes = {{page_of(PAGE), el2_value_page(1, 0, 0x600)},
                     {memory_of(PAGE), number(drawn_word(1, 0))},
                     {log_of(1), number(1)}}},
        {.shows = "EL2's memory is no image",
         .before = {registered,
                    tiny,
                    {EL2_CALL_remap_vm_image, {1, EL2_PAGE + 5, 0}}},
         .call = verify,
         .outcome = EL2_OUTCOME_PANIC_OTHER_OWNER,
         .held = HELD_VM(1) | HELD_PAGE,
         .torn_pfn = EL2_PAGE},
        {.shows = "a VM is verified once",
         .before = {registered, verify},
         .call = verify,
         .outcome = EL2_OUTCOME_PANIC_VM_STATE,
         .held = HELD_VM(1)},
        {.shows = "no VM is registered",
         .call = verify,
         .outcome = EL2_OUTCOME_PANIC_VM_STATE,
         .held = HELD_VM(1)},
    };
    CHECK(cases);
}

/* VM 1 owns the block at pfn and maps it at gfn. */
static void assert_block(struct el2_machine *model, uint64_t gfn, uint64_t pfn)
{
    assert_value(model, "block", block_of(1, gfn), mapped_block(pfn));
    for (uint64_t i = 0; i < BLOCK; i++) {
        assert_value(model, "page", page_of(pfn + i),
                     el2_value_page(1, 0, gfn + i));
    }
}

/* The host gives one page of each block; the VM gets them whole. */
static void an_image_takes_blocks(void **state)
{
    (void)state;
    const struct el2_call calls[] = {
        registered,
        split,
        {EL2_CALL_remap_vm_image, {1, PAGE + 7, 0}},
        {EL2_CALL_remap_vm_image, {1, PAGE + 2 * BLOCK, 0}},
        verify};
    struct el2_machine *model = model_of_board();
    run_all(model, calls, sizeof calls / sizeof calls[0]);
    assert_block(model, 0x600 - BLOCK, PAGE);
    assert_block(model, 0x600, PAGE + 2 * BLOCK);
    assert_value(model, "state", state_of(1), number(EL2_VM_VERIFIED));
    assert_value(model, "log", log_of(1), number(2 * BLOCK));
    model->operations->destroy(model);
}

/* Of an image of two blocks only the first page was given: the second block
 * has none, and the first is done. */
static void a_block_without_a_page(void **state)
{
    (void)state;
    const struct el2_call calls[] = {
        registered,
        {EL2_CALL_set_boot_info, {1, LOAD + 1, EL2_BLOCK_SIZE}},
        {EL2_CALL_remap_vm_image, {1, PAGE, 0}},
        verify};
    struct el2_machine *model = model_of_board();
    run_all(model, calls, sizeof calls / sizeof calls[0]);
    assert_block(model, 0x600, PAGE);
    assert_value(model, "next", block_of(1, 0x800), nothing());
    model->operations->destroy(model);
}

/* With the platform's cipher and bytes that stay what they are. */
static struct el2_step verify_with_words(uint64_t first, uint64_t second)
{
    const struct el2_call calls[] = {
        registered,
        {EL2_CALL_set_boot_info, {1, LOAD, AT(2)}},
        {EL2_CALL_remap_vm_image, {1, PAGE + 3, 0}},
        {EL2_CALL_remap_vm_image, {1, PAGE + 4, 0}},
        {EL2_CALL_host_fault, {AT(PAGE + 3)}},
        {EL2_CALL_host_fault, {AT(PAGE + 4)}},
        {EL2_CALL_mem_store, {0, PAGE + 3, first}},
        {EL2_CALL_mem_store, {0, PAGE + 4, second}}};
    const struct el2_platform platform = board();
    const char *why = NULL;
    struct el2_machine *model =
        el2_create_model(&platform, el2_oracle_bytes, &why);
    assert_non_null(model);
    run_all(model, calls, sizeof calls / sizeof calls[0]);
    struct el2_step step = step_of(model, verify);
    model->operations->destroy(model);
    return step;
}

static void signature(void **state)
{
    (void)state;
    struct el2_step good = verify_with_words(1, EL2_BAD_SIGNATURE);
    assert_int_equal(good.outcome, EL2_OUTCOME_VERIFIED);
    struct el2_step bad = verify_with_words(EL2_BAD_SIGNATURE, 1);
    assert_int_equal(bad.outcome, EL2_OUTCOME_PANIC_SIGNATURE);
    assert_true(bad.panicked);
    assert_int_equal(bad.held, HELD_VM(1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_boot_info),
        cmocka_unit_test(remap_vm_image),
        cmocka_unit_test(verify_vm_image),
        cmocka_unit_test(an_image_takes_blocks),
        cmocka_unit_test(a_block_without_a_page),
        cmocka_unit_test(signature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
