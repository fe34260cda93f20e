/*
 * What happens in a VM, or to the one that is being run (semantics.md section
 * 6). Who issues an event is known to EL2, the rest of its registers is not
 * trusted.
 */
#ifndef IMPL_VM_EVENT_H
#define IMPL_VM_EVENT_H

#include "impl/el2.h"

#include <stdint.h>

/* Do event `number` with registers a[0 .. EL2_ARGUMENT_LIMIT - 1], of which
 * the first is the VM. 0; panics when there is no such event. */
uint64_t vm_event(struct el2 *el2, uint32_t number, const uint64_t *a);

#endif
