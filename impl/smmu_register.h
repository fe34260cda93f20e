/*
 * The registers of an SMMUv2, as far as the host may use them (semantics.md
 * section 6.1). The host has no mapping of them: its accesses fault, and EL2
 * does them for it when they break nobody's isolation.
 *
 * `offset` is within the register window, bytes; `width` is what the access
 * asks for, also bytes. Both functions take the smmu lock and release it; what
 * panics leaves it held.
 */
#ifndef IMPL_SMMU_REGISTER_H
#define IMPL_SMMU_REGISTER_H

#include "impl/el2.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether a physical address lies in the window of an SMMU, and of which. */
bool smmu_window_at(const struct el2 *el2, uint64_t address, uint32_t *smmu);

/* Let a read pass, which tells the host nothing that it may not know. Panics
 * when the access is not of 4 or 8 bytes, aligned. */
void smmu_read(uint64_t offset, uint64_t width);

/*
 * Write the register, or with 8 bytes the two registers, at `offset`; of
 * `value` as many bytes as the access has. The root of a bank's tables is EL2's
 * choice. Panics, with nothing written, when the access is not of 4 or 8 bytes,
 * aligned, or a value would let the host out of its own memory.
 */
void smmu_write(const struct el2 *el2, uint32_t smmu, uint64_t offset,
                uint64_t width, uint64_t value);

#endif
