/*
 * The pairings of the fuzz targets over programs that the mutator writes from
 * a fixed seed: the specification and its primitives agree, so do the
 * specification and the EL2 code, and the programs are worth being run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devicetree/known.h"
#include "fuzz/pairing.h"
#include "tests/unit/model_cases.h"

#include <stdlib.h>
#include <string.h>

enum {
    PROGRAMS = 8000,
    LONGEST = 60, /* calls; then a program begins anew */
    SPACE = 8192,
};

static void add(struct program *program, struct el2_call call)
{
    struct program_call *made = &program->calls[program->call_count++];
    made->number = call.number;
    for (uint32_t i = 0; i < EL2_ARGUMENT_LIMIT; i++) {
        made->operands[i] = (struct operand){OPERAND_NUMBER, call.arguments[i]};
    }
}

_Noreturn static void report(const struct divergence *divergence, int program)
{
    char text[DIVERGENCE_TEXT_SIZE];
    divergence_describe(divergence, text, sizeof text);
    fail_msg("program %d: %s", program, text);
    abort();
}

static struct el2_platform tiny(void)
{
    struct el2_platform platform;
    char why[DEVICETREE_WHY_SIZE];
    assert_true(
        platform_load(KNOWN_PLATFORM_DEFAULT, &platform, why, sizeof why));
    return platform;
}

static void run_programs(const char *target, struct lockstep_counts *counts)
{
    static struct program program;
    static struct paired_machines pair;
    static struct mutator mutator;
    static uint8_t bytes[SPACE];
    static uint8_t kept[SPACE]; /* what gets further, as an engine keeps it */
    size_t kept_size = 0;
    size_t kept_calls = 0;
    struct el2_platform platform = tiny();
    const struct pairing *pairing = pairing_find(target);
    struct divergence divergence;
    struct guide guide;
    const char *why = "no reason";
    assert_true(guide_create(&guide, &platform, &why));
    mutator_create(&mutator, pairing->weight);
    mutator.guides = &guide;
    mutator.guide_count = 1;
    if (!pairing_boot(pairing, &platform, &pair, &why)) {
        fail_msg("%s: %s", target, why);
    }
    pair.lockstep.end_comparison_period = 1;
    for (int i = 0; i < PROGRAMS; i++) {
        memcpy(bytes, kept, kept_size);
        size_t size =
            mutator_mutate(&mutator, bytes, kept_size, SPACE, (uint32_t)i);
        program_decode(bytes, size, &program);
        if (lockstep_run(&pair.lockstep, &program, &divergence) ==
            LOCKSTEP_DIVERGED) {
            report(&divergence, i);
        }
        if (program.call_count > LONGEST) {
            kept_size = 0;
            kept_calls = 0;
        } else if (program.call_count >= kept_calls) {
            memcpy(kept, bytes, size);
            kept_size = size;
            kept_calls = program.call_count;
        }
    }
    *counts = *pair.lockstep.counts;
    pairing_shut_down(&pair);
    guide_destroy(&guide);
}

/* Programs that only skip, or panic at once, would agree on nothing. What an
 * engine selects from these does something in at least 80 % of its calls. */
static void assert_worth(const struct lockstep_counts *counts)
{
    assert_in_range(counts->calls / PROGRAMS, 20, LONGEST);
    assert_in_range(counts->telling * 100 / counts->calls, 60, 100);
    assert_in_range(counts->panics, PROGRAMS / 20, PROGRAMS);
}

static unsigned outcomes_reached(const struct lockstep_counts *counts)
{
    unsigned reached = 0;
    for (int i = 0; i < EL2_OUTCOME_COUNT; i++) {
        reached += counts->outcomes[i] > 0;
    }
    return reached;
}

static void primitives(void **state)
{
    (void)state;
    static struct lockstep_counts counts;
    run_programs("fuzz_primitives", &counts);
    assert_worth(&counts);
    assert_in_range(outcomes_reached(&counts), EL2_OUTCOME_COUNT * 8 / 10,
                    EL2_OUTCOME_COUNT);
}

static void page_operations(void **state)
{
    (void)state;
    static struct lockstep_counts counts;
    run_programs("fuzz_pages", &counts);
    assert_worth(&counts);
    assert_in_range(outcomes_reached(&counts), 40, EL2_OUTCOME_COUNT);
}

static void hypercalls(void **state)
{
    (void)state;
    static struct lockstep_counts counts;
    run_programs("fuzz_hypercalls", &counts);
    assert_worth(&counts);
    assert_in_range(outcomes_reached(&counts), EL2_OUTCOME_COUNT * 8 / 10,
                    EL2_OUTCOME_COUNT);
}

static void smmu(void **state)
{
    (void)state;
    static struct lockstep_counts counts;
    run_programs("fuzz_smmu", &counts);
    assert_worth(&counts);
    assert_in_range(outcomes_reached(&counts), 40, EL2_OUTCOME_COUNT);
}

static void life_of_a_vm(void **state)
{
    (void)state;
    static struct lockstep_counts counts;
    run_programs("fuzz_vm", &counts);
    assert_worth(&counts);
    assert_in_range(outcomes_reached(&counts), 40, EL2_OUTCOME_COUNT);
}

/* What the two published texts make of a program. */
static void assert_published_differs(const struct program *program,
                                     const char *signature)
{
    static struct paired_machines pair;
    struct el2_platform platform = board();
    struct divergence divergence;
    char found[DIVERGENCE_SIGNATURE_SIZE];
    const char *why = NULL;
    assert_true(
        pairing_boot(pairing_find("fuzz_published"), &platform, &pair, &why));
    assert_int_equal(lockstep_run(&pair.lockstep, program, &divergence),
                     LOCKSTEP_DIVERGED);
    divergence_signature(&divergence, found, sizeof found);
    assert_string_equal(found, signature);
    assert_int_equal(divergence.step, program->call_count - 1);
    pairing_shut_down(&pair);
}

/* E1 of semantics.md section 10: the host's mapping of a cleared page. */
static void published_clear(void **state)
{
    (void)state;
    static struct program program;
    static const struct el2_call calls[] = {
        {EL2_CALL_assign_pfn_to_vm, {1, 5, HOST_PAGE}},
        {EL2_CALL_grant_vm_page, {1, HOST_PAGE}},
        {EL2_CALL_map_page_host, {AT(HOST_PAGE)}},
        {EL2_CALL_vm_poweroff, {1}},
        {EL2_CALL_clear_vm_page, {1, HOST_PAGE}}};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        add(&program, calls[i]);
    }
    assert_published_differs(&program, "clear_vm_page.cleared.npt");
}

/* E2: the content of a page that goes to a VM's device. */
static void published_assign(void **state)
{
    (void)state;
    static struct program program;
    add(&program,
        (struct el2_call){EL2_CALL_assign_pfn_to_smmu, {1, 5, HOST_PAGE}});
    assert_published_differs(&program,
                             "assign_pfn_to_smmu.assigned_to_device.memory");
}

static void targets(void **state)
{
    (void)state;
    assert_non_null(pairing_find(PAIRING_DEFAULT));
    assert_null(pairing_find("fuzz_page"));
    assert_null(pairing_find(""));
    size_t count = 0;
    while (pairing_at(count) != NULL) {
        assert_ptr_equal(pairing_find(pairing_at(count)->target),
                         pairing_at(count));
        count++;
    }
    assert_int_equal(count, 6);
}

/* A machine that does not come up: EL2 has no room for its tables. */
static void refused_platform(void **state)
{
    (void)state;
    static struct paired_machines pair;
    struct el2_platform platform = board();
    const char *why = NULL;
    platform.npt_level3_tables = EL2_NPT_LEVEL3_TABLES;
    assert_false(
        pairing_boot(pairing_find("fuzz_pages"), &platform, &pair, &why));
    assert_string_equal(why, "the platform gives EL2 too little memory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(primitives),       cmocka_unit_test(page_operations),
        cmocka_unit_test(hypercalls),       cmocka_unit_test(smmu),
        cmocka_unit_test(life_of_a_vm),     cmocka_unit_test(published_clear),
        cmocka_unit_test(published_assign), cmocka_unit_test(targets),
        cmocka_unit_test(refused_platform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
