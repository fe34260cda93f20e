#include "tests/unit/fake_shim.h"

#include "impl/shim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_PER_PAGE 512u
#define EVENT_LIMIT    8192u

static uint64_t memory[FAKE_MEMORY_PAGES * WORDS_PER_PAGE];

static struct {
    const struct el2 *el2; /* NULL while it boots */
    bool in_call;
    el2_lock_set held;
    jmp_buf panic;
    size_t event_count;
    struct fake_event events[EVENT_LIMIT];
    size_t times_locked[EL2_LOCK_COUNT];
    size_t loads;
} fake;

static void record_three(enum fake_event_kind kind, uint64_t first,
                         uint64_t second, uint64_t third)
{
    if (fake.event_count == EVENT_LIMIT) {
        fail_msg("fake shim: more than %u events in one call", EVENT_LIMIT);
    }
    fake.events[fake.event_count++] =
        (struct fake_event){kind, first, second, third};
}

static void record(enum fake_event_kind kind, uint64_t first, uint64_t second)
{
    record_three(kind, first, second, 0);
}

/* The lock that protects a word of EL2's memory. */
static unsigned lock_of(const struct el2 *el2, uint64_t address)
{
    if (address < el2->npt_memory) {
        return EL2_LOCK_PAGE;
    }
    if (address < el2->spt_memory) {
        return EL2_LOCK_NPT +
               (unsigned)((address - el2->npt_memory) / el2->npt_memory_size);
    }
    return EL2_LOCK_SPT;
}

static bool is_own(uint64_t address)
{
    return address >= fake.el2->records && address < fake.el2->memory_end;
}

static void check_lock(unsigned lock, uint64_t about)
{
    if (fake.in_call && (fake.held & el2_lock_bit(lock)) == 0) {
        fail_msg("fake shim: 0x%llx touched without lock %u",
                 (unsigned long long)about, lock);
    }
}

/* Index of the word of EL2's memory at `address`. */
static size_t own_word(uint64_t address)
{
    if (address % 8 != 0 || !is_own(address)) {
        fail_msg("fake shim: access to 0x%llx", (unsigned long long)address);
    }
    check_lock(lock_of(fake.el2, address), address);
    return (size_t)(address / 8);
}

/* The words of a page of memory; the page lock protects those that are not
 * EL2's. */
static uint64_t *page_at(uint64_t address)
{
    uint64_t pfn = address / EL2_PAGE_SIZE;

    if (address % EL2_PAGE_SIZE != 0 || pfn >= FAKE_MEMORY_PAGES) {
        fail_msg("fake shim: no page at 0x%llx", (unsigned long long)address);
    }
    check_lock(is_own(address) ? lock_of(fake.el2, address) : EL2_LOCK_PAGE,
               address);
    return &memory[pfn * WORDS_PER_PAGE];
}

uint64_t shim_load64(uint64_t address)
{
    fake.loads++;
    return memory[own_word(address)];
}

void shim_store64(uint64_t address, uint64_t value)
{
    memory[own_word(address)] = value;
    record(FAKE_STORE, address, value);
}

void shim_clear_page(uint64_t address)
{
    memset(page_at(address), 0, EL2_PAGE_SIZE);
    record(FAKE_CLEAR_PAGE, address, 0);
}

/* Of EL2's memory nothing is ever ciphered. */
static uint64_t *buffer_at(uint64_t address)
{
    if (is_own(address)) {
        fail_msg("fake shim: 0x%llx is EL2's", (unsigned long long)address);
    }
    return page_at(address);
}

void shim_encrypt_page(uint64_t out, uint64_t in)
{
    for (size_t i = 0; i < WORDS_PER_PAGE; i++) {
        buffer_at(out)[i] = el2_platform_encrypt(buffer_at(in)[i]);
    }
    record(FAKE_ENCRYPT_PAGE, out, in);
}

void shim_decrypt_page(uint64_t address)
{
    uint64_t *words = buffer_at(address);

    for (size_t i = 0; i < WORDS_PER_PAGE; i++) {
        words[i] = el2_platform_decrypt(words[i]);
    }
    record(FAKE_DECRYPT_PAGE, address, 0);
}

bool shim_image_is_signed(uint64_t address)
{
    return buffer_at(address)[0] != EL2_BAD_SIGNATURE;
}

void shim_smmu_write32(uint32_t smmu, uint64_t offset, uint32_t value)
{
    check_lock(EL2_LOCK_SMMU, offset);
    record_three(FAKE_SMMU_WRITE32, smmu, offset, value);
}

void shim_smmu_write64(uint32_t smmu, uint64_t offset, uint64_t value)
{
    check_lock(EL2_LOCK_SMMU, offset);
    record_three(FAKE_SMMU_WRITE64, smmu, offset, value);
}

void shim_lock(unsigned lock)
{
    if (lock >= EL2_LOCK_COUNT || (fake.held >> lock) != 0) {
        fail_msg("fake shim: lock %u while 0x%llx are held", lock,
                 (unsigned long long)fake.held);
    }
    fake.held |= el2_lock_bit(lock);
    fake.times_locked[lock]++;
}

void shim_unlock(unsigned lock)
{
    if ((fake.held & el2_lock_bit(lock)) == 0) {
        fail_msg("fake shim: unlock %u, which is not held", lock);
    }
    fake.held &= ~el2_lock_bit(lock);
}

void shim_invalidate_ipa(uint32_t vmid, uint64_t ipa)
{
    record(FAKE_INVALIDATE_IPA, vmid, ipa);
}

void shim_invalidate_iova(uint32_t bank, uint64_t iova)
{
    record(FAKE_INVALIDATE_IOVA, bank, iova);
}

void shim_invalidate_bank(uint32_t bank)
{
    record(FAKE_INVALIDATE_BANK, bank, 0);
}

_Noreturn void shim_panic(const char *reason)
{
    (void)reason;
    longjmp(fake.panic, 1);
}

bool fake_shim_boot(struct el2 *el2, const struct el2_platform *platform)
{
    memset(memory, 0, sizeof memory);
    memset(&fake, 0, sizeof fake);
    /* What el2_boot() does not set must not matter. */
    memset(el2, 0xa5, sizeof *el2);
    fake.el2 = el2;
    return el2_boot(el2, platform);
}

bool fake_shim_call(struct el2 *el2, const struct el2_call *call,
                    uint64_t *result)
{
    fake.event_count = 0;
    fake.loads = 0;
    memset(fake.times_locked, 0, sizeof fake.times_locked);
    fake.held = 0;
    fake.in_call = true;
    if (setjmp(fake.panic) != 0) {
        fake.in_call = false;
        return false;
    }
    *result = el2_dispatch(el2, call);
    fake.in_call = false;
    if (fake.held != 0) {
        fail_msg("fake shim: 0x%llx still held after call %u",
                 (unsigned long long)fake.held, call->number);
    }
    return true;
}

el2_lock_set fake_shim_held(void)
{
    return fake.held;
}

const struct fake_event *fake_shim_event(size_t i)
{
    if (i >= fake.event_count) {
        fail_msg("only %zu events, no number %zu", fake.event_count, i);
    }
    return &fake.events[i];
}

size_t fake_shim_event_count(void)
{
    return fake.event_count;
}

size_t fake_shim_times_locked(unsigned lock)
{
    return fake.times_locked[lock];
}

size_t fake_shim_loads(void)
{
    return fake.loads;
}

uint64_t fake_shim_peek(uint64_t address)
{
    return memory[address / 8];
}

void fake_shim_fill_page(uint64_t pfn, uint64_t word)
{
    for (size_t i = 0; i < WORDS_PER_PAGE; i++) {
        memory[pfn * WORDS_PER_PAGE + i] = word;
    }
}
