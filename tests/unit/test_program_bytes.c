/* Programs as bytes: any bytes are a program, and the format says which. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/program_forms.h"

/* The value and base of an operand of the only call of bytes. */
static struct operand decoded_operand(const uint8_t *record, size_t size,
                                      size_t index)
{
    uint8_t bytes[PROGRAM_HEADER_BYTES + PROGRAM_CALL_BYTES_LIMIT] = {1};

    memcpy(&bytes[PROGRAM_HEADER_BYTES], record, size);
    scribble(&first, 0x5a);
    decode_exactly(bytes, PROGRAM_HEADER_BYTES + size, &first);
    assert_int_equal(first.call_count, 1);
    return first.calls[0].operands[index];
}

static void decoding_follows_the_format(void **state)
{
    static const struct {
        uint8_t record[12];
        size_t size;
        size_t index;
        struct operand operand;
    } cases[] = {
        /* One byte of a small kind is reduced, whatever base it claims. */
        {{4, 0x01, 200}, 3, 0, {OPERAND_RAM, 200}},
        {{85, 0x01, 18}, 3, 0, {OPERAND_NUMBER, 1}},
        {{85, 0x08, 18, 0}, 4, 0, {OPERAND_NUMBER, 18}},
        {{85, 0x04, 18}, 3, 0, {OPERAND_NUMBER, 18 << 12}},
        {{55, 0, 9, 0, 3}, 5, 0, {OPERAND_NUMBER, 1}},
        {{55, 0, 9, 0, 3}, 5, 1, {OPERAND_NUMBER, 1}},
        {{19, 0, 1, 0, 0, 0, 0, 0, 7}, 9, 3, {OPERAND_NUMBER, 2}},
        {{49, 0, 1, 0x03, 9}, 5, 1, {OPERAND_NUMBER, 0}},
        {{49, 0, 1, 0x03, 8}, 5, 1, {OPERAND_NUMBER, 8}},
        {{51, 0, 1, 0, 0, 0x01, 11}, 7, 2, {OPERAND_NUMBER, 5}},
        {{65, 0, 0, 0, 0, 0x02, 16}, 7, 2, {OPERAND_NUMBER, 7}},
        {{65, 0, 0, 0, 0, 0x08, 16, 0}, 8, 2, {OPERAND_NUMBER, 16}},
        /* Ranges are reduced in every form, and never have a base. */
        {{32, 0, 1, 0, 0, 0x08, 0x01, 0x10}, 8, 2, {OPERAND_NUMBER, 0}},
        {{32, 0, 1, 0, 0, 0x0b, 0x00, 0x10}, 8, 2, {OPERAND_NUMBER, 4096}},
        {{34, 0, 1, 0, 0, 0x0d, 0x01, 0x10}, 8, 2, {OPERAND_NUMBER, 0xfff}},
        /* Lengths, attributes, offsets and data are what they are. */
        {{53, 0, 1, 0, 0, 0x0d, 0x01, 0x10}, 8, 2, {OPERAND_NUMBER, 0x1001000}},
        {{56, 0, 0, 0, 0, 0x03, 200}, 7, 2, {OPERAND_NUMBER, 200}},
        {{65, 0, 0, 0x01, 200}, 5, 1, {OPERAND_NUMBER, 200}},
        {{97, 0, 0, 0, 0, 0x02, 200}, 7, 2, {OPERAND_NUMBER, 200}},
        /* Upper form bits mean nothing; widths; what is missing is 0. */
        {{4, 0xe3, 5}, 3, 0, {OPERAND_DMA, 5}},
        {{4, 0x12, 1, 2, 3, 4}, 6, 0, {OPERAND_EL2, 0x04030201}},
        {{4, 0x18, 1, 2, 3}, 5, 0, {OPERAND_NUMBER, 0x030201}},
        {{4, 0x1c, 0, 0, 0, 0, 0, 0, 0xf1, 0xff},
         10,
         0,
         {OPERAND_NUMBER, UINT64_C(0x1000000000000000)}},
        {{4, 0x03}, 2, 0, {OPERAND_DMA, 0}},
        {{4}, 1, 0, {OPERAND_NUMBER, 0}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct operand operand =
            decoded_operand(cases[i].record, cases[i].size, cases[i].index);

        assert_int_equal(operand.base, cases[i].operand.base);
        assert_int_equal(operand.value, cases[i].operand.value);
    }
}

static void header_decodes_totally(void **state)
{
    static const uint8_t strange[] = {9,   0xfe, 'a', '-', '0', 'Z', 'b', 'c',
                                      'd', 'e',  'f', 'g', 'h', 'i', 'j', 'k'};
    static const uint8_t full[] = {1,   0xff, 'a', 'b', 'c', 'd', 'e', 'f',
                                   'g', 'h',  'i', 'j', 'k', 'l', 'm', 'n'};

    (void)state;
    program_decode(NULL, 0, &first);
    assert_string_equal(first.platform, "");
    assert_int_equal(first.run, EL2_RUN_CONTRACTS);
    assert_int_equal(first.call_count, 0);
    decode_exactly(strange, sizeof(strange), &first);
    assert_string_equal(first.platform, "a-0");
    assert_int_equal(first.run, EL2_RUN_CONTRACTS);
    decode_exactly(full, sizeof(full), &first);
    assert_string_equal(first.platform, "abcdefghijklmn");
    assert_int_equal(first.run, EL2_RUN_TABLES);
    assert_int_equal(first.failing_table, 0);
    assert_int_equal(first.call_count, 0);
}

/* Two bytes more, between the header and the calls; those that are missing
 * read as zero. */
static void failing_table_follows_the_header(void **state)
{
    static const uint8_t bytes[] = {1, 2, 0, 0, 0, 0, 0,    0,    0, 0,
                                    0, 0, 0, 0, 0, 0, 0x34, 0x12, 48};
    static const uint8_t none[] = {1, 2, 0, 0, 0, 0, 0, 0, 0, 0,
                                   0, 0, 0, 0, 0, 0, 0, 0, 48};

    (void)state;
    assert_keeps_its_forms("el2diff program 1\n"
                           "fail table 4660\n"
                           "register_kvm\n",
                           bytes, sizeof(bytes));
    decode_exactly(bytes, 17, &first);
    assert_int_equal(first.failing_table, 0x34);
    assert_int_equal(first.call_count, 0);
    decode_exactly(bytes, 16, &first);
    assert_int_equal(first.failing_table, 0);
    decode_exactly(none, sizeof(none), &first);
    assert_int_equal(first.failing_table, 0);
    assert_int_equal(first.call_count, 1);
    assert_int_equal(program_encode(&first, NULL, 0), PROGRAM_HEADER_BYTES + 1);
    second = first;
    second.failing_table = 1;
    assert_false(program_equal(&first, &second));
}

static void bytes_name_calls(void **state)
{
#define EL2_CALL(number, name, issuer, result, count, ...) (number),
    static const unsigned numbers[] = {
#include "el2/calls.def"
    };
#undef EL2_CALL
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        uint8_t record = (uint8_t)byte;
        unsigned expected =
            numbers[byte % (sizeof(numbers) / sizeof(numbers[0]))];

        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
            expected = numbers[i] == byte ? byte : expected;
        }
        (void)decoded_operand(&record, 1, 0);
        assert_int_equal(first.calls[0].number, expected);
    }
}

static void calls_beyond_the_limit_are_ignored(void **state)
{
    static uint8_t bytes[PROGRAM_HEADER_BYTES + PROGRAM_CALL_LIMIT + 7];

    (void)state;
    memset(bytes, 48, sizeof(bytes));
    decode_exactly(bytes, sizeof(bytes), &first);
    assert_int_equal(first.call_count, PROGRAM_CALL_LIMIT);
    assert_int_equal(program_encode(&first, NULL, 0),
                     PROGRAM_HEADER_BYTES + PROGRAM_CALL_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoding_follows_the_format),
        cmocka_unit_test(header_decodes_totally),
        cmocka_unit_test(failing_table_follows_the_header),
        cmocka_unit_test(bytes_name_calls),
        cmocka_unit_test(calls_beyond_the_limit_are_ignored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
