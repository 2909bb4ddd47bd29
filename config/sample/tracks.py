"""Tracking data, ephemerides and attitudes of the sample, for make.py: one object seen by two nations, another by the third."""
import json
import math

AGENCY = {"us-noaa": ("US-NOAA", "PELICAN BAY", "MERIDIAN SAMPLE 1", "2026-901A"), "fr-cnes": ("FR-CNES", "ALOUETTE", "MERIDIAN SAMPLE 1", "2026-901A"),
          "jp-jaxa": ("JP-JAXA", "HIBARI", "MERIDIAN SAMPLE 2", "2026-902A")}
MU = 398600.4418  # km**3/s**2


def files(rng):
    """(path, kind, text) of each."""
    for nation, about in AGENCY.items():
        yield "%s/astrometry.%s" % (nation, "xml" if nation == "jp-jaxa" else "psv"), "neo_observation", astrometry(rng, nation, about[0])
        yield "%s/tracking.tdm" % nation, "observation", tracking(rng, *about)
        yield "%s/flood.stac.json" % nation, "imagery", flood(rng, nation, about[0])
        if nation == "jp-jaxa":
            yield "%s/ephemeris.ocm" % nation, "ephemeris", comprehensive(rng, *about)
        else:
            yield "%s/ephemeris.oem" % nation, "ephemeris", ephemeris(rng, *about)
    for nation, (agency, _, name, cospar) in AGENCY.items():
        form, text = {"us-noaa": ("aem", attitudes), "fr-cnes": ("apm", attitude), "jp-jaxa": ("acm", determination)}[nation]
        yield "%s/attitude.%s" % (nation, form), "attitude", text(rng, agency, name, cospar)


def flood(rng, nation, agency):
    """A STAC item: where to find a map that was made after a flood."""
    west, south = rng.uniform(88, 90), rng.uniform(22, 24)
    box = [round(v, 4) for v in (west, south, west + 0.8, south + 0.6)]
    ring = [[box[0], box[1]], [box[2], box[1]], [box[2], box[3]], [box[0], box[3]], [box[0], box[1]]]
    return json.dumps({
        "type": "Feature", "stac_version": "1.1.0", "stac_extensions": [], "id": "sample-flood-%s-3" % agency[:2].lower(), "geometry": {"type": "Polygon", "coordinates": [ring]}, "bbox": box,
        "properties": {"datetime": "2032-03-10T04:%02d:00Z" % rng.randint(10, 59), "title": "Flooded area (invented)", "platform": "%s sample" % agency}, "links": [],
        "assets": {"map": {"href": "https://%s.example/flood-3.tif" % nation, "type": "image/tiff; application=geotiff", "roles": ["data"]}}}, indent=1) + "\n"


def astrometry(rng, nation, agency):
    """Three positions of one asteroid in a night, in ADES: PSV from two nations, XML from the third."""
    station, name = {"us-noaa": "Z91", "fr-cnes": "Z92", "jp-jaxa": "Z93"}[nation], "2032 ZA9"
    ra, dec = rng.uniform(120, 125), rng.uniform(10, 12)
    seen = [("2032-03-10T2%d:17:43.7Z" % k, "%.5f" % (ra + 0.013 * k), "+%.5f" % (dec - 0.004 * k), "%.1f" % rng.uniform(19.5, 20.4)) for k in range(3)]
    if nation != "jp-jaxa":
        text = "# version=2022\n# observatory\n! mpcCode %s\n# submitter\n! name %s survey\n# measurers\n! name %s survey\n" % (station, agency, agency)
        text += "# telescope\n! design reflector\n! aperture 1.0\n! detector CCD\n# comment\n! line Invented\n"
        text += "provID   |mode|stn|obsTime               |ra       |dec      |rmsRA|rmsDec|astCat|mag |band\n"
        return text + "".join("%s |CCD |%s|%s|%s|%s|0.12 |0.11  |Gaia3 |%s|G\n" % ((name, station) + row) for row in seen)
    people = "<name>%s survey</name>" % agency
    text = '<?xml version="1.0" encoding="UTF-8"?>\n<ades version="2022">\n<obsBlock>\n<obsContext><observatory><mpcCode>%s</mpcCode></observatory><submitter>%s</submitter>' % (station, people)
    text += "<measurers>%s</measurers><telescope><design>reflector</design><aperture>1.0</aperture><detector>CCD</detector></telescope></obsContext>\n<obsData>\n" % people
    for row in seen:
        text += "<optical><provID>%s</provID><mode>CCD</mode><stn>%s</stn><obsTime>%s</obsTime><ra>%s</ra><dec>%s</dec><astCat>Gaia3</astCat><mag>%s</mag><band>G</band></optical>\n" % ((name, station) + row)
    return text + "</obsData>\n</obsBlock>\n</ades>\n"


def rows(pairs):
    return "".join("%s = %s\n" % pair for pair in pairs)


def tracking(rng, agency, station, name, cospar):
    """A TDM in KVN: range and direction of a minute and a half."""
    text = rows([("CCSDS_TDM_VERS", "2.0"), ("CREATION_DATE", "2032-03-11T06:00:00"), ("ORIGINATOR", agency), ("MESSAGE_ID", "SAMPLE-%s-T4" % agency[:2])])
    text += "META_START\nCOMMENT Invented\n" + rows([
        ("TRACK_ID", "SAMPLE-%s-4" % agency[:2]), ("TIME_SYSTEM", "UTC"), ("PARTICIPANT_1", station), ("PARTICIPANT_2", cospar), ("MODE", "SEQUENTIAL"),
        ("PATH", "1,2,1"), ("RANGE_UNITS", "km"), ("ANGLE_TYPE", "AZEL"), ("DATA_QUALITY", "VALIDATED")]) + "META_STOP\nDATA_START\n"
    range_km, azimuth, elevation = rng.uniform(2200, 2800), rng.uniform(90, 270), rng.uniform(15, 40)
    for k in range(10):
        at = "2032-03-11T03:1%d:%02d.500" % (k // 6, k % 6 * 10)
        text += "RANGE = %s %.4f\nANGLE_1 = %s %.5f\nANGLE_2 = %s %.5f\n" % (at, range_km - 7.1 * k, at, azimuth + 0.21 * k, at, elevation + 0.19 * k)
    return text + "DATA_STOP\n"


def states(rng, count):
    """Minutes on a circle."""
    radius, start, tilt = rng.uniform(6900, 7200), rng.uniform(0, 6), rng.uniform(0.5, 1.6)
    rate = math.sqrt(MU / radius ** 3)
    for k in range(count):
        a = start + rate * 60 * k
        c, s, v = math.cos(a), math.sin(a), radius * rate
        yield k, (radius * c, radius * s * math.cos(tilt), radius * s * math.sin(tilt), -v * s, v * c * math.cos(tilt), v * c * math.sin(tilt))


def ephemeris(rng, agency, station, name, cospar):
    """An OEM in KVN: twenty minutes."""
    text = rows([("CCSDS_OEM_VERS", "3.0"), ("CREATION_DATE", "2032-03-11T06:00:00"), ("ORIGINATOR", agency), ("MESSAGE_ID", "SAMPLE-%s-E2" % agency[:2])])
    text += "META_START\n" + rows([
        ("OBJECT_NAME", name), ("OBJECT_ID", cospar), ("CENTER_NAME", "EARTH"), ("REF_FRAME", "GCRF"), ("TIME_SYSTEM", "UTC"), ("START_TIME", "2032-03-11T12:00:00"),
        ("STOP_TIME", "2032-03-11T12:19:00"), ("INTERPOLATION", "LAGRANGE"), ("INTERPOLATION_DEGREE", "5")]) + "META_STOP\nCOMMENT Invented: a circle\n"
    for k, state in states(rng, 20):
        text += "2032-03-11T12:%02d:00 %.6f %.6f %.6f %.9f %.9f %.9f\n" % ((k,) + state)
    return text


def comprehensive(rng, agency, station, name, cospar):
    """An OCM in KVN: ten minutes and a manoeuvre that is only considered."""
    text = rows([("CCSDS_OCM_VERS", "3.0"), ("CREATION_DATE", "2032-03-11T06:00:00"), ("ORIGINATOR", agency), ("MESSAGE_ID", "SAMPLE-%s-O2" % agency[:2])])
    text += "META_START\n" + rows([("OBJECT_NAME", name), ("INTERNATIONAL_DESIGNATOR", cospar), ("TIME_SYSTEM", "UTC"), ("EPOCH_TZERO", "2032-03-11T12:00:00"),
                                   ("TIME_SPAN", "0.0069 [d]")]) + "META_STOP\n"
    text += "TRAJ_START\n" + rows([("TRAJ_BASIS", "PREDICTED"), ("CENTER_NAME", "EARTH"), ("TRAJ_REF_FRAME", "GCRF"), ("TRAJ_TYPE", "CARTPV")])
    for k, state in states(rng, 10):
        text += "%.1f %.6f %.6f %.6f %.9f %.9f %.9f\n" % ((60.0 * k,) + state)
    return text + "TRAJ_STOP\nMAN_START\nCOMMENT Invented\n" + rows([
        ("MAN_ID", "SAMPLE-M1"), ("MAN_BASIS", "CANDIDATE"), ("MAN_DEVICE_ID", "THR_01"), ("MAN_PURPOSE", "COLA"), ("MAN_REF_FRAME", "RSW_ROTATING"),
        ("MAN_COMPOSITION", "TIME_RELATIVE, MAN_DURA, THR_X, THR_Y, THR_Z")]) + "300.0 %.1f 0.0 %.2f 0.0\nMAN_STOP\n" % (rng.uniform(20, 90), rng.uniform(0.5, 5))


def turns(rng, count):
    """Quaternions, scalar last, of a slow turn about one axis: one a minute."""
    axis = [rng.uniform(-1, 1) for _ in range(3)]
    size, start, rate = math.sqrt(sum(v * v for v in axis)), rng.uniform(0, 3), rng.uniform(0.01, 0.04)
    for k in range(count):
        half = start + rate * k
        yield k, tuple(v / size * math.sin(half) for v in axis) + (math.cos(half),)


def attitudes(rng, agency, name, cospar):
    """An AEM in KVN: twenty minutes."""
    text = rows([("CCSDS_AEM_VERS", "2.0"), ("CREATION_DATE", "2032-03-11T06:00:00"), ("ORIGINATOR", agency), ("MESSAGE_ID", "SAMPLE-%s-A5" % agency[:2])])
    text += "META_START\n" + rows([
        ("OBJECT_NAME", name), ("OBJECT_ID", cospar), ("CENTER_NAME", "EARTH"), ("REF_FRAME_A", "EME2000"), ("REF_FRAME_B", "SC_BODY_1"), ("TIME_SYSTEM", "UTC"),
        ("START_TIME", "2032-03-11T12:00:00"), ("STOP_TIME", "2032-03-11T12:19:00"), ("ATTITUDE_TYPE", "QUATERNION")]) + "META_STOP\nDATA_START\nCOMMENT Invented: a slow turn\n"
    for k, quaternion in turns(rng, 20):
        text += "2032-03-11T12:%02d:00 %.9f %.9f %.9f %.9f\n" % ((k,) + quaternion)
    return text + "DATA_STOP\n"


def attitude(rng, agency, name, cospar):
    """An APM in XML: one attitude, and how it changes."""
    def elements(pairs, unit=""):
        return "".join("<%s%s>%s</%s>\n" % (key, unit, value, key) for key, value in pairs)
    _, quaternion = next(turns(rng, 1))
    frames = elements([("REF_FRAME_A", "EME2000"), ("REF_FRAME_B", "SC_BODY_1")])
    text = '<?xml version="1.0" encoding="UTF-8"?>\n<apm id="CCSDS_APM_VERS" version="2.0">\n<header>\n'
    text += elements([("CREATION_DATE", "2032-03-11T06:00:00"), ("ORIGINATOR", agency), ("MESSAGE_ID", "SAMPLE-%s-A5" % agency[:2])]) + "</header>\n<body>\n<segment>\n<metadata>\n"
    text += elements([("OBJECT_NAME", name), ("OBJECT_ID", cospar), ("CENTER_NAME", "EARTH"), ("TIME_SYSTEM", "UTC")]) + "</metadata>\n<data>\n<COMMENT>Invented</COMMENT>\n"
    text += elements([("EPOCH", "2032-03-11T12:00:00")]) + "<quaternionState>\n" + frames + "<quaternion>\n"
    text += elements(zip(("Q1", "Q2", "Q3", "QC"), ["%.9f" % v for v in quaternion])) + "</quaternion>\n</quaternionState>\n<angularVelocity>\n" + frames
    text += elements([("ANGVEL_FRAME", "SC_BODY_1")]) + elements([("ANGVEL_%s" % axis, "%.5f" % rng.uniform(-0.1, 0.1)) for axis in "XYZ"], ' units="deg/s"')
    return text + "</angularVelocity>\n</data>\n</segment>\n</body>\n</apm>\n"


def determination(rng, agency, name, cospar):
    """An ACM in KVN: ten minutes, and the sensors that told it."""
    text = rows([("CCSDS_ACM_VERS", "2.0"), ("CREATION_DATE", "2032-03-11T06:00:00"), ("ORIGINATOR", agency), ("MESSAGE_ID", "SAMPLE-%s-A5" % agency[:2])])
    text += "META_START\n" + rows([("OBJECT_NAME", name), ("INTERNATIONAL_DESIGNATOR", cospar), ("TIME_SYSTEM", "UTC"), ("EPOCH_TZERO", "2032-03-11T12:00:00")]) + "META_STOP\n"
    text += "ATT_START\nCOMMENT Invented\n" + rows([
        ("ATT_BASIS", "DETERMINED_OBC"), ("REF_FRAME_A", "EME2000"), ("REF_FRAME_B", "SC_BODY_1"), ("NUMBER_STATES", "4"), ("ATT_TYPE", "QUATERNION")])
    for k, quaternion in turns(rng, 10):
        text += "%.1f %.9f %.9f %.9f %.9f\n" % ((60.0 * k,) + quaternion)
    text += "ATT_STOP\nAD_START\n" + rows([("AD_METHOD", "EKF"), ("ATTITUDE_SOURCE", "OBC"), ("ATTITUDE_STATES", "QUATERNION")])
    for number, sensor in ((1, "AST1"), (2, "IMU1")):
        text += "SENSOR_START\n" + rows([("SENSOR_NUMBER", number), ("SENSOR_USED", sensor)]) + "SENSOR_STOP\n"
    return text + "AD_STOP\n"
