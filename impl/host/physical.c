#include "impl/host/physical.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define WORDS_PER_PAGE (EL2_PAGE_SIZE / sizeof(uint64_t))

/* Stores and written pages that one call can need at most: a few words for
 * each page that it changes, and its content. There is room for a few dozen
 * such calls; what is never used costs nothing. */
#define STORES_PER_CALL (8 * EL2_CALL_PAGES_MAX)
#define LOG_LIMIT       (UINT64_C(1) << 22)
#define WRITTEN_LIMIT   (UINT64_C(1) << 20)

/* The smallest span that holds every region and EL2's memory. */
static void span(const struct el2_platform *platform, uint64_t *base,
                 uint64_t *size)
{
    uint64_t low = platform->el2_memory_base;
    uint64_t high = low + platform->el2_memory_size;
    for (uint32_t i = 0; i < platform->region_count; i++) {
        const struct el2_region *region = &platform->regions[i];
        uint64_t start = region->base * EL2_PAGE_SIZE;
        uint64_t end = start + region->page_count * EL2_PAGE_SIZE;
        low = start < low ? start : low;
        high = end > high ? end : high;
    }
    *base = low;
    *size = high - low;
}

/* Address space of the board's span, without access; NULL when refused. */
static uint8_t *reserve(uint64_t size)
{
    void *arena = mmap(NULL, size, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return arena == MAP_FAILED ? NULL : arena;
}

static bool protect(const struct physical *memory, uint8_t *arena,
                    uint64_t base, uint64_t size, int access)
{
    return mprotect(arena + (base - memory->base), size, access) == 0;
}

/* Holes stay without access, in both arenas. */
static bool open_memory(const struct physical *memory)
{
    const struct el2_platform *platform = memory->platform;
    for (uint32_t i = 0; i < platform->region_count; i++) {
        const struct el2_region *region = &platform->regions[i];
        if (!protect(memory, memory->ram, region->base * EL2_PAGE_SIZE,
                     region->page_count * EL2_PAGE_SIZE,
                     PROT_READ | PROT_WRITE)) {
            return false;
        }
    }
    return protect(memory, memory->ram, memory->own_base, memory->own_size,
                   PROT_NONE) &&
           protect(memory, memory->own_arena, memory->own_base,
                   memory->own_size, PROT_READ | PROT_WRITE);
}

bool physical_create(struct physical *memory,
                     const struct el2_platform *platform, const char **why)
{
    *memory = (struct physical){
        .own_base = platform->el2_memory_base,
        .own_size = platform->el2_memory_size,
        .platform = platform,
        .log_limit = LOG_LIMIT,
    };
    span(platform, &memory->base, &memory->size);
    memory->own_arena = reserve(memory->size);
    memory->ram = reserve(memory->size);
    memory->log = calloc(LOG_LIMIT, sizeof *memory->log);
    memory->written =
        calloc(memory->size / EL2_PAGE_SIZE / 64 + 1, sizeof(uint64_t));
    memory->written_pages = calloc(WRITTEN_LIMIT, sizeof(uint64_t));
    memory->pages_before =
        calloc(EL2_CALL_PAGES_MAX, sizeof *memory->pages_before);
    if (memory->own_arena == NULL || memory->ram == NULL ||
        memory->log == NULL || memory->written == NULL ||
        memory->written_pages == NULL || memory->pages_before == NULL ||
        !open_memory(memory)) {
        physical_destroy(memory);
        *why = "the system does not give the board's address space";
        return false;
    }
    memory->own = memory->own_arena + (memory->own_base - memory->base);
    return true;
}

void physical_destroy(struct physical *memory)
{
    if (memory->own_arena != NULL) {
        munmap(memory->own_arena, memory->size);
    }
    if (memory->ram != NULL) {
        munmap(memory->ram, memory->size);
    }
    free(memory->log);
    free(memory->written);
    free(memory->written_pages);
    free(memory->pages_before);
    *memory = (struct physical){0};
}

/* A word of RAM that is not EL2's. */
static uint64_t *ram_word(const struct physical *memory, uint64_t address)
{
    return (uint64_t *)(void *)(memory->ram + (address - memory->base));
}

static uint64_t page_bit(const struct physical *memory, uint64_t pfn,
                         uint64_t **word)
{
    uint64_t page = pfn - memory->base / EL2_PAGE_SIZE;
    *word = &memory->written[page / 64];
    return UINT64_C(1) << (page % 64);
}

static bool is_written(const struct physical *memory, uint64_t pfn)
{
    uint64_t *word;
    uint64_t bit = page_bit(memory, pfn, &word);
    return (*word & bit) != 0;
}

/* EL2's memory as it was when so much was logged. */
static void take_back_stores(struct physical *memory, size_t log_length)
{
    while (memory->log_length > log_length) {
        const struct physical_store *store = &memory->log[--memory->log_length];
        *physical_word(memory, store->address) = store->before;
    }
}

/* Pages are as at boot that were written when so many already were. */
static void forget_written(struct physical *memory, size_t written_count)
{
    while (memory->written_count > written_count) {
        uint64_t *word;
        uint64_t bit = page_bit(
            memory, memory->written_pages[--memory->written_count], &word);
        *word &= ~bit;
    }
}

void physical_reset(struct physical *memory)
{
    take_back_stores(memory, 0);
    forget_written(memory, 0);
    memory->keeps = false;
}

void physical_keep(struct physical *memory)
{
    memory->keeps = true;
    memory->kept_log_length = memory->log_length;
    memory->kept_written_count = memory->written_count;
    memory->pages_before_count = 0;
}

void physical_go_back(struct physical *memory)
{
    take_back_stores(memory, memory->kept_log_length);
    forget_written(memory, memory->kept_written_count);
    while (memory->pages_before_count > 0) {
        const struct physical_page_before *page =
            &memory->pages_before[--memory->pages_before_count];
        memcpy(ram_word(memory, page->pfn * EL2_PAGE_SIZE), page->words,
               EL2_PAGE_SIZE);
    }
}

size_t physical_room(const struct physical *memory)
{
    size_t stores = (LOG_LIMIT - memory->log_length) / STORES_PER_CALL;
    size_t pages = (WRITTEN_LIMIT - memory->written_count) / EL2_CALL_PAGES_MAX;
    return stores < pages ? stores : pages;
}

bool physical_exists(const struct physical *memory, uint64_t address)
{
    if (physical_is_own(memory, address)) {
        return true;
    }
    uint64_t pfn = address / EL2_PAGE_SIZE;
    for (uint32_t i = 0; i < memory->platform->region_count; i++) {
        const struct el2_region *region = &memory->platform->regions[i];
        if (pfn >= region->base && pfn - region->base < region->page_count) {
            return true;
        }
    }
    return false;
}

/* The first time after physical_keep(); a call writes few pages. */
static void keep_page(struct physical *memory, uint64_t pfn)
{
    for (size_t i = memory->pages_before_count; i-- > 0;) {
        if (memory->pages_before[i].pfn == pfn) {
            return;
        }
    }
    struct physical_page_before *page =
        &memory->pages_before[memory->pages_before_count++];
    page->pfn = pfn;
    memcpy(page->words, ram_word(memory, pfn * EL2_PAGE_SIZE), EL2_PAGE_SIZE);
}

/* The words of a page that is not EL2's. From now on they say what it holds,
 * and no longer its boot word. */
static uint64_t *take_page(struct physical *memory, uint64_t address)
{
    uint64_t pfn = address / EL2_PAGE_SIZE;
    uint64_t *word;
    uint64_t bit = page_bit(memory, pfn, &word);
    if ((*word & bit) == 0) {
        *word |= bit;
        memory->written_pages[memory->written_count++] = pfn;
    } else if (memory->keeps) {
        keep_page(memory, pfn);
    }
    return ram_word(memory, address);
}

/* Whether the words of a page are all the same. */
static bool is_uniform(const uint64_t *words)
{
    return memcmp(words, words + 1, EL2_PAGE_SIZE - sizeof(uint64_t)) == 0;
}

static void fill(uint64_t *words, uint64_t word)
{
    for (size_t i = 0; i < WORDS_PER_PAGE; i++) {
        words[i] = word;
    }
}

uint64_t physical_load_anywhere(const struct physical *memory, uint64_t address)
{
    uint64_t pfn = address / EL2_PAGE_SIZE;
    if (physical_is_own(memory, address)) {
        return physical_load(memory, address);
    }
    return is_written(memory, pfn)
               ? *ram_word(memory, address)
               : el2_platform_boot_word(memory->platform, pfn);
}

void physical_store_anywhere(struct physical *memory, uint64_t address,
                             uint64_t value)
{
    uint64_t pfn = address / EL2_PAGE_SIZE;
    if (physical_is_own(memory, address)) {
        physical_store(memory, address, value);
        return;
    }
    bool as_at_boot = !is_written(memory, pfn);
    uint64_t *words = take_page(memory, pfn * EL2_PAGE_SIZE);
    if (as_at_boot) {
        fill(words, el2_platform_boot_word(memory->platform, pfn));
    }
    words[address % EL2_PAGE_SIZE / sizeof(uint64_t)] = value;
}

/* Of EL2's own memory only words that change are stored to, and logged. */
static void store_change(struct physical *memory, uint64_t address,
                         uint64_t value)
{
    if (physical_load(memory, address) != value) {
        physical_store(memory, address, value);
    }
}

static void write_page(struct physical *memory, uint64_t address,
                       const uint64_t *words)
{
    if (!physical_is_own(memory, address)) {
        memcpy(take_page(memory, address), words, EL2_PAGE_SIZE);
        return;
    }
    for (size_t i = 0; i < WORDS_PER_PAGE; i++) {
        store_change(memory, address + i * sizeof(uint64_t), words[i]);
    }
}

void physical_fill_page(struct physical *memory, uint64_t address,
                        uint64_t word)
{
    if (!physical_is_own(memory, address)) {
        fill(take_page(memory, address), word);
        return;
    }
    const uint64_t *words = physical_word(memory, address);
    if (words[0] == word && is_uniform(words)) {
        return;
    }
    for (size_t i = 0; i < WORDS_PER_PAGE; i++) {
        store_change(memory, address + i * sizeof(uint64_t), word);
    }
}

/* `out` becomes what `cipher` makes of `in`; they may be the same page. */
static void apply_cipher(struct physical *memory, uint64_t out, uint64_t in,
                         uint64_t (*cipher)(uint64_t word))
{
    uint64_t words[WORDS_PER_PAGE];
    for (size_t i = 0; i < WORDS_PER_PAGE; i++) {
        uint64_t address = in + i * sizeof(uint64_t);
        words[i] = cipher(physical_load_anywhere(memory, address));
    }
    write_page(memory, out, words);
}

void physical_encrypt_page(struct physical *memory, uint64_t out, uint64_t in)
{
    apply_cipher(memory, out, in, el2_platform_encrypt);
}

void physical_decrypt_page(struct physical *memory, uint64_t address)
{
    apply_cipher(memory, address, address, el2_platform_decrypt);
}

uint64_t physical_page_content(const struct physical *memory, uint64_t pfn)
{
    uint64_t address = pfn * EL2_PAGE_SIZE;
    const uint64_t *words;
    if (physical_is_own(memory, address)) {
        words = physical_word(memory, address);
    } else if (is_written(memory, pfn)) {
        words = ram_word(memory, address);
    } else {
        return el2_platform_boot_word(memory->platform, pfn);
    }
    if (is_uniform(words)) {
        return words[0];
    }
    uint64_t digest = 0;
    for (size_t i = 0; i < WORDS_PER_PAGE; i++) {
        digest = (digest ^ words[i]) * UINT64_C(0x100000001b3);
        digest ^= digest >> 29;
    }
    return digest;
}
