/*
 * Changes of a program's operands that keep what they have in common: the VM,
 * page or bank that several calls speak of becomes another one in all of them.
 *
 * Values are of one *class* when they can stand for each other: pages in
 * whatever form (a page number, an address, a descriptor), and otherwise the
 * arguments of one kind.
 */
#ifndef FUZZ_RENAMING_H
#define FUZZ_RENAMING_H

#include "fuzz/program.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One operand of a program. */
struct place {
    size_t call;
    uint32_t argument;
};

/* Before the first operand of any program. */
#define PLACE_BEFORE_FIRST ((struct place){0, UINT32_MAX})

/* To the next operand. False behind the last one. */
bool place_next(const struct program *program, struct place *place);

/* What is there. */
enum el2_argument_kind place_kind(const struct program *program,
                                  struct place place);
struct operand *place_operand(struct program *program, struct place place);

/* Numbers of one class that become others. */
struct renaming {
    enum el2_argument_kind kind; /* one of the class */
    /* A page of RAM is the same page as an iova for it, as long as the two
     * bases are equal; then each operand keeps its own. */
    enum operand_base from_base;
    enum operand_base to_base;
    uint64_t from; /* a page for a class of pages, otherwise the value */
    uint64_t to;
    uint64_t span;  /* how many numbers from there on; at least 1 */
    bool exchanges; /* those at `to` become those at `from`; equal bases */
};

/* That makes one operand into another everywhere. */
struct renaming renaming_make(enum el2_argument_kind kind,
                              const struct operand *from,
                              const struct operand *to);

/* Returns how many operands it changed. */
size_t renaming_apply(const struct renaming *renaming, struct program *program);

/*
 * The operand of kind `kind` with the value that a lender of kind `lent_kind`
 * has: of a page its base and number, with all other bits of `operand`. False
 * when the two are not of one class.
 */
bool operand_borrow(enum el2_argument_kind kind, const struct operand *operand,
                    enum el2_argument_kind lent_kind,
                    const struct operand *lender, struct operand *borrowed);

#endif
