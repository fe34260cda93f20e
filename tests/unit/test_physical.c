/* Physical memory on the host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "impl/host/physical.h"
#include "tests/unit/model_cases.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define OWN AT(EL2_PAGE)

struct fixture {
    struct el2_platform platform;
    struct physical memory;
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
    return physical_create(&fixture->memory, &fixture->platform, &why) ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    physical_destroy(&fixture->memory);
    free(fixture);
    return 0;
}

static struct physical *memory_of_test(void **state)
{
    struct fixture *fixture = *state;
    return &fixture->memory;
}

static uint64_t word_at_boot(const struct physical *memory, uint64_t pfn)
{
    return el2_platform_boot_word(memory->platform, pfn);
}

/* RAM holds the pattern of boot, EL2's own memory zero. */
static void boot_content(void **state)
{
    struct physical *memory = memory_of_test(state);
    for (uint64_t pfn = HOST_PAGE; pfn < HOST_PAGE + 3; pfn++) {
        assert_int_equal(physical_page_content(memory, pfn),
                         word_at_boot(memory, pfn));
        assert_int_equal(physical_load_anywhere(memory, AT(pfn) + 0xff8),
                         word_at_boot(memory, pfn));
    }
    assert_int_not_equal(word_at_boot(memory, HOST_PAGE),
                         word_at_boot(memory, HOST_PAGE + 1));
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
    const uint64_t boot = word_at_boot(memory, HOST_PAGE);
    physical_store_anywhere(memory, AT(HOST_PAGE) + 8, 7);
    assert_int_equal(physical_load_anywhere(memory, AT(HOST_PAGE) + 8), 7);
    assert_int_equal(physical_load_anywhere(memory, AT(HOST_PAGE)), boot);
    assert_int_equal(physical_load_anywhere(memory, AT(HOST_PAGE) + 0xff8),
                     boot);
    assert_int_equal(physical_page_content(memory, HOST_PAGE + 1),
                     word_at_boot(memory, HOST_PAGE + 1));
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

static void filled_pages(void **state)
{
    struct physical *memory = memory_of_test(state);
    physical_store_anywhere(memory, AT(HOST_PAGE), 7);
    physical_fill_page(memory, AT(HOST_PAGE), 0);
    assert_int_equal(physical_page_content(memory, HOST_PAGE), 0);
    assert_int_equal(physical_load_anywhere(memory, AT(HOST_PAGE) + 0xff8), 0);
    physical_fill_page(memory, AT(HOST_PAGE + 1), 9); /* never written */
    assert_int_equal(physical_page_content(memory, HOST_PAGE + 1), 9);
    assert_int_equal(physical_page_content(memory, HOST_PAGE + 2),
                     word_at_boot(memory, HOST_PAGE + 2));
    assert_int_equal(memory->written_count, 2);
    assert_int_equal(memory->log_length, 0);
}

/* Of EL2's own pages only what changes is stored. */
static void filled_own_pages(void **state)
{
    struct physical *memory = memory_of_test(state);
    physical_store(memory, OWN, 1);
    physical_store(memory, OWN + 0xff8, 2);
    physical_store(memory, OWN + EL2_PAGE_SIZE, 3);
    physical_fill_page(memory, OWN, 0);
    assert_int_equal(memory->log_length, 5);
    physical_store(memory, OWN + 0xff8, 2); /* only the last word differs */
    physical_fill_page(memory, OWN, 0);
    assert_int_equal(memory->log_length, 7);
    physical_fill_page(memory, OWN, 0);
    assert_int_equal(memory->log_length, 7);
    assert_int_equal(memory->written_count, 0);
    assert_int_equal(physical_page_content(memory, EL2_PAGE), 0);
    assert_int_equal(physical_load(memory, OWN + EL2_PAGE_SIZE), 3);
}

static void ciphered_pages(void **state)
{
    struct physical *memory = memory_of_test(state);
    const uint64_t boot = word_at_boot(memory, HOST_PAGE);
    /* From a page that nobody wrote, word by word. */
    physical_encrypt_page(memory, AT(HOST_PAGE + 1), AT(HOST_PAGE));
    assert_int_equal(physical_page_content(memory, HOST_PAGE), boot);
    assert_int_equal(physical_page_content(memory, HOST_PAGE + 1),
                     el2_platform_encrypt(boot));
    physical_decrypt_page(memory, AT(HOST_PAGE + 1));
    assert_int_equal(physical_page_content(memory, HOST_PAGE + 1), boot);
    physical_decrypt_page(memory, AT(HOST_PAGE + 2)); /* never written */
    assert_int_equal(physical_page_content(memory, HOST_PAGE + 2),
                     el2_platform_decrypt(word_at_boot(memory, HOST_PAGE + 2)));
    physical_store_anywhere(memory, AT(HOST_PAGE) + 8, 5);
    physical_encrypt_page(memory, AT(HOST_PAGE + 1), AT(HOST_PAGE));
    assert_int_equal(physical_load_anywhere(memory, AT(HOST_PAGE + 1)),
                     el2_platform_encrypt(boot));
    assert_int_equal(physical_load_anywhere(memory, AT(HOST_PAGE + 1) + 8),
                     el2_platform_encrypt(5));
}

/* Back to boot, whatever was written and however often. */
static void reset(void **state)
{
    struct physical *memory = memory_of_test(state);
    for (int round = 0; round < 3; round++) {
        physical_store(memory, OWN + 16, 5);
        physical_store(memory, OWN + 16, 6);
        physical_store_anywhere(memory, AT(HOST_PAGE) + 8, 7);
        physical_fill_page(memory, AT(HOST_PAGE + 1), 0);
        physical_decrypt_page(memory, AT(HOST_PAGE));
        physical_store_anywhere(memory, AT(HOST_PAGE + 1), 8);
        physical_fill_page(memory, OWN, 4);
        physical_reset(memory);
        assert_int_equal(physical_load(memory, OWN + 16), 0);
        for (uint64_t pfn = HOST_PAGE; pfn < HOST_PAGE + 2; pfn++) {
            assert_int_equal(physical_page_content(memory, pfn),
                             word_at_boot(memory, pfn));
        }
        assert_int_equal(memory->log_length, 0);
        assert_int_equal(memory->written_count, 0);
    }
    /* The page's bytes are again those of boot, not of the round before. */
    physical_store_anywhere(memory, AT(HOST_PAGE + 1), 9);
    assert_int_equal(physical_load_anywhere(memory, AT(HOST_PAGE + 1) + 8),
                     word_at_boot(memory, HOST_PAGE + 1));
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

/* For some calls of the longest kind; a store more than fits is seen. */
static void room(void **state)
{
    struct physical *memory = memory_of_test(state);
    const size_t rooms = physical_room(memory);
    assert_in_range(rooms, 8, 1000);
    while (physical_room(memory) > 0) {
        assert_true(physical_can_log(memory));
        physical_store(memory, OWN, memory->log_length);
    }
    assert_in_range(memory->log_length, 1000, 1u << 24);
    while (physical_can_log(memory)) {
        physical_store(memory, OWN, memory->log_length);
    }
    assert_true(memory->log_length <= memory->log_limit);
    physical_reset(memory);
    assert_int_equal(physical_room(memory), rooms);
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
    physical_fill_page(&memory, AT(UINT64_C(0x100000)), 0);
    assert_int_equal(physical_page_content(&memory, last - 1),
                     el2_platform_boot_word(&platform, last - 1));
    assert_int_equal(physical_load_anywhere(&memory, AT(last)), 1);
    long cost = resident_pages() - before;
    /* The tables of a sanitizer count too. */
    assert_in_range(cost, 0, (64 << 20) / sysconf(_SC_PAGESIZE));
    physical_destroy(&memory);
}

/* Whether the host's MMU stops a load and a store at this host address. */
static bool is_stopped(void *address)
{
    pid_t child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        volatile uint64_t *word = address;
        *word = *word;
        _exit(0);
    }
    int status = 0;
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}

/* Where EL2's loads and stores go there is nothing else, and it is nowhere
 * else. */
static void only_own_memory_is_open(void **state)
{
    struct physical *memory = memory_of_test(state);
    static const uint64_t others[] = {0, HOST_PAGE, HOST_PAGE + 1, DEVICE_PAGE,
                                      EL2_PAGE - 1};
    physical_fill_page(memory, AT(HOST_PAGE), 1);
    assert_false(is_stopped(physical_word(memory, OWN)));
    assert_false(is_stopped(physical_word(memory, AT(EL2_END) - 8)));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_true(
            is_stopped(memory->own_arena + (AT(others[i]) - memory->base)));
    }
    assert_false(is_stopped(memory->ram + (AT(HOST_PAGE) - memory->base)));
    assert_true(is_stopped(memory->ram + (AT(DEVICE_PAGE) - memory->base)));
    assert_true(is_stopped(memory->ram + (OWN - memory->base)));
    assert_true(is_stopped(memory->ram + (AT(EL2_END) - 8 - memory->base)));
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
        WITH_MEMORY(filled_pages),
        WITH_MEMORY(filled_own_pages),
        WITH_MEMORY(ciphered_pages),
        WITH_MEMORY(reset),
        WITH_MEMORY(content),
        WITH_MEMORY(room),
        cmocka_unit_test(large_board),
        WITH_MEMORY(only_own_memory_is_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
