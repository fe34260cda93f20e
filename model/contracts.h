/*
 * Which calls the specification says something about: the contracts of
 * semantics.md section 4, and the cases that section 3 leaves undefined.
 */
#ifndef MODEL_CONTRACTS_H
#define MODEL_CONTRACTS_H

#include "model/state.h"

/* The greatest value of each kind of argument (Coq `rely`), for
 * model.argument_maxima; but of SMMUs there may be none. */
void contract_maxima(const struct el2_platform *platform, uint64_t *maxima);

bool contract_admits(const struct model *m, enum el2_run run,
                     const struct el2_call *call);

#endif
