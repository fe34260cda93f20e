/*
 * What the host does to the memory of a VM before it runs and after it is off
 * (semantics.md section 6). `vmid` is a VM; physical addresses and lengths lie
 * below 2^40 and ranges end there at the latest.
 */
#ifndef IMPL_VM_MEMORY_H
#define IMPL_VM_MEMORY_H

#include "impl/el2.h"

#include <stdint.h>

/* Give the pages of a VM that is powered off, as far as they lie in the range,
 * back to the host, empty; nothing in another state. `start` and `size`, bytes,
 * are each rounded down to pages. Panics as clear_vm_pages() does. */
void clear_vm_s2_range(struct el2 *el2, uint32_t vmid, uint64_t start,
                       uint64_t size);

/* Map `pages` pages of devices, from `address` on, for a VM that is ready, from
 * `ipa` on; pages with an owner are left out. With a page to map, panics when
 * the VM is not ready; vm[vmid] then stays held, and where map_vm_io_pages()
 * panics also what that holds. */
void phys_addr_ioremap(struct el2 *el2, uint32_t vmid, uint64_t ipa,
                       uint64_t address, uint64_t pages);

#endif
