#include "impl/encrypted_buffer.h"

#include "impl/lifecycle.h"
#include "impl/npt.h"
#include "impl/page_record.h"
#include "impl/shim.h"

static uint32_t owner_of(const struct el2 *el2, uint64_t address)
{
    struct page_position position = page_locate(el2, address >> EL2_PAGE_SHIFT);

    return page_read_owner(&position).owner;
}

void encrypt_buf(const struct el2 *el2, uint32_t vmid, uint64_t in,
                 uint64_t out)
{
    shim_lock(EL2_LOCK_PAGE);
    if (owner_of(el2, in) != vmid) {
        shim_panic("a page to encrypt that is not the VM's");
    }
    if (owner_of(el2, out) != EL2_HOSTVISOR) {
        shim_panic("an encrypted page that is not for the host");
    }
    shim_encrypt_page(out & ~EL2_PAGE_OFFSET, in & ~EL2_PAGE_OFFSET);
    shim_unlock(EL2_LOCK_PAGE);
}

/* The host loses the page before there is anything to read in it. */
static void take_and_decrypt(const struct el2 *el2, uint32_t vmid, uint64_t pfn)
{
    struct page_position position;
    struct page_owner page;

    shim_lock(EL2_LOCK_PAGE);
    position = page_locate(el2, pfn);
    page = page_read_owner(&position);
    if (page.owner != EL2_HOSTVISOR || page.count != 0) {
        shim_panic("a page to decrypt that is not the host's alone");
    }
    clear_pfn_host(el2, pfn);
    page_write_owner(&position, (struct page_owner){vmid, 0});
    page_write_gfn(el2, &position, EL2_INVALID64);
    shim_decrypt_page(pfn << EL2_PAGE_SHIFT);
    shim_unlock(EL2_LOCK_PAGE);
}

void decrypt_buf(const struct el2 *el2, uint32_t vmid, uint64_t address)
{
    shim_lock(EL2_LOCK_VM + vmid);
    vm_expect_state(el2, vmid, EL2_VM_READY);
    take_and_decrypt(el2, vmid, address >> EL2_PAGE_SHIFT);
    shim_unlock(EL2_LOCK_VM + vmid);
}
