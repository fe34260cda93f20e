/*
 * Which of two programs is the simpler one, and what to try instead of an
 * operand to get there.
 *
 * The order, the same on every platform and for every pair of machines:
 *
 * 1. Fewer calls are simpler.
 * 2. Of as many, a run within contracts is simpler than one of tables only.
 * 3. Of those, one in which all tables are given is simpler than one in which
 *    one fails.
 * 4. Otherwise the first call or operand in which two programs differ decides:
 *    calls by their number; operands by their kind, see operand_simpler().
 * 5. With the same calls, an earlier table that fails is simpler.
 *
 * Each of these compares natural numbers, lists of a length that is fixed by
 * what was compared before, so that there is no endless chain of ever simpler
 * programs: whoever only goes from a program to a simpler one comes to an end.
 */
#ifndef FUZZ_SIMPLICITY_H
#define FUZZ_SIMPLICITY_H

#include "fuzz/program.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether `a` is simpler than `b` as an argument of this kind; both are valid.
 * A total order:
 *
 *   pages, physical addresses, descriptors: relative to RAM, then to EL2's
 *       memory, then plain numbers; then all bits but the page's, as a number;
 *       then the page
 *   guest pages and addresses, iovas: the same, but small plain numbers first
 *   level: 3, then 2; width: 4, then 8; lengths: whole pages first
 *   everything else, and what is left: the smaller number
 */
bool operand_simpler(enum el2_argument_kind kind, const struct operand *a,
                     const struct operand *b);

/* Whether `a` is simpler than `b`; both are valid. The platforms that they name
 * are not compared. */
bool program_simpler(const struct program *a, const struct program *b);

/* More than operand_candidates() gives for any operand. */
#define OPERAND_CANDIDATE_LIMIT 320

/*
 * Simpler operands that are worth a try instead of this one, the simplest
 * first, none twice; the same for the same operand and platform. Returns how
 * many. An operand that means the same on this platform is one of them when it
 * is simpler.
 */
size_t operand_candidates(enum el2_argument_kind kind,
                          const struct operand *operand,
                          const struct el2_platform *platform,
                          struct operand candidates[OPERAND_CANDIDATE_LIMIT]);

/* Whether arguments of this kind name a page: as a page number, or in the
 * page bits of an address or descriptor. */
bool operand_names_page(enum el2_argument_kind kind);

/* Whether that page is one of an address space that tables translate. */
bool operand_is_of_guest(enum el2_argument_kind kind);

/* The page of such an operand, counted from its base. */
uint64_t operand_page(enum el2_argument_kind kind,
                      const struct operand *operand);

/* The operand with another base and page and all other bits as they are; a
 * page beyond the argument's bits loses those that do not fit. */
struct operand operand_with_page(enum el2_argument_kind kind,
                                 const struct operand *operand,
                                 enum operand_base base, uint64_t page);

#endif
