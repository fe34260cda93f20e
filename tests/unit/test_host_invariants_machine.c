/*
 * The EL2 code's machine says what its invariants say: calls within contracts
 * keep them, and a call that no harness would make breaks one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/random_calls.h"

enum {
    CALLS = 200000
};

static struct el2_machine *impl_of_board(void)
{
    const struct el2_platform platform = board();
    const char *why = NULL;
    struct el2_machine *impl = el2_create_impl(&platform, &why);
    assert_non_null(impl);
    return impl;
}

/* The call, and what the machine says of its invariants. */
static bool keeps(struct el2_machine *impl, const struct el2_call *call,
                  struct el2_violation *violation)
{
    struct el2_step step;
    impl->operations->step(impl, call, &step);
    impl->operations->touched(impl);
    assert_false(step.panicked);
    return impl->operations->invariants_of_step(impl, violation);
}

static void call_outside_contracts(void **state)
{
    (void)state;
    struct el2_machine *impl = impl_of_board();
    struct el2_violation violation;
    const struct el2_call register_kvm = {.number = EL2_CALL_register_kvm};
    const struct el2_call map_host_page = {
        .number = EL2_CALL_map_pfn_vm,
        .arguments = {1, AT(0x200), AT(HOST_PAGE) | EL2_S2_KERNEL, 3}};
    for (int round = 0; round < 2; round++) {
        impl->operations->reset(impl);
        assert_true(keeps(impl, &register_kvm, &violation));
        assert_false(keeps(impl, &map_host_page, &violation));
        assert_int_equal(violation.invariant, EL2_INVARIANT_VM_ISO);
        assert_int_equal(violation.entry, npt_of(1, 0x200));
        assert_int_equal(violation.page, page_of(HOST_PAGE));
    }
    impl->operations->destroy(impl);
}

/* Programs of random calls that the specification admits, each until it
 * panics. */
static void calls_within_contracts(void **state)
{
    (void)state;
    struct el2_machine *model = model_of_board();
    struct el2_machine *impl = impl_of_board();
    uint64_t seed = 0xca115;
    uint32_t asked = 0;
    bool panicked = true;
    for (uint32_t i = 0; i < CALLS; i++) {
        if (panicked || i % 256 == 0) {
            model->operations->reset(model);
            impl->operations->reset(impl);
        }
        struct el2_call call = random_call(&seed, EL2_RUN_CONTRACTS);
        struct el2_step step;
        panicked = false;
        if (!model->operations->admits(model, EL2_RUN_CONTRACTS, &call)) {
            continue;
        }
        model->operations->step(model, &call, &step);
        panicked = step.panicked;
        if (!panicked) {
            struct el2_violation violation;
            asked++;
            if (!keeps(impl, &call, &violation)) {
                fail_msg("call %u, %s: %s", i, el2_calls[call.number].name,
                         el2_invariant_names[violation.invariant]);
            }
        }
    }
    assert_true(asked > CALLS / 8);
    model->operations->destroy(model);
    impl->operations->destroy(impl);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(call_outside_contracts),
        cmocka_unit_test(calls_within_contracts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
