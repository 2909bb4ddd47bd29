/* Figures of a close approach for alert rules: metres, whichever form. The bound of SOCRATES (MAX_PROB) is no Pc and has a name of its own. */
#include "types/conjunction/conjunction_map.h"

#include <math.h>
#include <stdio.h>

#include "base/num.h"
#include "types/designator.h"
#include "types/figure.h"

const char *const conjunction_figure_names[] = {"pc", "pc_max", "miss_m", "radius_km", "tca_h", NULL};

/* From the centre of the Earth to the first object at TCA, where the message has its state. */
static void
put_radius(const Parallax__V1__Conjunction *c, struct figures *f)
{
    double x, y, z;
    char text[24];

    if (c->object1 == NULL || num_double(span_str(c->object1->x), &x) != 0 ||
        num_double(span_str(c->object1->y), &y) != 0 || num_double(span_str(c->object1->z), &z) != 0)
        return;
    (void)snprintf(text, sizeof text, "%.1f", sqrt(x * x + y * y + z * z));
    figure_decimal(f, "radius_km", "X Y Z", text, 0);
}

size_t
conjunction_figures(const ProtobufCMessage *msg, struct utc at, struct figure out[FIGURES_MAX])
{
    const Parallax__V1__Conjunction *c = (const Parallax__V1__Conjunction *)msg;
    struct figures f = {.out = out, .at = at};

    if (conjunction_is_cdm(msg)) {
        figure_decimal(&f, "pc", "COLLISION_PROBABILITY", c->collision_probability, 0);
        figure_decimal(&f, "miss_m", "MISS_DISTANCE", c->miss_distance, 0);
        put_radius(c, &f);
    } else if (c->sat_1_id[0] != 0) {
        figure_decimal(&f, "pc", "PC", c->pc, 0);
        figure_decimal(&f, "miss_m", "MIN_RNG", c->min_rng, 0);
    } else {
        figure_decimal(&f, "pc_max", "MAX_PROB", c->max_prob, 0);
        figure_decimal(&f, "miss_m", "TCA_RANGE", c->tca_range, 3);
    }
    figure_hours_to(&f, "tca_h", "TCA", designator_utc(span_str(c->tca), span_str("UTC")));
    return f.n;
}
