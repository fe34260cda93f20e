/* Pages that leave a VM encrypted, and come back: semantics.md section 6. */
#include "model/buffers.h"

#include "model/arguments.h"
#include "model/hypercalls.h"
#include "model/tables.h"

static enum el2_outcome encrypt_page(struct model *m, uint32_t v, uint64_t in,
                                     uint64_t out)
{
    hold_page(m, out);
    if (page_get(m, in).owner != v) {
        return EL2_OUTCOME_PANIC_OTHER_OWNER;
    }
    if (page_get(m, out).owner != EL2_HOSTVISOR) {
        return EL2_OUTCOME_PANIC_NOT_HOST_PAGE;
    }
    memory_from_oracle(m, EL2_HOSTVISOR, out, EL2_DRAW_ENCRYPTED,
                       memory_get(m, in));
    return EL2_OUTCOME_ENCRYPTED;
}

enum el2_outcome model_encrypt_buf(struct model *m, uint64_t v, uint64_t in,
                                   uint64_t out)
{
    if (!is_vm(m, v) || !is_paddr(in) || !is_paddr(out)) {
        return EL2_OUTCOME_PANIC_ARGUMENT;
    }
    return m->buffers.encrypt_page(m, (uint32_t)v, in / EL2_PAGE_SIZE,
                                   out / EL2_PAGE_SIZE);
}

static enum el2_outcome decrypt_page(struct model *m, uint32_t v, uint64_t pfn)
{
    hold_page(m, pfn);
    struct page page = page_get(m, pfn);
    if (page.owner != EL2_HOSTVISOR) {
        return EL2_OUTCOME_PANIC_NOT_HOST_PAGE;
    }
    if (page.count != 0) {
        return EL2_OUTCOME_PANIC_HOST_DMA_IN_USE;
    }
    enum el2_outcome unmapped = model_clear_pfn_host(m, pfn);
    if (el2_outcome_is_panic(unmapped)) {
        return unmapped;
    }
    page_set(m, pfn, (struct page){v, 0, EL2_INVALID64});
    memory_from_oracle(m, EL2_HOSTVISOR, pfn, EL2_DRAW_DECRYPTED,
                       memory_get(m, pfn));
    return EL2_OUTCOME_DECRYPTED;
}

enum el2_outcome model_decrypt_buf(struct model *m, uint64_t v, uint64_t buf)
{
    if (!is_vm(m, v) || !is_paddr(buf)) {
        return EL2_OUTCOME_PANIC_ARGUMENT;
    }
    hold_lock(m, EL2_LOCK_VM + (unsigned)v);
    if (vm_state(m, (uint32_t)v) != EL2_VM_READY) {
        return EL2_OUTCOME_PANIC_VM_STATE;
    }
    return m->buffers.decrypt_page(m, (uint32_t)v, buf / EL2_PAGE_SIZE);
}

struct model_buffer_operations model_atomic_buffers(void)
{
    return (struct model_buffer_operations){
        .encrypt_page = encrypt_page,
        .decrypt_page = decrypt_page,
    };
}
