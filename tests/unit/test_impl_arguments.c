/* Arguments that the EL2 code refuses, on the fake shim: no lock is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/impl_page_board.h"

static void registers_are_not_trusted(void **state)
{
    const uint64_t nowhere = UINT64_C(1) << 32;
    (void)state;

    PANICS(HELD_NOTHING, vm_poweroff, 0);
    PANICS(HELD_NOTHING, vm_poweroff, CORE_VMID);
    PANICS(HELD_NOTHING, npt_walk, CORE_VMID + 1, 0);
    PANICS(HELD_NOTHING, npt_map, nowhere, 0, 0x1003, 3);
    PANICS(HELD_NOTHING, grant_stage2_sg_gpa, nowhere, 0, 0x1000);
    PANICS(HELD_NOTHING, spt_walk, 8, 0, 0);
    PANICS(HELD_NOTHING, unmap_smmu_page, 0, nowhere, 0);
    must_panic(HELD_NOTHING, 0, (uint64_t[EL2_ARGUMENT_LIMIT]){0});
    must_panic(HELD_NOTHING, 31, (uint64_t[EL2_ARGUMENT_LIMIT]){0});
    must_panic(HELD_NOTHING, UINT32_MAX, (uint64_t[EL2_ARGUMENT_LIMIT]){0});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(registers_are_not_trusted, boot),
    };

    return cmocka_run_group_tests_name("impl_arguments", tests, NULL, NULL);
}
