/*
 * What EL2 did to the registers of the SMMUs in a step, as the specification
 * tells it (semantics.md section 6.1).
 */
#ifndef IMPL_HOST_REGISTER_WRITE_H
#define IMPL_HOST_REGISTER_WRITE_H

#include "el2/calls.h"
#include "impl/el2.h"
#include "impl/host/shim_host.h"

/* Whether the step of this call, which returned or panicked, wrote what it was
 * asked to: the one register of a smmu_write that returned, else none. */
bool register_write_as_asked(const struct shim_host *host,
                             const struct el2_call *call);

/*
 * The value that reached the register with the step's last write. EL2's root of
 * the bank, or the half of it that was written, goes by the name that the
 * specification has for it (section 1).
 */
uint64_t register_write_value(const struct shim_host *host,
                              const struct el2 *el2);

#endif
