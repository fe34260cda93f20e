/*
 * The locks of the machine and their order (semantics.md section 9). A lock
 * may be taken only while every lock that is held has a lower number, so no
 * lock is ever taken twice and no two orders exist.
 *
 *   smmu < vm[0..] < core < page < npt[0..] < spt
 */
#ifndef EL2_LOCKS_H
#define EL2_LOCKS_H

#include "el2/constants.h"

#include <stdint.h>

enum el2_lock {
    EL2_LOCK_SMMU = 0, /* who owns each bank */
    EL2_LOCK_VM = 1,   /* + vmid: state, vCPUs, images; [0] for host banks */
    EL2_LOCK_CORE = EL2_LOCK_VM + EL2_VMID_LIMIT, /* next vmid, remap pointer */
    EL2_LOCK_PAGE,                                /* page records and content */
    EL2_LOCK_NPT,                                 /* + vmid */
    EL2_LOCK_SPT = EL2_LOCK_NPT + EL2_VMID_LIMIT,
    EL2_LOCK_COUNT
};

/* A set of locks: bit n for lock n. */
typedef uint64_t el2_lock_set;

static inline el2_lock_set el2_lock_bit(unsigned lock)
{
    return UINT64_C(1) << lock;
}

#endif
