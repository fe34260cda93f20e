#include "fuzz/pack.h"

#include <stdlib.h>
#include <string.h>

#define VERSION "1"

static const char kind[] = "el2diff pack ";
static const char heading[] = "el2diff pack " VERSION "\n";

#define KIND_SIZE    (sizeof kind - 1)
#define HEADING_SIZE (sizeof heading - 1)
#define NUMBER_SIZE  4

static bool take(FILE *stream, void *bytes, size_t size)
{
    return fread(bytes, 1, size, stream) == size;
}

static bool take_number(FILE *stream, uint32_t *number)
{
    uint8_t bytes[NUMBER_SIZE];
    if (!take(stream, bytes, sizeof bytes)) {
        return false;
    }
    *number = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
              (uint32_t)bytes[3] << 24;
    return true;
}

bool pack_is(FILE *stream)
{
    char bytes[KIND_SIZE];
    return take(stream, bytes, sizeof bytes) &&
           memcmp(bytes, kind, sizeof bytes) == 0;
}

bool pack_begin(struct pack_reader *reader, FILE *stream, char *why)
{
    char bytes[HEADING_SIZE - KIND_SIZE];
    reader->stream = stream;
    reader->count = 0;
    reader->taken = 0;
    reader->size = 0;
    if (!pack_is(stream)) {
        snprintf(why, PACK_WHY_SIZE, "is no pack of programs");
        return false;
    }
    if (!take(stream, bytes, sizeof bytes) ||
        memcmp(bytes, heading + KIND_SIZE, sizeof bytes) != 0) {
        snprintf(why, PACK_WHY_SIZE, "is a pack, but not of version " VERSION);
        return false;
    }
    if (!take_number(stream, &reader->count)) {
        snprintf(why, PACK_WHY_SIZE, "is cut off before its first program");
        return false;
    }
    return true;
}

/* After the last program. */
static enum pack_next end(const struct pack_reader *reader, char *why)
{
    if (getc(reader->stream) == EOF) {
        return PACK_END;
    }
    snprintf(why, PACK_WHY_SIZE, "goes on after the last of %lu programs",
             (unsigned long)reader->count);
    return PACK_BROKEN;
}

enum pack_next pack_next(struct pack_reader *reader, char *why)
{
    uint32_t size;
    if (reader->taken == reader->count) {
        return end(reader, why);
    }
    reader->taken++;
    if (!take_number(reader->stream, &size) ||
        (size <= sizeof reader->bytes &&
         !take(reader->stream, reader->bytes, size))) {
        snprintf(why, PACK_WHY_SIZE, "is cut off in program %lu of %lu",
                 (unsigned long)reader->taken, (unsigned long)reader->count);
        return PACK_BROKEN;
    }
    if (size > sizeof reader->bytes) {
        snprintf(why, PACK_WHY_SIZE,
                 "program %lu of %lu: %lu bytes are more than one can have",
                 (unsigned long)reader->taken, (unsigned long)reader->count,
                 (unsigned long)size);
        return PACK_BROKEN;
    }
    reader->size = size;
    return PACK_PROGRAM;
}

static bool make_room(struct pack *pack)
{
    if (pack->count < pack->capacity) {
        return true;
    }
    size_t capacity = pack->capacity == 0 ? 256 : 2 * pack->capacity;
    struct pack_entry *larger =
        realloc(pack->entries, capacity * sizeof *pack->entries);
    if (larger == NULL) {
        return false;
    }
    pack->entries = larger;
    pack->capacity = capacity;
    return true;
}

bool pack_add(struct pack *pack, const struct program *program)
{
    size_t size = program_encode(program, NULL, 0);
    uint8_t *bytes = malloc(size);
    if (bytes == NULL || !make_room(pack)) {
        free(bytes);
        return false;
    }
    program_encode(program, bytes, size);
    pack->entries[pack->count++] = (struct pack_entry){size, bytes};
    return true;
}

static int compare(const void *first, const void *second)
{
    const struct pack_entry *a = first;
    const struct pack_entry *b = second;
    if (a->size != b->size) {
        return a->size < b->size ? -1 : 1;
    }
    return memcmp(a->bytes, b->bytes, a->size);
}

void pack_sort(struct pack *pack)
{
    size_t kept = 0;
    if (pack->count == 0) {
        return;
    }
    qsort(pack->entries, pack->count, sizeof *pack->entries, compare);
    for (size_t i = 1; i < pack->count; i++) {
        if (compare(&pack->entries[kept], &pack->entries[i]) == 0) {
            free(pack->entries[i].bytes);
        } else {
            pack->entries[++kept] = pack->entries[i];
        }
    }
    pack->count = kept + 1;
}

static bool put_number(FILE *stream, size_t number)
{
    uint8_t bytes[NUMBER_SIZE];
    for (unsigned i = 0; i < NUMBER_SIZE; i++) {
        bytes[i] = (uint8_t)(number >> (8 * i));
    }
    return fwrite(bytes, 1, sizeof bytes, stream) == sizeof bytes;
}

bool pack_write(const struct pack *pack, FILE *stream)
{
    if (fwrite(heading, 1, HEADING_SIZE, stream) != HEADING_SIZE ||
        !put_number(stream, pack->count)) {
        return false;
    }
    for (size_t i = 0; i < pack->count; i++) {
        const struct pack_entry *entry = &pack->entries[i];
        if (!put_number(stream, entry->size) ||
            fwrite(entry->bytes, 1, entry->size, stream) != entry->size) {
            return false;
        }
    }
    return true;
}

void pack_free(struct pack *pack)
{
    for (size_t i = 0; i < pack->count; i++) {
        free(pack->entries[i].bytes);
    }
    free(pack->entries);
    *pack = (struct pack){0};
}
