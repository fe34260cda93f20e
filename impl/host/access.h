/*
 * Loads and stores by software and devices (semantics.md section 6): through
 * the tables that EL2 wrote, as the MMU reads them, to the bytes of physical
 * memory. EL2 code has no part in them.
 */
#ifndef IMPL_HOST_ACCESS_H
#define IMPL_HOST_ACCESS_H

#include "el2/calls.h"
#include "el2/machine.h"
#include "impl/el2.h"
#include "impl/host/shim_host.h"

/* Either the tables translate to no page (EL2_ACCESS_FAULT), or to one without
 * memory (EL2_ACCESS_DEVICE), or the access is done (EL2_ACCESS_DONE). */
struct access_result {
    enum el2_access access;
    uint64_t word; /* of a load that is done: physical_page_content() */
};

/* Of the host (vmid 0) or a VM at `gfn`, and of a device in a bank at iova page
 * `gfn`. A vmid, bank or gfn that does not exist faults. */
struct access_result access_load(const struct shim_host *host,
                                 const struct el2 *el2, uint64_t vmid,
                                 uint64_t gfn);
struct access_result access_device_load(const struct shim_host *host,
                                        const struct el2 *el2, uint64_t bank,
                                        uint64_t gfn);

/* The same as a store, which fills the page with `word`. The page is one that
 * the step wrote. */
struct access_result access_store(struct shim_host *host, const struct el2 *el2,
                                  uint64_t vmid, uint64_t gfn, uint64_t word);
struct access_result access_device_store(struct shim_host *host,
                                         const struct el2 *el2, uint64_t bank,
                                         uint64_t gfn, uint64_t word);

/* The access that a call with the issuer EL2_ISSUER_ACCESS asks for. */
struct access_result access_of_call(struct shim_host *host,
                                    const struct el2 *el2,
                                    const struct el2_call *call);

#endif
