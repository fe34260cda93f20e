/* Earlier calls that are changed by what they do to later ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "devicetree/known.h"
#include "fuzz/interplay.h"

#include <string.h>

#define ROUNDS 400

static struct guide guide;
static struct mutator mutator;
static struct program program;

static int set_up(void **state)
{
    struct el2_platform platform;
    char why[DEVICETREE_WHY_SIZE];
    const char *reason;
    (void)state;
    assert_true(
        platform_load(KNOWN_PLATFORM_DEFAULT, &platform, why, sizeof why));
    assert_true(guide_create(&guide, &platform, &reason));
    mutator_create(&mutator, mutator_weight_even);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    guide_destroy(&guide);
    return 0;
}

static struct draft begin(const char *text, uint32_t seed)
{
    struct program_error error;
    assert_true(program_parse(text, strlen(text), &program, &error));
    return (struct draft){
        .program = &program,
        .mutator = &mutator,
        .guide = &guide,
        .platform = &guide.platform,
        .random = random_from(seed),
    };
}

/* How the program's call ends, and how much it changes. */
static struct guide_ending ending_at(size_t call, size_t *changed)
{
    struct guide_ending ending = {.verdict = GUIDE_SKIPPED};
    guide_begin(&guide);
    for (size_t i = 0; i <= call; i++) {
        ending = guide_make(&guide, program.run, &program.calls[i]);
        *changed = guide.changed;
    }
    return ending;
}

static const char shared[] = "el2diff program 1\n"
                             "register_kvm\n"
                             "assign_pfn_to_vm vm=1 gfn=0x100 pfn=ram+0x10\n"
                             "grant_vm_page vm=1 pfn=ram+0x10\n";

static bool same_calls(const struct program_call *a,
                       const struct program_call *b, size_t count)
{
    return memcmp(a, b, count * sizeof *a) == 0;
}

/* Whether the program is the one before with so many calls put in there, as
 * far as it goes. */
static bool is_with(const struct program *before, size_t at, size_t count)
{
    if (at + count >= program.call_count) {
        return false;
    }
    size_t rest = program.call_count - at - count;
    return rest <= before->call_count - at &&
           same_calls(program.calls, before->calls, at) &&
           same_calls(&program.calls[at + count], &before->calls[at], rest);
}

/* Where calls were put in, one after them ends otherwise than before. */
static bool ends_otherwise(const struct program *before,
                           const struct guide_ending *endings)
{
    size_t changed;
    for (size_t at = 0; at < before->call_count; at++) {
        for (size_t count = 1; count <= 2; count++) {
            if (is_with(before, at, count)) {
                for (size_t i = at; i + count < program.call_count; i++) {
                    struct guide_ending after = ending_at(i + count, &changed);
                    if (!guide_same_ending(&after, &endings[i])) {
                        return true;
                    }
                }
            }
        }
    }
    return false;
}

static void disturbed_calls_end_otherwise(void **state)
{
    static struct program before;
    (void)state;
    unsigned disturbed = 0;
    for (uint32_t seed = 0; seed < ROUNDS; seed++) {
        struct draft draft = begin(shared, seed);
        struct guide_ending endings[3];
        size_t changed;
        before = program;
        for (size_t i = 0; i < 3; i++) {
            endings[i] = ending_at(i, &changed);
        }
        interplay_disturb(&draft);
        if (program.call_count != before.call_count ||
            !same_calls(program.calls, before.calls, 3)) {
            disturbed++;
            assert_true(ends_otherwise(&before, endings));
        }
    }
    /* Most calls that are tried have nothing to do with these three. */
    assert_in_range(disturbed, 4, ROUNDS);
}

/* Calls are put in too that the one right after them does not notice. */
static void disturbs_from_further_away(void **state)
{
    static const char text[] = "el2diff program 1\n"
                               "register_kvm\n"
                               "host_fault addr=ram+0x5000\n"
                               "register_vcpu vm=1 vcpu=0\n";
    static struct program before;
    (void)state;
    unsigned further = 0;
    for (uint32_t seed = 0; seed < ROUNDS; seed++) {
        struct draft draft = begin(text, seed);
        size_t changed;
        before = program;
        struct guide_ending next = ending_at(1, &changed);
        interplay_disturb(&draft);
        for (size_t count = 1; count <= 2; count++) {
            if (is_with(&before, 1, count)) {
                struct guide_ending after = ending_at(1 + count, &changed);
                further += guide_same_ending(&next, &after);
            }
        }
    }
    assert_in_range(further, 1, ROUNDS);
}

static uint64_t magnitude(uint64_t value)
{
    uint64_t bits = 0;
    for (; value > 0; value >>= 1) {
        bits++;
    }
    return bits;
}

/* The program with an operand further by so much: whether a call from that one
 * on ends otherwise, or changes far more or less. */
static bool differs_beside(size_t call, uint32_t argument, uint64_t distance)
{
    struct program_call *bent = &program.calls[call];
    const struct program_call kept = *bent;
    struct operand *operand = &bent->operands[argument];
    bool differs = false;
    for (size_t i = call; i < program.call_count && !differs; i++) {
        size_t here;
        size_t there;
        struct guide_ending ending = ending_at(i, &here);
        *operand =
            operand_make(el2_calls[bent->number].arguments[argument].kind,
                         operand->base, operand->value + distance);
        struct guide_ending beside = ending_at(i, &there);
        differs = !guide_same_ending(&ending, &beside) ||
                  magnitude(here) != magnitude(there);
        *bent = kept;
    }
    return differs;
}

/* The operand that changed; false when none has. Only one may. */
static bool find_bent(const struct program *before, size_t *call,
                      uint32_t *argument)
{
    unsigned found = 0;
    for (size_t i = 0; i < program.call_count; i++) {
        uint32_t count = el2_calls[before->calls[i].number].argument_count;
        for (uint32_t k = 0; k < count; k++) {
            if (program.calls[i].operands[k].value !=
                before->calls[i].operands[k].value) {
                *call = i;
                *argument = k;
                found++;
            }
        }
    }
    assert_in_range(found, 0, 1);
    return found == 1;
}

static void bent_operands_are_at_an_edge(void **state)
{
    static struct program before;
    (void)state;
    unsigned bent = 0;
    for (uint32_t seed = 0; seed < ROUNDS; seed++) {
        struct draft draft =
            begin("el2diff program 1\n"
                  "register_kvm\n"
                  "set_boot_info vm=1 load_addr=0x40000000 size=0x2000\n"
                  "remap_vm_image vm=1 pfn=ram+0x10 i=0\n"
                  "verify_vm_image vm=1\n",
                  seed);
        size_t call;
        uint32_t argument;
        before = program;
        interplay_bend(&draft);
        assert_in_range(program.call_count - guide_follow(&guide, &program), 0,
                        1);
        if (find_bent(&before, &call, &argument)) {
            bent++;
            assert_true(differs_beside(call, argument, 1) ||
                        differs_beside(call, argument, UINT64_MAX));
        }
    }
    assert_in_range(bent, ROUNDS / 4, ROUNDS);
}

#define WITH_GUIDE(test)                                                       \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_GUIDE(disturbed_calls_end_otherwise),
        WITH_GUIDE(disturbs_from_further_away),
        WITH_GUIDE(bent_operands_are_at_an_edge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
