/* The table of calls: no number and no name is there twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "el2/calls.h"

#include <string.h>

static void calls_are_well_formed(void **state)
{
#define EL2_CALL(number, name, issuer, result, count, ...) (number),
    static const unsigned numbers[] = {
#include "el2/calls.def"
    };
#undef EL2_CALL
    size_t count = sizeof(numbers) / sizeof(numbers[0]);
    size_t named = 0;

    (void)state;
    for (size_t i = 0; i < count; i++) {
        const struct el2_call_description *call = &el2_calls[numbers[i]];

        assert_in_range(numbers[i], 1, EL2_CALL_NUMBER_LIMIT - 1);
        assert_true(call->argument_count <= EL2_ARGUMENT_LIMIT);
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(numbers[i], numbers[j]);
            assert_string_not_equal(call->name, el2_calls[numbers[j]].name);
        }
        for (size_t j = 0; j < call->argument_count; j++) {
            assert_non_null(call->arguments[j].name);
            for (size_t k = 0; k < j; k++) {
                assert_string_not_equal(call->arguments[j].name,
                                        call->arguments[k].name);
            }
        }
    }
    for (size_t i = 0; i < EL2_CALL_NUMBER_LIMIT; i++) {
        named += el2_calls[i].name != NULL;
    }
    assert_int_equal(named, count);
    assert_string_equal(el2_calls[24].name, "update_smmu_page");
    assert_int_equal(el2_calls[24].argument_count, 5);
    assert_int_equal(el2_calls[24].arguments[4].kind, EL2_ARGUMENT_DESCRIPTOR);
    assert_string_equal(el2_calls[24].arguments[3].name, "iova");
    assert_int_equal(el2_calls[48].result, EL2_RESULT_VMID);
    assert_int_equal(el2_calls[48].argument_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_well_formed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
