/*
 * Torino and Palermo scale from impact probability, energy and date, beside what a list states.
 *
 * Palermo (Chesley et al. 2002): PS = log10(IP / (fB T)), fB = 0.03 E^-0.8 a year, E in Mt TNT, T in years; the cumulative one adds the
 * ratios. Torino (Binzel 2000): lines in log10 E, log10 IP. Energy that a list does not state follows from its diameter and v_inf as JPL
 * does it: a sphere of 2,600 kg/m3 at the Earth's surface. A list says between which years impacts lie, not how likely each is: so the
 * scales lie between two bounds.
 */
#include <math.h>
#include <stdio.h>

#include "base/num.h"
#include "types/neo_risk/neo_risk_map.h"

#define DENSITY_KG_M3   2600.0
#define ESCAPE_KM_S     11.186 /* at the Earth's surface */
#define JOULE_PER_MT    4.184e15
#define YEAR_DAYS       365.25
#define ROUNDED_PALERMO 0.0051 /* two decimals */
#define TORINO_YEARS    100    /* it says nothing of later impacts */

static const double pi = 3.14159265358979323846;

/* A figure as it was rounded: anything from low to high. */
struct range {
    double low, high;
};

static bool
given(const char *text, double *out)
{
    return *text != 0 && num_double(span_str(text), out) == 0;
}

/* ${text} and half a unit of its last digit to both sides. */
static bool
rounded(const char *text, struct range *out)
{
    const char *point = strchr(text, '.');
    const char *e = strpbrk(text, "eE");
    double value, unit;
    size_t end = e != NULL ? (size_t)(e - text) : strlen(text);
    double exponent = 0;

    if (!given(text, &value) || (e != NULL && !given(e + 1, &exponent)))
        return false;
    unit = pow(10, exponent - (point != NULL && point < text + end ? (double)(text + end - point - 1) : 0));
    *out = (struct range){value > unit ? value - unit / 2 : value / 2, value + unit / 2};
    return true;
}

/* In Mt TNT. */
static bool
energy(const Parallax__V1__NeoRisk *risk, struct range *out, const char **note)
{
    struct range diameter_km;
    double v_inf, v_squared;
    double mass_to_mt;

    *note = "";
    if (rounded(risk->energy_mt, out))
        return true;
    if (risk->diameter_km[0] != 0 ? !rounded(risk->diameter_km, &diameter_km)
                                  : !rounded(risk->diameter_m, &diameter_km)) {
        *note = "no diameter";
        return false;
    }
    if (risk->diameter_km[0] == 0) {
        diameter_km.low /= 1000;
        diameter_km.high /= 1000;
    }
    if (given(risk->velocity_km_s, &v_inf)) {
        v_squared = v_inf * v_inf; /* ESA states the velocity at impact */
    } else if (given(risk->v_inf_km_s, &v_inf)) {
        v_squared = v_inf * v_inf + ESCAPE_KM_S * ESCAPE_KM_S;
    } else {
        *note = "no velocity";
        return false;
    }
    *note = "energy from the diameter, a sphere of 2,600 kg/m3";
    mass_to_mt = pi / 6 * DENSITY_KG_M3 * 1e9 * 0.5 * v_squared * 1e6 / JOULE_PER_MT;
    *out = (struct range){mass_to_mt * pow(diameter_km.low, 3), mass_to_mt * pow(diameter_km.high, 3)};
    return true;
}

static double
year_of(double mjd)
{
    return 2000 + (mjd - 51544.5) / YEAR_DAYS;
}

static double
palermo(double ip, double energy_mt, double years)
{
    return log10(ip / (0.03 * pow(energy_mt, -0.8) * years));
}

/* Binzel 2000; as PDCO and NEOCC use it. */
static int
torino(double ip, double energy_mt)
{
    double e = log10(energy_mt), p = log10(ip);

    if (energy_mt < 1 || (e + 1) / 3 + (p + 2) / 2 < 0)
        return 0;
    if (ip >= 0.99)
        return e < 2 ? 8 : e < 5 ? 9 : 10;
    if (ip < 0.01)
        return (e - 5) / 3 + (p + 2) / 2 >= 0 ? 6 : (e - 2) / 3 + (p + 2) / 2 >= 0 ? 2 : 1;
    if (e < 2)
        return 3;
    if (e >= 5)
        return 7;
    return (e - 5) / 3 + (p + 2) / 2 >= 0 ? 5 : 4;
}

static void
scale_palermo(const Parallax__V1__NeoRisk *risk, struct range ip, struct range mt, struct range years,
              struct scale *out)
{
    double low = palermo(ip.low, mt.low, years.high) - ROUNDED_PALERMO;
    double high = palermo(ip.high, mt.high, years.low) + ROUNDED_PALERMO;
    double stated;

    (void)snprintf(out->low, sizeof out->low, "%.2f", low);
    (void)snprintf(out->high, sizeof out->high, "%.2f", high);
    out->is_other = given(risk->ps_cum, &stated) && (stated < low || stated > high);
}

static void
scale_torino(const Parallax__V1__NeoRisk *risk, struct range ip, struct range mt, double n, double first,
             struct scale *out)
{
    int low = torino(ip.low / n, mt.low), high = torino(ip.high, mt.high);
    double stated;

    if (first > TORINO_YEARS) {
        out->note = "it says nothing of impacts more than 100 years ahead";
        out->is_other = risk->ts_max[0] != 0;
        return;
    }
    (void)snprintf(out->low, sizeof out->low, "%d", low);
    (void)snprintf(out->high, sizeof out->high, "%d", high);
    out->is_other = given(risk->ts_max, &stated) && (stated < low || stated > high);
}

/* The year of a provisional designation, `2016VR4`, or ${now}: a list that does not say when it worked out a scale cannot have done so before. */
static double
discovered(const char *designation, double now)
{
    uint64_t year;

    if (strlen(designation) < 6 || num_uint(span_of(designation, 4), 9999, &year) != 0 ||
        designation[4 + (designation[4] == ' ')] < 'A')
        return now;
    return (double)year < now ? (double)year : now;
}

/*
 * How many years ahead the impacts lie: from ${at} at least; at most from the last observation, or the discovery, since lists keep
 * what they worked out then.
 */
static bool
years_ahead(const Parallax__V1__NeoRisk *risk, struct utc at, struct range *out)
{
    double from, to, jd, now = year_of(at.mjd);
    double earliest = now;
    char first[5];

    if (risk->years[0] == 0)
        return false;
    (void)snprintf(first, sizeof first, "%.4s", risk->years);
    if (!given(first, &from) || !given(risk->years + 5, &to))
        return false;
    if (given(risk->last_obs_jd, &jd) && year_of(jd - 2400000.5) < now)
        earliest = year_of(jd - 2400000.5);
    else if (risk->last_obs_jd[0] == 0)
        earliest = discovered(risk->designation, now);
    *out = (struct range){from - now > 1 / YEAR_DAYS ? from - now : 1 / YEAR_DAYS, to + 1 - earliest};
    return out->high > 0;
}

size_t
neo_risk_scales(const ProtobufCMessage *msg, struct utc at, struct scale out[SCALES_MAX])
{
    const Parallax__V1__NeoRisk *risk = (const Parallax__V1__NeoRisk *)msg;
    struct range ip, mt, years;
    const char *note = "";
    double n = 1;

    if (strcmp(risk->list, "cad") == 0 || risk->standing[0] != 0)
        return 0;
    out[0] = (struct scale){.name = "Palermo"};
    out[1] = (struct scale){.name = "Torino"};
    (void)snprintf(out[0].stated, sizeof out[0].stated, "%.20s", risk->ps_cum);
    (void)snprintf(out[1].stated, sizeof out[1].stated, "%.20s", risk->ts_max);
    if (!rounded(risk->ip_cum, &ip) || ip.high <= 0)
        note = "no impact probability";
    else if (!years_ahead(risk, at, &years))
        note = "no years";
    else if (energy(risk, &mt, &note) && mt.low > 0) {
        out[0].note = out[1].note = note;
        scale_palermo(risk, ip, mt, years, &out[0]);
        scale_torino(risk, ip, mt, given(risk->n_imp, &n) && n >= 1 ? n : 1, years.low, &out[1]);
        return 2;
    }
    out[0].note = out[1].note = note;
    return 2;
}
