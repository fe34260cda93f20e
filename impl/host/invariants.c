#include "impl/host/invariants.h"

bool invariants_create(struct invariants *invariants,
                       const struct physical *memory, const struct el2 *el2)
{
    invariants->memory = memory;
    invariants->el2 = el2;
    for (unsigned i = 0; i < EL2_INVARIANT_COUNT; i++) {
        invariants->judged[i] = 0;
    }
    bool created = mapping_index_create(&invariants->index, memory);
    invariants_reset(invariants);
    return created;
}

void invariants_destroy(struct invariants *invariants)
{
    mapping_index_destroy(&invariants->index);
}

void invariants_reset(struct invariants *invariants)
{
    mapping_index_reset(&invariants->index);
    for (uint32_t v = 0; v < EL2_VMID_LIMIT; v++) {
        invariants->answers[v] = true;
    }
}

size_t invariants_room(const struct invariants *invariants)
{
    return mapping_index_room(&invariants->index);
}

/* An entry's cell as the machine tells it: a block has a kind of its own. */
static el2_cell entry_cell(const struct mapping *mapping)
{
    if (mapping_is_dma(mapping) || mapping->level == 3) {
        return mapping->cell;
    }
    return el2_cell_make(EL2_CELL_NPT_BLOCK, el2_cell_id(mapping->cell),
                         el2_cell_index(mapping->cell) / EL2_PAGES_PER_BLOCK);
}

static el2_cell page_cell(uint64_t pfn)
{
    return el2_cell_make(EL2_CELL_PAGE, 0, pfn);
}

/* The invariant is about to compare two things that both are there. */
static void count(struct invariants *invariants, enum el2_invariant invariant)
{
    invariants->judged[invariant]++;
}

/* Always false, which is what the judges return. */
static bool broken(struct invariants *invariants, enum el2_invariant invariant,
                   el2_cell entry, el2_cell page)
{
    invariants->violation = (struct el2_violation){invariant, entry, page};
    return false;
}

/* The same when the entry may be one that is gone without having been told:
 * then nothing is broken. */
static bool broken_if_real(struct invariants *invariants,
                           enum el2_invariant invariant,
                           const struct mapping *mapping, uint64_t pfn)
{
    if (!mapping_is_real(mapping, invariants->memory, invariants->el2)) {
        return true;
    }
    return broken(invariants, invariant, entry_cell(mapping), page_cell(pfn));
}

static bool is_vm(const struct el2 *el2, uint32_t vmid)
{
    return vmid > EL2_HOSTVISOR && vmid < el2->core_vmid;
}

static bool is_up_to_verified(const struct el2 *el2, uint32_t vmid)
{
    return is_vm(el2, vmid) && el2->vm_state[vmid] <= EL2_VM_VERIFIED;
}

static bool is_shared(const struct el2_record *page)
{
    return page->count > 0 && page->count != EL2_INVALID;
}

/* One page that an entry of the host or a VM covers. */
static bool judge_stage2(struct invariants *invariants,
                         const struct mapping *mapping,
                         const struct el2_record *page)
{
    uint32_t v = el2_cell_id(mapping->cell);
    count(invariants,
          v == EL2_HOSTVISOR ? EL2_INVARIANT_HOST_ISO : EL2_INVARIANT_VM_ISO);
    if (page->owner == EL2_INVALID || page->owner == v) {
        return true;
    }
    if (v == EL2_HOSTVISOR) {
        return is_shared(page) ||
               broken_if_real(invariants, EL2_INVARIANT_HOST_ISO, mapping,
                              page->pfn);
    }
    return !is_up_to_verified(invariants->el2, v) ||
           broken_if_real(invariants, EL2_INVARIANT_VM_ISO, mapping, page->pfn);
}

/* One page that an entry of a bank covers. */
static bool judge_dma(struct invariants *invariants,
                      const struct mapping *mapping,
                      const struct el2_record *page)
{
    const struct el2 *el2 = invariants->el2;
    uint32_t owner = el2->bank_owner[el2_cell_id(mapping->cell)];
    if (owner != EL2_HOSTVISOR && !is_up_to_verified(el2, owner)) {
        return true;
    }
    count(invariants, EL2_INVARIANT_SMMU_ISO);
    uint64_t gfn = el2_cell_index(mapping->cell) + (page->pfn - mapping->pfn);
    return (page->owner == owner && page->gfn == gfn) ||
           broken_if_real(invariants, EL2_INVARIANT_SMMU_ISO, mapping,
                          page->pfn);
}

static bool judge_mapping(struct invariants *invariants,
                          const struct mapping *mapping,
                          const struct el2_record *page)
{
    return mapping_is_dma(mapping) ? judge_dma(invariants, mapping, page)
                                   : judge_stage2(invariants, mapping, page);
}

static bool is_host_dma(const struct invariants *invariants,
                        const struct mapping *mapping)
{
    uint32_t bank = el2_cell_id(mapping->cell);
    return mapping_is_dma(mapping) &&
           invariants->el2->bank_owner[bank] == EL2_HOSTVISOR;
}

/* How many entries of host banks cover the page, *newest being the last that
 * was told: of all that were told, or only of those that are still there. */
static uint32_t count_host_dma(const struct invariants *invariants,
                               uint64_t pfn, bool real,
                               const struct mapping **newest)
{
    const struct mapping_index *index = &invariants->index;
    uint32_t count = 0;
    for (uint32_t level = 3; level >= 1; level--) {
        uint32_t n = mapping_index_first(index, pfn, level);
        for (; n != 0; n = index->mappings[n].next_in_frame) {
            const struct mapping *mapping = &index->mappings[n];
            if (is_host_dma(invariants, mapping) &&
                (!real || mapping_is_real(mapping, invariants->memory,
                                          invariants->el2))) {
                *newest = count == 0 ? mapping : *newest;
                count++;
            }
        }
    }
    return count;
}

static bool judge_count(struct invariants *invariants,
                        const struct el2_record *page)
{
    const struct mapping *newest = NULL;
    if (page->owner != EL2_HOSTVISOR) {
        return true;
    }
    count(invariants, EL2_INVARIANT_SMMU_COUNT);
    if (count_host_dma(invariants, page->pfn, false, &newest) <= page->count ||
        count_host_dma(invariants, page->pfn, true, &newest) <= page->count) {
        return true;
    }
    return broken(invariants, EL2_INVARIANT_SMMU_COUNT, entry_cell(newest),
                  page_cell(page->pfn));
}

/* All entries of one level that cover the page, from the first one on. */
static bool judge_chain(struct invariants *invariants, uint32_t first,
                        const struct el2_record *page)
{
    const struct mapping_index *index = &invariants->index;
    bool counts = false;
    for (uint32_t n = first; n != 0; n = index->mappings[n].next_in_frame) {
        const struct mapping *mapping = &index->mappings[n];
        if (!judge_mapping(invariants, mapping, page)) {
            return false;
        }
        counts |= mapping_is_dma(mapping);
    }
    return !counts || judge_count(invariants, page);
}

static bool judge_record(struct invariants *invariants,
                         const struct el2_record *page)
{
    el2_cell cell = page_cell(page->pfn);
    if (page->pfn == 0) {
        count(invariants, EL2_INVARIANT_PAGE_0_INVALID);
        if (page->owner != EL2_INVALID) {
            return broken(invariants, EL2_INVARIANT_PAGE_0_INVALID, cell, cell);
        }
    }
    if (page->owner != EL2_HOSTVISOR) {
        return true;
    }
    count(invariants, EL2_INVARIANT_HOST_S2_MAP);
    if (page->gfn != page->pfn + invariants->el2->smmu_host_offset) {
        return broken(invariants, EL2_INVARIANT_HOST_S2_MAP, cell, cell);
    }
    return true;
}

/* Only pages of the board have a record. */
static void keep_record(struct invariants *invariants, uint64_t pfn,
                        struct el2_value value)
{
    struct mapping_frame *frame =
        mapping_index_frame(&invariants->index, pfn, 3);
    if (frame != NULL) {
        frame->has_record = true;
        frame->record.pfn = pfn;
        frame->record.owner = el2_value_owner(value);
        frame->record.count = el2_value_count(value);
        frame->record.gfn = el2_value_gfn(value);
    }
}

/* A page whose record was kept in this step, and all entries that cover it. */
static bool judge_page(struct invariants *invariants, uint64_t pfn)
{
    const struct mapping_index *index = &invariants->index;
    const struct mapping_frame *frame = mapping_index_frame(index, pfn, 3);
    if (frame == NULL) {
        return true;
    }
    if (!judge_record(invariants, &frame->record) ||
        (frame->first != 0 &&
         !judge_chain(invariants, frame->first, &frame->record))) {
        return false;
    }
    for (uint32_t level = 2; level >= 1; level--) {
        uint32_t first = mapping_index_first(index, pfn, level);
        if (first != 0 && !judge_chain(invariants, first, &frame->record)) {
            return false;
        }
    }
    return true;
}

/* A record is kept when it was read once: every change of it is told. */
static const struct el2_record *record_in(const struct invariants *invariants,
                                          struct mapping_frame *frame,
                                          uint64_t pfn)
{
    if (!frame->has_record) {
        frame->has_record = true;
        frame->record = el2_record_of_page(invariants->el2, pfn);
    }
    return &frame->record;
}

/* A page that an entry covers, on the board or not. */
static bool judge_mapped_page(struct invariants *invariants,
                              const struct mapping *mapping, uint64_t pfn,
                              struct mapping_frame *frame)
{
    if (frame == NULL) {
        const struct el2_record none = {pfn, EL2_INVALID, EL2_INVALID,
                                        EL2_INVALID64};
        return judge_mapping(invariants, mapping, &none);
    }
    const struct el2_record *page = record_in(invariants, frame, pfn);
    return judge_mapping(invariants, mapping, page) &&
           (!mapping_is_dma(mapping) || judge_count(invariants, page));
}

/* An entry of level 1 or 2 with all pages that it covers. */
static bool judge_mapped_block(struct invariants *invariants,
                               const struct mapping *mapping)
{
    for (uint64_t i = 0; i < mapping_pages(mapping->level); i++) {
        uint64_t pfn = mapping->pfn + i;
        if (!judge_mapped_page(
                invariants, mapping, pfn,
                mapping_index_frame(&invariants->index, pfn, 3))) {
            return false;
        }
    }
    return true;
}

static bool judge_mapped(struct invariants *invariants,
                         const struct mapping *mapping)
{
    return mapping->level == 3 ? judge_mapped_page(invariants, mapping,
                                                   mapping->pfn, mapping->frame)
                               : judge_mapped_block(invariants, mapping);
}

/* What an entry says by itself. */
static bool judge_translation(struct invariants *invariants,
                              const struct mapping *mapping,
                              uint64_t descriptor)
{
    bool dma = mapping_is_dma(mapping);
    if (!dma && el2_cell_id(mapping->cell) != EL2_HOSTVISOR) {
        return true;
    }
    uint64_t pfn = (descriptor & EL2_DESCRIPTOR_ADDRESS) / EL2_PAGE_SIZE;
    el2_cell cell = entry_cell(mapping);
    count(invariants,
          dma ? EL2_INVARIANT_SPT_CONS : EL2_INVARIANT_HOST_NPT_CONS);
    if (pfn != mapping->pfn) {
        return broken(invariants,
                      dma ? EL2_INVARIANT_SPT_CONS
                          : EL2_INVARIANT_HOST_NPT_CONS,
                      cell, page_cell(mapping->pfn));
    }
    if (dma) {
        return true;
    }
    count(invariants, EL2_INVARIANT_HOST_FLATMAP);
    return mapping->pfn == el2_cell_index(mapping->cell) ||
           broken(invariants, EL2_INVARIANT_HOST_FLATMAP, cell,
                  page_cell(mapping->pfn));
}

/* All entries of a vmid or bank, from the first one on. */
static bool judge_table(struct invariants *invariants, uint32_t first)
{
    const struct mapping_index *index = &invariants->index;
    for (uint32_t n = first; n != 0; n = index->mappings[n].next_in_table) {
        const struct mapping *mapping = &index->mappings[n];
        if (mapping->level != 0 && !judge_mapped(invariants, mapping)) {
            return false;
        }
    }
    return true;
}

static bool judge_vm_tables(struct invariants *invariants, uint32_t v)
{
    const struct mapping_index *index = &invariants->index;
    if (!judge_table(invariants, index->first_of_vmid[v])) {
        return false;
    }
    for (uint32_t bank = 0; bank < EL2_BANK_LIMIT; bank++) {
        if (invariants->el2->bank_owner[bank] == v &&
            !judge_table(invariants, index->first_of_bank[bank])) {
            return false;
        }
    }
    return true;
}

static bool answers(const struct invariants *invariants, uint32_t v)
{
    return invariants->el2->vm_state[v] <= EL2_VM_VERIFIED;
}

/* Up to VERIFIED all states ask for the same. */
static bool judge_state(struct invariants *invariants, uint32_t v)
{
    bool answered = invariants->answers[v];
    invariants->answers[v] = answers(invariants, v);
    return answered || !invariants->answers[v] ||
           judge_vm_tables(invariants, v);
}

static bool judge_bank(struct invariants *invariants, uint32_t bank)
{
    uint32_t owner = invariants->el2->bank_owner[bank];
    el2_cell cell = el2_cell_make(EL2_CELL_BANK, bank, 0);
    if (owner == EL2_INVALID) {
        return true;
    }
    count(invariants, EL2_INVARIANT_SMMU_VM);
    if (owner != EL2_HOSTVISOR && !is_vm(invariants->el2, owner)) {
        return broken(invariants, EL2_INVARIANT_SMMU_VM, cell, cell);
    }
    return judge_table(invariants, invariants->index.first_of_bank[bank]);
}

/*
 * Whether the cell may stand for an entry above it, so that entries below may
 * have come back unchanged, which nobody tells: a table that was linked there
 * before (impl/host/table_index.h).
 */
static bool may_be_table(el2_cell cell, struct el2_value value)
{
    return el2_cell_kind(cell) == EL2_CELL_NPT_BLOCK
               ? el2_value_descriptor(value) == 0
               : el2_cell_kind(cell) == EL2_CELL_SPT &&
                     el2_cell_index(cell) % EL2_PAGES_PER_BLOCK == 0;
}

static bool judge_table_of(struct invariants *invariants, el2_cell cell)
{
    const struct mapping_index *index = &invariants->index;
    uint32_t id = el2_cell_id(cell);
    return judge_table(invariants, el2_cell_kind(cell) == EL2_CELL_SPT
                                       ? index->first_of_bank[id]
                                       : index->first_of_vmid[id]);
}

static bool judge_entry(struct invariants *invariants, el2_cell cell,
                        struct el2_value value)
{
    uint32_t n = mapping_index_set(&invariants->index, cell, value);
    const struct mapping *mapping = &invariants->index.mappings[n];
    if (n != 0 &&
        !(judge_translation(invariants, mapping, el2_value_descriptor(value)) &&
          judge_mapped(invariants, mapping))) {
        return false;
    }
    return !may_be_table(cell, value) || judge_table_of(invariants, cell);
}

static bool judge_cell(struct invariants *invariants, el2_cell cell,
                       struct el2_value value)
{
    switch (el2_cell_kind(cell)) {
    case EL2_CELL_PAGE:
        return judge_page(invariants, el2_cell_index(cell));
    case EL2_CELL_NPT:
    case EL2_CELL_NPT_BLOCK:
    case EL2_CELL_SPT:
        return judge_entry(invariants, cell, value);
    case EL2_CELL_VM_STATE:
        return judge_state(invariants, el2_cell_id(cell));
    case EL2_CELL_BANK:
        return judge_bank(invariants, el2_cell_id(cell));
    default:
        return true;
    }
}

/* Records are kept first, so that what was told is judged with all that is true
 * after the step. An entry that contradicts a page may be told only after it;
 * then it is judged with that page when it is told. */
bool invariants_hold_after(struct invariants *invariants,
                           const struct el2_touched *touched,
                           struct el2_violation *violation)
{
    for (size_t i = 0; i < touched->count; i++) {
        el2_cell cell = touched->cells[i];
        if (el2_cell_kind(cell) == EL2_CELL_PAGE) {
            keep_record(invariants, el2_cell_index(cell), touched->values[i]);
        }
    }
    for (size_t i = 0; i < touched->count; i++) {
        if (!judge_cell(invariants, touched->cells[i], touched->values[i])) {
            *violation = invariants->violation;
            return false;
        }
    }
    return true;
}

void invariants_go_back(struct invariants *invariants,
                        const struct el2_touched *touched)
{
    for (size_t i = 0; i < touched->count; i++) {
        el2_cell cell = touched->cells[i];
        uint32_t v = el2_cell_id(cell);
        switch (el2_cell_kind(cell)) {
        case EL2_CELL_PAGE:
            keep_record(invariants, el2_cell_index(cell), touched->values[i]);
            break;
        case EL2_CELL_NPT:
        case EL2_CELL_NPT_BLOCK:
        case EL2_CELL_SPT:
            mapping_index_set(&invariants->index, cell, touched->values[i]);
            break;
        case EL2_CELL_VM_STATE:
            invariants->answers[v] = answers(invariants, v);
            break;
        default:
            break;
        }
    }
}
