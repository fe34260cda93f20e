/*
 * Physical memory on the host: sparse arenas that reserve the whole span of
 * the board's address space and cost only what is touched.
 *
 * EL2's own memory reads as zero until EL2 stores to it; every store is logged
 * with what was there before, which gives what a step touched and a reset that
 * costs what was written. Every other page of RAM holds a boot pattern
 * (el2_platform_boot_word()) until someone writes it.
 *
 * EL2's memory and the rest of RAM lie in two arenas, and each arena has no
 * access where the other has memory. A load or store of EL2's (physical_load(),
 * physical_store()) cannot reach a page that is not its own, whatever the
 * address: within the span of the board the host's MMU stops it, and the shim
 * looks before at every address. Only the functions that take a whole page go
 * to the other arena. EL2 code is never given a host pointer; what is left is a
 * stray pointer in its C, which the sanitizers are for.
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

/* What a page outside EL2's memory held that was written again. */
struct physical_page_before {
    uint64_t pfn;
    uint64_t words[EL2_PAGE_SIZE / sizeof(uint64_t)];
};

struct physical {
    uint64_t own_base; /* EL2's memory, bytes */
    uint64_t own_size;
    uint8_t *own;       /* host address of EL2's memory, in own_arena */
    uint8_t *own_arena; /* host address of physical address `base`, where */
    uint8_t *ram;       /* only EL2's memory is open; only all other RAM */
    uint64_t base;      /* bytes */
    uint64_t size;      /* bytes */
    const struct el2_platform *platform; /* the machine's copy */

    struct physical_store *log;
    size_t log_length;
    size_t log_limit;

    /* Pages outside EL2's memory that were written: a bit for each page of
     * the span, and their list. */
    uint64_t *written;
    uint64_t *written_pages; /* pfn */
    size_t written_count;

    /* What has changed since physical_keep(). */
    bool keeps;
    size_t kept_log_length;
    size_t kept_written_count;
    struct physical_page_before *pages_before;
    size_t pages_before_count;
};

/* Reserve the arenas. `platform` must outlive them. False with *why when the
 * system refuses. */
bool physical_create(struct physical *memory,
                     const struct el2_platform *platform, const char **why);
void physical_destroy(struct physical *memory);

/* Back to the content of boot. */
void physical_reset(struct physical *memory);

/* From here on what one call changes can be taken back; and take it back. */
void physical_keep(struct physical *memory);
void physical_go_back(struct physical *memory);

/* How many calls still fit, whatever they are. */
size_t physical_room(const struct physical *memory);

static inline bool physical_is_own(const struct physical *memory,
                                   uint64_t address)
{
    return address - memory->own_base < memory->own_size;
}

/* Whether that is a word of it, which is aligned: a remainder becomes the
 * highest bits. */
static inline bool physical_is_own_word(const struct physical *memory,
                                        uint64_t address)
{
    uint64_t offset = address - memory->own_base;
    return (offset >> 3 | offset << 61) < memory->own_size >> 3;
}

/* A word of EL2's memory. */
static inline uint64_t *physical_word(const struct physical *memory,
                                      uint64_t address)
{
    return (uint64_t *)(void *)(memory->own + (address - memory->own_base));
}

/* Whether a store, or with a page all of its words, can still be logged; a
 * call for which there was physical_room() always can. */
static inline bool physical_can_log(const struct physical *memory)
{
    return memory->log_limit - memory->log_length >=
           EL2_PAGE_SIZE / sizeof(uint64_t);
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

/* Make every word of a page `word`. Here and below each address is that of
 * a page that physical_exists(). */
void physical_fill_page(struct physical *memory, uint64_t address,
                        uint64_t word);

/* The platform's cipher, word by word: `out` becomes that of `in`, or the page
 * the inverse of what it was. */
void physical_encrypt_page(struct physical *memory, uint64_t out, uint64_t in);
void physical_decrypt_page(struct physical *memory, uint64_t address);

/*
 * The content of page pfn as one word: the word itself when all 512 are the
 * same, otherwise a digest of all 4096 bytes.
 */
uint64_t physical_page_content(const struct physical *memory, uint64_t pfn);

#endif
