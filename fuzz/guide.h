/*
 * Where a program leads, for whoever writes programs: a specification that
 * makes the calls as they are drawn and takes them back. A program that ends
 * at its third call tests three calls; with a guide most programs go on.
 *
 * The verdicts depend on the program and the platform only.
 */
#ifndef FUZZ_GUIDE_H
#define FUZZ_GUIDE_H

#include "el2/machine.h"
#include "fuzz/program.h"

struct guide {
    struct el2_platform platform;
    struct el2_machine *machine;
    /* Of the last call that was tried: how it ended when it was not skipped,
     * and how many cells it changed. */
    struct el2_step step;
    size_t changed;
    size_t before; /* where the guide was */
};

enum guide_verdict {
    GUIDE_CHANGES, /* the call changes state or returns a value */
    GUIDE_IDLE,    /* it does neither */
    GUIDE_PANICS,
    GUIDE_SKIPPED, /* outside what the specification speaks of */
};

/* False with *why in one line when there is not enough memory. */
bool guide_create(struct guide *guide, const struct el2_platform *platform,
                  const char **why);
void guide_destroy(struct guide *guide);

/* Back to boot. */
void guide_begin(struct guide *guide);

/* Make the program's calls from boot on. Returns how many were made or
 * skipped before the first that panics or that there is no room for. */
size_t guide_follow(struct guide *guide, const struct program *program);

/* Make one more call of such a run; a panic is taken back. */
enum guide_verdict guide_try(struct guide *guide, enum el2_run run,
                             const struct program_call *call);

/* Take back the last call that guide_try() made. */
void guide_undo(struct guide *guide);

/* How a call ends, as far as calls end in different ways. */
struct guide_ending {
    enum guide_verdict verdict;
    enum el2_outcome outcome;
    enum el2_access access;
};

/* Make one more call like guide_try(). */
struct guide_ending guide_make(struct guide *guide, enum el2_run run,
                               const struct program_call *call);

/* How a call would end; it is taken back. */
struct guide_ending guide_probe(struct guide *guide, enum el2_run run,
                                const struct program_call *call);

bool guide_same_ending(const struct guide_ending *a,
                       const struct guide_ending *b);

/* Where the guide is in the program, and back to where it was. */
size_t guide_position(const struct guide *guide);
void guide_rewind(struct guide *guide, size_t position);

#endif
