/*
 * What a person is told about the kinds of arguments and of issuers that
 * calls.h has. All text is constant and has no markup.
 */
#ifndef FUZZ_CALL_KINDS_H
#define FUZZ_CALL_KINDS_H

#include "el2/calls.h"

/* The kind as calls.def writes it, and what such an argument is. */
const char *call_kind_name(enum el2_argument_kind kind);
const char *call_kind_says(enum el2_argument_kind kind);

#define CALL_ISSUER_COUNT (EL2_ISSUER_ACCESS + 1)

struct call_issuer_text {
    const char *heading; /* for its calls */
    const char *who;     /* issues them: a sentence */
    const char *only;    /* what a program must keep to, sentences, or NULL */
};

extern const struct call_issuer_text call_issuer_texts[CALL_ISSUER_COUNT];

#endif
