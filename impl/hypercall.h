/*
 * What the host may ask of EL2 (semantics.md section 6): hypercalls, and what
 * its faults lead to. The host is not trusted, so each argument is checked
 * before anything is looked at; one out of range panics with no lock held.
 */
#ifndef IMPL_HYPERCALL_H
#define IMPL_HYPERCALL_H

#include "impl/el2.h"

#include <stdint.h>

/* Do call `number` with the host's registers a[0 .. EL2_ARGUMENT_LIMIT - 1].
 * Its result, or 0; panics when the host has no such call. */
uint64_t hypercall(struct el2 *el2, uint32_t number, const uint64_t *a);

#endif
