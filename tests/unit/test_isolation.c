/* Which divergences are security issues: one of each kind, and that only what
 * a signature names decides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/isolation.h"

#include <string.h>

static enum isolation of(uint32_t call, enum el2_outcome outcome,
                         enum el2_observation observation)
{
    const struct divergence divergence = {
        .call = {call, {0}},
        .outcome = outcome,
        .observation = observation,
    };
    return divergence_isolation(&divergence);
}

static void by_observation(void **state)
{
    (void)state;
    static const enum isolation expected[EL2_OBSERVATION_COUNT] = {
        [EL2_OBSERVE_OWNER] = ISOLATION_BROKEN,
        [EL2_OBSERVE_COUNT] = ISOLATION_AT_RISK,
        [EL2_OBSERVE_NPT] = ISOLATION_BROKEN,
        [EL2_OBSERVE_SPT] = ISOLATION_BROKEN,
        [EL2_OBSERVE_BANK] = ISOLATION_BROKEN,
        [EL2_OBSERVE_MEMORY] = ISOLATION_BROKEN,
        /* Of the invariant that is number 0, of a call that ends well. */
    };
    for (int i = 0; i < EL2_OBSERVATION_COUNT; i++) {
        assert_int_equal(of(EL2_CALL_clear_vm_page, EL2_OUTCOME_CLEARED,
                            (enum el2_observation)i),
                         expected[i]);
    }
}

static void missing_panics(void **state)
{
    (void)state;
    const struct {
        uint32_t call;
        enum el2_outcome outcome;
        enum isolation isolation;
    } cases[] = {
        {EL2_CALL_map_page_host, EL2_OUTCOME_PANIC_PRIVATE_PAGE,
         ISOLATION_BROKEN},
        {EL2_CALL_assign_pfn_to_vm, EL2_OUTCOME_PANIC_HOST_DMA_IN_USE,
         ISOLATION_BROKEN},
        {EL2_CALL_smmu_write, EL2_OUTCOME_PANIC_CBAR_OWNER, ISOLATION_BROKEN},
        {EL2_CALL_smmu_clear, EL2_OUTCOME_PANIC_VM_STATE, ISOLATION_BROKEN},
        {EL2_CALL_set_boot_info, EL2_OUTCOME_PANIC_VM_STATE, ISOLATION_KEPT},
        {EL2_CALL_smmu_clear, EL2_OUTCOME_PANIC_ARGUMENT, ISOLATION_KEPT},
        {EL2_CALL_vm_fault, EL2_OUTCOME_PANIC_NPT_POOL_EMPTY, ISOLATION_KEPT},
        /* The other machine panicked alone. */
        {EL2_CALL_vm_fault, EL2_OUTCOME_FAULTED_IN_PAGE, ISOLATION_KEPT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(of(cases[i].call, cases[i].outcome, EL2_OBSERVE_PANIC),
                         cases[i].isolation);
    }
}

static void faults(void **state)
{
    (void)state;
    const struct divergence divergence = {
        .call = {EL2_CALL_vm_fault, {0}},
        .outcome = EL2_OUTCOME_FAULTED_IN_PAGE,
        .observation = EL2_OBSERVE_PANIC,
        .actual_step = {.fault = "EL2 wrote outside its own memory"},
    };
    assert_int_equal(divergence_isolation(&divergence), ISOLATION_AT_RISK);
}

static void results(void **state)
{
    (void)state;
    assert_int_equal(
        of(EL2_CALL_mem_load, EL2_OUTCOME_ACCESS_FAULTED, EL2_OBSERVE_RESULT),
        ISOLATION_BROKEN);
    assert_int_equal(
        of(EL2_CALL_smmu_write, EL2_OUTCOME_ROOT_WRITTEN, EL2_OBSERVE_RESULT),
        ISOLATION_BROKEN);
    assert_int_equal(
        of(EL2_CALL_register_kvm, EL2_OUTCOME_REGISTERED, EL2_OBSERVE_RESULT),
        ISOLATION_KEPT);
}

static void invariants(void **state)
{
    (void)state;
    static const enum isolation expected[EL2_INVARIANT_COUNT] = {
        [EL2_INVARIANT_HOST_ISO] = ISOLATION_BROKEN,
        [EL2_INVARIANT_VM_ISO] = ISOLATION_BROKEN,
        [EL2_INVARIANT_SMMU_VM] = ISOLATION_BROKEN,
        [EL2_INVARIANT_SMMU_ISO] = ISOLATION_BROKEN,
        [EL2_INVARIANT_SMMU_COUNT] = ISOLATION_AT_RISK,
    };
    for (int i = 0; i < EL2_INVARIANT_COUNT; i++) {
        const struct divergence divergence = {
            .call = {EL2_CALL_host_fault, {0}},
            .outcome = EL2_OUTCOME_HOST_MAPPED_SHARED,
            .observation = EL2_OBSERVE_INVARIANT,
            .violation = {.invariant = (enum el2_invariant)i},
        };
        assert_int_equal(divergence_isolation(&divergence), expected[i]);
    }
}

/* ClusterFuzz cuts lines of a state at 80 characters: none is cut, so no two
 * signatures become one. */
static void signatures_are_short(void **state)
{
    (void)state;
    char signature[DIVERGENCE_SIGNATURE_SIZE];
    for (uint32_t call = 0; call < EL2_CALL_NUMBER_LIMIT; call++) {
        if (el2_calls[call].name == NULL) {
            continue;
        }
        for (int outcome = 0; outcome < EL2_OUTCOME_COUNT; outcome++) {
            for (int i = 0; i < EL2_OBSERVATION_COUNT; i++) {
                const struct divergence divergence = {
                    .call = {call, {0}},
                    .outcome = (enum el2_outcome)outcome,
                    .observation = (enum el2_observation)i,
                };
                divergence_signature(&divergence, signature, sizeof signature);
                assert_true(strlen("FuzzerHash=") + strlen(signature) <= 80);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_observation),
        cmocka_unit_test(missing_panics),
        cmocka_unit_test(faults),
        cmocka_unit_test(results),
        cmocka_unit_test(invariants),
        cmocka_unit_test(signatures_are_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
