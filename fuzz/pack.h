/*
 * A pack: many programs in one file, as bytes. It is what a corpus is
 * committed as.
 *
 *   "el2diff pack 1\n"   15 bytes; 1 is the version
 *   count                of programs
 *   then for each one
 *     size               of its bytes, at most PROGRAM_BYTES_LIMIT
 *     bytes              as program_encode() writes them
 *
 * Numbers have four bytes, little-endian. The programs are in the order of
 * their sizes and, of one size, of their bytes, each there once; so that the
 * same programs make the same file. A reader does not rely on that.
 *
 * Where a single program is expected, a pack is refused as text of another
 * kind (program_is_text()).
 */
#ifndef FUZZ_PACK_H
#define FUZZ_PACK_H

#include "fuzz/program.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Room for any reason that a reader gives. */
#define PACK_WHY_SIZE 128

/* Reads the programs of a pack in their order. */
struct pack_reader {
    FILE *stream;
    uint32_t count; /* of programs in the pack, as it says itself */
    uint32_t taken; /* of them so far */
    size_t size;    /* of the one taken last */
    uint8_t bytes[PROGRAM_BYTES_LIMIT]; /* its bytes */
};

enum pack_next {
    PACK_PROGRAM, /* its bytes are in the reader */
    PACK_END,     /* there are no more, and nothing behind the last one */
    PACK_BROKEN,
};

/* Whether a stream begins like a pack of any version. Reads a little of it. */
bool pack_is(FILE *stream);

/*
 * Begin with a stream at its start. It stays the caller's. False when it is no
 * pack of this version: `why`, PACK_WHY_SIZE bytes, then says so in one line.
 */
bool pack_begin(struct pack_reader *reader, FILE *stream, char *why);

/* The next program. Any bytes may follow in the stream; where it is
 * PACK_BROKEN `why` says how and nothing more is to be read. */
enum pack_next pack_next(struct pack_reader *reader, char *why);

/* Programs to be packed, in memory. */
struct pack_entry {
    size_t size;
    uint8_t *bytes;
};

struct pack {
    struct pack_entry *entries;
    size_t count;
    size_t capacity;
};

/* Add a program to a pack, which begins as {0}. False without memory. */
bool pack_add(struct pack *pack, const struct program *program);

/* Put the entries in order and leave each once. */
void pack_sort(struct pack *pack);

/* Write a sorted pack. False when the stream refuses it; errno says why. */
bool pack_write(const struct pack *pack, FILE *stream);

void pack_free(struct pack *pack);

#endif
