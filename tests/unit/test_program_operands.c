/* Operands of programs: what they are on a platform. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/program_forms.h"

#include <stdio.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operands_resolve),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
