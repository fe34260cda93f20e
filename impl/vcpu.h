/*
 * The virtual CPUs of a VM (semantics.md section 6). vm[vmid] protects them:
 * each function takes it and releases it, and what panics leaves it held.
 * `vmid` is a VM and `vcpu` below vcpus_per_vm.
 */
#ifndef IMPL_VCPU_H
#define IMPL_VCPU_H

#include "impl/el2.h"

#include <stdint.h>

/* No vCPU of this VM is in use. For boot: takes no lock. */
void vcpus_boot(struct el2 *el2, uint32_t vmid);

/* A VM that is ready gets the vCPU; panics in another state, or when it has
 * the vCPU. */
void register_vcpu(struct el2 *el2, uint32_t vmid, uint32_t vcpu);

/* A VM that is ready is to run encrypted state in the vCPU, which it must have
 * (panic). */
void load_crypt_vcpu(struct el2 *el2, uint32_t vmid, uint32_t vcpu);

/* A verified VM enters the vCPU; panics when the VM is not verified, or the
 * vCPU already runs or does not exist. */
void vcpu_run(struct el2 *el2, uint32_t vmid, uint32_t vcpu);

/* The vCPU is left; panics when it does not run. */
void vcpu_exit(struct el2 *el2, uint32_t vmid, uint32_t vcpu);

#endif
