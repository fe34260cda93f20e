/*
 * What the vectors call calls, their arguments and the ends of accesses:
 * mostly as calls.def does, otherwise as "Names" in tests/vectors/README.md
 * says.
 */
#ifndef FUZZ_VECTORS_NAMES_H
#define FUZZ_VECTORS_NAMES_H

#include "el2/machine.h"

#include <stdbool.h>
#include <stdint.h>

/* The number of the call that vectors call so. False: there is none. */
bool vector_call_number(const char *name, uint32_t *number);

/* Names that vectors use for a call that exists, and for its arguments. */
const char *vector_call_name(uint32_t number);
const char *vector_argument_name(uint32_t number, uint32_t argument);

/* The argument, besides those of calls.def, by which an access of a device
 * names the owner of its bank; NULL for all other calls. */
const char *vector_owner_argument(uint32_t number);

/* What vectors write as result of an access that ended so; NULL when they
 * write no name but a word or nothing. And back: false for other names. */
const char *vector_access_name(enum el2_access access);
bool vector_access(const char *name, enum el2_access *access);

/* Whether vectors write this kind as a plain number, not as a hex string. */
bool vector_argument_is_plain(enum el2_argument_kind kind);

#endif
