/*
 * The ten invariants (semantics.md section 7) on the EL2 code: on what the MMU
 * finds in its tables, its page records, and who owns its banks.
 *
 *   spt_cons, host_npt_cons   An entry's page is the one in its descriptor. The
 *                             specification keeps both and may let them differ.
 *                             Here the page is the MMU's: they differ when
 *                             hardware ignores address bits, as those of a
 * block that is not aligned (section 10, E10). host_flatmap              The
 * host's gfn is translated to the same pfn. host_s2_map               A host
 * page's record has gfn pfn + offset. page_0_invalid            Page 0 has no
 * owner. host_iso                  The host's tables translate to pages without
 *                             owner, its own, or shared; a count of EL2_INVALID
 *                             is no share (E11).
 *   vm_iso                    Those of a VM up to VERIFIED translate to pages
 *                             without owner or its own.
 *   smmu_vm                   A bank in use is the host's or a VM's.
 *   smmu_iso                  The tables of a bank in use, of the host or a VM
 *                             up to VERIFIED, translate to pages of that owner
 *                             whose record has the iova's gfn.
 *   smmu_count                A host page's count is not below the number of
 *                             entries of host banks that are translated to it.
 *
 * An entry whose type is not valid at its level is translated to nothing and
 * keeps all of them. A block is judged page by page.
 *
 * After a step, what it changed is judged: an entry with all pages that it
 * covers; a page record with all entries that cover the page; a bank that
 * changed hands, and a VM that came back from POWEROFF, with all their entries.
 * If all invariants held before the step, they then hold everywhere.
 */
#ifndef IMPL_HOST_INVARIANTS_H
#define IMPL_HOST_INVARIANTS_H

#include "el2/machine.h"
#include "impl/host/mapping_index.h"

struct invariants {
    const struct physical *memory;
    const struct el2 *el2;
    struct mapping_index index;
    /* By vmid: not above VERIFIED, so that the tables are answered for. */
    bool answers[EL2_VMID_LIMIT];
    struct el2_violation violation; /* the last one found */
    /* By enum el2_invariant: how often it compared something, ever. */
    uint64_t judged[EL2_INVARIANT_COUNT];
};

/* Of an EL2 that has no entries yet; both must outlive it. False when there is
 * not enough memory. */
bool invariants_create(struct invariants *invariants,
                       const struct physical *memory, const struct el2 *el2);
void invariants_destroy(struct invariants *invariants);

/* EL2 is back to boot. */
void invariants_reset(struct invariants *invariants);

/* For how many more cells there is room. */
size_t invariants_room(const struct invariants *invariants);

/*
 * A step has changed these cells, of every step since the last reset. False
 * when an invariant is broken: *violation has its name and the entry and the
 * page that break it; where only one cell is to blame, both are that one.
 */
bool invariants_hold_after(struct invariants *invariants,
                           const struct el2_touched *touched,
                           struct el2_violation *violation);

/* The EL2 went back to before its last step: these are the cells that the step
 * had changed, with what they hold again; content of pages is not looked at.
 * Nothing is judged. */
void invariants_go_back(struct invariants *invariants,
                        const struct el2_touched *touched);

#endif
