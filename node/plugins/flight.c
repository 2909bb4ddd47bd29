#include "plugins/flight.h"

struct flight_slot *
flight_add(struct flight *f, uint64_t number)
{
    struct flight_slot *slot;

    if (f->n == LIMIT_PLUGIN_WINDOW_COUNT)
        return NULL;
    slot = &f->slots[(f->first + f->n++) % LIMIT_PLUGIN_WINDOW_COUNT];
    *slot = (struct flight_slot){.number = number};
    return slot;
}

uint64_t
flight_land(struct flight *f)
{
    uint64_t number = 0;

    while (f->n > 0 && f->slots[f->first].done) {
        number = f->slots[f->first].number;
        f->first = (f->first + 1) % LIMIT_PLUGIN_WINDOW_COUNT;
        f->n--;
    }
    return number;
}
