/* What a triage leaves in its folder, and what it prints. */
#ifndef TOOLS_TRIAGE_OUTPUT_H
#define TOOLS_TRIAGE_OUTPUT_H

#include "fuzz/triage.h"

/*
 * Write the folder of each finding and index.txt into `directory`, which is
 * made if need be. Files of an earlier triage are replaced; folders of
 * findings that there are no longer stay. The machines are used for the pages.
 * False with what could not be written, and why in one line.
 */
bool triage_write(struct triage *triage, struct triage_machines *machines,
                  const char *directory, char *what, size_t what_size,
                  char *why, size_t why_size);

/* The same words as index.txt. False when the stream refuses them. */
bool triage_print(const struct triage *triage, const char *directory,
                  FILE *stream);

#endif
