/*
 * Loads and stores by software and devices through the tables that EL2 wrote
 * (semantics.md section 6). Only accesses that are made come here: by the
 * host, by a VERIFIED VM, in a bank that one of these owns.
 */
#ifndef MODEL_ACCESSES_H
#define MODEL_ACCESSES_H

#include "model/state.h"

struct model_access {
    enum el2_outcome outcome;
    enum el2_access ended;
    uint64_t word; /* of a load that ended as EL2_ACCESS_DONE */
};

struct model_access model_access(struct model *m, const struct el2_call *call);

#endif
