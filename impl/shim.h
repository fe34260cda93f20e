/*
 * What hardware and firmware give the EL2 code, and the only way in which it
 * reaches physical memory, locks, TLB maintenance and the end of the world.
 *
 * impl/host/ implements it on a host; on a board it is a few inline loads and
 * stores through EL2's linear map, a lock word and TLBI instructions.
 *
 * Physical addresses are bytes.
 */
#ifndef IMPL_SHIM_H
#define IMPL_SHIM_H

#include "el2/locks.h"

#include <stdbool.h>
#include <stdint.h>

/* Single-copy atomic 64-bit access to EL2's own memory; 8-byte aligned. What
 * was never stored to reads as zero. */
uint64_t shim_load64(uint64_t address);
void shim_store64(uint64_t address, uint64_t value);

/* Zero the page of memory at `address` (page-aligned): one of EL2's own, or
 * one that changes hands. */
void shim_clear_page(uint64_t address);

/* The firmware's cipher: fill the page of memory at `out` with the cipher of
 * the page at `in`, or put the page at `address` back into the clear. All
 * page-aligned. */
void shim_encrypt_page(uint64_t out, uint64_t in);
void shim_decrypt_page(uint64_t address);

/* Whether the firmware finds a boot image, whose first page lies at `address`,
 * well signed. */
bool shim_image_is_signed(uint64_t address);

/* A write to the registers of an SMMU that reaches the hardware, of 4 or 8
 * bytes at `offset` of its window. */
void shim_smmu_write32(uint32_t smmu, uint64_t offset, uint32_t value);
void shim_smmu_write64(uint32_t smmu, uint64_t offset, uint64_t value);

/* Take and release a lock of el2/locks.h, in its order. */
void shim_lock(unsigned lock);
void shim_unlock(unsigned lock);

/* Before a live stage-2 entry changes: drop every translation of the page, or
 * block, at `ipa` (for EL2 and VMs alike: by vmid), and wait for it. */
void shim_invalidate_ipa(uint32_t vmid, uint64_t ipa);

/* The same for an SMMU context bank: one page, or all of it. */
void shim_invalidate_iova(uint32_t bank, uint64_t iova);
void shim_invalidate_bank(uint32_t bank);

/* Stop the machine. `reason` is a literal for the console. */
_Noreturn void shim_panic(const char *reason);

#endif
