/*
 * The pairings of the fuzz targets over programs drawn at random from a fixed
 * seed: the specification and its primitives agree, and so do the
 * specification and the EL2 code.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/pairing.h"
#include "tests/unit/random_calls.h"

#include <stdlib.h>

enum {
    PROGRAMS = 20000,
    CALLS = 60
};

static void add(struct program *program, struct el2_call call)
{
    struct program_call *made = &program->calls[program->call_count++];
    made->number = call.number;
    for (uint32_t i = 0; i < EL2_ARGUMENT_LIMIT; i++) {
        made->operands[i] = (struct operand){OPERAND_NUMBER, call.arguments[i]};
    }
}

/* Most programs find two VMs and banks of the host and of VM 1. */
static void random_program(uint64_t *seed, struct program *program)
{
    static const struct el2_call start[] = {
        {EL2_CALL_register_kvm, {0}},
        {EL2_CALL_register_kvm, {0}},
        {EL2_CALL_smmu_alloc_pgd, {0, 0, 0}},
        {EL2_CALL_smmu_alloc_pgd, {1, 1, 0}}};
    program->run = one_in(seed, 4) ? EL2_RUN_TABLES : EL2_RUN_CONTRACTS;
    program->call_count = 0;
    for (size_t i = 0; i < 4 && program->run == EL2_RUN_CONTRACTS &&
                       program->call_count == i && !one_in(seed, 8);
         i++) {
        add(program, start[i]);
    }
    while (program->call_count < CALLS) {
        add(program, random_call(seed, program->run));
    }
}

_Noreturn static void report(const struct divergence *divergence, int program)
{
    char text[DIVERGENCE_TEXT_SIZE];
    divergence_describe(divergence, text, sizeof text);
    fail_msg("program %d: %s", program, text);
    abort();
}

/* Tables for all that the programs map, so that few end for want of them. */
static struct el2_platform large_board(void)
{
    struct el2_platform platform = board();
    platform.npt_level3_tables = 8;
    platform.spt_level2_tables = 8;
    platform.spt_level3_tables = 12;
    return platform;
}

static void run_programs(const char *target, struct lockstep_counts *counts)
{
    static struct program program;
    static struct paired_machines pair;
    struct el2_platform platform = large_board();
    struct divergence divergence;
    const char *why = "no reason";
    uint64_t seed = 3;
    if (!pairing_boot(pairing_find(target), &platform, &pair, &why)) {
        fail_msg("%s: %s", target, why);
    }
    pair.lockstep.end_comparison_period = 1;
    for (int i = 0; i < PROGRAMS; i++) {
        random_program(&seed, &program);
        if (lockstep_run(&pair.lockstep, &program, &divergence) ==
            LOCKSTEP_DIVERGED) {
            report(&divergence, i);
        }
    }
    *counts = pair.lockstep.counts;
    pairing_shut_down(&pair);
}

/* Programs that only skip, or panic at once, would agree on nothing. */
static void assert_worth(const struct lockstep_counts *counts)
{
    static const enum el2_outcome never_here[] = {
        EL2_OUTCOME_NONE,
        EL2_OUTCOME_PANIC_UNNAMED,
        EL2_OUTCOME_GFN_LEARNT,           /* no call leaves a gfn unknown */
        EL2_OUTCOME_PANIC_NO_VMID_LEFT,   /* programs are too short */
        EL2_OUTCOME_PANIC_NO_SUCH_BANK,   /* banks 0 and 1 only */
        EL2_OUTCOME_PANIC_PFN_RANGE,      /* pages of the board only */
        EL2_OUTCOME_PANIC_NPT_POOL_EMPTY, /* and the tables suffice */
        EL2_OUTCOME_PANIC_SPT_POOL_EMPTY,
        EL2_OUTCOME_PANIC_ARGUMENT,
        EL2_OUTCOME_SHARE_LIMIT,
        EL2_OUTCOME_DMA_COUNT_LIMIT};
    assert_in_range(counts->calls, 8 * PROGRAMS, CALLS * PROGRAMS);
    for (int i = 0; i < EL2_OUTCOME_COUNT; i++) {
        bool expected = true;
        for (size_t k = 0; k < sizeof never_here / sizeof never_here[0]; k++) {
            expected &= never_here[k] != (enum el2_outcome)i;
        }
        if (expected && counts->outcomes[i] == 0) {
            fail_msg("no program has the outcome %s",
                     el2_outcome_name((enum el2_outcome)i));
        }
    }
}

static void primitives(void **state)
{
    (void)state;
    struct lockstep_counts counts;
    run_programs("fuzz_primitives", &counts);
    assert_worth(&counts);
}

static void el2_code(void **state)
{
    (void)state;
    struct lockstep_counts counts;
    run_programs("fuzz_pages", &counts);
    assert_worth(&counts);
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
    assert_int_equal(count, 3);
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
        cmocka_unit_test(primitives),      cmocka_unit_test(el2_code),
        cmocka_unit_test(published_clear), cmocka_unit_test(published_assign),
        cmocka_unit_test(targets),         cmocka_unit_test(refused_platform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
