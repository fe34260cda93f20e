/*
 * The table of fuzz/outcome_table.h for a person and for a program: each cell
 * reached, possible or impossible.
 */
#ifndef TOOLS_OUTCOME_REPORT_H
#define TOOLS_OUTCOME_REPORT_H

#include "fuzz/statistics.h"

#include <stdbool.h>
#include <stddef.h>

/* Cells of the calls that a target makes. */
struct outcome_tally {
    size_t possible;
    size_t reached;    /* of those that are possible */
    size_t impossible; /* and reached: the proof, or the specification, is
                          wrong */
};

struct outcome_tally outcome_tally_of(const struct statistics *statistics);

/* On standard output. JSON can fail: false when there is not enough memory. */
void outcome_report_text(const struct statistics *statistics);
bool outcome_report_json(const struct statistics *statistics);

#endif
