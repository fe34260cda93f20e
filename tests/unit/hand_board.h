/*
 * EL2's state, written by hand: a booted board whose page records, tables and
 * variables a test changes word by word, and the verdict of the invariants on
 * what it changed.
 *
 * Include it after <cmocka.h>.
 */
#ifndef TESTS_UNIT_HAND_BOARD_H
#define TESTS_UNIT_HAND_BOARD_H

#include "impl/host/invariants.h"
#include "impl/host/mmu.h"
#include "impl/host/shim_host.h"
#include "impl/host/table_index.h"
#include "tests/unit/model_cases.h"

#include <stdlib.h>

enum {
    TOLD_LIMIT = 8192,
    TABLE_LIMIT = 256
};

/* A table that the test has linked below an entry; `first` is the first page
 * that it covers. */
struct hand_table {
    bool is_bank;
    uint32_t id;
    uint32_t level;
    uint64_t first;
    uint64_t address;
};

struct hand_board {
    struct el2_platform platform;
    struct shim_host host;
    struct table_index tables;
    struct el2 el2;
    struct el2 at_boot;
    struct invariants invariants;
    struct hand_table linked[TABLE_LIMIT];
    uint32_t linked_count;
    size_t step_log; /* where the step's stores begin */
    el2_cell cells[TOLD_LIMIT];
    struct cell_list told;
    struct el2_value values[TOLD_LIMIT];
    struct el2_violation violation;
};

static inline struct hand_board *create_hand_board(void)
{
    struct hand_board *b = calloc(1, sizeof *b);
    const char *why = NULL;
    assert_non_null(b);
    b->platform = board();
    b->told = (struct cell_list){.cells = b->cells, .limit = TOLD_LIMIT};
    assert_true(physical_create(&b->host.memory, &b->platform, &why));
    assert_true(table_index_create(&b->tables, &b->host.memory));
    shim_host_enter(&b->host);
    assert_true(el2_boot(&b->el2, &b->platform));
    b->host.memory.log_length = 0;
    b->at_boot = b->el2;
    for (uint32_t v = 0; v <= CORE_VMID; v++) {
        table_index_add_npt_root(&b->tables, v, el2_npt_root(&b->el2, v));
    }
    for (uint32_t bank = 0; bank < EL2_BANK_LIMIT; bank++) {
        table_index_add_bank_root(&b->tables, bank,
                                  el2_spt_root(&b->el2, bank));
    }
    table_index_reset(&b->tables);
    assert_true(invariants_create(&b->invariants, &b->host.memory, &b->el2));
    return b;
}

static inline void destroy_hand_board(struct hand_board *b)
{
    invariants_destroy(&b->invariants);
    table_index_destroy(&b->tables);
    physical_destroy(&b->host.memory);
    free(b);
}

static inline void reset_hand_board(struct hand_board *b)
{
    physical_reset(&b->host.memory);
    table_index_reset(&b->tables);
    invariants_reset(&b->invariants);
    b->el2 = b->at_boot;
    b->linked_count = 0;
    b->step_log = 0;
    b->told.count = 0;
}

static inline void put_word(struct hand_board *b, uint64_t address,
                            uint64_t word)
{
    physical_store(&b->host.memory, address, word);
}

/* As impl/page_record.h lays it out. */
static inline void put_record(struct hand_board *b, uint64_t pfn,
                              uint32_t owner, uint32_t count, uint64_t gfn)
{
    for (uint32_t i = 0; i < b->el2.region_count; i++) {
        const struct el2_memory_region *region = &b->el2.regions[i];
        if (pfn - region->base < region->page_count) {
            uint64_t record = b->el2.records +
                              (region->first_record + pfn - region->base) * 16;
            put_word(b, record,
                     (owner ^ region->boot_owner) | (uint64_t)count << 32);
            put_word(b, record + 8, gfn - (pfn + HOST_OFFSET));
        }
    }
}

/* The page as the host has it. */
static inline void put_host_record(struct hand_board *b, uint64_t pfn,
                                   uint32_t count)
{
    put_record(b, pfn, EL2_HOSTVISOR, count, pfn + HOST_OFFSET);
}

/* A table of the test's own, above all that EL2 uses; always the same for the
 * same place. */
static inline uint64_t table_at(struct hand_board *b, bool is_bank, uint32_t id,
                                uint32_t level, uint64_t first)
{
    for (uint32_t i = 0; i < b->linked_count; i++) {
        const struct hand_table *table = &b->linked[i];
        if (table->is_bank == is_bank && table->id == id &&
            table->level == level && table->first == first) {
            return table->address;
        }
    }
    assert_true(b->linked_count < TABLE_LIMIT);
    uint64_t address =
        ((b->el2.memory_end + EL2_PAGE_OFFSET) & ~EL2_PAGE_OFFSET) +
        AT(b->linked_count);
    b->linked[b->linked_count++] =
        (struct hand_table){is_bank, id, level, first, address};
    return address;
}

/* The entry of `level` for a page, and links down to it. */
static inline void put_entry(struct hand_board *b, bool is_bank, uint32_t id,
                             uint64_t gfn, uint32_t level, uint64_t descriptor)
{
    uint64_t table =
        is_bank ? el2_spt_root(&b->el2, id) : el2_npt_root(&b->el2, id);
    uint64_t mask = is_bank ? 1023 : 511;
    for (uint32_t at = is_bank ? 1 : 0;; at++) {
        unsigned shift = 9 * (3 - at);
        uint64_t entry = table + (gfn >> shift & mask) * sizeof(uint64_t);
        mask = 511;
        if (at == level) {
            put_word(b, entry, descriptor);
            return;
        }
        uint64_t first = gfn >> shift << shift;
        table = table_at(b, is_bank, id, at + 1, first);
        if (physical_load(&b->host.memory, entry) !=
            (table | EL2_DESCRIPTOR_TABLE)) {
            put_word(b, entry, table | EL2_DESCRIPTOR_TABLE);
        }
    }
}

static inline void put_npt(struct hand_board *b, uint32_t v, uint64_t gfn,
                           uint64_t pfn)
{
    put_entry(b, false, v, gfn, 3, AT(pfn) | EL2_S2_KERNEL);
}

static inline void put_block(struct hand_board *b, uint32_t v, uint64_t gfn,
                             uint64_t pfn)
{
    put_entry(b, false, v, gfn, 2,
              AT(pfn) | (EL2_S2_KERNEL & ~EL2_PAGE_NOT_BLOCK));
}

static inline void put_spt(struct hand_board *b, uint32_t bank, uint64_t gfn,
                           uint64_t pfn)
{
    put_entry(b, true, bank, gfn, 3, AT(pfn) | EL2_SMMU_PAGE);
}

static inline void put_spt_block(struct hand_board *b, uint32_t bank,
                                 uint64_t gfn, uint64_t pfn)
{
    put_entry(b, true, bank, gfn, 2,
              AT(pfn) | (EL2_SMMU_PAGE & ~EL2_PAGE_NOT_BLOCK));
}

/* What spt_init() does. */
static inline void clear_bank(struct hand_board *b, uint32_t bank)
{
    uint64_t root = el2_spt_root(&b->el2, bank);
    for (uint64_t word = root; word < root + EL2_SPT_ROOT_SIZE; word += 8) {
        if (physical_load(&b->host.memory, word) != 0) {
            put_word(b, word, 0);
        }
    }
}

static inline void tell(struct hand_board *b, el2_cell cell)
{
    b->told.cells[b->told.count++] = cell;
}

static inline void put_state(struct hand_board *b, uint32_t v, uint32_t state)
{
    b->el2.vm_state[v] = state;
    tell(b, state_of(v));
}

static inline void put_owner(struct hand_board *b, uint32_t bank,
                             uint32_t owner)
{
    b->el2.bank_owner[bank] = owner;
    tell(b, bank_of(bank));
}

static inline struct mmu_walk
walk_entry(const struct hand_board *b, bool is_bank, uint32_t id, uint64_t gfn)
{
    const struct physical *memory = &b->host.memory;
    return is_bank
               ? mmu_walk_bank(memory, el2_spt_root(&b->el2, id), AT(gfn))
               : mmu_walk_stage2(memory, el2_npt_root(&b->el2, id), AT(gfn));
}

static inline struct el2_value hand_value(const struct hand_board *b,
                                          el2_cell cell)
{
    enum el2_cell_kind kind = el2_cell_kind(cell);
    uint64_t gfn = el2_cell_index(cell);
    if (kind == EL2_CELL_PAGE) {
        struct el2_record page = el2_record_of_page(&b->el2, gfn);
        return el2_value_page(page.owner, page.count, page.gfn);
    }
    if (kind == EL2_CELL_NPT_BLOCK) {
        gfn *= EL2_PAGES_PER_BLOCK;
    } else if (kind != EL2_CELL_NPT && kind != EL2_CELL_SPT) {
        return (struct el2_value){{0, 0}};
    }
    struct mmu_walk walk =
        walk_entry(b, kind == EL2_CELL_SPT, el2_cell_id(cell), gfn);
    if (kind == EL2_CELL_NPT_BLOCK && walk.level == 3) {
        return (struct el2_value){{0, 0}};
    }
    return el2_value_entry(walk.descriptor, walk.level,
                           walk.valid ? walk.output / EL2_PAGE_SIZE
                                      : EL2_NO_TRANSLATION);
}

static inline void tell_stores(struct hand_board *b)
{
    const struct physical *memory = &b->host.memory;
    for (size_t i = b->step_log; i < memory->log_length; i++) {
        const struct physical_store *store = &memory->log[i];
        struct el2_record page;
        if (store->address >= b->el2.npt_memory) {
            table_index_store(&b->tables, store, &b->told);
        } else if (el2_record_at(&b->el2, store->address, &page)) {
            tell(b, page_of(page.pfn));
        }
    }
}

/* Ends a step: do the invariants hold for all that the test has put since the
 * last one? */
static inline bool verdict(struct hand_board *b)
{
    shim_host_enter(&b->host);
    table_index_begin_step(&b->tables);
    do {
        tell_stores(b);
    } while (table_index_again(&b->tables));
    assert_true(b->told.count < TOLD_LIMIT);
    for (size_t i = 0; i < b->told.count; i++) {
        b->values[i] = hand_value(b, b->told.cells[i]);
    }
    const struct el2_touched touched = {b->told.count, b->told.cells,
                                        b->values};
    b->step_log = b->host.memory.log_length;
    b->told.count = 0;
    return invariants_hold_after(&b->invariants, &touched, &b->violation);
}

#endif
