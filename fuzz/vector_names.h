/*
 * What the vectors call calls and their arguments: mostly as calls.def does,
 * otherwise as "Names" in tests/vectors/README.md says.
 */
#ifndef FUZZ_VECTOR_NAMES_H
#define FUZZ_VECTOR_NAMES_H

#include "el2/calls.h"

#include <stdbool.h>

/* The number of the call that vectors call so. False: there is none. */
bool vector_call_number(const char *name, uint32_t *number);

/* Names that vectors use for a call that exists, and for its arguments. */
const char *vector_call_name(uint32_t number);
const char *vector_argument_name(uint32_t number, uint32_t argument);

/* Whether vectors write this kind as a plain number, not as a hex string. */
bool vector_argument_is_plain(enum el2_argument_kind kind);

#endif
