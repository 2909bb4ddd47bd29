/* Inside node/types/space_weather: its fields, readers, and what they share. */
#ifndef TYPES_SPACE_WEATHER_SPACE_WEATHER_MAP_H
#define TYPES_SPACE_WEATHER_SPACE_WEATHER_MAP_H

#include "space_weather.pb-c.h"
#include "syntax/json.h"
#include "types/fill.h"

extern const struct fieldmap space_weather_map;
extern const struct reader space_weather_alerts_reader, space_weather_scales_reader, space_weather_kp_reader,
    space_weather_donki_reader, space_weather_notice_reader;

extern const struct writer space_weather_cap_writer;

/* NOAA's level 0 to 5 and its letter, as the record states it ("G1 - Minor"); ' ' if it states none. */
char space_weather_stated(const Parallax__V1__SpaceWeather *m, int *level);
/* R, S and G worked out from flux and Kp; for struct type. */
size_t space_weather_scales(const ProtobufCMessage *msg, struct utc at, struct scale out[SCALES_MAX]);

/*
 * Times as these sources write them: 2026-09-13 08:27:29.123, 2022-01-19T05:36Z, 2026 Sep 13 0827 UTC. 0 or -1.
 */
int space_weather_time(struct span text, struct utc *out);

#define WALK_DEPTH 6

/* Objects of a JSON text as records, each value with the names that lead to it. */
struct walk {
    struct fill fill;
    const char *format;
    unsigned depth; /* at which the objects that are records stand: 1 in an array, else 0 */
    const struct convert *how;
    struct arena *arena;
    type_emit_fn *emit;
    void *cookie;
    struct why *why;
    bool is_open;
    const uint8_t *start;
    struct place at;
    char name[WALK_DEPTH]
             [LIMIT_NAME_BYTES + 1]; /* by depth: of the member that is open there; "" in an array */
    size_t records;
    struct buf list[3]; /* values of arrays, joined: instruments, kp_index, linked */
    /* One value inside a record; text.p NULL for null. 0 or -1 with why. */
    int (*value)(struct walk *w, const struct json_event *event);
    int (*begin)(struct walk *w, const struct json_event *event);
    int (*finish)(struct walk *w);
};

/* Walk ${input}; the caller has set format, depth, value, begin and finish. */
int space_weather_walk(struct walk *w, struct span input, const struct convert *how, struct arena *a,
                       type_emit_fn *emit, void *cookie, struct why *why);
/* Put ${value} into ${field}; text of several lines, or too long for a field, is left to the original. */
int space_weather_put(struct walk *w, const char *field, struct span value, struct place at);

/* Figures for alert rules; for struct type. */
size_t space_weather_figures(const ProtobufCMessage *msg, struct utc at, struct figure out[FIGURES_MAX]);
extern const char *const space_weather_figure_names[];

/* Storms of R, S and G; for struct type. */
size_t space_weather_events(const ProtobufCMessage *msg, struct type_event out[EVENTS_MAX]);

#endif
