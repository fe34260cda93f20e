/*
 * el2diff dictionary: what stands in the bytes of programs, for engines that
 * mutate bytes: calls as they are encoded, and operands with the constants at
 * which the machine decides something.
 */
#include "el2/constants.h"
#include "el2/platform.h"
#include "fuzz/pairing.h"
#include "fuzz/program.h"
#include "tools/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: el2diff dictionary [--target TARGET]\n"
    "\n"
    "Print a dictionary for libFuzzer's -dict and AFL++'s -x: each call that\n"
    "TARGET (" PAIRING_DEFAULT ") makes, as it is encoded in a program, and "
    "the\n"
    "operands with which it makes a difference. Only mutations of bytes use\n"
    "one. dict/TARGET.dict is this output.\n"
    "\n"
    "Example: el2diff dictionary --target fuzz_smmu >smmu.dict\n";

#define PAGES(n) ((n) << EL2_PAGE_SHIFT)

/* An operand worth having, of each kind the plainest first: calls in the
 * dictionary have that one. */
struct constant {
    enum el2_argument_kind kind;
    const char *name;
    enum operand_base base;
    uint64_t value;
};

static const struct constant constants[] = {
    {EL2_ARGUMENT_VMID, "first", OPERAND_NUMBER, EL2_HOSTVISOR + 1},
    {EL2_ARGUMENT_VMID, "host", OPERAND_NUMBER, EL2_HOSTVISOR},
    {EL2_ARGUMENT_VMID, "second", OPERAND_NUMBER, EL2_HOSTVISOR + 2},
    {EL2_ARGUMENT_VMID, "el2", OPERAND_NUMBER, EL2_VMID_LIMIT - 1},
    {EL2_ARGUMENT_VMID, "past_last", OPERAND_NUMBER, EL2_VMID_LIMIT},
    {EL2_ARGUMENT_VMID, "invalid", OPERAND_NUMBER, EL2_INVALID},

    {EL2_ARGUMENT_PFN, "of_ram", OPERAND_RAM, 1},
    {EL2_ARGUMENT_PFN, "first_of_ram", OPERAND_RAM, 0},
    {EL2_ARGUMENT_PFN, "block", OPERAND_RAM, EL2_PAGES_PER_BLOCK},
    {EL2_ARGUMENT_PFN, "before_block", OPERAND_RAM, EL2_PAGES_PER_BLOCK - 1},
    {EL2_ARGUMENT_PFN, "of_el2", OPERAND_EL2, 0},
    {EL2_ARGUMENT_PFN, "zero", OPERAND_NUMBER, 0},
    {EL2_ARGUMENT_PFN, "last", OPERAND_NUMBER, EL2_PFN_SPACE - 1},
    {EL2_ARGUMENT_PFN, "past_last", OPERAND_NUMBER, EL2_PFN_SPACE},

    {EL2_ARGUMENT_GFN, "in_block", OPERAND_NUMBER, EL2_PAGES_PER_BLOCK + 1},
    {EL2_ARGUMENT_GFN, "block", OPERAND_NUMBER, EL2_PAGES_PER_BLOCK},
    {EL2_ARGUMENT_GFN, "zero", OPERAND_NUMBER, 0},
    {EL2_ARGUMENT_GFN, "first", OPERAND_NUMBER, 1},
    {EL2_ARGUMENT_GFN, "of_ram", OPERAND_RAM, 1},
    {EL2_ARGUMENT_GFN, "of_dma", OPERAND_DMA, 1},
    {EL2_ARGUMENT_GFN, "last", OPERAND_NUMBER, EL2_GFN_SPACE - 1},
    {EL2_ARGUMENT_GFN, "past_last", OPERAND_NUMBER, EL2_GFN_SPACE},
    {EL2_ARGUMENT_GFN, "invalid", OPERAND_NUMBER, EL2_INVALID64},

    {EL2_ARGUMENT_PHYSICAL, "of_ram", OPERAND_RAM, PAGES(1)},
    {EL2_ARGUMENT_PHYSICAL, "block", OPERAND_RAM, EL2_BLOCK_SIZE},
    {EL2_ARGUMENT_PHYSICAL, "of_el2", OPERAND_EL2, 0},
    {EL2_ARGUMENT_PHYSICAL, "zero", OPERAND_NUMBER, 0},
    {EL2_ARGUMENT_PHYSICAL, "last", OPERAND_NUMBER,
     EL2_PHYSICAL_SPACE - EL2_PAGE_SIZE},
    {EL2_ARGUMENT_PHYSICAL, "past_last", OPERAND_NUMBER, EL2_PHYSICAL_SPACE},

    {EL2_ARGUMENT_IPA, "in_block", OPERAND_NUMBER,
     EL2_BLOCK_SIZE + EL2_PAGE_SIZE},
    {EL2_ARGUMENT_IPA, "block", OPERAND_NUMBER, EL2_BLOCK_SIZE},
    {EL2_ARGUMENT_IPA, "zero", OPERAND_NUMBER, 0},
    {EL2_ARGUMENT_IPA, "first", OPERAND_NUMBER, EL2_PAGE_SIZE},
    {EL2_ARGUMENT_IPA, "of_ram", OPERAND_RAM, PAGES(1)},
    {EL2_ARGUMENT_IPA, "remap_start", OPERAND_NUMBER, EL2_REMAP_START},
    {EL2_ARGUMENT_IPA, "remap_end", OPERAND_NUMBER, EL2_REMAP_END},
    {EL2_ARGUMENT_IPA, "last", OPERAND_NUMBER,
     EL2_ADDRESS_SPACE - EL2_PAGE_SIZE},
    {EL2_ARGUMENT_IPA, "past_last", OPERAND_NUMBER, EL2_ADDRESS_SPACE},

    {EL2_ARGUMENT_IOVA, "of_dma", OPERAND_DMA, PAGES(1)},
    {EL2_ARGUMENT_IOVA, "in_block", OPERAND_NUMBER,
     EL2_BLOCK_SIZE + EL2_PAGE_SIZE},
    {EL2_ARGUMENT_IOVA, "zero", OPERAND_NUMBER, 0},
    {EL2_ARGUMENT_IOVA, "first", OPERAND_NUMBER, EL2_PAGE_SIZE},
    {EL2_ARGUMENT_IOVA, "last", OPERAND_NUMBER, EL2_IOVA_SPACE - EL2_PAGE_SIZE},
    {EL2_ARGUMENT_IOVA, "past_last", OPERAND_NUMBER, EL2_IOVA_SPACE},

    {EL2_ARGUMENT_DESCRIPTOR, "kernel", OPERAND_RAM, PAGES(1) | EL2_S2_KERNEL},
    {EL2_ARGUMENT_DESCRIPTOR, "kernel_block", OPERAND_RAM,
     EL2_BLOCK_SIZE | (EL2_S2_KERNEL & ~EL2_PAGE_NOT_BLOCK)},
    {EL2_ARGUMENT_DESCRIPTOR, "device", OPERAND_RAM, PAGES(1) | EL2_S2_DEVICE},
    {EL2_ARGUMENT_DESCRIPTOR, "dma", OPERAND_RAM, PAGES(1) | EL2_SMMU_PAGE},
    {EL2_ARGUMENT_DESCRIPTOR, "hyp", OPERAND_RAM, PAGES(1) | EL2_S2_HYP},
    {EL2_ARGUMENT_DESCRIPTOR, "taken", OPERAND_NUMBER, EL2_S2_TAKEN},
    {EL2_ARGUMENT_DESCRIPTOR, "of_el2", OPERAND_EL2, EL2_S2_KERNEL},
    {EL2_ARGUMENT_DESCRIPTOR, "zero", OPERAND_NUMBER, 0},
    {EL2_ARGUMENT_DESCRIPTOR, "past_last", OPERAND_NUMBER,
     EL2_PHYSICAL_SPACE | EL2_S2_KERNEL},

    {EL2_ARGUMENT_LEVEL, "page", OPERAND_NUMBER, 3},
    {EL2_ARGUMENT_LEVEL, "block", OPERAND_NUMBER, 2},

    {EL2_ARGUMENT_PAGES, "one", OPERAND_NUMBER, 1},
    {EL2_ARGUMENT_PAGES, "block", OPERAND_NUMBER, EL2_PAGES_PER_BLOCK},
    {EL2_ARGUMENT_PAGES, "most", OPERAND_NUMBER, EL2_RANGE_PAGES_MAX},

    {EL2_ARGUMENT_SIZE, "page", OPERAND_NUMBER, EL2_PAGE_SIZE},
    {EL2_ARGUMENT_SIZE, "block", OPERAND_NUMBER, EL2_BLOCK_SIZE},
    {EL2_ARGUMENT_SIZE, "most", OPERAND_NUMBER, PAGES(EL2_RANGE_PAGES_MAX)},

    {EL2_ARGUMENT_BANK, "first", OPERAND_NUMBER, 0},
    {EL2_ARGUMENT_BANK, "second", OPERAND_NUMBER, 1},
    {EL2_ARGUMENT_BANK, "last", OPERAND_NUMBER, EL2_BANKS_PER_SMMU - 1},
    {EL2_ARGUMENT_BANK, "past_last", OPERAND_NUMBER, EL2_BANKS_PER_SMMU},

    {EL2_ARGUMENT_SMMU, "first", OPERAND_NUMBER, 0},
    {EL2_ARGUMENT_SMMU, "second", OPERAND_NUMBER, 1},
    {EL2_ARGUMENT_SMMU, "past_last", OPERAND_NUMBER, EL2_SMMU_LIMIT},

    {EL2_ARGUMENT_VCPU, "first", OPERAND_NUMBER, 0},
    {EL2_ARGUMENT_VCPU, "last", OPERAND_NUMBER, EL2_VCPU_LIMIT - 1},
    {EL2_ARGUMENT_VCPU, "past_last", OPERAND_NUMBER, EL2_VCPU_LIMIT},

    {EL2_ARGUMENT_IMAGE, "first", OPERAND_NUMBER, 0},
    {EL2_ARGUMENT_IMAGE, "last", OPERAND_NUMBER, EL2_IMAGE_LIMIT - 1},
    {EL2_ARGUMENT_IMAGE, "past_last", OPERAND_NUMBER, EL2_IMAGE_LIMIT},

    {EL2_ARGUMENT_LENGTH, "page", OPERAND_NUMBER, EL2_PAGE_SIZE},
    {EL2_ARGUMENT_LENGTH, "zero", OPERAND_NUMBER, 0},
    {EL2_ARGUMENT_LENGTH, "block", OPERAND_NUMBER, EL2_BLOCK_SIZE},
    {EL2_ARGUMENT_LENGTH, "window", OPERAND_NUMBER,
     EL2_REMAP_END - EL2_REMAP_START},
    {EL2_ARGUMENT_LENGTH, "physical", OPERAND_NUMBER, EL2_PHYSICAL_SPACE},
    {EL2_ARGUMENT_LENGTH, "all", OPERAND_NUMBER, UINT64_MAX},

    {EL2_ARGUMENT_ATTRIBUTES, "read_write", OPERAND_NUMBER, 0xc0},
    {EL2_ARGUMENT_ATTRIBUTES, "page", OPERAND_NUMBER, EL2_SMMU_PAGE},
    {EL2_ARGUMENT_ATTRIBUTES, "address", OPERAND_NUMBER,
     EL2_DESCRIPTOR_ADDRESS},

    /* Registers of an SMMU: semantics.md section 6.1. */
    {EL2_ARGUMENT_OFFSET, "scr0", OPERAND_NUMBER, 0},
    {EL2_ARGUMENT_OFFSET, "scr2", OPERAND_NUMBER, 8},
    {EL2_ARGUMENT_OFFSET, "cbar_of_first", OPERAND_NUMBER, 0x1000},
    {EL2_ARGUMENT_OFFSET, "past_cbar", OPERAND_NUMBER, 0x1800},
    {EL2_ARGUMENT_OFFSET, "ttbr0_of_first", OPERAND_NUMBER, 0x8020},
    {EL2_ARGUMENT_OFFSET, "ttbr0_upper", OPERAND_NUMBER, 0x8024},
    {EL2_ARGUMENT_OFFSET, "contextidr", OPERAND_NUMBER, 0x8034},

    {EL2_ARGUMENT_WIDTH, "register", OPERAND_NUMBER, 4},
    {EL2_ARGUMENT_WIDTH, "two_registers", OPERAND_NUMBER, 8},

    {EL2_ARGUMENT_VALUE, "bad_signature", OPERAND_NUMBER, EL2_BAD_SIGNATURE},
    {EL2_ARGUMENT_VALUE, "zero", OPERAND_NUMBER, 0},
    {EL2_ARGUMENT_VALUE, "smcfcfg", OPERAND_NUMBER, UINT64_C(1) << 21},
    {EL2_ARGUMENT_VALUE, "translate", OPERAND_NUMBER, UINT64_C(1) << 16},
};

#define CONSTANT_COUNT (sizeof constants / sizeof constants[0])

/* What stands in the dictionary so far. */
struct entry {
    uint8_t bytes[PROGRAM_CALL_BYTES_LIMIT];
    size_t size;
};

struct dictionary {
    struct entry entries[EL2_CALL_NUMBER_LIMIT + CONSTANT_COUNT];
    size_t count;
};

/* False: these bytes have an entry. */
static bool add(struct dictionary *dictionary, const uint8_t *bytes,
                size_t size)
{
    for (size_t i = 0; i < dictionary->count; i++) {
        const struct entry *entry = &dictionary->entries[i];
        if (entry->size == size && memcmp(entry->bytes, bytes, size) == 0) {
            return false;
        }
    }
    struct entry *entry = &dictionary->entries[dictionary->count++];
    memcpy(entry->bytes, bytes, size);
    entry->size = size;
    return true;
}

/* All bytes as escapes: each engine has its own idea of which others there
 * are. */
static void print_bytes(const uint8_t *bytes, size_t size)
{
    printf("=\"");
    for (size_t i = 0; i < size; i++) {
        printf("\\x%02x", bytes[i]);
    }
    printf("\"\n");
}

/* The bytes of one call, without a header. Returns how many there are. */
static size_t encode(const struct program_call *call, uint8_t *bytes)
{
    static struct program program;
    uint8_t all[PROGRAM_HEADER_BYTES_LIMIT + PROGRAM_CALL_BYTES_LIMIT];
    program.call_count = 1;
    program.calls[0] = *call;
    size_t size = program_encode(&program, all, sizeof all);
    memcpy(bytes, all + PROGRAM_HEADER_BYTES, size - PROGRAM_HEADER_BYTES);
    return size - PROGRAM_HEADER_BYTES;
}

static struct operand plainest(enum el2_argument_kind kind)
{
    for (size_t i = 0; i < CONSTANT_COUNT; i++) {
        if (constants[i].kind == kind) {
            return operand_make(kind, constants[i].base, constants[i].value);
        }
    }
    return operand_make(kind, OPERAND_NUMBER, 0);
}

static void print_call(struct dictionary *dictionary, uint32_t number)
{
    const struct el2_call_description *description = &el2_calls[number];
    struct program_call call = {.number = number};
    for (uint32_t i = 0; i < description->argument_count; i++) {
        call.operands[i] = plainest(description->arguments[i].kind);
    }
    uint8_t bytes[PROGRAM_CALL_BYTES_LIMIT];
    size_t size = encode(&call, bytes);
    if (add(dictionary, bytes, size)) {
        printf("%s", description->name);
        print_bytes(bytes, size);
    }
}

/* An operand is as long as what it adds to a call whose operands are all 0,
 * where each has a form and one byte. */
static void print_operand(struct dictionary *dictionary, uint32_t number,
                          uint32_t argument, const struct constant *constant)
{
    struct program_call call = {.number = number};
    uint8_t bytes[PROGRAM_CALL_BYTES_LIMIT];
    size_t before = encode(&call, bytes);
    call.operands[argument] =
        operand_make(constant->kind, constant->base, constant->value);
    size_t size = encode(&call, bytes) - before + 2;
    const uint8_t *operand = bytes + 1 + 2 * argument;
    if (add(dictionary, operand, size)) {
        printf("%s_%s", el2_calls[number].arguments[argument].name,
               constant->name);
        print_bytes(operand, size);
    }
}

/* All constants of the kind of an argument. Another call with an argument of
 * that kind adds none: the bytes are the same. */
static void print_operands(struct dictionary *dictionary, uint32_t number,
                           uint32_t argument)
{
    for (size_t i = 0; i < CONSTANT_COUNT; i++) {
        if (constants[i].kind == el2_calls[number].arguments[argument].kind) {
            print_operand(dictionary, number, argument, &constants[i]);
        }
    }
}

static void print_dictionary(const struct pairing *pairing)
{
    static struct dictionary dictionary;
    printf("# `el2diff dictionary --target %s` made this file: calls, and\n"
           "# operands by the name of an argument that may have them.\n",
           pairing->target);
    for (uint32_t n = 0; n < EL2_CALL_NUMBER_LIMIT; n++) {
        if (el2_calls[n].name != NULL && pairing->weight(n, &el2_calls[n])) {
            print_call(&dictionary, n);
        }
    }
    for (uint32_t n = 0; n < EL2_CALL_NUMBER_LIMIT; n++) {
        bool is_made =
            el2_calls[n].name != NULL && pairing->weight(n, &el2_calls[n]);
        for (uint32_t i = 0; is_made && i < el2_calls[n].argument_count; i++) {
            print_operands(&dictionary, n, i);
        }
    }
}

int command_dictionary(int argc, char **argv)
{
    const char *target = PAIRING_DEFAULT;
    if (argc == 2 &&
        (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(usage, stdout);
        return EXIT_GOOD;
    }
    if (argc == 3 && strcmp(argv[1], "--target") == 0) {
        target = argv[2];
    } else if (argc != 1) {
        fprintf(stderr,
                "el2diff dictionary: cannot use '%s' (see el2diff "
                "dictionary --help)\n",
                argv[1]);
        return EXIT_BAD_INPUT;
    }
    const struct pairing *pairing = pairing_find(target);
    if (pairing == NULL) {
        fprintf(stderr,
                "el2diff dictionary: there is no target '%s' whose "
                "programs are made of calls\n",
                target);
        return EXIT_BAD_INPUT;
    }
    print_dictionary(pairing);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "el2diff dictionary: standard output: %s\n",
                strerror(errno));
        return EXIT_BAD_INPUT;
    }
    return EXIT_GOOD;
}
