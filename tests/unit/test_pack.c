/*
 * Packs: the same programs make the same file and come back, and whatever else
 * is in a file is refused or read as programs, without harm. One pack is
 * pinned down to the byte.
 */
#include "fuzz/pack.h"

#include "fuzz/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PROGRAMS     60
#define PROGRAM_SIZE 80

/* Of the pack that is pinned down: its heading and its number of programs. */
#define HEADING_SIZE 15
#define COUNT_SIZE   4

/* Large, hence not on the stack. */
static struct program program;
static struct pack_reader reader;

/* A pack as a file, which the caller frees. */
struct file {
    char *bytes;
    size_t size;
};

static struct file write_file(const struct pack *pack)
{
    struct file file;
    FILE *stream = open_memstream(&file.bytes, &file.size);
    assert_non_null(stream);
    assert_true(pack_write(pack, stream));
    assert_int_equal(fclose(stream), 0);
    return file;
}

/* The number of programs in these bytes, or -1 when they are refused. */
static int read_bytes(const void *bytes, size_t size, char *why)
{
    FILE *stream = fmemopen((void *)(uintptr_t)bytes, size, "rb");
    assert_non_null(stream);
    int count = -1;
    if (pack_begin(&reader, stream, why)) {
        enum pack_next next;
        count = 0;
        while ((next = pack_next(&reader, why)) == PACK_PROGRAM) {
            program_decode(reader.bytes, reader.size, &program);
            count++;
        }
        count = next == PACK_END ? count : -1;
    }
    fclose(stream);
    return count;
}

static void add_bytes(struct pack *pack, const void *bytes, size_t size)
{
    program_decode(bytes, size, &program);
    assert_true(pack_add(pack, &program));
}

/* Random programs from a seed, each of them twice. */
static void add_random(struct pack *pack, uint32_t seed)
{
    struct random random = random_from(seed);
    uint8_t bytes[PROGRAM_SIZE];
    for (int i = 0; i < PROGRAMS; i++) {
        size_t size = 17 + (size_t)random_below(&random, PROGRAM_SIZE - 17);
        for (size_t j = 0; j < size; j++) {
            bytes[j] = (uint8_t)random_next(&random);
        }
        add_bytes(pack, bytes, size);
        add_bytes(pack, bytes, size);
    }
}

static struct file random_file(uint32_t seed)
{
    struct pack pack = {0};
    add_random(&pack, seed);
    pack_sort(&pack);
    struct file file = write_file(&pack);
    pack_free(&pack);
    return file;
}

/* The empty program and, given first, one of a single call. */
static void test_bytes(void **state)
{
    (void)state;
    static const char expected[] = "el2diff pack 1\n"
                                   "\2\0\0\0"
                                   "\20\0\0\0"
                                   "\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                   "\21\0\0\0"
                                   "\1\0tiny\0\0\0\0\0\0\0\0\0\0\60";
    struct pack pack = {0};
    add_bytes(&pack, "\1\0tiny\0\0\0\0\0\0\0\0\0\0\60", 17);
    add_bytes(&pack, "", 0);
    pack_sort(&pack);
    struct file file = write_file(&pack);
    assert_int_equal(file.size, sizeof expected - 1);
    assert_memory_equal(file.bytes, expected, file.size);
    free(file.bytes);
    pack_free(&pack);
}

static void test_empty_pack(void **state)
{
    (void)state;
    char why[PACK_WHY_SIZE];
    struct pack pack = {0};
    pack_sort(&pack);
    struct file file = write_file(&pack);
    assert_int_equal(file.size, HEADING_SIZE + COUNT_SIZE);
    assert_int_equal(read_bytes(file.bytes, file.size, why), 0);
    free(file.bytes);
}

static bool entry_is(const struct pack_entry *entry, const uint8_t *bytes,
                     size_t size)
{
    return entry->size == size && memcmp(entry->bytes, bytes, size) == 0;
}

/* Each program comes back once, the shorter ones first. */
static void test_programs_come_back(void **state)
{
    (void)state;
    char why[PACK_WHY_SIZE];
    struct pack pack = {0};
    add_random(&pack, 1);
    struct file file = random_file(1);
    FILE *stream = fmemopen(file.bytes, file.size, "rb");
    assert_non_null(stream);
    assert_true(pack_begin(&reader, stream, why));
    assert_int_equal(reader.count, PROGRAMS);
    size_t found = 0;
    size_t last = 0;
    while (pack_next(&reader, why) == PACK_PROGRAM) {
        assert_true(reader.size >= last);
        last = reader.size;
        for (size_t i = 0; i < pack.count; i++) {
            found += entry_is(&pack.entries[i], reader.bytes, reader.size);
        }
    }
    assert_int_equal(found, pack.count);
    fclose(stream);
    free(file.bytes);
    pack_free(&pack);
}

/* In whatever order they are added. */
static void test_same_programs_same_file(void **state)
{
    (void)state;
    struct pack forward = {0};
    struct pack backward = {0};
    add_random(&forward, 2);
    for (size_t i = forward.count; i-- > 0;) {
        add_bytes(&backward, forward.entries[i].bytes, forward.entries[i].size);
    }
    pack_sort(&forward);
    pack_sort(&backward);
    struct file first = write_file(&forward);
    struct file second = write_file(&backward);
    assert_int_equal(first.size, second.size);
    assert_memory_equal(first.bytes, second.bytes, first.size);
    free(first.bytes);
    free(second.bytes);
    pack_free(&forward);
    pack_free(&backward);
}

/* Cut off anywhere it is refused, and with a byte too many. */
static void test_wrong_size(void **state)
{
    (void)state;
    char why[PACK_WHY_SIZE];
    struct file file = random_file(3);
    for (size_t size = 1; size < file.size; size++) {
        why[0] = '\0';
        assert_int_equal(read_bytes(file.bytes, size, why), -1);
        assert_true(why[0] != '\0' && strchr(why, '\n') == NULL);
    }
    assert_int_equal(read_bytes(file.bytes, file.size, why), PROGRAMS);
    char *longer = calloc(file.size + 1, 1);
    assert_non_null(longer);
    memcpy(longer, file.bytes, file.size);
    assert_int_equal(read_bytes(longer, file.size + 1, why), -1);
    assert_string_equal(why, "goes on after the last of 60 programs");
    free(longer);
    free(file.bytes);
}

/* Any byte may be any other; a sanitizer sees what is not checked. */
static void test_any_bytes(void **state)
{
    (void)state;
    char why[PACK_WHY_SIZE];
    struct file file = random_file(4);
    struct random random = random_from(4);
    for (int i = 0; i < 20000; i++) {
        size_t at = (size_t)random_below(&random, file.size);
        char before = file.bytes[at];
        file.bytes[at] = (char)random_next(&random);
        assert_true(read_bytes(file.bytes, file.size, why) <= PROGRAMS);
        file.bytes[at] = before;
    }
    free(file.bytes);
}

/* Sizes that no program has, up to the greatest number there is. */
static void test_too_long(void **state)
{
    (void)state;
    static const uint8_t most[] = {0xff, 0xff, 0xff, 0xff};
    char why[PACK_WHY_SIZE];
    struct file file = random_file(5);
    uint8_t size[4];
    for (unsigned i = 0; i < sizeof size; i++) {
        size[i] = (uint8_t)((PROGRAM_BYTES_LIMIT + 1) >> (8 * i));
    }
    memcpy(file.bytes + HEADING_SIZE + COUNT_SIZE, size, sizeof size);
    assert_int_equal(read_bytes(file.bytes, file.size, why), -1);
    assert_non_null(strstr(why, "program 1 of 60: "));
    memcpy(file.bytes + HEADING_SIZE + COUNT_SIZE, most, sizeof most);
    assert_int_equal(read_bytes(file.bytes, file.size, why), -1);
    memcpy(file.bytes + HEADING_SIZE, most, sizeof most);
    assert_int_equal(read_bytes(file.bytes, file.size, why), -1);
    assert_non_null(strstr(why, "program 1 of 4294967295: "));
    free(file.bytes);
}

/* Where one program is expected, a pack is no program in bytes. */
static void test_is_told_from_programs(void **state)
{
    (void)state;
    static const char newer[] = "el2diff pack 2\n\0\0\0";
    static const char text[] = "el2diff program 1\n";
    char why[PACK_WHY_SIZE];
    struct file file = random_file(6);
    assert_true(program_is_text((const uint8_t *)file.bytes, file.size));
    assert_int_equal(read_bytes(newer, sizeof newer, why), -1);
    assert_string_equal(why, "is a pack, but not of version 1");
    assert_int_equal(read_bytes(text, sizeof text, why), -1);
    assert_string_equal(why, "is no pack of programs");
    free(file.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_empty_pack),
        cmocka_unit_test(test_programs_come_back),
        cmocka_unit_test(test_same_programs_same_file),
        cmocka_unit_test(test_wrong_size),
        cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_is_told_from_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
