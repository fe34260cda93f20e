/*
 * Hypercalls and events (semantics.md section 6), in its order. Arguments are
 * raw registers; one out of range is a panic, before anything else is looked
 * at. A panic leaves model.held as section 8 says.
 */
#ifndef MODEL_HYPERCALLS_H
#define MODEL_HYPERCALLS_H

#include "model/state.h"

/* Any call of the host or of a VM; *result as calls.def says. */
enum el2_outcome model_hypercall(struct model *m, const struct el2_call *call,
                                 uint64_t *result);

/* From the host. *v is the new VM. */
enum el2_outcome model_register_kvm(struct model *m, uint64_t *v);
enum el2_outcome model_register_vcpu(struct model *m, uint64_t v, uint64_t c);
/* *image is its index, or how many there are when it did not get one. */
enum el2_outcome model_set_boot_info(struct model *m, uint64_t v,
                                     uint64_t load_addr, uint64_t size,
                                     uint64_t *image);
enum el2_outcome model_remap_vm_image(struct model *m, uint64_t v, uint64_t pfn,
                                      uint64_t i);
enum el2_outcome model_verify_vm_image(struct model *m, uint64_t v);
enum el2_outcome model_clear_vm_s2_range(struct model *m, uint64_t v,
                                         uint64_t start, uint64_t size);
enum el2_outcome model_smmu_alloc_pgd(struct model *m, uint64_t cbndx,
                                      uint64_t v, uint64_t index);
enum el2_outcome model_smmu_free_pgd(struct model *m, uint64_t cbndx,
                                     uint64_t index);
enum el2_outcome model_smmu_map(struct model *m, uint64_t iova, uint64_t pa,
                                uint64_t prot, uint64_t cbndx, uint64_t index);
enum el2_outcome model_smmu_iova_to_phys(struct model *m, uint64_t iova,
                                         uint64_t cbndx, uint64_t index,
                                         uint64_t *pa);
enum el2_outcome model_smmu_clear(struct model *m, uint64_t iova,
                                  uint64_t cbndx, uint64_t index);
enum el2_outcome model_phys_addr_ioremap(struct model *m, uint64_t v,
                                         uint64_t gpa, uint64_t pa,
                                         uint64_t size);
enum el2_outcome model_encrypt_buf(struct model *m, uint64_t v, uint64_t in,
                                   uint64_t out);
enum el2_outcome model_decrypt_buf(struct model *m, uint64_t v, uint64_t buf);
enum el2_outcome model_load_crypt_vcpu(struct model *m, uint64_t v, uint64_t c);
enum el2_outcome model_save_crypt_vcpu(struct model *m, uint64_t v, uint64_t c);
enum el2_outcome model_host_fault(struct model *m, uint64_t addr);

/* Section 6.1. *reaches is the value that reaches the register. */
enum el2_outcome model_smmu_read(struct model *m, uint64_t index,
                                 uint64_t offset, uint64_t size);
enum el2_outcome model_smmu_write(struct model *m, uint64_t index,
                                  uint64_t offset, uint64_t size,
                                  uint64_t value, uint64_t *reaches);

/* From or for a VM: v is one, of which only the first two make sure. */
enum el2_outcome model_vcpu_run(struct model *m, uint64_t v, uint64_t c);
enum el2_outcome model_vcpu_exit(struct model *m, uint64_t v, uint64_t c);
enum el2_outcome model_vm_fault(struct model *m, uint32_t v, uint64_t addr,
                                uint64_t descriptor, uint64_t level);
enum el2_outcome model_vm_share(struct model *m, uint32_t v, uint64_t addr,
                                uint64_t size);
enum el2_outcome model_vm_unshare(struct model *m, uint32_t v, uint64_t addr,
                                  uint64_t size);
enum el2_outcome model_vm_poweroff(struct model *m, uint32_t v);

#endif
