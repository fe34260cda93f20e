#include "impl/host/shim_host.h"

#include "impl/shim.h"

/* EL2 code has no idea of several boards; the harness runs one at a time. */
static struct shim_host *board;

void shim_host_enter(struct shim_host *host)
{
    board = host;
}

_Noreturn static void stop_on_fault(const char *what)
{
    board->fault = what;
    longjmp(board->stopped, 1);
}

_Noreturn void shim_panic(const char *reason)
{
    board->panic = reason;
    longjmp(board->stopped, 1);
}

uint64_t shim_load64(uint64_t address)
{
    if (physical_is_own(&board->memory, address)) {
        return physical_load(&board->memory, address);
    }
    if (!physical_exists(&board->memory, address)) {
        stop_on_fault("EL2 read an address without memory");
    }
    return physical_load_anywhere(&board->memory, address);
}

static void note_page(uint64_t pfn)
{
    if (board->step_page_count < EL2_RANGE_PAGES_MAX) {
        board->step_pages[board->step_page_count++] = pfn;
    }
}

void shim_store64(uint64_t address, uint64_t value)
{
    if (physical_is_own(&board->memory, address)) {
        physical_store(&board->memory, address, value);
        return;
    }
    if (!physical_exists(&board->memory, address)) {
        stop_on_fault("EL2 wrote to an address without memory");
    }
    note_page(address / EL2_PAGE_SIZE);
    physical_store_anywhere(&board->memory, address, value);
}

void shim_clear_page(uint64_t address)
{
    if (!physical_exists(&board->memory, address)) {
        stop_on_fault("EL2 cleared a page without memory");
    }
    if (!physical_is_own(&board->memory, address)) {
        note_page(address / EL2_PAGE_SIZE);
    }
    physical_clear_page(&board->memory, address);
}

void shim_lock(unsigned lock)
{
    /* Section 9: only upwards, so no lock above or equal may be held. */
    if (board->held >> lock != 0) {
        stop_on_fault("EL2 took a lock out of order");
    }
    board->held |= el2_lock_bit(lock);
}

void shim_unlock(unsigned lock)
{
    if ((board->held & el2_lock_bit(lock)) == 0) {
        stop_on_fault("EL2 released a lock that it does not hold");
    }
    board->held &= ~el2_lock_bit(lock);
}

/* One CPU and an MMU without TLB: there is nothing to invalidate. */
void shim_invalidate_ipa(uint32_t vmid, uint64_t ipa)
{
    (void)vmid;
    (void)ipa;
}

void shim_invalidate_iova(uint32_t bank, uint64_t iova)
{
    (void)bank;
    (void)iova;
}

void shim_invalidate_bank(uint32_t bank)
{
    (void)bank;
}
