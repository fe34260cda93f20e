/* The host's accesses to SMMU registers: semantics.md section 6.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/model_cases.h"

#define CHECK(cases) check_cases(cases, sizeof(cases) / sizeof(cases)[0])

/* Offsets of registers. */
#define SCR0        0x0
#define SCR1        0x4
#define SCR2        0x8
#define CBAR(n)     (0x1000 + 4 * (n))
#define CBARS_END   0x1800
#define BANK(n)     (0x8000 + AT(n))
#define TTBR0_LOW   0x20
#define TTBR0_HIGH  0x24
#define TTBR1       0x28
#define TCR         0x30
#define CONTEXTIDR  0x34
#define LAST_GLOBAL 0x7ffc

#define SMCFCFG  (UINT64_C(1) << 21)
#define HIGH(x)  ((uint64_t)(x) << 32)
#define ROOT(id) (0x10000 + UINT64_C(0x2000) * (id))
#define ANYTHING UINT64_C(0xfedcba9876543210)
#define LOW_HALF UINT64_C(0x76543210)

/* VM 3 owns bank 2 of SMMU 1, the host its bank 1; nobody its banks 0 and 3,
 * and there is no bank 4. */
static const struct el2_call of_vm_3 = {EL2_CALL_smmu_alloc_pgd, {2, 3, 1}};
static const struct el2_call of_host = {EL2_CALL_smmu_alloc_pgd, {1, 0, 1}};

struct write_case {
    const char *shows;
    uint64_t offset;
    uint64_t size;
    uint64_t value;
    enum el2_outcome outcome;
    uint64_t reaches;
};

static void check_writes(const struct write_case *writes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct write_case *w = &writes[i];
        const struct model_case c = {
            .shows = w->shows,
            .before = {of_vm_3, of_host},
            .call = {EL2_CALL_smmu_write, {1, w->offset, w->size, w->value}},
            .outcome = w->outcome,
            .result = w->reaches,
            .held = el2_outcome_is_panic(w->outcome) ? HELD_SMMU : 0,
        };
        check_cases(&c, 1);
    }
}

#define CHECK_WRITES(writes)                                                   \
    check_writes(writes, sizeof(writes) / sizeof(writes)[0])

static void global_registers(void **state)
{
    (void)state;
    static const struct write_case writes[] = {
        {"sCR0 with SMCFCFG", SCR0, 4, SMCFCFG, EL2_OUTCOME_REGISTER_WRITTEN,
         SMCFCFG},
        {"sCR0 without", SCR0, 4, ~SMCFCFG, EL2_OUTCOME_PANIC_STREAM_CONFLICT,
         0},
        {"what is above the register does not reach it", SCR0, 4,
         HIGH(7) | SMCFCFG, EL2_OUTCOME_REGISTER_WRITTEN, SMCFCFG},
        {"nor does it help", SCR0, 4, HIGH(SMCFCFG),
         EL2_OUTCOME_PANIC_STREAM_CONFLICT, 0},
        {"sCR0 and sCR1", SCR0, 8, HIGH(5) | SMCFCFG,
         EL2_OUTCOME_REGISTER_WRITTEN, HIGH(5) | SMCFCFG},
        {"sCR0 without, and sCR1", SCR0, 8, HIGH(SMCFCFG),
         EL2_OUTCOME_PANIC_STREAM_CONFLICT, 0},
        {"sCR1", SCR1, 4, 0, EL2_OUTCOME_REGISTER_WRITTEN, 0},
        {"sCR2 without a VMID", SCR2, 4, 0xffffff00,
         EL2_OUTCOME_REGISTER_WRITTEN, 0xffffff00},
        {"sCR2 with one", SCR2, 4, 0x80, EL2_OUTCOME_PANIC_BYPASS_VMID, 0},
        {"sCR2 and what follows", SCR2, 8, HIGH(0xff) | 0x100,
         EL2_OUTCOME_REGISTER_WRITTEN, HIGH(0xff) | 0x100},
        {"sCR2 with one, and what follows", SCR2, 8, 1,
         EL2_OUTCOME_PANIC_BYPASS_VMID, 0},
        {"the last global register", LAST_GLOBAL, 4, ANYTHING,
         EL2_OUTCOME_REGISTER_WRITTEN, LOW_HALF},
    };
    CHECK_WRITES(writes);
}

static void cbar(void **state)
{
    (void)state;
    static const struct write_case writes[] = {
        {"a VM's bank: stage 2, its VMID", CBAR(2), 4, 0xfffcff03,
         EL2_OUTCOME_REGISTER_WRITTEN, 0xfffcff03},
        {"another VMID", CBAR(2), 4, 4, EL2_OUTCOME_PANIC_CBAR_OWNER, 0},
        {"stage 1, bit 16", CBAR(2), 4, 0x10003, EL2_OUTCOME_PANIC_CBAR_TYPE,
         0},
        {"stage 1, bit 17", CBAR(2), 4, 0x20003, EL2_OUTCOME_PANIC_CBAR_TYPE,
         0},
        {"both are wrong", CBAR(2), 4, 0x30004, EL2_OUTCOME_PANIC_CBAR_TYPE, 0},
        {"the host's bank", CBAR(1), 4, 0x30004, EL2_OUTCOME_REGISTER_WRITTEN,
         0x30004},
        {"a bank without owner", CBAR(3), 4, 0x30004,
         EL2_OUTCOME_REGISTER_WRITTEN, 0x30004},
        {"no bank", CBAR(4), 4, 0x30004, EL2_OUTCOME_REGISTER_WRITTEN, 0x30004},
        {"a VM's bank and the next", CBAR(2), 8, HIGH(0x30004) | 3,
         EL2_OUTCOME_REGISTER_WRITTEN, HIGH(0x30004) | 3},
        {"the VM's half is wrong", CBAR(2), 8, HIGH(3),
         EL2_OUTCOME_PANIC_CBAR_OWNER, 0},
        {"the last one", CBARS_END - 4, 4, 0x30004,
         EL2_OUTCOME_REGISTER_WRITTEN, 0x30004},
        {"past them", CBARS_END, 8, ANYTHING, EL2_OUTCOME_REGISTER_WRITTEN,
         ANYTHING},
    };
    CHECK_WRITES(writes);
}

/* The high half of 8 bytes is checked like the low one. */
static void cbar_in_the_high_half(void **state)
{
    (void)state;
    const struct el2_call next = {EL2_CALL_smmu_alloc_pgd, {3, 4, 1}};
    const struct model_case cases[] = {
        {.shows = "both VMs' banks",
         .before = {of_vm_3, next},
         .call = {EL2_CALL_smmu_write, {1, CBAR(2), 8, HIGH(4) | 3}},
         .outcome = EL2_OUTCOME_REGISTER_WRITTEN,
         .result = HIGH(4) | 3},
        {.shows = "the second is wrong",
         .before = {of_vm_3, next},
         .call = {EL2_CALL_smmu_write, {1, CBAR(2), 8, HIGH(3) | 3}},
         .outcome = EL2_OUTCOME_PANIC_CBAR_OWNER,
         .held = HELD_SMMU},
        {.shows = "the low one is looked at first",
         .before = {of_vm_3, next},
         .call = {EL2_CALL_smmu_write, {1, CBAR(2), 8, HIGH(5) | 0x10003}},
         .outcome = EL2_OUTCOME_PANIC_CBAR_TYPE,
         .held = HELD_SMMU},
        {.shows = "banks belong to their SMMU",
         .before = {of_vm_3, next},
         .call = {EL2_CALL_smmu_write, {0, CBAR(2), 8, HIGH(3) | 9}},
         .outcome = EL2_OUTCOME_REGISTER_WRITTEN,
         .result = HIGH(3) | 9},
    };
    CHECK(cases);
}

static void bank_registers(void **state)
{
    (void)state;
    static const struct write_case writes[] = {
        {"the root of a VM's bank", BANK(2) + TTBR0_LOW, 4, ANYTHING,
         EL2_OUTCOME_ROOT_WRITTEN, ROOT(10)},
        {"its upper half", BANK(2) + TTBR0_HIGH, 4, ANYTHING,
         EL2_OUTCOME_ROOT_WRITTEN, 0},
        {"all of it", BANK(2) + TTBR0_LOW, 8, ANYTHING,
         EL2_OUTCOME_ROOT_WRITTEN, ROOT(10)},
        {"the root of the host's bank", BANK(1) + TTBR0_LOW, 8, ANYTHING,
         EL2_OUTCOME_ROOT_WRITTEN, ROOT(9)},
        {"the root of a bank without owner", BANK(3) + TTBR0_LOW, 8, 0,
         EL2_OUTCOME_ROOT_WRITTEN, ROOT(11)},
        {"no bank", BANK(4) + TTBR0_LOW, 8, ANYTHING,
         EL2_OUTCOME_REGISTER_WRITTEN, ANYTHING},
        {"before the root", BANK(2) + TTBR0_LOW - 8, 8, ANYTHING,
         EL2_OUTCOME_REGISTER_WRITTEN, ANYTHING},
        {"after it", BANK(2) + TTBR1, 8, ANYTHING, EL2_OUTCOME_REGISTER_WRITTEN,
         ANYTHING},
        {"CONTEXTIDR", BANK(2) + CONTEXTIDR, 4, 0, EL2_OUTCOME_PANIC_CONTEXTIDR,
         0},
        {"of a bank without owner", BANK(0) + CONTEXTIDR, 4, 0,
         EL2_OUTCOME_PANIC_CONTEXTIDR, 0},
        {"as the upper half of 8 bytes", BANK(2) + TCR, 8, 0,
         EL2_OUTCOME_PANIC_CONTEXTIDR, 0},
        {"TCR alone", BANK(2) + TCR, 4, ANYTHING, EL2_OUTCOME_REGISTER_WRITTEN,
         LOW_HALF},
        {"no bank's CONTEXTIDR", BANK(4) + CONTEXTIDR, 4, ANYTHING,
         EL2_OUTCOME_REGISTER_WRITTEN, LOW_HALF},
        {"the last register of the window", BANK(23) + 0xff8, 8, ANYTHING,
         EL2_OUTCOME_REGISTER_WRITTEN, ANYTHING},
        {"global registers have no such rule", CONTEXTIDR, 4, 5,
         EL2_OUTCOME_REGISTER_WRITTEN, 5},
    };
    CHECK_WRITES(writes);
}

/* The first SMMU's banks have other ids than the second's. */
static void first_smmu(void **state)
{
    (void)state;
    const struct model_case cases[] = {
        {.shows = "its last bank",
         .call = {EL2_CALL_smmu_write, {0, BANK(7) + TTBR0_LOW, 8, 0}},
         .outcome = EL2_OUTCOME_ROOT_WRITTEN,
         .result = ROOT(7)},
        {.shows = "past its last bank",
         .call = {EL2_CALL_smmu_write, {0, BANK(8) + TTBR0_LOW, 8, 1}},
         .outcome = EL2_OUTCOME_REGISTER_WRITTEN,
         .result = 1},
    };
    CHECK(cases);
}

static void widths(void **state)
{
    (void)state;
    static const struct {
        uint64_t offset, size;
        bool good;
    } accesses[] = {
        {0x100, 4, true},
        {0x104, 4, true},
        {0x100, 8, true},
        {0x104, 8, false},
        {0x102, 4, false},
        {0x101, 8, false},
        {0x100, 0, false},
        {0x100, 1, false},
        {0x100, 2, false},
        {0x100, 16, false},
        {0x100, UINT64_C(0x100000004), false},
    };
    for (size_t i = 0; i < sizeof accesses / sizeof accesses[0]; i++) {
        uint64_t offset = accesses[i].offset;
        uint64_t size = accesses[i].size;
        bool good = accesses[i].good;
        const struct model_case cases[] = {
            {.shows = "a read",
             .call = {EL2_CALL_smmu_read, {0, offset, size}},
             .outcome = good ? EL2_OUTCOME_REGISTER_READ
                             : EL2_OUTCOME_PANIC_REGISTER_ACCESS,
             .held = good ? 0 : HELD_SMMU},
            {.shows = "a write",
             .call = {EL2_CALL_smmu_write, {0, offset, size, 9}},
             .outcome = good ? EL2_OUTCOME_REGISTER_WRITTEN
                             : EL2_OUTCOME_PANIC_REGISTER_ACCESS,
             .result = good ? 9 : 0,
             .held = good ? 0 : HELD_SMMU},
        };
        CHECK(cases);
    }
}

/* What a write may not do, a read may. */
static void reads(void **state)
{
    (void)state;
    static const uint64_t offsets[] = {SCR0, SCR2, CBAR(2), BANK(2) + TTBR0_LOW,
                                       BANK(2) + CONTEXTIDR};
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        const struct model_case c = {
            .shows = "a read",
            .before = {of_vm_3},
            .call = {EL2_CALL_smmu_read, {1, offsets[i], 4}},
            .outcome = EL2_OUTCOME_REGISTER_READ};
        check_cases(&c, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(global_registers),
        cmocka_unit_test(cbar),
        cmocka_unit_test(cbar_in_the_high_half),
        cmocka_unit_test(bank_registers),
        cmocka_unit_test(first_smmu),
        cmocka_unit_test(widths),
        cmocka_unit_test(reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
