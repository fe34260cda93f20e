/*
 * Ranges of arguments (semantics.md section 6, first paragraph): one out of
 * range is a panic that holds no lock and changes nothing, whatever the state.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/model_cases.h"

#define WIDE         (UINT64_C(1) << 32) /* the bits that 32 would lose */
#define ADDRESS_END  EL2_ADDRESS_SPACE
#define PHYSICAL_END EL2_PHYSICAL_SPACE
#define PFN_END      EL2_PFN_SPACE
#define IOVA_END     EL2_IOVA_SPACE
#define WINDOW       AT(0x20) /* of either SMMU */

static const struct el2_call out_of_range[] = {
    {EL2_CALL_register_vcpu, {0, 0}},
    {EL2_CALL_register_vcpu, {CORE_VMID, 0}},
    {EL2_CALL_register_vcpu, {WIDE + 1, 0}},
    {EL2_CALL_register_vcpu, {1, 8}},
    {EL2_CALL_register_vcpu, {1, WIDE}},
    {EL2_CALL_load_crypt_vcpu, {0, 0}},
    {EL2_CALL_load_crypt_vcpu, {CORE_VMID, 0}},
    {EL2_CALL_load_crypt_vcpu, {1, 8}},
    {EL2_CALL_save_crypt_vcpu, {0, 0}},
    {EL2_CALL_save_crypt_vcpu, {CORE_VMID, 0}},
    {EL2_CALL_save_crypt_vcpu, {1, 8}},

    {EL2_CALL_set_boot_info, {0, 0, 1}},
    {EL2_CALL_set_boot_info, {CORE_VMID, 0, 1}},
    {EL2_CALL_set_boot_info, {1, ADDRESS_END, 0}},
    {EL2_CALL_set_boot_info, {1, 0, ADDRESS_END}},
    {EL2_CALL_set_boot_info, {1, ADDRESS_END - 5, 6}},
    {EL2_CALL_set_boot_info, {1, UINT64_MAX, 1}},
    {EL2_CALL_set_boot_info, {1, 1, UINT64_MAX}},
    {EL2_CALL_remap_vm_image, {0, 1, 0}},
    {EL2_CALL_remap_vm_image, {CORE_VMID, 1, 0}},
    {EL2_CALL_remap_vm_image, {1, PFN_END, 0}},
    {EL2_CALL_remap_vm_image, {1, 1, 5}},
    {EL2_CALL_remap_vm_image, {1, 1, WIDE}},
    {EL2_CALL_verify_vm_image, {0}},
    {EL2_CALL_verify_vm_image, {CORE_VMID}},
    {EL2_CALL_verify_vm_image, {WIDE + 1}},

    {EL2_CALL_clear_vm_s2_range, {0, 0, 0}},
    {EL2_CALL_clear_vm_s2_range, {CORE_VMID, 0, 0}},
    {EL2_CALL_clear_vm_s2_range, {1, PHYSICAL_END, 0}},
    {EL2_CALL_clear_vm_s2_range, {1, 0, PHYSICAL_END}},
    {EL2_CALL_clear_vm_s2_range, {1, PHYSICAL_END - 5, 6}},
    {EL2_CALL_clear_vm_s2_range, {1, 1, UINT64_MAX}},
    {EL2_CALL_phys_addr_ioremap, {0, 0, 0, 0}},
    {EL2_CALL_phys_addr_ioremap, {CORE_VMID, 0, 0, 0}},
    {EL2_CALL_phys_addr_ioremap, {1, ADDRESS_END, 0, 0}},
    {EL2_CALL_phys_addr_ioremap, {1, 0, PHYSICAL_END, 0}},
    {EL2_CALL_phys_addr_ioremap, {1, 0, 0, PHYSICAL_END}},
    {EL2_CALL_phys_addr_ioremap, {1, 0, 0, UINT64_MAX}},
    /* The length is in whole pages, the addresses are not. */
    {EL2_CALL_phys_addr_ioremap, {1, ADDRESS_END - 5, 0, 1}},
    {EL2_CALL_phys_addr_ioremap, {1, ADDRESS_END - AT(1), 0, AT(1) + 1}},
    {EL2_CALL_phys_addr_ioremap, {1, 0, PHYSICAL_END - 5, 1}},
    {EL2_CALL_phys_addr_ioremap, {1, 0, PHYSICAL_END - AT(1), AT(1) + 1}},
    {EL2_CALL_encrypt_buf, {0, 0, 0}},
    {EL2_CALL_encrypt_buf, {CORE_VMID, 0, 0}},
    {EL2_CALL_encrypt_buf, {1, PHYSICAL_END, 0}},
    {EL2_CALL_encrypt_buf, {1, 0, PHYSICAL_END}},
    {EL2_CALL_decrypt_buf, {0, 0}},
    {EL2_CALL_decrypt_buf, {CORE_VMID, 0}},
    {EL2_CALL_decrypt_buf, {1, PHYSICAL_END}},

    {EL2_CALL_smmu_map, {IOVA_END, 0, 0, 0, 0}},
    {EL2_CALL_smmu_map, {0, PHYSICAL_END, 0, 0, 0}},
    {EL2_CALL_smmu_map, {0, 0, AT(1), 0, 0}},
    {EL2_CALL_smmu_map, {0, 0, UINT64_C(1) << 47, 0, 0}},
    {EL2_CALL_smmu_map, {0, 0, UINT64_C(1) << 63, 0, 0}},
    {EL2_CALL_smmu_map, {0, 0, 0, 8, 0}},
    {EL2_CALL_smmu_map, {0, 0, 0, 0, 2}},
    {EL2_CALL_smmu_iova_to_phys, {IOVA_END, 0, 0}},
    {EL2_CALL_smmu_iova_to_phys, {0, 8, 0}},
    {EL2_CALL_smmu_iova_to_phys, {0, 0, 2}},
    {EL2_CALL_smmu_iova_to_phys, {0, WIDE, 0}},
    {EL2_CALL_smmu_clear, {IOVA_END, 0, 0}},
    {EL2_CALL_smmu_clear, {0, 8, 0}},
    {EL2_CALL_smmu_clear, {0, 0, 2}},
    {EL2_CALL_smmu_clear, {0, 0, WIDE}},

    {EL2_CALL_host_fault, {PHYSICAL_END}},
    {EL2_CALL_host_fault, {UINT64_MAX}},
    {EL2_CALL_smmu_read, {2, 0, 4}},
    {EL2_CALL_smmu_read, {WIDE, 0, 4}},
    {EL2_CALL_smmu_read, {0, WINDOW, 4}},
    {EL2_CALL_smmu_write, {2, 0, 4, 0}},
    {EL2_CALL_smmu_write, {0, WINDOW, 4, 0}},
    {EL2_CALL_smmu_write, {0, UINT64_MAX, 4, 0}},

    {EL2_CALL_vcpu_run, {1, 8}},
    {EL2_CALL_vcpu_run, {0, 0}},
    {EL2_CALL_vcpu_run, {WIDE + 1, 0}},
    {EL2_CALL_vcpu_exit, {1, 8}},
    {EL2_CALL_vcpu_exit, {CORE_VMID, 0}},
    {EL2_CALL_vcpu_exit, {1, WIDE}},
};

/* The greatest of each, after which the state decides. */
static const struct el2_call in_range[] = {
    {EL2_CALL_register_vcpu, {15, 7}},
    {EL2_CALL_load_crypt_vcpu, {15, 7}},
    {EL2_CALL_save_crypt_vcpu, {15, 7}},
    {EL2_CALL_set_boot_info, {15, ADDRESS_END - 1, 1}},
    {EL2_CALL_set_boot_info, {15, 1, ADDRESS_END - 1}},
    {EL2_CALL_remap_vm_image, {15, PFN_END - 1, 4}},
    {EL2_CALL_verify_vm_image, {15}},
    {EL2_CALL_clear_vm_s2_range, {15, PHYSICAL_END - 1, 1}},
    {EL2_CALL_clear_vm_s2_range, {15, 1, PHYSICAL_END - 1}},
    {EL2_CALL_phys_addr_ioremap, {15, ADDRESS_END - 1, PHYSICAL_END - 1, 0}},
    {EL2_CALL_phys_addr_ioremap,
     {15, ADDRESS_END - AT(1), PHYSICAL_END - AT(1), AT(1)}},
    {EL2_CALL_encrypt_buf, {15, PHYSICAL_END - 1, PHYSICAL_END - 1}},
    {EL2_CALL_decrypt_buf, {15, PHYSICAL_END - 1}},
    {EL2_CALL_smmu_map,
     {IOVA_END - 1, PHYSICAL_END - 1, UINT64_C(0x7fff000000000fff), 7, 1}},
    {EL2_CALL_smmu_iova_to_phys, {IOVA_END - 1, 7, 1}},
    {EL2_CALL_smmu_clear, {IOVA_END - 1, 7, 1}},
    {EL2_CALL_host_fault, {PHYSICAL_END - 1}},
    {EL2_CALL_smmu_read, {1, WINDOW - 4, 4}},
    {EL2_CALL_smmu_write, {1, WINDOW - 8, 8, UINT64_MAX}},
    {EL2_CALL_vcpu_run, {15, 7}},
    {EL2_CALL_vcpu_exit, {15, 7}},
};

static void print_call(const struct el2_call *call)
{
    print_error("%s", el2_calls[call->number].name);
    for (uint32_t i = 0; i < el2_calls[call->number].argument_count; i++) {
        print_error(" 0x%" PRIx64, call->arguments[i]);
    }
}

/* VM 1 is in this state when the call is made. */
static bool refused(struct el2_machine *machine, const struct el2_call *call,
                    const struct el2_call *before)
{
    machine->operations->reset(machine);
    run_all(machine, before, 2);
    struct el2_step step = step_of(machine, *call);
    if (step.outcome == EL2_OUTCOME_PANIC_ARGUMENT && step.panicked &&
        !step.has_result && step.held == 0 &&
        machine->operations->touched(machine).count == 0) {
        return true;
    }
    print_call(call);
    print_error(": %s, locks 0x%" PRIx64 "\n", el2_outcome_name(step.outcome),
                step.held);
    return false;
}

static void arguments_out_of_range(void **state)
{
    (void)state;
    static const struct el2_call states[][2] = {
        {{0}},
        {{EL2_CALL_register_kvm, {0}}},
        {{EL2_CALL_register_kvm, {0}}, {EL2_CALL_verify_vm_image, {1}}},
        {{EL2_CALL_vm_poweroff, {1}}},
    };
    struct el2_machine *model = model_of_board();
    struct el2_machine *primitives = primitives_of_board();
    size_t failed = 0;
    for (size_t s = 0; s < sizeof states / sizeof states[0]; s++) {
        for (size_t i = 0; i < sizeof out_of_range / sizeof out_of_range[0];
             i++) {
            failed += !refused(model, &out_of_range[i], states[s]);
            failed += !refused(primitives, &out_of_range[i], states[s]);
        }
    }
    model->operations->destroy(model);
    primitives->operations->destroy(primitives);
    assert_int_equal(failed, 0);
}

static void arguments_in_range(void **state)
{
    (void)state;
    struct el2_machine *model = model_of_board();
    size_t failed = 0;
    for (size_t i = 0; i < sizeof in_range / sizeof in_range[0]; i++) {
        model->operations->reset(model);
        struct el2_step step = step_of(model, in_range[i]);
        if (step.outcome == EL2_OUTCOME_PANIC_ARGUMENT ||
            step.outcome == EL2_OUTCOME_NONE) {
            print_call(&in_range[i]);
            print_error(": %s\n", el2_outcome_name(step.outcome));
            failed++;
        }
    }
    model->operations->destroy(model);
    assert_int_equal(failed, 0);
}

/* Every call of the host and every event has a case here, or no argument that
 * could be out of range. */
static void no_call_is_forgotten(void **state)
{
    (void)state;
    static const uint32_t elsewhere[] = {
        EL2_CALL_register_kvm,   EL2_CALL_vm_fault,    EL2_CALL_vm_share,
        EL2_CALL_vm_unshare,     EL2_CALL_vm_poweroff, /* these panic at no
                                                          argument */
        EL2_CALL_smmu_alloc_pgd, /* and these stand in test_model_lifecycle */
        EL2_CALL_smmu_free_pgd};
    for (uint32_t n = 0; n < EL2_CALL_NUMBER_LIMIT; n++) {
        bool found = el2_calls[n].name == NULL ||
                     (el2_calls[n].issuer != EL2_ISSUER_HOST &&
                      el2_calls[n].issuer != EL2_ISSUER_VM);
        for (size_t i = 0; i < sizeof out_of_range / sizeof out_of_range[0];
             i++) {
            found |= out_of_range[i].number == n;
        }
        for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++) {
            found |= elsewhere[i] == n;
        }
        if (!found) {
            fail_msg("no case of %s", el2_calls[n].name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_out_of_range),
        cmocka_unit_test(arguments_in_range),
        cmocka_unit_test(no_call_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
