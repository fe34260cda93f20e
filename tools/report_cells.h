/*
 * What a report draws: the cells that a run touches, and the pages that its
 * calls name. Neighbours that hold alike throughout the run are one span, so
 * that a range of thousands of pages is one thing to look at.
 */
#ifndef TOOLS_REPORT_CELLS_H
#define TOOLS_REPORT_CELLS_H

#include "fuzz/lockstep.h"

#include <stdbool.h>
#include <stddef.h>

/* Cells of one kind and id with successive indexes. */
struct cell_span {
    el2_cell first;
    uint64_t count;
};

/* Begins as {0}. */
struct cell_spans {
    struct cell_span *spans;
    size_t count;
    size_t capacity;
    bool is_short; /* of memory: spans are missing */
};

/* Spans may overlap and repeat. */
void cell_spans_add(struct cell_spans *spans, el2_cell first, uint64_t count);

/* Make them ascending and disjoint: each that was added is then covered by
 * some exactly, and nothing else is. */
void cell_spans_divide(struct cell_spans *spans);

/* Leave at most so many spans of a kind, the first; returns how many went. */
size_t cell_spans_limit(struct cell_spans *spans, size_t limit_of_kind);

void cell_spans_free(struct cell_spans *spans);

/*
 * Run the program as lockstep_run() does, with everything compared at its end,
 * and find what there is to draw. False when there is not enough memory. The
 * caller frees the spans in either case. The lockstep's watchers are gone
 * afterwards.
 */
bool report_cells_find(struct lockstep *lockstep, const struct program *program,
                       struct cell_spans *spans);

/* The pages that an argument names: false when its kind names none. */
bool report_names_page(const struct el2_call *call, uint32_t argument,
                       el2_cell *page);

/*
 * Whether the machines differ in a cell now, after a program diverged there.
 * What is torn after a panic never differs.
 */
bool report_cell_differs(const struct lockstep *lockstep,
                         const struct divergence *divergence, el2_cell cell);

#endif
