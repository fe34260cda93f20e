/*
 * The shim on the host: what it does for EL2 code and notes of it, and what it
 * says when EL2 does what no EL2 code may do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "impl/host/register_write.h"
#include "impl/host/shim_host.h"
#include "impl/shim.h"
#include "tests/unit/model_cases.h"

#include <stdlib.h>

#define OWN AT(EL2_PAGE)

struct fixture {
    struct el2_platform platform;
    struct shim_host host;
    struct el2 el2; /* its roots; it runs nothing */
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

static struct shim_host *host_of_test(void **state)
{
    struct fixture *fixture = *state;
    return &fixture->host;
}

static const char *fault_of(struct shim_host *host, void (*act)(void))
{
    shim_host_begin_step(host);
    shim_host_start_el2(host);
    if (setjmp(host->stopped) == 0) {
        act();
    }
    shim_host_end_el2(host);
    return shim_faults[host->fault].says;
}

/* What EL2 does wrong, and what the board says of it. */

static void load_ram(void)
{
    shim_load64(AT(HOST_PAGE));
}

static void load_below_own_memory(void)
{
    shim_load64(OWN - 8);
}

static void load_device(void)
{
    shim_load64(AT(DEVICE_PAGE));
}

static void load_unaligned(void)
{
    shim_load64(OWN + 4);
}

static void store_ram(void)
{
    shim_store64(AT(HOST_PAGE), 1);
}

static void store_past_memory(void)
{
    shim_store64(AT(EL2_END), 1);
}

static void store_nowhere(void)
{
    shim_store64(UINT64_MAX - 7, 1);
}

static void store_unaligned(void)
{
    shim_store64(AT(EL2_END) - 4, 1);
}

static void load_for_ever(void)
{
    for (;;) {
        (void)shim_load64(OWN);
    }
}

static void store_for_ever(void)
{
    for (;;) {
        shim_store64(OWN, 1);
    }
}

static void clear_own(void)
{
    shim_clear_page(OWN);
}

static void clear_device(void)
{
    shim_clear_page(AT(DEVICE_PAGE));
}

static void clear_unaligned(void)
{
    shim_clear_page(AT(HOST_PAGE) + 8);
}

static void clear_for_ever(void)
{
    for (;;) {
        shim_clear_page(AT(HOST_PAGE));
    }
}

static void encrypt_own(void)
{
    shim_encrypt_page(AT(HOST_PAGE), OWN);
}

static void encrypt_into_own(void)
{
    shim_encrypt_page(OWN, AT(HOST_PAGE));
}

static void encrypt_into_device(void)
{
    shim_encrypt_page(AT(DEVICE_PAGE), AT(HOST_PAGE));
}

static void encrypt_unaligned(void)
{
    shim_encrypt_page(AT(HOST_PAGE), AT(HOST_PAGE) + 8);
}

static void decrypt_own(void)
{
    shim_decrypt_page(OWN);
}

static void decrypt_device(void)
{
    shim_decrypt_page(AT(DEVICE_PAGE));
}

static void check_device(void)
{
    shim_image_is_signed(AT(DEVICE_PAGE));
}

static void write_no_smmu(void)
{
    shim_smmu_write32(2, 0, 0);
}

static void write_past_window(void)
{
    shim_smmu_write32(0, AT(0x20), 0);
}

static void write_unaligned(void)
{
    shim_smmu_write64(0, 4, 0);
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

static const struct {
    void (*act)(void);
    const char *says;
} cases[] = {
    {load_ram, "EL2 read outside its own memory"},
    {load_below_own_memory, "EL2 read outside its own memory"},
    {load_device, "EL2 read outside its own memory"},
    {load_unaligned, "EL2 read a word that is not aligned"},
    {store_ram, "EL2 wrote outside its own memory"},
    {store_past_memory, "EL2 wrote outside its own memory"},
    {store_nowhere, "EL2 wrote outside its own memory"},
    {store_unaligned, "EL2 wrote a word that is not aligned"},
    {clear_device, "EL2 named a page without memory"},
    {clear_unaligned, "EL2 named a page that is not aligned"},
    {encrypt_own, "EL2 gave a page of its own to the firmware"},
    {encrypt_into_own, "EL2 gave a page of its own to the firmware"},
    {encrypt_into_device, "EL2 named a page without memory"},
    {encrypt_unaligned, "EL2 named a page that is not aligned"},
    {decrypt_own, "EL2 gave a page of its own to the firmware"},
    {decrypt_device, "EL2 named a page without memory"},
    {check_device, "EL2 named a page without memory"},
    {write_no_smmu, "EL2 wrote a register that no SMMU has"},
    {write_past_window, "EL2 wrote a register that no SMMU has"},
    {write_unaligned, "EL2 wrote a register that is not aligned"},
    {lock_twice, "EL2 took a lock out of order"},
    {lock_downwards, "EL2 took a lock out of order"},
    {lock_below_two, "EL2 took a lock out of order"},
    {unlock_free, "EL2 released a lock that it does not hold"},
};

/* The list ends only after the last of them, and no two are the same. */
static void list_of_faults(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SHIM_FAULT_NONE; i++) {
        assert_non_null(shim_faults[i].name);
        assert_non_null(shim_faults[i].says);
        for (unsigned k = 0; k < i; k++) {
            assert_string_not_equal(shim_faults[i].name, shim_faults[k].name);
            assert_string_not_equal(shim_faults[i].says, shim_faults[k].says);
        }
    }
    assert_null(shim_faults[SHIM_FAULT_NONE].name);
    assert_null(shim_faults[SHIM_FAULT_NONE].says);
}

static void faults(void **state)
{
    struct shim_host *host = host_of_test(state);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *fault = fault_of(host, cases[i].act);
        assert_non_null(fault);
        assert_string_equal(fault, cases[i].says);
        assert_int_equal(host->step_page_count, 0);
        assert_int_equal(host->smmu_writes, 0);
    }
    assert_int_equal(host->memory.log_length, 0);
    assert_int_equal(host->memory.written_count, 0);
}

/* Code that does not end is stopped before the harness' lists overflow. */
static void code_without_end(void **state)
{
    struct shim_host *host = host_of_test(state);
    assert_string_equal(fault_of(host, load_for_ever),
                        "EL2 read more words than a call may");
    assert_string_equal(fault_of(host, store_for_ever),
                        "EL2 stored more words than a call may");
    assert_string_equal(fault_of(host, clear_own),
                        "EL2 stored more words than a call may");
    assert_true(host->memory.log_length <= host->memory.log_limit);
    assert_string_equal(fault_of(host, clear_for_ever),
                        "EL2 wrote more pages than a call may");
    assert_int_equal(host->step_page_count, EL2_CALL_PAGES_MAX);
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
    struct shim_host *host = host_of_test(state);
    assert_null(fault_of(host, lock_in_order));
    assert_int_equal(host->held, 0);
    assert_null(fault_of(host, lock_and_panic));
    assert_string_equal(host->panic, "on purpose");
    assert_int_equal(host->held, HELD_PAGE);
    shim_host_begin_step(host);
    assert_int_equal(host->held, 0);
    assert_null(host->panic);
}

static void do_what_is_allowed(void)
{
    shim_store64(OWN, 5);
    shim_store64(AT(EL2_END) - 8, shim_load64(OWN) + 1);
    shim_clear_page(OWN + EL2_PAGE_SIZE);
    shim_clear_page(AT(HOST_PAGE));
    shim_encrypt_page(AT(HOST_PAGE + 4), AT(HOST_PAGE));
    shim_decrypt_page(AT(HOST_PAGE + 5));
}

/* The host's pages that a step wrote, EL2's own left out. */
static void pages_of_a_step(void **state)
{
    struct shim_host *host = host_of_test(state);
    const struct physical *memory = &host->memory;
    assert_null(fault_of(host, do_what_is_allowed));
    assert_int_equal(physical_load(memory, AT(EL2_END) - 8), 6);
    assert_int_equal(host->step_page_count, 3);
    assert_int_equal(host->step_pages[0], HOST_PAGE);
    assert_int_equal(host->step_pages[1], HOST_PAGE + 4);
    assert_int_equal(host->step_pages[2], HOST_PAGE + 5);
    assert_int_equal(physical_page_content(memory, HOST_PAGE), 0);
    assert_int_equal(physical_page_content(memory, HOST_PAGE + 4),
                     el2_platform_encrypt(0));
    assert_int_equal(physical_page_content(memory, HOST_PAGE + 5),
                     el2_platform_decrypt(el2_platform_boot_word(
                         memory->platform, HOST_PAGE + 5)));
    shim_host_begin_step(host);
    assert_int_equal(host->step_page_count, 0);
}

static void signatures(void **state)
{
    struct shim_host *host = host_of_test(state);
    assert_true(shim_image_is_signed(AT(HOST_PAGE)));
    physical_fill_page(&host->memory, AT(HOST_PAGE), EL2_BAD_SIGNATURE);
    assert_false(shim_image_is_signed(AT(HOST_PAGE)));
    assert_true(shim_image_is_signed(AT(HOST_PAGE + 1)));
    assert_int_equal(host->step_page_count, 0);
}

/* Register writes. */

static void writes_are_noted(void **state)
{
    struct shim_host *host = host_of_test(state);
    shim_smmu_write32(0, 4, 0x12345678);
    assert_int_equal(host->smmu_writes, 1);
    assert_int_equal(host->smmu_write.smmu, 0);
    assert_int_equal(host->smmu_write.offset, 4);
    assert_int_equal(host->smmu_write.size, 4);
    assert_int_equal(host->smmu_write.value, 0x12345678);
    shim_smmu_write64(1, AT(0x20) - 8, UINT64_MAX);
    assert_int_equal(host->smmu_writes, 2);
    assert_int_equal(host->smmu_write.smmu, 1);
    assert_int_equal(host->smmu_write.offset, AT(0x20) - 8);
    assert_int_equal(host->smmu_write.size, 8);
    assert_int_equal(host->smmu_write.value, UINT64_MAX);
}

static struct el2_call write_call(uint64_t smmu, uint64_t offset, uint64_t size)
{
    return (struct el2_call){EL2_CALL_smmu_write, {smmu, offset, size, 0}};
}

/* Once, where and as wide as it was asked for; or not at all. */
static void writes_as_asked(void **state)
{
    struct shim_host *host = host_of_test(state);
    const struct el2_call asked = write_call(1, 8, 4);
    const struct el2_call read = {EL2_CALL_smmu_read, {1, 8, 4}};
    const struct el2_call others[] = {
        write_call(0, 8, 4),
        write_call(1, 4, 4),
        write_call(1, 8, 8),
    };
    assert_false(register_write_as_asked(host, &asked));
    assert_true(register_write_as_asked(host, &read));
    shim_smmu_write32(1, 8, 0);
    assert_true(register_write_as_asked(host, &asked));
    assert_false(register_write_as_asked(host, &read));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(register_write_as_asked(host, &others[i]));
    }
    shim_smmu_write32(1, 8, 0);
    assert_false(register_write_as_asked(host, &asked)); /* twice */
    shim_host_begin_step(host);
    host->panic = "on purpose";
    assert_true(register_write_as_asked(host, &asked));
    shim_smmu_write32(1, 8, 0);
    assert_false(register_write_as_asked(host, &asked));
}

/* The second SMMU of the board has four banks. */
static void roots_have_names(void **state)
{
    struct fixture *fixture = *state;
    struct shim_host *host = &fixture->host;
    const uint64_t root = el2_spt_root(&fixture->el2, 8 + 3);
    const uint64_t no_root = el2_spt_root(&fixture->el2, 8 + 4);
    const uint64_t name = 0x10000 + (8 + 3) * 0x2000;
    const uint64_t bank = 0x8000 + 3 * 0x1000;
    const struct {
        uint64_t offset;
        uint32_t size;
        uint64_t value;
        uint64_t says;
    } writes[] = {
        {bank + 0x20, 8, root, name},
        {bank + 0x20, 4, root, name},
        {bank + 0x24, 4, root >> 32, 0},
        {bank + 0x20, 8, root + 8, root + 8},
        {bank + 0x20, 8, root | UINT64_C(1) << 32, root | UINT64_C(1) << 32},
        {bank + 0x24, 4, 1, 1},
        {bank + 0x28, 8, root, root}, /* another register */
        {bank - 0x1000 + 0x20, 8, root, root},
        {bank + 0x1000 + 0x20, 8, no_root, no_root}, /* no bank */
        {0x20, 8, root, root},
    };
    assert_int_equal(root >> 32, 0); /* of this board */
    for (size_t i = 0; i < sizeof writes / sizeof writes[0]; i++) {
        host->smmu_write = (struct shim_register_write){
            1, writes[i].size, writes[i].offset, writes[i].value};
        assert_int_equal(register_write_value(host, &fixture->el2),
                         writes[i].says);
    }
}

#define ON_BOARD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOARD(faults),           cmocka_unit_test(list_of_faults),
        ON_BOARD(code_without_end), ON_BOARD(locks),
        ON_BOARD(pages_of_a_step),  ON_BOARD(signatures),
        ON_BOARD(writes_are_noted), ON_BOARD(writes_as_asked),
        ON_BOARD(roots_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
