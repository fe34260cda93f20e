#include "fuzz/simplicity.h"

/* Plain numbers of guest pages below this need no base to be readable. */
#define SMALL_GUEST_PAGE UINT64_C(0x1000)

bool operand_names_page(enum el2_argument_kind kind)
{
    return operand_rules(kind)->takes_base;
}

uint64_t operand_page(enum el2_argument_kind kind,
                      const struct operand *operand)
{
    return operand_rules(kind)->counts_pages
               ? operand->value
               : (operand->value & EL2_DESCRIPTOR_ADDRESS) >> EL2_PAGE_SHIFT;
}

/* All bits but those of the page. */
static uint64_t rest_of(enum el2_argument_kind kind,
                        const struct operand *operand)
{
    return operand_rules(kind)->counts_pages
               ? 0
               : operand->value & ~EL2_DESCRIPTOR_ADDRESS;
}

static struct operand with_rest(enum el2_argument_kind kind,
                                const struct operand *operand, uint64_t rest)
{
    uint64_t page = operand->value & EL2_DESCRIPTOR_ADDRESS;
    return operand_make(kind, operand->base,
                        page | (rest & ~EL2_DESCRIPTOR_ADDRESS));
}

struct operand operand_with_page(enum el2_argument_kind kind,
                                 const struct operand *operand,
                                 enum operand_base base, uint64_t page)
{
    if (operand_rules(kind)->counts_pages) {
        return operand_make(kind, base, page);
    }
    uint64_t address = page << EL2_PAGE_SHIFT & EL2_DESCRIPTOR_ADDRESS;
    return operand_make(kind, base, address | rest_of(kind, operand));
}

/* Compared from the first member on; smaller is simpler. */
struct cost {
    uint64_t form;
    uint64_t rest;
    uint64_t value;
};

bool operand_is_of_guest(enum el2_argument_kind kind)
{
    return kind == EL2_ARGUMENT_GFN || kind == EL2_ARGUMENT_IPA ||
           kind == EL2_ARGUMENT_IOVA;
}

static uint64_t cost_of_base(enum el2_argument_kind kind,
                             const struct operand *operand)
{
    static const uint64_t costs[] = {
        [OPERAND_RAM] = 1,
        [OPERAND_EL2] = 2,
        [OPERAND_NUMBER] = 3,
        [OPERAND_DMA] = 4,
    };
    static const uint64_t guest_costs[] = {
        [OPERAND_DMA] = 1,
        [OPERAND_RAM] = 2,
        [OPERAND_EL2] = 3,
        [OPERAND_NUMBER] = 4,
    };
    if (!operand_is_of_guest(kind)) {
        return costs[operand->base];
    }
    return operand->base == OPERAND_NUMBER &&
                   operand_page(kind, operand) < SMALL_GUEST_PAGE
               ? 0
               : guest_costs[operand->base];
}

/* 0 for the first choice, 1 for the second, 2 for all others. */
static uint64_t cost_of_choice(uint64_t value, uint64_t first, uint64_t second)
{
    return value == first ? 0 : value == second ? 1 : 2;
}

static struct cost cost_of(enum el2_argument_kind kind,
                           const struct operand *operand)
{
    struct cost cost = {0, 0, operand->value};
    if (operand_names_page(kind)) {
        cost.form = cost_of_base(kind, operand);
        cost.rest = rest_of(kind, operand);
        cost.value = operand_page(kind, operand);
    } else if (kind == EL2_ARGUMENT_LEVEL) {
        cost.form = cost_of_choice(operand->value, 3, 2);
    } else if (kind == EL2_ARGUMENT_WIDTH) {
        cost.form = cost_of_choice(operand->value, 4, 8);
    } else if (kind == EL2_ARGUMENT_SIZE || kind == EL2_ARGUMENT_LENGTH) {
        cost.form = operand->value % EL2_PAGE_SIZE != 0;
    }
    return cost;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* Below 0: `a` is simpler. */
static int compare_operands(enum el2_argument_kind kind,
                            const struct operand *a, const struct operand *b)
{
    struct cost left = cost_of(kind, a);
    struct cost right = cost_of(kind, b);
    int by_form = compare_numbers(left.form, right.form);
    int by_rest = compare_numbers(left.rest, right.rest);
    return by_form != 0   ? by_form
           : by_rest != 0 ? by_rest
                          : compare_numbers(left.value, right.value);
}

bool operand_simpler(enum el2_argument_kind kind, const struct operand *a,
                     const struct operand *b)
{
    return compare_operands(kind, a, b) < 0;
}

static int compare_calls(const struct program_call *a,
                         const struct program_call *b)
{
    if (a->number != b->number) {
        return compare_numbers(a->number, b->number);
    }
    const struct el2_call_description *description = &el2_calls[a->number];
    for (uint32_t i = 0; i < description->argument_count; i++) {
        int order = compare_operands(description->arguments[i].kind,
                                     &a->operands[i], &b->operands[i]);
        if (order != 0) {
            return order;
        }
    }
    return 0;
}

bool program_simpler(const struct program *a, const struct program *b)
{
    if (a->call_count != b->call_count) {
        return a->call_count < b->call_count;
    }
    if (a->run != b->run) {
        return a->run == EL2_RUN_CONTRACTS;
    }
    if ((a->failing_table == 0) != (b->failing_table == 0)) {
        return a->failing_table == 0;
    }
    for (size_t i = 0; i < a->call_count; i++) {
        int order = compare_calls(&a->calls[i], &b->calls[i]);
        if (order != 0) {
            return order < 0;
        }
    }
    return a->failing_table < b->failing_table;
}

/* Numbers to try instead of one. */
struct numbers {
    uint64_t values[OPERAND_CANDIDATE_LIMIT];
    size_t count;
};

/* Smaller ones, and a few whose order depends on the kind; some twice. At most
 * 4 + 64 + 64 + 6 + 2. */
static void add_numbers(struct numbers *numbers, uint64_t value)
{
    for (uint64_t small = 0; small < 4; small++) {
        numbers->values[numbers->count++] = small;
    }
    for (unsigned bit = 0; bit < 64; bit++) {
        if (value >> bit > 1) {
            numbers->values[numbers->count++] = UINT64_C(1) << bit;
        }
        if ((value >> bit & 1) != 0) {
            numbers->values[numbers->count++] = value & ~(UINT64_C(1) << bit);
        }
    }
    for (unsigned shift = 1; shift <= 6; shift++) {
        numbers->values[numbers->count++] = value - (value >> shift);
    }
    numbers->values[numbers->count++] = value >> 1;
    numbers->values[numbers->count++] = value - 1;
}

/* What is simplest of some kinds, and no smaller number of others. */
static void add_usual_numbers(struct numbers *numbers,
                              enum el2_argument_kind kind, uint64_t value)
{
    if (kind == EL2_ARGUMENT_LEVEL) {
        numbers->values[numbers->count++] = 3;
        numbers->values[numbers->count++] = 2;
    } else if (kind == EL2_ARGUMENT_WIDTH) {
        numbers->values[numbers->count++] = 4;
        numbers->values[numbers->count++] = 8;
    } else if (kind == EL2_ARGUMENT_SIZE || kind == EL2_ARGUMENT_LENGTH) {
        uint64_t below = value & ~EL2_PAGE_OFFSET;
        numbers->values[numbers->count++] = below;
        numbers->values[numbers->count++] = below + EL2_PAGE_SIZE;
        if (below != 0) {
            numbers->values[numbers->count++] = below - EL2_PAGE_SIZE;
        }
    }
}

struct candidates {
    enum el2_argument_kind kind;
    const struct operand *operand;
    struct operand *list;
    size_t count;
};

/* Into its place, if it is simpler than the operand and not there yet. */
static void consider(struct candidates *candidates, struct operand operand)
{
    enum el2_argument_kind kind = candidates->kind;
    struct operand *list = candidates->list;
    if (!operand_simpler(kind, &operand, candidates->operand)) {
        return;
    }
    size_t at = candidates->count;
    while (at > 0 && operand_simpler(kind, &operand, &list[at - 1])) {
        at--;
    }
    if (at > 0 && compare_operands(kind, &operand, &list[at - 1]) == 0) {
        return;
    }
    for (size_t i = candidates->count++; i > at; i--) {
        list[i] = list[i - 1];
    }
    list[at] = operand;
}

static void consider_values(struct candidates *candidates)
{
    struct numbers numbers = {.count = 0};
    uint64_t value = candidates->operand->value;
    add_numbers(&numbers, value);
    add_usual_numbers(&numbers, candidates->kind, value);
    for (size_t i = 0; i < numbers.count; i++) {
        consider(candidates, operand_make(candidates->kind, OPERAND_NUMBER,
                                          numbers.values[i]));
    }
}

static void consider_pages(struct candidates *candidates)
{
    const struct operand *operand = candidates->operand;
    uint64_t page = operand_page(candidates->kind, operand);
    struct numbers numbers = {.count = 0};
    add_numbers(&numbers, page);
    numbers.values[numbers.count++] = page - page % EL2_PAGES_PER_BLOCK;
    numbers.values[numbers.count++] = page % EL2_PAGES_PER_BLOCK;
    for (size_t i = 0; i < numbers.count; i++) {
        consider(candidates,
                 operand_with_page(candidates->kind, operand, operand->base,
                                   numbers.values[i]));
    }
}

static void consider_rest(struct candidates *candidates)
{
    static const uint64_t usual[] = {0, EL2_DESCRIPTOR_PAGE, EL2_S2_KERNEL};
    const struct operand *operand = candidates->operand;
    enum el2_argument_kind kind = candidates->kind;
    if (operand_rules(kind)->counts_pages) {
        return;
    }
    uint64_t rest = rest_of(kind, operand);
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        consider(candidates, with_rest(kind, operand, usual[i]));
    }
    for (unsigned bit = 0; bit < 64; bit++) {
        consider(candidates,
                 with_rest(kind, operand, rest & ~(UINT64_C(1) << bit)));
    }
}

/* The page number from another base that is this page, when there is one. */
static bool rebase(const struct el2_platform *platform, uint64_t pfn,
                   enum operand_base base, uint64_t *page)
{
    uint64_t before = 0; /* pages of the base in the regions before */
    uint64_t offset =
        base == OPERAND_DMA ? platform->smmu_host_offset : UINT64_C(0);
    for (uint32_t i = 0; i < platform->region_count; i++) {
        const struct el2_region *region = &platform->regions[i];
        bool is_host = region->owner == EL2_HOSTVISOR;
        if (is_host != (base != OPERAND_EL2)) {
            continue;
        }
        if (pfn - offset - region->base < region->page_count) {
            *page = before + (pfn - offset - region->base);
            return true;
        }
        before += region->page_count;
    }
    return false;
}

/* Other bases: the page that it is on this platform, the same number of pages
 * from there, and their first page. */
static void consider_bases(struct candidates *candidates,
                           const struct el2_platform *platform)
{
    const struct operand *operand = candidates->operand;
    enum el2_argument_kind kind = candidates->kind;
    uint64_t page = operand_page(kind, operand);
    for (int i = OPERAND_NUMBER; i <= OPERAND_DMA; i++) {
        enum operand_base base = (enum operand_base)i;
        uint64_t same;
        if (base == operand->base) {
            continue;
        }
        if (operand->base == OPERAND_NUMBER &&
            rebase(platform, page, base, &same)) {
            consider(candidates, operand_with_page(kind, operand, base, same));
        }
        consider(candidates, operand_with_page(kind, operand, base, page));
        consider(candidates, operand_with_page(kind, operand, base, 0));
        consider(candidates, operand_with_page(kind, operand, base, 1));
    }
}

size_t operand_candidates(enum el2_argument_kind kind,
                          const struct operand *operand,
                          const struct el2_platform *platform,
                          struct operand list[OPERAND_CANDIDATE_LIMIT])
{
    struct candidates candidates = {kind, operand, list, 0};
    if (!operand_names_page(kind)) {
        consider_values(&candidates);
        return candidates.count;
    }
    consider_bases(&candidates, platform);
    consider_pages(&candidates);
    consider_rest(&candidates);
    return candidates.count;
}
