/* Figures of a risk list for alert rules. Sizes in metres, whichever list; of who was taken off a list only that. */
#include "types/neo_risk/neo_risk_map.h"

#include <stdio.h>

#include "base/num.h"
#include "types/figure.h"

#define YEAR_DAYS 365.25

const char *const neo_risk_figure_names[] = {"listed",  "impact_probability", "size_m", "torino",
                                             "palermo", "years_ahead",        NULL};

/* Years until the first possible impact: of its date, else the first year that the list names, else of the most likely one. */
static void
put_years(const Parallax__V1__NeoRisk *risk, struct figures *f)
{
    struct utc first = {0}, one;
    const char *text = "";
    uint64_t year;

    for (size_t i = 0; i < risk->n_impacts; i++) {
        if (neo_risk_date(risk->impacts[i]->date, &one) == 0 &&
            (utc_is_zero(first) || utc_compare(one, first) < 0)) {
            first = one;
            text = risk->impacts[i]->date;
        }
    }
    if (utc_is_zero(first) && risk->years[0] != 0) {
        text = risk->years;
        if (num_uint(span_of((const uint8_t *)risk->years, 4), 9999, &year) == 0)
            (void)utc_mjd((int)year, 1, 1, &first.mjd);
    }
    if (utc_is_zero(first) && neo_risk_minute(risk->vi_max_time, &first) == 0)
        text = risk->vi_max_time;
    if (utc_is_zero(first))
        return;
    f->out[f->n] = (struct figure){.name = "years_ahead",
                                   .value = (double)utc_diff_ms(first, f->at) / 86400000.0 / YEAR_DAYS,
                                   .course = FIGURE_FALLS};
    (void)snprintf(f->out[f->n++].text, sizeof f->out->text, "(first possible impact %.30s)", text);
}

size_t
neo_risk_figures(const ProtobufCMessage *msg, struct utc at, struct figure out[FIGURES_MAX])
{
    const Parallax__V1__NeoRisk *risk = (const Parallax__V1__NeoRisk *)msg;
    struct figures f = {.out = out, .at = at};
    bool is_special = strcmp(risk->standing, "SPECIAL") == 0;

    /* A close approach is no risk; one impact of many is in the cumulative figures of its object, which end when the list drops it. */
    if (strcmp(risk->list, "cad") == 0 || strcmp(risk->standing, "IMPACTOR") == 0)
        return 0;
    if (strcmp(risk->standing, "REMOVED") == 0) {
        figure_count(&f, "listed", 0, "0 (REMOVED)");
        return f.n;
    }
    figure_count(&f, "listed", 1, is_special ? "1 (SPECIAL)" : "1");
    if (risk->ip_cum[0] != 0)
        figure_decimal(&f, "impact_probability", "ip_cum", risk->ip_cum, 0);
    else
        figure_decimal(&f, "impact_probability", "ip_max", risk->ip_max, 0);
    if (risk->diameter_m[0] != 0)
        figure_decimal(&f, "size_m", "diameter_m", risk->diameter_m, 0);
    else
        figure_decimal(&f, "size_m", "diameter_km", risk->diameter_km, 3);
    figure_decimal(&f, "torino", "ts_max", risk->ts_max, 0);
    if (risk->ps_cum[0] != 0)
        figure_decimal(&f, "palermo", "ps_cum", risk->ps_cum, 0);
    else
        figure_decimal(&f, "palermo", "ps_max", risk->ps_max, 0);
    put_years(risk, &f);
    return f.n;
}
