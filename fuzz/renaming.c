#include "fuzz/renaming.h"

#include "fuzz/simplicity.h"

/* One kind stands for its class. */
static enum el2_argument_kind class_of(enum el2_argument_kind kind)
{
    return operand_names_page(kind) ? EL2_ARGUMENT_PFN : kind;
}

static uint64_t number_of(enum el2_argument_kind kind,
                          const struct operand *operand)
{
    return operand_names_page(kind) ? operand_page(kind, operand)
                                    : operand->value;
}

/* A page is the same in RAM and in the iovas for it. */
static bool is_of_base(const struct renaming *renaming, enum operand_base base)
{
    bool of_ram = base == OPERAND_RAM || base == OPERAND_DMA;
    bool from_ram = renaming->from_base == OPERAND_RAM ||
                    renaming->from_base == OPERAND_DMA;
    return base == renaming->from_base ||
           (renaming->from_base == renaming->to_base && of_ram && from_ram);
}

static void set_number(const struct renaming *renaming,
                       enum el2_argument_kind kind, struct operand *operand,
                       uint64_t number)
{
    enum operand_base base = renaming->from_base == renaming->to_base
                                 ? operand->base
                                 : renaming->to_base;
    *operand = operand_names_page(kind)
                   ? operand_with_page(kind, operand, base, number)
                   : operand_make(kind, base, number);
}

/* Whether it is one of those that are renamed. */
static bool rename_operand(const struct renaming *renaming,
                           enum el2_argument_kind kind, struct operand *operand)
{
    if (class_of(kind) != class_of(renaming->kind) ||
        !is_of_base(renaming, operand->base)) {
        return false;
    }
    uint64_t number = number_of(kind, operand);
    if (number - renaming->from < renaming->span) {
        set_number(renaming, kind, operand,
                   number - renaming->from + renaming->to);
        return true;
    }
    if (renaming->exchanges && number - renaming->to < renaming->span) {
        set_number(renaming, kind, operand,
                   number - renaming->to + renaming->from);
        return true;
    }
    return false;
}

size_t renaming_apply(const struct renaming *renaming, struct program *program)
{
    size_t renamed = 0;
    for (size_t i = 0; i < program->call_count; i++) {
        struct program_call *call = &program->calls[i];
        const struct el2_call_description *description =
            &el2_calls[call->number];
        for (uint32_t j = 0; j < description->argument_count; j++) {
            renamed += rename_operand(renaming, description->arguments[j].kind,
                                      &call->operands[j]);
        }
    }
    return renamed;
}

enum el2_argument_kind place_kind(const struct program *program,
                                  struct place place)
{
    return el2_calls[program->calls[place.call].number]
        .arguments[place.argument]
        .kind;
}

struct operand *place_operand(struct program *program, struct place place)
{
    return &program->calls[place.call].operands[place.argument];
}

bool place_next(const struct program *program, struct place *place)
{
    place->argument++;
    while (place->call < program->call_count &&
           place->argument >=
               el2_calls[program->calls[place->call].number].argument_count) {
        place->call++;
        place->argument = 0;
    }
    return place->call < program->call_count;
}

struct renaming renaming_make(enum el2_argument_kind kind,
                              const struct operand *from,
                              const struct operand *to)
{
    return (struct renaming){
        .kind = kind,
        .from_base = from->base,
        .to_base = to->base,
        .from = number_of(kind, from),
        .to = number_of(kind, to),
        .span = 1,
    };
}

bool operand_borrow(enum el2_argument_kind kind, const struct operand *operand,
                    enum el2_argument_kind lent_kind,
                    const struct operand *lender, struct operand *borrowed)
{
    if (class_of(kind) != class_of(lent_kind)) {
        return false;
    }
    uint64_t number = number_of(lent_kind, lender);
    *borrowed = operand_names_page(kind)
                    ? operand_with_page(kind, operand, lender->base, number)
                    : operand_make(kind, lender->base, number);
    return true;
}
