#include "fuzz/boot_draw.h"

#include "fuzz/operand_draw.h"

/* Most pages of an image that are named; each takes three calls at most. */
#define IMAGE_PAGES 4

/* Where an image of so many pages is loaded: half of the time around the end
 * of a block. */
static struct operand draw_load_address(struct draft *draft, uint64_t pages)
{
    struct random *random = &draft->random;
    struct operand address =
        operand_draw(random, draft->program, draft->platform, EL2_ARGUMENT_IPA);
    if (random_one_in(random, 2)) {
        uint64_t edge = (address.value | (EL2_BLOCK_SIZE - 1)) + 1;
        address = operand_make(
            EL2_ARGUMENT_IPA, OPERAND_NUMBER,
            edge - (random_below(random, pages + 1) << EL2_PAGE_SHIFT));
    }
    return address;
}

/* Name the next page of an image; now and then the host writes to it first. */
static void name_page(struct draft *draft, struct operand vm,
                      struct operand page, uint64_t image)
{
    struct program_call fault;
    struct program_call store;
    struct program_call remap = {.number = EL2_CALL_remap_vm_image};
    remap.operands[0] = vm;
    remap.operands[1] = page;
    remap.operands[2] = operand_make(EL2_ARGUMENT_IMAGE, OPERAND_NUMBER, image);
    if (random_one_in(&draft->random, 4) &&
        draft_host_write(draft, &remap, &fault, &store)) {
        draft_append_if_changing(draft, &fault);
        draft_append_if_changing(draft, &store);
    }
    draft_append_if_changing(draft, &remap);
}

static void append_image(struct draft *draft, struct operand vm)
{
    struct random *random = &draft->random;
    static const uint64_t strides[] = {0, 1, EL2_PAGES_PER_BLOCK};
    uint64_t pages = 1 + random_below(random, IMAGE_PAGES);
    struct program_call announce = {.number = EL2_CALL_set_boot_info};
    announce.operands[0] = vm;
    announce.operands[1] = draw_load_address(draft, pages);
    announce.operands[2] = operand_make(EL2_ARGUMENT_LENGTH, OPERAND_NUMBER,
                                        pages << EL2_PAGE_SHIFT);
    if (!draft_append_if_changing(draft, &announce)) {
        return;
    }
    uint64_t image = draft->guide->step.result;
    uint64_t stride =
        random_of(random, strides, sizeof strides / sizeof strides[0]);
    struct operand page =
        operand_draw(random, draft->program, draft->platform, EL2_ARGUMENT_PFN);
    for (uint64_t i = 0; i < pages; i++) {
        name_page(draft, vm, page, image);
        page = operand_make(EL2_ARGUMENT_PFN, page.base, page.value + stride);
    }
}

void boot_append_images(struct draft *draft, struct operand vm)
{
    append_image(draft, vm);
    if (random_one_in(&draft->random, 2)) {
        append_image(draft, vm);
    }
}
