/*
 * What the host may ask of the EL2 code about SMMUs, on the fake shim: mappings
 * of context banks and the emulated registers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/impl_hypercall_board.h"

#define READ_WRITE    UINT64_C(0xc0)
#define IOVA_OF(pfn)  AT((pfn) + HOST_OFFSET)
#define CONTEXT(n)    (UINT64_C(0x8000) + UINT64_C(0x1000) * (n))
#define CBAR(n)       (UINT64_C(0x1000) + UINT64_C(4) * (n))
#define SCR0_GOOD     UINT64_C(0x200000)
#define ROOT(bank)    el2_spt_root(&el2, (bank))
#define OWNED_BY_HOST 0 /* banks of the first SMMU */
#define OWNED_BY_VM   1
#define OWNED_BY_NONE 2

/* Mappings. */

static void the_host_maps(void **state)
{
    const uint64_t descriptor = AT(HOST_PFN) | READ_WRITE | EL2_SMMU_PAGE;
    (void)state;

    CALL(smmu_map, IOVA_OF(HOST_PFN), AT(HOST_PFN), READ_WRITE, 0, 0);
    CALL(smmu_clear, IOVA_OF(HOST_PFN), 0, 0); /* nobody's: nothing */
    assert_int_equal(CALL(spt_walk, 0, 0, IOVA_OF(HOST_PFN)), 0);
    CALL(smmu_alloc_pgd, 0, EL2_HOSTVISOR, 0);
    CALL(smmu_map, IOVA_OF(HOST_PFN) + 0x10, AT(HOST_PFN) + 0xfff, READ_WRITE,
         0, 0);
    assert_int_equal(CALL(spt_walk, 0, 0, IOVA_OF(HOST_PFN)), descriptor);
    expect_page(HOST_PFN, EL2_HOSTVISOR, 1, HOST_PFN + HOST_OFFSET);
    assert_int_equal(CALL(smmu_iova_to_phys, IOVA_OF(HOST_PFN) + 0x321, 0, 0),
                     AT(HOST_PFN) + 0x321);
    assert_int_equal(CALL(smmu_iova_to_phys, 0x321, 0, 0), 0x321);
    assert_int_equal(CALL(smmu_iova_to_phys, IOVA_OF(HOST_PFN), 0, 1), 0);
    CALL(smmu_clear, IOVA_OF(HOST_PFN), 0, 0);
    expect_host_page(HOST_PFN);
    CALL(smmu_clear, IOVA_OF(HOST_PFN), 0, 0); /* again: nothing */
    expect_host_page(HOST_PFN);
}

static void what_the_host_may_not_map(void **state)
{
    const el2_lock_set held = HELD_SMMU | HELD_VM(EL2_HOSTVISOR) | HELD_PAGE;
    (void)state;

    CALL(smmu_alloc_pgd, 3, EL2_HOSTVISOR, 1);
    PANICS(held, smmu_map, IOVA_OF(HOST_PFN), AT(HOST_PFN + 1), READ_WRITE, 3,
           1);
    PANICS(held, smmu_map, IOVA_OF(HOST_END), AT(HOST_END), READ_WRITE, 3, 1);
    PANICS(held, smmu_map, 0, AT(DEVICE_PFN), READ_WRITE, 3, 1);
    for (uint64_t i = 0; i < 3; i++) {
        CALL(spt_map, 0, 0, i << 21, AT(HOST_PFN) | 3);
    }
    PANICS(held | HELD_SPT, smmu_map, IOVA_OF(HOST_PFN), AT(HOST_PFN),
           READ_WRITE, 3, 1);
}

static void a_vm_bank_maps(void **state)
{
    const el2_lock_set held = HELD_SMMU | HELD_VM(1) | HELD_PAGE;
    (void)state;

    register_vms(2);
    CALL(smmu_alloc_pgd, 1, 1, 1);
    CALL(host_fault, AT(HOST_PFN));
    CALL(smmu_map, 0x7123, AT(HOST_PFN) + 5, READ_WRITE, 1, 1);
    expect_page(HOST_PFN, 1, EL2_INVALID, 7);
    assert_int_equal(CALL(npt_walk, EL2_HOSTVISOR, AT(HOST_PFN)), EL2_S2_TAKEN);
    assert_int_equal(CALL(spt_walk, 1, 1, 0x7000),
                     AT(HOST_PFN) | READ_WRITE | EL2_SMMU_PAGE);
    CALL(smmu_map, 0x7000, AT(HOST_PFN), 0, 1, 1); /* less, its own page */
    assert_int_equal(CALL(spt_walk, 1, 1, 0x7000),
                     AT(HOST_PFN) | EL2_SMMU_PAGE);
    PANICS(held, smmu_map, 0x8000, AT(HOST_PFN), READ_WRITE, 1, 1);
    PANICS(held, smmu_map, 0x8000, AT(HOST_END), READ_WRITE, 1, 1);
    CALL(smmu_alloc_pgd, 0, EL2_HOSTVISOR, 0);
    CALL(smmu_map, IOVA_OF(HOST_PFN + 1), AT(HOST_PFN + 1), READ_WRITE, 0, 0);
    PANICS(held, smmu_map, 0x8000, AT(HOST_PFN + 1), READ_WRITE, 1, 1);
    CALL(smmu_clear, 0x7fff, 1, 1);
    assert_int_equal(CALL(spt_walk, 1, 1, 0x7000), 0);
    expect_page(HOST_PFN, 1, EL2_INVALID, 7);
}

/* The tables are settled from VERIFIED on; what is mapped goes with the VM. */
static void a_verified_vm_bank_is_settled(void **state)
{
    (void)state;

    register_vms(1);
    CALL(smmu_alloc_pgd, 1, 1, 0);
    CALL(smmu_map, 0x7000, AT(HOST_PFN), READ_WRITE, 1, 0);
    verify(1);
    PANICS(HELD_SMMU | HELD_VM(1), smmu_map, 0x7000, AT(HOST_PFN), READ_WRITE,
           1, 0);
    PANICS(HELD_SMMU | HELD_VM(1), smmu_clear, 0x7000, 1, 0);
    PANICS(HELD_SMMU | HELD_VM(1), smmu_alloc_pgd, 2, 1, 0);
    PANICS(HELD_SMMU | HELD_VM(1), smmu_free_pgd, 1, 0);
    CALL(vm_poweroff, 1);
    PANICS(HELD_SMMU | HELD_VM(1), smmu_clear, 0x7000, 1, 0);
    CALL(smmu_map, 0x9000, AT(HOST_PFN + 1), READ_WRITE, 1, 0);
    expect_page(HOST_PFN + 1, 1, EL2_INVALID, 9);
    CALL(smmu_free_pgd, 1, 0);
    CALL(smmu_clear, 0x7000, 1, 0); /* nobody's now */
    assert_int_equal(CALL(spt_walk, 1, 0, 0x7000),
                     AT(HOST_PFN) | READ_WRITE | EL2_SMMU_PAGE);
}

/* Registers. */

static void prepare_banks(void)
{
    register_vms(5);
    CALL(smmu_alloc_pgd, OWNED_BY_HOST, EL2_HOSTVISOR, 0);
    CALL(smmu_alloc_pgd, OWNED_BY_VM, 5, 0);
}

static void accesses_of_other_widths(void **state)
{
    static const uint64_t widths[] = {
        0, 1, 2, 3, 5, 16, (UINT64_C(1) << 32) | 4, UINT64_MAX,
    };
    (void)state;

    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        PANICS(HELD_SMMU, smmu_read, 0, 0, widths[i]);
        PANICS(HELD_SMMU, smmu_write, 0, 0, widths[i], SCR0_GOOD);
    }
    for (uint64_t offset = 1; offset < 8; offset++) {
        PANICS(HELD_SMMU, smmu_write, 0, offset, 8, 0);
        PANICS(HELD_SMMU, smmu_read, 0, offset, 8);
        if (offset != 4) {
            PANICS(HELD_SMMU, smmu_write, 0, offset, 4, 0);
            PANICS(HELD_SMMU, smmu_read, 0, offset, 4);
        }
    }
    CALL(smmu_read, 0, 4, 4);
    CALL(smmu_read, 1, CONTEXT(0) + 0x20, 8);
    assert_int_equal(fake_shim_event_count(), 0);
}

/* What passes as it is; of a 4-byte write only the low half is looked at. */
static const struct {
    uint64_t smmu;
    uint64_t offset;
    uint64_t width;
    uint64_t value;
} passes[] = {
    {0, 0x0, 4, SCR0_GOOD},
    {0, 0x0, 8, SCR0_GOOD | UINT64_C(5) << 32},
    {0, 0x4, 4, 0},
    {0, 0x8, 4, 0xffffff00},
    {0, 0x8, 8, 0xffffffffffffff00},
    {0, 0xffc, 4, 0xffffffff},
    {1, 0x10, 4, 0xdead00000001},
    {0, CBAR(OWNED_BY_HOST), 4, 0x300ff},
    {0, CBAR(OWNED_BY_NONE), 4, 0x10001},
    {0, CBAR(OWNED_BY_VM), 4, 0xfffc0005 | 0x0000ff00},
    {0, CBAR(OWNED_BY_HOST), 8, (UINT64_C(5) << 32) | 0x30001},
    {1, CBAR(1), 4, 0x30000},  /* of the other SMMU */
    {1, CBAR(5), 4, 0x30000},  /* no bank */
    {0, CBAR(64), 4, 0x30000}, /* no bank has so high a number */
    {0, CBAR(511), 4, 0x30000},
    {0, 0x1800 + 4 * OWNED_BY_VM, 4, 0x30000},
    {0, CONTEXT(0), 4, 1},
    {0, CONTEXT(0) + 0x28, 8, 0x1234567890},
    {0, CONTEXT(0) + 0x38, 8, 0x1234567890},
    {1, CONTEXT(4) + 0x20, 8, 0x1234567890}, /* no bank */
    {1, CONTEXT(4) + 0x24, 4, 0x1234},
    {1, CONTEXT(4) + 0x34, 4, 0x1234},
    {1, CONTEXT(23) + 0x30, 8, 0x1234567890},
};

static void writes_that_pass(void **state)
{
    (void)state;

    prepare_banks();
    for (size_t i = 0; i < sizeof passes / sizeof passes[0]; i++) {
        bool is_long = passes[i].width == 8;
        uint64_t value = passes[i].value;

        CALL(smmu_write, passes[i].smmu, passes[i].offset, passes[i].width,
             value);
        assert_int_equal(fake_shim_event_count(), 1);
        expect_event(0, (struct fake_event){is_long ? FAKE_SMMU_WRITE64
                                                    : FAKE_SMMU_WRITE32,
                                            passes[i].smmu, passes[i].offset,
                                            is_long ? value : (uint32_t)value});
    }
}

/* The root of a bank that exists is EL2's, whoever owns the bank. */
static void roots_are_written(void **state)
{
    (void)state;

    for (uint64_t n = 0; n < 4; n++) {
        uint32_t bank = (uint32_t)(8 + n);
        uint64_t root = ROOT(bank);
        uint64_t offset = CONTEXT(n) + 0x20;

        CALL(smmu_write, 1, offset, 4, 0xbad);
        expect_event(0, (struct fake_event){FAKE_SMMU_WRITE32, 1, offset,
                                            (uint32_t)root});
        CALL(smmu_write, 1, offset + 4, 4, 0xbad);
        expect_event(0, (struct fake_event){FAKE_SMMU_WRITE32, 1, offset + 4,
                                            root >> 32});
        CALL(smmu_write, 1, offset, 8, UINT64_MAX);
        assert_int_equal(fake_shim_event_count(), 1);
        expect_event(0,
                     (struct fake_event){FAKE_SMMU_WRITE64, 1, offset, root});
    }
}

static const struct {
    uint64_t offset;
    uint64_t width;
    uint64_t value;
} panics[] = {
    {0x0, 4, ~SCR0_GOOD},
    {0x0, 4, SCR0_GOOD << 32},
    {0x0, 8, SCR0_GOOD << 32},
    {0x8, 4, 0x80},
    {0x8, 8, 0x01},
    {CBAR(OWNED_BY_VM), 4, 0x10005},
    {CBAR(OWNED_BY_VM), 4, 0x20005},
    {CBAR(OWNED_BY_VM), 4, 0x00004},
    {CBAR(OWNED_BY_VM), 4, 0x00000},
    {CBAR(OWNED_BY_HOST), 8, (UINT64_C(4) << 32) | 5}, /* the high half */
    {CONTEXT(0) + 0x34, 4, 0},
    {CONTEXT(7) + 0x34, 4, 1},
    {CONTEXT(OWNED_BY_NONE) + 0x30, 8, 0}, /* the high half */
};

static void writes_that_panic(void **state)
{
    (void)state;

    prepare_banks();
    for (size_t i = 0; i < sizeof panics / sizeof panics[0]; i++) {
        PANICS(HELD_SMMU, smmu_write, 0, panics[i].offset, panics[i].width,
               panics[i].value);
        assert_int_equal(fake_shim_event_count(), 0);
    }
}

#define BOOTED(test) cmocka_unit_test_setup(test, boot)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOOTED(the_host_maps),
        BOOTED(what_the_host_may_not_map),
        BOOTED(a_vm_bank_maps),
        BOOTED(a_verified_vm_bank_is_settled),
        BOOTED(accesses_of_other_widths),
        BOOTED(writes_that_pass),
        BOOTED(roots_are_written),
        BOOTED(writes_that_panic),
    };

    return cmocka_run_group_tests_name("impl_smmu", tests, NULL, NULL);
}
