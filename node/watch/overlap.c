#include "watch/overlap.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "types/figure.h"

const char *const overlap_figure_names[] = {
    "overlap",          "overlap_gap_km",       "overlap_h", "overlap_opens_h",
    "overlap_closes_h", "overlap_other_issuer", NULL};

#define MINUTE_CHARS 16 /* of a time, to the minute */

static void
add(struct figures *f, const char *name, double value, const char *text)
{
    figure_count(f, name, value, text);
}

static void
put_overlap(struct figures *f, bool meets, double gap_km, struct utc from, struct utc to)
{
    char text[96], first[UTC_TEXT_MAX], last[UTC_TEXT_MAX];

    utc_print(from, 0, first);
    utc_print(to, 0, last);
    (void)snprintf(text, sizeof text, "1 (by %.3f km, %.*sZ to %.*sZ)", gap_km < 0 ? -gap_km : 0.0,
                   MINUTE_CHARS, first, MINUTE_CHARS, last);
    add(f, "overlap", meets, meets ? text : "0");
}

static void
compare(const struct type_extent *a, const struct type_extent *b, struct figures *f)
{
    double gap_km = zone_distance_km(&a->zone, &b->zone, a->body_km) - a->zone.radius_km - b->zone.radius_km;
    struct utc from, to;
    bool in_time = zone_meets_in_time(&a->zone, &b->zone, &from, &to), placed = a->has_place && b->has_place;
    char text[40];

    if (!in_time)
        add(f, "overlap", 0, "0 (not at one time)");
    else if (placed)
        put_overlap(f, zone_meets_in_space(&a->zone, &b->zone, a->body_km), gap_km, from, to);
    if (placed) {
        (void)snprintf(text, sizeof text, "%.3f", gap_km);
        add(f, "overlap_gap_km", gap_km, text);
    }
    if (!in_time)
        return;
    (void)snprintf(text, sizeof text, "%.3f", (double)utc_diff_ms(to, from) / 3600000.0);
    add(f, "overlap_h", (double)utc_diff_ms(to, from) / 3600000.0, text);
    figure_hours_to(f, "overlap_opens_h", "both from", from);
    figure_hours_to(f, "overlap_closes_h", "both until", to);
}

bool
overlap_is(const struct type_extent *a, const struct type_extent *b)
{
    struct utc from, to;

    return !a->is_over && !b->is_over && fabs(a->body_km - b->body_km) <= 0 && a->has_place && b->has_place &&
           zone_meets_in_time(&a->zone, &b->zone, &from, &to) &&
           zone_meets_in_space(&a->zone, &b->zone, a->body_km);
}

size_t
overlap_figures(const struct type_extent *a, const struct type_extent *b, struct utc at,
                struct figure out[FIGURES_MAX])
{
    struct figures f = {.out = out, .at = at};

    if (a->is_over || b->is_over)
        add(&f, "overlap", 0, "0 (one of them is over)");
    else if (fabs(a->body_km - b->body_km) > 0)
        add(&f, "overlap", 0, "0 (on two bodies)");
    else
        compare(a, b, &f);
    add(&f, "overlap_other_issuer", strcmp(a->issuer, b->issuer) != 0,
        strcmp(a->issuer, b->issuer) != 0 ? "1" : "0");
    return f.n;
}
