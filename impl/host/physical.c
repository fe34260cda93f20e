#include "impl/host/physical.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define WORDS_PER_PAGE (EL2_PAGE_SIZE / sizeof(uint64_t))

/* Stores and written pages that one call can need at most: a few words for
 * each page of the longest range, and its content. */
#define STORES_PER_CALL (8 * EL2_RANGE_PAGES_MAX)
#define LOG_LIMIT       (UINT64_C(1) << 20)
#define WRITTEN_LIMIT   (UINT64_C(1) << 18)

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

static bool open_window(const struct physical *memory, uint64_t base,
                        uint64_t size)
{
    return mprotect(physical_word(memory, base), size,
                    PROT_READ | PROT_WRITE) == 0;
}

static bool open_memory(const struct physical *memory,
                        const struct el2_platform *platform)
{
    for (uint32_t i = 0; i < platform->region_count; i++) {
        const struct el2_region *region = &platform->regions[i];
        if (!open_window(memory, region->base * EL2_PAGE_SIZE,
                         region->page_count * EL2_PAGE_SIZE)) {
            return false;
        }
    }
    return open_window(memory, platform->el2_memory_base,
                       platform->el2_memory_size);
}

bool physical_create(struct physical *memory,
                     const struct el2_platform *platform, const char **why)
{
    *memory = (struct physical){
        .own_base = platform->el2_memory_base,
        .own_size = platform->el2_memory_size,
        .boot_pattern = platform->boot_pattern,
        .platform = platform,
    };
    span(platform, &memory->base, &memory->size);
    /* Holes stay without access: EL2 code that strays there faults. */
    void *arena = mmap(NULL, memory->size, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    memory->arena = arena == MAP_FAILED ? NULL : arena;
    memory->log = calloc(LOG_LIMIT, sizeof *memory->log);
    memory->written =
        calloc(memory->size / EL2_PAGE_SIZE / 64 + 1, sizeof(uint64_t));
    memory->written_pages = calloc(WRITTEN_LIMIT, sizeof(uint64_t));
    if (memory->arena == NULL || memory->log == NULL ||
        memory->written == NULL || memory->written_pages == NULL ||
        !open_memory(memory, platform)) {
        physical_destroy(memory);
        *why = "the system does not give the board's address space";
        return false;
    }
    return true;
}

void physical_destroy(struct physical *memory)
{
    if (memory->arena != NULL) {
        munmap(memory->arena, memory->size);
    }
    free(memory->log);
    free(memory->written);
    free(memory->written_pages);
    *memory = (struct physical){0};
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

void physical_reset(struct physical *memory)
{
    for (size_t i = memory->log_length; i-- > 0;) {
        *physical_word(memory, memory->log[i].address) = memory->log[i].before;
    }
    memory->log_length = 0;
    for (size_t i = 0; i < memory->written_count; i++) {
        uint64_t *word;
        uint64_t bit = page_bit(memory, memory->written_pages[i], &word);
        *word &= ~bit;
    }
    memory->written_count = 0;
}

size_t physical_room(const struct physical *memory)
{
    size_t stores = (LOG_LIMIT - memory->log_length) / STORES_PER_CALL;
    size_t pages =
        (WRITTEN_LIMIT - memory->written_count) / EL2_RANGE_PAGES_MAX;
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

/* From now on the page's own bytes say what it holds. */
static void mark_written(struct physical *memory, uint64_t pfn)
{
    uint64_t *word;
    uint64_t bit = page_bit(memory, pfn, &word);
    *word |= bit;
    memory->written_pages[memory->written_count++] = pfn;
}

static void materialise(struct physical *memory, uint64_t pfn)
{
    if (is_written(memory, pfn)) {
        return;
    }
    uint64_t boot = el2_platform_boot_word(memory->platform, pfn);
    uint64_t *words = physical_word(memory, pfn * EL2_PAGE_SIZE);
    for (size_t i = 0; i < WORDS_PER_PAGE; i++) {
        words[i] = boot;
    }
    mark_written(memory, pfn);
}

uint64_t physical_load_anywhere(const struct physical *memory, uint64_t address)
{
    uint64_t pfn = address / EL2_PAGE_SIZE;
    if (!physical_is_own(memory, address) && !is_written(memory, pfn)) {
        return el2_platform_boot_word(memory->platform, pfn);
    }
    return *physical_word(memory, address);
}

void physical_store_anywhere(struct physical *memory, uint64_t address,
                             uint64_t value)
{
    if (!physical_is_own(memory, address)) {
        materialise(memory, address / EL2_PAGE_SIZE);
    }
    physical_store(memory, address, value);
}

void physical_clear_page(struct physical *memory, uint64_t address)
{
    uint64_t *words = physical_word(memory, address);
    if (!physical_is_own(memory, address)) {
        uint64_t pfn = address / EL2_PAGE_SIZE;
        memset(words, 0, EL2_PAGE_SIZE);
        if (!is_written(memory, pfn)) {
            mark_written(memory, pfn);
        }
        return;
    }
    for (size_t i = 0; i < WORDS_PER_PAGE; i++) {
        if (words[i] != 0) {
            physical_store(memory, address + i * sizeof(uint64_t), 0);
        }
    }
}

uint64_t physical_page_content(const struct physical *memory, uint64_t pfn)
{
    if (!physical_is_own(memory, pfn * EL2_PAGE_SIZE) &&
        !is_written(memory, pfn)) {
        return el2_platform_boot_word(memory->platform, pfn);
    }
    const uint64_t *words = physical_word(memory, pfn * EL2_PAGE_SIZE);
    if (memcmp(words, words + 1, EL2_PAGE_SIZE - sizeof(uint64_t)) == 0) {
        return words[0];
    }
    uint64_t digest = 0;
    for (size_t i = 0; i < WORDS_PER_PAGE; i++) {
        digest = (digest ^ words[i]) * UINT64_C(0x100000001b3);
        digest ^= digest >> 29;
    }
    return digest;
}
