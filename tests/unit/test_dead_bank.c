/*
 * E12 of semantics.md section 10, a gap and not a divergence: at the end of the
 * program that shows it, the MMU translates through the bank of a VM that is
 * powered off to a page that is another VM's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devicetree/known.h"
#include "fuzz/pairing.h"
#include "fuzz/program_file.h"

#define BANK      0u
#define IOVA_PAGE UINT64_C(0x200)

static struct program program;
static struct paired_machines pair;

static struct el2_value observe(enum el2_cell_kind kind, uint32_t id,
                                uint64_t index)
{
    struct el2_machine *machine = pair.lockstep.other;
    return machine->operations->observe(machine,
                                        el2_cell_make(kind, id, index));
}

static void run_finding(void)
{
    struct el2_platform platform;
    struct divergence divergence;
    char why[256];
    const char *reason;
    assert_true(
        platform_load(KNOWN_PLATFORM_DEFAULT, &platform, why, sizeof why));
    assert_true(program_read_file(FINDINGS "/E12-bank-of-dead-vm.txt", &program,
                                  why, sizeof why));
    assert_true(
        pairing_boot(pairing_find("fuzz_smmu"), &platform, &pair, &reason));
    assert_int_equal(lockstep_run(&pair.lockstep, &program, &divergence),
                     LOCKSTEP_SAME);
    assert_int_equal(pair.lockstep.counts->calls, program.call_count);
}

static void device_of_dead_vm_reaches_page_of_another(void **state)
{
    (void)state;
    run_finding();
    struct el2_value entry = observe(EL2_CELL_SPT, BANK, IOVA_PAGE);
    uint64_t pfn = el2_value_translation(entry);
    assert_int_not_equal(pfn, EL2_NO_TRANSLATION);
    assert_int_equal(observe(EL2_CELL_BANK, BANK, 0).words[0], 1);
    assert_int_equal(observe(EL2_CELL_VM_STATE, 1, 0).words[0],
                     EL2_VM_POWEROFF);
    struct el2_value page = observe(EL2_CELL_PAGE, 0, pfn);
    assert_int_equal(el2_value_owner(page), 2);
    assert_int_equal(el2_value_count(page), 0);
    pairing_shut_down(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(device_of_dead_vm_reaches_page_of_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
