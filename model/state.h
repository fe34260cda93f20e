/*
 * The state of the specification (semantics.md section 2) with a name for each
 * part of it. The values live in the store; the functions here say what each
 * part is at boot and keep the rules that hold for every reader and writer.
 */
#ifndef MODEL_STATE_H
#define MODEL_STATE_H

#include "el2/machine.h"
#include "model/buffers.h"
#include "model/page_operations.h"
#include "model/store.h"

/* Cells that no other machine has: which tables exist. */
enum model_cell_kind {
    MODEL_CELL_NPT_TABLE = EL2_CELL_KIND_COUNT, /* vmid, level and index */
    MODEL_CELL_SPT_TABLE,                       /* bank, level and index */
};

struct page {
    uint32_t owner;
    uint32_t count;
    uint64_t gfn;
};

/* An entry of a page-table map; absent is all zero. SMMU entries have level
 * 3. */
struct map_entry {
    uint64_t pfn;
    uint32_t level;
    uint64_t descriptor;
};

/* A boot image: addresses and size in bytes, mapped in pages. */
struct image {
    uint64_t load_addr;
    uint64_t size; /* 0: there is no such image */
    uint64_t remap_addr;
    uint64_t mapped;
};

/* The published texts count an INVALID share count as a share; section 10 E11
 * says why it is not one. */
enum model_reading {
    MODEL_READING_HOLDS,
    MODEL_READING_PUBLISHED
};

struct model {
    struct el2_machine machine;
    struct el2_machine_operations interface;
    struct el2_platform platform;
    struct store store;
    /* What touched() answers with. */
    el2_cell *touched_cells;
    struct el2_value *touched_values;
    el2_oracle oracle;
    /* By kind of argument, see contract_maxima(). */
    uint64_t argument_maxima[EL2_ARGUMENT_KIND_COUNT];
    struct model_page_operations operations;
    struct model_buffer_operations buffers;
    enum model_reading reading;

    /* Locks held by what runs now; what stays held at a panic. */
    el2_lock_set held;
    /* The page of the critical section under the page lock. */
    uint64_t section_pfn;
    /* Set once a primitive has panicked: nothing happens after that. */
    bool halted;
    /* Banks that mapped something at some time since boot, bit per bank id,
     * and whether any block was mapped: most programs do without. */
    uint64_t banks_ever_mapped;
    bool blocks_ever_used;
    bool unknown_ever_used; /* so was the content of a page lost sight of */
    /* By enum el2_invariant: how often it compared something. Not a part of
     * the state. */
    uint64_t *judged;
    uint64_t judged_here[EL2_INVARIANT_COUNT];
    /* A pool that holds fewer tables than the platform gives it. */
    bool pool_is_limited;
    struct el2_table_pool limited_pool;
    uint32_t limited_tables;
};

/* A lock is taken: a panic from here on leaves it held. */
static inline void hold_lock(struct model *m, unsigned lock)
{
    m->held |= el2_lock_bit(lock);
}

static inline void release_lock(struct model *m, unsigned lock)
{
    m->held &= ~el2_lock_bit(lock);
}

/* A section under the page lock begins, at this page. */
static inline void hold_page(struct model *m, uint64_t pfn)
{
    m->held |= el2_lock_bit(EL2_LOCK_PAGE);
    m->section_pfn = pfn;
}

static inline struct el2_value state_get(const struct model *m, el2_cell cell)
{
    const struct el2_value *value = store_find(&m->store, cell);
    return value != NULL ? *value : (struct el2_value){{0, 0}};
}

static inline void state_set(struct model *m, el2_cell cell,
                             struct el2_value value)
{
    store_change(&m->store, cell, (struct el2_value){{0, 0}}, value);
}

/* Section 2: a page inside a region, or not; page 0 never has an owner. */
struct page page_at_boot(const struct model *m, uint64_t pfn);

static inline struct page page_of_value(struct el2_value value)
{
    return (struct page){el2_value_owner(value), el2_value_count(value),
                         el2_value_gfn(value)};
}

static inline struct page page_get(const struct model *m, uint64_t pfn)
{
    const struct el2_value *value =
        store_find(&m->store, el2_cell_make(EL2_CELL_PAGE, 0, pfn));
    return value != NULL ? page_of_value(*value) : page_at_boot(m, pfn);
}

/* Ignored for a page that has no owner at boot. */
void page_set(struct model *m, uint64_t pfn, struct page page);

/* The record of a page that the host has and nobody uses. */
struct page page_of_host(const struct model *m, uint64_t pfn);

/* Section 4: shared with the host, or used by a host device. */
bool page_is_shared(const struct model *m, const struct page *page);

/* The value of a cell of a table, as a map says it. */
static inline struct map_entry entry_of_value(struct el2_value value)
{
    return (struct map_entry){el2_value_translation(value),
                              el2_value_level(value),
                              el2_value_descriptor(value)};
}

/* What the map says of a page of the address space. */
struct map_entry npt_get(const struct model *m, uint32_t v, uint64_t gfn);
struct map_entry spt_get(const struct model *m, uint32_t bank, uint64_t gfn);

/* EL2_INVALID when nobody owns the bank. */
uint32_t bank_owner(const struct model *m, uint32_t bank);
void bank_set_owner(struct model *m, uint32_t bank, uint32_t owner);

enum el2_vm_state vm_state(const struct model *m, uint32_t v);
void vm_set_state(struct model *m, uint32_t v, enum el2_vm_state state);

enum el2_vm_state vcpu_state(const struct model *m, uint32_t v, uint32_t c);
void vcpu_set_state(struct model *m, uint32_t v, uint32_t c,
                    enum el2_vm_state state);

/* inc_exe = 1. */
void vm_set_inc_exe(struct model *m, uint32_t v);

/* A VM's images are the first image_count() of images_per_vm. */
uint64_t image_count(const struct model *m, uint32_t v);
struct image image_get(const struct model *m, uint32_t v, uint64_t i);
void image_set(struct model *m, uint32_t v, uint64_t i, struct image image);

uint32_t core_next_vmid(const struct model *m);
void core_set_next_vmid(struct model *m, uint32_t vmid);
uint64_t core_next_remap_ptr(const struct model *m);
void core_set_next_remap_ptr(struct model *m, uint64_t remap_ptr);

/*
 * The content of a page, as the one word that fills it. That word is kept of
 * an unknown page too: it tells what its bytes must still be when EL2 hands
 * the page over, though no load of the specification may return it.
 */
uint64_t memory_get(const struct model *m, uint64_t pfn);
bool memory_is_unknown(const struct model *m, uint64_t pfn);

/* From here on the page holds this word, and is known to, or not. */
void memory_set(struct model *m, uint64_t pfn, uint64_t word);
void memory_set_unknown(struct model *m, uint64_t pfn, uint64_t word);

/* Section 2, oracle(v): the outside decides the content of page pfn. `word`
 * is what struct el2_draw says. */
void memory_from_oracle(struct model *m, uint32_t v, uint64_t pfn,
                        enum el2_draw_reason reason, uint64_t word);

/* Any observable cell now, and before the last step. */
struct el2_value state_observe(const struct model *m, el2_cell cell);
struct el2_value state_before_step(const struct model *m, el2_cell cell);

/* The observable cells that the step changed, some perhaps twice, and what
 * they hold now. Returns how many; there must be room for
 * STORE_CHANGES_PER_CALL. */
size_t state_observe_step(const struct model *m, el2_cell *cells,
                          struct el2_value *values);

static inline uint64_t phys_page(uint64_t descriptor)
{
    return descriptor & EL2_DESCRIPTOR_ADDRESS;
}

#endif
