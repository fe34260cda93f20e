/* What changed of a VM: state, vCPUs, inc_exe and boot images. */
#include "fuzz/vectors/read.h"

#include <inttypes.h>

/* A number that stands for itself. */
static bool read_number(const struct changes_reader *reader, const cJSON *item,
                        enum el2_cell_kind kind, uint64_t vmid,
                        uint64_t maximum)
{
    struct el2_value value = {{0, 0}};
    return json_number(reader->json, item, maximum, &value.words[0]) &&
           vector_read_change(reader, kind, vmid, 0, value);
}

/* A list is there because something in it changed. */
static bool has_grown(const struct changes_reader *reader, const cJSON *list,
                      size_t count)
{
    return reader->vector->changes.count > count ||
           json_fail(reader->json, list, "is what it was before");
}

/* What is read becomes what is known, and a change unless it was so. */
static bool learn(const struct changes_reader *reader, enum el2_cell_kind kind,
                  uint64_t vmid, uint64_t index, struct el2_value *known,
                  struct el2_value value)
{
    if (el2_value_equal(*known, value)) {
        return true;
    }
    *known = value;
    return vector_read_change(reader, kind, vmid, index, value);
}

static bool read_vcpus(const struct changes_reader *reader, const cJSON *list,
                       uint64_t vmid)
{
    struct vector_vm *vm = &reader->vms[vmid];
    uint64_t states[EL2_VCPU_LIMIT];
    uint32_t count = reader->vector->platform.vcpus_per_vm;
    size_t changes = reader->vector->changes.count;
    if (!json_numbers(reader->json, list, count, EL2_VM_ACTIVE, states)) {
        return false;
    }
    for (uint32_t c = 0; c < count; c++) {
        if (!learn(reader, EL2_CELL_VCPU, vmid, c, &vm->vcpus[c],
                   (struct el2_value){{states[c], 0}})) {
            return false;
        }
    }
    return has_grown(reader, list, changes);
}

static bool read_image(const struct changes_reader *reader, const cJSON *item,
                       struct el2_value *image, struct el2_value *remap)
{
    enum {
        LOAD_ADDRESS,
        SIZE,
        REMAP_ADDRESS,
        MAPPED,
        COUNT
    };
    static const char *const names[COUNT] = {"load_addr", "size", "remap_addr",
                                             "mapped"};
    const cJSON *members[COUNT];
    if (!json_members(reader->json, item, names, COUNT, JSON_ALL, members) ||
        !json_hex(reader->json, members[LOAD_ADDRESS], UINT64_MAX,
                  &image->words[0]) ||
        !json_hex(reader->json, members[SIZE], UINT64_MAX, &image->words[1]) ||
        !json_hex(reader->json, members[REMAP_ADDRESS], UINT64_MAX,
                  &remap->words[0]) ||
        !json_number(reader->json, members[MAPPED], UINT32_MAX,
                     &remap->words[1])) {
        return false;
    }
    return image->words[1] != 0 ||
           json_fail(reader->json, members[SIZE], "is zero");
}

/* Where the list ends there are no images any more. */
static bool read_images(const struct changes_reader *reader, const cJSON *list,
                        uint64_t vmid)
{
    struct vector_vm *vm = &reader->vms[vmid];
    uint32_t room = reader->vector->platform.images_per_vm;
    size_t changes = reader->vector->changes.count;
    if (!json_is_array(reader->json, list)) {
        return false;
    }
    if ((size_t)cJSON_GetArraySize(list) > room) {
        return json_fail(reader->json, list, "more than %" PRIu32 " images",
                         room);
    }
    size_t outer = json_enter(reader->json, list);
    const cJSON *item = list->child;
    for (uint32_t i = 0; i < room; i++) {
        struct el2_value image = {{0, 0}};
        struct el2_value remap = {{0, 0}};
        size_t mark = json_enter_element(reader->json, i);
        if ((item != NULL && !read_image(reader, item, &image, &remap)) ||
            !learn(reader, EL2_CELL_IMAGE, vmid, i, &vm->images[i], image) ||
            !learn(reader, EL2_CELL_IMAGE_REMAP, vmid, i, &vm->remaps[i],
                   remap)) {
            return false;
        }
        json_leave(reader->json, mark);
        item = item == NULL ? NULL : item->next;
    }
    json_leave(reader->json, outer);
    return has_grown(reader, list, changes);
}

bool vector_read_vm(const struct changes_reader *reader, const cJSON *vm,
                    uint64_t vmid)
{
    enum {
        STATE,
        VCPU_STATE,
        INC_EXE,
        IMAGES,
        COUNT
    };
    static const char *const names[COUNT] = {"state", "vcpu_state", "inc_exe",
                                             "images"};
    const cJSON *members[COUNT];
    size_t changes = reader->vector->changes.count;
    size_t outer = json_enter(reader->json, vm);
    if (!json_members(reader->json, vm, names, COUNT, 0, members) ||
        (members[STATE] != NULL &&
         !read_number(reader, members[STATE], EL2_CELL_VM_STATE, vmid,
                      EL2_VM_POWEROFF)) ||
        (members[VCPU_STATE] != NULL &&
         !read_vcpus(reader, members[VCPU_STATE], vmid)) ||
        (members[INC_EXE] != NULL &&
         !read_number(reader, members[INC_EXE], EL2_CELL_INC_EXE, vmid, 1)) ||
        (members[IMAGES] != NULL &&
         !read_images(reader, members[IMAGES], vmid))) {
        return false;
    }
    if (reader->vector->changes.count == changes) {
        return json_fail(reader->json, NULL, "nothing of it changed");
    }
    json_leave(reader->json, outer);
    return true;
}
