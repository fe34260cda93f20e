/*
 * The primitives that the page operations are made of (Coq source 002,
 * `*_spec0`; semantics.md section 4, last paragraph). A primitive does nothing
 * once the machine has halted, and a reader gives 0 then.
 */
#ifndef MODEL_PRIMITIVES_H
#define MODEL_PRIMITIVES_H

#include "model/state.h"

void acquire_lock_s2page(struct model *m);
void release_lock_s2page(struct model *m);

uint32_t get_pfn_owner(const struct model *m, uint64_t pfn);
uint32_t get_pfn_count(const struct model *m, uint64_t pfn);
uint64_t get_pfn_map(const struct model *m, uint64_t pfn);
void set_pfn_owner(struct model *m, uint64_t pfn, uint32_t owner);
void set_pfn_count(struct model *m, uint64_t pfn, uint32_t count);
void set_pfn_map(struct model *m, uint64_t pfn, uint64_t gfn);

/* Each takes the lock of its own table. */
void map_s2pt(struct model *m, uint32_t v, uint64_t addr, uint64_t level,
              uint64_t descriptor);
void clear_pfn_host_s2pt(struct model *m, uint64_t pfn);
void map_spt(struct model *m, uint32_t bank, uint64_t iova,
             uint64_t descriptor);
/* The descriptor that was there. */
uint64_t unmap_spt(struct model *m, uint32_t bank, uint64_t iova);

void clear_phys_page(struct model *m, uint64_t pfn);
void fetch_from_doracle(struct model *m, uint32_t v, uint64_t pfn,
                        enum el2_draw_reason reason);
/* The host's page `out` gets the cipher of page `in`. */
void encrypt_phys_page(struct model *m, uint64_t in, uint64_t out);

/* Halts the machine with the locks that it holds. */
void panic_machine(struct model *m);

#endif
