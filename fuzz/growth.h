/*
 * Mutations that look where a program leads: the draft's guide makes the calls
 * as they are written. All of them need a guide.
 */
#ifndef FUZZ_GROWTH_H
#define FUZZ_GROWTH_H

#include "fuzz/draft.h"

/* Go on from where the program leads; what comes after its first panic is
 * dropped. Mostly calls that change something, some at a limit, and now and
 * then one that is refused, which ends it. */
void growth_grow(struct draft *draft);

/* The same from nothing, several times over. */
void growth_start_anew(struct draft *draft);

/* From nothing calls that nobody chose, to the first panic: a short program. */
void growth_draw_to_panic(struct draft *draft);

/* Take out the calls that would never be made, and most of those that do
 * nothing or take too long. */
void growth_tidy(struct draft *draft);

#endif
