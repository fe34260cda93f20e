/*
 * Programs keep their meaning from bytes to calls to text and back, and fit
 * where program.h says that they do. The properties are checked on random
 * programs from fixed seeds; two programs are pinned down to the byte, so that
 * neither form can change unnoticed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/program_forms.h"

#define RANDOM_PROGRAMS 240000

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

static void golden_programs_keep_their_forms(void **state)
{
    (void)state;
    assert_keeps_its_forms(golden_text, golden_bytes, sizeof(golden_bytes));
    assert_int_equal(first.call_count, 5);
    assert_keeps_its_forms(golden_registers_text, golden_registers_bytes,
                           sizeof(golden_registers_bytes));
    assert_int_equal(first.call_count, 8);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_programs_keep_their_forms),
        cmocka_unit_test(longest_program_fits),
        cmocka_unit_test(capacity_is_respected),
        cmocka_unit_test(equality_sees_every_part),
        cmocka_unit_test(every_form_round_trips),
        cmocka_unit_test(random_programs_round_trip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
