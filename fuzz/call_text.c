/* The texts follow semantics.md: sections 3 to 6 for what a call does and
 * section 4's table of contracts, section 8 for where it panics. */
#include "fuzz/call_text.h"

#define PANIC(name, when)                                                      \
    {                                                                          \
        EL2_OUTCOME_PANIC_##name, when                                         \
    }

/* Panics that several calls have, told in the same words. */
#define NO_TABLE_LEFT                                                          \
    PANIC(NPT_POOL_EMPTY, "a stage-2 table is needed and the pool has none")
#define NO_SMMU_TABLE_LEFT                                                     \
    PANIC(SPT_POOL_EMPTY, "an SMMU table is needed and the pool has none")
#define SPLITS_BLOCK(where)                                                    \
    PANIC(BLOCK_SPLIT, "a page at " where ", where a block is mapped")
#define PAGE_IN_USE                                                            \
    PANIC(HOST_DMA_IN_USE, "a page is the host's and mapped for its devices")
#define PAGE_OF_OTHER                                                          \
    PANIC(OTHER_OWNER, "a page is neither the host's nor the VM's")
#define PAGE_ELSEWHERE                                                         \
    PANIC(OTHER_GFN, "a page is the VM's at another guest address")
#define NOT_READY                                                              \
    PANIC(VM_STATE, "the VM is not ready (but unused, verified or off)")
#define ODD_ACCESS                                                             \
    PANIC(REGISTER_ACCESS, "size is not 4 or 8, or offset no multiple of "     \
                           "size")
#define BAD_VM PANIC(ARGUMENT, "vm is no VM")
#define BAD_VM_OR_VCPU                                                         \
    PANIC(ARGUMENT, "vm is no VM, or vcpu is past its last one")
#define BAD_BANK PANIC(ARGUMENT, "no such SMMU, or bank is above 7")
#define BAD_IOVA_OR_BANK                                                       \
    PANIC(ARGUMENT, "iova is 2^40 or more, or no such SMMU, or bank is above " \
                    "7")
#define NO_REGISTER                                                            \
    PANIC(ARGUMENT, "no such SMMU, or offset is past its register window")

/* Calls that give a page or a block to a VM and map it. */
#define PANICS_OF_A_FAULT                                                      \
    PANIC(PFN_RANGE, "a page would be past the last one, 2^28 - 1"),           \
        PANIC(BLOCK_UNALIGNED, "level is 2 and desc not 2 MiB aligned"),       \
        PAGE_IN_USE, PAGE_OF_OTHER, PAGE_ELSEWHERE, SPLITS_BLOCK("addr"),      \
        NO_TABLE_LEFT

#define WITHIN_SPACE "addr + size is at most 2^48"

const struct call_text call_texts[EL2_CALL_NUMBER_LIMIT] = {
    [EL2_CALL_npt_map] =
        {
            .says = "Map a page or a 2 MiB block in a stage-2 table, with "
                    "the tables that it takes.",
            .only = "desc is not 0; a block's is no table and 2 MiB aligned",
            .panics = {SPLITS_BLOCK("addr"), NO_TABLE_LEFT},
        },
    [EL2_CALL_npt_walk] =
        {
            .says = "Look up an address in a stage-2 table.",
            .gives = "the descriptor, 0 when there is none",
        },
    [EL2_CALL_npt_level] =
        {
            .says = "Look up at which level an address is mapped.",
            .gives = "2 or 3, or 0 when the entry has no address",
        },
    [EL2_CALL_clear_pfn_host] =
        {
            .says = "Take a page out of the host's stage-2 table, if it is "
                    "there.",
            .panics = {PANIC(BLOCK_SPLIT, "the host maps a block there")},
        },
    [EL2_CALL_spt_init] =
        {
            .says = "Forget all that a bank's table maps.",
        },
    [EL2_CALL_spt_map] =
        {
            .says = "Write a descriptor into a bank's table, also 0.",
            .panics = {NO_SMMU_TABLE_LEFT},
        },
    [EL2_CALL_spt_walk] =
        {
            .says = "Look up an iova in a bank's table.",
            .gives = "the descriptor, 0 when there is none",
        },
    [EL2_CALL_spt_unmap] =
        {
            .says = "Clear an entry of a bank's table.",
            .gives = "the descriptor that was there, 0 when there was none",
        },

    [EL2_CALL_map_page_host] =
        {
            .says = "Map a page for the host: as a device if it has no owner, "
                    "as memory if it is the host's or shared with it.",
            .panics = {PANIC(PRIVATE_PAGE,
                             "the page is a VM's or EL2's and not shared"),
                       NO_TABLE_LEFT},
        },
    [EL2_CALL_clear_vm_page] =
        {
            .says = "Clear a VM's page and give it back to the host; any "
                    "other page stays as it is.",
            .only = "the VM is powered off",
        },
    [EL2_CALL_assign_pfn_to_vm] =
        {
            .says = "Give a page of the host to a VM, at a guest address.",
            .panics = {PAGE_IN_USE, PAGE_OF_OTHER, PAGE_ELSEWHERE},
        },
    [EL2_CALL_map_pfn_vm] =
        {
            .says = "Map a page or a block for a VM, as normal memory.",
            .only = "all its pages are the VM's, or the VM is powered off; a "
                    "block is aligned",
            .panics = {SPLITS_BLOCK("addr"), NO_TABLE_LEFT},
        },
    [EL2_CALL_map_vm_io] =
        {
            .says = "Map a device page for a VM; a page with an owner is no "
                    "device and is skipped.",
            .only = "the VM is ready",
            .panics = {SPLITS_BLOCK("gpa"), NO_TABLE_LEFT},
        },
    [EL2_CALL_grant_vm_page] =
        {
            .says = "Count one more share of a VM's page with the host, up "
                    "to the platform's limit.",
        },
    [EL2_CALL_revoke_vm_page] =
        {
            .says = "Count one share less; the last one takes the page from "
                    "the host.",
        },
    [EL2_CALL_assign_pfn_to_smmu] =
        {
            .says = "Give a page of the host to a VM for its device, at an "
                    "iova.",
            .only = "the VM is not verified",
            .panics = {PAGE_IN_USE, PAGE_OF_OTHER},
        },
    [EL2_CALL_update_smmu_page] =
        {
            .says = "Map an owner's page in its bank, and count it if it is "
                    "the host's.",
            .only = "the bank is vm's: the host, or a VM that is not verified",
            .panics = {PANIC(OTHER_OWNER, "the page is not vm's"),
                       PANIC(OTHER_GFN, "the page has another gfn than iova"),
                       NO_SMMU_TABLE_LEFT},
        },
    [EL2_CALL_unmap_smmu_page] =
        {
            .says = "Clear an entry of a bank, and count its page down if it "
                    "is the host's.",
            .only = "the bank's owner is the host, or a VM before its "
                    "verification",
        },

    [EL2_CALL_clear_vm_range] =
        {
            .says = "clear_vm_page for each page of a range.",
            .only = "the VM is powered off; pfn + n is at most 2^28",
        },
    [EL2_CALL_prot_and_map_vm_s2pt] =
        {
            .says = "Give a page, or the 512 of a block, to a VM and map it.",
            .panics = {PANICS_OF_A_FAULT},
        },
    [EL2_CALL_grant_stage2_sg_gpa] =
        {
            .says = "grant_vm_page for each page that the VM maps in a range "
                    "of its addresses.",
            .only = WITHIN_SPACE,
        },
    [EL2_CALL_revoke_stage2_sg_gpa] =
        {
            .says = "revoke_vm_page for each page that the VM maps in a range "
                    "of its addresses.",
            .only = WITHIN_SPACE,
        },

    [EL2_CALL_register_kvm] =
        {
            .says = "Make a new VM. It is ready: it can be given vCPUs, "
                    "images and devices.",
            .gives = "its vmid",
            .panics = {PANIC(NO_VMID_LEFT, "the platform has no more VMs"),
                       PANIC(VM_STATE, "the next VM is not unused: it was "
                                       "powered off before it was made")},
        },
    [EL2_CALL_register_vcpu] =
        {
            .says = "Give a VM one of its virtual CPUs.",
            .panics = {BAD_VM_OR_VCPU, NOT_READY,
                       PANIC(VCPU_STATE, "the vCPU is registered already")},
        },
    [EL2_CALL_set_boot_info] =
        {
            .says = "Announce a boot image: where the VM will find it and how "
                    "long it is. A VM that has all its images gets no more.",
            .gives = "the image's index, or how many there are when there are "
                     "no more",
            .panics = {PANIC(ARGUMENT, "vm is no VM, or load_addr or size is "
                                       "2^48 or more, or their sum is more"),
                       NOT_READY, PANIC(IMAGE_EMPTY, "size is 0"),
                       PANIC(REMAP_WINDOW_FULL,
                             "EL2's window for images has no room for it")},
        },
    [EL2_CALL_remap_vm_image] =
        {
            .says = "Name the page that holds the next page of an image; EL2 "
                    "maps it in its window. Ignored when all are mapped.",
            .panics = {PANIC(ARGUMENT, "vm is no VM, or pfn is 2^28 or more, "
                                       "or no VM has image i"),
                       NOT_READY, NO_TABLE_LEFT},
        },
    [EL2_CALL_verify_vm_image] =
        {
            .says = "Give the VM the 2 MiB blocks that hold its images, "
                    "check their signatures, and let it run.",
            .only = "an image's last page ends at 2^48 at most",
            .panics = {BAD_VM, NOT_READY,
                       PANIC(IMAGE_NOT_MAPPED, "a block's first page was not "
                                               "named, or is below 2 MiB"),
                       PAGE_IN_USE, PAGE_OF_OTHER, PAGE_ELSEWHERE,
                       NO_TABLE_LEFT,
                       PANIC(SIGNATURE, "an image is not well signed")},
        },
    [EL2_CALL_clear_vm_s2_range] =
        {
            .says = "Take back a range of memory from a VM that is powered "
                    "off: its pages are cleared and the host's. Nothing "
                    "happens to a VM that is not off.",
            .only = "the range has at most 4096 pages",
            .panics = {PANIC(ARGUMENT, "vm is no VM, or start or size is 2^40 "
                                       "or more, or their sum is more")},
        },
    [EL2_CALL_smmu_alloc_pgd] =
        {
            .says = "Give a context bank to the host or to a VM, with an "
                    "empty table. Nothing happens to a bank that has an owner.",
            .panics = {PANIC(ARGUMENT, "no such SMMU, bank is above 7, or vm "
                                       "is neither the host nor a VM"),
                       PANIC(NO_SUCH_BANK, "this SMMU has fewer banks"),
                       PANIC(VM_STATE, "the VM is verified")},
        },
    [EL2_CALL_smmu_free_pgd] =
        {
            .says = "Release the bank of a VM that is powered off.",
            .panics =
                {BAD_BANK,
                 PANIC(
                     VM_STATE, "the bank's VM is not off, or the bank "
                               "is the host's")},
        },
    [EL2_CALL_smmu_map] =
        {
            .says = "Map a page for the device of a bank. In a VM's bank a "
                    "page of the host becomes the VM's. Nothing happens in a "
                    "bank without owner.",
            .panics = {PANIC(ARGUMENT, "iova or pa is 2^40 or more, prot has "
                                       "bit 63 or one of bits 47:12, no such "
                                       "SMMU, or bank is above 7"),
                       PANIC(VM_STATE, "the bank's VM is verified"),
                       PANIC(HOST_DMA_IN_USE, "for a VM, and the page is "
                                              "mapped for devices of the host"),
                       PANIC(OTHER_OWNER, "the page is someone else's"),
                       PANIC(OTHER_GFN,
                             "the page may not be mapped at this iova"),
                       NO_SMMU_TABLE_LEFT},
        },
    [EL2_CALL_smmu_iova_to_phys] =
        {
            .says = "Look up where an iova of a bank leads.",
            .gives = "the physical address; without entry its page is 0",
            .panics = {BAD_IOVA_OR_BANK},
        },
    [EL2_CALL_smmu_clear] =
        {
            .says = "Remove a mapping of a bank. Nothing happens in a bank "
                    "without owner.",
            .panics = {BAD_IOVA_OR_BANK,
                       PANIC(VM_STATE, "the bank's VM is verified or off")},
        },
    [EL2_CALL_phys_addr_ioremap] =
        {
            .says = "Map the registers of a device for a VM, page by page; "
                    "pages with an owner are skipped.",
            .only = "the range has at most 4096 pages",
            .panics = {PANIC(ARGUMENT, "vm is no VM, gpa is 2^48 or more, pa "
                                       "or size is 2^40 or more, or a range "
                                       "in whole pages ends past that"),
                       NOT_READY, SPLITS_BLOCK("gpa"), NO_TABLE_LEFT},
        },
    [EL2_CALL_encrypt_buf] =
        {
            .says = "Write the cipher of a VM's page into a page of the host.",
            .panics = {PANIC(ARGUMENT, "vm is no VM, or in or out is 2^40 or "
                                       "more"),
                       PANIC(OTHER_OWNER, "the page of in is not the VM's"),
                       PANIC(NOT_HOST_PAGE, "the page of out is not the "
                                            "host's")},
        },
    [EL2_CALL_decrypt_buf] =
        {
            .says = "Take a page from the host, decipher it in place and give "
                    "it to a VM, its guest address not yet known.",
            .panics =
                {PANIC(ARGUMENT, "vm is no VM, or buf is 2^40 or more"),
                 NOT_READY, PANIC(NOT_HOST_PAGE, "the page is not the host's"),
                 PANIC(
                     HOST_DMA_IN_USE,
                     "the page is mapped for devices of the host")},
        },
    [EL2_CALL_load_crypt_vcpu] =
        {
            .says = "Load a vCPU from its cipher: the VM's execution goes on "
                    "where it was saved.",
            .panics =
                {BAD_VM_OR_VCPU, NOT_READY,
                 PANIC(VCPU_STATE, "the vCPU is not registered")},
        },
    [EL2_CALL_save_crypt_vcpu] =
        {
            .says = "Nothing but the check of its arguments.",
            .panics = {BAD_VM_OR_VCPU},
        },
    [EL2_CALL_host_fault] =
        {
            .says = "The host faulted: map_page_host, or inside an SMMU's "
                    "register window a read of 4 bytes.",
            .panics = {PANIC(ARGUMENT, "addr is 2^40 or more"),
                       PANIC(REGISTER_ACCESS, "inside a window, and addr is "
                                              "no multiple of 4"),
                       PANIC(PRIVATE_PAGE,
                             "the page is a VM's or EL2's and not shared"),
                       NO_TABLE_LEFT},
        },
    [EL2_CALL_smmu_read] =
        {
            .says = "The host reads a register of an SMMU. It passes.",
            .panics = {NO_REGISTER, ODD_ACCESS},
        },
    [EL2_CALL_smmu_write] =
        {
            .says = "The host writes a register of an SMMU. It passes where it "
                    "cannot break isolation; to TTBR0 of a bank EL2 writes "
                    "the root of its own table.",
            .gives = "the value that reaches the register",
            .panics = {NO_REGISTER, ODD_ACCESS,
                       PANIC(STREAM_CONFLICT, "sCR0 with bit 21 (SMCFCFG) 0"),
                       PANIC(BYPASS_VMID, "sCR2 with a low byte that is not 0"),
                       PANIC(CBAR_TYPE, "CBAR of a VM's bank with a type "
                                        "(bits 17:16) that is not 0"),
                       PANIC(CBAR_OWNER, "CBAR of a VM's bank with a low byte "
                                         "that is not its vmid"),
                       PANIC(CONTEXTIDR, "CONTEXTIDR of a bank")},
        },

    [EL2_CALL_vcpu_run] =
        {
            .says = "A vCPU begins to run its guest.",
            .panics = {PANIC(ARGUMENT, "the VM has no such vcpu"),
                       PANIC(VM_STATE, "the VM is not verified"),
                       PANIC(VCPU_STATE,
                             "the vCPU is not registered, or runs")},
        },
    [EL2_CALL_vcpu_exit] =
        {
            .says = "A vCPU leaves its guest.",
            .panics = {PANIC(ARGUMENT, "the VM has no such vcpu"),
                       PANIC(VCPU_STATE, "the vCPU does not run")},
        },
    [EL2_CALL_vm_fault] =
        {
            .says = "The guest faulted, and the host answers with a page or a "
                    "block: prot_and_map_vm_s2pt. Ignored when desc is 0 or "
                    "addr is in the first page or past the last.",
            .panics = {PANICS_OF_A_FAULT},
        },
    [EL2_CALL_vm_share] =
        {
            .says = "The guest shares what it maps in a range with the host. "
                    "A range past the end of its addresses is ignored.",
            .only = "the range has at most 4096 pages, or is ignored",
        },
    [EL2_CALL_vm_unshare] =
        {
            .says = "The guest takes back what it shared in a range. A range "
                    "past the end of its addresses is ignored.",
            .only = "the range has at most 4096 pages, or is ignored",
        },
    [EL2_CALL_vm_poweroff] =
        {
            .says = "The VM is off; the host may now take back what it had.",
        },

    [EL2_CALL_mem_load] =
        {
            .says = "The host (vm 0) or a VM reads a page.",
            .gives = "the word that fills it, where the specification follows "
                     "what it holds",
            .only = "vm is the host or verified; gfn is below 2^36",
        },
    [EL2_CALL_mem_store] =
        {
            .says = "The host (vm 0) or a VM fills a page with a word.",
            .only = "vm is the host or verified; gfn is below 2^36",
        },
    [EL2_CALL_dev_load] =
        {
            .says = "A device reads a page through its bank.",
            .gives = "the word that fills it, where the specification follows "
                     "what it holds",
            .only = "the bank is the host's or a verified VM's; gfn is below "
                    "2^28",
        },
    [EL2_CALL_dev_store] =
        {
            .says = "A device fills a page with a word through its bank.",
            .only = "the bank is the host's or a verified VM's; gfn is below "
                    "2^28",
        },
};

uint32_t call_panic_count(const struct call_text *text)
{
    uint32_t count = 0;
    while (count < CALL_PANIC_LIMIT &&
           text->panics[count].outcome != EL2_OUTCOME_NONE) {
        count++;
    }
    return count;
}
