/* Physical memory on the host, and what the shim does when EL2 strays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "impl/host/shim_host.h"
#include "impl/shim.h"
#include "tests/unit/model_cases.h"

#include <stdlib.h>
#include <unistd.h>

#define OWN AT(EL2_PAGE)

struct fixture {
    struct el2_platform platform;
    struct shim_host host;
    uint64_t step_pages[EL2_RANGE_PAGES_MAX];
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    const char *why = NULL;
    *state = fixture;
    if (fixture == NULL) {
        return -1;
    }
    fixture->platform = board();
    fixture->host.step_pages = fixture->step_pages;
    shim_host_enter(&fixture->host);
    return physical_create(&fixture->host.memory, &fixture->platform, &why)
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    physical_destroy(&fixture->host.memory);
    free(fixture);
    return 0;
}

static struct physical *memory_of_test(void **state)
{
    struct fixture *fixture = *state;
    return &fixture->host.memory;
}

static uint64_t boot_word(const struct physical *memory, uint64_t pfn)
{
    return el2_platform_boot_word(memory->platform, pfn);
}

/* RAM holds the pattern of boot, EL2's own memory zero. */
static void boot_content(void **state)
{
    struct physical *memory = memory_of_test(state);
    for (uint64_t pfn = HOST_PAGE; pfn < HOST_PAGE + 3; pfn++) {
        assert_int_equal(physical_page_content(memory, pfn),
                         boot_word(memory, pfn));
        assert_int_equal(physical_load_anywhere(memory, AT(pfn) + 0xff8),
                         boot_word(memory, pfn));
    }
    assert_int_not_equal(boot_word(memory, HOST_PAGE),
                         boot_word(memory, HOST_PAGE + 1));
    assert_int_equal(physical_page_content(memory, EL2_PAGE), 0);
    assert_int_equal(physical_load(memory, OWN), 0);
    assert_int_equal(memory->log_length, 0);
}

static void where_memory_is(void **state)
{
    struct physical *memory = memory_of_test(state);
    static const struct {
        uint64_t address;
        bool exists;
        bool own;
    } cases[] = {
        {0, true, false},
        {AT(0x10) - 1, true, false},
        {AT(0x10), false, false},
        {AT(HOST_PAGE) - 1, false, false},
        {AT(HOST_PAGE), true, false},
        {AT(EL2_PAGE) - 1, true, false},
        {AT(EL2_PAGE), true, true},
        {AT(EL2_END) - 1, true, true},
        {AT(EL2_END), false, false},
        {UINT64_MAX, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(physical_exists(memory, cases[i].address),
                         cases[i].exists);
        assert_int_equal(physical_is_own(memory, cases[i].address),
                         cases[i].own);
    }
}

/* A store into a page of boot leaves the other words what they were. */
static void store_into_boot_page(void **state)
{
    struct physical *memory = memory_of_test(state);
    const uint64_t boot = boot_word(memory, HOST_PAGE);
    physical_store_anywhere(memory, AT(HOST_PAGE) + 8, 7);
    assert_int_equal(physical_load_anywhere(memory, AT(HOST_PAGE) + 8), 7);
    assert_int_equal(physical_load_anywhere(memory, AT(HOST_PAGE)), boot);
    assert_int_equal(physical_load_anywhere(memory, AT(HOST_PAGE) + 0xff8),
                     boot);
    assert_int_equal(physical_page_content(memory, HOST_PAGE + 1),
                     boot_word(memory, HOST_PAGE + 1));
}

static void log_of_stores(void **state)
{
    struct physical *memory = memory_of_test(state);
    physical_store(memory, OWN + 16, 5);
    physical_store(memory, OWN + 16, 6);
    assert_int_equal(memory->log_length, 2);
    assert_int_equal(memory->log[0].address, OWN + 16);
    assert_int_equal(memory->log[0].before, 0);
    assert_int_equal(memory->log[1].before, 5);
    assert_int_equal(physical_load(memory, OWN + 16), 6);
}

static void clear(void **state)
{
    struct physical *memory = memory_of_test(state);
    physical_store_anywhere(memory, AT(HOST_PAGE), 7);
    physical_clear_page(memory, AT(HOST_PAGE));
    assert_int_equal(physical_page_content(memory, HOST_PAGE), 0);
    physical_clear_page(memory, AT(HOST_PAGE + 1)); /* never written */
    assert_int_equal(physical_page_content(memory, HOST_PAGE + 1), 0);
    assert_int_equal(physical_load_anywhere(memory, AT(HOST_PAGE) + 0xff8), 0);
    physical_store(memory, OWN, 1);
    physical_store(memory, OWN + 0xff8, 2);
    physical_store(memory, OWN + EL2_PAGE_SIZE, 3);
    physical_clear_page(memory, OWN);
    assert_int_equal(physical_page_content(memory, EL2_PAGE), 0);
    assert_int_equal(physical_load(memory, OWN + EL2_PAGE_SIZE), 3);
}

/* Back to boot, whatever was written and however often. */
static void reset(void **state)
{
    struct physical *memory = memory_of_test(state);
    for (int round = 0; round < 3; round++) {
        physical_store(memory, OWN + 16, 5);
        physical_store(memory, OWN + 16, 6);
        physical_store_anywhere(memory, AT(HOST_PAGE) + 8, 7);
        physical_clear_page(memory, AT(HOST_PAGE + 1));
        physical_store_anywhere(memory, AT(HOST_PAGE + 1), 8);
        physical_clear_page(memory, OWN);
        physical_reset(memory);
        assert_int_equal(physical_load(memory, OWN + 16), 0);
        for (uint64_t pfn = HOST_PAGE; pfn < HOST_PAGE + 2; pfn++) {
            assert_int_equal(physical_page_content(memory, pfn),
                             boot_word(memory, pfn));
        }
        assert_int_equal(memory->log_length, 0);
        assert_int_equal(memory->written_count, 0);
    }
    /* The page's bytes are again those of boot, not of the round before. */
    physical_store_anywhere(memory, AT(HOST_PAGE + 1), 9);
    assert_int_equal(physical_load_anywhere(memory, AT(HOST_PAGE + 1) + 8),
                     boot_word(memory, HOST_PAGE + 1));
}

/* The one word that fills a page, or a digest that any word changes. */
static void content(void **state)
{
    struct physical *memory = memory_of_test(state);
    uint64_t digests[EL2_PAGE_SIZE / 8];
    for (uint64_t i = 0; i < EL2_PAGE_SIZE / 8; i++) {
        physical_store_anywhere(memory, AT(HOST_PAGE) + i * 8, 0x1234);
    }
    assert_int_equal(physical_page_content(memory, HOST_PAGE), 0x1234);
    for (uint64_t i = 0; i < EL2_PAGE_SIZE / 8; i++) {
        uint64_t address = AT(HOST_PAGE) + i * 8;
        physical_store_anywhere(memory, address, 0x1235);
        digests[i] = physical_page_content(memory, HOST_PAGE);
        physical_store_anywhere(memory, address, 0x1234);
        assert_int_not_equal(digests[i], 0x1234);
        for (uint64_t k = 0; k < i; k++) {
            assert_int_not_equal(digests[k], digests[i]);
        }
    }
    assert_int_equal(physical_page_content(memory, HOST_PAGE), 0x1234);
}

static void room(void **state)
{
    struct physical *memory = memory_of_test(state);
    size_t stores = 0;
    while (physical_room(memory) > 0 && stores < 4000000) {
        physical_store(memory, OWN, stores++);
    }
    assert_in_range(stores, 1000, 3999999);
    physical_reset(memory);
    assert_true(physical_room(memory) > 0);
    assert_int_equal(physical_load(memory, OWN), 0);
}

/* Resident pages of this process. */
static long resident_pages(void)
{
    long size = 0;
    long resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL) {
        return -1;
    }
    int read = fscanf(file, "%ld %ld", &size, &resident);
    fclose(file);
    return read == 2 ? resident : -1;
}

/* 16 GiB of RAM cost what is touched: a bit for each page, and the pages. */
static void large_board(void **state)
{
    (void)state;
    struct el2_platform platform = board();
    platform.region_count = 1;
    platform.regions[0] =
        (struct el2_region){0x100000, UINT64_C(16) << 18, EL2_HOSTVISOR};
    struct physical memory;
    const char *why = NULL;
    long before = resident_pages();
    if (before < 0) {
        skip(); /* no /proc here */
    }
    assert_true(physical_create(&memory, &platform, &why));
    const uint64_t last = 0x100000 + (UINT64_C(16) << 18) - 1;
    physical_store_anywhere(&memory, AT(last), 1);
    physical_clear_page(&memory, AT(UINT64_C(0x100000)));
    assert_int_equal(physical_page_content(&memory, last - 1),
                     el2_platform_boot_word(&platform, last - 1));
    assert_int_equal(physical_load_anywhere(&memory, AT(last)), 1);
    long cost = resident_pages() - before;
    /* The tables of a sanitizer count too. */
    assert_in_range(cost, 0, (64 << 20) / sysconf(_SC_PAGESIZE));
    physical_destroy(&memory);
}

/* What EL2 does wrong, and what the board says of it. */
static void load_device(void)
{
    shim_load64(AT(DEVICE_PAGE));
}

static void store_device(void)
{
    shim_store64(AT(DEVICE_PAGE), 1);
}

static void store_past_memory(void)
{
    shim_store64(AT(EL2_END), 1);
}

static void clear_device(void)
{
    shim_clear_page(AT(DEVICE_PAGE));
}

static void lock_twice(void)
{
    shim_lock(EL2_LOCK_PAGE);
    shim_lock(EL2_LOCK_PAGE);
}

static void lock_downwards(void)
{
    shim_lock(EL2_LOCK_NPT);
    shim_lock(EL2_LOCK_PAGE);
}

static void lock_below_two(void)
{
    shim_lock(EL2_LOCK_SMMU);
    shim_lock(EL2_LOCK_SPT);
    shim_lock(EL2_LOCK_PAGE);
}

static void unlock_free(void)
{
    shim_lock(EL2_LOCK_PAGE);
    shim_unlock(EL2_LOCK_NPT);
}

static const char *fault_of(struct shim_host *host, void (*act)(void))
{
    host->fault = NULL;
    host->held = 0;
    if (setjmp(host->stopped) == 0) {
        act();
    }
    return host->fault;
}

static void faults(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        void (*act)(void);
        const char *says;
    } cases[] = {
        {load_device, "EL2 read an address without memory"},
        {store_device, "EL2 wrote to an address without memory"},
        {store_past_memory, "EL2 wrote to an address without memory"},
        {clear_device, "EL2 cleared a page without memory"},
        {lock_twice, "EL2 took a lock out of order"},
        {lock_downwards, "EL2 took a lock out of order"},
        {lock_below_two, "EL2 took a lock out of order"},
        {unlock_free, "EL2 released a lock that it does not hold"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *fault = fault_of(&fixture->host, cases[i].act);
        assert_non_null(fault);
        assert_string_equal(fault, cases[i].says);
    }
    assert_int_equal(fixture->host.memory.log_length, 0);
}

/* Locks that go upwards, and again after they were released. */
static void lock_in_order(void)
{
    for (int round = 0; round < 2; round++) {
        shim_lock(EL2_LOCK_SMMU);
        shim_lock(EL2_LOCK_VM + 3);
        shim_lock(EL2_LOCK_CORE);
        shim_unlock(EL2_LOCK_CORE);
        shim_lock(EL2_LOCK_PAGE);
        shim_lock(EL2_LOCK_NPT);
        shim_unlock(EL2_LOCK_NPT);
        shim_lock(EL2_LOCK_SPT);
        shim_unlock(EL2_LOCK_SPT);
        shim_unlock(EL2_LOCK_PAGE);
        shim_unlock(EL2_LOCK_VM + 3);
        shim_unlock(EL2_LOCK_SMMU);
    }
}

static void lock_and_panic(void)
{
    shim_lock(EL2_LOCK_PAGE);
    shim_panic("on purpose");
}

static void locks(void **state)
{
    struct fixture *fixture = *state;
    struct shim_host *host = &fixture->host;
    assert_null(fault_of(host, lock_in_order));
    assert_int_equal(host->held, 0);
    assert_null(fault_of(host, lock_and_panic));
    assert_string_equal(host->panic, "on purpose");
    assert_int_equal(host->held, HELD_PAGE);
}

/* The host's pages that a step wrote, EL2's own left out. */
static void pages_of_a_step(void **state)
{
    struct fixture *fixture = *state;
    struct shim_host *host = &fixture->host;
    shim_store64(OWN, 5);
    assert_int_equal(shim_load64(OWN), 5);
    shim_clear_page(OWN + EL2_PAGE_SIZE);
    assert_int_equal(host->step_page_count, 0);
    shim_clear_page(AT(HOST_PAGE));
    shim_store64(AT(HOST_PAGE + 4), 6);
    assert_int_equal(host->step_page_count, 2);
    assert_int_equal(host->step_pages[0], HOST_PAGE);
    assert_int_equal(host->step_pages[1], HOST_PAGE + 4);
    assert_int_equal(shim_load64(AT(HOST_PAGE + 4)), 6);
    assert_int_equal(shim_load64(AT(HOST_PAGE + 5)),
                     boot_word(&host->memory, HOST_PAGE + 5));
}

#define WITH_MEMORY(test)                                                      \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_MEMORY(boot_content),
        WITH_MEMORY(where_memory_is),
        WITH_MEMORY(store_into_boot_page),
        WITH_MEMORY(log_of_stores),
        WITH_MEMORY(clear),
        WITH_MEMORY(reset),
        WITH_MEMORY(content),
        WITH_MEMORY(room),
        cmocka_unit_test(large_board),
        WITH_MEMORY(faults),
        WITH_MEMORY(locks),
        WITH_MEMORY(pages_of_a_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
