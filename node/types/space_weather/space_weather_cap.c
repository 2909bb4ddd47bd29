/* Space weather as a public alert (CAP 1.2). */
#include <stdio.h>

#include "types/capnote.h"
#include "types/space_weather/space_weather_map.h"

/* Level 5 disrupts; CAP has four words. A radio blackout R3 takes away HF for an hour over half the Earth: SWPC calls it strong. */
static const char *
severity(int level)
{
    return level >= 5   ? "Extreme"
           : level == 4 ? "Severe"
           : level == 3 ? "Moderate"
           : level > 0  ? "Minor"
                        : "Unknown";
}

/* How soon and how sure, by what kind of message it is. */
static void
judge(const Parallax__V1__SpaceWeather *m, struct capnote *cap)
{
    static const struct {
        const char *kind, *urgency, *certainty;
    } kinds[] = {{"ALERT", "Immediate", "Observed"},
                 {"WARNING", "Expected", "Likely"},
                 {"WATCH", "Future", "Possible"},
                 {"SUMMARY", "Past", "Observed"}};

    cap->urgency = cap->certainty = "Unknown";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(m->kind, kinds[i].kind) == 0) {
            cap->urgency = kinds[i].urgency;
            cap->certainty = kinds[i].certainty;
        }
    }
    if (strcmp(m->provider, "DONKI") == 0) {
        cap->urgency = "Past";
        cap->certainty = "Observed";
    }
    if (strcmp(m->change, "CANCELLED") == 0) {
        cap->response_type = "AllClear";
        cap->certainty = "Unlikely";
    }
}

static const char *
event(char letter)
{
    switch (letter) {
    case 'R':
        return "Radio blackout";
    case 'S':
        return "Solar radiation storm";
    case 'G':
        return "Geomagnetic storm";
    default:
        return "Space weather";
    }
}

/* NOAA's level: as it is stated, else as it follows. */
static char
level_of(const Parallax__V1__SpaceWeather *m, int *level)
{
    struct scale scale[SCALES_MAX];
    char letter = space_weather_stated(m, level);

    if (letter != ' ' || space_weather_scales(&m->base, (struct utc){0, 0}, scale) == 0)
        return letter;
    *level = scale[0].low[1] - '0';
    return scale[0].low[0];
}

static int
write_cap(const ProtobufCMessage *msg, const struct convert *how, struct buf *out, struct why *why)
{
    const Parallax__V1__SpaceWeather *m = (const Parallax__V1__SpaceWeather *)msg;
    bool is_swpc = strcmp(m->provider, "SWPC") == 0;
    int level = 0;
    char letter = level_of(m, &level);
    char identifier[4 * LIMIT_NAME_BYTES], headline[2 * LIMIT_TEXT_BYTES];
    struct capnote cap = {.sender = m->provider,
                          .identifier = identifier,
                          .note = is_swpc ? ""
                                          : "NOAA's Space Weather Prediction Center is the official source "
                                            "of forecasts of the United States.",
                          .category = "Geo",
                          .event = event(letter),
                          .severity = severity(level),
                          .sender_name = is_swpc ? "NOAA Space Weather Prediction Center" : "NASA DONKI",
                          .headline = headline,
                          .description = m->impacts[0] != 0 ? m->impacts : m->note,
                          .instruction = m->comment,
                          .web = m->link,
                          .map = &space_weather_map,
                          .msg = msg};

    if (space_weather_time(span_str(m->issued), &cap.sent) != 0 &&
        space_weather_time(span_str(m->begin), &cap.sent) != 0)
        cap.sent = (struct utc){0, 0};
    if (space_weather_time(span_str(m->begin[0] != 0 ? m->begin : m->valid_from), &cap.onset) != 0)
        cap.onset = (struct utc){0, 0};
    if (space_weather_time(span_str(m->valid_to), &cap.expires) != 0)
        cap.expires = (struct utc){0, 0};
    (void)snprintf(identifier, sizeof identifier, "%.20s-%.64s-%.40s", m->provider, m->id, m->issued);
    (void)snprintf(headline, sizeof headline, "%.20s%s%.200s%s%.40s", m->kind, m->kind[0] != 0 ? ": " : "",
                   m->headline[0] != 0 ? m->headline : m->id, m->noaa_scale[0] != 0 ? ", " : "",
                   m->noaa_scale);
    judge(m, &cap);
    return capnote_write(&cap, how, out, why);
}

const struct writer space_weather_cap_writer = {
    .format = "cap",
    .media = "application/cap+xml",
    .title = "Common Alerting Protocol 1.2, with each field as a parameter",
    .write = write_cap};
