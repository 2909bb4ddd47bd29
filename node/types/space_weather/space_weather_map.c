#include "types/space_weather/space_weather_map.h"

#include <stddef.h>

static const struct field_block blocks[] = {{.name = "data"}};

#define ROW(keyword, member, kind, flags, min, max, words)                                                   \
    {                                                                                                        \
        keyword, NULL, min, max, words, NULL, offsetof(Parallax__V1__SpaceWeather, member), kind, 0, flags   \
    }

/* clang-format off: one row a line */
static const struct field fields[] = {
    ROW("provider", provider, FIELD_WORD, FIELD_MUST, NULL, NULL, "SWPC|DONKI"),
    ROW("kind", kind, FIELD_WORD, FIELD_MUST, NULL, NULL,
        "ALERT|WARNING|WATCH|SUMMARY|SCALES|K "
        "INDEX|FLARE|CME|STORM|PARTICLES|STREAM|MAGNETOPAUSE|BELT|SHOCK|NOTIFICATION"),
    ROW("change", change, FIELD_WORD, 0, NULL, NULL, "NEW|CONTINUED|EXTENDED|CANCELLED|CORRECTED"),
    ROW("id", id, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL),
    ROW("version", version, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("issued", issued, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("product_id", product_id, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("code", code, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("serial", serial, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("refers_to", refers_to, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("headline", headline, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("noaa_scale", noaa_scale, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("begin", begin, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("peak", peak, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("end", end, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("valid_from", valid_from, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("valid_to", valid_to, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("threshold_reached", threshold_reached, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("synoptic_period", synoptic_period, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("active_warning", active_warning, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("station", station, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("impacts", impacts, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("comment", comment, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("day", day, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("r", r, FIELD_WORD, 0, NULL, NULL, "0|1|2|3|4|5"),
    ROW("r_text", r_text, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("r_minor_prob", r_minor_prob, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("r_major_prob", r_major_prob, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("s", s, FIELD_WORD, 0, NULL, NULL, "0|1|2|3|4|5"),
    ROW("s_text", s_text, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("s_prob", s_prob, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("g", g, FIELD_WORD, 0, NULL, NULL, "0|1|2|3|4|5"),
    ROW("g_text", g_text, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("kp", kp, FIELD_REAL, 0, "0", "9", NULL),
    ROW("a_running", a_running, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("station_count", station_count, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("observed", observed, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("class_type", class_type, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("location", location, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("active_region", active_region, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("instruments", instruments, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("kp_index", kp_index, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("linked", linked, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("note", note, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("link", link, FIELD_TEXT, 0, NULL, NULL, NULL),
    ROW("estimated_kp", estimated_kp, FIELD_REAL, 0, "0", "9", NULL),
    ROW("kp_thirds", kp_thirds, FIELD_TEXT, 0, NULL, NULL, NULL),
};
/* clang-format on */

const struct fieldmap space_weather_map = {
    .field = fields,
    .count = sizeof fields / sizeof *fields,
    .block = blocks,
    .block_count = 1,
    .part = {{.schema = &parallax__v1__space_weather__descriptor,
              .n_extras = offsetof(Parallax__V1__SpaceWeather, n_extras),
              .extras = offsetof(Parallax__V1__SpaceWeather, extras)}},
    .source = offsetof(Parallax__V1__SpaceWeather, source),
};
