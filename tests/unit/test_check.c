/*
 * What fuzz/check.h says of which calls exercise a check, held against
 * programs that the mutator writes from a fixed seed: a call changes those
 * kinds of cells that it is said to change, and no call ends in a way that is
 * held to be impossible.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devicetree/known.h"
#include "fuzz/outcome_table.h"
#include "fuzz/pairing.h"
#include "tests/unit/model_cases.h"

enum {
    PROGRAMS = 30000,
    LONGEST = 60, /* calls; then a program begins anew */
    SPACE = 8192,
};

static struct {
    /* Bit per kind of cell, by number of the call that changed such. */
    uint32_t changed[EL2_CALL_NUMBER_LIMIT];
    struct outcome_table table;
    struct page_state page;
} seen;

static void note_page(void *context, const struct lockstep_call *call)
{
    const struct lockstep *lockstep = context;
    seen.page = page_state_before(lockstep->specification, lockstep->platform,
                                  call->call);
}

static void note_call(void *context, const struct lockstep_call *call)
{
    const struct lockstep *lockstep = context;
    struct el2_machine *specification = lockstep->specification;
    if (call->expected == NULL) {
        return;
    }
    struct el2_touched touched =
        specification->operations->touched(specification);
    for (size_t i = 0; i < touched.count; i++) {
        seen.changed[call->call->number] |= UINT32_C(1)
                                            << el2_cell_kind(touched.cells[i]);
    }
    outcome_table_add(&seen.table, call->call->number, call->expected->outcome,
                      seen.page);
}

/* The host has a page in its table, and loses it: the mutator seldom meets the
 * same page twice in a table-only run. */
static void run_tables(struct lockstep *lockstep)
{
    static struct program program;
    struct divergence divergence;
    const struct el2_call calls[] = {
        {EL2_CALL_npt_map, {0, AT(HOST_PAGE), AT(HOST_PAGE) | 3, 3}},
        {EL2_CALL_clear_pfn_host, {HOST_PAGE}},
    };
    program = (struct program){.run = EL2_RUN_TABLES, .call_count = 2};
    program.calls[0].number = calls[0].number;
    program.calls[1].number = calls[1].number;
    assert_int_equal(
        lockstep_run_resolved(lockstep, &program, calls, &divergence),
        LOCKSTEP_SAME);
}

static void run_programs(const char *target)
{
    static struct program program;
    static struct paired_machines pair;
    static struct mutator mutator;
    static uint8_t bytes[SPACE];
    struct el2_platform platform;
    char why_not[DEVICETREE_WHY_SIZE];
    const struct pairing *pairing = pairing_find(target);
    struct divergence divergence;
    struct guide guide;
    const char *why = "no reason";
    size_t size = 0;
    assert_true(platform_load(KNOWN_PLATFORM_DEFAULT, &platform, why_not,
                              sizeof why_not));
    assert_true(guide_create(&guide, &platform, &why));
    mutator_create(&mutator, pairing->weight);
    mutator.guides = &guide;
    mutator.guide_count = 1;
    assert_true(pairing_boot(pairing, &platform, &pair, &why));
    pair.lockstep.before = note_page;
    pair.lockstep.after = note_call;
    pair.lockstep.watch_context = &pair.lockstep;
    run_tables(&pair.lockstep);
    for (uint32_t i = 0; i < PROGRAMS; i++) {
        size = mutator_mutate(&mutator, bytes, size, SPACE, i);
        program_decode(bytes, size, &program);
        lockstep_run(&pair.lockstep, &program, &divergence);
        size = program.call_count > LONGEST ? 0 : size;
    }
    pairing_shut_down(&pair);
    guide_destroy(&guide);
}

/* Of these the table has only the calls without which there is none: a store
 * makes a page unknown, and many calls make it known again. */
static bool only_makers(enum el2_cell_kind kind)
{
    return kind == EL2_CELL_MEMORY_UNKNOWN;
}

static unsigned compare_call(uint32_t number)
{
    unsigned wrong = 0;
    for (unsigned kind = 0; kind < EL2_CELL_KIND_COUNT; kind++) {
        unsigned check = CHECK_CELL_AFTER_STEP + kind;
        bool changes = (seen.changed[number] >> kind & 1) != 0;
        bool may_change = check_call_exercises(check, number);
        if (changes != may_change &&
            !(changes && only_makers((enum el2_cell_kind)kind))) {
            char name[CHECK_NAME_SIZE];
            check_name(check, name, sizeof name);
            print_error("%s %s %s\n", el2_calls[number].name,
                        changes ? "exercises, and is not said to,"
                                : "is said to exercise, and does not,",
                        name);
            wrong++;
        }
    }
    return wrong;
}

static unsigned impossible;

static void note_impossible(void *context, const struct outcome_cell *cell)
{
    (void)context;
    if (cell->why != NULL) {
        print_error("%s %s %s%s: %s\n", el2_calls[cell->number].name,
                    el2_outcome_name(cell->outcome),
                    page_standing_name(cell->state.standing),
                    cell->state.host_maps ? " mapped" : "", cell->why);
        impossible++;
    }
}

static void programs_of_all_targets(void **state)
{
    (void)state;
    unsigned wrong = 0;
    run_programs("fuzz_primitives");
    run_programs("fuzz_hypercalls");
    run_programs("fuzz_smmu");
    for (uint32_t n = 0; n < EL2_CALL_NUMBER_LIMIT; n++) {
        wrong += el2_calls[n].name != NULL ? compare_call(n) : 0;
    }
    assert_int_equal(wrong, 0);
    outcome_table_visit(&seen.table, note_impossible, NULL);
    assert_int_equal(impossible, 0);
}

/* Names tell checks apart. */
static void names(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CHECK_COUNT; i++) {
        for (unsigned k = 0; k < i; k++) {
            char first[CHECK_NAME_SIZE];
            char second[CHECK_NAME_SIZE];
            check_name(i, first, sizeof first);
            check_name(k, second, sizeof second);
            assert_string_not_equal(first, second);
        }
    }
}

/* What a target cannot check follows from the calls that it makes. */
static void scopes(void **state)
{
    (void)state;
    struct check_scope scope;
    pairing_scope(pairing_find("fuzz_pages"), &scope);
    assert_non_null(
        check_cannot(CHECK_CELL_AFTER_STEP + (unsigned)EL2_CELL_VCPU, &scope));
    assert_null(
        check_cannot(CHECK_CELL_AT_END + (unsigned)EL2_CELL_VCPU, &scope));
    assert_null(
        check_cannot(CHECK_CELL_AFTER_STEP + (unsigned)EL2_CELL_BANK, &scope));
    assert_non_null(check_cannot(
        CHECK_CELL_AFTER_STEP + (unsigned)EL2_CELL_DATA_LOG, &scope));
    assert_non_null(check_cannot(CHECK_ACCESS, &scope));
    pairing_scope(pairing_find("fuzz_hypercalls"), &scope);
    assert_null(
        check_cannot(CHECK_CELL_AFTER_STEP + (unsigned)EL2_CELL_VCPU, &scope));
    assert_null(check_cannot(CHECK_ACCESS, &scope));
    pairing_scope(pairing_find("fuzz_primitives"), &scope);
    assert_null(check_cannot(
        CHECK_CELL_AFTER_STEP + (unsigned)EL2_CELL_DATA_LOG, &scope));
    assert_non_null(check_cannot(CHECK_GUARD_OF_OTHER, &scope));
    pairing_scope(pairing_find("fuzz_published"), &scope);
    assert_non_null(check_cannot(CHECK_INVARIANT_OF_SPECIFICATION +
                                     (unsigned)EL2_INVARIANT_HOST_ISO,
                                 &scope));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_of_all_targets),
        cmocka_unit_test(names),
        cmocka_unit_test(scopes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
