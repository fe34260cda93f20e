#include "model/tables.h"

/* Address bits that index one table of each level: its own and all above. */
#define LEVEL1_TABLE_SHIFT 39
#define LEVEL2_TABLE_SHIFT 30
#define LEVEL3_TABLE_SHIFT 21

/* A table of the address space `id`, by level and by the address it covers. */
static el2_cell table_cell(enum model_cell_kind kind, uint32_t id,
                           unsigned level, uint64_t addr)
{
    static const unsigned shift[] = {48, LEVEL1_TABLE_SHIFT, LEVEL2_TABLE_SHIFT,
                                     LEVEL3_TABLE_SHIFT};
    return el2_cell_make((enum el2_cell_kind)kind, id,
                         ((uint64_t)level << 40) | (addr >> shift[level]));
}

static bool table_exists(const struct model *m, el2_cell table)
{
    return state_get(m, table).words[0] != 0;
}

static void table_add(struct model *m, el2_cell table)
{
    state_set(m, table, (struct el2_value){{1, 0}});
}

/* How many tables a pool holds, which the platform gives this many. */
static uint32_t pool_size(const struct model *m,
                          const struct el2_table_pool *pool, uint32_t given)
{
    const struct el2_table_pool *limited = &m->limited_pool;
    bool is_limited = m->pool_is_limited && pool->is_spt == limited->is_spt &&
                      pool->vmid == limited->vmid &&
                      pool->level == limited->level;
    return is_limited ? m->limited_tables : given;
}

static uint32_t npt_pool_size(const struct model *m, uint32_t v, uint32_t level)
{
    const uint32_t given[4] = {0, m->platform.npt_level1_tables,
                               m->platform.npt_level2_tables,
                               m->platform.npt_level3_tables};
    const struct el2_table_pool pool = {.vmid = v, .level = level};
    return pool_size(m, &pool, given[level]);
}

static uint32_t spt_pool_size(const struct model *m, uint32_t level)
{
    const struct el2_table_pool pool = {.is_spt = true, .level = level};
    return pool_size(m, &pool,
                     level == 2 ? m->platform.spt_level2_tables
                                : m->platform.spt_level3_tables);
}

/*
 * Tables for levels 1 to `deepest` at addr: all that is missing, or none when
 * the pool cannot give it.
 */
static bool npt_take_tables(struct model *m, uint32_t v, uint64_t addr,
                            unsigned deepest)
{
    /* A table never comes without those above it. */
    if (table_exists(m, table_cell(MODEL_CELL_NPT_TABLE, v, deepest, addr))) {
        return true;
    }
    el2_cell used_cell = el2_cell_make(EL2_CELL_NPT_TABLES, v, 0);
    struct el2_value value = state_get(m, used_cell);
    uint64_t used[4] = {0, value.words[0] & UINT32_MAX, value.words[0] >> 32,
                        value.words[1]};
    bool missing[4] = {false};
    for (unsigned level = 1; level <= deepest; level++) {
        missing[level] =
            !table_exists(m, table_cell(MODEL_CELL_NPT_TABLE, v, level, addr));
        used[level] += missing[level];
        if (used[level] > npt_pool_size(m, v, level)) {
            return false;
        }
    }
    for (unsigned level = 1; level <= deepest; level++) {
        if (missing[level]) {
            table_add(m, table_cell(MODEL_CELL_NPT_TABLE, v, level, addr));
        }
    }
    state_set(m, used_cell,
              (struct el2_value){{used[1] | (used[2] << 32), used[3]}});
    return true;
}

static enum el2_outcome npt_panic(struct model *m, uint32_t v,
                                  enum el2_outcome outcome)
{
    m->held |= el2_lock_bit(EL2_LOCK_NPT + v);
    return outcome;
}

static enum el2_outcome npt_map_block(struct model *m, uint32_t v,
                                      uint64_t addr, uint64_t descriptor)
{
    if (!npt_take_tables(m, v, addr, 2)) {
        return npt_panic(m, v, EL2_OUTCOME_PANIC_NPT_POOL_EMPTY);
    }
    m->blocks_ever_used = true;
    state_set(
        m, el2_cell_make(EL2_CELL_NPT_BLOCK, v, addr / EL2_BLOCK_SIZE),
        el2_value_entry(descriptor, 2, phys_page(descriptor) / EL2_PAGE_SIZE));
    return EL2_OUTCOME_MAPPED_BLOCK;
}

static enum el2_outcome npt_map_page(struct model *m, uint32_t v, uint64_t addr,
                                     uint64_t descriptor)
{
    uint64_t gfn = addr / EL2_PAGE_SIZE;
    if (m->blocks_ever_used && npt_get(m, v, gfn).level == 2) {
        return npt_panic(m, v, EL2_OUTCOME_PANIC_BLOCK_SPLIT);
    }
    if (!npt_take_tables(m, v, addr, 3)) {
        return npt_panic(m, v, EL2_OUTCOME_PANIC_NPT_POOL_EMPTY);
    }
    state_set(
        m, el2_cell_make(EL2_CELL_NPT, v, gfn),
        el2_value_entry(descriptor, 3, phys_page(descriptor) / EL2_PAGE_SIZE));
    return EL2_OUTCOME_MAPPED_PAGE;
}

enum el2_outcome model_npt_map(struct model *m, uint32_t v, uint64_t addr,
                               uint64_t level, uint64_t descriptor)
{
    return level == 2 ? npt_map_block(m, v, addr, descriptor)
                      : npt_map_page(m, v, addr, descriptor);
}

uint64_t model_npt_walk(const struct model *m, uint32_t v, uint64_t addr)
{
    return npt_get(m, v, addr / EL2_PAGE_SIZE).descriptor;
}

uint32_t model_npt_level(const struct model *m, uint32_t v, uint64_t addr)
{
    struct map_entry entry = npt_get(m, v, addr / EL2_PAGE_SIZE);
    return phys_page(entry.descriptor) == 0 ? 0 : entry.level;
}

enum el2_outcome model_clear_pfn_host(struct model *m, uint64_t pfn)
{
    uint64_t addr = pfn * EL2_PAGE_SIZE;
    if (model_npt_level(m, EL2_HOSTVISOR, addr) == 0) {
        return EL2_OUTCOME_HOST_NOT_MAPPED;
    }
    enum el2_outcome outcome =
        model_npt_map(m, EL2_HOSTVISOR, addr, 3, EL2_S2_TAKEN);
    return el2_outcome_is_panic(outcome) ? outcome : EL2_OUTCOME_HOST_UNMAPPED;
}

static bool spt_take_tables(struct model *m, uint32_t bank, uint64_t iova)
{
    el2_cell used_cell = el2_cell_make(EL2_CELL_SPT_TABLES, 0, 0);
    struct el2_value used = state_get(m, used_cell);
    el2_cell level2 = table_cell(MODEL_CELL_SPT_TABLE, bank, 2, iova);
    el2_cell level3 = table_cell(MODEL_CELL_SPT_TABLE, bank, 3, iova);
    if (table_exists(m, level3)) {
        return true;
    }
    used.words[0] += !table_exists(m, level2);
    used.words[1] += !table_exists(m, level3);
    if (used.words[0] > spt_pool_size(m, 2) ||
        used.words[1] > spt_pool_size(m, 3)) {
        return false;
    }
    table_add(m, level2);
    table_add(m, level3);
    state_set(m, used_cell, used);
    return true;
}

enum el2_outcome model_spt_map(struct model *m, uint32_t bank, uint64_t iova,
                               uint64_t descriptor)
{
    m->banks_ever_mapped |= UINT64_C(1) << bank;
    if (!spt_take_tables(m, bank, iova)) {
        m->held |= el2_lock_bit(EL2_LOCK_SPT);
        return EL2_OUTCOME_PANIC_SPT_POOL_EMPTY;
    }
    state_set(
        m, el2_cell_make(EL2_CELL_SPT, bank, iova / EL2_PAGE_SIZE),
        el2_value_entry(descriptor, 3, phys_page(descriptor) / EL2_PAGE_SIZE));
    return EL2_OUTCOME_DMA_MAPPED;
}

uint64_t model_spt_walk(const struct model *m, uint32_t bank, uint64_t iova)
{
    return spt_get(m, bank, iova / EL2_PAGE_SIZE).descriptor;
}

enum el2_outcome model_spt_unmap(struct model *m, uint32_t bank, uint64_t iova,
                                 uint64_t *removed)
{
    *removed = model_spt_walk(m, bank, iova);
    if (*removed == 0) {
        return EL2_OUTCOME_DMA_NOT_MAPPED;
    }
    enum el2_outcome outcome = model_spt_map(m, bank, iova, 0);
    return el2_outcome_is_panic(outcome) ? outcome : EL2_OUTCOME_DMA_UNMAPPED;
}

/* Every entry and table that the bank ever had stands in the journal. */
void model_spt_init(struct model *m, uint32_t bank)
{
    size_t length = m->store.journal_length;
    for (size_t i = 0; i < length; i++) {
        el2_cell cell = m->store.journal[i].slot->cell;
        unsigned kind = (unsigned)el2_cell_kind(cell);
        if ((kind == EL2_CELL_SPT || kind == MODEL_CELL_SPT_TABLE) &&
            el2_cell_id(cell) == bank) {
            state_set(m, cell, (struct el2_value){{0, 0}});
        }
    }
}
