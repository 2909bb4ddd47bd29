/* What the word track prints: places of objects at times, in one of several formats. */
#ifndef CLI_TRACK_H
#define CLI_TRACK_H

#include "astro/frame.h"
#include "astro/sgp4.h"
#include "base/buf.h"

/* One element set. */
struct track_set {
    const char *object; /* "norad:25544" */
    const char *name;   /* "" = not given */
    struct utc epoch;
};

/* Where it is at a time. After an error only time and error are set. */
struct track_point {
    struct utc t;
    double days; /* since the epoch */
    enum sgp4_error error;
    double r_km[3], v_km_s[3]; /* TEME of date */
    struct frame_place place;
};

/* A ground track that is being drawn. */
struct track_line {
    size_t lines, n;                               /* finished ones; positions of this one */
    double longitude_deg, latitude_deg, height_km; /* of the last */
};

struct track_out {
    struct buf text;
    size_t sets;
    struct track_line line;
    enum sgp4_error error; /* the first of the set */
};

struct track_writer {
    const char *format;
    bool is_line; /* between its points something is drawn */
    void (*begin)(struct track_out *out);
    void (*set_begin)(struct track_out *out, const struct track_set *set);
    void (*point)(struct track_out *out, const struct track_set *set, const struct track_point *p);
    void (*set_end)(struct track_out *out, const struct track_set *set);
    void (*end)(struct track_out *out);
};

/* NULL if there is none of that name; "text" is the first. */
const struct track_writer *track_writer(const char *format);

extern const struct track_writer track_geojson;

#define TRACK_DEGREES (180 / 3.14159265358979323846)

#endif
