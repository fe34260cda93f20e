/*
 * The calls that an exploration makes from every state that it finds: a
 * program whose calls are no sequence but a choice, and whose text may give
 * several values for an operand.
 *
 *     assign_pfn_to_vm vm={1,2} gfn=0x10 pfn={ram+0x0,ram+0x1}
 *
 * stands for four calls, in the order in which a reader counts them: the last
 * operand first.
 */
#ifndef EXPLORE_DOMAIN_H
#define EXPLORE_DOMAIN_H

#include "fuzz/program.h"

#include <stdbool.h>
#include <stddef.h>

/* Longest text with all its calls spelled out. */
#define DOMAIN_TEXT_LIMIT (PROGRAM_CALL_LIMIT * PROGRAM_CALL_TEXT_LIMIT)

/*
 * The domain of a text. False when it is none, with *error about the line of
 * the text as it was written. On failure what *domain holds must not be used.
 */
bool domain_parse(const char *text, size_t length, struct program *domain,
                  struct program_error *error);

/* A domain that is built in: a file of explore/domains/. */
struct known_domain {
    const char *name;
    const char *text; /* ended by NUL */
};

/* By index; NULL past the last one. */
const struct known_domain *known_domain_at(size_t index);

/* NULL when none has that name. */
const struct known_domain *known_domain_find(const char *name);

#endif
