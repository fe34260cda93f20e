/* Findings: told apart, put together, listed the same in whatever order they
 * came; and a program that ends its process ends no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/triage.h"

#include <signal.h>
#include <string.h>

/* A program of one call that diverges, after `more` calls that it needs. */
static void make(struct triage_result *result, uint32_t call,
                 enum el2_outcome outcome, enum el2_observation observation,
                 size_t more)
{
    memset(result, 0, sizeof *result);
    result->end = TRIAGE_DIVERGED;
    result->program.call_count = more + 1;
    for (size_t i = 0; i < more; i++) {
        result->program.calls[i].number = EL2_CALL_register_kvm;
    }
    result->program.calls[more].number = call;
    struct divergence *divergence = &result->minimized.divergence;
    divergence->call.number = call;
    divergence->outcome = outcome;
    divergence->observation = observation;
    oracle_set_add(&divergence->seen_by, (unsigned)observation);
}

/* Four signatures, the first three of one cause: what several calls share, and
 * another difference of the same step. Of the last there are two programs. */
enum {
    REVOKE,
    UNSHARE,
    UNSHARE_COUNT,
    OTHER,
    OTHER_LONGER,
    PROGRAM_COUNT
};

static void add(struct triage *triage, int program)
{
    static struct triage_result result;
    static const struct {
        const char *file;
        uint32_t call;
        enum el2_outcome outcome;
        enum el2_observation observation;
        size_t more;
    } programs[PROGRAM_COUNT] = {
        {"revoke", EL2_CALL_revoke_vm_page, EL2_OUTCOME_REVOKED_LAST,
         EL2_OBSERVE_NPT, 1},
        {"unshare", EL2_CALL_vm_unshare, EL2_OUTCOME_RANGE_CHANGED,
         EL2_OBSERVE_NPT, 2},
        {"unshare-count", EL2_CALL_vm_unshare, EL2_OUTCOME_RANGE_CHANGED,
         EL2_OBSERVE_COUNT, 3},
        {"other", EL2_CALL_smmu_map, EL2_OUTCOME_DMA_MAPPED, EL2_OBSERVE_GFN,
         4},
        {"other-longer", EL2_CALL_smmu_map, EL2_OUTCOME_DMA_MAPPED,
         EL2_OBSERVE_GFN, 5},
    };
    make(&result, programs[program].call, programs[program].outcome,
         programs[program].observation, programs[program].more);
    assert_true(triage_add(triage, programs[program].file, &result));
}

/* The first is what breaks isolation, under the simplest program of it. */
static void assert_listed(const struct triage *triage)
{
    static const char *const names[] = {
        "revoke_vm_page.revoked_last.npt",
        "vm_unshare.range_changed.npt",
        "vm_unshare.range_changed.count",
        "smmu_map.dma_mapped.gfn",
    };
    assert_int_equal(triage->count, 4);
    for (size_t i = 0; i < 4; i++) {
        const struct triage_finding *finding = triage->findings[i];
        assert_string_equal(finding->name, names[i]);
        assert_ptr_equal(finding->cause, triage->findings[i < 3 ? 0 : 3]);
    }
    const struct triage_finding *last = triage->findings[3];
    assert_int_equal(last->files.count, 2);
    assert_int_equal(last->way_count, 2);
    assert_int_equal(last->least.program.call_count, 5);
}

static void any_order(void **state)
{
    (void)state;
    static const int orders[][PROGRAM_COUNT] = {
        {REVOKE, UNSHARE, UNSHARE_COUNT, OTHER, OTHER_LONGER},
        {OTHER_LONGER, OTHER, UNSHARE_COUNT, UNSHARE, REVOKE},
        {UNSHARE_COUNT, OTHER_LONGER, REVOKE, OTHER, UNSHARE},
    };
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        struct triage triage = {0};
        for (size_t n = 0; n < PROGRAM_COUNT; n++) {
            add(&triage, orders[i][n]);
        }
        triage_rank(&triage);
        assert_listed(&triage);
        triage_free(&triage);
    }
}

/* On other machines it is another mistake, in a folder of its own. */
static void other_machines(void **state)
{
    (void)state;
    static struct triage_result result;
    struct triage triage = {0};
    make(&result, EL2_CALL_smmu_map, EL2_OUTCOME_DMA_MAPPED, EL2_OBSERVE_SPT,
         1);
    assert_true(triage_add(&triage, "pages", &result));
    result.pairing = 4;
    assert_true(triage_add(&triage, "primitives", &result));
    triage_rank(&triage);
    assert_int_equal(triage.count, 2);
    assert_string_equal(triage.findings[0]->name, "smmu_map.dma_mapped.spt");
    assert_string_equal(triage.findings[1]->name,
                        "smmu_map.dma_mapped.spt.fuzz_primitives");
    assert_ptr_equal(triage.findings[1]->cause, triage.findings[1]);
    triage_free(&triage);
}

static void nothing(void **state)
{
    (void)state;
    struct triage triage = {0};
    triage_rank(&triage);
    assert_int_equal(triage.count, 0);
    triage_free(&triage);
}

static void end_process(struct el2_machine *machine,
                        const struct el2_call *call, struct el2_step *step)
{
    (void)machine;
    (void)call;
    (void)step;
    (void)raise(SIGKILL);
}

static void crashes_alone(void **state)
{
    (void)state;
    static struct triage_result result;
    static struct program program;
    static struct el2_machine_operations deadly;
    struct triage_machines machines = {.only = pairing_find("fuzz_pages")};
    program.call_count = 1;
    program.calls[0].number = EL2_CALL_register_kvm;
    triage_run(&machines, &program, "tiny", &result);
    assert_int_equal(result.end, TRIAGE_SAME);
    struct el2_machine *other = machines.booted[0]->lockstep.other;
    const struct el2_machine_operations *operations = other->operations;
    deadly = *operations;
    deadly.step = end_process;
    other->operations = &deadly;
    triage_run(&machines, &program, "tiny", &result);
    assert_int_equal(result.end, TRIAGE_ENDED);
    assert_int_equal(result.ended_by, SIGKILL);
    other->operations = operations;
    triage_run(&machines, &program, "tiny", &result);
    assert_int_equal(result.end, TRIAGE_SAME);
    triage_shut_down(&machines);
}

/* As if minimizing took too long: the process ends in its second run. */
static int runs_left;
static void (*real_reset)(struct el2_machine *machine);

static void reset_or_end(struct el2_machine *machine)
{
    if (runs_left-- == 0) {
        (void)raise(SIGKILL);
    }
    real_reset(machine);
}

static void diverge(struct el2_machine *machine, const struct el2_call *call,
                    struct el2_step *step)
{
    (void)machine;
    (void)call;
    *step = (struct el2_step){.panicked = true};
}

static void slow_is_kept(void **state)
{
    (void)state;
    static struct triage_result result;
    static struct program program;
    static struct el2_machine_operations slow;
    struct triage_machines machines = {.only = pairing_find("fuzz_pages")};
    program.call_count = 1;
    program.calls[0].number = EL2_CALL_register_kvm;
    triage_run(&machines, &program, "tiny", &result);
    struct el2_machine *other = machines.booted[0]->lockstep.other;
    const struct el2_machine_operations *operations = other->operations;
    slow = *operations;
    real_reset = slow.reset;
    slow.reset = reset_or_end;
    slow.step = diverge;
    other->operations = &slow;
    runs_left = 1;
    triage_run(&machines, &program, "tiny", &result);
    assert_int_equal(result.end, TRIAGE_DIVERGED);
    assert_false(result.minimized.complete);
    assert_int_equal(result.minimized.divergence.observation,
                     EL2_OBSERVE_PANIC);
    assert_true(program_equal(&result.program, &program));
    other->operations = operations;
    triage_shut_down(&machines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order),    cmocka_unit_test(other_machines),
        cmocka_unit_test(nothing),      cmocka_unit_test(crashes_alone),
        cmocka_unit_test(slow_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
