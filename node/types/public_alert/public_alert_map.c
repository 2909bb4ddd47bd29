#include "types/public_alert/public_alert_map.h"

#include <stddef.h>
#include <stdio.h>

#include "base/num.h"
#include "base/text.h"
#include "base/utc.h"
#include "types/outline.h"

#define ITEMS_MAX 256 /* of one kind in one element; messages seen have 40 */

#define ONE(M, name, member, kind, must, words)                                                              \
    {                                                                                                        \
        name, kind, must, offsetof(M, member), 0, words, NULL                                                \
    }
#define MANY(M, name, member, kind, must, words)                                                             \
    {                                                                                                        \
        name, kind, must, offsetof(M, member), offsetof(M, n_##member), words, NULL                          \
    }
#define PARTS(M, name, member, must, part)                                                                   \
    {                                                                                                        \
        name, SLOT_PART, must, offsetof(M, member), offsetof(M, n_##member), NULL, &part                     \
    }
#define PART(slots, descriptor)                                                                              \
    {                                                                                                        \
        &(descriptor), slots, sizeof slots / sizeof *slots                                                   \
    }

typedef Parallax__V1__CapPair Pair;
typedef Parallax__V1__CapResource Resource;
typedef Parallax__V1__CapArea Area;
typedef Parallax__V1__CapInfo Info;
typedef Parallax__V1__PublicAlert Alert;

/* clang-format off: one row an element */
static const struct slot pair_slots[] = {
    ONE(Pair, "valueName", value_name, SLOT_TEXT, true, NULL),
    ONE(Pair, "value", value, SLOT_TEXT, false, NULL),
};
static const struct part pair = PART(pair_slots, parallax__v1__cap_pair__descriptor);

static const struct slot resource_slots[] = {
    ONE(Resource, "resourceDesc", resource_desc, SLOT_TEXT, true, NULL),
    ONE(Resource, "mimeType", mime_type, SLOT_TEXT, false, NULL), /* mandatory since 1.2 */
    ONE(Resource, "size", size, SLOT_NUMBER, false, NULL),
    ONE(Resource, "uri", uri, SLOT_TEXT, false, NULL),
    ONE(Resource, "derefUri", deref_uri, SLOT_TEXT, false, NULL),
    ONE(Resource, "digest", digest, SLOT_TEXT, false, NULL),
};
static const struct part resource = PART(resource_slots, parallax__v1__cap_resource__descriptor);

static const struct slot area_slots[] = {
    ONE(Area, "areaDesc", area_desc, SLOT_TEXT, true, NULL),
    MANY(Area, "polygon", polygon, SLOT_POLYGON, false, NULL),
    MANY(Area, "circle", circle, SLOT_CIRCLE, false, NULL),
    PARTS(Area, "geocode", geocode, false, pair),
    ONE(Area, "altitude", altitude, SLOT_NUMBER, false, NULL),
    ONE(Area, "ceiling", ceiling, SLOT_NUMBER, false, NULL),
};
static const struct part area = PART(area_slots, parallax__v1__cap_area__descriptor);

static const struct slot info_slots[] = {
    ONE(Info, "language", language, SLOT_TEXT, false, NULL),
    MANY(Info, "category", category, SLOT_WORD, true,
         "Geo|Met|Safety|Security|Rescue|Fire|Health|Env|Transport|Infra|CBRNE|Other"),
    ONE(Info, "event", event, SLOT_TEXT, true, NULL),
    MANY(Info, "responseType", response_type, SLOT_WORD, false,
         "Shelter|Evacuate|Prepare|Execute|Avoid|Monitor|Assess|AllClear|None"),
    ONE(Info, "urgency", urgency, SLOT_WORD, true, "Immediate|Expected|Future|Past|Unknown"),
    ONE(Info, "severity", severity, SLOT_WORD, true, "Extreme|Severe|Moderate|Minor|Unknown"),
    ONE(Info, "certainty", certainty, SLOT_WORD, true, "Observed|Likely|Possible|Unlikely|Unknown"),
    ONE(Info, "audience", audience, SLOT_TEXT, false, NULL),
    PARTS(Info, "eventCode", event_code, false, pair),
    ONE(Info, "effective", effective, SLOT_TIME, false, NULL),
    ONE(Info, "onset", onset, SLOT_TIME, false, NULL),
    ONE(Info, "expires", expires, SLOT_TIME, false, NULL),
    ONE(Info, "senderName", sender_name, SLOT_TEXT, false, NULL),
    ONE(Info, "headline", headline, SLOT_TEXT, false, NULL),
    ONE(Info, "description", description, SLOT_TEXT, false, NULL),
    ONE(Info, "instruction", instruction, SLOT_TEXT, false, NULL),
    ONE(Info, "web", web, SLOT_TEXT, false, NULL),
    ONE(Info, "contact", contact, SLOT_TEXT, false, NULL),
    PARTS(Info, "parameter", parameter, false, pair),
    PARTS(Info, "resource", resource, false, resource),
    PARTS(Info, "area", area, false, area),
};
static const struct part info = PART(info_slots, parallax__v1__cap_info__descriptor);

static const struct slot alert_slots[] = {
    ONE(Alert, "identifier", identifier, SLOT_NAME, true, NULL),
    ONE(Alert, "sender", sender, SLOT_NAME, true, NULL),
    ONE(Alert, "sent", sent, SLOT_TIME, true, NULL),
    ONE(Alert, "status", status, SLOT_WORD, true, "Actual|Exercise|System|Test|Draft"),
    ONE(Alert, "msgType", msg_type, SLOT_WORD, true, "Alert|Update|Cancel|Ack|Error"),
    ONE(Alert, "source", from, SLOT_TEXT, false, NULL),
    ONE(Alert, "scope", scope, SLOT_WORD, true, "Public|Restricted|Private"),
    ONE(Alert, "restriction", restriction, SLOT_TEXT, false, NULL),
    ONE(Alert, "addresses", addresses, SLOT_TEXT, false, NULL),
    MANY(Alert, "code", code, SLOT_TEXT, false, NULL),
    ONE(Alert, "note", note, SLOT_TEXT, false, NULL),
    ONE(Alert, "references", references, SLOT_TEXT, false, NULL),
    ONE(Alert, "incidents", incidents, SLOT_TEXT, false, NULL),
    PARTS(Alert, "info", info, false, info),
};
/* clang-format on */
const struct part public_alert_part = PART(alert_slots, parallax__v1__public_alert__descriptor);

const struct fieldmap public_alert_map = {.part = {{.schema = &parallax__v1__public_alert__descriptor}},
                                          .source = offsetof(Parallax__V1__PublicAlert, source)};

int
public_alert_time(struct span text, struct utc *out, bool *zulu)
{
    uint64_t hours, minutes;
    int64_t seconds;

    *zulu = text.n == 20 && text.p[19] == 'Z';
    if ((text.n != 25 && !*zulu) || text.p[10] != 'T' || utc_parse(span_of(text.p, 19), out) != 0)
        return -1;
    if (*zulu)
        return 0;
    if ((text.p[19] != '+' && text.p[19] != '-') || text.p[22] != ':' ||
        num_uint(span_of(text.p + 20, 2), 14, &hours) != 0 ||
        num_uint(span_of(text.p + 23, 2), 59, &minutes) != 0)
        return -1;
    seconds = (int64_t)(hours * 3600 + minutes * 60);
    out->ns += (text.p[19] == '+' ? -seconds : seconds) * 1000000000;
    if (out->ns < 0) {
        out->mjd--;
        out->ns += (int64_t)86400 * 1000000000;
    } else if (out->ns >= (int64_t)86400 * 1000000000) {
        out->mjd++;
        out->ns -= (int64_t)86400 * 1000000000;
    }
    return 0;
}

static int
refuse(enum why_code code, const struct slot *s, struct span value, const char *expected, struct why *why)
{
    struct buf quoted;

    buf_init(&quoted, 256);
    text_quote(&quoted, value, 40);
    why_set(why, code, 0, 0, s->name, "%s: expected %s", buf_cstr(&quoted), expected);
    buf_release(&quoted);
    return -1;
}

/* "lat,lon" in degrees, latitude first. */
static int
check_point(struct span point)
{
    struct area_corner at;

    return outline_place(point, &at) && at.longitude_deg >= -180 && at.longitude_deg <= 180 ? 0 : -1;
}

static int
check_polygon(const struct slot *s, struct span value, struct why *why)
{
    struct span rest = value, first = {NULL, 0}, last = {NULL, 0}, point;
    size_t points = 0;

    while ((point = outline_word(&rest)).n > 0) {
        if (check_point(point) != 0)
            return refuse(WHY_FIELD_VALUE, s, point, "latitude,longitude in degrees", why);
        first = points++ == 0 ? point : first;
        last = point;
    }
    if (points < 4 || !span_equal(first, last))
        return refuse(WHY_FIELD_VALUE, s, value, "four points or more, the first again at the end", why);
    return 0;
}

static int
check_circle(const struct slot *s, struct span value, struct why *why)
{
    struct span rest = value, center = outline_word(&rest), radius = outline_word(&rest);
    double km;

    if (check_point(center) != 0 || num_double(radius, &km) != 0 || km < 0 || outline_word(&rest).n > 0)
        return refuse(WHY_FIELD_VALUE, s, value, "latitude,longitude in degrees and a radius in km", why);
    return 0;
}

static int
check_word(const struct slot *s, struct span value, struct why *why)
{
    for (const char *word = s->words; *word != 0;) {
        size_t n = strcspn(word, "|");
        if (value.n == n && memcmp(value.p, word, n) == 0)
            return 0;
        word += n + (word[n] == '|');
    }
    return refuse(WHY_FIELD_VALUE, s, value, s->words, why);
}

int
public_alert_check_value(const struct slot *s, struct span value, struct why *why)
{
    struct utc t;
    double number;
    bool zulu;

    if (value.n > LIMIT_ALERT_TEXT_BYTES)
        return why_set(why, WHY_TEXT_LIMIT, 0, 0, s->name, "%zu bytes: expected at most %d", value.n,
                       LIMIT_ALERT_TEXT_BYTES);
    if (!text_is_utf8(value))
        return why_set(why, WHY_TEXT_ENCODING, 0, 0, s->name, "not UTF-8");
    for (size_t i = 0; i < value.n; i++) {
        uint8_t c = value.p[i];
        bool is_c1 = c == 0xC2 && i + 1 < value.n && value.p[i + 1] < 0xA0; /* U+0080..U+009F */

        if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7F || is_c1)
            return why_set(why, WHY_TEXT_ENCODING, 0, 0, s->name, "a control character");
        if (s->kind == SLOT_NAME && (value.p[i] <= ' ' || strchr(",<&", value.p[i]) != NULL))
            return refuse(WHY_FIELD_VALUE, s, value, "no blanks, commas, < or &", why);
    }
    if (s->kind == SLOT_TIME && public_alert_time(value, &t, &zulu) != 0)
        return refuse(WHY_FIELD_TIME, s, value, "YYYY-MM-DDThh:mm:ss and an offset such as -05:00", why);
    if (s->kind == SLOT_NUMBER && num_double(value, &number) != 0)
        return refuse(WHY_FIELD_NUMBER, s, value, "a number", why);
    if (s->kind == SLOT_WORD)
        return check_word(s, value, why);
    if (s->kind == SLOT_POLYGON)
        return check_polygon(s, value, why);
    return s->kind == SLOT_CIRCLE ? check_circle(s, value, why) : 0;
}

static int
check_part(const struct part *p, const void *msg, struct why *why)
{
    for (size_t i = 0; i < p->slots; i++) {
        const struct slot *s = &p->slot[i];
        const char *at = (const char *)msg + s->offset;
        size_t n = 1;
        void *const *list = (void *const *)(const void *)at;

        if (s->count != 0) {
            memcpy(&n, (const char *)msg + s->count, sizeof n);
            memcpy(&list, at, sizeof list);
        } else if ((*(char *const *)(const void *)at)[0] == 0) {
            n = 0;
        }
        if (n == 0 && s->must)
            return why_set(why, WHY_FIELD_MISSING, 0, 0, s->name, "missing: it is mandatory");
        if (n > ITEMS_MAX)
            return why_set(why, WHY_TEXT_LIMIT, 0, 0, s->name, "%zu of them: expected at most %d", n,
                           ITEMS_MAX);
        for (size_t k = 0; k < n; k++) {
            if (s->kind != SLOT_PART && *(const char *)list[k] == 0)
                return why_set(why, WHY_FIELD_MISSING, 0, 0, s->name, "empty: expected a value, or nothing");
            int rc = s->kind == SLOT_PART ? check_part(s->part, list[k], why)
                                          : public_alert_check_value(s, span_str((const char *)list[k]), why);
            if (rc != 0)
                return -1;
        }
    }
    return 0;
}

/* "sender,identifier,sent" */
static bool
is_reference(struct span word)
{
    const uint8_t *first = memchr(word.p, ',', word.n), *second;
    struct utc t;
    bool zulu;
    size_t left;

    if (first == NULL || first == word.p)
        return false;
    left = word.n - (size_t)(first - word.p) - 1;
    second = memchr(first + 1, ',', left);
    if (second == NULL || second == first + 1)
        return false;
    return public_alert_time(span_of(second + 1, left - (size_t)(second - first)), &t, &zulu) == 0;
}

static int
check_references(const Parallax__V1__PublicAlert *a, struct why *why)
{
    struct span rest = span_str(a->references), word;
    bool needed = strcmp(a->msg_type, "Alert") != 0;

    if (needed && rest.n == 0)
        return why_set(why, WHY_FIELD_MISSING, 0, 0, "references",
                       "missing: a message of type %s says what it is about", a->msg_type);
    while ((word = outline_word(&rest)).n > 0) {
        if (!is_reference(word))
            return why_set(why, WHY_FIELD_VALUE, 0, 0, "references",
                           "expected sender,identifier,sent for each message");
    }
    return 0;
}

int
public_alert_check(const Parallax__V1__PublicAlert *a, struct why *why)
{
    if (check_part(&public_alert_part, a, why) != 0 || check_references(a, why) != 0)
        return -1;
    if (strcmp(a->scope, "Restricted") == 0 && a->restriction[0] == 0)
        return why_set(why, WHY_FIELD_MISSING, 0, 0, "restriction", "missing: the scope is Restricted");
    if (strcmp(a->scope, "Private") == 0 && a->addresses[0] == 0)
        return why_set(why, WHY_FIELD_MISSING, 0, 0, "addresses", "missing: the scope is Private");
    if (a->source == NULL || a->source->original.len == 0)
        return why_set(why, WHY_FIELD_MISSING, 0, 0, "source",
                       "missing: a record holds the bytes that it was read from");
    if (!text_is_word(span_str(a->source->format)))
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "source", "its format is no format word");
    for (size_t i = 0; i < a->n_info; i++) {
        for (size_t k = 0; k < a->info[i]->n_area; k++) {
            if (a->info[i]->area[k]->ceiling[0] != 0 && a->info[i]->area[k]->altitude[0] == 0)
                return why_set(why, WHY_FIELD_MISSING, 0, 0, "altitude",
                               "missing: a ceiling stands above an altitude");
        }
    }
    return 0;
}
