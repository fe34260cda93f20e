/* Ranges are those of semantics.md section 1 and of the program format. */
#include "fuzz/call_kinds.h"

static const struct {
    const char *name;
    const char *says;
} kinds[EL2_ARGUMENT_KIND_COUNT] = {
    [EL2_ARGUMENT_VMID] = {"VMID", "an owner: 0 the host, from 1 on the VMs, "
                                   "and after the last one EL2 itself"},
    [EL2_ARGUMENT_PFN] = {"PFN", "physical page number, below 2^28"},
    [EL2_ARGUMENT_GFN] = {"GFN",
                          "page number as a guest, the host or a device has "
                          "it, below 2^36; a device's below 2^28"},
    [EL2_ARGUMENT_PHYSICAL] = {"PHYSICAL",
                               "physical address in bytes, below 2^40"},
    [EL2_ARGUMENT_IPA] = {"IPA", "guest-physical address in bytes, below 2^48"},
    [EL2_ARGUMENT_IOVA] = {"IOVA",
                           "address that a device uses, in bytes, below 2^40"},
    [EL2_ARGUMENT_DESCRIPTOR] = {"DESCRIPTOR",
                                 "entry of a page table: the page in bits "
                                 "47:12, attributes and type in the others"},
    [EL2_ARGUMENT_LEVEL] = {"LEVEL", "2: a block of 2 MiB; any other value: a "
                                     "page of 4 KiB"},
    [EL2_ARGUMENT_PAGES] = {"PAGES", "length of a range in pages, at most "
                                     "4096"},
    [EL2_ARGUMENT_SIZE] = {"SIZE", "length of a range in bytes, at most 4096 "
                                   "pages"},
    [EL2_ARGUMENT_BANK] = {"BANK", "context bank of an SMMU, below 8"},
    [EL2_ARGUMENT_SMMU] = {"SMMU", "which SMMU, from 0"},
    [EL2_ARGUMENT_VCPU] = {"VCPU", "virtual CPU of a VM, from 0, below the "
                                   "platform's vcpus-per-vm"},
    [EL2_ARGUMENT_IMAGE] = {"IMAGE", "boot image of a VM, from 0, below the "
                                     "platform's images-per-vm"},
    [EL2_ARGUMENT_LENGTH] = {"LENGTH", "length in bytes, any value"},
    [EL2_ARGUMENT_ATTRIBUTES] = {"ATTRIBUTES",
                                 "bits that a DMA mapping asks for: any of a "
                                 "descriptor but 63 and 47:12"},
    [EL2_ARGUMENT_OFFSET] = {"OFFSET",
                             "offset in an SMMU's register window, bytes"},
    [EL2_ARGUMENT_WIDTH] = {"WIDTH", "size of a register access, 4 or 8 "
                                     "bytes"},
    [EL2_ARGUMENT_VALUE] = {"VALUE", "data, any 64 bits"},
};

const char *call_kind_name(enum el2_argument_kind kind)
{
    return kinds[kind].name;
}

const char *call_kind_says(enum el2_argument_kind kind)
{
    return kinds[kind].says;
}

const struct call_issuer_text call_issuer_texts[CALL_ISSUER_COUNT] = {
    [EL2_ISSUER_TABLES] =
        {
            .heading = "Tables",
            .who = "Issued by EL2 itself: the primitives that every operation "
                   "on page "
                   "tables is made of.",
            .only = "Only in a table-only run, where no other call is made, "
                    "and with arguments in the ranges of their kinds.",
        },
    [EL2_ISSUER_OPERATION] =
        {
            .heading = "Page and range operations",
            .who =
                "Issued by EL2 itself: what hypercalls and events are made of.",
            .only = "vm is a VM where nothing else is said, and arguments are "
                    "in the ranges of their kinds.",
        },
    [EL2_ISSUER_HOST] =
        {
            .heading = "Hypercalls and faults of the host",
            .who = "Issued by the host, which is not trusted: it may put "
                   "anything into "
                   "any register.",
        },
    [EL2_ISSUER_VM] =
        {
            .heading = "Events of a VM",
            .who = "Issued by a VM, or the host on behalf of one that it runs.",
            .only = "vm is a VM, also one that was never made.",
        },
    [EL2_ISSUER_ACCESS] =
        {
            .heading = "Accesses",
            .who = "Made by software of the host or of a VM, or a device. They "
                   "are no "
                   "calls of EL2 but uses of the tables that it wrote; an "
                   "access that the tables do not translate faults.",
        },
};
