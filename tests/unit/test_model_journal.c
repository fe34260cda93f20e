/* What the specification says of its steps: the cells that a step touched,
 * what they held before it, reset, room, and the names of outcomes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/model_cases.h"

#define PAGE HOST_PAGE

static bool touches(struct el2_machine *machine, el2_cell cell)
{
    struct el2_touched touched = machine->operations->touched(machine);
    for (size_t i = 0; i < touched.count; i++) {
        if (touched.cells[i] == cell) {
            assert_true(
                el2_value_equal(touched.values[i], value_of(machine, cell)));
            return true;
        }
    }
    return false;
}

static size_t touched_count(struct el2_machine *machine)
{
    return machine->operations->touched(machine).count;
}

static void assert_before(struct el2_machine *machine, el2_cell cell,
                          struct el2_value expected)
{
    struct el2_value before = machine->operations->before(machine, cell);
    assert_int_equal(before.words[0], expected.words[0]);
    assert_int_equal(before.words[1], expected.words[1]);
}

/* Every kind of cell as it is when nothing has happened (section 2). */
static void boot(void **state)
{
    (void)state;
    struct el2_machine *model = model_of_board();
    struct el2_platform platform = board();
    const struct el2_value nobody =
        el2_value_page(EL2_INVALID, EL2_INVALID, EL2_INVALID64);
    const struct change cells[] = {
        {page_of(PAGE), host_record(PAGE)},
        {page_of(HOST_END - 1), host_record(HOST_END - 1)},
        {page_of(1), host_record(1)},
        {page_of(EL2_PAGE),
         el2_value_page(CORE_VMID, 0, EL2_PAGE + HOST_OFFSET)},
        {page_of(0), nobody},
        {page_of(DEVICE_PAGE), nobody},
        {page_of(0x10), nobody},
        {page_of(PAGE - 1), nobody},
        {page_of(EL2_END), nobody},
        {page_of(EL2_PFN_SPACE - 1), nobody},
        {npt_of(0, PAGE), nothing()},
        {block_of(0, PAGE), nothing()},
        {spt_of(3, 5), nothing()},
        {bank_of(3), number(EL2_INVALID)},
        {state_of(1), number(EL2_VM_UNUSED)},
        {core_cell(), next_vmid(1)},
        {memory_of(PAGE), number(el2_platform_boot_word(&platform, PAGE))},
        {log_of(1), number(0)},
        {npt_tables_of(0), npt_tables(0, 0, 0)},
        {spt_tables_cell(), spt_tables(0, 0)},
        {vcpu_of(1, 7), number(EL2_VM_UNUSED)},
        {inc_exe_of(1), number(0)},
        {image_of(1, 0), nothing()},
        {remap_of(1, 0), nothing()},
        {unknown_of(PAGE), number(0)},
    };
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        assert_value(model, "at boot", cells[i].cell, cells[i].after);
        assert_before(model, cells[i].cell, cells[i].after);
    }
    assert_int_equal(touched_count(model), 0);
    model->operations->destroy(model);
}

/* A page without owner at boot can never change, whatever is tried. */
static void ownerless_pages_stay(void **state)
{
    (void)state;
    struct el2_machine *model = model_of_board();
    const uint64_t pages[] = {0, DEVICE_PAGE};
    for (size_t i = 0; i < 2; i++) {
        const struct el2_value boot = value_of(model, page_of(pages[i]));
        /* Owner INVALID passes every test of ownership. */
        run(model,
            (struct el2_call){EL2_CALL_clear_vm_page, {EL2_INVALID, pages[i]}});
        run(model, (struct el2_call){EL2_CALL_assign_pfn_to_vm,
                                     {EL2_INVALID, 7, pages[i]}});
        assert_value(model, "page", page_of(pages[i]), boot);
    }
    model->operations->destroy(model);
}

/* A step tells of itself only, and `before` of the state before it. */
static void steps_are_apart(void **state)
{
    (void)state;
    struct el2_machine *model = model_of_board();
    const struct el2_call grant = {EL2_CALL_grant_vm_page, {1, PAGE}};
    run(model, (struct el2_call){EL2_CALL_assign_pfn_to_vm, {1, 5, PAGE}});
    assert_true(touches(model, page_of(PAGE)));
    assert_true(touches(model, memory_of(PAGE)));
    assert_true(touches(model, log_of(1)));
    assert_before(model, page_of(PAGE), host_record(PAGE));
    assert_before(model, log_of(1), number(0));

    run(model, grant);
    assert_true(touches(model, page_of(PAGE)));
    assert_false(touches(model, memory_of(PAGE)));
    assert_before(model, page_of(PAGE), el2_value_page(1, 0, 5));
    assert_before(model, memory_of(PAGE), number(drawn_word(1, 0)));

    run(model, (struct el2_call){EL2_CALL_clear_vm_page, {2, PAGE}});
    assert_int_equal(touched_count(model), 0);
    assert_before(model, page_of(PAGE), el2_value_page(1, 1, 5));
    model->operations->destroy(model);
}

/* A cell that changes several times in a step: before is before all. */
static void first_value_counts(void **state)
{
    (void)state;
    struct el2_machine *model = model_of_board();
    run(model, (struct el2_call){EL2_CALL_assign_pfn_to_vm, {1, 5, PAGE}});
    run(model, (struct el2_call){EL2_CALL_map_pfn_vm, {1, AT(5), AT(PAGE), 3}});
    run(model, (struct el2_call){EL2_CALL_map_pfn_vm, {1, AT(6), AT(PAGE), 3}});
    run(model, (struct el2_call){EL2_CALL_grant_stage2_sg_gpa,
                                 {1, AT(5), 2 * EL2_PAGE_SIZE}});
    assert_before(model, page_of(PAGE), el2_value_page(1, 0, 5));
    assert_value(model, "both shares", page_of(PAGE), el2_value_page(1, 2, 5));
    model->operations->destroy(model);
}

/* Which tables exist is told as how many there are. */
static void tables_are_told_as_a_count(void **state)
{
    (void)state;
    struct el2_machine *model = model_of_board();
    run(model, (struct el2_call){EL2_CALL_map_page_host, {AT(PAGE)}});
    assert_int_equal(touched_count(model), 2);
    assert_true(touches(model, npt_of(0, PAGE)));
    assert_true(touches(model, npt_tables_of(0)));
    model->operations->destroy(model);
}

static void reset_forgets_everything(void **state)
{
    (void)state;
    struct el2_machine *model = model_of_board();
    const struct el2_call calls[] = {
        {EL2_CALL_register_kvm, {0}},
        {EL2_CALL_smmu_alloc_pgd, {1, 1, 0}},
        {EL2_CALL_prot_and_map_vm_s2pt, {1, AT(0x200), AT(PAGE), 2}},
        {EL2_CALL_map_page_host, {AT(DEVICE_PAGE)}},
        {EL2_CALL_update_smmu_page, {1, 1, 0, AT(0x200), AT(PAGE) | 3}},
        {EL2_CALL_vm_poweroff, {1}}};
    const el2_cell cells[] = {page_of(PAGE),    npt_of(0, DEVICE_PAGE),
                              npt_of(1, 0x200), block_of(1, 0x200),
                              spt_of(1, 0x200), bank_of(1),
                              state_of(1),      core_cell(),
                              memory_of(PAGE),  log_of(1),
                              npt_tables_of(1), spt_tables_cell()};
    enum {
        CELLS = sizeof cells / sizeof cells[0]
    };
    struct el2_value at_boot[CELLS];
    for (size_t i = 0; i < CELLS; i++) {
        at_boot[i] = value_of(model, cells[i]);
    }
    for (int round = 0; round < 3; round++) {
        run_all(model, calls, sizeof calls / sizeof calls[0]);
        for (size_t i = 0; i < CELLS; i++) {
            assert_false(
                el2_value_equal(value_of(model, cells[i]), at_boot[i]));
        }
        model->operations->reset(model);
        for (size_t i = 0; i < CELLS; i++) {
            assert_value(model, "after reset", cells[i], at_boot[i]);
            assert_before(model, cells[i], at_boot[i]);
        }
        assert_int_equal(touched_count(model), 0);
    }
    model->operations->destroy(model);
}

/* A program ends when the journal could not take the longest call. */
static void room_runs_out(void **state)
{
    (void)state;
    struct el2_machine *model = model_of_board();
    const struct el2_call map[] = {
        {EL2_CALL_npt_map, {1, 0, AT(PAGE) | 3, 3}},
        {EL2_CALL_npt_map, {1, 0, AT(PAGE + 1) | 3, 3}}};
    size_t steps = 0;
    while (model->operations->room(model) > 0 && steps < 2000000) {
        run(model, map[steps++ % 2]);
    }
    assert_in_range(steps, 1000, 1999999);
    model->operations->reset(model);
    assert_true(model->operations->room(model) > 0);
    model->operations->destroy(model);
}

/* Names are for ever, so they must be there, differ, and fit signatures. */
static void outcomes_have_names(void **state)
{
    (void)state;
    for (int i = 0; i < EL2_OUTCOME_COUNT; i++) {
        const char *name = el2_outcome_name((enum el2_outcome)i);
        const char *says = el2_outcome_says((enum el2_outcome)i);
        assert_non_null(name);
        assert_non_null(says);
        assert_true(name[0] != '\0' && says[0] != '\0');
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"),
                         strlen(name));
        assert_int_equal(strncmp(name, "panic_", 6) == 0,
                         el2_outcome_is_panic((enum el2_outcome)i));
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(name,
                                    el2_outcome_name((enum el2_outcome)k));
            assert_string_not_equal(says,
                                    el2_outcome_says((enum el2_outcome)k));
        }
    }
}

/* The conformance vectors depend on the formula. */
static void oracles(void **state)
{
    (void)state;
    struct el2_draw draw = {EL2_DRAW_HANDED_OVER, 0, 0, 5};
    assert_int_equal(el2_oracle_formula(&draw), 0);
    draw.vmid = 1;
    assert_int_equal(el2_oracle_formula(&draw), UINT64_C(0x9e3779b97f4a7c15));
    draw.vmid = 0;
    draw.number = 1;
    assert_int_equal(el2_oracle_formula(&draw), UINT64_C(0xbf58476d1ce4e5b9));
    draw = (struct el2_draw){EL2_DRAW_UNSHARED, 2, 3, 5};
    assert_int_equal(el2_oracle_formula(&draw),
                     2 * UINT64_C(0x9e3779b97f4a7c15) +
                         3 * UINT64_C(0xbf58476d1ce4e5b9));
    assert_int_equal(el2_oracle_bytes(&draw), 5);
    draw.reason = EL2_DRAW_HANDED_OVER;
    assert_int_equal(el2_oracle_bytes(&draw), 5);
    draw.reason = EL2_DRAW_ENCRYPTED;
    draw.word = el2_oracle_bytes(&draw);
    assert_int_not_equal(draw.word, 5);
    draw.reason = EL2_DRAW_DECRYPTED;
    assert_int_equal(el2_oracle_bytes(&draw), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boot),
        cmocka_unit_test(ownerless_pages_stay),
        cmocka_unit_test(steps_are_apart),
        cmocka_unit_test(first_value_counts),
        cmocka_unit_test(tables_are_told_as_a_count),
        cmocka_unit_test(reset_forgets_everything),
        cmocka_unit_test(room_runs_out),
        cmocka_unit_test(outcomes_have_names),
        cmocka_unit_test(oracles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
