#include "impl/host/shim_host.h"

#include "impl/shim.h"

const struct el2_fault shim_faults[SHIM_FAULT_NONE + 1] = {
    [SHIM_FAULT_READ_UNALIGNED] = {"read_unaligned",
                                   "EL2 read a word that is not aligned"},
    [SHIM_FAULT_READ_OUTSIDE] = {"read_outside",
                                 "EL2 read outside its own memory"},
    [SHIM_FAULT_WRITE_UNALIGNED] = {"write_unaligned",
                                    "EL2 wrote a word that is not aligned"},
    [SHIM_FAULT_WRITE_OUTSIDE] = {"write_outside",
                                  "EL2 wrote outside its own memory"},
    [SHIM_FAULT_TOO_MANY_READS] = {"too_many_reads",
                                   "EL2 read more words than a call may"},
    [SHIM_FAULT_TOO_MANY_WORDS] = {"too_many_words",
                                   "EL2 stored more words than a call may"},
    [SHIM_FAULT_TOO_MANY_PAGES] = {"too_many_pages",
                                   "EL2 wrote more pages than a call may"},
    [SHIM_FAULT_PAGE_UNALIGNED] = {"page_unaligned",
                                   "EL2 named a page that is not aligned"},
    [SHIM_FAULT_PAGE_WITHOUT_MEMORY] = {"page_without_memory",
                                        "EL2 named a page without memory"},
    [SHIM_FAULT_OWN_PAGE_GIVEN] =
        {"own_page_given", "EL2 gave a page of its own to the firmware"},
    [SHIM_FAULT_NO_SUCH_REGISTER] = {"no_such_register",
                                     "EL2 wrote a register that no SMMU has"},
    [SHIM_FAULT_REGISTER_UNALIGNED] =
        {"register_unaligned", "EL2 wrote a register that is not aligned"},
    [SHIM_FAULT_OTHER_REGISTER] =
        {"other_register",
         "EL2 did not write the register that it was asked to"},
    [SHIM_FAULT_LOCK_ORDER] = {"lock_order", "EL2 took a lock out of order"},
    [SHIM_FAULT_LOCK_NOT_HELD] = {"lock_not_held",
                                  "EL2 released a lock that it does not hold"},
    [SHIM_FAULT_LOCK_KEPT] = {"lock_kept", "EL2 returned with a lock held"},
    [SHIM_FAULT_NONE] = {NULL, NULL},
};

/* EL2 code has no idea of several boards; the harness runs one at a time. */
static struct shim_host *board;

void shim_host_enter(struct shim_host *host)
{
    board = host;
}

void shim_host_begin_step(struct shim_host *host)
{
    host->held = 0;
    host->panic = NULL;
    host->fault = SHIM_FAULT_NONE;
    host->step_page_count = 0;
    host->reads_left = 0;
    host->smmu_writes = 0;
}

void shim_host_start_el2(struct shim_host *host)
{
    host->reads_left = SHIM_STEP_READS_MAX;
}

void shim_host_end_el2(struct shim_host *host)
{
    host->reads_left = 0;
}

bool shim_host_note_page(struct shim_host *host, uint64_t pfn)
{
    if (host->step_page_count == EL2_CALL_PAGES_MAX) {
        return false;
    }
    host->step_pages[host->step_page_count++] = pfn;
    return true;
}

_Noreturn static void stop_on_fault(enum shim_fault fault)
{
    board->fault = fault;
    longjmp(board->stopped, 1);
}

_Noreturn void shim_panic(const char *reason)
{
    board->panic = reason;
    longjmp(board->stopped, 1);
}

uint64_t shim_load64(uint64_t address)
{
    if (!physical_is_own_word(&board->memory, address)) {
        stop_on_fault(physical_is_own(&board->memory, address)
                          ? SHIM_FAULT_READ_UNALIGNED
                          : SHIM_FAULT_READ_OUTSIDE);
    }
    if (board->reads_left > 0 && --board->reads_left == 0) {
        stop_on_fault(SHIM_FAULT_TOO_MANY_READS);
    }
    return physical_load(&board->memory, address);
}

/* A program's calls have room in the log; code that never ends has not. */
static void check_log(void)
{
    if (!physical_can_log(&board->memory)) {
        stop_on_fault(SHIM_FAULT_TOO_MANY_WORDS);
    }
}

void shim_store64(uint64_t address, uint64_t value)
{
    if (!physical_is_own_word(&board->memory, address)) {
        stop_on_fault(physical_is_own(&board->memory, address)
                          ? SHIM_FAULT_WRITE_UNALIGNED
                          : SHIM_FAULT_WRITE_OUTSIDE);
    }
    check_log();
    physical_store(&board->memory, address, value);
}

static void check_page(uint64_t address)
{
    board->guarded[EL2_GUARD_PAGE]++;
    if (address % EL2_PAGE_SIZE != 0) {
        stop_on_fault(SHIM_FAULT_PAGE_UNALIGNED);
    }
    if (!physical_exists(&board->memory, address)) {
        stop_on_fault(SHIM_FAULT_PAGE_WITHOUT_MEMORY);
    }
}

/* EL2's secrets do not leave it as a VM's state, nor come in like that. */
static void check_buffer(uint64_t address)
{
    check_page(address);
    if (physical_is_own(&board->memory, address)) {
        stop_on_fault(SHIM_FAULT_OWN_PAGE_GIVEN);
    }
}

static void note_page(uint64_t address)
{
    if (!shim_host_note_page(board, address / EL2_PAGE_SIZE)) {
        stop_on_fault(SHIM_FAULT_TOO_MANY_PAGES);
    }
}

void shim_clear_page(uint64_t address)
{
    check_page(address);
    if (physical_is_own(&board->memory, address)) {
        check_log();
    } else {
        note_page(address);
    }
    physical_fill_page(&board->memory, address, 0);
}

void shim_encrypt_page(uint64_t out, uint64_t in)
{
    check_buffer(out);
    check_buffer(in);
    note_page(out);
    physical_encrypt_page(&board->memory, out, in);
}

void shim_decrypt_page(uint64_t address)
{
    check_buffer(address);
    note_page(address);
    physical_decrypt_page(&board->memory, address);
}

bool shim_image_is_signed(uint64_t address)
{
    check_buffer(address);
    return physical_page_content(&board->memory, address / EL2_PAGE_SIZE) !=
           EL2_BAD_SIGNATURE;
}

static void write_register(struct shim_register_write write)
{
    const struct el2_platform *platform = board->memory.platform;
    if (write.smmu >= platform->smmu_count ||
        write.offset >= platform->smmus[write.smmu].size) {
        stop_on_fault(SHIM_FAULT_NO_SUCH_REGISTER);
    }
    if (write.offset % write.size != 0) {
        stop_on_fault(SHIM_FAULT_REGISTER_UNALIGNED);
    }
    board->smmu_writes++;
    board->smmu_write = write;
}

void shim_smmu_write32(uint32_t smmu, uint64_t offset, uint32_t value)
{
    write_register((struct shim_register_write){
        .smmu = smmu, .size = 4, .offset = offset, .value = value});
}

void shim_smmu_write64(uint32_t smmu, uint64_t offset, uint64_t value)
{
    write_register((struct shim_register_write){
        .smmu = smmu, .size = 8, .offset = offset, .value = value});
}

void shim_lock(unsigned lock)
{
    board->guarded[EL2_GUARD_LOCK]++;
    /* Section 9: only upwards, so no lock above or equal may be held. */
    if (board->held >> lock != 0) {
        stop_on_fault(SHIM_FAULT_LOCK_ORDER);
    }
    board->held |= el2_lock_bit(lock);
}

void shim_unlock(unsigned lock)
{
    if ((board->held & el2_lock_bit(lock)) == 0) {
        stop_on_fault(SHIM_FAULT_LOCK_NOT_HELD);
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
