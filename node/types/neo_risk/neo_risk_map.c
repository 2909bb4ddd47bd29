#include "types/neo_risk/neo_risk_map.h"

#include <stddef.h>
#include <stdio.h>

#include "base/text.h"

static const struct field_block blocks[] = {{.name = "data"}};

/* The alias is what the Sentry API calls it. */
#define ROW(keyword, member, kind, flags, alias, unit, min, max, words)                                      \
    {                                                                                                        \
        keyword, unit, min, max, words, alias, offsetof(Parallax__V1__NeoRisk, member), kind, 0, flags       \
    }
#define IMPACT(keyword, member, kind, alias, min, max)                                                       \
    {                                                                                                        \
        keyword, NULL, min, max, NULL, alias, offsetof(Parallax__V1__NeoImpact, member), kind, 0, 0          \
    }

/* clang-format off: one row a line */
static const struct field fields[] = {
    ROW("list", list, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, NULL),
    ROW("list_source", list_source, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, NULL),
    ROW("list_version", list_version, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, NULL),
    ROW("list_updated", list_updated, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, NULL),
    ROW("standing", standing, FIELD_WORD, 0, NULL, NULL, NULL, NULL, "REMOVED|SPECIAL|IMPACTOR"),
    ROW("removed", removed, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, NULL),
    ROW("designation", designation, FIELD_TEXT, FIELD_MUST, "des", NULL, NULL, NULL, NULL),
    ROW("name", name, FIELD_TEXT, 0, "fullname", NULL, NULL, NULL, NULL),
    ROW("id", id, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, NULL),
    ROW("h", h, FIELD_REAL, 0, NULL, NULL, "-10", "50", NULL),
    ROW("diameter_km", diameter_km, FIELD_REAL, FIELD_ABOVE, "diameter", "km", "0", "10000", NULL),
    ROW("diameter_m", diameter_m, FIELD_REAL, FIELD_ABOVE, NULL, "m", "0", "10000000", NULL),
    ROW("diameter_from_h", diameter_from_h, FIELD_WORD, 0, NULL, NULL, NULL, NULL, "YES|NO"),
    ROW("ip_cum", ip_cum, FIELD_REAL, 0, "ip", NULL, "0", "1", NULL),
    ROW("ip_max", ip_max, FIELD_REAL, 0, NULL, NULL, "0", "1", NULL),
    ROW("ps_cum", ps_cum, FIELD_REAL, 0, NULL, NULL, "-100", "100", NULL),
    ROW("ps_max", ps_max, FIELD_REAL, 0, NULL, NULL, "-100", "100", NULL),
    ROW("ts_max", ts_max, FIELD_INT, 0, NULL, NULL, "0", "10", NULL),
    ROW("n_imp", n_imp, FIELD_INT, 0, NULL, NULL, "0", NULL, NULL),
    ROW("years", years, FIELD_TEXT, 0, "range", NULL, NULL, NULL, NULL),
    ROW("vi_max_time", vi_max_time, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, NULL),
    ROW("v_inf_km_s", v_inf_km_s, FIELD_REAL, 0, "v_inf", "km/s", "0", "1000", NULL),
    ROW("velocity_km_s", velocity_km_s, FIELD_REAL, 0, NULL, "km/s", "0", "1000", NULL),
    ROW("last_obs", last_obs, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, NULL),
    ROW("last_obs_jd", last_obs_jd, FIELD_REAL, 0, NULL, "d", "0", NULL, NULL),
    ROW("first_obs", first_obs, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, NULL),
    ROW("nobs", nobs, FIELD_INT, 0, NULL, NULL, "0", NULL, NULL),
    ROW("darc", darc, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, NULL),
    ROW("method", method, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, NULL),
    ROW("computed", computed, FIELD_TEXT, 0, "cdate", NULL, NULL, NULL, NULL),
    ROW("energy_mt", energy_mt, FIELD_REAL, 0, "energy", NULL, "0", NULL, NULL),
    ROW("mass_kg", mass_kg, FIELD_REAL, 0, "mass", "kg", "0", NULL, NULL),
    ROW("v_imp_km_s", v_imp_km_s, FIELD_REAL, 0, "v_imp", "km/s", "0", "1000", NULL),
    ROW("orbit_id", orbit_id, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, NULL),
    ROW("approach_time", approach_time, FIELD_TEXT, 0, "cd", NULL, NULL, NULL, NULL),
    ROW("approach_jd", approach_jd, FIELD_REAL, 0, "jd", "d", "0", NULL, NULL),
    ROW("dist_au", dist_au, FIELD_REAL, 0, "dist", NULL, "0", NULL, NULL),
    ROW("dist_min_au", dist_min_au, FIELD_REAL, 0, "dist_min", NULL, "0", NULL, NULL),
    ROW("dist_max_au", dist_max_au, FIELD_REAL, 0, "dist_max", NULL, "0", NULL, NULL),
    ROW("v_rel_km_s", v_rel_km_s, FIELD_REAL, 0, "v_rel", "km/s", "0", "1000", NULL),
    ROW("t_sigma_f", t_sigma_f, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, NULL),
    ROW("diameter_sigma_km", diameter_sigma_km, FIELD_REAL, 0, "diameter_sigma", "km", "0", NULL, NULL),
    ROW("body", body, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, NULL),
};

static const struct field impact_fields[] = {
    IMPACT("date", date, FIELD_TEXT, NULL, NULL, NULL),
    IMPACT("ip", ip, FIELD_REAL, NULL, "0", "1"),
    IMPACT("ps", ps, FIELD_REAL, NULL, "-100", "100"),
    IMPACT("ts", ts, FIELD_INT, NULL, "0", "10"),
    IMPACT("energy_mt", energy_mt, FIELD_REAL, "energy", "0", NULL),
    IMPACT("dist", dist, FIELD_REAL, NULL, "0", NULL),
    IMPACT("width", width, FIELD_REAL, NULL, "0", NULL),
    IMPACT("sigma_vi", sigma_vi, FIELD_REAL, NULL, NULL, NULL),
    IMPACT("sigma_imp", sigma_imp, FIELD_REAL, NULL, NULL, NULL),
    IMPACT("stretch", stretch, FIELD_REAL, NULL, NULL, NULL),
    IMPACT("sigma_lov", sigma_lov, FIELD_REAL, NULL, NULL, NULL),
};
/* clang-format on */

const struct fieldmap neo_risk_map = {
    .field = fields,
    .count = sizeof fields / sizeof *fields,
    .block = blocks,
    .block_count = 1,
    .part = {{.schema = &parallax__v1__neo_risk__descriptor,
              .n_extras = offsetof(Parallax__V1__NeoRisk, n_extras),
              .extras = offsetof(Parallax__V1__NeoRisk, extras)}},
    .source = offsetof(Parallax__V1__NeoRisk, source),
};

const struct fieldmap neo_risk_map_impact = {
    .field = impact_fields,
    .count = sizeof impact_fields / sizeof *impact_fields,
    .block = blocks,
    .block_count = 1,
    .part = {{.schema = &parallax__v1__neo_impact__descriptor}},
};

void
neo_risk_copy(char *out, size_t size, struct span text)
{
    (void)snprintf(out, size, "%.*s", (int)(text.n < size ? text.n : size - 1), (const char *)text.p);
    out[text_utf8_prefix(span_str(out))] = 0;
}
