/*
 * What a person is told about each call of calls.def: what it does, what it
 * gives, when a program may make it and when it panics. docs/calls.md and
 * `el2diff calls` are made from it.
 *
 * All text is constant and has no markup: sentences, or parts of sentences
 * that fit behind a colon.
 */
#ifndef FUZZ_CALL_TEXT_H
#define FUZZ_CALL_TEXT_H

#include "el2/calls.h"
#include "el2/outcome.h"

/* One way in which a call ends the machine. */
struct call_panic {
    enum el2_outcome outcome; /* EL2_OUTCOME_NONE: there is none here */
    const char *when;
};

#define CALL_PANIC_LIMIT 8

struct call_text {
    const char *says;  /* what it does; NULL: no call has this number */
    const char *gives; /* its result; NULL: nothing */
    const char *only;  /* what a program must keep to beyond its issuer's
                          rule, or the call is skipped; NULL: nothing */
    /* In the order in which they are looked for. */
    struct call_panic panics[CALL_PANIC_LIMIT];
};

/* By number, as el2_calls. */
extern const struct call_text call_texts[EL2_CALL_NUMBER_LIMIT];

/* How many ways to panic the call has. */
uint32_t call_panic_count(const struct call_text *text);

#endif
