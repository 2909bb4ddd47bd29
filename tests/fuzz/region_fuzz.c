/* Regions: any bytes are refused at a place, or are a region that meets itself, and meets another as that one meets it. */
#include "core/region.h"
#include "base/limit.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct area_list list, other;
    struct arena a;
    struct why why;

    arena_init(&a, LIMIT_API_BYTES);
    area_list_init(&list, &a);
    area_list_init(&other, &a);
    why_clear(&why);
    if (region_read(span_of(data, size), &list, &why) != 0) {
        assert(why.code != WHY_NONE);
    } else {
        assert(area_list_meets(&list, &list));
        area_add_box(&other, 170, -20, -150, 90);
        area_add_circle(&other, -80, 10, 1500);
        area_add_strip(&other, &(struct area_corner){10, 20}, &(struct area_corner){-30, -170}, 80);
        assert(area_list_meets(&list, &other) == area_list_meets(&other, &list));
    }
    arena_release(&a);
    return 0;
}
