/*
 * Boot images of the EL2 code, on the fake shim: how they get their pages and
 * what is checked before their VM is verified, with the locks that panics leave
 * held.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/impl_hypercall_board.h"

static uint64_t remap_entry(uint64_t address)
{
    return CALL(npt_walk, CORE_VMID, address);
}

static void images_take_the_window(void **state)
{
    const uint64_t window = (EL2_REMAP_END - EL2_REMAP_START) / EL2_PAGE_SIZE;
    (void)state;

    register_vms(2);
    PANICS(HELD_VM(1), set_boot_info, 1, 0, 0);
    assert_int_equal(CALL(set_boot_info, 1, 0x123456, 0x1001), 0);
    assert_int_equal(el2.images[1][0].load_address, 0x123456);
    assert_int_equal(el2.images[1][0].size, 0x1001);
    assert_int_equal(el2.images[1][0].remap_address, EL2_REMAP_START);
    assert_int_equal(el2.images[1][0].pages_mapped, 0);
    assert_int_equal(el2.next_remap, EL2_REMAP_START + 0x2000);
    assert_int_equal(CALL(set_boot_info, 2, 0, 1), 0);
    assert_int_equal(el2.images[2][0].remap_address, EL2_REMAP_START + 0x2000);

    /* The window's last page is never given. */
    PANICS(HELD_VM(1) | HELD_CORE, set_boot_info, 1, 0, AT(window - 3));
    PANICS(HELD_VM(1) | HELD_CORE, set_boot_info, 1, 0, LAST_IPA);
    assert_int_equal(CALL(set_boot_info, 1, 0, AT(window - 4)), 1);
    assert_int_equal(el2.next_remap, EL2_REMAP_END - EL2_PAGE_SIZE);
    PANICS(HELD_VM(2) | HELD_CORE, set_boot_info, 2, 0, 1);
}

/* As many as a VM can have: the answer is that number, even with size 0. */
static void images_are_limited(void **state)
{
    (void)state;

    register_vms(1);
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(CALL(set_boot_info, 1, 0, 1), i);
    }
    assert_int_equal(CALL(set_boot_info, 1, 0, 1), 3);
    assert_int_equal(CALL(set_boot_info, 1, 0, 0), 3);
    assert_int_equal(el2.image_count[1], 3);
    assert_int_equal(el2.next_remap, EL2_REMAP_START + 0x3000);
}

static void image_pages_are_mapped_in_order(void **state)
{
    (void)state;

    register_vms(1);
    CALL(remap_vm_image, 1, HOST_PFN, 0); /* no image: nothing */
    CALL(set_boot_info, 1, 0, 0x1000);
    CALL(set_boot_info, 1, 0, 0x1001);
    /* No such image, whatever lies there. */
    el2.images[1][2] = (struct el2_image){0, 0x1000, EL2_REMAP_START, 0};
    CALL(remap_vm_image, 1, HOST_PFN, 2);
    assert_int_equal(fake_shim_event_count(), 0);
    CALL(remap_vm_image, 1, HOST_PFN + 9, 1);
    CALL(remap_vm_image, 1, HOST_PFN + 5, 1);
    assert_int_equal(el2.images[1][1].pages_mapped, 2);
    CALL(remap_vm_image, 1, HOST_PFN + 6, 1); /* has all its pages */
    assert_int_equal(fake_shim_event_count(), 0);
    assert_int_equal(el2.images[1][1].pages_mapped, 2);
    assert_int_equal(remap_entry(EL2_REMAP_START), 0);
    assert_int_equal(remap_entry(EL2_REMAP_START + 0x1000),
                     AT(HOST_PFN + 9) | EL2_S2_HYP);
    assert_int_equal(remap_entry(EL2_REMAP_START + 0x2000),
                     AT(HOST_PFN + 5) | EL2_S2_HYP);
    expect_host_page(HOST_PFN + 9); /* not the VM's yet */
}

static void remap_without_a_table(void **state)
{
    (void)state;

    register_vms(1);
    CALL(set_boot_info, 1, 0, 0x1000);
    for (uint64_t i = 0; i < 4; i++) {
        CALL(npt_map, CORE_VMID, i << 21, AT(HOST_PFN) | 3, 3);
    }
    PANICS(HELD_VM(1) | HELD_NPT(CORE_VMID), remap_vm_image, 1, HOST_PFN, 0);
    assert_int_equal(el2.images[1][0].pages_mapped, 0);
}

/* From inside a block into the next one: both blocks are the VM's, at the
 * blocks in which the pages at these places of the window lie. */
static void an_image_is_verified(void **state)
{
    const uint64_t load = 0x400000 + 0x1ff000;
    (void)state;

    register_vms(1);
    CALL(set_boot_info, 1, load, 0x2000);
    CALL(remap_vm_image, 1, 0x600 + 0x1ff, 0);
    CALL(remap_vm_image, 1, 0x400 + 0x80, 0);
    CALL(host_fault, AT(0x600));
    CALL(verify_vm_image, 1);
    assert_int_equal(el2.vm_state[1], EL2_VM_VERIFIED);
    for (uint64_t i = 0; i < EL2_PAGES_PER_BLOCK; i++) {
        expect_page(0x600 + i, 1, 0, 0x400 + i);
        expect_page(0x400 + i, 1, 0, 0x600 + i);
    }
    expect_host_page(0x800);
    assert_int_equal(CALL(npt_walk, 1, 0x400000),
                     AT(UINT64_C(0x600)) | (EL2_S2_KERNEL & ~UINT64_C(2)));
    assert_int_equal(CALL(npt_walk, 1, 0x600000),
                     AT(UINT64_C(0x400)) | (EL2_S2_KERNEL & ~UINT64_C(2)));
    assert_int_equal(CALL(npt_walk, 1, 0x800000), 0);
    assert_int_equal(CALL(npt_walk, EL2_HOSTVISOR, AT(UINT64_C(0x600))),
                     EL2_S2_TAKEN);
}

/* An image in four blocks, each looked up where it starts in the window. */
static void a_long_image_is_verified(void **state)
{
    const uint64_t pages = 2 * EL2_PAGES_PER_BLOCK + 2;
    (void)state;

    register_vms(1);
    CALL(set_boot_info, 1, 0x200000 - 0x1000, AT(pages));
    for (uint64_t i = 0; i < pages; i++) {
        uint64_t block = (i + EL2_PAGES_PER_BLOCK - 1) / EL2_PAGES_PER_BLOCK;

        CALL(remap_vm_image, 1, HOST_PFN + block * EL2_PAGES_PER_BLOCK + 3, 0);
    }
    CALL(verify_vm_image, 1);
    for (uint64_t i = 0; i < 4 * EL2_PAGES_PER_BLOCK; i++) {
        expect_page(HOST_PFN + i, 1, 0, i);
    }
}

static void images_that_are_not_verified(void **state)
{
    (void)state;

    register_vms(5);
    /* An aligned image without pages needs none, another one does. */
    CALL(set_boot_info, 1, 0x200000, 0x1000);
    CALL(verify_vm_image, 1);
    CALL(set_boot_info, 2, 0x201000, 0x1000);
    PANICS(HELD_VM(2), verify_vm_image, 2);
    assert_int_equal(el2.vm_state[2], EL2_VM_READY);
    /* A page of block 0. */
    CALL(set_boot_info, 3, 0, 0x1000);
    CALL(remap_vm_image, 3, 5, 0);
    PANICS(HELD_VM(3), verify_vm_image, 3);
    /* The first block is good, its second page's is EL2's. */
    CALL(set_boot_info, 4, 0x1ff000, 0x2000);
    CALL(remap_vm_image, 4, HOST_PFN, 0);
    CALL(remap_vm_image, 4, HOST_END, 0);
    PANICS(HELD_VM(4) | HELD_PAGE, verify_vm_image, 4);
    expect_page(HOST_PFN, 4, 0, 0);
    expect_page(HOST_END, CORE_VMID, 0, HOST_END + HOST_OFFSET);
    assert_int_equal(el2.vm_state[4], EL2_VM_READY);
    /* No table is left for the VM's map. */
    CALL(set_boot_info, 5, UINT64_C(3) << 39, 0x1000);
    CALL(remap_vm_image, 5, 0x600, 0);
    CALL(npt_map, 5, 0, AT(HOST_PFN) | 3, 3);
    CALL(npt_map, 5, UINT64_C(1) << 39, AT(HOST_PFN) | 3, 3);
    PANICS(HELD_VM(5) | HELD_NPT(5), verify_vm_image, 5);
    expect_page(0x600, 5, 0, UINT64_C(3) << 27);
}

/* It starts inside a page, so that it reaches past the last one. */
static void an_image_past_the_last_page(void **state)
{
    const uint64_t load = EL2_ADDRESS_SPACE - 0x1800;
    (void)state;

    register_vms(1);
    CALL(set_boot_info, 1, load, 0x1800);
    CALL(remap_vm_image, 1, 0x400, 0);
    CALL(remap_vm_image, 1, 0x600, 0);
    PANICS(HELD_VM(1), verify_vm_image, 1);
    expect_host_page(0x600);
    assert_int_equal(CALL(npt_walk, 1, 0), 0);
}

static void signatures_are_checked(void **state)
{
    (void)state;

    register_vms(2);
    CALL(set_boot_info, 1, 0, 0x2000);
    CALL(remap_vm_image, 1, HOST_PFN + 3, 0);
    CALL(remap_vm_image, 1, HOST_PFN + 4, 0);
    fake_shim_fill_page(HOST_PFN + 4, EL2_BAD_SIGNATURE); /* not the first */
    CALL(verify_vm_image, 1);

    CALL(set_boot_info, 2, 0, 0x1000);
    CALL(set_boot_info, 2, 0x200000, 0x1000);
    CALL(remap_vm_image, 2, 0x600, 0);
    CALL(remap_vm_image, 2, 0x8ff, 1);
    fake_shim_fill_page(0x8ff, EL2_BAD_SIGNATURE);
    PANICS(HELD_VM(2), verify_vm_image, 2);
    expect_page(0x8ff, 2, 0, 0x2ff); /* mapped before it was checked */
    assert_int_equal(el2.vm_state[2], EL2_VM_READY);
}

#define BOOTED(test) cmocka_unit_test_setup(test, boot)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOOTED(images_take_the_window),
        BOOTED(images_are_limited),
        BOOTED(image_pages_are_mapped_in_order),
        BOOTED(remap_without_a_table),
        BOOTED(an_image_is_verified),
        BOOTED(a_long_image_is_verified),
        BOOTED(images_that_are_not_verified),
        BOOTED(an_image_past_the_last_page),
        BOOTED(signatures_are_checked),
    };

    return cmocka_run_group_tests_name("impl_images", tests, NULL, NULL);
}
