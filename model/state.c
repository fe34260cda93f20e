#include "model/state.h"

struct page page_at_boot(const struct model *m, uint64_t pfn)
{
    for (uint32_t i = 0; i < m->platform.region_count && pfn != 0; i++) {
        const struct el2_region *region = &m->platform.regions[i];
        if (pfn >= region->base && pfn - region->base < region->page_count) {
            return (struct page){region->owner, 0,
                                 pfn + m->platform.smmu_host_offset};
        }
    }
    return (struct page){EL2_INVALID, EL2_INVALID, EL2_INVALID64};
}

static struct el2_value page_value(struct page page)
{
    return el2_value_page(page.owner, page.count, page.gfn);
}

void page_set(struct model *m, uint64_t pfn, struct page page)
{
    el2_cell cell = el2_cell_make(EL2_CELL_PAGE, 0, pfn);
    struct store_slot *slot = store_slot(&m->store, cell);
    struct el2_value before = slot->value;
    if (!store_is_written(&m->store, slot)) {
        struct page boot = page_at_boot(m, pfn);
        if (boot.owner == EL2_INVALID) {
            return;
        }
        before = page_value(boot);
    }
    store_write(&m->store, slot, cell, before, page_value(page));
}

struct page page_of_host(const struct model *m, uint64_t pfn)
{
    return (struct page){EL2_HOSTVISOR, 0, pfn + m->platform.smmu_host_offset};
}

bool page_is_shared(const struct model *m, const struct page *page)
{
    return page->count > 0 && (page->count != EL2_INVALID ||
                               m->reading == MODEL_READING_PUBLISHED);
}

struct map_entry npt_get(const struct model *m, uint32_t v, uint64_t gfn)
{
    if (m->blocks_ever_used) {
        struct map_entry block = entry_of_value(
            state_get(m, el2_cell_make(EL2_CELL_NPT_BLOCK, v,
                                       gfn / EL2_PAGES_PER_BLOCK)));
        if (block.level == 2) {
            block.pfn += gfn % EL2_PAGES_PER_BLOCK;
            return block;
        }
    }
    return entry_of_value(state_get(m, el2_cell_make(EL2_CELL_NPT, v, gfn)));
}

struct map_entry spt_get(const struct model *m, uint32_t bank, uint64_t gfn)
{
    return entry_of_value(state_get(m, el2_cell_make(EL2_CELL_SPT, bank, gfn)));
}

/* Owners are kept one higher, so that zero is "nobody" at boot. */
uint32_t bank_owner(const struct model *m, uint32_t bank)
{
    struct el2_value value =
        state_get(m, el2_cell_make(EL2_CELL_BANK, bank, 0));
    return (uint32_t)value.words[0] - 1;
}

void bank_set_owner(struct model *m, uint32_t bank, uint32_t owner)
{
    uint32_t stored = owner + 1;
    state_set(m, el2_cell_make(EL2_CELL_BANK, bank, 0),
              (struct el2_value){{stored, 0}});
}

enum el2_vm_state vm_state(const struct model *m, uint32_t v)
{
    return (enum el2_vm_state)state_get(m,
                                        el2_cell_make(EL2_CELL_VM_STATE, v, 0))
        .words[0];
}

void vm_set_state(struct model *m, uint32_t v, enum el2_vm_state state)
{
    state_set(m, el2_cell_make(EL2_CELL_VM_STATE, v, 0),
              (struct el2_value){{(uint64_t)state, 0}});
}

enum el2_vm_state vcpu_state(const struct model *m, uint32_t v, uint32_t c)
{
    return (enum el2_vm_state)state_get(m, el2_cell_make(EL2_CELL_VCPU, v, c))
        .words[0];
}

void vcpu_set_state(struct model *m, uint32_t v, uint32_t c,
                    enum el2_vm_state state)
{
    state_set(m, el2_cell_make(EL2_CELL_VCPU, v, c),
              (struct el2_value){{(uint64_t)state, 0}});
}

void vm_set_inc_exe(struct model *m, uint32_t v)
{
    state_set(m, el2_cell_make(EL2_CELL_INC_EXE, v, 0),
              (struct el2_value){{1, 0}});
}

uint64_t image_count(const struct model *m, uint32_t v)
{
    uint64_t count = 0;
    while (count < m->platform.images_per_vm &&
           image_get(m, v, count).size != 0) {
        count++;
    }
    return count;
}

struct image image_get(const struct model *m, uint32_t v, uint64_t i)
{
    struct el2_value image = state_get(m, el2_cell_make(EL2_CELL_IMAGE, v, i));
    struct el2_value remap =
        state_get(m, el2_cell_make(EL2_CELL_IMAGE_REMAP, v, i));
    return (struct image){image.words[0], image.words[1], remap.words[0],
                          remap.words[1]};
}

void image_set(struct model *m, uint32_t v, uint64_t i, struct image image)
{
    state_set(m, el2_cell_make(EL2_CELL_IMAGE, v, i),
              (struct el2_value){{image.load_addr, image.size}});
    state_set(m, el2_cell_make(EL2_CELL_IMAGE_REMAP, v, i),
              (struct el2_value){{image.remap_addr, image.mapped}});
}

/* The first VM is 1 and the remap window is empty. */
static struct el2_value core_at_boot(void)
{
    return (struct el2_value){{EL2_HOSTVISOR + 1, EL2_REMAP_START}};
}

static struct el2_value core_get(const struct model *m)
{
    const struct el2_value *value =
        store_find(&m->store, el2_cell_make(EL2_CELL_CORE, 0, 0));
    return value != NULL ? *value : core_at_boot();
}

uint32_t core_next_vmid(const struct model *m)
{
    return (uint32_t)core_get(m).words[0];
}

void core_set_next_vmid(struct model *m, uint32_t vmid)
{
    struct el2_value after = core_get(m);
    after.words[0] = vmid;
    store_change(&m->store, el2_cell_make(EL2_CELL_CORE, 0, 0), core_at_boot(),
                 after);
}

uint64_t core_next_remap_ptr(const struct model *m)
{
    return core_get(m).words[1];
}

void core_set_next_remap_ptr(struct model *m, uint64_t remap_ptr)
{
    struct el2_value after = core_get(m);
    after.words[1] = remap_ptr;
    store_change(&m->store, el2_cell_make(EL2_CELL_CORE, 0, 0), core_at_boot(),
                 after);
}

static struct el2_value memory_at_boot(const struct model *m, uint64_t pfn)
{
    return (struct el2_value){{el2_platform_boot_word(&m->platform, pfn), 0}};
}

uint64_t memory_get(const struct model *m, uint64_t pfn)
{
    const struct el2_value *value =
        store_find(&m->store, el2_cell_make(EL2_CELL_MEMORY, 0, pfn));
    return value != NULL ? value->words[0]
                         : el2_platform_boot_word(&m->platform, pfn);
}

bool memory_is_unknown(const struct model *m, uint64_t pfn)
{
    return m->unknown_ever_used &&
           state_get(m, el2_cell_make(EL2_CELL_MEMORY_UNKNOWN, 0, pfn))
                   .words[0] != 0;
}

static void memory_set_known(struct model *m, uint64_t pfn, bool known)
{
    m->unknown_ever_used |= !known;
    if (m->unknown_ever_used) {
        state_set(m, el2_cell_make(EL2_CELL_MEMORY_UNKNOWN, 0, pfn),
                  (struct el2_value){{!known, 0}});
    }
}

static void memory_set_word(struct model *m, uint64_t pfn, uint64_t word)
{
    store_change(&m->store, el2_cell_make(EL2_CELL_MEMORY, 0, pfn),
                 memory_at_boot(m, pfn), (struct el2_value){{word, 0}});
}

void memory_set(struct model *m, uint64_t pfn, uint64_t word)
{
    memory_set_word(m, pfn, word);
    memory_set_known(m, pfn, true);
}

void memory_set_unknown(struct model *m, uint64_t pfn, uint64_t word)
{
    memory_set_word(m, pfn, word);
    memory_set_known(m, pfn, false);
}

void memory_from_oracle(struct model *m, uint32_t v, uint64_t pfn,
                        enum el2_draw_reason reason, uint64_t word)
{
    el2_cell log = el2_cell_make(EL2_CELL_DATA_LOG, v, 0);
    struct store_slot *slot = store_slot(&m->store, log);
    struct el2_value drawn = {{0, 0}};
    if (store_is_written(&m->store, slot)) {
        drawn = slot->value;
    }
    const struct el2_draw draw = {reason, v, drawn.words[0], word};
    store_write(&m->store, slot, log, drawn,
                (struct el2_value){{draw.number + 1, 0}});
    memory_set(m, pfn, m->oracle(&draw));
}

/* What a cell holds that nobody wrote. */
static struct el2_value value_at_boot(const struct model *m, el2_cell cell)
{
    uint64_t index = el2_cell_index(cell);
    switch (el2_cell_kind(cell)) {
    case EL2_CELL_PAGE:
        return page_value(page_at_boot(m, index));
    case EL2_CELL_CORE:
        return core_at_boot();
    case EL2_CELL_MEMORY:
        return memory_at_boot(m, index);
    default:
        return (struct el2_value){{0, 0}};
    }
}

/*
 * A map entry as the hardware is expected to see it: an entry whose descriptor
 * is not valid at its level translates to nothing, whatever the map says.
 */
static struct el2_value observed_entry(struct map_entry entry)
{
    uint64_t valid =
        entry.level == 2 ? EL2_DESCRIPTOR_BLOCK : EL2_DESCRIPTOR_PAGE;
    bool translates = (entry.descriptor & EL2_DESCRIPTOR_TYPE) == valid;
    return el2_value_entry(entry.descriptor, entry.level,
                           translates ? entry.pfn : EL2_NO_TRANSLATION);
}

typedef struct el2_value (*state_reader)(const struct model *m, el2_cell cell);

static struct el2_value read_now(const struct model *m, el2_cell cell)
{
    const struct el2_value *value = store_find(&m->store, cell);
    return value != NULL ? *value : value_at_boot(m, cell);
}

/* The first change of the step holds what was there before it. */
static struct el2_value read_before(const struct model *m, el2_cell cell)
{
    const struct store *store = &m->store;
    for (size_t i = store->step_start; i < store->journal_length; i++) {
        if (store->journal[i].slot->cell == cell) {
            return store->journal[i].before;
        }
    }
    return read_now(m, cell);
}

static struct el2_value observe(const struct model *m, el2_cell cell,
                                state_reader read)
{
    enum el2_cell_kind kind = el2_cell_kind(cell);
    if (kind == EL2_CELL_NPT && m->blocks_ever_used) {
        uint64_t gfn = el2_cell_index(cell);
        struct map_entry block = entry_of_value(
            read(m, el2_cell_make(EL2_CELL_NPT_BLOCK, el2_cell_id(cell),
                                  gfn / EL2_PAGES_PER_BLOCK)));
        if (block.level == 2) {
            block.pfn += gfn % EL2_PAGES_PER_BLOCK;
            return observed_entry(block);
        }
    }
    struct el2_value value = read(m, cell);
    if (kind == EL2_CELL_NPT || kind == EL2_CELL_NPT_BLOCK ||
        kind == EL2_CELL_SPT) {
        return observed_entry(entry_of_value(value));
    }
    if (kind == EL2_CELL_BANK) {
        return (struct el2_value){{(uint32_t)value.words[0] - 1, 0}};
    }
    return value;
}

struct el2_value state_observe(const struct model *m, el2_cell cell)
{
    return observe(m, cell, read_now);
}

static struct el2_value read_slot(const struct model *m,
                                  const struct store_slot *slot)
{
    switch (el2_cell_kind(slot->cell)) {
    case EL2_CELL_PAGE:
    case EL2_CELL_MEMORY:
        return slot->value;
    case EL2_CELL_NPT:
        if (!m->blocks_ever_used) {
            return observed_entry(entry_of_value(slot->value));
        }
        break;
    default:
        break;
    }
    return state_observe(m, slot->cell);
}

size_t state_observe_step(const struct model *m, el2_cell *cells,
                          struct el2_value *values)
{
    const struct store *store = &m->store;
    size_t count = 0;
    for (size_t i = store->step_start; i < store->journal_length; i++) {
        const struct store_slot *slot = store->journal[i].slot;
        if ((unsigned)el2_cell_kind(slot->cell) < EL2_CELL_KIND_COUNT) {
            cells[count] = slot->cell;
            values[count++] = read_slot(m, slot);
        }
    }
    return count;
}

struct el2_value state_before_step(const struct model *m, el2_cell cell)
{
    return observe(m, cell, read_before);
}
