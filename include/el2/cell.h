/*
 * What may be observed of a machine. The state of every machine, whatever it
 * is made of inside, is a set of cells; a cell has a name that both sides
 * agree on and a value that both must hold.
 *
 * A cell is one number: its kind, an id (vmid or bank) and an index.
 */
#ifndef EL2_CELL_H
#define EL2_CELL_H

#include "el2/constants.h"

#include <stdbool.h>
#include <stdint.h>

enum el2_cell_kind {
    /* id, index: value */
    EL2_CELL_PAGE,        /* -, pfn: gfn; owner and share count */
    EL2_CELL_NPT,         /* vmid, gfn: a stage-2 entry, see below */
    EL2_CELL_NPT_BLOCK,   /* vmid, gfn / 512: the block there, or nothing */
    EL2_CELL_SPT,         /* bank, iova / 4096: an SMMU entry, see below */
    EL2_CELL_BANK,        /* bank, -: owner or EL2_INVALID */
    EL2_CELL_VM_STATE,    /* vmid, -: enum el2_vm_state */
    EL2_CELL_CORE,        /* -, -: next vmid; next remap pointer */
    EL2_CELL_MEMORY,      /* -, pfn: the 64-bit word that fills the page */
    EL2_CELL_DATA_LOG,    /* vmid, -: values that the data oracle has given */
    EL2_CELL_NPT_TABLES,  /* vmid, -: level-1, level-2; level-3 tables taken */
    EL2_CELL_SPT_TABLES,  /* -, -: level-2, level-3 tables taken */
    EL2_CELL_VCPU,        /* vmid, vCPU: enum el2_vm_state */
    EL2_CELL_INC_EXE,     /* vmid, -: 1 after load_crypt_vcpu */
    EL2_CELL_IMAGE,       /* vmid, image: load address; size, 0 for no image */
    EL2_CELL_IMAGE_REMAP, /* vmid, image: remap address; pages mapped there */
    EL2_CELL_MEMORY_UNKNOWN, /* -, pfn: 1 while the specification does not
                                follow what the page holds (section 2) */
    EL2_CELL_KIND_COUNT
};

typedef uint64_t el2_cell;

static inline el2_cell el2_cell_make(enum el2_cell_kind kind, uint64_t id,
                                     uint64_t index)
{
    return ((uint64_t)kind << 56) | (id << 48) | index;
}

static inline enum el2_cell_kind el2_cell_kind(el2_cell cell)
{
    return (enum el2_cell_kind)(cell >> 56);
}

static inline uint32_t el2_cell_id(el2_cell cell)
{
    return (uint32_t)(cell >> 48) & 0xff;
}

static inline uint64_t el2_cell_index(el2_cell cell)
{
    return cell & ((UINT64_C(1) << 48) - 1);
}

/* The value of a cell. What the words mean depends on the kind. */
struct el2_value {
    uint64_t words[2];
};

static inline bool el2_value_equal(struct el2_value a, struct el2_value b)
{
    return a.words[0] == b.words[0] && a.words[1] == b.words[1];
}

/* EL2_CELL_PAGE. */
static inline struct el2_value el2_value_page(uint32_t owner, uint32_t count,
                                              uint64_t gfn)
{
    return (struct el2_value){{gfn, owner | ((uint64_t)count << 32)}};
}

static inline uint32_t el2_value_owner(struct el2_value value)
{
    return (uint32_t)value.words[1];
}

static inline uint32_t el2_value_count(struct el2_value value)
{
    return (uint32_t)(value.words[1] >> 32);
}

static inline uint64_t el2_value_gfn(struct el2_value value)
{
    return value.words[0];
}

/*
 * EL2_CELL_NPT, EL2_CELL_NPT_BLOCK and EL2_CELL_SPT: the raw descriptor at
 * which the walk ends, the level at which it ends, and the page to which the
 * architecture translates it. An absent entry is all zero. A descriptor that
 * is not valid at its level translates to no page.
 */
#define EL2_NO_TRANSLATION ((UINT64_C(1) << 56) - 1)

static inline struct el2_value
el2_value_entry(uint64_t descriptor, uint32_t level, uint64_t translated_pfn)
{
    if (descriptor == 0) {
        return (struct el2_value){{0, 0}};
    }
    return (struct el2_value){{descriptor, (translated_pfn << 8) | level}};
}

static inline uint64_t el2_value_descriptor(struct el2_value value)
{
    return value.words[0];
}

static inline uint32_t el2_value_level(struct el2_value value)
{
    return (uint32_t)value.words[1] & 0xff;
}

static inline uint64_t el2_value_translation(struct el2_value value)
{
    return value.words[1] >> 8;
}

/*
 * The ways in which two machines can differ after a step. When a step differs
 * in several, the first in this order is the divergence.
 */
enum el2_observation {
    EL2_OBSERVE_PANIC,
    EL2_OBSERVE_RESULT,
    EL2_OBSERVE_OWNER,
    EL2_OBSERVE_COUNT,
    EL2_OBSERVE_GFN,
    EL2_OBSERVE_NPT,
    EL2_OBSERVE_SPT,
    EL2_OBSERVE_BANK,
    EL2_OBSERVE_VM,
    EL2_OBSERVE_IMAGES,
    EL2_OBSERVE_CORE,
    EL2_OBSERVE_MEMORY,
    EL2_OBSERVE_TABLES,
    EL2_OBSERVE_INVARIANT,
    EL2_OBSERVATION_COUNT
};

#endif
