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
    enum operand_base base;
    const char *name;
    uint64_t value;
};

static const struct constant constants[] = {
    {EL2_ARGUMENT_VMID, OPERAND_NUMBER, "first", EL2_HOSTVISOR + 1},
    {EL2_ARGUMENT_VMID, OPERAND_NUMBER, "host", EL2_HOSTVISOR},
    {EL2_ARGUMENT_VMID, OPERAND_NUMBER, "second", EL2_HOSTVISOR + 2},
    {EL2_ARGUMENT_VMID, OPERAND_NUMBER, "el2", EL2_VMID_LIMIT - 1},
    {EL2_ARGUMENT_VMID, OPERAND_NUMBER, "past_last", EL2_VMID_LIMIT},
    {EL2_ARGUMENT_VMID, OPERAND_NUMBER, "invalid", EL2_INVALID},

    {EL2_ARGUMENT_PFN, OPERAND_RAM, "of_ram", 1},
    {EL2_ARGUMENT_PFN, OPERAND_RAM, "first_of_ram", 0},
    {EL2_ARGUMENT_PFN, OPERAND_RAM, "block", EL2_PAGES_PER_BLOCK},
    {EL2_ARGUMENT_PFN, OPERAND_RAM, "before_block", EL2_PAGES_PER_BLOCK - 1},
    {EL2_ARGUMENT_PFN, OPERAND_EL2, "of_el2", 0},
    {EL2_ARGUMENT_PFN, OPERAND_NUMBER, "zero", 0},
    {EL2_ARGUMENT_PFN, OPERAND_NUMBER, "last", EL2_PFN_SPACE - 1},
    {EL2_ARGUMENT_PFN, OPERAND_NUMBER, "past_last", EL2_PFN_SPACE},

    {EL2_ARGUMENT_GFN, OPERAND_NUMBER, "in_block", EL2_PAGES_PER_BLOCK + 1},
    {EL2_ARGUMENT_GFN, OPERAND_NUMBER, "block", EL2_PAGES_PER_BLOCK},
    {EL2_ARGUMENT_GFN, OPERAND_NUMBER, "zero", 0},
    {EL2_ARGUMENT_GFN, OPERAND_NUMBER, "first", 1},
    {EL2_ARGUMENT_GFN, OPERAND_RAM, "of_ram", 1},
    {EL2_ARGUMENT_GFN, OPERAND_DMA, "of_dma", 1},
    {EL2_ARGUMENT_GFN, OPERAND_NUMBER, "last", EL2_GFN_SPACE - 1},
    {EL2_ARGUMENT_GFN, OPERAND_NUMBER, "past_last", EL2_GFN_SPACE},
    {EL2_ARGUMENT_GFN, OPERAND_NUMBER, "invalid", EL2_INVALID64},

    {EL2_ARGUMENT_PHYSICAL, OPERAND_RAM, "of_ram", PAGES(1)},
    {EL2_ARGUMENT_PHYSICAL, OPERAND_RAM, "block", EL2_BLOCK_SIZE},
    {EL2_ARGUMENT_PHYSICAL, OPERAND_EL2, "of_el2", 0},
    {EL2_ARGUMENT_PHYSICAL, OPERAND_NUMBER, "zero", 0},
    {EL2_ARGUMENT_PHYSICAL, OPERAND_NUMBER, "last",
     EL2_PHYSICAL_SPACE - EL2_PAGE_SIZE},
    {EL2_ARGUMENT_PHYSICAL, OPERAND_NUMBER, "past_last", EL2_PHYSICAL_SPACE},

    {EL2_ARGUMENT_IPA, OPERAND_NUMBER, "in_block",
     EL2_BLOCK_SIZE + EL2_PAGE_SIZE},
    {EL2_ARGUMENT_IPA, OPERAND_NUMBER, "block", EL2_BLOCK_SIZE},
    {EL2_ARGUMENT_IPA, OPERAND_NUMBER, "zero", 0},
    {EL2_ARGUMENT_IPA, OPERAND_NUMBER, "first", EL2_PAGE_SIZE},
    {EL2_ARGUMENT_IPA, OPERAND_RAM, "of_ram", PAGES(1)},
    {EL2_ARGUMENT_IPA, OPERAND_NUMBER, "remap_start", EL2_REMAP_START},
    {EL2_ARGUMENT_IPA, OPERAND_NUMBER, "remap_end", EL2_REMAP_END},
    {EL2_ARGUMENT_IPA, OPERAND_NUMBER, "last",
     EL2_ADDRESS_SPACE - EL2_PAGE_SIZE},
    {EL2_ARGUMENT_IPA, OPERAND_NUMBER, "past_last", EL2_ADDRESS_SPACE},

    {EL2_ARGUMENT_IOVA, OPERAND_DMA, "of_dma", PAGES(1)},
    {EL2_ARGUMENT_IOVA, OPERAND_NUMBER, "in_block",
     EL2_BLOCK_SIZE + EL2_PAGE_SIZE},
    {EL2_ARGUMENT_IOVA, OPERAND_NUMBER, "zero", 0},
    {EL2_ARGUMENT_IOVA, OPERAND_NUMBER, "first", EL2_PAGE_SIZE},
    {EL2_ARGUMENT_IOVA, OPERAND_NUMBER, "last", EL2_IOVA_SPACE - EL2_PAGE_SIZE},
    {EL2_ARGUMENT_IOVA, OPERAND_NUMBER, "past_last", EL2_IOVA_SPACE},

    {EL2_ARGUMENT_DESCRIPTOR, OPERAND_RAM, "kernel", PAGES(1) | EL2_S2_KERNEL},
    {EL2_ARGUMENT_DESCRIPTOR, OPERAND_RAM, "kernel_block",
     EL2_BLOCK_SIZE | (EL2_S2_KERNEL & ~EL2_PAGE_NOT_BLOCK)},
    {EL2_ARGUMENT_DESCRIPTOR, OPERAND_RAM, "device", PAGES(1) | EL2_S2_DEVICE},
    {EL2_ARGUMENT_DESCRIPTOR, OPERAND_RAM, "dma", PAGES(1) | EL2_SMMU_PAGE},
    {EL2_ARGUMENT_DESCRIPTOR, OPERAND_RAM, "hyp", PAGES(1) | EL2_S2_HYP},
    {EL2_ARGUMENT_DESCRIPTOR, OPERAND_NUMBER, "taken", EL2_S2_TAKEN},
    {EL2_ARGUMENT_DESCRIPTOR, OPERAND_EL2, "of_el2", EL2_S2_KERNEL},
    {EL2_ARGUMENT_DESCRIPTOR, OPERAND_NUMBER, "zero", 0},
    {EL2_ARGUMENT_DESCRIPTOR, OPERAND_NUMBER, "past_last",
     EL2_PHYSICAL_SPACE | EL2_S2_KERNEL},

    {EL2_ARGUMENT_LEVEL, OPERAND_NUMBER, "page", 3},
    {EL2_ARGUMENT_LEVEL, OPERAND_NUMBER, "block", 2},

    {EL2_ARGUMENT_PAGES, OPERAND_NUMBER, "one", 1},
    {EL2_ARGUMENT_PAGES, OPERAND_NUMBER, "block", EL2_PAGES_PER_BLOCK},
    {EL2_ARGUMENT_PAGES, OPERAND_NUMBER, "most", EL2_RANGE_PAGES_MAX},

    {EL2_ARGUMENT_SIZE, OPERAND_NUMBER, "page", EL2_PAGE_SIZE},
    {EL2_ARGUMENT_SIZE, OPERAND_NUMBER, "block", EL2_BLOCK_SIZE},
    {EL2_ARGUMENT_SIZE, OPERAND_NUMBER, "most", PAGES(EL2_RANGE_PAGES_MAX)},

    {EL2_ARGUMENT_BANK, OPERAND_NUMBER, "first", 0},
    {EL2_ARGUMENT_BANK, OPERAND_NUMBER, "second", 1},
    {EL2_ARGUMENT_BANK, OPERAND_NUMBER, "last", EL2_BANKS_PER_SMMU - 1},
    {EL2_ARGUMENT_BANK, OPERAND_NUMBER, "past_last", EL2_BANKS_PER_SMMU},

    {EL2_ARGUMENT_SMMU, OPERAND_NUMBER, "first", 0},
    {EL2_ARGUMENT_SMMU, OPERAND_NUMBER, "second", 1},
    {EL2_ARGUMENT_SMMU, OPERAND_NUMBER, "past_last", EL2_SMMU_LIMIT},

    {EL2_ARGUMENT_VCPU, OPERAND_NUMBER, "first", 0},
    {EL2_ARGUMENT_VCPU, OPERAND_NUMBER, "last", EL2_VCPU_LIMIT - 1},
    {EL2_ARGUMENT_VCPU, OPERAND_NUMBER, "past_last", EL2_VCPU_LIMIT},

    {EL2_ARGUMENT_IMAGE, OPERAND_NUMBER, "first", 0},
    {EL2_ARGUMENT_IMAGE, OPERAND_NUMBER, "last", EL2_IMAGE_LIMIT - 1},
    {EL2_ARGUMENT_IMAGE, OPERAND_NUMBER, "past_last", EL2_IMAGE_LIMIT},

    {EL2_ARGUMENT_LENGTH, OPERAND_NUMBER, "page", EL2_PAGE_SIZE},
    {EL2_ARGUMENT_LENGTH, OPERAND_NUMBER, "zero", 0},
    {EL2_ARGUMENT_LENGTH, OPERAND_NUMBER, "block", EL2_BLOCK_SIZE},
    {EL2_ARGUMENT_LENGTH, OPERAND_NUMBER, "window",
     EL2_REMAP_END - EL2_REMAP_START},
    {EL2_ARGUMENT_LENGTH, OPERAND_NUMBER, "physical", EL2_PHYSICAL_SPACE},
    {EL2_ARGUMENT_LENGTH, OPERAND_NUMBER, "all", UINT64_MAX},

    {EL2_ARGUMENT_ATTRIBUTES, OPERAND_NUMBER, "read_write", 0xc0},
    {EL2_ARGUMENT_ATTRIBUTES, OPERAND_NUMBER, "page", EL2_SMMU_PAGE},
    {EL2_ARGUMENT_ATTRIBUTES, OPERAND_NUMBER, "address",
     EL2_DESCRIPTOR_ADDRESS},

    /* Registers of an SMMU: semantics.md section 6.1. */
    {EL2_ARGUMENT_OFFSET, OPERAND_NUMBER, "scr0", 0},
    {EL2_ARGUMENT_OFFSET, OPERAND_NUMBER, "scr2", 8},
    {EL2_ARGUMENT_OFFSET, OPERAND_NUMBER, "cbar_of_first", 0x1000},
    {EL2_ARGUMENT_OFFSET, OPERAND_NUMBER, "past_cbar", 0x1800},
    {EL2_ARGUMENT_OFFSET, OPERAND_NUMBER, "ttbr0_of_first", 0x8020},
    {EL2_ARGUMENT_OFFSET, OPERAND_NUMBER, "ttbr0_upper", 0x8024},
    {EL2_ARGUMENT_OFFSET, OPERAND_NUMBER, "contextidr", 0x8034},

    {EL2_ARGUMENT_WIDTH, OPERAND_NUMBER, "register", 4},
    {EL2_ARGUMENT_WIDTH, OPERAND_NUMBER, "two_registers", 8},

    {EL2_ARGUMENT_VALUE, OPERAND_NUMBER, "bad_signature", EL2_BAD_SIGNATURE},
    {EL2_ARGUMENT_VALUE, OPERAND_NUMBER, "zero", 0},
    {EL2_ARGUMENT_VALUE, OPERAND_NUMBER, "smcfcfg", UINT64_C(1) << 21},
    {EL2_ARGUMENT_VALUE, OPERAND_NUMBER, "translate", UINT64_C(1) << 16},
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
