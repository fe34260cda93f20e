/*
 * Programs in both of their forms, bytes and text: one written down in each,
 * random bytes from a fixed seed, and readers that see neither a read past the
 * end nor what the program held before.
 *
 * Include it after <cmocka.h>.
 */
#ifndef TESTS_UNIT_PROGRAM_FORMS_H
#define TESTS_UNIT_PROGRAM_FORMS_H

#include "fuzz/program.h"

#include <stdlib.h>
#include <string.h>

#define RANDOM_SIZE_MAX 700

/* About 100 KiB each, hence not on the stack. */
static struct program first;
static struct program second;
static uint8_t encoded[PROGRAM_BYTES_LIMIT];
static size_t failing; /* programs seen in which a table fails */
static char text[PROGRAM_CALL_LIMIT * PROGRAM_CALL_TEXT_LIMIT];

/* splitmix64. */
static uint64_t random_state;

static inline uint64_t random_word(void)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline size_t random_below(size_t limit)
{
    return (size_t)(random_word() % limit);
}

/* Bytes with a bias to what the format treats specially. */
static inline size_t random_bytes(uint8_t *bytes)
{
    static const uint8_t special[] = {0,    1,    2,    3,   4,   7,
                                      0x18, 0x1c, 0x1f, 'a', '-', 0xff};
    size_t size = random_below(random_below(16) == 0 ? RANDOM_SIZE_MAX : 90);
    size_t bias = random_below(3);

    for (size_t i = 0; i < size; i++) {
        bytes[i] = random_below(3) < bias
                       ? special[random_below(sizeof(special))]
                       : (uint8_t)random_word();
    }
    return size;
}

/* A copy of just that size, so that ASan sees a read past its end. */
static inline uint8_t *exact_copy(const void *bytes, size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);

    assert_non_null(copy);
    memcpy(copy, bytes, size);
    return copy;
}

/* What calls below call_count held before must not shine through. */
static inline void scribble(struct program *program, int pattern)
{
    memset(program, pattern,
           offsetof(struct program, calls) + 64 * sizeof(struct program_call));
}

static inline void decode_exactly(const uint8_t *bytes, size_t size,
                                  struct program *program)
{
    uint8_t *copy = exact_copy(bytes, size);

    program_decode(copy, size, program);
    free(copy);
}

static inline bool parse_exactly(const char *words, size_t length,
                                 struct program *program,
                                 struct program_error *error)
{
    uint8_t *copy = exact_copy(words, length);
    bool ok = program_parse((const char *)copy, length, program, error);

    free(copy);
    return ok;
}

static inline void assert_parses(const char *words, struct program *program)
{
    struct program_error error;

    if (!parse_exactly(words, strlen(words), program, &error)) {
        fail_msg("line %zu: %s\n%s", error.line, error.message, words);
    }
}

static inline void assert_valid(const struct program *program)
{
    assert_true(strlen(program->platform) < EL2_PLATFORM_NAME_SIZE);
    for (const char *c = program->platform; *c != '\0'; c++) {
        assert_true(program_name_has(*c));
    }
    assert_true(program->run == EL2_RUN_CONTRACTS ||
                program->run == EL2_RUN_TABLES);
    failing += program->failing_table != 0;
    assert_true(program->call_count <= PROGRAM_CALL_LIMIT);
    for (size_t i = 0; i < program->call_count; i++) {
        const struct program_call *call = &program->calls[i];

        assert_true(call->number < EL2_CALL_NUMBER_LIMIT);
        assert_non_null(el2_calls[call->number].name);
        for (size_t j = 0; j < el2_calls[call->number].argument_count; j++) {
            struct operand valid =
                operand_make(el2_calls[call->number].arguments[j].kind,
                             call->operands[j].base, call->operands[j].value);

            assert_int_equal(valid.base, call->operands[j].base);
            assert_int_equal(valid.value, call->operands[j].value);
        }
    }
}

static const char golden_text[] = "el2diff program 1\n"
                                  "platform tiny\n"
                                  "run tables\n"
                                  "register_kvm\n"
                                  "clear_vm_range vm=17 pfn=el2+0x2 n=4096\n"
                                  "grant_stage2_sg_gpa vm=16 addr=0x123456000 "
                                  "size=0x1000000\n"
                                  "update_smmu_page vm=0 bank=7 smmu=1 "
                                  "iova=dma+0x10123 "
                                  "desc=ram+0x10000|0x400000000007c3\n"
                                  "npt_map vm=3 addr=0xffffffffffffffff "
                                  "desc=0x7ff level=3\n";

static const uint8_t golden_bytes[] = {
    1, 1, 't', 'i', 'n', 'y', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    /* register_kvm */
    48,
    /* clear_vm_range: 17 needs two bytes, 4096 is 1 << 12 */
    32, 0x08, 17, 0, 0x02, 2, 0x04, 1,
    /* grant_stage2_sg_gpa: 0x123456 << 12, 0x1000 << 12 */
    34, 0x00, 16, 0x14, 0x56, 0x34, 0x12, 0x00, 0x0c, 0x00, 0x10,
    /* update_smmu_page */
    24, 0x00, 0, 0x00, 7, 0x00, 1, 0x13, 0x23, 0x01, 0x01, 0x00, 0x19, 0xc3,
    0x07, 0x01, 0, 0, 0, 0x40, 0,
    /* npt_map */
    1, 0x00, 3, 0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x08,
    0xff, 0x07, 0x00, 3};

static inline void assert_keeps_its_forms(const char *words,
                                          const uint8_t *bytes, size_t size)
{
    assert_parses(words, &first);
    assert_int_equal(program_encode(&first, encoded, sizeof(encoded)), size);
    assert_memory_equal(encoded, bytes, size);
    decode_exactly(bytes, size, &second);
    assert_true(program_equal(&first, &second));
    assert_int_equal(program_print(&second, text, sizeof(text)), strlen(words));
    assert_string_equal(text, words);
}

#endif
