/* Reading vectors that are not good: each is refused with its words. */
#include "tests/unit/vector_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

struct bad_case {
    const char *json;
    const char *why;
};

#define PAGE_CHANGE(pfn, n, owner, count, gfn)                                 \
    "\"page\":[{\"pfn\":" pfn ",\"n\":" n ",\"owner\":" owner                  \
    ",\"count\":" count ",\"gfn\":" gfn "}]"
#define NPT_CHANGE(key, gfn, n, level, desc)                                   \
    "\"npt\":{\"" key "\":[{\"gfn\":" gfn ",\"n\":" n                          \
    ",\"pfn\":\"0x1\",\"level\":" level ",\"desc\":" desc "}]}"
#define GRANT(args) VECTOR(STEP("grant_vm_page", args, OK("")))
#define MAP(level, pte)                                                        \
    VECTOR(STEP("map_s2pt",                                                    \
                "\"vmid\":1,\"addr\":\"0x0\",\"pte\":\"" pte                   \
                "\",\"level\":" level,                                         \
                OK("")))
#define WITH_PLATFORM(platform)                                                \
    "{\"id\":\"t\",\"suite\":\"t\",\"host_offset\":\"0x0\",\"steps\":[],"      \
    "\"platform\":" platform "}"
#define REGION(base, size, rest)                                               \
    "{\"base\":\"" base "\",\"size\":\"" size "\"," rest "}"
#define WITH_REGIONS(regions)                                                  \
    WITH_PLATFORM("{\"regions\":[" regions "],\"smmu\":[]}")
#define WITH_LIMITS(limits)                                                    \
    "{\"id\":\"t\",\"suite\":\"t\"," PLATFORM                                  \
    ",\"steps\":[],\"limits\":{" limits "}}"

#define OF_BANK(vmid)                                                          \
    "\"vmid\":" vmid ",\"cbndx\":0,\"index\":0,\"gfn\":\"0xfffffff\""
#define IMAGES(images) "\"vm\":{\"7\":{\"images\":[" images "]}}"

static const struct bad_case bad_cases[] = {
    {"", "not JSON at byte"},
    {"nonsense", "not JSON at byte"},
    {"[1]", "expected an object"},
    {"7", "expected an object"},
    {POWEROFF("") "x", "something follows the JSON"},
    {POWEROFF("") "{}", "something follows the JSON"},
    {"{}", "id is missing"},
    {"{\"id\":\"a\",\"id\":\"b\"}", "id: is there twice"},
    {"{\"colour\":1}", "colour: unknown key"},
    {"{\"id\":\"a\",\"suite\":\"b\"}", "platform is missing"},
    {"{\"id\":1,\"suite\":\"b\",\"platform\":1,\"host_offset\":1,"
     "\"steps\":1}",
     "id: expected 1 to 63 printable"},
    {"{\"id\":\"\\u0007\",\"suite\":\"b\",\"platform\":1,"
     "\"host_offset\":1,\"steps\":1}",
     "id: expected 1 to 63 printable"},
    {"{\"id\":\"a\",\"suite\":5,\"platform\":1,\"host_offset\":1,"
     "\"steps\":1}",
     "suite: expected a string"},
    /* Platforms. */
    {WITH_PLATFORM("3"), "platform: expected an object"},
    {WITH_PLATFORM("{\"regions\":[]}"), "platform: smmu is missing"},
    {WITH_PLATFORM("{\"regions\":{},\"smmu\":[]}"),
     "platform.regions: expected an array"},
    {WITH_REGIONS("1"), "platform.regions[0]: expected an object"},
    {WITH_REGIONS(REGION("0x1000", "0x0", "\"owned\":false")),
     "platform.regions[0].size: is zero or reaches"},
    {WITH_REGIONS(REGION("0xfffffff000", "0x2000", "\"owned\":false")),
     "platform.regions[0].size: is zero or reaches"},
    {WITH_REGIONS(REGION("0x10000000000", "0x1000", "\"owned\":false")),
     "platform.regions[0].base: expected \"0x...\" up to 0xffffffffff"},
    {WITH_REGIONS(REGION("0x1001", "0x1000", "\"owned\":false")),
     "platform.regions[0]: base and size must be whole pages"},
    {WITH_REGIONS(REGION("0x1000", "0x1000", "\"owned\":1")),
     "platform.regions[0].owned: expected true or false"},
    {WITH_REGIONS(REGION("0x1000", "0x1000", "\"owned\":true")),
     "platform.regions[0]: owned and owner contradict"},
    {WITH_REGIONS(REGION("0x1000", "0x1000", "\"owned\":false,\"owner\":0")),
     "platform.regions[0]: owned and owner contradict"},
    {WITH_REGIONS(REGION("0x1000", "0x1000", "\"owned\":true,\"owner\":3")),
     "platform.regions[0].owner: expected 0 or 16"},
    {WITH_REGIONS(
         REGION("0x3000", "0x2000", "\"owned\":true,\"owner\":0") "," REGION(
             "0x1000", "0x3000", "\"owned\":true,\"owner\":16")),
     "platform.regions: the owned regions at 0x1000 and 0x3000 overlap"},
    {WITH_PLATFORM("{\"regions\":[],\"smmu\":[{\"base\":\"0x0\","
                   "\"size\":\"0x1000\",\"banks\":9}]}"),
     "platform.smmu[0].banks: expected a whole number from 0 to 8"},
    {WITH_PLATFORM("{\"regions\":[],\"smmu\":[{\"base\":\"0x0\"}]}"),
     "platform.smmu[0]: size is missing"},
    {WITH_LIMITS("\"max_share\":\"2\""),
     "limits.max_share: expected a plain number"},
    {WITH_LIMITS("\"host_share\":7"),
     "limits.host_share: 7 is less than the number of banks, 8"},
    {WITH_LIMITS("\"npt_pool\":[1,2]"), "limits.npt_pool: expected 3 numbers"},
    {WITH_LIMITS("\"spt_pool\":[1,2,3]"),
     "limits.spt_pool: expected 2 numbers"},
    {WITH_LIMITS("\"npt_pool\":[1,2049,3]"),
     "limits.npt_pool: a pool has at most 2048 of these tables, not 2049"},
    {WITH_LIMITS("\"spt_pool\":[1,-1]"),
     "limits.spt_pool[1]: expected a whole number"},
    {WITH_LIMITS("\"core_vmid\":17"),
     "limits.core_vmid: expected a whole number from 0 to 16"},
    {WITH_LIMITS("\"core_vmid\":0"), "limits.core_vmid: expected at least 1"},
    {WITH_LIMITS("\"pool\":1"), "limits.pool: unknown key"},
    /* Steps and arguments. */
    {VECTOR(""), "steps: expected at least one step"},
    {VECTOR("5"), "steps[0]: expected an object"},
    {VECTOR("{\"call\":\"vm_poweroff\"}"), "steps[0]: args is missing"},
    {VECTOR(STEP("vm_reset", "\"vmid\":7", OK(""))),
     "steps[0].call: there is no call vm_reset"},
    {VECTOR(STEP("npt_map", "\"vmid\":7", OK(""))),
     "steps[0].call: there is no call npt_map"},
    {VECTOR(STEP("vm_poweroff", "", OK(""))), "steps[0].args: vmid is missing"},
    {VECTOR(STEP("vm_poweroff", "\"vmid\":7,\"gfn\":1", OK(""))),
     "steps[0].args.gfn: unknown key"},
    {VECTOR(STEP("vm_poweroff", "\"vmid\":7,\"vmid\":7", OK(""))),
     "steps[0].args.vmid: is there twice"},
    {VECTOR(STEP("vm_poweroff", "\"vmid\":0", OK(""))),
     "steps[0].args.vmid: 0x0 is out of range for vm_poweroff"},
    {VECTOR(STEP("vm_poweroff", "\"vmid\":16", OK(""))),
     "steps[0].args.vmid: 0x10 is out of range for vm_poweroff"},
    {GRANT("\"vmid\":17,\"pfn\":\"0x1\""), "args.vmid: 0x11 is out of range"},
    {GRANT("\"vmid\":-1,\"pfn\":\"0x1\""),
     "args.vmid: expected a whole number"},
    {GRANT("\"vmid\":1.5,\"pfn\":\"0x1\""),
     "args.vmid: expected a whole number"},
    {GRANT("\"vmid\":1e300,\"pfn\":\"0x1\""),
     "args.vmid: expected a whole number"},
    {GRANT("\"vmid\":null,\"pfn\":\"0x1\""),
     "args.vmid: expected a hex string"},
    {GRANT("\"vmid\":1,\"pfn\":\"0x10000000\""),
     "args.pfn: 0x10000000 is out of range"},
    {GRANT("\"vmid\":1,\"pfn\":\"1000\""), "not \"1000\""},
    {GRANT("\"vmid\":1,\"pfn\":\"0x\""), "not \"0x\""},
    {GRANT("\"vmid\":1,\"pfn\":\"0xg\""), "not \"0xg\""},
    {GRANT("\"vmid\":1,\"pfn\":\"0x11112222333344445\""),
     "not \"0x11112222333344445\""},
    {GRANT("\"vmid\":1,\"pfn\":[1]"), "args.pfn: expected a hex string"},
    {VECTOR(STEP("map_page_host", "\"addr\":\"0x10000000000\"", OK(""))),
     "args.addr: 0x10000000000 is out of range"},
    {VECTOR(STEP("init_spt", "\"cbndx\":8,\"index\":0", OK(""))),
     "args.cbndx: 0x8 is out of range"},
    {VECTOR(STEP("init_spt", "\"cbndx\":0,\"index\":1", OK(""))),
     "args.index: 0x1 is out of range"},
    {VECTOR(STEP("unmap_spt",
                 "\"cbndx\":0,\"index\":0,\"addr\":\"0x10000000000\"", OK(""))),
     "args.addr: 0x10000000000 is out of range"},
    {VECTOR(
         STEP("walk_s2pt", "\"vmid\":1,\"addr\":\"0x1000000000000\"", OK(""))),
     "args.addr: 0x1000000000000 is out of range"},
    {VECTOR(STEP("assign_pfn_to_vm",
                 "\"vmid\":1,\"gfn\":\"0x1000000000\",\"pfn\":\"0x1\"",
                 OK(""))),
     "args.gfn: 0x1000000000 is out of range"},
    {VECTOR(STEP("clear_vm_range",
                 "\"vmid\":1,\"pfn\":\"0x1\",\"num\":\"0x1001\"", OK(""))),
     "args.num: 0x1001 is out of range"},
    {VECTOR(STEP("grant_stage2_sg_gpa",
                 "\"vmid\":1,\"addr\":\"0x1\",\"size\":\"0x1000001\"", OK(""))),
     "args.size: 0x1000001 is out of range"},
    {SHARE("vm_share", "0x0", "0x1000001"),
     "steps[0].args: a range of more than 4096 pages for vm_share"},
    {SHARE("vm_unshare", "0x0", "0x1000000000000"),
     "steps[0].args: a range of more than 4096 pages for vm_unshare"},
    {CLEAR("7", "0x0", "0x1001000"),
     "steps[0].args: a range of more than 4096 pages for clear_vm_s2_range"},
    {CLEAR("7", "0x1000", "0xfffffff000"), "a range of more than 4096 pages"},
    {IOREMAP("7", "0x0", "0x0", "0x1000001"),
     "a range of more than 4096 pages for phys_addr_ioremap"},
    {VECTOR(STEP("vm_share", "\"vmid\":0,\"addr\":\"0x0\",\"size\":\"0x1\"",
                 OK(""))),
     "args.vmid: 0x0 is out of range for vm_share"},
    {VECTOR(STEP("mem_load", "\"vmid\":16,\"gfn\":\"0x0\"",
                 "\"ret\":\"0x1\"," OK(""))),
     "args.vmid: 0x10 is out of range for mem_load"},
    {VECTOR(STEP("mem_load", "\"vmid\":0,\"gfn\":\"0x1000000000\"",
                 "\"ret\":\"0x1\"," OK(""))),
     "args.gfn: 0x1000000000 is out of range for mem_load"},
    {VECTOR(STEP("dev_load", "\"cbndx\":0,\"index\":0,\"gfn\":\"0x1\"",
                 "\"ret\":\"0x1\"," OK(""))),
     "steps[0].args: vmid is missing"},
    {VECTOR(STEP("dev_load", OF_BANK("16"), "\"ret\":\"0x1\"," OK(""))),
     "args.vmid: 0x10 is out of range for dev_load"},
    {VECTOR(STEP("dev_load",
                 "\"vmid\":7,\"cbndx\":0,\"index\":0,\"gfn\":\"0x10000000\"",
                 "\"ret\":\"0x1\"," OK(""))),
     "args.gfn: 0x10000000 is out of range for dev_load"},
    {VECTOR(STEP("dev_store",
                 "\"vmid\":7,\"cbndx\":8,\"index\":0,\"gfn\":\"0x1\","
                 "\"value\":\"0x1\"",
                 OK(""))),
     "args.cbndx: 0x8 is out of range for dev_store"},
    {VECTOR(STEP("dev_load", OF_BANK("7"), OK(""))),
     "steps[0]: ret is missing"},
    {VECTOR(STEP("dev_load", OF_BANK("7"), "\"ret\":\"what\"," OK(""))),
     "steps[0].ret: expected \"0x...\""},
    {VECTOR(STEP("dev_load", OF_BANK("7"), "\"ret\":7," OK(""))),
     "steps[0].ret: expected a hex string"},
    {VECTOR(STEP("dev_store", OF_BANK("7") ",\"value\":\"0x1\"",
                 "\"ret\":\"0x1\"," OK(""))),
     "steps[0].ret: expected \"fault\", \"device\" or \"unknown\""},
    {VECTOR(STEP("dev_store", OF_BANK("7") ",\"value\":\"0x1\"",
                 "\"ret\":\"done\"," OK(""))),
     "steps[0].ret: expected \"fault\", \"device\" or \"unknown\""},
    {MAP("3", "0x0"), "npt_map of such a descriptor is undefined"},
    {MAP("2", "0x80200fff"), "npt_map of such a descriptor is undefined"},
    {MAP("2", "0x80201ffd"), "npt_map of such a descriptor is undefined"},
    {VECTOR(STEP("vm_poweroff", "\"vmid\":7", "\"result\":\"fine\"")),
     "steps[0].result: expected \"ok\" or \"panic\""},
    {VECTOR(STEP("vm_poweroff", "\"vmid\":7", "\"result\":\"ok\"")),
     "steps[0]: changes is missing"},
    {VECTOR(STEP("vm_poweroff", "\"vmid\":7", PANIC ",\"changes\":{}")),
     "steps[0]: a step that panics has no ret and no changes"},
    {VECTOR(STEP("vm_poweroff", "\"vmid\":7", PANIC ",\"ret\":1")),
     "steps[0]: a step that panics has no ret and no changes"},
    {VECTOR(STEP("vm_poweroff", "\"vmid\":7", OK("") ",\"ret\":\"fault\"")),
     "steps[0].ret: expected \"0x...\""},
    {VECTOR(STEP("vm_poweroff", "\"vmid\":7",
                 PANIC) "," STEP("vm_poweroff", "\"vmid\":7", PANIC)),
     "steps[1]: comes after a panic"},
    /* Changes. */
    {POWEROFF("\"colour\":1"), "steps[0].changes.colour: unknown key"},
    {POWEROFF("\"page\":{}"), "changes.page: expected an array"},
    {POWEROFF("\"page\":[{}]"), "changes.page[0]: pfn is missing"},
    {POWEROFF(PAGE_CHANGE("5", "1", "1", "1", "\"0x0\"")),
     "changes.page[0].pfn: expected a hex string"},
    {POWEROFF(PAGE_CHANGE("\"0x10000000\"", "1", "1", "1", "\"0x0\"")),
     "changes.page[0].pfn: expected \"0x...\" up to 0xfffffff"},
    {POWEROFF(PAGE_CHANGE("\"0x1\"", "0", "1", "1", "\"0x0\"")),
     "changes.page[0].n: is zero or reaches"},
    {POWEROFF(PAGE_CHANGE("\"0x1\"", "268435456", "1", "1", "\"0x0\"")),
     "changes.page[0].n: is zero or reaches"},
    {POWEROFF(PAGE_CHANGE("\"0x1\"", "268435455", "1", "1", "\"0x0\"")),
     "changes.page[0]: the vector changes more than 1048576 cells"},
    {POWEROFF(PAGE_CHANGE("\"0x1\"", "1", "17", "1", "\"0x0\"")),
     "changes.page[0].owner: expected an owner"},
    {POWEROFF(PAGE_CHANGE("\"0x1\"", "1", "1", "4294967296", "\"0x0\"")),
     "changes.page[0].count: expected a whole number"},
    {POWEROFF(PAGE_CHANGE("\"0x1\"", "2", "1", "1", "\"0xffffffffffffffff\"")),
     "changes.page[0].gfn: rises beyond 64 bits"},
    {POWEROFF("\"page\":[{\"pfn\":\"0x1\",\"n\":3,\"owner\":0,\"count\":0,"
              "\"gfn\":\"0x0\"},{\"pfn\":\"0x2\",\"n\":1,\"owner\":0,"
              "\"count\":0,\"gfn\":\"0x0\"}]"),
     "steps[0].changes: page 0x2 is there twice"},
    {POWEROFF(NPT_CHANGE("17", "\"0x1\"", "1", "3", "\"0x1\"")),
     "changes.npt.17: expected a vmid from 0 to 16"},
    {POWEROFF(NPT_CHANGE("01", "\"0x1\"", "1", "3", "\"0x1\"")),
     "changes.npt.01: expected a vmid"},
    {POWEROFF(NPT_CHANGE("", "\"0x1\"", "1", "3", "\"0x1\"")),
     "expected a vmid"},
    {POWEROFF(NPT_CHANGE("7", "\"0x1000000000\"", "1", "3", "\"0x1\"")),
     "changes.npt.7[0].gfn: expected"},
    {POWEROFF(NPT_CHANGE("7", "\"0xfffffffff\"", "2", "3", "\"0x1\"")),
     "changes.npt.7[0].n: is zero or reaches"},
    {POWEROFF(NPT_CHANGE("7", "\"0x1\"", "1", "1", "\"0x1\"")),
     "changes.npt.7[0].level: expected 2 or 3, or 0"},
    {POWEROFF(NPT_CHANGE("7", "\"0x1\"", "1", "3", "\"0x0\"")),
     "changes.npt.7[0].level: expected 2 or 3, or 0"},
    {POWEROFF(NPT_CHANGE("7", "\"0x1\"", "1", "3", "\"0x2000\"")),
     "changes.npt.7[0].pfn: is not the page in desc"},
    {POWEROFF(NPT_CHANGE("7", "\"0x203\"", "1", "2", "\"0x1000\"")),
     "changes.npt.7[0].pfn: is not the page in desc"},
    {POWEROFF("\"spt\":{\"0.0\":[{\"iova_pfn\":\"0x1\",\"pfn\":\"0x1\","
              "\"desc\":\"0x0\"}]}"),
     "changes.spt.0.0[0].pfn: is not the page in desc"},
    {POWEROFF("\"npt_tables\":{\"7\":[1,2]}"),
     "changes.npt_tables.7: expected 3 numbers"},
    {POWEROFF("\"npt_tables\":{\"7\":[1,2,\"3\"]}"),
     "changes.npt_tables.7[2]: expected a plain number"},
    {POWEROFF("\"npt_tables\":[]"), "changes.npt_tables: expected an object"},
    {POWEROFF("\"spt\":{\"1.0\":[]}"), "changes.spt.1.0: expected \"SMMU."},
    {POWEROFF("\"spt\":{\"0.8\":[]}"), "changes.spt.0.8: expected \"SMMU."},
    {POWEROFF("\"spt\":{\"0\":[]}"), "changes.spt.0: expected \"SMMU.BANK\""},
    {POWEROFF("\"spt\":{\"0.0\":[{\"iova_pfn\":\"0x10000000\","
              "\"pfn\":\"0x0\",\"desc\":\"0x0\"}]}"),
     "changes.spt.0.0[0].iova_pfn: expected"},
    {POWEROFF("\"spt_tables\":[1]"), "changes.spt_tables: expected 2 numbers"},
    {POWEROFF("\"bank\":{\"0.0\":99}"), "changes.bank.0.0: expected an owner"},
    {POWEROFF("\"bank\":{\"0.0\":1,\"0.0\":1}"),
     "steps[0].changes: bank 0.0 is there twice"},
    {POWEROFF("\"mem\":{\"80\":\"0x1\"}"), "changes.mem.80: expected a pfn"},
    {POWEROFF("\"mem\":{\"0x80\":\"what\"}"),
     "changes.mem.0x80: expected \"0x...\""},
    {POWEROFF("\"mem\":{\"0x80\":5}"),
     "changes.mem.0x80: expected a hex string"},
    {POWEROFF("\"data_log\":{\"7\":\"0x1\"}"),
     "changes.data_log.7: expected a plain number"},
    {POWEROFF("\"vm\":{\"7\":{\"state\":5}}"),
     "changes.vm.7.state: expected a whole number from 0 to 4"},
    {POWEROFF("\"vm\":{\"7\":{}}"), "changes.vm.7: nothing of it changed"},
    {POWEROFF("\"vm\":{\"7\":{\"vcpus\":4}}"),
     "changes.vm.7.vcpus: unknown key"},
    {POWEROFF("\"vm\":{\"7\":{\"inc_exe\":2}}"),
     "changes.vm.7.inc_exe: expected a whole number from 0 to 1"},
    {POWEROFF("\"vm\":{\"7\":{\"vcpu_state\":[2]}}"),
     "changes.vm.7.vcpu_state: expected 8 numbers"},
    {POWEROFF("\"vm\":{\"7\":{\"vcpu_state\":[0,0,0,6,0,0,0,0]}}"),
     "changes.vm.7.vcpu_state[3]: expected a whole number from 0 to 5"},
    {POWEROFF("\"vm\":{\"7\":{\"state\":4,\"vcpu_state\":"
              "[0,0,0,0,0,0,0,0]}}"),
     "changes.vm.7.vcpu_state: is what it was before"},
    {POWEROFF(IMAGES("")), "changes.vm.7.images: is what it was before"},
    {POWEROFF("\"vm\":{\"7\":{\"images\":{}}}"),
     "changes.vm.7.images: expected an array"},
    {POWEROFF(IMAGES("3")), "changes.vm.7.images[0]: expected an object"},
    {POWEROFF(IMAGES("{\"size\":\"0x1\"}")),
     "changes.vm.7.images[0]: load_addr is missing"},
    {POWEROFF(IMAGES(IMAGE("\"0x0\"", "0"))),
     "changes.vm.7.images[0].size: is zero"},
    {POWEROFF(IMAGES(IMAGE("\"0x1\"", "\"0x1\""))),
     "changes.vm.7.images[0].mapped: expected a plain number"},
    {POWEROFF(IMAGES(IMAGE("\"0x1\"", "0") "," IMAGE("1", "0"))),
     "changes.vm.7.images[1].size: expected a hex string"},
    {POWEROFF(IMAGES(ONE "," ONE "," ONE "," ONE "," ONE "," ONE)),
     "changes.vm.7.images: more than 5 images"},
    {POWEROFF("\"core\":{\"next_vmid\":2}"),
     "changes.core: next_remap_ptr is missing"},
};

static void bad_vectors_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad_cases) / sizeof(bad_cases[0]); i++) {
        const struct bad_case *c = &bad_cases[i];
        struct vector vector;
        char why[VECTOR_TEXT_SIZE] = "";
        if (vector_read(c->json, strlen(c->json), &vector, why, sizeof(why))) {
            fail_msg("accepted, but expected: %s", c->why);
        }
        if (strstr(why, c->why) == NULL) {
            fail_msg("expected: %s, got: %s", c->why, why);
        }
        assert_null(strchr(why, '\n'));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_vectors_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
