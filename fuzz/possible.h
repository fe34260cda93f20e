/*
 * Which ends a call can have, in which state of the page that it names: what
 * semantics.md says, as a table. tests/unit/test_possible.c holds it against
 * the specification in every state of a page that keeps the invariants.
 *
 * It holds for the specification as section 10 reads it and for programs within
 * contracts; the texts as published end otherwise.
 */
#ifndef FUZZ_POSSIBLE_H
#define FUZZ_POSSIBLE_H

#include "el2/machine.h"
#include "fuzz/page_state.h"

#include <stdbool.h>

/* Whether the call can end like that, whatever the page. */
bool possible_outcome(uint32_t number, enum el2_outcome outcome);

/* NULL when it can end like that in that state of the page; otherwise why it
 * cannot, with the section that says so. `state` is PAGE_NONE for calls of
 * which page_state_is_of() is false. */
const char *impossible_why(uint32_t number, enum el2_outcome outcome,
                           struct page_state state);

/* An end that the text of a call has, but that contracts, invariants or the
 * states that calls can make exclude. */
struct impossible_end {
    uint8_t call;
    uint8_t outcome;
    uint16_t standings; /* bit n for enum page_standing n */
    const char *why;
};

/* By index; NULL past the last one. */
const struct impossible_end *impossible_end_at(size_t index);

#endif
