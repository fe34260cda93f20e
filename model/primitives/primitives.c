#include "model/primitives/primitives.h"

#include "model/tables.h"

static void acquire(struct model *m, unsigned lock)
{
    if (!m->halted) {
        m->held |= el2_lock_bit(lock);
    }
}

static void release(struct model *m, unsigned lock)
{
    if (!m->halted) {
        m->held &= ~el2_lock_bit(lock);
    }
}

void acquire_lock_s2page(struct model *m)
{
    acquire(m, EL2_LOCK_PAGE);
}

void release_lock_s2page(struct model *m)
{
    release(m, EL2_LOCK_PAGE);
}

uint32_t get_pfn_owner(const struct model *m, uint64_t pfn)
{
    return m->halted ? 0 : page_get(m, pfn).owner;
}

uint32_t get_pfn_count(const struct model *m, uint64_t pfn)
{
    return m->halted ? 0 : page_get(m, pfn).count;
}

uint64_t get_pfn_map(const struct model *m, uint64_t pfn)
{
    return m->halted ? 0 : page_get(m, pfn).gfn;
}

void set_pfn_owner(struct model *m, uint64_t pfn, uint32_t owner)
{
    if (!m->halted) {
        struct page page = page_get(m, pfn);
        page.owner = owner;
        page_set(m, pfn, page);
    }
}

void set_pfn_count(struct model *m, uint64_t pfn, uint32_t count)
{
    if (!m->halted) {
        struct page page = page_get(m, pfn);
        page.count = count;
        page_set(m, pfn, page);
    }
}

void set_pfn_map(struct model *m, uint64_t pfn, uint64_t gfn)
{
    if (!m->halted) {
        struct page page = page_get(m, pfn);
        page.gfn = gfn;
        page_set(m, pfn, page);
    }
}

static void halt_on_panic(struct model *m, enum el2_outcome outcome)
{
    if (el2_outcome_is_panic(outcome)) {
        m->halted = true;
    }
}

void map_s2pt(struct model *m, uint32_t v, uint64_t addr, uint64_t level,
              uint64_t descriptor)
{
    acquire(m, EL2_LOCK_NPT + v);
    if (!m->halted) {
        halt_on_panic(m, model_npt_map(m, v, addr, level, descriptor));
    }
    release(m, EL2_LOCK_NPT + v);
}

void clear_pfn_host_s2pt(struct model *m, uint64_t pfn)
{
    acquire(m, EL2_LOCK_NPT + EL2_HOSTVISOR);
    if (!m->halted) {
        halt_on_panic(m, model_clear_pfn_host(m, pfn));
    }
    release(m, EL2_LOCK_NPT + EL2_HOSTVISOR);
}

void map_spt(struct model *m, uint32_t bank, uint64_t iova, uint64_t descriptor)
{
    acquire(m, EL2_LOCK_SPT);
    if (!m->halted) {
        halt_on_panic(m, model_spt_map(m, bank, iova, descriptor));
    }
    release(m, EL2_LOCK_SPT);
}

uint64_t unmap_spt(struct model *m, uint32_t bank, uint64_t iova)
{
    uint64_t removed = 0;
    acquire(m, EL2_LOCK_SPT);
    if (!m->halted) {
        halt_on_panic(m, model_spt_unmap(m, bank, iova, &removed));
    }
    release(m, EL2_LOCK_SPT);
    return removed;
}

void clear_phys_page(struct model *m, uint64_t pfn)
{
    if (!m->halted) {
        memory_set(m, pfn, 0);
    }
}

void fetch_from_doracle(struct model *m, uint32_t v, uint64_t pfn,
                        enum el2_draw_reason reason)
{
    if (!m->halted) {
        memory_from_oracle(m, v, pfn, reason, memory_get(m, pfn));
    }
}

void encrypt_phys_page(struct model *m, uint64_t in, uint64_t out)
{
    if (!m->halted) {
        memory_from_oracle(m, EL2_HOSTVISOR, out, EL2_DRAW_ENCRYPTED,
                           memory_get(m, in));
    }
}

void panic_machine(struct model *m)
{
    m->halted = true;
}
