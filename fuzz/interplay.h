/*
 * Mutations of an earlier call by what they do to a later one, which the
 * draft's guide tells. Both need a guide.
 */
#ifndef FUZZ_INTERPLAY_H
#define FUZZ_INTERPLAY_H

#include "fuzz/draft.h"

/* Put a call before one of the program's that then ends otherwise: what it
 * looks at before it does anything is what was missing, or in the way. */
void interplay_disturb(struct draft *draft);

/* Move an operand of a call to where a later call begins to end otherwise, or
 * to do far more or less. */
void interplay_bend(struct draft *draft);

#endif
