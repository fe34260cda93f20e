#include "impl/hypercall.h"

#include "impl/argument.h"
#include "impl/bank.h"
#include "impl/boot_image.h"
#include "impl/encrypted_buffer.h"
#include "impl/lifecycle.h"
#include "impl/page_operation.h"
#include "impl/shim.h"
#include "impl/smmu_register.h"
#include "impl/vcpu.h"
#include "impl/vm_memory.h"

#include <stddef.h>

/* One handler a call: its arguments from registers, in their order. */
typedef uint64_t (*handler)(struct el2 *el2, const uint64_t *a);

static uint64_t on_register_kvm(struct el2 *el2, const uint64_t *a)
{
    (void)a;
    return register_kvm(el2);
}

static uint64_t on_register_vcpu(struct el2 *el2, const uint64_t *a)
{
    register_vcpu(el2, argument_vm(el2, a[0]), argument_vcpu(el2, a[1]));
    return 0;
}

static uint64_t on_set_boot_info(struct el2 *el2, const uint64_t *a)
{
    uint32_t vmid = argument_vm(el2, a[0]);
    uint64_t load_address = argument_ipa(a[1]);
    uint64_t size = argument_ipa(a[2]);

    argument_range(load_address, size, EL2_ADDRESS_SPACE);
    return set_boot_info(el2, vmid, load_address, size);
}

static uint64_t on_remap_vm_image(struct el2 *el2, const uint64_t *a)
{
    remap_vm_image(el2, argument_vm(el2, a[0]), argument_pfn(a[1]),
                   argument_image(el2, a[2]));
    return 0;
}

static uint64_t on_verify_vm_image(struct el2 *el2, const uint64_t *a)
{
    verify_vm_image(el2, argument_vm(el2, a[0]));
    return 0;
}

static uint64_t on_clear_vm_s2_range(struct el2 *el2, const uint64_t *a)
{
    uint32_t vmid = argument_vm(el2, a[0]);
    uint64_t start = argument_physical(a[1]);
    uint64_t size = argument_physical(a[2]);

    argument_range(start, size, EL2_PHYSICAL_SPACE);
    clear_vm_s2_range(el2, vmid, start, size);
    return 0;
}

static uint64_t on_smmu_alloc_pgd(struct el2 *el2, const uint64_t *a)
{
    smmu_alloc_pgd(el2, argument_bank(a[0]), argument_vm_or_host(el2, a[1]),
                   argument_smmu(el2, a[2]));
    return 0;
}

static uint64_t on_smmu_free_pgd(struct el2 *el2, const uint64_t *a)
{
    smmu_free_pgd(el2, argument_bank_id(el2, a[0], a[1]));
    return 0;
}

static uint64_t on_smmu_map(struct el2 *el2, const uint64_t *a)
{
    uint64_t iova = argument_iova(a[0]);
    uint64_t address = argument_physical(a[1]);
    uint64_t attributes = argument_attributes(a[2]);

    smmu_map(el2, argument_bank_id(el2, a[3], a[4]), iova, address, attributes);
    return 0;
}

static uint64_t on_smmu_iova_to_phys(struct el2 *el2, const uint64_t *a)
{
    uint64_t iova = argument_iova(a[0]);

    return smmu_iova_to_phys(el2, argument_bank_id(el2, a[1], a[2]), iova);
}

static uint64_t on_smmu_clear(struct el2 *el2, const uint64_t *a)
{
    uint64_t iova = argument_iova(a[0]);

    smmu_clear(el2, argument_bank_id(el2, a[1], a[2]), iova);
    return 0;
}

static uint64_t on_phys_addr_ioremap(struct el2 *el2, const uint64_t *a)
{
    uint32_t vmid = argument_vm(el2, a[0]);
    uint64_t ipa = argument_ipa(a[1]);
    uint64_t address = argument_physical(a[2]);
    uint64_t length = argument_whole_pages(argument_physical(a[3]));

    argument_range(ipa, length, EL2_ADDRESS_SPACE);
    argument_range(address, length, EL2_PHYSICAL_SPACE);
    phys_addr_ioremap(el2, vmid, ipa, address, length >> EL2_PAGE_SHIFT);
    return 0;
}

static uint64_t on_encrypt_buf(struct el2 *el2, const uint64_t *a)
{
    encrypt_buf(el2, argument_vm(el2, a[0]), argument_physical(a[1]),
                argument_physical(a[2]));
    return 0;
}

static uint64_t on_decrypt_buf(struct el2 *el2, const uint64_t *a)
{
    decrypt_buf(el2, argument_vm(el2, a[0]), argument_physical(a[1]));
    return 0;
}

static uint64_t on_load_crypt_vcpu(struct el2 *el2, const uint64_t *a)
{
    load_crypt_vcpu(el2, argument_vm(el2, a[0]), argument_vcpu(el2, a[1]));
    return 0;
}

/* Nothing is saved: section 6. */
static uint64_t on_save_crypt_vcpu(struct el2 *el2, const uint64_t *a)
{
    argument_vm(el2, a[0]);
    argument_vcpu(el2, a[1]);
    return 0;
}

/* The fault does not say how wide the access was: 4 bytes, as most registers
 * are. */
static uint64_t on_host_fault(struct el2 *el2, const uint64_t *a)
{
    uint64_t address = argument_physical(a[0]);
    uint32_t smmu;

    if (smmu_window_at(el2, address, &smmu)) {
        smmu_read(address - el2->smmu_windows[smmu].base, 4);
    } else {
        map_page_host(el2, address);
    }
    return 0;
}

static uint64_t on_smmu_read(struct el2 *el2, const uint64_t *a)
{
    uint32_t smmu = argument_smmu(el2, a[0]);

    smmu_read(argument_offset(el2, smmu, a[1]), a[2]);
    return 0;
}

static uint64_t on_smmu_write(struct el2 *el2, const uint64_t *a)
{
    uint32_t smmu = argument_smmu(el2, a[0]);

    smmu_write(el2, smmu, argument_offset(el2, smmu, a[1]), a[2], a[3]);
    return 0;
}

/* By call number. */
static const handler handlers[] = {
    [EL2_CALL_register_kvm] = on_register_kvm,
    [EL2_CALL_register_vcpu] = on_register_vcpu,
    [EL2_CALL_set_boot_info] = on_set_boot_info,
    [EL2_CALL_remap_vm_image] = on_remap_vm_image,
    [EL2_CALL_verify_vm_image] = on_verify_vm_image,
    [EL2_CALL_clear_vm_s2_range] = on_clear_vm_s2_range,
    [EL2_CALL_smmu_alloc_pgd] = on_smmu_alloc_pgd,
    [EL2_CALL_smmu_free_pgd] = on_smmu_free_pgd,
    [EL2_CALL_smmu_map] = on_smmu_map,
    [EL2_CALL_smmu_iova_to_phys] = on_smmu_iova_to_phys,
    [EL2_CALL_smmu_clear] = on_smmu_clear,
    [EL2_CALL_phys_addr_ioremap] = on_phys_addr_ioremap,
    [EL2_CALL_encrypt_buf] = on_encrypt_buf,
    [EL2_CALL_decrypt_buf] = on_decrypt_buf,
    [EL2_CALL_load_crypt_vcpu] = on_load_crypt_vcpu,
    [EL2_CALL_save_crypt_vcpu] = on_save_crypt_vcpu,
    [EL2_CALL_host_fault] = on_host_fault,
    [EL2_CALL_smmu_read] = on_smmu_read,
    [EL2_CALL_smmu_write] = on_smmu_write,
};

uint64_t hypercall(struct el2 *el2, uint32_t number, const uint64_t *a)
{
    if (number >= sizeof handlers / sizeof handlers[0] ||
        handlers[number] == NULL) {
        shim_panic("the host has no such call");
    }
    return handlers[number](el2, a);
}
