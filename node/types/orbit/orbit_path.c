/* The one state of an OPM, and how sure a record is of its position. */
#include <math.h>

#include "base/num.h"
#include "types/designator.h"
#include "types/orbit/orbit_map.h"

static void
copy(struct span text, char *out, size_t size)
{
    size_t n = text.n < size ? text.n : size - 1;

    memcpy(out, text.p, n);
    out[n] = 0;
}

int
orbit_path(const ProtobufCMessage *msg, struct arena *a, struct type_path *out, struct why *why)
{
    static const char *const axes[] = {"X", "Y", "Z"}, *const rates[] = {"X_DOT", "Y_DOT", "Z_DOT"};
    const Parallax__V1__Orbit *orbit = (const Parallax__V1__Orbit *)msg;
    const Parallax__V1__Block *metadata = orbit_block(orbit, "metadata"),
                              *state = orbit_block(orbit, "state");
    struct type_state *s = arena_zalloc(a, sizeof *s);

    if (!orbit_is_opm(msg) || metadata == NULL || state == NULL)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, NULL, "mean elements: no state");
    if (s == NULL)
        return why_set(why, WHY_NO_MEMORY, 0, 0, NULL, "no memory for a state");
    s->at = designator_utc(blockmap_value(state, "EPOCH"), blockmap_value(metadata, "TIME_SYSTEM"));
    if (utc_is_zero(s->at))
        return why_set(why, WHY_FIELD_TIME, 0, 0, "EPOCH", "in a time system that cannot be led to UTC");
    for (int i = 0; i < 3; i++) {
        if (num_double(blockmap_value(state, axes[i]), &s->r_km[i]) != 0 ||
            num_double(blockmap_value(state, rates[i]), &s->v_km_s[i]) != 0)
            return why_set(why, WHY_FIELD_MISSING, 0, 0, axes[i], "no number");
    }
    *out = (struct type_path){.start = s->at, .stop = s->at, .state = s, .n = 1};
    copy(blockmap_value(metadata, "REF_FRAME"), out->frame, sizeof out->frame);
    copy(blockmap_value(metadata, "CENTER_NAME"), out->center, sizeof out->center);
    return 0;
}

double
orbit_sigma_km(const ProtobufCMessage *msg)
{
    static const char *const names[] = {"CX_X", "CY_Y", "CZ_Z"};
    const Parallax__V1__Orbit *orbit = (const Parallax__V1__Orbit *)msg;
    const char *const texts[] = {orbit->cx_x, orbit->cy_y, orbit->cz_z};
    double sum = 0, v;

    for (int i = 0; i < 3; i++) {
        struct span text = orbit_is_opm(msg) ? blockmap_value(orbit_block(orbit, "covariance"), names[i])
                                             : span_str(texts[i]);

        if (num_double(text, &v) != 0 || v < 0)
            return 0;
        sum += v;
    }
    return sqrt(sum);
}
