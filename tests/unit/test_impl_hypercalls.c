/*
 * What the host and VMs may ask of the EL2 code, on the fake shim: each call's
 * success and each of its panics, with the locks that it leaves held. Boot
 * images and SMMUs have tests of their own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/impl_hypercall_board.h"

/* What a 32-bit look takes for 0, 1 and 2. */
#define HIGH (UINT64_C(1) << 32)

/* Arguments. */

struct refused {
    uint32_t number;
    uint64_t arguments[EL2_ARGUMENT_LIMIT];
};

/* Every call here would otherwise do something to the state of all_sorts():
 * VM 1 ready, 2 verified, 3 off. */
static const struct refused refused[] = {
    {EL2_CALL_register_vcpu, {0, 1}},
    {EL2_CALL_register_vcpu, {CORE_VMID, 1}},
    {EL2_CALL_register_vcpu, {HIGH | 1, 1}},
    {EL2_CALL_register_vcpu, {UINT64_MAX, 1}},
    {EL2_CALL_register_vcpu, {1, 4}},
    {EL2_CALL_register_vcpu, {1, HIGH | 1}},
    {EL2_CALL_set_boot_info, {0, 0, 1}},
    {EL2_CALL_set_boot_info, {HIGH | 1, 0, 1}},
    {EL2_CALL_set_boot_info, {1, EL2_ADDRESS_SPACE, 0}},
    {EL2_CALL_set_boot_info, {1, 0, EL2_ADDRESS_SPACE}},
    {EL2_CALL_set_boot_info, {1, LAST_IPA, 2}},
    {EL2_CALL_set_boot_info, {1, 0x1000, UINT64_MAX}},
    {EL2_CALL_set_boot_info, {1, UINT64_MAX, 2}},
    {EL2_CALL_remap_vm_image, {CORE_VMID, HOST_PFN, 0}},
    {EL2_CALL_remap_vm_image, {HIGH | 1, HOST_PFN, 0}},
    {EL2_CALL_remap_vm_image, {1, EL2_PFN_SPACE, 0}},
    {EL2_CALL_remap_vm_image, {1, UINT64_MAX, 0}},
    {EL2_CALL_remap_vm_image, {1, HOST_PFN, 3}},
    {EL2_CALL_remap_vm_image, {1, HOST_PFN, HIGH}},
    {EL2_CALL_verify_vm_image, {0}},
    {EL2_CALL_verify_vm_image, {HIGH | 1}},
    {EL2_CALL_clear_vm_s2_range, {CORE_VMID, AT(HOST_PFN), 0x1000}},
    {EL2_CALL_clear_vm_s2_range, {HIGH | 3, AT(HOST_PFN), 0x1000}},
    {EL2_CALL_clear_vm_s2_range, {3, EL2_PHYSICAL_SPACE, 0}},
    {EL2_CALL_clear_vm_s2_range, {3, 0, EL2_PHYSICAL_SPACE}},
    {EL2_CALL_clear_vm_s2_range, {3, LAST_PA, 2}},
    {EL2_CALL_clear_vm_s2_range, {3, 0x1000, UINT64_MAX}},
    {EL2_CALL_smmu_alloc_pgd, {8, 1, 0}},
    {EL2_CALL_smmu_alloc_pgd, {HIGH, 1, 0}},
    {EL2_CALL_smmu_alloc_pgd, {0, CORE_VMID, 0}},
    {EL2_CALL_smmu_alloc_pgd, {0, HIGH, 0}},
    {EL2_CALL_smmu_alloc_pgd, {0, 1, 2}},
    {EL2_CALL_smmu_alloc_pgd, {0, 1, HIGH}},
    {EL2_CALL_smmu_free_pgd, {8, 0}},
    {EL2_CALL_smmu_free_pgd, {HIGH, 0}},
    {EL2_CALL_smmu_free_pgd, {0, 2}},
    {EL2_CALL_smmu_map, {EL2_IOVA_SPACE, AT(HOST_PFN), 0xc0, 0, 0}},
    {EL2_CALL_smmu_map, {UINT64_MAX, AT(HOST_PFN), 0xc0, 0, 0}},
    {EL2_CALL_smmu_map, {0x1000, EL2_PHYSICAL_SPACE, 0xc0, 0, 0}},
    {EL2_CALL_smmu_map, {0x1000, AT(HOST_PFN), UINT64_C(1) << 63, 0, 0}},
    {EL2_CALL_smmu_map, {0x1000, AT(HOST_PFN), 0x1000, 0, 0}},
    {EL2_CALL_smmu_map, {0x1000, AT(HOST_PFN), UINT64_C(1) << 47, 0, 0}},
    {EL2_CALL_smmu_map, {0x1000, AT(HOST_PFN), 0xc0, 8, 0}},
    {EL2_CALL_smmu_map, {0x1000, AT(HOST_PFN), 0xc0, 0, 2}},
    {EL2_CALL_smmu_map, {0x1000, AT(HOST_PFN), 0xc0, 0, HIGH}},
    {EL2_CALL_smmu_iova_to_phys, {EL2_IOVA_SPACE, 0, 0}},
    {EL2_CALL_smmu_iova_to_phys, {0, 8, 0}},
    {EL2_CALL_smmu_iova_to_phys, {0, 0, 2}},
    {EL2_CALL_smmu_clear, {EL2_IOVA_SPACE, 0, 0}},
    {EL2_CALL_smmu_clear, {0, UINT64_MAX, 0}},
    {EL2_CALL_smmu_clear, {0, 0, 2}},
    {EL2_CALL_phys_addr_ioremap, {0, 0, AT(DEVICE_PFN), 0x1000}},
    {EL2_CALL_phys_addr_ioremap, {HIGH | 1, 0, AT(DEVICE_PFN), 0x1000}},
    {EL2_CALL_phys_addr_ioremap, {1, EL2_ADDRESS_SPACE, AT(DEVICE_PFN), 0}},
    {EL2_CALL_phys_addr_ioremap, {1, LAST_IPA, AT(DEVICE_PFN), 1}},
    {EL2_CALL_phys_addr_ioremap, {1, 0, EL2_PHYSICAL_SPACE, 0}},
    {EL2_CALL_phys_addr_ioremap, {1, 0, LAST_PA, 1}},
    {EL2_CALL_phys_addr_ioremap, {1, 0, 0, EL2_PHYSICAL_SPACE}},
    {EL2_CALL_phys_addr_ioremap, {1, 0, 0x1000, UINT64_MAX}},
    {EL2_CALL_encrypt_buf, {0, AT(HOST_PFN), AT(HOST_PFN + 1)}},
    {EL2_CALL_encrypt_buf, {1, EL2_PHYSICAL_SPACE, AT(HOST_PFN)}},
    {EL2_CALL_encrypt_buf, {1, AT(HOST_PFN), UINT64_MAX}},
    {EL2_CALL_decrypt_buf, {HIGH | 1, AT(HOST_PFN)}},
    {EL2_CALL_decrypt_buf, {1, EL2_PHYSICAL_SPACE}},
    {EL2_CALL_load_crypt_vcpu, {HIGH | 1, 0}},
    {EL2_CALL_load_crypt_vcpu, {1, HIGH}},
    {EL2_CALL_save_crypt_vcpu, {0, 0}},
    {EL2_CALL_save_crypt_vcpu, {1, 4}},
    {EL2_CALL_host_fault, {EL2_PHYSICAL_SPACE}},
    {EL2_CALL_host_fault, {UINT64_MAX}},
    {EL2_CALL_smmu_read, {2, 0, 4}},
    {EL2_CALL_smmu_read, {HIGH, 0, 4}},
    {EL2_CALL_smmu_read, {0, SMMU_SIZE, 4}},
    {EL2_CALL_smmu_write, {2, 4, 4, 0}},
    {EL2_CALL_smmu_write, {0, SMMU_SIZE, 4, 0}},
    {EL2_CALL_smmu_write, {0, UINT64_MAX - 3, 4, 0}},
    {EL2_CALL_vcpu_run, {2, 4}},
    {EL2_CALL_vcpu_run, {2, HIGH}},
    {EL2_CALL_vcpu_exit, {2, HIGH}},
    {EL2_CALL_vm_poweroff, {CORE_VMID}},
    {EL2_CALL_vm_poweroff, {0}},
    /* Numbers that are no call of the host or a VM. */
    {EL2_CALL_smmu_write + 1, {1}},
    {EL2_CALL_vm_poweroff + 1, {1}},
    {EL2_CALL_mem_load, {1}},
    {EL2_CALL_dev_store, {1}},
    {UINT32_MAX, {1}},
};

static void all_sorts(void)
{
    register_vms(3);
    CALL(register_vcpu, 1, 0);
    CALL(register_vcpu, 2, 0);
    CALL(set_boot_info, 1, 0x1000, 0x2000);
    verify(2);
    CALL(vm_poweroff, 3);
    CALL(smmu_alloc_pgd, 1, 0, 0);
}

/* Nothing is held, nothing is done, and the machine would go on. */
static void arguments_are_checked_first(void **state)
{
    static struct el2 before;
    (void)state;

    all_sorts();
    before = el2;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        uint64_t result;

        if (run(refused[i].number, refused[i].arguments, &result) ||
            fake_shim_held() != HELD_NOTHING || fake_shim_loads() != 0 ||
            fake_shim_event_count() != 0 ||
            memcmp(&el2, &before, sizeof el2) != 0) {
            fail_msg("case %zu: call %u was not refused at once", i,
                     refused[i].number);
        }
    }
}

/* The last values that are in range. */
static void arguments_at_their_limits(void **state)
{
    (void)state;

    all_sorts();
    CALL(register_vcpu, 1, 3);
    CALL(clear_vm_s2_range, 3, LAST_PA, 1);
    CALL(clear_vm_s2_range, 3, LAST_PA, 0);
    CALL(set_boot_info, 1, LAST_IPA, 1);
    CALL(set_boot_info, 1, EL2_ADDRESS_SPACE - 0x3000, 0x3000);
    CALL(remap_vm_image, 1, EL2_PFN_SPACE - 1, 2);
    CALL(phys_addr_ioremap, 1, EL2_ADDRESS_SPACE - 0x1000, LAST_PA - 0xfff, 1);
    CALL(phys_addr_ioremap, 1, LAST_IPA, LAST_PA, 0);
    CALL(host_fault, LAST_PA);
    CALL(smmu_iova_to_phys, EL2_IOVA_SPACE - 1, 7, 1);
    CALL(smmu_read, 1, SMMU_SIZE - 8, 8);
    CALL(vm_poweroff, CORE_VMID - 1);
}

/* VMs and vCPUs. */

static void vcpus_go_round(void **state)
{
    (void)state;

    register_vms(2);
    PANICS(HELD_VM(1), vcpu_exit, 1, 0);
    PANICS(HELD_VM(1), load_crypt_vcpu, 1, 0); /* no vCPU yet */
    CALL(register_vcpu, 1, 0);
    CALL(register_vcpu, 1, 3);
    assert_int_equal(el2.vcpu_state[1][0], EL2_VM_READY);
    assert_int_equal(el2.vcpu_state[1][1], EL2_VM_UNUSED);
    assert_int_equal(el2.vcpu_state[2][0], EL2_VM_UNUSED);
    PANICS(HELD_VM(1), register_vcpu, 1, 0); /* twice */
    PANICS(HELD_VM(1), vcpu_run, 1, 0);      /* not verified */

    CALL(save_crypt_vcpu, 1, 0);
    assert_int_equal(el2.inc_exe[1], 0);
    CALL(load_crypt_vcpu, 1, 3);
    assert_int_equal(el2.inc_exe[1], 1);
    assert_int_equal(el2.inc_exe[2], 0);

    verify(1);
    PANICS(HELD_VM(1), register_vcpu, 1, 1); /* not ready */
    PANICS(HELD_VM(1), load_crypt_vcpu, 1, 0);
    PANICS(HELD_VM(1), vcpu_run, 1, 1); /* no such vCPU */
    CALL(vcpu_run, 1, 3);
    assert_int_equal(el2.vcpu_state[1][3], EL2_VM_ACTIVE);
    PANICS(HELD_VM(1), vcpu_run, 1, 3); /* runs already */
    PANICS(HELD_VM(1), vcpu_exit, 1, 0);
    CALL(vm_poweroff, 1);
    CALL(vcpu_exit, 1, 3); /* whatever became of the VM */
    assert_int_equal(el2.vcpu_state[1][3], EL2_VM_READY);
    PANICS(HELD_VM(1), vcpu_run, 1, 3);
}

static void what_needs_a_ready_vm(void **state)
{
    (void)state;

    /* VM 1 was never registered, VM 2 is verified below. */
    PANICS(HELD_VM(1), register_vcpu, 1, 0);
    PANICS(HELD_VM(1), set_boot_info, 1, 0, 1);
    PANICS(HELD_VM(1), remap_vm_image, 1, HOST_PFN, 0);
    PANICS(HELD_VM(1), verify_vm_image, 1);
    PANICS(HELD_VM(1), phys_addr_ioremap, 1, 0, AT(DEVICE_PFN), 1);
    PANICS(HELD_VM(1), decrypt_buf, 1, AT(HOST_PFN));
    PANICS(HELD_VM(1), load_crypt_vcpu, 1, 0);
    CALL(phys_addr_ioremap, 1, 0, AT(DEVICE_PFN), 0); /* nothing to map */
    register_vms(2);
    verify(2);
    PANICS(HELD_VM(2), set_boot_info, 2, 0, 1);
    PANICS(HELD_VM(2), remap_vm_image, 2, HOST_PFN, 0);
    PANICS(HELD_VM(2), verify_vm_image, 2);
    PANICS(HELD_VM(2), phys_addr_ioremap, 2, 0, AT(DEVICE_PFN), 1);
    PANICS(HELD_VM(2), decrypt_buf, 2, AT(HOST_PFN));
    expect_host_page(HOST_PFN);
}

/* Memory of a VM. */

static void ranges_of_a_vm_that_is_off(void **state)
{
    (void)state;

    register_vms(2);
    CALL(vm_fault, 1, AT(UINT64_C(7)), AT(HOST_PFN) | 3, 3);
    CALL(vm_fault, 1, AT(UINT64_C(8)), AT(HOST_PFN + 1) | 3, 3);
    CALL(vm_fault, 1, AT(UINT64_C(9)), AT(HOST_PFN + 2) | 3, 3);
    fake_shim_fill_page(HOST_PFN + 1, 5);
    CALL(clear_vm_s2_range, 1, AT(HOST_PFN), AT(UINT64_C(4)));
    expect_page(HOST_PFN, 1, 0, 7); /* still on: nothing */
    CALL(vm_poweroff, 1);
    CALL(clear_vm_s2_range, 2, AT(HOST_PFN), AT(UINT64_C(4)));
    expect_page(HOST_PFN, 1, 0, 7); /* another VM: nothing */
    /* Both rounded down: from HOST_PFN on, two pages. */
    CALL(clear_vm_s2_range, 1, AT(HOST_PFN) + 0xfff, 0x2fff);
    expect_host_page(HOST_PFN);
    expect_host_page(HOST_PFN + 1);
    expect_page(HOST_PFN + 2, 1, 0, 9);
    assert_int_equal(fake_shim_peek(AT(HOST_PFN + 1)), 0);
}

static void a_host_block_stops_a_clear(void **state)
{
    (void)state;

    register_vms(1);
    CALL(vm_fault, 1, AT(UINT64_C(7)), AT(HOST_PFN) | 3, 3);
    CALL(vm_poweroff, 1);
    CALL(npt_map, EL2_HOSTVISOR, AT(HOST_PFN), AT(HOST_PFN) | 1, 2);
    PANICS(HELD_PAGE | HELD_NPT(EL2_HOSTVISOR), clear_vm_s2_range, 1,
           AT(HOST_PFN), 0x1000);
}

/* Across a 2 MiB border; pages with an owner are left out. */
static void devices_are_mapped(void **state)
{
    const uint64_t ipa = 0x200000 - AT(UINT64_C(2));
    const uint64_t first = HOST_PFN - 4;
    (void)state;

    register_vms(1);
    CALL(phys_addr_ioremap, 1, ipa + 0x123, AT(first) + 0x456, 0x5001);
    for (uint64_t i = 0; i < 4; i++) {
        assert_int_equal(CALL(npt_walk, 1, ipa + AT(i)),
                         AT(first + i) | EL2_S2_DEVICE);
    }
    assert_int_equal(CALL(npt_walk, 1, ipa + AT(UINT64_C(4))), 0);
    assert_int_equal(CALL(npt_walk, 1, ipa + AT(UINT64_C(5))), 0);
    /* From the end of a region into nothing. */
    CALL(phys_addr_ioremap, 1, 0, AT(UINT64_C(0xf)), 0x2000);
    assert_int_equal(CALL(npt_walk, 1, 0), 0);
    assert_int_equal(CALL(npt_walk, 1, 0x1000),
                     AT(UINT64_C(0x10)) | EL2_S2_DEVICE);
}

static void devices_up_to_a_panic(void **state)
{
    const uint64_t ipa = 0x200000 - AT(UINT64_C(2));
    (void)state;

    register_vms(1);
    CALL(npt_map, 1, 0x200000, AT(HOST_PFN) | 1, 2);
    PANICS(HELD_VM(1) | HELD_PAGE | HELD_NPT(1), phys_addr_ioremap, 1, ipa,
           AT(DEVICE_PFN), 0x4000);
    assert_int_equal(CALL(npt_walk, 1, ipa), AT(DEVICE_PFN) | EL2_S2_DEVICE);
    assert_int_equal(CALL(npt_walk, 1, ipa + 0x1000),
                     AT(DEVICE_PFN + 1) | EL2_S2_DEVICE);
}

/* One walk to a table and one lock for all the pages below it. */
static void devices_are_mapped_in_one_go(void **state)
{
    (void)state;

    register_vms(1);
    CALL(phys_addr_ioremap, 1, 0, AT(DEVICE_PFN), AT(UINT64_C(256)));
    assert_int_equal(fake_shim_times_locked(EL2_LOCK_NPT + 1), 1);
    assert_int_equal(fake_shim_times_locked(EL2_LOCK_PAGE), 1);
    assert_in_range(fake_shim_loads(), 256, 260);
}

/* Encrypted buffers. */

static void a_page_is_encrypted(void **state)
{
    (void)state;

    register_vms(2);
    CALL(vm_fault, 1, 0x7000, AT(HOST_PFN) | 3, 3);
    fake_shim_fill_page(HOST_PFN, 77);
    CALL(encrypt_buf, 1, AT(HOST_PFN) + 0xfff, AT(HOST_PFN + 1) + 0x10);
    assert_int_equal(fake_shim_event_count(), 1);
    expect_event(0, (struct fake_event){FAKE_ENCRYPT_PAGE, AT(HOST_PFN + 1),
                                        AT(HOST_PFN), 0});
    assert_int_equal(fake_shim_peek(AT(HOST_PFN + 1)),
                     el2_platform_encrypt(77));
    assert_int_equal(fake_shim_peek(AT(HOST_PFN)), 77);
    expect_page(HOST_PFN, 1, 0, 7);
    expect_host_page(HOST_PFN + 1);

    PANICS(HELD_PAGE, encrypt_buf, 2, AT(HOST_PFN), AT(HOST_PFN + 1));
    PANICS(HELD_PAGE, encrypt_buf, 1, AT(HOST_PFN + 2), AT(HOST_PFN + 1));
    PANICS(HELD_PAGE, encrypt_buf, 1, AT(HOST_PFN), AT(HOST_PFN));
    PANICS(HELD_PAGE, encrypt_buf, 1, AT(HOST_PFN), AT(DEVICE_PFN));
    PANICS(HELD_PAGE, encrypt_buf, 1, AT(HOST_PFN), AT(HOST_END));
    PANICS(HELD_PAGE, encrypt_buf, 1, AT(HOST_END), AT(HOST_PFN + 1));
    assert_int_equal(fake_shim_event_count(), 0);
}

static void a_page_is_decrypted(void **state)
{
    (void)state;

    register_vms(1);
    CALL(host_fault, AT(HOST_PFN));
    fake_shim_fill_page(HOST_PFN, el2_platform_encrypt(78));
    CALL(decrypt_buf, 1, AT(HOST_PFN) + 0xfff);
    /* The host has lost the page when it is in the clear. */
    expect_event(1, (struct fake_event){FAKE_INVALIDATE_IPA, EL2_HOSTVISOR,
                                        AT(HOST_PFN), 0});
    expect_event(fake_shim_event_count() - 1,
                 (struct fake_event){FAKE_DECRYPT_PAGE, AT(HOST_PFN), 0, 0});
    assert_int_equal(fake_shim_peek(AT(HOST_PFN)), 78);
    expect_page(HOST_PFN, 1, 0, EL2_INVALID64);
    assert_int_equal(CALL(npt_walk, EL2_HOSTVISOR, AT(HOST_PFN)), EL2_S2_TAKEN);
    CALL(vm_fault, 1, 0x9000, AT(HOST_PFN) | 3, 3);
    expect_page(HOST_PFN, 1, 0, 9);
}

static void pages_that_are_not_decrypted(void **state)
{
    (void)state;

    register_vms(1);
    CALL(smmu_alloc_pgd, 0, EL2_HOSTVISOR, 0);
    CALL(smmu_map, AT(HOST_PFN + HOST_OFFSET), AT(HOST_PFN), 0xc0, 0, 0);
    PANICS(HELD_VM(1) | HELD_PAGE, decrypt_buf, 1, AT(HOST_PFN)); /* DMA */
    PANICS(HELD_VM(1) | HELD_PAGE, decrypt_buf, 1, AT(HOST_END));
    PANICS(HELD_VM(1) | HELD_PAGE, decrypt_buf, 1, AT(DEVICE_PFN));
    CALL(decrypt_buf, 1, AT(HOST_PFN + 1));
    PANICS(HELD_VM(1) | HELD_PAGE, decrypt_buf, 1, AT(HOST_PFN + 1));
    CALL(npt_map, EL2_HOSTVISOR, AT(UINT64_C(0x600)), AT(UINT64_C(0x600)) | 1,
         2);
    PANICS(HELD_VM(1) | HELD_PAGE | HELD_NPT(EL2_HOSTVISOR), decrypt_buf, 1,
           AT(UINT64_C(0x601)));
}

/* Faults and sharing. */

static void the_host_faults(void **state)
{
    (void)state;

    register_vms(1);
    CALL(host_fault, AT(HOST_PFN) + 0x123);
    assert_int_equal(CALL(npt_walk, EL2_HOSTVISOR, AT(HOST_PFN)),
                     AT(HOST_PFN) | EL2_S2_KERNEL);
    CALL(host_fault, AT(DEVICE_PFN));
    assert_int_equal(CALL(npt_walk, EL2_HOSTVISOR, AT(DEVICE_PFN)),
                     AT(DEVICE_PFN) | EL2_S2_DEVICE);
    CALL(vm_fault, 1, 0x7000, AT(HOST_PFN) | 3, 3);
    PANICS(HELD_PAGE, host_fault, AT(HOST_PFN));
    PANICS(HELD_PAGE, host_fault, AT(HOST_END));
    /* Inside a window it is a read of 4 bytes; the page is not mapped. */
    CALL(host_fault, SMMU_BASE(1) + SMMU_SIZE - 4);
    assert_int_equal(fake_shim_event_count(), 0);
    PANICS(HELD_SMMU, host_fault, SMMU_BASE(0) + 2);
    CALL(host_fault, SMMU_BASE(0) - 2);
    CALL(host_fault, SMMU_BASE(0) + SMMU_SIZE + 2);
    assert_int_equal(CALL(npt_walk, EL2_HOSTVISOR, SMMU_BASE(0)), 0);
}

static void a_vm_faults(void **state)
{
    static const struct refused ignored[] = {
        {EL2_CALL_vm_fault, {1, 0x7000, 0, 3}},
        {EL2_CALL_vm_fault, {1, 0xfff, AT(HOST_PFN) | 3, 3}},
        {EL2_CALL_vm_fault, {1, EL2_ADDRESS_SPACE, AT(HOST_PFN) | 3, 3}},
        {EL2_CALL_vm_fault, {1, UINT64_MAX, AT(HOST_PFN) | 3, 2}},
    };
    (void)state;

    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++) {
        must_return(ignored[i].number, ignored[i].arguments);
        assert_int_equal(fake_shim_event_count(), 0);
    }
    CALL(vm_fault, 1, 0x1fff, AT(HOST_PFN) | 3, HIGH | 2); /* a page */
    expect_page(HOST_PFN, 1, 0, 1);
    assert_int_equal(CALL(npt_level, 1, 0x1000), 3);
    CALL(vm_fault, 1, 0x401000, AT(UINT64_C(0x600)), 2);
    expect_page(0x600 + 511, 1, 0, 0x400 + 511);
    assert_int_equal(CALL(npt_level, 1, 0x400000), 2);

    PANICS(HELD_NOTHING, vm_fault, 1, 0x1000, AT(HOST_PFN + 1), 2);
    PANICS(HELD_NOTHING, vm_fault, 1, 0x1000, AT(EL2_PFN_SPACE), 3);
    PANICS(HELD_PAGE, vm_fault, 2, 0x1000, AT(HOST_PFN), 3);
    PANICS(HELD_PAGE, vm_fault, 1, 0x2000, AT(HOST_PFN), 3);
    PANICS(HELD_NPT(1), vm_fault, 1, 0x402000, AT(HOST_PFN + 1), 3);
}

static void a_vm_shares(void **state)
{
    (void)state;

    CALL(vm_fault, 1, EL2_ADDRESS_SPACE - 0x1000, AT(HOST_PFN) | 3, 3);
    CALL(vm_fault, 1, 0x7000, AT(HOST_PFN + 1) | 3, 3);
    CALL(vm_share, 1, 0x7000, 1);
    expect_page(HOST_PFN + 1, 1, 1, 7);
    CALL(vm_share, 1, EL2_ADDRESS_SPACE - 0x1000, 0x1000);
    expect_page(HOST_PFN, 1, 1, EL2_GFN_SPACE - 1);
    CALL(vm_share, 1, LAST_IPA, 1);
    expect_page(HOST_PFN, 1, 2, EL2_GFN_SPACE - 1);
    /* Past the end, also where the sum would wrap: nothing. */
    CALL(vm_share, 1, EL2_ADDRESS_SPACE - 0x1000, 0x1001);
    CALL(vm_share, 1, 0x7000, UINT64_MAX - 0x6fff);
    CALL(vm_share, 1, UINT64_MAX - 0xfff, 0x9000);
    CALL(vm_share, 1, 0x7000, 0);
    expect_page(HOST_PFN, 1, 2, EL2_GFN_SPACE - 1);
    expect_page(HOST_PFN + 1, 1, 1, 7);
    CALL(vm_share, 2, 0x7000, 0x1000); /* not its page */

    CALL(host_fault, AT(HOST_PFN + 1));
    CALL(vm_unshare, 1, 0x7000, UINT64_MAX - 0x6fff);
    expect_page(HOST_PFN + 1, 1, 1, 7);
    CALL(vm_unshare, 1, 0x7fff, 1);
    expect_page(HOST_PFN + 1, 1, 0, 7);
    assert_int_equal(CALL(npt_walk, EL2_HOSTVISOR, AT(HOST_PFN + 1)),
                     EL2_S2_TAKEN);
    CALL(vm_unshare, 1, LAST_IPA, 1);
    expect_page(HOST_PFN, 1, 1, EL2_GFN_SPACE - 1);
}

#define BOOTED(test) cmocka_unit_test_setup(test, boot)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOOTED(arguments_are_checked_first),
        BOOTED(arguments_at_their_limits),
        BOOTED(vcpus_go_round),
        BOOTED(what_needs_a_ready_vm),
        BOOTED(ranges_of_a_vm_that_is_off),
        BOOTED(a_host_block_stops_a_clear),
        BOOTED(devices_are_mapped),
        BOOTED(devices_up_to_a_panic),
        BOOTED(devices_are_mapped_in_one_go),
        BOOTED(a_page_is_encrypted),
        BOOTED(a_page_is_decrypted),
        BOOTED(pages_that_are_not_decrypted),
        BOOTED(the_host_faults),
        BOOTED(a_vm_faults),
        BOOTED(a_vm_shares),
    };

    return cmocka_run_group_tests_name("impl_hypercalls", tests, NULL, NULL);
}
