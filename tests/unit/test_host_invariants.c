/*
 * The invariants on the EL2 code's state: each broken in each way that it can
 * be, by an entry, by a page record, or by who the bank or the VM is now.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/hand_board.h"

#define PAGE_A    HOST_PAGE
#define PAGE_B    (HOST_PAGE + 1)
#define BLOCK     (HOST_PAGE + 512)
#define GFN       UINT64_C(0x12345)
#define IOVA(pfn) ((pfn) + HOST_OFFSET)

static int set_up(void **state)
{
    *state = create_hand_board();
    return 0;
}

static int tear_down(void **state)
{
    destroy_hand_board(*state);
    return 0;
}

#define assert_holds(b) assert_true(verdict(b))

/* The step breaks the invariant, and these two cells say where. */
static void assert_breaks(struct hand_board *b, const char *invariant,
                          el2_cell entry, el2_cell page)
{
    assert_false(verdict(b));
    assert_string_equal(el2_invariant_names[b->violation.invariant], invariant);
    assert_int_equal(b->violation.entry, entry);
    assert_int_equal(b->violation.page, page);
}

static void host_flatmap(void **state)
{
    struct hand_board *b = *state;
    put_npt(b, 0, PAGE_A, PAGE_A);
    put_npt(b, 0, DEVICE_PAGE, DEVICE_PAGE);
    assert_holds(b);
    put_npt(b, 0, PAGE_A, PAGE_B);
    assert_breaks(b, "host_flatmap", npt_of(0, PAGE_A), page_of(PAGE_B));
}

static void host_flatmap_block(void **state)
{
    struct hand_board *b = *state;
    put_block(b, 0, BLOCK, BLOCK);
    assert_holds(b);
    put_block(b, 0, BLOCK + 512, BLOCK);
    assert_breaks(b, "host_flatmap", block_of(0, BLOCK + 512), page_of(BLOCK));
}

/* The MMU ignores bits 20:12 of a block's address (E10). */
static void host_npt_cons(void **state)
{
    struct hand_board *b = *state;
    put_block(b, 1, BLOCK, BLOCK + 1);
    for (uint64_t i = 0; i < 512; i++) {
        put_record(b, BLOCK + i, 1, 0, BLOCK + i);
    }
    assert_holds(b); /* no invariant speaks of a VM's descriptors */
    put_block(b, 0, HOST_PAGE, HOST_PAGE + 1);
    assert_breaks(b, "host_npt_cons", block_of(0, HOST_PAGE),
                  page_of(HOST_PAGE));
}

static void spt_cons(void **state)
{
    struct hand_board *b = *state;
    put_spt_block(b, 3, IOVA(BLOCK), BLOCK);
    assert_holds(b); /* the bank is not in use */
    put_spt_block(b, 3, IOVA(BLOCK), BLOCK + 7);
    assert_breaks(b, "spt_cons", spt_of(3, IOVA(BLOCK)), page_of(BLOCK));
}

static void host_s2_map(void **state)
{
    struct hand_board *b = *state;
    put_host_record(b, PAGE_A, 0);
    put_record(b, PAGE_B, 1, 0, GFN);
    assert_holds(b);
    put_record(b, PAGE_A, EL2_HOSTVISOR, 0, IOVA(PAGE_A) + 1);
    assert_breaks(b, "host_s2_map", page_of(PAGE_A), page_of(PAGE_A));
    put_record(b, PAGE_B, EL2_HOSTVISOR, 0, GFN);
    assert_breaks(b, "host_s2_map", page_of(PAGE_B), page_of(PAGE_B));
}

/* The records of this EL2 code cannot say it; another code's could. */
static void page_0_invalid(void **state)
{
    struct hand_board *b = *state;
    const el2_cell cell = page_of(0);
    struct el2_value value =
        el2_value_page(EL2_INVALID, EL2_INVALID, EL2_INVALID64);
    const struct el2_touched touched = {1, &cell, &value};
    assert_true(invariants_hold_after(&b->invariants, &touched, &b->violation));
    value = el2_value_page(EL2_HOSTVISOR, 0, HOST_OFFSET);
    assert_false(
        invariants_hold_after(&b->invariants, &touched, &b->violation));
    assert_int_equal(b->violation.invariant, EL2_INVARIANT_PAGE_0_INVALID);
    assert_int_equal(b->violation.page, page_of(0));
}

static void host_iso_by_entry(void **state)
{
    struct hand_board *b = *state;
    put_record(b, PAGE_A, 1, 0, GFN);
    put_record(b, PAGE_B, 1, 1, GFN + 1);
    put_npt(b, 0, PAGE_B, PAGE_B); /* shared */
    put_npt(b, 0, DEVICE_PAGE, DEVICE_PAGE);
    assert_holds(b);
    put_npt(b, 0, PAGE_A, PAGE_A);
    assert_breaks(b, "host_iso", npt_of(0, PAGE_A), page_of(PAGE_A));
    put_entry(b, false, 0, PAGE_A, 3, EL2_S2_TAKEN);
    assert_holds(b);
    put_npt(b, 0, EL2_PAGE, EL2_PAGE);
    assert_breaks(b, "host_iso", npt_of(0, EL2_PAGE), page_of(EL2_PAGE));
}

static void host_iso_by_record(void **state)
{
    struct hand_board *b = *state;
    put_npt(b, 0, PAGE_A, PAGE_A);
    assert_holds(b);
    put_record(b, PAGE_A, 1, 2, GFN);
    assert_holds(b); /* shared */
    put_record(b, PAGE_A, 1, 0, GFN);
    assert_breaks(b, "host_iso", npt_of(0, PAGE_A), page_of(PAGE_A));
    put_record(b, PAGE_A, 1, EL2_INVALID, GFN);
    assert_breaks(b, "host_iso", npt_of(0, PAGE_A), page_of(PAGE_A));
    put_record(b, PAGE_A, CORE_VMID, 0, GFN);
    assert_breaks(b, "host_iso", npt_of(0, PAGE_A), page_of(PAGE_A));
}

static void host_iso_in_block(void **state)
{
    struct hand_board *b = *state;
    put_block(b, 0, BLOCK, BLOCK);
    assert_holds(b);
    put_record(b, BLOCK + 511, 2, 0, GFN);
    assert_breaks(b, "host_iso", block_of(0, BLOCK), page_of(BLOCK + 511));
    put_host_record(b, BLOCK + 511, 0);
    put_entry(b, false, 0, BLOCK, 2, 0);
    put_record(b, BLOCK + 5, 2, 0, GFN);
    assert_holds(b);
    put_block(b, 0, BLOCK, BLOCK);
    assert_breaks(b, "host_iso", block_of(0, BLOCK), page_of(BLOCK + 5));
}

static void vm_iso_by_entry(void **state)
{
    struct hand_board *b = *state;
    put_record(b, PAGE_A, 1, 0, GFN);
    put_npt(b, 1, GFN, PAGE_A);
    put_npt(b, 1, GFN + 1, DEVICE_PAGE);
    put_npt(b, CORE_VMID, GFN, PAGE_B); /* EL2's own tables: no invariant */
    assert_holds(b);
    put_npt(b, 2, GFN, PAGE_A);
    assert_breaks(b, "vm_iso", npt_of(2, GFN), page_of(PAGE_A));
    put_entry(b, false, 2, GFN, 3, 0);
    assert_holds(b);
    put_npt(b, 1, GFN, PAGE_B);
    assert_breaks(b, "vm_iso", npt_of(1, GFN), page_of(PAGE_B));
    put_state(b, 1, EL2_VM_POWEROFF);
    assert_holds(b);
}

static void vm_iso_by_record(void **state)
{
    struct hand_board *b = *state;
    put_record(b, PAGE_A, 1, 0, GFN);
    put_npt(b, 1, GFN, PAGE_A);
    assert_holds(b);
    put_record(b, PAGE_A, 2, 0, GFN);
    assert_breaks(b, "vm_iso", npt_of(1, GFN), page_of(PAGE_A));
    put_host_record(b, PAGE_A, 0);
    assert_breaks(b, "vm_iso", npt_of(1, GFN), page_of(PAGE_A));
}

static void vm_iso_in_block(void **state)
{
    struct hand_board *b = *state;
    for (uint64_t i = 0; i < 512; i++) {
        put_record(b, BLOCK + i, 1, 0, 0x400 + i);
    }
    put_block(b, 1, 0x400, BLOCK);
    assert_holds(b);
    put_host_record(b, BLOCK + 9, 0);
    assert_breaks(b, "vm_iso", block_of(1, 0x400), page_of(BLOCK + 9));
    put_state(b, 1, EL2_VM_POWEROFF);
    assert_holds(b);
    put_host_record(b, BLOCK + 9, 0);
    assert_holds(b);
}

static void vm_iso_after_poweroff(void **state)
{
    struct hand_board *b = *state;
    put_record(b, PAGE_A, 1, 0, GFN);
    put_npt(b, 1, GFN, PAGE_A);
    put_state(b, 1, EL2_VM_VERIFIED);
    assert_holds(b);
    put_state(b, 1, EL2_VM_POWEROFF);
    put_host_record(b, PAGE_A, 0);
    assert_holds(b);
    put_state(b, 1, EL2_VM_READY);
    assert_breaks(b, "vm_iso", npt_of(1, GFN), page_of(PAGE_A));
}

static void smmu_vm(void **state)
{
    struct hand_board *b = *state;
    put_owner(b, 0, EL2_HOSTVISOR);
    put_owner(b, 1, CORE_VMID - 1);
    put_owner(b, 1, EL2_INVALID);
    assert_holds(b);
    put_owner(b, 2, CORE_VMID);
    assert_breaks(b, "smmu_vm", bank_of(2), bank_of(2));
    put_owner(b, 2, 99);
    assert_breaks(b, "smmu_vm", bank_of(2), bank_of(2));
}

static void smmu_iso_by_entry(void **state)
{
    struct hand_board *b = *state;
    put_owner(b, 1, 2);
    put_record(b, PAGE_A, 2, EL2_INVALID, GFN);
    put_spt(b, 1, GFN, PAGE_A);
    assert_holds(b);
    put_spt(b, 1, GFN + 1, PAGE_A); /* its gfn is another one */
    assert_breaks(b, "smmu_iso", spt_of(1, GFN + 1), page_of(PAGE_A));
    put_entry(b, true, 1, GFN + 1, 3, 0);
    assert_holds(b);
    put_spt(b, 1, IOVA(PAGE_B), PAGE_B); /* the host's */
    assert_breaks(b, "smmu_iso", spt_of(1, IOVA(PAGE_B)), page_of(PAGE_B));
    put_entry(b, true, 1, IOVA(PAGE_B), 3, 0);
    assert_holds(b);
    put_spt(b, 1, GFN + 2, DEVICE_PAGE); /* nobody's */
    assert_breaks(b, "smmu_iso", spt_of(1, GFN + 2), page_of(DEVICE_PAGE));
}

static void smmu_iso_by_record(void **state)
{
    struct hand_board *b = *state;
    put_owner(b, 1, 2);
    put_record(b, PAGE_A, 2, 0, GFN);
    put_spt(b, 1, GFN, PAGE_A);
    assert_holds(b);
    put_record(b, PAGE_A, 2, 0, GFN + 1);
    assert_breaks(b, "smmu_iso", spt_of(1, GFN), page_of(PAGE_A));
    put_record(b, PAGE_A, 1, 0, GFN);
    assert_breaks(b, "smmu_iso", spt_of(1, GFN), page_of(PAGE_A));
    put_owner(b, 1, EL2_INVALID);
    put_record(b, PAGE_A, 1, 1, GFN);
    assert_holds(b);
}

static void smmu_iso_by_owner(void **state)
{
    struct hand_board *b = *state;
    put_owner(b, 1, 2);
    put_record(b, PAGE_A, 2, 0, GFN);
    put_spt(b, 1, GFN, PAGE_A);
    assert_holds(b);
    put_owner(b, 1, 1);
    assert_breaks(b, "smmu_iso", spt_of(1, GFN), page_of(PAGE_A));
    put_owner(b, 1, EL2_HOSTVISOR);
    assert_breaks(b, "smmu_iso", spt_of(1, GFN), page_of(PAGE_A));
    put_owner(b, 1, 1);
    clear_bank(b, 1);
    assert_holds(b);
}

static void smmu_iso_after_poweroff(void **state)
{
    struct hand_board *b = *state;
    put_owner(b, 9, 2);
    put_record(b, PAGE_A, 2, 0, GFN);
    put_spt(b, 9, GFN, PAGE_A);
    assert_holds(b);
    put_state(b, 2, EL2_VM_POWEROFF);
    put_host_record(b, PAGE_A, 0);
    assert_holds(b); /* section 10, E12 */
    put_state(b, 2, EL2_VM_UNUSED);
    assert_breaks(b, "smmu_iso", spt_of(9, GFN), page_of(PAGE_A));
}

/* EL2 makes no blocks there, but the SMMU would take them. */
static void smmu_iso_in_block(void **state)
{
    struct hand_board *b = *state;
    put_owner(b, 0, 1);
    for (uint64_t i = 0; i < 512; i++) {
        put_record(b, BLOCK + i, 1, 0, 0x400 + i);
    }
    put_spt_block(b, 0, 0x400, BLOCK);
    assert_holds(b);
    put_record(b, BLOCK + 3, 1, 0, 0x400);
    assert_breaks(b, "smmu_iso", spt_of(0, 0x400), page_of(BLOCK + 3));
}

static void smmu_count_by_entry(void **state)
{
    struct hand_board *b = *state;
    put_owner(b, 0, EL2_HOSTVISOR);
    put_owner(b, 8, EL2_HOSTVISOR);
    put_host_record(b, PAGE_A, 1);
    put_spt(b, 0, IOVA(PAGE_A), PAGE_A);
    assert_holds(b);
    put_spt(b, 8, IOVA(PAGE_A), PAGE_A);
    assert_breaks(b, "smmu_count", spt_of(8, IOVA(PAGE_A)), page_of(PAGE_A));
    put_host_record(b, PAGE_A, 2);
    assert_holds(b);
    put_spt(b, 8, IOVA(PAGE_B), PAGE_B);
    assert_breaks(b, "smmu_count", spt_of(8, IOVA(PAGE_B)), page_of(PAGE_B));
}

static void smmu_count_by_record(void **state)
{
    struct hand_board *b = *state;
    put_owner(b, 0, EL2_HOSTVISOR);
    put_spt(b, 0, IOVA(PAGE_A), PAGE_A);
    put_host_record(b, PAGE_A, 1);
    assert_holds(b);
    put_host_record(b, PAGE_A, 0);
    assert_breaks(b, "smmu_count", spt_of(0, IOVA(PAGE_A)), page_of(PAGE_A));
    put_host_record(b, PAGE_A, 1);
    assert_holds(b);
    put_entry(b, true, 0, IOVA(PAGE_A), 3, 0);
    put_host_record(b, PAGE_A, 0);
    assert_holds(b);
}

static void smmu_count_by_owner(void **state)
{
    struct hand_board *b = *state;
    put_spt(b, 5, IOVA(PAGE_A), PAGE_A);
    assert_holds(b); /* nobody's bank */
    put_owner(b, 5, EL2_HOSTVISOR);
    assert_breaks(b, "smmu_count", spt_of(5, IOVA(PAGE_A)), page_of(PAGE_A));
}

static void smmu_count_in_block(void **state)
{
    struct hand_board *b = *state;
    put_owner(b, 5, EL2_HOSTVISOR);
    for (uint64_t i = 0; i < 512; i++) {
        put_host_record(b, BLOCK + i, 1);
    }
    put_spt_block(b, 5, IOVA(BLOCK), BLOCK);
    assert_holds(b);
    put_host_record(b, BLOCK + 100, 0);
    assert_breaks(b, "smmu_count", spt_of(5, IOVA(BLOCK)),
                  page_of(BLOCK + 100));
}

/* What is not valid at its level is translated to nothing. */
static void invalid_descriptors(void **state)
{
    struct hand_board *b = *state;
    put_record(b, PAGE_A, 1, 0, GFN);
    put_owner(b, 0, EL2_HOSTVISOR);
    put_entry(b, false, 0, PAGE_A, 3, EL2_S2_TAKEN);
    put_entry(b, false, 0, PAGE_B, 3, AT(PAGE_A));
    put_entry(b, false, 0, PAGE_B + 1, 3, AT(PAGE_A) | EL2_DESCRIPTOR_BLOCK);
    put_entry(b, false, 2, BLOCK, 2, AT(BLOCK) | 2);
    put_entry(b, true, 0, GFN, 3, AT(PAGE_A) | 0x700);
    assert_holds(b);
    put_record(b, PAGE_A, 2, 0, GFN);
    assert_holds(b);
}

/* Entries go without a word when the bank's root is cleared, and come back
 * when the same table is linked there again. */
static void bank_root_cleared(void **state)
{
    struct hand_board *b = *state;
    put_owner(b, 0, 1);
    put_record(b, PAGE_A, 1, 0, GFN);
    put_record(b, PAGE_B, 1, 0, GFN + 1);
    put_spt(b, 0, GFN, PAGE_A);
    assert_holds(b);
    put_state(b, 1, EL2_VM_POWEROFF);
    put_owner(b, 0, EL2_INVALID);
    assert_holds(b);
    clear_bank(b, 0);
    put_owner(b, 0, 2);
    put_host_record(b, PAGE_A, 0);
    assert_holds(b);
    put_record(b, PAGE_A, 2, 0, GFN + 7);
    assert_holds(b);
    put_record(b, PAGE_B, 2, 0, GFN + 8);
    put_spt(b, 0, GFN + 8, PAGE_B); /* in the old table */
    assert_breaks(b, "smmu_iso", spt_of(0, GFN), page_of(PAGE_A));
}

/* A block takes a table's place, and the table the block's. */
static void block_replaces_table(void **state)
{
    struct hand_board *b = *state;
    put_record(b, PAGE_A, 1, 0, 0x403);
    put_npt(b, 1, 0x403, PAGE_A);
    assert_holds(b);
    for (uint64_t i = 0; i < 512; i++) {
        put_record(b, BLOCK + i, 1, 0, 0x400 + i);
    }
    put_block(b, 1, 0x400, BLOCK);
    assert_holds(b);
    put_host_record(b, PAGE_A, 0);
    assert_holds(b);
    put_host_record(b, PAGE_B, 0);
    put_npt(b, 1, 0x404, DEVICE_PAGE);
    assert_breaks(b, "vm_iso", npt_of(1, 0x403), page_of(PAGE_A));
}

static void reset(void **state)
{
    struct hand_board *b = *state;
    put_npt(b, 0, PAGE_A, PAGE_A);
    put_block(b, 0, BLOCK, BLOCK);
    put_record(b, PAGE_B, 1, 0, GFN);
    put_state(b, 1, EL2_VM_POWEROFF);
    put_npt(b, 1, GFN, PAGE_A);
    assert_holds(b);
    reset_hand_board(b);
    put_record(b, PAGE_A, 1, 0, GFN);
    put_record(b, BLOCK, 1, 0, GFN);
    put_npt(b, 0, PAGE_B, PAGE_B); /* the host's again */
    assert_holds(b);
    put_npt(b, 1, GFN, PAGE_B); /* the VM answers again */
    assert_breaks(b, "vm_iso", npt_of(1, GFN), page_of(PAGE_B));
}

#define ON_BOARD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOARD(host_flatmap),
        ON_BOARD(host_flatmap_block),
        ON_BOARD(host_npt_cons),
        ON_BOARD(spt_cons),
        ON_BOARD(host_s2_map),
        ON_BOARD(page_0_invalid),
        ON_BOARD(host_iso_by_entry),
        ON_BOARD(host_iso_by_record),
        ON_BOARD(host_iso_in_block),
        ON_BOARD(vm_iso_by_entry),
        ON_BOARD(vm_iso_by_record),
        ON_BOARD(vm_iso_in_block),
        ON_BOARD(vm_iso_after_poweroff),
        ON_BOARD(smmu_vm),
        ON_BOARD(smmu_iso_by_entry),
        ON_BOARD(smmu_iso_by_record),
        ON_BOARD(smmu_iso_by_owner),
        ON_BOARD(smmu_iso_after_poweroff),
        ON_BOARD(smmu_iso_in_block),
        ON_BOARD(smmu_count_by_entry),
        ON_BOARD(smmu_count_by_record),
        ON_BOARD(smmu_count_by_owner),
        ON_BOARD(smmu_count_in_block),
        ON_BOARD(invalid_descriptors),
        ON_BOARD(bank_root_cleared),
        ON_BOARD(block_replaces_table),
        ON_BOARD(reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
