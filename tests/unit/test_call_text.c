/* What is said of the calls: for each of them, and true of the model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/call_kinds.h"
#include "fuzz/call_text.h"
#include "tests/unit/random_calls.h"

/* Random programs: long ones, or there would be neither a full window for
 * images nor a last vmid. */
#define PROGRAMS         1000
#define CALLS_OF_PROGRAM 400

static bool says_something(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static bool is_sentence(const char *text)
{
    return says_something(text) && text[strlen(text) - 1] == '.';
}

/* A call has a text, and no text has no call. */
static void every_call(void **state)
{
    (void)state;
    for (uint32_t n = 0; n < EL2_CALL_NUMBER_LIMIT; n++) {
        const struct call_text *text = &call_texts[n];
        if (el2_calls[n].name == NULL) {
            assert_null(text->says);
            continue;
        }
        if (!is_sentence(text->says)) {
            fail_msg("%s has no text", el2_calls[n].name);
        }
        if ((text->gives != NULL) !=
            (el2_calls[n].result != EL2_RESULT_NOTHING)) {
            fail_msg("%s: the result is not told", el2_calls[n].name);
        }
    }
}

static void every_kind_and_issuer(void **state)
{
    (void)state;
    for (unsigned k = 0; k < EL2_ARGUMENT_KIND_COUNT; k++) {
        assert_true(says_something(call_kind_name((enum el2_argument_kind)k)));
        assert_true(says_something(call_kind_says((enum el2_argument_kind)k)));
    }
    for (unsigned i = 0; i < CALL_ISSUER_COUNT; i++) {
        assert_true(says_something(call_issuer_texts[i].heading));
        assert_true(is_sentence(call_issuer_texts[i].who));
    }
}

static bool names(const struct call_text *text, enum el2_outcome panic)
{
    for (uint32_t i = 0; i < call_panic_count(text); i++) {
        if (text->panics[i].outcome == panic) {
            return true;
        }
    }
    return false;
}

/* A call names only panics, each once and with a reason, and none after the
 * first that is missing. */
static void only_panics(void **state)
{
    (void)state;
    for (uint32_t n = 0; n < EL2_CALL_NUMBER_LIMIT; n++) {
        const struct call_text *text = &call_texts[n];
        uint32_t count = call_panic_count(text);
        for (uint32_t i = 0; i < CALL_PANIC_LIMIT; i++) {
            const struct call_panic *panic = &text->panics[i];
            assert_int_equal(i < count, says_something(panic->when));
            assert_int_equal(i < count, el2_outcome_is_panic(panic->outcome));
            assert_int_not_equal(panic->outcome, EL2_OUTCOME_PANIC_UNNAMED);
            for (uint32_t k = 0; k < i && i < count; k++) {
                assert_int_not_equal(panic->outcome, text->panics[k].outcome);
            }
        }
    }
}

static void every_panic(void **state)
{
    (void)state;
    for (unsigned o = EL2_OUTCOME_PANIC_UNNAMED + 1; o < EL2_OUTCOME_COUNT;
         o++) {
        bool named = false;
        for (uint32_t n = 0; n < EL2_CALL_NUMBER_LIMIT && !named; n++) {
            named = names(&call_texts[n], (enum el2_outcome)o);
        }
        if (!named) {
            fail_msg("no call names %s", el2_outcome_name((enum el2_outcome)o));
        }
    }
}

/* Any hypercall of the host with an argument checks it first. */
static void every_argument(void **state)
{
    (void)state;
    for (uint32_t n = 0; n < EL2_CALL_NUMBER_LIMIT; n++) {
        if (el2_calls[n].name != NULL &&
            el2_calls[n].issuer == EL2_ISSUER_HOST &&
            el2_calls[n].argument_count > 0) {
            assert_int_equal(call_texts[n].panics[0].outcome,
                             EL2_OUTCOME_PANIC_ARGUMENT);
        }
    }
}

/* Like random_argument(), but also what no call can mean, and registers. */
static uint64_t any_argument(uint64_t *seed, enum el2_argument_kind kind)
{
    static const uint64_t offsets[] = {0, 8, 0x1000, 0x1004, 0x8020, 0x8034, 2};
    if (one_in(seed, 64)) {
        return UINT64_MAX >> draw(seed) % 40;
    }
    switch (kind) {
    case EL2_ARGUMENT_BANK:
        return draw(seed) % (one_in(seed, 4) ? 8 : 2);
    case EL2_ARGUMENT_LENGTH:
        return one_in(seed, 8) ? AT(0x1fff) : AT(draw(seed) % 3);
    case EL2_ARGUMENT_VALUE:
        return one_in(seed, 2) ? EL2_BAD_SIGNATURE : draw(seed);
    case EL2_ARGUMENT_OFFSET:
        return offsets[draw(seed) % (sizeof offsets / sizeof offsets[0])];
    default:
        return random_argument(seed, kind);
    }
}

/* Few calls that end a VM's youth, or it would never have any. */
static bool is_rare(uint32_t number)
{
    return number == EL2_CALL_vm_poweroff || number == EL2_CALL_verify_vm_image;
}

static struct el2_call any_call(uint64_t *seed, enum el2_run run)
{
    struct el2_call call = {0};
    do {
        call.number = (uint32_t)(draw(seed) % EL2_CALL_NUMBER_LIMIT);
    } while (el2_calls[call.number].name == NULL ||
             (el2_calls[call.number].issuer == EL2_ISSUER_TABLES) !=
                 (run == EL2_RUN_TABLES) ||
             (is_rare(call.number) && !one_in(seed, 4)));
    for (uint32_t i = 0; i < el2_calls[call.number].argument_count; i++) {
        call.arguments[i] =
            any_argument(seed, el2_calls[call.number].arguments[i].kind);
    }
    return call;
}

/* One call, if the model admits it; false when it panics otherwise than its
 * text tells. The program goes on as if a panic had not been. */
static bool panics_as_told(struct el2_machine *model, enum el2_run run,
                           const struct el2_call *call, uint64_t *met)
{
    if (!model->operations->admits(model, run, call)) {
        return true;
    }
    size_t position = model->operations->position(model);
    struct el2_step step = step_of(model, *call);
    if (!step.panicked) {
        return true;
    }
    *met |= UINT64_C(1) << (step.outcome - EL2_OUTCOME_PANIC_UNNAMED);
    model->operations->rewind(model, position);
    if (!names(&call_texts[call->number], step.outcome)) {
        print_error("%s ends with %s\n", el2_calls[call->number].name,
                    el2_outcome_name(step.outcome));
        return false;
    }
    return true;
}

static void random_programs(struct el2_machine *model, enum el2_run run,
                            uint64_t *met)
{
    uint64_t seed = 1;
    for (int i = 0; i < PROGRAMS; i++) {
        model->operations->reset(model);
        for (int k = 0; k < CALLS_OF_PROGRAM; k++) {
            struct el2_call call = any_call(&seed, run);
            assert_true(panics_as_told(model, run, &call, met));
        }
    }
}

/* Chance hardly leaves a whole block to an image. */
static void badly_signed_image(struct el2_machine *model, uint64_t *met)
{
    static const struct el2_call calls[] = {
        {EL2_CALL_map_page_host, {AT(HOST_PAGE)}},
        {EL2_CALL_mem_store, {0, HOST_PAGE, EL2_BAD_SIGNATURE}},
        {EL2_CALL_register_kvm, {0}},
        {EL2_CALL_set_boot_info, {1, AT(HOST_PAGE), 1}},
        {EL2_CALL_remap_vm_image, {1, HOST_PAGE, 0}},
        {EL2_CALL_verify_vm_image, {1}},
    };
    model->operations->reset(model);
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        assert_true(panics_as_told(model, EL2_RUN_CONTRACTS, &calls[i], met));
    }
}

/* No call panics but as its text tells, and every panic is met. */
static void model_panics(void **state)
{
    (void)state;
    struct el2_platform platform = board();
    const char *why = NULL;
    struct el2_machine *model =
        el2_create_model(&platform, el2_oracle_bytes, &why);
    assert_non_null(model);
    uint64_t met = 0;
    random_programs(model, EL2_RUN_CONTRACTS, &met);
    random_programs(model, EL2_RUN_TABLES, &met);
    badly_signed_image(model, &met);
    for (unsigned o = EL2_OUTCOME_PANIC_UNNAMED + 1; o < EL2_OUTCOME_COUNT;
         o++) {
        if ((met & UINT64_C(1) << (o - EL2_OUTCOME_PANIC_UNNAMED)) == 0) {
            fail_msg("never met: %s", el2_outcome_name((enum el2_outcome)o));
        }
    }
    model->operations->destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call),
        cmocka_unit_test(every_kind_and_issuer),
        cmocka_unit_test(only_panics),
        cmocka_unit_test(every_panic),
        cmocka_unit_test(every_argument),
        cmocka_unit_test(model_panics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
