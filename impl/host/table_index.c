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
    *index = (struct table_index){.memory = memory, .generation = 1};
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

void table_index_reset(struct table_index *index)
{
    index->generation++;
    for (size_t i = 0; i < index->root_count; i++) {
        struct table_page *page = page_at(index, index->roots[i].address);
        *page = index->roots[i].page;
        page->generation = index->generation;
    }
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

static void add_entry(struct table_index *index, uint64_t address,
                      struct cell_list *cells);

/* A table was linked: whatever it holds is now reached. */
static void learn_table(struct table_index *index, uint64_t table,
                        struct table_page what, struct cell_list *cells)
{
    struct table_page *page = page_at(index, table);
    what.generation = index->generation;
    *page = what;
    for (uint64_t i = 0; i < ENTRIES; i++) {
        uint64_t address = table + i * sizeof(uint64_t);
        if (physical_load(index->memory, address) != 0) {
            add_entry(index, address, cells);
        }
    }
}

static void add_entry(struct table_index *index, uint64_t address,
                      struct cell_list *cells)
{
    const struct table_page page = *page_at(index, address);
    uint64_t entry = address % EL2_PAGE_SIZE / sizeof(uint64_t);
    uint64_t first = page.first + (entry << entry_shift(&page));
    uint64_t descriptor = physical_load(index->memory, address);
    uint64_t table = descriptor & EL2_DESCRIPTOR_ADDRESS;
    if (page.level < 3 &&
        (descriptor & EL2_DESCRIPTOR_TYPE) == EL2_DESCRIPTOR_TABLE &&
        physical_is_own(index->memory, table)) {
        struct table_page below = page;
        below.level++;
        below.first = first;
        learn_table(index, table, below, cells);
    }
    if (page.is_bank) {
        add_cell(cells, el2_cell_make(EL2_CELL_SPT, page.id, first));
    } else if (page.level < 3) {
        add_cell(cells, el2_cell_make(EL2_CELL_NPT_BLOCK, page.id,
                                      first / EL2_PAGES_PER_BLOCK));
    } else {
        add_cell(cells, el2_cell_make(EL2_CELL_NPT, page.id, first));
    }
}

void table_index_store(struct table_index *index, uint64_t address,
                       struct cell_list *cells)
{
    if (page_at(index, address)->generation == index->generation) {
        add_entry(index, address, cells);
    }
}
