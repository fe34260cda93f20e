/*
 * Programs as text: it is read generously, each mistake is explained with its
 * line, and spoilt texts and random bytes do no harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/program_forms.h"

#include <stdio.h>

/* The first line of a text. */
#define H "el2diff program 1\n"

#define RANDOM_TEXTS 60000

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
        if (random_below(2) == 0) {
            words[at] = (char)random_word();
        } else {
            words[at] = pieces[random_below(sizeof(pieces))];
        }
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_read_generously),
        cmocka_unit_test(every_mistake_is_explained),
        cmocka_unit_test(too_many_calls_are_a_mistake),
        cmocka_unit_test(spoilt_texts_are_survived),
        cmocka_unit_test(garbage_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
