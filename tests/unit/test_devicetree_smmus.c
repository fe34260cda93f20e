/*
 * SMMUs in device trees: their context banks and register windows, the buses
 * that they are on and the phandles that lead to their interrupts, each refusal
 * with its words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/changed_tree.h"
#include "tests/unit/expected_platform.h"

static void test_refuses_smmus(void **state)
{
    static const struct tree_case cases[] = {
        {"a third SMMU",
         SMMU1 ": one SMMU more than the 2 there may be",
         {STRING("/a", "compatible", "arm,mmu-401"),
          CELLS("/a", "#global-interrupts", 0),
          CELLS("/a", "interrupts", 1, 2, 3),
          CELLS("/a", "reg", 0, 0x9900000, 0, 0x10000)}},
        {"global interrupts are not said",
         SMMU0 "/#global-interrupts: missing",
         {REMOVE(SMMU0, "#global-interrupts")}},
        {"no interrupts",
         SMMU0 ": no context bank: 0 interrupts, 1 of them global",
         {REMOVE(SMMU0, "interrupts")}},
        {"global interrupts only",
         SMMU1 ": no context bank: 5 interrupts, 5 of them global",
         {CELLS(SMMU1, "#global-interrupts", 5)}},
        {"nine banks",
         SMMU0 ": 9 context banks, an SMMU may have 8",
         {CELLS(SMMU0, "#global-interrupts", 0)}},
        {"half a specifier",
         SMMU0 "/interrupts: 8 bytes, must be a multiple of 3 cells of 4",
         {CELLS(SMMU0, "interrupts", 1, 2)}},
        {"no interrupt parent",
         SMMU0 "/interrupts: no interrupt parent with #interrupt-cells",
         {REMOVE("/", "interrupt-parent")}},
        {"interrupt parents in a circle",
         SMMU0 "/interrupts: no interrupt parent with #interrupt-cells",
         {CELLS(MEMORY, "interrupt-parent", 0x77),
          CELLS(MEMORY, "phandle", 0x77),
          CELLS(SMMU0, "interrupt-parent", 0x77)}},
        {"an interrupt parent that does not exist",
         "/interrupt-parent: no node has phandle 0x77",
         {CELLS("/", "interrupt-parent", 0x77)}},
        {"specifiers without cells",
         GIC "/#interrupt-cells: 0, so that interrupts cannot be told apart",
         {CELLS(GIC, "#interrupt-cells", 0)}},
        {"an extended interrupt of nobody",
         SMMU0 "/interrupts-extended: no node has phandle 0x77",
         {CELLS(SMMU0, "interrupts-extended", 0x77, 1)}},
        {"an extended interrupt of no controller",
         MEMORY "/#interrupt-cells: missing, but iommu@9000000 names it as a "
                "controller",
         {CELLS(SMMU0, "interrupts-extended", 0x77, 1),
          CELLS(MEMORY, "phandle", 0x77)}},
        {"half an extended interrupt",
         SMMU0 "/interrupts-extended: ends within a specifier of 3 cells",
         {CELLS(GIC, "phandle", 0x77), CELLS("/", "interrupt-parent", 0x77),
          CELLS(SMMU0, "interrupts-extended", 0x77, 1, 2)}},
        {"no window",
         SMMU0 "/reg: missing: no register window",
         {REMOVE(SMMU0, "reg")}},
        {"a window past the physical address space",
         SMMU0 "/reg: register window 0xfffffff000, 0x10000 bytes long, goes "
               "past 2^40",
         {CELLS(SMMU0, "reg", 0xff, 0xfffff000, 0, 0x10000)}},
        {"a window that wraps around",
         SMMU0 "/reg: 0xfffffffffffff000, 0x10000 bytes long, wraps around",
         {CELLS(SMMU0, "reg", 0xffffffff, 0xfffff000, 0, 0x10000)}},
        {"a window that is not page-aligned",
         SMMU0 "/reg: register window 0x9000800, 0x10000 bytes long, is not "
               "page-aligned",
         {CELLS(SMMU0, "reg", 0, 0x9000800, 0, 0x10000)}},
        {"a window with room for seven banks",
         SMMU0 "/reg: register window of 0xf000 bytes, 8 context banks need "
               "0x10000",
         {CELLS(SMMU0, "reg", 0, 0x9000000, 0, 0xf000)}},
        {"windows overlap",
         SMMU1 "/reg: register window overlaps that of iommu@9000000",
         {CELLS(SMMU1, "reg", 0, 0x900f000, 0, 0x10000)}},
        {"a window in RAM",
         SMMU1 "/reg: register window at 0x403ff000 overlaps RAM "
               "0x40000000..0x40400000",
         {CELLS(SMMU1, "reg", 0, 0x403ff000, 0, 0x10000)}},
        {"a window in EL2's memory",
         SMMU1 "/reg: register window at 0x80200000 overlaps RAM "
               "0x80000000..0x80300000",
         {CELLS(SMMU1, "reg", 0, 0x80200000, 0, 0x10000)}},
    };
    (void)state;
    RUN(cases);
}

/* The SMMU /bus/a in place of SMMU1: two changes make it one, and the bus has
 * one cell of address and two of size, as a node has by default not. */
#define BUS "/bus"
#define BUS_SMMU(reg_address)                                                  \
    STRING(BUS "/a", "compatible", "arm,mmu-500"),                             \
        CELLS(BUS "/a", "reg", 0, reg_address, 0x10000)

static void test_refuses_buses(void **state)
{
    static const struct tree_case cases[] = {
        {"a bus without ranges",
         BUS "/ranges: missing, so that a has no physical address",
         {REMOVE(SMMU1, NULL), CELLS(BUS, "x", 0), BUS_SMMU(0)}},
        {"ranges of half an entry",
         BUS "/ranges: 8 bytes, must be a multiple of the 20 that one entry "
             "takes",
         {REMOVE(SMMU1, NULL), CELLS(BUS, "ranges", 0, 0), BUS_SMMU(0)}},
        {"ranges without that window",
         BUS "/ranges: no entry holds 0x8000, 0x10000 bytes long, of a",
         {REMOVE(SMMU1, NULL),
          CELLS(BUS, "ranges", 0, 0, 0, 0x9100000, 0x10000), BUS_SMMU(0x8000)}},
        {"ranges that wrap around",
         BUS "/ranges: no entry holds 0x10000, 0x10000 bytes long, of a",
         {REMOVE(SMMU1, NULL),
          CELLS(BUS, "ranges", 0, 0, 0xffffffff, 0xffff1000, 0x20000),
          BUS_SMMU(0x10000)}},
    };
    static const struct change smmu[] = {
        CELLS(BUS "/a", "#global-interrupts", 0),
        CELLS(BUS "/a", "interrupts", 1, 2, 3),
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct change changes[CHANGE_LIMIT + 2];
        struct el2_platform platform;
        char why[DEVICETREE_WHY_SIZE];
        memcpy(changes, cases[i].changes, sizeof(cases[i].changes));
        memcpy(changes + CHANGE_LIMIT, smmu, sizeof(smmu));
        assert_false(read_changed(changes, CHANGE_LIMIT + 2, &platform, why));
        assert_string_equal(why, cases[i].why);
    }
}

static void test_refuses_phandles(void **state)
{
    static const struct tree_case cases[] = {
        {"of two nodes",
         SMMU0 "/phandle: 0x77 is also that of " MEMORY,
         {CELLS(MEMORY, "phandle", 0x77), CELLS(SMMU0, "phandle", 0x77)}},
        {"0",
         MEMORY "/phandle: 0x0 is not a phandle",
         {CELLS(MEMORY, "phandle", 0)}},
        {"of two cells",
         MEMORY "/phandle: 8 bytes, must be one cell of 4",
         {CELLS(MEMORY, "phandle", 1, 2)}},
    };
    (void)state;
    RUN(cases);
}

static void test_smmus_are_read(void **state)
{
    struct el2_platform platform;
    (void)state;
    /* Disabled, of another kind, and with interrupts of a nearer parent. */
    ACCEPT(&platform, STRING(SMMU0, "status", "disabled"),
           STRING(SMMU1, "status", "ok"), STRING(MEMORY, "status", "okay"));
    assert_int_equal(platform.smmu_count, 1);
    assert_smmu(&platform, 0, 0x9100000, 0x10000, 4);
    ACCEPT(&platform, STRING(SMMU0, "compatible", "arm,smmu-v3"),
           STRING(SMMU1, "compatible", "arm,mmu-401"));
    assert_int_equal(platform.smmu_count, 1);
    assert_smmu(&platform, 0, 0x9100000, 0x10000, 4);
    ACCEPT(&platform, CELLS("/a", "phandle", 0x77),
           CELLS("/a", "#interrupt-cells", 1),
           CELLS(SMMU1, "interrupt-parent", 0x77),
           CELLS(SMMU1, "interrupts", 1, 2, 3));
    assert_int_equal(platform.smmu_count, 2);
    assert_smmu(&platform, 0, 0x9000000, 0x10000, 8);
    assert_smmu(&platform, 1, 0x9100000, 0x10000, 2);
    /* interrupts-extended comes before interrupts. */
    ACCEPT(&platform, CELLS("/a", "phandle", 0x77),
           CELLS("/a", "#interrupt-cells", 1), CELLS("/b", "phandle", 0x78),
           CELLS("/b", "#interrupt-cells", 2),
           CELLS(SMMU1, "interrupts-extended", 0x77, 1, 0x78, 1, 2, 0x77, 3,
                 0x77, 4));
    assert_smmu(&platform, 1, 0x9100000, 0x10000, 3);
}

static void test_smmu_of_a_disabled_bus_is_none(void **state)
{
    struct el2_platform platform;
    (void)state;
    ACCEPT(&platform, STRING(BUS, "status", "disabled"), BUS_SMMU(0));
    assert_int_equal(platform.smmu_count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refuses_smmus),
        cmocka_unit_test(test_refuses_buses),
        cmocka_unit_test(test_refuses_phandles),
        cmocka_unit_test(test_smmus_are_read),
        cmocka_unit_test(test_smmu_of_a_disabled_bus_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
