/*
 * NOAA's scales from what they are defined by: R from the X-ray flux (0.1 to 0.8 nm, W/m2), S from the flux of protons of 10 MeV and
 * more (pfu), G from the planetary K index. Boundaries belong to the higher level.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/text.h"
#include "types/space_weather/space_weather_map.h"

static const double r_w_m2[] = {1e-5, 5e-5, 1e-4, 1e-3, 2e-3}; /* M1, M5, X1, X10, X20 */
static const double s_pfu[] = {1e1, 1e2, 1e3, 1e4, 1e5};
static const double g_kp[] = {5, 6, 7, 8, 9};

static int
level(const double *bound, double value)
{
    int n = 0;

    while (n < 5 && value >= bound[n] * (1 - 1e-9)) /* M5 and 5e-5 are one */
        n++;
    return n;
}

/* "X1.2", "M5": a flare class, W/m2. */
static bool
flux_of_class(struct span text, double *out)
{
    static const char letters[] = "ABCMX";
    const char *letter = text.n > 0 && text.p[0] != 0 ? strchr(letters, text.p[0]) : NULL;
    double unit = 1e-8;

    if (letter == NULL || text.n < 2 || num_double(span_of(text.p + 1, text.n - 1), out) != 0)
        return false;
    for (const char *p = letters; p < letter; p++)
        unit *= 10;
    *out *= unit;
    return true;
}

/* The word behind ${before} in ${text}; n 0: it is not there. */
static struct span
word_behind(const char *text, const char *before)
{
    const char *p = strstr(text, before);
    size_t n = 0;

    if (p == NULL)
        return span_of(NULL, 0);
    p += strlen(before);
    while (p[n] != 0 && p[n] != ' ')
        n++;
    return span_of((const uint8_t *)p, n);
}

/* "10pfu", "1,000pfu": commas between thousands. */
static bool
pfu(struct span text, double *out)
{
    char digits[24];
    size_t n = 0;

    if (text.n < 4 || memcmp(text.p + text.n - 3, "pfu", 3) != 0)
        return false;
    for (size_t i = 0; i < text.n - 3; i++) {
        if (text.p[i] != ',' && n + 1 < sizeof digits)
            digits[n++] = (char)text.p[i];
    }
    return num_double(span_of((const uint8_t *)digits, n), out) == 0;
}

char
space_weather_stated(const Parallax__V1__SpaceWeather *m, int *out)
{
    const char *text = m->noaa_scale;
    const char *category = strstr(m->headline, "Category ");

    if (*text == 0 && category != NULL)
        text = category + 9;
    if ((text[0] != 'R' && text[0] != 'S' && text[0] != 'G') || text[1] < '0' || text[1] > '5')
        return ' ';
    *out = text[1] - '0';
    return text[0];
}

static void
put(struct scale *out, const char *name, char letter, const Parallax__V1__SpaceWeather *m, int low, int high,
    const char *note)
{
    int stated = 0;
    bool is_stated = space_weather_stated(m, &stated) == letter;

    *out = (struct scale){.name = name, .note = note};
    if (is_stated)
        (void)snprintf(out->stated, sizeof out->stated, "%c%d", letter, stated);
    (void)snprintf(out->low, sizeof out->low, "%c%d", letter, low);
    (void)snprintf(out->high, sizeof out->high, "%c%d", letter, high);
    out->is_other = is_stated && (stated < low || stated > high);
}

/* G of a K index in thirds: SWPC's forecasts count 5- (4.67) as 5, its table says 5, and 9- belongs to G4. */
static void
put_g(struct scale *out, const Parallax__V1__SpaceWeather *m, double kp)
{
    int low = level(g_kp, kp), high = kp < 8 ? level(g_kp, kp + 0.34) : low;

    put(out, "NOAA G", 'G', m, low, high,
        low == high ? "from Kp" : "from Kp: a third below the level, which forecasts count to it");
}

/* The highest Kp of "2032-03-02T18:00Z 6.0 NOAA; ...". */
static bool
highest_kp(const char *list, double *out)
{
    bool found = false;

    for (const char *p = strchr(list, ' '); p != NULL;
         p = strchr(p, ';'), p = p != NULL && p[1] != 0 ? strchr(p + 2, ' ') : NULL) {
        size_t n = strcspn(p + 1, " ;");
        double kp;

        if (num_double(span_of((const uint8_t *)p + 1, n), &kp) == 0 && (!found || kp > *out)) {
            *out = kp;
            found = true;
        }
    }
    return found;
}

size_t
space_weather_scales(const ProtobufCMessage *msg, struct utc at, struct scale out[SCALES_MAX])
{
    const Parallax__V1__SpaceWeather *m = (const Parallax__V1__SpaceWeather *)msg;
    struct span text;
    double value;
    size_t n = 0;

    (void)at;
    text = m->class_type[0] != 0 ? span_str(m->class_type) : word_behind(m->headline, "exceeded ");
    if (flux_of_class(text, &value))
        put(&out[n++], "NOAA R", 'R', m, level(r_w_m2, value),
            m->class_type[0] != 0 ? level(r_w_m2, value) : 5,
            m->class_type[0] != 0 ? "from the class of the flare" : "from the flux that was exceeded");
    if (strstr(m->headline, "Proton") != NULL && strstr(m->headline, " 10") != NULL &&
        strstr(m->headline, "100MeV") == NULL && pfu(text, &value))
        put(&out[n++], "NOAA S", 'S', m, level(s_pfu, value), 5, "from the flux that was exceeded");
    if (num_double(span_str(m->kp), &value) == 0 || highest_kp(m->kp_index, &value))
        put_g(&out[n++], m, value);
    else if (num_double(word_behind(m->headline, "K-index of "), &value) == 0)
        put(&out[n++], "NOAA G", 'G', m, level(g_kp, value), level(g_kp, value),
            "from the K index of the message");
    return n;
}
