/*
 * From when on there is a VM, and until when (semantics.md section 6). The
 * state of a VM is protected by vm[vmid].
 */
#ifndef IMPL_LIFECYCLE_H
#define IMPL_LIFECYCLE_H

#include "impl/el2.h"

#include <stdint.h>

/* A new VM, ready to be set up: its vmid. Panics when there is none left
 * (core stays held) or the VM is already in use (vm[vmid] stays held). */
uint32_t register_kvm(struct el2 *el2);

/* The VM runs no more, whatever its state was, and never will again. */
void vm_poweroff(struct el2 *el2, uint32_t vmid);

/* Panics unless the VM is in this state. The caller holds vm[vmid]. */
void vm_expect_state(const struct el2 *el2, uint32_t vmid,
                     enum el2_vm_state state);

#endif
