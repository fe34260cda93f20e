/*
 * From when on there is a VM, and until when (semantics.md section 6).
 */
#ifndef IMPL_LIFECYCLE_H
#define IMPL_LIFECYCLE_H

#include "impl/el2.h"

#include <stdint.h>

/* A new VM, ready to be set up: its vmid. Panics when there is none left
 * (core stays held) or the VM is already in use (vm[vmid] stays held). */
uint32_t register_kvm(struct el2 *el2);

void vm_poweroff(struct el2 *el2, uint32_t vmid);

#endif
