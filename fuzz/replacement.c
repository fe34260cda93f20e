#include "fuzz/replacement.h"

#include "fuzz/renaming.h"
#include "fuzz/simplicity.h"

/* What an argument is when the program has no value for it. */
static struct operand usual_operand(enum el2_argument_kind kind)
{
    switch (kind) {
    case EL2_ARGUMENT_VMID:
    case EL2_ARGUMENT_PAGES:
        return operand_make(kind, OPERAND_NUMBER, 1);
    case EL2_ARGUMENT_PFN:
    case EL2_ARGUMENT_PHYSICAL:
        return operand_make(kind, OPERAND_RAM, 0);
    case EL2_ARGUMENT_DESCRIPTOR:
        return operand_make(kind, OPERAND_RAM, EL2_DESCRIPTOR_PAGE);
    case EL2_ARGUMENT_LEVEL:
        return operand_make(kind, OPERAND_NUMBER, 3);
    case EL2_ARGUMENT_SIZE:
    case EL2_ARGUMENT_LENGTH:
        return operand_make(kind, OPERAND_NUMBER, EL2_PAGE_SIZE);
    case EL2_ARGUMENT_WIDTH:
        return operand_make(kind, OPERAND_NUMBER, 4);
    default:
        return operand_make(kind, OPERAND_NUMBER, 0);
    }
}

static void add_value(struct replacement *replacement, uint32_t argument,
                      struct operand operand)
{
    size_t *count = &replacement->counts[argument];
    struct operand *values = replacement->values[argument];
    for (size_t i = 0; i < *count; i++) {
        if (values[i].base == operand.base &&
            values[i].value == operand.value) {
            return;
        }
    }
    if (*count < REPLACEMENT_VALUE_LIMIT) {
        values[(*count)++] = operand;
    }
}

/* Guest pages from guest pages, and physical ones from physical ones. */
static void add_values(struct replacement *replacement,
                       const struct program *program, uint32_t argument,
                       enum el2_argument_kind kind)
{
    struct operand usual = usual_operand(kind);
    struct place lender = PLACE_BEFORE_FIRST;
    while (place_next(program, &lender)) {
        enum el2_argument_kind lent = place_kind(program, lender);
        struct operand operand;
        if (operand_is_of_guest(kind) == operand_is_of_guest(lent) &&
            operand_borrow(
                kind, &usual, lent,
                &program->calls[lender.call].operands[lender.argument],
                &operand)) {
            add_value(replacement, argument, operand);
        }
    }
    if (replacement->counts[argument] == 0 || kind == EL2_ARGUMENT_LEVEL) {
        add_value(replacement, argument, usual);
    }
    if (kind == EL2_ARGUMENT_LEVEL) {
        add_value(replacement, argument, operand_make(kind, OPERAND_NUMBER, 2));
    }
}

void replacement_begin(struct replacement *replacement,
                       const struct program *program, uint32_t number)
{
    const struct el2_call_description *description = &el2_calls[number];
    *replacement = (struct replacement){.call = {.number = number}};
    for (uint32_t i = 0; i < description->argument_count; i++) {
        add_values(replacement, program, i, description->arguments[i].kind);
        replacement->call.operands[i] = replacement->values[i][0];
    }
}

bool replacement_next(struct replacement *replacement)
{
    uint32_t arguments = el2_calls[replacement->call.number].argument_count;
    for (uint32_t i = 0; i < arguments; i++) {
        size_t *chosen = &replacement->chosen[i];
        bool carries = ++*chosen == replacement->counts[i];
        *chosen = carries ? 0 : *chosen;
        replacement->call.operands[i] = replacement->values[i][*chosen];
        if (!carries) {
            return true;
        }
    }
    return false;
}
