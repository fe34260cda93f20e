/*
 * A program that is being written, and calls to write next: mostly about what
 * its earlier calls are about.
 */
#ifndef FUZZ_DRAFT_H
#define FUZZ_DRAFT_H

#include "fuzz/guide.h"
#include "fuzz/mutator.h"
#include "fuzz/random.h"

struct draft {
    struct program *program;
    const struct mutator *mutator;
    struct guide *guide; /* NULL: nobody looks where the program leads */
    const struct el2_platform *platform; /* of the program, or NULL */
    struct random random;
    /* Calls, bit for number, that are left out: what is drawn less often
     * crowds out nothing then (swarm testing). */
    uint64_t left_out[EL2_CALL_NUMBER_LIMIT / 64];
};

/* From now on leave out half of the calls, or none. */
void draft_choose_swarm(struct draft *draft);

/* A number of the program's kind of run, by the weights. */
uint32_t draft_number(struct draft *draft);

/* The call of that number. */
void draft_operands(struct draft *draft, uint32_t number,
                    struct program_call *call);

/* Both. */
void draft_call(struct draft *draft, struct program_call *call);

/* One of the program's calls; it must have some. */
struct program_call *draft_earlier_call(struct draft *draft);

/* Make a call from where the guide is; or make it and take it back. For drafts
 * with a guide. */
enum guide_verdict draft_try(struct draft *draft,
                             const struct program_call *call);
struct guide_ending draft_probe(struct draft *draft,
                                const struct program_call *call);

/* Make a call and append it to the program, which must not be full, if it
 * changes something; or take it back. For drafts with a guide. */
bool draft_append_if_changing(struct draft *draft,
                              const struct program_call *call);

/* The calls by which the host maps and writes the page that a call names; false
 * when it names none. */
bool draft_host_write(struct draft *draft, const struct program_call *call,
                      struct program_call *fault, struct program_call *store);

/* Make room for n calls at a place; false when the program is full. */
bool draft_open_gap(struct draft *draft, size_t at, size_t n);

#endif
