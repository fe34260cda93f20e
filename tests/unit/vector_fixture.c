#include "tests/unit/vector_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

void read_good(const char *json, struct vector *vector)
{
    char why[VECTOR_TEXT_SIZE] = "";
    if (!vector_read(json, strlen(json), vector, why, sizeof(why))) {
        fail_msg("refused: %s", why);
    }
}

static struct fake *fake_of(struct el2_machine *machine)
{
    return (struct fake *)(void *)machine;
}

static void fake_reset(struct el2_machine *machine)
{
    fake_of(machine)->resets++;
}

static void fake_step(struct el2_machine *machine, const struct el2_call *call,
                      struct el2_step *step)
{
    (void)call;
    *step = fake_of(machine)->step;
}

static struct el2_value fake_value(struct el2_machine *machine, el2_cell cell,
                                   bool now)
{
    const struct fake *fake = fake_of(machine);
    for (size_t i = 0; i < fake->cell_count; i++) {
        if (fake->cells[i].cell == cell) {
            return now ? fake->cells[i].now : fake->cells[i].before;
        }
    }
    return (struct el2_value){{0, 0}};
}

static struct el2_value fake_observe(struct el2_machine *machine, el2_cell cell)
{
    return fake_value(machine, cell, true);
}

static struct el2_value fake_before(struct el2_machine *machine, el2_cell cell)
{
    return fake_value(machine, cell, false);
}

static struct el2_touched fake_touched(struct el2_machine *machine)
{
    struct fake *fake = fake_of(machine);
    for (size_t i = 0; i < fake->touched_count; i++) {
        fake->values[i] = fake_value(machine, fake->touched[i], true);
    }
    return (struct el2_touched){fake->touched_count, fake->touched,
                                fake->values};
}

static size_t fake_room(struct el2_machine *machine)
{
    return fake_of(machine)->full ? 0 : 1;
}

static const struct el2_machine_operations fake_operations = {
    .name = "fake",
    .observable = UINT32_MAX,
    .reset = fake_reset,
    .step = fake_step,
    .touched = fake_touched,
    .observe = fake_observe,
    .room = fake_room,
    .before = fake_before,
};

struct fake fake_idle(void)
{
    return (struct fake){.machine = {.operations = &fake_operations}};
}

struct fake fake_change(el2_cell cell, struct el2_value before,
                        struct el2_value now)
{
    struct fake fake = fake_idle();
    fake.cells[0] = (struct fake_cell){cell, before, now};
    fake.cell_count = 1;
    fake.touched[0] = cell;
    fake.touched_count = 1;
    return fake;
}

struct el2_machine *model(const struct el2_platform *platform)
{
    const char *why = NULL;
    struct el2_machine *machine =
        el2_create_model(platform, el2_oracle_formula, &why);
    if (machine == NULL) {
        fail_msg("%s", why);
    }
    return machine;
}

/* clang-format off */
const char by_hand[] = VECTOR(
    STEP("map_page_host", "\"addr\":\"0x80100123\"",
         OK("\"npt_tables\":{\"0\":[1,1,1]},"
            "\"npt\":{\"0\":[{\"gfn\":\"0x80100\",\"n\":1,"
            "\"pfn\":\"0x80100\",\"level\":3,\"desc\":\"0x80100fff\"}]}")) ","
    STEP("assign_pfn_to_vm",
         "\"vmid\":7,\"gfn\":\"0x201\",\"pfn\":\"0x80100\"",
         OK("\"npt\":{\"0\":[{\"gfn\":\"0x80100\",\"n\":1,\"pfn\":\"0x0\","
            "\"level\":3,\"desc\":\"0x200000000000000\"}]},"
            "\"page\":[{\"pfn\":\"0x80100\",\"n\":1,\"owner\":7,"
            "\"count\":0,\"gfn\":\"0x201\"}],"
            "\"mem\":{\"0x80100\":\"0x538454127b096493\"},"
            "\"data_log\":{\"7\":1}")) ","
    STEP("map_pfn_vm",
         "\"vmid\":7,\"addr\":\"0x201000\",\"pte\":\"0x80100001\","
         "\"level\":3",
         OK("\"npt_tables\":{\"7\":[1,1,1]},"
            "\"npt\":{\"7\":[{\"gfn\":\"0x201\",\"n\":1,"
            "\"pfn\":\"0x80100\",\"level\":3,\"desc\":\"0x80100fff\"}]}")) ","
    STEP("walk_s2pt", "\"vmid\":7,\"addr\":\"0x201fff\"",
         "\"ret\":\"0x80100fff\"," OK("")) ","
    STEP("map_page_host", "\"addr\":\"0x80100000\"", PANIC));
/* clang-format on */
