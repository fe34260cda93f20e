#include "model/invariants.h"

static el2_cell page_cell(uint64_t pfn)
{
    return el2_cell_make(EL2_CELL_PAGE, 0, pfn);
}

/* The invariant is about to compare two things that both are there. */
static inline void count(const struct model *m, enum el2_invariant invariant)
{
    m->judged[invariant]++;
}

static bool broken(struct el2_violation *violation,
                   enum el2_invariant invariant, el2_cell entry, uint64_t pfn)
{
    *violation = (struct el2_violation){invariant, entry, page_cell(pfn)};
    return false;
}

/* Section 7: "a VM up to VERIFIED". */
static bool vm_is_live(const struct model *m, uint32_t v)
{
    return el2_platform_is_vm(&m->platform, v) &&
           vm_state(m, v) <= EL2_VM_VERIFIED;
}

/* Section 7: a bank in use, by the host or by a live VM. */
static bool bank_is_live(const struct model *m, uint32_t owner)
{
    return owner == EL2_HOSTVISOR || vm_is_live(m, owner);
}

static bool host_may_map(const struct model *m, const struct page *page)
{
    return page->owner == EL2_INVALID || page->owner == EL2_HOSTVISOR ||
           page_is_shared(m, page);
}

/* host_npt_cons, host_flatmap, host_iso: one entry of the host's table. */
static bool host_entry_holds(const struct model *m, uint64_t gfn,
                             struct map_entry entry,
                             struct el2_violation *violation)
{
    el2_cell cell = el2_cell_make(EL2_CELL_NPT, EL2_HOSTVISOR, gfn);
    if (entry.pfn != phys_page(entry.descriptor) / EL2_PAGE_SIZE) {
        return broken(violation, EL2_INVARIANT_HOST_NPT_CONS, cell, entry.pfn);
    }
    if (entry.pfn == 0) {
        return true;
    }
    count(m, EL2_INVARIANT_HOST_NPT_CONS);
    count(m, EL2_INVARIANT_HOST_FLATMAP);
    count(m, EL2_INVARIANT_HOST_ISO);
    if (entry.pfn != gfn) {
        return broken(violation, EL2_INVARIANT_HOST_FLATMAP, cell, entry.pfn);
    }
    struct page page = page_get(m, entry.pfn);
    if (!host_may_map(m, &page)) {
        return broken(violation, EL2_INVARIANT_HOST_ISO, cell, entry.pfn);
    }
    return true;
}

/* vm_iso: one entry of a VM's table. */
static inline bool vm_entry_holds(const struct model *m, uint32_t v,
                                  uint64_t gfn, struct map_entry entry,
                                  struct el2_violation *violation)
{
    if (entry.pfn == 0) {
        return true;
    }
    count(m, EL2_INVARIANT_VM_ISO);
    uint32_t owner = page_get(m, entry.pfn).owner;
    if (owner != EL2_INVALID && owner != v && vm_is_live(m, v)) {
        return broken(violation, EL2_INVARIANT_VM_ISO,
                      el2_cell_make(EL2_CELL_NPT, v, gfn), entry.pfn);
    }
    return true;
}

static bool npt_mapping_holds(const struct model *m, uint32_t v, uint64_t gfn,
                              struct map_entry entry,
                              struct el2_violation *violation)
{
    return v == EL2_HOSTVISOR ? host_entry_holds(m, gfn, entry, violation)
                              : vm_entry_holds(m, v, gfn, entry, violation);
}

static inline bool npt_entry_holds(const struct model *m, uint32_t v,
                                   uint64_t gfn,
                                   struct el2_violation *violation)
{
    return npt_mapping_holds(m, v, gfn, npt_get(m, v, gfn), violation);
}

static bool npt_block_holds(const struct model *m, uint32_t v, uint64_t block,
                            struct el2_violation *violation)
{
    for (uint64_t i = 0; i < EL2_PAGES_PER_BLOCK; i++) {
        if (!npt_entry_holds(m, v, block * EL2_PAGES_PER_BLOCK + i,
                             violation)) {
            return false;
        }
    }
    return true;
}

/* The lowest bank of a set that is not empty. */
static uint32_t first_bank(uint64_t banks)
{
    uint32_t bank = 0;
    while ((banks >> bank & 1) == 0) {
        bank++;
    }
    return bank;
}

/* Host bank entries that map the page; by smmu_iso they all stand at the
 * page's gfn. */
static uint32_t host_dma_mappings(const struct model *m, uint64_t pfn)
{
    uint64_t gfn = pfn + m->platform.smmu_host_offset;
    uint32_t mappings = 0;
    for (uint64_t banks = m->banks_ever_mapped; banks != 0;
         banks &= banks - 1) {
        uint32_t bank = first_bank(banks);
        if (bank_owner(m, bank) == EL2_HOSTVISOR &&
            spt_get(m, bank, gfn).pfn == pfn) {
            mappings++;
        }
    }
    return mappings;
}

static bool host_count_holds(const struct model *m, uint64_t pfn,
                             const struct page *page,
                             struct el2_violation *violation)
{
    count(m, EL2_INVARIANT_SMMU_COUNT);
    if (page->count < host_dma_mappings(m, pfn)) {
        return broken(violation, EL2_INVARIANT_SMMU_COUNT, page_cell(pfn), pfn);
    }
    return true;
}

/* smmu_count: of a host page, once any bank has mapped something. */
static inline bool smmu_count_holds(const struct model *m, uint64_t pfn,
                                    const struct page *page,
                                    struct el2_violation *violation)
{
    return m->banks_ever_mapped == 0 || page->owner != EL2_HOSTVISOR ||
           host_count_holds(m, pfn, page, violation);
}

/* spt_cons, smmu_iso, smmu_count: one entry of a bank's table. */
static bool spt_entry_holds(const struct model *m, uint32_t bank, uint64_t gfn,
                            struct el2_violation *violation)
{
    struct map_entry entry = spt_get(m, bank, gfn);
    el2_cell cell = el2_cell_make(EL2_CELL_SPT, bank, gfn);
    if (entry.pfn != phys_page(entry.descriptor) / EL2_PAGE_SIZE) {
        return broken(violation, EL2_INVARIANT_SPT_CONS, cell, entry.pfn);
    }
    uint32_t owner = bank_owner(m, bank);
    if (entry.pfn == 0) {
        return true;
    }
    count(m, EL2_INVARIANT_SPT_CONS);
    if (!bank_is_live(m, owner)) {
        return true;
    }
    count(m, EL2_INVARIANT_SMMU_ISO);
    struct page page = page_get(m, entry.pfn);
    if (page.owner != owner || page.gfn != gfn) {
        return broken(violation, EL2_INVARIANT_SMMU_ISO, cell, entry.pfn);
    }
    return smmu_count_holds(m, entry.pfn, &page, violation);
}

/* smmu_vm. */
static bool bank_holds(const struct model *m, uint32_t bank,
                       struct el2_violation *violation)
{
    uint32_t owner = bank_owner(m, bank);
    if (owner == EL2_INVALID) {
        return true;
    }
    count(m, EL2_INVARIANT_SMMU_VM);
    if (owner != EL2_HOSTVISOR && !el2_platform_is_vm(&m->platform, owner)) {
        return broken(violation, EL2_INVARIANT_SMMU_VM,
                      el2_cell_make(EL2_CELL_BANK, bank, 0), 0);
    }
    return true;
}

/* page_0_invalid and host_s2_map. */
static bool record_holds(const struct model *m, uint64_t pfn,
                         const struct page *page,
                         struct el2_violation *violation)
{
    if (pfn == 0) {
        count(m, EL2_INVARIANT_PAGE_0_INVALID);
        if (page->owner != EL2_INVALID) {
            return broken(violation, EL2_INVARIANT_PAGE_0_INVALID,
                          page_cell(pfn), pfn);
        }
    }
    if (page->owner != EL2_HOSTVISOR) {
        return true;
    }
    count(m, EL2_INVARIANT_HOST_S2_MAP);
    if (page->gfn != pfn + m->platform.smmu_host_offset) {
        return broken(violation, EL2_INVARIANT_HOST_S2_MAP, page_cell(pfn),
                      pfn);
    }
    return true;
}

/* Entries of every kind of table that were ever written, by one owner. */
static bool entries_hold(const struct model *m, enum el2_cell_kind kind,
                         uint32_t id, struct el2_violation *violation)
{
    for (size_t i = 0; i < m->store.journal_length; i++) {
        el2_cell cell = m->store.journal[i].slot->cell;
        uint64_t index = el2_cell_index(cell);
        if (el2_cell_kind(cell) != kind || el2_cell_id(cell) != id) {
            continue;
        }
        bool holds = true;
        if (kind == EL2_CELL_SPT) {
            holds = spt_entry_holds(m, id, index, violation);
        } else if (kind == EL2_CELL_NPT) {
            holds = npt_entry_holds(m, id, index, violation);
        } else if (kind == EL2_CELL_NPT_BLOCK) {
            holds = npt_block_holds(m, id, index, violation);
        }
        if (!holds) {
            return false;
        }
    }
    return true;
}

static bool vm_entries_hold(const struct model *m, uint32_t v,
                            struct el2_violation *violation)
{
    return entries_hold(m, EL2_CELL_NPT, v, violation) &&
           entries_hold(m, EL2_CELL_NPT_BLOCK, v, violation);
}

/* Entries of all banks of one owner. */
static bool bank_entries_hold(const struct model *m, uint32_t owner,
                              struct el2_violation *violation)
{
    for (uint64_t banks = m->banks_ever_mapped; banks != 0;
         banks &= banks - 1) {
        uint32_t bank = first_bank(banks);
        if (bank_owner(m, bank) == owner &&
            !entries_hold(m, EL2_CELL_SPT, bank, violation)) {
            return false;
        }
    }
    return true;
}

/*
 * A record changed from `before`: itself, the host's entry for the page, and
 * the entries of the one VM and the banks that could map it until now.
 */
static bool changed_page_holds(const struct model *m,
                               const struct store_change *change,
                               struct el2_violation *violation)
{
    uint64_t pfn = el2_cell_index(change->slot->cell);
    uint32_t old_owner = el2_value_owner(change->before);
    uint64_t old_gfn = el2_value_gfn(change->before);
    struct page page = page_of_value(change->slot->value);
    if (!record_holds(m, pfn, &page, violation) ||
        !smmu_count_holds(m, pfn, &page, violation) ||
        (!host_may_map(m, &page) &&
         !npt_entry_holds(m, EL2_HOSTVISOR, pfn, violation))) {
        return false;
    }
    if (page.owner == old_owner && page.gfn == old_gfn) {
        return true;
    }
    if (page.owner != old_owner && vm_is_live(m, old_owner) &&
        !vm_entries_hold(m, old_owner, violation)) {
        return false;
    }
    for (uint64_t banks = m->banks_ever_mapped; banks != 0;
         banks &= banks - 1) {
        uint32_t bank = first_bank(banks);
        if (bank_owner(m, bank) == old_owner &&
            !spt_entry_holds(m, bank, old_gfn, violation)) {
            return false;
        }
    }
    return true;
}

static bool change_holds(const struct model *m,
                         const struct store_change *change,
                         struct el2_violation *violation)
{
    el2_cell cell = change->slot->cell;
    struct el2_value before = change->before;
    uint32_t id = el2_cell_id(cell);
    uint64_t index = el2_cell_index(cell);
    switch (el2_cell_kind(cell)) {
    case EL2_CELL_PAGE:
        return changed_page_holds(m, change, violation);
    case EL2_CELL_NPT:
        return m->blocks_ever_used
                   ? npt_entry_holds(m, id, index, violation)
                   : npt_mapping_holds(m, id, index,
                                       entry_of_value(change->slot->value),
                                       violation);
    case EL2_CELL_NPT_BLOCK:
        return npt_block_holds(m, id, index, violation);
    case EL2_CELL_SPT:
        return spt_entry_holds(m, id, index, violation);
    case EL2_CELL_BANK:
        return bank_holds(m, id, violation) &&
               entries_hold(m, EL2_CELL_SPT, id, violation);
    case EL2_CELL_VM_STATE:
        /* A VM that comes back to life, which none should. */
        return before.words[0] <= EL2_VM_VERIFIED ||
               (vm_entries_hold(m, id, violation) &&
                bank_entries_hold(m, id, violation));
    default:
        return true;
    }
}

bool invariants_hold_after_step(const struct model *m,
                                struct el2_violation *violation)
{
    const struct store *store = &m->store;
    for (size_t i = store->step_start; i < store->journal_length; i++) {
        if (!change_holds(m, &store->journal[i], violation)) {
            return false;
        }
    }
    return true;
}

static bool cell_holds(const struct model *m, el2_cell cell,
                       struct el2_violation *violation)
{
    uint32_t id = el2_cell_id(cell);
    uint64_t index = el2_cell_index(cell);
    struct page page;
    switch (el2_cell_kind(cell)) {
    case EL2_CELL_PAGE:
        page = page_get(m, index);
        return record_holds(m, index, &page, violation) &&
               smmu_count_holds(m, index, &page, violation);
    case EL2_CELL_NPT:
        return npt_entry_holds(m, id, index, violation);
    case EL2_CELL_NPT_BLOCK:
        return npt_block_holds(m, id, index, violation);
    case EL2_CELL_SPT:
        return spt_entry_holds(m, id, index, violation);
    case EL2_CELL_BANK:
        return bank_holds(m, id, violation);
    default:
        return true;
    }
}

bool invariants_hold_everywhere(const struct model *m,
                                struct el2_violation *violation)
{
    for (size_t i = 0; i < m->store.journal_length; i++) {
        if (!cell_holds(m, m->store.journal[i].slot->cell, violation)) {
            return false;
        }
    }
    struct page page_0 = page_get(m, 0);
    return record_holds(m, 0, &page_0, violation);
}
