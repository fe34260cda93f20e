/*
 * The table of calls. Every call stands once in calls.def; the decoder, the
 * text form, JSON and the documentation are made from it.
 *
 * Freestanding.
 */
#ifndef EL2_CALLS_H
#define EL2_CALLS_H

#include <stdint.h>

#define EL2_ARGUMENT_LIMIT 6

/* What an argument means. Its value is always a raw 64-bit register. */
enum el2_argument_kind {
    EL2_ARGUMENT_VMID,
    EL2_ARGUMENT_PFN,        /* physical page number */
    EL2_ARGUMENT_GFN,        /* guest (or iova) page number */
    EL2_ARGUMENT_PHYSICAL,   /* physical address, bytes */
    EL2_ARGUMENT_IPA,        /* guest-physical address, bytes */
    EL2_ARGUMENT_IOVA,       /* what a device addresses, bytes */
    EL2_ARGUMENT_DESCRIPTOR, /* a page-table entry */
    EL2_ARGUMENT_LEVEL,      /* 2: a block; anything else: a page */
    EL2_ARGUMENT_PAGES,      /* length of a range, pages */
    EL2_ARGUMENT_SIZE,       /* length of a range, bytes */
    EL2_ARGUMENT_BANK,       /* context bank within its SMMU */
    EL2_ARGUMENT_SMMU,       /* which SMMU */
    EL2_ARGUMENT_VCPU,       /* virtual CPU of a VM */
    EL2_ARGUMENT_IMAGE,      /* which boot image of a VM */
    EL2_ARGUMENT_LENGTH,     /* length, bytes: any register, not only a range
                                that a harness can walk */
    EL2_ARGUMENT_ATTRIBUTES, /* of a mapping: descriptor bits but the address */
    EL2_ARGUMENT_OFFSET,     /* within an SMMU's register window, bytes */
    EL2_ARGUMENT_WIDTH,      /* of a register access, bytes */
    EL2_ARGUMENT_VALUE,      /* data */
};

#define EL2_ARGUMENT_KIND_COUNT (EL2_ARGUMENT_VALUE + 1)

/* Who issues a call, which is also how a harness may use it. */
enum el2_issuer {
    EL2_ISSUER_TABLES,    /* section 3: only in a table-only run */
    EL2_ISSUER_OPERATION, /* sections 4 and 5: inside EL2, within contracts */
    EL2_ISSUER_HOST,      /* section 6: a hypercall of the host */
    EL2_ISSUER_VM,        /* section 6: an event of a VM */
    EL2_ISSUER_ACCESS,    /* section 6: a load or store through the tables */
};

enum el2_result {
    EL2_RESULT_NOTHING,
    EL2_RESULT_NUMBER,
    EL2_RESULT_DESCRIPTOR,
    EL2_RESULT_VMID,
    EL2_RESULT_ADDRESS, /* physical, bytes */
    EL2_RESULT_WORD,    /* what fills a page, see enum el2_access */
};

#define EL2_CALL(number, name, issuer, result, count, ...)                     \
    EL2_CALL_##name = (number),
enum el2_call_number {
#include "el2/calls.def"
};
#undef EL2_CALL

/* One call as it reaches a machine: a number and raw registers. */
struct el2_call {
    uint32_t number; /* enum el2_call_number */
    uint64_t arguments[EL2_ARGUMENT_LIMIT];
};

struct el2_argument_description {
    enum el2_argument_kind kind;
    const char *name;
};

struct el2_call_description {
    const char *name; /* NULL: no call has this number */
    enum el2_issuer issuer;
    enum el2_result result;
    uint32_t argument_count;
    struct el2_argument_description arguments[EL2_ARGUMENT_LIMIT];
};

/* Call numbers are below this; most of them are free. */
#define EL2_CALL_NUMBER_LIMIT 256

/* Description by number; its name is NULL when no call has that number. */
extern const struct el2_call_description el2_calls[EL2_CALL_NUMBER_LIMIT];

#endif
