/*
 * Walks over tables written by hand into physical memory: what the
 * architecture does with them (Arm ARM D8.3, VMSAv8-64, 4 KiB granule).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "impl/host/mmu.h"
#include "tests/unit/model_cases.h"

/* Tables in EL2's memory; a bank's root is two pages. */
#define ROOT      AT(EL2_PAGE)
#define LEVEL1    AT(EL2_PAGE + 1)
#define LEVEL2    AT(EL2_PAGE + 2)
#define LEVEL3    AT(EL2_PAGE + 3)
#define BANK_ROOT AT(EL2_PAGE + 4)

#define TABLE UINT64_C(3)
#define BLOCK UINT64_C(1)

/* Level-0 to level-3 indices 3, 5, 7 and 9, and an offset. */
#define INPUT                                                                  \
    (UINT64_C(3) << 39 | UINT64_C(5) << 30 | UINT64_C(7) << 21 |               \
     UINT64_C(9) << 12 | 0xabc)

struct fixture {
    struct el2_platform platform;
    struct physical memory;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    const char *why = NULL;
    fixture.platform = board();
    *state = &fixture;
    return physical_create(&fixture.memory, &fixture.platform, &why) ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    physical_destroy(&fixture->memory);
    return 0;
}

static void put(struct physical *memory, uint64_t table, uint64_t index,
                uint64_t descriptor)
{
    physical_store(memory, table + index * sizeof(uint64_t), descriptor);
}

/* Tables down to level 3 for INPUT, whose entries are empty. */
static struct physical *linked(void **state)
{
    struct fixture *fixture = *state;
    struct physical *memory = &fixture->memory;
    put(memory, ROOT, 3, LEVEL1 | TABLE);
    put(memory, LEVEL1, 5, LEVEL2 | TABLE);
    put(memory, LEVEL2, 7, LEVEL3 | TABLE);
    return memory;
}

static void assert_walk(struct mmu_walk walk, uint64_t descriptor,
                        uint32_t level, bool valid, uint64_t output)
{
    assert_int_equal(walk.descriptor, descriptor);
    assert_int_equal(walk.level, level);
    assert_int_equal(walk.valid, valid);
    assert_int_equal(walk.output, output);
}

static void empty_tables(void **state)
{
    struct fixture *fixture = *state;
    assert_walk(mmu_walk_stage2(&fixture->memory, ROOT, INPUT), 0, 0, false, 0);
    struct physical *memory = linked(state);
    assert_walk(mmu_walk_stage2(memory, ROOT, INPUT), 0, 3, false, 0);
    /* The neighbours of each index on the way end above. */
    assert_walk(mmu_walk_stage2(memory, ROOT, INPUT + (UINT64_C(1) << 39)), 0,
                0, false, 0);
    assert_walk(mmu_walk_stage2(memory, ROOT, INPUT + (UINT64_C(1) << 30)), 0,
                1, false, 0);
    assert_walk(mmu_walk_stage2(memory, ROOT, INPUT + (UINT64_C(1) << 21)), 0,
                2, false, 0);
}

/* The offset is the input's, bits above 47 are not part of the address. */
static void page(void **state)
{
    struct physical *memory = linked(state);
    const uint64_t desc = UINT64_C(0xffff) << 48 | AT(0x12345) | 0x7ff;
    put(memory, LEVEL3, 9, desc);
    assert_walk(mmu_walk_stage2(memory, ROOT, INPUT), desc, 3, true,
                AT(0x12345) | 0xabc);
    assert_walk(mmu_walk_stage2(memory, ROOT, INPUT + AT(1)), 0, 3, false, 0);
}

/* Every index of a level reaches an entry of its own. */
static void last_entries(void **state)
{
    struct fixture *fixture = *state;
    struct physical *memory = &fixture->memory;
    put(memory, ROOT, 511, LEVEL1 | TABLE);
    put(memory, LEVEL1, 511, LEVEL2 | TABLE);
    put(memory, LEVEL2, 511, LEVEL3 | TABLE);
    put(memory, LEVEL3, 511, AT(5) | 3);
    assert_walk(mmu_walk_stage2(memory, ROOT, EL2_ADDRESS_SPACE - 1), AT(5) | 3,
                3, true, AT(5) | 0xfff);
}

/* Bits 20:12 of a 2 MiB block's descriptor are no part of its address. */
static void block(void **state)
{
    struct physical *memory = linked(state);
    const uint64_t aligned = AT(0x600) | BLOCK;
    put(memory, LEVEL2, 7, aligned);
    assert_walk(mmu_walk_stage2(memory, ROOT, INPUT), aligned, 2, true,
                AT(0x600 + 9) | 0xabc);
    const uint64_t unaligned = AT(0x600 + 0x1ff) | BLOCK;
    put(memory, LEVEL2, 7, unaligned);
    assert_walk(mmu_walk_stage2(memory, ROOT, INPUT), unaligned, 2, true,
                AT(0x600 + 9) | 0xabc);
}

/* At level 1 a block is 1 GiB: bits 29:12 are the input's. */
static void block_of_1_gib(void **state)
{
    struct physical *memory = linked(state);
    const uint64_t desc = UINT64_C(0x40000000) | AT(0x123) | BLOCK;
    put(memory, LEVEL1, 5, desc);
    assert_walk(mmu_walk_stage2(memory, ROOT, INPUT), desc, 1, true,
                UINT64_C(0x40000000) | UINT64_C(7) << 21 | AT(9) | 0xabc);
}

/* Types 0b00 and 0b10 are invalid everywhere, 0b01 at levels 0 and 3. */
static void invalid_types(void **state)
{
    const struct {
        uint64_t table;
        uint64_t index;
        uint32_t level;
        uint64_t types[3]; /* 3 ends them */
    } cases[] = {{LEVEL3, 9, 3, {0, 1, 2}},
                 {LEVEL2, 7, 2, {0, 2, 3}},
                 {LEVEL1, 5, 1, {0, 2, 3}},
                 {ROOT, 3, 0, {0, 1, 2}}};
    struct physical *memory = linked(state);
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 3 && cases[i].types[k] != 3; k++) {
            uint64_t desc = AT(0x600) | cases[i].types[k];
            put(memory, cases[i].table, cases[i].index, desc);
            assert_walk(mmu_walk_stage2(memory, ROOT, INPUT), desc,
                        cases[i].level, false, 0);
        }
    }
}

/* A table where there is no memory ends the walk, at the entry that names it,
 * which is neither a page nor a block. */
static void table_outside_memory(void **state)
{
    struct physical *memory = linked(state);
    const uint64_t outside[] = {AT(DEVICE_PAGE), AT(EL2_END),
                                EL2_DESCRIPTOR_ADDRESS};
    for (size_t i = 0; i < 3; i++) {
        put(memory, LEVEL2, 7, outside[i] | TABLE);
        assert_walk(mmu_walk_stage2(memory, ROOT, INPUT), outside[i] | TABLE, 2,
                    false, 0);
        put(memory, ROOT, 3, outside[i] | TABLE);
        assert_walk(mmu_walk_stage2(memory, ROOT, INPUT), outside[i] | TABLE, 0,
                    false, 0);
        put(memory, ROOT, 3, LEVEL1 | TABLE);
    }
}

/* The MMU walks any RAM: a table in the host's memory is read as it is. */
static void table_in_host_memory(void **state)
{
    struct physical *memory = linked(state);
    put(memory, LEVEL2, 7, AT(HOST_PAGE) | TABLE);
    physical_store_anywhere(memory, AT(HOST_PAGE) + 9 * 8, AT(5) | 3);
    assert_walk(mmu_walk_stage2(memory, ROOT, INPUT), AT(5) | 3, 3, true,
                AT(5) | 0xabc);
    /* A page that nobody wrote holds the word of boot. */
    put(memory, LEVEL2, 7, AT(HOST_PAGE + 1) | TABLE);
    struct mmu_walk walk = mmu_walk_stage2(memory, ROOT, INPUT);
    assert_int_equal(walk.descriptor,
                     el2_platform_boot_word(memory->platform, HOST_PAGE + 1));
}

/* A bank starts at level 1, with two tables: bit 39 tells which. */
static void bank(void **state)
{
    struct physical *memory = linked(state);
    const uint64_t low = UINT64_C(5) << 30 | UINT64_C(7) << 21 | AT(9) | 0xabc;
    const uint64_t high = low | UINT64_C(1) << 39;
    put(memory, LEVEL3, 9, AT(6) | 3);
    put(memory, BANK_ROOT, 5, LEVEL2 | TABLE);
    assert_walk(mmu_walk_bank(memory, BANK_ROOT, low), AT(6) | 3, 3, true,
                AT(6) | 0xabc);
    assert_walk(mmu_walk_bank(memory, BANK_ROOT, high), 0, 1, false, 0);
    put(memory, BANK_ROOT, 5, 0);
    put(memory, BANK_ROOT + EL2_PAGE_SIZE, 5, LEVEL2 | TABLE);
    assert_walk(mmu_walk_bank(memory, BANK_ROOT, low), 0, 1, false, 0);
    assert_walk(mmu_walk_bank(memory, BANK_ROOT, high), AT(6) | 3, 3, true,
                AT(6) | 0xabc);
    put(memory, BANK_ROOT + EL2_PAGE_SIZE, 511, AT(0x80000) | BLOCK);
    assert_walk(mmu_walk_bank(memory, BANK_ROOT, EL2_IOVA_SPACE - 1),
                AT(0x80000) | BLOCK, 1, true,
                AT(0x80000) | ((UINT64_C(1) << 30) - 1));
}

/* S2AP, XN, MemAttr and AF of the descriptors of semantics.md section 1. */
static void attributes(void **state)
{
    (void)state;
    const struct {
        const char *shows;
        uint64_t descriptor;
        struct mmu_attributes expected;
    } cases[] = {
        {"normal memory", EL2_S2_KERNEL, {true, true, true, false, true}},
        {"a device", EL2_S2_DEVICE, {true, true, false, true, true}},
        {"read only", 0x47c | 3, {true, false, true, false, true}},
        {"write only", 0x4bc | 3, {false, true, true, false, true}},
        {"never accessed", 0x0fc | 3, {true, true, true, false, false}},
        {"execute never",
         UINT64_C(1) << 54 | 0x4fc | 3,
         {true, true, false, false, true}},
        {"normal, not cacheable", 0x4d4 | 3, {true, true, true, false, true}},
        {"device-GRE", 0x4cc | 3, {true, true, true, true, true}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mmu_attributes a = mmu_attributes(cases[i].descriptor);
        const struct mmu_attributes *e = &cases[i].expected;
        if (a.readable != e->readable || a.writable != e->writable ||
            a.executable != e->executable || a.device != e->device ||
            a.accessed != e->accessed) {
            fail_msg("%s: %d %d %d %d %d", cases[i].shows, a.readable,
                     a.writable, a.executable, a.device, a.accessed);
        }
    }
}

#define WITH_MEMORY(test)                                                      \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_MEMORY(empty_tables),
        WITH_MEMORY(page),
        WITH_MEMORY(last_entries),
        WITH_MEMORY(block),
        WITH_MEMORY(block_of_1_gib),
        WITH_MEMORY(invalid_types),
        WITH_MEMORY(table_outside_memory),
        WITH_MEMORY(table_in_host_memory),
        WITH_MEMORY(bank),
        cmocka_unit_test(attributes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
