/*
 * One run of a program as a page for a browser: every call, what it changed,
 * and where the two machines part. The page is one file that needs no other
 * and no network.
 */
#ifndef TOOLS_REPORT_H
#define TOOLS_REPORT_H

#include "fuzz/pairing.h"
#include "fuzz/program.h"

#include <stdbool.h>
#include <stdio.h>

struct report {
    const struct pairing *pairing;
    struct paired_machines *pair; /* of that pairing, and up */
    const struct program *program;
    /* What the page calls the program, and how its platform was named: names
     * of files, whose bytes may be any. `platform` NULL: as pair->platform. */
    const char *shown;
    const char *platform;
    /* A program that diverges is minimized, and the page has both. */
    bool minimize;
};

/*
 * Run the program on the pair and write the page about it to the stream, which
 * is not flushed. *diverged says whether the run did. False with *why in one
 * line when it could not: a table cannot be made to fail on these machines,
 * there is not enough memory, or the stream refuses it. The program and what
 * the pair's lockstep was set to are as before afterwards.
 */
bool report_print(FILE *stream, const struct report *report, bool *diverged,
                  const char **why);

/* The same for a platform that is called as it calls itself. */
bool report_write(FILE *stream, const struct pairing *pairing,
                  struct paired_machines *pair, const struct program *program,
                  const char *shown, bool minimize, const char **why);

#endif
