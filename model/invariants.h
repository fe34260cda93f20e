/*
 * The ten invariants (semantics.md section 7, Coq source 003).
 *
 * After a step only what the step changed is looked at. That is enough by
 * induction: if every invariant held before, an entry that did not change can
 * only have been broken by a change of the page that it maps, and host_flatmap
 * and smmu_iso say at which entries to look for those.
 * invariants_hold_everywhere() does not rely on that.
 */
#ifndef MODEL_INVARIANTS_H
#define MODEL_INVARIANTS_H

#include "model/state.h"

/* False when one is broken; *violation says which, and where. */
bool invariants_hold_after_step(const struct model *m,
                                struct el2_violation *violation);
bool invariants_hold_everywhere(const struct model *m,
                                struct el2_violation *violation);

#endif
