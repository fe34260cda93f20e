/* Programs as canonical text (docs/programs.md). */
#include "fuzz/program.h"

#include <inttypes.h>
#include <stdarg.h>

static const char *const base_names[] = {
    [OPERAND_NUMBER] = "",
    [OPERAND_RAM] = "ram",
    [OPERAND_EL2] = "el2",
    [OPERAND_DMA] = "dma",
};

/* Text that is being printed: what no longer fits is only counted. */
struct printer {
    char *text;
    size_t capacity;
    size_t length;
};

__attribute__((format(printf, 2, 3))) static void print(struct printer *printer,
                                                        const char *format, ...)
{
    size_t left = printer->length < printer->capacity
                      ? printer->capacity - printer->length
                      : 0;
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(left == 0 ? NULL : printer->text + printer->length,
                           left, format, arguments);
    va_end(arguments);
    printer->length += length < 0 ? 0 : (size_t)length;
}

static void print_number(struct printer *printer, enum operand_base base,
                         uint64_t value)
{
    print(printer, "%s%s0x%" PRIx64, base_names[base],
          base == OPERAND_NUMBER ? "" : "+", value);
}

/* Address and attributes apart, as in ram+0x10000|0x7ff. */
static void print_descriptor(struct printer *printer,
                             const struct operand *operand)
{
    uint64_t address = operand->value & EL2_DESCRIPTOR_ADDRESS;
    uint64_t attributes = operand->value & ~EL2_DESCRIPTOR_ADDRESS;
    bool has_address = operand->base != OPERAND_NUMBER || address != 0;

    if (has_address || attributes == 0) {
        print_number(printer, operand->base, address);
    }
    if (has_address && attributes != 0) {
        print(printer, "|");
    }
    if (attributes != 0) {
        print_number(printer, OPERAND_NUMBER, attributes);
    }
}

static void print_operand(struct printer *printer, enum el2_argument_kind kind,
                          const struct operand *operand)
{
    switch (kind) {
    case EL2_ARGUMENT_VMID:
    case EL2_ARGUMENT_LEVEL:
    case EL2_ARGUMENT_PAGES:
    case EL2_ARGUMENT_BANK:
    case EL2_ARGUMENT_SMMU:
    case EL2_ARGUMENT_VCPU:
    case EL2_ARGUMENT_IMAGE:
    case EL2_ARGUMENT_WIDTH:
        print(printer, "%" PRIu64, operand->value);
        break;
    case EL2_ARGUMENT_DESCRIPTOR:
        print_descriptor(printer, operand);
        break;
    case EL2_ARGUMENT_PFN:
    case EL2_ARGUMENT_GFN:
    case EL2_ARGUMENT_PHYSICAL:
    case EL2_ARGUMENT_IPA:
    case EL2_ARGUMENT_IOVA:
    case EL2_ARGUMENT_SIZE:
    case EL2_ARGUMENT_LENGTH:
    case EL2_ARGUMENT_ATTRIBUTES:
    case EL2_ARGUMENT_OFFSET:
    case EL2_ARGUMENT_VALUE:
        print_number(printer, operand->base, operand->value);
        break;
    }
}

static void print_call(struct printer *printer, const struct program_call *call)
{
    const struct el2_call_description *description = &el2_calls[call->number];

    print(printer, "%s", description->name);
    for (uint32_t i = 0; i < description->argument_count; i++) {
        print(printer, " %s=", description->arguments[i].name);
        print_operand(printer, description->arguments[i].kind,
                      &call->operands[i]);
    }
}

static void print_header(struct printer *printer, const struct program *program)
{
    print(printer, "el2diff program %d\n", PROGRAM_VERSION);
    if (program->platform[0] != '\0') {
        print(printer, "platform %s\n", program->platform);
    }
    if (program->run == EL2_RUN_TABLES) {
        print(printer, "run tables\n");
    }
    if (program->failing_table != 0) {
        print(printer, "fail table %u\n", program->failing_table);
    }
}

size_t program_print(const struct program *program, char *text, size_t capacity)
{
    struct printer printer = {text, capacity, 0};

    print_header(&printer, program);
    for (size_t i = 0; i < program->call_count; i++) {
        print_call(&printer, &program->calls[i]);
        print(&printer, "\n");
    }
    return printer.length;
}

size_t program_print_call(const struct program_call *call, char *text,
                          size_t capacity)
{
    struct printer printer = {text, capacity, 0};

    print_call(&printer, call);
    return printer.length;
}

bool program_print_stream(const struct program *program, FILE *stream)
{
    char line[PROGRAM_CALL_TEXT_LIMIT];
    struct printer header = {line, sizeof(line), 0};

    print_header(&header, program);
    if (fputs(line, stream) == EOF) {
        return false;
    }
    for (size_t i = 0; i < program->call_count; i++) {
        (void)program_print_call(&program->calls[i], line, sizeof(line));
        if (fputs(line, stream) == EOF || fputc('\n', stream) == EOF) {
            return false;
        }
    }
    return true;
}
