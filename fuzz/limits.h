/*
 * Calls at a limit. Where a specification says "at most" the mistakes of code
 * are one step further, and no random number is likely to be just there; but
 * a guide can be asked on which side a number is.
 */
#ifndef FUZZ_LIMITS_H
#define FUZZ_LIMITS_H

#include "fuzz/guide.h"
#include "fuzz/random.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether a value makes a difference. */
typedef bool (*limits_differs)(const void *context, uint64_t value);

/*
 * From a value that makes none to where values begin to make one: the last on
 * this side or the first on the other. False, and the value stays, when a few
 * values far off make none.
 */
bool limits_find(struct random *random, uint64_t *value, limits_differs differs,
                 const void *context);

/*
 * Move one operand of a call to where the call begins to end otherwise, from
 * where the guide is now: to the last value on this side or to the first on
 * the other one. The call is as it was when it has no operand or a few values
 * far off all end like its own.
 */
void limits_approach(struct random *random, struct guide *guide,
                     enum el2_run run, struct program_call *call);

/*
 * Append a call again and again, each time with some of its operands further
 * by as much, until it ends otherwise: the page is shared as often as it can
 * be, the tables are used up. Begins with the call as it is, from where the
 * guide is now. Appends nothing when the call changes nothing or could be made
 * for ever. Returns false when the program ends there.
 */
bool limits_exhaust(struct random *random, struct guide *guide,
                    struct program *program, const struct program_call *call);

/*
 * The last `count` calls once more with the next page, the next VM or the next
 * image: what changes nothing is left out.
 */
void limits_echo(struct random *random, struct guide *guide,
                 struct program *program, size_t count);

#endif
