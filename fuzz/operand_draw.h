/*
 * Random operands that mean something: near what a program speaks of already,
 * and now and then at an edge.
 */
#ifndef FUZZ_OPERAND_DRAW_H
#define FUZZ_OPERAND_DRAW_H

#include "fuzz/program.h"
#include "fuzz/random.h"

/* The operand with which `earlier` speaks of the same thing as an argument of
 * this kind would: the same bank, the same page in whatever unit. False when it
 * speaks of no such thing. */
bool operand_follow(struct random *random, const struct program_call *earlier,
                    enum el2_argument_kind kind, struct operand *operand);

/* Make one operand what no caller in its right mind would give: a high bit on
 * top, all ones, the value next to it. */
void operand_spoil(struct random *random, struct program_call *call);

/* Once in a while make the call's iova the one at which a host bank maps the
 * page that the call names, and what it stores the first word of an image that
 * nobody signed. */
void operand_relate(struct random *random, struct program_call *call);

/* An operand of this kind for a further call of the program; with NULL for the
 * platform at no place of its own. */
struct operand operand_draw(struct random *random,
                            const struct program *program,
                            const struct el2_platform *platform,
                            enum el2_argument_kind kind);

#endif
