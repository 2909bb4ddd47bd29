#include "plugins/screen/report.h"

/* No covariance is known, so no probability is stated: MAX_PROB and DILUTION are not among the columns. */
const char report_head[] = "NORAD_CAT_ID_1,OBJECT_NAME_1,DSE_1,NORAD_CAT_ID_2,OBJECT_NAME_2,DSE_2,TCA,TCA_"
                           "RANGE,TCA_RELATIVE_SPEED,METHOD\n";

#define METHOD                                                                                               \
    "parallax-plugin-screen: SGP4 (WGS-72) of the newest mean elements; no covariance; no probability"

/* Days from the epoch of the elements to the time of closest approach. */
static double
age_days(const struct sieve *s, const struct object *o, double tca_s)
{
    return (s->start_jd - o->elements.epoch_jd) + (s->start_fraction - o->elements.epoch_fraction) +
           tca_s / 86400.0;
}

static void
put_object(const struct sieve *s, const struct object *o, double tca_s, struct buf *out)
{
    buf_put_fmt(out, "%u,%s,%.3f,", o->number, o->name, age_days(s, o, tca_s));
}

void
report_row(const struct sieve *s, struct utc start, size_t i, struct buf *out)
{
    const struct sieve_approach *a = &s->approach[i];
    char tca[UTC_TEXT_MAX];

    utc_print(utc_add_ns(start, (int64_t)(a->tca_s * 1e9 + 0.5)), 3, tca);
    tca[23] = '\0'; /* the form has no zone */
    put_object(s, &s->object[a->a], a->tca_s, out);
    put_object(s, &s->object[a->b], a->tca_s, out);
    buf_put_fmt(out, "%s,%.4f,%.4f,%s\n", tca, a->range_km, a->speed_km_s, METHOD);
}
