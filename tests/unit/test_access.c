/* Loads and stores through tables that the EL2 code wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "impl/host/access.h"
#include "tests/unit/model_cases.h"

#include <stdlib.h>

#define READ_WRITE UINT64_C(0xc0)
#define BANK       (8 + 1) /* bank 1 of the second SMMU */

struct fixture {
    struct el2_platform platform;
    struct shim_host host;
    struct el2 el2;
    uint64_t step_pages[EL2_CALL_PAGES_MAX];
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
    if (!physical_create(&fixture->host.memory, &fixture->platform, &why)) {
        return -1;
    }
    shim_host_enter(&fixture->host);
    shim_host_begin_step(&fixture->host);
    return setjmp(fixture->host.stopped) == 0 &&
                   el2_boot(&fixture->el2, &fixture->platform)
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

static void call(struct fixture *fixture, struct el2_call call)
{
    if (setjmp(fixture->host.stopped) != 0) {
        fail_msg("EL2 panicked in %s", el2_calls[call.number].name);
    }
    el2_dispatch(&fixture->el2, &call);
}

static struct access_result access_by(struct fixture *fixture,
                                      struct el2_call call)
{
    shim_host_begin_step(&fixture->host);
    return access_of_call(&fixture->host, &fixture->el2, &call);
}

/* A page of the host's, one of a device and a block for VM 2. */
static struct fixture *with_mappings(void **state)
{
    struct fixture *fixture = *state;
    call(fixture, (struct el2_call){EL2_CALL_host_fault, {AT(HOST_PAGE)}});
    call(fixture, (struct el2_call){EL2_CALL_host_fault, {AT(DEVICE_PAGE)}});
    call(fixture, (struct el2_call){EL2_CALL_vm_fault,
                                    {2, 0x400000, AT(HOST_PAGE + 512), 2}});
    call(fixture, (struct el2_call){EL2_CALL_smmu_alloc_pgd,
                                    {BANK - 8, EL2_HOSTVISOR, 1}});
    call(fixture,
         (struct el2_call){EL2_CALL_smmu_map,
                           {AT(HOST_PAGE + 3 + HOST_OFFSET), AT(HOST_PAGE + 3),
                            READ_WRITE, BANK - 8, 1}});
    return fixture;
}

static void where_accesses_go(void **state)
{
    struct fixture *fixture = with_mappings(state);
    const uint64_t nowhere = UINT64_C(1) << 32;
    const struct {
        struct el2_call call;
        enum el2_access access;
        uint64_t pfn; /* when done */
    } cases[] = {
        {{EL2_CALL_mem_load, {0, HOST_PAGE}}, EL2_ACCESS_DONE, HOST_PAGE},
        {{EL2_CALL_mem_load, {0, HOST_PAGE + 1}}, EL2_ACCESS_FAULT, 0},
        {{EL2_CALL_mem_load, {0, DEVICE_PAGE}}, EL2_ACCESS_DEVICE, 0},
        {{EL2_CALL_mem_load, {2, 0x400}}, EL2_ACCESS_DONE, HOST_PAGE + 512},
        {{EL2_CALL_mem_load, {2, 0x5ff}}, EL2_ACCESS_DONE, HOST_PAGE + 1023},
        {{EL2_CALL_mem_load, {2, 0x600}}, EL2_ACCESS_FAULT, 0},
        {{EL2_CALL_mem_load, {1, 0x400}}, EL2_ACCESS_FAULT, 0},
        {{EL2_CALL_mem_load, {nowhere, HOST_PAGE}}, EL2_ACCESS_FAULT, 0},
        {{EL2_CALL_mem_load, {0, nowhere << 4 | HOST_PAGE}},
         EL2_ACCESS_FAULT,
         0},
        {{EL2_CALL_dev_load, {BANK - 8, 1, HOST_PAGE + 3 + HOST_OFFSET}},
         EL2_ACCESS_DONE,
         HOST_PAGE + 3},
        {{EL2_CALL_dev_load, {BANK - 8, 1, HOST_PAGE + 3}},
         EL2_ACCESS_FAULT,
         0},
        {{EL2_CALL_dev_load, {BANK - 8, 0, HOST_PAGE + 3 + HOST_OFFSET}},
         EL2_ACCESS_FAULT,
         0},
        {{EL2_CALL_dev_load, {BANK, 0, HOST_PAGE + 3 + HOST_OFFSET}},
         EL2_ACCESS_FAULT,
         0},
        {{EL2_CALL_dev_load, {BANK - 8, nowhere | 1, 0}}, EL2_ACCESS_FAULT, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct access_result result = access_by(fixture, cases[i].call);
        assert_int_equal(result.access, cases[i].access);
        assert_int_equal(
            result.word,
            cases[i].access == EL2_ACCESS_DONE
                ? el2_platform_boot_word(&fixture->platform, cases[i].pfn)
                : 0);
        assert_int_equal(fixture->host.step_page_count, 0);
    }
}

/* A store fills the page, is noted, seen by others and undone by a reset. */
static void stores(void **state)
{
    struct fixture *fixture = with_mappings(state);
    struct physical *memory = &fixture->host.memory;
    const struct {
        struct el2_call store;
        struct el2_call load;
        uint64_t pfn;
    } cases[] = {
        {{EL2_CALL_mem_store, {2, 0x407, 5}},
         {EL2_CALL_mem_load, {2, 0x407}},
         HOST_PAGE + 512 + 7},
        {{EL2_CALL_dev_store, {BANK - 8, 1, HOST_PAGE + 3 + HOST_OFFSET, 5}},
         {EL2_CALL_dev_load, {BANK - 8, 1, HOST_PAGE + 3 + HOST_OFFSET}},
         HOST_PAGE + 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const size_t stored = memory->log_length;
        assert_int_equal(access_by(fixture, cases[i].store).access,
                         EL2_ACCESS_DONE);
        assert_int_equal(fixture->host.step_page_count, 1);
        assert_int_equal(fixture->host.step_pages[0], cases[i].pfn);
        assert_int_equal(memory->log_length, stored);
        assert_int_equal(access_by(fixture, cases[i].load).word, 5);
        assert_int_equal(physical_page_content(memory, cases[i].pfn), 5);
    }
    physical_reset(memory);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(
            physical_page_content(memory, cases[i].pfn),
            el2_platform_boot_word(&fixture->platform, cases[i].pfn));
    }
}

static void stores_that_end_nowhere(void **state)
{
    struct fixture *fixture = with_mappings(state);
    struct el2_call device = {EL2_CALL_mem_store, {0, DEVICE_PAGE, 5}};
    struct el2_call fault = {EL2_CALL_mem_store, {0, HOST_PAGE + 1, 5}};
    assert_int_equal(access_by(fixture, device).access, EL2_ACCESS_DEVICE);
    assert_int_equal(access_by(fixture, fault).access, EL2_ACCESS_FAULT);
    assert_int_equal(fixture->host.step_page_count, 0);
    assert_int_equal(fixture->host.memory.written_count, 0);
}

/* Entries that are not valid, and page 0. */
static void entries_that_fault(void **state)
{
    struct fixture *fixture = *state;
    call(fixture, (struct el2_call){EL2_CALL_npt_map,
                                    {1, 0x1000, AT(HOST_PAGE) | 2, 3}});
    call(fixture, (struct el2_call){EL2_CALL_npt_map, {1, 0x2000, 0xfff, 3}});
    call(fixture,
         (struct el2_call){EL2_CALL_npt_map, {1, 0x3000, EL2_S2_TAKEN, 3}});
    for (uint64_t gfn = 0; gfn < 4; gfn++) {
        assert_int_equal(
            access_by(fixture, (struct el2_call){EL2_CALL_mem_load, {1, gfn}})
                .access,
            EL2_ACCESS_FAULT);
    }
}

/* Tables that give out EL2's own memory: the store is made, and logged. */
static void a_store_to_own_memory(void **state)
{
    struct fixture *fixture = *state;
    const uint64_t last = EL2_END - 1;
    call(fixture,
         (struct el2_call){EL2_CALL_npt_map, {1, 0x1000, AT(last) | 3, 3}});
    const size_t stored = fixture->host.memory.log_length;
    assert_int_equal(
        access_by(fixture, (struct el2_call){EL2_CALL_mem_store, {1, 1, 5}})
            .access,
        EL2_ACCESS_DONE);
    assert_int_equal(physical_page_content(&fixture->host.memory, last), 5);
    assert_int_equal(fixture->host.memory.log_length, stored + 512);
    assert_int_equal(fixture->host.step_page_count, 0);
}

#define ON_BOARD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOARD(where_accesses_go),       ON_BOARD(stores),
        ON_BOARD(stores_that_end_nowhere), ON_BOARD(entries_that_fault),
        ON_BOARD(a_store_to_own_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
