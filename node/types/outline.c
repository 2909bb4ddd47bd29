#include "types/outline.h"

#include "base/num.h"

#define RADIUS_KM_MAX 20037.51 /* half round the Earth */

static bool
place(struct span latitude, struct span longitude, struct area_corner *out)
{
    return num_double(latitude, &out->latitude_deg) == 0 && num_double(longitude, &out->longitude_deg) == 0 &&
           out->latitude_deg >= -90 && out->latitude_deg <= 90 && out->longitude_deg >= -360 &&
           out->longitude_deg <= 360;
}

static bool
add_circle(struct area_list *out, const struct area_corner *at, struct span radius_km)
{
    double km = 0;

    if ((radius_km.n > 0 && num_double(radius_km, &km) != 0) || km < 0)
        return false;
    area_add_circle(out, at->latitude_deg, at->longitude_deg, km < RADIUS_KM_MAX ? km : RADIUS_KM_MAX);
    return true;
}

bool
outline_circle(struct area_list *out, struct span latitude, struct span longitude, struct span radius_km)
{
    struct area_corner at;

    return place(latitude, longitude, &at) && add_circle(out, &at, radius_km);
}

bool
outline_place(struct span text, struct area_corner *out)
{
    const uint8_t *comma = text.n > 0 ? memchr(text.p, ',', text.n) : NULL;
    size_t n = comma != NULL ? (size_t)(comma - text.p) : 0;

    return comma != NULL && place(span_of(text.p, n), span_of(comma + 1, text.n - n - 1), out);
}

static bool
is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span
outline_word(struct span *rest)
{
    size_t from = 0, to;

    while (from < rest->n && is_blank(rest->p[from]))
        from++;
    for (to = from; to < rest->n && !is_blank(rest->p[to]);)
        to++;
    struct span word = span_of(rest->p + from, to - from);

    *rest = span_of(rest->p + to, rest->n - to);
    return word;
}

bool
outline_pairs(struct area_list *out, struct span text, bool is_ring)
{
    struct span rest = text, word;
    struct area_corner at;

    while ((word = outline_word(&rest)).n > 0) {
        if (!outline_place(word, &at))
            return false;
    }
    rest = text;
    area_begin(out, true);
    while ((word = outline_word(&rest)).n > 0 && outline_place(word, &at))
        area_corner(out, at.latitude_deg, at.longitude_deg);
    area_end(out, is_ring);
    return true;
}

bool
outline_pair_circle(struct area_list *out, struct span text)
{
    struct span rest = text, center = outline_word(&rest), km = outline_word(&rest);
    struct area_corner at;

    return km.n > 0 && outline_word(&rest).n == 0 && outline_place(center, &at) && add_circle(out, &at, km);
}
