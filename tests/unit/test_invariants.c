/*
 * The invariants of semantics.md section 7. Each is broken by writing the
 * specification's state directly, since no call should ever break one: both
 * checks must then name it, and neither may mind what is merely close to it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/invariants.h"
#include "model/state.h"
#include "tests/unit/random_calls.h"

#define PAGE    HOST_PAGE
#define DMA_GFN (PAGE + HOST_OFFSET)
#define GFN     UINT64_C(0x55)
#define SHARED  (PAGE + 1)
#define LENT    (PAGE + 2)
#define OWN     (PAGE + 3)

static void set_entry(struct model *m, el2_cell cell, uint64_t pfn)
{
    state_set(m, cell, mapped(pfn, EL2_S2_KERNEL));
}

/*
 * The state that is broken: VM 1 runs and VM 2 is off. The host maps PAGE and
 * uses it once for DMA in bank 0; VM 1 has SHARED, which the host maps, LENT in
 * its bank 1, and OWN, which it maps at OWN - PAGE.
 */
static struct model *good_state(struct el2_machine *machine)
{
    const struct el2_call calls[] = {
        {EL2_CALL_register_kvm, {0}},
        {EL2_CALL_register_kvm, {0}},
        {EL2_CALL_vm_poweroff, {2}},
        {EL2_CALL_smmu_alloc_pgd, {0, 0, 0}},
        {EL2_CALL_smmu_alloc_pgd, {1, 1, 0}},
        {EL2_CALL_map_page_host, {AT(PAGE)}},
        {EL2_CALL_update_smmu_page, {0, 0, 0, AT(DMA_GFN), AT(PAGE) | 3}},
        {EL2_CALL_prot_and_map_vm_s2pt, {1, AT(1), AT(SHARED), 3}},
        {EL2_CALL_grant_vm_page, {1, SHARED}},
        {EL2_CALL_map_page_host, {AT(SHARED)}},
        {EL2_CALL_assign_pfn_to_smmu, {1, GFN, LENT}},
        {EL2_CALL_update_smmu_page, {1, 1, 0, AT(GFN), AT(LENT) | 3}},
        {EL2_CALL_prot_and_map_vm_s2pt, {1, AT(OWN - PAGE), AT(OWN), 3}},
    };
    machine->operations->reset(machine);
    run_all(machine, calls, sizeof calls / sizeof calls[0]);
    return (struct model *)(void *)machine;
}

/* One change of the state. */
struct breakage {
    const char *shows;
    const char *invariant; /* NULL: none is broken */
    void (*apply)(struct model *m);
};

static void spt_other_pfn(struct model *m)
{
    state_set(m, spt_of(5, GFN), el2_value_entry(AT(PAGE) | 3, 3, PAGE + 1));
}

static void spt_same_pfn(struct model *m)
{
    state_set(m, spt_of(5, GFN), el2_value_entry(AT(PAGE) | 3, 3, PAGE));
}

static void host_other_pfn(struct model *m)
{
    state_set(m, npt_of(0, PAGE), el2_value_entry(AT(PAGE) | 3, 3, PAGE + 1));
}

static void host_elsewhere(struct model *m)
{
    set_entry(m, npt_of(0, PAGE + 8), PAGE + 9);
}

static void host_identity(struct model *m)
{
    set_entry(m, npt_of(0, PAGE + 8), PAGE + 8);
}

static void host_block_elsewhere(struct model *m)
{
    m->blocks_ever_used = true;
    state_set(m, block_of(0, PAGE), mapped_block(PAGE + 512));
}

static void host_block_identity(struct model *m)
{
    m->blocks_ever_used = true;
    state_set(m, block_of(0, PAGE + 512), mapped_block(PAGE + 512));
}

static void host_page_other_gfn(struct model *m)
{
    page_set(m, PAGE + 8, (struct page){EL2_HOSTVISOR, 0, PAGE});
}

static void vm_page_other_gfn(struct model *m)
{
    page_set(m, OWN, (struct page){1, 0, 77});
}

static void page_0_of_vm(struct model *m)
{
    state_set(m, page_of(0), el2_value_page(1, 0, 0));
}

static void page_1_of_vm(struct model *m)
{
    state_set(m, page_of(1), el2_value_page(1, 0, 0));
}

static void host_maps_private_page(struct model *m)
{
    set_entry(m, npt_of(0, OWN), OWN);
}

static void host_maps_el2_page(struct model *m)
{
    set_entry(m, npt_of(0, EL2_PAGE), EL2_PAGE);
}

static void host_maps_device(struct model *m)
{
    set_entry(m, npt_of(0, DEVICE_PAGE), DEVICE_PAGE);
}

static void share_ends(struct model *m)
{
    page_set(m, SHARED, (struct page){1, 0, 1});
}

static void share_becomes_invalid(struct model *m)
{
    page_set(m, SHARED, (struct page){1, EL2_INVALID, 1});
}

static void share_grows(struct model *m)
{
    page_set(m, SHARED, (struct page){1, 2, 1});
}

static void vm_maps_host_page(struct model *m)
{
    set_entry(m, npt_of(1, 9), PAGE + 8);
}

static void vm_that_is_off_maps_host_page(struct model *m)
{
    set_entry(m, npt_of(2, 9), PAGE + 8);
}

static void vm_block_of_host_pages(struct model *m)
{
    m->blocks_ever_used = true;
    state_set(m, block_of(1, 0x200), mapped_block(PAGE + 512));
}

static void vm_maps_device(struct model *m)
{
    set_entry(m, npt_of(1, 9), DEVICE_PAGE);
}

static void vm_page_changes_hands(struct model *m)
{
    page_set(m, OWN, (struct page){2, 0, OWN - PAGE});
}

static void bank_of_el2(struct model *m)
{
    bank_set_owner(m, 7, CORE_VMID);
}

static void bank_of_vm(struct model *m)
{
    bank_set_owner(m, 7, CORE_VMID - 1);
}

static void device_maps_host_page(struct model *m)
{
    state_set(m, spt_of(1, GFN + 1), mapped(PAGE + 8, 3));
}

static void device_maps_page_elsewhere(struct model *m)
{
    state_set(m, spt_of(1, GFN + 1), mapped(OWN, 3));
}

static void device_maps_own_page(struct model *m)
{
    state_set(m, spt_of(1, OWN - PAGE), mapped(OWN, 3));
}

static void device_page_changes_hands(struct model *m)
{
    page_set(m, LENT, (struct page){2, EL2_INVALID, GFN});
}

static void device_page_gets_other_gfn(struct model *m)
{
    page_set(m, LENT, (struct page){1, EL2_INVALID, GFN + 1});
}

static void bank_changes_hands(struct model *m)
{
    bank_set_owner(m, 1, 3);
}

static void bank_goes_to_vm_that_is_off(struct model *m)
{
    bank_set_owner(m, 1, 2);
}

static void bank_is_released(struct model *m)
{
    bank_set_owner(m, 1, EL2_INVALID);
}

static void host_dma_uncounted(struct model *m)
{
    state_set(m, spt_of(0, DMA_GFN + 8), mapped(PAGE + 8, 3));
}

static void host_dma_in_second_bank(struct model *m)
{
    bank_set_owner(m, 2, EL2_HOSTVISOR);
    m->banks_ever_mapped |= 1 << 2;
    state_set(m, spt_of(2, DMA_GFN), mapped(PAGE, 3));
}

static void host_dma_count_lost(struct model *m)
{
    page_set(m, PAGE, (struct page){EL2_HOSTVISOR, 0, DMA_GFN});
}

static void host_dma_count_higher(struct model *m)
{
    page_set(m, PAGE, (struct page){EL2_HOSTVISOR, 9, DMA_GFN});
}

static const struct breakage breakages[] = {
    {"an SMMU entry of another page", "spt_cons", spt_other_pfn},
    {"an SMMU entry of its page, nobody's bank", NULL, spt_same_pfn},
    {"a host entry of another page", "host_npt_cons", host_other_pfn},
    {"the host maps a page elsewhere", "host_flatmap", host_elsewhere},
    {"a block of the host elsewhere", "host_flatmap", host_block_elsewhere},
    {"the host maps its page", NULL, host_identity},
    {"a block of the host: only its first page is the descriptor's",
     "host_npt_cons", host_block_identity},
    {"a host page's gfn", "host_s2_map", host_page_other_gfn},
    {"a VM's page may have any gfn", NULL, vm_page_other_gfn},
    {"page 0 has an owner", "page_0_invalid", page_0_of_vm},
    {"page 1 may have one", NULL, page_1_of_vm},
    {"the host maps a private page", "host_iso", host_maps_private_page},
    {"the host maps EL2's page", "host_iso", host_maps_el2_page},
    {"a mapped page is not shared any more", "host_iso", share_ends},
    {"INVALID is no share (E11)", "host_iso", share_becomes_invalid},
    {"one share more", NULL, share_grows},
    {"the host maps a device", NULL, host_maps_device},
    {"a VM maps a host page", "vm_iso", vm_maps_host_page},
    {"a VM's block of host pages", "vm_iso", vm_block_of_host_pages},
    {"a VM's mapped page changes hands", "vm_iso", vm_page_changes_hands},
    {"a VM that is off maps a host page", NULL, vm_that_is_off_maps_host_page},
    {"a VM maps a device", NULL, vm_maps_device},
    {"a bank of EL2", "smmu_vm", bank_of_el2},
    {"a bank of the last VM", NULL, bank_of_vm},
    {"a VM's device maps a host page", "smmu_iso", device_maps_host_page},
    {"a device maps a page elsewhere", "smmu_iso", device_maps_page_elsewhere},
    {"a device maps its VM's page", NULL, device_maps_own_page},
    {"a device's page changes hands", "smmu_iso", device_page_changes_hands},
    {"a device's page gets another gfn", "smmu_iso",
     device_page_gets_other_gfn},
    {"a bank changes hands with its table", "smmu_iso", bank_changes_hands},
    {"a bank of a VM that is off", NULL, bank_goes_to_vm_that_is_off},
    {"a bank without owner", NULL, bank_is_released},
    {"a host's DMA mapping is not counted", "smmu_count", host_dma_uncounted},
    {"two mappings, counted once", "smmu_count", host_dma_in_second_bank},
    {"a count of DMA mappings is lost", "smmu_count", host_dma_count_lost},
    {"a count that is too high", NULL, host_dma_count_higher},
};

typedef bool (*check)(const struct model *m, struct el2_violation *violation);

static bool names(const struct model *m, const struct breakage *b, check holds,
                  const char *which)
{
    struct el2_violation violation = {0};
    bool held = holds(m, &violation);
    const char *found =
        held ? "nothing" : el2_invariant_names[violation.invariant];
    const char *expected = b->invariant == NULL ? "nothing" : b->invariant;
    if (strcmp(found, expected) != 0) {
        print_error("%s: the check of the %s names %s, expected %s\n", b->shows,
                    which, found, expected);
        return false;
    }
    return true;
}

static void each_is_named(void **state)
{
    (void)state;
    struct el2_machine *machine = model_of_board();
    size_t failed = 0;
    for (size_t i = 0; i < sizeof breakages / sizeof breakages[0]; i++) {
        struct model *m = good_state(machine);
        const struct breakage good = {"the state that is broken", NULL, NULL};
        failed += !names(m, &good, invariants_hold_everywhere, "state");
        store_begin_step(&m->store);
        breakages[i].apply(m);
        failed += !names(m, &breakages[i], invariants_hold_after_step, "step");
        failed += !names(m, &breakages[i], invariants_hold_everywhere, "state");
    }
    machine->operations->destroy(machine);
    assert_int_equal(failed, 0);
}

/* All ten stand in the table above. */
static void none_is_left_out(void **state)
{
    (void)state;
    static const char *const invariants[] = {
        "spt_cons", "host_npt_cons",  "host_flatmap", "host_s2_map",
        "vm_iso",   "page_0_invalid", "host_iso",     "smmu_vm",
        "smmu_iso", "smmu_count"};
    for (size_t i = 0; i < 10; i++) {
        bool found = false;
        for (size_t k = 0; k < sizeof breakages / sizeof breakages[0]; k++) {
            found |= breakages[k].invariant != NULL &&
                     strcmp(breakages[k].invariant, invariants[i]) == 0;
        }
        assert_true(found);
    }
}

/* A step answers for itself: what was broken before is not its doing. */
static void step_answers_for_itself(void **state)
{
    (void)state;
    struct el2_machine *machine = model_of_board();
    struct model *m = good_state(machine);
    struct el2_violation violation;
    vm_maps_host_page(m);
    run(machine, (struct el2_call){EL2_CALL_map_page_host, {AT(DEVICE_PAGE)}});
    assert_true(machine->operations->invariants_of_step(machine, &violation));
    assert_false(machine->operations->invariants_of_state(machine, &violation));
    assert_int_equal(violation.invariant, EL2_INVARIANT_VM_ISO);
    assert_int_equal(violation.entry, npt_of(1, 9));
    assert_int_equal(violation.page, page_of(PAGE + 8));
    machine->operations->destroy(machine);
}

/* Admitted calls at random until one panics; false then. */
static bool random_step(struct el2_machine *machine, uint64_t *seed)
{
    struct el2_call call;
    do {
        call = random_call(seed, EL2_RUN_CONTRACTS);
    } while (!machine->operations->admits(machine, EL2_RUN_CONTRACTS, &call));
    return !step_of(machine, call).panicked;
}

enum {
    PROGRAMS = 3000,
    STEPS = 40
};

static void programs_break_nothing(void **state)
{
    (void)state;
    struct el2_machine *machine = model_of_board();
    const struct model *m = (struct model *)(void *)machine;
    struct el2_violation violation;
    uint64_t seed = 1;
    size_t steps = 0;
    for (int program = 0; program < PROGRAMS; program++) {
        machine->operations->reset(machine);
        for (int i = 0; i < STEPS && random_step(machine, &seed); i++) {
            if (!invariants_hold_after_step(m, &violation) ||
                !invariants_hold_everywhere(m, &violation)) {
                fail_msg("program %d breaks %s", program,
                         el2_invariant_names[violation.invariant]);
            }
            steps++;
        }
    }
    machine->operations->destroy(machine);
    assert_in_range(steps, 5 * PROGRAMS, PROGRAMS * STEPS);
}

/* Something else in a place that matters. A VM that is off does not come back
 * to life: no call does that. */
static void corrupt(struct model *m, uint64_t *seed)
{
    uint64_t pfn = HOST_PAGE + draw(seed) % 6;
    uint64_t gfn = random_gfn(seed);
    uint32_t v = (uint32_t)(draw(seed) % 3);
    uint32_t bank = (uint32_t)(draw(seed) % 2);
    switch (draw(seed) % 7) {
    case 0:
        page_set(m, pfn, (struct page){v, (uint32_t)(draw(seed) % 3), gfn});
        break;
    case 1:
        page_set(m, pfn, page_of_host(m, pfn));
        break;
    case 2:
        set_entry(m, npt_of(v, v == 0 ? pfn : gfn), pfn);
        break;
    case 3:
        m->banks_ever_mapped |= UINT64_C(1) << bank;
        state_set(m, spt_of(bank, gfn), mapped(pfn, 3));
        break;
    case 4:
        m->banks_ever_mapped |= UINT64_C(1) << bank;
        state_set(m, spt_of(bank, pfn + HOST_OFFSET), mapped(pfn, 3));
        break;
    case 5:
        bank_set_owner(m, bank, v);
        break;
    default:
        page_set(m, pfn, (struct page){v, 0, pfn + HOST_OFFSET});
        break;
    }
}

/* From a good state one change breaks something by both checks or by none. */
static void checks_agree_on_corruption(void **state)
{
    (void)state;
    struct el2_machine *machine = model_of_board();
    struct model *m = (struct model *)(void *)machine;
    uint64_t seed = 2;
    size_t broken = 0;
    for (int program = 0; program < 10 * PROGRAMS; program++) {
        struct el2_violation of_step;
        struct el2_violation of_state;
        uint64_t length = draw(&seed) % STEPS;
        machine->operations->reset(machine);
        bool runs = true;
        for (uint64_t i = 0; i < length && runs; i++) {
            runs = random_step(machine, &seed);
        }
        if (!runs) {
            continue;
        }
        store_begin_step(&m->store);
        corrupt(m, &seed);
        bool step_holds = invariants_hold_after_step(m, &of_step);
        bool state_holds = invariants_hold_everywhere(m, &of_state);
        if (step_holds != state_holds) {
            fail_msg("program %d: only the %s breaks %s", program,
                     step_holds ? "state" : "step",
                     el2_invariant_names[step_holds ? of_state.invariant
                                                    : of_step.invariant]);
        }
        broken += !step_holds;
    }
    machine->operations->destroy(machine);
    assert_in_range(broken, 100, 10 * PROGRAMS);
}

/* No call brings a powered-off VM back; if one did, what became of its pages
 * meanwhile would break the isolation of its bank. */
static void vm_that_comes_back_is_seen(void **state)
{
    (void)state;
    struct el2_machine *machine = model_of_board();
    struct model *m = good_state(machine);
    struct el2_violation violation;
    vm_set_state(m, 1, EL2_VM_POWEROFF);
    page_set(m, LENT, page_of_host(m, LENT));
    assert_true(invariants_hold_everywhere(m, &violation));
    store_begin_step(&m->store);
    vm_set_state(m, 1, EL2_VM_READY);
    assert_false(invariants_hold_after_step(m, &violation));
    assert_int_equal(violation.invariant, EL2_INVARIANT_SMMU_ISO);
    assert_false(invariants_hold_everywhere(m, &violation));
    machine->operations->destroy(machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_named),
        cmocka_unit_test(none_is_left_out),
        cmocka_unit_test(step_answers_for_itself),
        cmocka_unit_test(programs_break_nothing),
        cmocka_unit_test(checks_agree_on_corruption),
        cmocka_unit_test(vm_that_comes_back_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
