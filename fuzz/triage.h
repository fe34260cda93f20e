/*
 * What a triage has found: the signatures of all files, each with its least
 * program, and which of them are likely one cause.
 */
#ifndef FUZZ_TRIAGE_H
#define FUZZ_TRIAGE_H

#include "fuzz/triage_run.h"

/* Names of files, in the order in which they were added. Begins as {0}. */
struct triage_files {
    char **names;
    char **notes; /* why or how, or NULL */
    size_t count;
};

/* All programs that diverge on one pairing with one signature. */
struct triage_finding {
    char signature[DIVERGENCE_SIGNATURE_SIZE];
    /* Of its folder: the signature, and the target when another finding has
     * the same signature on another. */
    char name[DIVERGENCE_SIGNATURE_SIZE + 64];
    struct triage_result least; /* of its programs */
    struct triage_files files;
    /* Its least programs by their calls: the different ways to get there. */
    char **ways;
    size_t way_count;
    /* What it is listed under, itself or another finding, and why. */
    struct triage_finding *cause;
    const char *likeness;
};

/* Begins as {0}. */
struct triage {
    struct triage_finding **findings;
    size_t count;
    struct triage_files same;   /* do not diverge */
    struct triage_files ended;  /* crash or hang */
    struct triage_files unused; /* cannot be read or run */
};

/* False when there is not enough memory. Names and notes are copied; `note`
 * may be NULL. */
bool triage_files_add(struct triage_files *files, const char *name,
                      const char *note);

/* Add a program that has this name and diverged. False when there is not
 * enough memory. */
bool triage_add(struct triage *triage, const char *name,
                const struct triage_result *result);

/*
 * When all are added: find likely causes, and put the findings in the order in
 * which they are listed. Causes come so that each differs as much as possible
 * from those before it, and the findings of a cause follow it. The same
 * findings in whatever order they were added are listed the same.
 */
void triage_rank(struct triage *triage);

void triage_free(struct triage *triage);

#endif
