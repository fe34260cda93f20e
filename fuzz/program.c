/*
 * Programs as bytes (docs/programs.md), and what their operands stand for.
 * Decoding is part of every run of a fuzzer, hence tables and no clearing.
 */
#include "fuzz/program.h"

#include <assert.h>
#include <string.h>

/* Parts of an operand's form byte. */
#define FORM_BASE        0x03u
#define FORM_SCALED      0x04u /* the value is payload << 12 */
#define FORM_WIDTH_SHIFT 3     /* log2 of the payload's bytes */
#define FORM_WIDTH       0x03u

/* The form byte and the longest payload. */
#define OPERAND_BYTES_LIMIT (1 + 8)

/* Parts of the header's second byte. */
#define HEADER_RUN_TABLES    0x01u
#define HEADER_FAILING_TABLE 0x02u /* its number follows the header */

#define LONGEST_RANGE_SIZE (EL2_RANGE_PAGES_MAX * EL2_PAGE_SIZE)

#define PAGE_NUMBER_MASK (EL2_DESCRIPTOR_ADDRESS >> EL2_PAGE_SHIFT)

/* These are part of the format: a change would give old bytes new meaning. */
static const struct operand_rules rules[] = {
    [EL2_ARGUMENT_VMID] = {false, false, 17, UINT64_MAX},
    [EL2_ARGUMENT_PFN] = {true, true, 0, UINT64_MAX},
    [EL2_ARGUMENT_GFN] = {true, true, 0, UINT64_MAX},
    [EL2_ARGUMENT_PHYSICAL] = {true, false, 0, UINT64_MAX},
    [EL2_ARGUMENT_IPA] = {true, false, 0, UINT64_MAX},
    [EL2_ARGUMENT_IOVA] = {true, false, 0, UINT64_MAX},
    [EL2_ARGUMENT_DESCRIPTOR] = {true, false, 0, UINT64_MAX},
    [EL2_ARGUMENT_LEVEL] = {false, false, 5, UINT64_MAX},
    [EL2_ARGUMENT_PAGES] = {false, true, 0, EL2_RANGE_PAGES_MAX},
    [EL2_ARGUMENT_SIZE] = {false, false, 0, LONGEST_RANGE_SIZE},
    [EL2_ARGUMENT_BANK] = {false, false, 8, UINT64_MAX},
    [EL2_ARGUMENT_SMMU] = {false, false, 2, UINT64_MAX},
    [EL2_ARGUMENT_VCPU] = {false, false, 9, UINT64_MAX},
    [EL2_ARGUMENT_IMAGE] = {false, false, 6, UINT64_MAX},
    [EL2_ARGUMENT_LENGTH] = {false, false, 0, UINT64_MAX},
    [EL2_ARGUMENT_ATTRIBUTES] = {false, false, 0, UINT64_MAX},
    [EL2_ARGUMENT_OFFSET] = {false, false, 0, UINT64_MAX},
    [EL2_ARGUMENT_WIDTH] = {false, false, 9, UINT64_MAX},
    [EL2_ARGUMENT_VALUE] = {false, false, 0, UINT64_MAX},
};

static_assert(EL2_RANGE_PAGES_MAX == 4096, "the format fixes it");
static_assert(EL2_PAGE_SHIFT == 12, "the format fixes it");
static_assert(EL2_PLATFORM_NAME_SIZE - 1 == PROGRAM_HEADER_BYTES - 2,
              "the header holds the longest name");

/* The numbers of all calls, in the order of calls.def. */
#define EL2_CALL(number, name, issuer, result, count, ...) (number),
static const uint8_t call_numbers[] = {
#include "el2/calls.def"
};
#undef EL2_CALL

const struct operand_rules *operand_rules(enum el2_argument_kind kind)
{
    assert((size_t)kind < sizeof(rules) / sizeof(rules[0]));
    return &rules[kind];
}

/* maximum + 1 cannot wrap: a kind of maximum UINT64_MAX has nothing above. */
static inline struct operand fit(const struct operand_rules *rule,
                                 enum operand_base base, uint64_t value)
{
    return (struct operand){
        rule->takes_base ? base : OPERAND_NUMBER,
        value > rule->maximum ? value % (rule->maximum + 1) : value,
    };
}

struct operand operand_make(enum el2_argument_kind kind, enum operand_base base,
                            uint64_t value)
{
    return fit(operand_rules(kind), base, value);
}

static bool call_equal(const struct program_call *a,
                       const struct program_call *b)
{
    if (a->number != b->number) {
        return false;
    }
    for (uint32_t i = 0; i < el2_calls[a->number].argument_count; i++) {
        if (a->operands[i].base != b->operands[i].base ||
            a->operands[i].value != b->operands[i].value) {
            return false;
        }
    }
    return true;
}

bool program_equal(const struct program *a, const struct program *b)
{
    if (strcmp(a->platform, b->platform) != 0 || a->run != b->run ||
        a->failing_table != b->failing_table ||
        a->call_count != b->call_count) {
        return false;
    }
    for (size_t i = 0; i < a->call_count; i++) {
        if (!call_equal(&a->calls[i], &b->calls[i])) {
            return false;
        }
    }
    return true;
}

/* The pfn or gfn that page `page` of a base stands for. */
static uint64_t base_page(enum operand_base base, uint64_t page,
                          const struct el2_platform *platform)
{
    switch (base) {
    case OPERAND_RAM:
        return el2_platform_ram_pfn(platform, page);
    case OPERAND_EL2:
        return el2_platform_own_pfn(platform, page);
    case OPERAND_DMA:
        return el2_platform_ram_pfn(platform, page) +
               platform->smmu_host_offset;
    case OPERAND_NUMBER:
        break;
    }
    return page;
}

/* What an operand with a base stands for. */
static uint64_t resolve(const struct operand_rules *rule,
                        const struct operand *operand,
                        const struct el2_platform *platform)
{
    uint64_t value = operand->value;

    if (rule->counts_pages) {
        return base_page(operand->base, value, platform);
    }
    uint64_t page = (value >> EL2_PAGE_SHIFT) & PAGE_NUMBER_MASK;

    return (value & ~EL2_DESCRIPTOR_ADDRESS) |
           base_page(operand->base, page, platform) << EL2_PAGE_SHIFT;
}

void program_resolve(const struct program_call *call,
                     const struct el2_platform *platform,
                     struct el2_call *resolved)
{
    const struct el2_call_description *description = &el2_calls[call->number];

    *resolved = (struct el2_call){.number = call->number};
    for (uint32_t i = 0; i < description->argument_count; i++) {
        const struct operand *operand = &call->operands[i];
        resolved->arguments[i] =
            operand->base == OPERAND_NUMBER
                ? operand->value
                : resolve(&rules[description->arguments[i].kind], operand,
                          platform);
    }
}

void program_resolve_all(const struct program *program,
                         const struct el2_platform *platform,
                         struct el2_call *resolved)
{
    for (size_t i = 0; i < program->call_count; i++) {
        program_resolve(&program->calls[i], platform, &resolved[i]);
    }
}

/* Bytes that are being decoded; past their end every byte is 0. */
struct reader {
    const uint8_t *bytes;
    size_t size;
    size_t at;
};

static inline uint8_t read_byte(struct reader *reader)
{
    size_t at = reader->at++;

    return at < reader->size ? reader->bytes[at] : 0;
}

/* Eight bytes, little-endian; compilers make one load of it. */
static inline uint64_t load(const uint8_t *b)
{
    return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 |
           (uint64_t)b[3] << 24 | (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 |
           (uint64_t)b[6] << 48 | (uint64_t)b[7] << 56;
}

/* The longest operand that begins here; `padded` takes it near the end. */
static inline const uint8_t *look_ahead(const struct reader *reader,
                                        uint8_t padded[OPERAND_BYTES_LIMIT])
{
    if (reader->at + OPERAND_BYTES_LIMIT <= reader->size) {
        return &reader->bytes[reader->at];
    }
    memset(padded, 0, OPERAND_BYTES_LIMIT);
    if (reader->at < reader->size) {
        memcpy(padded, &reader->bytes[reader->at], reader->size - reader->at);
    }
    return padded;
}

static inline struct operand decode_operand(struct reader *reader,
                                            const struct operand_rules *rule)
{
    uint8_t padded[OPERAND_BYTES_LIMIT];
    const uint8_t *bytes = look_ahead(reader, padded);
    unsigned form = bytes[0];
    unsigned width = 1u << ((form >> FORM_WIDTH_SHIFT) & FORM_WIDTH);
    uint64_t value = load(&bytes[1]) & (UINT64_MAX >> (64 - 8 * width));

    reader->at += 1 + width;
    if (rule->short_values != 0 &&
        (form & (FORM_SCALED | FORM_WIDTH << FORM_WIDTH_SHIFT)) == 0) {
        /* 8 bits on purpose: a division of 64 bits takes many times longer. */
        value = (uint8_t)value % rule->short_values;
    }
    value <<= (form & FORM_SCALED) != 0 ? EL2_PAGE_SHIFT : 0;
    return fit(rule, (enum operand_base)(form & FORM_BASE), value);
}

static inline void decode_call(struct reader *reader, struct program_call *call)
{
    uint32_t number = read_byte(reader);

    if (el2_calls[number].name == NULL) {
        number = call_numbers[number % sizeof(call_numbers)];
    }
    const struct el2_call_description *description = &el2_calls[number];

    call->number = number;
    for (uint32_t i = 0; i < description->argument_count; i++) {
        call->operands[i] =
            decode_operand(reader, &rules[description->arguments[i].kind]);
    }
}

static void decode_header(struct reader *reader, struct program *program)
{
    size_t length = 0;

    (void)read_byte(reader); /* the version: there is only one so far */
    unsigned parts = read_byte(reader);

    program->run =
        (parts & HEADER_RUN_TABLES) != 0 ? EL2_RUN_TABLES : EL2_RUN_CONTRACTS;
    while (length < EL2_PLATFORM_NAME_SIZE - 1) {
        char c = (char)read_byte(reader);

        if (!program_name_has(c)) {
            break;
        }
        program->platform[length++] = c;
    }
    program->platform[length] = '\0';
    reader->at = PROGRAM_HEADER_BYTES;
    program->failing_table = 0;
    if ((parts & HEADER_FAILING_TABLE) != 0) {
        program->failing_table = read_byte(reader);
        program->failing_table |= (uint16_t)(read_byte(reader) << 8);
    }
}

void program_decode(const uint8_t *bytes, size_t size, struct program *program)
{
    struct reader reader = {bytes, size, 0};
    size_t count = 0;

    decode_header(&reader, program);
    while (reader.at < reader.size && count < PROGRAM_CALL_LIMIT) {
        decode_call(&reader, &program->calls[count++]);
    }
    program->call_count = count;
}

/* The form byte of an operand, and the payload after it. */
struct encoded_operand {
    unsigned form;
    unsigned width; /* of the payload, bytes */
    uint64_t payload;
};

/* log2 of the bytes that a payload needs. */
static unsigned width_log2(uint64_t payload)
{
    return payload <= UINT8_MAX    ? 0u
           : payload <= UINT16_MAX ? 1u
           : payload <= UINT32_MAX ? 2u
                                   : 3u;
}

static struct encoded_operand encode_operand(const struct operand_rules *rule,
                                             const struct operand *operand)
{
    uint64_t payload = operand->value;
    uint64_t scaled = operand->value >> EL2_PAGE_SHIFT;
    unsigned form = operand->base;
    unsigned log2 = width_log2(payload);

    if (log2 == 0 && rule->short_values != 0 && payload >= rule->short_values) {
        log2 = 1; /* one byte would be reduced */
    }
    if (scaled << EL2_PAGE_SHIFT == payload && width_log2(scaled) < log2) {
        form |= FORM_SCALED;
        payload = scaled;
        log2 = width_log2(scaled);
    }
    return (struct encoded_operand){form | log2 << FORM_WIDTH_SHIFT, 1u << log2,
                                    payload};
}

/* Where encoding writes to; NULL when it only counts. */
struct writer {
    uint8_t *bytes;
    size_t length;
};

static void write_bytes(struct writer *writer, uint64_t value, unsigned width)
{
    if (writer->bytes != NULL) {
        for (unsigned i = 0; i < width; i++) {
            writer->bytes[writer->length + i] = (uint8_t)(value >> (8 * i));
        }
    }
    writer->length += width;
}

static void encode_call(struct writer *writer, const struct program_call *call)
{
    const struct el2_call_description *description = &el2_calls[call->number];

    write_bytes(writer, call->number, 1);
    for (uint32_t i = 0; i < description->argument_count; i++) {
        struct encoded_operand operand = encode_operand(
            &rules[description->arguments[i].kind], &call->operands[i]);

        write_bytes(writer, operand.form, 1);
        write_bytes(writer, operand.payload, operand.width);
    }
}

static void encode_header(struct writer *writer, const struct program *program)
{
    bool fails = program->failing_table != 0;
    size_t name_length = strlen(program->platform);

    write_bytes(writer, PROGRAM_VERSION, 1);
    write_bytes(writer,
                (program->run == EL2_RUN_TABLES ? HEADER_RUN_TABLES : 0) |
                    (fails ? HEADER_FAILING_TABLE : 0),
                1);
    for (size_t i = 0; i < EL2_PLATFORM_NAME_SIZE - 1; i++) {
        write_bytes(writer, i < name_length ? (uint8_t)program->platform[i] : 0,
                    1);
    }
    if (fails) {
        write_bytes(writer, program->failing_table, 2);
    }
}

static size_t encode(const struct program *program, uint8_t *bytes)
{
    struct writer writer = {bytes, 0};

    encode_header(&writer, program);
    for (size_t i = 0; i < program->call_count; i++) {
        encode_call(&writer, &program->calls[i]);
    }
    return writer.length;
}

size_t program_encode(const struct program *program, uint8_t *bytes,
                      size_t capacity)
{
    size_t bound = PROGRAM_HEADER_BYTES_LIMIT +
                   program->call_count * PROGRAM_CALL_BYTES_LIMIT;

    if (bound > capacity) {
        size_t length = encode(program, NULL);

        if (length > capacity) {
            return length;
        }
    }
    return encode(program, bytes);
}
