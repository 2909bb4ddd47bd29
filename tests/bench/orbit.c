#include "orbit.h"

#include <inttypes.h>
#include <stdio.h>

#include "orbit.pb-c.h"
#include "wire/unpack.h"

#define FIRST_OBJECT 10000
#define VALUE_BYTES  32

uint64_t
orbit_draw(struct orbit_draw *d, uint64_t below)
{
    uint64_t z = d->state += 0x9e3779b97f4a7c15; /* splitmix64 */

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (z ^ z >> 31) % below;
}

/* A decimal of ${digits} after the point, below ${below}. */
static char *
decimal(struct orbit_draw *d, char out[VALUE_BYTES], unsigned below, int digits)
{
    uint64_t scale = 1;

    for (int i = 0; i < digits; i++)
        scale *= 10;
    (void)snprintf(out, VALUE_BYTES, "%u.%0*" PRIu64, (unsigned)orbit_draw(d, below), digits,
                   orbit_draw(d, scale));
    return out;
}

void
orbit_body(struct orbit_draw *d, uint64_t objects, struct buf *out)
{
    Parallax__V1__Orbit o = PARALLAX__V1__ORBIT__INIT;
    Parallax__V1__Source source = PARALLAX__V1__SOURCE__INIT;
    uint8_t original[] = {'-'};
    char text[12][VALUE_BYTES];
    uint64_t object = FIRST_OBJECT + orbit_draw(d, objects), us = orbit_draw(d, 86400000000);
    unsigned s = (unsigned)(us / 1000000);

    source.format = (char[]){"bench"};
    source.original = (ProtobufCBinaryData){sizeof original, original};
    o.source = &source;
    o.ccsds_omm_vers = (char[]){"2.0"};
    o.center_name = (char[]){"EARTH"};
    o.ref_frame = (char[]){"TEME"};
    o.time_system = (char[]){"UTC"};
    o.mean_element_theory = (char[]){"SGP4"};
    o.classification_type = (char[]){"U"};
    o.ephemeris_type = (char[]){"0"};
    o.element_set_no = (char[]){"999"};
    o.mean_motion_ddot = (char[]){"0"};
    o.norad_cat_id = object;
    (void)snprintf(text[0], VALUE_BYTES, "BENCH %" PRIu64, object);
    (void)snprintf(text[1], VALUE_BYTES, "%04u-%03u%c", 1970 + (unsigned)(object % 50),
                   1 + (unsigned)(object / 50 % 900), (char)('A' + object % 26));
    (void)snprintf(text[2], VALUE_BYTES, "2026-11-23T%02u:%02u:%02u.%06u", s / 3600, s / 60 % 60, s % 60,
                   (unsigned)(us % 1000000));
    (void)snprintf(text[8], VALUE_BYTES, ".%07" PRIu64 "E-3", orbit_draw(d, 10000000));
    (void)snprintf(text[9], VALUE_BYTES, ".%06" PRIu64 "E-4", orbit_draw(d, 1000000));
    (void)snprintf(text[10], VALUE_BYTES, "%" PRIu64, orbit_draw(d, 90000));
    o.object_name = text[0];
    o.object_id = text[1];
    o.epoch = text[2];
    o.mean_motion = decimal(d, text[3], 16, 8);
    o.eccentricity = text[4];
    (void)snprintf(text[4], VALUE_BYTES, ".%07" PRIu64, orbit_draw(d, 10000000));
    o.inclination = decimal(d, text[5], 180, 4);
    o.ra_of_asc_node = decimal(d, text[6], 360, 4);
    o.arg_of_pericenter = decimal(d, text[7], 360, 4);
    o.mean_anomaly = decimal(d, text[11], 360, 4);
    o.bstar = text[8];
    o.mean_motion_dot = text[9];
    o.rev_at_epoch = text[10];
    pack(&o.base, out);
}
