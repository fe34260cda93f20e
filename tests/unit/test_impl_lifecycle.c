/* VMs and who owns a context bank, in the EL2 code on the fake shim. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/impl_page_board.h"

static void vms_are_registered_in_order(void **state)
{
    (void)state;

    for (uint64_t vmid = 1; vmid < CORE_VMID; vmid++) {
        assert_int_equal(CALL(register_kvm, 0), vmid);
        assert_int_equal(el2.vm_state[vmid], EL2_VM_READY);
    }
    PANICS(HELD_CORE, register_kvm, 0);
    assert_int_equal(el2.next_vmid, CORE_VMID);
}

static void a_vm_that_is_off_cannot_be_registered(void **state)
{
    (void)state;

    CALL(vm_poweroff, 1);
    assert_int_equal(el2.vm_state[1], EL2_VM_POWEROFF);
    PANICS(HELD_VM(1), register_kvm, 0);
    assert_int_equal(el2.next_vmid, 2);
}

static void banks_change_hands(void **state)
{
    (void)state;

    CALL(spt_map, 3, 1, 0, 0x1703);
    CALL(smmu_alloc_pgd, 3, 1, 1);
    assert_int_equal(el2.bank_owner[11], 1);
    assert_int_equal(CALL(spt_walk, 3, 1, 0), 0);
    CALL(spt_map, 3, 1, 0, 0x1703);
    CALL(smmu_alloc_pgd, 3, 2, 1); /* in use: nothing */
    assert_int_equal(el2.bank_owner[11], 1);
    assert_int_equal(CALL(spt_walk, 3, 1, 0), 0x1703);

    PANICS(HELD_SMMU | HELD_VM(1), smmu_free_pgd, 3, 1);
    CALL(vm_poweroff, 1);
    CALL(smmu_free_pgd, 3, 1);
    assert_int_equal(el2.bank_owner[11], EL2_INVALID);
    CALL(smmu_free_pgd, 3, 1);
    CALL(smmu_free_pgd, 7, 1); /* no such bank, so nobody's */

    CALL(smmu_alloc_pgd, 7, EL2_HOSTVISOR, 0);
    assert_int_equal(el2.bank_owner[7], EL2_HOSTVISOR);
    PANICS(HELD_SMMU | HELD_VM(0), smmu_free_pgd, 7, 0);
}

static void banks_that_are_refused(void **state)
{
    (void)state;

    PANICS(HELD_SMMU, smmu_alloc_pgd, 4, 1, 1);
    PANICS(HELD_NOTHING, smmu_alloc_pgd, 8, 1, 0);
    PANICS(HELD_NOTHING, smmu_alloc_pgd, 0, CORE_VMID, 0);
    PANICS(HELD_NOTHING, smmu_alloc_pgd, 0, EL2_INVALID64, 0);
    PANICS(HELD_NOTHING, smmu_alloc_pgd, 0, 1, 2);
    PANICS(HELD_NOTHING, smmu_free_pgd, 8, 0);
    PANICS(HELD_NOTHING, smmu_free_pgd, 0, UINT64_C(1) << 32);
    el2.vm_state[5] = EL2_VM_VERIFIED;
    PANICS(HELD_SMMU | HELD_VM(5), smmu_alloc_pgd, 0, 5, 0);
    assert_int_equal(el2.bank_owner[0], EL2_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(vms_are_registered_in_order, boot),
        cmocka_unit_test_setup(a_vm_that_is_off_cannot_be_registered, boot),
        cmocka_unit_test_setup(banks_change_hands, boot),
        cmocka_unit_test_setup(banks_that_are_refused, boot),
    };

    return cmocka_run_group_tests_name("impl_lifecycle", tests, NULL, NULL);
}
