/* The notice of a manoeuvre, which a person or a program fills in, and the OCM that says the same. */
#include "types/maneuver/maneuver_map.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

typedef Parallax__V1__Maneuver Notice;

/* clang-format off: one row a field */
#define FIELDS(F)                                                                                            \
    F("notice", notice, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL, "MANEUVER/1", "MANEUVER/1",                \
      "which form this is, and its version")                                                                 \
    F("id", id, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "MERIDIAN-4-2032-017",                       \
      "what the issuer calls this manoeuvre; a later notice with the same id about the same object "         \
      "replaces this one")                                                                                   \
    F("issued", issued, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL, "2032-05-02T09:40:00Z",              \
      "when this notice was issued, UTC")                                                                    \
    F("issuer", issuer, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL,                                      \
      "France, Centre national d'etudes spatiales", "the authority or operator that issues it")              \
    F("contact", contact, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "flight dynamics, +33 5 55 55 01 04",       \
      "whom to call, at any hour")                                                                           \
    F("status", status, FIELD_WORD, FIELD_MUST, NULL, NULL, NULL, "PLANNED|CONFIRMED|EXECUTED|CANCELLED",    \
      "PLANNED", "how far it has come")                                                                      \
    F("object_name", object_name, FIELD_TEXT, FIELD_MUST, NULL, NULL, NULL, NULL, "MERIDIAN 4",              \
      "name of the object that manoeuvres")                                                                  \
    F("norad_cat_id", norad_cat_id, FIELD_INT, 0, NULL, "1", "999999999", NULL, "900000104",                 \
      "its catalogue number, once it has one")                                                               \
    F("cospar_id", cospar_id, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "2031-904A",                            \
      "its international designator, once it has one")                                                       \
    F("operator", operator_, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "Meridian Operations", "who flies it")   \
    F("purpose", purpose, FIELD_WORD, 0, NULL, NULL, NULL,                                                   \
      "COLLISION AVOIDANCE|STATION KEEPING|ORBIT INSERTION|ORBIT RAISING|ORBIT LOWERING|INCLINATION CHANGE|" \
      "RENDEZVOUS|FORMATION|DISPOSAL|REENTRY|CALIBRATION|OTHER",                                             \
      "COLLISION AVOIDANCE", "what it is for")                                                               \
    F("window_start", window_start, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL, "2032-05-03T04:10:00Z",  \
      "not before, UTC")                                                                                     \
    F("window_end", window_end, FIELD_TIME, FIELD_MUST, NULL, NULL, NULL, NULL, "2032-05-03T05:00:00Z",      \
      "over by, UTC")                                                                                        \
    F("burn_start", burn_start, FIELD_TIME, 0, NULL, NULL, NULL, NULL, "2032-05-03T04:31:12.500Z",           \
      "ignition, UTC: planned, or as it was; mandatory once EXECUTED")                                       \
    F("duration_s", duration_s, FIELD_REAL, 0, "s", "0", NULL, NULL, "42.5", "of the burn")                  \
    F("frame", frame, FIELD_WORD, 0, NULL, NULL, NULL, "RTN|TNW|EME2000|GCRF|TOD|TEME", "RTN",               \
      "of the components, in their order")                                                                   \
    F("dv_1_m_s", dv_1_m_s, FIELD_REAL, 0, "m/s", NULL, NULL, NULL, "0.000",                                 \
      "first component of the change of velocity: all three or none")                                        \
    F("dv_2_m_s", dv_2_m_s, FIELD_REAL, 0, "m/s", NULL, NULL, NULL, "0.125", "second component")             \
    F("dv_3_m_s", dv_3_m_s, FIELD_REAL, 0, "m/s", NULL, NULL, NULL, "-0.010", "third component")             \
    F("dv_m_s", dv_m_s, FIELD_REAL, 0, "m/s", "0", NULL, NULL, "0.125",                                      \
      "its size, from whoever does not tell components")                                                     \
    F("propulsion", propulsion, FIELD_WORD, 0, NULL, NULL, NULL,                                             \
      "CHEMICAL|ELECTRIC|COLD GAS|SAIL|DRAG|OTHER|UNKNOWN", "CHEMICAL", "what drives it")                    \
    F("device", device, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "THR-2", "which thruster or set of them")     \
    F("mass_before_kg", mass_before_kg, FIELD_REAL, 0, "kg", "0", NULL, NULL, "812.4",                       \
      "of the object before it")                                                                             \
    F("mass_after_kg", mass_after_kg, FIELD_REAL, 0, "kg", "0", NULL, NULL, "812.1", "and after")            \
    F("related", related, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "CDM 2032-0503-118",                        \
      "the event that it answers: a conjunction, an anomaly, another manoeuvre")                             \
    F("ephemeris_name", ephemeris_name, FIELD_TEXT, 0, NULL, NULL, NULL, NULL,                               \
      "MERIDIAN-4 OEM of 2032-05-02", "the ephemeris that already holds it")                                 \
    F("remarks", remarks, FIELD_TEXT, 0, NULL, NULL, NULL, NULL, "second burn half an orbit later",          \
      "anything else")
/* clang-format on */

NOTICE_MAP(FIELDS, parallax__v1__maneuver__descriptor);

const struct notice maneuver_notice = {
    .map = &map,
    .help = help,
    .format = "maneuver-json",
    .title = "Notice of a manoeuvre",
    .key = "id",
    .epoch = {"burn_start", "window_start"},
    .object = {"norad_cat_id", "cospar_id"},
    .object_kind = {"norad", "cospar"},
    .object_name = "object_name",
    .summary = {"object_name", "purpose", "status", "window_start"},
    .order = {{"window_start", "window_end"},
              {"window_start", "burn_start"},
              {"burn_start", "window_end"},
              {"mass_after_kg", "mass_before_kg"}},
};

bool
maneuver_is_notice(const ProtobufCMessage *msg)
{
    return *((const Notice *)msg)->form == 0;
}

int
maneuver_notice_check(const ProtobufCMessage *msg, struct why *why)
{
    const Notice *m = (const Notice *)msg;
    int components = (*m->dv_1_m_s != 0) + (*m->dv_2_m_s != 0) + (*m->dv_3_m_s != 0);

    if (notice_check(&maneuver_notice, msg, why) != 0 || fieldmap_check_alone(&map, msg, why) != 0)
        return -1;
    if (components != 0 && components != 3)
        return why_set(why, WHY_FIELD_MISSING, 0, 0, "dv_1_m_s", "%d of 3 components: expected all or none",
                       components);
    if ((components == 3) != (*m->frame != 0))
        return why_set(why, WHY_FIELD_MISSING, 0, 0, components == 3 ? "frame" : "dv_1_m_s",
                       "missing: a frame and three components go together");
    if (strcmp(m->status, "EXECUTED") == 0 && *m->burn_start == 0)
        return why_set(why, WHY_FIELD_MISSING, 0, 0, "burn_start", "missing: mandatory once it was executed");
    return 0;
}

static void
put_pair(const char *keyword, const char *value, struct buf *out)
{
    if (*value != 0)
        buf_put_fmt(out, "%s = %s\n", keyword, value);
}

static void
put_comment(const char *what, const char *value, struct buf *out)
{
    if (*value != 0)
        buf_put_fmt(out, "COMMENT %s: %s\n", what, value);
}

/* Metres a second as kilometres a second: the same digits, three powers less. */
static void
put_km_s(const char *value, struct buf *out)
{
    size_t digits = strcspn(value, "eEdD");
    long power = value[digits] == 0 ? 0 : strtol(value + digits + 1, NULL, 10);

    buf_put_fmt(out, " %.*sE%ld", (int)digits, value,
                power > -1000000 && power < 1000000 ? power - 3 : power);
}

static void
put_metadata(const Notice *m, struct buf *out)
{
    buf_put_str(out, "META_START\n");
    put_pair("OBJECT_NAME", m->object_name, out);
    put_pair("INTERNATIONAL_DESIGNATOR", m->cospar_id, out);
    put_pair("CATALOG_NAME", *m->norad_cat_id != 0 ? "SATCAT" : "", out);
    put_pair("OBJECT_DESIGNATOR", m->norad_cat_id, out);
    put_pair("ORIGINATOR_POC", m->contact, out);
    put_pair("OPERATOR", m->operator_, out);
    put_pair("TIME_SYSTEM", "UTC", out);
    put_pair("EPOCH_TZERO", m->window_start, out);
    buf_put_str(out, "META_STOP\n");
    if (*m->mass_before_kg != 0)
        buf_put_fmt(out, "PHYS_START\nWET_MASS = %s [kg]\nPHYS_STOP\n", m->mass_before_kg);
}

static void
put_maneuver(const Notice *m, struct buf *out)
{
    bool is_over = strcmp(m->status, "EXECUTED") == 0;

    buf_put_str(out, "MAN_START\n");
    put_comment("status", m->status, out);
    put_comment("size of the change of velocity in m/s", m->dv_m_s, out);
    put_comment("propulsion", m->propulsion, out);
    put_comment("mass afterwards in kg", m->mass_after_kg, out);
    put_comment("related", m->related, out);
    put_comment("ephemeris name", m->ephemeris_name, out);
    put_comment("remarks", m->remarks, out);
    put_pair("MAN_ID", m->id, out);
    put_pair("MAN_BASIS", is_over ? "OTHER" : "PLANNED", out);
    put_pair("MAN_DEVICE_ID", *m->device != 0 ? m->device : "ALL", out);
    put_pair("MAN_PURPOSE", m->purpose, out);
    put_pair("MAN_REF_FRAME", m->frame, out);
    put_pair("DC_TYPE", "CONTINUOUS", out);
    put_pair("DC_WIN_OPEN", m->window_start, out);
    put_pair("DC_WIN_CLOSE", m->window_end, out);
    buf_put_fmt(out, "MAN_COMPOSITION = TIME_ABSOLUTE,%s DV_X, DV_Y, DV_Z\n",
                *m->duration_s != 0 ? " MAN_DURA," : "");
    buf_put_fmt(out, "MAN_UNITS = [%skm/s, km/s, km/s]\n", *m->duration_s != 0 ? "s, " : "");
    buf_put_str(out, *m->burn_start != 0 ? m->burn_start : m->window_start);
    if (*m->duration_s != 0)
        buf_put_fmt(out, " %s", m->duration_s);
    put_km_s(m->dv_1_m_s, out);
    put_km_s(m->dv_2_m_s, out);
    put_km_s(m->dv_3_m_s, out);
    buf_put_str(out, "\nMAN_STOP\n");
}

int
maneuver_notice_ocm(const Notice *m, struct buf *out, struct why *why)
{
    if (strcmp(m->status, "CANCELLED") == 0)
        return why_set(why, WHY_CANNOT_HOLD, 0, 0, "status",
                       "an OCM cannot say that a manoeuvre is cancelled: it would announce it");
    if (*m->frame == 0)
        return why_set(why, WHY_CANNOT_HOLD, 0, 0, "frame",
                       "an OCM needs the components of the change of velocity and their frame");
    put_pair("CCSDS_OCM_VERS", "3.0", out);
    put_pair("CREATION_DATE", m->issued, out);
    put_pair("ORIGINATOR", m->issuer, out);
    put_pair("MESSAGE_ID", m->id, out);
    put_metadata(m, out);
    put_maneuver(m, out);
    return 0;
}
