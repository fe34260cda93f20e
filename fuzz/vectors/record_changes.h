/* The changes of a step as vectors write them. */
#ifndef FUZZ_VECTORS_RECORD_CHANGES_H
#define FUZZ_VECTORS_RECORD_CHANGES_H

#include "fuzz/vectors/line.h"
#include "fuzz/vectors/vector.h"

/*
 * Append `,"changes":{...}`: these changes, ascending by cell, each as the
 * machine has it now. What changed of lists is written in full, and read from
 * the machine, which booted this platform.
 */
void vector_put_changes(struct vector_line *line,
                        const struct vector_changes *changes,
                        struct el2_machine *machine,
                        const struct el2_platform *platform);

#endif
