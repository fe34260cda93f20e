#include "el2/outcome.h"

#include <stddef.h>

static const struct {
    const char *name;
    const char *says;
} outcomes[EL2_OUTCOME_COUNT] = {
    [EL2_OUTCOME_NONE] = {"none", "the machine does not name its outcomes"},

    [EL2_OUTCOME_MAPPED_PAGE] = {"mapped_page", "a page was mapped"},
    [EL2_OUTCOME_MAPPED_BLOCK] = {"mapped_block", "a 2 MiB block was mapped"},
    [EL2_OUTCOME_FOUND_ENTRY] = {"found_entry", "there is an entry"},
    [EL2_OUTCOME_FOUND_NOTHING] = {"found_nothing", "there is no entry"},
    [EL2_OUTCOME_HOST_UNMAPPED] = {"host_unmapped",
                                   "the page was taken from the host's map"},
    [EL2_OUTCOME_HOST_NOT_MAPPED] = {"host_not_mapped",
                                     "the host does not map the page"},
    [EL2_OUTCOME_BANK_EMPTIED] = {"bank_emptied",
                                  "the bank's table was emptied"},
    [EL2_OUTCOME_DMA_MAPPED] = {"dma_mapped",
                                "the page was mapped for the device"},
    [EL2_OUTCOME_DMA_UNMAPPED] = {"dma_unmapped",
                                  "the device's mapping was removed"},
    [EL2_OUTCOME_DMA_NOT_MAPPED] = {"dma_not_mapped",
                                    "the device maps nothing there"},

    [EL2_OUTCOME_HOST_MAPPED_DEVICE] = {"host_mapped_device",
                                        "the host maps a page without owner"},
    [EL2_OUTCOME_HOST_MAPPED_OWN] = {"host_mapped_own",
                                     "the host maps its own page"},
    [EL2_OUTCOME_HOST_MAPPED_SHARED] = {"host_mapped_shared",
                                        "the host maps a page shared with it"},
    [EL2_OUTCOME_CLEARED] = {"cleared",
                             "the page was cleared and went to the host"},
    [EL2_OUTCOME_NOT_OWNER] = {"not_owner",
                               "the page is not that VM's: nothing happens"},
    [EL2_OUTCOME_ASSIGNED] = {"assigned",
                              "the page went from the host to the VM"},
    [EL2_OUTCOME_ALREADY_OWN] = {"already_own", "the page is the VM's already"},
    [EL2_OUTCOME_GFN_LEARNT] = {"gfn_learnt",
                                "the VM's page got its guest address"},
    [EL2_OUTCOME_DEVICE_MAPPED] = {"device_mapped",
                                   "the VM maps a device page"},
    [EL2_OUTCOME_NOT_A_DEVICE] = {"not_a_device",
                                  "the page has an owner: nothing happens"},
    [EL2_OUTCOME_GRANTED] = {"granted", "the VM shared the page once more"},
    [EL2_OUTCOME_SHARE_LIMIT] = {"share_limit",
                                 "the page cannot be shared more often"},
    [EL2_OUTCOME_REVOKED] = {"revoked", "the VM shares the page once less"},
    [EL2_OUTCOME_REVOKED_LAST] = {"revoked_last",
                                  "the VM's page is private again"},
    [EL2_OUTCOME_NOT_SHARED] = {"not_shared",
                                "the page is not shared: nothing happens"},
    [EL2_OUTCOME_ASSIGNED_TO_DEVICE] =
        {"assigned_to_device",
         "the page went from the host to the VM for its device"},
    [EL2_OUTCOME_DMA_MAPPED_AND_COUNTED] =
        {"dma_mapped_and_counted",
         "the host's page was mapped for a host device and counted"},
    [EL2_OUTCOME_DMA_COUNT_LIMIT] =
        {"dma_count_limit",
         "the host's page was mapped for a host device, its count is full"},
    [EL2_OUTCOME_DMA_UNMAPPED_AND_COUNTED] =
        {"dma_unmapped_and_counted",
         "the mapping was removed and the host's page counted down"},

    [EL2_OUTCOME_RANGE_EMPTY] = {"range_empty", "the range has no page"},
    [EL2_OUTCOME_RANGE_CHANGED] = {"range_changed",
                                   "pages of the range changed"},
    [EL2_OUTCOME_RANGE_UNCHANGED] = {"range_unchanged",
                                     "no page of the range changed"},
    [EL2_OUTCOME_FAULTED_IN_PAGE] = {"faulted_in_page",
                                     "the VM owns and maps the page"},
    [EL2_OUTCOME_FAULTED_IN_BLOCK] = {"faulted_in_block",
                                      "the VM owns and maps the block"},

    [EL2_OUTCOME_REGISTERED] = {"registered", "there is a new VM"},
    [EL2_OUTCOME_POWERED_OFF] = {"powered_off", "the VM is powered off"},
    [EL2_OUTCOME_BANK_TAKEN] = {"bank_taken", "the bank has an owner"},
    [EL2_OUTCOME_BANK_IN_USE] = {"bank_in_use",
                                 "the bank had an owner: nothing happens"},
    [EL2_OUTCOME_BANK_RELEASED] = {"bank_released",
                                   "the bank has no owner any more"},
    [EL2_OUTCOME_BANK_NOT_IN_USE] = {"bank_not_in_use",
                                     "the bank had no owner"},

    [EL2_OUTCOME_PANIC_UNNAMED] = {"panic_unnamed",
                                   "the machine stopped, without a name"},
    [EL2_OUTCOME_PANIC_ARGUMENT] = {"panic_argument",
                                    "an argument is out of range"},
    [EL2_OUTCOME_PANIC_BLOCK_SPLIT] = {"panic_block_split",
                                       "a page inside a block"},
    [EL2_OUTCOME_PANIC_NPT_POOL_EMPTY] = {"panic_npt_pool_empty",
                                          "no stage-2 table is left"},
    [EL2_OUTCOME_PANIC_SPT_POOL_EMPTY] = {"panic_spt_pool_empty",
                                          "no SMMU table is left"},
    [EL2_OUTCOME_PANIC_PRIVATE_PAGE] = {"panic_private_page",
                                        "the host touched a private page"},
    [EL2_OUTCOME_PANIC_HOST_DMA_IN_USE] = {"panic_host_dma_in_use",
                                           "a host device still uses the page"},
    [EL2_OUTCOME_PANIC_OTHER_OWNER] = {"panic_other_owner",
                                       "the page is someone else's"},
    [EL2_OUTCOME_PANIC_OTHER_GFN] = {"panic_other_gfn",
                                     "the page has another guest address"},
    [EL2_OUTCOME_PANIC_BLOCK_UNALIGNED] =
        {"panic_block_unaligned", "a block whose address is not aligned"},
    [EL2_OUTCOME_PANIC_PFN_RANGE] = {"panic_pfn_range",
                                     "a page past physical memory"},
    [EL2_OUTCOME_PANIC_NO_VMID_LEFT] = {"panic_no_vmid_left",
                                        "all VMs are registered"},
    [EL2_OUTCOME_PANIC_VM_STATE] = {"panic_vm_state",
                                    "not in this state of the VM"},
    [EL2_OUTCOME_PANIC_NO_SUCH_BANK] = {"panic_no_such_bank",
                                        "the SMMU has fewer banks"},
};

const char *el2_outcome_name(enum el2_outcome outcome)
{
    return outcomes[outcome].name;
}

const char *el2_outcome_says(enum el2_outcome outcome)
{
    return outcomes[outcome].says;
}
