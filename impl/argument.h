/*
 * Arguments of a call, as they come: raw 64-bit registers of somebody who is
 * not trusted. Each function looks at all 64 bits and panics, holding nothing,
 * when the value is out of its range (semantics.md section 6, the ranges);
 * otherwise it gives the value in the type that EL2 works with. To be called
 * before any lock is taken.
 */
#ifndef IMPL_ARGUMENT_H
#define IMPL_ARGUMENT_H

#include "impl/el2.h"

#include <stdint.h>

/* A vmid: the host, a VM or EL2 itself; only a VM; a VM or the host. */
uint32_t argument_vmid(const struct el2 *el2, uint64_t value);
uint32_t argument_vm(const struct el2 *el2, uint64_t value);
uint32_t argument_vm_or_host(const struct el2 *el2, uint64_t value);

/* A virtual CPU, and a boot image, that a VM can have. */
uint32_t argument_vcpu(const struct el2 *el2, uint64_t value);
uint32_t argument_image(const struct el2 *el2, uint64_t value);

/* An SMMU of the board; a bank that an SMMU can have, and with it its id. */
uint32_t argument_smmu(const struct el2 *el2, uint64_t value);
uint32_t argument_bank(uint64_t value);
uint32_t argument_bank_id(const struct el2 *el2, uint64_t bank, uint64_t smmu);

/* A byte within the register window of an SMMU that exists. */
uint64_t argument_offset(const struct el2 *el2, uint32_t smmu, uint64_t value);

/* A physical page number. */
uint64_t argument_pfn(uint64_t value);

/* An address, or a length in bytes, in each of the three spaces. */
uint64_t argument_ipa(uint64_t value);
uint64_t argument_physical(uint64_t value);
uint64_t argument_iova(uint64_t value);

/* Bits of a descriptor that are neither its address nor bit 63. */
uint64_t argument_attributes(uint64_t value);

/* A length in bytes, rounded up to pages; `length` is an address or length
 * that was checked. */
uint64_t argument_whole_pages(uint64_t length);

/* That start + length is at most `space`. Both were checked, so that neither
 * is more than that. */
void argument_range(uint64_t start, uint64_t length, uint64_t space);

#endif
