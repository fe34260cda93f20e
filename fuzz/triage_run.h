/*
 * One program of a triage: run and minimized in a process of its own, so that
 * one that crashes or hangs takes nothing with it.
 */
#ifndef FUZZ_TRIAGE_RUN_H
#define FUZZ_TRIAGE_RUN_H

#include "fuzz/minimize.h"
#include "fuzz/pairing.h"

/* More than there are targets. */
#define TRIAGE_PAIRING_LIMIT 16

/* What a program is tried on. Begins with its first member set. */
struct triage_machines {
    const struct pairing *only; /* NULL: all whose machines are as read */
    /* Those that are up, by the index of the pairing; each on the platform
     * that the last program wanted. */
    struct paired_machines *booted[TRIAGE_PAIRING_LIMIT];
    char booted_on[TRIAGE_PAIRING_LIMIT][4096];
};

/* The pairings that are tried, in order: the first index from `at` on, or
 * TRIAGE_PAIRING_LIMIT. */
size_t triage_next_pairing(const struct triage_machines *machines, size_t at);

/* The machines of a pairing, by its index, on a platform: NULL, with why, when
 * they do not come up. They stay the triage's. */
struct paired_machines *triage_boot(struct triage_machines *machines,
                                    size_t pairing, const char *platform,
                                    char *why, size_t why_size);

void triage_shut_down(struct triage_machines *machines);

enum triage_end {
    TRIAGE_SAME,     /* on all that were tried */
    TRIAGE_DIVERGED, /* all members are set */
    TRIAGE_ENDED,    /* its process was ended, see `ended_by` */
    TRIAGE_REFUSED,  /* see `why` */
};

struct triage_result {
    enum triage_end end;
    size_t pairing; /* by index, the first on which it diverged */
    char platform[4096];
    struct program program; /* minimized, unless that took too long: then
                               minimized.complete is false */
    size_t calls_before;
    struct minimized minimized;
    int ended_by; /* a signal, or 0: it left by itself, as with a sanitizer */
    char why[512];
};

/*
 * Run the program on a platform, as platform_load() takes it, which the
 * program names where it can. The result is large, 110 KiB; the program stays
 * as it is.
 */
void triage_run(struct triage_machines *machines, const struct program *program,
                const char *platform, struct triage_result *result);

#endif
