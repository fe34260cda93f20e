/*
 * Programs keep their meaning from bytes to calls to text and back. The
 * properties are checked on random programs from fixed seeds; one program is
 * pinned down to the byte, so that neither form can change unnoticed.
 */
#include "fuzz/program.h"
#include "fuzz/program_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RANDOM_PROGRAMS 240000
#define RANDOM_TEXTS    60000
#define RANDOM_SIZE_MAX 700

/* About 100 KiB each, hence not on the stack. */
static struct program first;
static struct program second;
static uint8_t encoded[PROGRAM_BYTES_LIMIT];
static size_t failing; /* programs seen in which a table fails */
static char text[PROGRAM_CALL_LIMIT * PROGRAM_CALL_TEXT_LIMIT];

/* splitmix64. */
static uint64_t random_state;

static uint64_t random_word(void)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static size_t random_below(size_t limit)
{
    return (size_t)(random_word() % limit);
}

/* Bytes with a bias to what the format treats specially. */
static size_t random_bytes(uint8_t *bytes)
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
static uint8_t *exact_copy(const void *bytes, size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);

    assert_non_null(copy);
    memcpy(copy, bytes, size);
    return copy;
}

/* What calls below call_count held before must not shine through. */
static void scribble(struct program *program, int pattern)
{
    memset(program, pattern,
           offsetof(struct program, calls) + 64 * sizeof(struct program_call));
}

static void decode_exactly(const uint8_t *bytes, size_t size,
                           struct program *program)
{
    uint8_t *copy = exact_copy(bytes, size);

    program_decode(copy, size, program);
    free(copy);
}

static bool parse_exactly(const char *words, size_t length,
                          struct program *program, struct program_error *error)
{
    uint8_t *copy = exact_copy(words, length);
    bool ok = program_parse((const char *)copy, length, program, error);

    free(copy);
    return ok;
}

static void assert_parses(const char *words, struct program *program)
{
    struct program_error error;

    if (!parse_exactly(words, strlen(words), program, &error)) {
        fail_msg("line %zu: %s\n%s", error.line, error.message, words);
    }
}

static void assert_valid(const struct program *program)
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

static void calls_are_well_formed(void **state)
{
#define EL2_CALL(number, name, issuer, result, count, ...) (number),
    static const unsigned numbers[] = {
#include "el2/calls.def"
    };
#undef EL2_CALL
    size_t count = sizeof(numbers) / sizeof(numbers[0]);
    size_t named = 0;

    (void)state;
    for (size_t i = 0; i < count; i++) {
        const struct el2_call_description *call = &el2_calls[numbers[i]];

        assert_in_range(numbers[i], 1, EL2_CALL_NUMBER_LIMIT - 1);
        assert_true(call->argument_count <= EL2_ARGUMENT_LIMIT);
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(numbers[i], numbers[j]);
            assert_string_not_equal(call->name, el2_calls[numbers[j]].name);
        }
        for (size_t j = 0; j < call->argument_count; j++) {
            assert_non_null(call->arguments[j].name);
            for (size_t k = 0; k < j; k++) {
                assert_string_not_equal(call->arguments[j].name,
                                        call->arguments[k].name);
            }
        }
    }
    for (size_t i = 0; i < EL2_CALL_NUMBER_LIMIT; i++) {
        named += el2_calls[i].name != NULL;
    }
    assert_int_equal(named, count);
    assert_string_equal(el2_calls[24].name, "update_smmu_page");
    assert_int_equal(el2_calls[24].argument_count, 5);
    assert_int_equal(el2_calls[24].arguments[4].kind, EL2_ARGUMENT_DESCRIPTOR);
    assert_string_equal(el2_calls[24].arguments[3].name, "iova");
    assert_int_equal(el2_calls[48].result, EL2_RESULT_VMID);
    assert_int_equal(el2_calls[48].argument_count, 0);
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

/* The kinds that only hypercalls, accesses and SMMU registers have. */
static const char golden_registers_text[] =
    "el2diff program 1\n"
    "register_vcpu vm=1 vcpu=8\n"
    "set_boot_info vm=1 load_addr=0x40200000 size=0xffffffffffffffff\n"
    "remap_vm_image vm=1 pfn=ram+0x10 i=5\n"
    "smmu_map iova=dma+0x10000 pa=ram+0x10000 prot=0x80000000000000c0 bank=0 "
    "smmu=1\n"
    "smmu_read smmu=0 offset=0x8 size=16\n"
    "smmu_write smmu=0 offset=0x8020 size=8 value=0x123\n"
    "vm_share vm=1 addr=0x200000 size=0x1001000\n"
    "dev_store bank=1 smmu=0 gfn=dma+0x10 value=0xbad51600bad5160\n";

static const uint8_t golden_registers_bytes[] = {
    1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    /* register_vcpu */
    49, 0x00, 1, 0x00, 8,
    /* set_boot_info: no length is too long */
    50, 0x00, 1, 0x10, 0x00, 0x00, 0x20, 0x40, 0x18, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff,
    /* remap_vm_image */
    51, 0x00, 1, 0x01, 0x10, 0x00, 5,
    /* smmu_map */
    56, 0x07, 0x10, 0x05, 0x10, 0x18, 0xc0, 0, 0, 0, 0, 0, 0, 0x80, 0x00, 0,
    0x00, 1,
    /* smmu_read: a width of 16 needs two bytes */
    65, 0x00, 0, 0x00, 8, 0x08, 16, 0,
    /* smmu_write */
    66, 0x00, 0, 0x08, 0x20, 0x80, 0x00, 8, 0x08, 0x23, 0x01,
    /* vm_share: 0x200 << 12, 0x1001 << 12 */
    83, 0x00, 1, 0x0c, 0x00, 0x02, 0x0c, 0x01, 0x10,
    /* dev_store */
    99, 0x00, 1, 0x00, 0, 0x03, 0x10, 0x18, 0x60, 0x51, 0xad, 0x0b, 0x60, 0x51,
    0xad, 0x0b};

static void assert_keeps_its_forms(const char *words, const uint8_t *bytes,
                                   size_t size)
{
    assert_parses(words, &first);
    assert_int_equal(program_encode(&first, encoded, sizeof(encoded)), size);
    assert_memory_equal(encoded, bytes, size);
    decode_exactly(bytes, size, &second);
    assert_true(program_equal(&first, &second));
    assert_int_equal(program_print(&second, text, sizeof(text)), strlen(words));
    assert_string_equal(text, words);
}

static void golden_programs_keep_their_forms(void **state)
{
    (void)state;
    assert_keeps_its_forms(golden_text, golden_bytes, sizeof(golden_bytes));
    assert_int_equal(first.call_count, 5);
    assert_keeps_its_forms(golden_registers_text, golden_registers_bytes,
                           sizeof(golden_registers_bytes));
    assert_int_equal(first.call_count, 8);
}

/* decode, encode, decode; decode, print, parse. */
static void check_round_trips(const uint8_t *bytes, size_t size)
{
    size_t length;

    scribble(&first, 0x5a);
    decode_exactly(bytes, size, &first);
    assert_valid(&first);
    length = program_encode(&first, encoded, sizeof(encoded));
    assert_true(length <= PROGRAM_HEADER_BYTES_LIMIT +
                              first.call_count * PROGRAM_CALL_BYTES_LIMIT);
    assert_false(program_is_text(encoded, length));
    scribble(&second, 0xa5);
    decode_exactly(encoded, length, &second);
    assert_true(program_equal(&first, &second));

    length = program_print(&first, text, sizeof(text));
    assert_int_equal(length, strlen(text));
    assert_true(program_is_text((const uint8_t *)text, length));
    scribble(&second, 0xa5);
    assert_parses(text, &second);
    assert_true(program_equal(&first, &second));
}

static void random_programs_round_trip(void **state)
{
    uint8_t bytes[RANDOM_SIZE_MAX];

    (void)state;
    random_state = 1;
    for (size_t i = 0; i < RANDOM_PROGRAMS; i++) {
        check_round_trips(bytes, random_bytes(bytes));
    }
    assert_true(failing > RANDOM_PROGRAMS / 8);
}

/* Every single operand form, on every kind of argument. */
static void every_form_round_trips(void **state)
{
    uint8_t bytes[PROGRAM_HEADER_BYTES + PROGRAM_CALL_BYTES_LIMIT] = {1};

    (void)state;
    random_state = 2;
    for (unsigned number = 0; number < 256; number++) {
        for (unsigned form = 0; form < 256; form++) {
            for (size_t i = 17; i < sizeof(bytes); i++) {
                bytes[i] = random_below(3) == 0 ? 0 : (uint8_t)random_word();
            }
            bytes[16] = (uint8_t)number;
            bytes[17] = (uint8_t)form;
            check_round_trips(bytes, sizeof(bytes));
        }
    }
}

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

/* Both limits of program.h, by the longest program there is. */
static void longest_program_fits(void **state)
{
    char line[PROGRAM_CALL_TEXT_LIMIT];

    (void)state;
    random_state = 3;
    first = (struct program){"abcdefghijklmn",
                             EL2_RUN_TABLES,
                             UINT16_MAX,
                             PROGRAM_CALL_LIMIT,
                             {{0}}};
    for (size_t i = 0; i < PROGRAM_CALL_LIMIT; i++) {
        struct program_call *call = &first.calls[i];

        do {
            call->number = (uint32_t)random_below(EL2_CALL_NUMBER_LIMIT);
        } while (el2_calls[call->number].name == NULL);
        for (size_t j = 0; j < el2_calls[call->number].argument_count; j++) {
            call->operands[j] =
                operand_make(el2_calls[call->number].arguments[j].kind,
                             OPERAND_DMA, UINT64_MAX);
        }
        assert_true(program_print_call(call, line, sizeof(line)) <
                    sizeof(line));
    }
    assert_true(program_encode(&first, encoded, sizeof(encoded)) <=
                sizeof(encoded));
    assert_true(program_print(&first, text, sizeof(text)) < sizeof(text));
    assert_parses(text, &second);
    assert_true(program_equal(&first, &second));
}

static void capacity_is_respected(void **state)
{
    char small_text[sizeof(golden_text)];
    uint8_t small[sizeof(golden_bytes)];

    (void)state;
    assert_parses(golden_text, &first);
    for (size_t capacity = 0; capacity <= sizeof(golden_bytes); capacity++) {
        memset(small, 0xee, sizeof(small));
        assert_int_equal(program_encode(&first, small, capacity),
                         sizeof(golden_bytes));
        assert_int_equal(small[0], capacity < sizeof(golden_bytes) ? 0xee : 1);
    }
    program_decode(NULL, 0, &second);
    memset(small, 0xee, sizeof(small));
    assert_int_equal(program_encode(&second, small, PROGRAM_HEADER_BYTES - 1),
                     PROGRAM_HEADER_BYTES);
    assert_int_equal(small[0], 0xee);
    for (size_t capacity = 0; capacity <= sizeof(golden_text); capacity++) {
        memset(small_text, '~', sizeof(small_text));
        assert_int_equal(program_print(&first, small_text, capacity),
                         sizeof(golden_text) - 1);
        if (capacity > 0) {
            assert_int_equal(small_text[capacity - 1], '\0');
            assert_memory_equal(small_text, golden_text, capacity - 1);
        }
        for (size_t i = capacity; i < sizeof(small_text); i++) {
            assert_int_equal(small_text[i], '~');
        }
    }
    assert_int_equal(program_print(&first, NULL, 0), sizeof(golden_text) - 1);
}

static void equality_sees_every_part(void **state)
{
    static const char base[] = "el2diff program 1\nplatform tiny\n"
                               "clear_pfn_host pfn=ram+0x1\nregister_kvm\n";
    static const char *const others[] = {
        "el2diff program 1\nplatform tin\n"
        "clear_pfn_host pfn=ram+0x1\nregister_kvm\n",
        "el2diff program 1\nplatform tiny\nrun tables\n"
        "clear_pfn_host pfn=ram+0x1\nregister_kvm\n",
        "el2diff program 1\nplatform tiny\nclear_pfn_host pfn=ram+0x1\n",
        "el2diff program 1\nplatform tiny\n"
        "clear_pfn_host pfn=el2+0x1\nregister_kvm\n",
        "el2diff program 1\nplatform tiny\n"
        "clear_pfn_host pfn=ram+0x100000001\nregister_kvm\n",
        "el2diff program 1\nplatform tiny\n"
        "map_page_host addr=ram+0x1\nregister_kvm\n",
    };

    (void)state;
    assert_parses(base, &first);
    assert_true(program_equal(&first, &first));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_parses(others[i], &second);
        assert_false(program_equal(&first, &second));
    }
}

/* Regions at pfn 0x100 (4 pages), 0x200 (2, EL2's) and 0x300 (2). */
static const struct el2_platform platform = {
    .region_count = 3,
    .regions = {{0x100, 4, 0}, {0x200, 2, 16}, {0x300, 2, 0}},
    .core_vmid = 16,
    .smmu_host_offset = 0x8000000,
};

static void operands_resolve(void **state)
{
    static const struct {
        const char *call;
        size_t argument;
        uint64_t value;
    } cases[] = {
        {"clear_pfn_host pfn=0x5", 0, 0x5},
        {"clear_pfn_host pfn=ram", 0, 0x100},
        {"clear_pfn_host pfn=ram+5", 0, 0x301},
        {"clear_pfn_host pfn=ram+9", 0, 0x103},
        {"clear_pfn_host pfn=el2+1", 0, 0x201},
        {"clear_pfn_host pfn=dma+4", 0, 0x8000300},
        {"map_page_host addr=ram+0x4123", 0, 0x300123},
        {"map_page_host addr=dma+0x0fff", 0, 0x8000100fff},
        {"map_page_host addr=el2+0xabcd000000001000", 0, 0xabcd000000201000},
        {"map_page_host addr=0xabcd000000001000", 0, 0xabcd000000001000},
        {"npt_map vm=2 addr=1 desc=ram+0x5000|0x400000000007ff level=3", 2,
         0x400000003017ff},
        {"npt_map vm=2 addr=1 desc=dma+0x1000|0x8000000000000001 level=3", 2,
         0x8000008000101001},
        {"npt_map vm=2 addr=1 desc=0x6000|0x7ff level=3", 2, 0x67ff},
        {"npt_map vm=2 addr=1 desc=0x67ff|0x7c3 level=3", 2, 0x67ff},
        {"npt_map vm=2 addr=1 desc=0x67ff level=3", 3, 3},
        {"clear_vm_range vm=2 pfn=0 n=17", 2, 17},
        {"vm_poweroff vm=9", 0, 9},
        {"mem_load vm=0 gfn=ram+5", 1, 0x301},
        {"dev_load bank=0 smmu=0 gfn=dma+4", 2, 0x8000300},
        {"encrypt_buf vm=1 in=ram+0x4123 out=el2+0x1000", 1, 0x300123},
        {"encrypt_buf vm=1 in=ram+0x4123 out=el2+0x1000", 2, 0x201000},
        {"smmu_map iova=0 pa=0 prot=0x8000000000005000 bank=0 smmu=0", 2,
         0x8000000000005000},
        {"vm_share vm=1 addr=0 size=0xffffffffffffffff", 2, UINT64_MAX},
    };
    char words[128];
    struct el2_call call;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)snprintf(words, sizeof(words), "el2diff program 1\n%s",
                       cases[i].call);
        assert_parses(words, &first);
        memset(&call, 0xff, sizeof(call));
        program_resolve(&first.calls[0], &platform, &call);
        assert_int_equal(call.number, first.calls[0].number);
        assert_int_equal(call.arguments[cases[i].argument], cases[i].value);
        assert_int_equal(call.arguments[EL2_ARGUMENT_LIMIT - 1], 0);
    }
}

static void text_is_read_generously(void **state)
{
    static const char canonical[] =
        "el2diff program 1\nplatform tiny\n"
        "assign_pfn_to_vm vm=3 gfn=0x100 pfn=ram+0x10\n"
        "npt_map vm=1 addr=0xab desc=ram+0x0 level=2\n";
    static const char *const same[] = {
        "el2diff program 1\r\nplatform tiny\r\n\r\n"
        "assign_pfn_to_vm vm=3 gfn=0x100 pfn=ram+0x10\r\n"
        "npt_map vm=1 addr=0xab desc=ram+0x0 level=2\r\n",
        "# a comment\n\n  el2diff\tprogram 1# more\nplatform tiny # \xc3\xa9\n"
        "run contracts\n\tassign_pfn_to_vm pfn=ram+16  gfn=256 vm=0x3\n"
        "npt_map level=2 desc=0|0x0|ram addr=0xAB vm=01",
    };
    static const char with_nul[] = "el2diff program 1 #\0\nregister_kvm";

    (void)state;
    assert_parses(canonical, &first);
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        assert_parses(same[i], &second);
        assert_true(program_equal(&first, &second));
    }
    assert_int_equal(program_print(&second, text, sizeof(text)),
                     strlen(canonical));
    assert_string_equal(text, canonical);
    assert_true(program_parse(with_nul, sizeof(with_nul) - 1, &first, NULL));
    assert_int_equal(first.call_count, 1);
}

#define H "el2diff program 1\n"

static const struct {
    const char *text;
    size_t line;
    const char *message;
} mistakes[] = {
    {"", 1, "a program begins with the line 'el2diff program 1'"},
    {"# only\n\n", 3, "a program begins with the line 'el2diff program 1'"},
    {"program 1\n", 1, "a program begins with the line 'el2diff program 1'"},
    {"el2diff program\n", 1,
     "a program begins with the line 'el2diff program 1'"},
    {"el2diff porgram 1\n", 1,
     "a program begins with the line 'el2diff program 1'"},
    {"el2diff program 1 2\n", 1,
     "a program begins with the line 'el2diff program 1'"},
    {"\nel2diff program 2\n", 2, "program version 2 is not known, only 1 is"},
    {"el2diff program x\n", 1, "version: 'x' is not a number"},
    {H "assing_pfn_to_vm vm=1\n", 2,
     "unknown call 'assing_pfn_to_vm' (did you mean assign_pfn_to_vm?)"},
    {H "\nplatfrom tiny", 3,
     "unknown call 'platfrom' (did you mean platform?)"},
    {H "runs tables", 2, "unknown call 'runs' (did you mean run?)"},
    {H "npt_wal", 2, "unknown call 'npt_wal' (did you mean npt_walk?)"},
    {H "npt_wwalkk", 2, "unknown call 'npt_wwalkk' (did you mean npt_walk?)"},
    {H "xyzzy", 2, "unknown call 'xyzzy'"},
    {H "\x01\xff\n", 2, "unknown call '?\?'"},
    {H "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee", 2,
     "unknown call 'aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd...'"},
    {H "platform", 2, "'' is not a platform name (1 to 14 of a-z, 0-9, -)"},
    {H "platform Tiny", 2,
     "'Tiny' is not a platform name (1 to 14 of a-z, 0-9, -)"},
    {H "platform abcdefghijklmno", 2,
     "'abcdefghijklmno' is not a platform name (1 to 14 of a-z, 0-9, -)"},
    {H "platform a\nplatform a", 3, "platform is given twice"},
    {H "platform a b", 2, "'b' is one word too many"},
    {H "register_kvm\nplatform a", 3,
     "platform must stand before the first call"},
    {H "register_kvm\nrun tables", 3, "run must stand before the first call"},
    {H "run", 2, "run is 'contracts' or 'tables', not ''"},
    {H "run table", 2, "run is 'contracts' or 'tables', not 'table'"},
    {H "run tables\nrun tables", 3, "run is given twice"},
    {H "fail table 1\nfail table 2", 3, "fail is given twice"},
    {H "fail table", 2, "fail table: a number is missing"},
    {H "fail table 0", 2, "fail table: tables are counted from 1 to 65535"},
    {H "fail table 65536", 2, "fail table: tables are counted from 1 to 65535"},
    {H "fail table x", 2, "fail table: 'x' is not a number"},
    {H "fail table 1 2", 2, "'2' is one word too many"},
    {H "fail page 1", 2, "what fails is a 'table', not 'page'"},
    {H "register_kvm\nfail table 1", 3,
     "fail must stand before the first call"},
    {H "fial table 1", 2, "unknown call 'fial' (did you mean fail?)"},
    {H "vm_poweroff", 2, "vm_poweroff needs vm="},
    {H "npt_walk vm=1", 2, "npt_walk needs addr="},
    {H "npt_walk vm=1 addr=2 vm=1", 2, "vm is given twice"},
    {H "npt_walk vm=1 adr=2", 2,
     "npt_walk has no argument 'adr' (it has: vm, addr)"},
    {H "npt_walk vm=1 =2", 2, "npt_walk has no argument '' (it has: vm, addr)"},
    {H "register_kvm vm=1", 2,
     "register_kvm has no argument 'vm' (it has: none)"},
    {H "npt_walk vm 1", 2, "expected name=value, not 'vm'"},
    {H "npt_walk vm= addr=1", 2, "vm: a number is missing"},
    {H "npt_walk vm=-1", 2, "vm: '-1' is not a number"},
    {H "npt_walk vm=1a", 2, "vm: '1a' is not a number"},
    {H "npt_walk vm=0x", 2, "vm: '0x' is not a number"},
    {H "npt_walk vm=0x1g", 2, "vm: '0x1g' is not a number"},
    {H "npt_walk vm=18446744073709551616", 2,
     "vm: 18446744073709551616 does not fit in 64 bits"},
    {H "npt_walk vm=0x10000000000000000", 2,
     "vm: 0x10000000000000000 does not fit in 64 bits"},
    {H "npt_walk vm=ram+1", 2, "vm takes a number without a base"},
    {H "clear_vm_range vm=1 pfn=ram n=ram", 2,
     "n takes a number without a base"},
    {H "npt_walk addr=rom+1", 2,
     "addr: 'rom+1' is no number, ram+N, el2+N or dma+N"},
    {H "npt_walk addr=ram+", 2,
     "addr: 'ram+' is no number, ram+N, el2+N or dma+N"},
    {H "npt_walk addr=ram+ram", 2, "addr: 'ram' is not a number"},
    {H "npt_walk addr=ram+1|2", 2,
     "addr: '|' joins the parts of descriptors only"},
    {H "npt_map desc=1|", 2, "desc: a number is missing"},
    {H "npt_map desc=ram|ram+0x1000", 2, "desc: only one part can have a base"},
    {H "smmu_map prot=ram+0xc0", 2, "prot takes a number without a base"},
    {H "smmu_map prot=0xc0|0x40", 2,
     "prot: '|' joins the parts of descriptors only"},
    {H "smmu_write value=el2", 2, "value takes a number without a base"},
    {H "register_vcpu vcpu=dma+1", 2, "vcpu takes a number without a base"},
    {H "smmu_write smmu=0 offset=0 width=4 value=0", 2,
     "smmu_write has no argument 'width' (it has: smmu, offset, size, "
     "value)"},
    {H "vm_share vm=1 addr=0 size=0x10000000000000000", 2,
     "size: 0x10000000000000000 does not fit in 64 bits"},
    {H "clear_vm_range n=4097", 2, "n: a range may be at most 4096 pages long"},
    {H "grant_stage2_sg_gpa size=0x1000001", 2,
     "size: a range may be at most 4096 pages long"},
};

static void every_mistake_is_explained(void **state)
{
    struct program_error error;

    (void)state;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        assert_false(parse_exactly(mistakes[i].text, strlen(mistakes[i].text),
                                   &first, &error));
        assert_string_equal(error.message, mistakes[i].message);
        assert_int_equal(error.line, mistakes[i].line);
    }
    assert_parses(H "npt_walk vm=18446744073709551615 "
                    "addr=0xffffffffffffffff",
                  &first);
}

static void too_many_calls_are_a_mistake(void **state)
{
    struct program_error error;
    size_t length = (size_t)sprintf(text, H);

    (void)state;
    for (size_t i = 0; i < PROGRAM_CALL_LIMIT; i++) {
        length += (size_t)sprintf(text + length, "register_kvm\n");
    }
    assert_true(program_parse(text, length, &first, &error));
    assert_int_equal(first.call_count, PROGRAM_CALL_LIMIT);
    length += (size_t)sprintf(text + length, "register_kvm\n");
    assert_false(program_parse(text, length, &first, &error));
    assert_string_equal(error.message, "a program has at most 1024 calls");
    assert_int_equal(error.line, PROGRAM_CALL_LIMIT + 2);
}

/* Change, drop or double a piece of a text. Returns its new length. */
static size_t spoil(char *words, size_t length, size_t capacity)
{
    static const char pieces[] = "\0\n\r\t #=|+,xram0el2dma\xff";
    size_t at = random_below(length);
    size_t count = 1 + random_below(length - at < 30 ? length - at : 30);

    switch (random_below(3)) {
    case 0:
        words[at] = random_below(2) == 0 ? (char)random_word()
                                         : pieces[random_below(sizeof(pieces))];
        return length;
    case 1:
        memmove(&words[at], &words[at + count], length - at - count);
        return length - count;
    default:
        if (length + count > capacity) {
            return length;
        }
        memmove(&words[at + count], &words[at], length - at);
        return length + count;
    }
}

/* A text either has a one-line complaint or is a program like any other. */
static void spoilt_texts_are_survived(void **state)
{
    char words[2 * sizeof(golden_text)];
    struct program_error error;
    size_t accepted = 0;

    (void)state;
    random_state = 4;
    for (size_t i = 0; i < RANDOM_TEXTS; i++) {
        size_t length = sizeof(golden_text) - 1;

        memcpy(words, golden_text, length);
        for (size_t n = 1 + random_below(4); n > 0 && length > 0; n--) {
            length = spoil(words, length, sizeof(words));
        }
        if (parse_exactly(words, length, &first, &error)) {
            accepted++;
            assert_valid(&first);
            (void)program_print(&first, text, sizeof(text));
            assert_parses(text, &second);
            assert_true(program_equal(&first, &second));
        } else {
            assert_true(error.line >= 1);
            assert_in_range(strlen(error.message), 10,
                            sizeof(error.message) - 1);
            assert_null(strpbrk(error.message, "\r\n"));
        }
    }
    assert_in_range(accepted, RANDOM_TEXTS / 100, RANDOM_TEXTS / 2);
}

static void garbage_is_survived(void **state)
{
    uint8_t bytes[RANDOM_SIZE_MAX];
    struct program_error error;
    size_t length = 900000;
    char *line = malloc(length);

    (void)state;
    random_state = 5;
    for (size_t i = 0; i < RANDOM_TEXTS; i++) {
        size_t size = random_bytes(bytes);

        assert_false(parse_exactly((const char *)bytes, size, &first, &error));
    }
    assert_non_null(line);
    for (size_t i = 0; i < 3; i++) {
        memset(line, "a=|"[i], length);
        memcpy(line, H "npt_map desc=0", sizeof(H) - 1 + 14);
        assert_false(program_parse(line, length, &first, &error));
        assert_int_equal(error.line, 2);
    }
    free(line);
}

static const char file_name[] = "test_program.tmp";

static void write_file(const void *bytes, size_t size)
{
    FILE *file = fopen(file_name, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void files_are_read_in_either_form(void **state)
{
    static const char late_header[] = "# first\n\n" H "register_kvm vm=3";
    static uint8_t large[PROGRAM_FILE_LIMIT + 1];
    enum program_form form;
    char why[200];

    (void)state;
    assert_parses(golden_text, &second);
    write_file(golden_text, sizeof(golden_text) - 1);
    assert_true(program_read_file_form(file_name, &first, &form, why, 200));
    assert_int_equal(form, PROGRAM_FORM_TEXT);
    assert_true(program_equal(&first, &second));
    write_file(golden_bytes, sizeof(golden_bytes));
    assert_true(program_read_file_form(file_name, &first, &form, why, 200));
    assert_int_equal(form, PROGRAM_FORM_BYTES);
    assert_true(program_equal(&first, &second));

    write_file(late_header, sizeof(late_header) - 1);
    assert_false(program_read_file(file_name, &first, why, sizeof(why)));
    assert_string_equal(
        why, "line 4: register_kvm has no argument 'vm' (it has: none)");
    write_file(large, sizeof(large) - 1);
    assert_true(program_read_file(file_name, &first, why, sizeof(why)));
    write_file(large, sizeof(large));
    assert_false(program_read_file(file_name, &first, why, sizeof(why)));
    assert_string_equal(why, "is larger than 1024 KiB");
    assert_int_equal(remove(file_name), 0);
    assert_false(program_read_file(file_name, &first, why, sizeof(why)));
    assert_string_equal(why, "cannot be opened: No such file or directory");
    assert_false(program_read_file(".", &first, why, sizeof(why)));
    assert_string_equal(why, "cannot be read: Is a directory");
}

static void streams_get_the_same_text(void **state)
{
    FILE *file = tmpfile();

    (void)state;
    assert_non_null(file);
    assert_parses(golden_text, &first);
    assert_true(program_print_stream(&first, file));
    rewind(file);
    memset(text, 0, sizeof(golden_text) + 1);
    assert_int_equal(fread(text, 1, sizeof(text), file),
                     sizeof(golden_text) - 1);
    assert_string_equal(text, golden_text);
    assert_int_equal(fclose(file), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_well_formed),
        cmocka_unit_test(golden_programs_keep_their_forms),
        cmocka_unit_test(decoding_follows_the_format),
        cmocka_unit_test(header_decodes_totally),
        cmocka_unit_test(failing_table_follows_the_header),
        cmocka_unit_test(bytes_name_calls),
        cmocka_unit_test(calls_beyond_the_limit_are_ignored),
        cmocka_unit_test(longest_program_fits),
        cmocka_unit_test(capacity_is_respected),
        cmocka_unit_test(equality_sees_every_part),
        cmocka_unit_test(operands_resolve),
        cmocka_unit_test(every_form_round_trips),
        cmocka_unit_test(random_programs_round_trip),
        cmocka_unit_test(text_is_read_generously),
        cmocka_unit_test(every_mistake_is_explained),
        cmocka_unit_test(too_many_calls_are_a_mistake),
        cmocka_unit_test(spoilt_texts_are_survived),
        cmocka_unit_test(garbage_is_survived),
        cmocka_unit_test(files_are_read_in_either_form),
        cmocka_unit_test(streams_get_the_same_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
