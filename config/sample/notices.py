"""Invented notices of the sample, a re-entry and a K index: one of each kind a nation, about the same matters where nations share them. Used by make.py."""
import json
import random

AGENCY = {"us-noaa": "United States, sample agency", "fr-cnes": "France, sample agency", "jp-jaxa": "Japan, sample agency"}
PHONE = {"us-noaa": "+1 301 555 01%02d", "fr-cnes": "+33 5 55 55 01 %02d", "jp-jaxa": "+81 50 5555 01%02d"}
PLACE = {"us-noaa": ("Sample Space Center, Florida", "28.56", "-80.58"), "fr-cnes": ("Sample Space Centre, Kourou", "5.24", "-52.77"),
         "jp-jaxa": ("Sample Space Center, Tanegashima", "30.40", "130.97")}
TONGUES = {"us-noaa": "en, es", "fr-cnes": "fr, en", "jp-jaxa": "ja, en"}


class Text(str):
    """A number as it shall stand in the file."""


def number(value, digits):
    return Text("%.*f" % (digits, value))


def write(kind, rows):
    lines = ['  "notice": %s' % json.dumps(kind.upper() + "/1")]
    lines += ["  %s: %s" % (json.dumps(key), value if isinstance(value, Text) else json.dumps(value)) for key, value in rows]
    return "{\n%s\n}\n" % ",\n".join(lines)


def head(nation, ident, issued, desk):
    return [("id", ident), ("issued", issued), ("issuer", AGENCY[nation]), ("contact", "watch floor, " + PHONE[nation] % desk)]


def distress(rng, nation, code):
    return head(nation, "SAMPLE-2032-DISTRESS-1", "2032-02-11T1%d:05:00Z" % rng.randint(4, 9), 1) + [
        ("state", rng.choice(("DISTRESS", "EMERGENCY LANDING", "FOUND"))), ("spacecraft", "AURORA SAMPLE 3"), ("cospar_id", "2032-904A"),
        ("launching_authority", "unknown"), ("persons", Text("3")), ("condition", "not known yet"), ("latitude_deg", number(rng.uniform(-13, -12), 4)),
        ("longitude_deg", number(rng.uniform(-152, -151), 4)), ("position_time", "2032-02-11T13:58:20Z"), ("beacon_frequency_mhz", Text("406.040"))]


def registration(rng, nation, code):
    perigee = rng.uniform(500, 600)
    return head(nation, "SAMPLE-%s-2032-007" % code, "2032-03-01T09:00:00Z", 2) + [
        ("draft", "YES"), ("state_of_registry", AGENCY[nation].split(",")[0]), ("launching_states", AGENCY[nation].split(",")[0]),
        ("designator", "%s-SAMPLE-007-A" % code), ("cospar_id", "2032-911%s" % "ABC"[len(code) % 3]), ("launched", "2032-02-20T03:14:07Z"),
        ("launch_place", PLACE[nation][0]), ("nodal_period_min", number(rng.uniform(95, 97), 2)), ("inclination_deg", number(rng.uniform(97, 98), 2)),
        ("apogee_km", number(perigee + rng.uniform(1, 30), 1)), ("perigee_km", number(perigee, 1)), ("function", "Earth observation"), ("change", "NONE")]


def launch(rng, nation, code):
    return head(nation, "SAMPLE-%s-2032-L04" % code, "2032-04-02T00:00:00Z", 3) + [
        ("outcome", "PLANNED"), ("vehicle_class", "SPACE LAUNCH VEHICLE"), ("vehicle", "Sample Carrier %d" % rng.randint(1, 9)),
        ("window_start", "2032-04-09T21:30:00Z"), ("window_end", "2032-04-09T23:%02d:00Z" % rng.randint(0, 59)), ("launch_area", PLACE[nation][0]),
        ("latitude_deg", Text(PLACE[nation][1])), ("longitude_deg", Text(PLACE[nation][2])), ("azimuth_deg", number(rng.uniform(80, 110), 1))]


def fragmentation(rng, nation, code):
    tracked = rng.randint(40, 70)
    return head(nation, "SAMPLE-2032-FG-1", "2032-05-17T0%d:10:00Z" % rng.randint(3, 9), 4) + [
        ("object_name", "MERIDIAN SAMPLE DEB 4"), ("norad_cat_id", Text("900000204")), ("event_time", "2032-05-17T01:22:%02dZ" % rng.randint(0, 59)),
        ("event_time_uncertainty_s", number(rng.uniform(30, 120), 0)), ("cause", rng.choice(("EXPLOSION", "UNKNOWN", "COLLISION"))),
        ("pieces", Text(str(tracked + rng.randint(30, 90)))), ("pieces_tracked", Text(str(tracked)))]


def anomaly(rng, nation, code):
    return head(nation, "SAMPLE-%s-AR-118" % code, "2032-06-03T18:00:00Z", 5) + [
        ("object_name", "MERIDIAN SAMPLE %d" % rng.randint(1, 12)), ("anomaly_type", rng.choice(("ATTITUDE", "POWER", "COMMUNICATION"))),
        ("status", "ONGOING"), ("started", "2032-06-03T1%d:20:00Z" % rng.randint(0, 7)), ("maneuverable", rng.choice(("YES", "NO", "LIMITED")))]


def contact(rng, nation, code):
    rows = [row for row in head(nation, "sample-watch-floor", "2032-01-01T00:00:00Z", 6) if row[0] != "contact"]
    return rows + [("role", "DUTY OFFICER"), ("name", "Sample watch floor"), ("telephone", PHONE[nation] % rng.randint(10, 99)),
                   ("languages", TONGUES[nation]), ("hours", "24/7"), ("escalation", "after 15 min: operations director, " + PHONE[nation] % 7)]


def lunar_activity(rng, nation, code):
    return head(nation, "SAMPLE-%s-LUNA-02" % code, "2032-07-01T12:00:00Z", 8) + [
        ("status", "PLANNED"), ("activity", "landing and sampling"), ("mission", "Sample Moon %s" % code), ("latitude_deg", number(rng.uniform(-89.9, -88), 2)),
        ("longitude_deg", number(rng.uniform(0, 360), 1)), ("radius_km", number(rng.uniform(1, 3), 1)), ("start", "2032-09-14T00:00:00Z"),
        ("end", "2032-10-%02dT00:00:00Z" % rng.randint(1, 28)), ("hazards", "plume ejecta at landing")]


def neo_warning(rng, nation, code):
    low = rng.randint(35, 50)
    return head(nation, "SAMPLE-%s-IAWN-01" % code, "2032-08-20T15:00:00Z", 9) + [
        ("designation", "2031 ZQ4"), ("threshold", "IAWN"), ("impact_probability", number(rng.uniform(0.011, 0.031), 4)),
        ("impact_first", "2042-12-22T13:05:00Z"), ("impact_last", "2042-12-22T14:10:00Z"), ("diameter_min_m", Text(str(low))),
        ("diameter_max_m", Text(str(low + rng.randint(30, 60)))), ("velocity_km_s", number(rng.uniform(16, 18), 1)), ("torino", Text("3")),
        ("palermo", number(rng.uniform(-0.6, -0.1), 2)), ("next_update", "2032-08-27T15:00:00Z")]


def maneuver(rng, nation, code):
    minute = rng.randint(20, 40)
    return head(nation, "SAMPLE-%s-2032-MAN-1" % code, "2032-05-02T09:40:00Z", 10) + [
        ("status", rng.choice(("PLANNED", "CONFIRMED"))), ("object_name", "MERIDIAN SAMPLE 4"), ("norad_cat_id", Text("900000104")), ("operator", "Meridian Operations (sample)"),
        ("purpose", "COLLISION AVOIDANCE"), ("window_start", "2032-05-03T04:10:00Z"), ("window_end", "2032-05-03T05:00:00Z"),
        ("burn_start", "2032-05-03T04:%02d:12.5Z" % minute), ("duration_s", number(rng.uniform(20, 60), 1)), ("frame", "RTN"), ("dv_1_m_s", Text("0.000")),
        ("dv_2_m_s", number(rng.uniform(0.05, 0.2), 3)), ("dv_3_m_s", Text("0.000")), ("propulsion", "CHEMICAL"), ("related", "SAMPLE-2032-CDM-1")]


KINDS = {"distress": distress, "registration": registration, "launch": launch, "fragmentation": fragmentation, "anomaly": anomaly, "contact": contact,
         "lunar_activity": lunar_activity, "neo_warning": neo_warning}


def files(rng):
    """(path, kind, text) of each."""
    for nation in AGENCY:
        for kind, make in KINDS.items():
            yield "%s/%s.json" % (nation, kind.replace("_", "-")), kind, write(kind, make(rng, nation, nation[:2].upper()))
        yield "%s/maneuver.json" % nation, "maneuver", write("maneuver", maneuver(random.Random("maneuver " + nation), nation, nation[:2].upper()))
        yield "%s/reentry.rdm" % nation, "reentry", reentry(rng, nation, nation[:2].upper())
        yield "%s/public-alert.cap" % nation, "public_alert", public_alert(rng, nation, nation[:2].upper())
        yield "%s/space-weather.json" % nation, "space_weather", space_weather(rng, nation, nation[:2].upper())


def reentry(rng, nation, code):
    """An RDM in KVN: one object, three nations' predictions."""
    lifetime = rng.uniform(0.7, 0.8)
    rows = [("CCSDS_RDM_VERS", "1.0"), ("CREATION_DATE", "2032-03-11T06:00:00"), ("ORIGINATOR", AGENCY[nation]), ("MESSAGE_ID", "SAMPLE-%s-R17" % code),
            ("OBJECT_NAME", "MERIDIAN SAMPLE DEB 9"), ("INTERNATIONAL_DESIGNATOR", "2031-944C"), ("CONTROLLED_REENTRY", "NO"), ("CENTER_NAME", "EARTH"),
            ("TIME_SYSTEM", "UTC"), ("EPOCH_TZERO", "2032-03-11T05:30:00"), ("ORBIT_LIFETIME", "%.3f [d]" % lifetime), ("REENTRY_ALTITUDE", "80.0 [km]"),
            ("NOMINAL_REENTRY_EPOCH", "2032-03-11T23:%02d:00" % rng.randint(0, 59)), ("REENTRY_WINDOW_START", "2032-03-11T19:%02d:00" % rng.randint(0, 59)),
            ("REENTRY_WINDOW_END", "2032-03-12T03:%02d:00" % rng.randint(0, 59)), ("PROBABILITY_OF_CASUALTY", "%.1E" % rng.uniform(8e-5, 2e-4)),
            ("NOMINAL_IMPACT_LON", "%.3f [deg]" % rng.uniform(-160, -140)), ("NOMINAL_IMPACT_LAT", "%.3f [deg]" % rng.uniform(-20, -5))]
    return "".join("%s = %s\n" % row for row in rows)


def space_weather(rng, nation, code):
    """The newest planetary K index, as SWPC serves it."""
    return json.dumps([{"time_tag": "2032-03-01T0%d:00:00" % rng.choice((0, 3, 6, 9)), "Kp": round(rng.uniform(3, 6), 2), "a_running": rng.randint(20, 60),
                        "station_count": 8}]) + "\n"


def public_alert(rng, nation, code):
    """A CAP 1.2 alert of a drill."""
    return """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>SAMPLE-%s-CAP-1</identifier>
  <sender>watch@%s.example</sender>
  <sent>2032-03-11T1%d:40:00-00:00</sent>
  <status>Exercise</status>
  <msgType>Alert</msgType>
  <scope>Public</scope>
  <info>
    <language>en-GB</language>
    <category>Safety</category>
    <event>Re-entry of a space object (sample)</event>
    <responseType>Monitor</responseType>
    <urgency>Expected</urgency>
    <severity>%s</severity>
    <certainty>Possible</certainty>
    <headline>A sample object may come down over the Pacific</headline>
    <area>
      <areaDesc>South Pacific</areaDesc>
      <polygon>-24.0,-160.5 -24.0,-140.2 2.5,-140.2 -24.0,-160.5</polygon>
    </area>
  </info>
</alert>
""" % (code, nation, rng.randint(0, 9), rng.choice(("Minor", "Moderate")))
