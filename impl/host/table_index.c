#include "impl/host/table_index.h"

#include <stdlib.h>

#define ENTRIES 512

static struct table_page *page_at(const struct table_index *index,
                                  uint64_t address)
{
    return &index->pages[(address - index->memory->own_base) / EL2_PAGE_SIZE];
}

bool table_index_create(struct table_index *index,
                        const struct physical *memory)
{
    *index = (struct table_index){.memory = memory, .root_linked = true};
    index->pages =
        calloc(memory->own_size / EL2_PAGE_SIZE + 1, sizeof *index->pages);
    return index->pages != NULL;
}

void table_index_destroy(struct table_index *index)
{
    free(index->pages);
    index->pages = NULL;
}

static void add_root(struct table_index *index, uint64_t address,
                     struct table_page page)
{
    index->roots[index->root_count].address = address;
    index->roots[index->root_count].page = page;
    index->root_count++;
}

void table_index_add_npt_root(struct table_index *index, uint32_t vmid,
                              uint64_t address)
{
    add_root(index, address, (struct table_page){.id = (uint8_t)vmid});
}

void table_index_add_bank_root(struct table_index *index, uint32_t bank,
                               uint64_t address)
{
    for (uint64_t half = 0; half < 2; half++) {
        add_root(index, address + half * EL2_PAGE_SIZE,
                 (struct table_page){.id = (uint8_t)bank,
                                     .level = 1,
                                     .is_bank = true,
                                     .first = half << 27});
    }
}

static void restore_roots(struct table_index *index)
{
    index->root_linked = false;
    for (size_t i = 0; i < index->root_count; i++) {
        struct table_page *page = page_at(index, index->roots[i].address);
        *page = index->roots[i].page;
        page->known = UINT64_MAX;
    }
}

void table_index_reset(struct table_index *index)
{
    index->reset_step = ++index->step;
    if (index->root_linked) {
        restore_roots(index);
    }
}

static bool is_known(const struct table_index *index,
                     const struct table_page *page)
{
    return page->known > index->reset_step;
}

/* Whether an earlier step stored to the page, so that it may hold entries that
 * the current step's stores do not tell of. */
static bool has_content(const struct table_index *index,
                        const struct table_page *page)
{
    return page->first_step > index->reset_step &&
           page->first_step < index->step;
}

static void add_cell(struct cell_list *cells, el2_cell cell)
{
    if (cells->count == cells->limit) {
        cells->overflow = true;
        return;
    }
    cells->cells[cells->count++] = cell;
}

/* Input pages that one entry of a level covers, as a shift. */
static unsigned entry_shift(const struct table_page *page)
{
    return 9u * (3u - page->level);
}

static uint64_t entry_first(const struct table_page *page, uint64_t address)
{
    uint64_t entry = address % EL2_PAGE_SIZE / sizeof(uint64_t);
    return page->first + (entry << entry_shift(page));
}

static void add_entry(struct cell_list *cells, const struct table_page *page,
                      uint64_t address)
{
    uint64_t first = entry_first(page, address);
    if (page->is_bank) {
        add_cell(cells, el2_cell_make(EL2_CELL_SPT, page->id, first));
    } else if (page->level < 3) {
        add_cell(cells, el2_cell_make(EL2_CELL_NPT_BLOCK, page->id,
                                      first / EL2_PAGES_PER_BLOCK));
    } else {
        add_cell(cells, el2_cell_make(EL2_CELL_NPT, page->id, first));
    }
}

static bool learn_entry(struct table_index *index, uint64_t address,
                        uint64_t before, struct cell_list *cells);

/* All that a table holds is reached from now on, or by another way. */
static void learn_content(struct table_index *index, uint64_t table,
                          struct cell_list *cells)
{
    const struct table_page *page = page_at(index, table);
    for (uint64_t i = 0; i < ENTRIES; i++) {
        uint64_t address = table + i * sizeof(uint64_t);
        if (physical_load(index->memory, address) != 0) {
            if (page->level < 3) {
                learn_entry(index, address, 0, cells);
            }
            add_entry(cells, page, address);
        }
    }
}

/* The table that a descriptor above level 3 links, or 0. */
static uint64_t linked_table(const struct table_index *index,
                             uint64_t descriptor)
{
    uint64_t table = descriptor & EL2_DESCRIPTOR_ADDRESS;
    return (descriptor & EL2_DESCRIPTOR_TYPE) == EL2_DESCRIPTOR_TABLE &&
                   physical_is_own(index->memory, table)
               ? table
               : 0;
}

/*
 * What a known table's entry links is known from now on. True when that is a
 * table that held nothing, so that no walk ends elsewhere than before. A table
 * that was known here already may have been stored to while another descriptor
 * hid it, unless the entry linked it `before` too.
 */
static bool learn_entry(struct table_index *index, uint64_t address,
                        uint64_t before, struct cell_list *cells)
{
    const struct table_page *page = page_at(index, address);
    uint64_t table = linked_table(index, physical_load(index->memory, address));
    if (table == 0) {
        return false;
    }
    struct table_page *below = page_at(index, table);
    uint64_t first = entry_first(page, address);
    bool known = is_known(index, below);
    if (known && below->first == first && below->id == page->id &&
        below->is_bank == page->is_bank && below->level == page->level + 1 &&
        (below->known == index->step || linked_table(index, before) == table)) {
        return false;
    }
    bool fresh = !known && !has_content(index, below);
    index->root_linked |= below->known == UINT64_MAX;
    below->known = index->step;
    below->first = first;
    below->id = page->id;
    below->level = (uint8_t)(page->level + 1);
    below->is_bank = page->is_bank;
    index->learnt = true;
    if (!known) {
        below->found_step = index->step;
    }
    add_cell(cells, page->is_bank
                        ? el2_cell_make(EL2_CELL_SPT_TABLES, 0, 0)
                        : el2_cell_make(EL2_CELL_NPT_TABLES, page->id, 0));
    if (!fresh) {
        learn_content(index, table, cells);
    }
    return fresh;
}

void table_index_go_back(struct table_index *index,
                         const struct physical_store *stores, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct table_page *page = page_at(index, stores[i].address);
        uint64_t table = linked_table(
            index, physical_load(index->memory, stores[i].address));
        if (page->first_step == index->step) {
            page->first_step = 0;
        }
        if (table != 0 && page_at(index, table)->found_step == index->step) {
            page_at(index, table)->known = 0;
        }
    }
    if (index->root_linked) {
        restore_roots(index);
    }
}

void table_index_begin_step(struct table_index *index)
{
    index->step++;
    index->learnt = false;
    index->missed = false;
}

void table_index_store(struct table_index *index,
                       const struct physical_store *store,
                       struct cell_list *cells)
{
    struct table_page *page = page_at(index, store->address);
    if (page->first_step <= index->reset_step) {
        page->first_step = index->step;
    }
    if (!is_known(index, page)) {
        index->missed = true;
        return;
    }
    bool fresh = page->level < 3 &&
                 learn_entry(index, store->address, store->before, cells);
    if (!fresh || store->before != 0) {
        add_entry(cells, page, store->address);
    }
}

bool table_index_again(struct table_index *index)
{
    bool again = index->missed && index->learnt;
    index->learnt = false;
    index->missed = false;
    return again;
}
