/* VMs, vCPUs and who owns a context bank: semantics.md section 6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/model_cases.h"

#define CHECK(cases) check_cases(cases, sizeof(cases) / sizeof(cases)[0])

#define REGISTER                                                               \
    {                                                                          \
        EL2_CALL_register_kvm,                                                 \
        {                                                                      \
            0                                                                  \
        }                                                                      \
    }
#define POWER_OFF(v)                                                           \
    {                                                                          \
        EL2_CALL_vm_poweroff,                                                  \
        {                                                                      \
            v                                                                  \
        }                                                                      \
    }
#define ALLOC(bank, v, smmu)                                                   \
    {                                                                          \
        EL2_CALL_smmu_alloc_pgd,                                               \
        {                                                                      \
            bank, v, smmu                                                      \
        }                                                                      \
    }
#define FREE(bank, smmu)                                                       \
    {                                                                          \
        EL2_CALL_smmu_free_pgd,                                                \
        {                                                                      \
            bank, smmu                                                         \
        }                                                                      \
    }

static const struct el2_call verified = {EL2_CALL_verify_vm_image, {1}};
static const struct el2_call vcpu = {EL2_CALL_register_vcpu, {1, 7}};

static void register_kvm(void **state)
{
    (void)state;
    const struct model_case cases[] = {
        {.shows = "the first VM is 1",
         .call = REGISTER,
         .outcome = EL2_OUTCOME_REGISTERED,
         .result = 1,
         .changes = {{state_of(1), number(EL2_VM_READY)},
                     {core_cell(), next_vmid(2)}}},
        {.shows = "vmids count up",
         .before = {REGISTER, REGISTER},
         .call = REGISTER,
         .outcome = EL2_OUTCOME_REGISTERED,
         .result = 3,
         .changes = {{state_of(3), number(EL2_VM_READY)},
                     {core_cell(), next_vmid(4)}}},
        {.shows = "a VM that is powered off keeps its vmid",
         .before = {REGISTER, POWER_OFF(1)},
         .call = REGISTER,
         .outcome = EL2_OUTCOME_REGISTERED,
         .result = 2,
         .changes = {{state_of(2), number(EL2_VM_READY)},
                     {core_cell(), next_vmid(3)}}},
        {.shows = "a VM in the wrong state panics, the vmid has moved",
         .before = {POWER_OFF(1)},
         .call = REGISTER,
         .outcome = EL2_OUTCOME_PANIC_VM_STATE,
         .held = HELD_VM(1),
         .changes = {{core_cell(), next_vmid(2)}}},
    };
    CHECK(cases);
}

static void vmids_run_out(void **state)
{
    (void)state;
    struct el2_machine *model = model_of_board();
    const struct el2_call call = REGISTER;
    for (uint32_t v = 1; v < CORE_VMID; v++) {
        struct el2_step step = step_of(model, call);
        assert_int_equal(step.outcome, EL2_OUTCOME_REGISTERED);
        assert_true(step.has_result);
        assert_int_equal(step.result, v);
    }
    struct el2_step step = step_of(model, call);
    assert_true(step.panicked);
    assert_int_equal(step.outcome, EL2_OUTCOME_PANIC_NO_VMID_LEFT);
    assert_int_equal(step.held, HELD_CORE);
    assert_false(step.has_result);
    assert_value(model, "core", core_cell(), next_vmid(CORE_VMID));
    model->operations->destroy(model);
}

static void vm_poweroff(void **state)
{
    (void)state;
    const struct model_case cases[] = {
        {.shows = "a VM that runs",
         .before = {REGISTER},
         .call = POWER_OFF(1),
         .outcome = EL2_OUTCOME_POWERED_OFF,
         .changes = {{state_of(1), number(EL2_VM_POWEROFF)}}},
        {.shows = "a VM that was never registered",
         .call = POWER_OFF(5),
         .outcome = EL2_OUTCOME_POWERED_OFF,
         .changes = {{state_of(5), number(EL2_VM_POWEROFF)}}},
        {.shows = "a VM that is off already",
         .before = {REGISTER, POWER_OFF(1)},
         .call = POWER_OFF(1),
         .outcome = EL2_OUTCOME_POWERED_OFF},
    };
    CHECK(cases);
}

static void register_vcpu(void **state)
{
    (void)state;
    const struct model_case cases[] = {
        {.shows = "a vCPU of a VM that is ready",
         .before = {REGISTER},
         .call = vcpu,
         .outcome = EL2_OUTCOME_VCPU_REGISTERED,
         .changes = {{vcpu_of(1, 7), number(EL2_VM_READY)}}},
        {.shows = "every vCPU is REGISTER once",
         .before = {REGISTER, vcpu},
         .call = vcpu,
         .outcome = EL2_OUTCOME_PANIC_VCPU_STATE,
         .held = HELD_VM(1)},
        {.shows = "no VM is REGISTER",
         .call = vcpu,
         .outcome = EL2_OUTCOME_PANIC_VM_STATE,
         .held = HELD_VM(1)},
        {.shows = "a VM that is verified gets no more",
         .before = {REGISTER, verified},
         .call = vcpu,
         .outcome = EL2_OUTCOME_PANIC_VM_STATE,
         .held = HELD_VM(1)},
    };
    CHECK(cases);
}

static void vcpu_run(void **state)
{
    (void)state;
    const struct el2_call runs = {EL2_CALL_vcpu_run, {1, 7}};
    const struct model_case cases[] = {
        {.shows = "a vCPU of a verified VM",
         .before = {REGISTER, vcpu, verified},
         .call = runs,
         .outcome = EL2_OUTCOME_VCPU_RUNS,
         .changes = {{vcpu_of(1, 7), number(EL2_VM_ACTIVE)}}},
        {.shows = "it runs already",
         .before = {REGISTER, vcpu, verified, runs},
         .call = runs,
         .outcome = EL2_OUTCOME_PANIC_VCPU_STATE,
         .held = HELD_VM(1)},
        {.shows = "the VM has no such vCPU",
         .before = {REGISTER, verified},
         .call = runs,
         .outcome = EL2_OUTCOME_PANIC_VCPU_STATE,
         .held = HELD_VM(1)},
        {.shows = "the VM is not verified",
         .before = {REGISTER, vcpu},
         .call = runs,
         .outcome = EL2_OUTCOME_PANIC_VM_STATE,
         .held = HELD_VM(1)},
    };
    CHECK(cases);
}

static void vcpu_exit(void **state)
{
    (void)state;
    const struct el2_call runs = {EL2_CALL_vcpu_run, {1, 7}};
    const struct el2_call leaves = {EL2_CALL_vcpu_exit, {1, 7}};
    const struct model_case cases[] = {
        {.shows = "a vCPU that runs",
         .before = {REGISTER, vcpu, verified, runs},
         .call = leaves,
         .outcome = EL2_OUTCOME_VCPU_LEFT,
         .changes = {{vcpu_of(1, 7), number(EL2_VM_READY)}}},
        {.shows = "of a VM that was powered off meanwhile",
         .before = {REGISTER, vcpu, verified, runs, POWER_OFF(1)},
         .call = leaves,
         .outcome = EL2_OUTCOME_VCPU_LEFT,
         .changes = {{vcpu_of(1, 7), number(EL2_VM_READY)}}},
        {.shows = "a vCPU that does not run",
         .before = {REGISTER, vcpu, verified},
         .call = leaves,
         .outcome = EL2_OUTCOME_PANIC_VCPU_STATE,
         .held = HELD_VM(1)},
    };
    CHECK(cases);
}

static void crypt_vcpu(void **state)
{
    (void)state;
    const struct el2_call load = {EL2_CALL_load_crypt_vcpu, {1, 7}};
    const struct el2_call save = {EL2_CALL_save_crypt_vcpu, {1, 7}};
    const struct model_case cases[] = {
        {.shows = "a vCPU is loaded",
         .before = {REGISTER, vcpu},
         .call = load,
         .outcome = EL2_OUTCOME_VCPU_LOADED,
         .changes = {{inc_exe_of(1), number(1)}}},
        {.shows = "and once more",
         .before = {REGISTER, vcpu, load},
         .call = load,
         .outcome = EL2_OUTCOME_VCPU_LOADED},
        {.shows = "the VM has no such vCPU",
         .before = {REGISTER},
         .call = load,
         .outcome = EL2_OUTCOME_PANIC_VCPU_STATE,
         .held = HELD_VM(1)},
        {.shows = "the VM is not ready any more",
         .before = {REGISTER, vcpu, verified},
         .call = load,
         .outcome = EL2_OUTCOME_PANIC_VM_STATE,
         .held = HELD_VM(1)},
        {.shows = "nothing is saved, and nobody asks for the state",
         .call = save,
         .outcome = EL2_OUTCOME_VCPU_NOT_SAVED},
    };
    CHECK(cases);
}

static void smmu_alloc_pgd(void **state)
{
    (void)state;
    const uint64_t desc = AT(HOST_PAGE) | EL2_SMMU_PAGE;
    const struct model_case cases[] = {
        {.shows = "a VM's bank; SMMU 1 bank 3 has id 11",
         .before = {REGISTER},
         .call = ALLOC(3, 1, 1),
         .outcome = EL2_OUTCOME_BANK_TAKEN,
         .changes = {{bank_of(11), number(1)}}},
        {.shows = "a bank of the host",
         .call = ALLOC(7, 0, 0),
         .outcome = EL2_OUTCOME_BANK_TAKEN,
         .changes = {{bank_of(7), number(EL2_HOSTVISOR)}}},
        {.shows = "the new owner finds the bank's table empty",
         .before = {{EL2_CALL_spt_map, {7, 0, AT(9), desc}}},
         .call = ALLOC(7, 0, 0),
         .outcome = EL2_OUTCOME_BANK_TAKEN,
         .changes = {{bank_of(7), number(EL2_HOSTVISOR)},
                     {spt_of(7, 9), nothing()}}},
        {.shows = "a bank that has an owner keeps it and its table",
         .before = {ALLOC(7, 0, 0), {EL2_CALL_spt_map, {7, 0, AT(9), desc}}},
         .call = ALLOC(7, 1, 0),
         .outcome = EL2_OUTCOME_BANK_IN_USE},
        {.shows = "no SMMU has so many banks",
         .call = ALLOC(8, 1, 0),
         .outcome = EL2_OUTCOME_PANIC_ARGUMENT},
        {.shows = "arguments are 64 bits wide: the bank",
         .call = ALLOC(UINT64_C(1) << 32, 1, 0),
         .outcome = EL2_OUTCOME_PANIC_ARGUMENT},
        {.shows = "arguments are 64 bits wide: the vmid",
         .call = ALLOC(0, UINT64_C(1) << 32, 0),
         .outcome = EL2_OUTCOME_PANIC_ARGUMENT},
        {.shows = "arguments are 64 bits wide: the SMMU",
         .call = ALLOC(0, 1, UINT64_C(1) << 32),
         .outcome = EL2_OUTCOME_PANIC_ARGUMENT},
        {.shows = "there is no such SMMU",
         .call = ALLOC(0, 1, 2),
         .outcome = EL2_OUTCOME_PANIC_ARGUMENT},
        {.shows = "EL2 is no VM",
         .call = ALLOC(0, CORE_VMID, 0),
         .outcome = EL2_OUTCOME_PANIC_ARGUMENT},
        {.shows = "this SMMU has four banks",
         .call = ALLOC(4, 1, 1),
         .outcome = EL2_OUTCOME_PANIC_NO_SUCH_BANK,
         .held = HELD_SMMU},
        {.shows = "a verified VM gets no bank",
         .before = {REGISTER, verified},
         .call = ALLOC(3, 1, 1),
         .outcome = EL2_OUTCOME_PANIC_VM_STATE,
         .held = HELD_SMMU | HELD_VM(1)},
        {.shows = "unless it has that one",
         .before = {REGISTER, ALLOC(3, 1, 1), verified},
         .call = ALLOC(3, 1, 1),
         .outcome = EL2_OUTCOME_BANK_IN_USE},
    };
    CHECK(cases);
}

static void smmu_free_pgd(void **state)
{
    (void)state;
    const struct model_case cases[] = {
        {.shows = "the bank of a VM that is off",
         .before = {REGISTER, ALLOC(3, 1, 1), POWER_OFF(1)},
         .call = FREE(3, 1),
         .outcome = EL2_OUTCOME_BANK_RELEASED,
         .changes = {{bank_of(11), number(EL2_INVALID)}}},
        {.shows = "the bank of a VM that is not",
         .before = {REGISTER, ALLOC(3, 1, 1)},
         .call = FREE(3, 1),
         .outcome = EL2_OUTCOME_PANIC_VM_STATE,
         .held = HELD_SMMU | HELD_VM(1)},
        {.shows = "the host is never off",
         .before = {ALLOC(3, 0, 1)},
         .call = FREE(3, 1),
         .outcome = EL2_OUTCOME_PANIC_VM_STATE,
         .held = HELD_SMMU | HELD_VM(0)},
        {.shows = "a bank without owner",
         .call = FREE(3, 1),
         .outcome = EL2_OUTCOME_BANK_NOT_IN_USE},
        {.shows = "a bank that this SMMU lacks never has an owner",
         .call = FREE(4, 1),
         .outcome = EL2_OUTCOME_BANK_NOT_IN_USE},
        {.shows = "no SMMU has so many banks",
         .call = FREE(8, 0),
         .outcome = EL2_OUTCOME_PANIC_ARGUMENT},
        {.shows = "there is no such SMMU",
         .call = FREE(0, 2),
         .outcome = EL2_OUTCOME_PANIC_ARGUMENT},
        {.shows = "a bank that was released can be taken again",
         .before = {REGISTER, ALLOC(3, 1, 1), POWER_OFF(1), FREE(3, 1)},
         .call = ALLOC(3, 2, 1),
         .outcome = EL2_OUTCOME_BANK_TAKEN,
         .changes = {{bank_of(11), number(2)}}},
    };
    CHECK(cases);
}

/* A model without SMMUs refuses every bank. */
static void no_smmu(void **state)
{
    (void)state;
    struct el2_platform platform = board();
    platform.smmu_count = 0;
    const char *why = NULL;
    struct el2_machine *model = el2_create_model(&platform, drawn, &why);
    assert_non_null(model);
    const struct el2_call calls[] = {ALLOC(0, 0, 0), FREE(0, 0)};
    for (size_t i = 0; i < 2; i++) {
        model->operations->reset(model);
        struct el2_step step = step_of(model, calls[i]);
        assert_int_equal(step.outcome, EL2_OUTCOME_PANIC_ARGUMENT);
        assert_int_equal(step.held, 0);
    }
    model->operations->destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(register_kvm),  cmocka_unit_test(vmids_run_out),
        cmocka_unit_test(vm_poweroff),   cmocka_unit_test(register_vcpu),
        cmocka_unit_test(vcpu_run),      cmocka_unit_test(vcpu_exit),
        cmocka_unit_test(crypt_vcpu),    cmocka_unit_test(smmu_alloc_pgd),
        cmocka_unit_test(smmu_free_pgd), cmocka_unit_test(no_smmu),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
