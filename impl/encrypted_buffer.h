/*
 * A VM's state leaves it, and comes back, only encrypted (semantics.md section
 * 6). Addresses are physical, below 2^40; what counts is their page.
 */
#ifndef IMPL_ENCRYPTED_BUFFER_H
#define IMPL_ENCRYPTED_BUFFER_H

#include "impl/el2.h"

#include <stdint.h>

/* Encrypt a page of the VM, at `in`, into one of the host, at `out`. Panics,
 * with the page lock held, when they are not. */
void encrypt_buf(const struct el2 *el2, uint32_t vmid, uint64_t in,
                 uint64_t out);

/*
 * Give the host's page at `address` to a VM that is ready, and decrypt it. The
 * VM has it at no gfn yet. Panics when the VM is not ready (vm[vmid] stays
 * held) or the page is not the host's alone (also page); in a table also with
 * npt[0].
 */
void decrypt_buf(const struct el2 *el2, uint32_t vmid, uint64_t address);

#endif
