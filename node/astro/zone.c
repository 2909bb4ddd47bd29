#include "astro/zone.h"

#include "astro/sphere.h"

#define TOUCH_KM 1e-6

double
zone_distance_km(const struct zone *a, const struct zone *b, double body_km)
{
    double u[3], v[3];

    sphere_unit(a->latitude_deg, a->longitude_deg, u);
    sphere_unit(b->latitude_deg, b->longitude_deg, v);
    return sphere_angle(u, v) * body_km;
}

bool
zone_meets_in_space(const struct zone *a, const struct zone *b, double body_km)
{
    return zone_distance_km(a, b, body_km) <= a->radius_km + b->radius_km + TOUCH_KM;
}

bool
zone_meets_in_time(const struct zone *a, const struct zone *b, struct utc *from, struct utc *to)
{
    *from = utc_compare(a->start, b->start) > 0 ? a->start : b->start;
    *to = utc_compare(a->end, b->end) < 0 ? a->end : b->end;
    return utc_compare(*from, *to) <= 0;
}
