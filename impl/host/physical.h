/*
 * Physical memory on the host: a sparse arena that reserves the whole span of
 * the board's address space and costs only what is touched.
 *
 * EL2's own memory reads as zero until EL2 stores to it; every store is logged
 * with what was there before, which gives what a step touched and a reset that
 * costs what was written. Every other page of RAM holds a boot pattern
 * (el2_platform_boot_word()) until someone writes it.
 */
#ifndef IMPL_HOST_PHYSICAL_H
#define IMPL_HOST_PHYSICAL_H

#include "el2/platform.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A 64-bit word of EL2's memory changed: where, and what it held. */
struct physical_store {
    uint64_t address;
    uint64_t before;
};

struct physical {
    uint8_t *arena;    /* host address of physical address `base` */
    uint64_t base;     /* bytes */
    uint64_t size;     /* bytes */
    uint64_t own_base; /* EL2's memory, bytes */
    uint64_t own_size;
    uint64_t boot_pattern;
    const struct el2_platform *platform; /* the machine's copy */

    struct physical_store *log;
    size_t log_length;

    /* Pages outside EL2's memory that were written: a bit for each page of
     * the arena, and their list. */
    uint64_t *written;
    uint64_t *written_pages; /* pfn */
    size_t written_count;
};

/* Reserve the arena. `platform` must outlive it. False with *why when the
 * system refuses. */
bool physical_create(struct physical *memory,
                     const struct el2_platform *platform, const char **why);
void physical_destroy(struct physical *memory);

/* Back to the content of boot. */
void physical_reset(struct physical *memory);

/* How many calls still fit, whatever they are. */
size_t physical_room(const struct physical *memory);

static inline bool physical_is_own(const struct physical *memory,
                                   uint64_t address)
{
    return address - memory->own_base < memory->own_size;
}

static inline uint64_t *physical_word(const struct physical *memory,
                                      uint64_t address)
{
    return (uint64_t *)(void *)(memory->arena + (address - memory->base));
}

/* Whether there is RAM at `address` (bytes). */
bool physical_exists(const struct physical *memory, uint64_t address);

/* A word of EL2's memory; address 8-byte aligned and physical_is_own(). */
static inline uint64_t physical_load(const struct physical *memory,
                                     uint64_t address)
{
    return *physical_word(memory, address);
}

static inline void physical_store(struct physical *memory, uint64_t address,
                                  uint64_t value)
{
    uint64_t *word = physical_word(memory, address);
    memory->log[memory->log_length++] = (struct physical_store){address, *word};
    *word = value;
}

/* The same for any RAM: a page outside EL2's memory is written and listed. */
void physical_store_anywhere(struct physical *memory, uint64_t address,
                             uint64_t value);
uint64_t physical_load_anywhere(const struct physical *memory,
                                uint64_t address);

/* Zero a page that physical_exists(). */
void physical_clear_page(struct physical *memory, uint64_t address);

/*
 * The content of page pfn as one word: the word itself when all 512 are the
 * same, otherwise a digest of all 4096 bytes.
 */
uint64_t physical_page_content(const struct physical *memory, uint64_t pfn);

#endif
